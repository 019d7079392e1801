use super::*;
use crate::campaign::dispatch::Summary;

fn meters() -> Meters {
    Meters::new(Timestamp::from_second(1_800_000_000).unwrap())
}

#[track_caller]
fn says(meters: &Meters, line: &str) {
    let text = meters.exposition().unwrap();
    assert!(text.lines().any(|each| each == line), "{line}\n{text}");
}

#[test]
fn what_prometheus_reads_begins_and_ends_as_it_should() {
    let text = meters().exposition().unwrap();
    assert!(
        text.starts_with("# HELP waform_start_time_seconds "),
        "{text}"
    );
    assert!(text.ends_with("# EOF\n"), "{text}");
    says(&meters(), "waform_start_time_seconds 1800000000");
}

#[test]
fn webhooks_are_counted_with_their_size_and_time() {
    let meters = meters();
    meters.received(822, Duration::from_millis(3));
    meters.received(178, Duration::from_millis(30));
    says(&meters, "waform_webhooks_received_total 2");
    says(&meters, "waform_webhook_bytes_total 1000");
    says(&meters, "waform_webhook_durable_seconds_count 2");
    says(
        &meters,
        "waform_webhook_durable_seconds_bucket{le=\"0.005\"} 1",
    );
    says(
        &meters,
        "waform_webhook_durable_seconds_bucket{le=\"0.05\"} 2",
    );
}

#[test]
fn refusals_are_counted_by_reason_from_zero() {
    let meters = meters();
    meters.expect_refusals("forged");
    says(
        &meters,
        "waform_webhooks_refused_total{reason=\"forged\"} 0",
    );
    assert_eq!(meters.refused("forged"), 1);
    assert_eq!(meters.refused("forged"), 2);
    says(
        &meters,
        "waform_webhooks_refused_total{reason=\"forged\"} 2",
    );
}

#[test]
fn connections_are_counted_while_they_are_open() {
    let meters = meters();
    let one = meters.connection();
    let two = meters.connection();
    says(&meters, "waform_connections 2");
    drop((one, two));
    says(&meters, "waform_connections 0");
}

#[test]
fn what_was_taken_in_is_counted_by_kind() {
    let meters = meters();
    let taken = TakenIn {
        receipts: 10,
        inbound: 3,
        answers: 2,
        opt_outs: 1,
        duplicates: 4,
        orphans: 5,
        errands: 6,
        wakes: true,
    };
    meters.taken_in(&taken);
    meters.taken_in(&taken);
    meters.buried(7);
    meters.unread(8);
    for (kind, count) in [
        ("receipt", 20),
        ("inbound", 6),
        ("answer", 4),
        ("opt_out", 2),
        ("duplicate", 8),
        ("orphan", 10),
        ("errand", 12),
    ] {
        says(
            &meters,
            &format!("waform_taken_in_total{{kind=\"{kind}\"}} {count}"),
        );
    }
    says(&meters, "waform_dead_letters_total 7");
    says(&meters, "waform_inbox_unread 8");
}

#[test]
fn sends_are_counted_by_campaign_and_result() {
    let meters = meters();
    let campaign = CampaignSummary {
        campaign: "spring".to_owned(),
        accepted: 100,
        failed: BTreeMap::from([(131_026, 2)]),
        retried: BTreeMap::from([(130_472, 3)]),
        skipped: BTreeMap::from([("no_opt_in".to_owned(), 4), ("suppressed".to_owned(), 5)]),
        ..CampaignSummary::default()
    };
    meters.sent(&Sent {
        account: "main".to_owned(),
        number: "+37255501234".to_owned(),
        summary: Summary {
            campaigns: vec![campaign],
            ..Summary::default()
        },
    });
    for (result, code, count) in [
        ("accepted", "", 100),
        ("failed", "131026", 2),
        ("retried", "130472", 3),
        ("skipped", "", 9),
    ] {
        says(
            &meters,
            &format!(
                "waform_sends_total{{account=\"main\",campaign=\"spring\",result=\"{result}\",code=\"{code}\"}} {count}"
            ),
        );
    }
    let text = meters.exposition().unwrap();
    assert!(!text.contains("uncertain\""), "{text}");
    assert!(!text.contains("37255501234"), "{text}");
}

#[test]
fn halts_that_ended_are_gone() {
    let meters = meters();
    let halt = |scope, subject: &str| Halt {
        account: "main".to_owned(),
        scope,
        subject: subject.to_owned(),
        cause: HaltCause::Meta,
        code: None,
        reason: "paused".to_owned(),
        since: Timestamp::UNIX_EPOCH,
        until: None,
        actor: "Meta".to_owned(),
    };
    meters.halts(&[
        halt(Scope::Template, "a/en_US"),
        halt(Scope::Template, "b/en_US"),
        halt(Scope::Number, "1063"),
    ]);
    says(
        &meters,
        "waform_halts{account=\"main\",scope=\"template\",cause=\"meta\"} 2",
    );
    meters.halts(&[halt(Scope::Number, "1063")]);
    says(
        &meters,
        "waform_halts{account=\"main\",scope=\"number\",cause=\"meta\"} 1",
    );
    assert!(!meters.exposition().unwrap().contains("scope=\"template\""));
}

#[test]
fn gauges_show_what_was_set_last() {
    let meters = meters();
    meters.due("main", "spring", 40);
    meters.due("main", "spring", 30);
    meters.lease("main", "1063", true);
    meters.lease("main", "1064", true);
    meters.lease("main", "1064", false);
    meters.unbroken_since("main", Timestamp::from_second(1_700_000_000).unwrap());
    meters.errands(
        ErrandKind::Handoff,
        &ErrandCounts {
            waiting: 1,
            done: 2,
            failed: 3,
            uncertain: 4,
        },
    );
    for line in [
        "waform_contacts_due{account=\"main\",campaign=\"spring\"} 30",
        "waform_lease_held{account=\"main\",number_id=\"1063\"} 1",
        "waform_lease_held{account=\"main\",number_id=\"1064\"} 0",
        "waform_receiver_unbroken_since_seconds{account=\"main\"} 1700000000",
        "waform_errands{kind=\"handoff\",state=\"waiting\"} 1",
        "waform_errands{kind=\"handoff\",state=\"uncertain\"} 4",
    ] {
        says(&meters, line);
    }
}
