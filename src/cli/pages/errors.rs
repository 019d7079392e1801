//! What went wrong lately, counted by code.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use futures::TryStreamExt;
use jiff::{SignedDuration, Timestamp};

use crate::meta::{Phase, classify};
use crate::render::dashboard::{ErrorCount, RECENT_HOURS};
use crate::store::{
    CampaignRecord, ContactState, Database, HistoryFilter, HistoryRow, Outcome, Result,
};

/// Counts the contacts whose latest attempt failed lately, most frequent first. Reads the campaigns that have such
/// contacts, in batches; telephone numbers are dropped with them.
pub(super) async fn count(store: &dyn Database, now: Timestamp) -> Result<Vec<ErrorCount>> {
    let hours = SignedDuration::from_hours(RECENT_HOURS);
    let since = now.saturating_sub(hours).unwrap_or(Timestamp::MIN);
    let mut errors = Vec::new();
    for campaign in store.campaigns().await? {
        let (account, name) = (&campaign.account, &campaign.name);
        if store.standing(account, name, now).await?.delivery.failed > 0 {
            errors.extend(of_campaign(store, &campaign, since).await?);
        }
    }
    errors.sort_by_key(|error: &ErrorCount| Reverse((error.contacts, error.last_at)));
    Ok(errors)
}

async fn of_campaign(
    store: &dyn Database,
    campaign: &CampaignRecord,
    since: Timestamp,
) -> Result<Vec<ErrorCount>> {
    let filter = HistoryFilter {
        account: campaign.account.clone(),
        campaign: campaign.name.clone(),
        ..HistoryFilter::default()
    };
    let waiting = HistoryFilter {
        states: vec![ContactState::RetryDue],
        ..filter.clone()
    };
    let closed = HistoryFilter {
        outcomes: vec![Outcome::Failed],
        ..filter
    };
    let mut counts: BTreeMap<i64, (u64, Timestamp)> = BTreeMap::new();
    for filter in [waiting, closed] {
        let mut rows = store.history(&filter);
        while let Some(rows) = rows.try_next().await? {
            for (code, at) in rows.iter().filter_map(error).filter(|(_, at)| *at >= since) {
                let (contacts, last_at) = counts.entry(code).or_insert((0, at));
                *contacts += 1;
                *last_at = at.max(*last_at);
            }
        }
    }
    let counts = counts.into_iter();
    Ok(counts
        .map(|(code, (contacts, last_at))| ErrorCount {
            account: campaign.account.clone(),
            campaign: campaign.name.clone(),
            code,
            meaning: classify(code, None, None, Phase::Status).meaning.to_owned(),
            contacts,
            last_at,
        })
        .collect())
}

fn error(row: &HistoryRow) -> Option<(i64, Timestamp)> {
    (row.status.as_deref() == Some("failed"))
        .then_some(row.code)
        .flatten()
        .zip(row.at)
}
