//! `[phone.name]`: a business phone number that campaigns send from; found by number or id, read only.

mod drift;
mod watch;

use schemars::JsonSchema;
use serde::Deserialize;

use super::account::Account;
use super::check::{self, Check};
use super::{Declared, Project, Reconciler, Resource, references};
use crate::config::{Address, Diagnostics, Report, Spanned};
use crate::meta::Number;
use crate::phone_number;

/// A business phone number.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Phone {
    /// The `[account.name]` it belongs to; may be left out where there is one.
    pub account: Option<Spanned<String>>,
    /// The number in E.164 form, `+15550783881`. Exactly one of `number` and `id`.
    pub number: Option<Spanned<String>>,
    /// The number's id at Meta. Exactly one of `number` and `id`.
    pub id: Option<Spanned<String>>,
}

impl Phone {
    /// Tells whether this declaration means a live number, by its id or by its digits.
    #[must_use]
    pub fn names(&self, number: &Number) -> bool {
        let digits = |text: &str| {
            text.chars()
                .filter(char::is_ascii_digit)
                .collect::<String>()
        };
        match (&self.id, &self.number) {
            (Some(id), _) => number.id == *id.get(),
            (None, Some(wanted)) => digits(&number.display_phone_number) == digits(wanted),
            (None, None) => false,
        }
    }
}

impl Resource for Phone {
    const KIND: &'static str = "phone";

    fn check(this: &Declared<Self>, project: &Project, diagnostics: &mut Diagnostics) {
        check::run(CHECKS, this, project, diagnostics);
    }

    fn references(this: &Declared<Self>) -> Vec<Address> {
        let account = this.value.account.as_ref();
        account
            .map(|name| references::address(Account::KIND, name))
            .into_iter()
            .collect()
    }

    fn reconciler() -> Option<&'static dyn Reconciler> {
        Some(&watch::Watch)
    }
}

const CHECKS: &[Check<Phone>] = &[
    account_is_known,
    number_or_id,
    number_is_e164,
    id_is_digits,
    declared_once,
];

fn account_is_known(this: &Declared<Phone>, project: &Project, diagnostics: &mut Diagnostics) {
    references::check_account(this, this.value.account.as_ref(), project, diagnostics);
}

fn number_or_id(this: &Declared<Phone>, _: &Project, diagnostics: &mut Diagnostics) {
    match (&this.value.number, &this.value.id) {
        (Some(number), Some(id)) => diagnostics.push(
            Report::error(
                "phone::both",
                "a phone is named by its number or by its id, not by both",
            )
            .at(this.at(id.span()), "the second name")
            .at(this.at(number.span()), "the first name")
            .help("leave one of them out"),
        ),
        (None, None) => diagnostics.push(
            Report::error("phone::neither", "a phone needs its number or its id")
                .at(this.name_place.clone(), "")
                .help("write number = \"+15550783881\", as WhatsApp Manager shows it"),
        ),
        _ => {}
    }
}

fn number_is_e164(this: &Declared<Phone>, _: &Project, diagnostics: &mut Diagnostics) {
    let Some(number) = &this.value.number else {
        return;
    };
    if phone_number::is_e164(number) {
        return;
    }
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let meant = format!("+{digits}");
    diagnostics.push(
        Report::error(
            "phone::number",
            format!("`{}` is not in E.164 form", number.get()),
        )
        .at(this.at(number.span()), "not a full number")
        .help(
            if phone_number::is_e164(&meant) && number.trim_start().starts_with('+') {
                format!("write \"{meant}\"")
            } else {
                "write a plus, the country's prefix and the number, digits only: \"+15550783881\""
                    .to_owned()
            },
        ),
    );
}

fn id_is_digits(this: &Declared<Phone>, _: &Project, diagnostics: &mut Diagnostics) {
    if let Some(id) = &this.value.id {
        let help = "the id of the number stands in Meta's App Dashboard under WhatsApp, API setup";
        check::digits(this, "phone::id", "id", id, help, diagnostics);
    }
}

fn declared_once(this: &Declared<Phone>, project: &Project, diagnostics: &mut Diagnostics) {
    let code = "phone::duplicate";
    check::twice(
        this,
        code,
        project,
        |phone| phone.number.as_ref(),
        diagnostics,
    );
    check::twice(this, code, project, |phone| phone.id.as_ref(), diagnostics);
}
