//! `waform status`: what stands in the way is told beside the numbers.

use std::io::Write as _;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use waform::clock::Clock;
use waform::store::sqlite::{self, Mode};
use waform::store::{
    Circumstances, Clerk, Conversation, Database, Dead, ErrandKind, Failure, Halt, HaltCause,
    Happening, Inbound, Intake, NewErrand, Reading, Scope, Settled,
};

use super::terminal::on_a_terminal;
use crate::kit::{Ended, Project, World};

/// The ledger of a project that was applied.
fn ledger(project: &Project) -> std::sync::Arc<dyn Database> {
    assert!(project.state().exists());
    sqlite::open(&project.state(), Mode::ReadWrite).unwrap()
}

async fn status(project: &Project, world: &World, more: &[&str]) -> Ended {
    let arguments = [&["status"], more].concat();
    project.run(world, &arguments).await
}

async fn document(project: &Project, world: &World) -> Value {
    status(project, world, &["--format", "json"])
        .await
        .succeeds()
        .json()
}

fn halt(scope: Scope, subject: &str, reason: &str, now: Timestamp) -> Halt {
    Halt {
        account: "main".to_owned(),
        scope,
        subject: subject.to_owned(),
        cause: HaltCause::Stopped,
        code: None,
        reason: reason.to_owned(),
        since: now,
        until: None,
        actor: "ana@desk".to_owned(),
    }
}

/// Takes in nothing that asks for a decision.
struct Idle;

impl Clerk for Idle {
    fn judge(&mut self, _: &Failure, _: Timestamp, _: &Circumstances) -> Settled {
        unreachable!("nothing has failed")
    }
    fn read(&mut self, _: &Inbound, _: &Conversation) -> Reading {
        unreachable!("nobody has written")
    }
    fn tell(&mut self, _: &str, _: &Happening) -> Vec<NewErrand> {
        Vec::new()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_who_receives_matters_once_something_was_sent() {
    let project = Project::new();
    let world = World::start().await;
    status(&project, &world, &[])
        .await
        .succeeds()
        .says("No campaign has been launched yet.")
        .does_not_say("receiver");
    project.apply(&world).await.succeeds();
    status(&project, &world, &[])
        .await
        .succeeds()
        .says("account.main: no receiver has run: delivery statuses are not known.");
    let never = json!([{ "account": "main", "since": null, "last": null }]);
    assert_eq!(document(&project, &world).await["receivers"], never);

    let now = Clock::system().now();
    let patience = SignedDuration::from_secs(60);
    ledger(&project).beat("main", now, patience).await.unwrap();
    status(&project, &world, &[])
        .await
        .succeeds()
        .says("account.main: the receiver runs since")
        .does_not_say("no receiver has run");
    let told = &document(&project, &world).await["receivers"][0];
    assert!(
        told["since"].is_string() && told["last"].is_string(),
        "{told}"
    );
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_halts_and_what_waits_is_told_in_both_formats() {
    let project = Project::new();
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    let quiet = document(&project, &world).await;
    assert_eq!(quiet["halts"], json!([]));
    assert_eq!(
        (&quiet["inbox"], &quiet["dead_letters"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(quiet["suspects"], json!({ "main": 0 }));
    status(&project, &world, &[])
        .await
        .succeeds()
        .does_not_say("halted")
        .does_not_say("ERRANDS")
        .does_not_say("webhook");

    let (store, now) = (ledger(&project), Clock::system().now());
    let stopped = halt(Scope::Campaign, "spring", "the offer is wrong", now);
    store.halt(&stopped).await.unwrap();
    store.receive(now, "{}".to_owned()).await.unwrap();
    let dead = Dead {
        received_at: now,
        reason: "no account has the id 12".to_owned(),
        body: "{}".to_owned(),
        tries: 1,
    };
    let intake = Intake {
        sources: Vec::new(),
        now,
        facts: Vec::new(),
        dead: vec![dead],
        clerk: Box::new(Idle),
    };
    store.take_in(intake).await.unwrap();
    let errand = NewErrand {
        kind: ErrandKind::Handoff,
        name: "handoff.desk".to_owned(),
        number: None,
        key: "1".to_owned(),
        lane: "1".to_owned(),
        payload: json!({}),
        due_at: now,
    };
    store.errand("main", vec![errand], now).await.unwrap();

    status(&project, &world, &[])
        .await
        .succeeds()
        .says("halted: campaign.spring since ")
        .says("by ana@desk: the offer is wrong (until `waform resume`)")
        .says("1 webhook waits to be read")
        .says("1 webhook could not be read")
        .says("handoff        1       0          0     0");
    let document = document(&project, &world).await;
    assert_eq!(document["halts"][0]["scope"], "campaign");
    assert_eq!(document["halts"][0]["reason"], "the offer is wrong");
    assert_eq!(document["inbox"], 1);
    assert_eq!(document["dead_letters"], 1);
    assert_eq!(document["errands"]["handoff"]["waiting"], 1);
    assert_eq!(document["errands"]["reply"]["waiting"], 0);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_campaigns_status_leaves_out_what_halts_others() {
    let project = Project::new();
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    let (store, now) = (ledger(&project), Clock::system().now());
    for (scope, subject, reason) in [
        (Scope::Account, "main", "the whole account"),
        (Scope::Template, "order_update/en_US", "its template"),
        (Scope::Template, "order_update_two/en_US", "a longer name"),
        (Scope::Campaign, "autumn", "another campaign"),
    ] {
        let halt = halt(scope, subject, reason, now);
        assert!(store.halt(&halt).await.unwrap());
    }
    status(&project, &world, &["spring"])
        .await
        .succeeds()
        .says("the whole account")
        .says("its template")
        .does_not_say("a longer name")
        .does_not_say("another campaign");
    status(&project, &world, &[])
        .await
        .succeeds()
        .says("a longer name")
        .says("another campaign");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejected_template_shows_what_meta_recommends() {
    let project = Project::new();
    let world = World::start().await;
    let rule = json!({ "status": "REJECTED", "rejected_reason": "INVALID_FORMAT", "times": 1 });
    world.pull("reviews", rule).await;
    project.apply(&world).await.anyhow();
    let happening = Happening {
        at: Clock::system().now(),
        actor: "Meta".to_owned(),
        account: "main".to_owned(),
        subject: "template order_update/en_US".to_owned(),
        what: "template.rejected".to_owned(),
        text: "Meta rejected it.".to_owned(),
        detail: json!({ "recommendation": "Put words between the variables." }),
    };
    ledger(&project).record(&happening).await.unwrap();
    status(&project, &world, &[]).await.succeeds().says(
        "template.order_update[\"en_US\"]: Meta recommends: Put words between the variables.",
    );
    let rejected = &document(&project, &world).await["templates"][0];
    assert_eq!(rejected["status"], "REJECTED");
    assert_eq!(
        rejected["recommendation"],
        "Put words between the variables."
    );

    // Once it is approved, the advice is no longer about it.
    let id = world.template("order_update").await["id"].clone();
    let approval = json!({ "status": "APPROVED" });
    world.alter(id.as_str().unwrap(), approval).await;
    let approved = &document(&project, &world).await["templates"][0];
    assert_eq!(approved["status"], "APPROVED");
    assert_eq!(approved["recommendation"], Value::Null);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn automation_that_leads_to_nobody_is_said() {
    let project = Project::new();
    let world = World::start().await;
    project.change(
        "example = { first_name",
        "buttons = [{ quick_reply = \"Call me\" }]\nexample = { first_name",
    );
    status(&project, &world, &[])
        .await
        .succeeds()
        .says("account.main: what answers people there leads them to no person");
    assert_eq!(
        document(&project, &world).await["without_person"],
        json!(["main"])
    );
    project.append(
        "waform.toml",
        "[handoff.desk]\nurl = \"https://desk.example.com/in\"\n",
    );
    assert_eq!(
        document(&project, &world).await["without_person"],
        json!([])
    );
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watching_needs_a_terminal_and_people() {
    let project = Project::new();
    let world = World::start().await;
    project
        .run(&world, &["status", "--watch"])
        .await
        .exits(1)
        .says("`--watch` needs a terminal")
        .says("[cli::watch]");
    project
        .run(&world, &["status", "--watch", "--format", "json"])
        .await
        .exits(1)
        .says("it does not print JSON");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_watched_is_drawn_again_until_ctrl_c() {
    let project = Project::new();
    let world = World::start().await;
    let command = project.command(&world, &["status", "--watch", "--color", "never"]);
    let mut child = project.start(&world, on_a_terminal(&command));
    child.has_said("No campaign has been launched yet.");
    // Templates and numbers are read meanwhile.
    child.has_said("not_submitted");
    project.apply(&world).await.succeeds();
    child.has_said("spring    running");
    // What the terminal makes of Ctrl-C.
    child.stdin().write_all(b"\x03").unwrap();
    let run = child.ended().await.succeeds();
    assert!(run.stdout.matches("\x1b[H\x1b[2J").count() >= 2, "{run}");
    world.finish().await;
}
