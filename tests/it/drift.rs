//! What differs from what was last applied: each class, in each form, by the real binary.
#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::kit::{Project, Run, Scene, World, number};

const TEMPLATE: &str = "template.order_update[\"en_US\"]";

/// The one object of a class.
fn only<'d>(drift: &'d Value, class: &str) -> &'d Value {
    let all = drift["drift"].as_array().unwrap();
    let mut found = all.iter().filter(|one| one["class"] == class);
    let one = found
        .next()
        .unwrap_or_else(|| panic!("none is {class}: {drift:#}"));
    assert!(found.next().is_none(), "{drift:#}");
    one
}

fn counts(drift: &Value) -> [u64; 4] {
    ["missing", "edited", "moved", "unmanaged"]
        .map(|class| drift["counts"][class].as_u64().unwrap())
}

fn says(one: &Value, what: &str) {
    let told = one["meaning"].to_string();
    assert!(told.contains(what), "nothing says {what:?}: {one:#}");
}

fn fields(one: &Value) -> Vec<&str> {
    let fields = one["fields"].as_array().unwrap();
    fields
        .iter()
        .map(|field| field["field"].as_str().unwrap())
        .collect()
}

/// Runs `waform drift`, which reads and nothing else.
async fn run(project: &Project, world: &World, arguments: &[&str], code: i32) -> Run {
    let before = world.latest().await;
    let arguments = [&["drift"], arguments].concat();
    let run = project.run(world, &arguments).await.exits(code);
    let writes = world.writes_after(before).await;
    assert!(writes.is_empty(), "a drift wrote: {writes:#?}");
    run
}

/// Returns the document, held against its schema, once all forms were found to agree with it.
async fn drift(project: &Project, world: &World, code: i32) -> Value {
    let document = run(project, world, &["--format", "json"], code)
        .await
        .json();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/drift.schema.json");
    let schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let wrong: Vec<_> = validator
        .iter_errors(&document)
        .map(|error| error.to_string())
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}\n{document:#}");
    assert_eq!(
        document["reason"],
        if code == 2 { "pending" } else { "done" }
    );

    let human = run(project, world, &[], code).await.stdout;
    let summary = human.lines().last().unwrap().to_owned();
    let [missing, edited, moved, unmanaged] = counts(&document);
    if missing + edited + moved > 0 {
        let told = format!(
            "Drift: {missing} gone, {edited} changed by somebody, {moved} moved by Meta, {unmanaged} not managed."
        );
        assert_eq!(summary, told);
    } else {
        assert!(summary.starts_with("No drift."), "{human}");
    }
    for form in ["markdown", "html"] {
        let text = run(project, world, &["--format", form], code).await.stdout;
        assert!(text.contains(&summary), "{form}: {text}");
    }
    document
}

async fn with_body(world: &World, name: &str, change: impl Fn(&str) -> String) -> (String, Value) {
    let template = world.template(name).await;
    let mut components = template["components"].clone();
    for component in components.as_array_mut().unwrap() {
        if component["type"] == "BODY" {
            component["text"] = change(component["text"].as_str().unwrap()).into();
        }
    }
    let id = template["id"].as_str().unwrap().to_owned();
    (id, json!({ "components": components }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_meta_moves_is_told_with_what_it_means_and_is_no_difference() {
    let project = Project::new();
    let world = World::start().await;
    // Nothing was applied from here: there is nothing to compare with.
    let before = drift(&project, &world, 0).await;
    assert_eq!(counts(&before), [0; 4]);
    assert!(
        !project.path().join(".waform").exists(),
        "a drift left files behind"
    );
    project.apply(&world).await.succeeds();
    // What is read is neither of lists nor of who is on them.
    std::fs::remove_file(project.path().join("customers.csv")).unwrap();
    let none = drift(&project, &world, 0).await;
    assert_eq!(counts(&none), [0; 4], "{none:#}");

    let id = world.template("order_update").await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    world.alter(&id, json!({ "quality_score": "YELLOW" })).await;
    let quality = drift(&project, &world, 0).await;
    let one = only(&quality, "moved");
    assert_eq!(
        (fields(one), &one["difference"]),
        (vec!["quality"], &json!(false))
    );
    says(one, "pauses it for 3 hours, then for 6 hours");

    world.alter(&id, json!({ "category": "MARKETING" })).await;
    let category = drift(&project, &world, 0).await;
    let one = only(&category, "moved");
    assert_eq!(fields(one), ["category", "quality"]);
    says(one, "billed as MARKETING");
    // With a price list, what that comes to.
    project.write(
        "card.csv",
        "Market,Currency,Marketing,Utility\nBrazil,USD,0.0625,0.0068\nOther,USD,0.0604,0.0077\n",
    );
    project.append(
        "waform.toml",
        "\n[rate_card.july]\ncsv = \"card.csv\"\nfrom = 2026-07-01\n",
    );
    let priced = drift(&project, &world, 0).await;
    says(
        only(&priced, "moved"),
        "A message costs USD 0.0604 to 0.0625, by market, instead of 0.0068 to 0.0077 (rate_card.july).",
    );
    says(one, "within 60 days");
    says(one, "declare category = \\\"marketing\\\"");

    world
        .alter(&id, json!({ "status": "PAUSED", "quality_score": "RED" }))
        .await;
    let paused = drift(&project, &world, 0).await;
    let one = only(&paused, "moved");
    assert_eq!(fields(one), ["category", "status", "quality"]);
    says(one, "Nothing goes out from campaign.spring meanwhile.");
    assert!(
        one["since"].is_string(),
        "the template says when it changed: {one:#}"
    );
    assert_eq!(one["told_by_meta"], false);
    let mend = format!("waform -C [PROJECT] apply --target '{TEMPLATE}'");
    assert_eq!(one["mend"], mend);

    world.alter(&id, json!({ "status": "DISABLED" })).await;
    says(
        only(&drift(&project, &world, 0).await, "moved"),
        "under another name",
    );
    world
        .alter(
            &id,
            json!({ "status": "APPROVED", "quality_score": "GREEN", "category": "UTILITY" }),
        )
        .await;
    let back = drift(&project, &world, 0).await;
    assert_eq!(counts(&back), [0; 4], "{back:#}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_changed_or_deleted_is_a_difference_until_it_is_put_back() {
    let project = Project::new();
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    world
        .foreign_template("somebody_elses", "Nothing to do with us at all.")
        .await;
    let foreign = drift(&project, &world, 0).await;
    assert_eq!(counts(&foreign), [0, 0, 0, 1]);
    let stranger = &foreign["unmanaged"][0];
    assert_eq!(stranger["key"], "somebody_elses/en_US");
    assert_eq!(stranger["status"], "APPROVED");

    // An approved template has one edit a day: what the next apply could not do is said.
    let (id, change) = with_body(&world, "order_update", |body| {
        body.replace("today", "tomorrow")
    })
    .await;
    world.alter(&id, change).await;
    let edited = drift(&project, &world, 2).await;
    assert_eq!(counts(&edited), [0, 1, 0, 1]);
    let one = only(&edited, "edited");
    assert_eq!(one["address"], TEMPLATE);
    let before = one["fields"][0]["before"].as_str().unwrap();
    let after = one["fields"][0]["after"].as_str().unwrap();
    assert!(
        before.contains("today") && after.contains("tomorrow"),
        "{one:#}"
    );
    says(one, "campaign.spring sends meanwhile");
    says(one, "edit 1 of 1 in 24 hours");
    assert_eq!(one["declared_at"]["file"], "waform.toml");
    let human = run(&project, &world, &[], 2).await;
    human.says("leaves us [-today-]{+tomorrow+}.");
    let page = run(&project, &world, &["--format", "html"], 2).await;
    page.says("<del>today</del><ins>tomorrow</ins>");
    // The plan tells it the same way round.
    let plan = project
        .plan_with(&world, &["--format", "json"])
        .await
        .anyhow()
        .json();
    let change = &plan["resource_drift"][0]["change"];
    let (before, after) = (change["before"].to_string(), change["after"].to_string());
    assert!(
        before.contains("leaves us today") && after.contains("leaves us tomorrow"),
        "{change:#}"
    );

    // Edited and moved at once is both.
    world.alter(&id, json!({ "quality_score": "YELLOW" })).await;
    let both = drift(&project, &world, 2).await;
    assert_eq!(counts(&both), [0, 1, 1, 1]);
    // Selected, what is not managed is left out.
    let target = ["--target", "campaign.spring", "--format", "json"];
    let selected = run(&project, &world, &target, 2).await.json();
    assert_eq!(counts(&selected), [0, 1, 1, 0]);
    let other = ["--target", "phone.support", "--format", "json"];
    assert_eq!(
        counts(&run(&project, &world, &other, 0).await.json()),
        [0; 4]
    );

    let (_, odd) = with_body(&world, "order_update", |body| {
        body.replace("{{order_no}}", "{{parcel_no}}")
    })
    .await;
    world.alter(&id, odd).await;
    says(
        only(&drift(&project, &world, 2).await, "edited"),
        "refuses every message from campaign.spring (132000)",
    );

    // Whoever wants what is live writes it into the declaration.
    project.change("leaves us today", "leaves us tomorrow");
    let (_, back) = with_body(&world, "order_update", |body| {
        body.replace("{{parcel_no}}", "{{order_no}}")
    })
    .await;
    world.alter(&id, back).await;
    says(
        only(&drift(&project, &world, 2).await, "edited"),
        "takes note of it",
    );
    project.apply(&world).await.succeeds();
    assert_eq!(counts(&drift(&project, &world, 0).await), [0, 0, 1, 1]);

    let client = crate::kit::client();
    let url = format!("{}/_sandbox/templates/{id}", world.base_url());
    assert!(
        client
            .delete(url)
            .send()
            .await
            .unwrap()
            .status()
            .is_success()
    );
    let gone = drift(&project, &world, 2).await;
    assert_eq!(counts(&gone), [1, 0, 0, 1]);
    let one = only(&gone, "missing");
    says(
        one,
        "Nothing goes out from campaign.spring until it is there again.",
    );
    assert_eq!(one["since"], Value::Null);
    project.apply(&world).await.succeeds();
    assert_eq!(counts(&drift(&project, &world, 0).await), [0, 0, 0, 1]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_is_compared_with_what_the_last_apply_saw() {
    let project = Project::new();
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    let id = waform::sandbox::DEFAULT_PHONE_ID;
    let change =
        json!({ "id": id, "status": "FLAGGED", "quality_rating": "RED", "throughput": "HIGH" });
    world.pull("numbers", change).await;
    world
        .pull("account", json!({ "messaging_limit": "TIER_250" }))
        .await;
    let moved = drift(&project, &world, 0).await;
    let one = only(&moved, "moved");
    assert_eq!(one["address"], "phone.support");
    assert_eq!(fields(one), ["status", "quality", "limit", "throughput"]);
    says(one, "People block or report its messages");
    says(one, "campaigns from campaign.spring take longer");
    // A number is looked at, never planned.
    project.plan(&world).await.succeeds().says("No changes.");
    project.apply(&world).await.succeeds().says("No changes.");
    assert_eq!(
        fields(only(&drift(&project, &world, 0).await, "moved")).len(),
        4,
        "what is wrong stays"
    );
    let mended = json!({ "id": id, "status": "CONNECTED", "quality_rating": "GREEN" });
    world.pull("numbers", mended).await;
    assert_eq!(
        fields(only(&drift(&project, &world, 0).await, "moved")),
        ["limit", "throughput"]
    );
    project.apply(&world).await.succeeds();
    assert_eq!(counts(&drift(&project, &world, 0).await), [0; 4]);
    project.change("+15550783881", "+15550783882");
    let gone = drift(&project, &world, 2).await;
    says(
        only(&gone, "missing"),
        "nothing can be sent from campaign.spring",
    );
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_serve_heard_of_it_dates_it() {
    let mut scene = Scene::of(&[number(0)]).await;
    scene.serve().await;
    scene.launch().await;
    scene.until_quiet().await;
    scene.world.advance("1h").await;
    let id = scene.world.template("delivery_question").await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let told_at = scene.world.clock().now();
    scene
        .world
        .alter(&id, json!({ "quality_score": "YELLOW" }))
        .await;
    scene.until_quiet().await;
    scene.world.advance("5h").await;
    let drift = scene
        .run(&["drift", "--format", "json"])
        .await
        .exits(0)
        .json();
    let one = only(&drift, "moved");
    assert_eq!(one["told_by_meta"], true, "{one:#}");
    let since: jiff::Timestamp = one["since"].as_str().unwrap().parse().unwrap();
    assert!(
        since.duration_since(told_at).abs() < jiff::SignedDuration::from_mins(5),
        "{one:#}"
    );
    scene
        .run(&["drift"])
        .await
        .exits(0)
        .says("told by Meta")
        .says("pauses it for 3 hours");
    scene.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_told_is_an_error_in_the_form_that_was_asked_for() {
    let project = Project::new();
    let world = World::start().await;
    let unknown = ["--target", "template.unknown", "--format", "json"];
    let failure = run(&project, &world, &unknown, 1).await.json();
    assert_eq!(
        (&failure["reason"], &failure["code"]),
        (&json!("error"), &json!("cli::unknown_target"))
    );
    project.append("waform.toml", "\n[tamplate.x]\n");
    run(&project, &world, &[], 1).await.says("tamplate");
    world.finish().await;
}

/// Returns Chromium where there is one.
fn chromium() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    std::env::split_paths(&path)
        .flat_map(|directory| names.map(|name| directory.join(name)))
        .find(|program| program.is_file())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_shows_the_page_without_a_complaint() {
    let Some(chromium) = chromium() else {
        println!("skipped: there is no Chromium on this machine");
        return;
    };
    let project = Project::new();
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    let hostile =
        "</td><script>document.title = 'broken'</script><img src='https://evil.example/x'>";
    let (id, change) = with_body(&world, "order_update", |body| {
        body.replace("today", hostile)
    })
    .await;
    world.alter(&id, change).await;
    let page = run(&project, &world, &["--format", "html"], 2).await.stdout;
    project.write("drift.html", &page);
    let shown = Command::new(chromium)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
        ])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ])
        .args(["--enable-logging=stderr", "--dump-dom"])
        .arg(format!(
            "--user-data-dir={}",
            project.path().join("profile").display()
        ))
        .arg(format!(
            "file://{}",
            project.path().join("drift.html").display()
        ))
        .output()
        .unwrap();
    let (dom, log) = (
        String::from_utf8_lossy(&shown.stdout),
        String::from_utf8_lossy(&shown.stderr),
    );
    assert!(shown.status.success(), "{log}");
    assert!(
        dom.contains("<title>Drift of main · waform</title>"),
        "{dom}\n{log}"
    );
    assert!(dom.contains("<h2 id=\"edited\">"), "{dom}");
    assert!(!log.contains("CONSOLE"), "{log}");
    world.finish().await;
}
