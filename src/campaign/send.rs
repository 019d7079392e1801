//! Sends what was prepared: one dispatch a number, all numbers at the same time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::dispatch::{
    self, Cause, Dispatch, Halt, Identity, MediaId, Number, Observer, Opening, Sender, Summary,
    Tuning,
};
use super::error::Error;
use super::halting::{Halting, Tell};
use super::limits::Portfolio;
use super::number::Sender as Phone;
use super::prepare::Prepared;
use super::quiet_hours::next_open;
use super::ready::Ready;
use super::recontact::Recontact;
use super::refusals;
use super::retry::Backoff;
use super::uploads::Uploads;
use crate::clock::Clock;
use crate::meta::{GraphWriter, SendOutcome};
use crate::phone_number::PhoneNumber;
use crate::resource::campaign::Campaign;
use crate::resource::template::{Composer, Template};
use crate::resource::{Declared, Project};
use crate::store::{self, Database, Store};

/// The command of a service that sends whatever is due.
pub const SERVE: &str = "waform serve";

/// What sending works with.
pub struct Sending<'a> {
    pub project: &'a Project,
    pub store: Arc<dyn Database>,
    pub clock: Clock,
    pub identity: Identity,
    /// By account.
    pub writers: &'a BTreeMap<String, GraphWriter>,
    pub uploads: Uploads,
    /// Whom to tell of halts.
    pub tell: Tell,
}

impl Sending<'_> {
    fn halting(&self) -> Halting {
        let tell = Arc::clone(&self.tell);
        Halting::new(
            Arc::clone(&self.store),
            self.clock.clone(),
            &self.identity,
            tell,
        )
    }

    /// Halts those whose start is later past than they allow.
    async fn hold_late(&self, campaigns: &[Ready]) -> store::Result<()> {
        let halting = self.halting();
        for record in self.store.campaigns().await? {
            let ready = campaigns
                .iter()
                .find(|ready| ready.account == record.account && ready.name == record.name);
            if let Some(declared) =
                ready.and_then(|ready| self.project.get::<Campaign>(&ready.name))
            {
                halting
                    .hold_late(&record, declared.value.max_lateness())
                    .await?;
            }
        }
        Ok(())
    }
}

/// What was sent from one number.
#[derive(Clone, Debug)]
pub struct Sent {
    pub account: String,
    pub number: String,
    pub summary: Summary,
}

impl Sent {
    /// Tells whether anything happened that a person would want to read of.
    #[must_use]
    pub fn is_eventful(&self) -> bool {
        let campaign = |campaign: &dispatch::CampaignSummary| {
            let numbers = campaign
                .failed
                .values()
                .chain(campaign.retried.values())
                .chain(campaign.skipped.values());
            let all = numbers.sum::<u64>()
                + campaign.accepted
                + campaign.uncertain
                + campaign.expired
                + campaign.released;
            all > 0 || campaign.limited || campaign.halted.is_some()
        };
        self.summary.recovered > 0
            || self.summary.stopped.is_some()
            || self.summary.campaigns.iter().any(campaign)
    }

    /// Tells whether a later run has more to send: something falls due, or the limit of 24 hours was reached.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        let campaigns = &self.summary.campaigns;
        self.summary.next_due().is_some() || campaigns.iter().any(|campaign| campaign.limited)
    }

    /// Tells whether something stopped before its end, other than because we were asked to.
    #[must_use]
    pub fn is_halted(&self) -> bool {
        let halts = self
            .summary
            .campaigns
            .iter()
            .map(|campaign| &campaign.halted)
            .chain([&self.summary.stopped]);
        halts.flatten().any(|halt| halt.cause != Cause::Stopped)
    }
}

/// Sends what a person applied, until nothing more is due soon. What Meta refused before is tried again.
///
/// # Errors
/// Where the ledger cannot be written or a header's file cannot be uploaded; what was sent until then is recorded.
pub async fn send(
    sending: &Sending<'_>,
    prepared: Vec<Prepared>,
    observer: Arc<dyn Observer>,
    stop: CancellationToken,
) -> Result<Vec<Sent>, Error> {
    let ready: Vec<Ready> = prepared.into_iter().map(Prepared::into_ready).collect();
    sending.halting().lift_refused(&ready).await?;
    sending.hold_late(&ready).await?;
    let mut numbers: BTreeMap<(String, String), Vec<Ready>> = BTreeMap::new();
    for campaign in ready {
        numbers
            .entry((campaign.account.clone(), campaign.number.id.clone()))
            .or_default()
            .push(campaign);
    }
    let mut accounts: BTreeMap<String, (Arc<Portfolio>, CancellationToken)> = BTreeMap::new();
    let mut dispatches = Vec::new();
    for ((account, number), campaigns) in &numbers {
        let Some(writer) = sending.writers.get(account) else {
            continue;
        };
        if !accounts.contains_key(account) {
            let limit = campaigns.iter().filter_map(Ready::limit).min();
            let now = sending.clock.now();
            let portfolio = Portfolio::read(&*sending.store, account, limit, now).await?;
            accounts.insert(account.clone(), (Arc::new(portfolio), stop.child_token()));
        }
        let (portfolio, stop) = &accounts[account];
        let line = Line {
            account,
            number: &campaigns[0].number,
            portfolio: Arc::clone(portfolio),
            tuning: Tuning::default(),
        };
        let lanes = lanes(sending, writer, campaigns).await?;
        let dispatch = line.dispatch(sending, writer, lanes);
        dispatches.push((account.clone(), number.clone(), dispatch, stop.clone()));
    }
    let runs = dispatches
        .into_iter()
        .map(|(account, number, dispatch, stop)| {
            let observer = Arc::clone(&observer);
            async move {
                let halting = sending.halting();
                match watched(&dispatch, observer, &halting, &stop).await {
                    Ok(summary) => Ok(Sent {
                        account,
                        number,
                        summary,
                    }),
                    Err(error) => Err((account, number, error)),
                }
            }
        });
    let runs: Vec<_> = runs.collect();
    told(join_all(runs).await)
}

/// Runs a dispatch; what Meta refuses beyond it is halted in the ledger. What an account may not do, none of its numbers
/// may: then `stop`, which they share, is cancelled.
async fn watched(
    dispatch: &Dispatch,
    observer: Arc<dyn Observer>,
    halting: &Halting,
    stop: &CancellationToken,
) -> Result<Summary, dispatch::Error> {
    let (hearing, heard) = refusals::hear(observer);
    let run = async move {
        let summary = dispatch::run(dispatch, &hearing, stop).await;
        // With the last sender gone, what was heard comes to its end.
        drop(hearing);
        summary
    };
    let (summary, ()) = tokio::join!(run, heard.write_down(&dispatch.account, halting));
    let refused = |halt: &Halt| halt.cause == Cause::Account;
    if let Ok(Summary {
        stopped: Some(halt),
        ..
    }) = &summary
        && refused(halt)
    {
        stop.cancel();
    }
    summary
}

/// A number, and how it sends.
struct Line<'a> {
    account: &'a str,
    number: &'a Phone,
    portfolio: Arc<Portfolio>,
    tuning: Tuning,
}

impl Line<'_> {
    fn dispatch(
        &self,
        sending: &Sending<'_>,
        writer: &GraphWriter,
        campaigns: Vec<dispatch::Campaign>,
    ) -> Dispatch {
        Dispatch {
            store: Arc::clone(&sending.store) as Arc<dyn Store>,
            sender: sender(writer),
            clock: sending.clock.clone(),
            identity: sending.identity.clone(),
            account: self.account.to_owned(),
            number: Number {
                id: self.number.id.clone(),
                rate: self.number.rate,
            },
            portfolio: Arc::clone(&self.portfolio),
            country_of: Arc::new(country),
            campaigns,
            tuning: self.tuning.clone(),
        }
    }
}

/// Sends what is due from one number, for whoever comes back: it waits for nothing that is due later.
///
/// # Errors
/// Where the ledger cannot be written or a header's file cannot be uploaded.
pub async fn send_due(
    sending: &Sending<'_>,
    campaigns: &[Ready],
    recontacts: &[Recontact],
    portfolio: Arc<Portfolio>,
    observer: Arc<dyn Observer>,
    stop: &CancellationToken,
) -> Result<Option<Sent>, Error> {
    let of = campaigns
        .first()
        .or_else(|| recontacts.first().map(Recontact::campaign));
    let Some((of, writer)) = of.and_then(|of| Some((of, sending.writers.get(&of.account)?))) else {
        return Ok(None);
    };
    let mut all = lanes(sending, writer, campaigns).await?;
    for recontact in recontacts {
        all.push(recontact.lane(sending, writer).await?);
    }
    let line = Line {
        account: &of.account,
        number: &of.number,
        portfolio,
        tuning: Tuning {
            horizon: Duration::ZERO,
            counts_due: false,
            ..Tuning::default()
        },
    };
    let dispatch = line.dispatch(sending, writer, all);
    let halting = sending.halting();
    let summary = watched(&dispatch, observer, &halting, stop).await?;
    Ok(Some(Sent {
        account: of.account.clone(),
        number: of.number.id.clone(),
        summary,
    }))
}

/// Gathers what came of all numbers. One number's trouble is no reason to lose what another one did: it is told beside it.
fn told(results: Vec<Result<Sent, (String, String, dispatch::Error)>>) -> Result<Vec<Sent>, Error> {
    let any = results.iter().any(Result::is_ok);
    let result = |result| match result {
        Ok(sent) => Ok(sent),
        Err((account, number, error)) if any || is_served(&error) => Ok(Sent {
            account,
            number,
            summary: in_trouble(&error),
        }),
        Err((_, _, error)) => Err(error.into()),
    };
    results.into_iter().map(result).collect()
}

/// A serve has the number: it sends what this run would have sent.
fn is_served(error: &dispatch::Error) -> bool {
    matches!(error, dispatch::Error::Store(store::Error::Locked(by)) if by.command == SERVE)
}

fn in_trouble(error: &dispatch::Error) -> Summary {
    let halt = |cause| {
        Some(Halt {
            cause,
            code: None,
            reason: error.to_string(),
        })
    };
    match error {
        dispatch::Error::Store(store::Error::Locked(_) | store::Error::Fenced { .. }) => Summary {
            stopped: halt(Cause::LeaseLost),
            ..Summary::default()
        },
        dispatch::Error::Store(_) => Summary {
            stopped: halt(Cause::Ledger),
            ..Summary::default()
        },
        dispatch::Error::Interrupted { summary, .. } => Summary {
            stopped: halt(Cause::Ledger),
            ..(**summary).clone()
        },
    }
}

async fn lanes(
    sending: &Sending<'_>,
    writer: &GraphWriter,
    campaigns: &[Ready],
) -> Result<Vec<dispatch::Campaign>, Error> {
    let mut lanes = Vec::new();
    for campaign in campaigns {
        if let Some(declared) = sending.project.get::<Campaign>(&campaign.name) {
            let mut lane = lane(campaign, declared);
            lane.media = media(sending, campaign, &declared.value.template, writer).await?;
            lanes.push(lane);
        }
    }
    Ok(lanes)
}

/// Returns a campaign as a dispatch wants it, without the way to its files.
pub(super) fn lane(ready: &Ready, declared: &Declared<Campaign>) -> dispatch::Campaign {
    let value = &declared.value;
    let quiet_hours = value.quiet_hours.as_ref().map(|quiet| {
        let quiet = quiet.get().clone();
        let opening: dispatch::NextOpening =
            Arc::new(move |now, zones| match next_open(now, zones, &quiet) {
                Some(at) if at <= now => Opening::Now,
                Some(at) => Opening::At(at),
                None => Opening::Never,
            });
        opening
    });
    dispatch::Campaign {
        name: ready.name.clone(),
        template: ready.gaps.template.clone(),
        rate: value.rate.as_ref().map(|rate| rate.per_second),
        gaps: ready.gaps.clone(),
        quiet_hours,
        backoff: Backoff::of(value),
        failure_limit: ready.failure_limit,
        media: Arc::new(|_| None),
        claimer: None,
        cap: ready.cap,
    }
}

fn country(phone: &str) -> Option<String> {
    let region = PhoneNumber::parse(phone, None).ok()?.region()?;
    Some(region.to_string())
}

/// Has the files uploaded that a campaign's messages carry. A campaign that has nobody left to message uploads nothing.
async fn media(
    sending: &Sending<'_>,
    campaign: &Ready,
    template: &str,
    writer: &GraphWriter,
) -> Result<MediaId, Error> {
    let Some(template) = sending.project.get::<Template>(template) else {
        return Ok(Arc::new(|_| None));
    };
    let composer = Composer::new(sending.project, template)?;
    let (now, number) = (sending.clock.now(), campaign.number());
    if !sending.uploads.has_all(&composer, number, now).await {
        let standing = sending
            .store
            .standing(&campaign.account, &campaign.name, now)
            .await?;
        if standing.hopper.fresh + standing.hopper.retry == 0 {
            return Ok(Arc::new(|_| None));
        }
    }
    let uploads = &sending.uploads;
    uploads
        .ensure(sending.project, &composer, number, writer, now)
        .await
}

/// Returns the Graph API as a dispatch sees it.
#[must_use]
pub fn sender(writer: &GraphWriter) -> Arc<dyn Sender> {
    Arc::new(Graph(writer.clone()))
}

struct Graph(GraphWriter);

impl Sender for Graph {
    fn send<'a>(&'a self, number_id: &'a str, body: &'a Value) -> BoxFuture<'a, SendOutcome> {
        self.0.send(number_id, body).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_numbers_trouble_is_told_beside_what_another_sent() {
        let sent = || {
            Ok(Sent {
                account: "main".to_owned(),
                number: "1".to_owned(),
                summary: Summary::default(),
            })
        };
        let fenced = || {
            let holder = "ben".to_owned();
            let error = dispatch::Error::Store(store::Error::Fenced { holder });
            Err(("main".to_owned(), "2".to_owned(), error))
        };
        let both = told(vec![fenced(), sent()]).unwrap();
        let halted: Vec<bool> = both.iter().map(Sent::is_halted).collect();
        assert_eq!(halted, [true, false]);
        assert!(told(vec![fenced()]).is_err());
    }
}
