use super::super::{
    OtherInfo, Rejection, TemplateButton, TemplateCategory, TemplateComponents, TemplateKey,
    TemplateQuality, TemplateStatus,
};
use super::*;

fn key() -> TemplateKey {
    TemplateKey {
        id: some("1840000000000000007"),
        name: some("spring_offer"),
        language: some("en_US"),
    }
}

fn status(event: &str) -> TemplateStatus {
    TemplateStatus {
        template: key(),
        event: event.to_owned(),
        reason: None,
        category: None,
        disable_date: None,
        other_info: None,
        rejection: None,
    }
}

#[test]
fn reviews_and_pauses_say_what_and_why() {
    let approved = TemplateStatus {
        category: some("MARKETING"),
        ..status("APPROVED")
    };
    let rejected = TemplateStatus {
        reason: some("INVALID_FORMAT"),
        rejection: Some(Rejection {
            reason: some("Two variables stand side by side."),
            recommendation: some("Put words between them."),
        }),
        ..status("REJECTED")
    };
    let paused = TemplateStatus {
        other_info: Some(OtherInfo {
            title: some("FIRST_PAUSE"),
            description: some("Paused for 3 hours."),
        }),
        ..status("PAUSED")
    };
    let disabled = TemplateStatus {
        disable_date: some("September 30, 2026"),
        ..status("DISABLED")
    };
    let flagged = TemplateStatus {
        template: TemplateKey {
            id: some("1840000000000000008"),
            ..TemplateKey::default()
        },
        ..status("FLAGGED")
    };
    assert_eq!(
        events!("templates", TemplateStatus),
        [approved, rejected, paused, disabled, flagged]
    );
}

#[test]
fn quality_moves_from_one_score_to_another() {
    let expected = TemplateQuality {
        template: key(),
        previous: some("GREEN"),
        new: "YELLOW".to_owned(),
    };
    assert_eq!(events!("templates", TemplateQuality), [expected]);
}

#[test]
fn a_category_is_announced_and_then_changed() {
    let announced = TemplateCategory {
        template: key(),
        previous: None,
        new: some("UTILITY"),
        correct: some("MARKETING"),
        at: Some(at(1_788_400_000)),
    };
    let changed = TemplateCategory {
        template: key(),
        previous: some("UTILITY"),
        new: some("MARKETING"),
        correct: None,
        at: None,
    };
    assert_eq!(events!("templates", TemplateCategory), [announced, changed]);
}

#[test]
fn an_edit_shows_the_new_content() {
    let button = |kind: &str, text: &str| TemplateButton {
        kind: some(kind),
        text: some(text),
        url: None,
        phone_number: None,
    };
    let expected = TemplateComponents {
        template: key(),
        title: some("Spring"),
        body: some("Hi {{name}}, cups are back."),
        footer: some("Reply STOP to opt out"),
        buttons: vec![
            TemplateButton {
                url: some("https://shop.example/{{1}}"),
                ..button("URL", "Shop")
            },
            TemplateButton {
                phone_number: some("+37255500100"),
                ..button("PHONE_NUMBER", "Call")
            },
        ],
    };
    assert_eq!(events!("templates", TemplateComponents), [expected]);
}

#[test]
fn they_belong_to_the_account_and_have_a_time() {
    let changes = changes("templates");
    assert_eq!(changes.len(), 9);
    for change in changes {
        assert_eq!(change.waba_id, WABA);
        assert_eq!(change.time, Some(at(1_788_390_000)));
        assert_eq!(change.phone_number_id, None);
        assert!(change.raw.get().contains("message_template_id"));
    }
}
