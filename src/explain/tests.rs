//! The pages and the source know the same codes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{codes, page};

/// What a test or a module path looks like, but no diagnostic.
const NO_AREAS: [&str; 3] = ["lenient", "std", "serde_json"];

fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if ["tests", "testing"].contains(&name) {
            continue;
        }
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
}

/// Returns the string literals of a text that have the form of a code.
fn literals(text: &str) -> impl Iterator<Item = &str> {
    let shipped = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    shipped.split('"').filter(|literal| {
        let word = |word: &str| {
            !word.is_empty()
                && word
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        literal
            .split_once("::")
            .is_some_and(|(area, name)| word(area) && word(name) && !NO_AREAS.contains(&area))
    })
}

#[test]
fn every_code_has_its_page_and_every_page_its_code() {
    let mut files = Vec::new();
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut files,
    );
    let texts: Vec<String> = files
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    // A guard's code is put together from its name.
    let guards: Vec<String> = crate::engine::GUARDS
        .iter()
        .map(|name| format!("guard::{name}"))
        .collect();
    let guards: BTreeSet<&str> = guards.iter().map(String::as_str).collect();
    let used: BTreeSet<&str> = texts.iter().flat_map(|text| literals(text)).collect();
    let used: BTreeSet<&str> = used.union(&guards).copied().collect();
    let explained: BTreeSet<&str> = codes().collect();
    let without_page: Vec<_> = used.difference(&explained).collect();
    assert!(without_page.is_empty(), "no page: {without_page:#?}");
    let without_code: Vec<_> = explained.difference(&used).collect();
    assert!(without_code.is_empty(), "nothing uses: {without_code:#?}");
}

#[test]
fn every_page_says_more_than_its_heading() {
    let mut seen = BTreeSet::new();
    for code in codes() {
        assert!(seen.insert(code), "two pages for {code}");
        let page = page(code).unwrap();
        let lines = page.lines().count();
        assert!((3..=20).contains(&lines), "{code} has {lines} lines");
        assert!(page.starts_with(&format!("# {code}\n\n")), "{page}");
    }
}

#[test]
fn an_unknown_code_has_no_page() {
    assert_eq!(page("template::no_such_code"), None);
    assert_eq!(page("template"), None);
    assert_eq!(page(""), None);
}
