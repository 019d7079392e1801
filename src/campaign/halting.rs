//! What stops sending beyond one run: refusals of Meta's that the next request would meet too, and starts that come too late.
//!
//! Whoever sends puts such halts into the ledger, so that every other sender stops as well; claims obey them. A refusal
//! holds until a person acts: the next apply lifts those of what it sends, `waform resume` lifts them by name.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::dispatch::{Cause, Identity, Refusal};
use super::ready::Ready;
use crate::clock::Clock;
use crate::store::{
    self, CampaignRecord, Database, Halt, HaltCause, Happening, HappeningFilter, NewErrand, Scope,
};

/// Too many messages of a number were blocked or reported: it rests for hours (error codes page, September 2026, names no
/// time; businesses report recovery within the day).
const SPAM_LIMIT: i64 = 131_048;
const SPAM_REST: SignedDuration = SignedDuration::from_hours(6);
/// What answered was not the Graph API: looked at again after a while, since nobody has to act for it to pass.
const DETOUR_REST: SignedDuration = SignedDuration::from_mins(10);

/// Says whom to tell of what happened in an account.
pub type Tell = Arc<dyn Fn(&str, &Happening) -> Vec<NewErrand> + Send + Sync>;

/// Puts halts into the ledger, and lifts them, for one sender.
#[derive(Clone)]
pub struct Halting {
    store: Arc<dyn Database>,
    clock: Clock,
    /// `ana@desk by apply`.
    actor: String,
    tell: Tell,
}

impl Halting {
    #[must_use]
    pub fn new(store: Arc<dyn Database>, clock: Clock, who: &Identity, tell: Tell) -> Self {
        Self {
            store,
            clock,
            actor: actor(who),
            tell,
        }
    }

    /// Halts, and tells whoever is notified where that is news.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn put(&self, halt: &Halt) -> store::Result<bool> {
        if !self.store.halt(halt).await? {
            return Ok(false);
        }
        let errands = (self.tell)(&halt.account, &news(halt));
        if !errands.is_empty() {
            self.store
                .errand(&halt.account, errands, halt.since)
                .await?;
        }
        Ok(true)
    }

    /// Halts what Meta refused; nothing where the refusal is of this run alone.
    pub(super) async fn refused(&self, account: &str, refusal: &Refusal) -> store::Result<()> {
        if let Some(halt) = refused(account, refusal, self.clock.now(), &self.actor) {
            self.put(&halt).await?;
        }
        Ok(())
    }

    /// Lifts the refusals of all that these campaigns send with: a person acts, and may have mended what was refused.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn lift_refused(&self, campaigns: &[Ready]) -> store::Result<Vec<Halt>> {
        let now = self.clock.now();
        let mut lifted = Vec::new();
        for halt in self.store.halts(None, now).await? {
            if halt.cause != HaltCause::Refused || !campaigns.iter().any(|of| covers(&halt, of)) {
                continue;
            }
            let (scope, subject) = (halt.scope, &halt.subject);
            let causes = [HaltCause::Refused];
            let gone = self
                .store
                .lift(&halt.account, scope, subject, &causes, &self.actor, now)
                .await?;
            lifted.extend(gone);
        }
        Ok(lifted)
    }

    /// Halts a campaign whose declared start has passed by more than it allows, where it has never sent and nobody has let
    /// it go on since. Returns whether it is held by this.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn hold_late(
        &self,
        campaign: &CampaignRecord,
        allowed: SignedDuration,
    ) -> store::Result<bool> {
        let now = self.clock.now();
        let lateness = now.duration_since(campaign.starts_at);
        let scheduled = !campaign.declaration["start"].is_null();
        if !scheduled || lateness <= allowed || self.was_let_go(campaign).await? {
            return Ok(false);
        }
        if self.has_sent(campaign, now).await? {
            return Ok(false);
        }
        let halt = Halt {
            account: campaign.account.clone(),
            scope: Scope::Campaign,
            subject: campaign.name.clone(),
            cause: HaltCause::Late,
            code: None,
            reason: format!(
                "it was to start at {} and {} are allowed; see whether its message is still true, then run `waform \
                 resume {}`",
                campaign.starts_at,
                words(allowed),
                campaign.name
            ),
            since: now,
            until: None,
            actor: self.actor.clone(),
        };
        self.put(&halt).await?;
        Ok(true)
    }

    /// Tells whether somebody lifted a halt for lateness since the start.
    async fn was_let_go(&self, campaign: &CampaignRecord) -> store::Result<bool> {
        let filter = HappeningFilter {
            account: Some(campaign.account.clone()),
            subject: Some(format!("campaign.{}", campaign.name)),
            area: Some("campaign".to_owned()),
            since: Some(campaign.starts_at),
            limit: 1000,
        };
        let lifted = |happening: &Happening| {
            happening.what == "campaign.lifted"
                && happening.detail["cause"] == HaltCause::Late.as_str()
        };
        Ok(self.store.happenings(&filter).await?.iter().any(lifted))
    }

    async fn has_sent(&self, campaign: &CampaignRecord, now: Timestamp) -> store::Result<bool> {
        let standing = self
            .store
            .standing(&campaign.account, &campaign.name, now)
            .await?;
        let store::Delivery {
            accepted,
            sent,
            delivered,
            read,
            failed,
        } = standing.delivery;
        let told = accepted + sent + delivered + read + failed;
        Ok(told + standing.uncertain + standing.hopper.pending > 0)
    }
}

/// Names who acts, as halts and happenings show it.
#[must_use]
pub fn actor(who: &Identity) -> String {
    let command = who.command.strip_prefix("waform ").unwrap_or(&who.command);
    format!("{} by {command}", who.holder)
}

/// Tells whether a halt stops a campaign.
pub(super) fn covers(halt: &Halt, campaign: &Ready) -> bool {
    halt.account == campaign.account
        && match halt.scope {
            Scope::Account => true,
            Scope::Number => halt.subject == campaign.number(),
            Scope::Template => halt
                .subject
                .split_once('/')
                .is_some_and(|(name, _)| name == campaign.template()),
            Scope::Campaign => halt.subject == campaign.name,
        }
}

fn refused(account: &str, refusal: &Refusal, now: Timestamp, actor: &str) -> Option<Halt> {
    let halt = &refusal.halt;
    let (scope, subject) = match halt.cause {
        Cause::Template => (
            Scope::Template,
            format!("{}/{}", refusal.template, refusal.language),
        ),
        Cause::Number => (Scope::Number, refusal.number.clone()),
        Cause::Account => (Scope::Account, account.to_owned()),
        Cause::Requests | Cause::Media | Cause::Failures => {
            (Scope::Campaign, refusal.campaign.clone())
        }
        _ => return None,
    };
    let cause = match halt.cause {
        // Nothing that an apply mends by itself.
        Cause::Failures => HaltCause::Failures,
        _ => HaltCause::Refused,
    };
    Some(Halt {
        account: account.to_owned(),
        scope,
        subject,
        cause,
        code: halt.code,
        reason: halt.reason.clone(),
        since: now,
        until: rests_until(halt.code, now),
        actor: actor.to_owned(),
    })
}

/// Returns when a refusal ends by itself; none where somebody must act.
#[must_use]
pub fn rests_until(code: Option<i64>, since: Timestamp) -> Option<Timestamp> {
    let rest = match code? {
        SPAM_LIMIT => SPAM_REST,
        // Negative: something in front of the Graph API answered.
        code if code < 0 => DETOUR_REST,
        _ => return None,
    };
    Some(since.saturating_add(rest).unwrap_or(Timestamp::MAX))
}

/// Words a halt for whoever is notified, as the ledger records it.
fn news(halt: &Halt) -> Happening {
    let (area, subject) = match halt.scope {
        Scope::Account => ("account", format!("account.{}", halt.account)),
        Scope::Number => ("number", format!("number {}", halt.subject)),
        Scope::Template => ("template", format!("template {}", halt.subject)),
        Scope::Campaign => ("campaign", format!("campaign.{}", halt.subject)),
    };
    Happening {
        at: halt.since,
        actor: halt.actor.clone(),
        account: halt.account.clone(),
        subject,
        what: format!("{area}.halted"),
        text: format!("Sending is halted: {}", halt.reason),
        detail: json!({ "cause": halt.cause, "code": halt.code, "until": halt.until }),
    }
}

fn words(duration: SignedDuration) -> String {
    format!("{duration:#}")
}

#[cfg(test)]
mod tests {
    use super::super::dispatch;
    use super::*;

    fn refusal(cause: Cause, code: i64) -> Refusal {
        Refusal {
            number: "555".to_owned(),
            campaign: "spring".to_owned(),
            template: "hello".to_owned(),
            language: "es".to_owned(),
            halt: dispatch::Halt {
                cause,
                code: Some(code),
                reason: "Meta said no".to_owned(),
            },
        }
    }

    fn halted(cause: Cause, code: i64) -> Option<(Scope, String, Option<i64>)> {
        let halt = refused(
            "main",
            &refusal(cause, code),
            Timestamp::UNIX_EPOCH,
            "ana@desk by serve",
        )?;
        let expected = match cause {
            Cause::Failures => HaltCause::Failures,
            _ => HaltCause::Refused,
        };
        assert_eq!(halt.cause, expected);
        let hours = halt.until.map(|until| until.as_second() / 60);
        Some((halt.scope, halt.subject, hours))
    }

    #[test]
    fn refusals_halt_what_they_are_about() {
        let some = |scope, subject: &str, minutes| Some((scope, subject.to_owned(), minutes));
        assert_eq!(
            halted(Cause::Template, 132_015),
            some(Scope::Template, "hello/es", None)
        );
        assert_eq!(
            halted(Cause::Number, 133_010),
            some(Scope::Number, "555", None)
        );
        assert_eq!(
            halted(Cause::Number, 131_048),
            some(Scope::Number, "555", Some(360))
        );
        assert_eq!(
            halted(Cause::Account, 190),
            some(Scope::Account, "main", None)
        );
        assert_eq!(
            halted(Cause::Account, -1),
            some(Scope::Account, "main", Some(10))
        );
        assert_eq!(
            halted(Cause::Requests, 100),
            some(Scope::Campaign, "spring", None)
        );
        assert_eq!(
            halted(Cause::Failures, 131_026),
            some(Scope::Campaign, "spring", None)
        );
        assert_eq!(halted(Cause::Throttled, 130_429), None);
    }
}
