//! What GitHub makes of a plan: read by an engine of its dialect, with everything on that could be broken out into.

mod fixture;
mod hostile;
mod levels;
mod page;

use proptest::prelude::*;

use self::page::Page;
use super::{code, escape, fence};
use crate::sanitize;

/// Text that is made of what Markdown, HTML, GitHub and GitLab read something into.
fn text() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        3 => Just(hostile::PIECES).prop_flat_map(proptest::sample::select),
        1 => any::<char>().prop_map(|_| "x"),
    ];
    let pieces = proptest::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat());
    prop_oneof![3 => pieces, 1 => any::<String>()]
}

/// What of a text is shown on one line; spaces at both ends are none of HTML's business.
fn shown(text: &str) -> String {
    sanitize::line(text).trim().to_owned()
}

proptest! {
    #[test]
    fn escaped_text_shows_as_it_is_in_a_line_and_in_a_cell(text in text()) {
        let escaped = escape(&text);
        for document in [
            format!("{escaped}\n"),
            format!("a {escaped} b\n"),
            format!("- {escaped}\n\n> {escaped}\n"),
            format!("| a | b |\n|---|---|\n| {escaped} | x |\n"),
        ] {
            let page = Page::read(&document);
            page.holds_nothing_foreign();
            let found = page.text();
            prop_assert!(found.contains(&shown(&text)), "{document:?} shows {found:?}");
        }
        let table = format!("| a | b |\n|---|---|\n| {escaped} | x |\n");
        prop_assert_eq!(Page::read(&table).cells(), 4);
    }

    #[test]
    fn code_shows_as_it_is_in_a_line_and_in_a_cell(text in text()) {
        let code = code(&text);
        for document in [format!("{code}\n"), format!("| a | b |\n|---|---|\n| {code} | x |\n")] {
            let page = Page::read(&document);
            page.holds_nothing_foreign();
            let found = page.text();
            prop_assert!(found.contains(&shown(&text)), "{document:?} shows {found:?}");
        }
    }

    #[test]
    fn a_fence_ends_where_we_end_it(text in text(), around in "[ `~]{0,90}") {
        let text = format!("{around}\n{text}\n{around}");
        let page = Page::read(&format!("{}\nbehind\n", fence("diff", &text)));
        page.holds_nothing_foreign();
        let blocks = page.fences();
        prop_assert_eq!(blocks.len(), 1);
        let expected = sanitize::lines(&text).trim_end_matches('\n').to_owned();
        prop_assert_eq!(blocks[0].trim_end_matches('\n'), expected);
        prop_assert!(page.text().ends_with("behind"));
    }
}

#[test]
fn runs_of_backticks_of_any_length_stay_inside() {
    for length in [1, 3, 59, 60, 61, 79, 80, 81, 120, 254, 255, 256, 300, 5_000] {
        let run = "`".repeat(length);
        for text in [
            run.clone(),
            format!("a\n{run}\nb"),
            format!("{run} x {run}"),
        ] {
            let page = Page::read(&format!("{}\nbehind\n", fence("", &text)));
            assert_eq!(page.fences().len(), 1, "{length}");
            assert_eq!(page.fences()[0].trim_end_matches('\n'), text, "{length}");
            let page = Page::read(&format!("{}\n", code(&text)));
            page.holds_nothing_foreign();
            assert!(page.text().contains(&shown(&text)), "{length}");
        }
    }
}

#[test]
fn what_platforms_find_in_finished_text_is_broken_up() {
    for (text, escaped) in [
        ("@team", "@\u{200b}team"),
        ("#123", "#\u{200b}123"),
        ("GH-12", "GH-\u{200b}12"),
        ("!7 ~bug %1", "\\!\u{200b}7 \\~\u{200b}bug %\u{200b}1"),
        ("deadbeef", "deadbe\u{200b}ef"),
        ("1234567 or 123456", "123456\u{200b}7 or 123456"),
        ("deadbeefs", "deadbeefs"),
        (":tada: at 10:12:34", ":\u{200b}tada: at 10:12:34"),
        ("https://a.b", "https:\u{200b}//a.b"),
        ("www.a.b", "www\u{200b}.a.b"),
        ("/close", "\\/close"),
        ("1. a", "1\\. a"),
        ("template::gap", "template::gap"),
    ] {
        assert_eq!(escape(text), escaped);
    }
}
