//! Where webhooks come in, and the accounts that are served.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cli::error::{Failure, Result};
use crate::cli::session::Session;
use crate::resource::account::Account;
use crate::resource::webhook::Webhook;
use crate::secret::SecretString;
use crate::serve;
use crate::serve::receiver::Door;

/// Returns a door for each declared webhook; what is needed to check who comes in must be there.
pub(super) fn of(session: &Session) -> Result<Vec<Door>> {
    let project = &session.project;
    let mut doors = Vec::new();
    for webhook in project.all::<Webhook>() {
        let Some(account) = project.account_of(webhook.value.account.as_ref()) else {
            continue;
        };
        let app_secret = match &session.sandbox {
            Some(sandbox) => sandbox.app_secret(),
            None => app_secret(project, account)?,
        };
        let verify_token = project.secret(webhook.value.verify_token.get())?;
        let path = reqwest::Url::parse(&webhook.value.url)
            .map_or_else(|_| "/".to_owned(), |url| url.path().to_owned());
        if path == "/" {
            let message = format!("{} has the path of the dashboard, /", webhook.address());
            return Err(Failure::new("serve::webhook_path", message)
                .help("give its url a path of its own, such as https://hooks.example.com/waform"));
        }
        doors.push(Door {
            account: account.name.clone(),
            waba_id: account.value.waba_id.get().clone(),
            path,
            verify_token: verify_token.unwrap_or_default(),
            app_secret,
        });
    }
    Ok(doors)
}

fn app_secret(
    project: &crate::resource::Project,
    account: &crate::resource::Declared<Account>,
) -> Result<SecretString> {
    let missing = || {
        let message = format!(
            "{} has no app_secret, so that nobody can tell Meta's webhooks from forged ones",
            account.address()
        );
        Failure::new("serve::app_secret", message).help(
            "the App Dashboard shows it under App settings, Basic; put it into app_secret = { env = \"WHATSAPP_APP_SECRET\" }",
        )
    };
    let reference = account.value.app_secret.as_ref().ok_or_else(missing)?;
    project.secret(reference.get())?.ok_or_else(missing)
}

/// Returns how each account is read.
pub(super) fn accounts(session: &Session) -> BTreeMap<String, serve::Live> {
    let account = |(name, reached): (&String, &crate::cli::session::Reached)| {
        let live = serve::Live {
            waba_id: reached.waba_id.clone(),
            reader: Arc::new(reached.reader.clone()),
        };
        (name.clone(), live)
    };
    session.accounts.iter().map(account).collect()
}
