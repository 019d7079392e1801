//! All that is ever read.

use std::sync::Arc;

use futures::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::call::{Authorization, Call};
use super::client::Client;
use super::options::Options;
use super::paging::{Count, list, node};
use super::subscriptions::{self, Webhooks};
use super::types::{Account, Number, Template, TemplatesSummary, TokenInfo};
use super::{Connection, Error};

/// Without being asked, Meta leaves out the reason of a rejection, the quality and more (message-template-api, September
/// 2026).
const TEMPLATE_FIELDS: &[&str] = &[
    "id",
    "name",
    "language",
    "status",
    "category",
    "parameter_format",
    "components",
    "message_send_ttl_seconds",
    "rejected_reason",
    "quality_score",
    "previous_category",
    "correct_category",
    "sub_category",
    "last_updated_time",
    "source",
    "library_template_name",
    "cta_url_link_tracking_opted_out",
];

const ACCOUNT_FIELDS: &[&str] = &[
    "id",
    "name",
    "currency",
    "timezone_id",
    "country",
    "status",
    "message_template_namespace",
    "account_review_status",
    "business_verification_status",
    "ownership_type",
    "owner_business_info",
    "is_enabled_for_insights",
];

const NUMBER_FIELDS: &[&str] = &[
    "id",
    "display_phone_number",
    "verified_name",
    "status",
    "quality_rating",
    "name_status",
    "code_verification_status",
    "platform_type",
    "account_mode",
    "throughput",
    "whatsapp_business_manager_messaging_limit",
    "is_official_business_account",
    "is_pin_enabled",
    "webhook_configuration",
];

const TEMPLATES: &str = "message_templates";

/// All that is ever read. Every call pages to the end, retries what is safe to retry and honours the usage header.
pub trait GraphRead: Send + Sync {
    /// Returns all templates of a WhatsApp Business account, with every field that a plan needs.
    fn templates<'a>(&'a self, waba_id: &'a str) -> BoxFuture<'a, Result<Vec<Template>, Error>>;
    fn template<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Template, Error>>;
    /// Returns how many templates the account has and may have. A reader that cannot tell says nothing.
    fn templates_summary<'a>(
        &'a self,
        _waba_id: &'a str,
    ) -> BoxFuture<'a, Result<TemplatesSummary, Error>> {
        Box::pin(std::future::ready(Ok(TemplatesSummary::default())))
    }
    fn account<'a>(&'a self, waba_id: &'a str) -> BoxFuture<'a, Result<Account, Error>>;
    fn numbers<'a>(&'a self, waba_id: &'a str) -> BoxFuture<'a, Result<Vec<Number>, Error>>;
    /// Asks about the token in use.
    fn token(&self) -> BoxFuture<'_, Result<TokenInfo, Error>>;
    fn subscribed_apps<'a>(&'a self, waba_id: &'a str) -> BoxFuture<'a, Result<Vec<Value>, Error>>;
    /// Returns where webhooks of the account go. A reader that cannot tell says that nothing is set.
    fn webhooks<'a>(&'a self, _waba_id: &'a str) -> BoxFuture<'a, Result<Webhooks, Error>> {
        Box::pin(std::future::ready(Ok(Webhooks::default())))
    }
    /// `health_status` of any node (account, number, template).
    fn health<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Value, Error>>;
}

/// Reads from Meta. Clones share connections and limits.
#[derive(Clone, Debug)]
pub struct GraphReader(Arc<Client>);

impl GraphReader {
    /// Opens a connection for reading alone.
    ///
    /// # Errors
    /// Where the options contradict each other or the token cannot be one.
    pub fn new(options: Options) -> Result<Self, Error> {
        Ok(Connection::new(options)?.reader())
    }

    pub(super) fn over(client: Arc<Client>) -> Self {
        Self(client)
    }

    async fn nodes<T: Node>(
        &self,
        waba_id: &str,
        edge: &str,
        fields: &[&'static str],
    ) -> Result<Vec<T>, Error> {
        let count = match edge {
            TEMPLATES => Count::Asked,
            _ => Count::Unknown,
        };
        list(&self.0, waba_id, edge, fields, count)
            .await?
            .into_iter()
            .map(|object| self.read(&[waba_id, edge], &object))
            .collect()
    }

    async fn node<T: Node>(&self, id: &str, fields: &[&'static str]) -> Result<T, Error> {
        let object = node(&self.0, id, fields).await?;
        self.read(&[id], &object)
    }

    /// A node without an id can be neither compared nor written: nothing is made up for it.
    fn read<T: Node>(&self, path: &[&str], object: &Value) -> Result<T, Error> {
        let node = T::deserialize(object).map_err(|error| {
            self.0
                .unexpected(&Call::get(path), &error.to_string(), object)
        })?;
        if node.id().is_empty() {
            return Err(self
                .0
                .unexpected(&Call::get(path), "an object has no id", object));
        }
        Ok(node)
    }

    /// Asks about the token in use, with its own right or the app's.
    async fn debug_token(&self, authorization: Authorization<'_>) -> Result<TokenInfo, Error> {
        use crate::secret::ExposeSecret as _;

        // The one call whose query holds the token: Meta offers no other way. Queries reach neither errors nor logs.
        let call = Call::get(&["debug_token"])
            .query("input_token", self.0.options.access_token.expose_secret())
            .authorization(authorization);
        let answer = self.0.call(&call).await?;
        let Some(data) = answer.get("data").filter(|data| data.is_object()) else {
            return Err(self.0.unexpected(&call, "it has no object `data`", &answer));
        };
        serde::Deserialize::deserialize(data)
            .map_err(|error: serde_json::Error| self.0.unexpected(&call, &error.to_string(), data))
    }
}

impl GraphRead for GraphReader {
    fn templates<'a>(&'a self, waba_id: &'a str) -> BoxFuture<'a, Result<Vec<Template>, Error>> {
        Box::pin(self.nodes(waba_id, TEMPLATES, TEMPLATE_FIELDS))
    }

    fn template<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Template, Error>> {
        Box::pin(self.node(id, TEMPLATE_FIELDS))
    }

    fn templates_summary<'a>(
        &'a self,
        waba_id: &'a str,
    ) -> BoxFuture<'a, Result<TemplatesSummary, Error>> {
        Box::pin(async move {
            let call = Call::get(&[waba_id, TEMPLATES])
                .query(
                    "summary",
                    "total_count,message_template_count,message_template_limit",
                )
                .query("fields", "id")
                .query("limit", "1");
            let answer = self.0.call(&call).await?;
            match answer.get("summary") {
                None | Some(Value::Null) => Ok(TemplatesSummary::default()),
                Some(summary) => {
                    serde::Deserialize::deserialize(summary).map_err(|error: serde_json::Error| {
                        self.0.unexpected(&call, &error.to_string(), summary)
                    })
                }
            }
        })
    }

    fn account<'a>(&'a self, waba_id: &'a str) -> BoxFuture<'a, Result<Account, Error>> {
        Box::pin(self.node(waba_id, ACCOUNT_FIELDS))
    }

    fn numbers<'a>(&'a self, waba_id: &'a str) -> BoxFuture<'a, Result<Vec<Number>, Error>> {
        Box::pin(self.nodes(waba_id, "phone_numbers", NUMBER_FIELDS))
    }

    fn token(&self) -> BoxFuture<'_, Result<TokenInfo, Error>> {
        Box::pin(async move {
            match self.debug_token(Authorization::Bearer).await {
                // A token that is no longer valid may not even ask about itself; the app may.
                Err(error)
                    if matches!(error.code(), "meta::token_expired" | "meta::token_invalid")
                        && self.0.app_token(None).is_some() =>
                {
                    // Its own error says more than that the app could not ask either.
                    self.debug_token(Authorization::App(None))
                        .await
                        .or(Err(error))
                }
                answer => answer,
            }
        })
    }

    fn subscribed_apps<'a>(&'a self, waba_id: &'a str) -> BoxFuture<'a, Result<Vec<Value>, Error>> {
        Box::pin(list(
            &self.0,
            waba_id,
            "subscribed_apps",
            &[],
            Count::Unknown,
        ))
    }

    fn webhooks<'a>(&'a self, waba_id: &'a str) -> BoxFuture<'a, Result<Webhooks, Error>> {
        Box::pin(async move {
            let app_id = match self.0.app_id() {
                Some(app_id) => app_id.to_owned(),
                None => self.token().await?.app_id,
            };
            let (app, apps) = futures::future::try_join(
                subscriptions::of_app(&self.0, &app_id),
                self.subscribed_apps(waba_id),
            )
            .await?;
            Ok(Webhooks::new(app_id, app, &apps))
        })
    }

    fn health<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Value, Error>> {
        Box::pin(async move {
            let mut answer = node(&self.0, id, &["health_status"]).await?;
            Ok(answer
                .get_mut("health_status")
                .map(Value::take)
                .unwrap_or_default())
        })
    }
}

/// An object that is known by its id.
trait Node: DeserializeOwned {
    fn id(&self) -> &str;
}

impl Node for Template {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Node for Account {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Node for Number {
    fn id(&self) -> &str {
        &self.id
    }
}
