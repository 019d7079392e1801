//! What time brings to an account: answers that did not come, campaigns that ended, doubts that have lasted long enough,
//! templates that can be sent again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::numbers::{Live, Numbers};
use super::wakes::Wakes;
use crate::clock::Clock;
use crate::resource::Project;
use crate::resource::campaign::{Campaign, OnUncertain};
use crate::store::{self, CampaignRecord, Database, Halt, HaltCause, Scope};

/// How soon what another process changed is seen.
const POLL: Duration = Duration::from_secs(2);
/// How soon a template that cannot be sent is looked at, again and again.
const RECHECK: SignedDuration = SignedDuration::from_mins(1);
/// Refusals that say that a template is not approved (error codes page, September 2026); others are about how it is
/// filled, which an approval does not mend.
const NOT_APPROVED: [i64; 4] = [132_001, 132_015, 132_016, 141_002];

/// Watches the time of one account.
pub(super) struct Timers {
    pub(super) account: String,
    pub(super) project: Arc<Project>,
    pub(super) store: Arc<dyn Database>,
    pub(super) clock: Clock,
    pub(super) numbers: Arc<Numbers>,
    pub(super) wakes: Wakes,
    /// For happenings: `ana@desk by serve`.
    pub(super) actor: String,
}

impl Timers {
    pub(super) async fn run(self, stop: CancellationToken) {
        let mut rings = self.wakes.listen();
        let mut checked = BTreeMap::new();
        while !stop.is_cancelled() {
            let next = match self.turn(&mut checked).await {
                Ok(next) => next,
                Err(error) => {
                    tracing::error!(%error, account = self.account, "what time brings could not be recorded");
                    None
                }
            };
            tokio::select! {
                () = self.clock.sleep_until(next.unwrap_or(Timestamp::MAX)), if next.is_some() => {}
                () = tokio::time::sleep(POLL) => {}
                () = rings.heard() => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Does what is due; returns when time brings something next.
    pub(super) async fn turn(
        &self,
        checked: &mut BTreeMap<String, Timestamp>,
    ) -> store::Result<Option<Timestamp>> {
        let now = self.clock.now();
        let next = self.store.next_timeout(&self.account).await?;
        let campaigns = self.campaigns().await?;
        if next.is_some_and(|next| next <= now) {
            self.expire(&campaigns, now).await?;
        }
        self.resend(&campaigns, now).await?;
        self.recheck(checked, now).await?;
        // What is past and stays (it cannot be closed yet) is looked at with the next poll.
        let next = self.store.next_timeout(&self.account).await?;
        Ok(next.filter(|next| *next > now))
    }

    async fn campaigns(&self) -> store::Result<Vec<CampaignRecord>> {
        let mut campaigns = self.store.campaigns().await?;
        campaigns.retain(|campaign| campaign.account == self.account);
        Ok(campaigns)
    }

    /// Also of campaigns that left the configuration: what they sent may still be answered.
    async fn expire(&self, campaigns: &[CampaignRecord], now: Timestamp) -> store::Result<()> {
        let mut closed = 0;
        for campaign in campaigns {
            closed += self
                .store
                .expire(&self.account, &campaign.name, now)
                .await?;
        }
        if closed > 0 {
            // Who waited for the end of another campaign's interaction is due.
            self.wakes.wake();
        }
        Ok(())
    }

    async fn resend(&self, campaigns: &[CampaignRecord], now: Timestamp) -> store::Result<()> {
        for campaign in campaigns {
            let Some(declared) = self.project.get::<Campaign>(&campaign.name) else {
                continue;
            };
            if declared.value.on_uncertain() != OnUncertain::Resend {
                continue;
            }
            let wait = declared.value.uncertain_wait();
            let before = now.saturating_sub(wait).unwrap_or(Timestamp::MIN);
            let due = self
                .store
                .resend_uncertain(&self.account, &campaign.name, before, now)
                .await?;
            if due > 0 {
                self.wakes.wake();
            }
        }
        Ok(())
    }

    /// Lifts what halts templates that are approved at Meta: a webhook that said so may have been lost.
    async fn recheck(
        &self,
        checked: &mut BTreeMap<String, Timestamp>,
        now: Timestamp,
    ) -> store::Result<()> {
        let Some(live) = self.numbers.live(&self.account) else {
            return Ok(());
        };
        let mut halts = self.store.halts(Some(&self.account), now).await?;
        halts.retain(passes_with_approval);
        checked.retain(|subject, _| halts.iter().any(|halt| halt.subject == *subject));
        let is_due = |halt: &Halt| {
            let last = checked.get(&halt.subject).copied().unwrap_or(halt.since);
            now.duration_since(last) >= RECHECK
        };
        if !halts.iter().any(is_due) {
            return Ok(());
        }
        let approved = approved(live).await;
        for halt in halts {
            checked.insert(halt.subject.clone(), now);
            if approved.contains(&halt.subject) {
                self.lift(&halt, now).await?;
            }
        }
        Ok(())
    }

    async fn lift(&self, halt: &Halt, now: Timestamp) -> store::Result<()> {
        let (scope, causes) = (halt.scope, [halt.cause]);
        let lifted = self
            .store
            .lift(
                &self.account,
                scope,
                &halt.subject,
                &causes,
                &self.actor,
                now,
            )
            .await?;
        if !lifted.is_empty() {
            self.wakes.wake();
        }
        Ok(())
    }
}

fn passes_with_approval(halt: &Halt) -> bool {
    halt.scope == Scope::Template
        && match halt.cause {
            HaltCause::Meta => true,
            HaltCause::Refused => halt.code.is_some_and(|code| NOT_APPROVED.contains(&code)),
            HaltCause::Stopped | HaltCause::Restored | HaltCause::Late | HaltCause::Failures => {
                false
            }
        }
}

/// Returns the approved templates as halts name them; none where Meta cannot be asked.
async fn approved(live: &Live) -> Vec<String> {
    match live.reader.templates(&live.waba_id).await {
        Ok(templates) => templates
            .into_iter()
            .filter(|template| template.status.eq_ignore_ascii_case("APPROVED"))
            .map(|template| format!("{}/{}", template.name, template.language))
            .collect(),
        Err(error) => {
            tracing::warn!(%error, "the templates that are halted could not be read");
            Vec::new()
        }
    }
}
