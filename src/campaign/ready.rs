//! What sending needs of a campaign: from its declaration, its account's numbers and the ledger, without its lists.

use jiff::SignedDuration;

use super::error::Error;
use super::failure_rate::FailureLimit;
use super::number::Sender;
use crate::config::Report;
use crate::meta::Number;
use crate::resource::campaign::Campaign;
use crate::resource::guard::Guard;
use crate::resource::phone::Phone;
use crate::resource::template::{Template, name_at_meta};
use crate::resource::{Declared, Project, Resource};
use crate::store::{CampaignRecord, CampaignState, Gaps};

/// The least time between two of the same template to one contact, where no guard says.
const REPEAT_TEMPLATE: SignedDuration = SignedDuration::from_hours(24);

/// A campaign that can send from its number.
#[derive(Clone, Debug)]
pub struct Ready {
    pub name: String,
    pub account: String,
    pub(super) number: Sender,
    pub(super) gaps: Gaps,
    /// How many of the sends of one run may fail; none without a limit.
    pub(super) failure_limit: Option<FailureLimit>,
    /// The most people that are messaged in one run, where that was agreed upon.
    pub(super) cap: Option<u64>,
}

impl Ready {
    pub(super) fn new(
        project: &Project,
        campaign: &Declared<Campaign>,
        account: &str,
        numbers: &[Number],
    ) -> Result<Self, Report> {
        let phone = project
            .get::<Phone>(campaign.value.from.get())
            .ok_or_else(|| Report::error("reference::unknown", "the number is not declared"))?;
        Ok(Self {
            name: campaign.name.clone(),
            account: account.to_owned(),
            number: Sender::find(phone, numbers)?,
            gaps: gaps(project, template(project, campaign)?),
            failure_limit: FailureLimit::of(project),
            cap: None,
        })
    }

    /// Returns the number's id at Meta.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.number.id
    }

    /// Returns the template's name at Meta.
    #[must_use]
    pub fn template(&self) -> &str {
        &self.gaps.template
    }

    /// Returns how many new contacts the number's portfolio may message in 24 hours; none without a limit.
    #[must_use]
    pub fn limit(&self) -> Option<u64> {
        self.number.limit
    }
}

/// Why a launched campaign is not sent by whoever asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unready {
    pub campaign: String,
    pub reason: String,
}

/// Finds the campaigns of an account that were launched and are running, as the ledger knows them. One whose declaration
/// here is another than the one that was applied is left alone: what it would send, and when, nobody has been shown.
///
/// # Errors
/// Where the configuration cannot be put into its canonical form.
pub fn resume(
    project: &Project,
    account: &str,
    numbers: &[Number],
    launched: &[CampaignRecord],
) -> Result<(Vec<Ready>, Vec<Unready>), Error> {
    let desired = match Campaign::reconciler() {
        Some(reconciler) => reconciler.desired(project)?,
        None => Vec::new(),
    };
    let (mut ready, mut unready) = (Vec::new(), Vec::new());
    let running = launched
        .iter()
        .filter(|record| record.account == account && record.state == CampaignState::Running);
    for record in running {
        let declared = project.get::<Campaign>(&record.name);
        let content = desired
            .iter()
            .find(|desired| desired.account == account && desired.key == record.name)
            .map(|desired| &desired.content);
        // What left the configuration claims nothing more.
        let (Some(declared), Some(content)) = (declared, content) else {
            continue;
        };
        let reason = if *content == record.declaration {
            match Ready::new(project, declared, account, numbers) {
                Ok(campaign) => {
                    ready.push(campaign);
                    continue;
                }
                Err(report) => report.message,
            }
        } else {
            "its declaration here is not the one that was applied; apply it, or serve what was applied"
                .to_owned()
        };
        unready.push(Unready {
            campaign: record.name.clone(),
            reason,
        });
    }
    Ok((ready, unready))
}

/// Returns the template that a campaign sends.
pub(super) fn template<'p>(
    project: &'p Project,
    campaign: &Declared<Campaign>,
) -> Result<&'p Declared<Template>, Report> {
    project
        .get::<Template>(campaign.value.template.get())
        .ok_or_else(|| Report::error("reference::unknown", "the template is not declared"))
}

/// Returns the guards' least times between messages to one contact.
pub(super) fn gaps(project: &Project, template: &Declared<Template>) -> Gaps {
    let guard = project.all::<Guard>().next().map(|guard| &guard.value);
    Gaps {
        template: name_at_meta(template).to_owned(),
        repeat_template: guard
            .and_then(|guard| guard.repeat_template.as_ref())
            .map_or(REPEAT_TEMPLATE, |interval| interval.0),
        min_gap: guard
            .and_then(|guard| guard.min_gap.as_ref())
            .map_or(SignedDuration::ZERO, |interval| interval.0),
    }
}
