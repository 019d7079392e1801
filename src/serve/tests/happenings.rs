//! What happens to templates and the account, and what nobody can read.

use super::*;
use crate::store::{Halt, HaltCause, HappeningFilter, Scope};

async fn halts(office: &Office) -> Vec<(Scope, String, HaltCause)> {
    let now = office.clock.now();
    let halts = office.store.halts(None, now).await.unwrap();
    let brief = |halt: Halt| (halt.scope, halt.subject, halt.cause);
    halts.into_iter().map(brief).collect()
}

fn template(event: &str, seconds: i64) -> Value {
    let mut webhook = change(
        "message_template_status_update",
        &json!({
            "event": event, "message_template_id": 1, "message_template_name": "order_update",
            "message_template_language": "en-US", "reason": "NONE",
            "rejection_info": { "reason": "Two variables touch.", "recommendation": "Put a word between them." },
        }),
    );
    webhook["entry"][0]["time"] = json!(noon().as_second() + seconds);
    webhook
}

fn account(value: &Value) -> Value {
    change("account_update", value)
}

#[tokio::test]
async fn a_template_that_meta_stops_is_halted_until_meta_frees_it() {
    for (stops, frees) in [
        ("PAUSED", "APPROVED"),
        ("REJECTED", "APPROVED"),
        ("DISABLED", "REINSTATED"),
        ("LOCKED", "UNPAUSED"),
    ] {
        let office = Office::new().await;
        office.told(&template(stops, 1)).await;
        let halted = (
            Scope::Template,
            "order_update/en_US".to_owned(),
            HaltCause::Meta,
        );
        assert_eq!(halts(&office).await, [halted], "{stops}");
        office.clock.advance(hours(1));
        let news = office.due(ErrandKind::Notify).await.remove(0);
        assert_eq!(
            news.payload["event"],
            format!("template.{}", stops.to_lowercase())
        );
        let told = news.payload["text"].as_str().unwrap();
        assert!(told.contains("Put a word between them"), "{told}");
        office.told(&template(frees, 2)).await;
        assert_eq!(halts(&office).await, [], "{frees}");
    }
}

#[tokio::test]
async fn a_flagged_template_is_news_and_goes_on() {
    let office = Office::new().await;
    office.told(&template("FLAGGED", 1)).await;
    assert_eq!(halts(&office).await, []);
    office.clock.advance(hours(1));
    assert_eq!(office.due(ErrandKind::Notify).await.len(), 1);
}

#[tokio::test]
async fn an_old_pause_does_not_undo_a_newer_approval() {
    let office = Office::new().await;
    office.told(&template("APPROVED", 10)).await;
    office.told(&template("PAUSED", 5)).await;
    assert_eq!(halts(&office).await, []);
}

#[tokio::test]
async fn only_a_restriction_on_campaigns_halts_the_account_and_only_for_its_time() {
    let office = Office::new().await;
    let until = (noon() + hours(24)).as_second();
    let restricted = |kind: &str| {
        account(&json!({ "event": "ACCOUNT_RESTRICTION",
            "restriction_info": [{ "restriction_type": kind, "expiration": until }] }))
    };
    office
        .told(&restricted("RESTRICTED_UTILITY_TEMPLATES"))
        .await;
    assert_eq!(halts(&office).await, []);
    office
        .told(&restricted("RESTRICTED_BIZ_INITIATED_MESSAGING"))
        .await;
    let halted = (Scope::Account, "main".to_owned(), HaltCause::Meta);
    assert_eq!(halts(&office).await, [halted]);
    office.clock.advance(hours(25));
    assert_eq!(halts(&office).await, []);
    let filter = HappeningFilter {
        area: Some("account".to_owned()),
        limit: 10,
        ..HappeningFilter::default()
    };
    let told = office.store.happenings(&filter).await.unwrap();
    let words = "utility templates cannot be sent, templates of other categories can";
    assert!(
        told.iter().any(|each| each.text.contains(words)),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_ban_halts_and_a_reinstatement_frees() {
    let office = Office::new().await;
    let ban = |state: &str| {
        account(&json!({ "event": "DISABLED_UPDATE", "ban_info": { "waba_ban_state": state } }))
    };
    office.told(&ban("SCHEDULE_FOR_DISABLE")).await;
    assert_eq!(halts(&office).await, []);
    office.told(&ban("DISABLE")).await;
    assert_eq!(halts(&office).await.len(), 1);
    office.told(&ban("REINSTATE")).await;
    assert_eq!(halts(&office).await, []);
}

#[tokio::test]
async fn a_number_that_fails_accepted_messages_rests_for_hours() {
    let office = Office::new().await;
    let at = noon().as_second().to_string();
    let status = json!({ "id": "wamid.out", "status": "failed", "timestamp": at, "recipient_id": "37255501234",
        "errors": [{ "code": 131_048, "title": "Spam rate limit hit" }] });
    let value = json!({ "metadata": { "phone_number_id": "555" }, "statuses": [status] });
    office.told(&change("messages", &value)).await;
    let halted = (Scope::Number, "555".to_owned(), HaltCause::Refused);
    assert_eq!(halts(&office).await, [halted]);
    office.clock.advance(hours(7));
    assert_eq!(halts(&office).await, []);
    // Ana's message was not her fault: it is tried again.
    assert!(office.ana().await.campaigns[0].due_at.is_some());
}

#[tokio::test]
async fn what_is_nobodys_is_kept_and_the_rest_of_its_webhook_is_not_lost() {
    let office = Office::new().await;
    let mut webhook = text("wamid.in", noon() + hours(1), "hello");
    let mut foreign = text("wamid.foreign", noon(), "hello")["entry"][0].clone();
    foreign["id"] = json!("999");
    webhook["entry"].as_array_mut().unwrap().push(foreign);
    office.told(&webhook).await;
    assert!(office.answer().await.is_some());
    let dead = office.store.dead_letters(10).await.unwrap();
    let [dead] = dead.as_slice() else {
        panic!("{dead:?}")
    };
    assert!(dead.reason.contains("`999`"), "{}", dead.reason);

    // Read again, it is still nobody's, and counted on.
    let now = office.clock.now();
    office.store.replay(&[], now).await.unwrap();
    office.read().await;
    let again = office.store.dead_letters(10).await.unwrap();
    let [again] = again.as_slice() else {
        panic!("{again:?}")
    };
    assert_eq!((again.tries, &again.body), (dead.tries + 1, &dead.body));
    assert!(again.body.contains("wamid.foreign"));
}

#[tokio::test]
async fn a_dead_letter_says_what_the_webhook_said() {
    use crate::meta::webhook;
    use crate::serve::dead;
    let bodies = [
        text("wamid.1", noon(), "hello"),
        tapped("wamid.2", noon(), Some("chat"), "WhatsApp message"),
        template("PAUSED", 1),
        account(&json!({ "event": "ACCOUNT_DELETED" })),
    ];
    for body in bodies {
        let change = webhook::parse(&body.to_string()).unwrap().remove(0);
        let again = webhook::parse(&dead::webhook(&change)).unwrap().remove(0);
        assert_eq!(again.event, change.event);
        assert_eq!(
            (again.waba_id, again.phone_number_id, again.field),
            (change.waba_id, change.phone_number_id, change.field)
        );
    }
}

/// No campaign would heed a halt of something else than `name/language`.
#[tokio::test]
async fn a_template_that_is_named_in_part_is_news_and_halts_nothing() {
    for missing in ["message_template_name", "message_template_language"] {
        let office = Office::new().await;
        let mut webhook = template("PAUSED", 1);
        let value = &mut webhook["entry"][0]["changes"][0]["value"];
        value.as_object_mut().unwrap().shift_remove(missing);
        office.told(&webhook).await;
        assert_eq!(halts(&office).await, [], "{missing}");
        office.clock.advance(hours(1));
        let news = office.due(ErrandKind::Notify).await.remove(0);
        assert_eq!(news.payload["event"], "template.paused");
    }
}

#[tokio::test]
async fn what_cannot_be_read_says_why_whosever_it_is() {
    let office = Office::new().await;
    let mut webhook = text("wamid.in", noon(), "hello");
    let entry = &mut webhook["entry"][0];
    entry["id"] = json!("999");
    let message = &mut entry["changes"][0]["value"]["messages"][0];
    message.as_object_mut().unwrap().shift_remove("id");
    office.told(&webhook).await;
    let dead = office.store.dead_letters(10).await.unwrap();
    let [dead] = dead.as_slice() else {
        panic!("{dead:?}")
    };
    assert_eq!(dead.reason, "a message without `id`");
}
