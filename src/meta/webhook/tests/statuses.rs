use super::super::{Conversation, Delivery, Pricing, Status};
use super::*;
use crate::meta::Class;

fn statuses() -> Vec<Status> {
    events!("statuses", Status)
        .into_iter()
        .map(|status| *status)
        .collect()
}

#[test]
fn a_status_is_read_whole() {
    let Status {
        message_id,
        status,
        at: time,
        recipient_id,
        recipient_user_id,
        recipient_parent_user_id,
        to_group,
        recipient_participant_id,
        tag,
        identity_hash,
        pricing,
        conversation,
        errors,
    } = statuses().remove(0);
    assert_eq!((message_id.as_str(), status), ("wamid.S1", Delivery::Sent));
    assert_eq!(time, at(1_788_300_000));
    assert_eq!(recipient_id, some("37255500101"));
    assert_eq!(recipient_user_id, some("EE.7000000000000101"));
    assert_eq!(recipient_parent_user_id, some("EE.ENT.900101"));
    assert!(!to_group);
    assert_eq!(recipient_participant_id, None);
    assert_eq!(tag, some("wf1:attempt-one"));
    assert_eq!(identity_hash, some("kH7="));
    let expected = Pricing {
        billable: Some(true),
        model: some("PMP"),
        category: some("marketing"),
        kind: some("regular"),
    };
    assert_eq!(pricing, Some(expected));
    let expected = Conversation {
        id: "conv-1".to_owned(),
        origin: some("referral_conversion"),
        expires_at: Some(at(1_788_386_400)),
    };
    assert_eq!(conversation, Some(expected));
    assert_eq!(errors, []);
}

#[test]
fn steps_keep_their_order_and_numbers_may_be_texts_or_milliseconds() {
    let found: Vec<_> = statuses()
        .into_iter()
        .map(|status| (status.message_id, status.status, status.at.as_second()))
        .collect();
    let expected = [
        ("wamid.S1", Delivery::Sent, 1_788_300_000),
        ("wamid.S1", Delivery::Delivered, 1_788_300_004),
        ("wamid.S1", Delivery::Read, 1_788_300_090),
        ("wamid.S2", Delivery::Played, 1_788_300_091),
        ("wamid.S3", Delivery::Failed, 1_788_300_100),
        ("wamid.S4", Delivery::Delivered, 1_788_300_101),
        (
            "wamid.S5",
            Delivery::Other("warming_up".to_owned()),
            1_788_300_102,
        ),
        ("wamid.S6", Delivery::Sent, 1_788_300_103),
        ("wamid.S7", Delivery::Sent, 1_788_300_104),
    ]
    .map(|(id, status, at)| (id.to_owned(), status, at));
    assert_eq!(found, expected);
    for status in &statuses()[1..3] {
        assert_eq!(status.recipient_id, some("37255500101"));
    }
    let category = statuses().swap_remove(1).pricing.unwrap().category;
    assert_eq!(category, some("authentication_international"));
}

#[test]
fn a_failure_says_why_with_the_class_of_a_status() {
    let failed = statuses().swap_remove(4);
    assert_eq!(failed.tag, some("wf1:attempt-two"));
    let [error] = failed.errors.as_slice() else {
        panic!("{:?}", failed.errors);
    };
    assert_eq!((error.code, error.class), (131_049, Class::ContactLater));
    assert_eq!(error.http_status, None);
    assert!(error.details.as_deref().unwrap().contains("healthy"));
}

#[test]
fn a_group_is_no_person() {
    let status = statuses().swap_remove(5);
    assert!(status.to_group);
    assert_eq!(status.recipient_id, some("120363000000000001"));
    assert_eq!(status.recipient_participant_id, some("37255500103"));
    assert_eq!(status.recipient_user_id, None);
}

#[test]
fn parts_of_another_shape_do_not_cost_the_status() {
    let status = statuses().swap_remove(6);
    assert_eq!((status.pricing, status.conversation), (None, None));
    assert_eq!(status.errors, []);
}

#[test]
fn a_recipient_without_a_number_is_known_by_user_id() {
    let mut statuses = statuses().split_off(7).into_iter();
    let named = statuses.next().unwrap();
    assert_eq!(named.recipient_id, None);
    assert_eq!(named.recipient_user_id, some("EE.7000000000000104"));
    assert_eq!(named.recipient_parent_user_id, some("EE.ENT.900104"));
    let misplaced = statuses.next().unwrap();
    assert_eq!(misplaced.recipient_id, None);
    assert_eq!(misplaced.recipient_user_id, some("EE.7000000000000105"));
}

#[test]
fn a_change_says_whose_it_is_and_keeps_its_own_json_alone() {
    for change in changes("statuses") {
        assert_eq!(
            (change.waba_id.as_str(), change.field.as_str()),
            (WABA, "messages")
        );
        assert_eq!(change.time, None);
        assert_eq!(change.phone_number_id, some(NUMBER));
        assert_eq!(change.display_phone_number, some("15550104477"));
        let Event::Status(status) = change.event else {
            panic!("{:?}", change.event);
        };
        let raw: serde_json::Value = serde_json::from_str(change.raw.get()).unwrap();
        assert_eq!(raw["id"], status.message_id.as_str());
    }
}
