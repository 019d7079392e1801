use super::super::Delivery;
use super::*;

/// A word for each change: the reason where it is unreadable.
fn words(changes: &[Change]) -> Vec<&str> {
    changes
        .iter()
        .map(|change| match &change.event {
            Event::Unreadable { reason } => reason,
            Event::Unknown => "unknown",
            Event::Status(_) => "status",
            Event::AccountReview(_) => "review",
            _ => "something else",
        })
        .collect()
}

#[test]
fn what_cannot_be_read_is_kept_and_costs_nothing_else() {
    let changes = changes("strange");
    let object = "no object where one is expected";
    assert_eq!(
        words(&changes),
        [
            "unknown",
            "a change without `field`",
            "a change without `value`",
            "a change without `value`",
            object,
            object,
            "unknown",
            "unknown",
            "an account's review without `decision`",
            "neither `message_template_id` nor `message_template_name`",
            "neither `new_category` nor `correct_category`",
            "a message without a time",
            "a message without `id`",
            object,
            "a status without a time",
            "a status without a message's `id`",
            "a status without `status`",
            "status",
            "an entry without `changes`",
            "review",
            object,
        ]
    );
}

#[test]
fn the_json_of_what_cannot_be_read_is_as_near_as_possible() {
    let changes = changes("strange");
    for (place, beginning) in [
        (0, "{\"phase\""),
        (1, "{\"value\""),
        (4, "\"not a change\""),
        (5, "\"not a value\""),
        (13, "\"lost\""),
        (14, "{\"id\":\"wamid.Y\""),
        (18, "{\"id\":\"310000000000043\""),
        (20, "\"not an entry\""),
    ] {
        let raw: String = changes[place].raw.get().split_whitespace().collect();
        let beginning: String = beginning.split_whitespace().collect();
        assert!(raw.starts_with(&beginning), "{place}: {raw}");
    }
}

#[test]
fn places_are_known_as_far_as_the_body_says() {
    let changes = changes("strange");
    assert_eq!(changes[0].waba_id, WABA);
    assert_eq!(changes[0].time, Some(at(1_788_600_000)));
    assert_eq!(changes[0].field, "voice_of_the_moon");
    assert_eq!(changes[1].field, "");
    assert_eq!(changes[2].field, "messages");
    assert_eq!(changes[18].waba_id, "310000000000043");
    assert_eq!(changes[19].waba_id, "");
}

#[test]
fn half_of_a_character_costs_one_character() {
    let body = |text: &str| {
        format!(
            r#"{{"object":"whatsapp_business_account","entry":[{{"id":"1","changes":[{{"field":"messages","value":{{
            "contacts":[{{"wa_id":"372","profile":{{"name":"\ude00"}}}}],
            "messages":[{{"id":"m","from":"372","timestamp":"1","type":"text","text":{{"body":"{text}"}}}}]}}}}]}}]}}"#
        )
    };
    let read = |text: &str| {
        let change = parse(&body(text)).unwrap().remove(0);
        serde_json::from_str::<serde_json::Value>(change.raw.get()).unwrap();
        match change.event {
            Event::Message(message) => message,
            other => panic!("{other:?}"),
        }
    };
    let message = read("cut \\ud83d");
    assert_eq!(message.content.text(), Some("cut \u{fffd}"));
    assert_eq!(message.profile_name, some("\u{fffd}"));
    assert_eq!(read("\\ud83d\\ude00").content.text(), Some("😀"));
}

#[test]
fn a_key_that_comes_twice_makes_one_item_unreadable() {
    let body = r#"{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{"statuses":[
        {"id":"a","id":"b","status":"sent","timestamp":"1"},
        {"id":"c","status":"sent","timestamp":"2"}]}}]}]}"#;
    let changes = parse(body).unwrap();
    assert_eq!(changes.len(), 2);
    assert!(matches!(changes[0].event, Event::Unreadable { .. }));
    let Event::Status(status) = &changes[1].event else {
        panic!("{:?}", changes[1]);
    };
    assert_eq!(status.status, Delivery::Sent);
}
