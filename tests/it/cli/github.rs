//! What GitHub is told: annotations, code scanning, a step's outputs and summary.

use serde_json::Value;

use crate::kit::{Project, World};

/// A category that is none, and a list that is declared twice.
fn broken() -> Project {
    let project = Project::new();
    project.change("category = \"utility\"", "category = \"useful\"");
    project.append("waform.toml", "\n[list.customers]\nsource = 1\n");
    project
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn findings_are_annotations_on_files_of_the_repository() {
    let project = Project::empty();
    let world = World::start().await;
    std::fs::create_dir_all(project.path().join("whatsapp/main")).unwrap();
    for file in ["waform.toml", "customers.csv"] {
        project.write(&format!("whatsapp/main/{file}"), broken().read(file));
    }
    project.write("waform.toml", "");
    let directory = project.path().join("whatsapp/main");
    let run = async |format: &str, workspace: Option<&std::path::Path>| {
        let mut command = project.command(&world, &["validate", "--format", format]);
        command
            .arg("-C")
            .arg(&directory)
            .current_dir(project.path());
        command.env("WAFORM_VAR_base_url", world.base_url());
        if let Some(workspace) = workspace {
            command.env("GITHUB_WORKSPACE", workspace);
        }
        project.start(&world, command).ended().await.exits(1)
    };
    let ended = run("github", Some(project.path())).await;
    assert_eq!(ended.stderr, "");
    for line in ended.stdout.lines() {
        assert!(
            line.starts_with("::error file=whatsapp/main/waform.toml,line="),
            "{line}"
        );
    }
    assert!(
        ended.stdout.contains("title=config%3A%3Avalue::"),
        "{ended}"
    );
    // Elsewhere, from where one works.
    let sarif = run("sarif", None).await.json();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), ended.stdout.lines().count());
    for result in results {
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(
            place["artifactLocation"]["uri"],
            "whatsapp/main/waform.toml"
        );
        assert_eq!(place["artifactLocation"]["uriBaseId"], "%SRCROOT%");
        assert!(place["region"]["startLine"].as_u64().unwrap() > 1);
        let rule = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        let rule = &sarif["runs"][0]["tool"]["driver"]["rules"][rule];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(rule["help"]["markdown"].as_str().unwrap().starts_with("# "));
    }
    // A step works in a directory of its own, and GitHub still counts from the root.
    let inside = run("sarif", directory.parent()).await.json();
    let first = &inside["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(first["artifactLocation"]["uri"], "main/waform.toml");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_valid_configuration_has_no_annotations() {
    let project = Project::new();
    let world = World::start().await;
    let github = project
        .run(&world, &["validate", "--format", "github"])
        .await
        .succeeds();
    assert_eq!(github.stdout, "");
    let sarif = project
        .run(&world, &["validate", "--format", "sarif"])
        .await
        .succeeds()
        .json();
    assert_eq!(sarif["runs"][0]["results"], serde_json::json!([]));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_of_actions_is_told_what_was_planned() {
    let project = Project::new();
    let world = World::start().await;
    let (output, summary) = (
        project.path().join("output"),
        project.path().join("summary"),
    );
    let step = [
        ("GITHUB_OUTPUT", output.to_str().unwrap()),
        ("GITHUB_STEP_SUMMARY", summary.to_str().unwrap()),
    ];
    project.write("output", "mine=1\n");
    let plan = [
        "plan",
        "--github-output",
        "--format",
        "json",
        "--allow",
        "new_ledger",
    ];
    let json = project
        .run_with(&world, &step, &plan)
        .await
        .succeeds()
        .json();
    let id = json["waform"]["plan_id"].as_str().unwrap();
    assert_eq!(
        project.read("output"),
        format!("mine=1\nplan_id={id}\nhas_changes=true\napplyable=true\nreason=pending\nexit=2\n")
    );
    let shown = project.read("summary");
    assert!(shown.starts_with("<!-- waform:plan main -->\n"), "{shown}");
    assert!(
        shown.contains(id) && shown.contains("order_update"),
        "{shown}"
    );

    // A summary that is full takes no plan: nothing is planned, and nothing is said twice.
    project.write("summary", "x".repeat(1024 * 1024));
    let before = world.latest().await;
    project
        .run_with(&world, &step, &plan)
        .await
        .exits(1)
        .says("[cli::github_output]");
    project
        .run_with(&world, &step[..1], &plan)
        .await
        .exits(1)
        .says("GITHUB_STEP_SUMMARY");
    project
        .run(&world, &plan)
        .await
        .exits(1)
        .says("GITHUB_OUTPUT");
    assert_eq!(world.latest().await, before, "it read Meta for nothing");
    assert_eq!(project.read("output").lines().count(), 6);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_in_markdown_is_told_within_its_room() {
    let project = Project::new();
    let world = World::start().await;
    let markdown = ["--format", "markdown", "--allow", "new_ledger"];
    let whole = project.plan_with(&world, &markdown).await.exits(2).stdout;
    let json = ["--format", "json", "--allow", "new_ledger"];
    let json: Value = project.plan_with(&world, &json).await.exits(2).json();
    let id = json["waform"]["plan_id"].as_str().unwrap();
    let mut lines = whole.lines();
    assert_eq!(lines.next().unwrap(), "<!-- waform:plan main -->");
    assert_eq!(
        lines.next().unwrap(),
        format!("<!-- waform:plan-id {id} -->")
    );
    assert!(
        whole.contains("Plan: 2 to add, 0 to change, 0 to destroy."),
        "{whole}"
    );
    assert!(!whole.contains("Left out"), "{whole}");

    let least = [&markdown[..], &["--max-bytes", "1000"]].concat();
    let least = project.plan_with(&world, &least).await.exits(2).stdout;
    assert!(
        least.len() <= 1_000 && least.contains("Left out"),
        "{least}"
    );
    let less = [&markdown[..], &["--max-bytes", "999"]].concat();
    let refused = project.plan_with(&world, &less).await.exits(1);
    assert!(refused.stdout.is_empty(), "{refused}");
    refused.says("the least that a plan can be told in is 1000 bytes");

    project.change("category = \"utility\"", "category = \"useful\"");
    let wrong = project
        .plan_with(&world, &["--format", "markdown"])
        .await
        .exits(1);
    assert_eq!(wrong.stdout, "", "a program that comments would show it");
    world.finish().await;
}
