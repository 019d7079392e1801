//! A project, its sandbox, and a `waform serve` between the two that can be ended and started again at any moment.
//!
//! Nothing here waits for a length of time: what is waited for is asked for again and again, until it holds.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Child, Ended, Project, Run, World};

/// How long anything may take on a machine that has better things to do.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long nobody asks again: asking costs the machine, too.
const BREATH: Duration = Duration::from_millis(25);

/// The campaign of `examples/conversation`.
pub(crate) const CAMPAIGN: &str = "deliveries";

/// The secrets of a project in earnest, beside those of the sandbox: what must never be seen.
pub(crate) const SECRETS: [(&str, &str); 3] = [
    ("WAFORM_VERIFY_TOKEN", "marked-verify-token"),
    ("WAFORM_DASHBOARD_TOKEN", "marked-dashboard-token"),
    ("DESK_SECRET", "marked-desk-secret"),
];

pub(crate) struct Scene {
    pub(crate) project: Project,
    pub(crate) world: World,
    /// Where serve listens.
    address: String,
    /// Whether `--sandbox` is said; else the sandbox stands for Meta itself.
    sandboxed: bool,
    serving: Option<Child>,
}

impl Scene {
    /// The example that asks, hears and hands over, with these customers; nothing runs yet but the sandbox.
    pub(crate) async fn of(phones: &[String]) -> Self {
        let project = Project::example("conversation");
        project.write("customers.csv", customers(phones));
        Self::with(project).await
    }

    /// A project that listens where `examples/conversation` does.
    pub(crate) async fn with(project: Project) -> Self {
        let world = World::beside(&project).await;
        Self::between(project, world, true).await
    }

    /// The same as it is in earnest: nothing says `--sandbox`, so that secrets are read and state and time are those of
    /// any project. Desk and receiver of notifications are the sandbox's all the same.
    pub(crate) async fn in_earnest(phones: &[String]) -> Self {
        let project = Project::example("conversation");
        project.write("customers.csv", customers(phones));
        let world = World::start().await;
        let account = "waba_id = \"102290129340398\"";
        let base_url = format!("{account}\nbase_url = \"${{var.base_url}}\"");
        project.change(account, &base_url);
        project.append("waform.toml", "\n[variable.base_url]\n");
        let sink = |name: &str| format!("${{var.base_url}}/_sandbox/sink/{name}");
        project.change("https://desk.example.com/inbound", &sink("handoff.desk"));
        project.change("https://hooks.example.com/ops", &sink("notify.ops"));
        let scene = Self::between(project, world, false).await;
        let url = scene.url("/waform");
        let webhook = "https://hooks.example.com/waform";
        scene.project.change(webhook, &url);
        scene
    }

    async fn between(project: Project, world: World, sandboxed: bool) -> Self {
        let address = format!("127.0.0.1:{}", free_port());
        project.change("127.0.0.1:8080", &address);
        let behaviour = json!({
            "delays": { "sent": "5ms", "delivered": "10ms", "read": "15ms", "reply": "20ms" },
        });
        world.pull("behaviour", behaviour).await;
        Self {
            project,
            world,
            address,
            sandboxed,
            serving: None,
        }
    }

    /// An address of serve's.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Starts serve and waits until it listens.
    pub(crate) async fn serve(&mut self) {
        self.serve_until(None).await;
    }

    /// Starts serve; with the name of a point, it ends itself there. It may do so before it listens.
    pub(crate) async fn serve_until(&mut self, point: Option<&str>) {
        assert!(self.serving.is_none(), "it is served already");
        let mut command = self.command(&["-vv", "serve"]);
        if let Some(point) = point {
            command.env("WAFORM_FAILPOINT", point);
        }
        let mut child = self.project.start(&self.world, command);
        self.until("serve listens", async || {
            child.has_ended() || child.said("Listening on ")
        })
        .await;
        assert!(
            point.is_some() || !child.has_ended(),
            "serve has ended: {}",
            child.ended().await.anyhow()
        );
        self.serving = Some(child);
    }

    pub(crate) fn is_served(&self) -> bool {
        self.serving.is_some()
    }

    pub(crate) fn serving(&mut self) -> &mut Child {
        self.serving.as_mut().unwrap()
    }

    /// Takes serve out of the scene's hands, and puts it back.
    pub(crate) fn take(&mut self) -> Child {
        self.serving.take().unwrap()
    }

    pub(crate) fn put(&mut self, serving: Child) {
        self.serving = Some(serving);
    }

    /// Ends serve as a power cut would. Tells how it ended; a point that it was to end at may have been first.
    pub(crate) async fn kill(&mut self) -> Run {
        let mut child = self.serving.take().unwrap();
        if !child.has_ended() {
            child.kill();
        }
        let run = child.ended().await.anyhow();
        assert!(run.code.is_none(), "{run}");
        run
    }

    /// Ends serve as whoever runs it would.
    pub(crate) async fn stop(&mut self) -> Run {
        let child = self.serving.take().unwrap();
        child.terminate();
        child.ended().await.succeeds()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> std::process::Command {
        if self.sandboxed {
            let arguments = [arguments, &["--sandbox"]].concat();
            return self.project.command(&self.world, &arguments);
        }
        let mut command = self.project.command(&self.world, arguments);
        command.envs(SECRETS);
        command
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Ended {
        let child = self.project.start(&self.world, self.command(arguments));
        child.ended().await
    }

    /// Applies to the end of the reviews; the code tells all.
    pub(crate) async fn apply(&self) -> Ended {
        let mut apply = vec!["apply", "--auto-approve", "--wait", "--detailed-exitcode"];
        if !self.sandboxed {
            apply.extend(["--allow", "new_ledger"]);
        }
        self.run(&apply).await
    }

    /// Applies; what is due is sent by it or by serve, and whatever waits may wait.
    pub(crate) async fn launch(&self) {
        let run = self.apply().await.anyhow();
        assert!(matches!(run.code, Some(0 | 2)), "{run}");
    }

    /// The rows of `waform history`.
    pub(crate) async fn history(&self) -> Vec<Value> {
        let run = self.run(&["history", CAMPAIGN, "--format", "json"]).await;
        run.succeeds().json_lines()
    }

    /// One contact's row.
    pub(crate) async fn row(&self, phone: &str) -> Value {
        let rows = self.history().await;
        let mut found = rows.into_iter().filter(|row| row["Message_To"] == phone);
        found.next().unwrap_or(Value::Null)
    }

    pub(crate) async fn interactions(&self) -> Vec<Value> {
        let arguments = ["interactions", "--limit", "100000", "--format", "json"];
        self.run(&arguments).await.succeeds().json_lines()
    }

    pub(crate) async fn interaction(&self, phone: &str) -> Value {
        let rows = self.interactions().await;
        let mut found = rows.into_iter().filter(|row| row["phone"] == phone);
        found.next().unwrap_or(Value::Null)
    }

    pub(crate) async fn status(&self) -> Value {
        let run = self.run(&["status", "--format", "json"]).await;
        run.succeeds().json()
    }

    /// Plays a customer.
    pub(crate) async fn says(&self, phone: &str, mut what: Value) {
        what["from"] = phone.into();
        self.world.pull("inbound", what).await;
    }

    /// The messages of customers, in the order in which they were written.
    pub(crate) async fn customers_wrote(&self) -> Vec<Value> {
        self.world.list("inbound").await
    }

    /// What a sink was told and took, oldest first.
    pub(crate) async fn sink(&self, name: &str) -> Vec<Value> {
        let mut listed = self.world.list(&format!("sink/{name}")).await;
        listed.retain(|row| row["taken"] == true);
        listed
    }

    /// What the desk was told of one person, each once.
    pub(crate) async fn told_of(&self, phone: &str) -> Vec<Value> {
        let mut told = self.sink("handoff.desk").await;
        told.retain(|row| row["body"]["contact"]["phone"] == phone);
        told
    }

    /// The messages that the sandbox took for a number.
    pub(crate) async fn messages_to(&self, phone: &str) -> Vec<Value> {
        let wanted = phone.trim_start_matches('+');
        let mut messages = self.world.messages().await;
        messages
            .retain(|message| message["to"].as_str().unwrap().trim_start_matches('+') == wanted);
        messages
    }

    /// Waits until something holds.
    pub(crate) async fn until(&self, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        let since = Instant::now();
        while !holds().await {
            assert!(since.elapsed() < PATIENCE, "waited in vain: {what}");
            tokio::time::sleep(BREATH).await;
        }
    }

    /// Waits until a contact's row in the history is as wanted, and returns it.
    pub(crate) async fn until_row(
        &self,
        what: &str,
        phone: &str,
        holds: impl Fn(&Value) -> bool,
    ) -> Value {
        let mut row = Value::Null;
        let since = Instant::now();
        loop {
            let latest = self.row(phone).await;
            if holds(&latest) {
                return latest;
            }
            row = if latest.is_null() { row } else { latest };
            assert!(
                since.elapsed() < PATIENCE,
                "waited in vain: {what}\n{row:#}"
            );
            tokio::time::sleep(BREATH).await;
        }
    }

    /// Waits until nothing is under way any more: all webhooks are delivered and read, all errands run, all sends
    /// settled.
    pub(crate) async fn until_quiet(&self) {
        self.until("all is quiet", async || self.is_quiet().await)
            .await;
    }

    async fn is_quiet(&self) -> bool {
        let open = || {
            self.count(
                "SELECT (SELECT count(*) FROM inbox) + (SELECT count(*) FROM errand WHERE state < 2)
                    + (SELECT count(*) FROM member WHERE state = 2)",
            )
        };
        if open() > 0 || self.world.look("webhooks").await["waiting"] != 0 {
            return false;
        }
        let messages = self.world.messages().await;
        let moving = messages.iter().any(|message| message["moving"] == true);
        // What was told while we looked may have come in since.
        !moving && self.world.look("webhooks").await["waiting"] == 0 && open() == 0
    }

    /// Waits until nothing is due any more at the sandbox's time, and all is quiet.
    pub(crate) async fn until_caught_up(&self) {
        self.until("nothing is due", async || {
            let status = self.status().await;
            let is_due = |campaign: &Value| campaign["due"] != 0;
            if status["campaigns"].as_array().unwrap().iter().any(is_due) {
                return false;
            }
            let now = self.world.clock().now();
            let has_timed_out = |row: &Value| {
                let closes_at: Option<Timestamp> =
                    row["closes_at"].as_str().map(|at| at.parse().unwrap());
                closes_at.is_some_and(|at| at <= now)
            };
            !self.interactions().await.iter().any(has_timed_out) && self.is_quiet().await
        })
        .await;
    }

    /// Counts in the ledger.
    pub(crate) fn count(&self, sql: &str) -> i64 {
        let ledger = rusqlite::Connection::open(self.ledger()).unwrap();
        ledger.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// How many sends are claimed and not settled.
    pub(crate) fn in_flight(&self) -> i64 {
        self.count("SELECT count(*) FROM member WHERE state = 2")
    }

    /// Lets the campaign, which lasts so long, start later, so that serve sends it and not the apply that launches it.
    pub(crate) fn postpone(&self, by: &str, duration: &str) {
        let by: SignedDuration = by.parse().unwrap();
        let start = self.world.clock().now() + by;
        let start = start.strftime("%Y-%m-%dT%H:%M:%SZ");
        let duration = format!("duration = \"{duration}\"");
        let started = format!("start = {start}\n{duration}");
        self.project.change(&duration, &started);
    }

    /// Copies the ledger while nothing has it open.
    pub(crate) fn copy_ledger(&self, to: &std::path::Path) {
        assert!(self.serving.is_none(), "it is in use");
        std::fs::copy(self.ledger(), to).unwrap();
    }

    /// Puts a copy of the ledger in the place of the newer one.
    pub(crate) fn put_ledger(&self, from: &std::path::Path) {
        assert!(self.serving.is_none(), "it is in use");
        for suffix in ["-wal", "-shm"] {
            let path = format!("{}{suffix}", self.ledger().display());
            if let Err(error) = std::fs::remove_file(&path) {
                assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{path}");
            }
        }
        std::fs::copy(from, self.ledger()).unwrap();
    }

    pub(crate) fn ledger(&self) -> std::path::PathBuf {
        match self.sandboxed {
            true => self.project.path().join(".waform/sandbox-state.db"),
            false => self.project.state(),
        }
    }

    pub(crate) async fn finish(mut self) {
        if self.serving.is_some() {
            self.stop().await;
        }
        self.world.finish().await;
    }
}

/// The customers' list of `examples/conversation`.
pub(crate) fn customers(phones: &[String]) -> String {
    let row = |(index, phone): (usize, &String)| {
        format!("{phone},Customer {index},{},yes\n", 10_000 + index)
    };
    let rows: String = phones.iter().enumerate().map(row).collect();
    format!("phone,first_name,order_no,opted_in_at\n{rows}")
}

/// Returns a port that nobody listens on. It is not one of those that the system lends for connections, so that it stays
/// free while serve is down.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 10_000).unwrap();
    loop {
        let port = 20_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
