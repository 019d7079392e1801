use std::time::Duration;

use super::lookup::tables;
use super::*;

fn answer(code: i64, subcode: Option<i64>, http_status: u16) -> Verdict {
    classify(code, subcode, Some(http_status), Phase::Answer)
}

/// The fact sheet's rows, by the letter it gives them. What is "K" there stops one of four scopes here.
#[test]
fn every_code_of_the_fact_sheet_is_known() {
    let all = [
        0, 1, 2, 3, 4, 10, 17, 33, 100, 102, 104, 190, 200, 299, 341, 368, 506, 613, 803, 80007,
        80008, 130_403, 130_429, 130_472, 130_497, 130_501, 131_000, 131_001, 131_002, 131_005,
        131_006, 131_008, 131_009, 131_016, 131_020, 131_021, 131_026, 131_030, 131_031, 131_037,
        131_041, 131_042, 131_043, 131_044, 131_045, 131_047, 131_048, 131_049, 131_050, 131_051,
        131_052, 131_053, 131_055, 131_056, 131_057, 131_059, 131_060, 131_062, 131_063, 131_064,
        131_201, 131_215, 132_000, 132_001, 132_005, 132_007, 132_008, 132_012, 132_015, 132_016,
        132_018, 132_068, 132_069, 133_000, 133_001, 133_002, 133_003, 133_004, 133_005, 133_006,
        133_007, 133_008, 133_009, 133_010, 133_015, 133_016, 134_011, 134_100, 134_101, 134_102,
        135_000, 136_024, 136_025, 137_000, 138_000, 138_018, 138_024, 138_025, 139_000, 139_004,
        139_100, 139_103, 141_002, 141_008, 141_014, 147_001, 147_005, 200_005, 200_007, 1_752_041,
        2_593_079, 2_593_085, 2_593_107, 2_593_108,
    ];
    for code in all {
        for phase in [Phase::Answer, Phase::Status] {
            assert!(classify(code, None, Some(400), phase).known, "{code}");
        }
    }
    for subcode in [
        2_388_001, 2_388_012, 2_388_019, 2_388_023, 2_388_024, 2_388_039, 2_388_040, 2_388_043,
        2_388_046, 2_388_047, 2_388_072, 2_388_073, 2_388_091, 2_388_093, 2_388_103, 2_388_155,
        2_388_293, 2_388_299, 2_494_100, 2_494_164, 2_494_179,
    ] {
        let by_subcode = answer(100, Some(subcode), 400);
        assert_eq!(by_subcode, answer(subcode, None, 400), "{subcode}");
        assert_ne!(
            by_subcode.meaning,
            answer(100, None, 400).meaning,
            "{subcode}"
        );
    }
}

/// A row behind one that covers it would never be found.
#[test]
fn no_row_hides_another() {
    let rows: Vec<_> = tables().collect();
    for (index, row) in rows.iter().enumerate() {
        let (first, last, subcodes) = row.span();
        let found = rows
            .iter()
            .position(|row| row.matches(first, subcodes.first().copied()));
        assert_eq!(
            found,
            Some(index),
            "the row of {first} to {last} is hidden by an earlier one"
        );
    }
}

#[test]
fn a_lost_send_is_uncertain_in_an_answer_and_temporary_in_a_status() {
    assert_eq!(answer(131_000, None, 500).class, Class::Uncertain);
    assert_eq!(
        classify(131_000, None, None, Phase::Status).class,
        Class::Temporary
    );
}

#[test]
fn a_named_failure_of_the_server_is_temporary_and_a_nameless_one_uncertain() {
    assert_eq!(answer(131_016, None, 500).class, Class::Temporary);
    assert_eq!(answer(2, None, 503).class, Class::Temporary);
    assert_eq!(answer(1, None, 500).class, Class::Uncertain);
    assert_eq!(answer(1, None, 400).class, Class::Temporary);
    assert_eq!(answer(999_999, None, 500).class, Class::Uncertain);
}

#[test]
fn an_unknown_code_is_temporary_once_and_then_the_contacts() {
    let verdict = answer(999_999, None, 400);
    assert!(!verdict.known);
    assert_eq!(verdict.class_after(0), Class::Temporary);
    assert_eq!(verdict.class_after(1), Class::Contact);
    assert!(verdict.wait(0).is_some());
    assert_eq!(verdict.wait(1), None);
}

#[test]
fn an_unknown_subcode_changes_nothing() {
    assert_eq!(answer(190, Some(1), 401), answer(190, None, 401));
    assert_eq!(answer(100, Some(2_018_001), 400), answer(100, None, 400));
    assert_eq!(
        answer(131_030, Some(2_494_010), 400),
        answer(131_030, None, 400)
    );
}

#[test]
fn nobody_is_failed_for_a_broken_way_to_meta() {
    let class = |status| answer(NO_CODE, None, status).class;
    assert_eq!(class(400), Class::Request);
    assert_eq!(class(403), Class::Account);
    assert_eq!(class(407), Class::Account);
    assert_eq!(class(302), Class::Account);
    assert_eq!(class(429), Class::Throttled);
    assert_eq!(class(408), Class::Uncertain);
    assert_eq!(class(502), Class::Uncertain);
}

#[test]
fn waits_grow_to_their_bound() {
    let seconds = |class: Class, retry| class.wait(retry).map(|wait| wait.as_secs());
    assert_eq!(seconds(Class::Temporary, 0), Some(5));
    assert_eq!(seconds(Class::Temporary, 40), Some(300));
    assert_eq!(seconds(Class::ThrottledPair, 0), Some(1));
    assert_eq!(seconds(Class::ThrottledPair, 3), Some(64));
    assert_eq!(seconds(Class::ContactLater, 0), Some(86_400));
    assert_eq!(seconds(Class::ContactLater, 1), Some(3 * 86_400));
    assert_eq!(seconds(Class::ContactLater, 2), None);
    assert_eq!(seconds(Class::Contact, 0), None);
    assert_eq!(
        answer(131_057, None, 500).wait(0),
        Some(Duration::from_secs(15))
    );
}

#[test]
fn a_wrong_pin_is_never_tried_again_by_itself() {
    assert_eq!(answer(133_008, None, 400).wait(0), None);
    assert_eq!(answer(133_008, None, 400).class_after(0), Class::Request);
}
