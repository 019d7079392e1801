//! Bodies of `/messages`.

use serde_json::{Value, json};

use super::MESSAGES;
use crate::openapi::drafts::examples;
use crate::openapi::relaxations::{RELAXATIONS, Relaxation, relax};
use crate::openapi::schema::inline;
use crate::openapi::specification::document;
use crate::openapi::{LoggedRequest, Severity, Specification};

pub(super) fn template_message() -> Value {
    json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "+447700900123",
        "type": "template",
        "biz_opaque_callback_data": "attempt",
        "template": {"name": "n", "language": {"code": "en_US"}, "components": [
            {"type": "body", "parameters": [{"type": "text", "parameter_name": "first_name", "text": "Ana"}]},
            {"type": "button", "sub_type": "copy_code", "index": "0", "parameters": [
                {"type": "coupon_code", "coupon_code": "SAVE"}
            ]}
        ]}
    })
}

#[test]
fn a_right_message_is_silent_and_a_wrong_one_only_warns() {
    let Some(specification) = Specification::load() else {
        return;
    };
    let send = |body| LoggedRequest::new("POST", MESSAGES).with_body(body);
    assert_eq!(specification.check(&send(template_message())), []);
    let mut nameless = template_message();
    nameless["template"]
        .as_object_mut()
        .expect("a template message has a template")
        .remove("name");
    let found = specification.check(&send(nameless));
    assert!(
        found.len() == 1 && found[0].severity == Severity::Warning,
        "{found:?}"
    );
    assert!(
        found[0].what.contains("\"name\" is a required property"),
        "{found:?}"
    );
    assert!(found[0].what.contains("/template"), "{found:?}");
}

#[test]
fn a_message_without_a_type_warns_once() {
    let Some(specification) = Specification::load() else {
        return;
    };
    let mut untyped = template_message();
    untyped
        .as_object_mut()
        .expect("a message is an object")
        .remove("type");
    let found = specification.check(&LoggedRequest::new("POST", MESSAGES).with_body(untyped));
    assert!(
        found.len() == 1 && found[0].what.contains("\"type\" is a required property"),
        "{found:?}"
    );
}

#[test]
fn most_of_the_files_own_messages_are_taken_once_relaxed() {
    let Some(document) = document() else { return };
    let silent = silent_examples(document, &RELAXATIONS.each_ref());
    // Measured for the fact sheet, section 0: 38 of 50.
    assert!(silent >= 38, "{silent}");
    assert_eq!(
        silent_examples(document, &[]),
        0,
        "the file takes its own examples now: fewer relaxations are needed"
    );
}

#[test]
fn every_relaxation_is_needed() {
    let Some(document) = document() else { return };
    let taken = |relaxations: &[&Relaxation]| {
        let validator = validator(document, relaxations);
        let ours = usize::from(validator.is_valid(&template_message()));
        ours + silent_examples(document, relaxations)
    };
    let all = taken(&RELAXATIONS.each_ref());
    for Relaxation { name, reason, .. } in &RELAXATIONS {
        assert!(
            reason.starts_with("fact sheet "),
            "`{name}` does not cite the fact sheet"
        );
        let others: Vec<&Relaxation> = RELAXATIONS
            .iter()
            .filter(|other| other.name != *name)
            .collect();
        let without = taken(&others);
        assert!(
            without < all,
            "`{name}` is not needed: {without} bodies without it, {all} with it"
        );
    }
}

fn validator(document: &Value, relaxations: &[&Relaxation]) -> jsonschema::Validator {
    let mut schema = inline(document, &document["components"]["schemas"]["Message"]);
    relax(&mut schema, false, relaxations);
    jsonschema::draft202012::new(&schema).expect("the schema of a message compiles")
}

fn silent_examples(document: &Value, relaxations: &[&Relaxation]) -> usize {
    let validator = validator(document, relaxations);
    let examples = examples(document, "POST", "/{Version}/{Phone-Number-ID}/messages");
    examples
        .iter()
        .filter(|(_, body)| validator.is_valid(body))
        .count()
}
