//! Sends what falls due from one number, for as long as it runs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::numbers::Numbers;
use super::tally::Tally;
use super::wakes::{Listener, Wakes};
use crate::campaign::dispatch::{self, Identity};
use crate::campaign::halting::{Halting, Tell};
use crate::campaign::limits::Portfolio;
use crate::campaign::{self, Ready, Recontact, Sending, Sent, Uploads};
use crate::clock::Clock;
use crate::meta::GraphWriter;
use crate::resource::Project;
use crate::resource::campaign::Campaign;
use crate::store::{self, CampaignRecord, Database, Halt, Scope};

/// How soon what another process changed is seen.
const POLL: Duration = Duration::from_secs(2);
/// After a run that could not send what is due (a limit, an outage), it is left alone for this long.
const REST: SignedDuration = SignedDuration::from_mins(1);
/// How often somebody is looked for whose service window has closed.
const RECONTACTS: SignedDuration = SignedDuration::from_mins(1);

/// What all numbers of an account send with.
pub(super) struct Account {
    pub(super) name: String,
    pub(super) project: Arc<Project>,
    pub(super) store: Arc<dyn Database>,
    pub(super) clock: Clock,
    pub(super) identity: Identity,
    pub(super) writers: Arc<BTreeMap<String, GraphWriter>>,
    pub(super) uploads: Uploads,
    pub(super) tell: Tell,
    pub(super) numbers: Arc<Numbers>,
    pub(super) portfolio: Arc<Portfolio>,
    pub(super) observer: Arc<dyn dispatch::Observer>,
    pub(super) tally: Arc<dyn Tally>,
    pub(super) wakes: Wakes,
    pub(super) is_trial: bool,
}

/// Sends from one declared number.
pub(super) struct Sender {
    pub(super) account: Arc<Account>,
    /// The name of its `[phone.name]`.
    pub(super) phone: String,
    /// Campaigns, with their starts, that go on however late it is: they have sent before, or somebody let them go.
    started: BTreeSet<(String, Timestamp)>,
    /// What was said of campaigns that are not sent.
    said: BTreeMap<String, String>,
    recontacts_at: Option<Timestamp>,
    rests_until: Option<Timestamp>,
}

/// What is to be done now, and when there may be more.
#[derive(Default)]
struct Work {
    campaigns: Vec<Ready>,
    recontacts: Vec<Recontact>,
    limit: Option<u64>,
    next: Option<Timestamp>,
    /// Whether anybody is to be sent to; else only what a dead worker left is looked after.
    is_due: bool,
}

impl Sender {
    pub(super) fn new(account: Arc<Account>, phone: String) -> Self {
        Self {
            account,
            phone,
            started: BTreeSet::new(),
            said: BTreeMap::new(),
            recontacts_at: None,
            rests_until: None,
        }
    }

    /// Sends until `stop` is cancelled; what is in flight then is settled.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut rings = self.account.wakes.listen();
        while !stop.is_cancelled() {
            let next = match self.turn(&mut rings, &stop).await {
                Ok(next) => next,
                Err(error) => {
                    let account = &self.account.name;
                    tracing::error!(%error, account, phone = self.phone, "sending was interrupted");
                    self.rest();
                    None
                }
            };
            let clock = &self.account.clock;
            tokio::select! {
                () = clock.sleep_until(next.unwrap_or(Timestamp::MAX)), if next.is_some() => {}
                () = tokio::time::sleep(POLL) => {}
                () = rings.heard() => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Sends what is due; returns when something falls due next.
    pub(super) async fn turn(
        &mut self,
        rings: &mut Listener,
        stop: &CancellationToken,
    ) -> Result<Option<Timestamp>, campaign::Error> {
        let now = self.account.clock.now();
        if let Some(until) = self.rests_until
            && until > now
        {
            return Ok(Some(until));
        }
        self.rests_until = None;
        let work = self.work(now).await?;
        if work.campaigns.is_empty() && work.recontacts.is_empty() {
            return Ok(work.next);
        }
        let account = Arc::clone(&self.account);
        account
            .portfolio
            .refresh(&*account.store, &account.name, work.limit, now)
            .await?;
        let (is_due, next) = (work.is_due, work.next);
        let Some(sent) = self.send(work, rings, stop).await? else {
            return Ok(None);
        };
        account.tally.sent(&sent);
        if is_due && needs_rest(&sent) {
            self.rest();
        }
        // What fell due meanwhile is looked for at once.
        Ok(if is_due {
            Some(account.clock.now())
        } else {
            next
        })
    }

    /// Leaves the number alone for a while.
    fn rest(&mut self) {
        let now = self.account.clock.now();
        self.rests_until = now.checked_add(REST).ok();
    }

    /// Finds what is due, and can be sent.
    async fn work(&mut self, now: Timestamp) -> Result<Work, campaign::Error> {
        let account = Arc::clone(&self.account);
        // A new ledger knows nobody who was messaged: it sends when somebody has said that it may, by an apply.
        if !account.is_trial && account.store.ledger().await?.confirmed_at.is_none() {
            return Ok(Work::default());
        }
        let launched = account.store.campaigns().await?;
        let of_phone = |record: &&CampaignRecord| {
            let declared = account.project.get::<Campaign>(&record.name);
            record.account == account.name
                && declared.is_some_and(|declared| *declared.value.from.get() == self.phone)
        };
        let launched: Vec<CampaignRecord> = launched.iter().filter(of_phone).cloned().collect();
        if launched.is_empty() {
            return Ok(Work::default());
        }
        let numbers = account.numbers.of(&account.name).await?;
        let (ready, unready) =
            campaign::resume(&account.project, &account.name, &numbers, &launched)?;
        self.said
            .retain(|name, _| unready.iter().any(|unready| unready.campaign == *name));
        for campaign::Unready { campaign, reason } in unready {
            if self.said.get(&campaign) != Some(&reason) {
                tracing::warn!(campaign, reason, "the campaign is not sent");
                self.said.insert(campaign, reason);
            }
        }
        let halts = account.store.halts(Some(&account.name), now).await?;
        let mut work = Work {
            limit: ready.iter().filter_map(Ready::limit).min(),
            ..Work::default()
        };
        let recontacts_due = self.recontacts_at.is_none_or(|at| at <= now);
        for campaign in ready {
            let record = launched.iter().find(|record| record.name == campaign.name);
            if recontacts_due {
                self.find_recontact(&campaign, &halts, now, &mut work)
                    .await?;
            }
            if let Some(record) = record
                && !halts.iter().any(|halt| covers(halt, &campaign))
            {
                self.find(record, campaign, now, &mut work).await?;
            }
        }
        if recontacts_due {
            self.recontacts_at = now.checked_add(RECONTACTS).ok();
        }
        Ok(work)
    }

    /// The recontact template is another than the campaign's: what halts the one says nothing of the other.
    async fn find_recontact(
        &self,
        campaign: &Ready,
        halts: &[Halt],
        now: Timestamp,
        work: &mut Work,
    ) -> Result<(), campaign::Error> {
        let account = &self.account;
        let Some(recontact) = Recontact::of(&account.project, campaign)? else {
            return Ok(());
        };
        if halts.iter().any(|halt| covers(halt, recontact.campaign())) {
            return Ok(());
        }
        let waiting = account
            .store
            .recontact_count(&account.name, &campaign.name, now)
            .await?;
        if waiting > 0 {
            work.recontacts.push(recontact);
            work.is_due = true;
        }
        Ok(())
    }

    async fn find(
        &mut self,
        record: &CampaignRecord,
        campaign: Ready,
        now: Timestamp,
        work: &mut Work,
    ) -> Result<(), campaign::Error> {
        let account = Arc::clone(&self.account);
        let due = account
            .store
            .next_due(&account.name, &campaign.name, now)
            .await?;
        let is_due = due.is_some_and(|due| due <= now);
        if let Some(due) = due.filter(|_| !is_due) {
            work.next = Some(work.next.map_or(due, |next| next.min(due)));
        }
        // What a worker claimed that has died is settled by the next run, be it of nobody.
        let looks = self.recontacts_at.is_none_or(|at| at <= now);
        if (is_due || looks) && !self.is_late(record).await? {
            work.campaigns.push(campaign);
            work.is_due |= is_due;
        }
        Ok(())
    }

    /// Tells whether a campaign is held for its late start; holds it where it is to be.
    async fn is_late(&mut self, record: &CampaignRecord) -> store::Result<bool> {
        let start = (record.name.clone(), record.starts_at);
        if self.started.contains(&start) {
            return Ok(false);
        }
        let account = &self.account;
        let Some(declared) = account.project.get::<Campaign>(&record.name) else {
            return Ok(true);
        };
        let halting = Halting::new(
            Arc::clone(&account.store),
            account.clock.clone(),
            &account.identity,
            Arc::clone(&account.tell),
        );
        let allowed = declared.value.max_lateness();
        let held = halting.hold_late(record, allowed).await?;
        // One that is in time may still come late: whoever holds the number's lease may hold it for long.
        if !held && account.clock.now().duration_since(record.starts_at) > allowed {
            self.started.insert(start);
        }
        Ok(held)
    }

    /// Sends, and begins anew where something else falls due meanwhile that this run does not know of.
    async fn send(
        &self,
        work: Work,
        rings: &mut Listener,
        stop: &CancellationToken,
    ) -> Result<Option<Sent>, campaign::Error> {
        let account = &self.account;
        let sending = Sending {
            project: &account.project,
            store: Arc::clone(&account.store),
            clock: account.clock.clone(),
            identity: account.identity.clone(),
            writers: &account.writers,
            uploads: account.uploads.clone(),
            tell: Arc::clone(&account.tell),
        };
        let turn = stop.child_token();
        let number = work
            .campaigns
            .first()
            .or_else(|| work.recontacts.first().map(Recontact::campaign))
            .map(|campaign| campaign.number().to_owned())
            .unwrap_or_default();
        let run = campaign::send_due(
            &sending,
            &work.campaigns,
            &work.recontacts,
            Arc::clone(&account.portfolio),
            Arc::clone(&account.observer),
            &turn,
        );
        account.tally.lease(&account.name, &number, true);
        let sent = {
            tokio::pin!(run);
            loop {
                tokio::select! {
                    sent = &mut run => break sent,
                    () = self.others_due(&work.campaigns, rings) => turn.cancel(),
                }
            }
        };
        account.tally.lease(&account.name, &number, false);
        match sent {
            Err(campaign::Error::Dispatch(dispatch::Error::Store(
                store::Error::Locked(_) | store::Error::Fenced { .. },
            ))) => Ok(None),
            sent => sent,
        }
    }

    /// Waits until a campaign of this number is due that is not being sent.
    async fn others_due(&self, sending: &[Ready], rings: &mut Listener) {
        let account = &self.account;
        loop {
            tokio::select! {
                () = rings.heard() => {}
                () = tokio::time::sleep(POLL) => {}
            }
            let now = account.clock.now();
            let Ok(launched) = account.store.campaigns().await else {
                continue;
            };
            for record in launched
                .iter()
                .filter(|record| record.account == account.name)
            {
                let declared = account.project.get::<Campaign>(&record.name);
                let of_phone =
                    declared.is_some_and(|declared| *declared.value.from.get() == self.phone);
                let is_new = !sending.iter().any(|ready| ready.name == record.name);
                if of_phone && is_new && self.is_due(record, now).await {
                    return;
                }
            }
        }
    }

    /// Whether a campaign could be sent now: one that is halted, or said to be not ready, would only break into what is.
    async fn is_due(&self, record: &CampaignRecord, now: Timestamp) -> bool {
        let account = &self.account;
        if self.said.contains_key(&record.name) {
            return false;
        }
        let due = account
            .store
            .next_due(&account.name, &record.name, now)
            .await;
        if !matches!(due, Ok(Some(due)) if due <= now) {
            return false;
        }
        let Ok(halts) = account.store.halts(Some(&account.name), now).await else {
            return false;
        };
        let Ok(numbers) = account.numbers.of(&account.name).await else {
            return false;
        };
        let record = std::slice::from_ref(record);
        let ready = campaign::resume(&account.project, &account.name, &numbers, record);
        ready.is_ok_and(|(ready, _)| {
            ready
                .iter()
                .any(|ready| !halts.iter().any(|halt| covers(halt, ready)))
        })
    }
}

/// Tells whether the next run would come to the same as this one did.
fn needs_rest(sent: &Sent) -> bool {
    let asked = |halt: &dispatch::Halt| {
        matches!(
            halt.cause,
            dispatch::Cause::Stopped | dispatch::Cause::Halted | dispatch::Cause::LeaseLost
        )
    };
    let summary = &sent.summary;
    let limited = summary.campaigns.iter().any(|campaign| campaign.limited);
    let stopped = summary.stopped.as_ref();
    limited || stopped.is_some_and(|halt| !asked(halt)) || !sent.is_eventful()
}

fn covers(halt: &Halt, campaign: &Ready) -> bool {
    match halt.scope {
        Scope::Account => true,
        Scope::Number => halt.subject == campaign.number(),
        Scope::Template => halt
            .subject
            .split_once('/')
            .is_some_and(|(name, _)| name == campaign.template()),
        Scope::Campaign => halt.subject == campaign.name,
    }
}
