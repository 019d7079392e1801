//! Bodies that create and edit templates.

use serde_json::{Value, json};

use super::{TEMPLATE, TEMPLATES, create, edit, errors, positional};
use crate::openapi::deviations::{CREATE, EDIT};
use crate::openapi::drafts::examples;
use crate::openapi::specification::document;
use crate::openapi::{LoggedRequest, Specification};

/// A create body with named parameters and a media header.
fn named() -> Value {
    json!({
        "name": "welcome",
        "language": "pt_BR",
        "category": "MARKETING",
        "parameter_format": "NAMED",
        "components": [
            {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::aW1hZ2UvanBn:ARY"]}},
            {"type": "BODY", "text": "Hi {{first_name}}, welcome!", "example": {
                "body_text_named_params": [{"param_name": "first_name", "example": "Ana"}]
            }}
        ]
    })
}

fn named_text_header() -> Value {
    json!({
        "name": "welcome",
        "language": "en",
        "category": "MARKETING",
        "parameter_format": "NAMED",
        "components": [
            {"type": "HEADER", "format": "TEXT", "text": "For {{who}}!", "example": {
                "header_text_named_params": [{"param_name": "who", "example": "Ana"}]
            }},
            {"type": "BODY", "text": "Nothing to fill in."}
        ]
    })
}

fn location_header() -> Value {
    json!({
        "name": "on_its_way",
        "language": "en",
        "category": "UTILITY",
        "components": [{"type": "HEADER", "format": "LOCATION"}, {"type": "BODY", "text": "It comes to this place."}]
    })
}

#[test]
fn the_files_own_template_examples_are_taken_as_they_stand() {
    let (Some(document), Some(specification)) = (document(), Specification::load()) else {
        return;
    };
    let undeviated = Specification::new(document, &[]);
    for (operation, request, least) in [
        (CREATE, create as fn(Value) -> LoggedRequest, 11),
        (EDIT, edit, 1),
    ] {
        let examples = examples(document, operation.0, operation.1);
        assert!(
            examples.len() >= least,
            "{operation:?} has {} examples",
            examples.len()
        );
        for (name, body) in examples {
            for specification in [specification, &undeviated] {
                assert_eq!(specification.check(&request(body.clone())), [], "{name}");
            }
        }
    }
}

#[test]
fn the_bodies_of_the_fact_sheet_are_taken() {
    let Some(specification) = Specification::load() else {
        return;
    };
    for body in [
        positional(),
        named(),
        named_text_header(),
        location_header(),
    ] {
        assert_eq!(specification.check(&create(body.clone())), [], "{body}");
        let edited = json!({"components": body["components"], "category": body["category"]});
        assert_eq!(specification.check(&edit(edited.clone())), [], "{edited}");
        assert_eq!(
            specification.check(&edit(json!({"components": body["components"]}))),
            []
        );
    }
}

#[test]
fn a_misspelt_key_is_an_error_at_every_depth() {
    let Some(specification) = Specification::load() else {
        return;
    };
    let misspelt = [
        ("/categry", json!("UTILITY")),
        ("/components/0/formt", json!("TEXT")),
        ("/components/0/example/header_txt", json!(["x"])),
        ("/components/3/buttons/1/link", json!("https://ex.com")),
    ];
    for (pointer, value) in misspelt {
        let mut body = positional();
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer has a last key");
        body.pointer_mut(parent).expect("the body has the place")[key] = value;
        for request in [
            create(body.clone()),
            edit(json!({"components": body["components"], "category": "UTILITY"})),
        ] {
            let in_edit = request.path == TEMPLATE;
            if in_edit && parent.is_empty() {
                continue;
            }
            let found = errors(specification, &request);
            assert!(
                found.len() == 1 && found[0].contains(key),
                "{pointer}: {found:?}"
            );
        }
    }
    let found = errors(specification, &edit(json!({"componentz": []})));
    assert!(
        found.len() == 1 && found[0].contains("unknown parameter `componentz`"),
        "{found:?}"
    );
}

#[test]
fn a_wrong_type_is_an_error_at_every_depth() {
    let Some(specification) = Specification::load() else {
        return;
    };
    let wrong = [
        ("/category", json!(5)),
        ("/message_send_ttl_seconds", json!("3600")),
        ("/components", json!({"type": "BODY"})),
        ("/components/0/example/header_text", json!("#1042")),
        ("/components/1/example/body_text", json!(["Ana"])),
        (
            "/components/3/buttons/2/phone_number",
            json!(15_550_051_310_u64),
        ),
    ];
    for (pointer, value) in wrong {
        let mut body = positional();
        *body.pointer_mut(pointer).expect("the body has the place") = value;
        let found = errors(specification, &create(body));
        assert!(
            !found.is_empty() && found.iter().all(|what| what.contains(pointer)),
            "{pointer}: {found:?}"
        );
    }
}

#[test]
fn a_create_without_a_body_is_an_error() {
    let Some(specification) = Specification::load() else {
        return;
    };
    assert_eq!(
        errors(specification, &LoggedRequest::new("POST", TEMPLATES)).len(),
        1
    );
}
