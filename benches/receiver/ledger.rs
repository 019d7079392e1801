//! A ledger that has sent already.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tempfile::TempDir;
use waform::store::sqlite::{self, Mode};
use waform::store::{
    CampaignRecord, CampaignState, ClaimRequest, Database, Lease, LockRequest, Member, Settled,
    Settlement, Verdict,
};

/// Members that are handed over at a time.
const BATCH: u64 = 1000;
/// Messages that are claimed and settled at a time.
const CLAIMED: usize = 1000;

/// When everything happens.
pub(crate) const NOW: Timestamp = Timestamp::constant(1_795_000_000, 0);

pub(crate) struct Ledger {
    pub(crate) store: Arc<dyn Database>,
    _directory: TempDir,
}

impl Ledger {
    /// Makes a ledger whose one campaign has sent so many messages.
    pub(crate) async fn sent(messages: u64) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let path = directory.path().join("state.db");
        let store = sqlite::open(&path, Mode::ReadWrite).expect("a state");
        let request = LockRequest {
            holder: "bench".to_owned(),
            host: "bench".to_owned(),
            process: 1,
            command: "bench".to_owned(),
            run_address: None,
            now: NOW,
            until: Timestamp::MAX,
        };
        let lock = store.lock(&request).await.expect("a free lock").id;
        let lease = store.lease("1063", &request).await.expect("a free number");
        let declared = store.declare(&lock, &campaign()).await;
        declared.expect("a declaration");
        let mut audience = store.audience("main", "spring").await.expect("room");
        for start in (0..messages).step_by(BATCH as usize) {
            let batch = (start..messages.min(start + BATCH)).map(member).collect();
            audience.add(batch).await.expect("room");
        }
        audience.commit(&lock, NOW).await.expect("room");
        let mut sent = 0;
        while sent < messages {
            sent += send(&*store, &lease).await;
        }
        Self {
            store,
            _directory: directory,
        }
    }
}

fn campaign() -> CampaignRecord {
    CampaignRecord {
        account: "main".to_owned(),
        name: "spring".to_owned(),
        declaration: json!({}),
        state: CampaignState::Running,
        first_applied_at: NOW,
        starts_at: NOW,
        ends_at: None,
        response_timeout: SignedDuration::from_hours(24),
        max_attempts: 4,
    }
}

/// The number of a message's recipient.
pub(crate) fn phone(message: u64) -> u64 {
    372_000_000_000 + message
}

fn member(message: u64) -> Member {
    Member {
        phone: format!("+{}", phone(message)),
        language: "en_US".to_owned(),
        zones: vec!["Europe/Tallinn".to_owned()],
        variables: json!({ "first_name": "Ana", "order_no": message.to_string() }).to_string(),
        country: None,
        opt_in: Some("2026-01-01T10:00:00Z".to_owned()),
        skip: None,
        list: "customers".to_owned(),
        line: message + 2,
    }
}

/// Claims a batch and settles it as accepted.
async fn send(store: &dyn Database, lease: &Lease) -> u64 {
    let request = ClaimRequest {
        account: "main".to_owned(),
        campaign: "spring".to_owned(),
        template: "offer".to_owned(),
        now: NOW,
        max: CLAIMED,
        worker: "bench".to_owned(),
        lease: lease.clone(),
        decide: Box::new(|_| Verdict::Claim),
    };
    let claims = store.claim(request).await.expect("a claim").claims;
    assert!(!claims.is_empty(), "everybody is due");
    let settlements = claims.iter().map(|claim| {
        let wa_id = claim.phone.trim_start_matches('+').to_owned();
        Settlement {
            attempt_id: claim.attempt_id.clone(),
            at: NOW,
            result: Settled::Accepted {
                message_id: message_id(wa_id.parse().expect("digits")),
                wa_id: Some(wa_id),
                message_status: Some("accepted".to_owned()),
            },
        }
    });
    let settlements = settlements.collect();
    store.settle(settlements).await.expect("room");
    claims.len() as u64
}

/// As long as Meta's.
pub(crate) fn message_id(phone: u64) -> String {
    format!("wamid.HBgMMzcy{phone:020}VAgARGBI5QUJDREVGMDEyMzQ1Njc4OTAA")
}
