//! A campaign and its live counterpart: the ledger.
//!
//! Meta knows no campaigns. What was launched, and with which declaration, stands in the ledger; launching is a
//! `create`, changing the declaration an `update`. Mappings and lists count as parts of the campaigns that use them.
//! Who is messaged is not decided here.

use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::{Campaign, OnUncertain, State};
use crate::config::{Address, Interval, Report, Spanned};
use crate::resource::list::{List, ListSource};
use crate::resource::mapping::Mapping;
use crate::resource::phone::Phone;
use crate::resource::{
    Declared, Desired, Error, FieldChange, Intent, Live, Permit, Project, Proposed, Readiness,
    Reconciler, Refusal, Resource, World, Writer, Written,
};
use crate::store::{CampaignRecord, CampaignState};

/// How long an answer counts, where the declaration does not say.
const RESPONSE_TIMEOUT: SignedDuration = SignedDuration::from_hours(24);
/// How many attempts a contact gets, where the declaration does not say.
pub(crate) const MAX_ATTEMPTS: u32 = 4;

/// Launches campaigns and keeps their declarations.
pub(super) struct Launcher;

impl Reconciler for Launcher {
    fn kind(&self) -> &'static str {
        Campaign::KIND
    }

    fn is_elsewhere(&self) -> bool {
        false
    }

    fn desired(&self, project: &Project) -> Result<Vec<Desired>, Report> {
        let desired = |campaign: &Declared<Campaign>| {
            let account = project.account_of(campaign.value.account.as_ref())?;
            Some(Desired {
                address: campaign.address(),
                account: account.name.clone(),
                key: campaign.name.clone(),
                content: declaration(campaign, project),
                place: campaign.name_place.clone(),
                depends_on: vec![Address::new("template", campaign.value.template.get())],
            })
        };
        Ok(project.all::<Campaign>().filter_map(desired).collect())
    }

    fn read<'a>(&'a self, world: &'a World<'a>) -> BoxFuture<'a, Result<Vec<Live>, Error>> {
        async move {
            let launched = world.store.campaigns().await?;
            let ours = launched
                .into_iter()
                .filter(|campaign| campaign.account == world.account);
            Ok(ours.map(live).collect())
        }
        .boxed()
    }

    fn compare(&self, desired: &Value, _last: Option<&Value>, live: &Live) -> Vec<FieldChange> {
        let mut fields = Vec::new();
        compare("", Some(&live.content), Some(desired), &mut fields);
        fields
    }

    /// A launched campaign is not taken over from anybody: the ledger is ours.
    fn drift(&self, _last: &Value, _live: &Live) -> Vec<FieldChange> {
        Vec::new()
    }

    fn describe(&self, content: &Value) -> Vec<FieldChange> {
        let shown = [
            "template",
            "from",
            "lists",
            "state",
            "start",
            "duration",
            "quiet_hours",
            "rate",
            "recontact",
            "on_uncertain",
        ];
        let named = |field: &&str| !content[*field].is_null();
        let field = |field: &str| {
            let after = match &content[field] {
                Value::Object(named) => named
                    .keys()
                    .map(|name| Value::from(name.as_str()))
                    .collect(),
                other => other.clone(),
            };
            FieldChange {
                field: field.to_owned(),
                before: None,
                after: Some(after),
                forces_replacement: false,
            }
        };
        shown.into_iter().filter(named).map(field).collect()
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["state", "first_applied_at", "starts_at", "ends_at"]
    }

    fn permit(&self, intent: Intent, _change: &Proposed<'_>) -> Permit {
        match intent {
            Intent::Replace => Permit::Refused(Refusal {
                code: "campaign::replace".to_owned(),
                message: "a campaign cannot be replaced: its ledger knows who was messaged, and a new one would \
                          message them again"
                    .to_owned(),
                help: "`waform retry` starts a new round for those who can be tried again; to message everybody once \
                       more, declare a campaign of another name"
                    .to_owned(),
                until: None,
            }),
            Intent::Create | Intent::Update | Intent::Delete => Permit::Granted(Vec::new()),
        }
    }

    fn readiness(&self, _live: &Live) -> Readiness {
        Readiness::Ready
    }

    fn write<'a>(
        &'a self,
        intent: Intent,
        desired: Option<&'a Desired>,
        _last: Option<&'a Value>,
        live: Option<&'a Live>,
        writer: &'a Writer<'a>,
    ) -> BoxFuture<'a, Result<Option<Written>, Error>> {
        async move {
            let Some(desired) = desired else {
                if let (Intent::Delete, Some(live)) = (intent, live) {
                    stop(live, writer).await?;
                }
                return Ok(None);
            };
            let Some(campaign) = writer.project.get::<Campaign>(&desired.key) else {
                return Err(Error::Unexpected(format!(
                    "{} is no longer declared",
                    desired.address
                )));
            };
            let launched =
                live.and_then(|live| live.facts["first_applied_at"].as_str()?.parse().ok());
            let record = record(
                campaign,
                desired,
                launched.unwrap_or_else(|| writer.clock.now()),
            );
            writer.store.declare(writer.lock, &record).await?;
            Ok(Some(Written {
                id: desired.key.clone(),
                content: desired.content.clone(),
                live: None,
            }))
        }
        .boxed()
    }
}

/// Stops a campaign for whoever is sending it: it claims nothing more, and its ledger stays. Its declaration says so too,
/// so that declaring it again is a change that a plan shows.
async fn stop(live: &Live, writer: &Writer<'_>) -> Result<(), Error> {
    let launched = writer.store.campaigns().await?;
    let launched = launched
        .into_iter()
        .find(|campaign| campaign.account == live.account && campaign.name == live.key);
    if let Some(mut campaign) = launched {
        campaign.state = CampaignState::Stopped;
        campaign.declaration["state"] = "stopped".into();
        writer.store.declare(writer.lock, &campaign).await?;
    }
    Ok(())
}

fn live(campaign: CampaignRecord) -> Live {
    Live {
        account: campaign.account,
        id: campaign.name.clone(),
        key: campaign.name,
        content: campaign.declaration,
        facts: json!({
            "first_applied_at": campaign.first_applied_at,
            "starts_at": campaign.starts_at,
            "ends_at": campaign.ends_at,
        }),
    }
}

fn record(
    campaign: &Declared<Campaign>,
    desired: &Desired,
    first_applied_at: Timestamp,
) -> CampaignRecord {
    let value = &campaign.value;
    let starts_at = value.starts_at().unwrap_or(first_applied_at);
    CampaignRecord {
        account: desired.account.clone(),
        name: campaign.name.clone(),
        declaration: desired.content.clone(),
        state: match value.state {
            State::Running => CampaignState::Running,
            State::Paused => CampaignState::Paused,
            State::Stopped => CampaignState::Stopped,
        },
        first_applied_at,
        starts_at,
        ends_at: value
            .duration
            .as_ref()
            .and_then(|duration| starts_at.checked_add(duration.0).ok()),
        response_timeout: value
            .response_timeout
            .as_ref()
            .map_or(RESPONSE_TIMEOUT, |timeout| timeout.0),
        max_attempts: value
            .retry
            .as_ref()
            .and_then(|retry| retry.max_attempts.as_ref())
            .map_or(MAX_ATTEMPTS, |max| **max),
    }
}

/// Returns the canonical declaration: what a change of is a change of the campaign.
fn declaration(campaign: &Declared<Campaign>, project: &Project) -> Value {
    let value = &campaign.value;
    let mut declaration = Map::new();
    let mut set = |key: &str, value: Value| {
        if !value.is_null() {
            declaration.insert(key.to_owned(), value);
        }
    };
    set("template", value.template.get().as_str().into());
    set("from", from(campaign, project));
    let lists = value
        .lists
        .iter()
        .map(|name| (name.get().clone(), list(name.get(), project)));
    set("lists", lists.collect::<Map<_, _>>().into());
    set(
        "mapping",
        value
            .mapping
            .as_ref()
            .map_or(Value::Null, |name| mapping(name.get(), project)),
    );
    set(
        "state",
        json!(match value.state {
            State::Running => "running",
            State::Paused => "paused",
            State::Stopped => "stopped",
        }),
    );
    set(
        "start",
        value
            .start
            .as_ref()
            .map_or(Value::Null, |start| start.to_string().into()),
    );
    set("duration", interval(value.duration.as_ref()));
    let quiet = value
        .quiet_hours
        .as_ref()
        .map(|quiet| format!("{}-{}", quiet.from, quiet.to));
    set("quiet_hours", quiet.map_or(Value::Null, Value::from));
    set(
        "rate",
        value
            .rate
            .as_ref()
            .map_or(Value::Null, |rate| rate.to_string().into()),
    );
    set(
        "response_timeout",
        interval(value.response_timeout.as_ref()),
    );
    // What is said as it is anyway is no change of a campaign that was launched without saying it.
    if value.on_uncertain() == OnUncertain::Resend {
        set("on_uncertain", "resend".into());
        set("uncertain_wait", interval(value.uncertain_wait.as_ref()));
    }
    set("max_lateness", interval(value.max_lateness.as_ref()));
    set(
        "recontact",
        value
            .recontact
            .as_ref()
            .map_or(Value::Null, |template| template.get().as_str().into()),
    );
    if let Some(retry) = &value.retry {
        let backoff = retry
            .backoff
            .iter()
            .flatten()
            .map(ToString::to_string)
            .collect::<Vec<_>>();
        set(
            "retry",
            json!({ "max_attempts": retry.max_attempts.as_ref().map(|max| **max), "backoff": backoff }),
        );
    }
    declaration.into()
}

fn interval(interval: Option<&Spanned<Interval>>) -> Value {
    interval.map_or(Value::Null, |interval| interval.to_string().into())
}

fn from(campaign: &Declared<Campaign>, project: &Project) -> Value {
    let phone = project.get::<Phone>(campaign.value.from.get());
    let named = phone.and_then(|phone| phone.value.number.as_ref().or(phone.value.id.as_ref()));
    named.map_or(Value::Null, |named| named.get().as_str().into())
}

fn list(name: &str, project: &Project) -> Value {
    let Some(list) = project.get::<List>(name) else {
        return Value::Null;
    };
    let list = &list.value;
    let ListSource::Csv(path) = list.source.get();
    json!({
        "csv": path, "phone": list.phone.get(), "default_region": list.default_region.as_ref().map(|region| region.get()),
        "opt_in": list.opt_in.as_ref().map(|opt_in| opt_in.field.get()),
        "timezone": list.timezone.as_ref().map(|zone| zone.field.get()),
        "language": list.language.as_ref().map(|language| language.field.get()),
    })
}

fn mapping(name: &str, project: &Project) -> Value {
    let Some(mapping) = project.get::<Mapping>(name) else {
        return Value::Null;
    };
    let filled = mapping.value.variables.iter().map(|(variable, fill)| {
        let mut told = Map::new();
        let parts = [
            ("field", &fill.field),
            ("value", &fill.value),
            ("expr", &fill.expr),
            ("default", &fill.default),
        ];
        for (key, part) in parts {
            if let Some(part) = part {
                told.insert(key.to_owned(), part.get().as_str().into());
            }
        }
        (variable.get().clone(), Value::from(told))
    });
    filled.collect::<Map<_, _>>().into()
}

/// Collects the leaves that differ, by dotted path.
fn compare(
    path: &str,
    before: Option<&Value>,
    after: Option<&Value>,
    fields: &mut Vec<FieldChange>,
) {
    let (before, after) = (
        before.filter(|value| !value.is_null()),
        after.filter(|value| !value.is_null()),
    );
    if before == after {
        return;
    }
    let (old, new) = (
        before.and_then(Value::as_object),
        after.and_then(Value::as_object),
    );
    if old.is_some() || new.is_some() {
        let empty = Map::new();
        let (old, new) = (old.unwrap_or(&empty), new.unwrap_or(&empty));
        let added = new.keys().filter(|key| !old.contains_key(*key));
        for key in old.keys().chain(added) {
            let path = if path.is_empty() {
                key.clone()
            } else {
                format!("{path}.{key}")
            };
            compare(&path, old.get(key), new.get(key), fields);
        }
        return;
    }
    fields.push(FieldChange {
        field: path.to_owned(),
        before: before.cloned(),
        after: after.cloned(),
        forces_replacement: false,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_leaves_that_differ_are_told() {
        let before = json!({ "rate": "80/s", "lists": { "a": { "csv": "a.csv" } }, "mapping": { "name": { "field": "n" } } });
        let after = json!({ "lists": { "a": { "csv": "b.csv" } }, "mapping": { "name": { "field": "n" } }, "state": "paused" });
        let mut fields = Vec::new();
        compare("", Some(&before), Some(&after), &mut fields);
        let named: Vec<&str> = fields.iter().map(|field| field.field.as_str()).collect();
        assert_eq!(named, ["rate", "lists.a.csv", "state"]);
    }
}
