//! What programs read of a plan.

use serde_json::{Value, json};

use super::*;
use crate::render::{fixtures, schemas};

fn written(plan: &Plan) -> Value {
    serde_json::from_str(&text(plan)).unwrap()
}

fn resource<'a>(list: &'a Value, address: &str) -> &'a Value {
    let mut list = list.as_array().unwrap().iter();
    list.find(|resource| resource["address"] == address)
        .unwrap()
}

#[test]
fn a_plan_is_written_in_terraforms_shape() {
    insta::assert_json_snapshot!(written(&fixtures::everything()));
}

#[test]
fn every_plan_fits_the_schema() {
    let validator = jsonschema::draft202012::new(&schemas::plan()).unwrap();
    let plans = [
        fixtures::nothing(),
        fixtures::everything(),
        fixtures::many(500),
        fixtures::hostile(&fixtures::endless()),
    ];
    for plan in plans {
        let written = written(&plan);
        let errors: Vec<String> = validator
            .iter_errors(&written)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(errors, [""; 0]);
    }
    let mut broken = written(&fixtures::everything());
    broken["resource_changes"][0]["change"]["actions"] = json!("delete");
    assert!(!validator.is_valid(&broken));
}

#[test]
fn drift_tells_both_whole_objects() {
    let written = written(&fixtures::everything());
    let edited = resource(
        &written["resource_drift"],
        "template.order_update[\"en_US\"]",
    );
    assert_eq!(edited["change"]["actions"], json!(["update"]));
    assert_eq!(
        edited["change"]["before"]["footer"],
        "Reply STOP to opt out"
    );
    assert_eq!(edited["change"]["after"]["category"], "UTILITY");
    let missing = resource(&written["resource_drift"], "template.welcome[\"pt_BR\"]");
    assert_eq!(missing["change"]["actions"], json!(["delete"]));
    assert_eq!(missing["change"]["after"], Value::Null);
    assert_eq!(missing["change"]["after_sensitive"], false);
    let class = &written["waform"]["drift"][1]["class"];
    assert_eq!(class, "moved");
}

#[test]
fn a_plan_that_leaves_something_out_is_not_complete() {
    let complete = |plan: &Plan| written(plan)["complete"].as_bool().unwrap();
    assert!(complete(&fixtures::nothing()));
    let waiting = Plan {
        waits: fixtures::everything().waits,
        ..fixtures::nothing()
    };
    assert!(!complete(&waiting));
    let partial = Plan {
        selection: fixtures::everything().selection,
        ..fixtures::nothing()
    };
    assert!(!complete(&partial));
}

#[test]
fn it_is_said_by_the_reason_what_the_exit_code_says() {
    let reason = |plan: &Plan| written(plan)["waform"]["reason"].clone();
    assert_eq!(reason(&fixtures::everything()), "error");
    let guarded = Plan {
        refused: Vec::new(),
        ..fixtures::everything()
    };
    assert_eq!(reason(&guarded), "guarded");
    let differing = Plan {
        guards: Vec::new(),
        ..guarded
    };
    assert_eq!(reason(&differing), "pending");
    assert_eq!(reason(&fixtures::nothing()), "done");
}
