//! `[reply.name]`: an automatic answer inside the service window, from the number that the customer wrote to.
//!
//! | file | job |
//! | --- | --- |
//! | `message` | what may be written |
//! | `limits` | Meta's numbers |
//! | `trigger` | when it is sent, and what can be wrong with that |
//! | `lints` | Meta's rules for the message, checked before Meta sees anything |
//! | `compose` | the message as the Cloud API takes it |

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::account::Account;
use super::campaign::Campaign;
use super::{Declared, Project, Resource, references};
use crate::config::{Address, Diagnostics, Spanned};

mod compose;
mod limits;
mod lints;
mod message;
#[cfg(test)]
mod tests;
mod trigger;

pub use message::{
    Buttons, Captioned, CtaUrl, Document, File, List, Message, Product, Products, ReplyButton, Row,
    RowSection, Shelf,
};
pub use trigger::Trigger;

/// An automatic answer.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// The `[account.name]` it belongs to; may be left out where there is one.
    pub account: Option<Spanned<String>>,
    /// When it is sent.
    pub on: Spanned<On>,
    /// What is sent; texts may use the variables of the campaign's template.
    pub message: Spanned<Message>,
}

/// When a reply is sent: exactly one of `answer`, `quick_reply`, `keyword` and `any`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct On {
    /// Only where the message answers this `[campaign.name]`.
    pub campaign: Option<Spanned<String>>,
    /// The id of the button, quick reply or row that was tapped.
    pub answer: Option<Spanned<String>>,
    /// The text of the quick reply that was tapped.
    pub quick_reply: Option<Spanned<String>>,
    /// The whole message, in whatever case.
    pub keyword: Option<Spanned<String>>,
    /// `true`: any message that no other reply is for.
    pub any: Option<Spanned<bool>>,
}

impl Reply {
    /// Returns what it is sent on; none where the declaration is not sound.
    #[must_use]
    pub fn trigger(&self) -> Option<Trigger<'_>> {
        trigger::of(&self.on)
    }

    /// Returns the body of `POST /{number}/messages` that sends it, but for `biz_opaque_callback_data`. `to` has its
    /// plus; `values` are those that the campaign's message was filled with; `context_id` is the message answered.
    #[must_use]
    pub fn compose(
        &self,
        to: &str,
        values: &BTreeMap<String, String>,
        context_id: Option<&str>,
    ) -> Value {
        compose::compose(&self.message, to, values, context_id)
    }
}

impl Resource for Reply {
    const KIND: &'static str = "reply";

    fn check(this: &Declared<Self>, project: &Project, diagnostics: &mut Diagnostics) {
        references::check_account(this, this.value.account.as_ref(), project, diagnostics);
        trigger::check(this, project, diagnostics);
        lints::check(this, project, diagnostics);
    }

    fn check_together(project: &Project, diagnostics: &mut Diagnostics) {
        trigger::check_together(project, diagnostics);
    }

    fn references(this: &Declared<Self>) -> Vec<Address> {
        let account = this.value.account.as_ref();
        let campaign = this.value.on.campaign.as_ref();
        account
            .map(|name| references::address(Account::KIND, name))
            .into_iter()
            .chain(campaign.map(|name| references::address(Campaign::KIND, name)))
            .collect()
    }
}
