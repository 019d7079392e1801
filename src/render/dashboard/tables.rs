//! Everything of which there are rows.

use super::markup::Column::{Number, Text};
use super::markup::{Markup, Tone};
use super::{Dashboard, RECENT_HOURS};
use crate::render::status::{NumberStatus, TemplateStatus, errand};

/// Returns what a word of Meta's, in whatever case, means for sending.
fn tone(word: &str) -> Tone {
    match word.to_ascii_uppercase().as_str() {
        "APPROVED" | "CONNECTED" | "GREEN" => Tone::Good,
        "PENDING" | "IN_APPEAL" | "NOT_SUBMITTED" | "MIGRATED" => Tone::Waiting,
        "YELLOW" | "FLAGGED" | "RATE_LIMITED" | "LIMIT_EXCEEDED" => Tone::Doubtful,
        "RED" | "REJECTED" | "PAUSED" | "DISABLED" | "PENDING_DELETION" | "DELETED" | "LOCKED"
        | "ARCHIVED" | "RESTRICTED" | "BANNED" | "DISCONNECTED" | "UNVERIFIED" => Tone::Bad,
        _ => Tone::Plain,
    }
}

/// Writes a word of Meta's where there is one.
fn word(cell: &mut Markup, word: Option<&str>) {
    match word {
        Some(word) => cell.word(tone(word), &word.to_lowercase()),
        None => cell.raw("-"),
    };
}

fn title(page: &mut Markup, title: &'static str) {
    page.raw("<h2>").raw(title);
    page.raw("</h2><div class=\"sheet stacked\">");
}

const END: &str = "</tbody></table></div>";

pub(super) fn templates(page: &mut Markup, dashboard: &Dashboard) {
    let templates = &dashboard.status.templates;
    if templates.is_empty() {
        return;
    }
    title(page, "Templates");
    for reading in &dashboard.readings {
        if let Some(at) = reading.read_at {
            page.raw("<p class=\"faint\">account.")
                .text(&reading.account);
            page.raw(", numbers too, as read ")
                .time(at, dashboard.status.now)
                .raw("</p>");
        }
    }
    page.table(&[
        Text("template"),
        Text("status"),
        Text("category"),
        Text("quality"),
        Text("reason"),
    ]);
    for template in templates {
        let TemplateStatus {
            address,
            status,
            category,
            quality,
            ..
        } = template;
        page.raw("<tr>")
            .cell("template", |cell| {
                cell.text(address);
            })
            .cell("status", |cell| word(cell, Some(status)))
            .cell("category", |cell| {
                cell.text(&category.to_lowercase());
            })
            .cell("quality", |cell| word(cell, quality.as_deref()))
            .cell("reason", |cell| reason(cell, template))
            .raw("</tr>");
    }
    page.raw(END);
}

fn reason(cell: &mut Markup, template: &TemplateStatus) {
    if let Some(reason) = &template.reason {
        cell.text(reason);
    }
    if let Some(recommendation) = &template.recommendation {
        cell.raw(" <span class=\"faint\">Meta recommends: ");
        cell.text(recommendation).raw("</span>");
    }
    if template.reason.is_none() && template.recommendation.is_none() {
        cell.raw("-");
    }
}

pub(super) fn numbers(page: &mut Markup, dashboard: &Dashboard) {
    let numbers = &dashboard.status.numbers;
    if numbers.is_empty() {
        return;
    }
    title(page, "Numbers");
    page.table(&[
        Text("number"),
        Text("name"),
        Text("status"),
        Text("quality"),
        Text("24 h limit"),
        Text("throughput"),
    ]);
    for number in numbers {
        let NumberStatus {
            display_phone_number,
            verified_name,
            status,
            quality_rating,
            messaging_limit,
            throughput,
            ..
        } = number;
        let plain = |cell: &mut Markup, text: Option<&str>| {
            cell.text(&text.unwrap_or("-").to_lowercase());
        };
        page.raw("<tr>")
            .cell("number", |cell| {
                cell.whole(display_phone_number);
            })
            .cell("name", |cell| {
                cell.text(verified_name.as_deref().unwrap_or("-"));
            })
            .cell("status", |cell| word(cell, status.as_deref()))
            .cell("quality", |cell| word(cell, quality_rating.as_deref()))
            .cell("24 h limit", |cell| plain(cell, messaging_limit.as_deref()))
            .cell("throughput", |cell| plain(cell, throughput.as_deref()))
            .raw("</tr>");
    }
    page.raw(END);
}

pub(super) fn errors(page: &mut Markup, dashboard: &Dashboard) {
    title(page, "Errors");
    let hours = RECENT_HOURS.to_string();
    let Some(at) = dashboard.errors_at else {
        page.raw("<p>They are being counted.</p></div>");
        return;
    };
    if dashboard.errors.is_empty() {
        page.raw("<p>None within ")
            .text(&hours)
            .raw(" hours.</p></div>");
        return;
    }
    let now = dashboard.status.now;
    page.raw("<p class=\"faint\">Within ").text(&hours);
    page.raw(" hours, by the latest attempt of each contact; counted ");
    page.time(at, now).raw("</p>");
    page.table(&[
        Text("code"),
        Text("meaning"),
        Text("campaign"),
        Number("contacts"),
        Text("last"),
    ]);
    for error in &dashboard.errors {
        page.raw("<tr>")
            .cell("code", |cell| {
                cell.text(&error.code.to_string());
            })
            .cell("meaning", |cell| {
                cell.text(&error.meaning);
            })
            .cell("campaign", |cell| {
                cell.text(&error.campaign);
            })
            .number("contacts", error.contacts)
            .cell("last", |cell| {
                cell.time(error.last_at, now);
            })
            .raw("</tr>");
    }
    page.raw(END);
}

pub(super) fn errands(page: &mut Markup, dashboard: &Dashboard) {
    let status = &dashboard.status;
    if status
        .receivers
        .iter()
        .all(|receiver| receiver.since.is_none())
        && status
            .errands
            .iter()
            .all(|(_, counts)| *counts == Default::default())
    {
        return;
    }
    title(page, "Receiver and errands");
    for receiver in &status.receivers {
        page.raw("<p>account.").text(&receiver.account).raw(": ");
        match receiver.last {
            Some(last) => page.raw("last sign of life ").time(last, status.now),
            None => page.raw("no receiver has run"),
        };
        page.raw("</p>");
    }
    page.raw("<p>")
        .count(status.inbox)
        .raw(" webhooks wait to be read, ");
    page.count(status.dead_letters)
        .raw(" could not be read</p>");
    page.table(&[
        Text("errand"),
        Number("waiting"),
        Number("failed"),
        Number("uncertain"),
        Number("done"),
    ]);
    for (kind, counts) in &status.errands {
        page.raw("<tr>")
            .cell("errand", |cell| {
                cell.raw(errand(*kind));
            })
            .number("waiting", counts.waiting)
            .number("failed", counts.failed)
            .number("uncertain", counts.uncertain)
            .number("done", counts.done)
            .raw("</tr>");
    }
    page.raw(END);
}

pub(super) fn happenings(page: &mut Markup, dashboard: &Dashboard) {
    if dashboard.happenings.is_empty() {
        return;
    }
    title(page, "What happened");
    page.table(&[Text("time"), Text("subject"), Text("what"), Text("by")]);
    for happening in &dashboard.happenings {
        page.raw("<tr>")
            .cell("time", |cell| {
                cell.time(happening.at, dashboard.status.now);
            })
            .cell("subject", |cell| {
                cell.text(&happening.subject);
            })
            .cell("what", |cell| {
                cell.text(&happening.text);
            })
            .cell("by", |cell| {
                cell.text(&happening.actor);
            })
            .raw("</tr>");
    }
    page.raw(END);
}
