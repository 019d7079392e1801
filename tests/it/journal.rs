//! Who did what: everything that changes something stands in the journal, and nothing that is nobody's business.

use serde_json::{Value, json};

use crate::kit::{APP_SECRET, Project, TOKEN, World, number, rows};

async fn lines(project: &Project, world: &World, arguments: &[&str]) -> Vec<Value> {
    let arguments = [&["journal", "--format", "json"], arguments].concat();
    project.run(world, &arguments).await.succeeds().json_lines()
}

/// The actions of the latest run, in their order, with their addresses.
async fn latest(project: &Project, world: &World) -> (Value, Vec<(String, Value)>) {
    let mut lines = lines(project, world, &["--limit", "1"]).await;
    let run = lines.remove(0);
    let done = lines.into_iter().filter(|entry| entry["stage"] != "begun");
    let action = |entry: Value| {
        let words: Vec<&str> = [&entry["action"], &entry["address"]]
            .into_iter()
            .filter_map(Value::as_str)
            .collect();
        (words.join(" "), entry)
    };
    (run, done.map(action).collect())
}

fn actions(entries: &[(String, Value)]) -> Vec<&str> {
    entries.iter().map(|(action, _)| action.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_apply_tells_who_said_so_what_was_overridden_and_each_change() {
    let project = Project::new();
    let world = World::start().await;
    let ci = [
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_REPOSITORY", "acme/shop"),
        ("GITHUB_RUN_ID", "77"),
        ("GITHUB_ACTOR", "ana"),
    ];
    let apply = ["apply", "--auto-approve", "--wait", "--allow", "new_ledger"];
    let plan = ["plan", "--allow", "new_ledger", "--format", "json"];
    let plan = project.run(&world, &plan).await.succeeds().json();
    project.run_with(&world, &ci, &apply).await.succeeds();
    let (run, entries) = latest(&project, &world).await;
    assert_eq!(run["command"], "waform apply");
    assert!(run["who"].as_str().unwrap().starts_with("ana@"), "{run}");
    assert_eq!(
        run["run_address"],
        "https://github.com/acme/shop/actions/runs/77"
    );
    assert_eq!(run["outcome"], "done");
    assert_eq!(run["plan"], plan["waform"]["plan_id"], "{plan:#}");
    assert_eq!(
        actions(&entries),
        [
            "confirm",
            "override",
            "create template.order_update[\"en_US\"]",
            "create campaign.spring",
            "launch campaign.spring",
            "send campaign.spring",
        ]
    );
    let [confirmed, overridden, created, _, launched, sent] = &entries[..] else {
        unreachable!()
    };
    assert_eq!(confirmed.1["text"], "--auto-approve");
    assert_eq!(overridden.1["detail"]["guard"], "new_ledger");
    let id = world.template("order_update").await["id"].clone();
    assert_eq!(created.1["id"], id);
    assert_eq!(created.1["requests"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&created.1["before"], created.1["after"].is_string()),
        (&Value::Null, true)
    );
    assert_eq!(launched.1["detail"]["contacts"], 3);
    assert_eq!(sent.1["detail"]["accepted"], 3);

    // A second run changes nothing, and says so.
    project.apply(&world).await.succeeds();
    let (run, entries) = latest(&project, &world).await;
    assert_eq!(
        (run["outcome"].as_str(), actions(&entries)),
        (Some("done"), vec!["confirm"])
    );

    let before = created.1["after"].clone();
    project.change("leaves us today", "leaves us tomorrow");
    project.apply(&world).await.succeeds();
    let (_, entries) = latest(&project, &world).await;
    assert_eq!(entries[1].0, "update template.order_update[\"en_US\"]");
    assert_eq!(entries[1].1["before"], before, "not what it was before");
    assert_ne!(entries[1].1["after"], before);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_of_metas_stands_there_with_its_trace() {
    let project = Project::new();
    let world = World::start().await;
    let error = json!({
        "match": { "method": "POST", "path": "message_templates", "nth": 1 },
        "fault": { "error": { "code": 100, "subcode": 2_388_040, "message": "Invalid parameter" } },
    });
    world.fault(error).await;
    let failed = project.apply(&world).await.exits(1);
    let (run, entries) = latest(&project, &world).await;
    assert_eq!(run["outcome"], "error");
    let (action, entry) = &entries[2];
    assert_eq!(action, "create template.order_update[\"en_US\"]");
    assert_eq!(
        (&entry["stage"], &entry["code"]),
        (&json!("failed"), &json!("meta::rejected"))
    );
    assert!(
        entry["text"]
            .as_str()
            .unwrap()
            .contains("Invalid parameter")
    );
    let trace = entry["requests"][0].as_str().unwrap();
    failed.says(&format!("fbtrace_id {trace}"));
    project
        .run(&world, &["journal"])
        .await
        .succeeds()
        .says("failed [meta::rejected]")
        .says(trace);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_whose_record_was_lost_is_found_and_told() {
    let project = Project::new();
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    project.change("leaves us today", "leaves us tomorrow");
    // As after a crash between the edit and its record: live is what is declared, and last applied is not.
    let template = world.template("order_update").await;
    let mut components = template["components"].clone();
    let text = components[0]["text"].as_str().unwrap();
    components[0]["text"] = text.replace("leaves us today", "leaves us tomorrow").into();
    let edited = json!({ "components": components });
    let id = template["id"].as_str().unwrap();
    world.alter(id, edited).await;
    project.apply(&world).await.succeeds();
    let (_, entries) = latest(&project, &world).await;
    assert_eq!(
        actions(&entries),
        ["confirm", "found template.order_update[\"en_US\"]"]
    );
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn brakes_and_rounds_are_told_and_all_of_it_is_found_again() {
    let project = Project::new();
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    let stop = ["stop", "spring", "--reason", "the wrong list"];
    project.run(&world, &stop).await.succeeds();
    let (run, entries) = latest(&project, &world).await;
    assert_eq!(
        (run["command"].as_str(), actions(&entries)),
        (Some("waform stop"), vec!["stop campaign.spring"])
    );
    assert_eq!(entries[0].1["text"], "the wrong list");
    project.run(&world, &["resume", "spring"]).await.succeeds();
    let (_, entries) = latest(&project, &world).await;
    assert_eq!(actions(&entries), ["resume campaign.spring"]);
    assert!(
        entries[0].1["text"]
            .as_str()
            .unwrap()
            .contains("the wrong list")
    );

    let commands = async |arguments: &[&str]| -> Vec<String> {
        let lines = lines(&project, &world, arguments).await;
        let runs = lines.iter().filter(|line| line["type"] == "run");
        runs.map(|run| {
            run["command"]
                .as_str()
                .unwrap()
                .trim_start_matches("waform ")
                .to_owned()
        })
        .collect()
    };
    assert_eq!(commands(&[]).await, ["resume", "stop", "apply"]);
    assert_eq!(commands(&["--limit", "2"]).await, ["resume", "stop"]);
    assert_eq!(
        commands(&["--address", "template.order_update"]).await,
        ["apply"]
    );
    assert_eq!(
        commands(&["--address", "campaign.*"]).await,
        ["resume", "stop", "apply"]
    );
    assert_eq!(commands(&["--since", "2000-01-01"]).await.len(), 3);
    assert_eq!(commands(&["--since", "2999-01-01"]).await.len(), 0);
    let id = run["run"].as_str().unwrap();
    assert_eq!(commands(&["--run", &id[..8]]).await, ["stop"]);
    let unknown = ["journal", "--run", "nope"];
    project
        .run(&world, &unknown)
        .await
        .exits(1)
        .says("cli::unknown_run");
    let senseless = ["journal", "--since", "yesterday"];
    project
        .run(&world, &senseless)
        .await
        .exits(1)
        .says("2026-11-22");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_secrets_nor_numbers_reach_the_journal_or_the_state() {
    let project = Project::new();
    let world = World::start().await;
    // Meta repeats what it does not like.
    let leaking = json!({
        "match": { "method": "POST", "path": "message_templates", "nth": 1 },
        "fault": { "error": { "code": 100, "message": format!("token {TOKEN} and secret {APP_SECRET}") } },
    });
    world.fault(leaking).await;
    project.apply(&world).await.exits(1);
    project.apply(&world).await.succeeds();
    project.write("customers.csv", rows(0..5));
    project.apply(&world).await.succeeds();
    let told = [
        project
            .run(&world, &["journal", "--format", "json"])
            .await
            .succeeds(),
        project.run(&world, &["journal"]).await.succeeds(),
        project.run(&world, &["state", "pull"]).await.succeeds(),
        project
            .run(&world, &["state", "show", "campaign.spring"])
            .await
            .succeeds(),
    ];
    for mut run in told {
        assert!(run.stdout.len() > 100, "{run}");
        for secret in [TOKEN, APP_SECRET] {
            run = run.does_not_say(secret);
        }
        for index in 0..5 {
            let number = number(index);
            run = run.does_not_say(number.trim_start_matches('+'));
        }
    }
    world.finish().await;
}
