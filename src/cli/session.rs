//! What a command works with: the project, its clock, its state and its accounts.
//!
//! With `--sandbox` all of it is the sandbox's: nothing leaves the machine, no secret is read, and state and ledger live
//! in a file of their own, so that a trial never marks a real customer as messaged.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{Variables, World};
use super::environment::{Environment, KNOWN};
use super::error::{self, Failure, Result};
use super::sandboxed::Sandboxed;
use super::ui::Ui;
use crate::clock::Clock;
use crate::config::Inputs;
use crate::engine::{self, Connection, Connections};
use crate::meta::{self, GraphReader, GraphWriter};
use crate::resource::account::{Account, Deletion};
use crate::resource::state::{self, State};
use crate::resource::{Declared, Project};
use crate::secret;
use crate::store::{self, Database, sqlite};

pub(super) use crate::resource::state::KEPT;

/// One account that can be reached.
pub(crate) struct Reached {
    pub(crate) waba_id: String,
    pub(crate) base_url: String,
    pub(crate) reader: GraphReader,
    options: meta::Options,
    deletes: bool,
}

/// A project and the world it is applied to.
pub(crate) struct Session {
    pub(crate) project: Arc<Project>,
    pub(crate) clock: Clock,
    pub(crate) store: Arc<dyn Database>,
    pub(crate) accounts: BTreeMap<String, Reached>,
    pub(crate) sandbox: Option<Sandboxed>,
}

/// Reads the project in a directory; everything that is wrong with it is one failure. Warnings are said.
pub(crate) fn project(
    ui: &Ui,
    environment: &Environment,
    directory: &Path,
    variables: &Variables,
) -> Result<Project> {
    let (project, mut diagnostics) =
        crate::resource::load(directory, &inputs(environment, variables)?);
    diagnostics.finish();
    if diagnostics.has_errors() {
        return Err(Failure::Configuration {
            sources: project.sources,
            diagnostics,
        });
    }
    for report in diagnostics.reports() {
        ui.say(&ui.report(&project.sources, report));
    }
    Ok(project)
}

/// Returns what comes from outside of the directory.
pub(crate) fn inputs(environment: &Environment, variables: &Variables) -> Result<Inputs> {
    let pairs = variables.variables.iter().map(|pair| {
        let (name, value) = pair.split_once('=').ok_or_else(|| {
            Failure::new("cli::variable", format!("`--var {pair}` has no value"))
                .help("write --var NAME=VALUE")
        })?;
        Ok((name.to_owned(), value.to_owned()))
    });
    Ok(Inputs {
        variables: pairs.collect::<Result<_>>()?,
        variable_files: variables.files.clone(),
        environment: environment.all().clone(),
        known_environment: KNOWN.iter().map(|name| (*name).to_owned()).collect(),
        chosen: environment.chosen().map(str::to_owned),
    })
}

impl Session {
    /// Opens everything; `mode` is how the state is opened.
    pub(crate) async fn open(
        ui: &Ui,
        environment: &Environment,
        directory: &Path,
        world: &World,
        mode: sqlite::Mode,
    ) -> Result<Self> {
        let project = project(ui, environment, directory, &world.variables)?;
        let sandbox = match world.sandbox {
            true => Some(Sandboxed::join(&project, &directory.join(KEPT)).await?),
            false => None,
        };
        let session = Self::assemble(ui, environment, project, sandbox, mode)?;
        session.check_state().await?;
        Ok(session)
    }

    /// Refuses a state that belongs to other accounts than those that are declared.
    pub(crate) async fn check_state(&self) -> Result<()> {
        let (project, connections) = (&self.project, self.connections());
        let checked = engine::check_state(project, &connections, &*self.store).await;
        checked.map_err(|error| error::planning(&project.sources, error))
    }

    /// Opens everything of a project that was read; with a sandbox, all of its world is the sandbox's.
    pub(crate) fn assemble(
        ui: &Ui,
        environment: &Environment,
        mut project: Project,
        sandbox: Option<Sandboxed>,
        mode: sqlite::Mode,
    ) -> Result<Self> {
        match &sandbox {
            Some(sandbox) => sandbox.redirect(&mut project),
            None => {
                let (directory, variables) = (project.directory.clone(), environment.all().clone());
                project.set_secrets(move |reference| {
                    secret::Resolver::new(&directory, &variables).resolve(reference)
                });
            }
        }
        let clock = sandbox
            .as_ref()
            .map_or_else(Clock::system, |sandbox| sandbox.clock.clone());
        let store = sqlite::open(&state_path(&project, sandbox.is_some()), mode)?;
        let mut accounts = BTreeMap::new();
        for account in project.all::<Account>() {
            let options = match &sandbox {
                Some(sandbox) => sandbox.options(account),
                None => options(&project, environment, account, &clock)?,
            };
            let options = meta::Options {
                observer: super::progress::patience(ui),
                ..options
            };
            let reached = Reached {
                waba_id: account.value.waba_id.get().clone(),
                base_url: options.base_url.clone(),
                reader: GraphReader::new(options.clone())?,
                options,
                deletes: account.value.deletion == Deletion::Delete,
            };
            accounts.insert(account.name.clone(), reached);
        }
        Ok(Self {
            project: Arc::new(project),
            clock,
            store,
            accounts,
            sandbox,
        })
    }

    /// What planning may know.
    pub(crate) fn connections(&self) -> Connections<'_> {
        let mut connections = Connections::default();
        for (name, reached) in &self.accounts {
            let connection = Connection {
                waba_id: reached.waba_id.clone(),
                // It runs at another address each time, and is the same account.
                base_url: match self.sandbox {
                    Some(_) => "sandbox".to_owned(),
                    None => reached.base_url.clone(),
                },
                graph: &reached.reader,
                deletes: reached.deletes,
            };
            connections.readers.insert(name.clone(), connection);
        }
        connections
    }

    /// What only an apply has.
    pub(crate) fn writers(&self) -> Result<BTreeMap<String, GraphWriter>> {
        let writer = |(name, reached): (&String, &Reached)| {
            Ok((name.clone(), GraphWriter::new(reached.options.clone())?))
        };
        self.accounts.iter().map(writer).collect()
    }

    /// Ends the session; a sandbox that ran inside of it is put away.
    pub(crate) async fn close(self) -> Result<()> {
        drop(self.store);
        match self.sandbox {
            Some(sandbox) => sandbox.leave().await,
            None => Ok(()),
        }
    }
}

/// Returns where state and ledger live.
pub(crate) fn state_path(project: &Project, sandboxed: bool) -> PathBuf {
    let environment = project.environment.as_deref();
    if sandboxed {
        return project.path(state::sandbox_file(environment));
    }
    let declared = project
        .all::<State>()
        .next()
        .and_then(|state| state.value.path.clone());
    project.path(declared.unwrap_or_else(|| state::default_file(environment)))
}

/// Returns how an account is reached; its secrets are read here.
pub(super) fn options(
    project: &Project,
    environment: &Environment,
    account: &Declared<Account>,
    clock: &Clock,
) -> Result<meta::Options> {
    let secrets = secret::Resolver::new(&project.directory, environment.all());
    let value = &account.value;
    let mut options = meta::Options::new(secrets.resolve(value.access_token.get())?, clock.clone());
    if let Some(secret) = &value.app_secret {
        options.app_secret = Some(secrets.resolve(secret.get())?);
    }
    if let Some(app_id) = &value.app_id {
        options.app_id = Some(app_id.get().clone());
    }
    if let Some(version) = &value.api_version {
        options.api_version.clone_from(version.get());
    }
    if let Some(base_url) = &value.base_url {
        options.base_url.clone_from(base_url.get());
    }
    Ok(options)
}

/// Tells whether a ledger may not send yet, for the guard.
pub(crate) async fn new_ledger(
    session: &Session,
    attended: bool,
) -> store::Result<crate::engine::NewLedger> {
    use crate::engine::NewLedger;
    if session.sandbox.is_some() || session.store.ledger().await?.confirmed_at.is_some() {
        return Ok(NewLedger::Known);
    }
    Ok(if attended {
        NewLedger::NewAttended
    } else {
        NewLedger::NewUnattended
    })
}
