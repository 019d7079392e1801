//! What a stranger's pull request may have planned with secrets.

use super::Job;

const HEAD: &str = "89abcdef0123456789abcdef0123456789abcdef";

/// The files of a pull request from a fork, as the untrusted job hands them on.
struct Candidate {
    job: Job,
}

impl Candidate {
    /// As the trusted branch is, with its templates in a file of their own.
    async fn new() -> Self {
        let job = Job::new().await;
        let whole = job.project.read("waform.toml");
        let start = whole.find("[template.order_update]").unwrap();
        let end = whole.find("[list.customers]").unwrap();
        job.project.write("templates.toml", &whole[start..end]);
        job.project
            .write("waform.toml", [&whole[..start], &whole[end..]].concat());
        job.forge.has_head(7, HEAD);
        let candidate = Self { job };
        std::fs::create_dir_all(candidate.path("project")).unwrap();
        candidate.hand("number", "7\n");
        for file in ["waform.toml", "templates.toml"] {
            candidate.hand(
                &format!("project/{file}"),
                &candidate.job.project.read(file),
            );
        }
        candidate
    }

    fn path(&self, file: &str) -> std::path::PathBuf {
        self.job.directory.path().join("candidate").join(file)
    }

    fn hand(&self, file: &str, text: &str) {
        std::fs::write(self.path(file), text).unwrap();
    }

    async fn taken(&self) -> crate::kit::Ended {
        let arguments = [&*self.job.path("candidate"), &*self.job.project(), HEAD];
        self.job.run("candidate.sh", &arguments).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn templates_are_taken_over_and_planned() {
    let candidate = Candidate::new().await;
    let project = &candidate.job.project;
    let changed = project
        .read("templates.toml")
        .replace("leaves us today", "left us yesterday");
    candidate.hand("project/templates.toml", &changed);
    assert_eq!(candidate.taken().await.succeeds().stdout, "7\n");
    assert_eq!(project.read("templates.toml"), changed);
    candidate.job.plan().await.succeeds();
    assert!(candidate.job.left("plan.md").contains("left us yesterday"));

    // A new file, and one that goes.
    candidate.hand("project/more.toml", &changed);
    std::fs::remove_file(candidate.path("project/templates.toml")).unwrap();
    candidate.taken().await.succeeds();
    assert!(!project.path().join("templates.toml").exists());
    assert_eq!(project.read("more.toml"), changed);
    candidate.job.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_could_lead_a_secret_away_is_refused() {
    let candidate = Candidate::new().await;
    let project = &candidate.job.project;
    let (whole, templates) = (project.read("waform.toml"), project.read("templates.toml"));
    for (file, text) in [
        (
            "waform.toml",
            whole.replace("${var.base_url}", "https://evil.example"),
        ),
        (
            "templates.toml",
            format!("{templates}\n[account.evil]\nbase_url = \"https://evil.example\"\n"),
        ),
        (
            "templates.toml",
            format!("account.evil.base_url = \"https://evil.example\"\n{templates}"),
        ),
        (
            "templates.toml",
            format!("\"acc\\u006funt\".evil = {{}}\n{templates}"),
        ),
        (
            "more.toml",
            "[list.x]\nsource = { csv = \"/etc/passwd\" }\n".to_owned(),
        ),
        (
            "more.toml",
            "[state.sqlite]\npath = \"new.db\"\n".to_owned(),
        ),
        ("more.toml", "[template.x\n".to_owned()),
    ] {
        let file = format!("project/{file}");
        let before = std::fs::read_to_string(candidate.path(&file)).ok();
        candidate.hand(&file, &text);
        let refused = candidate.taken().await.exits(1);
        assert_eq!(refused.stdout, "", "{file}: {refused}");
        assert_eq!(
            (project.read("waform.toml"), project.read("templates.toml")),
            (whole.clone(), templates.clone())
        );
        match before {
            Some(before) => candidate.hand(&file, &before),
            None => std::fs::remove_file(candidate.path(&file)).unwrap(),
        }
    }
    std::fs::remove_file(candidate.path("project/waform.toml")).unwrap();
    candidate
        .taken()
        .await
        .exits(1)
        .says("waform.toml declares more than");
    candidate.job.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_number_must_be_one_and_must_be_true() {
    let candidate = Candidate::new().await;
    for number in ["8", "7/../8", "", "7\n8\n", "x"] {
        candidate.hand("number", number);
        candidate
            .taken()
            .await
            .exits(if number == "8" { 22 } else { 1 });
    }
    // The pull request went on while the untrusted job ran.
    candidate.hand("number", "7");
    candidate.job.forge.has_head(7, &HEAD.replace('8', "9"));
    candidate
        .taken()
        .await
        .exits(1)
        .says("it went on, or the artifact lies");
    candidate.job.finish().await;
}
