//! The journal of the run that this process is: its beginning, what it does, its end.

use std::sync::Arc;

use serde_json::json;

use super::Context;
use super::apply::holder;
use super::error::{Failure, Result};
use super::exit::Exit;
use crate::campaign;
use crate::clock::Clock;
use crate::engine::plan::Plan;
use crate::store::{Database, Note, RunStart, Stage};

/// Writes the journal of one run.
pub(super) struct Recorder {
    store: Arc<dyn Database>,
    clock: Clock,
    run: String,
}

impl Recorder {
    /// Records that a command begins to change something.
    pub(super) async fn begin(
        context: &Context,
        store: &Arc<dyn Database>,
        clock: &Clock,
        command: &str,
    ) -> Result<Self> {
        let holder = holder(context, command);
        let start = RunStart {
            command: holder.command,
            who: holder.name,
            host: holder.host,
            process: holder.process,
            run_address: holder.run_address,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let run = store.begin_run(&start, clock.now()).await?;
        Ok(Self {
            store: Arc::clone(store),
            clock: clock.clone(),
            run,
        })
    }

    /// The run's id.
    pub(super) fn id(&self) -> &str {
        &self.run
    }

    /// Returns a note of something that was done, to be filled in.
    pub(super) fn done(&self, action: &str) -> Note {
        Note {
            run: self.run.clone(),
            at: self.clock.now(),
            action: action.to_owned(),
            ..Note::default()
        }
    }

    pub(super) async fn note(&self, note: &Note) -> Result<()> {
        self.store.note(note).await?;
        Ok(())
    }

    /// Records which plan is carried out, who said so, and which guards were overridden for it.
    pub(super) async fn carries_out(&self, plan: &Plan, said: &str) -> Result<()> {
        let environment = plan.environment.as_deref();
        self.store
            .plan_of_run(&self.run, &plan.id, environment)
            .await?;
        self.note(&Note {
            text: Some(said.to_owned()),
            ..self.done("confirm")
        })
        .await?;
        let overridden = plan.guards.iter();
        for guard in overridden.filter(|guard| guard.exceeded && guard.allowed) {
            self.note(&Note {
                text: Some(format!("--allow {}: {}", guard.name, guard.text)),
                detail: json!({ "guard": guard.name, "limit": guard.limit, "value": guard.value }),
                ..self.done("override")
            })
            .await?;
        }
        Ok(())
    }

    /// Records a campaign whose contacts are in the hopper by now, where anybody is to be messaged.
    pub(super) async fn launched(&self, send: &campaign::Send) -> Result<()> {
        let contacts = send.now + send.when_ready + send.later;
        if contacts == 0 {
            return Ok(());
        }
        self.note(&Note {
            address: Some(send.address.to_string()),
            after: Some(send.contacts.digest.clone()),
            detail: json!({ "contacts": contacts }),
            ..self.done("launch")
        })
        .await
    }

    /// Records how many contacts were sent to. Who they were stands in the ledger.
    pub(super) async fn sent(&self, sent: &[campaign::Sent]) -> Result<()> {
        for campaign in sent.iter().flat_map(|sent| &sent.summary.campaigns) {
            let failed: u64 = campaign.failed.values().sum();
            let retried: u64 = campaign.retried.values().sum();
            if campaign.accepted + failed + retried + campaign.uncertain == 0 {
                continue;
            }
            self.note(&Note {
                address: Some(format!("campaign.{}", campaign.campaign)),
                detail: json!({
                    "accepted": campaign.accepted, "failed": failed, "retried": retried,
                    "uncertain": campaign.uncertain,
                }),
                text: campaign.halted.as_ref().map(ToString::to_string),
                ..self.done("send")
            })
            .await?;
        }
        Ok(())
    }

    /// Records how the run ended. What it did is recorded already, so that nothing depends on this.
    pub(super) async fn end(&self, result: &Result<Exit>) {
        let exit = match result {
            Ok(exit) => *exit,
            Err(failure) => failure.exit(),
        };
        if let Err(Failure::Plain { code, message, .. }) = result {
            let note = Note {
                stage: Stage::Failed,
                code: Some((*code).to_owned()),
                text: Some(message.clone()),
                ..self.done("run")
            };
            if let Err(error) = self.store.note(&note).await {
                tracing::warn!(%error, "the journal does not know why the run failed");
            }
        }
        let ended = self
            .store
            .end_run(&self.run, exit.reason(), self.clock.now());
        if let Err(error) = ended.await {
            tracing::warn!(%error, "the journal does not know how the run ended");
        }
    }
}
