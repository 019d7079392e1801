//! Findings as SARIF 2.1.0, which code scanning and editors read.

use serde_json::{Value, json};

use crate::config::{Finding, Mark, Severity};
use crate::explain;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Returns the log of one run; files are named from the repository's root. A rule is a page of `waform explain`.
#[must_use]
pub fn document(findings: &[Finding]) -> Value {
    let mut codes: Vec<&str> = findings.iter().map(|finding| finding.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let results = findings.iter().map(|finding| result(finding, &codes));
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "waform",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().map(|code| rule(code)).collect::<Vec<_>>(),
            } },
            // Ours count characters, as a person does.
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<_>>(),
        }],
    })
}

fn rule(code: &str) -> Value {
    let page = explain::page(code).unwrap_or_default();
    let body = page.split_once("\n\n").map_or(page, |(_, body)| body);
    let paragraph = body
        .split("\n\n")
        .next()
        .unwrap_or_default()
        .replace('\n', " ");
    let sentence = paragraph.split_inclusive(". ").next().unwrap_or_default();
    let area = code.split("::").next().unwrap_or_default();
    json!({
        "id": code,
        "shortDescription": { "text": sentence.trim_end() },
        "fullDescription": { "text": paragraph },
        "help": { "text": body, "markdown": page },
        "properties": { "tags": [area], "precision": "very-high" },
    })
}

fn result(finding: &Finding, codes: &[&str]) -> Value {
    let Finding {
        severity,
        code,
        message,
        marks,
        help,
    } = finding;
    let text = match help {
        Some(help) => format!("{message}\nhelp: {help}"),
        None => message.clone(),
    };
    let mut result = json!({
        "ruleId": code,
        "ruleIndex": codes.iter().position(|known| known == code),
        "level": match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "message": { "text": plain(&text) },
    });
    if let Some(first) = marks.first() {
        result["locations"] = json!([location(first)]);
    }
    if let [_, others @ ..] = &**marks
        && !others.is_empty()
    {
        result["relatedLocations"] = others.iter().map(location).collect();
    }
    result
}

fn location(mark: &Mark) -> Value {
    let Mark { start, end, text } = mark;
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": artifact(&start.file),
            "region": {
                "startLine": start.line, "startColumn": start.column,
                "endLine": end.line, "endColumn": end.column,
            },
        },
    });
    if !text.is_empty() {
        location["message"] = json!({ "text": plain(text) });
    }
    location
}

/// A path within the repository is relative to its root, wherever it is checked out.
fn artifact(file: &str) -> Value {
    let uri = uri(file);
    if file.starts_with('/') {
        json!({ "uri": format!("file://{uri}") })
    } else {
        json!({ "uri": uri, "uriBaseId": "%SRCROOT%" })
    }
}

/// Writes a path as a URI does.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push('%');
            uri.push_str(&hex::encode_upper([byte]));
        }
    }
    uri
}

/// Keeps what stands in a message from being a link: `[text](address)` is one even in plain text.
fn plain(text: &str) -> String {
    text.replace("](", "] (")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Location;

    fn mark(file: &str, line: usize, text: &str) -> Mark {
        let at = |column| Location {
            file: file.to_owned(),
            line,
            column,
        };
        Mark {
            start: at(3),
            end: at(9),
            text: text.to_owned(),
        }
    }

    fn findings() -> Vec<Finding> {
        let finding = |severity, code, marks| Finding {
            severity,
            code,
            message: "see [here](https://evil.example)".to_owned(),
            marks,
            help: Some("count from 1".to_owned()),
        };
        let (error, warning) = (Severity::Error, Severity::Warning);
        vec![
            finding(
                error,
                "config::duplicate",
                vec![mark("shop é/a b.toml", 2, "again"), mark("b.toml", 1, "")],
            ),
            finding(
                warning,
                "config::cycle",
                vec![mark("/elsewhere/a.toml", 7, "")],
            ),
            finding(error, "config::duplicate", Vec::new()),
        ]
    }

    #[test]
    fn a_log_has_a_rule_a_code_and_a_result_a_finding() {
        insta::assert_json_snapshot!(document(&findings()));
    }

    #[test]
    fn every_rule_says_something() {
        for code in explain::codes() {
            let rule = rule(code);
            for text in ["shortDescription", "fullDescription", "help"] {
                let text = rule[text]["text"].as_str().unwrap();
                assert!(text.len() > 10 && !text.starts_with('#'), "{code}: {text}");
            }
        }
    }

    #[test]
    fn a_clean_run_is_a_log_without_results() {
        let log = document(&[]);
        assert_eq!(log["runs"][0]["results"], json!([]));
        assert_eq!(log["runs"][0]["tool"]["driver"]["rules"], json!([]));
    }
}
