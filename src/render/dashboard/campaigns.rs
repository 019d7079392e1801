//! A sheet for each campaign: its hopper, and how far its messages came.

use super::Dashboard;
use super::markup::{Markup, Share, Tone};
use crate::render::count;
use crate::render::status::CampaignStatus;
use crate::render::status::named;
use crate::store::{Delivery, Hopper, Standing};

pub(super) fn section(page: &mut Markup, dashboard: &Dashboard) {
    page.raw("<h2>Campaigns</h2>");
    let campaigns = &dashboard.status.campaigns;
    if campaigns.is_empty() {
        page.raw("<div class=\"sheet\"><p>No campaign has been launched yet.</p></div>");
    }
    let accounts = dashboard.readings.len();
    for campaign in campaigns {
        sheet(page, dashboard, campaign, accounts > 1);
    }
}

fn sheet(page: &mut Markup, dashboard: &Dashboard, campaign: &CampaignStatus, with_account: bool) {
    page.raw("<section class=\"sheet\"><div class=\"title\"><h3>")
        .text(&campaign.campaign)
        .raw("</h3>")
        .word(state(&campaign.state), &campaign.state);
    if with_account {
        page.raw("<span class=\"faint\">account.")
            .text(&campaign.account)
            .raw("</span>");
    }
    let standing = &campaign.standing;
    page.raw("</div><div class=\"halves\"><div>");
    hopper(page, &standing.hopper);
    page.raw("</div><div>");
    funnel(page, standing);
    page.raw("</div></div>");
    remarks(page, dashboard, standing);
    page.raw("</section>");
}

fn state(state: &str) -> Tone {
    match state {
        "running" => Tone::Good,
        "scheduled" => Tone::Waiting,
        "paused" => Tone::Doubtful,
        "stopped" => Tone::Bad,
        _ => Tone::Plain,
    }
}

fn hopper(page: &mut Markup, hopper: &Hopper) {
    let parts = [
        ("fresh", hopper.fresh),
        ("retry", hopper.retry),
        ("pending", hopper.pending),
        ("closed", hopper.closed),
    ];
    page.raw("<h4>")
        .text(&count::of(hopper.total, "contact", "contacts"))
        .raw("</h4><div class=\"hopper\" aria-hidden=\"true\">");
    for (name, part) in parts.iter().filter(|(_, part)| *part > 0) {
        let width = Share::new(*part, hopper.total).width();
        page.raw("<span class=\"")
            .raw(name)
            .raw("\" style=\"width:")
            .text(&width)
            .raw("\"></span>");
    }
    page.raw("</div><ul class=\"legend\">");
    for (name, part) in parts {
        page.raw("<li><i class=\"").raw(name).raw("\"></i>");
        page.raw(name).raw(" <b>").count(part).raw("</b></li>");
    }
    page.raw("</ul>");
}

/// How many messages came at least as far.
fn steps(standing: &Standing) -> [(&'static str, u64); 5] {
    let Delivery {
        accepted,
        sent,
        delivered,
        read,
        failed: _,
    } = standing.delivery;
    let answered = standing.outcome.get("answered").copied();
    let delivered = delivered + read;
    let sent = sent + delivered;
    [
        ("accepted", accepted + sent),
        ("sent", sent),
        ("delivered", delivered),
        ("read", read),
        ("answered", answered.unwrap_or_default()),
    ]
}

fn funnel(page: &mut Markup, standing: &Standing) {
    let steps = steps(standing);
    let accepted = steps[0].1;
    if accepted == 0 {
        page.raw("<h4>Messages</h4><p class=\"faint\">None has been accepted yet.</p>");
        return;
    }
    page.raw("<h4>Messages, in percent of those accepted</h4><table class=\"funnel\"><tbody>");
    for (name, number) in steps {
        let share = Share::new(number, accepted);
        page.raw("<tr><th scope=\"row\">")
            .raw(name)
            .raw("</th><td class=\"track\" aria-hidden=\"true\"><div><b style=\"width:")
            .text(&share.width())
            .raw("\"></b></div></td><td class=\"number\">")
            .count(number)
            .raw("</td><td class=\"number\">")
            .text(&share.percent())
            .raw("</td></tr>");
    }
    page.raw("</tbody></table>");
}

/// What neither bar tells.
fn remarks(page: &mut Markup, dashboard: &Dashboard, standing: &Standing) {
    page.raw("<div class=\"remarks\">");
    if standing.delivery.failed > 0 {
        let failed = count::of(standing.delivery.failed, "contact", "contacts");
        page.raw("<p>").word(Tone::Bad, "failed").raw(" ");
        page.text(&failed).raw(" at the latest attempt</p>");
    }
    if standing.uncertain > 0 {
        let uncertain = count::of(standing.uncertain, "contact", "contacts");
        page.raw("<p>").word(Tone::Doubtful, "uncertain").raw(" ");
        page.text(&uncertain)
            .raw(" may or may not have been messaged; not repeated until a status tells</p>");
    }
    if !standing.outcome.is_empty() {
        let told = format!("closed as {}", named(&standing.outcome));
        page.raw("<p>").text(&told).raw("</p>");
    }
    if !standing.skipped.is_empty() {
        let told = format!("skipped for {}", named(&standing.skipped));
        page.raw("<p>").text(&told).raw("</p>");
    }
    if standing.due > 0 {
        let due = count::of(standing.due, "contact is", "contacts are");
        page.raw("<p>").text(&due).raw(" due now</p>");
    } else if let Some(next) = standing.next_due {
        page.raw("<p>next due ");
        page.time(next, dashboard.status.now).raw("</p>");
    }
    page.raw("</div>");
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_step_counts_all_that_came_at_least_as_far() {
        let standing = Standing {
            delivery: Delivery {
                accepted: 1,
                sent: 10,
                delivered: 100,
                read: 1_000,
                failed: 10_000,
            },
            outcome: BTreeMap::from([("answered".to_owned(), 7)]),
            ..Standing::default()
        };
        assert_eq!(
            steps(&standing).map(|(_, number)| number),
            [1_111, 1_110, 1_100, 1_000, 7]
        );
    }
}
