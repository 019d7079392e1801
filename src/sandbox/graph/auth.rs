//! Tokens: who calls, and what they may do.

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;

use super::GraphError;
use crate::sandbox::http::Call;
use crate::sandbox::options::{APP_ID, APP_NAME, Identity, SYSTEM_USER_ID};

/// A permission that a call needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Messaging,
    Management,
}

/// What the caller's token allows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access {
    messaging: bool,
    management: bool,
    /// The app's own token, `id|secret`.
    app: bool,
}

impl Access {
    /// Refuses a call that needs a permission which the token lacks.
    pub(crate) fn need(self, scope: Scope) -> Result<(), GraphError> {
        match scope {
            Scope::Messaging if !self.messaging => Err(GraphError::new(
                10,
                "(#10) Application does not have permission for this action",
            )),
            Scope::Management if !self.management => Err(GraphError::new(
                200,
                "(#200) Requires whatsapp_business_management permission to manage the object",
            )
            .http(403)),
            _ => Ok(()),
        }
    }

    /// Refuses a call that only the app itself may make.
    pub(crate) fn need_app(self) -> Result<(), GraphError> {
        if self.app {
            return Ok(());
        }
        Err(GraphError::new(
            15,
            "(#15) This method must be called with an app access_token.",
        )
        .http(400))
    }
}

fn scopes(identity: &Identity, token: &str) -> Option<Vec<&'static str>> {
    if token == identity.access_token || token == identity.expired_token {
        Some(vec![
            "business_management",
            "whatsapp_business_management",
            "whatsapp_business_messaging",
        ])
    } else if token == identity.management_only_token {
        Some(vec!["whatsapp_business_management"])
    } else if token == identity.messaging_only_token {
        Some(vec!["whatsapp_business_messaging"])
    } else {
        None
    }
}

fn app_token(identity: &Identity) -> String {
    format!("{}|{}", identity.app_id, identity.app_secret)
}

/// When the expired token expired.
fn expired_at() -> Timestamp {
    Timestamp::constant(1_767_225_600, 0)
}

/// Meta writes times of tokens in Pacific time.
fn pacific(at: Timestamp) -> String {
    let zone = jiff::tz::TimeZone::get("America/Los_Angeles").unwrap_or(jiff::tz::TimeZone::UTC);
    at.to_zoned(zone)
        .strftime("%A, %d-%b-%y %H:%M:%S %Z")
        .to_string()
}

fn expired_message(now: Timestamp) -> String {
    format!(
        "Error validating access token: Session has expired on {}. The current time is {}.",
        pacific(expired_at()),
        pacific(now)
    )
}

/// Finds out who calls.
pub(crate) fn authenticate(
    identity: &Identity,
    call: &Call,
    now: Timestamp,
) -> Result<Access, GraphError> {
    let Some(token) = call.token() else {
        return Err(GraphError::new(
            104,
            "(#104) An access token is required to request this resource.",
        )
        .http(401));
    };
    if let Some(proof) = call.text("appsecret_proof") {
        let expected = Hmac::<Sha256>::new_from_slice(identity.app_secret.as_bytes())
            .expect("HMAC takes keys of any length")
            .chain_update(token.as_bytes());
        let right = hex::decode(&proof).is_ok_and(|proof| expected.verify_slice(&proof).is_ok());
        if !right {
            return Err(GraphError::new(
                100,
                "Invalid appsecret_proof provided in the API argument",
            )
            .kind("GraphMethodException"));
        }
    }
    if token == app_token(identity) {
        return Ok(Access {
            messaging: false,
            management: true,
            app: true,
        });
    }
    let Some(scopes) = scopes(identity, &token) else {
        return Err(GraphError::new(
            190,
            "Invalid OAuth access token - Cannot parse access token",
        )
        .http(401));
    };
    if token == identity.expired_token {
        return Err(GraphError::new(190, expired_message(now))
            .subcode(463)
            .http(401));
    }
    Ok(Access {
        messaging: scopes.contains(&"whatsapp_business_messaging"),
        management: scopes.contains(&"whatsapp_business_management"),
        app: false,
    })
}

/// Answers `debug_token`.
pub(crate) fn describe_token(
    identity: &Identity,
    token: &str,
    accounts: &[String],
    now: Timestamp,
) -> Value {
    if token == app_token(identity) {
        return json!({"data": {
            "app_id": APP_ID, "type": "APP", "application": APP_NAME, "is_valid": true, "scopes": [],
        }});
    }
    let Some(scopes) = scopes(identity, token) else {
        return json!({"data": {
            "error": {"code": 190, "message": "Invalid OAuth access token - Cannot parse access token"},
            "is_valid": false, "scopes": [],
        }});
    };
    let expired = token == identity.expired_token;
    let expires_at = if expired { expired_at().as_second() } else { 0 };
    // The first second of 2025, long before anything the sandbox plays.
    let issued_at = 1_735_689_600;
    let granular: Vec<Value> = scopes
        .iter()
        .filter(|scope| scope.starts_with("whatsapp"))
        .map(|scope| json!({"scope": scope, "target_ids": accounts}))
        .collect();
    let mut data = json!({
        "app_id": APP_ID, "type": "SYSTEM_USER", "application": APP_NAME, "data_access_expires_at": 0,
        "expires_at": expires_at, "is_valid": !expired, "issued_at": issued_at, "scopes": scopes,
        "granular_scopes": granular, "user_id": SYSTEM_USER_ID,
    });
    if expired {
        data["error"] = json!({"code": 190, "message": expired_message(now), "subcode": 463});
    }
    json!({"data": data})
}
