use super::super::{
    AccountAlert, AccountReview, AccountUpdate, Ban, Capability, NumberName, NumberQuality,
    Restriction, Security,
};
use super::*;

fn update(event: &str) -> AccountUpdate {
    AccountUpdate {
        event: event.to_owned(),
        restrictions: Vec::new(),
        ban: None,
        violation: None,
        country: None,
        phone_number: None,
    }
}

#[test]
fn a_number_gets_limits_and_a_name() {
    let quality = NumberQuality {
        display_phone_number: some("15550104477"),
        event: "THROUGHPUT_UPGRADE".to_owned(),
        old_limit: some("TIER_250"),
        current_limit: some("TIER_2K"),
        max_daily_conversations: some("TIER_2K"),
    };
    assert_eq!(events!("account", NumberQuality), [quality]);
    let rejected = NumberName {
        display_phone_number: some("15550104477"),
        decision: "REJECTED".to_owned(),
        requested_name: some("Cups"),
        rejection_reason: some("NAME_FORMAT_UNACCEPTABLE"),
    };
    let approved = NumberName {
        decision: "APPROVED".to_owned(),
        requested_name: some("Cups & Pots"),
        rejection_reason: None,
        ..rejected.clone()
    };
    assert_eq!(events!("account", NumberName), [rejected, approved]);
}

#[test]
fn what_an_account_may_not_do_is_listed() {
    let restriction = |kind: &str| Restriction {
        kind: kind.to_owned(),
        until: None,
        remediation: None,
    };
    let restricted = AccountUpdate {
        restrictions: vec![
            Restriction {
                until: Some(at(1_788_500_000)),
                remediation: some("Wait."),
                ..restriction("RESTRICTED_BIZ_INITIATED_MESSAGING")
            },
            restriction("RESTRICTED_UTILITY_TEMPLATES"),
            restriction(""),
        ],
        ..update("ACCOUNT_RESTRICTION")
    };
    let banned = AccountUpdate {
        ban: Some(Ban {
            state: some("SCHEDULE_FOR_DISABLE"),
            date: some("October 4, 2026"),
        }),
        ..update("DISABLED_UPDATE")
    };
    let violating = AccountUpdate {
        violation: some("SPAM"),
        phone_number: some("15550104477"),
        ..update("ACCOUNT_VIOLATION")
    };
    let moved = AccountUpdate {
        country: some("EE"),
        ..update("BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE")
    };
    assert_eq!(
        events!("account", AccountUpdate),
        [restricted, banned, violating, moved]
    );
}

#[test]
fn reviews_alerts_and_pins_are_read() {
    let review = AccountReview {
        decision: "APPROVED".to_owned(),
    };
    assert_eq!(events!("account", AccountReview), [review]);
    let nested = AccountAlert {
        kind: "PROFILE_PICTURE_LOST".to_owned(),
        severity: some("WARNING"),
        status: some("ACTIVE"),
        description: some("The picture is gone."),
        entity_type: some("PHONE_NUMBER"),
        entity_id: some(NUMBER),
    };
    let flat = AccountAlert {
        kind: "OBA_APPROVED".to_owned(),
        severity: some("INFORMATIONAL"),
        status: some("NONE"),
        description: None,
        entity_type: some("BUSINESS"),
        entity_id: some("77"),
    };
    assert_eq!(events!("account", AccountAlert), [nested, flat]);
    let pin = Security {
        display_phone_number: some("15550104477"),
        event: "PIN_CHANGED".to_owned(),
        requester: some("61550000000001"),
    };
    assert_eq!(events!("account", Security), [pin]);
}

#[test]
fn limits_are_words_or_numbers() {
    let capability = |conversations: &str, numbers| Capability {
        max_daily_conversations: some(conversations),
        max_phone_numbers: Some(numbers),
    };
    assert_eq!(
        events!("account", Capability),
        [capability("TIER_10K", 25), capability("-1", 2)]
    );
}

#[test]
fn an_error_outside_of_messages_belongs_to_the_number() {
    let changes = changes("account");
    let [.., error, without_code] = changes.as_slice() else {
        panic!("{changes:?}");
    };
    let Event::Error(read) = &error.event else {
        panic!("{:?}", error.event);
    };
    assert_eq!(
        (read.code, read.message.as_str()),
        (130_429, "Rate limit hit")
    );
    assert_eq!(error.phone_number_id, some(NUMBER));
    assert!(matches!(without_code.event, Event::Unreadable { .. }));
    assert!(without_code.raw.get().contains("No code"));
}
