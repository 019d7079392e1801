//! `[account.name]`: a WhatsApp Business account and the way to reach it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::check::{self, Check};
use super::{Declared, Project, Resource, web_address};
use crate::config::{Address, Diagnostics, Report, SecretRef, Spanned};

/// A WhatsApp Business account.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The id of the WhatsApp Business account, from WhatsApp Manager.
    pub waba_id: Spanned<String>,
    /// A system user's token with `whatsapp_business_management` and `whatsapp_business_messaging`.
    pub access_token: Spanned<SecretRef>,
    /// Signs every call (`appsecret_proof`) and verifies webhooks.
    pub app_secret: Option<Spanned<SecretRef>>,
    /// The app's id; read from the token where left out.
    pub app_id: Option<Spanned<String>>,
    /// The version of the Graph API, `v25.0`.
    pub api_version: Option<Spanned<String>>,
    /// The address of the Graph API; for proxies and tests.
    pub base_url: Option<Spanned<String>>,
    /// What becomes of objects that leave the configuration.
    #[serde(default)]
    pub deletion: Deletion,
}

/// What becomes of objects that leave the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Deletion {
    /// They stay at Meta and are reported.
    #[default]
    Forget,
    /// They are deleted at Meta.
    Delete,
}

/// Returns the address of an account by its name.
#[must_use]
pub fn address(name: &str) -> Address {
    Address::new(Account::KIND, name)
}

impl Resource for Account {
    const KIND: &'static str = "account";

    fn check(this: &Declared<Self>, project: &Project, diagnostics: &mut Diagnostics) {
        check::run(CHECKS, this, project, diagnostics);
    }
}

const CHECKS: &[Check<Account>] = &[
    ids_are_digits,
    version_is_one,
    address_is_safe,
    declared_once,
];

fn ids_are_digits(this: &Declared<Account>, _: &Project, diagnostics: &mut Diagnostics) {
    let help = "WhatsApp Manager shows the id of the account under Account tools, Overview";
    check::digits(
        this,
        "account::waba_id",
        "waba_id",
        &this.value.waba_id,
        help,
        diagnostics,
    );
    if let Some(id) = &this.value.app_id {
        let help = "Meta's App Dashboard shows the id of the app; it may be left out";
        check::digits(this, "account::app_id", "app_id", id, help, diagnostics);
    }
}

fn version_is_one(this: &Declared<Account>, _: &Project, diagnostics: &mut Diagnostics) {
    let Some(version) = &this.value.api_version else {
        return;
    };
    let number = version
        .strip_prefix('v')
        .and_then(|rest| rest.strip_suffix(".0"))
        .unwrap_or_default();
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        diagnostics.push(
            Report::error(
                "account::api_version",
                format!("`{}` is not a version of the Graph API", version.get()),
            )
            .at(this.at(version.span()), "not a version")
            .help("write it like `v25.0`, or leave it out"),
        );
    }
}

/// The token travels to this address: in clear text it may only go to this machine.
fn address_is_safe(this: &Declared<Account>, _: &Project, diagnostics: &mut Diagnostics) {
    let Some(address) = &this.value.base_url else {
        return;
    };
    let refuse = |message: &str, help: &str| {
        Report::error("account::base_url", message)
            .at(this.at(address.span()), "")
            .help(help)
    };
    match reqwest::Url::parse(address) {
        Err(error) => diagnostics.push(refuse(
            &format!("base_url is not a web address: {error}"),
            "write it like `https://graph.facebook.com`, or leave it out",
        )),
        Ok(url) => {
            if !web_address::is_private(&url) {
                diagnostics.push(refuse(
                    "base_url would send the access token in clear text",
                    "use https; http is for addresses of this machine (localhost, 127.0.0.1)",
                ));
            }
            if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
                diagnostics.push(refuse(
                    "base_url is more than an address",
                    "leave out user, query and fragment",
                ));
            }
        }
    }
}

fn declared_once(this: &Declared<Account>, project: &Project, diagnostics: &mut Diagnostics) {
    check::twice(
        this,
        "account::duplicate",
        project,
        |account| Some(&account.waba_id),
        diagnostics,
    );
}
