//! Findings as GitHub's workflow commands, which it shows beside the lines they speak of.
//!
//! Of each severity GitHub shows ten a step. All are written, errors first, so that the log has them; a notice says how
//! many are to be looked for there.

use std::fmt::Write as _;

use crate::config::{Finding, Severity};
use crate::render::count;

/// How many annotations of one severity GitHub shows for one step.
const SHOWN: usize = 10;

/// Returns a command a finding, errors first; files are named from the repository's root.
#[must_use]
pub fn annotations(findings: &[Finding]) -> String {
    let mut text = String::new();
    let mut unseen = Vec::new();
    for (severity, name, one, many) in [
        (Severity::Error, "error", "more error", "more errors"),
        (
            Severity::Warning,
            "warning",
            "more warning",
            "more warnings",
        ),
    ] {
        let mut number = 0;
        for finding in findings
            .iter()
            .filter(|finding| finding.severity == severity)
        {
            let _infallible = writeln!(
                text,
                "::{name} {}::{}",
                properties(finding),
                data(&message(finding))
            );
            number += 1;
        }
        if number > SHOWN {
            unseen.push(count::of((number - SHOWN) as u64, one, many));
        }
    }
    if !unseen.is_empty() {
        let unseen = unseen.join(" and ");
        let told = format!(
            "GitHub shows {SHOWN} annotations of each severity; the log of this step has {unseen}."
        );
        let _infallible = writeln!(text, "::notice title=waform validate::{}", data(&told));
    }
    text
}

fn properties(finding: &Finding) -> String {
    let mut properties = Vec::new();
    if let Some(mark) = finding.marks.first() {
        let (start, end) = (&mark.start, &mark.end);
        // A place that ends with its line break ends with the line.
        let last = match end.column {
            1 if end.line > start.line => end.line - 1,
            _ => end.line,
        };
        properties.push(format!("file={}", property(&start.file)));
        properties.push(format!("line={}", start.line));
        properties.push(format!("endLine={last}"));
        // Columns of several lines are none to GitHub, and the last one is included.
        if end.line == start.line {
            let last = end.column.saturating_sub(1).max(start.column);
            properties.push(format!("col={}", start.column));
            properties.push(format!("endColumn={last}"));
        }
    }
    properties.push(format!("title={}", property(finding.code)));
    properties.join(",")
}

fn message(finding: &Finding) -> String {
    let mut text = finding.message.clone();
    let mut marks = finding.marks.iter();
    if let Some(first) = marks.next().filter(|mark| !mark.text.is_empty()) {
        let _infallible = write!(text, "\n{}", first.text);
    }
    for mark in marks {
        let place = &mark.start;
        let _infallible = write!(
            text,
            "\n{}:{}:{} {}",
            place.file, place.line, place.column, mark.text
        );
    }
    if let Some(help) = &finding.help {
        let _infallible = write!(text, "\nhelp: {help}");
    }
    text
}

/// Escapes what would end a command, as GitHub's own toolkit does.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes what would end a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::{Location, Mark};

    fn mark(file: &str, start: (usize, usize), end: (usize, usize), text: &str) -> Mark {
        let at = |(line, column)| Location {
            file: file.to_owned(),
            line,
            column,
        };
        Mark {
            start: at(start),
            end: at(end),
            text: text.to_owned(),
        }
    }

    fn finding(severity: Severity, message: &str, marks: Vec<Mark>) -> Finding {
        Finding {
            severity,
            code: "template::variable_gap",
            message: message.to_owned(),
            marks,
            help: Some("count from 1".to_owned()),
        }
    }

    #[test]
    fn a_finding_is_one_command_with_its_place() {
        let marks = vec![
            mark("shop, new/a:b.toml", (3, 5), (3, 9), "100 % here"),
            mark("a.toml", (1, 1), (1, 2), "and here"),
        ];
        let warning = finding(
            Severity::Warning,
            "second\r\nline",
            vec![mark("a.toml", (1, 1), (4, 1), "")],
        );
        let bare = Finding {
            marks: Vec::new(),
            help: None,
            ..finding(Severity::Error, "nothing at all", Vec::new())
        };
        let text = annotations(&[warning, finding(Severity::Error, "a gap", marks), bare]);
        insta::assert_snapshot!(text, @r"
        ::error file=shop%2C new/a%3Ab.toml,line=3,endLine=3,col=5,endColumn=8,title=template%3A%3Avariable_gap::a gap%0A100 %25 here%0Aa.toml:1:1 and here%0Ahelp: count from 1
        ::error title=template%3A%3Avariable_gap::nothing at all
        ::warning file=a.toml,line=1,endLine=3,title=template%3A%3Avariable_gap::second%0D%0Aline%0Ahelp: count from 1
        ");
    }

    #[test]
    fn what_github_does_not_show_is_counted() {
        let of = |severity, number: usize| {
            (0..number).map(move |index| finding(severity, &index.to_string(), Vec::new()))
        };
        let all: Vec<_> = of(Severity::Warning, 11)
            .chain(of(Severity::Error, 13))
            .collect();
        let text = annotations(&all);
        assert_eq!(text.lines().count(), 25);
        assert!(
            text.lines()
                .take(13)
                .all(|line| line.starts_with("::error "))
        );
        assert_eq!(
            text.lines().last().unwrap(),
            "::notice title=waform validate::GitHub shows 10 annotations of each severity; the log of this step has 3 more \
             errors and 1 more warning."
        );
        let ten: Vec<_> = of(Severity::Error, 10).collect();
        assert!(!annotations(&ten).contains("::notice"));
    }

    proptest! {
        #[test]
        fn no_text_begins_a_command_of_its_own(text in any::<String>(), file in any::<String>()) {
            let all = [finding(Severity::Error, &text, vec![mark(&file, (1, 1), (1, 2), &text)])];
            let written = annotations(&all);
            prop_assert_eq!(written.lines().count(), 1);
            // As the runner reads it back.
            let (head, data) = written.trim_end_matches('\n')["::error ".len()..].split_once("::").unwrap();
            let back = |text: &str| text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%");
            let found = head.split(',').find_map(|property| property.strip_prefix("file=")).unwrap();
            prop_assert_eq!(back(&found.replace("%3A", ":").replace("%2C", ",")), file);
            prop_assert!(back(data).starts_with(&text));
        }
    }
}
