//! What we print for programs beside what Terraform prints: whatever both say has the same type.
//!
//! Terraform is run where it is installed; it needs no network for its builtin resource.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::kit::{Project, World};

const BEFORE: &str = r#"
resource "terraform_data" "edited" { input = { body = "x" } }
resource "terraform_data" "replaced" { triggers_replace = ["1"] }
resource "terraform_data" "gone" { input = "x" }
resource "terraform_data" "left" { input = "x" }
resource "terraform_data" "same" {
  for_each = toset(["en"])
  input = "x"
}
output "known" { value = "v" }
"#;

const AFTER: &str = r#"
resource "terraform_data" "edited" { input = { body = "y" } }
resource "terraform_data" "replaced" { triggers_replace = ["2"] }
resource "terraform_data" "created" {
  for_each = toset(["en"])
  input = "x"
}
resource "terraform_data" "same" {
  for_each = toset(["en"])
  input = "x"
}
removed {
  from = terraform_data.left
  lifecycle { destroy = false }
}
import {
  to = terraform_data.adopted
  id = "abc"
}
resource "terraform_data" "adopted" { input = "x" }
output "known" { value = "v" }
output "unknown" { value = terraform_data.created["en"].id }
"#;

/// A directory in which Terraform has planned every kind of change.
struct Terraform(TempDir);

impl Terraform {
    /// None where it is not installed: it is not ours to install.
    #[expect(clippy::print_stdout, reason = "a check that was skipped is seen")]
    fn planned() -> Option<Self> {
        let version = Command::new("terraform").arg("version").output();
        if !version.is_ok_and(|version| version.status.success()) {
            println!("skipped: terraform is not installed");
            return None;
        }
        let terraform = Self(TempDir::new().unwrap());
        terraform.configure(BEFORE);
        terraform.run(&["init", "-input=false"]);
        terraform.run(&["apply", "-auto-approve", "-input=false"]);
        terraform.configure(AFTER);
        terraform.run(&["plan", "-out=plan", "-input=false"]);
        Some(terraform)
    }

    fn configure(&self, text: &str) {
        std::fs::write(self.0.path().join("main.tf"), text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> String {
        let ended = Command::new("terraform")
            .args(arguments)
            .current_dir(self.0.path())
            .env("CHECKPOINT_DISABLE", "1")
            .output()
            .unwrap();
        let said = String::from_utf8(ended.stdout).unwrap();
        assert!(ended.status.success(), "{arguments:?}: {said}");
        said
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Keys below which there is what a resource is made of, or a name that each gives to its own.
const OWN: [&str; 8] = [
    "before",
    "after",
    "values",
    "provider_config",
    "expressions",
    "expression",
    "waform",
    "sensitive_values",
];

/// Notes every path of a document with the types found there; elements of lists share a path.
fn types(value: &Value, path: &str, found: &mut BTreeSet<(String, &'static str)>) {
    found.insert((path.to_owned(), kind(value)));
    match value {
        Value::Object(fields) => {
            // Named by each, with a shape for all.
            let named = ["outputs", "output_changes"]
                .iter()
                .any(|name| path.ends_with(name));
            for (name, inner) in fields {
                if name == "values" && inner.get("root_module").is_some() {
                    types(inner, &format!("{path}.{name}"), found);
                } else if OWN.contains(&name.as_str())
                    || name.starts_with("after_unknown") && inner.is_object()
                {
                    found.insert((format!("{path}.{name}"), kind(inner)));
                } else {
                    let name = if named { "*" } else { name };
                    types(inner, &format!("{path}.{name}"), found);
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                types(item, &format!("{path}[]"), found);
            }
        }
        _ => {}
    }
}

/// Holds that whatever both documents say has a type there that Terraform gives it, too. Returns what both say.
fn agree(ours: &[Value], theirs: &[Value]) -> BTreeSet<String> {
    let collect = |documents: &[Value]| {
        let mut found = BTreeSet::new();
        for document in documents {
            types(document, "", &mut found);
        }
        found
    };
    let (ours, theirs) = (collect(ours), collect(theirs));
    let mut common = BTreeSet::new();
    for (path, kind) in &ours {
        let known: Vec<&str> = theirs
            .iter()
            .filter(|(theirs, _)| theirs == path)
            .map(|(_, kind)| *kind)
            .collect();
        if known.is_empty() {
            continue;
        }
        common.insert(path.clone());
        // An output's value is what it is; a side that is null is one that is not there.
        let free = path.ends_with(".value")
            || path.ends_with(".type")
            || path.ends_with(".before")
            || path.ends_with(".after");
        assert!(
            free || known.contains(kind),
            "{path}: {kind}, Terraform has {known:?}"
        );
    }
    common
}

const EXTRA: &str = "\n[template.extra]\ncategory = \"utility\"\nlanguage = \"en_US\"\nbody = \"Our shop is closed on Monday.\"\n";

/// Plans that between them create, update, delete, forget, adopt, leave as it is, and find drift.
async fn plans(project: &Project, world: &World) -> Vec<Value> {
    project.append("waform.toml", EXTRA);
    let plan = async |allowed: &str| {
        let arguments = [
            "plan",
            "--format",
            "json",
            "--allow",
            "new_ledger",
            "--allow",
            allowed,
        ];
        project.run(world, &arguments).await.succeeds().json()
    };
    let mut plans = vec![plan("new_ledger").await];
    project.apply(world).await.succeeds();
    plans.push(plan("new_ledger").await);
    let id = world.template("order_update").await["id"].clone();
    let mut components = world.template("order_update").await["components"].clone();
    components[0]["text"] =
        "Hi {{first_name}}, forget your order {{order_no}} today. Reply here with any questions."
            .into();
    world
        .alter(id.as_str().unwrap(), json!({ "components": components }))
        .await;
    plans.push(plan("new_ledger").await);
    project.remove("[template.extra]");
    plans.push(plan("new_ledger").await);
    project.change("app_secret =", "deletion = \"delete\"\napp_secret =");
    plans.push(plan("new_ledger").await);
    project.forget_state();
    plans.push(plan("adopt_edits").await);
    plans
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_has_terraforms_types() {
    let project = Project::new();
    let world = World::start().await;
    let ours = plans(&project, &world).await;
    world.finish().await;
    let validator = jsonschema::draft202012::new(&waform::render::schemas::plan()).unwrap();
    for plan in &ours {
        assert!(validator.is_valid(plan), "{plan:#}");
    }
    let actions: BTreeSet<String> = ours
        .iter()
        .flat_map(|plan| plan["resource_changes"].as_array().unwrap())
        .map(|change| change["change"]["actions"].to_string())
        .collect();
    for action in ["create", "update", "delete", "forget", "no-op"] {
        let action = json!([action]).to_string();
        assert!(actions.contains(&action), "{action} in {actions:?}");
    }
    assert!(
        ours.iter()
            .any(|plan| plan["resource_drift"][0]["change"]["before"].is_object())
    );

    let Some(terraform) = Terraform::planned() else {
        return;
    };
    let theirs: Value = serde_json::from_str(&terraform.run(&["show", "-json", "plan"])).unwrap();
    assert_eq!(ours[0]["format_version"], theirs["format_version"]);
    let common = agree(&ours, std::slice::from_ref(&theirs));
    for path in [
        ".applyable",
        ".complete",
        ".configuration.root_module.resources[].provider_config_key",
        ".errored",
        ".planned_values.root_module.resources[].values",
        ".prior_state.values.root_module.resources[].schema_version",
        ".resource_changes[].address",
        ".resource_changes[].change.actions[]",
        ".resource_changes[].change.after_sensitive",
        ".resource_changes[].change.importing.id",
        ".resource_changes[].index",
        ".timestamp",
    ] {
        assert!(common.contains(path), "{path} in {common:#?}");
    }
    // Its builtin resource cannot drift; it tells drift as it tells a change.
    let drift: Vec<Value> = ours
        .iter()
        .flat_map(|plan| plan["resource_drift"].as_array().unwrap().clone())
        .collect();
    let changes = theirs["resource_changes"].as_array().unwrap();
    assert!(agree(&drift, changes).contains(".change.actions[]"));
    // What Terraform always says, we say.
    let missing: Vec<&String> = theirs
        .as_object()
        .unwrap()
        .keys()
        .filter(|key| ours[0].get(key.as_str()).is_none())
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_apply_tells_its_events_as_terraform_does() {
    let project = Project::new();
    let world = World::start().await;
    let apply = [
        "apply",
        "--auto-approve",
        "--wait",
        "--allow",
        "new_ledger",
        "--format",
        "json",
    ];
    let ours = project.run(&world, &apply).await.succeeds().json_lines();
    world.finish().await;
    let validator = jsonschema::draft202012::new(&waform::render::schemas::events()).unwrap();
    for event in &ours {
        assert!(validator.is_valid(event), "{event}");
    }
    assert_eq!(ours[0]["type"], "version");
    let last_change = ours
        .iter()
        .rfind(|event| event["type"] == "change_summary")
        .unwrap();
    assert_eq!(last_change["changes"]["operation"], "apply");

    let Some(terraform) = Terraform::planned() else {
        return;
    };
    let said = terraform.run(&["apply", "-json", "plan"]);
    let theirs: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for kind in ["version", "apply_start", "apply_complete", "change_summary"] {
        let of = |events: &[Value]| -> Vec<Value> {
            events
                .iter()
                .filter(|event| event["type"] == kind)
                .cloned()
                .collect()
        };
        let common = agree(&of(&ours), &of(&theirs));
        assert!(common.len() >= 8, "{kind}: {common:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_fails_ends_its_stream_with_the_reason() {
    let project = Project::new();
    let world = World::start().await;
    let apply = [
        "apply",
        "--auto-approve",
        "--detailed-exitcode",
        "--format",
        "json",
    ];
    let guarded = project.run(&world, &apply).await.exits(3).json_lines();
    assert_eq!(guarded.last().unwrap()["reason"], "guarded");
    let refusing = guarded
        .iter()
        .find(|event| event["type"] == "guard" && event["guard"]["exceeded"] == true);
    assert_eq!(refusing.unwrap()["@level"], "error");

    let unasked = project
        .run(
            &world,
            &["apply", "--detailed-exitcode", "--format", "json"],
        )
        .await
        .exits(7)
        .json_lines();
    assert_eq!(unasked.last().unwrap()["reason"], "unconfirmed");

    project.append("waform.toml", "\n[tamplate.x]\n");
    let broken = project.run(&world, &apply).await.exits(1).json_lines();
    let kinds: Vec<&str> = broken
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["version", "diagnostic", "summary"]);
    let range = &broken[1]["diagnostic"]["range"];
    assert_eq!(range["filename"], "waform.toml");
    let text = project.read("waform.toml");
    let byte = |end: &str| usize::try_from(range[end]["byte"].as_u64().unwrap()).unwrap();
    assert_eq!(&text[byte("start")..byte("end")], "tamplate");
    let validator = jsonschema::draft202012::new(&waform::render::schemas::events()).unwrap();
    for event in guarded.iter().chain(&unasked).chain(&broken) {
        assert!(validator.is_valid(event), "{event}");
    }
    world.finish().await;
}
