use serde_json::json;

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
            recommendation: None,
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
        ..Status::default()
    }
}

/// Everything that can stand in the way does.
fn troubled() -> Status {
    let now: Timestamp = "2026-05-02T10:00:00Z".parse().unwrap();
    let ago = |seconds: i64| now - jiff::SignedDuration::from_secs(seconds);
    let mut status = Status {
        now,
        halts: vec![Halt {
            account: "main".to_owned(),
            scope: crate::store::Scope::Template,
            subject: "order_update/en_US".to_owned(),
            cause: crate::store::HaltCause::Meta,
            code: None,
            reason: "paused for low quality\u{1b}[2J".to_owned(),
            since: ago(3_600),
            until: None,
            actor: "Meta".to_owned(),
        }],
        receivers: vec![ReceiverStatus {
            account: "main".to_owned(),
            since: None,
            last: None,
            is_needed: true,
        }],
        inbox: 1,
        dead_letters: 2,
        errands: vec![
            (
                ErrandKind::Reply,
                ErrandCounts {
                    waiting: 1_200,
                    done: 30_000,
                    failed: 3,
                    uncertain: 1,
                },
            ),
            (ErrandKind::Handoff, ErrandCounts::default()),
        ],
        suspects: BTreeMap::from([("main".to_owned(), COUNTED)]),
        without_person: vec!["main".to_owned()],
        ..status()
    };
    status.templates[0].recommendation = Some("Put words between the variables.".to_owned());
    status
}

#[test]
fn what_stands_in_the_way_is_told_beside_the_numbers() {
    insta::assert_snapshot!(human(&troubled(), Look::plain(80)));
}

#[test]
fn the_document_has_the_same_under_its_own_keys() {
    let document = document(&troubled());
    assert_eq!(document["halts"][0]["subject"], "order_update/en_US");
    assert_eq!(document["halts"][0]["cause"], "meta");
    let receiver = json!({ "account": "main", "since": null, "last": null });
    assert_eq!(document["receivers"], json!([receiver]));
    assert_eq!(document["inbox"], 1);
    assert_eq!(document["dead_letters"], 2);
    assert_eq!(
        document["errands"]["reply"],
        json!({ "waiting": 1_200, "done": 30_000, "failed": 3, "uncertain": 1 })
    );
    assert_eq!(document["errands"]["handoff"]["waiting"], 0);
    assert_eq!(document["without_person"], json!(["main"]));
    assert_eq!(document["suspects"], json!({ "main": COUNTED }));
    assert_eq!(
        document["templates"][0]["recommendation"],
        "Put words between the variables."
    );
    assert_eq!(document["campaigns"][0]["hopper"]["total"], 1_000_000);
}

#[test]
fn a_status_is_readable_on_eighty_columns() {
    insta::assert_snapshot!(human(&status(), Look::plain(80)));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in [60, 80, 120] {
        for status in [status(), troubled()] {
            for line in human(&status, Look::plain(width)).lines() {
                let fits = textwrap::core::display_width(line) <= width;
                assert!(fits, "{width}: {line}");
            }
        }
    }
}

#[test]
fn a_status_fits_its_schema() {
    let validator = jsonschema::draft202012::new(&crate::render::schemas::status()).unwrap();
    let fits = |status: &Status| validator.is_valid(&document(status));
    assert!(fits(&Status::default()));
    let status = Status {
        halts: crate::render::fixtures::list(json!([{
            "account": "main", "scope": "template", "subject": "offer/en_US", "cause": "meta", "code": 132_015,
            "reason": "paused", "since": "2026-05-01T08:00:00Z", "until": null, "actor": "Meta",
        }])),
        errands: vec![(ErrandKind::Reply, ErrandCounts::default())],
        suspects: [("main".to_owned(), 3)].into(),
        receivers: vec![ReceiverStatus {
            account: "main".to_owned(),
            since: None,
            last: None,
            is_needed: true,
        }],
        ..Status::default()
    };
    assert!(fits(&status));
    let mut broken = document(&status);
    broken["inbox"] = json!("none");
    assert!(!validator.is_valid(&broken));
}
