use std::path::Path;

use super::{SAMPLE, SOUND_BODY, broken, check, sound};
use crate::resource::template::testing::project;

#[test]
fn parts_have_their_lengths() {
    let words = |count: usize| {
        format!(
            "\"{}\"",
            "ab ".repeat(count.div_ceil(3))[..count]
                .trim_end()
                .to_owned()
                + "x"
        )
    };
    sound(&[("footer", &format!("\"{}\"", "é".repeat(60)))]);
    broken(
        &[("footer", &format!("\"{}\"", "é".repeat(61)))],
        "too_long",
        "é",
    );
    broken(
        &[("header", &format!("{{ text = \"{}\" }}", "h".repeat(62)))],
        "too_long",
        "hh",
    );
    sound(&[("body", &words(1023))]);
    broken(
        &[("body", &format!("\"{}\"", "b".repeat(1025)))],
        "too_long",
        "b",
    );
    broken(&[("body", "\"  \"")], "empty", "\"  \"");
    broken(&[("footer", "\"\"")], "empty", "\"\"");
}

#[test]
fn a_footer_is_the_same_for_everybody() {
    broken(
        &[("footer", "\"Bye {{name}}\"")],
        "footer_variable",
        "{{name}}",
    );
    broken(
        &[("footer", "\"Bye {{Name}}\"")],
        "variable_form",
        "{{Name}}",
    );
}

#[test]
fn headers_are_one_plain_line_with_one_variable() {
    sound(&[
        ("header", "{ text = \"Order {{no}}\" }"),
        ("example", "{ no = \"1\" }"),
    ]);
    sound(&[("header", "{ location = {} }")]);
    let two = ("example", "{ a = \"1\", b = \"2\" }");
    broken(
        &[("header", "{ text = \"Order {{a}} of {{b}}\" }"), two],
        "header_variables",
        "{{b}}",
    );
    broken(
        &[("header", "{ text = \"Your *order*\" }")],
        "header_format",
        "*",
    );
    broken(
        &[("header", "{ text = \"Shipped 🚚\" }")],
        "header_format",
        "🚚",
    );
    broken(
        &[("header", "{ text = \"\"\"a\nb\"\"\" }")],
        "header_format",
        "\n",
    );
}

#[test]
fn variables_have_a_form() {
    let body = |inner: &str| format!("\"Hello {inner}, your order has left our store.\"");
    for wrong in [
        "{{First}}",
        "{{ name }}",
        "{{}}",
        "{{amount$}}",
        "{{",
        "}}",
        "{{0}}",
    ] {
        broken(&[("body", &body(wrong))], "variable_form", wrong);
    }
    broken(
        &[
            ("body", &body("{{line1}}")),
            ("example", "{ line1 = \"x\" }"),
        ],
        "variable_digits",
        "{{line1}}",
    );
}

#[test]
fn variables_are_named_or_numbered() {
    let example = ("example", "{ name = \"Ana\", 1 = \"x\" }");
    broken(
        &[
            (
                "body",
                "\"Hello {{name}}, your order {{1}} has left our store.\"",
            ),
            example,
        ],
        "variables_mixed",
        "{{1}}",
    );
    broken(
        &[
            (
                "body",
                "\"Hello {{1}}, your order {{3}} has left our store.\"",
            ),
            ("example", "{ 1 = \"a\", 3 = \"b\" }"),
        ],
        "variable_gap",
        "{{3}}",
    );
    sound(&[
        ("header", "{ text = \"Order {{1}}\" }"),
        (
            "body",
            "\"Hello {{2}}, your order {{1}} has left our store.\"",
        ),
        ("example", "{ 1 = \"a\", 2 = \"b\", \"header.1\" = \"c\" }"),
    ]);
    broken(
        &[
            (
                "body",
                "\"Hello {{name}}, yes {{name}}, your order has left our store.\"",
            ),
            SAMPLE,
        ],
        "variable_repeated",
        "{{name}}",
    );
}

#[test]
fn bodies_begin_and_end_with_words() {
    let words = "your order has left our store";
    broken(
        &[("body", &format!("\"{{{{name}}}}, {words}.\"")), SAMPLE],
        "variable_at_edge",
        "{{name}}",
    );
    broken(
        &[
            (
                "body",
                &format!("\"\"\"\nHello, {words}, {{{{name}}}}\n\"\"\""),
            ),
            SAMPLE,
        ],
        "variable_at_edge",
        "{{name}}",
    );
}

#[test]
fn words_stand_between_variables() {
    let example = ("example", "{ a = \"x\", b = \"y\" }");
    let body = |between: &str| {
        format!("\"Hello {{{{a}}}}{between}{{{{b}}}}, your order has left our store.\"")
    };
    broken(
        &[("body", &body("")), example],
        "variables_adjacent",
        "{{a}}{{b}}",
    );
    broken(
        &[("body", &body(" ")), example],
        "variables_adjacent",
        "{{a}} {{b}}",
    );
    sound(&[("body", &body(" and ")), example]);
}

#[test]
fn variables_need_words_around_them() {
    let check = |body: &str| {
        let found = check(&[
            ("body", &format!("\"{body}\"")),
            ("example", "{ a = \"x\", b = \"y\" }"),
        ]);
        found.into_iter().map(|(code, _)| code).collect::<Vec<_>>()
    };
    assert_eq!(check("One {{a}} two {{b}} three four five six."), [""; 0]);
    // Whether these are errors or warnings is told by their messages.
    assert_eq!(
        check("One {{a}} two {{b}} three four five."),
        ["template::variable_density"]
    );
    assert_eq!(
        check("One {{a}} two {{b}} three."),
        ["template::variable_density"]
    );
    let (_, diagnostics) = project(
        Path::new("."),
        "[template.t]\ncategory = \"utility\"\nlanguage = \"en\"\nbody = \"Hi {{a}} bye.\"\nexample = { a = \"x\" }",
    );
    assert!(diagnostics.has_errors());
}

#[test]
fn every_variable_has_a_sample_and_every_sample_a_variable() {
    broken(&[("body", SOUND_BODY)], "example_missing", "{{name}}");
    broken(
        &[("body", SOUND_BODY), ("example", "{ name = \" \" }")],
        "example_empty",
        "\" \"",
    );
    broken(
        &[("example", "{ nam = \"Ana\" }")],
        "example_unknown",
        "nam",
    );
    // Header and body of the same name share the sample.
    broken(
        &[
            ("header", "{ text = \"For {{name}}\" }"),
            ("body", SOUND_BODY),
        ],
        "example_missing",
        "{{name}}",
    );
}

#[test]
fn reviewers_dislike_many_emoji_and_holes() {
    sound(&[("body", &format!("\"Hello {} there\"", "🎉".repeat(10)))]);
    let many = format!("\"Hello {} there\"", "🎉".repeat(11));
    broken(&[("body", &many)], "emoji", &many);
    sound(&[("body", "\"Hello    there\"")]);
    broken(&[("body", "\"Hello     there\"")], "white_space", "     ");
    broken(
        &[("body", "\"\"\"Hello\n\n\n\n\nthere\"\"\"")],
        "white_space",
        "\n\n\n\n\n",
    );
}

#[test]
fn escapes_underline_the_whole_string() {
    broken(
        &[(
            "body",
            "\"Hello\\t{{name}}, your order has left our store.\"",
        )],
        "example_missing",
        "\"Hello\\t{{name}}, your order has left our store.\"",
    );
}
