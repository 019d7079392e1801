//! Declarations that are wrong, and a webhook on its way to Meta and back.

mod at_meta;
mod declaration;
mod reconcile;

const ACCOUNT: &str = r#"
[account.main]
waba_id = "102290129340398"
access_token = { env = "TOKEN" }
app_secret = { env = "SECRET" }
"#;

const URL: &str = "url = \"https://hooks.example.com/waform\"";

fn webhook(keys: &str) -> String {
    format!("[webhook.main]\nverify_token = {{ env = \"VERIFY\" }}\n{keys}\n")
}
