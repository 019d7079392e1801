//! Gathering, comparing and committing audiences.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::json;

use super::kit::{
    ACCOUNT, CAMPAIGN, DAY, HOUR, House, Opener, TEMPLATE, accepted, asking, at, declaration,
    failed, member, no_gaps, phone, skipped,
};
use crate::store::{Comparison, Error, Gaps, Member, Settled, Verdict};

/// Everyone stands in exactly one of the groups.
fn assert_everyone_stands_somewhere(comparison: &Comparison) {
    let Comparison {
        members,
        duplicates: _,
        new,
        due,
        waiting,
        closed,
        uncertain,
        removed: _,
        unlisted,
        skipped,
        held_by_gap,
        by_zones,
        not_messaged_today,
        by_country,
        digest: _,
    } = comparison;
    let skipped: u64 = skipped.values().sum();
    let to_send: u64 = by_zones.values().sum();
    assert_eq!(new + due + waiting + closed + uncertain + skipped, *members);
    assert_eq!(new + due + unlisted - held_by_gap, to_send);
    assert_eq!(by_country.values().sum::<u64>(), new + due + unlisted);
    assert!(*not_messaged_today <= to_send);
}

pub(super) async fn the_first_of_two_with_one_number_counts(open: Opener) {
    let house = House::new(open()).await;
    let second = Member {
        language: "es".to_owned(),
        ..member(1)
    };
    let members = vec![member(1), second, member(2)];
    let comparison = house.compare(0, members.clone()).await;
    assert_eq!((comparison.members, comparison.duplicates), (2, 1));
    assert_eq!(comparison.new, 2);
    assert_eq!(
        comparison.digest,
        house.compare(0, vec![member(1), member(2)]).await.digest
    );
    house.fill(members).await;
    let claims = house.claim(0, 10).await;
    assert_eq!(claims[0].language, "en_US");
    assert_eq!(claims.len(), 2);
}

pub(super) async fn a_retry_that_the_lists_have_lost_is_counted_when_it_is_due(open: Opener) {
    let house = House::new(open()).await;
    house.fill(vec![member(1), member(2)]).await;
    let claims = house.claim(0, 10).await;
    house.settle(1, &claims[0], failed(Some(500))).await;
    house.settle(1, &claims[1], accepted()).await;
    let early = house.compare(499, vec![member(2)]).await;
    assert_eq!((early.unlisted, early.by_zones.len()), (0, 0));
    let due = house.compare(500, vec![member(2)]).await;
    assert_everyone_stands_somewhere(&due);
    assert_eq!((due.members, due.unlisted), (1, 1));
    assert_eq!(due.by_country, BTreeMap::from([("EE".to_owned(), 1)]));
    assert_eq!(due.by_zones.values().sum::<u64>(), 1);
    let listed = house.compare(500, vec![member(1), member(2)]).await;
    assert_eq!((listed.due, listed.unlisted), (1, 0));
}

pub(super) async fn recipients_are_counted_by_country(open: Opener) {
    let house = House::new(open()).await;
    let from = |number, country: Option<&str>| Member {
        country: country.map(str::to_owned),
        ..member(number)
    };
    let members = vec![
        from(1, Some("EE")),
        from(2, Some("BR")),
        from(3, Some("EE")),
        from(4, None),
        skipped(5, "no_opt_in"),
    ];
    let comparison = house.compare(0, members).await;
    assert_everyone_stands_somewhere(&comparison);
    let counts: Vec<_> = comparison
        .by_country
        .iter()
        .map(|(country, people)| (country.as_str(), *people))
        .collect();
    assert_eq!(counts, [("", 1), ("BR", 1), ("EE", 2)]);
}

pub(super) async fn the_digest_does_not_depend_on_order(open: Opener) {
    let house = House::new(open()).await;
    let digest = async |members| house.compare(0, members).await.digest;
    let one = digest(vec![member(1), member(2), member(3)]).await;
    assert_eq!(one, digest(vec![member(3), member(1), member(2)]).await);
    for different in [
        vec![member(1), member(2)],
        vec![member(1), member(2), skipped(3, "no_opt_in")],
        vec![
            member(1),
            member(2),
            Member {
                variables: json!({ "first_name": "Bea" }).to_string(),
                ..member(3)
            },
        ],
    ] {
        assert_ne!(one, digest(different).await);
    }
}

pub(super) async fn comparing_changes_nothing(open: Opener) {
    let house = House::with(open(), 3).await;
    let before = house.standing(1).await;
    let comparison = house
        .compare(1, vec![member(0), skipped(1, "no_opt_in"), member(7)])
        .await;
    assert_eq!(comparison.due, 1);
    assert_eq!(comparison.new, 1);
    assert_eq!(comparison.removed, 1);
    assert_eq!(
        comparison.skipped,
        BTreeMap::from([("no_opt_in".to_owned(), 1)])
    );
    assert_everyone_stands_somewhere(&comparison);
    assert_eq!(house.standing(1).await, before);
    let again = house.compare(1, (0..3).map(member).collect()).await;
    assert_eq!((again.due, again.new, again.removed), (3, 0, 0));
}

pub(super) async fn a_skipped_contact_is_fresh_when_its_reason_is_gone(open: Opener) {
    let house = House::new(open()).await;
    house
        .fill(vec![skipped(1, "no_opt_in"), skipped(2, "no_variables")])
        .await;
    let standing = house.standing(0).await;
    assert_eq!((standing.hopper.closed, standing.hopper.fresh), (2, 0));
    assert_eq!(standing.outcome["skipped"], 2);
    assert_eq!(standing.skipped["no_opt_in"], 1);
    assert!(house.claim(0, 10).await.is_empty());

    let lists = vec![member(1), skipped(2, "no_opt_in")];
    let comparison = house.compare(1, lists.clone()).await;
    assert_eq!((comparison.new, comparison.due), (1, 0));
    house.fill_at(1, CAMPAIGN, lists).await.unwrap();
    let standing = house.standing(1).await;
    assert_eq!((standing.hopper.closed, standing.hopper.fresh), (1, 1));
    assert_eq!(
        standing.skipped,
        BTreeMap::from([("no_opt_in".to_owned(), 1)])
    );

    house
        .fill_at(2, CAMPAIGN, vec![skipped(1, "suppressed"), member(2)])
        .await
        .unwrap();
    assert_eq!(house.claim_one(2).await.phone, phone(2));
}

pub(super) async fn who_leaves_the_lists_is_taken_out_unless_messaged(open: Opener) {
    let house = House::with(open(), 3).await;
    let first = house.claim(0, 1).await.remove(0);
    house.settle(1, &first, accepted()).await;
    let comparison = house.compare(2, vec![member(2)]).await;
    assert_eq!((comparison.removed, comparison.due), (1, 1));
    house.fill_at(2, CAMPAIGN, vec![member(2)]).await.unwrap();
    let standing = house.standing(2).await;
    assert_eq!(standing.hopper.total, 2);
    assert_eq!((standing.hopper.fresh, standing.hopper.pending), (1, 1));
    house.fill_at(3, CAMPAIGN, vec![]).await.unwrap();
    assert_eq!(house.standing(3).await.hopper.total, 1);
    // Who comes back is new.
    let back = house.compare(4, (0..3).map(member).collect()).await;
    assert_eq!((back.new, back.waiting), (2, 1));
}

pub(super) async fn who_was_put_off_is_asked_again_by_the_next_run(open: Opener) {
    let house = House::with(open(), 2).await;
    let put_off = house.decide(1, 10, |_| Verdict::Postpone(at(DAY))).await;
    assert_eq!(put_off.postponed, 2);
    let everyone = || (0..2).map(member).collect::<Vec<_>>();
    assert_eq!(house.compare(2, everyone()).await.due, 2);
    house.fill_at(2, CAMPAIGN, everyone()).await.unwrap();
    assert_eq!(house.claim(2, 10).await.len(), 2, "as the plan has said");
}

pub(super) async fn values_are_refreshed_until_they_are_sent(open: Opener) {
    let house = House::with(open(), 2).await;
    let first = house.claim(0, 1).await.remove(0);
    assert_eq!(first.variables.to_string(), member(0).variables);
    house.settle(1, &first, failed(Some(100))).await;
    let changed = |number| Member {
        language: "es".to_owned(),
        variables: json!({ "first_name": "Bea" }).to_string(),
        ..member(number)
    };
    house
        .fill_at(2, CAMPAIGN, vec![changed(0), changed(1)])
        .await
        .unwrap();
    let claims = house.claim(100, 10).await;
    assert_eq!(claims.len(), 2);
    for claim in claims {
        assert_eq!(claim.language, "es");
        assert_eq!(claim.variables, json!({ "first_name": "Bea" }));
    }
}

pub(super) async fn gaps_hold_contacts_of_other_campaigns(open: Opener) {
    let house = House::with(open(), 2).await;
    let claims = house.claim(0, 2).await;
    house.settle(1, &claims[0], accepted()).await;
    house.settle(1, &claims[1], failed(None)).await;
    house
        .store
        .declare(&house.lock, &declaration("summer"))
        .await
        .unwrap();
    let compare = async |now, template: &str, repeat_template, min_gap| {
        let gaps = Gaps {
            template: template.to_owned(),
            repeat_template: SignedDuration::from_secs(repeat_template),
            min_gap: SignedDuration::from_secs(min_gap),
        };
        let everyone = (0..3).map(member).collect();
        let comparison = house.compare_in("summer", now, &gaps, everyone).await;
        assert_everyone_stands_somewhere(&comparison);
        comparison
    };
    // A failed send counts for the limit of the day, but holds nobody.
    let same = compare(10, TEMPLATE, HOUR, 0).await;
    assert_eq!((same.held_by_gap, same.not_messaged_today), (1, 1));
    assert_eq!(compare(10, "another", HOUR, 0).await.held_by_gap, 0);
    assert_eq!(compare(10, "another", 0, HOUR).await.held_by_gap, 1);
    let later = compare(DAY + 1, TEMPLATE, HOUR, HOUR).await;
    assert_eq!((later.held_by_gap, later.not_messaged_today), (0, 3));
    assert_eq!(later.by_zones["Europe/Tallinn"], 3);

    house
        .fill_at(10, "summer", (0..3).map(member).collect())
        .await
        .unwrap();
    let mut request = house.request(10, 10, |candidate| {
        assert_eq!(candidate.attempt, 1);
        match candidate.last_same_template {
            Some(last) => {
                assert_eq!(last, at(0));
                assert_eq!(candidate.last_any_template, Some(last));
                Verdict::Pass
            }
            None => Verdict::Claim,
        }
    });
    request.campaign = "summer".to_owned();
    assert_eq!(house.store.claim(request).await.unwrap().claims.len(), 2);
}

pub(super) async fn an_opt_out_is_skipped_in_every_campaign_of_the_account(open: Opener) {
    let house = House::with(open(), 1).await;
    house
        .store
        .declare(&house.lock, &declaration("summer"))
        .await
        .unwrap();
    house
        .fill_at(0, "summer", vec![member(0), member(1)])
        .await
        .unwrap();
    let claim = house.claim_one(0).await;
    let opted_out = Settled::Failed {
        code: Some(131_050),
        reason: "the user stopped marketing messages".to_owned(),
        retry_at: None,
        suppress: true,
    };
    house.settle(1, &claim, opted_out).await;
    let mut request = house.request(2, 10, |candidate| {
        if candidate.suppressed {
            Verdict::Skip("suppressed".to_owned())
        } else {
            Verdict::Claim
        }
    });
    request.campaign = "summer".to_owned();
    let claimed = house.store.claim(request).await.unwrap();
    assert_eq!((claimed.claims.len(), claimed.skipped), (1, 1));
    // The lists know nothing of it; the plan must say the same as the claim.
    let comparison = house
        .compare_in("summer", 3, &no_gaps(), vec![member(0), member(1)])
        .await;
    assert_eq!((comparison.new, comparison.due), (0, 0));
    assert_eq!(comparison.skipped["suppressed"], 1);
    assert_everyone_stands_somewhere(&comparison);
}

pub(super) async fn a_campaign_that_was_never_launched_takes_no_audience(open: Opener) {
    let house = House::new(open()).await;
    let comparison = house
        .compare_in("unknown", 0, &no_gaps(), vec![member(0)])
        .await;
    assert_eq!((comparison.new, comparison.removed), (1, 0));
    let refused = house.fill_at(0, "unknown", vec![member(0)]).await;
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    let standing = house.store.standing(ACCOUNT, "unknown", at(0)).await;
    assert_eq!(standing.unwrap().hopper.total, 0);
}

pub(super) async fn a_lost_lock_commits_nothing(open: Opener) {
    let house = House::with(open(), 1).await;
    house.store.unlock(&house.lock).await.unwrap();
    house.store.lock(&asking("ben", 1, HOUR)).await.unwrap();
    let refused = house.fill_at(2, CAMPAIGN, vec![member(1)]).await;
    assert!(matches!(refused, Err(Error::Fenced { .. })), "{refused:?}");
    let refused = house
        .store
        .declare(&house.lock, &declaration("summer"))
        .await;
    assert!(matches!(refused, Err(Error::Fenced { .. })), "{refused:?}");
    assert_eq!(house.store.campaigns().await.unwrap().len(), 1);
    assert_eq!(house.claim_one(2).await.phone, phone(0));
}

pub(super) async fn a_declared_start_moves_only_when_it_is_declared_anew(open: Opener) {
    let house = House::new(open()).await;
    let stored = async || house.store.campaigns().await.unwrap().remove(0);
    assert_eq!(stored().await, declaration(CAMPAIGN));
    house
        .redeclare(|campaign| {
            campaign.first_applied_at = at(100);
            campaign.starts_at = at(100);
            campaign.ends_at = Some(at(100 + HOUR));
        })
        .await;
    let kept = stored().await;
    assert_eq!((kept.first_applied_at, kept.starts_at), (at(0), at(0)));
    assert_eq!(kept.ends_at, Some(at(HOUR)));
    house
        .redeclare(|campaign| {
            campaign.declaration = json!({ "template": TEMPLATE, "start": "2027-02-01T10:00:00Z" });
            campaign.starts_at = at(500);
        })
        .await;
    let moved = stored().await;
    assert_eq!((moved.first_applied_at, moved.starts_at), (at(0), at(500)));
}
