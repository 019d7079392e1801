//! Reading accounts, numbers, the portfolio and the app.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::core::Turn;
use super::graph::{Fields, GraphError, NodeType, page};
use super::http::{Call, Reply};
use super::options::{APP_ID, APP_NAME, BUSINESS_ID};
use super::random::{mix, mix_text};
use super::subscriptions;
use super::world::{Account, Number, NumberStatus, Status, Template};

const ACCOUNT: NodeType = NodeType {
    name: "WhatsAppBusinessAccount",
    default: &[
        "id",
        "name",
        "currency",
        "timezone_id",
        "message_template_namespace",
    ],
    known: &[
        "id",
        "name",
        "currency",
        "timezone_id",
        "country",
        "message_template_namespace",
        "status",
        "account_review_status",
        "business_verification_status",
        "ownership_type",
        "is_enabled_for_insights",
        "marketing_messages_lite_api_status",
        "marketing_messages_onboarding_status",
        "disable_marketing_messages_on_cloud_api",
        "on_behalf_of_business_info",
        "owner_business_info",
        "health_status",
        "phone_numbers",
        "subscribed_apps",
        "primary_funding_id",
        "purchase_order_number",
        "whatsapp_business_manager_messaging_limit",
    ],
};

const NUMBER: NodeType = NodeType {
    name: "WhatsAppBusinessPhoneNumber",
    default: &[
        "verified_name",
        "code_verification_status",
        "display_phone_number",
        "quality_rating",
        "platform_type",
        "throughput",
        "webhook_configuration",
        "id",
    ],
    known: &[
        "id",
        "display_phone_number",
        "verified_name",
        "status",
        "quality_rating",
        "quality_score",
        "name_status",
        "new_name_status",
        "code_verification_status",
        "platform_type",
        "throughput",
        "account_mode",
        "messaging_limit_tier",
        "whatsapp_business_manager_messaging_limit",
        "is_official_business_account",
        "is_pin_enabled",
        "is_on_biz_app",
        "is_preverified_number",
        "last_onboarded_time",
        "certificate",
        "new_certificate",
        "search_visibility",
        "eligibility_for_api_business_global_search",
        "conversational_automation",
        "webhook_configuration",
        "health_status",
    ],
};

fn fields(call: &Call, node: &NodeType) -> Result<Fields, GraphError> {
    let fields = Fields::parse(&call.text("fields").unwrap_or_default())?;
    fields.check(node)?;
    Ok(fields)
}

fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// `GET /{WABA}`.
pub(super) fn account(turn: &mut Turn<'_>, call: &Call, waba: &str) -> Result<Reply, GraphError> {
    let fields = fields(call, &ACCOUNT)?;
    let account = turn.account(waba).clone();
    let verified = if turn.world.portfolio.verified {
        "verified"
    } else {
        "not_verified"
    };
    let numbers: Vec<Value> = turn
        .world
        .numbers_of(waba)
        .map(|number| Value::Object(number_map(turn, number)))
        .map(|number| Fields::default().project(number.as_object().unwrap_or(&Map::new()), &NUMBER))
        .collect();
    let full = map(json!({
        "id": account.id,
        "name": account.name,
        "currency": account.currency,
        "timezone_id": account.timezone_id,
        "country": account.country,
        "message_template_namespace": format!("{:016x}{:016x}", mix_text(1, waba), mix_text(2, waba)),
        "status": account.status,
        "account_review_status": account.account_review_status,
        "business_verification_status": verified,
        "ownership_type": "SELF",
        "is_enabled_for_insights": false,
        "marketing_messages_lite_api_status": "ELIGIBLE",
        "marketing_messages_onboarding_status": "ELIGIBLE",
        "disable_marketing_messages_on_cloud_api": false,
        "owner_business_info": {"name": APP_NAME, "id": BUSINESS_ID},
        "whatsapp_business_manager_messaging_limit": turn.world.portfolio.messaging_limit,
        "health_status": health(vec![account_health(&account, turn.now)]),
        "phone_numbers": {"data": numbers},
        "subscribed_apps": {"data": subscriptions::apps(&account)},
    }));
    Ok(Reply::json(fields.project(&full, &ACCOUNT)))
}

/// `GET /{WABA}/phone_numbers`.
pub(super) fn numbers(turn: &mut Turn<'_>, call: &Call, waba: &str) -> Result<Reply, GraphError> {
    let fields = fields(call, &NUMBER)?;
    let (shuffle, order) = turn.list_order();
    let numbers = turn.world.numbers_of(waba);
    let place = |order: u64, number: &&Number| {
        let id: u64 = number.id.parse().unwrap_or_default();
        if shuffle { mix(order, id) } else { id }
    };
    let page = page(call, turn.core.base_url(), order, numbers, place)?;
    let data: Vec<Value> = page
        .items
        .iter()
        .map(|number| fields.project(&number_map(turn, number), &NUMBER))
        .collect();
    let mut body = json!({"data": data});
    if let Some(paging) = page.paging {
        body["paging"] = paging;
    }
    Ok(Reply::json(body))
}

/// `GET /{PHONE}`.
pub(super) fn number(turn: &mut Turn<'_>, call: &Call, id: &str) -> Result<Reply, GraphError> {
    let fields = fields(call, &NUMBER)?;
    let number = turn
        .world
        .numbers
        .get(id)
        .ok_or_else(|| GraphError::unsupported("get", id))?;
    Ok(Reply::json(
        fields.project(&number_map(turn, number), &NUMBER),
    ))
}

fn number_map(turn: &Turn<'_>, number: &Number) -> Map<String, Value> {
    let account = &turn.world.accounts[&number.waba];
    let app = turn
        .world
        .app
        .callback
        .as_ref()
        .map(|callback| &callback.uri);
    let mut webhooks = Map::new();
    for (level, uri) in [
        ("phone_number", number.override_callback.as_ref()),
        (
            "whatsapp_business_account",
            account.override_callback.as_ref(),
        ),
        ("application", app),
    ] {
        if let Some(uri) = uri {
            webhooks.insert(level.into(), uri.as_str().into());
        }
    }
    let limit = turn.world.portfolio.messaging_limit;
    map(json!({
        "id": number.id,
        "display_phone_number": number.display,
        "verified_name": number.verified_name,
        "status": number.status,
        "quality_rating": number.quality_rating,
        "quality_score": {"score": number.quality_rating},
        "name_status": number.name_status,
        "new_name_status": "NONE",
        "code_verification_status": number.code_verification_status,
        "platform_type": number.platform_type,
        "throughput": {"level": number.throughput},
        "account_mode": number.account_mode,
        "messaging_limit_tier": limit,
        "whatsapp_business_manager_messaging_limit": limit,
        "is_official_business_account": false,
        "is_pin_enabled": true,
        "is_on_biz_app": false,
        "is_preverified_number": false,
        "last_onboarded_time": account.created_at.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string(),
        "search_visibility": "NON_VISIBLE",
        "eligibility_for_api_business_global_search": "NON_ELIGIBLE_UNDEFINED_COUNTRY",
        "webhook_configuration": (!webhooks.is_empty()).then_some(webhooks),
        "health_status": health(vec![number_health(number), account_health(account, turn.now)]),
    }))
}

/// `GET /{BUSINESS}`.
pub(super) fn business(turn: &mut Turn<'_>, call: &Call) -> Result<Reply, GraphError> {
    const BUSINESS: NodeType = NodeType {
        name: "Business",
        default: &["id", "name"],
        known: &[
            "id",
            "name",
            "verification_status",
            "whatsapp_business_manager_messaging_limit",
        ],
    };
    let fields = fields(call, &BUSINESS)?;
    let full = map(json!({
        "id": BUSINESS_ID,
        "name": APP_NAME,
        "verification_status": if turn.world.portfolio.verified { "verified" } else { "not_verified" },
        "whatsapp_business_manager_messaging_limit": turn.world.portfolio.messaging_limit,
    }));
    Ok(Reply::json(fields.project(&full, &BUSINESS)))
}

/// `GET /{APP}`.
pub(super) fn app(call: &Call) -> Result<Reply, GraphError> {
    const APP: NodeType = NodeType {
        name: "Application",
        default: &["id", "name", "link"],
        known: &["id", "name", "link"],
    };
    let fields = fields(call, &APP)?;
    let full = map(
        json!({"id": APP_ID, "name": APP_NAME, "link": "https://www.facebook.com/games/?app_id=670843887433847"}),
    );
    Ok(Reply::json(fields.project(&full, &APP)))
}

/// One entity of a health status.
struct Health {
    kind: &'static str,
    id: String,
    /// What stands in the way: code, text, what to do; none: nothing.
    blocked: Option<(i64, &'static str, &'static str)>,
    /// Why it is limited.
    limited: Option<&'static str>,
}

fn number_health(number: &Number) -> Health {
    let blocked = match number.status {
        NumberStatus::Connected | NumberStatus::Flagged | NumberStatus::RateLimited => None,
        NumberStatus::Banned | NumberStatus::Restricted => Some((
            131_031,
            "The phone number's account has been locked.",
            "See the account's policy violations.",
        )),
        _ => Some((
            133_010,
            "The phone number is not registered.",
            "Register the phone number.",
        )),
    };
    let limited = match number.status {
        NumberStatus::Flagged => Some("The phone number's quality is low."),
        NumberStatus::RateLimited => Some("The phone number has reached its limit."),
        _ => None,
    };
    Health {
        kind: "PHONE_NUMBER",
        id: number.id.clone(),
        blocked,
        limited,
    }
}

fn account_health(account: &Account, now: Timestamp) -> Health {
    let blocked = (account.status != "ACTIVE").then_some((
        141_014,
        "The WhatsApp Business account has been banned.",
        "Appeal in WhatsApp Manager.",
    ));
    Health {
        kind: "WABA",
        id: account.id.clone(),
        blocked,
        limited: account
            .restrictions
            .iter()
            .any(|own| own.until.is_none_or(|until| now < until))
            .then_some("The WhatsApp Business account is restricted."),
    }
}

/// Returns a template's health status.
pub(super) fn template_health(turn: &Turn<'_>, template: &Template) -> Value {
    let blocked = (template.status != Status::Approved).then_some((
        141_002,
        "The template is not approved.",
        "Wait for the review, or edit the template.",
    ));
    let own = Health {
        kind: "MESSAGE_TEMPLATE",
        id: template.id.to_string(),
        blocked,
        limited: None,
    };
    let account = &turn.world.accounts[&template.waba];
    health(vec![own, account_health(account, turn.now)])
}

/// Aggregates: the whole is as well as its worst part.
fn health(mut entities: Vec<Health>) -> Value {
    for (kind, id) in [("BUSINESS", BUSINESS_ID), ("APP", APP_ID)] {
        entities.push(Health {
            kind,
            id: id.into(),
            blocked: None,
            limited: None,
        });
    }
    let can = |entity: &Health| match (&entity.blocked, &entity.limited) {
        (Some(_), _) => "BLOCKED",
        (None, Some(_)) => "LIMITED",
        (None, None) => "AVAILABLE",
    };
    let rank = |can: &str| match can {
        "BLOCKED" => 2,
        "LIMITED" => 1,
        _ => 0,
    };
    let worst = entities
        .iter()
        .map(can)
        .max_by_key(|can| rank(can))
        .unwrap_or("AVAILABLE");
    let entities: Vec<Value> = entities
        .iter()
        .map(|entity| {
            let mut shown = json!({"entity_type": entity.kind, "id": entity.id, "can_send_message": can(entity)});
            if let Some((code, text, solution)) = entity.blocked {
                shown["errors"] =
                    json!([{"error_code": code, "error_description": text, "possible_solution": solution}]);
            } else if let Some(limited) = entity.limited {
                shown["additional_info"] = json!([limited]);
            }
            shown
        })
        .collect();
    json!({"can_send_message": worst, "entities": entities})
}
