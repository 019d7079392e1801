//! How a connection to the Graph API is made.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::Url;

use super::Error;
use crate::clock::Clock;
use crate::secret::SecretString;

/// Where the Graph API lives.
pub const BASE_URL: &str = "https://graph.facebook.com";

/// The version that this client was written against (25.0, of 18 February 2026).
pub const API_VERSION: &str = "v25.0";

/// Something that takes long enough to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Meta's limit on calls is near or reached; the call goes out at `until`.
    RateLimited {
        path: String,
        wait: Duration,
        until: Timestamp,
    },
    /// A call failed for a passing reason and is repeated after `wait`; `attempt` counts from 1.
    Retrying {
        path: String,
        wait: Duration,
        attempt: u32,
        reason: String,
    },
    /// A list is so long that reading it takes many calls; told after the first of them.
    LongRead {
        path: String,
        objects: u64,
        requests: u64,
        /// How much of Meta's limit on calls is used, in per cent, where Meta has told.
        used: Option<u64>,
    },
}

/// Is told what the client waits for. Must return at once.
#[derive(Clone, Default)]
pub struct Observer(Option<Arc<Listener>>);

type Listener = dyn Fn(&Event) + Send + Sync;

impl Observer {
    pub fn new(observer: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(observer)))
    }

    pub(super) fn tell(&self, event: &Event) {
        match event {
            Event::RateLimited { path, wait, .. } => {
                tracing::info!(%path, ?wait, "rate limited by Meta, waiting");
            }
            Event::Retrying {
                path,
                wait,
                attempt,
                reason,
            } => tracing::info!(%path, ?wait, attempt, %reason, "retrying"),
            Event::LongRead {
                path,
                objects,
                requests,
                used,
            } => tracing::info!(%path, objects, requests, used, "reading a long list"),
        }
        if let Some(observer) = &self.0 {
            observer(event);
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() {
            "Observer"
        } else {
            "Observer(none)"
        })
    }
}

/// How often and how long a call is repeated where repeating is safe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Attempts of one call, the first included.
    pub attempts: u32,
    /// The wait after the first attempt; it doubles from there.
    pub first_wait: Duration,
    pub longest_wait: Duration,
    /// How long one call waits, in all, for Meta's limits on calls.
    pub rate_limit: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 5,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(30),
            rate_limit: Duration::from_mins(15),
        }
    }
}

/// All that a connection needs; start from [`Options::new`].
#[derive(Clone, Debug)]
pub struct Options {
    /// `https`, or `http` on a loopback address.
    pub base_url: String,
    /// `v25.0`.
    pub api_version: String,
    pub access_token: SecretString,
    /// Signs every call (`appsecret_proof`) where it is given.
    pub app_secret: Option<SecretString>,
    /// With the secret, lets `debug_token` be asked about a token that is no longer valid itself.
    pub app_id: Option<String>,
    pub connect_timeout: Duration,
    /// Of one attempt, from the first byte sent to the last one read.
    pub timeout: Duration,
    pub clock: Clock,
    /// Refuses every host but this machine.
    pub loopback_only: bool,
    pub patience: Patience,
    pub observer: Observer,
}

impl Options {
    #[must_use]
    pub fn new(access_token: SecretString, clock: Clock) -> Self {
        Self {
            base_url: BASE_URL.to_owned(),
            api_version: API_VERSION.to_owned(),
            access_token,
            app_secret: None,
            app_id: None,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_mins(1),
            clock,
            loopback_only: false,
            patience: Patience::default(),
            observer: Observer::default(),
        }
    }
}

/// Where calls go: checked once, so that no token leaves for a place it must not reach.
#[derive(Debug)]
pub(super) struct Base {
    pub(super) url: Url,
    pub(super) is_loopback: bool,
}

impl Base {
    pub(super) fn check(options: &Options) -> Result<Self, Error> {
        let refuse = |reason: String| Err(Error::Options { reason });
        // The text may hold a password or a token; it is never repeated in the error.
        let Ok(url) = Url::parse(&options.base_url) else {
            return refuse("base_url is not a URL".to_owned());
        };
        let Some(host) = url.host_str() else {
            return refuse("base_url names no host".to_owned());
        };
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("base_url must not hold a user name or a password".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return refuse("base_url must end with its path".to_owned());
        }
        let is_loopback = is_loopback(host);
        if options.loopback_only && !is_loopback {
            return refuse(format!(
                "base_url names the host {host}, but only this machine may be reached"
            ));
        }
        match url.scheme() {
            "https" => {}
            "http" if is_loopback => {}
            "http" => {
                return refuse(format!(
                    "base_url must begin with https, or the access token would travel in the clear to {host}"
                ));
            }
            other => return refuse(format!("base_url has the unknown scheme {other}")),
        }
        if !is_version(&options.api_version) {
            return refuse(format!(
                "api_version must look like {API_VERSION}, not {:?}",
                options.api_version
            ));
        }
        Ok(Self { url, is_loopback })
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn is_version(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.strip_prefix('v')
        .and_then(|numbers| numbers.split_once('.'))
        .is_some_and(|(major, minor)| digits(major) && digits(minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(base_url: &str, api_version: &str, loopback_only: bool) -> Result<Base, Error> {
        let mut options = Options::new("token".into(), Clock::system());
        options.base_url = base_url.to_owned();
        options.api_version = api_version.to_owned();
        options.loopback_only = loopback_only;
        Base::check(&options)
    }

    #[test]
    fn a_token_never_travels_in_the_clear_over_a_network() {
        assert!(check("http://graph.example.com", "v25.0", false).is_err());
        assert!(check("http://127.0.0.1:4010", "v25.0", false).is_ok());
        assert!(check("http://[::1]:4010", "v25.0", false).is_ok());
        assert!(check("http://localhost.example.com", "v25.0", false).is_err());
        assert!(check(BASE_URL, "v25.0", false).is_ok());
    }

    #[test]
    fn loopback_only_refuses_every_other_host() {
        assert!(check(BASE_URL, "v25.0", true).is_err());
        assert!(check("https://localhost:8443", "v25.0", true).is_ok());
    }

    #[test]
    fn any_version_of_two_numbers_is_taken_and_nothing_else() {
        for good in ["v25.0", "v9.1", "v100.0"] {
            assert!(check(BASE_URL, good, false).is_ok(), "{good}");
        }
        for bad in ["25.0", "v25", "v25.0/x", "v.0", "v25.", ""] {
            assert!(check(BASE_URL, bad, false).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_password_in_the_address_is_not_repeated() {
        let error = check("https://user:hunter2@graph.example.com", "v25.0", false).unwrap_err();
        assert!(!error.to_string().contains("hunter2"));
    }
}
