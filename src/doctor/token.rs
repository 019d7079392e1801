//! The access token: validity, expiry, permissions, app.

use jiff::{SignedDuration, Timestamp};

use super::check::Check;
use crate::meta::TokenInfo;

/// How long before the end a token is worth a warning.
const WARNING: SignedDuration = SignedDuration::from_hours(14 * 24);

/// What managing templates and sending messages need (Meta, "Access tokens", 2026).
const PERMISSIONS: [&str; 2] = [
    "whatsapp_business_management",
    "whatsapp_business_messaging",
];

const RENEW: &str = "make a token of a system user that never expires: Meta Business Suite, Settings, Users, System \
                     users, Generate token, with whatsapp_business_management and whatsapp_business_messaging";

/// Judges what Meta says of the token.
pub(super) fn token(
    subject: &str,
    token: &TokenInfo,
    waba_id: &str,
    app_id: Option<&str>,
    now: Timestamp,
) -> Vec<Check> {
    let mut checks = vec![validity(subject, token, now)];
    checks.extend(data_access(subject, token, now));
    checks.push(permissions(subject, token));
    checks.extend(reach(subject, token, waba_id));
    checks.push(app(subject, token, app_id));
    checks
}

fn validity(subject: &str, token: &TokenInfo, now: Timestamp) -> Check {
    if !token.is_valid {
        let said = token
            .error
            .as_ref()
            .and_then(|error| error["message"].as_str());
        let said = said.map(|said| format!(": {said}")).unwrap_or_default();
        return Check::fail(subject, "token", format!("the token is not valid{said}"))
            .code("meta::token_invalid")
            .help(RENEW);
    }
    let kind = token
        .token_type
        .as_deref()
        .map(|kind| kind.to_lowercase().replace('_', " "));
    let kind = kind.map_or_else(|| "token".to_owned(), |kind| format!("{kind} token"));
    match end(token.expires_at) {
        None => Check::ok(subject, "token", format!("{kind}, never expires")),
        Some(end) if end <= now => Check::fail(
            subject,
            "token",
            format!("the {kind} expired on {}", day(end)),
        )
        .code("meta::token_expired")
        .help(RENEW),
        Some(end) if end.duration_since(now) < WARNING => Check::warn(
            subject,
            "token",
            format!("the {kind} expires {}", soon(end, now)),
        )
        .help(RENEW),
        Some(end) => Check::ok(
            subject,
            "token",
            format!("{kind}, valid until {}", day(end)),
        ),
    }
}

/// A person's token loses its data access before it expires itself.
fn data_access(subject: &str, token: &TokenInfo, now: Timestamp) -> Option<Check> {
    let end = end(token.data_access_expires_at).filter(|_| token.is_valid)?;
    if end.duration_since(now) >= WARNING {
        return None;
    }
    let message = format!("the token's access to data ends {}", soon(end, now));
    Some(Check::warn(subject, "data_access", message).help(RENEW))
}

fn permissions(subject: &str, token: &TokenInfo) -> Check {
    let granted = |permission: &str| {
        let granular = token
            .granular_scopes
            .iter()
            .any(|scope| scope["scope"] == permission);
        granular || token.scopes.iter().any(|scope| scope == permission)
    };
    let missing: Vec<&str> = PERMISSIONS
        .into_iter()
        .filter(|permission| !granted(permission))
        .collect();
    if missing.is_empty() {
        return Check::ok(subject, "permissions", PERMISSIONS.join(", "));
    }
    Check::fail(
        subject,
        "permissions",
        format!("the token lacks {}", missing.join(" and ")),
    )
    .code("meta::permission")
    .help("generate the token again and tick the permissions that are missing")
}

/// A permission may be granted for some accounts only.
fn reach(subject: &str, token: &TokenInfo, waba_id: &str) -> Option<Check> {
    let targets = token.targets(PERMISSIONS[0]);
    if targets.is_empty() || targets.contains(&waba_id) {
        return None;
    }
    let message = format!(
        "the token does not reach the account {waba_id}; it reaches {}",
        targets.join(", ")
    );
    Some(
        Check::fail(subject, "reach", message)
            .code("meta::permission")
            .help("assign the account to the system user: Meta Business Suite, Settings, Accounts, WhatsApp accounts"),
    )
}

fn app(subject: &str, token: &TokenInfo, declared: Option<&str>) -> Check {
    if token.app_id.is_empty() {
        return Check::warn(
            subject,
            "app",
            "Meta does not say which app the token belongs to",
        );
    }
    let name = token
        .application
        .as_deref()
        .map(|name| format!(" ({name})"))
        .unwrap_or_default();
    let shown = format!("{}{name}", token.app_id);
    match declared {
        Some(declared) if declared != token.app_id => Check::fail(
            subject,
            "app",
            format!("app_id is {declared}, but the token belongs to the app {shown}"),
        )
        .help("leave app_id out, or generate the token with that app"),
        _ => Check::ok(subject, "app", shown),
    }
}

/// Reads Meta's seconds, where 0 is never.
fn end(seconds: i64) -> Option<Timestamp> {
    Some(seconds)
        .filter(|seconds| *seconds > 0)
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

fn soon(end: Timestamp, now: Timestamp) -> String {
    match end.duration_since(now).as_hours() / 24 {
        0 => format!("on {}, within a day", day(end)),
        1 => format!("on {}, in a day", day(end)),
        days => format!("on {}, in {days} days", day(end)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::check::Level;
    use super::*;

    const NOW: &str = "2026-06-01T00:00:00Z";

    fn good() -> TokenInfo {
        TokenInfo {
            app_id: "67".to_owned(),
            is_valid: true,
            scopes: PERMISSIONS.map(str::to_owned).to_vec(),
            ..TokenInfo::default()
        }
    }

    fn judged(token: &TokenInfo, app_id: Option<&str>) -> Vec<(&'static str, Level)> {
        let checks = super::token("account.main", token, "102", app_id, NOW.parse().unwrap());
        checks
            .into_iter()
            .map(|check| (check.check, check.level))
            .collect()
    }

    fn expiring(days: i64) -> TokenInfo {
        let now: Timestamp = NOW.parse().unwrap();
        TokenInfo {
            expires_at: now.as_second() + days * 86_400,
            ..good()
        }
    }

    #[test]
    fn a_lasting_token_with_all_permissions_is_fine() {
        let fine = [
            ("token", Level::Ok),
            ("permissions", Level::Ok),
            ("app", Level::Ok),
        ];
        assert_eq!(judged(&good(), Some("67")), fine);
        assert_eq!(judged(&expiring(14), None), fine);
    }

    #[test]
    fn a_token_that_ends_within_14_days_is_a_warning_and_then_a_failure() {
        assert_eq!(judged(&expiring(13), None)[0], ("token", Level::Warn));
        assert_eq!(judged(&expiring(0), None)[0], ("token", Level::Fail));
        assert_eq!(
            judged(
                &TokenInfo {
                    is_valid: false,
                    ..good()
                },
                None
            )[0],
            ("token", Level::Fail)
        );
    }

    #[test]
    fn access_to_data_may_end_before_the_token_does() {
        let now: Timestamp = NOW.parse().unwrap();
        let token = TokenInfo {
            data_access_expires_at: now.as_second() + 86_400,
            ..good()
        };
        assert_eq!(judged(&token, None)[1], ("data_access", Level::Warn));
    }

    #[test]
    fn missing_permissions_are_named() {
        let token = TokenInfo {
            scopes: vec!["whatsapp_business_management".to_owned()],
            ..good()
        };
        let check = permissions("account.main", &token);
        assert_eq!(
            (check.level, check.message.as_str()),
            (Level::Fail, "the token lacks whatsapp_business_messaging")
        );
    }

    #[test]
    fn a_permission_that_is_granted_for_other_accounts_only_fails() {
        let scope = json!({ "scope": PERMISSIONS[0], "target_ids": ["999"] });
        let token = TokenInfo {
            granular_scopes: vec![scope],
            ..good()
        };
        assert!(judged(&token, None).contains(&("reach", Level::Fail)));
        let scope = json!({ "scope": PERMISSIONS[0], "target_ids": ["999", "102"] });
        let token = TokenInfo {
            granular_scopes: vec![scope],
            ..good()
        };
        assert!(
            !judged(&token, None)
                .iter()
                .any(|(check, _)| *check == "reach")
        );
    }

    #[test]
    fn a_token_of_another_app_fails() {
        assert_eq!(
            judged(&good(), Some("68")).last(),
            Some(&("app", Level::Fail))
        );
    }
}
