//! Who would be messaged.

use std::fmt::Write as _;

use super::changes::address;
use super::text::{code, escape, html};
use crate::campaign::{Cost, Send};
use crate::engine::plan::Plan;
use crate::render::count;
use crate::render::plan::sends;
use crate::render::style::Look;

/// Returns the campaigns that have something to tell.
pub(super) fn shown(plan: &Plan) -> Vec<&Send> {
    let sends = plan.sends.iter();
    sends.filter(|send| sends::is_worth_showing(send)).collect()
}

/// Returns a row for each campaign.
pub(super) fn table(sends: &[&Send]) -> String {
    let priced = sends.iter().any(|send| send.cost.is_some());
    let mut text = String::from("| Campaign | Template | From | Now | When approved | Later |");
    text.push_str(if priced { " Costs at most |\n" } else { "\n" });
    text.push_str("|---|---|---|--:|--:|--:|");
    text.push_str(if priced { "--:|\n" } else { "\n" });
    for send in sends {
        let _infallible = write!(
            text,
            "| {} | {} | {} | {} | {} | {} |",
            address(&send.address),
            address(&send.template),
            code(&send.number),
            number(send.now),
            number(send.when_ready),
            number(send.later)
        );
        if priced {
            let cost = send.cost.as_ref().map(amount).unwrap_or_default();
            let _infallible = write!(text, " {cost} |");
        }
        text.push('\n');
    }
    text
}

/// Returns what there is to know of one campaign, folded away: why some are left out, how long it takes, what it costs.
pub(super) fn details(send: &Send) -> String {
    let reached = send.now + send.when_ready + send.later;
    let reached = count::of(reached, "contact", "contacts");
    let address = html(&send.address.to_string());
    let mut text = format!(
        "<details>\n<summary>{} {address}: {reached}</summary>\n\n",
        html("→")
    );
    text.push_str("| | |\n|---|---|\n");
    for (name, told) in sends::facts(send, Look::plain(usize::MAX)) {
        let _infallible = writeln!(text, "| {} | {} |", escape(name), escape(&told));
    }
    text.push('\n');
    text.push_str("</details>\n\n");
    text
}

fn amount(cost: &Cost) -> String {
    let unpriced = match cost.unpriced {
        0 => String::new(),
        some => format!(" + {} without a price", count::grouped(some)),
    };
    format!("{} {:.2}{unpriced}", escape(&cost.currency), cost.amount)
}

fn number(number: u64) -> String {
    match number {
        0 => "–".to_owned(),
        some => count::grouped(some),
    }
}
