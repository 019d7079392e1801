//! From files to members.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::campaign::message::Message;
use crate::campaign::skip::{self, Skip};
use crate::clock::Clock;
use crate::resource::campaign::Campaign;
use crate::resource::testing::project;
use crate::store::{self, Audience, Comparison, Gaps, Member};

const CONFIGURATION: &str = r#"
[account.main]
waba_id = "1"
access_token = { env = "TOKEN" }
[phone.support]
id = "1"
[template.order]
category = "utility"
language = "en_US"
body = "Hi {{first_name}}, your order with the number {{order_no}} is packed and leaves our house on {{ship_date}} with the post."
example = { first_name = "Ana", order_no = "1042", ship_date = "2 May" }
[mapping.order]
template = "order"
[mapping.order.variables]
first_name = { field = "first_name", default = "there" }
order_no = { field = "order_no" }
ship_date = { expr = "shipped_at | date('%-d %b')" }
[list.customers]
source = { csv = "customers.csv" }
phone = "phone"
default_region = "EE"
opt_in = { field = "opted_in_at" }
timezone = { field = "tz" }
language = { field = "lang" }
[list.partners]
source = { csv = "partners.csv" }
phone = "tel"
opt_in = { field = "ok" }
[suppression.stop]
source = { csv = "stop.csv" }
default_region = "EE"
[campaign.spring]
template = "order"
mapping = "order"
lists = ["customers", "partners"]
from = "support"
quiet_hours = { from = "21:00", to = "08:00" }
"#;

const HEADER: &str = "phone,first_name,order_no,shipped_at,opted_in_at,tz,lang\n";
const PARTNERS: &str = "tel;order_no;shipped_at;first_name;ok\n";

/// A template that needs an order number of at most six characters.
struct Order;

impl Message for Order {
    fn languages(&self) -> Vec<String> {
        ["en_US", "es"].map(str::to_owned).to_vec()
    }

    fn compose(&self, language: &str, values: &BTreeMap<String, String>) -> Result<String, Skip> {
        let number = values
            .get("order_no")
            .ok_or_else(|| Skip::of(skip::VARIABLE_MISSING, "order_no"))?;
        if number.len() > 6 {
            return Err(Skip::of(skip::TEXT_TOO_LONG, "body"));
        }
        Ok(json!({ "language": language, "values": values }).to_string())
    }
}

/// Keeps the members in the order in which they come.
#[derive(Default)]
struct Kept {
    members: Vec<Member>,
    is_full: bool,
}

impl Audience for Kept {
    fn add(&mut self, members: Vec<Member>) -> BoxFuture<'_, store::Result<()>> {
        let result = if self.is_full {
            Err(store::Error::Invalid("full".to_owned()))
        } else {
            self.members.extend(members);
            Ok(())
        };
        async { result }.boxed()
    }

    fn compare<'a>(
        &'a mut self,
        _: Timestamp,
        _: &'a Gaps,
    ) -> BoxFuture<'a, store::Result<Comparison>> {
        async { Ok(Comparison::default()) }.boxed()
    }

    fn sketch(&self) -> Option<store::Sketch> {
        None
    }

    fn commit(self: Box<Self>, _: &str, _: Timestamp) -> BoxFuture<'static, store::Result<()>> {
        async { Ok(()) }.boxed()
    }
}

/// A project in a directory of its own.
struct Bench {
    directory: tempfile::TempDir,
    configuration: String,
}

impl Bench {
    fn new(customers: &str, partners: &str, stop: &str) -> Self {
        let bench = Self {
            directory: tempfile::tempdir().unwrap(),
            configuration: CONFIGURATION.to_owned(),
        };
        bench.write("customers.csv", &format!("{HEADER}{customers}"));
        bench.write("partners.csv", &format!("{PARTNERS}{partners}"));
        bench.write("stop.csv", &format!("phone\n{stop}"));
        bench
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.path().join(file), text).unwrap();
    }

    fn brief(&self) -> Arc<Brief> {
        let (mut project, diagnostics) = project(&self.configuration);
        assert!(!diagnostics.has_errors(), "{diagnostics:?}");
        project.directory = self.path().to_owned();
        let campaign = project.get::<Campaign>("spring").unwrap();
        Arc::new(Brief::new(&project, campaign, Arc::new(Order)))
    }

    async fn gather_into(&self, kept: &mut Kept) -> Result<Gathered, Error> {
        let clock = Clock::frozen("2026-11-22T12:00:00Z".parse().unwrap());
        gather(&self.brief(), kept, &clock, &|_| ()).await
    }

    async fn gather(&self) -> (Vec<Member>, Gathered) {
        let mut kept = Kept::default();
        let gathered = self.gather_into(&mut kept).await.unwrap();
        (kept.members, gathered)
    }

    /// Returns `code: the words underlined`, and the messages.
    fn findings(&self) -> Vec<String> {
        let diagnostics = self.brief().check();
        let text = &self.configuration;
        diagnostics
            .reports()
            .iter()
            .map(|report| {
                let place = &report.labels[0].place;
                let words = &text[place.start..place.end];
                format!("{} {words}: {}", report.code, report.message)
            })
            .collect()
    }
}

const GOOD: &str = "55512345,Ana,1042,2026-05-02,2026-01-01,,\n";

#[tokio::test]
async fn a_row_becomes_a_member() {
    let (members, gathered) = Bench::new(GOOD, "", "").gather().await;
    assert_eq!(
        members,
        [Member {
            phone: "+37255512345".to_owned(),
            language: "en_US".to_owned(),
            zones: vec!["Europe/Tallinn".to_owned()],
            variables: json!({
                "language": "en_US",
                "values": { "first_name": "Ana", "order_no": "1042", "ship_date": "2 May" },
            })
            .to_string(),
            country: Some("EE".to_owned()),
            opt_in: Some("2026-01-01".to_owned()),
            skip: None,
            list: "customers".to_owned(),
            line: 2,
        }]
    );
    assert_eq!((gathered.rows, gathered.members), (1, 1));
    assert_eq!(gathered.row_errors, RowErrors::default());
}

#[tokio::test]
async fn every_reason_not_to_message_somebody_is_told() {
    let rows = [
        "5551 2345,Ana,1,2026-05-02,yes,,",
        "55512346,Ana,1,2026-05-02,false,,",
        "55512347,Ana,1,2026-05-02,2027-01-01,,",
        "55512348,Ana,1,2026-05-02,,,",
        "55512349,Ana,,2026-05-02,yes,,",
        "55512350,Ana,1,soon,yes,,",
        "55512351,Ana,1234567,2026-05-02,yes,,",
        "55512352,Ana      Maria,1,2026-05-02,yes,,",
        "+80012345678,Ana,1,2026-05-02,yes,,",
        "55512353,,1,2026-05-02,yes,,",
    ];
    let bench = Bench::new(&rows.join("\n"), "", "+372 5551-2345\n");
    let (members, gathered) = bench.gather().await;
    let skips: Vec<_> = members
        .iter()
        .map(|member| member.skip.as_deref().unwrap_or("-"))
        .collect();
    assert_eq!(
        skips,
        [
            "suppressed",
            "no_opt_in",
            "no_opt_in",
            "no_opt_in",
            "variable_missing:order_no",
            "variable_failed:ship_date",
            "text_too_long:body",
            "variable_format:first_name",
            "zone_unknown",
            "-",
        ]
    );
    assert!(
        skips
            .iter()
            .all(|code| *code == "-" || skip::sentence(code).is_some())
    );
    assert_eq!(gathered.skipped["no_opt_in"], 3);
    assert!(
        members[9].variables.contains(r#""first_name":"there""#),
        "{}",
        members[9].variables
    );
    assert_eq!(members[0].variables, "null");
}

#[tokio::test]
async fn a_bad_row_is_reported_and_the_good_ones_stay() {
    let customers = format!("123,Ana,1,2026-05-02,yes,,\n{GOOD}only two,cells\n");
    let partners = "5551 2345;7;2026-05-02;Bob;yes\n+44 7911 123456;7;2026-05-02;Bob;yes\n";
    let (members, gathered) = Bench::new(&customers, partners, "nobody\n").gather().await;
    let errors: Vec<_> = gathered
        .row_errors
        .first
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        errors,
        [
            "stop.csv:2: it is not a phone number",
            "customers.csv:2: the number is too short",
            "customers.csv:4: the row has 2 cells, the header has 7",
            "partners.csv:2: the number has no country prefix and the list declares no default_region",
        ]
    );
    assert_eq!(gathered.row_errors.count, 4);
    let phones: Vec<_> = members.iter().map(|member| &member.phone[..]).collect();
    assert_eq!(phones, ["+37255512345", "+447911123456"]);
    assert_eq!((members[1].list.as_str(), members[1].line), ("partners", 3));
    assert_eq!(gathered.rows, 5);
}

#[tokio::test]
async fn the_contacts_own_zone_and_language_win() {
    let rows = [
        "55512345,Ana,1,2026-05-02,yes,america/new_york,ES-mx",
        "55512346,Ana,1,2026-05-02,yes,Mars/Olympus,de",
    ];
    let (members, gathered) = Bench::new(&rows.join("\n"), "", "").gather().await;
    assert_eq!(members[0].zones, ["America/New_York"]);
    assert_eq!(members[0].language, "es");
    assert_eq!(members[1].zones, ["Europe/Tallinn"]);
    assert_eq!(members[1].language, "en_US");
    assert_eq!(members[1].skip, None);
    assert_eq!(
        gathered.row_errors.first[0].to_string(),
        "customers.csv:3: `Mars/Olympus` is not a time zone: the number's zones are used"
    );
}

#[tokio::test]
async fn a_number_that_may_be_anywhere_is_skipped_where_no_hour_suits_all() {
    let mut bench = Bench::new("+79161234567,Ana,1,2026-05-02,yes,,\n", "", "");
    let (members, _) = bench.gather().await;
    assert_eq!(members[0].skip, None);
    bench.configuration = CONFIGURATION.replace("\"08:00\"", "\"12:00\"");
    let (members, _) = bench.gather().await;
    assert_eq!(members[0].skip.as_deref(), Some("no_common_hour"));
}

#[tokio::test]
async fn members_come_in_the_order_of_the_lists_whatever_the_batches() {
    let count = 12_345;
    let row = |at: u32| format!("{},Ana,{},2026-05-02,yes,,\n", 55_000_000 + at, at % 1000);
    let customers: String = (0..count).map(row).collect();
    let bench = Bench::new(&customers, "+447911123456;7;2026-05-02;Bob;yes\n", "");
    let mut kept = Kept::default();
    let seen = Mutex::new(Vec::new());
    let clock = Clock::frozen("2026-11-22T12:00:00Z".parse().unwrap());
    let note = |progress: &Progress| seen.lock().unwrap().push(progress.clone());
    let gathered = gather(&bench.brief(), &mut kept, &clock, &note)
        .await
        .unwrap();
    let lines: Vec<_> = kept.members.iter().map(|member| member.line).collect();
    assert_eq!(lines.len(), 12_346);
    assert!(lines[..12_345].is_sorted());
    assert_eq!(kept.members[12_345].list, "partners");
    assert_eq!(gathered.rows, 12_346);
    let seen: Vec<_> = seen.into_inner().unwrap();
    let seen: Vec<_> = seen.iter().map(|p| (p.list.as_str(), p.rows)).collect();
    assert!(seen.is_sorted(), "{seen:?}");
    assert_eq!(
        &seen[seen.len() - 2..],
        [("customers", 12_345), ("partners", 1)]
    );
}

#[tokio::test]
async fn when_the_store_is_full_reading_ends() {
    let bench = Bench::new(&GOOD.repeat(60_000), "", "");
    let mut kept = Kept {
        is_full: true,
        ..Kept::default()
    };
    let error = bench.gather_into(&mut kept).await.unwrap_err();
    assert!(matches!(error, Error::Store(_)), "{error}");
}

#[tokio::test]
async fn all_that_is_wrong_with_the_files_is_said_at_once() {
    let bench = Bench::new("", "", "");
    bench.write(
        "customers.csv",
        "telephone,first_name,order_no,shipped_at,opted_in\n",
    );
    bench.write("partners.csv", "");
    std::fs::remove_file(bench.path().join("stop.csv")).unwrap();
    let error = bench.gather_into(&mut Kept::default()).await.unwrap_err();
    let Error::Files(diagnostics) = error else {
        panic!("{error}")
    };
    assert_eq!(
        diagnostics.reports().len(),
        bench.findings().len(),
        "the check says what gathering says"
    );
    assert_eq!(
        bench.findings(),
        [
            "contacts::missing_column \"phone\": customers.csv has no column `phone`",
            "contacts::missing_column \"opted_in_at\": customers.csv has no column `opted_in_at`",
            "contacts::missing_column \"tz\": customers.csv has no column `tz`",
            "contacts::missing_column \"lang\": customers.csv has no column `lang`",
            "contacts::empty { csv = \"partners.csv\" }: partners.csv: the file is empty",
            "contacts::missing { csv = \"stop.csv\" }: stop.csv: the file does not exist",
        ]
    );
    assert_eq!(
        diagnostics.reports()[1].help.as_deref(),
        Some("did you mean `opted_in`?")
    );
}

#[tokio::test]
async fn a_column_that_the_mapping_needs_must_be_there() {
    let bench = Bench::new("", "", "");
    bench.write("partners.csv", "tel;order;shipped;ok\n");
    assert_eq!(
        bench.findings(),
        [
            "contacts::missing_column \"first_name\": partners.csv has no column `first_name`: every contact of it gets the default `there`",
            "contacts::missing_column \"order_no\": partners.csv has no column `order_no`",
            "contacts::missing_column \"shipped_at | date('%-d %b')\": partners.csv has no column `shipped_at`",
        ]
    );
    bench.write("partners.csv", "tel;order_no;shipped_at;ok\n");
    let (_, gathered) = bench.gather().await;
    assert_eq!(gathered.warnings.len(), 1);
}

#[tokio::test]
async fn a_file_without_a_header_line_is_known() {
    let bench = Bench::new("", "", "");
    bench.write("stop.csv", "+37255512345\n");
    let reports = bench.brief().check();
    assert!(
        reports.reports()[0]
            .help
            .as_deref()
            .unwrap()
            .contains("first line")
    );
}
