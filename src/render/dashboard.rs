//! The page that `waform serve` shows: what a status tells, kept up to date by the browser.
//!
//! One HTML document with its style inside: no script, no build step, nothing is asked of any other place. It names no
//! contact: errors are counted by their code, and telephone numbers in other people's sentences are shortened. Times are UTC.

mod campaigns;
mod markup;
mod tables;

#[cfg(test)]
mod tests;

use std::cmp::Reverse;

use jiff::Timestamp;

use self::markup::{Markup, Tone};
use super::status::{Status, Weight, notes};
use super::{count, halt};
use crate::store::Happening;

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct Dashboard {
    /// The project, as a person calls it.
    pub project: String,
    /// Nobody real is messaged.
    pub is_sandbox: bool,
    /// Seconds after which the browser asks again; none where the reader wants the page to stand still.
    pub refresh: Option<u32>,
    pub status: Status,
    /// How old templates and numbers are; one an account.
    pub readings: Vec<Reading>,
    /// Most frequent first.
    pub errors: Vec<ErrorCount>,
    /// When the errors were counted, and how many hours back.
    pub errors_at: Option<Timestamp>,
    /// Latest first.
    pub happenings: Vec<Happening>,
}

/// What was last read of an account at Meta.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    pub account: String,
    /// When it was last read; none before the first time.
    pub read_at: Option<Timestamp>,
    pub failing: Option<Failing>,
}

/// Meta cannot be reached, or does not let us read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    pub since: Timestamp,
    pub reason: String,
}

/// How often an error ended an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorCount {
    pub account: String,
    pub campaign: String,
    /// Meta's.
    pub code: i64,
    pub meaning: String,
    pub contacts: u64,
    pub last_at: Timestamp,
}

/// Errors older than this are not shown.
pub const RECENT_HOURS: i64 = 24;

const STYLE: &str = include_str!("dashboard/style.css");

/// Returns the page.
#[must_use]
pub fn html(dashboard: &Dashboard) -> String {
    let mut page = Markup::default();
    head(&mut page, dashboard);
    page.raw("<main>");
    attention(&mut page, dashboard);
    campaigns::section(&mut page, dashboard);
    tables::templates(&mut page, dashboard);
    tables::numbers(&mut page, dashboard);
    tables::errors(&mut page, dashboard);
    tables::errands(&mut page, dashboard);
    tables::happenings(&mut page, dashboard);
    page.raw("</main><footer>Read only. Times are UTC; contacts are counted, never named.</footer></body></html>\n");
    page.finish()
}

fn head(page: &mut Markup, dashboard: &Dashboard) {
    page.raw("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
        .raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
        .raw("<meta name=\"robots\" content=\"noindex\">")
        // Without this a browser asks for an icon.
        .raw("<link rel=\"icon\" href=\"data:,\">");
    if let Some(seconds) = dashboard.refresh {
        page.raw("<meta http-equiv=\"refresh\" content=\"")
            .text(&seconds.to_string())
            .raw("\">");
    }
    page.raw("<title>").text(&dashboard.project);
    page.raw(" · waform</title><style>").raw(STYLE);
    page.raw("</style></head><body><header><h1>")
        .text(&dashboard.project)
        .raw("</h1>");
    if dashboard.is_sandbox {
        page.word(Tone::Waiting, "sandbox: nobody real is messaged");
    }
    let now = dashboard.status.now;
    let shown = now.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    page.raw("<p>as of <time>").text(&shown).raw("</time>, ");
    match dashboard.refresh {
        Some(seconds) => page
            .raw("refreshed every ")
            .text(&seconds.to_string())
            .raw(" s · <a href=\"/?still\">hold still</a>"),
        None => page.raw("standing still · <a href=\"/\">refresh</a>"),
    };
    page.raw("</p></header>");
}

/// What a person has to know first.
fn attention(page: &mut Markup, dashboard: &Dashboard) {
    let status = &dashboard.status;
    page.raw("<h2>Now</h2><div class=\"sheet\"><ul class=\"notes\">");
    for halt in &status.halts {
        let age = count::roughly(status.now.duration_since(halt.since));
        item(page, Tone::Bad, "halted", |page| {
            page.text(&halt::line(halt))
                .raw(" <span class=\"ago\">(")
                .text(&age)
                .raw(" ago)</span>");
        });
    }
    for reading in &dashboard.readings {
        read(page, reading, status.now);
    }
    let mut notes = notes(status);
    notes.sort_by_key(|note| Reverse(note.weight));
    for note in notes {
        let (tone, word) = match note.weight {
            Weight::Fact => (Tone::Plain, "note"),
            Weight::Doubt => (Tone::Doubtful, "look"),
            Weight::Alarm => (Tone::Bad, "act"),
        };
        item(page, tone, word, |page| {
            page.text(&note.text);
        });
    }
    if status.halts.is_empty() {
        item(page, Tone::Good, "open", |page| {
            page.raw("Nothing is halted.");
        });
    }
    page.raw("</ul></div>");
}

/// What is wrong with reading an account, where something is.
fn read(page: &mut Markup, reading: &Reading, now: Timestamp) {
    let account = &reading.account;
    if let Some(failing) = &reading.failing {
        item(page, Tone::Bad, "Meta", |page| {
            page.raw("account.").text(account);
            page.raw(": templates and numbers could not be read since ")
                .time(failing.since, now)
                .raw(": ")
                .text(&failing.reason);
            match reading.read_at {
                Some(at) => page.raw("; what is shown is of ").time(at, now),
                None => page.raw("; none has been read yet"),
            };
        });
    } else if reading.read_at.is_none() {
        item(page, Tone::Waiting, "Meta", |page| {
            page.raw("account.").text(account);
            page.raw(": templates and numbers are being read.");
        });
    }
}

fn item(page: &mut Markup, tone: Tone, word: &'static str, content: impl FnOnce(&mut Markup)) {
    page.raw("<li>").word(tone, word).raw(" ");
    content(page);
    page.raw("</li>");
}
