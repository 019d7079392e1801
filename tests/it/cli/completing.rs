//! What a shell is answered at the press of the completion key: the project's own names, and never an error.

use crate::kit::Project;

/// What fish is given for a line whose last word is being typed.
fn candidates(project: &Project, line: &[&str]) -> Vec<String> {
    let question = [&["--", "waform"][..], line].concat();
    let run = project
        .offline_with(&[("COMPLETE", "fish")], &question, "")
        .succeeds();
    assert_eq!(run.stderr, "", "{run}");
    run.stdout.lines().map(str::to_owned).collect()
}

fn names(project: &Project, line: &[&str]) -> Vec<String> {
    let name = |line: String| line.split('\t').next().unwrap().to_owned();
    candidates(project, line).into_iter().map(name).collect()
}

#[test]
fn addresses_and_campaigns_are_those_of_the_project() {
    let project = Project::new();
    assert_eq!(
        candidates(&project, &["plan", "--target", "temp"]),
        ["template.order_update\twaform.toml:13"]
    );
    assert_eq!(
        names(&project, &["graph", "--target", ""]),
        [
            "account.main",
            "campaign.spring",
            "list.customers",
            "mapping.orders",
            "phone.support",
            "template.order_update",
        ]
    );
    assert_eq!(
        names(&project, &["apply", "--target=map"]),
        ["--target=mapping.orders"]
    );
    assert_eq!(names(&project, &["history", "s"]), ["spring"]);
    assert_eq!(names(&project, &["stop", "acc"]), ["account.main"]);
    assert_eq!(names(&project, &["plan", "--allow", "new"]), ["new_ledger"]);
    let code = "template::variable_gap";
    assert_eq!(names(&project, &["explain", code]), [code]);
}

#[test]
fn the_directory_of_the_line_counts() {
    let project = Project::new();
    std::fs::create_dir(project.path().join("inner")).unwrap();
    project.write("inner/a.toml", "[campaign.winter]\n");
    assert_eq!(names(&project, &["-C", "inner", "status", ""])[0], "winter");
    assert_eq!(names(&project, &["status", "-C", "inner", "w"]), ["winter"]);
}

#[test]
fn a_broken_project_is_completed_without_a_word() {
    let project = Project::new();
    project.append("waform.toml", "[campaign.summer]\nlists = [\n");
    project.write("latin.toml", b"# \xe9");
    let campaigns = names(&project, &["history", ""]);
    assert!(
        campaigns.starts_with(&["spring".to_owned(), "summer".to_owned()]),
        "{campaigns:?}"
    );
    let nowhere = names(&project, &["-C", "nowhere", "history", "s"]);
    assert!(nowhere.is_empty(), "{nowhere:?}");
}

#[test]
fn bash_is_answered_in_its_way() {
    let project = Project::new();
    let environment = [
        ("COMPLETE", "bash"),
        ("_CLAP_COMPLETE_INDEX", "3"),
        ("_CLAP_COMPLETE_COMP_TYPE", "9"),
        ("_CLAP_IFS", "\n"),
    ];
    let line = ["--", "waform", "plan", "--allow", "max"];
    let run = project.offline_with(&environment, &line, "").succeeds();
    let guards = [
        "max_recipients",
        "max_cost",
        "max_deletes",
        "max_replaces",
        "max_edits",
        "max_failure_rate",
    ];
    assert_eq!(run.stdout, guards.join("\n"));
}

#[test]
fn a_variable_that_somebody_exported_turns_no_run_into_a_completion() {
    let project = Project::empty();
    project.write("waform.toml", "[guard]\nmax_deletes = 1\n");
    for shell in ["bash", "fish", "1", "everything"] {
        let validate = project.offline_with(&[("COMPLETE", shell)], &["validate"], "");
        validate.succeeds().says("The configuration is valid.");
    }
}

#[test]
fn every_shell_has_a_script_that_asks_this_program() {
    let project = Project::empty();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = project.offline(&["completions", shell]).succeeds();
        assert!(run.stdout.contains("COMPLETE"), "{run}");
        let asked = project
            .offline_with(&[("COMPLETE", shell)], &[], "")
            .succeeds();
        assert_eq!(asked.stdout.trim(), run.stdout.trim());
    }
}
