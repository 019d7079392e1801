use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::meta::stub::{Reply, Request, SECRET};

/// The part of Meta that webhooks are about.
#[derive(Debug, Default)]
pub(super) struct AtMeta {
    pub(super) callback: Option<(String, BTreeSet<String>)>,
    pub(super) subscribed: bool,
    pub(super) override_url: Option<String>,
    /// Whether the address answers Meta's challenge.
    pub(super) is_deaf: bool,
}

pub(super) const APP: &str = "670843887433847";
pub(super) const WABA: &str = "102290129340398";

impl AtMeta {
    pub(super) fn answer(&mut self, request: &Request) -> Reply {
        let path = request.path.trim_start_matches("/v25.0/");
        let success = || Reply::Json(200, json!({ "success": true }));
        let is_app = path == format!("{APP}/subscriptions");
        assert!(
            is_app || path == format!("{WABA}/subscribed_apps"),
            "{path}"
        );
        if is_app {
            let token = format!("Bearer {APP}|{SECRET}");
            assert_eq!(request.headers["authorization"], token);
        }
        match (request.method.as_str(), is_app) {
            ("GET", true) => {
                let shown = self.callback.iter().map(|(url, fields)| {
                    let fields = fields.iter().map(|name| json!({ "name": name, "version": "v24.0" }));
                    json!({ "object": "whatsapp_business_account", "callback_url": url, "active": true,
                            "fields": Vec::from_iter(fields) })
                });
                let other = json!({ "object": "page", "callback_url": "https://x.example" });
                Reply::Json(
                    200,
                    json!({ "data": std::iter::once(other).chain(shown).collect::<Vec<_>>() }),
                )
            }
            ("GET", false) => {
                let mut app =
                    json!({ "whatsapp_business_api_data": { "id": APP, "name": "shop" } });
                if let Some(url) = &self.override_url {
                    app["override_callback_uri"] = url.as_str().into();
                }
                let apps: Vec<Value> = self.subscribed.then_some(app).into_iter().collect();
                Reply::Json(200, json!({ "data": apps }))
            }
            ("POST", true) => {
                let form: BTreeMap<String, String> = {
                    let query = String::from_utf8(request.body.clone()).unwrap();
                    let url = reqwest::Url::parse(&format!("http://x/?{query}")).unwrap();
                    url.query_pairs().into_owned().collect()
                };
                assert_eq!(form["object"], "whatsapp_business_account");
                assert_eq!(form["include_values"], "true");
                let token = &form["verify_token"];
                if self.is_deaf {
                    let message = format!(
                        "(#2200) Callback verification failed, HTTP Status Code = 404 ({token})"
                    );
                    return Reply::Json(
                        400,
                        json!({ "error": { "code": 2200, "message": message } }),
                    );
                }
                let (_, fields) = self.callback.get_or_insert_default();
                // The page is silent on whether a list replaces the one before: here it adds to it.
                fields.extend(form["fields"].split(',').map(str::to_owned));
                let fields = fields.clone();
                self.callback = Some((form["callback_url"].clone(), fields));
                success()
            }
            ("POST", false) => {
                let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
                self.subscribed = true;
                self.override_url = body["override_callback_uri"].as_str().map(str::to_owned);
                success()
            }
            ("DELETE", true) => {
                assert_eq!(request.query["object"], "whatsapp_business_account");
                match request.query.get("fields") {
                    None => self.callback = None,
                    Some(gone) => {
                        let (_, fields) = self.callback.as_mut().unwrap();
                        fields.retain(|field| !gone.split(',').any(|gone| gone == field));
                    }
                }
                success()
            }
            ("DELETE", false) => {
                (self.subscribed, self.override_url) = (false, None);
                success()
            }
            (method, _) => panic!("{method} {path}"),
        }
    }
}
