//! `[handoff.name]`: the way to a person. What is no campaign's answer goes there.

use schemars::JsonSchema;
use serde::Deserialize;

use super::account::Account;
use super::check::{self, Check};
use super::{Declared, Project, Resource, references, web_address};
use crate::config::{Address, Diagnostics, SecretRef, Spanned};

mod person;
#[cfg(test)]
mod tests;

pub use person::{Route, route_to_person};

/// A desk where people answer.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Handoff {
    /// The `[account.name]` it belongs to; may be left out where there is one.
    pub account: Option<Spanned<String>>,
    /// The address that conversations are handed to, over HTTPS.
    pub url: Spanned<String>,
    /// Signs what is sent, so that the desk knows whom it comes from.
    pub secret: Option<Spanned<SecretRef>>,
}

impl Resource for Handoff {
    const KIND: &'static str = "handoff";

    fn check(this: &Declared<Self>, project: &Project, diagnostics: &mut Diagnostics) {
        check::run(CHECKS, this, project, diagnostics);
    }

    /// Whoever has no desk has no block either, so that this is asked of the project as a whole.
    fn check_together(project: &Project, diagnostics: &mut Diagnostics) {
        person::check(project, diagnostics);
    }

    fn references(this: &Declared<Self>) -> Vec<Address> {
        let account = this.value.account.as_ref();
        account
            .map(|name| references::address(Account::KIND, name))
            .into_iter()
            .collect()
    }
}

const CHECKS: &[Check<Handoff>] = &[account_is_known, address_is_safe, declared_once];

fn account_is_known(this: &Declared<Handoff>, project: &Project, diagnostics: &mut Diagnostics) {
    references::check_account(this, this.value.account.as_ref(), project, diagnostics);
}

fn address_is_safe(this: &Declared<Handoff>, _: &Project, diagnostics: &mut Diagnostics) {
    web_address::check(this, "handoff::url", &this.value.url, diagnostics);
}

fn declared_once(this: &Declared<Handoff>, project: &Project, diagnostics: &mut Diagnostics) {
    check::once_an_account(
        this,
        "handoff::several",
        project,
        |handoff| handoff.account.as_ref(),
        diagnostics,
    );
}
