use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::*;
use crate::render::status::{CampaignStatus, NumberStatus, ReceiverStatus, TemplateStatus};
use crate::store::{ErrandCounts, ErrandKind, Halt, HaltCause, Scope};

fn now() -> Timestamp {
    "2026-05-02T10:00:00Z".parse().unwrap()
}

fn ago(seconds: i64) -> Timestamp {
    now() - SignedDuration::from_secs(seconds)
}

fn campaign(name: &str, state: &str, standing: Value) -> CampaignStatus {
    CampaignStatus {
        campaign: name.to_owned(),
        account: "main".to_owned(),
        state: state.to_owned(),
        standing: serde_json::from_value(standing).unwrap(),
    }
}

fn template(name: &str, status: &str, quality: Option<&str>) -> TemplateStatus {
    TemplateStatus {
        address: format!("template.{name}[\"en_US\"]"),
        name: name.to_owned(),
        language: "en_US".to_owned(),
        status: status.to_owned(),
        category: "MARKETING".to_owned(),
        quality: quality.map(str::to_owned),
        reason: None,
        recommendation: None,
    }
}

/// A busy morning, with every part of the page filled. Each text from outside ends with `mark`.
fn page(mark: &str) -> Dashboard {
    let text = |text: &str| format!("{text}{mark}");
    let running = json!({
        "hopper": { "total": 48_210, "fresh": 30_004, "retry": 412, "pending": 12_100, "closed": 5_694 },
        "delivery": { "accepted": 410, "sent": 1_200, "delivered": 9_400, "read": 4_980, "failed": 812 },
        "outcome": { "answered": 1_902, "failed": 590, "skipped": 3_202 },
        "skipped": { text("no_opt_in"): 2_900, "suppressed": 302 },
        "uncertain": 3, "due": 12_804, "next_due": null,
    });
    let scheduled = json!({
        "hopper": { "total": 900, "fresh": 900, "retry": 0, "pending": 0, "closed": 0 },
        "delivery": { "accepted": 0, "sent": 0, "delivered": 0, "read": 0, "failed": 0 },
        "outcome": {}, "skipped": {}, "uncertain": 0, "due": 0, "next_due": "2026-05-03T07:00:00Z",
    });
    let mut rejected = template(&text("spring_offer"), "REJECTED", None);
    rejected.reason = Some(text("INVALID_FORMAT"));
    rejected.recommendation = Some(text("Put words between the variables of the body."));
    let halt = Halt {
        account: "main".to_owned(),
        scope: Scope::Template,
        subject: text("come_back/en_US"),
        cause: HaltCause::Meta,
        code: Some(132_015),
        reason: text("FIRST_PAUSE: paused for low quality"),
        since: ago(5_400),
        until: None,
        actor: text("Meta"),
    };
    let happening = |seconds, subject: &str, told: &str| Happening {
        at: ago(seconds),
        actor: text("Meta"),
        account: "main".to_owned(),
        subject: text(subject),
        what: "template.paused".to_owned(),
        text: text(told),
        detail: Value::Null,
    };
    Dashboard {
        project: text("shop"),
        is_sandbox: true,
        refresh: Some(5),
        status: Status {
            now: now(),
            campaigns: vec![
                campaign(&text("spring_order_updates"), "running", running),
                campaign("summer", "scheduled", scheduled),
            ],
            templates: vec![
                template("come_back", "PAUSED", Some("RED")),
                template("order_update", "APPROVED", Some("GREEN")),
                rejected,
            ],
            numbers: vec![NumberStatus {
                account: "main".to_owned(),
                id: "106540352242922".to_owned(),
                display_phone_number: "+1 555-078-3881".to_owned(),
                verified_name: Some(text("Corner Shop")),
                status: Some("CONNECTED".to_owned()),
                quality_rating: Some("YELLOW".to_owned()),
                messaging_limit: Some("TIER_100K".to_owned()),
                throughput: Some("STANDARD".to_owned()),
            }],
            halts: vec![halt],
            receivers: vec![ReceiverStatus {
                account: text("main"),
                since: Some(ago(90_000)),
                last: Some(ago(4)),
                is_needed: true,
            }],
            inbox: 17,
            dead_letters: 2,
            errands: vec![
                (
                    ErrandKind::Reply,
                    ErrandCounts {
                        waiting: 4,
                        done: 1_898,
                        failed: 0,
                        uncertain: 1,
                    },
                ),
                (ErrandKind::Handoff, ErrandCounts::default()),
                (ErrandKind::Notify, ErrandCounts::default()),
            ],
            suspects: BTreeMap::from([("main".to_owned(), 231)]),
            without_person: vec![text("main")],
        },
        readings: vec![
            Reading {
                account: "main".to_owned(),
                read_at: Some(ago(700)),
                failing: Some(Failing {
                    since: ago(640),
                    reason: text("connection refused"),
                }),
            },
            Reading {
                account: "second".to_owned(),
                ..Reading::default()
            },
        ],
        errors: vec![
            ErrorCount {
                account: "main".to_owned(),
                campaign: text("spring_order_updates"),
                code: 131_026,
                meaning:
                    "undeliverable: not on WhatsApp, an old app, terms not accepted, or blocked"
                        .to_owned(),
                contacts: 560,
                last_at: ago(30),
            },
            ErrorCount {
                account: "main".to_owned(),
                campaign: text("spring_order_updates"),
                code: 131_049,
                meaning: "the user has had enough marketing for now".to_owned(),
                contacts: 252,
                last_at: ago(4_000),
            },
        ],
        errors_at: Some(ago(45)),
        happenings: vec![
            happening(5_400, "template come_back/en_US", "The template is paused."),
            happening(
                80_000,
                "number +1 555-078-3881",
                "Quality: GREEN, now YELLOW.",
            ),
        ],
    }
}

/// Returns the tags of a page in their order, and holds that each that is opened is closed.
fn tags(html: &str) -> Vec<String> {
    const VOID: [&str; 2] = ["meta", "link"];
    let (before, rest) = html.split_once("<style>").unwrap();
    let (_style, after) = rest.split_once("</style>").unwrap();
    let body = [before, after].concat();
    let mut tags: Vec<String> = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    for part in body.split('<').skip(1) {
        let (tag, _text) = part.split_once('>').unwrap();
        let name = tag.split([' ', '\n']).next().unwrap();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "{part}"),
            None if VOID.contains(&name) || name == "!doctype" => {}
            None => open.push(name),
        }
        tags.push(tag.to_owned());
    }
    assert_eq!(open, [""; 0]);
    tags
}

#[test]
fn hostile_text_adds_no_markup() {
    let hostile =
        "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&lt;</td>\u{202e}\u{1b}[2J";
    let (plain, attacked) = (html(&page("")), html(&page(hostile)));
    assert!(attacked.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert_eq!(tags(&attacked), tags(&plain));
    for wrong in ["<script", "<img", "\u{202e}", "\u{1b}"] {
        assert!(!attacked.contains(wrong), "{wrong:?}");
    }
}

#[test]
fn every_text_from_outside_is_shown() {
    // As many as page() marks: what is not shown could not show that it is escaped.
    let shown = html(&page("MARK")).matches("MARK").count();
    assert!(shown >= 20, "{shown}");
}

#[test]
fn the_page_stands_alone() {
    let html = html(&page(""));
    for wrong in [
        "http://", "https://", "src=", "url(", "@import", "<script", "<form",
    ] {
        assert!(!html.contains(wrong), "{wrong}");
    }
    assert!(html.contains("<meta name=\"robots\" content=\"noindex\">"));
    assert!(html.contains("<meta http-equiv=\"refresh\" content=\"5\">"));
    assert!(html.contains("prefers-color-scheme: dark"));
}

#[test]
fn a_page_that_stands_still_is_not_refreshed() {
    let still = Dashboard {
        refresh: None,
        ..page("")
    };
    let html = html(&still);
    assert!(!html.contains("http-equiv"));
    assert!(html.contains("<a href=\"/\">refresh</a>"));
}

#[test]
fn nobody_is_named() {
    let html = html(&page(" of +37255501234"));
    assert!(!html.contains("37255501234"));
    assert!(html.contains("of +372…"));
}

#[test]
fn hopper_and_funnel_have_numbers_beside_the_bars() {
    let html = html(&page(""));
    for shown in [
        "48,210 contacts",
        "fresh <b>30,004</b>",
        "<span class=\"fresh\" style=\"width:62.2%\">",
        // 410 accepted alone, 1,200 sent, 9,400 delivered, 4,980 read.
        "accepted</th><td class=\"track\" aria-hidden=\"true\"><div><b style=\"width:100.0%\"></b></div></td><td class=\"number\">15,990</td><td class=\"number\">100 %",
        "<td class=\"number\">14,380</td><td class=\"number\">89.9 %",
        "<td class=\"number\">1,902</td><td class=\"number\">11.8 %",
    ] {
        assert!(html.contains(shown), "{shown}");
    }
}

#[test]
fn what_needs_a_person_stands_first_and_says_since_when() {
    let html = html(&page(""));
    let order = [
        "(132015) FIRST_PAUSE: paused for low quality (until Meta lifts it, or `waform resume`) <span class=\"ago\">(1 h 30 min ago)",
        "templates and numbers could not be read since <time>2026-05-02 09:49:20 UTC</time>",
        "account.second: templates and numbers are being read.",
        "2 webhooks could not be read",
        "<h2>Campaigns",
    ];
    let places = order.map(|text| html.find(text).unwrap_or_else(|| panic!("{text}")));
    assert!(places.is_sorted(), "{places:?}");
    assert!(!html.contains("Nothing is halted."));
}

#[test]
fn a_project_at_its_beginning_has_a_page_too() {
    let html = html(&Dashboard::default());
    tags(&html);
    assert!(html.contains("No campaign has been launched yet."));
    assert!(html.contains("Nothing is halted."));
}
