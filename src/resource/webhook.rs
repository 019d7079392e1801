//! `[webhook.name]`: where Meta tells what became of messages, and what people answered.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

use super::account::Account;
use super::check::{self};
use super::{Declared, Project, Reconciler, Resource, references};
use crate::config::{Address, Diagnostics, SecretRef, Spanned};

mod checks;
mod drift;
pub mod fields;
mod reconcile;
#[cfg(test)]
mod tests;

/// Where Meta sends webhooks of an account.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// The `[account.name]` it belongs to; may be left out where there is one.
    pub account: Option<Spanned<String>>,
    /// The address that Meta calls, over HTTPS: where `waform serve` is reached from outside.
    pub url: Spanned<String>,
    /// What Meta must name when it asks whether the address is ours; any text that others do not know.
    pub verify_token: Spanned<SecretRef>,
    /// The webhook fields to be told of; all that waform acts on where left out.
    pub fields: Option<Spanned<Vec<Spanned<String>>>>,
    /// Whether the address is set at the account, for messages only, and the app's own callback is left alone.
    #[serde(default, rename = "override")]
    pub overrides: bool,
}

impl Webhook {
    /// Returns the fields that are subscribed.
    #[must_use]
    pub fn subscribed_fields(&self) -> BTreeSet<&str> {
        match &self.fields {
            Some(declared) => declared.iter().map(|field| field.as_str()).collect(),
            None if self.overrides => fields::ACTED_ON_OF_MESSAGES.into(),
            None => fields::ACTED_ON.into(),
        }
    }
}

impl Resource for Webhook {
    const KIND: &'static str = "webhook";

    fn check(this: &Declared<Self>, project: &Project, diagnostics: &mut Diagnostics) {
        check::run(checks::CHECKS, this, project, diagnostics);
    }

    fn references(this: &Declared<Self>) -> Vec<Address> {
        let account = this.value.account.as_ref();
        account
            .map(|name| references::address(Account::KIND, name))
            .into_iter()
            .collect()
    }

    fn reconciler() -> Option<&'static dyn Reconciler> {
        Some(&reconcile::Callbacks)
    }
}
