//! `POST /{PHONE}/messages`: taking messages, and what becomes of them.
//!
//! An answer of 200 means accepted and nothing more: whether a number exists, whether its owner wants marketing, whether
//! the service window is open, all that comes later as a status. What is refused at once is what Meta refuses at once.

mod accept;
mod attachments;
mod behaviour;
mod envelope;
mod limits;
mod magic;
mod parameters;
mod recipient;
mod statuses;

use serde_json::json;

pub(crate) use behaviour::Behaviour;
pub(crate) use limits::Limits;
pub(crate) use magic::MAGIC;
pub(crate) use statuses::{seq_of, shown, status_value};

use self::attachments::Attachments;
use self::envelope::Content;
use self::magic::Fate;
use super::core::Turn;
use super::data::MessageRow;
use super::graph::GraphError;
use super::http::{Call, Reply};
use super::world::{Number, NumberStatus, Status, Template};

/// Handles the call.
pub(crate) fn send(turn: &mut Turn<'_>, call: &Call, phone: &str) -> Result<Reply, GraphError> {
    let envelope = match envelope::read(call)? {
        envelope::Read::Message(envelope) => *envelope,
        envelope::Read::Mark => return Ok(Reply::success()),
    };
    let Some(number) = turn.world.numbers.get(phone).cloned() else {
        return Err(GraphError::unsupported("post", phone));
    };
    able(&number)?;
    let now = turn.now.as_millisecond();
    let enforce = turn.world.behaviour.enforce;
    if enforce.throughput
        && !turn
            .world
            .limits
            .throughput(phone, number.throughput.per_second(), now)
    {
        return Err(GraphError::message(
            130_429,
            "Message failed to send because there were too many messages sent from this phone number in a short period \
             of time",
        ));
    }
    let to = recipient::resolve(&envelope.to, number.country_code)?;
    let mut row = MessageRow {
        waba: number.waba.clone(),
        phone: phone.to_owned(),
        input: envelope.to.clone(),
        wa_id: to.wa_id.clone(),
        kind: envelope.kind.clone(),
        tag: envelope.tag.clone(),
        // Nobody has written to us: inbound messages are not played.
        outside: true,
        accepted_at: now,
        ..MessageRow::default()
    };
    let attachments = Attachments {
        world: turn.world,
        phone,
        now: turn.now,
    };
    let mut category = None;
    let mut ttl = None;
    if let Content::Template {
        name,
        language,
        components,
    } = &envelope.content
    {
        let template = sendable(turn, &number.waba, name, language)?;
        row.text = Some(parameters::check(template, components.as_ref())?);
        if let Some(components) = components {
            attachments.check(components, "template['components']")?;
        }
        row.template_id = i64::try_from(template.id).ok();
        row.template = Some(name.clone());
        row.language = Some(language.clone());
        row.category = json!(template.category).as_str().map(str::to_lowercase);
        category = Some(template.category);
        ttl = template.message_send_ttl_seconds.filter(|ttl| *ttl > 0);
    } else if let Content::Text(text) = &envelope.content {
        row.text = Some(text.clone());
    } else if let Content::Media(media) = &envelope.content {
        attachments.find(media, &envelope.kind)?;
    }
    if to.wa_id == number.e164.trim_start_matches('+') {
        return Err(GraphError::message(
            131_021,
            "Sender and recipient phone number is the same.",
        ));
    }
    let magic = magic::of(&to.wa_id);
    if let Some(Fate::Refused(code)) = magic {
        return Err(GraphError::message(
            code,
            "The sandbox answers this number so.",
        ));
    }
    if enforce.pair && !turn.world.limits.pair(phone, &to.wa_id, now) {
        return Err(GraphError::message(
            131_056,
            "Message failed to send because there were too many messages sent from this phone number to the same \
             recipient in a short period of time",
        ));
    }
    let most = turn.world.portfolio.messaging_limit.people();
    if enforce.portfolio && !turn.world.limits.person(&to.wa_id, most, now) {
        // Meta documents no code for this; it surfaces as a spam limit.
        return Err(GraphError::message(
            131_048,
            "Message failed to send because there are restrictions on how many messages can be sent from this phone \
             number.",
        ));
    }
    let fate = accept::fate(turn, &envelope, &to, category, magic);
    accept::accept(turn, row, fate, ttl, magic == Some(Fate::TakenButError))
}

fn able(number: &Number) -> Result<(), GraphError> {
    match number.status {
        NumberStatus::Connected | NumberStatus::Flagged | NumberStatus::Unknown => Ok(()),
        NumberStatus::Banned | NumberStatus::Restricted => Err(GraphError::message(
            131_031,
            "The WhatsApp Business account associated with the phone number has been restricted or disabled.",
        )),
        NumberStatus::RateLimited => Err(GraphError::message(
            131_048,
            "Message failed to send because there are restrictions on how many messages can be sent from this phone \
             number.",
        )),
        _ => Err(GraphError::message(
            133_010,
            "The phone number is not registered on the WhatsApp Business Platform.",
        )),
    }
}

fn sendable<'a>(
    turn: &'a Turn<'_>,
    waba: &str,
    name: &str,
    language: &str,
) -> Result<&'a Template, GraphError> {
    let missing = || {
        GraphError::message(
            132_001,
            format!("template name ({name}) does not exist in {language}"),
        )
    };
    let template = turn
        .world
        .template_named(waba, name, language)
        .ok_or_else(missing)?;
    match template.status {
        Status::Approved => Ok(template),
        Status::Paused => Err(GraphError::message(
            132_015,
            format!("Template {name} is paused due to low quality."),
        )),
        Status::Disabled => Err(GraphError::message(
            132_016,
            format!("Template {name} is disabled due to low quality."),
        )),
        _ => Err(missing()),
    }
}
