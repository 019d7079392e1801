//! The call itself: what is looked at, and in which order.

use serde_json::json;

use super::attachments::Attachments;
use super::envelope::{self, Address, Content, Envelope, Read};
use super::magic::{self, Fate};
use super::recipient::{self, Recipient};
use super::{accept, answers, parameters, permission};
use crate::sandbox::core::{Core, Turn};
use crate::sandbox::data::{MessageRow, Write};
use crate::sandbox::graph::GraphError;
use crate::sandbox::http::{Call, Reply};
use crate::sandbox::people;
use crate::sandbox::webhooks;
use crate::sandbox::world::{Category, Number, Status, Template};

/// What a message's content adds to what is kept and decided.
#[derive(Default)]
struct Checked {
    /// None for what is no template.
    category: Option<Category>,
    /// Seconds after which a message is dropped in silence.
    ttl: Option<i64>,
    /// Whether a file is of another kind than the message says: found out when it is fetched.
    wrong_file: bool,
}

/// Handles the call.
pub(crate) async fn send(core: &Core, call: &Call, phone: &str) -> Result<Reply, GraphError> {
    let (reply, told_first) = core.turn(|turn| take(turn, call, phone))?;
    if told_first {
        // The status arrives while the caller still waits for the message's id.
        core.catch_up().await.map_err(GraphError::broken)?;
        webhooks::told_once(core)
            .await
            .map_err(GraphError::broken)?;
    }
    Ok(reply)
}

/// Takes a message; says also whether its first status comes before the answer.
fn take(turn: &mut Turn<'_>, call: &Call, phone: &str) -> Result<(Reply, bool), GraphError> {
    let mut envelope = match envelope::read(call)? {
        Read::Message(envelope) => *envelope,
        Read::Mark(id) => {
            let at = turn.now.as_millisecond();
            turn.writes.push(Write::Seen { id, at });
            return Ok((Reply::success(), false));
        }
    };
    let Some(number) = turn.world.numbers.get(phone).cloned() else {
        return Err(GraphError::unsupported("post", phone));
    };
    permission::able(&turn.world.accounts[&number.waba], &number)?;
    throughput(turn, &number)?;
    let (to, input) = addressee(turn, &envelope.to, &number)?;
    let now = turn.now.as_millisecond();
    let mut row = MessageRow {
        waba: number.waba.clone(),
        phone: phone.to_owned(),
        input,
        wa_id: to.wa_id.clone(),
        kind: envelope.kind.clone(),
        tag: envelope.tag.clone(),
        outside: !turn.world.people.window_open(phone, &to.wa_id, now),
        accepted_at: now,
        ..MessageRow::default()
    };
    row.details.by_user_id = matches!(envelope.to, Address::User(_));
    row.details.context.clone_from(&envelope.context);
    if number.identity_check {
        let identity = turn.world.people.identity(turn.world.seed, &to.wa_id);
        row.details.identity = Some(identity);
    }
    let checked = check(turn, &envelope, &mut row)?;
    envelope.unfetchable |= checked.wrong_file;
    let account = &turn.world.accounts[&number.waba];
    permission::restrictions(turn, account, row.outside, checked.category)?;
    if checked.category == Some(Category::Authentication) && row.details.by_user_id {
        return Err(GraphError::message(
            131_062,
            "Authentication templates need the recipient's phone number.",
        ));
    }
    if to.wa_id == number.e164.trim_start_matches('+') {
        return Err(GraphError::message(
            131_021,
            "Sender and recipient phone number is the same.",
        ));
    }
    refused(turn, &to.wa_id)?;
    limits(turn, &row, checked.category)?;
    let fate = accept::fate(turn, &envelope, &to, &row, checked.category);
    let lie = fate == Some(Fate::TakenButError);
    let told_first = fate == Some(Fate::ToldFirst);
    let reply = accept::accept(turn, row, fate, checked.ttl, lie)?;
    Ok((reply, told_first))
}

fn throughput(turn: &mut Turn<'_>, number: &Number) -> Result<(), GraphError> {
    let now = turn.now.as_millisecond();
    let per_second = number.throughput.per_second();
    if !turn.world.behaviour.enforce.throughput
        || turn.world.limits.throughput(&number.id, per_second, now)
    {
        return Ok(());
    }
    Err(GraphError::message(
        130_429,
        "Message failed to send because there were too many messages sent from this phone number in a short period \
         of time",
    ))
}

/// Returns who is meant, and what the call said.
fn addressee(
    turn: &Turn<'_>,
    to: &Address,
    number: &Number,
) -> Result<(Recipient, String), GraphError> {
    match to {
        Address::Number(to) => Ok((recipient::resolve(to, number.country_code)?, to.clone())),
        Address::User(user) => {
            let wa_id = people::wa_id_of(turn.world.seed, user).ok_or_else(|| {
                GraphError::message(
                    131_009,
                    format!("Parameter recipient is no user id: {user:?}"),
                )
            })?;
            let to = recipient::resolve(&format!("+{wa_id}"), number.country_code)?;
            Ok((to, user.clone()))
        }
    }
}

/// Checks the content, and keeps of it what is kept.
fn check(
    turn: &Turn<'_>,
    envelope: &Envelope,
    row: &mut MessageRow,
) -> Result<Checked, GraphError> {
    let attachments = Attachments {
        world: turn.world,
        phone: &row.phone,
        now: turn.now,
    };
    match &envelope.content {
        Content::Template {
            name,
            language,
            components,
        } => {
            let template = sendable(turn, &row.waba, name, language)?;
            let text = parameters::check(template, components.as_ref())?;
            if let Some(components) = components {
                attachments.check(components, "template['components']")?;
            }
            row.text = Some(text);
            row.template_id = i64::try_from(template.id).ok();
            row.template = Some(name.clone());
            row.language = Some(language.clone());
            row.category = json!(template.category).as_str().map(str::to_lowercase);
            row.details.answers = answers::of_template(template, components.as_ref());
            Ok(Checked {
                category: Some(template.category),
                ttl: template.message_send_ttl_seconds.filter(|ttl| *ttl > 0),
                wrong_file: false,
            })
        }
        Content::Session(session) => {
            let mut checked = Checked::default();
            for (path, kind, named) in &session.files {
                let media = attachments.find(named, path)?;
                checked.wrong_file |= media.is_some_and(|media| media.kind != *kind);
            }
            row.text.clone_from(&session.text);
            row.details.answers.clone_from(&session.answers);
            Ok(checked)
        }
    }
}

/// Refuses what certain numbers are refused.
fn refused(turn: &mut Turn<'_>, wa_id: &str) -> Result<(), GraphError> {
    let code = match magic::of(wa_id) {
        Some(Fate::Refused(code)) => code,
        Some(Fate::RefusedFirst(code)) if accept::first_try(turn, wa_id) => code,
        _ => return Ok(()),
    };
    let details = "The sandbox answers this number so.";
    Err(GraphError::message(code, details))
}

/// Refuses what is too much for one person, or for the portfolio. Only templates outside the service window count there.
fn limits(
    turn: &mut Turn<'_>,
    row: &MessageRow,
    category: Option<Category>,
) -> Result<(), GraphError> {
    let enforce = turn.world.behaviour.enforce;
    let now = row.accepted_at;
    if enforce.pair && !turn.world.limits.pair(&row.phone, &row.wa_id, now) {
        return Err(GraphError::message(
            131_056,
            "Message failed to send because there were too many messages sent from this phone number to the same \
             recipient in a short period of time",
        ));
    }
    let most = turn.world.portfolio.messaging_limit.people();
    let counts = row.outside && category.is_some();
    if enforce.portfolio && counts && !turn.world.limits.person(&row.wa_id, most, now) {
        // Meta documents no code for this; it surfaces as a spam limit.
        return Err(GraphError::message(
            131_048,
            "Message failed to send because there are restrictions on how many messages can be sent from this phone \
             number.",
        ));
    }
    Ok(())
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
