//! `waform status`

use std::collections::BTreeSet;

use clap::Args;
use futures::future::join_all;
use jiff::Timestamp;

use super::Context;
use super::args::{Format, Output, World};
use super::error::{Failure, Result};
use super::exit::Exit;
use super::history;
use super::session::Session;
use crate::config::Address;
use crate::doctor::is_named_by;
use crate::meta::{self, GraphRead as _, Number};
use crate::render;
use crate::render::status::{CampaignStatus, NumberStatus, Status, TemplateStatus};
use crate::resource::campaign::Campaign;
use crate::resource::phone::Phone;
use crate::resource::template::Template;
use crate::resource::{Declared, Project};
use crate::store::sqlite::Mode;
use crate::store::{CampaignRecord, CampaignState};

/// Show campaigns, templates and numbers
///
/// Campaigns come from the ledger: total = fresh + retry + pending + closed. Templates and numbers are read from Meta;
/// where it cannot be reached, a warning says so and the campaigns are shown all the same.
#[derive(Args, Debug)]
pub(crate) struct StatusArgs {
    /// Only this campaign, with its template and its number
    campaign: Option<String>,
    #[command(flatten)]
    world: World,
    #[command(flatten)]
    pub(super) output: Output,
}

pub(crate) async fn run(context: &Context, args: &StatusArgs) -> Result<Exit> {
    let Context {
        ui,
        environment,
        directory,
        ..
    } = context;
    let session = Session::open(ui, environment, directory, &args.world, Mode::ReadOnly).await?;
    let gathered = gather(
        context,
        &session,
        args.campaign.as_deref().map(history::name),
    )
    .await;
    session.close().await?;
    let status = gathered?;
    let text = match args.output.format {
        Format::Json => format!("{:#}", render::status::document(&status)),
        Format::Human => render::status::human(&status, ui.look_out()),
    };
    ui.out(&text)?;
    Ok(Exit::Done)
}

async fn gather(context: &Context, session: &Session, only: Option<&str>) -> Result<Status> {
    let campaigns = campaigns(session, only).await?;
    let scope = Scope::of(&session.project, only);
    let reads = session.accounts.iter().map(async |(account, reached)| {
        let (templates, numbers) = futures::join!(
            reached.reader.templates(&reached.waba_id),
            reached.reader.numbers(&reached.waba_id)
        );
        (
            account,
            templates.and_then(|templates| Ok((templates, numbers?))),
        )
    });
    let mut status = Status {
        campaigns,
        ..Status::default()
    };
    for (account, read) in join_all(reads).await {
        match read {
            Ok((live, numbers)) => {
                status
                    .templates
                    .extend(templates(&session.project, account, &scope, &live));
                status
                    .numbers
                    .extend(self::numbers(&session.project, account, &scope, &numbers));
            }
            Err(error) => warn(context, account, &error),
        }
    }
    status
        .templates
        .sort_by(|one, other| one.address.cmp(&other.address));
    Ok(status)
}

fn warn(context: &Context, account: &str, error: &meta::Error) {
    let account = Address::new("account", account);
    let message = format!("the templates and numbers of {account} could not be read: {error}");
    context
        .ui
        .warning(&message, error.code(), error.advice().as_deref());
}

async fn campaigns(session: &Session, only: Option<&str>) -> Result<Vec<CampaignStatus>> {
    let now = session.clock.now();
    let mut launched = session.store.campaigns().await?;
    if let Some(name) = only {
        launched.retain(|campaign| campaign.name == name);
        if launched.is_empty() && session.project.get::<Campaign>(name).is_none() {
            let unknown: Failure =
                history::unknown(&session.project, &*session.store, name).await?;
            return Err(unknown);
        }
    }
    let mut campaigns = Vec::new();
    for campaign in launched {
        let standing = session
            .store
            .standing(&campaign.account, &campaign.name, now)
            .await?;
        let declared = session.project.get::<Campaign>(&campaign.name).is_some();
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

/// What is asked about: everything, or what one campaign needs.
struct Scope {
    templates: Option<BTreeSet<String>>,
    phones: Option<BTreeSet<String>>,
}

impl Scope {
    fn of(project: &Project, only: Option<&str>) -> Self {
        let Some(name) = only else {
            return Self {
                templates: None,
                phones: None,
            };
        };
        let campaign = project
            .get::<Campaign>(name)
            .map(|campaign| &campaign.value);
        Self {
            templates: Some(
                campaign
                    .iter()
                    .map(|campaign| campaign.template.get().clone())
                    .collect(),
            ),
            phones: Some(
                campaign
                    .iter()
                    .map(|campaign| campaign.from.get().clone())
                    .collect(),
            ),
        }
    }
}

fn is_in(scope: Option<&BTreeSet<String>>, name: &str) -> bool {
    scope.is_none_or(|names| names.contains(name))
}

/// Returns the declared templates of an account, one row a language, as Meta has them.
fn templates(
    project: &Project,
    account: &str,
    scope: &Scope,
    live: &[meta::Template],
) -> Vec<TemplateStatus> {
    let is_its_own = |declared: &&Declared<Template>| {
        is_in(scope.templates.as_ref(), &declared.name)
            && project
                .account_of(declared.value.account.as_ref())
                .is_some_and(|owner| owner.name == account)
    };
    let mut rows = Vec::new();
    for declared in project.all::<Template>().filter(is_its_own) {
        let name = declared
            .value
            .name
            .as_ref()
            .map_or(&declared.name, |name| name.get());
        for localised in declared.value.localised() {
            let language = localised.language.get();
            let address =
                Address::with_index(&declared.address().kind, &declared.name, language).to_string();
            let live = live
                .iter()
                .find(|live| live.name == *name && live.language.replace('-', "_") == *language);
            rows.push(template(address, name, language, live));
        }
    }
    rows
}

fn template(
    address: String,
    name: &str,
    language: &str,
    live: Option<&meta::Template>,
) -> TemplateStatus {
    let quality = live.and_then(|live| live.quality_score.as_ref()?["score"].as_str());
    let reason = live
        .and_then(|live| live.rejected_reason.clone())
        .filter(|reason| reason != "NONE");
    TemplateStatus {
        address,
        name: name.to_owned(),
        language: language.to_owned(),
        status: live.map_or_else(|| "NOT_SUBMITTED".to_owned(), |live| live.status.clone()),
        category: live.map(|live| live.category.clone()).unwrap_or_default(),
        quality: quality.map(str::to_owned),
        reason,
    }
}

/// Returns the declared numbers of an account that Meta knows.
fn numbers(project: &Project, account: &str, scope: &Scope, live: &[Number]) -> Vec<NumberStatus> {
    let is_its_own = |declared: &&Declared<Phone>| {
        is_in(scope.phones.as_ref(), &declared.name)
            && project
                .account_of(declared.value.account.as_ref())
                .is_some_and(|owner| owner.name == account)
    };
    let phones = project.all::<Phone>().filter(is_its_own);
    phones
        .filter_map(|phone| live.iter().find(|live| is_named_by(live, &phone.value)))
        .map(|live| number(account, live))
        .collect()
}

fn number(account: &str, live: &Number) -> NumberStatus {
    let throughput = live
        .throughput
        .as_ref()
        .and_then(|throughput| throughput["level"].as_str());
    NumberStatus {
        account: account.to_owned(),
        id: live.id.clone(),
        display_phone_number: live.display_phone_number.clone(),
        verified_name: live.verified_name.clone(),
        status: live.status.clone(),
        quality_rating: live.quality_rating.clone(),
        messaging_limit: live.whatsapp_business_manager_messaging_limit.clone(),
        throughput: throughput.map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::{Value, json};

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

    #[test]
    fn a_template_that_meta_does_not_have_is_not_submitted() {
        let row = template("template.a[\"en_US\"]".to_owned(), "a", "en_US", None);
        assert_eq!((row.status.as_str(), row.reason), ("NOT_SUBMITTED", None));
    }

    #[test]
    fn no_reason_is_shown_where_meta_says_none() {
        let live = |reason: &str| {
            let node = json!({ "id": "1", "status": "REJECTED", "rejected_reason": reason,
                "quality_score": { "score": "UNKNOWN" } });
            serde_json::from_value::<meta::Template>(node).unwrap()
        };
        let reason =
            |reason: &str| template(String::new(), "a", "en_US", Some(&live(reason))).reason;
        assert_eq!(reason("NONE"), None);
        assert_eq!(reason("SCAM").as_deref(), Some("SCAM"));
    }
}
