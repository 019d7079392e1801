//! Starting and ending a sandbox.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::clock::Offset;
use super::core::Core;
use super::data::{self, Data, Write};
use super::lock::{self, Lock};
use super::messages::Limits;
use super::options::{DEFAULT_NUMBER, DEFAULT_WABA_ID, Identity, Options};
use super::people::WINDOW;
use super::world::World;
use super::{http, inbound, ticker, webhooks};
use crate::clock::Clock;

/// Why a sandbox cannot start or end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The data cannot be used.
    #[error(transparent)]
    Data(#[from] data::Error),
    /// Another sandbox runs on this data.
    #[error("a sandbox already runs on {path}{}", url.as_ref().map(|url| format!(" ({url})")).unwrap_or_default())]
    Busy {
        /// The data.
        path: PathBuf,
        /// Where that one is reached.
        url: Option<String>,
    },
    /// The data's directory or lock file cannot be written.
    #[error("cannot write beside the sandbox's data {path}")]
    Lock {
        /// The data.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {addr}")]
    Listen {
        /// The address.
        addr: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// An account's number is no telephone number.
    #[error("{number} is no telephone number in the form +15550783881")]
    Number {
        /// What was given.
        number: String,
    },
    /// The client that delivers webhooks cannot be built.
    #[error("cannot prepare the delivery of webhooks")]
    Client(#[from] reqwest::Error),
}

/// A running sandbox. Dropped without [`Sandbox::shutdown`] it ends, too, but nobody waits for it.
pub struct Sandbox {
    core: Arc<Core>,
    addr: SocketAddr,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    lock: Option<Lock>,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox")
            .field("addr", &self.addr)
            .finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Starts a sandbox.
    ///
    /// # Errors
    ///
    /// When the data or the address cannot be had.
    pub async fn start(options: Options) -> Result<Self, Error> {
        // Whoever installed a provider before is welcome to it.
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        let mut lock = match &options.data {
            None => None,
            Some(path) => Some(take_lock(path).await?),
        };
        let core = Arc::new(prepare(options).await?);
        let wanted = core.options.listen;
        let listening = |source| Error::Listen {
            addr: wanted,
            source,
        };
        let listener = TcpListener::bind(wanted).await.map_err(listening)?;
        let addr = listener.local_addr().map_err(listening)?;
        let url = core
            .base_url
            .get_or_init(|| format!("http://{addr}"))
            .clone();
        if let (Some(lock), Some(path)) = (&mut lock, &core.options.data) {
            lock.announce(addr.port(), &url)
                .map_err(|source| Error::Lock {
                    path: path.clone(),
                    source,
                })?;
        }
        let (stop, stopped) = watch::channel(false);
        let tasks = vec![
            tokio::spawn(http::serve(Arc::clone(&core), listener, stopped.clone())),
            tokio::spawn(ticker::run(Arc::clone(&core), stopped.clone())),
            tokio::spawn(webhooks::run(Arc::clone(&core), stopped)),
        ];
        Ok(Self {
            core,
            addr,
            stop,
            tasks,
            lock,
        })
    }

    /// Returns the address it listens on.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Returns where it is reached, such as `http://127.0.0.1:4010`.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.core.base_url().to_owned()
    }

    /// Returns the identifiers and tokens to use.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.core.identity
    }

    /// Returns its clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.core.clock
    }

    /// Ends it: calls in progress are answered, everything is durable.
    ///
    /// # Errors
    ///
    /// When the data could not be written.
    pub async fn shutdown(self) -> Result<(), Error> {
        self.stop.send_replace(true);
        for task in self.tasks {
            // A task that panicked has said so; the data is closed all the same.
            drop(task.await);
        }
        let result = self.core.data.commit(Vec::new()).await;
        let core = Arc::clone(&self.core);
        drop(tokio::task::spawn_blocking(move || core.data.close()).await);
        if let (Some(lock), Some(path)) = (self.lock, &self.core.options.data) {
            lock.release().map_err(|source| Error::Lock {
                path: path.clone(),
                source,
            })?;
        }
        Ok(result?)
    }
}

async fn take_lock(path: &Path) -> Result<Lock, Error> {
    let failed = |source| Error::Lock {
        path: path.to_path_buf(),
        source,
    };
    if let Some(directory) = path
        .parent()
        .filter(|directory| !directory.as_os_str().is_empty())
    {
        std::fs::create_dir_all(directory).map_err(failed)?;
    }
    match Lock::take(path).await.map_err(failed)? {
        Some(lock) => Ok(lock),
        None => Err(Error::Busy {
            path: path.to_path_buf(),
            url: lock::running(path),
        }),
    }
}

async fn prepare(options: Options) -> Result<Core, Error> {
    let data = Data::open(options.data.as_deref())?;
    let mut objects = data.objects().await?;
    // The first seed stays: the ids that were drawn from it are in use.
    let seed = match objects.take_one::<u64>("seed")? {
        Some(seed) => seed,
        None => {
            data.commit(vec![Write::put("seed", "", &options.seed)])
                .await?;
            options.seed
        }
    };
    if let Some(offset) = objects.take_one::<Offset>("clock")? {
        offset.restore(&options.clock);
    }
    let mut world = World::load(seed, objects)?;
    world.next_message = data.last_message().await? + 1;
    let limited = world.portfolio.messaging_limit.people().is_some();
    let since = options
        .clock
        .now()
        .saturating_sub(Limits::look_back(limited))
        .unwrap_or(jiff::Timestamp::MIN);
    world.limits.rebuild(&data.recent(since).await?, limited);
    world.next_inbound = data.last_inbound().await? + 1;
    let opened = options
        .clock
        .now()
        .saturating_sub(WINDOW)
        .unwrap_or(jiff::Timestamp::MIN);
    for (phone, wa_id, at) in data.writers(opened).await? {
        world.people.wrote(&phone, &wa_id, at);
    }
    for (waba, wa_id, preference) in data.preferences().await? {
        world
            .people
            .prefers(&waba, &wa_id, inbound::is_stop(&preference));
    }
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .tls_certs_merge(
            webpki_root_certs::TLS_SERVER_ROOT_CERTS
                .iter()
                .filter_map(|certificate| reqwest::Certificate::from_der(certificate).ok()),
        )
        .build()?;
    let core = Core::new(options, data, world, client);
    let mut wanted = vec![(DEFAULT_WABA_ID.to_owned(), DEFAULT_NUMBER.to_owned())];
    wanted.extend(core.options.numbers.iter().cloned());
    core.turn(|turn| {
        for (waba, number) in &wanted {
            turn.account(waba);
            turn.add_number(waba, number).ok_or_else(|| Error::Number {
                number: number.clone(),
            })?;
        }
        Ok::<_, Error>(())
    })?;
    core.data.commit(Vec::new()).await?;
    Ok(core)
}
