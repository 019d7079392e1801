//! Where webhooks go: the app's callback, and each account's subscription with its override.
//!
//! The app's own settings are read and written with the app's token, which takes the app's secret. Every call here may
//! be repeated: doing it twice changes nothing.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Error;
use super::call::{Authorization, Body, Call, Repeat};
use super::client::Client;
use super::lenient::integer_of;
use super::writer::done;
use crate::secret::{ExposeSecret as _, SecretString};

/// The object that all webhooks of WhatsApp belong to.
const OBJECT: &str = "whatsapp_business_account";
const SUBSCRIPTIONS: &str = "subscriptions";
const SUBSCRIBED_APPS: &str = "subscribed_apps";
/// What stands in place of a verify token that an answer repeats.
const REDACTED: &str = "[redacted]";

/// What an app has subscribed to for all its accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppSubscription {
    pub callback_url: String,
    pub fields: BTreeSet<String>,
    /// Meta sends nothing where it is not.
    pub active: bool,
}

/// The callback of an app, as far as it can be known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AppCallback {
    /// Without the app's secret it cannot be read.
    Unknown,
    #[default]
    None,
    Set(AppSubscription),
}

/// Where webhooks of an account go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Webhooks {
    pub app_id: String,
    pub app: AppCallback,
    /// Whether the app is told of what happens in the account.
    pub subscribed: bool,
    /// Where webhooks about messages go instead of to the app's callback.
    pub override_url: Option<String>,
}

impl Webhooks {
    /// `apps` is what the account's `subscribed_apps` lists.
    pub(super) fn new(app_id: String, app: AppCallback, apps: &[Value]) -> Self {
        let ours = apps
            .iter()
            .find(|app| text(&app["whatsapp_business_api_data"]["id"]) == app_id);
        Self {
            subscribed: ours.is_some(),
            override_url: ours
                .map(|app| text(&app["override_callback_uri"]))
                .filter(|url| !url.is_empty()),
            app_id,
            app,
        }
    }
}

/// Reads the app's callback.
pub(super) async fn of_app(client: &Client, app_id: &str) -> Result<AppCallback, Error> {
    if client.app_token(Some(app_id)).is_none() {
        return Ok(AppCallback::Unknown);
    }
    let call = Call::get(&[app_id, SUBSCRIPTIONS]).authorization(Authorization::App(Some(app_id)));
    let answer = client.call(&call).await?;
    let Some(subscriptions) = answer.get("data").and_then(Value::as_array) else {
        return Err(client.unexpected(&call, "it has no list `data`", &answer));
    };
    let ours = subscriptions
        .iter()
        .find(|subscription| subscription["object"] == OBJECT);
    Ok(ours.map_or(AppCallback::None, |subscription| {
        AppCallback::Set(AppSubscription {
            callback_url: text(&subscription["callback_url"]),
            fields: fields(&subscription["fields"]),
            active: subscription["active"] != false,
        })
    }))
}

/// Fields come as names, or as objects with name and version.
fn fields(value: &Value) -> BTreeSet<String> {
    let name = |field: &Value| match field {
        Value::Object(field) => field.get("name").map(text).unwrap_or_default(),
        field => text(field),
    };
    let all = value.as_array().into_iter().flatten().map(name);
    all.filter(|name| !name.is_empty()).collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => integer_of(value)
            .map(|number| number.to_string())
            .unwrap_or_default(),
    }
}

pub(super) async fn subscribe_app(
    client: &Client,
    app_id: &str,
    callback_url: &str,
    verify_token: &SecretString,
    fields: &[String],
) -> Result<(), Error> {
    let fields = fields.join(",");
    let form = [
        ("object", OBJECT),
        ("callback_url", callback_url),
        ("verify_token", verify_token.expose_secret()),
        ("fields", &fields),
        // Without it webhooks say only what has changed, not into what.
        ("include_values", "true"),
    ];
    let call = Call::post(&[app_id, SUBSCRIPTIONS], Body::Form(&form))
        .repeat(Repeat::Freely)
        .authorization(Authorization::App(Some(app_id)));
    done(client, &call)
        .await
        .map_err(|error| concealed(error, verify_token))
}

pub(super) async fn unsubscribe_app(
    client: &Client,
    app_id: &str,
    fields: &[String],
) -> Result<(), Error> {
    let mut call = Call::delete(&[app_id, SUBSCRIPTIONS])
        .query("object", OBJECT)
        .repeat(Repeat::Freely)
        .authorization(Authorization::App(Some(app_id)));
    if !fields.is_empty() {
        call = call.query("fields", fields.join(","));
    }
    done(client, &call).await
}

pub(super) async fn subscribe_account(
    client: &Client,
    waba_id: &str,
    address: Option<(&str, &SecretString)>,
) -> Result<(), Error> {
    let path = [waba_id, SUBSCRIBED_APPS];
    let Some((url, verify_token)) = address else {
        let call = Call::post(&path, Body::Empty).repeat(Repeat::Freely);
        return done(client, &call).await;
    };
    let body =
        json!({ "override_callback_uri": url, "verify_token": verify_token.expose_secret() });
    let call = Call::post(&path, Body::Json(&body)).repeat(Repeat::Freely);
    done(client, &call)
        .await
        .map_err(|error| concealed(error, verify_token))
}

pub(super) async fn unsubscribe_account(client: &Client, waba_id: &str) -> Result<(), Error> {
    let call = Call::delete(&[waba_id, SUBSCRIBED_APPS]).repeat(Repeat::Freely);
    done(client, &call).await
}

/// Takes the verify token out of an error that repeats what was sent.
fn concealed(error: Error, verify_token: &SecretString) -> Error {
    let conceal = |text: String| text.replace(verify_token.expose_secret(), REDACTED);
    match error {
        Error::Graph {
            method,
            path,
            mut error,
        } => {
            error.message = conceal(error.message);
            error.title = error.title.map(conceal);
            error.details = error.details.map(conceal);
            // Its form is not known; what it says stands in the details.
            error.error_data = None;
            Error::Graph {
                method,
                path,
                error,
            }
        }
        Error::Unreadable {
            method,
            path,
            http_status,
            reason,
            body,
        } => Error::Unreadable {
            method,
            path,
            http_status,
            reason: conceal(reason),
            body: conceal(body),
        },
        Error::NotDone {
            method,
            path,
            reason,
        } => Error::NotDone {
            method,
            path,
            reason: conceal(reason),
        },
        other => other,
    }
}
