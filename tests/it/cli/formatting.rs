//! `waform fmt`: files in the project's layout, written only when asked and only when sure.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use waform::config::format;

use crate::kit::Project;

const UNTIDY: &str = "\
# Ours.
[account.main]   # the only one
waba_id=\"102290129340398\"
access_token = {env=\"WHATSAPP_ACCESS_TOKEN\"}  # a reference
";
const TIDY: &str = "\
# Ours.
[account.main] # the only one
waba_id = \"102290129340398\"
access_token = { env = \"WHATSAPP_ACCESS_TOKEN\" } # a reference
";

fn untidy() -> Project {
    let project = Project::empty();
    project.write("account.toml", UNTIDY);
    project.write("live.vars.toml", "season=\"spring\"\n");
    project.write("tidy.toml", "[guard]\nmax_deletes = 1\n");
    project.write("Cargo.toml", "theirs=1\n");
    project
}

#[test]
fn a_check_lists_what_would_change_and_changes_nothing() {
    let project = untidy();
    let run = project.offline(&["fmt", "--check"]).exits(3);
    assert_eq!(run.stdout, "account.toml\nlive.vars.toml\n");
    assert_eq!(project.read("account.toml"), UNTIDY);

    let run = project.offline(&["fmt"]).succeeds();
    assert_eq!(run.stdout, "account.toml\nlive.vars.toml\n");
    assert_eq!(project.read("account.toml"), TIDY);
    assert_eq!(project.read("live.vars.toml"), "season = \"spring\"\n");
    assert_eq!(project.read("Cargo.toml"), "theirs=1\n");

    let run = project.offline(&["fmt", "--check"]).succeeds();
    assert_eq!(run.stdout, "");
    let left: Vec<_> = fs::read_dir(project.path()).unwrap().collect();
    assert_eq!(left.len(), 4, "no file but those of before: {left:?}");
}

#[test]
fn a_difference_shows_no_secret() {
    let project = Project::empty();
    let pasted = "[account.main]\nwaba_id=\"1\"\naccess_token = \"EAAGm0PX4ZCpsBAKZCZBZBzZA\"\n";
    project.write("account.toml", pasted);
    let run = project.offline(&["fmt", "--check", "--diff"]).exits(3);
    assert_eq!(
        run.stdout,
        "--- account.toml\n+++ account.toml\n@@ -1,3 +1,3 @@\n [account.main]\n-waba_id=\"1\"\n\
         +waba_id = \"1\"\n access_token = \"*************************\"\n"
    );
    assert_eq!(project.read("account.toml"), pasted);
}

#[test]
fn what_is_no_toml_stops_all_of_it() {
    let project = untidy();
    project.write("broken.toml", "[list.a]\nsource = \n\n[list.a]\n");
    project
        .offline(&["fmt"])
        .exits(1)
        .says("config::syntax")
        .says("broken.toml:2:");
    assert_eq!(project.read("account.toml"), UNTIDY);
    project.offline(&["fmt", "--check"]).exits(1);
    // What is named is all that counts.
    project.offline(&["fmt", "account.toml"]).succeeds();
    assert_eq!(project.read("account.toml"), TIDY);
}

#[test]
fn a_file_keeps_its_rights_and_its_links() {
    let project = untidy();
    let file = project.path().join("account.toml");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let elsewhere = Project::empty();
    let link = elsewhere.path().join("linked.toml");
    symlink(&file, &link).unwrap();
    elsewhere.offline(&["fmt"]).succeeds().says("linked.toml");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(project.read("account.toml"), TIDY);
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o640
    );
}

#[test]
fn a_file_that_may_not_be_written_is_not() {
    let project = untidy();
    let file = project.path().join("account.toml");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o440)).unwrap();
    project
        .offline(&["fmt"])
        .exits(1)
        .says("config::unwritable");
    assert_eq!(project.read("account.toml"), UNTIDY);
}

#[test]
fn standard_input_goes_to_standard_output() {
    let project = Project::empty();
    let run = project.offline_with(&[], &["fmt", "-"], UNTIDY).succeeds();
    assert_eq!(run.stdout, TIDY);
    let run = project
        .offline_with(&[], &["fmt", "--check", "-"], UNTIDY)
        .exits(3);
    assert_eq!(run.stdout, "<stdin>\n");
    project
        .offline_with(&[], &["fmt", "-"], "a = ")
        .exits(1)
        .says("<stdin>:1:");
    project
        .offline_with(&[], &["fmt", "--check", "-"], TIDY)
        .succeeds();
}

#[test]
fn directories_can_be_named_and_must_hold_something() {
    let project = Project::empty();
    fs::create_dir(project.path().join("inner")).unwrap();
    project.write("inner/a.toml", "a=1\n");
    let run = project.offline(&["fmt", "inner", "--check"]).exits(3);
    assert_eq!(run.stdout, "inner/a.toml\n");
    project
        .offline(&["-C", "inner", "fmt", "a.toml"])
        .succeeds();
    assert_eq!(project.read("inner/a.toml"), "a = 1\n");
    project.offline(&["fmt"]).exits(1).says("config::empty");
    project
        .offline(&["fmt", "absent.toml"])
        .exits(1)
        .says("config::unreadable");
}

fn toml_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            toml_below(&path, found);
        } else if path.extension().is_some_and(|end| end == "toml") {
            found.push(path);
        }
    }
}

#[test]
fn every_example_is_formatted_and_every_valid_configuration_keeps_its_meaning() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut examples = Vec::new();
    toml_below(&root.join("examples"), &mut examples);
    let mut others = Vec::new();
    toml_below(&root.join("tests/configs/valid"), &mut others);
    assert!(!examples.is_empty() && !others.is_empty());
    for path in &examples {
        let text = fs::read_to_string(path).unwrap();
        assert_eq!(
            format::format(&text).unwrap(),
            text,
            "`waform fmt` {}",
            path.display()
        );
    }
    for path in &others {
        let text = fs::read_to_string(path).unwrap();
        let formatted = format::format(&text).unwrap();
        let table = |text: &str| toml::from_str::<toml::Table>(text).unwrap();
        assert_eq!(table(&formatted), table(&text), "{}", path.display());
        assert_eq!(format::format(&formatted).unwrap(), formatted);
    }
}
