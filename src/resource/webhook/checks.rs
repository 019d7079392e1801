//! What can be wrong with a webhook's declaration.

use std::collections::BTreeMap;

use super::fields::{KNOWN, OF_MESSAGES, USER_PREFERENCES};
use super::{Declared, Webhook};
use crate::config::{Diagnostics, Report, nearest};
use crate::resource::account::Account;
use crate::resource::campaign::Campaign;
use crate::resource::check::{Check, once_an_account};
use crate::resource::template::{Category, Template};
use crate::resource::{Project, references, web_address};

pub(super) const CHECKS: &[Check<Webhook>] = &[
    account_is_known,
    address_is_safe,
    override_is_short,
    fields_are_known,
    fields_are_named_once,
    fields_fit_the_override,
    opt_outs_are_heard,
    app_can_be_written,
    declared_once,
    app_has_one_callback,
];

/// The longest address of an override, in characters. "Webhook overrides", September 2026.
const OVERRIDE: usize = 200;

fn account_is_known(this: &Declared<Webhook>, project: &Project, diagnostics: &mut Diagnostics) {
    references::check_account(this, this.value.account.as_ref(), project, diagnostics);
}

fn address_is_safe(this: &Declared<Webhook>, _: &Project, diagnostics: &mut Diagnostics) {
    web_address::check(this, "webhook::url", &this.value.url, diagnostics);
}

fn override_is_short(this: &Declared<Webhook>, _: &Project, diagnostics: &mut Diagnostics) {
    let length = this.value.url.chars().count();
    if this.value.overrides && length > OVERRIDE {
        diagnostics.push(
            Report::error(
                "webhook::url_length",
                format!(
                    "the address has {length} characters, {OVERRIDE} are allowed for an override"
                ),
            )
            .at(this.at(this.value.url.span()), "")
            .help("shorten it, or leave `override` out: the app's own callback may be longer"),
        );
    }
}

/// Meta adds fields, so that an unknown one may be right.
fn fields_are_known(this: &Declared<Webhook>, _: &Project, diagnostics: &mut Diagnostics) {
    for field in this.value.fields.iter().flat_map(|fields| fields.iter()) {
        if KNOWN.contains(&field.as_str()) {
            continue;
        }
        let help = match nearest(field, KNOWN) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                "Meta's webhooks overview lists the fields; it refuses those that it does not know"
                    .to_owned()
            }
        };
        diagnostics.push(
            Report::warning(
                "webhook::unknown_field",
                format!("no webhook field `{}` is known", field.get()),
            )
            .at(this.at(field.span()), "not known")
            .help(help),
        );
    }
}

fn fields_are_named_once(this: &Declared<Webhook>, _: &Project, diagnostics: &mut Diagnostics) {
    let Some(fields) = &this.value.fields else {
        return;
    };
    if fields.is_empty() {
        diagnostics.push(
            Report::error("webhook::no_fields", "the webhook is told of nothing")
                .at(this.at(fields.span()), "no field")
                .help("leave `fields` out to be told of all that waform acts on"),
        );
    }
    let mut seen = BTreeMap::new();
    for field in fields.iter() {
        if let Some(first) = seen.insert(field.as_str(), field.span()) {
            diagnostics.push(
                Report::warning(
                    "webhook::field_twice",
                    format!("field `{}` is named twice", field.get()),
                )
                .at(this.at(field.span()), "the second time")
                .at(this.at(first), "the first time")
                .help("leave one out"),
            );
        }
    }
}

fn fields_fit_the_override(this: &Declared<Webhook>, _: &Project, diagnostics: &mut Diagnostics) {
    if !this.value.overrides {
        return;
    }
    for field in this.value.fields.iter().flat_map(|fields| fields.iter()) {
        // What is not known is told by another check.
        if KNOWN.contains(&field.as_str()) && !OF_MESSAGES.contains(&field.as_str()) {
            diagnostics.push(
                Report::error(
                    "webhook::override_field",
                    format!("`{}` never goes to an override", field.get()),
                )
                .at(this.at(field.span()), "goes to the app's callback")
                .help(
                    "an override is told of messages only: take out the field, or the `override`",
                ),
            );
        }
    }
}

/// Who turns marketing off in WhatsApp's settings says so here and nowhere else.
fn opt_outs_are_heard(this: &Declared<Webhook>, project: &Project, diagnostics: &mut Diagnostics) {
    let Some(fields) = &this.value.fields else {
        return;
    };
    if fields
        .iter()
        .any(|field| field.as_str() == USER_PREFERENCES)
    {
        return;
    }
    let own = project.account_of(this.value.account.as_ref());
    let Some(own) = own.map(|account| &account.name) else {
        return;
    };
    let is_marketing = |campaign: &&Declared<Campaign>| {
        let account = project.account_of(campaign.value.account.as_ref());
        let template = project.get::<Template>(&campaign.value.template);
        account.is_some_and(|account| account.name == *own)
            && template.is_some_and(|template| *template.value.category == Category::Marketing)
    };
    if let Some(campaign) = project.all::<Campaign>().find(is_marketing) {
        diagnostics.push(
            Report::error(
                "webhook::user_preferences",
                format!(
                    "{} would not hear of people who opt out of marketing",
                    this.address()
                ),
            )
            .at(this.at(fields.span()), "`user_preferences` is missing")
            .at(campaign.name_place.clone(), "sends marketing")
            .help("add \"user_preferences\", or leave `fields` out"),
        );
    }
}

/// The app's callback can only be set in the app's own name.
fn app_can_be_written(this: &Declared<Webhook>, project: &Project, diagnostics: &mut Diagnostics) {
    let account = project.account_of(this.value.account.as_ref());
    if let Some(account) = account
        && !this.value.overrides
        && account.value.app_secret.is_none()
    {
        diagnostics.push(
            Report::warning(
                "webhook::app_secret",
                format!(
                    "without its app_secret, {} can be subscribed, and the url cannot be set",
                    account.address()
                ),
            )
            .at(this.at(this.value.url.span()), "")
            .at(account.name_place.clone(), "has no app_secret")
            .help("give the account its app_secret; or set url, token and fields by hand in Meta's App Dashboard, WhatsApp, Configuration"),
        );
    }
}

fn declared_once(this: &Declared<Webhook>, project: &Project, diagnostics: &mut Diagnostics) {
    once_an_account(
        this,
        "webhook::several",
        project,
        |webhook| webhook.account.as_ref(),
        diagnostics,
    );
}

/// Two accounts that are reached by one app share its callback: two addresses would take turns.
fn app_has_one_callback(
    this: &Declared<Webhook>,
    project: &Project,
    diagnostics: &mut Diagnostics,
) {
    let account_of =
        |webhook: &Declared<Webhook>| project.account_of(webhook.value.account.as_ref());
    let same_app = |one: &Account, other: &Account| {
        let id = |account: &Account| account.app_id.as_ref().map(|id| id.get().clone());
        let secret = |account: &Account| account.app_secret.as_ref().map(|at| at.get().clone());
        match (id(one), id(other)) {
            (Some(one), Some(other)) => one == other,
            _ => secret(one).is_some() && secret(one) == secret(other),
        }
    };
    let Some(own) = account_of(this).filter(|_| !this.value.overrides) else {
        return;
    };
    let differs = |other: &&Declared<Webhook>| {
        let theirs = account_of(other).filter(|theirs| theirs.name != own.name);
        !other.value.overrides
            && theirs.is_some_and(|theirs| same_app(&own.value, &theirs.value))
            && (other.value.url.get() != this.value.url.get()
                || other.value.subscribed_fields() != this.value.subscribed_fields())
    };
    let earlier = project
        .all::<Webhook>()
        .take_while(|other| other.name != this.name)
        .find(differs);
    if let Some(other) = earlier {
        diagnostics.push(
            Report::error(
                "webhook::one_callback",
                format!(
                    "{} and {} set the callback of one app",
                    other.address(),
                    this.address()
                ),
            )
            .at(this.at(this.value.url.span()), "the second")
            .at(other.at(other.value.url.span()), "the first")
            .help("give both the same url and fields, or set `override = true` at one of them"),
        );
    }
}
