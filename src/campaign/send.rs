//! Sends what was prepared: one dispatch a number, all numbers at the same time.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::dispatch::{
    self, Cause, Dispatch, Halt, Identity, MediaId, Number, Observer, Opening, Sender, Summary,
    Tuning,
};
use super::error::Error;
use super::limits::Portfolio;
use super::prepare::Prepared;
use super::quiet_hours::next_open;
use super::retry::Backoff;
use crate::clock::Clock;
use crate::meta::{GraphWriter, SendOutcome};
use crate::phone_number::PhoneNumber;
use crate::resource::campaign::Campaign;
use crate::resource::template::{Composer, Template};
use crate::resource::{Declared, Project};
use crate::store::{self, Store};

/// What sending works with.
pub struct Sending<'a> {
    pub project: &'a Project,
    pub store: Arc<dyn Store>,
    pub clock: Clock,
    pub identity: Identity,
    /// By account.
    pub writers: &'a BTreeMap<String, GraphWriter>,
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

/// Sends until nothing more is due soon.
///
/// # Errors
/// Where the ledger cannot be written or a header's file cannot be uploaded; what was sent until then is recorded.
pub async fn send(
    sending: &Sending<'_>,
    prepared: Vec<Prepared>,
    observer: Arc<dyn Observer>,
    stop: CancellationToken,
) -> Result<Vec<Sent>, Error> {
    let mut numbers: BTreeMap<(String, String), Vec<Prepared>> = BTreeMap::new();
    for campaign in prepared {
        numbers
            .entry((campaign.send.account.clone(), campaign.number.id.clone()))
            .or_default()
            .push(campaign);
    }
    let mut portfolios: BTreeMap<String, Arc<Portfolio>> = BTreeMap::new();
    let mut dispatches = Vec::new();
    for ((account, number), campaigns) in numbers {
        let Some(writer) = sending.writers.get(&account) else {
            continue;
        };
        if !portfolios.contains_key(&account) {
            let limit = campaigns
                .iter()
                .filter_map(|campaign| campaign.number.limit)
                .min();
            let portfolio =
                Portfolio::read(&*sending.store, &account, limit, sending.clock.now()).await?;
            portfolios.insert(account.clone(), Arc::new(portfolio));
        }
        let portfolio = Arc::clone(&portfolios[&account]);
        let dispatch = dispatch(sending, &account, writer, portfolio, &campaigns).await?;
        dispatches.push((account, number, dispatch));
    }
    let mut stops: BTreeMap<String, CancellationToken> = BTreeMap::new();
    let runs = dispatches.into_iter().map(|(account, number, dispatch)| {
        let observer = Arc::clone(&observer);
        let stop = stops
            .entry(account.clone())
            .or_insert_with(|| stop.child_token())
            .clone();
        async move {
            let summary = match dispatch::run(&dispatch, &*observer, &stop).await {
                Ok(summary) => summary,
                Err(error) => return Err((account, number, error)),
            };
            // What an account may not do, none of its numbers may.
            if summary
                .stopped
                .as_ref()
                .is_some_and(|halt| halt.cause == Cause::Account)
            {
                stop.cancel();
            }
            Ok(Sent {
                account,
                number,
                summary,
            })
        }
    });
    let runs: Vec<_> = runs.collect();
    told(join_all(runs).await)
}

/// Gathers what came of all numbers. One number's trouble is no reason to lose what another one did: it is told beside it.
fn told(results: Vec<Result<Sent, (String, String, dispatch::Error)>>) -> Result<Vec<Sent>, Error> {
    let any = results.iter().any(Result::is_ok);
    let result = |result| match result {
        Ok(sent) => Ok(sent),
        Err((account, number, error)) if any => Ok(Sent {
            account,
            number,
            summary: in_trouble(&error),
        }),
        Err((_, _, error)) => Err(error.into()),
    };
    results.into_iter().map(result).collect()
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

async fn dispatch(
    sending: &Sending<'_>,
    account: &str,
    writer: &GraphWriter,
    portfolio: Arc<Portfolio>,
    prepared: &[Prepared],
) -> Result<Dispatch, Error> {
    let number = &prepared[0].number;
    let mut campaigns = Vec::new();
    for prepared in prepared {
        let Some(declared) = sending.project.get::<Campaign>(&prepared.name) else {
            continue;
        };
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
        let backoff = value
            .retry
            .as_ref()
            .and_then(|retry| retry.backoff.clone())
            .unwrap_or_default();
        campaigns.push(dispatch::Campaign {
            name: prepared.name.clone(),
            template: prepared.gaps.template.clone(),
            rate: value.rate.as_ref().map(|rate| rate.per_second),
            gaps: prepared.gaps.clone(),
            quiet_hours,
            backoff: Backoff::new(backoff.into_iter().map(|interval| interval.0).collect()),
            media: media(sending, account, declared, &number.id, writer).await?,
        });
    }
    Ok(Dispatch {
        store: Arc::clone(&sending.store),
        sender: Arc::new(Graph(writer.clone())),
        clock: sending.clock.clone(),
        identity: sending.identity.clone(),
        account: account.to_owned(),
        number: Number {
            id: number.id.clone(),
            rate: number.rate,
        },
        portfolio,
        country_of: Arc::new(country),
        campaigns,
        tuning: Tuning::default(),
    })
}

fn country(phone: &str) -> Option<String> {
    let region = PhoneNumber::parse(phone, None).ok()?.region()?;
    Some(region.to_string())
}

/// Uploads the files that a campaign's messages carry, once a run, and returns the way from a file's hash to its id. A
/// campaign that has nobody left to message uploads nothing.
async fn media(
    sending: &Sending<'_>,
    account: &str,
    campaign: &Declared<Campaign>,
    number: &str,
    writer: &GraphWriter,
) -> Result<MediaId, Error> {
    let mut ids = BTreeMap::new();
    let project = sending.project;
    if let Some(template) = project.get::<Template>(campaign.value.template.get()) {
        let composer = Composer::new(project, template)?;
        if composer.media().next().is_some() {
            let now = sending.clock.now();
            let standing = sending.store.standing(account, &campaign.name, now).await?;
            if standing.hopper.fresh + standing.hopper.retry == 0 {
                return Ok(Arc::new(|_| None));
            }
        }
        for file in composer.media() {
            let path = project.path(&file.path);
            let unreadable = |reason: std::io::Error| Error::Media {
                path: path.display().to_string(),
                reason: reason.to_string(),
            };
            let bytes = Bytes::from(tokio::fs::read(&path).await.map_err(unreadable)?);
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default();
            ids.insert(
                file.reference.clone(),
                writer
                    .upload_media(number, &name, file.media_type, bytes)
                    .await?,
            );
        }
    }
    Ok(Arc::new(move |hash| ids.get(hash).cloned()))
}

/// The Graph API as a dispatch sees it.
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
