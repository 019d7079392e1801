//! A ledger in memory that keeps the store's contract, and notes when dispatch does not keep its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};

use futures::future::{self, BoxFuture};
use futures::{FutureExt, StreamExt};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::sync::Notify;

use crate::store::{
    Applied, Audience, CampaignRecord, Candidate, Claim, ClaimRequest, Claimed, ContactState,
    Error, Halt, HistoryFilter, HistoryRows, Lease, LedgerInfo, LockInfo, LockRequest, Note,
    Result, RightUsed, Settled, Settlement, Standing, Store, Verdict,
};

type Answer<'a, T> = BoxFuture<'a, Result<T>>;
type Key = (String, String);

pub(super) struct Ledger {
    inner: Mutex<Inner>,
    claimed: Notify,
}

struct Inner {
    contacts: BTreeMap<Key, Contact>,
    attempts: BTreeMap<String, Key>,
    settled: BTreeSet<String>,
    claimed_ever: BTreeSet<String>,
    broken: Vec<String>,
    most_in_flight: usize,
    fence: i64,
    leased_to: Option<(String, Timestamp)>,
    seen: Timestamp,
    paused: BTreeSet<String>,
    halts: BTreeMap<String, Halt>,
    failing_claims: u32,
    failing_settles: u32,
    claims: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Contact {
    pub state: ContactState,
    pub due_at: Timestamp,
    pub zones: Vec<String>,
    pub variables: serde_json::Value,
    pub suppressed: bool,
    pub held: bool,
    pub last_sent: Option<Timestamp>,
    pub attempts: u32,
    pub counted: u32,
    pub skip: Option<String>,
    pub message_id: Option<String>,
    fence: i64,
}

impl Ledger {
    pub(super) fn new(seen: Timestamp) -> Self {
        let inner = Mutex::new(Inner {
            contacts: BTreeMap::new(),
            attempts: BTreeMap::new(),
            settled: BTreeSet::new(),
            claimed_ever: BTreeSet::new(),
            broken: Vec::new(),
            most_in_flight: 0,
            fence: 0,
            leased_to: None,
            seen,
            paused: BTreeSet::new(),
            halts: BTreeMap::new(),
            failing_claims: 0,
            failing_settles: 0,
            claims: 0,
        });
        Self {
            inner,
            claimed: Notify::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    pub(super) fn add(&self, campaign: &str, phone: &str, due_at: Timestamp) {
        let contact = Contact {
            state: ContactState::Fresh,
            due_at,
            zones: Vec::new(),
            variables: json!([]),
            suppressed: false,
            held: false,
            last_sent: None,
            attempts: 0,
            counted: 0,
            skip: None,
            message_id: None,
            fence: 0,
        };
        let key = (campaign.to_owned(), phone.to_owned());
        self.lock().contacts.insert(key, contact);
    }

    pub(super) fn change(&self, campaign: &str, phone: &str, change: impl FnOnce(&mut Contact)) {
        let key = (campaign.to_owned(), phone.to_owned());
        change(self.lock().contacts.get_mut(&key).unwrap());
    }

    pub(super) fn contact(&self, campaign: &str, phone: &str) -> Contact {
        let key = (campaign.to_owned(), phone.to_owned());
        self.lock().contacts[&key].clone()
    }

    pub(super) fn pause(&self, campaign: &str) {
        self.lock().paused.insert(campaign.to_owned());
    }

    /// Halts a campaign's claims.
    pub(super) fn halt(&self, campaign: &str, halt: Halt) {
        self.lock().halts.insert(campaign.to_owned(), halt);
    }

    pub(super) fn fail_claims(&self, times: u32) {
        self.lock().failing_claims = times;
    }

    pub(super) fn fail_settles(&self, times: u32) {
        self.lock().failing_settles = times;
    }

    /// Another worker takes the number.
    pub(super) fn take_over(&self, until: Timestamp) {
        let mut inner = self.lock();
        inner.fence += 1;
        inner.leased_to = Some(("bo@shed".to_owned(), until));
    }

    pub(super) fn see(&self, at: Timestamp) {
        self.lock().seen = at;
    }

    pub(super) fn is_leased(&self) -> bool {
        self.lock().leased_to.is_some()
    }

    pub(super) fn count(&self, state: ContactState) -> usize {
        let inner = self.lock();
        let of_state = inner.contacts.values().filter(|each| each.state == state);
        of_state.count()
    }

    pub(super) fn in_flight(&self) -> usize {
        self.count(ContactState::InFlight)
    }

    /// Waits until so many claims are open.
    pub(super) async fn wait_for_claims(&self, count: usize) {
        while self.in_flight() < count {
            self.claimed.notified().await;
        }
    }

    pub(super) fn most_in_flight(&self) -> usize {
        self.lock().most_in_flight
    }

    pub(super) fn claims(&self) -> usize {
        self.lock().claims
    }

    pub(super) fn assert_contract_kept(&self) {
        assert_eq!(self.lock().broken, Vec::<String>::new());
    }
}

impl Inner {
    fn claim(&mut self, mut request: ClaimRequest) -> Result<Claimed> {
        self.claims += 1;
        if self.failing_claims > 0 {
            self.failing_claims -= 1;
            return Err(Error::Invalid("the disk is on fire".to_owned()));
        }
        if request.lease.fence != self.fence {
            let holder = self
                .leased_to
                .clone()
                .map_or_else(String::new, |(who, _)| who);
            return Err(Error::Fenced { holder });
        }
        let mut claimed = Claimed::default();
        if let Some(halt) = self.halts.get(&request.campaign) {
            claimed.halted = Some(halt.clone());
            return Ok(claimed);
        }
        if self.paused.contains(&request.campaign) {
            return Ok(claimed);
        }
        let mut due: Vec<(Timestamp, Key)> = self
            .contacts
            .iter()
            .filter(|((campaign, _), each)| *campaign == request.campaign && waits(each))
            .map(|(key, each)| (each.due_at, key.clone()))
            .collect();
        due.sort();
        for (due_at, key) in due {
            if due_at > request.now || claimed.claims.len() == request.max {
                break;
            }
            let contact = self.contacts.get_mut(&key).unwrap();
            let candidate = Candidate {
                phone: key.1.clone(),
                zones: contact.zones.clone(),
                attempt: contact.attempts + 1,
                last_same_template: contact.last_sent,
                last_any_template: contact.last_sent,
                suppressed: contact.suppressed,
                held: contact.held,
            };
            match (request.decide)(&candidate) {
                Verdict::Claim => {
                    contact.attempts += 1;
                    contact.counted += 1;
                    contact.state = ContactState::InFlight;
                    contact.fence = request.lease.fence;
                    let attempt_id = format!("{}/{}/{}", key.0, key.1, contact.attempts);
                    claimed.claims.push(Claim {
                        attempt_id: attempt_id.clone(),
                        tag: attempt_id.clone(),
                        phone: key.1.clone(),
                        language: "en".to_owned(),
                        variables: contact.variables.clone(),
                        attempt: contact.attempts,
                        counted: contact.counted,
                    });
                    self.claimed_ever.insert(key.1.clone());
                    self.attempts.insert(attempt_id, key);
                }
                Verdict::Postpone(until) => {
                    contact.due_at = until;
                    claimed.postponed += 1;
                }
                Verdict::Skip(reason) => {
                    contact.state = ContactState::Closed;
                    contact.skip = Some(reason);
                    claimed.skipped += 1;
                }
                Verdict::Pass => {}
            }
        }
        if claimed.claims.len() < request.max {
            let waiting = self
                .contacts
                .iter()
                .filter(|((campaign, _), each)| *campaign == request.campaign && waits(each));
            claimed.next_due = waiting.map(|(_, each)| each.due_at).min();
        }
        let in_flight = |each: &&Contact| each.state == ContactState::InFlight;
        let now = self.contacts.values().filter(in_flight).count();
        self.most_in_flight = self.most_in_flight.max(now);
        Ok(claimed)
    }

    fn settle(&mut self, settlements: Vec<Settlement>) -> Result<()> {
        if self.failing_settles > 0 {
            self.failing_settles -= 1;
            return Err(Error::Invalid("the disk is full of water".to_owned()));
        }
        for Settlement {
            attempt_id,
            at,
            result,
        } in settlements
        {
            let Some(key) = self.attempts.get(&attempt_id) else {
                self.broken.push(format!("{attempt_id} was never claimed"));
                continue;
            };
            if !self.settled.insert(attempt_id.clone()) {
                self.broken.push(format!("{attempt_id} was settled twice"));
            }
            let contact = self.contacts.get_mut(key).unwrap();
            match result {
                Settled::Accepted { message_id, .. } => {
                    contact.state = ContactState::AwaitingResponse;
                    contact.message_id = Some(message_id);
                    contact.last_sent = Some(at);
                }
                Settled::Failed {
                    retry_at, suppress, ..
                } => {
                    contact.suppressed |= suppress;
                    contact.state = retry_at.map_or(ContactState::Closed, |at| {
                        contact.due_at = at;
                        ContactState::RetryDue
                    });
                }
                Settled::Released { due_at, .. } => {
                    contact.counted -= 1;
                    contact.state = ContactState::RetryDue;
                    contact.due_at = due_at;
                }
                Settled::Uncertain { .. } => contact.state = ContactState::Uncertain,
            }
        }
        Ok(())
    }

    fn lease(&mut self, number: &str, request: &LockRequest) -> Result<Lease> {
        match &self.leased_to {
            Some((who, until)) if *who != request.holder && *until > request.now => {
                return Err(Error::Locked(Box::new(LockInfo {
                    id: "1".to_owned(),
                    holder: who.clone(),
                    host: "shed".to_owned(),
                    process: 8,
                    command: "serve".to_owned(),
                    run_address: None,
                    since: request.now,
                    until: *until,
                })));
            }
            // Prolonged while it runs.
            Some((who, until)) if *who == request.holder && *until > request.now => {}
            _ => self.fence += 1,
        }
        self.leased_to = Some((request.holder.clone(), request.until));
        Ok(Lease {
            number: number.to_owned(),
            fence: self.fence,
            until: request.until,
        })
    }

    fn recover(&mut self, lease: &Lease) -> u64 {
        let mut recovered = 0;
        for contact in self.contacts.values_mut() {
            if contact.state == ContactState::InFlight && contact.fence != lease.fence {
                contact.state = ContactState::Uncertain;
                recovered += 1;
            }
        }
        recovered
    }
}

fn waits(contact: &Contact) -> bool {
    matches!(contact.state, ContactState::Fresh | ContactState::RetryDue)
}

fn ready<'a, T: Send + 'a>(value: Result<T>) -> Answer<'a, T> {
    // Not at once: the loop must not depend on a store that never makes it wait.
    async move {
        tokio::task::yield_now().await;
        value
    }
    .boxed()
}

fn not_here<'a, T: Send + 'a>() -> Answer<'a, T> {
    future::ready(Err(Error::Invalid("not part of dispatch".to_owned()))).boxed()
}

impl Store for Ledger {
    fn see_time(&self, now: Timestamp) -> Answer<'_, Timestamp> {
        let mut inner = self.lock();
        let before = inner.seen;
        inner.seen = before.max(now);
        ready(Ok(before))
    }
    fn lease<'a>(&'a self, number: &'a str, holder: &'a LockRequest) -> Answer<'a, Lease> {
        ready(self.lock().lease(number, holder))
    }
    fn release_lease<'a>(&'a self, lease: &'a Lease) -> Answer<'a, ()> {
        let mut inner = self.lock();
        if inner.fence == lease.fence {
            inner.leased_to = None;
        }
        ready(Ok(()))
    }
    fn standing<'a>(
        &'a self,
        _: &'a str,
        campaign: &'a str,
        now: Timestamp,
    ) -> Answer<'a, Standing> {
        let inner = self.lock();
        let due = inner
            .contacts
            .iter()
            .filter(|((of, _), each)| of == campaign && waits(each) && each.due_at <= now);
        ready(Ok(Standing {
            due: u64::try_from(due.count()).unwrap(),
            ..Standing::default()
        }))
    }
    fn next_due<'a>(
        &'a self,
        _: &'a str,
        campaign: &'a str,
        _: Timestamp,
    ) -> Answer<'a, Option<Timestamp>> {
        let inner = self.lock();
        let of = inner.contacts.iter().filter(|((of, _), _)| of == campaign);
        let due = of
            .filter(|(_, each)| matches!(each.state, ContactState::Fresh | ContactState::RetryDue))
            .map(|(_, each)| each.due_at);
        ready(Ok(due.min()))
    }
    fn recipients_since<'a>(&'a self, _: &'a str, _: Timestamp) -> Answer<'a, u64> {
        ready(Ok(u64::try_from(self.lock().claimed_ever.len()).unwrap()))
    }
    fn claim(&self, request: ClaimRequest) -> Answer<'_, Claimed> {
        let claimed = self.lock().claim(request);
        self.claimed.notify_one();
        ready(claimed)
    }
    fn settle(&self, settlements: Vec<Settlement>) -> Answer<'_, ()> {
        ready(self.lock().settle(settlements))
    }
    fn recover<'a>(&'a self, lease: &'a Lease, _: Timestamp) -> Answer<'a, u64> {
        ready(Ok(self.lock().recover(lease)))
    }
    fn expire<'a>(&'a self, _: &'a str, _: &'a str, _: Timestamp) -> Answer<'a, u64> {
        ready(Ok(0))
    }

    fn ledger(&self) -> Answer<'_, LedgerInfo> {
        not_here()
    }
    fn confirm_ledger(&self, _: Timestamp) -> Answer<'_, ()> {
        not_here()
    }
    fn applied(&self) -> Answer<'_, Vec<Applied>> {
        not_here()
    }
    fn remember<'a>(
        &'a self,
        _: &'a str,
        _: &'a Applied,
        _: &'a [RightUsed],
        _: Option<&'a Note>,
    ) -> Answer<'a, ()> {
        not_here()
    }
    fn forget<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
        _: &'a str,
        _: &'a str,
        _: &'a [RightUsed],
        _: Option<&'a Note>,
    ) -> Answer<'a, ()> {
        not_here()
    }
    fn rights_used(&self, _: Timestamp) -> Answer<'_, Vec<RightUsed>> {
        not_here()
    }
    fn bindings(&self) -> Answer<'_, BTreeMap<String, String>> {
        not_here()
    }
    fn bind<'a>(&'a self, _: &'a str, _: &'a str, _: &'a str) -> Answer<'a, ()> {
        not_here()
    }
    fn lock<'a>(&'a self, _: &'a LockRequest) -> Answer<'a, LockInfo> {
        not_here()
    }
    fn renew_lock<'a>(&'a self, _: &'a str, _: Timestamp, _: Timestamp) -> Answer<'a, ()> {
        not_here()
    }
    fn unlock<'a>(&'a self, _: &'a str) -> Answer<'a, ()> {
        not_here()
    }
    fn lock_holder(&self) -> Answer<'_, Option<LockInfo>> {
        not_here()
    }
    fn campaigns(&self) -> Answer<'_, Vec<CampaignRecord>> {
        not_here()
    }
    fn declare<'a>(&'a self, _: &'a str, _: &'a CampaignRecord) -> Answer<'a, ()> {
        not_here()
    }
    fn audience<'a>(&'a self, _: &'a str, _: &'a str) -> Answer<'a, Box<dyn Audience>> {
        not_here()
    }
    fn history(&self, _: &HistoryFilter) -> HistoryRows {
        not_here().into_stream().boxed()
    }
}

pub(super) fn day() -> SignedDuration {
    SignedDuration::from_hours(24)
}
