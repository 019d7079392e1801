use super::super::{Choice, Preference, UserAction};
use super::*;

#[test]
fn choices_are_read_with_whose_they_are() {
    let found: Vec<Preference> = events!("preferences", Preference);
    let summary: Vec<_> = found
        .iter()
        .map(|preference| {
            (
                preference.wa_id.as_deref(),
                preference.user_id.as_deref(),
                preference.value.clone(),
                preference.at.map(Timestamp::as_second),
            )
        })
        .collect();
    let new = Choice::Other("weekly".to_owned());
    let expected = [
        (
            Some("37255500101"),
            Some("EE.7000000000000101"),
            Choice::Stop,
            Some(1_788_320_000),
        ),
        (
            Some("37255500102"),
            Some("EE.7000000000000102"),
            Choice::Resume,
            Some(1_788_320_001),
        ),
        (None, Some("EE.7000000000000104"), Choice::Signup, None),
        (Some("37255500103"), None, new, Some(1_788_320_003)),
        (
            Some("37255500112"),
            Some("EE.7000000000000112"),
            Choice::Stop,
            Some(1_788_320_004),
        ),
    ];
    assert_eq!(summary, expected);
    assert_eq!(found[0].category, some("marketing_messages"));
    assert!(found[0].detail.as_deref().unwrap().contains("stop"));
    assert_eq!(found[2].signup_id, some("5150"));
}

#[test]
fn a_choice_of_nobody_is_kept_for_a_person_to_read() {
    let changes = changes("preferences");
    let lost: Vec<_> = changes
        .iter()
        .filter(|change| matches!(change.event, Event::Unreadable { .. }))
        .collect();
    let [lost] = lost.as_slice() else {
        panic!("{lost:?}");
    };
    assert!(lost.raw.get().contains("1788320005"));
    assert_eq!(lost.phone_number_id, some(NUMBER));
}

#[test]
fn a_preference_has_the_time_of_its_entry_beside_its_own() {
    let change = changes("preferences").swap_remove(0);
    assert_eq!(change.field, "user_preferences");
    assert_eq!(change.time, Some(at(1_788_320_009)));
}

#[test]
fn a_touched_link_is_an_action() {
    let expected = UserAction {
        kind: "marketing_messages_link_click".to_owned(),
        at: Some(at(1_788_320_010)),
        wa_id: some("37255500101"),
        user_id: some("EE.7000000000000101"),
        component: some("cta"),
        product_id: some("cup"),
        click_id: some("c-1"),
        tracking_token: some("tt"),
    };
    assert_eq!(events!("preferences", UserAction), [expected]);
}
