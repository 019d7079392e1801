//! One report in all forms: what a person reads, what agrees, and what nothing that stands in it can break.

use comrak::Options;
use serde_json::json;

use super::*;
use crate::config::{Address, Location};
use crate::engine::drift::Stranger;
use crate::engine::plan::{Drift, Selection, Target};
use crate::render::markdown::MAX_BYTES;
use crate::render::style::Look;
use crate::resource::FieldChange;

/// What somebody may write into a template to deceive whoever reads the report.
const HOSTILE: [&str; 5] = [
    "</details></td></tr></table><script>alert(1)</script><img src=x onerror=alert(1)>",
    "| a | b |\n```\n# Not ours\n<!-- waform:drift main -->\n```` @team #123 https://evil.example",
    "\u{1b}[2J\u{1b}]0;gone\u{7}\u{202e}desrever\u{2066}\u{200b}\0 ' \" ` &lt; &amp;",
    "[link](javascript:alert(1)) ![](https://evil.example/x.png) <https://evil.example> **bold** ~~no~~",
    "--> ]]> </style></title></code></pre> \\",
];

fn at(text: &str) -> jiff::Timestamp {
    text.parse().unwrap()
}

fn field(field: &str, before: Value, after: Value) -> FieldChange {
    FieldChange {
        field: field.to_owned(),
        before: (!before.is_null()).then_some(before),
        after: (!after.is_null()).then_some(after),
        forces_replacement: false,
    }
}

fn difference(address: Address, class: DriftClass, fields: Vec<FieldChange>) -> Difference {
    Difference {
        drift: Drift {
            address,
            class,
            fields,
            before: None,
            after: None,
            since: None,
            meaning: Vec::new(),
            mend: None,
        },
        account: "main".to_owned(),
        told: false,
        applied_at: at("2026-11-01T08:00:00Z"),
        declared_at: Some(Location {
            file: "waform.toml".to_owned(),
            line: 12,
            column: 1,
        }),
    }
}

/// One of each class; each text from outside holds `mark`.
fn report(mark: &str) -> Report {
    let order = Address::with_index("template", "order_update", "en_US");
    let mut gone = difference(
        Address::with_index("template", "welcome", "en_US"),
        DriftClass::Missing,
        Vec::new(),
    );
    gone.drift.meaning = vec![
        "It was deleted at Meta.".to_owned(),
        "Apply makes it again.".to_owned(),
    ];
    gone.drift.mend = Some("apply --target 'template.welcome[\"en_US\"]'".to_owned());
    gone.drift.since = Some(at("2026-11-20T10:12:00Z"));
    gone.told = true;
    let mut edited = difference(
        order.clone(),
        DriftClass::Edited,
        vec![
            field(
                "body",
                format!("Hi {{{{first_name}}}}, your order leaves us today. {mark}").into(),
                format!("Hi {{{{first_name}}}}, your parcel leaves us today. {mark}").into(),
            ),
            field("footer", format!("Reply STOP {mark}").into(), Value::Null),
        ],
    );
    edited.drift.meaning = vec![format!(
        "Apply puts back what is declared (edit 1 of 1 in 24 hours); Meta says {mark}."
    )];
    edited.drift.mend = Some("apply --target 'template.order_update[\"en_US\"]'".to_owned());
    let mut moved = difference(
        order,
        DriftClass::Moved,
        vec![
            field("category", "UTILITY".into(), "MARKETING".into()),
            field("status", "APPROVED".into(), format!("PAUSED {mark}").into()),
        ],
    );
    moved.drift.meaning = vec!["Its messages are billed as MARKETING from now on.".to_owned()];
    moved.drift.since = Some(at("2026-11-21T09:00:00Z"));
    moved.declared_at = None;
    Report {
        targets: vec![Target {
            account: "main".to_owned(),
            waba_id: "102290129340398".to_owned(),
            base_url: "https://graph.facebook.com".to_owned(),
        }],
        environment: None,
        selection: Selection::default(),
        read_at: at("2026-11-22T09:30:00Z"),
        differences: vec![gone, edited, moved],
        unmanaged: vec![Stranger {
            kind: "template".to_owned(),
            account: "main".to_owned(),
            key: format!("old {mark}/en_US"),
            id: "7".to_owned(),
            status: Some("APPROVED".to_owned()),
        }],
        unapplied: 1,
    }
}

fn command(what: &str) -> String {
    format!("waform -C shop {what}")
}

fn view(report: &Report) -> View<'_> {
    View {
        report,
        name: "main",
        command: &command,
    }
}

/// Returns the names of a document's tags in their order.
fn tags(html: &str) -> Vec<&str> {
    html.split('<')
        .skip(1)
        .filter_map(|tag| {
            tag.split(|c: char| !c.is_ascii_alphanumeric() && c != '/' && c != '!')
                .next()
        })
        .collect()
}

fn as_github(markdown: &str) -> String {
    let mut options = Options::default();
    options.extension.table = true;
    // That escaping keeps addresses from becoming links is tested where it is done.
    options.extension.strikethrough = true;
    options.render.r#unsafe = true;
    comrak::markdown_to_html(markdown, &options)
}

#[test]
fn what_a_person_reads() {
    let report = report("Thank you");
    insta::assert_snapshot!("human", human(&view(&report), Look::plain(80)));
    insta::assert_snapshot!("markdown", markdown(&view(&report)));
}

#[test]
fn hostile_text_shows_as_it_is() {
    let report = report(&HOSTILE.join(" "));
    insta::assert_snapshot!("hostile", human(&view(&report), Look::plain(80)));
    let unsafe_ = |c: char| c.is_control() && c != '\n' || ('\u{202a}'..='\u{2069}').contains(&c);
    for text in [
        human(&view(&report), Look::plain(80)),
        html(&view(&report)),
        markdown(&view(&report)),
    ] {
        assert!(!text.contains(unsafe_), "{text:?}");
    }
}

#[test]
fn no_text_becomes_markup() {
    let plain = report("Thank you");
    let (page, comment) = (html(&view(&plain)), as_github(&markdown(&view(&plain))));
    for mark in HOSTILE {
        let report = report(mark);
        let view = view(&report);
        assert_eq!(tags(&html(&view)), tags(&page), "{mark}");
        let shown = as_github(&markdown(&view));
        // What could become a mention or a link is shown as code.
        let but_code = |page: &str| -> Vec<String> {
            let tags = tags(page).into_iter();
            tags.filter(|tag| !tag.ends_with("code"))
                .map(str::to_owned)
                .collect()
        };
        assert_eq!(but_code(&shown), but_code(&comment), "{mark}\n{shown}");
    }
}

#[test]
fn all_forms_count_alike() {
    let report = report("Thank you");
    let view = view(&report);
    let counts = &document(&view, "pending")["counts"];
    assert_eq!(
        *counts,
        json!({ "edited": 1, "missing": 1, "moved": 1, "unmanaged": 1 })
    );
    let line = "Drift: 1 gone, 1 changed by somebody, 1 moved by Meta, 1 not managed.";
    assert!(human(&view, Look::plain(80)).ends_with(&format!("{line}\n")));
    assert!(markdown(&view).contains(line));
    let page = html(&view);
    assert!(page.contains(line));
    assert_eq!(page.matches("<td class=\"object\"").count(), 3);
    assert_eq!(page.matches("<b>1</b>").count(), 4);
}

#[test]
fn the_document_is_what_its_schema_says() {
    let schema: Value =
        serde_json::from_str(include_str!("../../../schema/drift.schema.json")).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let nothing = Report {
        differences: Vec::new(),
        unmanaged: Vec::new(),
        ..report("")
    };
    for report in [report("Thank you"), nothing] {
        let document = document(&view(&report), "done");
        let errors: Vec<String> = validator
            .iter_errors(&document)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    let mut wrong = document(&view(&report("")), "done");
    wrong["drift"][0]["class"] = "lost".into();
    assert!(!validator.is_valid(&wrong));
}

#[test]
fn an_issue_holds_any_number_of_differences() {
    let mut report = report("Thank you");
    for count in [50, 600, 5_000] {
        let many = (0..count).map(|index| {
            let mut difference = report.differences[1].clone();
            difference.drift.address.name = format!("order_{index}");
            difference
        });
        report.differences = many.collect();
        let text = markdown(&view(&report));
        assert!(text.len() <= MAX_BYTES, "{count}: {}", text.len());
        let counted = crate::render::count::grouped(count);
        assert!(
            text.contains(&format!("{counted} changed by somebody")),
            "{text}"
        );
        assert_eq!(
            text.matches("<details>").count(),
            text.matches("</details>").count()
        );
        if count > 50 {
            assert!(text.contains("`waform -C shop drift` shows all"), "{text}");
        }
    }
}

#[test]
fn the_page_loads_nothing() {
    let report = report("Thank you");
    let page = html(&view(&report));
    let policy = "content=\"default-src 'none'; style-src 'unsafe-inline'\"";
    assert!(page.contains(policy), "{page}");
    for loading in ["<script", "src=", "@import", "url(", "<link"] {
        assert!(!page.contains(loading), "{loading}");
    }
    for (what, marked) in [("went", "<del>order</del>"), ("came", "<ins>parcel</ins>")] {
        assert!(page.contains(marked), "{what}: {page}");
    }
}

#[test]
fn nothing_is_one_sentence() {
    let mut report = Report {
        differences: Vec::new(),
        unmanaged: Vec::new(),
        unapplied: 0,
        ..report("")
    };
    assert_eq!(
        human(&view(&report), Look::plain(80)),
        format!("{NO_DRIFT}\n")
    );
    report.selection.targets = vec!["template.welcome".to_owned()];
    let told = human(&view(&report), Look::plain(200));
    assert!(
        told.starts_with("note: This report is partial: only template.welcome and"),
        "{told}"
    );
}
