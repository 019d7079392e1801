//! All that is ever written.

use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize as _;
use serde_json::Value;

use super::call::{Body, Call, Repeat};
use super::client::{Client, method};
use super::options::Options;
use super::types::{SendOutcome, Template};
use super::{Connection, Error, send, subscriptions, upload};
use crate::secret::SecretString;

/// Writes to Meta. A write is repeated only where it is proven that nothing was done; after any other failure
/// ([`Error::is_ambiguous`]) the caller reads before it writes again. Clones share connections and limits.
#[derive(Clone, Debug)]
pub struct GraphWriter(Arc<Client>);

impl GraphWriter {
    /// Opens a connection for writing alone.
    ///
    /// # Errors
    /// Where the options contradict each other or the token cannot be one.
    pub fn new(options: Options) -> Result<Self, Error> {
        Ok(Connection::new(options)?.writer())
    }

    pub(super) fn over(client: Arc<Client>) -> Self {
        Self(client)
    }

    /// Creates a template; the body is Meta's own. Returns id, status and category, which may differ from the one asked.
    ///
    /// # Errors
    /// Where Meta refuses, or its answer is lost.
    pub async fn create_template(&self, waba_id: &str, body: &Value) -> Result<Template, Error> {
        let call = Call::post(&[waba_id, "message_templates"], Body::Json(body));
        let answer = self.0.call(&call).await?;
        let template = Template::deserialize(&answer)
            .map_err(|error| self.0.unexpected(&call, &error.to_string(), &answer))?;
        if template.id.is_empty() {
            return Err(self.0.unexpected(&call, "it has no id", &answer));
        }
        Ok(template)
    }

    /// Edits a template; its `components` replace the whole list.
    ///
    /// # Errors
    /// Where Meta refuses, or its answer is lost.
    pub async fn edit_template(&self, id: &str, body: &Value) -> Result<(), Error> {
        self.done(&Call::post(&[id], Body::Json(body))).await
    }

    /// Deletes all languages of a template, or the one that `id` names; the name alone is then not enough for Meta.
    ///
    /// # Errors
    /// Where Meta refuses, or its answer is lost.
    pub async fn delete_template(
        &self,
        waba_id: &str,
        name: &str,
        id: Option<&str>,
    ) -> Result<(), Error> {
        let mut call = Call::delete(&[waba_id, "message_templates"]).query("name", name);
        if let Some(id) = id {
            call = call.query("hsm_id", id);
        }
        self.done(&call).await
    }

    /// Lifts a pause that came from pacing; pauses for low quality end by themselves.
    ///
    /// # Errors
    /// Where Meta refuses, or its answer is lost.
    pub async fn unpause_template(&self, id: &str) -> Result<(), Error> {
        self.done(&Call::post(&[id, "unpause"], Body::Empty)).await
    }

    /// Uploads a file for use as a template's sample and returns its handle. A cut upload goes on where it was cut.
    ///
    /// # Errors
    /// Where Meta refuses, or the upload cannot be brought to its end.
    pub async fn upload(
        &self,
        app_id: &str,
        file_name: &str,
        mime: &str,
        content: Bytes,
    ) -> Result<String, Error> {
        upload::upload(&self.0, app_id, file_name, mime, content).await
    }

    /// Uploads a file that messages from this number will carry and returns its id; Meta keeps it for 30 days.
    ///
    /// # Errors
    /// Where Meta refuses, or its answer is lost: a file more does no harm.
    pub async fn upload_media(
        &self,
        phone_id: &str,
        name: &str,
        mime: &str,
        content: Bytes,
    ) -> Result<String, Error> {
        let body = Body::Media {
            name,
            mime,
            content,
        };
        let call = Call::post(&[phone_id, "media"], body).repeat(Repeat::Freely);
        let answer = self.0.call(&call).await?;
        match answer.get("id").and_then(Value::as_str) {
            Some(id) if !id.is_empty() => Ok(id.to_owned()),
            _ => Err(self.0.unexpected(&call, "it has no id", &answer)),
        }
    }

    /// Returns the app's id, where the options name it.
    #[must_use]
    pub fn app_id(&self) -> Option<&str> {
        self.0.app_id()
    }

    /// Tells whether the app's secret is known: without it the app's own settings can be neither read nor written.
    #[must_use]
    pub fn has_app_secret(&self) -> bool {
        self.0.options.app_secret.is_some()
    }

    /// Sets where webhooks of the app go, and which. Meta calls the address at once, with the token.
    ///
    /// # Errors
    /// Where Meta refuses, for one because the address does not answer; or its answer is lost.
    pub async fn subscribe_app(
        &self,
        app_id: &str,
        callback_url: &str,
        verify_token: &SecretString,
        fields: &[String],
    ) -> Result<(), Error> {
        subscriptions::subscribe_app(&self.0, app_id, callback_url, verify_token, fields).await
    }

    /// Takes fields out of what the app is subscribed to; all of it, its address too, where none is named.
    ///
    /// # Errors
    /// Where Meta refuses, or its answer is lost.
    pub async fn unsubscribe_app(&self, app_id: &str, fields: &[String]) -> Result<(), Error> {
        subscriptions::unsubscribe_app(&self.0, app_id, fields).await
    }

    /// Subscribes the app to the account. With an address, webhooks about messages go there and Meta calls it at once;
    /// without one, an address that was set before is taken back.
    ///
    /// # Errors
    /// Where Meta refuses, for one because the address does not answer; or its answer is lost.
    pub async fn subscribe_account(
        &self,
        waba_id: &str,
        address: Option<(&str, &SecretString)>,
    ) -> Result<(), Error> {
        subscriptions::subscribe_account(&self.0, waba_id, address).await
    }

    /// Takes the app's subscription to the account back.
    ///
    /// # Errors
    /// Where Meta refuses, or its answer is lost.
    pub async fn unsubscribe_account(&self, waba_id: &str) -> Result<(), Error> {
        subscriptions::unsubscribe_account(&self.0, waba_id).await
    }

    /// Hands one message over, once: it is never repeated here, whatever happens.
    pub async fn send(&self, phone_id: &str, body: &Value) -> SendOutcome {
        send::send(&self.0, phone_id, body).await
    }

    async fn done(&self, call: &Call<'_>) -> Result<(), Error> {
        done(&self.0, call).await
    }
}

/// Makes a call whose answer is `{"success": true}`, or more than that.
pub(super) async fn done(client: &Client, call: &Call<'_>) -> Result<(), Error> {
    let answer = client.call(call).await?;
    match answer.get("success") {
        Some(Value::Bool(false)) => Err(Error::NotDone {
            method: method(call),
            path: client.path(call),
            reason: answer.get("reason").and_then(Value::as_str).map_or_else(
                || "Meta gives no reason".to_owned(),
                |text| client.redact(text),
            ),
        }),
        Some(_) => Ok(()),
        None if answer == Value::Bool(true) || answer.get("id").is_some() => Ok(()),
        None => Err(client.unexpected(call, "it does not say `success`", &answer)),
    }
}
