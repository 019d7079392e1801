//! Two processes, of which one runs the errands.

use std::sync::Mutex;

use futures::FutureExt;
use futures::future::{BoxFuture, ready};

use super::sending::identity;
use super::*;
use crate::serve::errands::{Errands, Runner};
use crate::serve::tenure::Office as Tenure;
use crate::store::{self, NewErrand};

/// Remembers the keys of what it ran.
#[derive(Default)]
struct Ears {
    heard: Mutex<Vec<String>>,
    came: Notify,
}

impl Runner for Ears {
    fn run<'a>(&'a self, errand: &'a Errand) -> BoxFuture<'a, store::Result<Option<Ran>>> {
        self.heard.lock().unwrap().push(errand.key.clone());
        self.came.notify_one();
        ready(Ok(Some(Ran::Done { message_id: None }))).boxed()
    }
}

fn tenure(office: &Office, holder: &str, host: &str, ears: &Arc<Ears>) -> Tenure {
    let errands = Errands {
        store: Arc::clone(&office.store) as _,
        clock: office.clock.clone(),
        kind: ErrandKind::Handoff,
        runner: ears.clone(),
        reached: Arc::new(|_| {}),
        wakes: Wakes::new(),
    };
    Tenure {
        store: Arc::clone(&office.store) as _,
        clock: office.clock.clone(),
        identity: identity(holder, host),
        accounts: vec!["main".to_owned()],
        errands: vec![errands],
    }
}

async fn errand(office: &Office, key: &str) {
    let now = office.clock.now();
    let errand = NewErrand {
        kind: ErrandKind::Handoff,
        name: "desk".to_owned(),
        number: None,
        key: key.to_owned(),
        lane: key.to_owned(),
        payload: json!({}),
        due_at: now,
    };
    let kept = office.store.errand("main", vec![errand], now).await;
    assert_eq!(kept.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_process_runs_errands_only_when_the_first_has_ended() {
    let office = Office::new().await;
    let (first, second) = (Arc::new(Ears::default()), Arc::new(Ears::default()));
    let (one, two) = (CancellationToken::new(), CancellationToken::new());
    let holding = tokio::spawn(tenure(&office, "ana@desk", "desk", &first).run(one.clone()));
    errand(&office, "a").await;
    first.came.notified().await;
    let other = tenure(&office, "bo@shed", "shed", &second);
    let refused = other.take().await.unwrap_err();
    assert!(matches!(refused, store::Error::Locked(_)), "{refused}");
    let waiting = tokio::spawn(other.run(two.clone()));
    errand(&office, "b").await;
    first.came.notified().await;
    one.cancel();
    holding.await.unwrap();
    errand(&office, "c").await;
    second.came.notified().await;
    two.cancel();
    waiting.await.unwrap();
    assert_eq!(*first.heard.lock().unwrap(), ["a", "b"]);
    assert_eq!(*second.heard.lock().unwrap(), ["c"]);
}
