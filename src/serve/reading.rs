//! What a customer's message is to the campaign that it answers, and which automatic reply it gets.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::campaign::sent_values;
use crate::resource::reply::{Reply, Trigger};
use crate::resource::suppression::is_said;
use crate::resource::template::{LocalButton, Localised, Template, name_at_meta};
use crate::resource::{Declared, Project};
use crate::store::{Conversation, ErrandKind, Inbound, Interaction, NewErrand};

/// Stands beside the body of a reply until it is sent: when the service window closes.
pub(super) const WINDOW_UNTIL: &str = "window_until";

/// The templates that can be answered.
pub(super) struct Templates(
    /// By account and name at Meta: each language.
    BTreeMap<(String, String), Vec<Localised>>,
);

/// A quick reply that was tapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) id: String,
    /// Its text in all languages.
    titles: Vec<String>,
}

impl Templates {
    pub(super) fn of(project: &Project) -> Self {
        let template = |template: &Declared<Template>| {
            let account = project.account_of(template.value.account.as_ref())?;
            let key = (account.name.clone(), name_at_meta(template).to_owned());
            Some((key, template.value.localised()))
        };
        Self(project.all::<Template>().filter_map(template).collect())
    }

    fn languages(&self, account: &str, template: &str) -> &[Localised] {
        self.0
            .get(&(account.to_owned(), template.to_owned()))
            .map_or(&[], Vec::as_slice)
    }

    /// Returns the values that a message was filled with.
    pub(super) fn values(
        &self,
        account: &str,
        interaction: &Interaction,
    ) -> BTreeMap<String, String> {
        let languages = self.languages(account, &interaction.template);
        let sent = languages
            .iter()
            .find(|localised| *localised.language.get() == interaction.language);
        let components: Value = serde_json::from_str(&interaction.variables).unwrap_or(Value::Null);
        sent.map(|sent| sent_values(sent, &components))
            .unwrap_or_default()
    }

    /// Finds the quick reply of the template that was tapped: by the id that was sent with it, or, where the message names
    /// none, by its text. What somebody types is never one, whatever it says; nor is a button of a session message with the
    /// same text, or a tap on any other message.
    pub(super) fn chosen(
        &self,
        account: &str,
        interaction: &Interaction,
        inbound: &Inbound,
    ) -> Option<Chosen> {
        let is_template_button = inbound.kind == "button";
        if !is_template_button && inbound.kind != "interactive"
            || is_to_another(inbound, interaction)
        {
            return None;
        }
        let languages = self.languages(account, &interaction.template);
        let replies = || {
            languages
                .iter()
                .flat_map(|localised| &localised.buttons)
                .filter_map(|button| match button {
                    LocalButton::QuickReply { text, id } => Some((id.get(), text.get())),
                    _ => None,
                })
        };
        let id = match (&inbound.payload, &inbound.text) {
            (Some(payload), _) => replies().find(|(id, _)| *id == payload)?.0,
            (None, Some(title)) if is_template_button => {
                replies().find(|(_, text)| is_said(text, title))?.0
            }
            (None, _) => return None,
        };
        let titles = replies().filter(|(other, _)| *other == id);
        Some(Chosen {
            titles: titles.map(|(_, text)| text.clone()).collect(),
            id: id.clone(),
        })
    }
}

/// Whether a message names another than the campaign sent. Neither is known always.
fn is_to_another(inbound: &Inbound, interaction: &Interaction) -> bool {
    let named = inbound.context_id.as_ref();
    let sent = interaction.message_id.as_ref();
    named.zip(sent).is_some_and(|(named, sent)| named != sent)
}

/// The automatic replies, by account.
pub(super) struct Replies(BTreeMap<String, Vec<Declared<Reply>>>);

/// A message, and all that a reply to it may use.
pub(super) struct Asked<'a> {
    pub(super) inbound: &'a Inbound,
    pub(super) conversation: &'a Conversation,
    pub(super) chosen: Option<&'a Chosen>,
    /// That the campaign's message was filled with.
    pub(super) values: &'a BTreeMap<String, String>,
    pub(super) now: Timestamp,
    pub(super) window_until: Timestamp,
}

impl Replies {
    pub(super) fn of(project: &Project) -> Self {
        let mut replies: BTreeMap<String, Vec<Declared<Reply>>> = BTreeMap::new();
        for reply in project.all::<Reply>() {
            if let Some(account) = project.account_of(reply.value.account.as_ref()) {
                let ours = replies.entry(account.name.clone()).or_default();
                ours.push(reply.clone());
            }
        }
        Self(replies)
    }

    /// Returns the reply to a message: one, the nearest to what was said. Those of the campaign come first, then those for
    /// an answer, a button's text, a keyword, and last those for anything.
    pub(super) fn errand(&self, asked: &Asked<'_>) -> Option<NewErrand> {
        // Who was not on time has not answered the campaign.
        let campaign = asked.conversation.interaction.as_ref();
        let campaign = campaign.filter(|interaction| !interaction.late);
        let campaign = campaign.map(|interaction| interaction.campaign.as_str());
        let ours = self.0.get(&asked.conversation.account)?;
        let fitting = ours.iter().filter_map(|reply| {
            let on = reply.value.on.campaign.as_ref();
            if on.is_some_and(|on| Some(on.as_str()) != campaign) {
                return None;
            }
            let trigger = reply.value.trigger()?;
            fits(trigger, asked).then_some(((on.is_none(), trigger), reply))
        });
        let (_, reply) = fitting.min_by(|(one, _), (other, _)| one.cmp(other))?;
        errand(reply, asked)
    }
}

fn fits(trigger: Trigger<'_>, asked: &Asked<'_>) -> bool {
    let Inbound {
        kind,
        text,
        payload,
        ..
    } = asked.inbound;
    let says = |words: &str| text.as_deref().is_some_and(|text| is_said(words, text));
    match trigger {
        Trigger::Answer(id) => {
            let chosen = asked.chosen.map(|chosen| chosen.id.as_str());
            chosen.or(payload.as_deref()) == Some(id)
        }
        Trigger::QuickReply(title) => match asked.chosen {
            Some(chosen) => chosen.titles.iter().any(|text| is_said(title, text)),
            None => kind == "button" && says(title),
        },
        Trigger::Keyword(word) => says(word),
        // A reaction or a correction asks for no answer.
        Trigger::Any => !matches!(kind.as_str(), "reaction" | "edit"),
    }
}

fn errand(reply: &Declared<Reply>, asked: &Asked<'_>) -> Option<NewErrand> {
    let Asked {
        inbound,
        conversation,
        chosen: _,
        values,
        now,
        window_until,
    } = asked;
    let context = Some(inbound.message_id.as_str());
    let mut body = match (phone(inbound, conversation), &inbound.person.user_id) {
        (Some(phone), _) => reply.value.compose(phone, values, context),
        // Who hides their number is reached by their user id (business-scoped user ids page, May 2026).
        (None, Some(user_id)) => {
            let mut body = reply.value.compose("", values, context);
            let fields = body.as_object_mut()?;
            fields.remove("to");
            fields.insert("recipient".to_owned(), user_id.as_str().into());
            body
        }
        (None, None) => return None,
    };
    body[WINDOW_UNTIL] = json!(window_until);
    Some(NewErrand {
        kind: ErrandKind::Reply,
        name: reply.name.clone(),
        number: Some(inbound.number.clone()),
        key: format!("reply.{}:{}", reply.name, inbound.message_id),
        lane: lane(inbound, conversation),
        payload: body,
        due_at: *now,
    })
}

/// Whether the person wrote or tapped it: a caption or a reaction asks for nothing.
pub(super) fn is_written(inbound: &Inbound) -> bool {
    matches!(inbound.kind.as_str(), "text" | "button" | "interactive")
}

/// Returns the author's number: as the ledger knows it, or else as Meta does.
fn phone<'a>(inbound: &'a Inbound, conversation: &'a Conversation) -> Option<&'a String> {
    let known = conversation.phone.as_ref();
    known.or(inbound.person.wa_id.as_ref())
}

/// What goes to one person goes in order, and waits for nobody else's.
pub(super) fn lane(inbound: &Inbound, conversation: &Conversation) -> String {
    let who = phone(inbound, conversation);
    let who = who.or(inbound.person.user_id.as_ref());
    who.cloned().unwrap_or_default()
}
