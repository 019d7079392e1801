//! Answers to a campaign, and what follows from them.

use super::*;
use crate::serve::reading::Templates;
use crate::store::{
    AnswerKind, Clerk as _, ContactState, Conversation, Inbound, Interaction, Outcome, Person,
};

/// The template offers a phone call, a WhatsApp message and an e-mail; Ana taps the first in time.
#[tokio::test]
async fn an_option_in_time_closes_the_campaign_and_opens_the_desk() {
    let office = Office::new().await;
    office.clock.advance(hours(2));
    let at = noon() + hours(2);
    office
        .told(&tapped("wamid.in", at, Some("phone_call"), "Phone call"))
        .await;
    let entry = office.ana().await.campaigns.remove(0);
    assert_eq!(
        (entry.state, entry.outcome),
        (ContactState::Closed, Some(Outcome::Answered))
    );
    let answer = entry.answer.unwrap();
    assert_eq!(answer.kind, AnswerKind::Option);
    assert_eq!(answer.option.as_deref(), Some("phone_call"));

    let [handoff] = <[Errand; 1]>::try_from(office.due(ErrandKind::Handoff).await).unwrap();
    let payload = &handoff.payload;
    assert_eq!(payload["event"], "inbound");
    assert_eq!(
        payload["contact"],
        json!({ "phone": ANA, "user_id": null, "name": "Ana" })
    );
    assert_eq!(payload["message"]["text"], "Phone call");
    assert_eq!(payload["message"]["raw"]["id"], "wamid.in");
    assert_eq!(payload["window_until"], (at + hours(24)).to_string());
    let campaign = &payload["campaign"];
    assert_eq!(campaign["template"], "order_update");
    assert_eq!(
        campaign["values"],
        json!({ "first_name": "Ana", "order_no": "1042", "track": "a b" })
    );
    assert_eq!(
        campaign["answer"],
        json!({ "kind": "option", "option": "phone_call", "text": "Phone call" })
    );

    // One reply, the nearest, filled with what was sent.
    let [reply] = <[Errand; 1]>::try_from(office.due(ErrandKind::Reply).await).unwrap();
    assert_eq!((reply.name.as_str(), reply.lane.as_str()), ("call_me", ANA));
    assert_eq!(reply.number.as_deref(), Some("555"));
    let said = "Thank you, Ana. A person will call you today about order 1042.";
    assert_eq!(reply.payload["text"]["body"], said);
    assert_eq!(reply.payload["to"], ANA);
}

#[tokio::test]
async fn a_button_without_its_payload_is_known_by_its_text_and_typed_words_are_not() {
    let office = Office::new().await;
    office
        .told(&tapped("wamid.1", noon() + hours(1), None, "Email"))
        .await;
    assert_eq!(
        office.answer().await.unwrap().option.as_deref(),
        Some("email")
    );

    let office = Office::new().await;
    office
        .told(&text("wamid.1", noon() + hours(1), "Email"))
        .await;
    assert_eq!(office.answer().await.unwrap().kind, AnswerKind::Other);
}

#[tokio::test]
async fn other_words_close_the_campaign_as_another_answer() {
    let office = Office::new().await;
    let words = "Please contact me by Phone call";
    office
        .told(&text("wamid.in", noon() + hours(1), words))
        .await;
    let entry = office.ana().await.campaigns.remove(0);
    assert_eq!(entry.outcome, Some(Outcome::Answered));
    let answer = entry.answer.unwrap();
    assert_eq!(
        (answer.kind, answer.text.as_deref()),
        (AnswerKind::Other, Some(words))
    );
    let handoff = office.due(ErrandKind::Handoff).await.remove(0);
    assert_eq!(handoff.payload["campaign"]["answer"]["kind"], "other");
    let reply = office.due(ErrandKind::Reply).await.remove(0);
    assert_eq!(reply.name, "anything");
}

#[tokio::test]
async fn an_answer_after_the_timeout_is_late_and_goes_to_the_desk_alone() {
    let office = Office::new().await;
    office.clock.advance(hours(30));
    let now = office.clock.now();
    office.store.expire("main", "spring", now).await.unwrap();
    office
        .told(&tapped("wamid.in", now, Some("phone_call"), "Phone call"))
        .await;
    let entry = office.ana().await.campaigns.remove(0);
    assert_eq!(entry.outcome, Some(Outcome::NoAnswer));
    assert_eq!(entry.answer.unwrap().kind, AnswerKind::Late);
    let handoff = office.due(ErrandKind::Handoff).await.remove(0);
    assert_eq!(handoff.payload["campaign"]["answer"]["kind"], "late");
    // The campaign's own reply is for those who were on time.
    let replies = office.due(ErrandKind::Reply).await;
    assert!(
        replies.iter().all(|reply| reply.name != "call_me"),
        "{replies:?}"
    );
}

#[tokio::test]
async fn who_says_stop_is_left_alone_from_that_message_on() {
    let office = Office::new().await;
    office
        .told(&text("wamid.1", noon() + hours(1), "  stop "))
        .await;
    let ana = office.ana().await;
    assert!(ana.suppressed.is_some());
    assert_eq!(office.due(ErrandKind::Handoff).await, []);
    assert_eq!(office.due(ErrandKind::Reply).await, []);
    // What is written afterwards reaches a person, and no automat answers.
    office
        .told(&text(
            "wamid.2",
            noon() + hours(2),
            "Why do you write to me?",
        ))
        .await;
    office.clock.advance(hours(3));
    assert_eq!(office.due(ErrandKind::Handoff).await.len(), 1);
    assert_eq!(office.due(ErrandKind::Reply).await, []);
    office
        .told(&text("wamid.3", noon() + hours(3), "START"))
        .await;
    assert!(office.ana().await.suppressed.is_none());
}

#[tokio::test]
async fn a_webhook_that_comes_twice_changes_nothing_the_second_time() {
    let office = Office::new().await;
    let webhook = tapped(
        "wamid.in",
        noon() + hours(1),
        Some("chat"),
        "WhatsApp message",
    );
    office.told(&webhook).await;
    let before = (office.ana().await, office.due(ErrandKind::Handoff).await);
    office.told(&webhook).await;
    assert_eq!(
        before,
        (office.ana().await, office.due(ErrandKind::Handoff).await)
    );
}

#[tokio::test]
async fn what_is_taken_back_answers_nothing() {
    let reaction = |emoji: &str| json!({ "type": "reaction", "reaction": { "message_id": "wamid.out", "emoji": emoji } });
    let revoke = json!({ "type": "revoke", "revoke": { "original_message_id": "wamid.0" } });
    let office = Office::new().await;
    for (id, taken_back) in [("wamid.1", reaction("")), ("wamid.2", revoke)] {
        office
            .told(&message(id, noon() + hours(1), &taken_back))
            .await;
    }
    assert_eq!(office.answer().await, None);
    assert_eq!(office.due(ErrandKind::Handoff).await, []);
    assert_eq!(office.store.dead_letters(10).await.unwrap(), []);
    let given = message("wamid.3", noon() + hours(1), &reaction("\u{1f44d}"));
    office.told(&given).await;
    assert_eq!(office.answer().await.unwrap().kind, AnswerKind::Other);
}

#[tokio::test]
async fn who_asks_to_be_messaged_again_is_answered_and_is_the_desks() {
    let office = Office::new().await;
    office
        .told(&text("wamid.1", noon() + hours(1), "STOP"))
        .await;
    office
        .told(&text("wamid.2", noon() + hours(2), "START"))
        .await;
    let replies = office.take_all(ErrandKind::Reply).await;
    let [reply] = replies.as_slice() else {
        panic!("{replies:?}")
    };
    assert_eq!(reply.key, "reply.anything:wamid.2");
    let handoffs = office.take_all(ErrandKind::Handoff).await;
    let [handoff] = handoffs.as_slice() else {
        panic!("{handoffs:?}")
    };
    assert_eq!(handoff.payload["message"]["text"], "START");
}

#[tokio::test]
async fn only_a_tap_on_the_campaigns_own_message_is_one_of_its_options() {
    let session = |id: &str| {
        let button = json!({ "id": id, "title": "Phone call" });
        json!({ "type": "interactive", "interactive": { "type": "button_reply", "button_reply": button } })
    };
    let template = |context: &str| {
        let button = json!({ "payload": "phone_call", "text": "Phone call" });
        json!({ "type": "button", "button": button, "context": { "id": context } })
    };
    for (content, kind) in [
        (session(""), AnswerKind::Other),
        (session("another"), AnswerKind::Other),
        (template("wamid.another"), AnswerKind::Other),
        (template("wamid.out"), AnswerKind::Option),
    ] {
        let office = Office::new().await;
        office
            .told(&message("wamid.in", noon() + hours(1), &content))
            .await;
        assert_eq!(office.answer().await.unwrap().kind, kind, "{content}");
        let handoff = office.due(ErrandKind::Handoff).await.remove(0);
        let told = &handoff.payload["campaign"]["answer"]["kind"];
        assert_eq!(*told, serde_json::to_value(kind).unwrap(), "{content}");
    }
}

#[tokio::test]
async fn the_desk_is_told_of_no_answer_where_the_campaign_has_one() {
    let office = Office::new().await;
    let tap = |id: &str, payload: &str, title: &str| {
        let mut tap = tapped(id, noon() + hours(1), Some(payload), title);
        let message = &mut tap["entry"][0]["changes"][0]["value"]["messages"][0];
        message["context"] = json!({ "id": "wamid.out" });
        tap
    };
    office
        .told(&tap("wamid.1", "chat", "WhatsApp message"))
        .await;
    office
        .told(&tap("wamid.2", "phone_call", "Phone call"))
        .await;
    assert_eq!(
        office.answer().await.unwrap().option.as_deref(),
        Some("chat")
    );
    let told: Vec<Value> = office
        .take_all(ErrandKind::Handoff)
        .await
        .iter()
        .map(|handoff| handoff.payload["campaign"]["answer"].clone())
        .collect();
    assert_eq!(
        told,
        [
            json!({ "kind": "option", "option": "chat", "text": "WhatsApp message" }),
            json!({ "kind": null, "option": "phone_call", "text": "Phone call" }),
        ]
    );
}

fn inbound(person: Person, payload: Option<&str>) -> Inbound {
    Inbound {
        message_id: "wamid.in".to_owned(),
        number: "555".to_owned(),
        person,
        at: noon() - hours(20),
        context_id: None,
        kind: "button".to_owned(),
        text: Some("Call".to_owned()),
        payload: payload.map(str::to_owned),
        raw: "{}".to_owned(),
    }
}

/// What is read late was not written late: the window began when it was written.
#[tokio::test]
async fn somebody_whose_number_only_meta_knows_is_replied_to_within_the_messages_own_window() {
    let office = Office::new().await;
    let mut clerk = Clerk::new(&office.project, office.clock.clone());
    let person = Person {
        wa_id: Some("37255509999".to_owned()),
        ..Person::default()
    };
    let conversation = Conversation {
        account: "main".to_owned(),
        phone: None,
        interaction: None,
        suppressed: false,
    };
    let errands = clerk.read(&inbound(person, None), &conversation).errands;
    assert_eq!(errands.len(), 2, "{errands:?}");
    assert!(errands.iter().all(|errand| errand.lane == "37255509999"));
    let reply = errands
        .iter()
        .find(|errand| errand.kind == ErrandKind::Reply);
    let payload = &reply.unwrap().payload;
    assert_eq!(payload["to"], "37255509999");
    assert_eq!(payload["window_until"], (noon() + hours(4)).to_string());
}

#[test]
fn templates_of_one_name_in_two_accounts_are_two() {
    let template = |account: &str, id: &str| {
        format!(
            "[template.{account}_call]\naccount = \"{account}\"\nname = \"call\"\ncategory = \"utility\"\nlanguage = \"en_US\"\n\
             body = \"Shall we call you?\"\nbuttons = [{{ quick_reply = {{ text = \"Call\", id = \"{id}\" }} }}]\n"
        )
    };
    let project = testing::project(&format!(
        "[account.other]\nwaba_id = \"777\"\naccess_token = {{ env = \"OTHER\" }}\n{}{}",
        template("main", "ours"),
        template("other", "theirs"),
    ));
    let templates = Templates::of(&project);
    let interaction = Interaction {
        campaign: "spring".to_owned(),
        template: "call".to_owned(),
        language: "en_US".to_owned(),
        variables: "null".to_owned(),
        message_id: None,
        sent_at: noon(),
        state: ContactState::AwaitingResponse,
        outcome: None,
        late: false,
    };
    let is_chosen = |account: &str, payload: &str| {
        let tap = inbound(Person::default(), Some(payload));
        templates.chosen(account, &interaction, &tap).is_some()
    };
    assert!(is_chosen("main", "ours") && is_chosen("other", "theirs"));
    assert!(!is_chosen("main", "theirs") && !is_chosen("other", "ours"));
}
