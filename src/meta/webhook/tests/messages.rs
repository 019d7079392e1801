use serde_json::json;

use super::super::{CallPermission, Content, Identity, Location, Media, Message, Order, OrderItem};
use super::*;

fn messages() -> Vec<Message> {
    events!("messages", Message)
        .into_iter()
        .map(|message| *message)
        .collect()
}

/// Returns the message `wamid.M{number}`.
fn message(number: i64) -> Message {
    let message = messages()
        .into_iter()
        .find(|message| message.message_id == format!("wamid.M{number}"))
        .unwrap();
    assert_eq!(message.at, at(1_788_310_000 + number));
    message
}

fn media(kind: &str, mime: &str) -> Media {
    Media {
        kind: kind.to_owned(),
        id: "770001".to_owned(),
        mime: some(mime),
        sha256: some("q6Y="),
        caption: None,
        filename: None,
        url: None,
        voice: false,
    }
}

#[test]
fn every_message_is_one_change() {
    assert_eq!(changes("messages").len(), 23);
    assert_eq!(messages().len(), 23);
}

#[test]
fn a_message_says_who_wrote_and_what_it_answers() {
    let message = message(1);
    assert_eq!(message.from, some("37255500101"));
    assert_eq!(message.from_user_id, some("EE.7000000000000101"));
    assert_eq!(message.profile_name, some("Liis Tamm"));
    assert_eq!(message.context_id, some("wamid.S1"));
    assert!(message.forwarded);
    assert_eq!(message.referral, None);
    assert_eq!(message.group_id, None);
    assert_eq!(message.content.text(), Some("Tere, õhtust! 😀"));
}

#[test]
fn advertisement_identity_and_group_are_kept() {
    let lead = message(22);
    assert_eq!(lead.referral.unwrap()["ctwa_clid"], "Ar1");
    assert!(lead.forwarded);
    let identity = Identity {
        hash: some("kH8="),
        created_at: Some(at(1_788_300_000)),
        acknowledged: Some(false),
    };
    assert_eq!(lead.identity, Some(identity));
    assert_eq!(message(21).group_id, some("120363000000000001"));
}

#[test]
fn replies_that_were_chosen_carry_their_ids() {
    let button = Content::Button {
        payload: some("phone_call"),
        text: "Phone call".to_owned(),
    };
    assert_eq!(message(2).content, button);
    assert_eq!(message(2).context_id, None);
    assert_eq!(button.text(), Some("Phone call"));
    let reply = Content::ButtonReply {
        id: "yes".to_owned(),
        title: "Yes".to_owned(),
    };
    assert_eq!(message(3).content, reply);
    assert_eq!(message(3).context_id, some("wamid.S9"));
    assert_eq!(reply.text(), Some("Yes"));
    let list = Content::ListReply {
        id: "slot_2".to_owned(),
        title: "Tuesday".to_owned(),
        description: some("10 to 12"),
    };
    assert_eq!(message(4).content, list);
    assert_eq!(list.text(), Some("Tuesday"));
}

#[test]
fn a_flows_response_is_unpacked() {
    let flow = Content::FlowReply {
        response: json!({"flow_token": "t-1", "size": 42}),
        name: some("flow"),
    };
    assert_eq!(message(5).content, flow);
    assert_eq!(flow.text(), None);
}

#[test]
fn a_permission_to_call_has_its_end() {
    let expected = CallPermission {
        accepted: Some(true),
        permanent: false,
        until: Some(at(1_788_915_200)),
        source: some("user_action"),
    };
    assert_eq!(message(6).content, Content::CallPermission(expected));
}

#[test]
fn files_of_all_kinds_are_media() {
    let image = Media {
        caption: some("The parcel"),
        url: some("https://lookaside.example/770001"),
        ..media("image", "image/jpeg")
    };
    let voice = Media {
        voice: true,
        ..media("audio", "audio/ogg; codecs=opus")
    };
    let document = Media {
        filename: some("bill.pdf"),
        ..media("document", "application/pdf")
    };
    for (number, expected) in [
        (7, image),
        (8, voice),
        (9, document),
        (21, media("sticker", "image/webp")),
        (23, media("video", "video/mp4")),
    ] {
        assert_eq!(message(number).content, Content::Media(expected));
    }
    assert_eq!(message(7).content.text(), Some("The parcel"));
    assert_eq!(message(8).content.text(), None);
}

#[test]
fn places_cards_and_orders_are_read() {
    let place = Location {
        latitude: 59.437,
        longitude: 24.7536,
        name: some("Old Town"),
        address: None,
        url: None,
    };
    assert_eq!(message(10).content, Content::Location(place));
    assert_eq!(message(10).content.text(), Some("Old Town"));
    let Content::Contacts(cards) = message(11).content else {
        panic!("{:?}", message(11));
    };
    assert_eq!(cards[0]["name"]["formatted_name"], "Mart");
    let item = |product: &str, quantity, price: &str| OrderItem {
        product: product.to_owned(),
        quantity: Some(quantity),
        price: some(price),
        currency: some("EUR"),
    };
    let order = Order {
        catalog_id: some("88"),
        text: some("Before noon, please"),
        items: vec![item("cup", 2, "7.5"), item("pot", 1, "30")],
    };
    assert_eq!(message(14).content, Content::Order(order));
    assert_eq!(message(14).content.text(), Some("Before noon, please"));
}

#[test]
fn a_reaction_without_an_emoji_is_taken_back() {
    let reaction = |emoji: Option<&str>| Content::Reaction {
        message_id: "wamid.S1".to_owned(),
        emoji: emoji.map(str::to_owned),
    };
    assert_eq!(message(12).content, reaction(Some("👍")));
    assert_eq!(message(12).content.text(), Some("👍"));
    assert_eq!(message(13).content, reaction(None));
}

#[test]
fn what_meta_does_not_hand_over_says_why() {
    for (number, word, code) in [(15, "poll", 131_051), (16, "interactive", 131_000)] {
        let Content::Unsupported { kind, errors } = message(number).content else {
            panic!("{:?}", message(number));
        };
        assert_eq!(kind, some(word));
        assert_eq!(
            errors.iter().map(|error| error.code).collect::<Vec<_>>(),
            [code]
        );
    }
}

#[test]
fn edits_and_deletions_name_the_message_they_are_about() {
    let edited = message(17).content;
    let expected = Content::Edited {
        original: "wamid.M1".to_owned(),
        content: Box::new(Content::Text {
            body: "Tere, hommikust!".to_owned(),
        }),
    };
    assert_eq!(edited, expected);
    assert_eq!(edited.text(), Some("Tere, hommikust!"));
    let revoked = Content::Revoked {
        original: "wamid.M2".to_owned(),
    };
    assert_eq!(message(18).content, revoked);
}

#[test]
fn a_message_counts_even_where_its_body_cannot_be_read() {
    assert_eq!(message(19).content, Content::Other("hologram".to_owned()));
    assert_eq!(message(20).content, Content::Other("text".to_owned()));
    assert_eq!(message(20).from, some("37255500101"));
}
