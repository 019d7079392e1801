//! What Meta tells of an account: the declared templates and numbers.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::refreshed::Refreshed;
use crate::clock::Clock;
use crate::config::Address;
use crate::doctor::is_named_by;
use crate::meta::{self, GraphRead, Number};
use crate::render::dashboard::{Failing, Reading};
use crate::render::status::{NumberStatus, Status, TemplateStatus};
use crate::resource::campaign::Campaign;
use crate::resource::phone::Phone;
use crate::resource::template::Template;
use crate::resource::{Declared, Project};

/// How old what is shown of an account may become before it is read again.
pub(crate) const PACE: Duration = Duration::from_secs(60);
/// How long Meta may take before it counts as not reached. A reading that retries can last for minutes.
const PATIENCE: Duration = Duration::from_secs(30);

/// What Meta has of an account.
#[derive(Debug, Default)]
pub(crate) struct Live {
    templates: Vec<meta::Template>,
    numbers: Vec<Number>,
}

/// One account, and how it is read.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) account: String,
    pub(crate) waba_id: String,
    pub(crate) reader: Arc<dyn GraphRead>,
}

impl Source {
    pub(crate) async fn read(&self) -> Result<Live, meta::Error> {
        let (templates, numbers) = futures::join!(
            self.reader.templates(&self.waba_id),
            self.reader.numbers(&self.waba_id)
        );
        Ok(Live {
            templates: templates?,
            numbers: numbers?,
        })
    }
}

impl Live {
    /// Adds the declared templates and numbers of the account as Meta has them.
    pub(crate) fn show(
        &self,
        project: &Project,
        account: &str,
        scope: &Scope,
        status: &mut Status,
    ) {
        let templates = templates(project, account, scope, &self.templates);
        status.templates.extend(templates);
        let numbers = numbers(project, account, scope, &self.numbers);
        status.numbers.extend(numbers);
    }
}

/// An account that is read in the background.
pub(crate) struct Followed {
    account: String,
    known: Refreshed<Known>,
}

/// What is known of an account, and how well.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// None before it has been read.
    pub(crate) live: Option<Arc<Live>>,
    pub(crate) reading: Reading,
}

impl Followed {
    /// Follows an account; what is older than `pace` is read again when somebody asks.
    pub(crate) fn new(source: Source, clock: Clock, pace: Duration) -> Self {
        let account = source.account.clone();
        let known = Refreshed::new(pace, move |before: Option<Known>| {
            let (source, clock) = (source.clone(), clock.clone());
            Box::pin(async move { next(before.unwrap_or_default(), &source, &clock).await })
        });
        Self { account, known }
    }

    /// Returns what is known; nobody waits for Meta.
    pub(crate) fn look(&self) -> Known {
        let mut known = self.known.look().unwrap_or_default();
        known.reading.account.clone_from(&self.account);
        known
    }
}

async fn next(before: Known, source: &Source, clock: &Clock) -> Known {
    let begun = clock.now();
    let reason = match tokio::time::timeout(PATIENCE, source.read()).await {
        Ok(Ok(live)) => {
            let reading = Reading {
                read_at: Some(clock.now()),
                ..Reading::default()
            };
            return Known {
                live: Some(Arc::new(live)),
                reading,
            };
        }
        Ok(Err(error)) => error.to_string(),
        Err(_late) => "Meta does not answer".to_owned(),
    };
    let mut known = before;
    let since = known.reading.failing.map_or(begun, |failing| failing.since);
    known.reading.failing = Some(Failing { since, reason });
    known
}

/// What is asked about: everything, or what one campaign needs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    templates: Option<BTreeSet<String>>,
    phones: Option<BTreeSet<String>>,
}

impl Scope {
    pub(crate) fn of(project: &Project, only: Option<&str>) -> Self {
        let Some(name) = only else {
            return Self::default();
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
        recommendation: None,
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
    use serde_json::json;

    use super::*;

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
