//! `waform init`: every project that it can write is one that works.

use crate::kit::Project;

/// The names in the list that people are shown.
fn templates() -> Vec<String> {
    let list = Project::empty()
        .offline(&["init", "--list"])
        .succeeds()
        .stdout;
    let name = |line: &str| line.split_whitespace().next().unwrap().to_owned();
    list.lines().map(name).collect()
}

#[test]
fn every_template_makes_a_project_that_is_valid_and_formatted() {
    let templates = templates();
    assert!(templates.len() > 1);
    for template in templates {
        let project = Project::empty();
        let init = ["init", "new/project", "--template", &template];
        let run = project.offline(&init).succeeds();
        assert!(run.stdout.contains("new/project/waform.toml\n"), "{run}");
        assert!(run.stdout.contains("new/project/.gitignore\n"), "{run}");
        let made = ["-C", "new/project"];
        project
            .offline(&[&made[..], &["validate"]].concat())
            .succeeds();
        project
            .offline(&[&made[..], &["fmt", "--check"]].concat())
            .succeeds();
        project.offline(&init).exits(1).says("init::exists");
    }
}

#[test]
fn a_file_that_is_there_is_left_alone() {
    let project = Project::empty();
    std::fs::create_dir(project.path().join("data")).unwrap();
    project.write("data/members.csv", "mine");
    project
        .offline(&["init", "--template", "shop"])
        .exits(1)
        .says("data/members.csv");
    assert_eq!(project.read("data/members.csv"), "mine");
    assert!(!project.path().join("waform.toml").exists());
}
