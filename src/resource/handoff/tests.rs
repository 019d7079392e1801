//! Desks, and whether a person can be reached.

use super::{Route, route_to_person};
use crate::resource::testing::{findings, project};

/// A conversation that leads to nobody.
const FLOW: &str = r#"
[account.main]
waba_id = "102290129340398"
access_token = { env = "TOKEN" }
[phone.support]
number = "+15550783881"
[list.all]
source = { csv = "all.csv" }
phone = "phone"
default_region = "EE"
opt_in = { field = "opted_in_at" }
[campaign.spring]
template = "order"
lists = ["all"]
from = "support"
[template.order]
category = "utility"
language = "en_US"
body = "Your order is packed and leaves our house today. How shall we reach you?"
buttons = ["Phone call", "Message"]
"#;

const DESK: &str = "[handoff.desk]\nurl = \"https://desk.example.com/inbound\"\n";

fn route(toml: &str) -> Option<String> {
    let (project, diagnostics) = project(toml);
    assert!(!diagnostics.has_errors(), "{:?}", diagnostics.reports());
    let route = route_to_person(&project, "main")?;
    let warned = diagnostics
        .reports()
        .iter()
        .any(|report| report.code == "handoff::no_person");
    assert!(!warned, "{route:?}");
    Some(match route {
        Route::Desk(at) => format!("desk {at}"),
        Route::PhoneButton(at) => format!("phone {at}"),
        Route::Email(at) => format!("email {at}"),
        Route::WebForm(at) => format!("form {at}"),
    })
}

fn with_button(button: &str) -> String {
    FLOW.replace("\"Message\"]", &format!("\"Message\", {button}]"))
}

#[test]
fn a_conversation_without_a_way_to_a_person_is_warned_of() {
    let (_, diagnostics) = project(FLOW);
    assert!(!diagnostics.has_errors());
    let codes: Vec<_> = diagnostics
        .reports()
        .iter()
        .map(|report| report.code)
        .collect();
    assert_eq!(codes, ["handoff::no_person"]);
    assert_eq!(route(FLOW), None);

    let reply = "[reply.x]\non = { any = true }\nmessage = { text = \"We are closed.\" }\n";
    let without_buttons = FLOW.replace("buttons = [\"Phone call\", \"Message\"]", "");
    assert_eq!(findings(&without_buttons), Vec::<String>::new());
    let found = findings(&format!("{without_buttons}{reply}"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("handoff::no_person"), "{found:?}");
}

#[test]
fn every_way_that_the_policy_accepts_is_seen() {
    assert_eq!(
        route(&format!("{FLOW}{DESK}")).as_deref(),
        Some("desk handoff.desk")
    );
    let phone =
        with_button("{ phone_number = { text = \"Call\", phone_number = \"+15550051310\" } }");
    assert_eq!(route(&phone).as_deref(), Some("phone template.order"));
    let form =
        with_button("{ url = { text = \"Write\", url = \"https://example.com/contact-us\" } }");
    assert_eq!(route(&form).as_deref(), Some("form template.order"));
    let email = FLOW.replace("How shall", "Write to help@example.com. How shall");
    assert_eq!(route(&email).as_deref(), Some("email template.order"));
    let reply = format!(
        "{FLOW}[reply.x]\non = {{ any = true }}\nmessage = {{ cta_url = {{ body = \"Ask us.\", text = \"Form\", url = \"https://example.com/support\" }} }}\n"
    );
    assert_eq!(route(&reply).as_deref(), Some("form reply.x"));
}

#[test]
fn social_media_help_pages_and_apps_are_no_such_way() {
    for url in [
        "https://www.facebook.com/shop/support",
        "https://example.com/help/contact-faq",
        "https://apps.apple.com/app/support",
        "https://example.com/orders",
    ] {
        let toml = with_button(&format!(
            "{{ url = {{ text = \"Look\", url = \"{url}\" }} }}"
        ));
        assert_eq!(route(&toml), None, "{url}");
    }
    assert_eq!(
        route(&FLOW.replace("How shall", "Find us @shop. How shall")),
        None
    );
}

#[test]
fn an_account_has_one_desk_at_a_safe_address() {
    let second = DESK.replace("desk]", "other]");
    let found = findings(&format!("{FLOW}{DESK}{second}"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("handoff::several"), "{found:?}");
    let open = DESK.replace("https", "http");
    assert_eq!(
        findings(&format!("{FLOW}{open}")),
        ["handoff::url: \"http://desk.example.com/inbound\""]
    );
}
