//! `/_sandbox/inbound`: playing a customer.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::content::{self, Content, KINDS};
use super::{Profile, message, message_value, note};
use crate::sandbox::core::{Core, Turn};
use crate::sandbox::data::{Error, InboundFilter, InboundRow, MessageFilter, MessageRow, Write};
use crate::sandbox::messages::{inbound_wamid, resolve, seq_of, wamid};
use crate::sandbox::options::DEFAULT_PHONE_ID;
use crate::sandbox::webhooks::{self, Change};
use crate::sandbox::world::Number;
use crate::sandbox::{media, people};

/// How many of the latest messages to a person are looked through for one with buttons.
const LOOK_BACK: i64 = 100;

/// Why a customer cannot be played.
#[derive(Debug)]
pub(crate) enum Failure {
    Bad(String),
    Broken(Error),
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self::Bad(message)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Broken(error)
    }
}

/// Refuses keys that nobody reads.
pub(super) fn known(body: &Value, known: &[&str]) -> Result<(), String> {
    let unknown = |name: &&String| !known.contains(&name.as_str());
    match body.as_object().and_then(|body| body.keys().find(unknown)) {
        Some(name) => Err(format!("unknown key {name:?}; known: {}", known.join(", "))),
        None => Ok(()),
    }
}

/// Returns who writes, by number or user id.
pub(super) fn person(seed: u64, body: &Value) -> Result<String, String> {
    let from = body["from"]
        .as_str()
        .ok_or("\"from\" is needed: a telephone number")?;
    if let Some(wa_id) = people::wa_id_of(seed, from) {
        return Ok(wa_id);
    }
    let number = format!("+{}", from.trim().trim_start_matches('+'));
    match resolve(&number, 0) {
        Ok(person) => Ok(person.wa_id),
        Err(_) => Err(format!("\"from\" is no telephone number: {from:?}")),
    }
}

/// Returns the number that is written to.
pub(super) fn number(turn: &Turn<'_>, body: &Value) -> Result<Number, String> {
    let to = body["to"].as_str().unwrap_or(DEFAULT_PHONE_ID);
    let is = |number: &&Number| number.id == to || number.e164 == to;
    let found = turn.world.numbers.values().find(is);
    found
        .cloned()
        .ok_or_else(|| format!("there is no number {to}"))
}

pub(super) fn profile(body: &Value) -> Profile {
    let text = |name: &str| body[name].as_str().map(str::to_owned);
    let usual = Profile::default();
    Profile {
        name: text("name").unwrap_or(usual.name),
        username: text("username"),
        hidden: body["hide_number"].as_bool().unwrap_or_default(),
    }
}

/// What is written, to whom, about what.
struct Letter {
    number: Number,
    wa_id: String,
    profile: Profile,
    content: Content,
    /// The id of the message that it answers.
    context: Option<String>,
    at: Timestamp,
    /// Left out: drawn.
    id: Option<String>,
}

/// `POST /_sandbox/inbound`.
pub(crate) async fn play(core: &Core, body: &Value) -> Result<Value, Failure> {
    let mut keys = vec![
        "from",
        "to",
        "name",
        "username",
        "hide_number",
        "context",
        "at",
    ];
    keys.extend(KINDS);
    known(body, &keys)?;
    let given: Vec<&str> = KINDS
        .into_iter()
        .filter(|kind| !body[*kind].is_null())
        .collect();
    let [kind] = given[..] else {
        return Err(Failure::Bad(format!(
            "exactly one is needed of {}",
            KINDS.join(", ")
        )));
    };
    let (number, wa_id, seed) = core.turn(|turn| {
        let seed = turn.world.seed;
        Ok::<_, String>((number(turn, body)?, person(seed, body)?, seed))
    })?;
    let about = about(core, &number.id, &wa_id, kind, &body["context"]).await?;
    let at = time(core, &body["at"])?;
    let letter = core.turn(|turn| {
        let content = compose(turn, &number, &wa_id, kind, &body[kind], about.as_ref())?;
        let shown = match &body["context"] {
            Value::Bool(false) => None,
            Value::String(none) if none == "none" => None,
            Value::String(id) if id != "last" => Some(id.clone()),
            _ => about.as_ref().map(|row| wamid(seed, row.seq, &row.wa_id)),
        };
        Ok::<_, String>(Letter {
            // A reaction says itself what it is about.
            context: shown.filter(|_| kind != "reaction"),
            profile: profile(body),
            id: body["raw"]["id"].as_str().map(str::to_owned),
            number: number.clone(),
            wa_id: wa_id.clone(),
            content,
            at,
        })
    })?;
    Ok(core.turn(|turn| post(turn, &letter)))
}

fn time(core: &Core, at: &Value) -> Result<Timestamp, String> {
    match at {
        Value::Null => Ok(core.clock.now()),
        Value::Number(seconds) => seconds
            .as_i64()
            .and_then(|seconds| Timestamp::from_second(seconds).ok())
            .ok_or_else(|| format!("\"at\" is no time: {seconds}")),
        at => at
            .as_str()
            .and_then(|at| at.parse().ok())
            .ok_or_else(|| format!("\"at\" is no time such as 2026-05-01T09:00:00Z: {at}")),
    }
}

/// Finds the message that is answered: the one named, or for taps, choices and reactions the latest that fits.
async fn about(
    core: &Core,
    phone: &str,
    wa_id: &str,
    kind: &str,
    context: &Value,
) -> Result<Option<MessageRow>, Failure> {
    if let Some(id) = context.as_str().filter(|id| *id != "last" && *id != "none") {
        let Some(seq) = seq_of(id) else {
            // Some other message, perhaps the customer's own.
            return Ok(None);
        };
        let filter = MessageFilter {
            limit: 1,
            seq: Some(seq),
            ..MessageFilter::default()
        };
        return Ok(core.data.messages(filter).await?.pop());
    }
    let answers = matches!(kind, "button" | "interactive");
    if !answers && kind != "reaction" && context != "last" {
        return Ok(None);
    }
    let (phone, wa_id) = (phone.to_owned(), wa_id.to_owned());
    let latest = core.data.latest_to(phone, wa_id, LOOK_BACK).await?;
    // Nobody taps what did not arrive.
    let fits =
        |row: &MessageRow| row.failed_at.is_none() && (!answers || !row.details.answers.is_empty());
    Ok(latest.into_iter().find(fits))
}

/// Makes the content, and changes the world where it says so.
fn compose(
    turn: &mut Turn<'_>,
    number: &Number,
    wa_id: &str,
    kind: &str,
    body: &Value,
    about: Option<&MessageRow>,
) -> Result<Content, String> {
    match kind {
        "button" => {
            let row = about.ok_or("no message with buttons was sent to this person")?;
            Ok(content::choice(content::chosen(
                &row.details.answers,
                body,
            )?))
        }
        "reaction" => reaction(turn, body, about),
        "system" => system(turn, wa_id, body),
        "raw" => raw(body),
        kind => match content::file_type(kind) {
            Some(media_type) => file(turn, number, kind, media_type, body),
            None => content::read(kind, body),
        },
    }
}

fn reaction(turn: &Turn<'_>, body: &Value, about: Option<&MessageRow>) -> Result<Content, String> {
    let mut whole = match body {
        Value::String(emoji) => json!({"emoji": emoji}),
        Value::Object(_) => body.clone(),
        _ => return Err("\"reaction\" must be an emoji or an object".into()),
    };
    if whole["message_id"].is_null() {
        let row = about.ok_or("there is no message to react to")?;
        whole["message_id"] = wamid(turn.world.seed, row.seq, &row.wa_id).into();
    }
    content::read("reaction", &whole)
}

/// Takes the whole message as it is given.
fn raw(body: &Value) -> Result<Content, String> {
    let kind = body["type"]
        .as_str()
        .ok_or("\"raw\" must be a message with a \"type\"")?;
    let parts: Map<String, Value> = body.as_object().cloned().unwrap_or_default();
    Ok(Content::whole(kind, parts))
}

/// A file: kept like one that was uploaded, so that it can be asked for by id.
fn file(
    turn: &mut Turn<'_>,
    number: &Number,
    kind: &str,
    media_type: &str,
    body: &Value,
) -> Result<Content, String> {
    let mut whole = match body {
        Value::Bool(true) => json!({}),
        Value::Object(_) => body.clone(),
        _ => return Err(format!("\"{kind}\" must be an object, or true")),
    };
    if whole["mime_type"].is_null() {
        whole["mime_type"] = media_type.into();
    }
    if whole["id"].is_null() {
        let media_type = whole["mime_type"].as_str().unwrap_or(media_type).to_owned();
        let media = media::receive(turn, &number.id, &media_type)
            .ok_or_else(|| format!("{media_type:?} is no type that WhatsApp takes"))?;
        whole["id"] = media.id.to_string().into();
        whole["sha256"] = media.sha256.into();
    }
    content::read(kind, &whole)
}

/// A change of number or identity, which the sandbox remembers.
fn system(turn: &mut Turn<'_>, wa_id: &str, body: &Value) -> Result<Content, String> {
    let seed = turn.world.seed;
    let mut whole = body.clone();
    match body["type"].as_str() {
        Some("user_changed_number") => {
            let new = body["wa_id"]
                .as_str()
                .ok_or("the new number is needed: \"wa_id\"")?;
            let new = person(seed, &json!({"from": new}))?;
            whole["body"] = format!("User Sandbox changed from {wa_id} to {new}").into();
            whole["wa_id"] = new.as_str().into();
            turn.change_person(wa_id, |person| person.moved_to = Some(new));
            content::read("system", &whole)
        }
        Some("customer_identity_changed") => {
            let drawn = format!("{wa_id} {}", turn.world.next_inbound);
            let hash = body["hash"]
                .as_str()
                .map_or_else(|| people::fresh_identity(seed, &drawn), str::to_owned);
            if let Some(whole) = whole.as_object_mut() {
                whole.remove("hash");
            }
            whole["body"] = "The security code of User Sandbox changed".into();
            whole["identity"] = hash.as_str().into();
            whole["wa_id"] = wa_id.into();
            turn.change_person(wa_id, |person| person.identity = Some(hash));
            content::read("system", &whole)
        }
        _ => content::read("system", &whole),
    }
}

/// Keeps what was written and tells of it.
fn post(turn: &mut Turn<'_>, letter: &Letter) -> Value {
    let seed = turn.world.seed;
    let Letter {
        number,
        wa_id,
        profile,
        content,
        ..
    } = letter;
    let drawn = || inbound_wamid(seed, &format!("inbound {}", turn.world.next_inbound), wa_id);
    let id = letter.id.clone().unwrap_or_else(drawn);
    let mut shown = message(seed, wa_id, profile, &id, letter.at);
    if let Some(context) = &letter.context {
        let from = number.e164.trim_start_matches('+');
        shown["context"] = json!({"from": from, "id": context});
    }
    content.put(&mut shown);
    let changed =
        content.kind == "system" && shown["system"]["type"] == "customer_identity_changed";
    if number.identity_check || changed {
        shown["identity"] = json!({
            "acknowledged": !changed,
            "created_timestamp": letter.at.as_second().to_string(),
            "hash": turn.world.people.identity(seed, wa_id),
        });
    }
    let row = InboundRow {
        id: id.clone(),
        waba: number.waba.clone(),
        phone: number.id.clone(),
        wa_id: wa_id.clone(),
        kind: content.kind.clone(),
        value: shown.to_string(),
        // A window is never open longer than from now.
        at: letter.at.min(turn.now).as_millisecond(),
        ..InboundRow::default()
    };
    note(turn, &row);
    turn.writes.push(Write::Inbound(Box::new(row)));
    let change = Change {
        waba: &number.waba,
        phone: Some(&number.id),
        field: "messages",
        value: &message_value(seed, wa_id, profile, &shown),
        at: turn.now,
    };
    let told = webhooks::tell(turn, &change);
    json!({
        "id": id,
        "context": letter.context,
        "user_id": people::user_id(seed, wa_id),
        "told": told,
    })
}

/// `GET /_sandbox/inbound?after=&limit=&from=&to=`.
pub(crate) async fn list(core: &Core, filter: InboundFilter) -> Result<Value, Error> {
    core.catch_up().await?;
    let rows = core.data.inbound(filter).await?;
    let time = |millis: i64| {
        Timestamp::from_millisecond(millis).map_or(Value::Null, |at| at.to_string().into())
    };
    let shown = rows.iter().map(|row| {
        json!({
            "seq": row.seq,
            "id": row.id,
            "waba_id": row.waba,
            "phone_number_id": row.phone,
            "wa_id": row.wa_id,
            "kind": row.kind,
            "value": serde_json::from_str::<Value>(&row.value).unwrap_or_default(),
            "at": time(row.at),
            "read_at": row.read_at.map(time),
        })
    });
    Ok(json!({"data": shown.collect::<Vec<_>>()}))
}
