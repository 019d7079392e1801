//! One person: the file, interactions, history's filters.

use jiff::Timestamp;

use super::ground::{Ground, Planted, Talk};
use super::kit::{
    ACCOUNT, CAMPAIGN, DAY, HOUR, NUMBER, TEMPLATE, accepted, at, declaration, failed, member,
    phone, uncertain,
};
use crate::store::{
    AnswerKind, CampaignAnswer, Candidate, Circumstances, Claim, Clerk, ContactState, Conversation,
    DeliveryStatus, Entry, Fact, Failure, Happening, Inbound, Intake, InteractionFilter, NewErrand,
    Outcome, Person, Reading, Receipt, Settled, Verdict, Window,
};

pub(super) fn answered(person: u64, now: i64, kind: AnswerKind, text: &str) -> Planted {
    Planted::Answered {
        phone: phone(person),
        at: at(now),
        kind,
        option: (kind == AnswerKind::Option).then(|| "phone_call".to_owned()),
        text: text.to_owned(),
    }
}

/// Who has been messaged: claims settled as accepted.
pub(super) async fn messaged(talk: &Talk, now: i64, people: usize) -> Vec<Claim> {
    let claims = talk.claim(now, people).await;
    assert_eq!(claims.len(), people);
    for claim in &claims {
        talk.settle(now + 1, claim, accepted()).await;
    }
    claims
}

pub(super) fn line(entry: &Entry) -> String {
    let status = entry.status.as_deref().unwrap_or("-");
    let Entry {
        direction,
        kind,
        text,
        actor,
        ..
    } = entry;
    format!("{direction} {kind} {text:?} {status} {actor}")
}

pub(super) async fn a_file_tells_the_conversation_in_order(ground: Ground) {
    let talk = Talk::with(ground, 2).await;
    messaged(&talk, 0, 2).await;
    let told = |at_second| Planted::Delivered {
        phone: phone(0),
        at: at(at_second),
    };
    talk.plant(told(5));
    talk.wrote(0, 60, "Call me");
    talk.plant(answered(0, 60, AnswerKind::Option, "Call me"));
    talk.plant(Planted::Replied {
        phone: phone(0),
        at: at(70),
        text: "A person will call".to_owned(),
    });
    talk.wrote(1, 65, "Somebody else's");
    talk.plant(Planted::Suppressed {
        phone: phone(0),
        at: at(80),
    });
    let file = talk.file(0).await;
    let lines: Vec<_> = file.timeline.iter().map(line).collect();
    let expected = [
        format!("out template {TEMPLATE:?} delivered worker"),
        "event delivered \"\" - Meta".to_owned(),
        format!("in text \"Call me\" - {}", phone(0)),
        "out reply \"A person will call\" accepted reply.call_me".to_owned(),
        "event suppressed \"the keyword STOP\" - Meta".to_owned(),
    ];
    assert_eq!(lines, expected);
    assert_eq!(file.timeline[0].detail["variables"]["first_name"], "Ana 0");
    assert_eq!(file.timeline[0].detail["language"], "en_US");
    assert_eq!(file.timeline[2].detail["option"], "phone_call");
    assert_eq!(file.timeline[2].campaign.as_deref(), Some(CAMPAIGN));
    let answer = file.campaigns[0].answer.clone().unwrap();
    assert_eq!((answer.kind, answer.at), (AnswerKind::Option, at(60)));
    let window = Window {
        number: NUMBER.to_owned(),
        last_inbound_at: at(60),
        until: at(60 + DAY),
    };
    assert_eq!(file.windows, [window]);
    assert_eq!(file.suppressed.unwrap().reason, "the keyword STOP");
}

pub(super) async fn somebody_is_found_by_any_name_and_in_their_account_alone(ground: Ground) {
    let talk = Talk::with(ground, 1).await;
    let claim = talk.claim_one(0).await;
    let known_to_meta = Settled::Accepted {
        message_id: "wamid.1".to_owned(),
        wa_id: Some("3725550999".to_owned()),
        message_status: None,
    };
    talk.settle(1, &claim, known_to_meta).await;
    let number = phone(0);
    for who in [&number[..], &number[1..], "3725550999", "+3725550999"] {
        let file = talk.contacts.contact(ACCOUNT, who).await.unwrap();
        assert_eq!(file.unwrap().phone.as_ref(), Some(&number), "{who}");
    }
    for who in ["+3725550998", "EE.1234", "", "+", "99999999999999999999"] {
        assert_eq!(
            talk.contacts.contact(ACCOUNT, who).await.unwrap(),
            None,
            "{who}"
        );
    }
    assert_eq!(talk.contacts.contact("other", &number).await.unwrap(), None);
}

pub(super) async fn who_is_acknowledged_is_messaged_again(ground: Ground) {
    let talk = Talk::with(ground, 2).await;
    let claim = talk.claim(0, 1).await.remove(0);
    talk.settle(1, &claim, failed(Some(10))).await;
    for person in 0..2 {
        talk.plant(Planted::Held {
            phone: phone(person),
            at: at(5),
        });
    }
    let held = |candidate: &Candidate| {
        assert!(candidate.held, "{}", candidate.phone);
        Verdict::Skip("identity_changed".to_owned())
    };
    assert_eq!(talk.decide(20, 9, held).await.skipped, 2);
    assert_eq!(talk.file(0).await.held.map(|held| held.at), Some(at(5)));
    let acknowledge = async |person| {
        let phone = phone(person);
        let done = talk
            .contacts
            .acknowledge(ACCOUNT, &phone, "ana@desk by contact", at(30));
        done.await.unwrap()
    };
    assert!(acknowledge(0).await);
    assert!(!acknowledge(0).await, "nothing is held any more");
    assert!(acknowledge(1).await);
    assert!(!acknowledge(7).await, "nobody knows this one");
    let standing = talk.standing(30).await.hopper;
    assert_eq!(
        (standing.fresh, standing.retry),
        (1, 1),
        "one was tried before"
    );
    let file = talk.file(0).await;
    assert_eq!(file.held, None);
    let last = file.timeline.last().unwrap();
    assert_eq!(line(last).split(' ').nth(1), Some("acknowledged"));
    assert_eq!(
        (last.at, last.actor.as_str()),
        (at(30), "ana@desk by contact")
    );
    assert_eq!(talk.claim(30, 9).await.len(), 2);
}

pub(super) async fn suspects_come_latest_first(ground: Ground) {
    let talk = Talk::with(ground, 3).await;
    for (person, now) in [(0, 10), (1, 30), (2, 20)] {
        talk.plant(Planted::Suspect {
            phone: phone(person),
            at: at(now),
        });
    }
    let suspects = talk.contacts.suspects(ACCOUNT, 2).await.unwrap();
    let phones: Vec<_> = suspects
        .iter()
        .map(|suspect| suspect.phone.clone())
        .collect();
    assert_eq!(phones, [phone(1), phone(2)]);
    assert_eq!(suspects[0].code, 131_026);
    assert_eq!(talk.file(1).await.suspect.as_ref(), Some(&suspects[0]));
    assert_eq!(talk.contacts.suspects("other", 9).await.unwrap(), []);
}

pub(super) async fn interactions_are_what_may_have_reached_somebody(ground: Ground) {
    let talk = Talk::with(ground, 6).await;
    let ends = [
        Some(accepted()),
        Some(accepted()),
        Some(uncertain()),
        Some(failed(Some(HOUR))),
        None,
    ];
    for (index, end) in (0..).zip(ends) {
        let claim = talk.claim(index * 10, 1).await.remove(0);
        if let Some(end) = end {
            talk.settle(index * 10 + 1, &claim, end).await;
        }
    }
    talk.wrote(0, 60, "Later");
    talk.plant(answered(0, 60, AnswerKind::Other, "Later"));
    let rows = async |change: fn(&mut InteractionFilter)| {
        let mut filter = InteractionFilter::default();
        change(&mut filter);
        talk.contacts.interactions(&filter).await.unwrap()
    };
    let phones = async |change| -> Vec<String> {
        rows(change)
            .await
            .into_iter()
            .map(|row| row.phone)
            .collect()
    };
    assert_eq!(phones(|_| ()).await, [4, 2, 1, 0].map(phone));
    assert_eq!(
        phones(|filter| filter.open = Some(true)).await,
        [4, 2, 1].map(phone)
    );
    assert_eq!(phones(|filter| filter.open = Some(false)).await, [phone(0)]);
    assert_eq!(
        phones(|filter| filter.limit = Some(2)).await,
        [4, 2].map(phone)
    );
    assert_eq!(
        phones(|filter| filter.campaign = Some("autumn".to_owned())).await,
        [""; 0]
    );
    let all = rows(|filter| filter.account = Some(ACCOUNT.to_owned())).await;
    let [in_flight, _, waiting, answered] = &all[..] else {
        panic!("{all:#?}")
    };
    assert_eq!((in_flight.open, in_flight.closes_at), (true, None));
    assert_eq!(waiting.closes_at, Some(at(11 + DAY)));
    assert_eq!(
        (answered.open, answered.outcome),
        (false, Some(Outcome::Answered))
    );
    assert_eq!(
        (answered.opened_at, answered.window_until),
        (at(0), Some(at(60 + DAY)))
    );
    let answer = answered.answer.as_ref().unwrap();
    assert_eq!(
        (answer.kind, answer.text.as_deref()),
        (AnswerKind::Other, Some("Later"))
    );
}

pub(super) async fn interactions_of_several_campaigns_are_in_one_order(ground: Ground) {
    let talk = Talk::with(ground, 1).await;
    talk.store
        .declare(&talk.lock, &declaration("autumn"))
        .await
        .unwrap();
    talk.house
        .fill_at(0, "autumn", vec![member(1), member(2)])
        .await
        .unwrap();
    let claim = async |campaign: &str, now| {
        let mut request = talk.request(now, 1, |_| Verdict::Claim);
        request.campaign = campaign.to_owned();
        assert_eq!(talk.store.claim(request).await.unwrap().claims.len(), 1);
    };
    claim("autumn", 10).await;
    claim(CAMPAIGN, 20).await;
    claim("autumn", 30).await;
    let filter = InteractionFilter::default();
    let rows = talk.contacts.interactions(&filter).await.unwrap();
    let found: Vec<_> = rows
        .iter()
        .map(|row| (row.campaign.as_str(), row.opened_at))
        .collect();
    assert_eq!(
        found,
        [("autumn", at(30)), (CAMPAIGN, at(20)), ("autumn", at(10))]
    );
}

pub(super) async fn the_first_valid_answer_is_the_answer(ground: Ground) {
    let talk = Talk::with(ground, 2).await;
    messaged(&talk, 0, 2).await;
    talk.plant(answered(0, 90, AnswerKind::Late, "too late"));
    assert_eq!(
        talk.history(|_| ()).await[0].answer.as_ref().unwrap().kind,
        AnswerKind::Late
    );
    talk.plant(answered(0, 95, AnswerKind::Other, "second"));
    talk.plant(answered(0, 92, AnswerKind::Option, "first"));
    let expected = CampaignAnswer {
        at: at(92),
        kind: AnswerKind::Option,
        option: Some("phone_call".to_owned()),
        text: Some("first".to_owned()),
    };
    let rows = talk.history(|_| ()).await;
    assert_eq!(rows.len(), 2, "one row a contact");
    assert_eq!(rows[0].answer.as_ref(), Some(&expected));
    assert_eq!(rows[1].answer, None);
    assert_eq!(
        talk.file(0).await.campaigns[0].answer.as_ref(),
        Some(&expected)
    );
}

pub(super) async fn history_shows_those_alone_who_were_asked_for(ground: Ground) {
    let talk = Talk::with(ground, 5).await;
    let claims = talk.claim(0, 4).await;
    talk.settle(1, &claims[0], failed(Some(HOUR))).await;
    talk.settle(1, &claims[1], failed(None)).await;
    talk.settle(1, &claims[2], accepted()).await;
    let phones = async |change: &dyn Fn(&mut crate::store::HistoryFilter)| -> Vec<String> {
        let rows = talk.history(|filter| change(filter)).await;
        rows.into_iter().map(|row| row.phone).collect()
    };
    let states =
        async |states: &[ContactState]| phones(&|filter| filter.states = states.to_vec()).await;
    assert_eq!(states(&[]).await.len(), 5);
    assert_eq!(states(&[ContactState::Fresh]).await, [phone(4)]);
    assert_eq!(states(&[ContactState::RetryDue]).await, [phone(0)]);
    let pending = [ContactState::InFlight, ContactState::AwaitingResponse];
    assert_eq!(states(&pending).await, [2, 3].map(phone));
    assert_eq!(
        phones(&|filter| filter.outcomes = vec![Outcome::Failed]).await,
        [phone(1)]
    );
    assert_eq!(
        phones(&|filter| filter.outcomes = vec![Outcome::Expired]).await,
        [""; 0]
    );
    let code = |filter: &mut crate::store::HistoryFilter| filter.codes = vec![1, 131_026];
    assert_eq!(phones(&code).await, [0, 1].map(phone));
    let both = |filter: &mut crate::store::HistoryFilter| {
        filter.codes = vec![131_026];
        filter.states = vec![ContactState::Closed, ContactState::Fresh];
    };
    assert_eq!(phones(&both).await, [phone(1)]);
    let first = |filter: &mut crate::store::HistoryFilter| {
        filter.codes = vec![131_026];
        filter.limit = Some(1);
    };
    assert_eq!(phones(&first).await, [phone(0)]);
}

pub(super) async fn the_time_shown_is_that_of_the_latest_status(ground: Ground) {
    let talk = Talk::with(ground, 2).await;
    let claims = talk.claim(10, 2).await;
    talk.settle(11, &claims[0], accepted()).await;
    let times = async || -> Vec<_> {
        talk.history(|_| ())
            .await
            .into_iter()
            .map(|row| row.at)
            .collect()
    };
    assert_eq!(times().await, [Some(at(10)), Some(at(10))]);
    talk.plant(Planted::Delivered {
        phone: phone(0),
        at: at(12),
    });
    assert_eq!(times().await, [Some(at(12)), Some(at(10))]);
    let rows = talk.history(|_| ()).await;
    assert_eq!(rows[0].status.as_deref(), Some("delivered"));
    assert_eq!(rows[0].worker.as_deref(), Some("worker"));
}

/// Reads every reply as the option it names and tells nobody.
struct Listener;

impl Clerk for Listener {
    fn judge(&mut self, failure: &Failure, _: Timestamp, _: &Circumstances) -> Settled {
        Settled::Failed {
            code: failure.code,
            reason: failure.reason.clone(),
            retry_at: None,
            suppress: false,
        }
    }

    fn read(&mut self, inbound: &Inbound, _: &Conversation) -> Reading {
        Reading {
            option: inbound.payload.clone(),
            errands: Vec::new(),
        }
    }

    fn tell(&mut self, _: &str, _: &Happening) -> Vec<NewErrand> {
        Vec::new()
    }
}

pub(super) async fn what_webhooks_say_stands_in_the_file(ground: Ground) {
    let talk = Talk::with(ground, 1).await;
    messaged(&talk, 0, 1).await;
    let person = Person {
        wa_id: Some(phone(0)[1..].to_owned()),
        ..Person::default()
    };
    let receipt = |status, seconds| {
        Fact::Receipt(Receipt {
            message_id: "wamid.1".to_owned(),
            tag: None,
            status,
            at: at(seconds),
            person: person.clone(),
            pricing: None,
            identity_hash: None,
            failure: None,
        })
    };
    let facts = [
        receipt(DeliveryStatus::Delivered, 5),
        receipt(DeliveryStatus::Read, 50),
        Fact::Inbound(Inbound {
            message_id: "wamid.in".to_owned(),
            number: NUMBER.to_owned(),
            person: person.clone(),
            at: at(60),
            context_id: Some("wamid.1".to_owned()),
            kind: "button".to_owned(),
            text: Some("Phone call".to_owned()),
            payload: Some("phone_call".to_owned()),
            raw: "{}".to_owned(),
        }),
        Fact::Preference {
            person: person.clone(),
            at: at(70),
            stop: true,
            source: "the keyword STOP".to_owned(),
        },
        Fact::IdentityChanged {
            person: person.clone(),
            at: at(80),
            hash: None,
        },
    ];
    let intake = Intake {
        sources: Vec::new(),
        now: at(90),
        facts: facts.map(|fact| (ACCOUNT.to_owned(), fact)).into(),
        dead: Vec::new(),
        clerk: Box::new(Listener),
    };
    talk.contacts.take_in(intake).await.unwrap();
    let file = talk.file(0).await;
    let lines: Vec<_> = file
        .timeline
        .iter()
        .map(|entry| format!("{} {}", entry.direction, entry.kind))
        .collect();
    let expected = [
        "out template",
        "event delivered",
        "event read",
        "in button",
        "event suppressed",
        "event identity_changed",
    ];
    assert_eq!(lines, expected);
    assert_eq!(file.timeline[0].status.as_deref(), Some("read"));
    assert_eq!(file.timeline[3].detail["option"], "phone_call");
    assert_eq!(file.campaigns[0].outcome, Some(Outcome::Answered));
    assert!(file.suppressed.is_some() && file.held.is_some());
    assert_eq!(file.windows[0].until, at(60 + DAY));
    assert!(
        talk.contacts
            .acknowledge(ACCOUNT, &phone(0), "ana", at(100))
            .await
            .unwrap()
    );
    let rows = talk.history(|_| ()).await;
    assert_eq!(
        (rows[0].at, rows[0].status.as_deref()),
        (Some(at(50)), Some("read"))
    );
    let answer = rows[0].answer.as_ref().unwrap();
    assert_eq!(answer.option.as_deref(), Some("phone_call"));
}
