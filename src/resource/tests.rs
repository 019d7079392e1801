//! The checks of the declared kinds, each with what it finds and where.

use super::Resource as _;
use super::campaign::{Campaign, OnUncertain};
use super::testing::{findings, project};

const SOUND: &str = r#"
[account.main]
waba_id = "102290129340398"
access_token = { env = "TOKEN" }

[phone.support]
number = "+15550783881"

[template.order]
category = "utility"
language = "en_US"
body = "Hi {{first_name}}, your order is packed and leaves our house on {{ship_date}} with the post."
example = { first_name = "Ana", ship_date = "2 May" }

[mapping.order]
template = "order"
[mapping.order.variables]
first_name = { field = "first_name", default = "there" }
ship_date = { expr = "shipped_at | date('%-d %b')" }

[list.customers]
source = { csv = "customers.csv" }
phone = "phone"
default_region = "EE"
opt_in = { field = "opted_in_at" }

[suppression.stop]
source = { csv = "stop.csv" }

[campaign.spring]
template = "order"
mapping = "order"
lists = ["customers"]
from = "support"
start = 2026-12-01T09:00:00+02:00
duration = "3d"
quiet_hours = { from = "21:00", to = "08:00" }
rate = "80/s"
response_timeout = "24h"
retry = { max_attempts = 4, backoff = ["15m", "1h", "6h"] }

[guard]
repeat_template = "24h"
"#;

/// A template with the same variables.
const OTHER: &str = r#"
[template.other]
category = "utility"
language = "en_US"
body = "Hello {{first_name}}, we are glad to say that your parcel leaves on {{ship_date}} as you wished."
example = { first_name = "Ana", ship_date = "2 May" }
"#;

#[track_caller]
fn finds(change: (&str, &str), expected: &[&str]) {
    let (before, after) = change;
    assert!(SOUND.contains(before), "{before}");
    assert_eq!(findings(&SOUND.replace(before, after)), expected, "{after}");
}

#[test]
fn a_sound_project_has_no_findings() {
    assert_eq!(findings(SOUND), Vec::<String>::new());
}

#[test]
fn an_unknown_reference_is_underlined_and_the_nearest_name_proposed() {
    finds(
        (r#"lists = ["customers"]"#, r#"lists = ["custmers"]"#),
        &[r#"reference::unknown: "custmers""#],
    );
    let (_, diagnostics) = project(&SOUND.replace(r#"from = "support""#, r#"from = "suport""#));
    let report = &diagnostics.reports()[0];
    assert_eq!(report.message, "there is no phone `suport`");
    assert_eq!(report.help.as_deref(), Some("did you mean `support`?"));
    finds(
        (r#"mapping = "order""#, r#"mapping = "x""#),
        &[r#"reference::unknown: "x""#],
    );
}

#[test]
fn a_reference_to_a_broken_block_is_no_second_error() {
    let found = findings(&SOUND.replace("phone = \"phone\"", "phone = 1"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("config::"), "{found:?}");
}

#[test]
fn with_several_accounts_each_resource_says_whose_it_is() {
    let second = "\n[account.other]\nwaba_id = \"1\"\naccess_token = { env = \"T\" }\n";
    let found = findings(&format!("{SOUND}{second}"));
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(
        found
            .iter()
            .all(|found| found.starts_with("account::ambiguous"))
    );

    let named = SOUND
        .replace("[phone.support]", "[phone.support]\naccount = \"other\"")
        .replace("[template.order]", "[template.order]\naccount = \"main\"")
        .replace("[campaign.spring]", "[campaign.spring]\naccount = \"main\"");
    assert_eq!(
        findings(&format!("{named}{second}")),
        [r#"campaign::other_account: "support""#]
    );
    let (project, _) = project(&format!("{named}{second}"));
    assert!(project.account_of(None).is_none());
}

#[test]
fn without_an_account_nothing_can_be_reached() {
    let without = SOUND.replace("[account.main]", "[unknown.main]");
    let found = findings(&without);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found.iter().all(|found| found.starts_with("account::none")));
}

#[test]
fn accounts() {
    finds(
        (r#""102290129340398""#, r#""WABA""#),
        &[r#"account::waba_id: "WABA""#],
    );
    for (key, code) in [
        (r#"api_version = "25""#, r#"account::api_version: "25""#),
        (
            r#"api_version = "v25.1""#,
            r#"account::api_version: "v25.1""#,
        ),
        (r#"app_id = "app""#, r#"account::app_id: "app""#),
        (
            r#"base_url = "http://graph.example.com""#,
            r#"account::base_url: "http://graph.example.com""#,
        ),
        (r#"base_url = "graph""#, r#"account::base_url: "graph""#),
        (
            r#"base_url = "https://x.example/?a=b""#,
            r#"account::base_url: "https://x.example/?a=b""#,
        ),
    ] {
        finds(("access_token", &format!("{key}\naccess_token")), &[code]);
    }
    for sound in [
        r#"api_version = "v25.0""#,
        r#"base_url = "http://127.0.0.1:4010""#,
        r#"base_url = "http://[::1]:4010""#,
        r#"base_url = "https://proxy.example.com/graph""#,
    ] {
        finds(("access_token", &format!("{sound}\naccess_token")), &[]);
    }
}

#[test]
fn phones() {
    let number = r#"number = "+15550783881""#;
    finds((number, "id = \"106540352242922\""), &[]);
    finds((number, "id = \"+1555\""), &[r#"phone::id: "+1555""#]);
    finds(
        (number, r#"number = "+1 (555) 078-3881""#),
        &[r#"phone::number: "+1 (555) 078-3881""#],
    );
    finds(
        (number, r#"number = "0555123""#),
        &[r#"phone::number: "0555123""#],
    );
    finds(
        (number, &format!("{number}\nid = \"1\"")),
        &[r#"phone::both: "1""#],
    );
    let found = findings(&SOUND.replace(number, ""));
    assert!(found[0].starts_with("phone::neither"), "{found:?}");
    finds(
        (number, &format!("{number}\n[phone.twin]\n{number}")),
        &[r#"phone::duplicate: "+15550783881""#],
    );
}

#[test]
fn lists_and_suppressions() {
    finds((r#""EE""#, r#""EST""#), &[r#"list::region: "EST""#]);
    finds(
        (r#"phone = "phone""#, r#"phone = " ""#),
        &[r#"list::field: " ""#],
    );
    finds(
        (r#""customers.csv""#, r#""""#),
        &[r#"list::source: { csv = "" }"#],
    );
    let found = findings(&SOUND.replace("opt_in = { field = \"opted_in_at\" }", ""));
    assert!(found[0].starts_with("list::no_opt_in"), "{found:?}");
    let found = findings(&SOUND.replace(r#"source = { csv = "stop.csv" }"#, ""));
    assert!(found[0].starts_with("suppression::empty"), "{found:?}");
    finds(
        (
            r#"{ csv = "stop.csv" }"#,
            "{ csv = \"stop.csv\" }\ndefault_region = \"XX\"",
        ),
        &[r#"suppression::region: "XX""#],
    );
}

#[test]
fn mappings() {
    let fill = r#"first_name = { field = "first_name", default = "there" }"#;
    for (changed, expected) in [
        (
            r#"first_name = { field = "a", expr = "b" }"#,
            r#"mapping::origin: "a""#,
        ),
        (
            r#"first_name = { default = "x" }"#,
            r#"mapping::origin: { default = "x" }"#,
        ),
        (
            r#"first_name = { value = "x", default = "y" }"#,
            r#"mapping::default_unused: "y""#,
        ),
        (r#"first_name = { value = "" }"#, r#"mapping::constant: """#),
        (
            r#"first_name = { value = "a\nb" }"#,
            r#"mapping::constant: "a\nb""#,
        ),
        (r#"first_name = { field = "" }"#, r#"mapping::field: """#),
        (
            r#"first_name = { expr = "a | uper" }"#,
            "mapping::expression: uper",
        ),
        (
            r#"first_name = { expr = "a | date(" }"#,
            r#"mapping::expression: "#,
        ),
    ] {
        let found = findings(&SOUND.replace(fill, changed));
        assert_eq!(found.len(), 1, "{changed}: {found:?}");
        assert!(found[0].starts_with(expected), "{changed}: {found:?}");
    }
}

#[test]
fn what_becomes_of_uncertain_and_late_messages() {
    let with = |key: &str| format!("rate = \"80/s\"\n{key}");
    let finds = |key: &str, expected: &[&str]| {
        self::finds(("rate = \"80/s\"", &with(key)), expected);
    };
    finds(
        "on_uncertain = \"resend\"\nuncertain_wait = \"5m\"\nmax_lateness = \"2h\"",
        &[],
    );
    finds("on_uncertain = \"hold\"", &[]);
    finds("max_lateness = \"0s\"", &["campaign::max_lateness: \"0s\""]);
    finds(
        "on_uncertain = \"resend\"\nuncertain_wait = \"0s\"",
        &["campaign::uncertain_wait: \"0s\""],
    );
    finds(
        "uncertain_wait = \"5m\"",
        &["campaign::uncertain_wait_unused: \"5m\""],
    );

    let campaign = |key: &str| {
        let (project, _) = project(&SOUND.replace("rate = \"80/s\"", &with(key)));
        project.get::<Campaign>("spring").unwrap().value.clone()
    };
    let silent = campaign("");
    assert_eq!(silent.on_uncertain(), OnUncertain::Hold);
    assert_eq!(silent.uncertain_wait(), jiff::SignedDuration::from_mins(15));
    assert_eq!(silent.max_lateness(), jiff::SignedDuration::from_hours(1));
    let told =
        campaign("on_uncertain = \"resend\"\nuncertain_wait = \"5m\"\nmax_lateness = \"2h\"");
    assert_eq!(told.on_uncertain(), OnUncertain::Resend);
    assert_eq!(told.uncertain_wait(), jiff::SignedDuration::from_mins(5));
    assert_eq!(told.max_lateness(), jiff::SignedDuration::from_hours(2));
}

#[test]
fn a_recontact_template_is_filled_as_the_campaigns_own() {
    let with = |template: &str| {
        let named = SOUND.replace("rate = \"80/s\"", "rate = \"80/s\"\nrecontact = \"other\"");
        findings(&format!("{named}{template}"))
    };
    assert_eq!(with(OTHER), Vec::<String>::new());
    assert_eq!(with(""), ["reference::unknown: \"other\""]);
    assert_eq!(
        with(&OTHER.replace("first_name", "name")),
        ["campaign::recontact_variables: \"other\""]
    );
    let elsewhere = "\n[account.two]\nwaba_id = \"2\"\naccess_token = { env = \"T\" }\n";
    let other = OTHER.replace("[template.other]", "[template.other]\naccount = \"two\"");
    let ours = SOUND
        .replace("rate = \"80/s\"", "recontact = \"other\"")
        .replace("[phone.support]", "[phone.support]\naccount = \"main\"")
        .replace("[template.order]", "[template.order]\naccount = \"main\"")
        .replace("[campaign.spring]", "[campaign.spring]\naccount = \"main\"");
    assert_eq!(
        findings(&format!("{ours}{other}{elsewhere}")),
        ["campaign::recontact_account: \"other\""]
    );
}

#[test]
fn only_what_is_said_beside_the_default_changes_a_launched_campaign() {
    let declared = |key: &str| {
        let with = format!("rate = \"80/s\"\n{key}");
        let (project, _) = project(&format!(
            "{}{OTHER}",
            SOUND.replace("rate = \"80/s\"", &with)
        ));
        let reconciler = Campaign::reconciler().unwrap();
        reconciler.desired(&project).unwrap().remove(0).content
    };
    let silent = declared("");
    assert_eq!(declared("on_uncertain = \"hold\""), silent);
    for (key, field) in [
        ("on_uncertain = \"resend\"", "on_uncertain"),
        ("max_lateness = \"2h\"", "max_lateness"),
        ("recontact = \"other\"", "recontact"),
    ] {
        let told = declared(key);
        assert_ne!(told, silent, "{key}");
        assert!(silent[field].is_null() && !told[field].is_null(), "{told}");
    }
}

#[test]
fn campaigns() {
    finds(
        (r#"lists = ["customers"]"#, "lists = []"),
        &["campaign::no_lists: []"],
    );
    finds(
        (r#"["customers"]"#, r#"["customers", "customers"]"#),
        &[r#"campaign::list_twice: "customers""#],
    );
    for start in ["2026-12-01T09:00:00", "2026-12-01", "09:00:00"] {
        finds(
            ("2026-12-01T09:00:00+02:00", start),
            &[&format!("campaign::start: {start}")],
        );
    }
    finds((r#""3d""#, r#""0d""#), &[r#"campaign::duration: "0d""#]);
    finds(
        (r#"response_timeout = "24h""#, r#"response_timeout = "0s""#),
        &[r#"campaign::response_timeout: "0s""#],
    );
    finds(
        (r#"to = "08:00""#, r#"to = "21:00""#),
        &[r#"campaign::quiet_hours: { from = "21:00", to = "21:00" }"#],
    );
    finds(
        (r#""80/s""#, r#""1001/s""#),
        &[r#"campaign::rate: "1001/s""#],
    );
    finds((r#""80/s""#, r#""60000/m""#), &[]);
    finds(
        ("max_attempts = 4", "max_attempts = 0"),
        &["campaign::attempts: 0"],
    );
    let found = findings(&SOUND.replace("max_attempts = 4", "max_attempts = 2"));
    assert!(
        found[0].starts_with("campaign::backoff_unused"),
        "{found:?}"
    );
    for backoff in ["[]", r#"["0s"]"#] {
        let found = findings(&SOUND.replace(r#"["15m", "1h", "6h"]"#, backoff));
        assert!(found[0].starts_with("campaign::backoff: "), "{found:?}");
    }
    let other = SOUND
        .replace("[mapping.order]", &format!("{OTHER}\n[mapping.order]"))
        .replace(
            "[mapping.order]\ntemplate = \"order\"",
            "[mapping.order]\ntemplate = \"other\"",
        );
    assert_eq!(findings(&other), [r#"campaign::other_mapping: "order""#]);
}

#[test]
fn guards_and_states() {
    finds(
        (r#"repeat_template = "24h""#, r#"repeat_template = "24w""#),
        &[],
    );
    finds(
        (r#"repeat_template = "24h""#, r#"repeat_template = "240w""#),
        &[r#"guard::long_gap: "240w""#],
    );
    let with = |text: &str| findings(&format!("{SOUND}\n{text}"));
    assert_eq!(
        with("[state.sqlite]\npath = \"a.db\""),
        Vec::<String>::new()
    );
    assert!(with("[state.mysql]")[0].starts_with("state::engine"));
    assert!(with("[state.sqlite]\npath = \"\"")[0].starts_with("state::path"));
}

#[test]
fn what_a_resource_refers_to_comes_before_it() {
    let (project, _) = project(SOUND);
    let campaigns = super::kinds()
        .iter()
        .find(|kind| kind.name() == "campaign")
        .unwrap();
    let [(address, references)] = &campaigns.references(&project)[..] else {
        panic!()
    };
    assert_eq!(address.to_string(), "campaign.spring");
    let references: Vec<_> = references.iter().map(ToString::to_string).collect();
    assert_eq!(
        references,
        [
            "template.order",
            "phone.support",
            "mapping.order",
            "list.customers"
        ]
    );
}
