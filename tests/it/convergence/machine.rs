//! Plan and apply as the command line does them, without the command line.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;
use waform::campaign::{self, Identity, Sending};
use waform::clock::Clock;
use waform::config::{Address, Inputs};
use waform::engine::apply::{self, Event, Observer, Outcome, Run};
use waform::engine::plan::Plan;
use waform::engine::{self, Connection, Connections, Holder, Options, StateLock, Waiting};
use waform::meta::{self, GraphReader, GraphWriter, Patience};
use waform::resource::account::{Account, Deletion};
use waform::resource::{self, Project as Declared};
use waform::secret::SecretString;
use waform::store::{Database, RunStart, sqlite};

use super::configurations::Configuration;
use crate::kit::{Project, Request, TOKEN, World};

/// A project, its state and its world.
pub(super) struct Machine {
    pub(super) world: World,
    project: Project,
    /// What every plan of an apply would do, and who had what.
    planned: BTreeSet<String>,
}

/// How long an apply may take: nothing here is to be waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// How one apply went.
#[derive(Debug, Default)]
pub(super) struct Applied {
    pub(super) outcome: Outcome,
    pub(super) accepted: u64,
    pub(super) uncertain: u64,
    /// What ended it early.
    pub(super) error: Option<String>,
}

struct Silent;

impl Observer for Silent {
    fn event(&self, _: Event<'_>) {}
}

struct Side {
    waba_id: String,
    reader: GraphReader,
    writer: GraphWriter,
    deletes: bool,
}

impl Machine {
    pub(super) async fn new() -> Self {
        let mut options = World::options(Clock::system());
        options.numbers = vec![(
            super::configurations::SECOND_WABA.to_owned(),
            super::configurations::SECOND_NUMBER.to_owned(),
        )];
        Self {
            world: World::with(options).await,
            project: Project::empty(),
            planned: BTreeSet::new(),
        }
    }

    /// Nothing is messaged or edited twice within a day, by Meta's rules and by ours: a day passes.
    pub(super) fn tomorrow(&self) {
        self.world.clock().advance(SignedDuration::from_hours(25));
    }

    pub(super) fn declare(&self, configuration: &Configuration) {
        configuration.write_to(&self.project);
    }

    fn load(&self) -> Declared {
        let inputs = Inputs {
            variables: vec![("base_url".to_owned(), self.world.base_url())],
            ..Inputs::default()
        };
        let (project, diagnostics) = resource::load(self.project.path(), &inputs);
        assert!(!diagnostics.has_errors(), "{:#?}", diagnostics.reports());
        project
    }

    fn sides(&self, project: &Declared) -> BTreeMap<String, Side> {
        let side = |account: &resource::Declared<Account>| {
            let token = SecretString::from(TOKEN.to_owned());
            let mut options = meta::Options::new(token, self.world.clock().clone());
            options.base_url = self.world.base_url();
            // The faults last longer than this, and nobody waits for minutes here.
            options.patience = Patience {
                attempts: 2,
                rate_limit: Duration::from_millis(1),
                first_wait: Duration::from_millis(1),
                longest_wait: Duration::from_millis(2),
            };
            let side = Side {
                waba_id: account.value.waba_id.get().clone(),
                reader: GraphReader::new(options.clone()).unwrap(),
                writer: GraphWriter::new(options).unwrap(),
                deletes: account.value.deletion == Deletion::Delete,
            };
            (account.name.clone(), side)
        };
        project.all::<Account>().map(side).collect()
    }

    fn store(&self) -> Arc<dyn Database> {
        sqlite::open(&self.project.state(), sqlite::Mode::ReadWrite).unwrap()
    }

    /// Plans, and notes nothing.
    pub(super) async fn plan(&self) -> Plan {
        self.plan_with(&Options::default()).await
    }

    pub(super) async fn plan_with(&self, options: &Options) -> Plan {
        let project = self.load();
        let sides = self.sides(&project);
        let store = self.store();
        let connections = connections(&sides);
        let clock = self.world.clock();
        let prepared = engine::plan(&project, &connections, &*store, clock, options);
        prepared.await.unwrap().plan
    }

    /// `waform apply --auto-approve --wait`.
    pub(super) async fn apply(&mut self) -> Applied {
        self.apply_with(&Options::default()).await
    }

    pub(super) async fn apply_with(&mut self, options: &Options) -> Applied {
        let mut applied = Applied::default();
        let ended = tokio::time::timeout(PATIENCE, self.try_apply(options, &mut applied)).await;
        if let Err(error) = ended.unwrap_or_else(|_| Err(format!("no end after {PATIENCE:?}"))) {
            applied.error = Some(error);
        }
        applied
    }

    async fn try_apply(&mut self, options: &Options, applied: &mut Applied) -> Result<(), String> {
        let project = self.load();
        let sides = self.sides(&project);
        let store = self.store();
        let clock = self.world.clock().clone();
        let connections = connections(&sides);
        let holder = Holder {
            name: "tester".to_owned(),
            host: "here".to_owned(),
            process: std::process::id(),
            command: "waform apply".to_owned(),
            run_address: None,
        };
        let waiting = Waiting {
            timeout: Duration::ZERO,
            stop: &CancellationToken::new(),
            tell: &|_| (),
        };
        let lock = StateLock::take(store.clone(), &holder, &clock, &waiting)
            .await
            .map_err(|error| error.to_string())?;
        let result = async {
            let mut prepared = engine::plan(&project, &connections, &*store, &clock, options)
                .await
                .map_err(|error| error.to_string())?;
            self.note(&prepared.plan);
            if !prepared.plan.applyable() {
                return Err(format!("not applyable: {:#?}", prepared.plan.refused));
            }
            let writers = sides
                .iter()
                .map(|(name, side)| (name.clone(), side.writer.clone()))
                .collect();
            let campaigns = std::mem::take(&mut prepared.campaigns);
            let stop = CancellationToken::new();
            let start = RunStart::default();
            let journalled = store.begin_run(&start, clock.now()).await;
            let journalled = journalled.map_err(|error| error.to_string())?;
            let session = apply::Session {
                project: &project,
                connections: &connections,
                writers: &writers,
                store: &*store,
                lock: lock.id(),
                run: Some(&journalled),
                clock: &clock,
                observer: &Silent,
                stop: &stop,
            };
            let mut run = Run::new(&session, &prepared);
            run.write().await.map_err(|error| error.to_string())?;
            let until = clock.now().saturating_add(SignedDuration::from_hours(72));
            run.wait(until.unwrap())
                .await
                .map_err(|error| error.to_string())?;
            let unready: Vec<Address> = run.unready().cloned().collect();
            let mut launched = Vec::new();
            for mut campaign in campaigns {
                let needs = &campaign.send.needs;
                let held = unready.iter().any(|address| {
                    needs
                        .iter()
                        .any(|need| address.is_named_by(&need.to_string()))
                });
                if !held {
                    campaign
                        .commit(lock.id(), clock.now())
                        .await
                        .map_err(|error| error.to_string())?;
                    launched.push(campaign);
                }
            }
            applied.outcome = run.finish();
            Ok((writers, launched))
        }
        .await;
        lock.release().await.map_err(|error| error.to_string())?;
        let (writers, launched) = result?;
        if !launched.iter().any(campaign::Prepared::sends) {
            return Ok(());
        }
        let sending = Sending {
            project: &project,
            store: Arc::clone(&store),
            clock: clock.clone(),
            identity: Identity {
                holder: holder.name,
                host: holder.host,
                process: holder.process,
                command: holder.command,
            },
            writers: &writers,
            uploads: campaign::Uploads::default(),
            tell: campaign::news::Notices::of(&project).tell(),
        };
        let sent = campaign::send(&sending, launched, Arc::new(()), CancellationToken::new())
            .await
            .map_err(|error| error.to_string())?;
        applied.accepted = sent.iter().map(|sent| sent.summary.accepted()).sum();
        applied.uncertain = sent.iter().map(|sent| sent.summary.uncertain()).sum();
        Ok(())
    }

    /// Notes all that a plan says that it would write.
    fn note(&mut self, plan: &Plan) {
        for change in plan.changes.iter().filter(|change| change.writes()) {
            self.planned.insert(change.key.clone());
            self.planned.extend(change.id.clone());
        }
        for send in plan
            .sends
            .iter()
            .filter(|send| send.now + send.when_ready + send.later > 0)
        {
            self.planned.insert(format!("messages of {}", send.address));
        }
    }

    /// Holds that nothing was written that no plan had shown.
    pub(super) async fn only_what_was_planned(&self, context: &str) {
        for request in self.world.writes_after(0).await {
            let subject = subject(&request);
            let planned = match &subject {
                Subject::Template(key) => self.planned.contains(key),
                Subject::Named(name) => {
                    let prefix = format!("{name}/");
                    self.planned.iter().any(|key| key.starts_with(&prefix))
                }
                Subject::Message => self
                    .planned
                    .iter()
                    .any(|key| key.starts_with("messages of")),
                Subject::Sample => !self.planned.is_empty(),
            };
            assert!(
                planned,
                "{context}: no plan showed {subject:?}\n{request:#?}\n{:#?}",
                self.planned
            );
        }
    }

    /// Holds that no template was made twice, and nobody sent more than one message by a campaign: the campaigns
    /// here have nobody in common.
    pub(super) async fn nothing_twice(&self, context: &str) {
        let mut created = BTreeMap::new();
        for request in self.world.requests_after(0).await {
            if let Some(name) = request.created_template() {
                *created.entry(name).or_insert(0) += 1;
            }
        }
        assert!(
            created.values().all(|times| *times == 1),
            "{context}: {created:?}"
        );
        let mut reached = BTreeMap::new();
        for message in self.world.messages().await {
            *reached.entry(message["to"].to_string()).or_insert(0) += 1;
        }
        assert!(
            reached.values().all(|times| *times == 1),
            "{context}: {reached:?}"
        );
    }

    pub(super) async fn finish(self) {
        self.world.finish().await;
    }
}

/// What a write was about.
#[derive(Debug)]
enum Subject {
    /// By its id, or by name and language.
    Template(String),
    /// All languages of a name.
    Named(String),
    Message,
    /// A file that is shown in a template.
    Sample,
}

fn subject(request: &Request) -> Subject {
    let parts: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let (body, query) = (&request.whole["body"], &request.whole["query"]);
    match (request.method.as_str(), parts.as_slice()) {
        ("POST", [_, _, "messages"]) => Subject::Message,
        ("POST", [_, _, "uploads" | "media"]) => Subject::Sample,
        ("POST", [_, id]) if id.starts_with("upload") => Subject::Sample,
        ("POST", [_, _, "message_templates"]) => Subject::Template(format!(
            "{}/{}",
            text(&body["name"]).unwrap(),
            text(&body["language"]).unwrap()
        )),
        ("POST", [_, id]) => Subject::Template((*id).to_owned()),
        ("DELETE", [_, _, "message_templates"]) => match text(&query["hsm_id"]) {
            Some(id) => Subject::Template(id),
            None => Subject::Named(text(&query["name"]).unwrap()),
        },
        _ => panic!("nobody asked for this: {request:#?}"),
    }
}

fn connections(sides: &BTreeMap<String, Side>) -> Connections<'_> {
    let mut connections = Connections::default();
    for (name, side) in sides {
        let connection = Connection {
            waba_id: side.waba_id.clone(),
            base_url: String::new(),
            graph: &side.reader,
            deletes: side.deletes,
        };
        connections.readers.insert(name.clone(), connection);
    }
    connections
}
