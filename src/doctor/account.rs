//! The account: status, review, verification, health, webhooks, version of the API.

use serde_json::Value;

use super::check::{Check, Level};
use crate::meta::{API_VERSION, Account};

const SUPPORT: &str = "see the account's notices in WhatsApp Manager, or Meta Business Support";

/// Judges the account's own node.
pub(super) fn account(subject: &str, account: &Account) -> Vec<Check> {
    let text = |field: &str| account.other.get(field).and_then(Value::as_str);
    let name = account.name.as_deref().unwrap_or(&account.id);
    let currency = account
        .currency
        .as_deref()
        .map(|currency| format!(", pays in {currency}"))
        .unwrap_or_default();
    let status = match text("status") {
        None | Some("ACTIVE") => Check::ok(
            subject,
            "account",
            format!("{name} ({}){currency}", account.id),
        ),
        Some(other) => Check::fail(
            subject,
            "account",
            format!("{name} ({}) is {}", account.id, words(other)),
        )
        .help(SUPPORT),
    };
    let mut checks = vec![status];
    checks.extend(text("account_review_status").map(|review| {
        match review {
            "APPROVED" => Check::ok(subject, "review", "approved"),
            "REJECTED" => Check::fail(subject, "review", "Meta rejected the account").help(SUPPORT),
            other => Check::warn(
                subject,
                "review",
                format!("Meta's review of the account: {}", words(other)),
            )
            .help("nothing to do but to wait; it takes a day or two"),
        }
    }));
    checks.extend(account.business_verification_status.as_deref().map(|status| match status {
        "verified" => Check::ok(subject, "verification", "the business is verified"),
        other => Check::warn(subject, "verification", format!("the business is not verified: {}", words(other)))
            .help("limits stay low until it is (250 new recipients a day): Meta Business Suite, Security centre"),
    }));
    checks
}

/// Judges `health_status` of an account or a number: each entity that stands in the way is told with Meta's own advice.
pub(super) fn health(subject: &str, health: &Value) -> Check {
    let level = |entity: &Value| match entity["can_send_message"].as_str() {
        Some("BLOCKED") => Level::Fail,
        Some("LIMITED") => Level::Warn,
        _ => Level::Ok,
    };
    let Some(overall) = health["can_send_message"].as_str() else {
        return Check::ok(subject, "health", "Meta gives no health status");
    };
    let entities: Vec<&Value> = health["entities"]
        .as_array()
        .into_iter()
        .flatten()
        .collect();
    let mut reasons = Vec::new();
    let mut solutions = Vec::new();
    for entity in entities.iter().filter(|entity| level(entity) > Level::Ok) {
        let kind = words(entity["entity_type"].as_str().unwrap_or("something"));
        let limits = entity["additional_info"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        let errors: Vec<&Value> = entity["errors"].as_array().into_iter().flatten().collect();
        let told = errors
            .iter()
            .filter_map(|error| error["error_description"].as_str())
            .chain(limits);
        let told: Vec<&str> = told.collect();
        reasons.push(format!(
            "{kind}: {}",
            if told.is_empty() {
                "no reason given".to_owned()
            } else {
                told.join(" ")
            }
        ));
        solutions.extend(
            errors
                .iter()
                .filter_map(|error| error["possible_solution"].as_str()),
        );
    }
    let mut message = format!("sending is {}", words(overall));
    if !reasons.is_empty() {
        message = format!("{message}; {}", reasons.join("; "));
    }
    let check = Check::new(level(health), subject, "health", message);
    match (check.level, solutions.is_empty()) {
        (Level::Ok, _) => check,
        (_, true) => check.help(SUPPORT),
        (_, false) => check.help(solutions.join(" ")),
    }
}

/// Judges whether this app hears of what becomes of messages.
pub(super) fn webhooks(subject: &str, apps: &[Value], app_id: &str) -> Check {
    let is_ours = |app: &&Value| app["whatsapp_business_api_data"]["id"].as_str() == Some(app_id);
    match apps.iter().find(is_ours) {
        Some(app) => {
            let target = app["override_callback_uri"].as_str();
            let target = target
                .map(|uri| format!(", messages go to {uri}"))
                .unwrap_or_default();
            Check::ok(
                subject,
                "webhooks",
                format!("the app is subscribed{target}"),
            )
        }
        None => {
            let others = match apps.len() {
                0 => "no app is".to_owned(),
                1 => "another app is".to_owned(),
                count => format!("{count} other apps are"),
            };
            Check::warn(subject, "webhooks", format!("the app is not subscribed to the account's webhooks; {others}"))
                .help("without them nobody learns what was delivered or answered: Meta App Dashboard, WhatsApp, Configuration")
        }
    }
}

/// Judges the version of the Graph API that is used.
pub(super) fn version(subject: &str, used: &str) -> Check {
    let number = |version: &str| {
        let (major, minor) = version.strip_prefix('v')?.split_once('.')?;
        Some((major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?))
    };
    match (number(used), number(API_VERSION)) {
        (Some(used_number), Some(known)) if used_number < known => {
            Check::warn(subject, "api_version", format!("{used} is older than {API_VERSION}, which this waform knows"))
                .help("leave api_version out; Meta takes versions out of use about two years after their release")
        }
        _ => Check::ok(subject, "api_version", used),
    }
}

/// Returns one of Meta's words as people write it.
pub(super) fn words(word: &str) -> String {
    word.to_lowercase().replace('_', " ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn node(fields: Value) -> Account {
        serde_json::from_value(fields).unwrap()
    }

    fn levels(fields: Value) -> Vec<(&'static str, Level)> {
        account("account.main", &node(fields))
            .into_iter()
            .map(|check| (check.check, check.level))
            .collect()
    }

    #[test]
    fn an_active_verified_account_is_fine() {
        let fine = [
            ("account", Level::Ok),
            ("review", Level::Ok),
            ("verification", Level::Ok),
        ];
        let node = json!({ "id": "1", "name": "Shop", "status": "ACTIVE", "account_review_status": "APPROVED",
            "business_verification_status": "verified" });
        assert_eq!(levels(node), fine);
    }

    #[test]
    fn a_banned_account_fails_and_an_unverified_business_is_a_warning() {
        let node = json!({ "id": "1", "status": "DISABLED", "account_review_status": "PENDING",
            "business_verification_status": "not_verified" });
        assert_eq!(
            levels(node),
            [
                ("account", Level::Fail),
                ("review", Level::Warn),
                ("verification", Level::Warn)
            ]
        );
    }

    #[test]
    fn what_meta_does_not_tell_is_not_made_up() {
        assert_eq!(levels(json!({ "id": "1" })), [("account", Level::Ok)]);
    }

    #[test]
    fn a_blocked_entity_is_told_with_metas_advice() {
        let check = health(
            "phone.support",
            &json!({ "can_send_message": "BLOCKED", "entities": [
            { "entity_type": "PHONE_NUMBER", "id": "1", "can_send_message": "BLOCKED", "errors": [
                { "error_code": 133_010, "error_description": "Not registered.", "possible_solution": "Register it." }] },
            { "entity_type": "WABA", "id": "2", "can_send_message": "LIMITED", "additional_info": ["Low quality."] },
            { "entity_type": "APP", "id": "3", "can_send_message": "AVAILABLE" },
        ] }),
        );
        assert_eq!(check.level, Level::Fail);
        assert_eq!(
            check.message,
            "sending is blocked; phone number: Not registered.; waba: Low quality."
        );
        assert_eq!(check.help.as_deref(), Some("Register it."));
    }

    #[test]
    fn a_healthy_account_needs_no_advice() {
        let check = health(
            "account.main",
            &json!({ "can_send_message": "AVAILABLE", "entities": [] }),
        );
        assert_eq!((check.level, check.help), (Level::Ok, None));
        assert_eq!(health("account.main", &Value::Null).level, Level::Ok);
    }

    #[test]
    fn another_apps_subscription_is_not_ours() {
        let app = json!({ "whatsapp_business_api_data": { "id": "67" }, "override_callback_uri": "https://x.example" });
        assert_eq!(
            webhooks("account.main", std::slice::from_ref(&app), "67").level,
            Level::Ok
        );
        let check = webhooks("account.main", &[app], "68");
        assert_eq!(check.level, Level::Warn);
        assert!(
            check.message.ends_with("another app is"),
            "{}",
            check.message
        );
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(version("account.main", "v9.0").level, Level::Warn);
        assert_eq!(version("account.main", "v100.0").level, Level::Ok);
        assert_eq!(version("account.main", API_VERSION).level, Level::Ok);
    }
}
