//! A plan becomes the one comment of a pull request.

use super::Job;
use super::forge::{BOT, TOKEN};
use crate::kit::number;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_plan_edits_the_comment_of_the_first() {
    let job = Job::new().await;
    // Ours is not on the first page, and a stranger's begins like it.
    for index in 0..120 {
        job.forge.says(7, "stranger", &format!("remark {index}"));
    }
    job.forge.says(
        7,
        "stranger",
        "<!-- waform:plan main -->\n<!-- waform:plan-id 0 -->\nlooks good",
    );
    job.plan().await.succeeds();
    let id = job.left("id");
    assert_eq!(id.trim().len(), 32, "{id}");
    job.comment("7").await.succeeds().says("Commented.");
    job.project
        .append("customers.csv", &format!("{},Zoe,1,yes\n", number(90)));
    job.plan().await.succeeds();
    assert_ne!(job.left("id"), id);
    job.comment("7").await.succeeds().says("up to date");
    assert_eq!(
        job.forge.writes(),
        ["POST /issues/7/comments", "PATCH /issues/comments/122"]
    );
    let comments = job.forge.comments(7);
    assert_eq!(comments.len(), 1);
    assert_eq!(comments[0], job.left("plan.md"));
    assert!(comments[0].contains(job.left("id").trim()));

    // What is applied is gone from the plan; the comment says so, and a pull request without one gets none.
    job.project.apply(&job.world).await.succeeds();
    job.plan().await.succeeds().says("Nothing to do.");
    job.comment("7").await.succeeds();
    assert!(job.forge.comments(7)[0].contains("No changes."));
    job.comment("8").await.succeeds().says("no comment");
    assert!(job.forge.comments(8).is_empty());
    job.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_fails_or_is_refused_is_shown_and_fails_the_job() {
    let job = Job::new().await;
    let (project, out) = (job.project(), job.path("out"));
    let refused = job.run("plan.sh", &["main", &project, &out]).await.exits(3);
    assert_eq!(
        refused.stdout.matches("::stop-commands::").count(),
        1,
        "{refused}"
    );
    job.comment("7").await.succeeds();
    assert!(
        job.forge.comments(7)[0]
            .contains("**This plan cannot be applied:** the guard `new_ledger` refuses.")
    );
    job.project
        .change("category = \"utility\"", "category = \"useful\"");
    job.plan().await.exits(1);
    assert_eq!(job.left("id"), "");
    job.comment("7").await.succeeds();
    let comment = job.forge.comments(7).concat();
    assert!(
        comment.starts_with("<!-- waform:plan main -->\n") && comment.contains("The plan failed."),
        "{comment}"
    );
    job.project
        .change("category = \"useful\"", "category = \"utility\"");
    job.run("plan.sh", &["elsewhere", &project, &out])
        .await
        .exits(1)
        .says("this is no plan of elsewhere");
    job.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_but_a_number_reaches_the_api() {
    let job = Job::new().await;
    job.plan().await.succeeds();
    for number in ["", "0", "7/../8", "7;id", "7\n8", "-1", "12345678901", "x"] {
        job.comment(number)
            .await
            .exits(1)
            .says("no number of a pull request");
    }
    assert_eq!(job.forge.calls(), 0);
    job.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_tells_the_next_one_and_its_token_is_in_no_output() {
    let job = Job::new().await;
    let (project, out) = (job.project(), job.path("out"));
    let (output, summary) = (job.path("output"), job.path("summary"));
    let mut command = job.step(
        "plan.sh",
        &["main", &project, &out, "--allow", "new_ledger"],
    );
    command
        .env("GITHUB_OUTPUT", &output)
        .env("GITHUB_STEP_SUMMARY", &summary);
    let run = job
        .project
        .start(&job.world, command)
        .ended()
        .await
        .succeeds();
    let id = job.left("id");
    assert!(
        std::fs::read_to_string(&output)
            .unwrap()
            .contains(&format!("plan_id={}\n", id.trim()))
    );
    assert_eq!(
        std::fs::read_to_string(&summary).unwrap(),
        job.left("plan.md")
    );
    run.does_not_say(TOKEN);

    // A token that is refused ends the script, not the look for the comment.
    let mut command = job.step("comment.sh", &["7", &out]);
    command.env("GITHUB_TOKEN", "stale");
    job.project
        .start(&job.world, command)
        .ended()
        .await
        .exits(22)
        .says("401")
        .does_not_say("stale");
    job.forge
        .says(7, BOT, "<!-- waform:plan main -->\r\nedited by hand");
    job.comment("7").await.succeeds().says("up to date");
    job.finish().await;
}
