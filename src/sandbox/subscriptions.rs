//! Who wants webhooks: the app's callback, an account's, overrides of an account or a number.

use serde_json::{Value, json};

use super::core::{Core, Turn};
use super::graph::GraphError;
use super::http::{Call, Reply};
use super::options::{APP_ID, APP_NAME};
use super::webhooks::verify;
use super::world::{Account, AppCallback};

/// Fields of the whatsapp_business_account object that can be subscribed.
const FIELDS: [&str; 30] = [
    "account_alerts",
    "account_review_update",
    "account_settings_update",
    "account_update",
    "automatic_events",
    "business_capability_update",
    "calls",
    "consumer_profile",
    "flows",
    "group_lifecycle_update",
    "group_participants_update",
    "group_settings_update",
    "group_status_update",
    "history",
    "message_echoes",
    "message_template_components_update",
    "message_template_quality_update",
    "message_template_status_update",
    "messages",
    "messaging_handovers",
    "partner_solutions",
    "payment_configuration_update",
    "phone_number_name_update",
    "phone_number_quality_update",
    "security",
    "smb_app_state_sync",
    "smb_message_echoes",
    "template_category_update",
    "user_id_update",
    "user_preferences",
];

fn required(call: &Call, name: &str) -> Result<String, GraphError> {
    let given = call.text(name).filter(|text| !text.is_empty());
    given.ok_or_else(|| GraphError::invalid(format_args!("The parameter {name} is required")))
}

/// The apps that are subscribed to an account: this one, or none.
pub(super) fn apps(account: &Account) -> Vec<Value> {
    if !account.subscribed {
        return Vec::new();
    }
    let link = format!("https://www.facebook.com/games/?app_id={APP_ID}");
    let mut app =
        json!({"whatsapp_business_api_data": {"id": APP_ID, "link": link, "name": APP_NAME}});
    if let Some(uri) = &account.override_callback {
        app["override_callback_uri"] = uri.as_str().into();
    }
    vec![app]
}

/// `GET /{WABA}/subscribed_apps`.
pub(super) fn of_account(turn: &mut Turn<'_>, waba: &str) -> Reply {
    Reply::json(json!({"data": apps(turn.account(waba))}))
}

/// `POST /{WABA}/subscribed_apps`: subscribes, and sets or (with an empty body) removes the override.
pub(super) async fn subscribe_account(
    core: &Core,
    call: &Call,
    waba: &str,
) -> Result<Reply, GraphError> {
    let uri = call
        .text("override_callback_uri")
        .filter(|uri| !uri.is_empty());
    if let Some(uri) = &uri {
        verify(core, uri, &required(call, "verify_token")?).await?;
    }
    core.turn(|turn| {
        let account = turn.account(waba);
        account.subscribed = true;
        account.override_callback = uri;
        turn.keep_account(waba);
    });
    Ok(Reply::success())
}

/// `DELETE /{WABA}/subscribed_apps`.
pub(super) fn unsubscribe_account(turn: &mut Turn<'_>, waba: &str) -> Reply {
    let account = turn.account(waba);
    account.subscribed = false;
    account.override_callback = None;
    turn.keep_account(waba);
    Reply::success()
}

/// `POST /{PHONE}` with `webhook_configuration`; an empty address removes the override.
pub(super) async fn override_number(
    core: &Core,
    call: &Call,
    phone: &str,
) -> Result<Reply, GraphError> {
    let Some(configuration) = call.json("webhook_configuration").filter(Value::is_object) else {
        return Err(GraphError::invalid(
            "The parameter webhook_configuration is required",
        ));
    };
    let uri = configuration["override_callback_uri"].as_str();
    let Some(uri) = uri else {
        return Err(GraphError::invalid(
            "The parameter webhook_configuration['override_callback_uri'] is required",
        ));
    };
    if !uri.is_empty() {
        let token = configuration["verify_token"]
            .as_str()
            .filter(|token| !token.is_empty());
        let token = token.ok_or_else(|| {
            GraphError::invalid("The parameter webhook_configuration['verify_token'] is required")
        })?;
        verify(core, uri, token).await?;
    }
    core.turn(|turn| {
        if let Some(number) = turn.world.numbers.get_mut(phone) {
            number.override_callback = (!uri.is_empty()).then(|| uri.to_owned());
        }
        turn.keep_number(phone);
    });
    Ok(Reply::success())
}

/// `GET /{APP}/subscriptions`.
pub(super) fn of_app(turn: &Turn<'_>) -> Reply {
    let shown = turn.world.app.callback.iter().map(|callback| {
        let fields: Vec<Value> = callback
            .fields
            .iter()
            .map(|field| json!({"name": field, "version": "v24.0"}))
            .collect();
        json!({
            "object": "whatsapp_business_account",
            "callback_url": callback.uri,
            "active": true,
            "fields": fields,
        })
    });
    Reply::json(json!({"data": shown.collect::<Vec<_>>()}))
}

/// `POST /{APP}/subscriptions`.
pub(super) async fn subscribe_app(core: &Core, call: &Call) -> Result<Reply, GraphError> {
    let object = required(call, "object")?;
    if object != "whatsapp_business_account" {
        return Err(GraphError::invalid(format_args!(
            "Param object must be one of {{WHATSAPP_BUSINESS_ACCOUNT}} - got \"{object}\""
        )));
    }
    let uri = required(call, "callback_url")?;
    let fields = call.list("fields");
    if fields.is_empty() {
        return Err(GraphError::invalid("The parameter fields is required"));
    }
    if let Some(field) = fields
        .iter()
        .find(|field| !FIELDS.contains(&field.as_str()))
    {
        return Err(GraphError::invalid(format_args!(
            "Param fields must be of {{{}}} - got \"{field}\"",
            FIELDS.join(", ")
        )));
    }
    verify(core, &uri, &required(call, "verify_token")?).await?;
    core.turn(|turn| {
        turn.world.app.callback = Some(AppCallback {
            uri,
            fields: fields.into_iter().collect(),
        });
        let app = turn.world.app.clone();
        turn.keep("app", "", &app);
    });
    Ok(Reply::success())
}

/// `DELETE /{APP}/subscriptions`: the whole subscription, or the `fields` that are named.
pub(super) fn unsubscribe_app(turn: &mut Turn<'_>, call: &Call) -> Reply {
    let named = call.list("fields");
    let callback = turn.world.app.callback.take();
    turn.world.app.callback = callback.and_then(|mut callback| {
        callback.fields.retain(|field| !named.contains(field));
        (!named.is_empty() && !callback.fields.is_empty()).then_some(callback)
    });
    let app = turn.world.app.clone();
    turn.keep("app", "", &app);
    Reply::success()
}
