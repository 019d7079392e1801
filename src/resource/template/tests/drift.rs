use serde_json::{Value, json};

use crate::resource::Live;
use crate::resource::template::drift;
use crate::resource::template::testing::{ORDER_UPDATE, at_meta, desired, live, sound};

fn base() -> Value {
    desired(&sound(ORDER_UPDATE)).remove(0).content
}

/// Returns the template as it is with these facts.
fn with(facts: Value) -> Live {
    Live {
        facts,
        ..live(&at_meta(&base(), "APPROVED"))
    }
}

fn moved(before: &Value, now: Value) -> Vec<String> {
    let fields = drift::moved(&base(), before, &with(now));
    let side = |side: &Option<Value>| side.as_ref().map_or("-".to_owned(), Value::to_string);
    fields
        .iter()
        .map(|field| {
            format!(
                "{} {} {}",
                field.field,
                side(&field.before),
                side(&field.after)
            )
        })
        .collect()
}

#[test]
fn a_template_that_came_through_review_has_not_moved() {
    for before in [
        json!(null),
        json!({ "status": "PENDING" }),
        json!({ "status": "APPROVED", "quality": "UNKNOWN" }),
    ] {
        let now = json!({ "status": "APPROVED", "quality": "GREEN" });
        assert_eq!(moved(&before, now), [""; 0], "{before}");
    }
    assert_eq!(
        moved(
            &json!({ "status": "PENDING" }),
            json!({ "status": "PENDING" })
        ),
        [""; 0]
    );
}

#[test]
fn what_got_worse_has_moved_until_it_is_mended() {
    let before = json!({ "status": "APPROVED", "quality": "GREEN" });
    let cases = [
        (
            json!({ "status": "PAUSED", "quality": "GREEN" }),
            "status \"APPROVED\" \"PAUSED\"",
        ),
        (
            json!({ "status": "PENDING", "quality": "GREEN" }),
            "status \"APPROVED\" \"PENDING\"",
        ),
        (
            json!({ "status": "APPROVED", "quality": "YELLOW" }),
            "quality \"GREEN\" \"YELLOW\"",
        ),
        (
            json!({ "status": "APPROVED", "quality": "GREEN", "correct_category": "MARKETING" }),
            "correct_category - \"MARKETING\"",
        ),
    ];
    for (now, told) in cases {
        assert_eq!(moved(&before, now.clone()), [told]);
        // An apply that finds it like that does not take it for what it should be.
        let worse = now["correct_category"].is_null();
        assert!(!worse || !drift::takes_note(&before, &with(now)), "{told}");
    }
    // What was remembered before facts were.
    let now = json!({ "status": "DISABLED", "quality": "RED" });
    assert_eq!(
        moved(&json!(null), now.clone()),
        ["status - \"DISABLED\"", "quality - \"RED\""]
    );
    assert!(!drift::takes_note(&json!(null), &with(now)));
}

#[test]
fn what_got_better_is_noted_by_the_next_apply() {
    let good = json!({ "status": "APPROVED", "quality": "GREEN" });
    for before in [
        json!(null),
        json!({ "status": "PENDING" }),
        json!({ "status": "PAUSED", "quality": "GREEN" }),
        json!({ "status": "APPROVED", "quality": "RED" }),
    ] {
        assert!(drift::takes_note(&before, &with(good.clone())), "{before}");
    }
    assert!(!drift::takes_note(&good, &with(good.clone())), "twice");
    assert_eq!(
        moved(&json!({ "status": "PAUSED", "quality": "RED" }), good),
        [
            "status \"PAUSED\" \"APPROVED\"",
            "quality \"RED\" \"GREEN\""
        ]
    );
}
