//! What halts and lifts is overtaken by what halts and lifts the same, and by no other news.

use super::intake::{Engine, Hall, happening};
use super::kit::{ACCOUNT, NUMBER, at};
use crate::store::{Fact, Halt, HaltCause, HappeningFilter, Lift, Scope};

/// Something that can be halted: as halts name it, as happenings name it, and the area of its news.
#[derive(Clone, Copy)]
struct Thing {
    scope: Scope,
    halted: &'static str,
    named: &'static str,
    area: &'static str,
}

const THINGS: [Thing; 3] = [
    Thing {
        scope: Scope::Template,
        halted: "offer/en_US",
        named: "template offer/en_US",
        area: "template",
    },
    Thing {
        scope: Scope::Number,
        halted: NUMBER,
        named: "number 1063",
        area: "number",
    },
    Thing {
        scope: Scope::Account,
        halted: ACCOUNT,
        named: "account.main",
        area: "account",
    },
];

impl Thing {
    fn news(self, word: &str, seconds: i64) -> Fact {
        Fact::Happened {
            happening: happening(self.named, &format!("{}.{word}", self.area), seconds),
            halt: None,
            lifts: Vec::new(),
        }
    }

    fn halting(self, seconds: i64) -> Fact {
        let halt = Halt {
            account: ACCOUNT.to_owned(),
            scope: self.scope,
            subject: self.halted.to_owned(),
            cause: HaltCause::Meta,
            code: None,
            reason: "Meta said so".to_owned(),
            since: at(seconds),
            until: None,
            actor: "Meta".to_owned(),
        };
        with(self.news("paused", seconds), Some(halt), Vec::new())
    }

    fn lifting(self, seconds: i64) -> Fact {
        let lift = Lift {
            scope: self.scope,
            subject: self.halted.to_owned(),
            cause: HaltCause::Meta,
        };
        with(self.news("approved", seconds), None, vec![lift])
    }

    /// A person lets it go on.
    async fn resume(self, hall: &Hall, now: i64) -> usize {
        let (causes, now) = ([HaltCause::Meta], at(now));
        let lifted = hall
            .ledger
            .lift(ACCOUNT, self.scope, self.halted, &causes, "ben", now);
        lifted.await.unwrap().len()
    }
}

fn with(news: Fact, halt: Option<Halt>, lifts: Vec<Lift>) -> Fact {
    match news {
        Fact::Happened { happening, .. } => Fact::Happened {
            happening,
            halt,
            lifts,
        },
        other => other,
    }
}

async fn halts(hall: &Hall) -> usize {
    hall.ledger.halts(None, at(2000)).await.unwrap().len()
}

async fn happened(hall: &Hall) -> usize {
    let filter = HappeningFilter {
        limit: 100,
        ..HappeningFilter::default()
    };
    hall.ledger.happenings(&filter).await.unwrap().len()
}

pub(in crate::store) async fn other_news_does_not_overtake_what_halts_or_lifts(engine: Engine) {
    let hall = Hall::with(&engine, 1).await;
    for thing in THINGS {
        hall.tell(1000, thing.news("quality", 20)).await;
        hall.tell(1001, thing.halting(10)).await;
        assert_eq!(halts(&hall).await, 1, "a late pause halts {}", thing.named);
        hall.tell(1002, thing.news("category", 40)).await;
        hall.tell(1003, thing.lifting(30)).await;
        assert_eq!(halts(&hall).await, 0, "an approval frees {}", thing.named);
    }
}

pub(in crate::store) async fn an_approval_that_found_nothing_halted_overtakes_an_older_pause(
    engine: Engine,
) {
    let hall = Hall::with(&engine, 1).await;
    for thing in THINGS {
        hall.tell(1000, thing.lifting(20)).await;
        hall.tell(1001, thing.news("quality", 25)).await;
        hall.tell(1002, thing.halting(10)).await;
        assert_eq!(halts(&hall).await, 0, "{}", thing.named);
        hall.tell(1003, thing.halting(30)).await;
        assert_eq!(halts(&hall).await, 1, "{}", thing.named);
        assert_eq!(thing.resume(&hall, 1004).await, 1);
    }
}

pub(in crate::store) async fn what_a_person_resumed_is_not_undone_by_a_replay(engine: Engine) {
    let hall = Hall::with(&engine, 1).await;
    for thing in THINGS {
        let told = [thing.news("quality", 20), thing.halting(10)];
        hall.take(1000, told.to_vec()).await;
        assert_eq!(halts(&hall).await, 1, "{}", thing.named);
        assert_eq!(thing.resume(&hall, 1001).await, 1);
        let before = happened(&hall).await;
        let again = hall.take(1002, told.to_vec()).await;
        assert_eq!((again.duplicates, again.errands), (2, 0));
        hall.tell(1003, thing.halting(11)).await;
        assert_eq!(halts(&hall).await, 0, "{} goes on", thing.named);
        assert_eq!(happened(&hall).await, before + 1, "all is recorded, once");
    }
}
