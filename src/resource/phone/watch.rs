//! A declared number as Meta has it. It is only looked at: nothing of it is ours to write, and what Meta decides about it
//! says how much and whether it can send.
//!
//! Its live content is empty; all that there is to see are facts.

use futures::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::Phone;
use super::drift;
use crate::config::Report;
use crate::meta::Number;
use crate::resource::{
    Declared, Desired, Drifted, Error, FieldChange, Intent, Live, Meaning, Permit, Project,
    Proposed, Readiness, Reconciler, Resource as _, World, Writer, Written,
};
use crate::store::Applied;

/// Declared numbers.
pub(super) struct Watch;

impl Reconciler for Watch {
    fn kind(&self) -> &'static str {
        Phone::KIND
    }

    fn counts(&self) -> bool {
        false
    }

    fn is_watched(&self) -> bool {
        true
    }

    fn is_elsewhere(&self) -> bool {
        false
    }

    fn desired(&self, project: &Project) -> Result<Vec<Desired>, Report> {
        let desired = |phone: &Declared<Phone>| {
            let account = project.account_of(phone.value.account.as_ref())?;
            Some(Desired {
                address: phone.address(),
                account: account.name.clone(),
                key: phone.name.clone(),
                content: json!({}),
                place: phone.name_place.clone(),
                depends_on: Vec::new(),
            })
        };
        Ok(project.all::<Phone>().filter_map(desired).collect())
    }

    fn read<'a>(&'a self, world: &'a World<'a>) -> BoxFuture<'a, Result<Vec<Live>, Error>> {
        Box::pin(async move {
            let is_here = |phone: &&Declared<Phone>| {
                let account = world.project.account_of(phone.value.account.as_ref());
                account.is_some_and(|account| account.name == world.account)
            };
            let phones: Vec<_> = world.project.all::<Phone>().filter(is_here).collect();
            if phones.is_empty() {
                return Ok(Vec::new());
            }
            let numbers = world.numbers().await?;
            let live = |phone: &Declared<Phone>| {
                let number = numbers.iter().find(|number| phone.value.names(number))?;
                Some(Live {
                    account: world.account.to_owned(),
                    key: phone.name.clone(),
                    id: number.id.clone(),
                    content: json!({}),
                    facts: facts(number),
                })
            };
            Ok(phones.into_iter().filter_map(live).collect())
        })
    }

    fn compare(&self, _desired: &Value, _last: Option<&Value>, _live: &Live) -> Vec<FieldChange> {
        Vec::new()
    }

    fn moved(&self, _last: &Value, facts: &Value, live: &Live) -> Vec<FieldChange> {
        drift::moved(facts, live)
    }

    fn takes_note(&self, facts: &Value, live: &Live) -> bool {
        drift::takes_note(facts, live)
    }

    fn names_in_ledger(&self, last: &Applied, live: Option<&Live>) -> Vec<String> {
        let display = live.map_or(&last.facts, |live| &live.facts)["number"].as_str();
        let number = display.map(|display| {
            let digits: String = display.chars().filter(char::is_ascii_digit).collect();
            format!("+{digits}")
        });
        number
            .into_iter()
            .chain([format!("number {}", last.id)])
            .collect()
    }

    fn explain_drift(&self, drifted: &Drifted<'_>, project: &Project) -> Meaning {
        drift::explain(drifted, project)
    }

    fn permit(&self, _intent: Intent, _change: &Proposed<'_>) -> Permit {
        Permit::Granted(Vec::new())
    }

    fn readiness(&self, _live: &Live) -> Readiness {
        Readiness::Ready
    }

    fn write<'a>(
        &'a self,
        _intent: Intent,
        _desired: Option<&'a Desired>,
        _last: Option<&'a Value>,
        _live: Option<&'a Live>,
        _writer: &'a Writer<'a>,
    ) -> BoxFuture<'a, Result<Option<Written>, Error>> {
        Box::pin(async { Ok(None) })
    }
}

/// Returns what Meta decides about a number.
fn facts(number: &Number) -> Value {
    let text = |text: Option<&str>| text.map(|text| Value::from(text.to_uppercase()));
    let other = |name: &str| number.other.get(name).and_then(Value::as_str);
    let throughput = number.throughput.as_ref();
    let throughput = throughput.and_then(|throughput| throughput["level"].as_str());
    let callback = number.other.get("webhook_configuration");
    let callback = callback.and_then(|callback| callback["phone_number"].as_str());
    let facts = [
        ("number", Some(number.display_phone_number.clone().into())),
        ("status", text(number.status.as_deref())),
        ("quality", text(number.quality_rating.as_deref())),
        ("name", number.verified_name.clone().map(Value::from)),
        ("name_status", text(other("name_status"))),
        (
            "limit",
            text(number.whatsapp_business_manager_messaging_limit.as_deref()),
        ),
        ("throughput", text(throughput)),
        ("callback_url", callback.map(Value::from)),
    ];
    facts
        .into_iter()
        .filter_map(|(name, fact)| Some((name.to_owned(), fact?)))
        .collect::<Map<_, _>>()
        .into()
}
