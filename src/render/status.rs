//! Where campaigns, templates and numbers stand, and what stands in their way.

mod document;
mod notes;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use textwrap::core::display_width;

use super::style::Look;
use super::time::rfc3339;
use super::{count, halt};
use crate::sanitize;
use crate::store::{ErrandCounts, ErrandKind, Halt, Standing};

pub use document::{Document, document};
pub use notes::{Note, Weight, notes};

/// What is shown: gathered by the command, from the ledger and the live account.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// When it was gathered.
    pub now: Timestamp,
    pub campaigns: Vec<CampaignStatus>,
    pub templates: Vec<TemplateStatus>,
    pub numbers: Vec<NumberStatus>,
    /// Widest scope first.
    pub halts: Vec<Halt>,
    /// One an account.
    pub receivers: Vec<ReceiverStatus>,
    /// Webhooks that wait to be read.
    pub inbox: u64,
    /// Webhooks that could not be read; no more than [`COUNTED`] are counted.
    pub dead_letters: u64,
    pub errands: Vec<(ErrandKind, ErrandCounts)>,
    /// Numbers that could not be reached, by account; of each no more than [`COUNTED`] are counted.
    pub suspects: BTreeMap<String, u64>,
    /// Accounts whose automation leads people to no person.
    pub without_person: Vec<String>,
}

/// Counting goes no further than this where counting is reading.
pub const COUNTED: u64 = 1_000;

/// Whether an account's webhooks are received.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ReceiverStatus {
    pub account: String,
    /// Since when a receiver has run without a gap; none where there never was one.
    pub since: Option<Timestamp>,
    /// Its last sign of life.
    pub last: Option<Timestamp>,
    /// Whether a campaign of the account was sent, whose statuses somebody should receive.
    #[serde(skip)]
    pub is_needed: bool,
}

#[derive(Clone, Debug)]
pub struct CampaignStatus {
    pub campaign: String,
    pub account: String,
    pub state: String,
    pub standing: Standing,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TemplateStatus {
    pub address: String,
    pub name: String,
    pub language: String,
    pub status: String,
    pub category: String,
    pub quality: Option<String>,
    pub reason: Option<String>,
    /// What Meta recommended when it last rejected the template, in its sentences.
    pub recommendation: Option<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NumberStatus {
    pub account: String,
    pub id: String,
    pub display_phone_number: String,
    pub verified_name: Option<String>,
    pub status: Option<String>,
    pub quality_rating: Option<String>,
    pub messaging_limit: Option<String>,
    pub throughput: Option<String>,
}

pub(super) fn errand(kind: ErrandKind) -> &'static str {
    match kind {
        ErrandKind::Reply => "reply",
        ErrandKind::Handoff => "handoff",
        ErrandKind::Notify => "notify",
    }
}

/// Returns the status as tables.
#[must_use]
pub fn human(status: &Status, look: Look) -> String {
    let mut sections = vec![
        halted(status, look),
        campaigns(status, look),
        told(status, look),
        errands(status, look),
        templates(status, look),
        numbers(status, look),
    ];
    sections.retain(|section| !section.is_empty());
    sections.join("\n")
}

/// What explains everything below it stands above it.
fn halted(status: &Status, look: Look) -> String {
    let halts = status.halts.iter();
    let lead = look.alarming("halted: ");
    halts
        .map(|halt| look.lay_out(&lead, "    ", &halt::line(halt)))
        .collect()
}

fn told(status: &Status, look: Look) -> String {
    let told = notes(status).into_iter().map(|note| {
        let text = sanitize::line(&note.text).into_owned();
        let text = match note.weight {
            Weight::Fact => text,
            Weight::Doubt => look.changed(text),
            Weight::Alarm => look.alarming(text),
        };
        look.lay_out("", "    ", &text)
    });
    told.collect()
}

fn errands(status: &Status, look: Look) -> String {
    let is_open = |counts: &ErrandCounts| counts.waiting + counts.failed + counts.uncertain > 0;
    let open = status.errands.iter().filter(|(_, counts)| is_open(counts));
    let mut rows = open
        .map(|(kind, counts)| {
            let numbers = [counts.waiting, counts.failed, counts.uncertain, counts.done];
            let name = std::iter::once(errand(*kind).to_owned());
            name.chain(numbers.map(count::grouped)).collect()
        })
        .peekable();
    if rows.peek().is_none() {
        return String::new();
    }
    let titles = ["ERRANDS", "WAITING", "FAILED", "UNCERTAIN", "DONE"];
    table(&titles, rows, look)
}

fn templates(status: &Status, look: Look) -> String {
    if status.templates.is_empty() {
        return String::new();
    }
    let rows = status.templates.iter().map(|template| {
        let reason = template.reason.as_deref().unwrap_or_default();
        vec![
            template.address.clone(),
            template.status.to_lowercase(),
            template.category.to_lowercase(),
            template.quality.as_deref().unwrap_or("-").to_lowercase(),
            reason.to_owned(),
        ]
    });
    let titles = ["TEMPLATE", "STATUS", "CATEGORY", "QUALITY", "REASON"];
    let mut text = table(&titles, rows, look);
    for template in &status.templates {
        if let Some(recommendation) = &template.recommendation {
            let lead = format!("{}: ", sanitize::line(&template.address));
            let told = format!("Meta recommends: {}", sanitize::line(recommendation));
            text.push_str(&look.lay_out(&lead, "    ", &told));
        }
    }
    text
}

fn numbers(status: &Status, look: Look) -> String {
    if status.numbers.is_empty() {
        return String::new();
    }
    let dash = |value: &Option<String>| value.as_deref().unwrap_or("-").to_lowercase();
    let rows = status.numbers.iter().map(|number| {
        vec![
            number.display_phone_number.clone(),
            number.verified_name.clone().unwrap_or_default(),
            dash(&number.status),
            dash(&number.quality_rating),
            dash(&number.messaging_limit),
            dash(&number.throughput),
        ]
    });
    let titles = [
        "NUMBER",
        "NAME",
        "STATUS",
        "QUALITY",
        "24 H LIMIT",
        "THROUGHPUT",
    ];
    table(&titles, rows, look)
}

/// Two tables, since one of eleven columns is wider than a terminal.
fn campaigns(status: &Status, look: Look) -> String {
    if status.campaigns.is_empty() {
        return "No campaign has been launched yet.\n".to_owned();
    }
    let hoppers = status.campaigns.iter().map(|campaign| {
        let hopper = &campaign.standing.hopper;
        let mut row = vec![campaign.campaign.clone(), campaign.state.clone()];
        let numbers = [
            hopper.total,
            hopper.fresh,
            hopper.retry,
            hopper.pending,
            hopper.closed,
        ];
        row.extend(numbers.map(count::grouped));
        row
    });
    let titles = [
        "CAMPAIGN", "STATE", "TOTAL", "FRESH", "RETRY", "PENDING", "CLOSED",
    ];
    let mut text = table(&titles, hoppers, look);
    let deliveries = status.campaigns.iter().map(|campaign| {
        let delivery = &campaign.standing.delivery;
        let mut row = vec![campaign.campaign.clone()];
        let numbers = [
            delivery.accepted + delivery.sent + delivery.delivered + delivery.read,
            delivery.delivered + delivery.read,
            delivery.read,
            delivery.failed,
        ];
        row.extend(numbers.map(count::grouped));
        row
    });
    let titles = ["DELIVERY", "ACCEPTED", "DELIVERED", "READ", "FAILED"];
    text.push('\n');
    text.push_str(&table(&titles, deliveries, look));
    let notes: String = status
        .campaigns
        .iter()
        .flat_map(|campaign| remarks(campaign, look))
        .collect();
    if !notes.is_empty() {
        text.push('\n');
        text.push_str(&notes);
    }
    text
}

/// What the numbers of a campaign do not tell, a paragraph each.
fn remarks(campaign: &CampaignStatus, look: Look) -> Vec<String> {
    let standing = &campaign.standing;
    let mut notes = Vec::new();
    let mut note = |told: &str| {
        notes.push(look.lay_out(&format!("{}: ", campaign.campaign), "    ", told));
    };
    if !standing.outcome.is_empty() {
        note(&format!("closed as {}", named(&standing.outcome)));
    }
    if !standing.skipped.is_empty() {
        note(&format!("skipped for {}", named(&standing.skipped)));
    }
    if standing.uncertain > 0 {
        let uncertain = count::of(standing.uncertain, "contact", "contacts");
        note(&look.changed(format_args!(
            "{uncertain} may or may not have been messaged; not repeated until a status tells"
        )));
    }
    if let Some(next) = standing.next_due.filter(|_| standing.due == 0) {
        note(&format!("next due {}", rfc3339(next)));
    }
    notes
}

pub(super) fn named(numbers: &BTreeMap<String, u64>) -> String {
    let parts = numbers
        .iter()
        .map(|(name, number)| format!("{} ({})", sanitize::lines(name), count::grouped(*number)));
    parts.collect::<Vec<_>>().join(", ")
}

/// Returns a table without frames; numbers stand to the right.
pub(super) fn table(
    titles: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
    look: Look,
) -> String {
    let rows: Vec<Vec<String>> = rows.collect();
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    // What does not fit is broken within its column; the first column's margin is cut off below.
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(look.width + 1).unwrap_or(u16::MAX));
    table.set_header(titles);
    for row in &rows {
        table.add_row(row.iter().map(|cell| sanitize::lines(cell).into_owned()));
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        let mut cells = rows.iter().filter_map(|row| row.get(index));
        if !rows.is_empty() && cells.all(|cell| is_number(cell)) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    // Names are copied: they stay in one piece where that leaves room for the rest.
    let names = rows.iter().filter_map(|row| row.first());
    let widest = names.map(|name| display_width(name)).max();
    if let Some(first) = table.column_mut(0)
        && widest.is_some_and(|widest| widest <= look.width / 2)
    {
        first.set_constraint(ColumnConstraint::ContentWidth);
    }
    let mut lines = String::new();
    for (index, line) in table.to_string().lines().enumerate() {
        let line = line.strip_prefix(' ').unwrap_or(line).trim_end();
        let _infallible = if index == 0 {
            writeln!(lines, "{}", look.faint(line))
        } else {
            writeln!(lines, "{line}")
        };
    }
    lines
}

fn is_number(cell: &str) -> bool {
    !cell.is_empty() && cell.chars().all(|c| c.is_ascii_digit() || c == ',')
}
