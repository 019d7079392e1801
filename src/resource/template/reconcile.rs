//! The way between the declaration and Meta.

use futures::future::BoxFuture;
use jiff::Timestamp;
use serde_json::Value;

use super::declaration::Template;
use super::{account, budgets, compare, content, drift, media, readiness, write};
use crate::config::{Address, Report};
use crate::resource::account::Account;
use crate::resource::{
    Declared, Desired, Drifted, Error, FieldChange, Intent, Live, Meaning, Permit, Project,
    Proposed, Readiness, Reconciler, Resource, World, Writer, Written,
};
use crate::store::{Applied, RightUsed};

/// Templates, one object a language.
pub(super) struct Templates;

/// States in which a template is as good as gone.
const GONE: [&str; 2] = ["DELETED", "PENDING_DELETION"];
/// Templates that Meta made for itself can be neither edited nor deleted.
const META_MADE: &str = "AUTO_GENERATED";

/// Returns what a declared template is called at Meta.
#[must_use]
pub fn name_at_meta(declared: &Declared<Template>) -> &str {
    match &declared.value.name {
        Some(name) => name,
        None => &declared.name,
    }
}

impl Reconciler for Templates {
    fn kind(&self) -> &'static str {
        Template::KIND
    }

    fn desired(&self, project: &Project) -> Result<Vec<Desired>, Report> {
        let mut desired = Vec::new();
        for declared in project.all::<Template>() {
            let Some(account) = account::name_of(project, &declared.value) else {
                continue;
            };
            for localised in declared.value.localised() {
                let language = localised.language.get();
                let sample = media::sample(project, declared, language)?;
                let name = name_at_meta(declared);
                desired.push(Desired {
                    address: Address::with_index(Template::KIND, &declared.name, language),
                    account: account.to_owned(),
                    key: content::key(name, language),
                    content: content::declared(name, &declared.value, &localised, sample.as_ref()),
                    place: if localised.is_primary {
                        declared.name_place.clone()
                    } else {
                        declared.at(localised.language.span())
                    },
                    depends_on: Vec::new(),
                });
            }
        }
        desired.sort_by(|one, other| one.address.cmp(&other.address));
        Ok(desired)
    }

    fn read<'a>(&'a self, world: &'a World<'a>) -> BoxFuture<'a, Result<Vec<Live>, Error>> {
        Box::pin(async move {
            let waba =
                waba_id(world.project, world.account).ok_or_else(|| undeclared(world.account))?;
            let templates = world.graph.templates(waba).await?;
            let mut live: Vec<Live> = templates
                .iter()
                .filter_map(|template| live(world.account, template))
                .collect();
            live.sort_by(|one, other| (&one.key, &one.id).cmp(&(&other.key, &other.id)));
            Ok(live)
        })
    }

    fn compare(&self, desired: &Value, last: Option<&Value>, live: &Live) -> Vec<FieldChange> {
        compare::changes(desired, last, live)
    }

    fn describe(&self, content: &Value) -> Vec<FieldChange> {
        compare::described(content)
    }

    fn moved(&self, last: &Value, facts: &Value, live: &Live) -> Vec<FieldChange> {
        drift::moved(last, facts, live)
    }

    fn takes_note(&self, facts: &Value, live: &Live) -> bool {
        drift::takes_note(facts, live)
    }

    fn names_in_ledger(&self, last: &Applied, _live: Option<&Live>) -> Vec<String> {
        vec![format!("template {}", last.key)]
    }

    fn explain_drift(&self, drifted: &Drifted<'_>, _project: &Project) -> Meaning {
        drift::explain(drifted)
    }

    fn unrecorded(&self, last: &Value, live: &Live, now: Timestamp) -> Vec<RightUsed> {
        budgets::unrecorded(last, live, now)
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["name", "language", "category", "status", "quality"]
    }

    fn permit(&self, intent: Intent, change: &Proposed<'_>) -> Permit {
        budgets::permit(intent, change)
    }

    fn readiness(&self, live: &Live) -> Readiness {
        readiness::readiness(live)
    }

    fn write<'a>(
        &'a self,
        intent: Intent,
        desired: Option<&'a Desired>,
        last: Option<&'a Value>,
        live: Option<&'a Live>,
        writer: &'a Writer<'a>,
    ) -> BoxFuture<'a, Result<Option<Written>, Error>> {
        Box::pin(write::write(intent, desired, last, live, writer))
    }
}

/// Returns a template of Meta's as a live object; `None` for what is none of ours to see.
pub(super) fn live(account: &str, template: &crate::meta::Template) -> Option<Live> {
    let status = template.status.to_uppercase();
    let made_by_meta = template
        .source
        .as_ref()
        .is_some_and(|source| source.eq_ignore_ascii_case(META_MADE));
    if made_by_meta || GONE.contains(&status.as_str()) {
        return None;
    }
    Some(Live {
        account: account.to_owned(),
        key: content::key(&template.name, &template.language),
        id: template.id.clone(),
        content: content::live(template),
        facts: content::facts(template),
    })
}

/// Returns the id of a declared account at Meta.
pub(super) fn waba_id<'p>(project: &'p Project, account: &str) -> Option<&'p str> {
    let account = project.get::<Account>(account)?;
    Some(account.value.waba_id.get())
}

pub(super) fn undeclared(account: &str) -> Error {
    Error::Unexpected(format!("account.{account} is not declared"))
}
