//! Decides what follows from what came in: whether a failure is tried again, which answer a message is, who is told.
//!
//! It is asked inside the transaction that takes a webhook in, so that it only looks things up: all that it knows was read
//! from the configuration before.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::reading::{self, Chosen, Replies, Templates};
use crate::campaign::judgement;
use crate::campaign::news::Notices;
use crate::campaign::retry::Backoff;
use crate::clock::Clock;
use crate::resource::Project;
use crate::resource::campaign::Campaign;
use crate::resource::handoff::Handoff;
use crate::resource::suppression::{Keywords, Wish};
use crate::store::{
    self, AnswerKind, Circumstances, Conversation, ErrandKind, Failure, Happening, Inbound,
    Interaction, NewErrand, Outcome, Reading, SERVICE_WINDOW, Settled,
};

/// A clerk who knows the configuration. Clones share what they know: each intake gets one of its own.
#[derive(Clone)]
pub struct Clerk {
    known: Arc<Known>,
    clock: Clock,
}

struct Known {
    /// By account and campaign.
    backoffs: BTreeMap<(String, String), Backoff>,
    templates: Templates,
    replies: Replies,
    /// The desk of each account, by name.
    desks: BTreeMap<String, String>,
    keywords: Keywords,
    notices: Notices,
}

impl Clerk {
    /// Reads all that a clerk must know out of the configuration.
    #[must_use]
    pub fn new(project: &Project, clock: Clock) -> Self {
        let account = |named: Option<&crate::config::Spanned<String>>| {
            Some(project.account_of(named)?.name.clone())
        };
        let backoff = |campaign: &crate::resource::Declared<Campaign>| {
            let account = account(campaign.value.account.as_ref())?;
            Some((
                (account, campaign.name.clone()),
                Backoff::of(&campaign.value),
            ))
        };
        let desk = |desk: &crate::resource::Declared<Handoff>| {
            Some((account(desk.value.account.as_ref())?, desk.name.clone()))
        };
        Self {
            known: Arc::new(Known {
                backoffs: project.all::<Campaign>().filter_map(backoff).collect(),
                templates: Templates::of(project),
                replies: Replies::of(project),
                desks: project.all::<Handoff>().filter_map(desk).collect(),
                keywords: Keywords::of(project),
                notices: Notices::of(project),
            }),
            clock,
        }
    }

    fn handoff(
        &self,
        inbound: &Inbound,
        conversation: &Conversation,
        chosen: Option<&Chosen>,
    ) -> Option<NewErrand> {
        let name = self.known.desks.get(&conversation.account)?;
        let campaign = conversation
            .interaction
            .as_ref()
            .map(|interaction| self.campaign(&conversation.account, interaction, inbound, chosen));
        let raw: Value = serde_json::from_str(&inbound.raw).unwrap_or(Value::Null);
        Some(NewErrand {
            kind: ErrandKind::Handoff,
            name: name.clone(),
            number: Some(inbound.number.clone()),
            key: format!("handoff.{name}:{}", inbound.message_id),
            lane: reading::lane(inbound, conversation),
            payload: json!({
                "event": "inbound",
                "account": conversation.account,
                "number": inbound.number,
                "contact": {
                    "phone": conversation.phone,
                    "user_id": inbound.person.user_id,
                    "name": inbound.person.name,
                },
                "message": {
                    "id": inbound.message_id,
                    "at": inbound.at,
                    "type": inbound.kind,
                    "text": inbound.text,
                    "payload": inbound.payload,
                    "raw": raw,
                },
                "campaign": campaign,
                "window_until": window_until(inbound),
            }),
            due_at: self.clock.now(),
        })
    }

    /// Tells the desk which message was answered, and how. What is tapped after the answer has an option, and no kind.
    fn campaign(
        &self,
        account: &str,
        interaction: &Interaction,
        inbound: &Inbound,
        chosen: Option<&Chosen>,
    ) -> Value {
        let values = self.known.templates.values(account, interaction);
        json!({
            "name": interaction.campaign,
            "template": interaction.template,
            "language": interaction.language,
            "values": values,
            "sent_at": interaction.sent_at,
            "answer": {
                "kind": kind(interaction, chosen),
                "option": chosen.map(|chosen| &chosen.id),
                "text": inbound.text,
            },
        })
    }
}

/// Returns what a message is to its campaign, as the ledger records it: nothing where the campaign has its answer, or ended for
/// the contact in another way than for want of one.
fn kind(interaction: &Interaction, chosen: Option<&Chosen>) -> Option<AnswerKind> {
    match interaction.outcome {
        Some(Outcome::Answered) => None,
        _ if interaction.late => Some(AnswerKind::Late),
        Some(Outcome::Skipped | Outcome::Stopped | Outcome::FellBack | Outcome::Expired) => None,
        None | Some(Outcome::NoAnswer | Outcome::Failed | Outcome::Uncertain) => {
            Some(chosen.map_or(AnswerKind::Other, |_| AnswerKind::Option))
        }
    }
}

/// Returns until when free-form messages may be sent to whoever wrote this.
fn window_until(inbound: &Inbound) -> Timestamp {
    inbound
        .at
        .saturating_add(SERVICE_WINDOW)
        .unwrap_or(Timestamp::MAX)
}

impl store::Clerk for Clerk {
    /// A campaign that left the configuration waits as one that declares no waits.
    fn judge(
        &mut self,
        failure: &Failure,
        at: Timestamp,
        circumstances: &Circumstances,
    ) -> Settled {
        let Circumstances {
            account,
            campaign,
            counted,
        } = circumstances;
        let key = (account.clone(), campaign.clone());
        let default = Backoff::default();
        let backoff = self.known.backoffs.get(&key).unwrap_or(&default);
        judgement::of_status(failure.code, &failure.reason, *counted, at, backoff)
    }

    /// Who asks to be left alone gets no answer and is nobody's work. Who asks to be messaged again is answered as anybody.
    fn read(&mut self, inbound: &Inbound, conversation: &Conversation) -> Reading {
        let known = Arc::clone(&self.known);
        let interaction = conversation.interaction.as_ref();
        let chosen = interaction.and_then(|interaction| {
            known
                .templates
                .chosen(&conversation.account, interaction, inbound)
        });
        let option = chosen.as_ref().map(|chosen| chosen.id.clone());
        if reading::is_written(inbound)
            && inbound
                .text
                .as_ref()
                .is_some_and(|text| known.keywords.wish(text) == Some(Wish::Stop))
        {
            return Reading {
                option,
                errands: Vec::new(),
            };
        }
        let mut errands: Vec<NewErrand> = self
            .handoff(inbound, conversation, chosen.as_ref())
            .into_iter()
            .collect();
        if !conversation.suppressed {
            let values = interaction
                .map(|interaction| known.templates.values(&conversation.account, interaction))
                .unwrap_or_default();
            errands.extend(known.replies.errand(&reading::Asked {
                inbound,
                conversation,
                chosen: chosen.as_ref(),
                values: &values,
                now: self.clock.now(),
                window_until: window_until(inbound),
            }));
        }
        Reading { option, errands }
    }

    fn tell(&mut self, account: &str, happening: &Happening) -> Vec<NewErrand> {
        self.known.notices.errands(account, happening)
    }
}
