//! The workflows as files: they parse, they call what there is, they take no more than they need.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_yaml_ng::Value;

use super::recipes;

fn parsed(file: &str) -> Value {
    let text = std::fs::read_to_string(recipes().join(file)).unwrap();
    serde_yaml_ng::from_str(&text).unwrap()
}

fn workflows() -> Vec<(String, Value)> {
    let files = std::fs::read_dir(recipes().join("github")).unwrap();
    let mut names: Vec<String> = files
        .map(|file| format!("github/{}", file.unwrap().file_name().to_str().unwrap()))
        .collect();
    names.sort();
    assert_eq!(names.len(), 4);
    names
        .into_iter()
        .map(|name| (name.clone(), parsed(&name)))
        .collect()
}

/// The values of a key, wherever it stands.
fn all<'a>(value: &'a Value, key: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Mapping(map) => {
            for (name, value) in map {
                if name.as_str() == Some(key) {
                    found.push(value);
                }
                all(value, key, found);
            }
        }
        Value::Sequence(items) => items.iter().for_each(|item| all(item, key, found)),
        _ => {}
    }
}

fn of<'a>(value: &'a Value, key: &str) -> Vec<&'a Value> {
    let mut found = Vec::new();
    all(value, key, &mut found);
    found
}

/// Every line of shell in a file.
fn commands(value: &Value) -> Vec<&str> {
    let scripts = [of(value, "run"), of(value, "script")].concat();
    let mut commands = Vec::new();
    for script in scripts {
        match script {
            Value::String(text) => commands.push(&**text),
            Value::Sequence(lines) => {
                commands.extend(lines.iter().map(|line| line.as_str().unwrap()));
            }
            other => panic!("{other:?}"),
        }
    }
    commands
}

#[test]
fn every_script_that_is_called_is_there_and_every_script_is_called() {
    let mut called = std::collections::BTreeSet::new();
    let files = workflows().into_iter().chain([(
        "gitlab/.gitlab-ci.yml".to_owned(),
        parsed("gitlab/.gitlab-ci.yml"),
    )]);
    for (file, workflow) in files {
        let commands = commands(&workflow);
        assert!(!commands.is_empty(), "{file}");
        for command in commands {
            let check = Command::new("bash")
                .args(["-n", "-c", command])
                .status()
                .unwrap();
            assert!(check.success(), "{file}: {command}");
            for word in command.split(|c: char| c.is_whitespace() || "(\"'".contains(c)) {
                if let Some(script) = word.strip_prefix("ci/") {
                    called.insert(script.to_owned());
                }
            }
        }
    }
    let mut there = std::collections::BTreeSet::new();
    for entry in std::fs::read_dir(recipes().join("shell")).unwrap() {
        let entry = entry.unwrap();
        let check = Command::new("bash")
            .arg("-n")
            .arg(entry.path())
            .status()
            .unwrap();
        assert!(check.success(), "{:?}", entry.path());
        if entry.metadata().unwrap().permissions().mode() & 0o111 != 0 {
            there.insert(entry.file_name().to_str().unwrap().to_owned());
        }
    }
    assert_eq!(called, there);
}

#[test]
fn workflows_take_no_more_than_they_need() {
    for (file, workflow) in workflows() {
        let permissions = of(&workflow, "permissions");
        assert!(
            workflow.get("permissions").is_some(),
            "{file}: the default is too much"
        );
        for permission in permissions {
            let map = permission.as_mapping().unwrap();
            for (name, access) in map {
                let (name, access) = (name.as_str().unwrap(), access.as_str().unwrap());
                let writes = match &*file {
                    "github/plan.yml" => name == "pull-requests",
                    "github/drift.yml" => name == "issues",
                    _ => false,
                };
                assert!(
                    access == "read" || writes && access == "write",
                    "{file}: {name}: {access}"
                );
            }
        }
        assert!(workflow.get("concurrency").is_some(), "{file}");
        let cancels = workflow["concurrency"]["cancel-in-progress"]
            .as_bool()
            .unwrap();
        assert!(
            !cancels || file != "github/apply.yml",
            "a run that writes is cut short"
        );
        for action in of(&workflow, "uses") {
            let (_, version) = action.as_str().unwrap().split_once('@').unwrap();
            assert_eq!(version.split('.').count(), 3, "{file}: {version} moves");
        }
        for step in of(&workflow, "persist-credentials") {
            assert_eq!(step.as_bool(), Some(false), "{file}");
        }
        for command in commands(&workflow) {
            // What an event says would be read as shell.
            assert!(!command.contains("${{"), "{file}: {command}");
        }
    }
}

#[test]
fn the_untrusted_job_has_no_secret() {
    let text = std::fs::read_to_string(recipes().join("github/pull-request.yml")).unwrap();
    assert!(!text.contains("secrets."), "{text}");
    assert!(!text.contains("pull_request_target"), "{text}");
    let trusted = std::fs::read_to_string(recipes().join("github/plan.yml")).unwrap();
    // Its code is the trusted branch's, not the pull request's.
    assert!(
        !trusted.contains("ref: ${{ github.event.workflow_run"),
        "{trusted}"
    );
}
