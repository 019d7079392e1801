//! Ours: the receiver, and a reader that takes in what it kept.

use std::net::SocketAddr;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use waform::clock::Clock;
use waform::meta::webhook::{self, Delivery, Event, Status};
use waform::secret::SecretString;
use waform::serve::health::Pulse;
use waform::serve::meters::Meters;
use waform::serve::receiver::{self, Door, Limits, Receiver};
use waform::store::{
    Circumstances, Clerk, Conversation, Database, DeliveryStatus, Fact, Failure, Happening,
    Inbound, Intake, NewErrand, Person, Reading, Receipt, Settled, Unread,
};

use crate::ledger::NOW;
use crate::load::SECRET;

/// How many webhooks are read at a time.
const READ: usize = 256;

/// Begins to listen; for as long as the runtime lives.
pub(crate) async fn serve(store: Arc<dyn Database>, wake: Arc<Notify>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("a port");
    let receiver = Receiver {
        doors: vec![Door {
            account: "main".to_owned(),
            waba_id: "102290129340398".to_owned(),
            path: "/waform".to_owned(),
            verify_token: SecretString::from("token"),
            app_secret: SecretString::from(SECRET),
        }],
        inbox: store,
        meters: Arc::new(Meters::new(NOW)),
        pulse: Arc::new(Pulse::new()),
        wake,
        pages: axum::Router::new(),
        limits: Limits::default(),
        clock: Clock::frozen(NOW),
    };
    let stop = CancellationToken::new();
    tokio::spawn(receiver::serve(receiver, listener, None, stop));
    address
}

/// Takes in what was kept, whenever there is something; for as long as the runtime lives.
pub(crate) async fn read_on(store: Arc<dyn Database>, wake: Arc<Notify>) {
    loop {
        wake.notified().await;
        read_all(&*store).await;
    }
}

/// Takes in all that was kept. Every status must change something: nothing is measured that does nothing.
pub(crate) async fn read_all(store: &dyn Database) {
    loop {
        let unread = store.unread(0, READ).await.expect("an inbox");
        if unread.is_empty() {
            return;
        }
        let taken = store.take_in(intake(&unread)).await.expect("room");
        let idle = (taken.duplicates, taken.orphans);
        assert_eq!(
            idle,
            (0, 0),
            "more messages are needed for so many webhooks"
        );
    }
}

fn intake(unread: &[Unread]) -> Intake {
    let changes = unread
        .iter()
        .flat_map(|each| webhook::parse(&each.body).expect("a webhook"));
    Intake {
        sources: unread.iter().map(|each| each.id).collect(),
        now: NOW,
        facts: changes
            .map(|change| match change.event {
                Event::Status(status) => ("main".to_owned(), fact(*status)),
                other => panic!("only statuses are sent, not {other:?}"),
            })
            .collect(),
        dead: Vec::new(),
        clerk: Box::new(Nobody),
    }
}

fn fact(status: Status) -> Fact {
    Fact::Receipt(Receipt {
        message_id: status.message_id,
        tag: status.tag,
        status: match status.status {
            Delivery::Sent => DeliveryStatus::Sent,
            Delivery::Delivered => DeliveryStatus::Delivered,
            _ => DeliveryStatus::Read,
        },
        at: status.at,
        person: Person {
            wa_id: status.recipient_id,
            user_id: status.recipient_user_id,
            name: None,
        },
        pricing: None,
        identity_hash: status.identity_hash,
        failure: None,
    })
}

/// Statuses alone ask nobody.
struct Nobody;

impl Clerk for Nobody {
    fn judge(&mut self, _: &Failure, _: Timestamp, _: &Circumstances) -> Settled {
        unreachable!("nothing fails")
    }

    fn read(&mut self, _: &Inbound, _: &Conversation) -> Reading {
        unreachable!("nobody writes")
    }

    fn tell(&mut self, _: &str, _: &Happening) -> Vec<NewErrand> {
        Vec::new()
    }
}
