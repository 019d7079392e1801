//! A small campaign to test with.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::store::{
    CampaignRecord, CampaignState, Candidate, Claim, ClaimRequest, Claimed, Comparison, Error,
    Gaps, Lease, LockRequest, Member, Settled, Settlement, Standing, Store, Verdict,
};

/// Opens the same state every time.
pub(in crate::store) type Opener = Box<dyn Fn() -> Arc<dyn Store> + Send + Sync>;

pub(super) const ACCOUNT: &str = "main";
pub(super) const CAMPAIGN: &str = "spring";
pub(super) const NUMBER: &str = "1063";
pub(super) const TEMPLATE: &str = "offer";
pub(super) const MINUTE: i64 = 60;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// Seconds after a fixed beginning.
pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

pub(super) fn asking(holder: &str, now: i64, until: i64) -> LockRequest {
    LockRequest {
        holder: holder.to_owned(),
        // No other machine's processes are known here, so that nobody is taken for dead.
        host: format!("host-of-{holder}"),
        process: 1,
        command: "apply".to_owned(),
        run_address: None,
        now: at(now),
        until: at(until),
    }
}

pub(super) fn phone(number: u64) -> String {
    format!("+3725550{number:04}")
}

pub(super) fn member(number: u64) -> Member {
    Member {
        phone: phone(number),
        language: "en_US".to_owned(),
        zones: vec!["Europe/Tallinn".to_owned()],
        variables: json!({ "first_name": format!("Ana {number}") }).to_string(),
        country: Some("EE".to_owned()),
        opt_in: Some("2026-01-01".to_owned()),
        skip: None,
        list: "customers".to_owned(),
        line: number + 1,
    }
}

pub(super) fn skipped(number: u64, reason: &str) -> Member {
    Member {
        skip: Some(reason.to_owned()),
        ..member(number)
    }
}

pub(super) fn no_gaps() -> Gaps {
    Gaps {
        template: TEMPLATE.to_owned(),
        repeat_template: SignedDuration::ZERO,
        min_gap: SignedDuration::ZERO,
    }
}

/// The declaration of a campaign: a day for the answer, three attempts, no end.
pub(super) fn declaration(name: &str) -> CampaignRecord {
    CampaignRecord {
        account: ACCOUNT.to_owned(),
        name: name.to_owned(),
        declaration: json!({ "template": TEMPLATE }),
        state: CampaignState::Running,
        first_applied_at: at(0),
        starts_at: at(0),
        ends_at: None,
        response_timeout: SignedDuration::from_secs(DAY),
        max_attempts: 3,
    }
}

/// An open state, locked, with a campaign that was launched and a lease on its number.
pub(super) struct House {
    pub(super) store: Arc<dyn Store>,
    pub(super) lock: String,
    pub(super) lease: Lease,
}

impl House {
    pub(super) async fn new(store: Arc<dyn Store>) -> Self {
        let lock = store.lock(&asking("lead", 0, 1000 * DAY)).await.unwrap().id;
        let lease = store
            .lease(NUMBER, &asking("sender", 0, 1000 * DAY))
            .await
            .unwrap();
        store.declare(&lock, &declaration(CAMPAIGN)).await.unwrap();
        Self { store, lock, lease }
    }

    /// A house whose campaign has the contacts `0..people`.
    pub(super) async fn with(store: Arc<dyn Store>, people: u64) -> Self {
        let house = Self::new(store).await;
        house.fill((0..people).map(member).collect()).await;
        house
    }

    pub(super) async fn redeclare(&self, change: impl FnOnce(&mut CampaignRecord)) {
        let mut campaign = declaration(CAMPAIGN);
        change(&mut campaign);
        self.store.declare(&self.lock, &campaign).await.unwrap();
    }

    pub(super) async fn fill(&self, members: Vec<Member>) {
        self.fill_at(0, CAMPAIGN, members).await.unwrap();
    }

    pub(super) async fn fill_at(
        &self,
        now: i64,
        campaign: &str,
        members: Vec<Member>,
    ) -> Result<(), Error> {
        let mut audience = self.store.audience(ACCOUNT, campaign).await?;
        audience.add(members).await?;
        audience.commit(&self.lock, at(now)).await
    }

    pub(super) async fn compare(&self, now: i64, members: Vec<Member>) -> Comparison {
        self.compare_in(CAMPAIGN, now, &no_gaps(), members).await
    }

    pub(super) async fn compare_in(
        &self,
        campaign: &str,
        now: i64,
        gaps: &Gaps,
        members: Vec<Member>,
    ) -> Comparison {
        let mut audience = self.store.audience(ACCOUNT, campaign).await.unwrap();
        audience.add(members).await.unwrap();
        audience.compare(at(now), gaps).await.unwrap()
    }

    pub(super) fn request(
        &self,
        now: i64,
        max: usize,
        decide: impl FnMut(&Candidate) -> Verdict + Send + 'static,
    ) -> ClaimRequest {
        ClaimRequest {
            account: ACCOUNT.to_owned(),
            campaign: CAMPAIGN.to_owned(),
            template: TEMPLATE.to_owned(),
            now: at(now),
            max,
            worker: "worker".to_owned(),
            lease: self.lease.clone(),
            decide: Box::new(decide),
        }
    }

    pub(super) async fn decide(
        &self,
        now: i64,
        max: usize,
        decide: impl FnMut(&Candidate) -> Verdict + Send + 'static,
    ) -> Claimed {
        self.store
            .claim(self.request(now, max, decide))
            .await
            .unwrap()
    }

    pub(super) async fn claim(&self, now: i64, max: usize) -> Vec<Claim> {
        self.decide(now, max, |_| Verdict::Claim).await.claims
    }

    /// Claims the one contact that is due.
    pub(super) async fn claim_one(&self, now: i64) -> Claim {
        let mut claims = self.claim(now, 2).await;
        assert_eq!(claims.len(), 1, "one contact is due");
        claims.remove(0)
    }

    pub(super) async fn settle(&self, now: i64, claim: &Claim, result: Settled) {
        let settlement = Settlement {
            attempt_id: claim.attempt_id.clone(),
            at: at(now),
            result,
        };
        self.store.settle(vec![settlement]).await.unwrap();
    }

    pub(super) async fn standing(&self, now: i64) -> Standing {
        self.store
            .standing(ACCOUNT, CAMPAIGN, at(now))
            .await
            .unwrap()
    }

    pub(super) async fn expire(&self, now: i64) -> u64 {
        self.store.expire(ACCOUNT, CAMPAIGN, at(now)).await.unwrap()
    }
}

pub(super) fn accepted() -> Settled {
    Settled::Accepted {
        message_id: "wamid.1".to_owned(),
        wa_id: None,
        message_status: Some("accepted".to_owned()),
    }
}

pub(super) fn failed(retry_at: Option<i64>) -> Settled {
    Settled::Failed {
        code: Some(131_026),
        reason: "undeliverable".to_owned(),
        retry_at: retry_at.map(at),
        suppress: false,
    }
}

pub(super) fn released(due_at: i64) -> Settled {
    Settled::Released {
        reason: "throttled".to_owned(),
        due_at: at(due_at),
    }
}

pub(super) fn uncertain() -> Settled {
    Settled::Uncertain {
        reason: "the answer was lost".to_owned(),
    }
}
