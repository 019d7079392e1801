//! What was reviewed is applied, and nothing else.

use super::Job;
use super::forge::BOT;
use crate::kit::number;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_plan_of_the_merged_pull_request_is_applied() {
    let job = Job::new().await;
    let planned = job.planned().await;
    job.comment("7").await.succeeds();
    job.forge.says(
        7,
        "stranger",
        "<!-- waform:plan main -->\n<!-- waform:plan-id feed -->\n",
    );
    job.forge.has_merged(7, COMMIT);
    let reviewed = job
        .run("reviewed.sh", &["main", COMMIT])
        .await
        .succeeds()
        .stdout;
    assert_eq!(reviewed.trim(), planned);
    let project = job.project();
    let apply = [
        &*project,
        reviewed.trim(),
        "--wait",
        "--allow",
        "new_ledger",
    ];
    job.run("apply.sh", &apply).await.succeeds();
    assert_eq!(job.world.accepted().await, 3);

    // Once more: it is another plan by now.
    let before = job.world.latest().await;
    job.run("apply.sh", &apply)
        .await
        .exits(4)
        .says("not what was reviewed");
    assert!(job.world.writes_after(before).await.is_empty());
    job.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_reviewed_is_not_applied() {
    let job = Job::new().await;
    let project = job.project();
    let planned = job.planned().await;
    job.project
        .append("customers.csv", &format!("{},Zoe,1,yes\n", number(90)));
    let before = job.world.latest().await;
    let allowed = ["--allow", "new_ledger"];
    for (id, code) in [
        (&*planned, 4),
        ("0123456789abcdef0123456789abcdef", 4),
        (&planned[..8], 4),
        ("--auto-approve", 1),
        ("$(id)", 1),
        ("", 1),
    ] {
        let apply = [&[&*project, id], &allowed[..]].concat();
        job.run("apply.sh", &apply).await.exits(code);
    }
    // A runner without the ledger: the plan is the one that was reviewed, and still nobody is messaged.
    let planned = job.planned().await;
    job.run("apply.sh", &[&project, &planned])
        .await
        .exits(3)
        .says("does this runner keep its state?");
    assert!(job.world.writes_after(before).await.is_empty());
    assert_eq!(job.world.accepted().await, 0);
    job.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_plan_nothing_may_change() {
    let job = Job::new().await;
    job.project.apply(&job.world).await.succeeds();
    job.forge.has_merged(7, COMMIT);
    let reviewed = job
        .run("reviewed.sh", &["main", COMMIT])
        .await
        .succeeds()
        .stdout;
    assert_eq!(reviewed, "");
    job.run("apply.sh", &[&job.project(), ""]).await.succeeds();
    job.forge.says(
        8,
        BOT,
        "<!-- waform:plan main -->\n<!-- waform:plan-id $(id) -->\n",
    );
    job.forge.has_merged(8, &COMMIT.replace('0', "1"));
    let forged = job
        .run("reviewed.sh", &["main", &COMMIT.replace('0', "1")])
        .await
        .succeeds();
    assert_eq!(forged.stdout, "");
    job.run("reviewed.sh", &["main", "HEAD"])
        .await
        .exits(1)
        .says("no commit");
    let unknown = COMMIT.replace('0', "2");
    job.run("reviewed.sh", &["main", &unknown])
        .await
        .exits(1)
        .says("not the merge of a pull request");
    job.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_job_gives_the_lock_back() {
    let job = Job::new().await;
    job.project.write("customers.csv", crate::kit::rows(0..400));
    job.project.append("waform.toml", "rate = \"20/s\"\n");
    let planned = job.planned().await;
    let project = job.project();
    let before = job.world.latest().await;
    let apply = ["--wait", "--allow", "new_ledger"];
    let mut child = job.start("apply.sh", &[&[&*project, &planned], &apply[..]].concat());
    // It is in the midst of it.
    while !job.world.has_seen(before, 40).await {
        assert!(!child.has_ended(), "{}", child.ended().await.anyhow());
    }
    child.terminate();
    let ended = child.ended().await.anyhow();
    assert!(
        ended.code.is_some_and(|code| code < 128),
        "the shell did not wait for it: {ended}"
    );
    let sent = job.world.accepted().await;
    assert!((1..400).contains(&sent), "{sent}");
    // Nobody waits for a lock that nobody holds.
    job.project.change("rate = \"20/s\"", "rate = \"80/s\"");
    let next = [
        "apply",
        "--auto-approve",
        "--lock-timeout",
        "0s",
        "--detailed-exitcode",
    ];
    job.project.run(&job.world, &next).await.succeeds();
    assert_eq!(job.world.accepted().await, 400);
    job.finish().await;
}
