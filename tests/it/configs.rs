//! Configurations as files: what is valid loads and agrees with the schema, what is invalid says why.
//!
//! A configuration is a file `case.toml` or a directory `case/` of files, there with an `inputs.json` where variables or
//! environment matter. What is said about an invalid one stands beside it in `case.snap`; after a wanted change,
//! `INSTA_UPDATE=always cargo test configs` writes it anew.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use waform::campaign;
use waform::config::{Diagnostics, Inputs, Style, render, to_json};
use waform::resource::{self, Project};

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct InputsFile {
    variables: BTreeMap<String, String>,
    variable_files: Vec<PathBuf>,
    environment: BTreeMap<String, String>,
    chosen: Option<String>,
}

fn cases(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir() || path.extension().is_some_and(|end| end == "toml"))
        .collect();
    cases.sort();
    cases
}

fn name(case: &Path) -> String {
    case.file_stem().unwrap().to_str().unwrap().to_owned()
}

/// Loads a case as `waform validate` does, with the lists' columns, from a copy, so that no path of this machine can come into
/// what is said.
fn load(case: &Path) -> (Project, Diagnostics) {
    let copy = tempfile::tempdir().unwrap();
    if case.is_dir() {
        copy_all(case, copy.path());
    } else {
        std::fs::copy(case, copy.path().join("waform.toml")).unwrap();
    }
    let inputs = inputs(copy.path());
    let (project, mut diagnostics) = resource::load(copy.path(), &inputs);
    campaign::check_sources(&project, &mut diagnostics);
    diagnostics.finish();
    (project, diagnostics)
}

fn copy_all(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let copy = to.join(path.file_name().unwrap());
        if path.is_dir() {
            std::fs::create_dir(&copy).unwrap();
            copy_all(&path, &copy);
        } else {
            std::fs::copy(&path, &copy).unwrap();
        }
    }
}

fn inputs(directory: &Path) -> Inputs {
    let file: InputsFile = std::fs::read(directory.join("inputs.json"))
        .map(|text| serde_json::from_slice(&text).unwrap())
        .unwrap_or_default();
    Inputs {
        variables: file.variables.into_iter().collect(),
        variable_files: file
            .variable_files
            .iter()
            .map(|path| directory.join(path))
            .collect(),
        environment: file.environment,
        known_environment: ["WAFORM_LOG".to_owned()].into(),
        chosen: file.chosen,
    }
}

fn drawn(project: &Project, diagnostics: &Diagnostics) -> String {
    let mut text = String::new();
    for report in diagnostics.reports() {
        writeln!(
            text,
            "{}",
            render(&project.sources, report, Style::default())
        )
        .unwrap();
    }
    // A directory's name is an accident of the machine.
    let directory = project.directory.display().to_string();
    text.replace(&directory, "DIR")
}

#[test]
fn valid_configurations_load_without_a_word() {
    let cases = cases("tests/configs/valid");
    assert!(!cases.is_empty());
    for case in cases {
        let (project, diagnostics) = load(&case);
        let said = drawn(&project, &diagnostics);
        assert!(diagnostics.is_empty(), "{}:\n{said}", case.display());
        assert!(!project.order().is_empty(), "{}", case.display());
    }
}

#[test]
fn invalid_configurations_say_what_is_wrong_and_where() {
    let cases = cases("tests/configs/invalid");
    assert!(cases.len() >= 25, "only {} bad configurations", cases.len());
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../configs/invalid");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for case in cases {
        let (project, diagnostics) = load(&case);
        let said = drawn(&project, &diagnostics);
        assert!(!diagnostics.is_empty(), "{} is not wrong", case.display());
        settings.bind(|| insta::assert_snapshot!(name(&case), said));
    }
}

#[test]
fn every_error_names_a_place_or_says_what_to_do() {
    for case in cases("tests/configs/invalid") {
        let (_, diagnostics) = load(&case);
        for report in diagnostics.reports() {
            let useful = !report.labels.is_empty() || report.help.is_some();
            assert!(useful, "{}: {}", case.display(), report.message);
        }
    }
}

/// A single file, as an editor checks it: all tables that a file may hold are optional.
fn as_json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap();
    let table: toml::Table = text.parse().unwrap();
    plain(toml::Value::Table(table))
}

/// TOML's dates are strings to an editor.
fn plain(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(truth) => truth.into(),
        toml::Value::Datetime(datetime) => datetime.to_string().into(),
        toml::Value::Array(items) => items.into_iter().map(plain).collect(),
        toml::Value::Table(table) => table
            .into_iter()
            .map(|(key, value)| (key, plain(value)))
            .collect(),
    }
}

/// Returns all configuration files below a folder, if there is one.
fn files_below(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            files_below(&path, files);
        } else if name.ends_with(".toml")
            && !name.starts_with('.')
            && !name.ends_with(".vars.toml")
            && !name.ends_with(".test.toml")
        {
            files.push(path);
        }
    }
}

#[test]
fn valid_configurations_and_examples_agree_with_the_schema() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    files_below(&root.join("tests/configs/valid"), &mut files);
    files_below(&root.join("examples"), &mut files);
    assert!(!files.is_empty());
    let validator = jsonschema::draft7::new(&resource::schema()).unwrap();
    for path in files {
        let wrong: Vec<_> = validator
            .iter_errors(&as_json(&path))
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(wrong.is_empty(), "{}: {wrong:#?}", path.display());
    }
}

#[test]
fn the_schema_finds_mistakes_of_form() {
    let validator = jsonschema::draft7::new(&resource::schema()).unwrap();
    for case in [
        "wrong_types",
        "unknown_keys",
        "missing_keys",
        "unknown_kind",
        "unknown_value",
        "choice_with_two_keys",
        "durations_rates_and_times",
        "secret_pasted",
        "secret_references",
        "name_with_spaces",
        "name_not_wanted",
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/configs/invalid")
            .join(case)
            .with_extension("toml");
        // A file that is no TOML has nothing that a schema could look at.
        let text = std::fs::read_to_string(&path).unwrap();
        if text.parse::<toml::Table>().is_ok() {
            assert!(!validator.is_valid(&as_json(&path)), "{case}");
        }
    }
}

#[test]
fn the_committed_schema_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/waform.schema.json");
    let mut fresh = serde_json::to_string_pretty(&resource::schema()).unwrap();
    fresh.push('\n');
    if std::env::var_os("WAFORM_UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &fresh).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == fresh,
        "the schema is stale: write it anew with `WAFORM_UPDATE_SCHEMA=1 cargo test schema`"
    );
}

/// In the bad configurations, every secret contains this word.
const CANARY: &str = "CANARY";

#[test]
fn a_pasted_secret_is_shown_nowhere() {
    let mut seen = 0;
    for case in cases("tests/configs/invalid") {
        let (project, diagnostics) = load(&case);
        let holds = project
            .sources
            .iter()
            .any(|(_, source)| source.text.contains(CANARY));
        seen += usize::from(holds);
        for report in diagnostics.reports() {
            for color in [false, true] {
                let style = Style {
                    color,
                    ..Style::default()
                };
                let drawn = render(&project.sources, report, style);
                assert!(!drawn.contains(CANARY), "{}: {drawn}", case.display());
            }
            let json = to_json(&project.sources, report).to_string();
            assert!(!json.contains(CANARY), "{}: {json}", case.display());
            let debug = format!("{report:?} {project:?} {:?}", project.sources);
            assert!(!debug.contains(CANARY), "{}: {debug}", case.display());
        }
    }
    assert!(seen >= 3, "only {seen} configurations with a pasted secret");
}
