//! `kill -9`, a Meta that misbehaves, customers who answer, clocks that jump, brakes that are pulled: whatever comes at
//! random, nobody is messaged twice and nothing is lost.

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::Duration;

use serde_json::{Value, json};

use super::laws;
use crate::kit::{CAMPAIGN, Child, Random, Scene, customers, number, size};

/// Where serve can be made to end, all of which it passes while it sends, hears and answers.
const POINTS: [&str; 10] = [
    "after_claim",
    "before_send",
    "after_send_before_settle",
    "after_settle",
    "before_take_in",
    "after_take_in",
    "before_begin_errand",
    "after_begin_errand",
    "after_errand_before_settle",
    "after_settle_errand",
];
/// Where an apply can.
const APPLY_POINTS: [&str; 4] = [
    "after_claim",
    "before_send",
    "after_send_before_settle",
    "after_settle",
];
/// The most that is claimed at once: what a number of Meta's usual throughput sends in a second.
const BATCH: u64 = 80;
/// How many rounds an everyday storm has.
const EVERYDAY: usize = 50;
/// How many contacts come to the list in a round.
const MORE: usize = 5;

fn phones(count: usize) -> Vec<String> {
    (0..count).map(number).collect()
}

async fn scene(count: usize) -> Scene {
    let scene = Scene::of(&phones(count)).await;
    let project = &scene.project;
    project.change("duration = \"3d\"", "duration = \"365d\"");
    project.change(
        "{ max_attempts = 3, backoff = [\"15m\", \"6h\"] }",
        "{ max_attempts = 6, backoff = [\"15m\"] }",
    );
    scene
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_of_serve_at_every_named_point_loses_and_doubles_nothing() {
    let mut scene = scene(0).await;
    scene.project.write("customers.csv", customers(&phones(1)));
    scene.serve().await;
    scene.launch().await;
    let mut contacts = 1;
    for point in POINTS {
        scene.until_quiet().await;
        scene.kill().await;
        // Launched while the campaign is stopped, so that it is serve that sends.
        scene.run(&["stop", CAMPAIGN]).await.succeeds();
        let new = contacts..contacts + MORE;
        contacts = new.end;
        scene
            .project
            .write("customers.csv", customers(&phones(contacts)));
        drop(scene.apply().await.anyhow());
        scene.run(&["resume", CAMPAIGN]).await.succeeds();
        scene.serve_until(Some(point)).await;
        ask_to_be_called(&mut scene, new, point).await;
        scene.kill().await;
        scene.serve().await;
    }
    laws::come_to_rest(&mut scene, contacts).await;
    laws::hold(&scene, &BTreeSet::new()).await;
    scene.finish().await;
}

/// Has everybody who got the question tap the button that leads to a reply and to the desk, until serve has ended.
async fn ask_to_be_called(scene: &mut Scene, contacts: Range<usize>, point: &str) {
    let mut child = scene.take();
    let mut left: Vec<String> = contacts.map(number).collect();
    scene
        .until(point, async || {
            let messages = scene.world.messages().await;
            let arrived =
                |phone: &String| messages.iter().any(|message| has_arrived(message, phone));
            for phone in left.extract_if(.., |phone| arrived(phone)) {
                scene.says(&phone, json!({ "button": 0 })).await;
            }
            child.has_ended()
        })
        .await;
    scene.put(child);
}

/// Whether somebody can answer a message of the campaign.
fn has_arrived(message: &Value, phone: &str) -> bool {
    let arrived = ["delivered", "read"].contains(&message["status"].as_str().unwrap());
    arrived && message["template"] == "delivery_question" && message["to"] == phone
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_leaves_two_batches_uncertain_at_most_and_statuses_settle_what_meta_took() {
    let contacts = 400;
    let mut scene = scene(contacts).await;
    scene.postpone("1h", "365d");
    scene.serve().await;
    scene.launch().await;
    let world = &scene.world;
    world
        .fault(json!({ "fault": { "webhooks": "hold" } }))
        .await;
    let latency = json!({ "match": { "path": "/messages" }, "fault": { "latency": "2s" } });
    world.fault(latency).await;
    world.advance("1h").await;
    let sending = async || scene.world.accepted().await >= 50;
    scene.until("serve sends", sending).await;
    scene.kill().await;

    // Nothing is told yet of what was under way, and the rest is sent.
    scene.world.heal().await;
    scene
        .world
        .fault(json!({ "fault": { "webhooks": "hold" } }))
        .await;
    scene.serve().await;
    let standing = async || scene.status().await["campaigns"][0].clone();
    let sent = async || standing().await["hopper"]["fresh"] == 0 && scene.in_flight() == 0;
    scene.until("the rest is sent", sent).await;
    let uncertain = standing().await["uncertain"].as_u64().unwrap();
    assert!(
        (1..=2 * BATCH).contains(&uncertain),
        "{uncertain} are uncertain"
    );

    scene.world.heal().await;
    scene.until_quiet().await;
    let not_taken = contacts - scene.world.accepted().await;
    let uncertain = standing().await["uncertain"].as_u64();
    assert_eq!(
        uncertain,
        u64::try_from(not_taken).ok(),
        "settled are those that Meta took"
    );
    laws::come_to_rest(&mut scene, contacts).await;
    laws::hold(&scene, &BTreeSet::new()).await;
    scene.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_fails_nobody_is_messaged_twice_and_nothing_is_lost() {
    let rounds = size("SERVE_FAULTS", EVERYDAY);
    let scene = scene(MORE).await;
    let mut storm = Storm {
        scene,
        random: Random::from("SERVE_SEED", "serve's faults"),
        contacts: MORE,
        opted_out: BTreeSet::new(),
        kills: 0,
    };
    storm.begin().await;
    for _ in 0..rounds {
        storm.round().await;
    }
    laws::come_to_rest(&mut storm.scene, storm.contacts).await;
    let rows = laws::hold(&storm.scene, &storm.opted_out).await;
    if rounds >= EVERYDAY {
        storm.was_one(rounds, &rows);
    }
    storm.scene.finish().await;
}

struct Storm {
    scene: Scene,
    random: Random,
    contacts: usize,
    opted_out: BTreeSet<String>,
    kills: usize,
}

impl Storm {
    /// Holds that enough has gone wrong to show anything, and that people were reached all the same.
    fn was_one(&self, rounds: usize, rows: &[Value]) {
        let kills = self.kills;
        assert!(kills * 3 > rounds, "{kills} kills in {rounds} rounds");
        let count = |outcome: &str| rows.iter().filter(|row| row["outcome"] == outcome).count();
        let reached = count("answered") + count("no_answer");
        assert!(
            reached * 3 > rows.len(),
            "{reached} of {} were reached",
            rows.len()
        );
        assert!(count("answered") > 0 && !self.opted_out.is_empty());
    }

    /// What was never applied is heard of by nobody: the first apply and its webhook are undisturbed.
    async fn begin(&mut self) {
        let behaviour = json!({ "fail": { "131000": 0.2, "131026": 0.02 } });
        self.scene.world.pull("behaviour", behaviour).await;
        self.scene.serve().await;
        self.scene.launch().await;
    }

    async fn round(&mut self) {
        self.weather().await;
        self.brakes().await;
        if !self.scene.is_served() {
            let point = self.random.one_in(2).then(|| *self.random.of(&POINTS));
            self.scene.serve_until(point).await;
        }
        let applying = self.apply();
        self.customers().await;
        self.time().await;
        self.moment().await;
        self.end_apply(applying).await;
        if self.scene.serving().has_ended() || self.random.one_in(2) {
            self.scene.kill().await;
            self.kills += 1;
        }
    }

    /// Faults of the sandbox come and go.
    async fn weather(&mut self) {
        if self.random.one_in(2) {
            self.scene.world.heal().await;
        }
        let paths = ["/messages", "/messages", "sink/handoff.desk"];
        let faults = [
            json!("cut_before"),
            json!("cut_after"),
            json!({ "status": 500 }),
            json!({ "status": 503 }),
            json!({ "latency": "80ms" }),
            json!({ "error": { "code": 131_016, "message": "Service unavailable", "http": 500 } }),
            json!({ "error": { "code": 130_429, "message": "Rate limit hit", "http": 400 } }),
        ];
        let webhooks = ["duplicate", "disorder", "hold"];
        let fault = match self.random.below(3) {
            0 => json!({ "fault": { "webhooks": self.random.of(&webhooks) } }),
            _ => json!({
                "match": { "path": self.random.of(&paths) },
                "times": 1 + self.random.below(4),
                "fault": self.random.of(&faults),
            }),
        };
        self.scene.world.fault(fault).await;
    }

    async fn brakes(&mut self) {
        if self.random.one_in(6) {
            self.scene.run(&["stop", CAMPAIGN]).await.succeeds();
        } else if self.random.one_in(2) {
            self.scene.run(&["resume", CAMPAIGN]).await.succeeds();
        }
    }

    /// Starts an apply of a longer list, at times one that ends itself.
    fn apply(&mut self) -> Option<Child> {
        if self.random.one_in(3) {
            return None;
        }
        self.contacts += MORE;
        let list = customers(&phones(self.contacts));
        self.scene.project.write("customers.csv", list);
        let apply = ["apply", "--auto-approve", "--wait"];
        let mut command = self.scene.command(&apply);
        if self.random.one_in(4) {
            command.env("WAFORM_FAILPOINT", self.random.of(&APPLY_POINTS));
        }
        Some(self.scene.project.start(&self.scene.world, command))
    }

    /// Lets an apply end, or ends it.
    async fn end_apply(&mut self, applying: Option<Child>) {
        let Some(mut child) = applying else { return };
        if self.random.one_in(3) && !child.has_ended() {
            child.kill();
        }
        let run = child.ended().await.anyhow();
        self.kills += usize::from(run.code.is_none());
    }

    /// Some of those who were messaged tap a button, write, or want to be left alone.
    async fn customers(&mut self) {
        let mut asked: Vec<String> = self
            .scene
            .world
            .messages()
            .await
            .iter()
            .filter_map(|message| {
                let to = message["to"].as_str().unwrap();
                has_arrived(message, to).then(|| to.to_owned())
            })
            .collect();
        for _ in 0..self.random.below(4) {
            if asked.is_empty() {
                return;
            }
            let phone = asked.swap_remove(self.random.below(asked.len()));
            let what = match self.random.below(8) {
                0 => json!({ "text": "STOP" }),
                1 | 2 => json!({ "text": "Please contact me by Phone call" }),
                3 => json!({ "button": self.random.below(3), "context": false }),
                _ => json!({ "button": self.random.below(3) }),
            };
            if what["text"] == "STOP" {
                self.opted_out.insert(phone.clone());
            }
            self.scene.says(&phone, what).await;
        }
    }

    async fn time(&mut self) {
        if self.random.one_in(3) {
            let by = self.random.of(&["90s", "16m", "16m", "2h", "25h"]);
            self.scene.world.advance(by).await;
        }
    }

    /// Any moment may be the one at which a process ends.
    async fn moment(&mut self) {
        let moment = Duration::from_millis(self.random.below(500) as u64);
        tokio::time::sleep(moment).await;
    }
}
