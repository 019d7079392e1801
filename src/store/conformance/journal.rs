//! The journal, and what a person does to the state by hand.

use std::sync::Arc;

use serde_json::json;

use super::kit::{
    ACCOUNT, CAMPAIGN, DAY, HOUR, House, MINUTE, accepted, asking, at, declaration, member,
    uncertain,
};
use crate::config::Address;
use crate::store::{
    Applied, Broken, Database, Error, Halt, HaltCause, HistoryFilter, Note, Renaming, RightUsed,
    RunFilter, RunStart, Scope, Stage,
};

/// Opens the same state every time.
pub(in crate::store) type Opener = Box<dyn Fn() -> Arc<dyn Database> + Send + Sync>;

macro_rules! journal_tests_of {
    ($open:expr) => {
        $crate::store::conformance::tests_of! { $open; journal:
            a_run_is_remembered_with_its_plan_and_its_end, what_has_ended_has_ended, runs_are_found_by_what_they_did,
            entries_come_back_as_they_were_noted, a_change_and_its_entry_are_one, a_lost_lock_notes_nothing,
            an_entry_of_no_run_is_refused, only_the_lock_that_was_named_is_broken, a_renamed_object_keeps_its_memory,
            a_renamed_campaign_messages_nobody_again, a_campaign_in_flight_keeps_its_name,
            two_ledgers_do_not_become_one, open_claims_are_told_and_orphans_named, a_sound_state_has_no_faults,
        }
    };
}
pub(in crate::store) use journal_tests_of;

fn start(command: &str) -> RunStart {
    RunStart {
        command: command.to_owned(),
        who: "ana@desk".to_owned(),
        host: "desk".to_owned(),
        process: 7,
        run_address: Some("https://ci.example/7".to_owned()),
        version: "0.1.0".to_owned(),
    }
}

async fn begin(store: &dyn Database, now: i64) -> String {
    store
        .begin_run(&start("waform apply"), at(now))
        .await
        .unwrap()
}

fn note(run: &str, address: &str) -> Note {
    Note {
        run: run.to_owned(),
        at: at(1),
        action: "create".to_owned(),
        address: Some(address.to_owned()),
        ..Note::default()
    }
}

fn applied(kind: &str, name: &str, key: &str) -> Applied {
    Applied {
        address: Address::new(kind, name),
        account: ACCOUNT.to_owned(),
        key: key.to_owned(),
        id: key.to_owned(),
        content: json!({ "body": "Hi" }),
        facts: serde_json::Value::Null,
        at: at(1),
    }
}

async fn ids(store: &dyn Database, filter: RunFilter) -> Vec<String> {
    let filter = RunFilter {
        limit: if filter.limit == 0 { 100 } else { filter.limit },
        ..filter
    };
    let runs = store.runs(&filter).await.unwrap();
    runs.into_iter().map(|run| run.id).collect()
}

pub(in crate::store) async fn a_run_is_remembered_with_its_plan_and_its_end(open: Opener) {
    let id = begin(&*open(), 0).await;
    let store = open();
    store.plan_of_run(&id, "abcd", Some("live")).await.unwrap();
    // The first plan counts.
    store.plan_of_run(&id, "other", None).await.unwrap();
    let latest = RunFilter {
        limit: 1,
        ..RunFilter::default()
    };
    let run = store.runs(&latest).await.unwrap().remove(0);
    assert_eq!((run.ended, run.outcome), (None, None));
    store.end_run(&id, "partial", at(60)).await.unwrap();
    let run = open()
        .runs(&RunFilter {
            limit: 1,
            ..RunFilter::default()
        })
        .await
        .unwrap()
        .remove(0);
    assert_eq!(run.id, id);
    assert_eq!(run.id.len(), 16);
    assert_eq!((run.started, run.ended), (at(0), Some(at(60))));
    assert_eq!(
        (run.plan.as_deref(), run.environment.as_deref()),
        (Some("abcd"), Some("live"))
    );
    assert_eq!(run.outcome.as_deref(), Some("partial"));
    let RunStart {
        command,
        who,
        host,
        process,
        run_address,
        version,
    } = start("waform apply");
    assert_eq!(
        (
            run.command,
            run.who,
            run.host,
            run.process,
            run.run_address,
            run.version
        ),
        (command, who, host, process, run_address, version)
    );
}

pub(in crate::store) async fn what_has_ended_has_ended(open: Opener) {
    let store = open();
    let id = begin(&*store, 0).await;
    store.end_run(&id, "done", at(60)).await.unwrap();
    assert!(store.end_run(&id, "error", at(61)).await.is_err());
    assert!(store.plan_of_run(&id, "abcd", None).await.is_err());
    let run = store
        .runs(&RunFilter {
            limit: 1,
            ..RunFilter::default()
        })
        .await
        .unwrap()
        .remove(0);
    assert_eq!((run.outcome.as_deref(), run.plan), (Some("done"), None));
}

pub(in crate::store) async fn runs_are_found_by_what_they_did(open: Opener) {
    let store = open();
    let [one, two, three] = [
        begin(&*store, 0).await,
        begin(&*store, HOUR).await,
        begin(&*store, DAY).await,
    ];
    for (run, address) in [
        (&one, "template.offer[\"en_US\"]"),
        (&two, "template.offer[\"es\"]"),
        (&two, "campaign.spring"),
        (&three, "template.offers[\"es\"]"),
    ] {
        store.note(&note(run, address)).await.unwrap();
    }
    store.end_run(&one, "done", at(2 * HOUR)).await.unwrap();
    let of = |address: &str| RunFilter {
        address: Some(address.to_owned()),
        ..RunFilter::default()
    };
    let (one, two, three) = (&*one, &*two, &*three);
    for (filter, expected) in [
        (RunFilter::default(), vec![three, two, one]),
        (
            RunFilter {
                limit: 2,
                ..RunFilter::default()
            },
            vec![three, two],
        ),
        (
            RunFilter {
                id: Some(two[..6].to_owned()),
                ..RunFilter::default()
            },
            vec![two],
        ),
        (
            RunFilter {
                id: Some("no hex".to_owned()),
                ..RunFilter::default()
            },
            vec![],
        ),
        // The first one had not ended an hour and a half after its beginning.
        (
            RunFilter {
                since: Some(at(HOUR + 30 * MINUTE)),
                ..RunFilter::default()
            },
            vec![three, one],
        ),
        (
            RunFilter {
                before: Some(2),
                ..RunFilter::default()
            },
            vec![one],
        ),
        (of("template.offer"), vec![two, one]),
        (of("template.offer[\"es\"]"), vec![two]),
        (of("template.offer*"), vec![three, two, one]),
        (of("*[\"es\"]"), vec![three, two]),
        (of("template.offe?"), vec![two, one]),
        (of("template.[o]ffer"), vec![]),
        (of("campaign.*"), vec![two]),
        (of("campaign.sprin"), vec![]),
    ] {
        assert_eq!(ids(&*store, filter.clone()).await, expected, "{filter:?}");
    }
}

pub(in crate::store) async fn entries_come_back_as_they_were_noted(open: Opener) {
    let store = open();
    let run = begin(&*store, 0).await;
    let begun = Note {
        stage: Stage::Begun,
        ..note(&run, "template.offer[\"es\"]")
    };
    let first = store.note(&begun).await.unwrap();
    let failed = Note {
        run: run.clone(),
        at: at(2),
        stage: Stage::Failed,
        ends: Some(first),
        action: "create".to_owned(),
        address: Some("template.offer[\"es\"]".to_owned()),
        object: Some("594".to_owned()),
        requests: vec!["A1".to_owned(), "A2".to_owned()],
        before: Some("aa".to_owned()),
        after: Some("bb".to_owned()),
        code: Some("meta::rejected".to_owned()),
        text: Some("no".to_owned()),
        detail: json!({ "contacts": 3 }),
    };
    let second = store.note(&failed).await.unwrap();
    assert!(second > first);
    let another = begin(&*store, 1).await;
    store
        .note(&note(&another, "campaign.spring"))
        .await
        .unwrap();
    let kept = open().entries(&run, None).await.unwrap();
    let kept: Vec<_> = kept.into_iter().map(|kept| (kept.id, kept.note)).collect();
    assert_eq!(kept, [(first, begun), (second, failed)]);
    let of = async |address| store.entries(&run, Some(address)).await.unwrap().len();
    assert_eq!(of("template.offer").await, 2);
    assert_eq!(of("template.off").await, 0);
}

pub(in crate::store) async fn a_change_and_its_entry_are_one(open: Opener) {
    let store = open();
    let lock = store.lock(&asking("ana", 0, HOUR)).await.unwrap().id;
    let run = begin(&*store, 0).await;
    let (object, note) = (
        applied("template", "offer", "offer/en"),
        note(&run, "template.offer"),
    );
    let rights: [RightUsed; 0] = [];
    store
        .remember(&lock, &object, &rights, Some(&note))
        .await
        .unwrap();
    let count = async || store.entries(&run, None).await.unwrap().len();
    assert_eq!(
        (store.applied().await.unwrap().len(), count().await),
        (1, 1)
    );
    // An entry that cannot be kept takes its change with it.
    let nowhere = Note {
        run: "nowhere".to_owned(),
        ..note.clone()
    };
    let other = applied("template", "other", "other/en");
    assert!(
        store
            .remember(&lock, &other, &rights, Some(&nowhere))
            .await
            .is_err()
    );
    let forgotten = store.forget(
        &lock,
        "template",
        ACCOUNT,
        "offer/en",
        &rights,
        Some(&nowhere),
    );
    assert!(forgotten.await.is_err());
    assert_eq!(store.applied().await.unwrap(), [object]);
    let forgotten = store.forget(&lock, "template", ACCOUNT, "offer/en", &rights, Some(&note));
    forgotten.await.unwrap();
    assert_eq!(
        (store.applied().await.unwrap().len(), count().await),
        (0, 2)
    );
}

pub(in crate::store) async fn a_lost_lock_notes_nothing(open: Opener) {
    let store = open();
    let lost = store.lock(&asking("ana", 0, MINUTE)).await.unwrap().id;
    let held = store.lock(&asking("ben", HOUR, DAY)).await.unwrap().id;
    let run = begin(&*store, 0).await;
    let note = note(&run, "template.offer");
    let object = applied("template", "offer", "offer/en");
    store.remember(&held, &object, &[], None).await.unwrap();
    let renaming = Renaming {
        account: ACCOUNT.to_owned(),
        kind: "template".to_owned(),
        key: "offer/en".to_owned(),
        to: Address::new("template", "other"),
        to_key: "offer/en".to_owned(),
        in_ledger: false,
    };
    for refused in [
        store.remember(&lost, &object, &[], Some(&note)).await,
        store
            .forget(&lost, "template", ACCOUNT, "offer/en", &[], Some(&note))
            .await,
        store.rename(&lost, &renaming, &note).await,
    ] {
        assert!(matches!(refused, Err(Error::Fenced { .. })), "{refused:?}");
    }
    assert_eq!(store.entries(&run, None).await.unwrap(), []);
    assert_eq!(store.applied().await.unwrap(), [object]);
}

pub(in crate::store) async fn an_entry_of_no_run_is_refused(open: Opener) {
    let store = open();
    for refused in [
        store
            .note(&note("nowhere", "template.offer"))
            .await
            .map(drop),
        store.end_run("nowhere", "done", at(1)).await,
        store.plan_of_run("nowhere", "abcd", None).await,
    ] {
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }
}

pub(in crate::store) async fn only_the_lock_that_was_named_is_broken(open: Opener) {
    let store = open();
    let run = begin(&*store, 0).await;
    let note = Note {
        address: None,
        ..note(&run, "")
    };
    assert_eq!(store.break_lock("ab", &note).await.unwrap(), Broken::None);
    let mut request = asking("ana", 0, HOUR);
    request.run_address = Some("https://ci.example/7".to_owned());
    let held = store.lock(&request).await.unwrap();
    assert_eq!(held.run_address, request.run_address);
    assert_eq!(
        store.break_lock("ab", &note).await.unwrap(),
        Broken::Other(held.clone())
    );
    assert_eq!(store.entries(&run, None).await.unwrap(), []);
    assert_eq!(store.lock_holder().await.unwrap(), Some(held.clone()));

    assert_eq!(
        open().break_lock(&held.id, &note).await.unwrap(),
        Broken::Lock(held.clone())
    );
    assert_eq!(store.entries(&run, None).await.unwrap().len(), 1);
    let next = store.lock(&asking("ben", 1, HOUR)).await.unwrap();
    let late = store.renew_lock(&held.id, at(2), at(HOUR)).await;
    assert!(matches!(late, Err(Error::Fenced { holder }) if holder == next.holder));
}

pub(in crate::store) async fn a_renamed_object_keeps_its_memory(open: Opener) {
    let store = open();
    let lock = store.lock(&asking("ana", 0, HOUR)).await.unwrap().id;
    let run = begin(&*store, 0).await;
    let object = applied("template", "offer", "offer/en");
    store.remember(&lock, &object, &[], None).await.unwrap();
    let to = Address::with_index("template", "deal", "en");
    let renaming = Renaming {
        account: ACCOUNT.to_owned(),
        kind: "template".to_owned(),
        key: "offer/en".to_owned(),
        to: to.clone(),
        to_key: "offer/en".to_owned(),
        in_ledger: false,
    };
    let unknown = Renaming {
        key: "no/en".to_owned(),
        ..renaming.clone()
    };
    assert!(
        store
            .rename(&lock, &unknown, &note(&run, "x"))
            .await
            .is_err()
    );
    store
        .rename(&lock, &renaming, &note(&run, "x"))
        .await
        .unwrap();
    let renamed = Applied {
        address: to,
        ..object
    };
    assert_eq!(
        store.applied().await.unwrap(),
        std::slice::from_ref(&renamed)
    );
    assert_eq!(store.entries(&run, None).await.unwrap().len(), 1);
    // The new name is taken now.
    let other = applied("template", "other", "other/en");
    store.remember(&lock, &other, &[], None).await.unwrap();
    let onto = Renaming {
        key: "other/en".to_owned(),
        to_key: "other/en".to_owned(),
        ..renaming
    };
    assert!(store.rename(&lock, &onto, &note(&run, "x")).await.is_err());
    assert_eq!(store.applied().await.unwrap(), [renamed, other]);
}

fn campaign_to(name: &str) -> Renaming {
    Renaming {
        account: ACCOUNT.to_owned(),
        kind: "campaign".to_owned(),
        key: CAMPAIGN.to_owned(),
        to: Address::new("campaign", name),
        to_key: name.to_owned(),
        in_ledger: true,
    }
}

pub(in crate::store) async fn a_renamed_campaign_messages_nobody_again(open: Opener) {
    let (house, store) = (House::with(open(), 3).await, open());
    let run = begin(&*store, 0).await;
    let remembered = applied("campaign", CAMPAIGN, CAMPAIGN);
    store
        .remember(&house.lock, &remembered, &[], None)
        .await
        .unwrap();
    let claims = house.claim(1, 2).await;
    house.settle(2, &claims[0], accepted()).await;
    house.settle(2, &claims[1], uncertain()).await;
    let halt = Halt {
        account: ACCOUNT.to_owned(),
        scope: Scope::Campaign,
        subject: CAMPAIGN.to_owned(),
        cause: HaltCause::Stopped,
        code: None,
        reason: "wait".to_owned(),
        since: at(3),
        until: None,
        actor: "ana".to_owned(),
    };
    store.halt(&halt).await.unwrap();
    let history = async |name: &str| {
        use futures::TryStreamExt as _;
        let filter = HistoryFilter {
            account: ACCOUNT.to_owned(),
            campaign: name.to_owned(),
            ..HistoryFilter::default()
        };
        store.history(&filter).try_concat().await.unwrap()
    };
    let before = history(CAMPAIGN).await;
    assert_eq!(before.len(), 3);

    store
        .rename(
            &house.lock,
            &campaign_to("summer"),
            &note(&run, "campaign.summer"),
        )
        .await
        .unwrap();
    assert_eq!(history("summer").await, before);
    let names: Vec<String> = store
        .campaigns()
        .await
        .unwrap()
        .into_iter()
        .map(|campaign| campaign.name)
        .collect();
    assert_eq!(names, ["summer"]);
    let moved = store.applied().await.unwrap().remove(0);
    assert_eq!(
        (&*moved.address.name, &*moved.key, &*moved.id),
        ("summer", "summer", "summer")
    );
    // The brake goes with it.
    let halts = store.halts(Some(ACCOUNT), at(4)).await.unwrap();
    assert_eq!((halts.len(), &*halts[0].subject), (1, "summer"));
    // Whoever is on the list is in the hopper already: one is left to be messaged, who was never tried.
    let compared = house
        .compare_in(
            "summer",
            5,
            &super::kit::no_gaps(),
            (0..3).map(member).collect(),
        )
        .await;
    assert_eq!((compared.new, compared.due, compared.uncertain), (0, 1, 1));
    // What comes back late finds its contact under the new name.
    house.settle(6, &claims[1], accepted()).await;
    let standing = store.standing(ACCOUNT, "summer", at(7)).await.unwrap();
    assert_eq!((standing.uncertain, standing.delivery.accepted), (0, 2));
}

pub(in crate::store) async fn a_campaign_in_flight_keeps_its_name(open: Opener) {
    let (house, store) = (House::with(open(), 2).await, open());
    let run = begin(&*store, 0).await;
    let claim = house.claim(1, 1).await.remove(0);
    let refused = store
        .rename(&house.lock, &campaign_to("summer"), &note(&run, "x"))
        .await;
    assert!(matches!(refused, Err(Error::Invalid(reason)) if reason.contains("in flight")));
    assert_eq!(store.campaigns().await.unwrap()[0].name, CAMPAIGN);
    assert_eq!(store.entries(&run, None).await.unwrap(), []);
    house.settle(2, &claim, accepted()).await;
    store
        .rename(&house.lock, &campaign_to("summer"), &note(&run, "x"))
        .await
        .unwrap();
    assert_eq!(store.campaigns().await.unwrap()[0].name, "summer");
}

pub(in crate::store) async fn two_ledgers_do_not_become_one(open: Opener) {
    let (house, store) = (House::with(open(), 1).await, open());
    let run = begin(&*store, 0).await;
    store
        .declare(&house.lock, &declaration("summer"))
        .await
        .unwrap();
    let refused = store
        .rename(&house.lock, &campaign_to("summer"), &note(&run, "x"))
        .await;
    assert!(matches!(refused, Err(Error::Invalid(reason)) if reason.contains("ledger of its own")));
    assert_eq!(store.campaigns().await.unwrap().len(), 2);
}

pub(in crate::store) async fn open_claims_are_told_and_orphans_named(open: Opener) {
    let (house, store) = (House::with(open(), 3).await, open());
    assert_eq!(store.open_claims(at(0)).await.unwrap(), []);
    let claims = house.claim(1, 3).await;
    house.settle(2, &claims[0], accepted()).await;
    let open_claims = store.open_claims(at(3)).await.unwrap();
    assert_eq!(open_claims.len(), 1);
    let told = &open_claims[0];
    assert_eq!(
        (&*told.campaign, told.messages, told.since, told.orphaned),
        (CAMPAIGN, 2, at(1), false)
    );
    house.store.release_lease(&house.lease).await.unwrap();
    assert!(store.open_claims(at(3)).await.unwrap()[0].orphaned);
    // Another holder of the same number is nobody who could settle them.
    store
        .lease(super::kit::NUMBER, &asking("other", 4, HOUR))
        .await
        .unwrap();
    assert!(store.open_claims(at(5)).await.unwrap()[0].orphaned);
}

pub(in crate::store) async fn a_sound_state_has_no_faults(open: Opener) {
    let house = House::with(open(), 3).await;
    let store = open();
    let claims = house.claim(1, 2).await;
    house.settle(2, &claims[0], uncertain()).await;
    let run = begin(&*store, 0).await;
    store.note(&note(&run, "x")).await.unwrap();
    assert_eq!(store.check().await.unwrap(), [""; 0]);
}
