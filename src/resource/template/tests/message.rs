use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::config::Diagnostics;
use crate::resource::Project;
use crate::resource::mapping::Mapping;
use crate::resource::template::testing::{ORDER_UPDATE, findings, project, sound, template};
use crate::resource::template::{Composer, MediaFile, Unfit, check_mapping};

fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// Returns the components that one contact is sent.
fn components(composer: &Composer, language: &str, values: &BTreeMap<String, String>) -> Value {
    serde_json::from_str(&composer.compose(language, values).unwrap()).unwrap()
}

fn composer(project: &Project, name: &str) -> Composer {
    Composer::new(project, template(project, name)).unwrap()
}

#[test]
fn named_variables_are_sent_by_name_and_replies_by_the_same_id_in_every_language() {
    let project = sound(ORDER_UPDATE);
    let composer = composer(&project, "order_update");
    let values = values(&[
        ("first_name", "Ana"),
        ("order_no", "7"),
        ("ship_date", "2 may"),
    ]);
    assert_eq!(
        components(&composer, "es", &values),
        json!([
            { "type": "header", "parameters": [{ "type": "text", "parameter_name": "order_no", "text": "7" }] },
            { "type": "body", "parameters": [
                { "type": "text", "parameter_name": "first_name", "text": "Ana" },
                { "type": "text", "parameter_name": "order_no", "text": "7" },
                { "type": "text", "parameter_name": "ship_date", "text": "2 may" } ] },
            { "type": "button", "sub_type": "quick_reply", "index": "0", "parameters": [{ "type": "payload", "payload": "phone_call" }] },
            { "type": "button", "sub_type": "quick_reply", "index": "1", "parameters": [{ "type": "payload", "payload": "chat" }] },
        ])
    );
    assert_eq!(
        composer.text("es", &values).unwrap(),
        "El pedido 7 está listo\n\nHola Ana, tu pedido 7 sale el 2 may. ¿Cómo prefieres que hablemos?\n\nResponde STOP para no recibir más"
    );
    assert_eq!(
        composer.compose("fr", &values),
        Err(Unfit::UnknownLanguage {
            language: "fr".to_owned()
        })
    );
}

#[test]
fn what_cannot_be_filled_or_grows_too_long_is_not_sent() {
    let project = sound(ORDER_UPDATE);
    let composer = composer(&project, "order_update");
    let mut all = values(&[("first_name", "Ana"), ("order_no", "7"), ("ship_date", " ")]);
    let missing = Unfit::Missing {
        variable: "ship_date".to_owned(),
    };
    assert_eq!(composer.compose("en_US", &all), Err(missing));
    all.insert("ship_date".to_owned(), "x".repeat(1000));
    let Err(Unfit::TooLong {
        part,
        length,
        limit,
    }) = composer.compose("en_US", &all)
    else {
        panic!("1000 characters do not fit");
    };
    assert_eq!((part.as_str(), length, limit), ("the body", 1059, 1024));
    all.insert("ship_date".to_owned(), "May 2".to_owned());
    all.insert("order_no".to_owned(), "x".repeat(50));
    assert!(matches!(
        composer.compose("en_US", &all),
        Err(Unfit::TooLong { limit: 60, .. })
    ));
}

#[test]
fn numbered_variables_links_codes_and_places_are_filled() {
    let project = sound(
        r#"
        [template.sale]
        category = "marketing"
        language = "en"
        header = { location = { name = "Shop", address = "1 Main St" } }
        body = "Dear {{2}}, our sale has begun, your own code is {{1}} until Sunday, see you there."
        buttons = [
            { url = { text = "Shop", url = "https://example.com/s/{{1}}", example = "x" } },
            { phone_number = { text = "Call", phone_number = "+15550051310" } },
            { copy_code = { example = "SAVE25" } },
        ]
        example = { 1 = "X1", 2 = "Ana" }
        "#,
    );
    let values = values(&[
        ("1", "X1"),
        ("2", "Ana"),
        ("buttons[0].url", "a b&c"),
        ("copy_code", "SPRING"),
        ("header.latitude", "59.4"),
        ("header.longitude", "24.7"),
    ]);
    assert_eq!(
        components(&composer(&project, "sale"), "en", &values),
        json!([
            { "type": "header", "parameters": [{ "type": "location", "location": {
                "latitude": "59.4", "longitude": "24.7", "name": "Shop", "address": "1 Main St" } }] },
            { "type": "body", "parameters": [{ "type": "text", "text": "X1" }, { "type": "text", "text": "Ana" }] },
            { "type": "button", "sub_type": "url", "index": "0", "parameters": [{ "type": "text", "text": "a%20b%26c" }] },
            { "type": "button", "sub_type": "copy_code", "index": "2", "parameters": [{ "type": "coupon_code", "coupon_code": "SPRING" }] },
        ])
    );
    let names: Vec<_> = template(&project, "sale")
        .value
        .variables()
        .into_iter()
        .map(|v| (v.name, v.required))
        .collect();
    let expected = [
        ("header.latitude", true),
        ("header.longitude", true),
        ("header.name", false),
        ("header.address", false),
        ("1", true),
        ("2", true),
        ("buttons[0].url", true),
        ("copy_code", true),
    ];
    assert_eq!(
        names,
        expected.map(|(name, required)| (name.to_owned(), required))
    );
}

#[test]
fn files_are_left_to_the_sender_unless_a_link_is_given() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("terms.pdf"), "pdf").unwrap();
    let toml = "[template.t]\ncategory = \"utility\"\nlanguage = \"en\"\nbody = \"A text for this.\"\nheader = { document = \"terms.pdf\" }";
    let (project, diagnostics) = project(directory.path(), toml);
    assert!(diagnostics.is_empty());
    let composer = composer(&project, "t");
    let media: Vec<MediaFile> = composer.media().cloned().collect();
    assert_eq!(
        media,
        [MediaFile {
            reference: "sha256:c35b21d6ca39aa7cc3b79a705d989f1a6e88b99ab43988d74048799e3db926a3"
                .to_owned(),
            path: "terms.pdf".into(),
            media_type: "application/pdf",
        }]
    );
    let header = |values| components(&composer, "en", &values)[0]["parameters"][0].clone();
    assert_eq!(
        header(values(&[])),
        json!({ "type": "document", "document": { "media": media[0].reference, "filename": "terms.pdf" } })
    );
    assert_eq!(
        header(values(&[("header", "https://example.com/t.pdf")])),
        json!({ "type": "document", "document": { "link": "https://example.com/t.pdf", "filename": "terms.pdf" } })
    );
}

#[test]
fn a_template_without_variables_sends_no_components() {
    let project = sound(
        "[template.t]\ncategory = \"utility\"\nlanguage = \"en\"\nbody = \"A text for this.\"",
    );
    let (composer, none) = (composer(&project, "t"), values(&[]));
    assert_eq!(composer.compose("en", &none).unwrap(), "[]");
    assert_eq!(composer.text("en", &none).unwrap(), "A text for this.");
}

#[test]
fn a_mapping_fills_every_variable_and_no_other() {
    let mapping = |lines: &str| {
        let toml = format!(
            "{ORDER_UPDATE}[mapping.m]\ntemplate = \"order_update\"\n[mapping.m.variables]\n{lines}"
        );
        let (project, _) = project(Path::new("."), &toml);
        let mut diagnostics = Diagnostics::default();
        check_mapping(
            template(&project, "order_update"),
            project.get::<Mapping>("m").unwrap(),
            &mut diagnostics,
        );
        diagnostics.finish();
        let help: Vec<_> = diagnostics
            .reports()
            .iter()
            .filter_map(|report| report.help.clone())
            .collect();
        (findings(&project, &diagnostics), help)
    };
    let all = "first_name = { field = \"f\" }\norder_no = { field = \"o\" }\nship_date = { value = \"x\" }\n";
    assert_eq!(mapping(all).0, []);
    let (found, help) = mapping(&all.replace("ship_date", "ship_dat"));
    assert_eq!(
        found,
        [
            ("mapping::variable_missing".to_owned(), "m".to_owned()),
            (
                "mapping::variable_unknown".to_owned(),
                "ship_dat".to_owned()
            ),
        ]
    );
    assert_eq!(
        help,
        [
            "add under [mapping.m.variables]: ship_date = { field = \"...\" }",
            "did you mean `ship_date`?"
        ]
    );
}
