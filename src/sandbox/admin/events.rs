//! What Meta tells of accounts and numbers, and any webhook at all.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::account::word;
use crate::sandbox::core::Turn;
use crate::sandbox::duration;
use crate::sandbox::options::DEFAULT_WABA_ID;
use crate::sandbox::webhooks::{self, Change};
use crate::sandbox::world::{Number, Restricted};

fn tell(turn: &mut Turn<'_>, waba: &str, field: &str, value: &Value) {
    let at = turn.now;
    let change = Change {
        waba,
        phone: None,
        field,
        value,
        at,
    };
    webhooks::tell(turn, &change);
}

/// `POST /_sandbox/webhooks`: sends any change as it is given, signed. With `number`, by id or in E.164, it is about that
/// number: overrides count, and an object gets the number's metadata unless it has some.
pub(super) fn send(turn: &mut Turn<'_>, body: &Value) -> Result<Value, String> {
    let field = body["field"].as_str().ok_or("\"field\" is needed")?;
    let value = body.get("value").ok_or("\"value\" is needed")?;
    let number = match body["number"].as_str() {
        None => None,
        Some(wanted) => {
            let is = |number: &&Number| number.id == wanted || number.e164 == wanted;
            let found = turn.world.numbers.values().find(is).cloned();
            Some(found.ok_or_else(|| format!("there is no number {wanted}"))?)
        }
    };
    let waba = match &number {
        Some(number) => number.waba.clone(),
        None => body["waba_id"]
            .as_str()
            .unwrap_or(DEFAULT_WABA_ID)
            .to_owned(),
    };
    let change = Change {
        waba: &waba,
        phone: number.as_ref().map(|number| number.id.as_str()),
        field,
        value,
        at: turn.now,
    };
    let told = webhooks::tell(turn, &change);
    Ok(json!({"told": told}))
}

/// What a call says about an account beyond what can be read of it.
pub(super) struct News {
    review: Option<String>,
    restrictions: Option<Vec<Restricted>>,
    ban: Option<&'static str>,
    violation: Option<String>,
    alert: Option<Value>,
}

impl News {
    /// Reads it, before anything is changed.
    pub(super) fn read(now: Timestamp, body: &Value) -> Result<Self, String> {
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        let restrictions = match &body["restrictions"] {
            Value::Null => None,
            Value::Array(given) => Some(
                given
                    .iter()
                    .map(|given| restricted(now, given))
                    .collect::<Result<_, _>>()?,
            ),
            _ => return Err("restrictions must be a list".into()),
        };
        let states = ["DISABLE", "REINSTATE", "SCHEDULE_FOR_DISABLE"];
        let ban = match text("ban") {
            None => None,
            Some(state) => {
                let known = states
                    .into_iter()
                    .find(|known| known.eq_ignore_ascii_case(&state));
                Some(known.ok_or_else(|| format!("ban is one of {}", states.join(", ")))?)
            }
        };
        Ok(Self {
            review: text("account_review_status"),
            restrictions,
            ban,
            violation: text("violation"),
            alert: body.get("alert").cloned(),
        })
    }

    /// Changes the account where it says so, and tells of everything.
    pub(super) fn tell(self, turn: &mut Turn<'_>, waba: &str) {
        let Self {
            review,
            restrictions,
            ban,
            violation,
            alert,
        } = self;
        if let Some(decision) = review {
            let value = json!({"decision": decision.to_uppercase()});
            tell(turn, waba, "account_review_update", &value);
        }
        if let Some(restrictions) = restrictions {
            restrict(turn, waba, restrictions);
        }
        if let Some(state) = ban {
            change_ban(turn, waba, state);
        }
        if let Some(violation) = violation {
            let info = json!({"violation_type": violation});
            let value = json!({"event": "ACCOUNT_VIOLATION", "violation_info": info});
            tell(turn, waba, "account_update", &value);
        }
        if let Some(given) = alert {
            raise(turn, waba, &given);
        }
    }
}

/// Reads a restriction: a type, or `{"type", "for" or "expiration"}`.
fn restricted(now: Timestamp, given: &Value) -> Result<Restricted, String> {
    let kind = word("restrictions", given.get("type").unwrap_or(given))?;
    let until = match (&given["for"], &given["expiration"]) {
        (Value::String(by), _) => {
            let by = duration::parse(by)
                .ok_or_else(|| format!("{by:?} is no duration such as \"24h\""))?;
            now.saturating_add(by).ok()
        }
        (_, Value::Number(seconds)) => seconds
            .as_i64()
            .and_then(|seconds| Timestamp::from_second(seconds).ok()),
        _ => None,
    };
    Ok(Restricted { kind, until })
}

/// Replaces an account's restrictions. They end by themselves; nobody is told when.
fn restrict(turn: &mut Turn<'_>, waba: &str, restrictions: Vec<Restricted>) {
    let info: Vec<Value> = restrictions.iter().map(shown).collect();
    turn.account(waba).restrictions = restrictions;
    if !info.is_empty() {
        let value = json!({"event": "ACCOUNT_RESTRICTION", "restriction_info": info});
        tell(turn, waba, "account_update", &value);
    }
}

fn shown(restriction: &Restricted) -> Value {
    let mut shown = json!({"restriction_type": restriction.kind});
    if let Some(until) = restriction.until {
        shown["expiration"] = until.as_second().into();
    }
    shown
}

/// Disables an account, says that it will be, or lets it go on.
fn change_ban(turn: &mut Turn<'_>, waba: &str, state: &str) {
    match state {
        "DISABLE" => turn.account(waba).status = "DISABLED".into(),
        "REINSTATE" => turn.account(waba).status = "ACTIVE".into(),
        _ => {}
    }
    let date = turn.now.strftime("%B %-d, %Y").to_string();
    let info = json!({"waba_ban_state": state, "waba_ban_date": date});
    let value = json!({"event": "DISABLED_UPDATE", "ban_info": info});
    tell(turn, waba, "account_update", &value);
}

fn raise(turn: &mut Turn<'_>, waba: &str, alert: &Value) {
    let or = |name: &str, usual: &str| alert[name].as_str().unwrap_or(usual).to_owned();
    let info = json!({
        "alert_severity": or("severity", "INFORMATIONAL"),
        "alert_status": or("status", "ACTIVE"),
        "alert_type": or("type", "OBA_APPROVED"),
        "alert_description": or("description", "An alert of the sandbox."),
    });
    let value = json!({
        "entity_type": or("entity_type", "BUSINESS"),
        "entity_id": or("entity_id", waba),
        "alert_info": info,
    });
    tell(turn, waba, "account_alerts", &value);
}

/// Tells what an account is now capable of.
pub(super) fn capability(turn: &mut Turn<'_>, waba: &str) {
    let portfolio = &turn.world.portfolio;
    let mut value = json!({"max_daily_conversations_per_business": portfolio.messaging_limit});
    // Which of the two there is depends on the portfolio.
    if portfolio.verified {
        value["max_phone_numbers_per_waba"] = 25.into();
    } else {
        value["max_phone_numbers_per_business"] = 2.into();
    }
    tell(turn, waba, "business_capability_update", &value);
}

/// Tells of what was changed about a number, `before` being what it was.
pub(super) fn of_number(turn: &mut Turn<'_>, before: &Number, body: &Value) {
    let Some(number) = turn.world.numbers.get(&before.id).cloned() else {
        return;
    };
    let display = number.e164.trim_start_matches('+');
    let raised = number.throughput.per_second() > before.throughput.per_second();
    let event = body["event"]
        .as_str()
        .or(raised.then_some("THROUGHPUT_UPGRADE"));
    if let Some(event) = event {
        let limit = turn.world.portfolio.messaging_limit;
        let value = json!({
            "display_phone_number": display,
            "event": event,
            "current_limit": limit,
            "max_daily_conversations_per_business": limit,
        });
        tell(turn, &number.waba, "phone_number_quality_update", &value);
    }
    if !body["name_status"].is_null() {
        let decision = match number.name_status.as_str() {
            "APPROVED" | "AVAILABLE_WITHOUT_REVIEW" => "APPROVED",
            "DECLINED" => "REJECTED",
            "PENDING_REVIEW" => "PENDING",
            _ => "DEFERRED",
        };
        let value = json!({
            "display_phone_number": display,
            "decision": decision,
            "requested_verified_name": number.verified_name,
            "rejection_reason": body["rejection_reason"],
        });
        tell(turn, &number.waba, "phone_number_name_update", &value);
    }
    if let Some(event) = body["security"].as_str() {
        let requester = crate::sandbox::options::SYSTEM_USER_ID;
        let value =
            json!({"display_phone_number": display, "event": event, "requester": requester});
        tell(turn, &number.waba, "security", &value);
    }
}
