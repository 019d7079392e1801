//! The sandbox that `--sandbox` works against: the one that already runs for this project, or one inside this command.

use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::error::{Failure, Result};
use crate::clock::Clock;
use crate::config::Spanned;
use crate::meta;
use crate::resource::account::Account;
use crate::resource::handoff::Handoff;
use crate::resource::notify::Notify;
use crate::resource::phone::Phone;
use crate::resource::serve::{LISTEN, Serve};
use crate::resource::webhook::Webhook;
use crate::resource::{Declared, Project};
use crate::sandbox::{self, Identity, Options, Sandbox};
use crate::secret::SecretString;

/// What stands for every secret: the sandbox's world has none.
const SECRET: &str = "sandbox";
/// How often a sandbox in another process is asked for the time.
const FOLLOW: Duration = Duration::from_millis(500);
/// A clock that is asked over a connection is never quite the same.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(2);

/// A sandbox that can be reached.
pub(crate) struct Sandboxed {
    pub(crate) clock: Clock,
    base_url: String,
    identity: Identity,
    /// Set where it runs inside this command.
    inside: Option<Sandbox>,
}

impl Sandboxed {
    /// Finds or starts the sandbox of a project; its accounts have the numbers that the project declares.
    pub(crate) async fn join(project: &Project, kept: &Path) -> Result<Self> {
        let data = kept.join("sandbox.db");
        let numbers = numbers(project);
        if let Some(base_url) = sandbox::running(&data) {
            let clock = remote_clock(&base_url).await?;
            for (waba_id, number) in numbers {
                let number = json!({ "waba_id": waba_id, "number": number });
                post(&base_url, "/_sandbox/numbers", &number).await?;
            }
            return Ok(Self {
                clock,
                base_url,
                identity: Identity::default(),
                inside: None,
            });
        }
        std::fs::create_dir_all(kept).map_err(|error| {
            Failure::new(
                "sandbox::start",
                format!("cannot create {}: {error}", kept.display()),
            )
            .help(super::error::SANDBOX_FILES)
        })?;
        let mut options = Options::new(Clock::system());
        options.data = Some(data);
        options.numbers = numbers;
        let inside = Sandbox::start(options).await?;
        Ok(Self {
            clock: inside.clock().clone(),
            base_url: inside.base_url(),
            identity: inside.identity().clone(),
            inside: Some(inside),
        })
    }

    /// How an account is reached in the sandbox; no secret is read.
    pub(crate) fn options(&self, account: &Declared<Account>) -> meta::Options {
        let token = SecretString::from(self.identity.access_token.clone());
        let mut options = meta::Options::new(token, self.clock.clone());
        options.base_url.clone_from(&self.base_url);
        options.app_id = Some(self.identity.app_id.clone());
        options.app_secret = Some(SecretString::from(self.identity.app_secret.clone()));
        options.loopback_only = true;
        if let Some(version) = &account.value.api_version {
            options.api_version.clone_from(version.get());
        }
        options
    }

    /// Points all that a project declares elsewhere at this machine: webhooks at what `waform serve` listens on, desks and
    /// those who are notified at the sandbox's sinks. No secret is read; what is asked for is the same word each time.
    pub(crate) fn redirect(&self, project: &mut Project) {
        let serve = project.all::<Serve>().next();
        let listen = serve
            .and_then(|serve| serve.value.address())
            .map_or_else(|| LISTEN.to_owned(), |address| address.to_string());
        project.update::<Webhook>(|webhook| {
            let url = &mut webhook.value.url;
            *url = Spanned::new(url.span(), format!("http://{listen}{}", path(url)));
        });
        let sink = |name: String| format!("{}/_sandbox/sink/{name}", self.base_url);
        project.update::<Handoff>(|handoff| {
            let url = &mut handoff.value.url;
            *url = Spanned::new(url.span(), sink(format!("handoff.{}", handoff.name)));
        });
        project.update::<Notify>(|notify| {
            let url = &mut notify.value.url;
            *url = Spanned::new(url.span(), sink(format!("notify.{}", notify.name)));
        });
        project.set_secrets(|_| Ok(SecretString::from(SECRET)));
    }

    pub(crate) fn app_secret(&self) -> SecretString {
        SecretString::from(self.identity.app_secret.clone())
    }

    /// Follows the sandbox's clock where it runs in another process: what is moved there makes things due here.
    pub(crate) async fn follow_clock(&self) {
        if self.inside.is_some() {
            return std::future::pending().await;
        }
        loop {
            tokio::time::sleep(FOLLOW).await;
            // A sandbox that is gone moves no clock.
            if let Ok(theirs) = remote_now(&self.base_url).await
                && theirs.duration_since(self.clock.now()) > TOLERANCE
            {
                self.clock.set(theirs);
            }
        }
    }

    pub(crate) async fn leave(self) -> Result<()> {
        match self.inside {
            Some(sandbox) => Ok(sandbox.shutdown().await?),
            None => Ok(()),
        }
    }
}

/// The declared numbers with their accounts' ids; a number declared by its id alone is the sandbox's default one.
fn numbers(project: &Project) -> Vec<(String, String)> {
    let accounts: Vec<&Declared<Account>> = project.all::<Account>().collect();
    let account = |phone: &Declared<Phone>| match &phone.value.account {
        Some(name) => project.get::<Account>(name.get()),
        None => accounts.first().copied(),
    };
    project
        .all::<Phone>()
        .filter_map(|phone| {
            let number = phone.value.number.as_ref()?.get().clone();
            Some((account(phone)?.value.waba_id.get().clone(), number))
        })
        .collect()
}

/// Returns the path of an address.
fn path(url: &str) -> String {
    let path = reqwest::Url::parse(url).map(|url| url.path().to_owned());
    path.unwrap_or_else(|_| "/".to_owned())
}

/// Returns a clock as far ahead of the machine's as the sandbox's is.
pub(super) async fn remote_clock(base_url: &str) -> Result<Clock> {
    let clock = Clock::system();
    clock.set(remote_now(base_url).await?);
    Ok(clock)
}

async fn remote_now(base_url: &str) -> Result<Timestamp> {
    let answer: Value = client()?
        .get(format!("{base_url}/_sandbox/clock"))
        .send()
        .await?
        .json()
        .await?;
    let now: Option<Timestamp> = answer["now"].as_str().and_then(|now| now.parse().ok());
    now.ok_or_else(|| {
        Failure::new(
            "sandbox::start",
            format!("{base_url} does not tell the time"),
        )
    })
}

async fn post(base_url: &str, path: &str, body: &Value) -> Result<()> {
    client()?
        .post(format!("{base_url}{path}"))
        .json(body)
        .send()
        .await?
        .error_for_status()?;
    Ok(())
}

fn client() -> Result<reqwest::Client> {
    meta::tls::init();
    Ok(reqwest::Client::builder().no_proxy().build()?)
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        Self::new(
            "sandbox::start",
            format!("the sandbox does not answer: {}", error.without_url()),
        )
    }
}
