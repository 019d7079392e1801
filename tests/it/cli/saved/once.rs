//! What a saved plan does: all that it shows, to those whom it shows, one time.

use std::os::unix::fs::PermissionsExt as _;

use super::{Artifact, apply, recipients, refused, save, show};
use crate::kit::{APP_SECRET, Project, TOKEN, World, number, rows};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_shown_is_done_and_nothing_else() {
    let project = Project::with_customers(4);
    let world = World::start().await;
    let (plan, ended) = save(&project, &world, &[]).await;
    ended
        .exits(2)
        .says("Plan id: ")
        .says("to apply exactly this:")
        .says("Saved to");
    apply(&project, &world, &plan, &["--wait"])
        .await
        .exits(0)
        .does_not_say("Do you want");
    // The writes that the plan shows, each once: a template, and a message to each of four.
    let writes = world.writes_after(0).await;
    let created = writes.iter().filter_map(|write| write.created_template());
    assert_eq!(created.count(), 1);
    assert_eq!(writes.len(), 5, "{writes:#?}");
    assert_eq!(recipients(&world).await, (0..4).map(number).collect());
    assert_eq!(world.accepted().await, 4);

    let used = refused(&project, &world, &plan, &["--wait"]).await;
    used.says("was applied already, at 20")
        .says("by tester@")
        .says("plan::used");
    project.plan(&world).await.succeeds().says("No changes.");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_ended_midway_is_not_begun_again() {
    let project = Project::new();
    let world = World::start().await;
    let (plan, ended) = save(&project, &world, &[]).await;
    ended.exits(2);
    let path = plan.argument();
    let died = project
        .run_with(
            &world,
            &[("WAFORM_FAILPOINT", "after_write")],
            &["apply", &path],
        )
        .await
        .anyhow();
    assert_eq!(died.code, None, "{died}");
    assert_eq!(world.templates().await.len(), 1);
    refused(&project, &world, &plan, &[])
        .await
        .says("plan::used")
        .says("make a new plan: it holds what is left to do");
    let (plan, ended) = save(&project, &world, &[]).await;
    ended.exits(2);
    apply(&project, &world, &plan, &["--wait"]).await.exits(0);
    assert_eq!(world.templates().await.len(), 1);
    assert_eq!(world.accepted().await, 3);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_holds_no_secret_and_no_contact_and_is_its_owners_alone() {
    let project = Project::with_customers(3);
    // A row whose number landed in another column.
    project.change(
        "opt_in = { field = \"opted_in\" }",
        "opt_in = { field = \"opted_in\" }\ntimezone = { field = \"first_name\" }",
    );
    project.append(
        "customers.csv",
        &format!("{},+1 416 5550 199,10,yes\n", number(9)),
    );
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    project.append("customers.csv", rows(5..7).split_once('\n').unwrap().1);
    let (plan, ended) = save(&project, &world, &[]).await;
    ended.exits(2);
    let text = plan.text();
    assert!(text.contains("is not a time zone"), "{text}");
    let contacts = (0..10).map(number).map(|number| number[2..].to_owned());
    let hidden = [TOKEN, APP_SECRET, "5550 199", "5550199"].map(str::to_owned);
    let ledger = rusqlite::Connection::open(project.state()).unwrap();
    let ledger: String = ledger
        .query_row("SELECT id FROM ledger", [], |row| row.get(0))
        .unwrap();
    for word in contacts
        .chain(hidden)
        .chain([ledger, "Customer 5".to_owned()])
    {
        assert!(!text.contains(&word), "{word} is in the file");
    }
    let mode = std::fs::metadata(plan.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_shows_itself_anywhere() {
    let project = Project::new();
    let world = World::start().await;
    let (plan, ended) = save(&project, &world, &[]).await;
    let planned = ended.exits(2);
    let (code, shown, told) = show(&plan.path(), &[]);
    assert_eq!((code, told.as_str()), (Some(0), ""));
    assert!(shown.starts_with(&planned.stdout), "{shown}");
    assert!(shown.contains("to be applied until 20"), "{shown}");
    let (_, json, _) = show(&plan.path(), &["--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["waform"]["plan_id"], plan.plan_id().as_str());
    assert_eq!(json["applyable"], true);
    let expires_at = plan.content()["expires_at"].as_str().unwrap()[..19].to_owned();
    assert_eq!(json["waform"]["saved"]["expires_at"], expires_at + "Z");
    let (code, _, _) = show(
        &plan.path(),
        &["--format", "markdown", "--max-bytes", "4000"],
    );
    assert_eq!(code, Some(0));

    // Damaged in whichever way.
    let text = plan.text();
    let damaged = [
        text[..text.len() / 2].to_owned(),
        text.replacen("leaves us today", "leaves us todaz", 1),
        text.replacen("\"now\": 0", "\"now\": 1", 1),
        text.replace("\n", "\r\n"),
        text.trim_end().to_owned(),
        text.clone() + " ",
        "{}".to_owned(),
        String::new(),
    ];
    for damaged in damaged {
        let other = Artifact::new();
        std::fs::write(other.path(), damaged).unwrap();
        let (code, shown, told) = show(&other.path(), &[]);
        assert_eq!((code, shown.as_str()), (Some(1), ""), "{told}");
        assert!(told.contains("plan::damaged"), "{told}");
        refused(&project, &world, &other, &["--allow", "new_ledger"]).await;
    }
    let (code, _, told) = show(&plan.path().with_extension("none"), &[]);
    assert_eq!(code, Some(1));
    assert!(told.contains("plan::unreadable"), "{told}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_guard_refuses_is_saved_and_applied_only_where_it_is_allowed() {
    let project = Project::with_customers(4);
    project.append("waform.toml", "\n[guard]\nmax_recipients = 3\n");
    let world = World::start().await;
    let (plan, ended) = save(&project, &world, &[]).await;
    ended.exits(3);
    let (_, json, _) = show(&plan.path(), &["--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["applyable"], false);
    let before = world.latest().await;
    apply(&project, &world, &plan, &["--wait"])
        .await
        .exits(3)
        .says("4 of at most 3 recipients");
    assert!(world.writes_after(before).await.is_empty());
    apply(
        &project,
        &world,
        &plan,
        &["--wait", "--allow", "max_recipients"],
    )
    .await
    .exits(0);
    assert_eq!(world.accepted().await, 4);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_ledger_sends_nothing_by_a_saved_plan_either() {
    let project = Project::new();
    let world = World::start().await;
    let plan = Artifact::new();
    project
        .plan_with(&world, &["-o", &plan.argument()])
        .await
        .exits(3);
    apply(&project, &world, &plan, &[])
        .await
        .exits(3)
        .says("new_ledger");
    assert!(world.writes_after(0).await.is_empty());
    apply(
        &project,
        &world,
        &plan,
        &["--allow", "new_ledger", "--wait"],
    )
    .await
    .exits(0);
    assert_eq!(world.accepted().await, 3);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_but_a_plan_is_written_over() {
    let project = Project::new();
    let world = World::start().await;
    let configuration = project.read("waform.toml");
    for name in ["waform.toml", "customers.csv", "new.toml"] {
        let path = project.path().join(name);
        project
            .plan_with(&world, &["-o", path.to_str().unwrap()])
            .await
            .exits(1)
            .says("plan::unwritable");
    }
    assert_eq!(project.read("waform.toml"), configuration);
    assert!(!project.path().join("new.toml").exists());
    assert!(world.requests_after(0).await.is_empty());
    // In Terraform's spelling, and over an older plan.
    let plan = Artifact::new();
    for _ in 0..2 {
        let out = format!("-out={}", plan.argument());
        project
            .plan_with(&world, &[&out, "--allow", "new_ledger"])
            .await
            .exits(2);
    }
    // What belongs to the planning is not asked for again.
    let before = world.latest().await;
    apply(
        &project,
        &world,
        &plan,
        &["--target", "template.order_update"],
    )
    .await
    .exits(1)
    .says("cli::with_saved_plan");
    assert!(world.requests_after(before).await.is_empty());
    world.finish().await;
}
