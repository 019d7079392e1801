//! What happens to templates, numbers and the account: told to people, and, where it stops or frees sending, acted upon.
//!
//! What halts by Meta's word is lifted by Meta's word: a template that is approved again, a ban that is taken back. All
//! else is only recorded: how well a number is rated changes nothing about whether it sends.

use jiff::Timestamp;
use serde_json::{Value, json};

mod account;
mod number;
mod template;

use super::facts::Meaning;
use crate::meta::Class;
use crate::meta::GraphError;
use crate::meta::webhook::{Change, Event};
use crate::store::{Fact, Halt, HaltCause, Happening, Lift, Scope};

const META: &str = "Meta";

/// What happened, before it is dressed for the ledger.
struct News<'a> {
    account: &'a str,
    at: Timestamp,
    change: &'a Change,
}

/// A halt by Meta's word.
struct Stop {
    scope: Scope,
    subject: String,
    reason: String,
    until: Option<Timestamp>,
}

impl News<'_> {
    fn happened(&self, subject: String, what: &str, text: String) -> Fact {
        Fact::Happened {
            happening: Happening {
                at: self.at,
                actor: META.to_owned(),
                account: self.account.to_owned(),
                subject,
                what: what.to_owned(),
                text,
                // As it came: what is not put into words is not lost.
                detail: serde_json::from_str(self.change.raw.get()).unwrap_or(Value::Null),
            },
            halt: None,
            lifts: Vec::new(),
        }
    }

    fn halting(&self, fact: Fact, stop: Stop) -> Fact {
        let Fact::Happened {
            happening, lifts, ..
        } = fact
        else {
            return fact;
        };
        let Stop {
            scope,
            subject,
            reason,
            until,
        } = stop;
        let halt = Halt {
            account: self.account.to_owned(),
            scope,
            subject,
            cause: HaltCause::Meta,
            code: None,
            reason,
            since: self.at,
            until,
            actor: META.to_owned(),
        };
        Fact::Happened {
            happening,
            halt: Some(halt),
            lifts,
        }
    }

    fn lifting(fact: Fact, scope: Scope, subject: &str, causes: &[HaltCause]) -> Fact {
        let Fact::Happened {
            happening, halt, ..
        } = fact
        else {
            return fact;
        };
        let lift = |cause: &HaltCause| Lift {
            scope,
            subject: subject.to_owned(),
            cause: *cause,
        };
        Fact::Happened {
            happening,
            halt,
            lifts: causes.iter().map(lift).collect(),
        }
    }
}

/// Says what a change that is about no message means.
pub(super) fn read(account: &str, change: &Change, received: Timestamp) -> Meaning {
    let news = News {
        account,
        at: change.time.unwrap_or(received),
        change,
    };
    let fact = match &change.event {
        Event::TemplateStatus(event) => template::status(&news, event),
        Event::TemplateQuality(event) => template::quality(&news, event),
        Event::TemplateCategory(event) => template::category(&news, event),
        Event::TemplateComponents(event) => template::components(&news, event),
        Event::NumberQuality(event) => number::quality(&news, event),
        Event::NumberName(event) => number::name(&news, event),
        Event::Security(event) => number::security(&news, event),
        Event::Error(error) => number::error(&news, error),
        Event::AccountUpdate(event) => account::update(&news, event),
        Event::AccountReview(event) => account::review(&news, event),
        Event::AccountAlert(event) => account::alert(&news, event),
        Event::Capability(event) => account::capability(&news, event),
        Event::Status(_)
        | Event::Message(_)
        | Event::Preference(_)
        | Event::UserAction(_)
        | Event::Unknown
        | Event::Unreadable { .. } => return Meaning::Nothing,
    };
    Meaning::Facts(vec![fact])
}

/// Says what the reason of a failed message means beyond it: a number or an account that fails one message would fail the
/// next. A template is not named by a status; its next request is refused, and says which it is.
pub(super) fn refusal(
    account: &str,
    change: &Change,
    error: &GraphError,
    at: Timestamp,
) -> Option<Fact> {
    let (scope, subject, what, named) = match error.verdict().class {
        Class::Number => {
            let id = change.phone_number_id.clone()?;
            let named = format!("number {id}");
            (Scope::Number, id, "number.refused", named)
        }
        Class::Account => (
            Scope::Account,
            account.to_owned(),
            "account.refused",
            format!("account.{account}"),
        ),
        _ => return None,
    };
    let reason = error.to_string();
    Some(Fact::Happened {
        happening: Happening {
            at,
            actor: META.to_owned(),
            account: account.to_owned(),
            subject: named,
            what: what.to_owned(),
            text: format!("A message that had been accepted failed: {reason}"),
            detail: json!({ "code": error.code }),
        },
        halt: Some(Halt {
            account: account.to_owned(),
            scope,
            subject,
            cause: HaltCause::Refused,
            code: Some(error.code),
            reason,
            since: at,
            until: crate::campaign::halting::rests_until(Some(error.code), at),
            actor: META.to_owned(),
        }),
        lifts: Vec::new(),
    })
}

/// Writes Meta's word as people do: `PENDING_DELETION` is `pending deletion`.
fn plain(word: &str) -> String {
    word.to_lowercase().replace('_', " ")
}
