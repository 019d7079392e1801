use super::super::{Content, Identity, Message};
use super::*;

/// Returns the message `wamid.M{number}`.
fn message(number: u32) -> Message {
    let id = format!("wamid.M{number}");
    let mut found = events!("people", Message)
        .into_iter()
        .filter(|message| message.message_id == id);
    *found.next().unwrap()
}

#[test]
fn a_sender_without_a_number_keeps_all_names() {
    let hidden = message(32);
    assert_eq!(hidden.from, None);
    assert_eq!(hidden.from_user_id, some("EE.7000000000000104"));
    assert_eq!(hidden.from_parent_user_id, some("EE.ENT.900104"));
    assert_eq!(hidden.profile_name, some("Kaur"));
    assert_eq!(hidden.username, some("@kaur"));
}

#[test]
fn a_lone_contact_completes_the_sender() {
    let sender = message(33);
    assert_eq!(sender.from, some("37255500106"));
    assert_eq!(sender.from_user_id, some("EE.7000000000000106"));
    assert_eq!(sender.from_parent_user_id, some("EE.ENT.900106"));
    assert_eq!(sender.profile_name, some("Mari"));
    assert_eq!(sender.identity.unwrap().hash, some("kH9="));
}

#[test]
fn a_user_id_in_the_place_of_a_number_is_a_user_id() {
    let sender = message(34);
    assert_eq!(sender.from, None);
    assert_eq!(sender.from_user_id, some("EE.7000000000000107"));
}

#[test]
fn of_several_contacts_the_senders_own_is_taken() {
    for (number, name, user_id) in [
        (35, "First", "EE.7000000000000108"),
        (36, "Second", "EE.7000000000000109"),
    ] {
        assert_eq!(message(number).profile_name, some(name));
        assert_eq!(message(number).from_user_id, some(user_id));
    }
}

#[test]
fn a_contact_with_another_number_is_somebody_else() {
    let sender = message(37);
    assert_eq!(sender.from, some("37255500110"));
    assert_eq!((sender.from_user_id, sender.profile_name), (None, None));
}

#[test]
fn a_new_number_comes_from_the_old_one() {
    let change = message(41);
    assert_eq!(change.from, some("37255500101"));
    let expected = Content::NumberChanged {
        new_wa_id: some("37255500199"),
        new_user_id: some("EE.7000000000000199"),
        new_parent_user_id: None,
    };
    assert_eq!(change.content, expected);
    assert_eq!(change.content.text(), None);
}

#[test]
fn a_new_user_id_names_the_old_one_from_the_sentence_or_the_field() {
    let from_sentence = Content::UserIdChanged {
        new: "EE.7000000000000199".to_owned(),
        previous: some("EE.7000000000000101"),
        new_parent_user_id: some("EE.ENT.900199"),
        wa_id: some("37255500199"),
    };
    assert_eq!(message(42).content, from_sentence);
    assert_eq!(message(42).from, None);
    let from_field = Content::UserIdChanged {
        new: "EE.7000000000000200".to_owned(),
        previous: some("EE.7000000000000199"),
        new_parent_user_id: None,
        wa_id: None,
    };
    assert_eq!(message(43).content, from_field);
}

#[test]
fn a_new_identity_is_read_from_either_shape() {
    let beside = Identity {
        hash: some("nEw="),
        created_at: Some(at(1_788_300_500)),
        acknowledged: Some(true),
    };
    assert_eq!(message(44).content, Content::IdentityChanged(beside));
    let inside = Identity {
        hash: some("oLd="),
        ..Identity::default()
    };
    assert_eq!(message(45).content, Content::IdentityChanged(inside));
    assert_eq!(message(46).content, Content::Other("system".to_owned()));
}
