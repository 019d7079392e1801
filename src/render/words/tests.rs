//! What is marked of two texts, and what is left out.

use proptest::prelude::*;

use super::*;

fn marked(before: &str, after: &str) -> String {
    diff(before, after, Look::plain(100))
}

#[test]
fn only_the_changed_words_are_marked() {
    assert_eq!(
        marked(
            "Your order {{1}} ships today.",
            "Your parcel {{1}} ships today."
        ),
        "Your [-order-]{+parcel+} {{1}} ships today."
    );
    assert_eq!(
        marked("Hi {{name}}, hello", "Hi {{first_name}}, hello"),
        "Hi [-{{name}}-]{+{{first_name}}+}, hello"
    );
    assert_eq!(marked("same", "same"), "same");
}

#[test]
fn a_phrase_that_is_replaced_is_read_as_one() {
    assert_eq!(
        marked("We ship it today.", "We send them today."),
        "We [-ship it-]{+send them+} today."
    );
}

#[test]
fn a_placeholder_that_moves_takes_no_text_with_it() {
    let cases = [
        (
            "{{1}} is ready",
            "is ready {{1}}",
            "[-{{1}} -]is ready{+ {{1}}+}",
        ),
        (
            "Hi {{1}}, your order {{2}} is on its way.",
            "Hi, your order {{2}} is on its way, {{1}}.",
            "Hi[- {{1}}-], your order {{2}} is on its way{+, {{1}}+}.",
        ),
        (
            "Order {{1}} for {{2}} ships.",
            "Order {{2}} for {{1}} ships.",
            "Order [-{{1}}-]{+{{2}}+} for [-{{2}}-]{+{{1}}+} ships.",
        ),
    ];
    for (before, after, expected) in cases {
        assert_eq!(marked(before, after), expected);
        let words = |text: &str| text.matches(|c: char| c.is_alphabetic()).count();
        let changed = runs(before, after)
            .into_iter()
            .filter(|run| run.tag != ChangeTag::Equal);
        assert_eq!(
            changed.map(|run| words(&run.text)).sum::<usize>(),
            0,
            "{before}"
        );
    }
}

#[test]
fn it_is_said_whether_a_placeholder_moves_goes_or_comes() {
    let told = |before, after| placeholders(before, after).unwrap_or_default();
    assert_eq!(told("{{1}} is ready", "is ready {{1}}"), "{{1}} moves");
    assert_eq!(
        told("{{a}} and {{b}}", "{{c}} and {{b}}"),
        "{{a}} is gone, {{c}} is new"
    );
    assert_eq!(told("{{1}}", "{{1}} {{1}}"), "{{1}} stands 2 times, not 1");
    assert_eq!(told("Hi {{1}}", "Hello {{1}}"), "");
}

#[test]
fn long_text_that_stays_is_left_out() {
    let long = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen \
                seventeen eighteen nineteen twenty twenty-one";
    assert_eq!(
        marked(
            &format!("Hi {long} a {long} end"),
            &format!("Hi {long} b {long} fin")
        ),
        "… eighteen nineteen twenty twenty-one [-a-]{+b+} one two three four five six … eighteen nineteen twenty \
         twenty-one [-end-]{+fin+}"
    );
    assert_eq!(marked(long, long), long);
}

#[test]
fn what_was_left_out_between_lines_breaks_the_line() {
    let middle = "a line that stays as it is\nand another one that stays as it is, too\nand a third one of them";
    let text = marked(&format!("x {middle} y"), &format!("u {middle} v"));
    assert_eq!(
        text,
        "[-x-]{+u+} a line that stays as it …\nand a third one of them [-y-]{+v+}"
    );
}

#[test]
fn a_line_break_that_goes_can_be_seen() {
    assert_eq!(marked("a\nb", "a b"), "a[-↵-]{+ +}b");
    assert_eq!(marked("a", "a\nb"), "a{+↵\nb+}");
    let coloured = Look {
        color: true,
        width: 80,
    };
    for line in diff("a", "a\nb", coloured).lines() {
        assert!(
            !line.contains('\u{1b}') || line.ends_with("\u{1b}[0m"),
            "{line:?}"
        );
    }
}

#[test]
fn texts_without_end_are_two_texts() {
    let many = |word: &str| format!("start {} end", format!("{word} ").repeat(20_000));
    let runs = runs(&many("a"), &many("b"));
    assert_eq!(runs.len(), 4);
    assert_eq!(runs[0].text, "start ");
}

proptest! {
    #[test]
    fn both_texts_can_be_read_from_their_comparison(
        before in "([a-c]{1,2}|\\{\\{[12]\\}\\}|[ ,.\n]|\\{\\{){0,24}",
        after in "([a-c]{1,2}|\\{\\{[12]\\}\\}|[ ,.\n]|\\{\\{){0,24}",
    ) {
        let runs = runs(&before, &after);
        let side = |without: ChangeTag| -> String {
            runs.iter().filter(|run| run.tag != without).map(|run| run.text.as_str()).collect()
        };
        prop_assert_eq!(side(ChangeTag::Insert), before);
        prop_assert_eq!(side(ChangeTag::Delete), after);
        prop_assert!(runs.windows(2).all(|pair| pair[0].tag != pair[1].tag));
    }
}
