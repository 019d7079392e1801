use serde_json::{Value, json};

use crate::resource::template::compare;
use crate::resource::template::content;
use crate::resource::template::testing::{at_meta, live};
use crate::resource::{FieldChange, Live};

fn base() -> Value {
    json!({
        "name": "n", "language": "en", "category": "UTILITY", "parameter_format": "NAMED",
        "components": [
            { "type": "HEADER", "format": "TEXT", "text": "Packed" },
            { "type": "BODY", "text": "Hi {{a}}, yes.",
              "example": { "body_text_named_params": [{ "example": "Ana", "param_name": "a" }] } },
            { "type": "BUTTONS", "buttons": [
                { "type": "QUICK_REPLY", "text": "Yes" },
                { "type": "URL", "text": "Go", "url": "https://example.com/{{1}}", "example": ["https://example.com/1"] } ] },
        ],
    })
}

fn image(sha256: &str) -> Value {
    json!({
        "name": "n", "language": "en", "category": "UTILITY",
        "components": [
            { "type": "HEADER", "format": "IMAGE", "sample": { "file": "hero.png", "sha256": sha256 } },
            { "type": "BODY", "text": "A text." },
        ],
    })
}

fn shown(content: &Value) -> Live {
    live(&at_meta(
        &content::create_body(content, Some("4::x")),
        "APPROVED",
    ))
}

fn fields(changes: &[FieldChange]) -> Vec<&str> {
    changes.iter().map(|change| change.field.as_str()).collect()
}

#[test]
fn differences_have_the_names_of_the_configuration() {
    let mut desired = base();
    desired["components"][0]["text"] = "Shipped".into();
    desired["components"][1]["text"] = "Hello {{a}}, yes.".into();
    desired["components"][1]["example"]["body_text_named_params"][0]["example"] = "Bo".into();
    desired["components"][2]["buttons"][1]["text"] = "Track".into();
    desired["components"][2]["buttons"][0] =
        json!({ "type": "PHONE_NUMBER", "text": "Yes", "phone_number": "+1" });
    let changes = compare::changes(&desired, Some(&base()), &shown(&base()));
    assert_eq!(
        fields(&changes),
        [
            "header.text",
            "body",
            "buttons[0]",
            "buttons[1].text",
            "example.a"
        ]
    );
    assert_eq!(changes[1].before, Some("Hi {{a}}, yes.".into()));
    assert_eq!(changes[1].after, Some("Hello {{a}}, yes.".into()));
}

#[test]
fn parts_come_and_go() {
    let mut desired = base();
    desired["components"].as_array_mut().unwrap().remove(0);
    desired["components"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "type": "FOOTER", "text": "Bye" }));
    let changes = compare::changes(&desired, Some(&base()), &shown(&base()));
    assert_eq!(fields(&changes), ["header.text", "footer"]);
    assert_eq!(
        (changes[0].after.clone(), changes[1].before.clone()),
        (None, None)
    );
}

#[test]
fn samples_that_meta_does_not_show_are_not_compared() {
    let mut old = base();
    old["components"][1]
        .as_object_mut()
        .unwrap()
        .remove("example");
    old["components"][2]["buttons"][1]
        .as_object_mut()
        .unwrap()
        .remove("example");
    assert_eq!(compare::changes(&base(), None, &shown(&old)), []);
}

#[test]
fn a_file_is_compared_with_the_one_that_was_last_applied() {
    let live = shown(&image("aa"));
    assert_eq!(
        compare::changes(&image("aa"), Some(&image("aa")), &live),
        []
    );
    assert_eq!(compare::changes(&image("bb"), None, &live), []);
    let changes = compare::changes(&image("bb"), Some(&image("aa")), &live);
    assert_eq!(fields(&changes), ["header.image"]);
    assert_eq!(changes[0].before, Some("hero.png (sha256 aa)".into()));
    assert_eq!(changes[0].after, Some("hero.png (sha256 bb)".into()));
    // Somebody took the header off.
    let mut bare = image("aa");
    bare["components"].as_array_mut().unwrap().remove(0);
    assert_eq!(
        fields(&compare::changes(
            &image("aa"),
            Some(&image("aa")),
            &shown(&bare)
        )),
        ["header.image"]
    );
}

#[test]
fn a_category_that_meta_moved_is_drift_and_no_change() {
    let mut moved = base();
    moved["category"] = "MARKETING".into();
    let live_moved = shown(&moved);
    assert_eq!(compare::changes(&base(), Some(&base()), &live_moved), []);
    assert_eq!(fields(&compare::moved(&base(), &live_moved)), ["category"]);
    // The state is lost, but Meta remembers.
    let mut remembered = live_moved.clone();
    remembered.facts["previous_category"] = "UTILITY".into();
    assert_eq!(compare::changes(&base(), None, &remembered), []);
    // The declaration was changed.
    assert_eq!(
        fields(&compare::changes(&moved, Some(&base()), &shown(&base()))),
        ["category"]
    );
    assert_eq!(
        fields(&compare::changes(&base(), None, &live_moved)),
        ["category"]
    );
    // The declaration followed Meta.
    assert_eq!(compare::changes(&moved, Some(&base()), &live_moved), []);
}

#[test]
fn a_time_to_live_is_ours_once_declared() {
    let with = |ttl: i64| {
        let mut content = base();
        content["message_send_ttl_seconds"] = ttl.into();
        content
    };
    const FIELD: &str = "message_send_ttl_seconds";
    assert_eq!(
        fields(&compare::changes(&with(60), Some(&base()), &shown(&base()))),
        [FIELD]
    );
    assert_eq!(
        compare::changes(&base(), Some(&base()), &shown(&with(60))),
        []
    );
    let removed = compare::changes(&base(), Some(&with(60)), &shown(&with(60)));
    assert_eq!(
        (fields(&removed), removed[0].after.clone()),
        (vec![FIELD], Some((-1).into()))
    );
    assert_eq!(
        compare::changes(&base(), Some(&base()), &shown(&with(-1))),
        []
    );
    assert_eq!(
        compare::changes(&with(-1), Some(&base()), &shown(&base())),
        []
    );
    // Meta drops it when it moves the category.
    let mut moved = base();
    moved["category"] = "MARKETING".into();
    assert_eq!(
        compare::changes(&with(60), Some(&with(60)), &shown(&moved)),
        []
    );
    assert_eq!(
        fields(&compare::moved(&with(60), &shown(&moved))),
        ["category", FIELD]
    );
    // Somebody else dropped it.
    assert_eq!(
        fields(&compare::changes(
            &with(60),
            Some(&with(60)),
            &shown(&base())
        )),
        [FIELD]
    );
}
