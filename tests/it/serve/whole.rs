//! From the first apply to the last answer, with everything that may happen to a contact in between.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::agreement;
use crate::kit::{Scene, number};

/// How many customers do nothing by themselves.
const USUAL: usize = 46;

/// What becomes of each customer: outcome, kind of answer, option, Meta's code, attempts that count.
fn expected() -> BTreeMap<String, Value> {
    let mut expected = BTreeMap::new();
    for index in 0..USUAL {
        let option = ["phone_call", "chat", "email"][index % 3];
        let becomes = match (index, index % 4) {
            (0..24, 0 | 1) => json!(["answered", "option", option, null, 1]),
            (0..24, _) => json!(["answered", "other", null, null, 1]),
            (24..30, _) => json!(["no_answer", "late", "phone_call", null, 1]),
            _ => json!(["no_answer", null, null, null, 1]),
        };
        expected.insert(number(index), becomes);
    }
    for (last, becomes) in magic() {
        expected.insert(format!("+14165550{last}"), becomes);
    }
    expected
}

/// The numbers that behave in a certain way, by their last three digits, and what becomes of them. Those that stop the
/// sending of the account, the number or the country are not among them.
fn magic() -> [(u32, Value); 15] {
    let failed = |code: u32| json!(["failed", null, null, code, 1]);
    let silent = |attempts: u32| json!(["no_answer", null, null, null, attempts]);
    let tapped = || json!(["answered", "option", "phone_call", null, 1]);
    let other = || json!(["answered", "other", null, null, 1]);
    [
        (101, failed(131_026)),
        (102, silent(2)),
        (106, silent(1)),
        (107, silent(1)),
        (108, silent(1)),
        (110, failed(131_021)),
        (111, json!(["uncertain", null, null, null, 1])),
        // Its statuses told that the message was taken after all.
        (112, silent(1)),
        (116, failed(131_026)),
        (118, tapped()),
        (119, tapped()),
        (120, other()),
        (121, other()),
        (123, silent(2)),
        (124, silent(1)),
    ]
}

fn became(row: &Value) -> (String, Value) {
    let (answer, phone) = (&row["answer"], row["Message_To"].as_str().unwrap());
    let became = json!([
        row["outcome"],
        answer["kind"],
        answer["option"],
        row["code"],
        row["attempts"]
    ]);
    (phone.to_owned(), became)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statuses_answers_and_retries_agree_with_the_sandbox() {
    let expected = expected();
    let phones: Vec<String> = expected.keys().cloned().collect();
    let mut scene = Scene::of(&phones).await;
    scene.serve().await;
    scene.launch().await;
    let all = phones.len();
    scene
        .until("everybody was tried", async || {
            let standing = scene.status().await;
            standing["campaigns"][0]["hopper"]["fresh"] == 0
        })
        .await;
    scene.until_quiet().await;

    // Customers answer, each in a way of their own; some say it twice.
    for index in 0..24 {
        let phone = number(index);
        let what = match index % 4 {
            0 => json!({ "button": index % 3 }),
            1 => json!({ "button": index % 3, "context": false }),
            2 => json!({ "text": format!("Tomorrow, please. {index}") }),
            _ => json!({ "text": "STOP" }),
        };
        scene.says(&phone, what).await;
    }
    scene.until_quiet().await;
    for index in (0..24).step_by(6) {
        let more = json!({ "text": "And ring twice." });
        scene.says(&number(index), more).await;
    }
    scene.until_quiet().await;

    // What failed for a passing reason is sent again in its time, and arrives.
    for _ in 0..2 {
        scene.world.advance("7h").await;
        scene
            .until("nothing is due", async || {
                let status = scene.status().await;
                status["campaigns"][0]["due"] == 0
            })
            .await;
        scene.until_quiet().await;
    }

    // The rest is silent until it is too late.
    scene.world.advance("40h").await;
    scene
        .until("all are closed", async || {
            let status = scene.status().await;
            status["campaigns"][0]["hopper"]["closed"] == all
        })
        .await;
    for index in 24..30 {
        scene.says(&number(index), json!({ "button": 0 })).await;
    }
    scene
        .until("late answers are taken in", async || {
            let mut told = scene.sink("handoff.desk").await;
            told.retain(|row| row["body"]["campaign"]["answer"]["kind"] == "late");
            told.len() == 6
        })
        .await;
    scene.until_quiet().await;

    let rows = agreement::holds(&scene).await;
    assert_eq!(
        rows.iter().map(became).collect::<BTreeMap<_, _>>(),
        expected
    );
    agreement::desk_heard_in_order(&scene).await;
    opted_out(&scene).await;
    scene.finish().await;
}

/// Who said STOP is messaged no more, whatever else they said.
async fn opted_out(scene: &Scene) {
    for index in (3..24).step_by(4) {
        let phone = number(index);
        let contact = scene.run(&["contact", &phone, "--format", "json"]).await;
        let contact = contact.succeeds().json();
        let suppressed = &contact["contacts"][0]["suppressed"];
        assert!(suppressed.is_object(), "{contact:#}");
        assert_eq!(scene.messages_to(&phone).await.len(), 1, "{contact:#}");
    }
}
