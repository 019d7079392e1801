//! Each rule, kept and broken.

mod block;
mod button;
mod text;
mod translation;

use std::path::Path;

use crate::resource::template::testing::{findings, project};

/// Checks one template, given as what differs from a sound one; returns code and underlined words of each finding.
pub(super) fn check(lines: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut fields = vec![
        ("category", "\"utility\""),
        ("language", "\"en_US\""),
        (
            "body",
            "\"Your order has left our store and will be with you soon.\"",
        ),
    ];
    for (key, value) in lines {
        fields.retain(|(known, _)| known != key);
        fields.push((key, value));
    }
    let mut toml = "[template.t]\n".to_owned();
    for (key, value) in fields {
        toml.extend([key, " = ", value, "\n"]);
    }
    check_all(&toml)
}

pub(super) fn check_all(toml: &str) -> Vec<(String, String)> {
    let (project, diagnostics) = project(Path::new("."), toml);
    findings(&project, &diagnostics)
}

/// Asserts that exactly one rule is broken, and where.
#[track_caller]
pub(super) fn broken(lines: &[(&str, &str)], code: &str, words: &str) {
    assert_eq!(
        check(lines),
        [(format!("template::{code}"), words.to_owned())]
    );
}

#[track_caller]
pub(super) fn sound(lines: &[(&str, &str)]) {
    assert_eq!(check(lines), []);
}

pub(super) const SOUND_BODY: &str = "\"Hello {{name}}, your order has left our store.\"";
pub(super) const SAMPLE: (&str, &str) = ("example", "{ name = \"Ana\" }");
