//! Where campaigns, templates and numbers stand.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table};
use serde::Serialize;
use serde_json::{Value, json};
use textwrap::core::display_width;

use super::count;
use super::style::Look;
use crate::sanitize;
use crate::store::Standing;

/// What is shown: gathered by the command, from the ledger and the live account.
#[derive(Clone, Debug, Default)]
pub struct Status {
    pub campaigns: Vec<CampaignStatus>,
    pub templates: Vec<TemplateStatus>,
    pub numbers: Vec<NumberStatus>,
}

#[derive(Clone, Debug)]
pub struct CampaignStatus {
    pub campaign: String,
    pub account: String,
    pub state: String,
    pub standing: Standing,
}

#[derive(Clone, Debug, Serialize)]
pub struct TemplateStatus {
    pub address: String,
    pub name: String,
    pub language: String,
    pub status: String,
    pub category: String,
    pub quality: Option<String>,
    pub reason: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
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

/// Returns the contract's JSON: `format_version` 1.0.
#[must_use]
pub fn document(status: &Status) -> Value {
    let campaigns: Vec<Value> = status
        .campaigns
        .iter()
        .map(|campaign| {
            let standing = &campaign.standing;
            json!({
                "campaign": campaign.campaign,
                "account": campaign.account,
                "state": campaign.state,
                "hopper": standing.hopper,
                "delivery": standing.delivery,
                "outcome": standing.outcome,
                "skipped": standing.skipped,
                "uncertain": standing.uncertain,
                "due": standing.due,
                "next_due": standing.next_due,
            })
        })
        .collect();
    json!({
        "format_version": "1.0",
        "campaigns": campaigns,
        "templates": status.templates,
        "numbers": status.numbers,
    })
}

/// Returns the status as tables.
#[must_use]
pub fn human(status: &Status, look: Look) -> String {
    let mut text = String::new();
    if status.campaigns.is_empty() {
        text.push_str("No campaign has been launched yet.\n");
    } else {
        campaigns(&mut text, status, look);
    }
    if !status.templates.is_empty() {
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
        let _infallible = write!(
            text,
            "\n{}",
            table(
                &["TEMPLATE", "STATUS", "CATEGORY", "QUALITY", "REASON"],
                rows,
                look
            )
        );
    }
    if !status.numbers.is_empty() {
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
        let _infallible = write!(text, "\n{}", table(&titles, rows, look));
    }
    text
}

/// Two tables, since one of eleven columns is wider than a terminal.
fn campaigns(text: &mut String, status: &Status, look: Look) {
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
    text.push_str(&table(&titles, hoppers, look));
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
        .flat_map(|campaign| notes(campaign, look))
        .collect();
    if !notes.is_empty() {
        text.push('\n');
        text.push_str(&notes);
    }
}

/// What the numbers of a campaign do not tell, a paragraph each.
fn notes(campaign: &CampaignStatus, look: Look) -> Vec<String> {
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
        note(&format!("next due {}", next.strftime("%Y-%m-%dT%H:%M:%SZ")));
    }
    notes
}

fn named(numbers: &BTreeMap<String, u64>) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn status() -> Status {
        let standing = serde_json::from_value(json!({
            "hopper": { "total": 1_000_000, "fresh": 1, "retry": 20, "pending": 900_000, "closed": 99_979 },
            "delivery": { "accepted": 100_000, "sent": 0, "delivered": 500_000, "read": 300_000, "failed": 79_979 },
            "outcome": { "failed": 79_979, "skipped": 20_000 },
            "skipped": { "no_opt_in": 19_000, "suppressed": 1_000 },
            "uncertain": 2,
            "due": 0,
            "next_due": "2026-05-02T10:00:00Z",
        }));
        Status {
            campaigns: vec![CampaignStatus {
                campaign: "spring_order_updates".to_owned(),
                account: "main".to_owned(),
                state: "running".to_owned(),
                standing: standing.unwrap(),
            }],
            templates: vec![TemplateStatus {
                address: "template.order_update[\"en_US\"]".to_owned(),
                name: "order_update".to_owned(),
                language: "en_US".to_owned(),
                status: "REJECTED".to_owned(),
                category: "UTILITY".to_owned(),
                quality: None,
                reason: Some("INVALID_FORMAT: variables are next to each other".to_owned()),
            }],
            numbers: vec![NumberStatus {
                account: "main".to_owned(),
                id: "106540352242922".to_owned(),
                display_phone_number: "+1 555-078-3881".to_owned(),
                verified_name: Some("Shop 🎁\u{1b}[2J".to_owned()),
                status: Some("CONNECTED".to_owned()),
                quality_rating: Some("GREEN".to_owned()),
                messaging_limit: Some("TIER_UNLIMITED".to_owned()),
                throughput: Some("STANDARD".to_owned()),
            }],
        }
    }

    #[test]
    fn a_status_is_readable_on_eighty_columns() {
        insta::assert_snapshot!(human(&status(), Look::plain(80)));
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in [60, 80, 120] {
            for line in human(&status(), Look::plain(width)).lines() {
                let fits = textwrap::core::display_width(line) <= width;
                assert!(fits, "{width}: {line}");
            }
        }
    }
}
