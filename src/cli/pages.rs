//! The pages of `waform serve`: a dashboard at `/`, to be read in a browser.
//!
//! A page is made of what is at hand: the ledger is asked, templates, numbers and errors are found out in the background.
//! So nobody who looks waits for Meta, and looking costs it no more than a call or two a minute. Who may look is decided
//! by whoever nests these pages.

mod errors;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::status::live::{self, Followed, Scope, Source};
use super::status::refreshed::Refreshed;
use super::status::{self, ledger};
use crate::clock::Clock;
use crate::render::dashboard::{self, Dashboard, ErrorCount};
use crate::render::status::Status;
use crate::resource::Project;
use crate::sanitize;
use crate::store::{self, Database, Happening, HappeningFilter};

/// What the pages are made from.
pub(crate) struct Pages {
    pub(crate) project: Arc<Project>,
    pub(crate) store: Arc<dyn Database>,
    pub(crate) clock: Clock,
    /// How each account is read.
    pub(crate) sources: Vec<Source>,
    pub(crate) is_sandbox: bool,
}

/// Seconds after which a browser asks again.
const REFRESH: u32 = 5;
/// How old what the ledger tells may become: counting a large campaign takes a while, and several people may look.
const PACE: Duration = Duration::from_secs(2);
/// What happened is shown of these; what happened to contacts names them, and stands elsewhere.
const AREAS: [&str; 4] = ["account", "number", "template", "campaign"];
/// How much of it.
const HAPPENINGS: usize = 30;

const HEADERS: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CACHE_CONTROL, "no-store"),
];

/// Returns the pages. Whoever nests them decides who may see them.
pub(crate) fn router(pages: Pages) -> Router {
    over(pages, live::PACE)
}

fn over(pages: Pages, pace: Duration) -> Router {
    let Pages {
        project,
        store,
        clock,
        sources,
        is_sandbox,
    } = pages;
    let follow = |source| Followed::new(source, clock.clone(), pace);
    let desk = Desk {
        accounts: sources.into_iter().map(follow).collect(),
        errors: errors(Arc::clone(&store), clock.clone(), pace),
        ledger: Mutex::new(None),
        title: title(&project),
        project,
        store,
        clock,
        is_sandbox,
    };
    Router::new()
        .route("/", get(show))
        .with_state(Arc::new(desk))
}

/// The counted errors, and when that was; none where counting failed.
type Errors = Option<(Timestamp, Vec<ErrorCount>)>;

fn errors(store: Arc<dyn Database>, clock: Clock, pace: Duration) -> Refreshed<Errors> {
    Refreshed::new(pace, move |before: Option<Errors>| {
        let (store, now) = (Arc::clone(&store), clock.now());
        Box::pin(async move {
            match errors::count(&*store, now).await {
                Ok(errors) => Some((now, errors)),
                // The page itself says that the state cannot be read.
                Err(_) => before.flatten(),
            }
        })
    })
}

/// A project has no name; its directory has one.
fn title(project: &Project) -> String {
    let directory = project.directory.canonicalize();
    let name = directory.ok().and_then(|directory| {
        let name = directory.file_name()?;
        Some(name.to_string_lossy().into_owned())
    });
    name.unwrap_or_else(|| "waform".to_owned())
}

/// All that makes a page.
struct Desk {
    project: Arc<Project>,
    store: Arc<dyn Database>,
    clock: Clock,
    accounts: Vec<Followed>,
    errors: Refreshed<Errors>,
    /// What the ledger told last. Held while it is asked, so that those who look together ask once.
    ledger: Mutex<Option<(Instant, Status)>>,
    title: String,
    is_sandbox: bool,
}

async fn show(State(desk): State<Arc<Desk>>, RawQuery(query): RawQuery) -> Response {
    let stands_still = query.as_deref() == Some("still");
    let refresh = (!stands_still).then_some(REFRESH);
    match desk.dashboard(refresh).await {
        Ok(dashboard) => (HEADERS, Html(dashboard::html(&dashboard))).into_response(),
        Err(error) => {
            let text =
                sanitize::lines(&format!("the state cannot be read: {error}\n")).into_owned();
            let again = [(header::REFRESH, REFRESH.to_string())];
            (StatusCode::SERVICE_UNAVAILABLE, HEADERS, again, text).into_response()
        }
    }
}

impl Desk {
    async fn dashboard(&self, refresh: Option<u32>) -> store::Result<Dashboard> {
        let mut status = self.ledger().await?;
        let mut readings = Vec::new();
        for account in &self.accounts {
            let known = account.look();
            if let Some(live) = &known.live {
                let account = &known.reading.account;
                live.show(&self.project, account, &Scope::default(), &mut status);
            }
            readings.push(known.reading);
        }
        status::finish(&self.project, &*self.store, &mut status).await?;
        let (errors_at, errors) = self.errors.look().flatten().unzip();
        Ok(Dashboard {
            project: self.title.clone(),
            is_sandbox: self.is_sandbox,
            refresh,
            happenings: self.happenings().await?,
            status,
            readings,
            errors: errors.unwrap_or_default(),
            errors_at,
        })
    }

    async fn ledger(&self) -> store::Result<Status> {
        let mut kept = self.ledger.lock().await;
        if let Some((asked, status)) = &*kept
            && asked.elapsed() < PACE
        {
            return Ok(status.clone());
        }
        let status = ledger::read(&self.project, &*self.store, None, self.clock.now()).await?;
        *kept = Some((Instant::now(), status.clone()));
        Ok(status)
    }

    async fn happenings(&self) -> store::Result<Vec<Happening>> {
        let mut happenings = Vec::new();
        for area in AREAS {
            let filter = HappeningFilter {
                area: Some(area.to_owned()),
                limit: HAPPENINGS,
                ..HappeningFilter::default()
            };
            happenings.extend(self.store.happenings(&filter).await?);
        }
        happenings.sort_by_key(|happening: &Happening| Reverse(happening.at));
        happenings.truncate(HAPPENINGS);
        Ok(happenings)
    }
}
