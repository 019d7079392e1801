//! The declared numbers, as Meta knows them.

use serde_json::Value;

use super::account::words;
use super::check::{Check, Level};
use crate::meta::Number;
use crate::resource::phone::Phone;

/// Tells whether a declaration means this live number, by its id or by its digits.
#[must_use]
pub fn is_named_by(number: &Number, phone: &Phone) -> bool {
    phone.names(number)
}

/// A declared number that the account does not have.
pub(super) fn absent(subject: &str, phone: &Phone, numbers: &[Number]) -> Check {
    let wanted = phone
        .number
        .as_ref()
        .or(phone.id.as_ref())
        .map_or("it", |wanted| wanted.as_str());
    let known: Vec<String> = numbers
        .iter()
        .map(|number| format!("{} ({})", number.display_phone_number, number.id))
        .collect();
    let help = if known.is_empty() {
        "the account has no number; add one in WhatsApp Manager".to_owned()
    } else {
        format!("the account has {}", known.join(", "))
    };
    Check::fail(
        subject,
        "number",
        format!("{wanted} is not a number of the account"),
    )
    .code("phone::not_found")
    .help(help)
}

/// Judges a number's node.
pub(super) fn number(subject: &str, number: &Number) -> Vec<Check> {
    let mut checks = vec![status(subject, number)];
    checks.extend(quality(subject, number));
    checks.extend(name(subject, number));
    checks.push(capacity(subject, number));
    checks
}

fn status(subject: &str, number: &Number) -> Check {
    let shown = format!("{} ({})", number.display_phone_number, number.id);
    match number.status.as_deref() {
        Some("CONNECTED") => Check::ok(subject, "number", format!("{shown} is connected")),
        None => Check::warn(
            subject,
            "number",
            format!("{shown}: Meta does not tell its status"),
        ),
        // Such numbers send, but not for long where nothing is done.
        Some(status @ ("FLAGGED" | "RATE_LIMITED")) => {
            Check::warn(subject, "number", format!("{shown} is {}", words(status)))
                .help("people block or report its messages: send less, to people who asked for it")
        }
        Some(status @ ("BANNED" | "RESTRICTED")) => {
            Check::fail(subject, "number", format!("{shown} is {}", words(status)))
                .help("see the policy violations in WhatsApp Manager, and appeal there")
        }
        Some(status) => Check::fail(
            subject,
            "number",
            format!("{shown} is {}, and cannot send", words(status)),
        )
        .help("register it: WhatsApp Manager, Phone numbers"),
    }
}

fn quality(subject: &str, number: &Number) -> Option<Check> {
    let rating = number.quality_rating.as_deref()?;
    let message = format!("rated {} over the last 7 days", words(rating));
    Some(match rating {
        "GREEN" => Check::ok(subject, "quality", message),
        "YELLOW" | "RED" => Check::warn(subject, "quality", message)
            .help("people block or report its messages: look at the templates' own quality in `waform status`"),
        _ => Check::ok(subject, "quality", "not rated yet"),
    })
}

fn name(subject: &str, number: &Number) -> Option<Check> {
    let status = number.other.get("name_status").and_then(Value::as_str)?;
    let name = number.verified_name.as_deref().unwrap_or("without a name");
    Some(match status {
        "APPROVED" | "AVAILABLE_WITHOUT_REVIEW" | "NONE" => Check::ok(subject, "name", name),
        "PENDING_REVIEW" => Check::warn(subject, "name", format!("{name}: the name is in review")),
        other => Check::warn(
            subject,
            "name",
            format!("{name}: the name is {}", words(other)),
        )
        .help("people see the number instead of the name; ask for another in WhatsApp Manager"),
    })
}

fn capacity(subject: &str, number: &Number) -> Check {
    let level = number
        .throughput
        .as_ref()
        .and_then(|throughput| throughput["level"].as_str());
    let speed = match level {
        Some("STANDARD") => "80 messages a second".to_owned(),
        Some("HIGH") => "1,000 messages a second".to_owned(),
        Some(other) => format!("throughput {}", words(other)),
        None => "throughput unknown".to_owned(),
    };
    let (level, limit) = match number.whatsapp_business_manager_messaging_limit.as_deref() {
        Some("TIER_UNLIMITED") => (Level::Ok, "any number of new recipients".to_owned()),
        Some("TIER_250") => (Level::Warn, "250 new recipients".to_owned()),
        Some(tier) => (
            Level::Ok,
            format!(
                "{} new recipients",
                tier.strip_prefix("TIER_").unwrap_or(tier)
            ),
        ),
        None => (Level::Ok, "an unknown number of new recipients".to_owned()),
    };
    let check = Check::new(
        level,
        subject,
        "capacity",
        format!("{speed}; {limit} in 24 hours for the whole portfolio"),
    );
    if level == Level::Ok {
        check
    } else {
        check.help("verify the business to be allowed more: Meta Business Suite")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn node(fields: Value) -> Number {
        serde_json::from_value(fields).unwrap()
    }

    fn levels(fields: Value) -> Vec<(&'static str, Level)> {
        number("phone.support", &node(fields))
            .into_iter()
            .map(|check| (check.check, check.level))
            .collect()
    }

    fn phone(toml: &str) -> Phone {
        toml::from_str(toml).unwrap()
    }

    #[test]
    fn a_number_is_found_however_it_is_written() {
        let number = node(json!({ "id": "106", "display_phone_number": "+1 555-078-3881" }));
        assert!(is_named_by(&number, &phone("number = '+15550783881'")));
        assert!(is_named_by(&number, &phone("id = '106'")));
        assert!(!is_named_by(&number, &phone("id = '107'")));
        assert!(!is_named_by(&number, &phone("number = '+15550783882'")));
    }

    #[test]
    fn a_connected_number_of_good_quality_is_fine() {
        let fine = json!({ "id": "106", "display_phone_number": "+1 555-078-3881", "status": "CONNECTED",
            "quality_rating": "GREEN", "name_status": "APPROVED", "verified_name": "Shop",
            "throughput": { "level": "STANDARD" }, "whatsapp_business_manager_messaging_limit": "TIER_2K" });
        let expected = ["number", "quality", "name", "capacity"].map(|check| (check, Level::Ok));
        assert_eq!(levels(fine), expected);
    }

    #[test]
    fn what_keeps_a_number_from_sending_fails_and_what_threatens_it_warns() {
        let status = |status: &str| levels(json!({ "id": "106", "status": status }))[0].1;
        for blocked in [
            "BANNED",
            "RESTRICTED",
            "DISCONNECTED",
            "PENDING",
            "A_NEW_WORD",
        ] {
            assert_eq!(status(blocked), Level::Fail, "{blocked}");
        }
        for threatened in ["FLAGGED", "RATE_LIMITED"] {
            assert_eq!(status(threatened), Level::Warn, "{threatened}");
        }
        let poor = json!({ "id": "106", "status": "CONNECTED", "quality_rating": "RED", "name_status": "DECLINED",
            "whatsapp_business_manager_messaging_limit": "TIER_250" });
        assert_eq!(
            levels(poor)[1..],
            ["quality", "name", "capacity"].map(|check| (check, Level::Warn))
        );
    }

    #[test]
    fn an_absent_number_comes_with_those_that_there_are() {
        let numbers = [node(
            json!({ "id": "106", "display_phone_number": "+1 555-078-3881" }),
        )];
        let check = absent("phone.support", &phone("number = '+15550000000'"), &numbers);
        assert_eq!(check.level, Level::Fail);
        assert_eq!(
            check.help.as_deref(),
            Some("the account has +1 555-078-3881 (106)")
        );
    }
}
