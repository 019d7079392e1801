use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::resource::Reconciler as _;
use crate::resource::template::testing::{ORDER_UPDATE, at_meta, desired, live, project, sound};
use crate::resource::template::{compare, content, reconcile};

#[test]
fn each_language_is_one_object_in_meta_s_own_form() {
    let project = sound(ORDER_UPDATE);
    let desired = desired(&project);
    let names: Vec<_> = desired
        .iter()
        .map(|one| (one.address.to_string(), one.key.as_str()))
        .collect();
    assert_eq!(
        names,
        [
            (
                "template.order_update[\"en_US\"]".to_owned(),
                "order_update/en_US"
            ),
            (
                "template.order_update[\"es\"]".to_owned(),
                "order_update/es"
            ),
        ]
    );
    assert_eq!(
        desired[1].content,
        json!({
            "name": "order_update",
            "language": "es",
            "category": "UTILITY",
            "parameter_format": "NAMED",
            "components": [
                { "type": "HEADER", "format": "TEXT", "text": "El pedido {{order_no}} está listo",
                  "example": { "header_text_named_params": [{ "param_name": "order_no", "example": "1042" }] } },
                { "type": "BODY",
                  "text": "Hola {{first_name}}, tu pedido {{order_no}} sale el {{ship_date}}. ¿Cómo prefieres que hablemos?",
                  "example": { "body_text_named_params": [
                      { "param_name": "first_name", "example": "Ana" },
                      { "param_name": "order_no", "example": "1042" },
                      { "param_name": "ship_date", "example": "May 2" } ] } },
                { "type": "FOOTER", "text": "Responde STOP para no recibir más" },
                { "type": "BUTTONS", "buttons": [
                    { "type": "QUICK_REPLY", "text": "Llamada" },
                    { "type": "QUICK_REPLY", "text": "Mensaje de WhatsApp" } ] },
            ],
        })
    );
}

#[test]
fn numbered_variables_links_and_codes_are_written_as_meta_wants_them() {
    let project = sound(
        r#"
        [template.sale]
        category = "marketing"
        language = "en"
        name = "sale_2026"
        header = { text = "Order {{1}} is here" }
        body = "Dear {{1}}, our sale has begun, your own code is {{2}} until Sunday, see you there."
        buttons = [
            { url = { text = "Shop", url = "https://example.com/s/{{code}}" } },
            { url = { text = "Track", url = "https://example.com/t/{{1}}", example = "10 42" } },
            { phone_number = { text = "Call", phone_number = "+1 (555) 005-1310" } },
            { copy_code = { example = "SAVE25" } },
        ]
        example = { 1 = "Ana", 2 = "X1", "header.1" = "77", code = "a/b" }
        message_send_ttl_seconds = 43200
        "#,
    );
    assert_eq!(
        desired(&project)[0].content,
        json!({
            "name": "sale_2026",
            "language": "en",
            "category": "MARKETING",
            "parameter_format": "POSITIONAL",
            "message_send_ttl_seconds": 43200,
            "components": [
                { "type": "HEADER", "format": "TEXT", "text": "Order {{1}} is here", "example": { "header_text": ["77"] } },
                { "type": "BODY",
                  "text": "Dear {{1}}, our sale has begun, your own code is {{2}} until Sunday, see you there.",
                  "example": { "body_text": [["Ana", "X1"]] } },
                { "type": "BUTTONS", "buttons": [
                    { "type": "URL", "text": "Shop", "url": "https://example.com/s/{{1}}", "example": ["https://example.com/s/a%2Fb"] },
                    { "type": "URL", "text": "Track", "url": "https://example.com/t/{{1}}", "example": ["https://example.com/t/10%2042"] },
                    { "type": "PHONE_NUMBER", "text": "Call", "phone_number": "+15550051310" },
                    { "type": "COPY_CODE", "example": "SAVE25" } ] },
            ],
        })
    );
}

#[test]
fn a_sample_is_compared_by_its_hash_and_sent_as_a_handle() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("hero.png"), "one").unwrap();
    let toml = "[template.t]\ncategory = \"utility\"\nlanguage = \"en\"\nbody = \"A text for this.\"\nheader = { image = \"hero.png\" }";
    let (project, _) = project(directory.path(), toml);
    let first = desired(&project).remove(0).content;
    assert_eq!(first["components"][0]["sample"]["file"], "hero.png");
    assert_eq!(
        content::create_body(&first, Some("4::handle"))["components"][0],
        json!({ "type": "HEADER", "format": "IMAGE", "example": { "header_handle": ["4::handle"] } })
    );
    std::fs::write(directory.path().join("hero.png"), "two").unwrap();
    let second = desired(&project).remove(0).content;
    assert_ne!(first, second);
    std::fs::remove_file(directory.path().join("hero.png")).unwrap();
    assert_eq!(
        reconcile::Templates.desired(&project).unwrap_err().code,
        "template::header_file"
    );
}

#[test]
fn what_is_not_ours_to_see_is_not_read() {
    let body = json!({ "name": "n", "language": "en-US", "category": "utility", "components": [] });
    let seen = |status: &str, source: Option<&str>| {
        let mut template = at_meta(&body, status);
        template.source = source.map(str::to_owned);
        reconcile::live("main", &template).map(|live| live.key)
    };
    assert_eq!(seen("approved", None).as_deref(), Some("n/en_US"));
    assert_eq!(seen("REJECTED", Some("manual")).as_deref(), Some("n/en_US"));
    assert_eq!(seen("APPROVED", Some("AUTO_GENERATED")), None);
    assert_eq!(seen("PENDING_DELETION", None), None);
    assert_eq!(seen("DELETED", None), None);
}

#[test]
fn parts_that_cannot_be_declared_show_as_different() {
    let project = sound(
        "[template.t]\ncategory = \"utility\"\nlanguage = \"en\"\nbody = \"A text for this.\"",
    );
    let content = &desired(&project)[0].content;
    let mut body = content.clone();
    body["components"].as_array_mut().unwrap().extend([
        json!({ "type": "CAROUSEL", "cards": [{ "components": [] }] }),
        json!({ "type": "call_permission_request" }),
    ]);
    body["components"][0]["add_security_recommendation"] = true.into();
    let changes = compare::changes(content, None, &live(&at_meta(&body, "APPROVED")));
    let fields: Vec<_> = changes.iter().map(|change| change.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "body.add_security_recommendation",
            "components.call_permission_request",
            "components.carousel"
        ]
    );
}

/// One template of any form, as TOML.
fn any_template() -> impl Strategy<Value = String> {
    let header = prop_oneof![
        Just(String::new()),
        "[a-z ]{1,20}".prop_map(|text| format!("header = {{ text = \"{text} {{{{no}}}}\" }}\n")),
        "[a-z ]{1,20}".prop_map(|text| format!("header = {{ text = \"{text}.\" }}\n")),
        Just("header = { image = \"hero.png\" }\n".to_owned()),
        Just("header = { document = \"terms.pdf\" }\n".to_owned()),
        Just("header = { location = {} }\n".to_owned()),
    ];
    let footer = proptest::option::of("[a-zé ]{1,30}x");
    let button = prop_oneof![
        "[a-z]{1,9}".prop_map(|text| format!("\"{text}\"")),
        "[a-z]{1,9}".prop_map(|text| format!(
            "{{ quick_reply = {{ text = \"{text}\", id = \"i_{text}\" }} }}"
        )),
        "[a-z]{1,9}".prop_map(|text| format!(
            "{{ url = {{ text = \"{text}\", url = \"https://example.com/{text}\" }} }}"
        )),
        "[a-z]{1,9}".prop_map(|text| format!(
            "{{ url = {{ text = \"{text}\", url = \"https://example.com/{{{{no}}}}\" }} }}"
        )),
        "[0-9]{5,9}".prop_map(|number| format!(
            "{{ phone_number = {{ text = \"Call\", phone_number = \"+1 {number}\" }} }}"
        )),
        "[A-Z]{1,9}".prop_map(|code| format!("{{ copy_code = {{ example = \"{code}\" }} }}")),
    ];
    let body = prop_oneof![
        "[a-z ]{1,30}".prop_map(|text| format!("w{text}")),
        "[a-z ]{1,30}".prop_map(|text| format!("Dear {{{{name}}}}, {text} and {{{{no}}}}.\\n")),
    ];
    (
        header,
        body,
        footer,
        proptest::collection::vec(button, 0..4),
        proptest::option::of(30..43_200),
        any::<bool>(),
    )
        .prop_map(|(header, body, footer, buttons, ttl, is_utility)| {
            let category = if is_utility { "utility" } else { "marketing" };
            let footer = footer.map(|footer| format!("footer = \"{footer}\"\n")).unwrap_or_default();
            let ttl = ttl.map(|ttl| format!("message_send_ttl_seconds = {ttl}\n")).unwrap_or_default();
            format!(
                "[template.t]\ncategory = \"{category}\"\nlanguage = \"en_US\"\nbody = \"{body}\"\n{header}{footer}{ttl}\
                 buttons = [{}]\nexample = {{ no = \"1042\", name = \"Ana\" }}",
                buttons.join(", ")
            )
        })
}

/// Plays what Meta does to a template between taking and showing it.
fn shown_by_meta(body: &Value) -> Value {
    let mut shown = body.clone();
    shown["language"] = "en-US".into();
    shown["rejected_reason"] = "NONE".into();
    if shown.get("parameter_format").is_none() {
        shown["parameter_format"] = "POSITIONAL".into();
    }
    let components = shown["components"].as_array_mut().unwrap();
    components.reverse();
    for component in components {
        if component["example"].get("header_handle").is_some() {
            component["example"] = json!({ "header_handle": ["https://scontent.example/expires"] });
        }
        component["buttons"]
            .as_array_mut()
            .into_iter()
            .flatten()
            .for_each(|button| {
                if button["type"] == "COPY_CODE" {
                    button["text"] = "Copy offer code".into();
                    button["example"] = json!([button["example"]]);
                }
            });
        component["nothing"] = Value::Null;
        component["none"] = json!([]);
    }
    shown
}

proptest! {
    #[test]
    fn a_template_that_was_created_as_declared_is_no_difference(toml in any_template()) {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("hero.png"), "png").unwrap();
        std::fs::write(directory.path().join("terms.pdf"), "pdf").unwrap();
        let (project, diagnostics) = project(Path::new(directory.path()), &toml);
        prop_assert!(diagnostics.reports().iter().all(|report| report.code != "config::type"), "{diagnostics:?}");
        let desired = desired(&project).remove(0).content;
        let body = content::create_body(&desired, Some("4::handle"));
        let template = at_meta(&shown_by_meta(&body), "APPROVED");
        let live = live(&template);
        prop_assert_eq!(compare::changes(&desired, None, &live), []);
        prop_assert_eq!(compare::changes(&desired, Some(&desired), &live), []);
        // Byte for byte, but for the sample that Meta does not show.
        let mut known = desired;
        for component in known["components"].as_array_mut().unwrap() {
            component.as_object_mut().unwrap().remove("sample");
        }
        prop_assert_eq!(live.content.to_string(), known.to_string());
    }
}
