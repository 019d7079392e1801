//! Accounts, numbers and the general behaviour.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::Failure;
use super::events::{self, News};
use crate::sandbox::core::{Core, Turn};
use crate::sandbox::messages::{Limits, MAGIC};
use crate::sandbox::options::DEFAULT_WABA_ID;
use crate::sandbox::world::{Number, Tier};

/// Reads a value that is one of a few words, in any case.
pub(super) fn word<T: DeserializeOwned>(name: &str, value: &Value) -> Result<T, String> {
    let upper = value
        .as_str()
        .map_or_else(|| value.clone(), |text| text.to_uppercase().into());
    serde_json::from_value(upper).map_err(|error| format!("{name}: {error}"))
}

fn text(name: &str, value: &Value) -> Result<String, String> {
    value
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| format!("{name} must be a text"))
}

fn unknown(name: &str, known: &str) -> String {
    format!("unknown key {name:?}; known: {known}")
}

/// Changes the general behaviour.
pub(super) fn change_behaviour(turn: &mut Turn<'_>, body: &Value) -> Result<Value, String> {
    let behaviour = turn.world.behaviour.changed(body)?;
    turn.keep("behaviour", "", &behaviour);
    let shown = json!(behaviour);
    turn.world.behaviour = behaviour;
    Ok(shown)
}

/// Shows an account and its portfolio.
pub(super) fn shown(turn: &mut Turn<'_>, waba: Option<&str>) -> Value {
    let waba = waba.unwrap_or(DEFAULT_WABA_ID);
    let limit = turn.world.template_limit(waba);
    json!({
        "account": turn.world.accounts.get(waba),
        "portfolio": turn.world.portfolio,
        "message_template_limit": limit,
    })
}

/// Changes an account or its portfolio.
pub(super) async fn change(core: &Core, body: &Value) -> Result<Value, Failure> {
    let waba = body["waba_id"]
        .as_str()
        .unwrap_or(DEFAULT_WABA_ID)
        .to_owned();
    if waba.is_empty() || !waba.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Failure::Bad("waba_id must be a text of digits".into()));
    }
    // Whom the portfolio messaged is only counted while there is a limit: it is looked up when one is set.
    let limit = match body.get("messaging_limit") {
        None => None,
        Some(value) => Some(word::<Tier>("messaging_limit", value)?),
    };
    let recent = match limit {
        Some(limit) => {
            let back = Limits::look_back(limit.people().is_some());
            let since = core
                .clock
                .now()
                .saturating_sub(back)
                .unwrap_or(jiff::Timestamp::MIN);
            Some(core.data.recent(since).await?)
        }
        None => None,
    };
    core.turn(|turn| {
        let news = News::read(turn.now, body)?;
        apply(turn, &waba, body)?;
        news.tell(turn, &waba);
        if let (Some(limit), Some(recent)) = (limit, recent) {
            turn.world.portfolio.messaging_limit = limit;
            turn.world.limits.rebuild(&recent, limit.people().is_some());
        }
        let portfolio = turn.world.portfolio.clone();
        turn.keep("portfolio", "", &portfolio);
        turn.keep_account(&waba);
        if limit.is_some() {
            events::capability(turn, &waba);
        }
        Ok(shown(turn, Some(&waba)))
    })
}

fn apply(turn: &mut Turn<'_>, waba: &str, body: &Value) -> Result<(), Failure> {
    let mut account = turn.account(waba).clone();
    let mut verified = None;
    for (name, value) in body.as_object().unwrap_or(&Map::new()) {
        match name.as_str() {
            "waba_id" | "messaging_limit" | "restrictions" | "ban" | "violation" | "alert" => {}
            "name" => account.name = text(name, value)?,
            "currency" => account.currency = text(name, value)?,
            "timezone_id" => account.timezone_id = text(name, value)?,
            "country" => account.country = text(name, value)?,
            "status" => account.status = text(name, value)?.to_uppercase(),
            "account_review_status" => {
                account.account_review_status = text(name, value)?.to_uppercase();
            }
            "template_limit" => {
                let limit = value.as_u64().and_then(|limit| usize::try_from(limit).ok());
                if limit.is_none() && !value.is_null() {
                    return Err(Failure::Bad(
                        "template_limit must be a number or null".into(),
                    ));
                }
                account.template_limit = limit;
            }
            "verified" => {
                verified = Some(
                    value
                        .as_bool()
                        .ok_or_else(|| Failure::Bad("verified must be true or false".into()))?,
                );
            }
            "throughput" => {
                let level = word("throughput", value)?;
                let ids: Vec<String> = turn
                    .world
                    .numbers_of(waba)
                    .map(|number| number.id.clone())
                    .collect();
                for id in ids {
                    if let Some(number) = turn.world.numbers.get_mut(&id) {
                        number.throughput = level;
                    }
                    turn.keep_number(&id);
                }
            }
            name => {
                let known = "waba_id, messaging_limit, template_limit, verified, throughput, name, currency, \
                             timezone_id, country, status, account_review_status, restrictions, ban, violation, alert";
                return Err(Failure::Bad(unknown(name, known)));
            }
        }
    }
    if let Some(verified) = verified {
        turn.world.portfolio.verified = verified;
    }
    *turn.account(waba) = account;
    Ok(())
}

/// Shows the accounts' numbers, and the numbers that behave in a certain way.
pub(super) fn numbers(turn: &mut Turn<'_>) -> Value {
    let own: Vec<&Number> = turn.world.numbers.values().collect();
    let magic: Vec<Value> = MAGIC
        .iter()
        .map(|magic| json!({"number": magic.number, "behaviour": magic.says}))
        .collect();
    json!({"data": own, "magic": magic})
}

/// Adds a number to an account, or changes one.
pub(super) fn change_number(turn: &mut Turn<'_>, body: &Value) -> Result<Value, String> {
    let waba = body["waba_id"].as_str().unwrap_or(DEFAULT_WABA_ID);
    let id = match (body["id"].as_str(), body["number"].as_str()) {
        (Some(id), _) if turn.world.numbers.contains_key(id) => id.to_owned(),
        (Some(id), _) => return Err(format!("there is no number with the id {id}")),
        (None, Some(number)) => turn
            .add_number(waba, number)
            .ok_or_else(|| format!("{number:?} is no telephone number"))?,
        (None, None) => return Err("\"id\" or \"number\" is needed".into()),
    };
    let mut number = turn.world.numbers[&id].clone();
    for (name, value) in body.as_object().unwrap_or(&Map::new()) {
        match name.as_str() {
            "id" | "number" | "waba_id" | "event" | "security" | "rejection_reason" => {}
            "identity_check" => {
                number.identity_check = value
                    .as_bool()
                    .ok_or("identity_check must be true or false")?;
            }
            "status" => number.status = word(name, value)?,
            "quality_rating" => number.quality_rating = word(name, value)?,
            "throughput" => number.throughput = word(name, value)?,
            "name_status" => number.name_status = text(name, value)?.to_uppercase(),
            "verified_name" => number.verified_name = text(name, value)?,
            "code_verification_status" => {
                number.code_verification_status = text(name, value)?.to_uppercase();
            }
            "platform_type" => number.platform_type = text(name, value)?.to_uppercase(),
            "account_mode" => number.account_mode = text(name, value)?.to_uppercase(),
            name => {
                let known = "id, number, waba_id, status, quality_rating, throughput, name_status, verified_name, \
                             code_verification_status, platform_type, account_mode, identity_check, event, security, \
                             rejection_reason";
                return Err(unknown(name, known));
            }
        }
    }
    let shown = json!(number);
    let before = turn.world.numbers.insert(id.clone(), number);
    turn.keep_number(&id);
    if let Some(before) = before {
        events::of_number(turn, &before, body);
    }
    Ok(shown)
}
