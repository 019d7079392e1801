//! What was agreed upon beforehand: a saved plan, the id of one, or both. Whatever cannot be verified is refused.

use crate::cli::args::Planning;
use crate::cli::error::{Failure, Result};
use crate::cli::exit::Exit;
use crate::cli::saving;
use crate::cli::session::Session;
use crate::config::Address;
use crate::engine::plan::{Plan, Target};
use crate::engine::saved::{self, Saved, World};
use crate::engine::{self, Prepared};
use crate::store::UsedPlan;

use super::ApplyArgs;

/// What may be applied.
pub(super) struct Approval {
    saved: Option<Saved>,
    /// A plan's id, `--expect-plan`.
    expected: Option<String>,
    /// What the planning is asked for.
    pub(super) planning: Planning,
}

impl Approval {
    /// Reads it, before anything else is read.
    pub(super) fn read(args: &ApplyArgs) -> Result<Self> {
        if let Some(expected) = &args.expect_plan
            && !engine::is_id(expected)
        {
            return Err(Failure::new(
                "plan::unexpected_id",
                format!("`{expected}` is no plan's id"),
            )
            .help("give the whole id, 32 digits, as the plan shows it; nothing was changed")
            .exiting(Exit::Stale));
        }
        let saved = args.file.as_deref().map(saving::read).transpose()?;
        let planning = match &saved {
            Some(saved) => saving::asked_again(saved, &args.planning)?,
            None => args.planning.clone(),
        };
        let approval = Self {
            saved,
            expected: args.expect_plan.clone(),
            planning,
        };
        if let Some(saved) = &approval.saved {
            approval.expect(&saved.plan, "the plan file holds")?;
        }
        Ok(approval)
    }

    /// Tells whether a plan was saved and reviewed, so that nobody need be asked.
    pub(super) fn is_saved(&self) -> bool {
        self.saved.is_some()
    }

    /// Tells whether certain recipients were agreed upon.
    pub(super) fn is_given(&self) -> bool {
        self.saved.is_some() || self.expected.is_some()
    }

    fn expect(&self, plan: &Plan, which: &str) -> Result<()> {
        match &self.expected {
            Some(expected) if *expected != plan.id => Err(Failure::new(
                "plan::unexpected_id",
                format!("{which} plan {}, and {expected} was expected", plan.id),
            )
            .help("nothing was changed; review the plan as it is now, and expect its id")
            .exiting(Exit::Stale)),
            _ => Ok(()),
        }
    }

    /// Holds a saved plan against the place where it is to be applied, under the state lock.
    pub(super) async fn verify(&self, session: &Session) -> Result<()> {
        let Some(saved) = &self.saved else {
            return Ok(());
        };
        if let Some(before) = session.store.used_plan(saved.digest()).await? {
            return Err(used(before).into());
        }
        let targets: Vec<Target> = session.connections().targets();
        let ledger = session.store.ledger().await?;
        let is_untouched = ledger.confirmed_at.is_none()
            && session.store.applied().await?.is_empty()
            && session.store.campaigns().await?.is_empty();
        saved.verify(&World {
            project: &session.project,
            targets: &targets,
            ledger: &ledger,
            is_untouched,
            now: session.clock.now(),
        })?;
        Ok(())
    }

    /// Holds what would be done against what was agreed upon.
    pub(super) fn compare(&self, prepared: &Prepared) -> Result<()> {
        let Some(saved) = &self.saved else {
            return self.expect(&prepared.plan, "this is");
        };
        let moved = saved::moved(saved, prepared);
        if moved.is_empty() {
            return Ok(());
        }
        Err(saved::Error::Stale(moved).into())
    }

    /// Records that a saved plan is carried out, before anything is written.
    pub(super) async fn use_up(&self, session: &Session, lock: &str, actor: &str) -> Result<()> {
        let Some(saved) = &self.saved else {
            return Ok(());
        };
        let plan = UsedPlan {
            digest: saved.digest().to_owned(),
            plan_id: saved.plan.id.clone(),
            at: session.clock.now(),
            actor: actor.to_owned(),
        };
        match session.store.use_plan(lock, &plan).await? {
            Some(before) => Err(used(before).into()),
            None => Ok(()),
        }
    }
}

fn used(before: UsedPlan) -> saved::Error {
    saved::Error::Used {
        at: before.at,
        actor: before.actor,
    }
}

/// Says that the world has moved while somebody read the plan.
pub(super) fn stale(moved: &[Address]) -> Failure {
    let moved: Vec<String> = moved.iter().map(ToString::to_string).collect();
    Failure::new(
        "plan::stale",
        format!(
            "the account has moved since the plan was shown: {}",
            moved.join(", ")
        ),
    )
    .help("nothing was changed; run again to see the new plan")
    .exiting(Exit::Stale)
}
