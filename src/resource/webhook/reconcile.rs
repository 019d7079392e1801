//! A webhook and its live counterpart: the app's callback and the account's subscription.
//!
//! Meta knows two places: the app, with one callback for all its accounts and one list of fields, and the account, which
//! the app is subscribed to or not and which may have an address of its own for messages. A declaration is about both:
//! the app's callback with its fields, or, with `override`, the account's own address.
//!
//! Fields that others have added are left alone: they harm nobody, and the app may not be ours alone. What Meta was told
//! as verify token cannot be read back; a hash of it is remembered, so that another token is a change.

use std::collections::BTreeSet;

use futures::future::BoxFuture;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{Webhook, drift};
use crate::config::Report;
use crate::meta::{AppCallback, Webhooks};
use crate::resource::{
    Declared, Desired, Drifted, Error, FieldChange, Intent, Live, Meaning, Permit, Project,
    Proposed, Readiness, Reconciler, Resource as _, World, Writer, Written,
};
use crate::secret::{ExposeSecret as _, SecretString};

/// An account has one webhook.
const KEY: &str = "callback";
/// How much of the token's hash is kept, in bytes: enough to tell tokens apart.
const KEPT_OF_HASH: usize = 8;

/// The app's callback and the account's subscription.
pub(super) struct Callbacks;

impl Reconciler for Callbacks {
    fn kind(&self) -> &'static str {
        Webhook::KIND
    }

    fn desired(&self, project: &Project) -> Result<Vec<Desired>, Report> {
        let mut desired = Vec::new();
        for declared in project.all::<Webhook>() {
            let Some(account) = project.account_of(declared.value.account.as_ref()) else {
                continue;
            };
            desired.push(Desired {
                address: declared.address(),
                account: account.name.clone(),
                key: KEY.to_owned(),
                content: content(declared, project)?,
                place: declared.name_place.clone(),
                depends_on: Vec::new(),
            });
        }
        Ok(desired)
    }

    fn read<'a>(&'a self, world: &'a World<'a>) -> BoxFuture<'a, Result<Vec<Live>, Error>> {
        Box::pin(async move {
            let declared = of_account(world.project, world.account);
            // What nobody takes away nobody has to read.
            if declared.is_none() && !world.deletes {
                return Ok(Vec::new());
            }
            let last =
                world.store.applied().await?.into_iter().find(|last| {
                    last.address.kind == Webhook::KIND && last.account == world.account
                });
            if declared.is_none() && last.is_none() {
                return Ok(Vec::new());
            }
            let webhooks = world.graph.webhooks(world.waba_id).await?;
            let last = last.map(|last| last.content);
            Ok(live(world.account, &webhooks, declared, last.as_ref())
                .into_iter()
                .collect())
        })
    }

    fn compare(&self, desired: &Value, last: Option<&Value>, live: &Live) -> Vec<FieldChange> {
        let mut changes = Vec::new();
        let mut change = |field: &str, before: Value, after: Value| {
            changes.push(FieldChange {
                field: field.to_owned(),
                before: Some(before),
                after: Some(after),
                forces_replacement: false,
            });
        };
        if live.content["subscribed"] == false {
            change("subscribed", LOST.into(), "yes".into());
        }
        for field in ["callback_url", "override"] {
            // What cannot be read cannot be compared.
            if let Some(before) = live.content.get(field)
                && *before != desired[field]
            {
                change(field, before.clone(), desired[field].clone());
            }
        }
        if desired.get("fields").is_some() && live.content.get("fields").is_some() {
            let now = names(&live.content["fields"]);
            let then = fields_then(desired, last, &live.content);
            if now != then {
                change("fields", json!(now), json!(then));
            }
        }
        let known = last.and_then(|last| last.get(TOKEN));
        if let (Some(before), Some(after)) = (known, desired.get(TOKEN))
            && before != after
        {
            change(
                "verify_token (secret)",
                "as applied".into(),
                "changed".into(),
            );
        }
        changes
    }

    fn describe(&self, content: &Value) -> Vec<FieldChange> {
        let field = |field: &str| FieldChange {
            field: field.to_owned(),
            before: None,
            after: Some(content[field].clone()),
            forces_replacement: false,
        };
        let mut fields = vec![field("callback_url")];
        if content["override"] == true {
            fields.push(field("override"));
        } else {
            fields.push(field("fields"));
        }
        fields
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["callback_url"]
    }

    fn explain_drift(&self, drifted: &Drifted<'_>, _project: &Project) -> Meaning {
        drift::explain(drifted)
    }

    fn permit(&self, _intent: Intent, _change: &Proposed<'_>) -> Permit {
        Permit::Granted(Vec::new())
    }

    fn readiness(&self, live: &Live) -> Readiness {
        let unheard: Vec<String> = names(&live.facts["unheard"]).into_iter().collect();
        if unheard.is_empty() {
            return Readiness::Ready;
        }
        Readiness::Broken {
            reason: format!("the app is not subscribed to {}", unheard.join(", ")),
            help: Some(
                "an override gets only what the app is subscribed to: tick the fields in Meta's App Dashboard, WhatsApp, Configuration"
                    .to_owned(),
            ),
        }
    }

    fn write<'a>(
        &'a self,
        intent: Intent,
        desired: Option<&'a Desired>,
        last: Option<&'a Value>,
        live: Option<&'a Live>,
        writer: &'a Writer<'a>,
    ) -> BoxFuture<'a, Result<Option<Written>, Error>> {
        Box::pin(async move {
            match (intent, desired) {
                (Intent::Delete, _) => unsubscribe(last, live, writer).await.map(|()| None),
                (Intent::Replace, Some(desired)) => {
                    unsubscribe(last, live, writer).await?;
                    subscribe(desired, last, live, writer).await.map(Some)
                }
                (_, Some(desired)) => subscribe(desired, last, live, writer).await.map(Some),
                (_, None) => Ok(None),
            }
        })
    }
}

const TOKEN: &str = "verify_token";
/// What is told of an account whose app is not subscribed.
const LOST: &str = "no: statuses and answers are being lost";

fn of_account<'p>(project: &'p Project, account: &str) -> Option<&'p Declared<Webhook>> {
    project.all::<Webhook>().find(|webhook| {
        let of = project.account_of(webhook.value.account.as_ref());
        of.is_some_and(|of| of.name == account)
    })
}

fn content(declared: &Declared<Webhook>, project: &Project) -> Result<Value, Report> {
    let webhook = &declared.value;
    let mut content = Map::new();
    content.insert("callback_url".to_owned(), webhook.url.get().as_str().into());
    if !webhook.overrides {
        content.insert("fields".to_owned(), json!(webhook.subscribed_fields()));
    }
    content.insert("override".to_owned(), webhook.overrides.into());
    content.insert("subscribed".to_owned(), true.into());
    let token = project.secret(&webhook.verify_token).map_err(|error| {
        Report::error(error.code(), error.to_string())
            .at(declared.at(webhook.verify_token.span()), "")
            .help(error.advice())
    })?;
    if let Some(token) = token {
        content.insert(TOKEN.to_owned(), hash(&token).into());
    }
    Ok(content.into())
}

/// Tells tokens apart without telling them.
fn hash(token: &SecretString) -> String {
    let mut hash = Sha256::new();
    hash.update(b"waform webhook verify_token\0");
    hash.update(token.expose_secret().as_bytes());
    format!("sha256:{}", hex::encode(&hash.finalize()[..KEPT_OF_HASH]))
}

/// Returns what is live; nothing where Meta sends nothing anywhere. For an override, the app's callback is somebody
/// else's, unless it is what was applied before.
fn live(
    account: &str,
    webhooks: &Webhooks,
    declared: Option<&Declared<Webhook>>,
    last: Option<&Value>,
) -> Option<Live> {
    let overrides = declared.is_some_and(|declared| declared.value.overrides);
    let leaves_app_alone = overrides && last.is_none_or(|last| last["override"] == true);
    let mut content = Map::new();
    let mut facts = json!({ "app_id": webhooks.app_id });
    let mut subscribed = webhooks.subscribed;
    match (&webhooks.override_url, &webhooks.app) {
        (Some(url), app) => {
            content.insert("callback_url".to_owned(), url.as_str().into());
            if overrides {
                facts["unheard"] = json!(unheard(declared, app));
            }
        }
        (None, _) if leaves_app_alone => return None,
        (None, AppCallback::None) => return None,
        (None, AppCallback::Unknown) if !subscribed => return None,
        (None, AppCallback::Unknown) => {
            facts["unread"] = "without app_secret, the app's callback and fields cannot be read: only the subscription is compared".into();
        }
        (None, AppCallback::Set(app)) => {
            content.insert("callback_url".to_owned(), app.callback_url.as_str().into());
            content.insert("fields".to_owned(), json!(app.fields));
            facts["active"] = app.active.into();
            subscribed &= app.active;
        }
    }
    content.insert(
        "override".to_owned(),
        webhooks.override_url.is_some().into(),
    );
    content.insert("subscribed".to_owned(), subscribed.into());
    Some(Live {
        account: account.to_owned(),
        key: KEY.to_owned(),
        id: webhooks.app_id.clone(),
        content: content.into(),
        facts,
    })
}

/// Returns the declared fields that an override is not told of, since the app is not.
fn unheard(declared: Option<&Declared<Webhook>>, app: &AppCallback) -> BTreeSet<String> {
    let wanted = declared.map(|declared| declared.value.subscribed_fields());
    let wanted = wanted.unwrap_or_default().into_iter().map(str::to_owned);
    match app {
        AppCallback::Unknown => BTreeSet::new(),
        AppCallback::None => wanted.collect(),
        AppCallback::Set(app) => wanted.filter(|field| !app.fields.contains(field)).collect(),
    }
}

pub(super) fn names(value: &Value) -> BTreeSet<String> {
    let names = value.as_array().into_iter().flatten();
    names
        .filter_map(|name| Some(name.as_str()?.to_owned()))
        .collect()
}

/// Returns the fields that are live once the declaration is applied: those that are declared, and those of others.
fn fields_then(desired: &Value, last: Option<&Value>, live: &Value) -> BTreeSet<String> {
    let wanted = names(&desired["fields"]);
    let gone = fields_gone(desired, last, live);
    let kept = names(&live["fields"])
        .into_iter()
        .filter(|field| !gone.contains(field));
    kept.chain(wanted).collect()
}

/// Returns the fields that were ours and are no longer declared.
fn fields_gone(desired: &Value, last: Option<&Value>, live: &Value) -> BTreeSet<String> {
    let wanted = names(&desired["fields"]);
    let ours = last.map(|last| names(&last["fields"])).unwrap_or_default();
    names(&live["fields"])
        .into_iter()
        .filter(|field| ours.contains(field) && !wanted.contains(field))
        .collect()
}

async fn subscribe(
    desired: &Desired,
    last: Option<&Value>,
    live: Option<&Live>,
    writer: &Writer<'_>,
) -> Result<Written, Error> {
    let Some(declared) = writer.project.get::<Webhook>(&desired.address.name) else {
        return Err(Error::Unexpected(format!(
            "{} is no longer declared",
            desired.address
        )));
    };
    let token = token(declared, writer.project)?;
    let url = declared.value.url.get();
    let app_id = app_id(live, writer).await?;
    if declared.value.overrides {
        let address = Some((url.as_str(), &token));
        writer
            .graph
            .subscribe_account(writer.waba_id, address)
            .await?;
    } else {
        if writer.graph.has_app_secret() {
            let content = live.map_or(&Value::Null, |live| &live.content);
            // What goes is taken out first: setting the rest then makes the list whole, whichever way Meta reads it.
            let gone = Vec::from_iter(fields_gone(&desired.content, last, content));
            if !gone.is_empty() {
                writer.graph.unsubscribe_app(&app_id, &gone).await?;
            }
            let fields = Vec::from_iter(fields_then(&desired.content, last, content));
            writer
                .graph
                .subscribe_app(&app_id, url, &token, &fields)
                .await?;
        }
        writer.graph.subscribe_account(writer.waba_id, None).await?;
    }
    Ok(Written {
        id: app_id,
        content: desired.content.clone(),
        live: None,
    })
}

fn token(declared: &Declared<Webhook>, project: &Project) -> Result<SecretString, Error> {
    match project.secret(&declared.value.verify_token) {
        Ok(Some(token)) => Ok(token),
        Ok(None) => Err(Error::Unexpected(
            "the verify token cannot be read in this run".to_owned(),
        )),
        Err(error) => Err(Error::Unexpected(format!("{error}; {}", error.advice()))),
    }
}

async fn app_id(live: Option<&Live>, writer: &Writer<'_>) -> Result<String, Error> {
    match (live, writer.graph.app_id()) {
        (Some(live), _) => Ok(live.id.clone()),
        (None, Some(app_id)) => Ok(app_id.to_owned()),
        (None, None) => Ok(writer.reader.token().await?.app_id),
    }
}

/// Takes back what was set, and nothing that somebody has set since.
async fn unsubscribe(
    last: Option<&Value>,
    live: Option<&Live>,
    writer: &Writer<'_>,
) -> Result<(), Error> {
    writer.graph.unsubscribe_account(writer.waba_id).await?;
    let (Some(last), Some(live)) = (last, live) else {
        return Ok(());
    };
    let url = &last["callback_url"];
    let is_ours = last["override"] == false && live.content["callback_url"] == *url;
    let is_shared = writer
        .project
        .all::<Webhook>()
        .any(|other| !other.value.overrides && *url == *other.value.url.get().as_str());
    if is_ours && !is_shared && writer.graph.has_app_secret() {
        writer.graph.unsubscribe_app(&live.id, &[]).await?;
    }
    Ok(())
}
