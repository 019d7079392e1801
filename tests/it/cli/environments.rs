//! One configuration, several accounts: each environment with its own account, state and values.

use serde_json::json;
use waform::clock::Clock;

use crate::kit::{Project, World};

const SECOND_WABA: &str = "202290129340398";
const SECOND_NUMBER: &str = "+15550783882";

/// Production is what the project says; staging has an account, a number and a greeting of its own.
const ENVIRONMENTS: &str = r#"
[variable.greeting]
default = "Hi"

[env.production.account.main]
deletion = "forget"
"#;

const STAGING: &str = r#"
[env.staging.account.main]
waba_id = "202290129340398"

[env.staging.phone.support]
number = "+15550783882"

[env.staging.variable]
greeting = "Hello"

[env.staging.guard]
max_recipients = 2
"#;

/// The project with both environments; those of staging stand in a file of their own.
fn project() -> Project {
    let project = Project::new();
    project.change(
        "body = \"Hi {{first_name}}",
        "body = \"${var.greeting} {{first_name}}",
    );
    project.append("waform.toml", ENVIRONMENTS);
    project.write("staging.toml", STAGING);
    project
}

async fn world() -> World {
    let mut options = World::options(Clock::system());
    options.numbers = vec![(SECOND_WABA.to_owned(), SECOND_NUMBER.to_owned())];
    World::with(options).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_environment_has_its_account_its_values_and_its_ledger() {
    let (project, world) = (project(), world().await);
    project
        .run(&world, &["plan"])
        .await
        .exits(1)
        .says("environment::required")
        .says("--env production");
    project
        .run(&world, &["plan", "--env", "stagging"])
        .await
        .exits(1)
        .says("did you mean `staging`?");

    // The guard of staging holds there alone.
    let wait = ["apply", "--auto-approve", "--wait", "--detailed-exitcode"];
    let staging = [&wait[..], &["--env", "staging", "--allow", "new_ledger"]].concat();
    project
        .run(&world, &staging)
        .await
        .exits(3)
        .says("3 of at most 2 recipients");
    let staging = [&staging[..], &["--allow", "max_recipients"]].concat();
    project.run(&world, &staging).await.succeeds();
    assert!(project.path().join(".waform/staging/state.db").exists());
    assert!(!project.state().exists());
    let made: Vec<_> = world.writes_after(0).await;
    assert!(
        made.iter()
            .any(|request| request.path.contains(SECOND_WABA)),
        "{made:#?}"
    );
    assert!(
        !made
            .iter()
            .any(|request| request.path.contains("102290129340398")),
        "{made:#?}"
    );
    let text = made
        .iter()
        .find(|request| request.created_template().is_some())
        .unwrap()
        .whole["body"]
        .to_string();
    assert!(text.contains("Hello {{first_name}}"), "{text}");

    // By the environment's variable; the flag wins over it. The same people are messaged from there, too: another ledger.
    let production = [&wait[..], &["--allow", "new_ledger"]].concat();
    project
        .run_with(&world, &[("WAFORM_ENV", "production")], &production)
        .await
        .succeeds();
    assert_eq!(world.accepted().await, 6);
    let plan = [
        "plan",
        "--env",
        "staging",
        "--detailed-exitcode",
        "--format",
        "json",
    ];
    let plan = project
        .run_with(&world, &[("WAFORM_ENV", "production")], &plan)
        .await
        .succeeds()
        .json();
    assert_eq!(plan["waform"]["targets"][0]["waba_id"], SECOND_WABA);

    // Another environment's plan is another plan, also where nothing is to be done.
    let other = ["plan", "--env", "production", "--format", "json"];
    let other = project.run(&world, &other).await.succeeds().json();
    assert_ne!(plan["waform"]["plan_id"], other["waform"]["plan_id"]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_environment_that_nothing_declares_is_refused() {
    let (project, world) = (Project::new(), World::start().await);
    for environment in [&[][..], &[("WAFORM_ENV", "staging")]] {
        let arguments: &[&str] = match environment {
            [] => &["plan", "--env", "staging"],
            _ => &["plan"],
        };
        project
            .run_with(&world, environment, arguments)
            .await
            .exits(1)
            .says("environment::none");
    }
    // The emergency brake too: it would stop another ledger.
    project
        .run(&world, &["stop", "spring", "--env", "staging"])
        .await
        .exits(1)
        .says("environment::none");
    // A single one is taken.
    project.append("waform.toml", "\n[env.only.guard]\nmax_recipients = 2\n");
    project
        .plan(&world)
        .await
        .exits(3)
        .says("3 of at most 2 recipients");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_environments_are_validated_and_what_is_wrong_in_one_says_in_which() {
    let (project, world) = (project(), world().await);
    project.run(&world, &["validate"]).await.succeeds();
    project.write(
        "staging.toml",
        STAGING.replace("number = \"+15550783882\"", "number = \"0155\""),
    );
    let run = project.run(&world, &["validate"]).await.exits(1);
    let run = run
        .says("phone::number")
        .says("(in the environment `staging`)")
        .says("staging.toml:6");
    assert!(run.stderr.contains("number = \"0155\""), "{run}");
    let production = ["validate", "--env", "production"];
    project.run(&world, &production).await.succeeds();
    // A token of one environment, seen from another, is no misspelt name.
    project.write(
        "staging.toml",
        STAGING.replace(
            "waba_id = \"202290129340398\"",
            "waba_id = \"202290129340398\"\naccess_token = { env = \"WAFORM_STAGING_TOKEN\" }",
        ),
    );
    project
        .run_with(&world, &[("WAFORM_STAGING_TOKEN", "x")], &production)
        .await
        .succeeds();
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_is_never_applied_to_another_account() {
    let (project, world) = (Project::new(), world().await);
    project.apply(&world).await.succeeds();
    let before = world.latest().await;
    project.change("102290129340398", SECOND_WABA);
    project.change("+15550783881", SECOND_NUMBER);
    for command in ["plan", "apply"] {
        let mut arguments = vec![command];
        arguments.extend((command == "apply").then_some("--auto-approve"));
        project
            .run(&world, &arguments)
            .await
            .exits(1)
            .says("this state belongs to the account 102290129340398")
            .says("state::other_account");
    }
    assert!(world.requests_after(before).await.is_empty());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_of_another_account_is_refused_with_what_it_reaches() {
    let (project, world) = (project(), World::start().await);
    // The token is one of production's account.
    let production = ["plan", "--env", "production", "--allow", "new_ledger"];
    project.run(&world, &production).await.succeeds();
    // What Meta answers where a token may not see an account: there is none.
    let hidden = json!({ "code": 100, "subcode": 33, "message": "Unsupported get request." });
    let hidden = json!({ "match": { "path": SECOND_WABA }, "fault": { "error": hidden } });
    world.fault(hidden).await;
    project
        .run(&world, &["plan", "--env", "staging"])
        .await
        .exits(1)
        .says("account.main of the environment `staging` is the account 202290129340398")
        .says("it reaches 102290129340398 (")
        .says("account::other_token")
        .says("Unsupported get request (code 100");
    assert!(world.writes_after(0).await.is_empty());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sandbox_keeps_a_state_for_each_environment() {
    let project = project();
    let world = World::beside(&project).await;
    for environment in ["staging", "production"] {
        let apply = [
            "apply",
            "--sandbox",
            "--auto-approve",
            "--wait",
            "--env",
            environment,
            "--allow",
            "max_recipients",
        ];
        project.run(&world, &apply).await.succeeds();
        let state = format!(".waform/{environment}/sandbox-state.db");
        assert!(project.path().join(state).exists());
    }
    assert_eq!(world.accepted().await, 6);
    world.finish().await;
}
