//! What WhatsApp says about people, and what they choose in WhatsApp itself.

use super::*;

/// Where the sender and all that is known of them is left out.
fn of_nobody(mut webhook: Value) -> Value {
    let value = &mut webhook["entry"][0]["changes"][0]["value"];
    value["contacts"] = json!([]);
    value["messages"][0]
        .as_object_mut()
        .unwrap()
        .shift_remove("from");
    webhook
}

fn system(id: &str, content: &Value) -> Value {
    message(
        id,
        noon() + hours(1),
        &json!({ "type": "system", "system": content }),
    )
}

/// Returns the number of whoever has a user id.
async fn phone_of(office: &Office, user_id: &str) -> Option<String> {
    let file = office.store.contact("main", user_id).await.unwrap();
    file.and_then(|file| file.phone)
}

#[tokio::test]
async fn a_new_kind_of_word_about_a_person_is_kept_and_answers_nothing() {
    let refused =
        json!({ "type": "system", "errors": [{ "code": 131_051, "title": "Unsupported" }] });
    let office = Office::new().await;
    for told in [
        system(
            "wamid.1",
            &json!({ "type": "user_moved_planet", "body": "Ana moved to Mars" }),
        ),
        message("wamid.2", noon() + hours(1), &refused),
    ] {
        office.told(&told).await;
    }
    assert_eq!(office.answer().await, None);
    assert_eq!(office.due(ErrandKind::Handoff).await, []);
    let dead = office.store.dead_letters(10).await.unwrap();
    assert_eq!(dead.len(), 2, "{dead:?}");
    assert!(
        dead.iter()
            .all(|dead| dead.reason.contains("no known kind")),
        "{dead:?}"
    );
}

#[tokio::test]
async fn a_new_user_id_goes_to_whoever_had_the_one_before() {
    let office = Office::new().await;
    let hello = json!({ "type": "text", "text": { "body": "hello" }, "from_user_id": "EE.1" });
    office.told(&message("wamid.1", noon(), &hello)).await;
    assert_eq!(phone_of(&office, "EE.1").await.as_deref(), Some(ANA));
    // The old id stands in the sentence alone; beside it stands a number that somebody else was known by.
    office
        .told(&message(
            "wamid.2",
            noon(),
            &json!({ "from": "37255509999", "type": "text", "text": { "body": "hi" } }),
        ))
        .await;
    let changed = json!({
        "type": "user_changed_user_id", "body": "User Ana changed from EE.1 to EE.2", "user_id": "EE.2", "wa_id": "37255509999",
    });
    office.told(&of_nobody(system("wamid.3", &changed))).await;
    assert_eq!(phone_of(&office, "EE.2").await.as_deref(), Some(ANA));
    assert_eq!(phone_of(&office, "EE.1").await, None);
    assert_eq!(office.store.dead_letters(10).await.unwrap(), []);
}

#[tokio::test]
async fn a_change_of_number_brings_the_new_user_id() {
    let office = Office::new().await;
    let changed =
        json!({ "type": "user_changed_number", "wa_id": "37255509999", "user_id": "EE.9" });
    office.told(&system("wamid.1", &changed)).await;
    assert_eq!(
        phone_of(&office, "EE.9").await.as_deref(),
        Some("+37255509999")
    );
    // Who hides the number is Ana still.
    let hello = json!({ "type": "text", "text": { "body": "hello" }, "from_user_id": "EE.9" });
    office
        .told(&of_nobody(message("wamid.2", noon() + hours(2), &hello)))
        .await;
    let ana = office.store.contact("main", "EE.9").await.unwrap().unwrap();
    assert!(ana.campaigns[0].answer.is_some(), "{ana:?}");
}

#[tokio::test]
async fn only_marketing_that_is_wanted_again_ends_the_stop_of_marketing() {
    let office = Office::new().await;
    let chosen = |seconds: i64, category: &str, choice: &str| {
        let at = (noon().as_second() + seconds).to_string();
        let preference = json!({ "wa_id": "37255501234", "category": category, "value": choice, "timestamp": at });
        let value =
            json!({ "metadata": { "phone_number_id": "555" }, "user_preferences": [preference] });
        change("user_preferences", &value)
    };
    for (seconds, category, choice, is_suppressed) in [
        (1, "marketing_messages", "stop", true),
        (2, "service_messages", "resume", true),
        (3, "marketing_messages", "resume", false),
    ] {
        office.told(&chosen(seconds, category, choice)).await;
        let ana = office.ana().await;
        assert_eq!(
            ana.suppressed.is_some(),
            is_suppressed,
            "{category} {choice}"
        );
    }
}
