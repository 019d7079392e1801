//! What the ledger tells: campaigns, what halts them, and what comes back.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::render::status::{COUNTED, CampaignStatus, ReceiverStatus, Status, TemplateStatus};
use crate::resource::account::Account;
use crate::resource::campaign::Campaign;
use crate::resource::handoff::route_to_person;
use crate::resource::reply::Reply;
use crate::resource::template::{LocalButton, Template};
use crate::resource::{Declared, Project};
use crate::store::{
    CampaignRecord, CampaignState, Database, ErrandKind, Halt, HappeningFilter, Result, Scope,
    Standing,
};

/// How far back a template's recommendation is looked for among what happened to it.
const LOOKED_THROUGH: usize = 50;

/// Reads everything but templates and numbers. With the name of a campaign, what concerns that one.
pub(crate) async fn read(
    project: &Project,
    store: &dyn Database,
    only: Option<&str>,
    now: Timestamp,
) -> Result<Status> {
    let mut status = Status {
        now,
        campaigns: campaigns(project, store, only, now).await?,
        inbox: store.unread_count().await?,
        ..Status::default()
    };
    let limit = usize::try_from(COUNTED).unwrap_or(usize::MAX);
    status.dead_letters = store.dead_letters(limit).await?.len() as u64;
    for kind in [ErrandKind::Reply, ErrandKind::Handoff, ErrandKind::Notify] {
        let counts = store.errand_counts(kind).await?;
        status.errands.push((kind, counts));
    }
    status.halts = store.halts(None, now).await?;
    let accounts = accounts(project, &status.campaigns, only);
    if let Some(campaign) = only {
        let concerns =
            |halt: &Halt| accounts.contains_key(&halt.account) && concerns(project, halt, campaign);
        status.halts.retain(concerns);
    }
    for (account, is_needed) in accounts {
        let (since, last) = store.receiver(&account).await?.unzip();
        status.receivers.push(ReceiverStatus {
            account: account.clone(),
            since,
            last,
            is_needed,
        });
        if leads_nowhere(project, &account) {
            status.without_person.push(account.clone());
        }
        let suspects = store.suspects(&account, limit).await?.len() as u64;
        status.suspects.insert(account, suspects);
    }
    Ok(status)
}

async fn campaigns(
    project: &Project,
    store: &dyn Database,
    only: Option<&str>,
    now: Timestamp,
) -> Result<Vec<CampaignStatus>> {
    let launched = store.campaigns().await?.into_iter();
    let mut campaigns = Vec::new();
    for campaign in launched.filter(|campaign| only.is_none_or(|name| campaign.name == name)) {
        let standing = store
            .standing(&campaign.account, &campaign.name, now)
            .await?;
        let declared = project.get::<Campaign>(&campaign.name).is_some();
        campaigns.push(CampaignStatus {
            state: state(&campaign, declared, now).to_owned(),
            campaign: campaign.name,
            account: campaign.account,
            standing,
        });
    }
    Ok(campaigns)
}

/// Returns the word for what a campaign does now.
fn state(campaign: &CampaignRecord, declared: bool, now: Timestamp) -> &'static str {
    match campaign.state {
        CampaignState::Stopped => "stopped",
        _ if campaign.ends_at.is_some_and(|end| end <= now) => "ended",
        // It left the configuration: it claims nothing more, its ledger stays.
        _ if !declared => "undeclared",
        CampaignState::Paused => "paused",
        CampaignState::Running if campaign.starts_at > now => "scheduled",
        CampaignState::Running => "running",
    }
}

/// Returns the accounts that are asked about, with whether something was sent from each.
fn accounts(
    project: &Project,
    campaigns: &[CampaignStatus],
    only: Option<&str>,
) -> BTreeMap<String, bool> {
    let mut accounts = BTreeMap::new();
    match only {
        None => {
            let declared = project.all::<Account>();
            accounts.extend(declared.map(|account| (account.name.clone(), false)));
        }
        Some(name) => {
            let campaign = project.get::<Campaign>(name);
            let account =
                campaign.and_then(|campaign| project.account_of(campaign.value.account.as_ref()));
            accounts.extend(account.map(|account| (account.name.clone(), false)));
        }
    }
    for campaign in campaigns {
        *accounts.entry(campaign.account.clone()).or_default() |= was_sent(&campaign.standing);
    }
    accounts
}

fn was_sent(standing: &Standing) -> bool {
    let delivery = standing.delivery;
    let reached = delivery.accepted + delivery.sent + delivery.delivered + delivery.read;
    reached + delivery.failed + standing.uncertain > 0
}

/// Tells whether a halt of a campaign's account is about the campaign.
fn concerns(project: &Project, halt: &Halt, campaign: &str) -> bool {
    match halt.scope {
        Scope::Account | Scope::Number => true,
        Scope::Campaign => halt.subject == campaign,
        Scope::Template => {
            let campaign = project.get::<Campaign>(campaign);
            let template =
                campaign.and_then(|campaign| project.get::<Template>(&campaign.value.template));
            // A campaign that left the configuration may be about any.
            template.is_none_or(|template| {
                let name = name_at_meta(template);
                let language = halt.subject.strip_prefix(name);
                language.is_some_and(|language| language.starts_with('/'))
            })
        }
    }
}

fn name_at_meta(template: &Declared<Template>) -> &str {
    let named = template.value.name.as_ref();
    named.map_or(&template.name, |name| name.get())
}

/// Tells whether something automatic answers people in an account, and none of it leads to a person.
fn leads_nowhere(project: &Project, account: &str) -> bool {
    let is_its_own = |named: Option<&crate::config::Spanned<String>>| {
        let owner = project.account_of(named);
        owner.is_some_and(|owner| owner.name == account)
    };
    let asks = |campaign: &Declared<Campaign>| {
        let template = project.get::<Template>(&campaign.value.template);
        template.is_some_and(|template| {
            let localised = template.value.localised();
            let mut buttons = localised.iter().flat_map(|localised| &localised.buttons);
            buttons.any(|button| matches!(button, LocalButton::QuickReply { .. }))
        })
    };
    let replies = project
        .all::<Reply>()
        .any(|reply| is_its_own(reply.value.account.as_ref()));
    let is_automated = replies
        || project
            .all::<Campaign>()
            .any(|campaign| is_its_own(campaign.value.account.as_ref()) && asks(campaign));
    is_automated && route_to_person(project, account).is_none()
}

/// Adds to the templates that stand rejected what Meta recommended with their latest rejection.
pub(crate) async fn recommend(
    project: &Project,
    store: &dyn Database,
    templates: &mut [TemplateStatus],
) -> Result<()> {
    for template in templates {
        if template.status != "REJECTED" {
            continue;
        }
        let filter = HappeningFilter {
            account: account_of(project, template),
            subject: Some(format!("template {}/{}", template.name, template.language)),
            area: Some("template".to_owned()),
            since: None,
            limit: LOOKED_THROUGH,
        };
        let happened = store.happenings(&filter).await?;
        let rejection = happened
            .iter()
            .find(|happening| happening.what == "template.rejected");
        template.recommendation = rejection.and_then(|rejection| {
            let recommendation = rejection.detail["recommendation"].as_str();
            recommendation.map(str::to_owned)
        });
    }
    Ok(())
}

/// Two accounts may have templates of one name; none where the template's account is not declared.
fn account_of(project: &Project, status: &TemplateStatus) -> Option<String> {
    let mut templates = project.all::<Template>();
    let template = templates.find(|template| {
        let address = template.address().to_string();
        status.address == address || status.address.starts_with(&format!("{address}["))
    })?;
    let account = project.account_of(template.value.account.as_ref())?;
    Some(account.name.clone())
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::Value;

    use super::*;

    fn record(state: CampaignState) -> CampaignRecord {
        CampaignRecord {
            account: "main".to_owned(),
            name: "spring".to_owned(),
            declaration: Value::Null,
            state,
            first_applied_at: Timestamp::UNIX_EPOCH,
            starts_at: Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1),
            ends_at: Some(Timestamp::UNIX_EPOCH + SignedDuration::from_hours(3)),
            response_timeout: SignedDuration::from_hours(24),
            max_attempts: 4,
        }
    }

    #[test]
    fn the_word_says_what_a_campaign_does_now() {
        let at = |hours: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours);
        let running = record(CampaignState::Running);
        let words = [0, 2, 4].map(|hours| state(&running, true, at(hours)));
        assert_eq!(words, ["scheduled", "running", "ended"]);
        assert_eq!(state(&running, false, at(2)), "undeclared");
        assert_eq!(state(&record(CampaignState::Paused), true, at(0)), "paused");
        assert_eq!(
            state(&record(CampaignState::Stopped), true, at(4)),
            "stopped"
        );
    }
}
