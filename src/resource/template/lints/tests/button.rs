use super::{broken, check, sound};

#[test]
fn buttons_are_counted() {
    let many = |count: usize, button: &dyn Fn(usize) -> String| {
        format!(
            "[{}]",
            (0..count).map(button).collect::<Vec<_>>().join(", ")
        )
    };
    let reply = |index: usize| format!("\"Reply {index}\"");
    sound(&[("buttons", &many(10, &reply))]);
    broken(
        &[("buttons", &many(11, &reply))],
        "button_count",
        "\"Reply 10\"",
    );
    let url = |index: usize| {
        format!("{{ url = {{ text = \"Go {index}\", url = \"https://example.com/{index}\" }} }}")
    };
    sound(&[("buttons", &many(2, &url))]);
    broken(&[("buttons", &many(3, &url))], "button_count", "\"Go 2\"");
    let call = |index: usize| {
        format!("{{ phone_number = {{ text = \"Call {index}\", phone_number = \"+1555\" }} }}")
    };
    broken(
        &[("buttons", &many(2, &call))],
        "button_count",
        "\"Call 1\"",
    );
    let code = |index: usize| format!("{{ copy_code = {{ example = \"SAVE{index}\" }} }}");
    broken(&[("buttons", &many(2, &code))], "button_count", "\"SAVE1\"");
}

#[test]
fn labels_are_short_and_plain() {
    sound(&[("buttons", "[\"1234567890123456789012345\"]")]);
    for wrong in ["12345678901234567890123456", " ", "Hi {{name}}", "a\\nb"] {
        broken(
            &[("buttons", &format!("[\"{wrong}\"]"))],
            "button_label",
            &format!("\"{wrong}\""),
        );
    }
}

#[test]
fn quick_replies_stand_together() {
    let url = "{ url = { text = \"Go\", url = \"https://example.com\" } }";
    sound(&[("buttons", &format!("[\"A\", \"B\", {url}]"))]);
    sound(&[("buttons", &format!("[{url}, \"A\", \"B\"]"))]);
    broken(
        &[("buttons", &format!("[\"A\", {url}, \"B\"]"))],
        "button_grouping",
        "\"B\"",
    );
    let call = "{ phone_number = { text = \"Call\", phone_number = \"+15550051310\" } }";
    broken(
        &[("buttons", &format!("[{url}, \"A\", {call}]"))],
        "button_grouping",
        "\"Call\"",
    );
}

#[test]
fn quick_replies_can_be_told_apart() {
    broken(
        &[("buttons", "[\"Yes\", \"Yes\"]")],
        "button_label_twice",
        "\"Yes\"",
    );
    broken(
        &[(
            "buttons",
            "[{ quick_reply = { text = \"A\", id = \"x\" } }, { quick_reply = { text = \"B\", id = \"x\" } }]",
        )],
        "button_id_twice",
        "\"x\"",
    );
}

#[test]
fn phone_buttons_hold_numbers_with_a_prefix() {
    let button = |number: &str| {
        format!("[{{ phone_number = {{ text = \"Call\", phone_number = \"{number}\" }} }}]")
    };
    sound(&[("buttons", &button("+1 (555) 005-1310"))]);
    for wrong in ["", "call me", "0555 1310", "+123456789012345678901"] {
        broken(
            &[("buttons", &button(wrong))],
            "button_phone_number",
            &format!("\"{wrong}\""),
        );
    }
}

#[test]
fn codes_to_copy_are_short() {
    let button = |code: &str| format!("[{{ copy_code = {{ example = \"{code}\" }} }}]");
    sound(&[("buttons", &button("123456789012345"))]);
    broken(
        &[("buttons", &button("1234567890123456"))],
        "copy_code",
        "\"1234567890123456\"",
    );
    broken(
        &[("buttons", &button("123456789012345678901"))],
        "copy_code",
        "\"123456789012345678901\"",
    );
    broken(&[("buttons", &button(""))], "copy_code", "\"\"");
}

#[test]
fn links_lead_to_a_page_over_https() {
    let button = |url: &str| format!("[{{ url = {{ text = \"Go\", url = \"{url}\" }} }}]");
    sound(&[("buttons", &button("https://example.com"))]);
    sound(&[("buttons", &button("https://notwa.me/x"))]);
    broken(
        &[("buttons", &button("example.com"))],
        "url_form",
        "\"example.com\"",
    );
    broken(
        &[("buttons", &button("https://"))],
        "url_form",
        "\"https://\"",
    );
    broken(
        &[("buttons", &button("http://example.com"))],
        "url_insecure",
        "http",
    );
    broken(
        &[("buttons", &button("https://wa.me/1555"))],
        "url_whatsapp",
        "wa.me",
    );
    broken(
        &[("buttons", &button("https://CHAT.whatsapp.com/x"))],
        "url_whatsapp",
        "CHAT.whatsapp.com",
    );
    broken(
        &[("buttons", &button("https://bit.ly/x"))],
        "url_shortener",
        "bit.ly",
    );
    let long = format!("https://example.com/{}", "x".repeat(1981));
    broken(
        &[("buttons", &button(&long))],
        "url_length",
        &format!("\"{long}\""),
    );
}

#[test]
fn links_have_one_variable_at_their_end_with_a_sample() {
    let check = |url: &str, example: &str| {
        check(&[(
            "buttons",
            &format!("[{{ url = {{ text = \"Go\", url = \"{url}\", example = \"{example}\" }} }}]"),
        )])
    };
    let found = |code: &str, words: &str| vec![(format!("template::{code}"), words.to_owned())];
    assert_eq!(check("https://example.com/{{1}}", "1042"), []);
    assert_eq!(
        check("https://example.com/{{no}}", "https://example.com/1042"),
        []
    );
    assert_eq!(
        check("https://example.com/{{no}}/x", "1"),
        found("url_variable", "{{no}}")
    );
    assert_eq!(
        check("https://example.com/{{No}}", "1")[0],
        found("url_variable", "{{No}}")[0]
    );
    assert_eq!(
        check("https://example.com/{{a}}{{b}}", "1"),
        [
            found("url_variable", "{{a}}"),
            found("url_variable", "{{b}}")
        ]
        .concat()
    );
    assert_eq!(
        check("https://{{host}}", "1"),
        found("url_form", "\"https://{{host}}\"")
    );
    assert_eq!(
        check("https://example.com/{{no}}", "https://example.org/1"),
        found("url_example", "\"https://example.org/1\"")
    );
    assert_eq!(
        check("https://example.com/", "1"),
        found("url_example", "\"1\"")
    );
    broken(
        &[(
            "buttons",
            "[{ url = { text = \"Go\", url = \"https://example.com/{{no}}\" } }]",
        )],
        "example_missing",
        "{{no}}",
    );
}
