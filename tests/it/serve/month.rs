//! A month of retries, windows and timeouts, with the clock moved.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::agreement;
use crate::kit::{Scene, number};

const CONTACTS: usize = 40;
/// The waits between attempts as the project declares them; the last one goes on.
const BACKOFF: [SignedDuration; 3] = [
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(48),
    SignedDuration::from_hours(120),
];
/// The hours between two looks at the world: short and long, 31 days together.
const STEPS: [&str; 14] = [
    "30m", "6h", "18h", "24h", "25h", "2d", "3d", "12h", "5d", "5d", "1d", "5d", "3d", "4d",
];

fn time(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_of_retries_windows_and_timeouts_passes_in_seconds() {
    let phones: Vec<String> = (0..CONTACTS).map(number).collect();
    let mut scene = Scene::of(&phones).await;
    let project = &scene.project;
    project.change("duration = \"3d\"", "duration = \"30d\"");
    project.change("response_timeout = \"24h\"", "response_timeout = \"4d\"");
    project.change(
        "{ max_attempts = 3, backoff = [\"15m\", \"6h\"] }",
        "{ max_attempts = 6, backoff = [\"6h\", \"2d\", \"5d\"] }",
    );
    // Meta fails every other message for a passing reason.
    let behaviour = json!({ "fail": { "131000": 0.5 } });
    scene.world.pull("behaviour", behaviour).await;
    scene.serve().await;
    scene.launch().await;
    scene.until_caught_up().await;
    for (day, step) in STEPS.into_iter().enumerate() {
        // A few answer now and then: most of them to a message, one or the other too late.
        for phone in phones.iter().skip(day).step_by(13) {
            if !scene.messages_to(phone).await.is_empty() {
                scene.says(phone, json!({ "text": "Tomorrow" })).await;
            }
        }
        scene.until_caught_up().await;
        scene.world.advance(step).await;
        scene.until_caught_up().await;
    }

    let rows = agreement::holds(&scene).await;
    let outcomes = outcomes(&rows);
    for outcome in ["answered", "no_answer"] {
        assert!(outcomes.contains_key(outcome), "{outcomes:?}");
    }
    assert_eq!(outcomes.values().sum::<usize>(), CONTACTS, "{outcomes:?}");
    let retried = rows.iter().filter(|row| row["attempts"].as_u64() > Some(2));
    assert!(retried.count() > 3, "too few were tried thrice: {rows:#?}");
    waits_were_kept(&scene).await;
    scene.finish().await;
}

/// How many ended how; those that have not ended are not among them.
fn outcomes(rows: &[Value]) -> BTreeMap<String, usize> {
    let mut outcomes = BTreeMap::new();
    for row in rows.iter().filter(|row| row["state"] == "closed") {
        let outcome = row["outcome"].as_str().unwrap().to_owned();
        *outcomes.entry(outcome).or_default() += 1;
    }
    outcomes
}

/// No attempt came earlier after the failure of the one before than was declared.
async fn waits_were_kept(scene: &Scene) {
    let mut earlier: BTreeMap<String, Vec<Timestamp>> = BTreeMap::new();
    for message in scene.world.messages().await {
        if message["template"] != "delivery_question" {
            continue;
        }
        let to = message["to"].as_str().unwrap().to_owned();
        let failures = earlier.entry(to).or_default();
        if let Some(failed) = failures.last() {
            let nth = (failures.len() - 1).min(BACKOFF.len() - 1);
            let waited = time(&message["accepted_at"]).duration_since(*failed);
            assert!(waited >= BACKOFF[nth], "after {waited:?}: {message:#}");
        }
        let statuses = message["statuses"].as_array().unwrap();
        let failed = statuses.iter().find(|status| status["status"] == "failed");
        failures.extend(failed.map(|status| time(&status["at"])));
    }
}
