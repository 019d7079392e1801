//! What a person reads of a plan.

use super::*;
use crate::render::fixtures;

#[test]
fn a_plan_is_readable_on_eighty_columns() {
    insta::assert_snapshot!(human(&fixtures::everything(), Look::plain(80)));
}

#[test]
fn a_plan_is_readable_on_forty_columns() {
    insta::assert_snapshot!(human(&fixtures::everything(), Look::plain(40)));
}

#[test]
fn a_plan_is_readable_on_a_wide_terminal() {
    insta::assert_snapshot!(human(&fixtures::everything(), Look::plain(160)));
}

#[test]
fn hostile_texts_are_shown_and_nothing_more() {
    let plan = fixtures::hostile("the end");
    insta::assert_snapshot!(human(&plan, Look::plain(80)));
    for text in [human(&plan, Look::plain(80)), brief(&plan, Look::plain(80))] {
        assert!(
            text.chars()
                .all(|c| c == '\n' || c == '\t' || !c.is_control())
        );
        assert!(!text.contains('\u{202e}'));
    }
}

#[test]
fn text_without_end_is_shown_to_its_end() {
    let endless = fixtures::endless();
    let text = human(&fixtures::hostile(&endless), Look::plain(80));
    assert!(text.matches("ipsum").count() > 2 * endless.matches("ipsum").count());
    assert!(brief(&fixtures::hostile(&endless), Look::plain(80)).len() < 20_000);
}

#[test]
fn no_line_is_wider_than_the_terminal_with_or_without_colours() {
    for plan in [
        fixtures::everything(),
        fixtures::hostile("x"),
        fixtures::many(30),
    ] {
        for width in [40, 60, 80, 120] {
            let coloured = Look { color: true, width };
            let texts = [
                human(&plan, Look::plain(width)),
                human(&plan, coloured),
                brief(&plan, Look::plain(width)),
                brief(&plan, coloured),
            ];
            for line in texts.iter().flat_map(|text| text.lines()) {
                // The line that programs read stays in one piece.
                let parsed = line.contains("Plan: ");
                let fits = textwrap::core::display_width(line) <= width;
                assert!(parsed || fits, "{width}: {line}");
            }
        }
    }
}

#[test]
fn what_is_as_declared_is_one_line() {
    for text in [human, brief].map(|render| render(&fixtures::nothing(), Look::plain(80))) {
        assert_eq!(text, "No changes. The account matches the configuration.\n");
    }
}

#[test]
fn what_is_changed_alike_is_told_once_and_what_differs_each_for_itself() {
    let text = human(&fixtures::many(500), Look::plain(80));
    insta::assert_snapshot!(text.lines().take(24).collect::<Vec<_>>().join("\n"));
    assert_eq!(text.matches("UTILITY → MARKETING").count(), 1);
    // Those 50 that differ take three lines each.
    assert!(text.lines().count() < 180, "{}", text.lines().count());
}

#[test]
fn whatever_is_destroyed_is_named() {
    let changes = (0..40).map(|index| {
        let address = fixtures::template(&format!("gone_{index}"), "en_US");
        fixtures::change(&address, "delete", &serde_json::json!([]))
    });
    let plan = Plan {
        changes: fixtures::list(changes.collect()),
        ..fixtures::nothing()
    };
    let text = human(&plan, Look::plain(80));
    assert!((0..40).all(|index| text.contains(&format!("template.gone_{index}[\"en_US\"]"))));
    assert!(text.contains("- 40 × template will be deleted"), "{text}");
    let brief = brief(&plan, Look::plain(160));
    assert!(
        brief.contains("- 40 × template: template.gone_0[\"en_US\"], "),
        "{brief}"
    );
    assert!(brief.contains(" and 37 more"), "{brief}");
}

#[test]
fn the_summary_of_a_plan_is_a_line_an_object() {
    insta::assert_snapshot!(brief(&fixtures::everything(), Look::plain(80)));
}

#[test]
fn sixty_changes_among_six_thousand_take_few_lines() {
    let mut plan = fixtures::many(60);
    let same = |index: usize| {
        let address = fixtures::template(&format!("same_{index}"), "en_US");
        fixtures::change(&address, "no_op", &serde_json::json!([]))
    };
    let same: Vec<_> = (60..6_000).map(same).collect();
    plan.changes
        .extend(fixtures::list::<crate::engine::plan::Change>(same.into()));
    let text = brief(&plan, Look::plain(120));
    assert!(text.lines().count() <= 12, "{text}");
    assert!(
        text.contains("~ 54 × template  category UTILITY → MARKETING: template.order_0001"),
        "{text}"
    );
    assert!(text.contains("5,940 objects are as declared."), "{text}");
    // Even where no two are alike.
    let each = (0..60).map(|index| {
        let address = fixtures::template(&format!("order_{index}"), "en_US");
        let text = format!("Text {index}");
        fixtures::change(
            &address,
            "update",
            &serde_json::json!([fixtures::field("body", "Text", &*text)]),
        )
    });
    plan.changes.splice(
        ..60,
        fixtures::list::<crate::engine::plan::Change>(each.collect()),
    );
    let lines = brief(&plan, Look::plain(80)).lines().count();
    assert!(lines <= 70, "{lines}");
}
