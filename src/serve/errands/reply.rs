//! Replies: messages inside the service window, handed over at most once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::Runner;
use crate::campaign::dispatch::Sender;
use crate::clock::Clock;
use crate::meta::{Class, GraphError, SendOutcome};
use crate::serve::point::{Point, Reached};
use crate::serve::reading::WINDOW_UNTIL;
use crate::store::{self, Database, Errand, Ran, Scope};

/// A request that takes longer is given up and its result uncertain.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The wait after a connection that did not open.
const CLOSED_DOOR: SignedDuration = SignedDuration::from_secs(5);
/// The service window has closed, in Meta's numbers (error codes page, September 2026).
const WINDOW_CLOSED: i64 = 131_047;

/// Sends replies.
pub(in crate::serve) struct ReplyRunner {
    pub(in crate::serve) store: Arc<dyn Database>,
    pub(in crate::serve) clock: Clock,
    /// By account.
    pub(in crate::serve) senders: BTreeMap<String, Arc<dyn Sender>>,
    pub(in crate::serve) reached: Reached,
}

impl Runner for ReplyRunner {
    fn run<'a>(&'a self, errand: &'a Errand) -> BoxFuture<'a, store::Result<Option<Ran>>> {
        self.reply(errand).boxed()
    }
}

impl ReplyRunner {
    async fn reply(&self, errand: &Errand) -> store::Result<Option<Ran>> {
        let now = self.clock.now();
        let until = window_until(errand);
        if until.is_some_and(|until| until <= now) {
            return Ok(Some(Ran::Failed {
                code: Some(WINDOW_CLOSED),
                reason: "the service window closed before the reply could be sent".to_owned(),
            }));
        }
        let (Some(sender), Some(number)) = (self.senders.get(&errand.account), &errand.number)
        else {
            return Ok(Some(Ran::Failed {
                code: None,
                reason: format!("account.{} cannot send", errand.account),
            }));
        };
        if self.is_halted(&errand.account, number, now).await? {
            return Ok(None);
        }
        if errand.tries > 0 && self.is_suppressed(errand).await? {
            return Ok(Some(Ran::Failed {
                code: None,
                reason: "the customer asked for no more messages".to_owned(),
            }));
        }
        (self.reached)(Point::BeforeBegin);
        if !self.store.begin_errand(errand.id, now).await? {
            return Ok(None);
        }
        (self.reached)(Point::AfterBegin);
        let outcome = tokio::time::timeout(TIMEOUT, sender.send(number, &body(errand)))
            .await
            .unwrap_or_else(|_| SendOutcome::Uncertain {
                reason: format!("no answer within {} s", TIMEOUT.as_secs()),
            });
        Ok(Some(ran(outcome, errand.tries, self.clock.now(), until)))
    }

    /// An emergency stop stops what is sent by itself, too.
    async fn is_halted(&self, account: &str, number: &str, now: Timestamp) -> store::Result<bool> {
        let halts = self.store.halts(Some(account), now).await?;
        Ok(halts.iter().any(|halt| match halt.scope {
            Scope::Account => true,
            Scope::Number => halt.subject == number,
            Scope::Template | Scope::Campaign => false,
        }))
    }

    /// Whether the customer has asked for no more messages since the reply was first tried.
    async fn is_suppressed(&self, errand: &Errand) -> store::Result<bool> {
        let contact = self.store.contact(&errand.account, &errand.lane).await?;
        Ok(contact.is_some_and(|contact| contact.suppressed.is_some()))
    }
}

fn window_until(errand: &Errand) -> Option<Timestamp> {
    errand.payload[WINDOW_UNTIL].as_str()?.parse().ok()
}

/// Returns the body as Meta takes it, with the tag by which its statuses find the errand.
fn body(errand: &Errand) -> Value {
    let mut body = errand.payload.clone();
    if let Some(fields) = body.as_object_mut() {
        fields.shift_remove(WINDOW_UNTIL);
        fields.insert(
            "biz_opaque_callback_data".to_owned(),
            errand.tag.as_str().into(),
        );
    }
    body
}

fn ran(outcome: SendOutcome, tries: u32, now: Timestamp, until: Option<Timestamp>) -> Ran {
    match outcome {
        SendOutcome::Accepted { message_id, .. } => Ran::Done {
            message_id: Some(message_id),
        },
        SendOutcome::Refused(error) => refused(&error, tries, now, until),
        SendOutcome::NotSent { reason } => again(now, CLOSED_DOOR, until, reason, None),
        SendOutcome::Uncertain { reason } => Ran::Uncertain { reason },
    }
}

fn refused(error: &GraphError, tries: u32, now: Timestamp, until: Option<Timestamp>) -> Ran {
    let (verdict, reason) = (error.verdict(), error.to_string());
    let class = verdict.class_after(tries);
    match class {
        Class::Temporary | Class::Throttled | Class::ThrottledPair => {
            let wait = verdict.wait(tries).or_else(|| class.wait(tries));
            let wait = wait.and_then(|wait| SignedDuration::try_from(wait).ok());
            let wait = wait.unwrap_or(CLOSED_DOOR);
            again(now, wait, until, reason, Some(error.code))
        }
        Class::Uncertain => Ran::Uncertain { reason },
        _ => Ran::Failed {
            code: Some(error.code),
            reason,
        },
    }
}

/// Tries again, where the window is still open by then.
fn again(
    now: Timestamp,
    wait: SignedDuration,
    until: Option<Timestamp>,
    reason: String,
    code: Option<i64>,
) -> Ran {
    let at = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
    if until.is_some_and(|until| until <= at) {
        let reason = format!("{reason}; the service window closes before another try");
        return Ran::Failed { code, reason };
    }
    Ran::Again { at, reason }
}
