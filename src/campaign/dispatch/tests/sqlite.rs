//! Dispatch against the ledger that people have.

use futures::TryStreamExt;
use tempfile::TempDir;

use super::meta::Reply;
use super::*;
use crate::meta::Class;
use crate::store::sqlite::{self, Mode};
use crate::store::{
    CampaignRecord, CampaignState, HistoryFilter, HistoryRow, LockRequest, Member, Standing, Store,
};

const ACCOUNT: &str = "1022";

/// A ledger on disk with one campaign in its hopper.
struct Disk {
    _directory: TempDir,
    store: Arc<dyn Store>,
}

impl Disk {
    async fn new(contacts: usize) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state.db");
        let store = sqlite::open(&path, Mode::ReadWrite).unwrap();
        let disk = Self {
            _directory: directory,
            store,
        };
        disk.fill(contacts).await;
        disk
    }

    async fn fill(&self, contacts: usize) {
        let request = LockRequest {
            holder: "ana@desk".to_owned(),
            host: "desk".to_owned(),
            process: 7,
            command: "apply".to_owned(),
            run_address: None,
            now: noon(),
            until: noon() + SignedDuration::from_mins(10),
        };
        let lock = self.store.lock(&request).await.unwrap();
        let campaign = CampaignRecord {
            account: ACCOUNT.to_owned(),
            name: "spring".to_owned(),
            declaration: serde_json::json!({}),
            state: CampaignState::Running,
            first_applied_at: noon(),
            starts_at: noon(),
            ends_at: None,
            response_timeout: SignedDuration::from_hours(24),
            max_attempts: 3,
        };
        self.store.declare(&lock.id, &campaign).await.unwrap();
        let mut audience = self.store.audience(ACCOUNT, "spring").await.unwrap();
        let members = (0..contacts).map(|n| Member {
            phone: phone(n),
            language: "en".to_owned(),
            zones: vec!["Europe/Tallinn".to_owned()],
            variables: "[]".to_owned(),
            country: None,
            opt_in: Some("yes".to_owned()),
            skip: None,
            list: "customers".to_owned(),
            line: u64::try_from(n).unwrap(),
        });
        audience.add(members.collect()).await.unwrap();
        audience.commit(&lock.id, noon()).await.unwrap();
        self.store.unlock(&lock.id).await.unwrap();
    }

    /// A bench whose dispatch writes here.
    fn bench(&self, meta: Meta) -> Bench {
        let mut bench = Bench::new(0, meta);
        bench.dispatch.store = Arc::clone(&self.store);
        bench
    }

    async fn standing(&self, at: Timestamp) -> Standing {
        self.store.standing(ACCOUNT, "spring", at).await.unwrap()
    }

    async fn history(&self) -> Vec<HistoryRow> {
        let filter = HistoryFilter {
            account: ACCOUNT.to_owned(),
            campaign: "spring".to_owned(),
            ..HistoryFilter::default()
        };
        self.store.history(&filter).try_concat().await.unwrap()
    }
}

async fn go(bench: &Bench) -> Summary {
    bench.go().await.unwrap()
}

#[tokio::test]
async fn everyone_is_messaged_once_and_the_ledger_knows_it() {
    let disk = Disk::new(500).await;
    let mut bench = disk.bench(Meta::accepting());
    bench.dispatch.tuning.batch = Some(50);
    assert_eq!(go(&bench).await.accepted(), 500);
    let by_phone = bench.meta.by("to");
    assert_eq!((by_phone.len(), bench.meta.count()), (500, 500));
    let standing = disk.standing(noon()).await;
    assert_eq!(
        (standing.hopper.pending, standing.delivery.accepted),
        (500, 500)
    );
    assert_eq!(go(&bench).await.accepted(), 0);
}

#[tokio::test]
async fn whoever_dies_with_our_process_number_leaves_uncertain_contacts_and_no_doubles() {
    let disk = Disk::new(60).await;
    let mut bench = disk.bench(Meta::accepting());
    for point in [
        Failpoint::AfterClaim,
        Failpoint::AfterSendBeforeSettle,
        Failpoint::AfterSettle,
    ] {
        bench.seen = Arc::new(Seen {
            crash: Some((point, 2)),
            ..Seen::default()
        });
        assert!(bench.start().await.is_err_and(|error| error.is_panic()));
    }
    bench.seen = Arc::default();
    let summary = go(&bench).await;
    assert!(summary.recovered > 0);
    assert!(bench.meta.by("to").values().all(|count| *count == 1));
    let standing = disk.standing(noon()).await;
    assert_eq!(standing.uncertain + standing.delivery.accepted, 60);
    assert_eq!(standing.hopper.pending, 60);
}

#[tokio::test]
async fn what_is_released_uses_up_no_attempt_and_what_fails_does() {
    // Three released, then the marketing cap: the first failure that counts, so that it is tried again.
    let meta = Meta::new(|nth, _| match nth {
        0 => Reply::NotSent,
        1 | 2 => Reply::Refuse(Class::Throttled),
        3 => Reply::Refuse(Class::ContactLater),
        4 | 5 => Reply::Refuse(Class::Temporary),
        _ => Reply::Accept,
    });
    let disk = Disk::new(1).await;
    let bench = disk.bench(meta);
    let first = go(&bench).await;
    assert_eq!(first.campaigns[0].released, 3);
    assert_eq!(first.next_due(), Some(noon() + ledger::day()));
    for _ in 0..2 {
        let due = disk.standing(bench.clock.now()).await.next_due.unwrap();
        bench.clock.set(due);
        go(&bench).await;
    }
    // Three attempts counted: that was all.
    assert_eq!(bench.meta.count(), 6);
    let rows = disk.history().await;
    assert_eq!(rows[0].outcome, Some(crate::store::Outcome::Failed));
    assert_eq!(go(&bench).await.accepted(), 0);
}

#[tokio::test]
async fn another_process_does_not_send_while_one_does() {
    let disk = Disk::new(40).await;
    let one = disk.bench(Meta::accepting().gated());
    let running = one.start();
    one.meta.wait_for(5).await;
    let mut other = disk.bench(Meta::accepting());
    // Our own process number, so that it is known to be alive, under another name.
    other.dispatch.identity.holder = "bo@shed".to_owned();
    other.dispatch.identity.host = "shed".to_owned();
    let refused = other.go().await.unwrap_err();
    assert!(matches!(
        refused,
        Error::Store(crate::store::Error::Locked(_))
    ));
    one.meta.open(1000);
    assert_eq!(running.await.unwrap().unwrap().accepted(), 40);
    assert_eq!(go(&other).await.accepted(), 0);
}
