//! Size: memory that does not grow with the list, requests that do not grow with the templates.
//!
//! Small by default; `FULL_CONTACTS=1000000 FULL_TEMPLATES=6000` is what is promised.

use serde_json::json;

use crate::kit::{Child, Ended, Project, World, rows, size};

/// What a process may hold, in kibibytes.
const MOST_RESIDENT: u64 = 150 * 1024;

/// The most memory that a process has held until now, in kibibytes; none where it has gone.
fn peak(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Holds that a run stayed small. The kernel keeps the peak: looking now and then until the end finds it.
async fn stays_small(mut child: Child) -> Ended {
    let mut most = 0;
    let mut look = tokio::time::interval(std::time::Duration::from_millis(2));
    while !child.has_ended() {
        most = peak(child.id()).unwrap_or_default().max(most);
        look.tick().await;
    }
    assert!(most > 0 && most < MOST_RESIDENT, "it held {most} KiB");
    child.ended().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_list_is_planned_in_little_memory() {
    let contacts = size("FULL_CONTACTS", 20_000);
    let project = Project::new();
    project.write("customers.csv", rows(0..contacts));
    let world = World::start().await;
    let plan = ["plan", "--allow", "new_ledger", "--detailed-exitcode"];
    let child = project.begin(&world, &plan).await;
    stays_small(child).await.exits(2);

    // Paused: everybody comes into the hopper, nobody is messaged.
    project.change(
        "from = \"support\"",
        "from = \"support\"\nstate = \"paused\"",
    );
    let apply = ["apply", "--auto-approve", "--wait", "--allow", "new_ledger"];
    let child = project.begin(&world, &apply).await;
    stays_small(child).await.succeeds();
    let status = project
        .run(&world, &["status", "--format", "json"])
        .await
        .succeeds()
        .json();
    assert_eq!(status["campaigns"][0]["hopper"]["fresh"], contacts);
    assert_eq!(world.accepted().await, 0);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_templates_are_read_in_pages_and_never_one_by_one() {
    let count = size("FULL_TEMPLATES", 300);
    let project = Project::new();
    let world = World::start().await;
    // Meta's maximum, one of which is ours to create.
    world
        .pull("account", json!({ "template_limit": count }))
        .await;
    let body = json!([{ "type": "BODY", "text": "Nothing to do with us at all." }]);
    let templates: Vec<_> = (1..count)
        .map(|index| {
            json!({
                "name": format!("foreign_{index}"), "language": "en_US", "category": "utility", "components": body,
            })
        })
        .collect();
    for chunk in templates.chunks(500) {
        world.pull("templates", json!({ "templates": chunk })).await;
    }
    project
        .plan_with(&world, &["--allow", "new_ledger"])
        .await
        .exits(2)
        .says("live objects");
    let requests = world.requests_after(0).await;
    let lists = requests
        .iter()
        .filter(|request| request.path.ends_with("/message_templates"));
    let lists = lists.count();
    // Meta's pages are as large as we ask for, up to some hundreds.
    assert!(
        lists <= 1 + count / 50,
        "{lists} pages for {count} templates"
    );
    let others = requests.len() - lists;
    assert!(
        others <= 8,
        "{others} requests beside the list: {requests:#?}"
    );
    world.finish().await;
}
