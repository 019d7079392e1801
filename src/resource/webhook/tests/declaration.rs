use super::{ACCOUNT, URL, webhook};
use crate::resource::testing::{findings, project};

const MARKETING: &str = r#"
[template.offer]
category = "marketing"
language = "en_US"
body = "Our spring offers are here: come and see what is new in the shop this week."
[list.all]
source = { csv = "all.csv" }
phone = "phone"
default_region = "EE"
opt_in = { field = "opted_in_at" }
[phone.support]
number = "+15550783881"
[campaign.spring]
template = "offer"
lists = ["all"]
from = "support"
"#;

#[track_caller]
fn finds(keys: &str, expected: &[&str]) {
    assert_eq!(
        findings(&format!("{ACCOUNT}{}", webhook(keys))),
        expected,
        "{keys}"
    );
}

#[test]
fn a_sound_webhook_has_no_findings() {
    finds(URL, &[]);
    finds("url = \"http://127.0.0.1:8080/webhooks\"", &[]);
    finds(&format!("{URL}\noverride = true"), &[]);
    finds(&format!("{URL}\nfields = [\"messages\", \"flows\"]"), &[]);
}

#[test]
fn an_address_that_meta_cannot_call_is_refused() {
    for url in [
        "http://hooks.example.com/",
        "hooks.example.com",
        "mailto:a@example.com",
        "https://user:pw@example.com/",
        "https://example.com/#here",
    ] {
        finds(
            &format!("url = \"{url}\""),
            &[&format!("webhook::url: \"{url}\"")],
        );
    }
}

#[test]
fn only_the_address_of_an_override_is_limited() {
    let url = format!("https://example.com/{}", "a".repeat(200));
    finds(&format!("url = \"{url}\""), &[]);
    finds(
        &format!("url = \"{url}\"\noverride = true"),
        &[&format!("webhook::url_length: \"{url}\"")],
    );
}

#[test]
fn an_unknown_field_is_a_warning_with_the_nearest() {
    let toml = format!(
        "{ACCOUNT}{}",
        webhook(&format!("{URL}\nfields = [\"mesages\"]"))
    );
    let (_, diagnostics) = project(&toml);
    let report = &diagnostics.reports()[0];
    assert_eq!(report.code, "webhook::unknown_field");
    assert_eq!(report.help.as_deref(), Some("did you mean `messages`?"));
    assert!(!diagnostics.has_errors());
}

#[test]
fn fields_that_make_no_sense_are_found() {
    finds(&format!("{URL}\nfields = []"), &["webhook::no_fields: []"]);
    finds(
        &format!("{URL}\nfields = [\"messages\", \"messages\"]"),
        &["webhook::field_twice: \"messages\""],
    );
    finds(
        &format!("{URL}\noverride = true\nfields = [\"messages\", \"security\"]"),
        &["webhook::override_field: \"security\""],
    );
}

#[test]
fn marketing_without_its_opt_outs_is_an_error() {
    let deaf = webhook(&format!("{URL}\nfields = [\"messages\"]"));
    assert_eq!(
        findings(&format!("{ACCOUNT}{MARKETING}{deaf}")),
        ["webhook::user_preferences: [\"messages\"]"]
    );
    let sound = [
        format!("{ACCOUNT}{MARKETING}{}", webhook(URL)),
        format!(
            "{ACCOUNT}{}{deaf}",
            MARKETING.replace("marketing", "utility")
        ),
    ];
    for toml in sound {
        assert_eq!(findings(&toml), Vec::<String>::new());
    }
}

#[test]
fn without_the_apps_secret_only_an_override_can_be_set() {
    let account = ACCOUNT.replace("app_secret = { env = \"SECRET\" }", "");
    assert_eq!(
        findings(&format!("{account}{}", webhook(URL))),
        ["webhook::app_secret: \"https://hooks.example.com/waform\""]
    );
    let overriding = webhook(&format!("{URL}\noverride = true"));
    assert_eq!(
        findings(&format!("{account}{overriding}")),
        Vec::<String>::new()
    );
}

#[test]
fn an_account_has_one_webhook_and_an_app_one_callback() {
    let second = webhook(URL).replace("[webhook.main]", "[webhook.other]");
    let found = findings(&format!("{ACCOUNT}{}{second}", webhook(URL)));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("webhook::several"), "{found:?}");

    let accounts = format!(
        "{ACCOUNT}{}",
        ACCOUNT
            .replace("[account.main]", "[account.two]")
            .replace("102290129340398", "2")
    );
    let of = |name: &str, keys: &str| {
        webhook(&format!("account = \"{name}\"\n{keys}"))
            .replace("[webhook.main]", &format!("[webhook.{name}]"))
    };
    let elsewhere = "url = \"https://two.example.com\"";
    assert_eq!(
        findings(&format!(
            "{accounts}{}{}",
            of("main", URL),
            of("two", elsewhere)
        )),
        ["webhook::one_callback: \"https://two.example.com\""]
    );
    for sound in [URL.to_owned(), format!("{elsewhere}\noverride = true")] {
        let toml = format!("{accounts}{}{}", of("main", URL), of("two", &sound));
        assert_eq!(findings(&toml), Vec::<String>::new());
    }
}
