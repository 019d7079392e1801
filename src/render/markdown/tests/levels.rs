//! The document at each level of detail, and within its room.

use proptest::prelude::*;

use super::super::MAX_BYTES;
use super::super::plan::{Level, MIN_BYTES, document, plan};
use super::page::Page;
use super::{fixture, hostile, text};
use crate::engine::plan::Plan;

#[test]
fn each_level_tells_less() {
    let everything = fixture::everything();
    for level in Level::ALL {
        let document = document(&everything, level, MAX_BYTES);
        Page::read(&document).holds_nothing_foreign();
        insta::assert_snapshot!(format!("{level:?}"), document);
    }
}

#[test]
fn a_page_has_its_tables_and_its_details() {
    let page = Page::read(&plan(&fixture::everything(), MAX_BYTES));
    page.holds_nothing_foreign();
    // Changes, messages, the campaign's facts, guards, outputs.
    assert_eq!(page.tables(), 5);
    // Two updates, one of them of five objects, a creation, what was forgotten, drift, the campaign, what nobody manages.
    assert_eq!(page.details(), 7);
    assert_eq!(page.fences().len(), 4);
}

#[test]
fn no_changes_are_a_few_lines() {
    let text = plan(&fixture::nothing(), MAX_BYTES);
    insta::assert_snapshot!(text, @r"
    <!-- waform:plan main -->
    <!-- waform:plan-id 0123456789abcdef0123456789abcdef -->
    ## waform plan: main

    **No changes. The account matches the configuration.**

    Plan id: `0123456789abcdef0123456789abcdef`
    ");
}

#[test]
fn five_hundred_changes_fit_into_a_comment() {
    let many = fixture::many(500);
    let text = plan(&many, MAX_BYTES);
    assert!(text.len() <= MAX_BYTES, "{}", text.len());
    // What is lost and sent is told in full, the rest in a row each.
    assert!(text.contains("order_update_499"));
    assert!(text.contains("Left out of 500 changes, to fit into 65,000 bytes"));
    let page = Page::read(&text);
    page.holds_nothing_foreign();
    // What is deleted, all of it, and the campaign.
    assert_eq!(page.details(), 2);
}

#[test]
fn every_room_gets_the_most_that_fits() {
    let plans = [
        fixture::nothing(),
        fixture::everything(),
        fixture::many(60),
        fixture::many(5_000),
    ];
    for of in &plans {
        let mut before = 0;
        for room in [
            MIN_BYTES, 1_500, 2_500, 4_000, 8_000, 16_000, 65_000, 1_048_576, 16_777_216,
        ] {
            let text = plan(of, room);
            assert!(text.len() <= room, "{} in {room}", text.len());
            assert!(text.len() + 20 >= before, "more room, less said");
            before = text.len();
            assert_eq!(text.lines().next(), Some(marker(of)));
            assert!(text.ends_with("Plan id: `0123456789abcdef0123456789abcdef`\n"));
            let page = Page::read(&text);
            page.holds_nothing_foreign();
            page.details();
        }
        assert_eq!(plan(of, 16_777_216), document(of, Level::Full, 16_777_216));
    }
}

fn marker(plan: &Plan) -> &'static str {
    match plan.environment {
        Some(_) => "<!-- waform:plan production -->",
        None => "<!-- waform:plan main -->",
    }
}

/// Holds that nothing of a text breaks out, wherever it stands and however much of the plan is told.
#[track_caller]
fn keeps_in(text: &str) {
    let of = fixture::with(text);
    let calm = fixture::with("calm");
    for level in Level::ALL {
        let (page, expected) = (
            Page::read(&document(&of, level, MAX_BYTES)),
            Page::read(&document(&calm, level, MAX_BYTES)),
        );
        page.holds_nothing_foreign();
        assert_eq!(page.tables(), expected.tables(), "{level:?} {text:?}");
        assert_eq!(page.cells(), expected.cells(), "{level:?} {text:?}");
        assert_eq!(page.details(), expected.details(), "{level:?} {text:?}");
        assert_eq!(
            page.fences().len(),
            expected.fences().len(),
            "{level:?} {text:?}"
        );
        let fits = plan(&of, MIN_BYTES);
        assert!(fits.len() <= MIN_BYTES, "{}", fits.len());
    }
}

#[test]
fn hostile_bodies_stay_where_they_are_put() {
    for body in hostile::bodies() {
        keeps_in(&body);
    }
}

#[test]
fn a_body_of_any_length_leaves_room_for_the_rest() {
    for piece in ["x", "`", "\n", "|", "😀", "\u{202e}"] {
        let of = fixture::with_body(&piece.repeat(65_536 / piece.len()));
        let text = plan(&of, MAX_BYTES);
        assert!(text.len() <= MAX_BYTES, "{piece:?}: {}", text.len());
        assert!(text.contains("characters more, not shown"), "{piece:?}");
        let page = Page::read(&text);
        page.holds_nothing_foreign();
        assert_eq!((page.details(), page.fences().len()), (1, 1), "{piece:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_breaks_out_of_a_plan(text in text()) {
        keeps_in(&text);
    }
}
