//! Every environment variable that waform reads. Nothing else in the program reads the environment.

use std::collections::BTreeMap;
use std::io::IsTerminal;

/// Drops hints on what to do next, for logs that nobody reads as they come.
pub(crate) const IN_AUTOMATION: &str = "WAFORM_IN_AUTOMATION";
/// The environment of the configuration (`[env.NAME]`) to work in; `--env` wins.
pub(crate) const ENV: &str = "WAFORM_ENV";
/// A filter for the log on standard error, as `tracing-subscriber` reads it.
pub(crate) const LOG: &str = "WAFORM_LOG";
/// The database of `[state.postgres]` in the documentation's examples; read only where a configuration names it.
pub(crate) const STATE_URL: &str = "WAFORM_STATE_URL";
/// Ends the process at a named point of an apply, for crash tests; builds with debug assertions only.
pub(crate) const FAILPOINT: &str = "WAFORM_FAILPOINT";

/// Set by a shell's completion script to the name of the shell.
pub(crate) const COMPLETE: &str = "COMPLETE";
/// Where GitHub Actions checked the repository out; `validate --format github|sarif` names files from there.
pub(crate) const GITHUB_WORKSPACE: &str = "GITHUB_WORKSPACE";
/// The file that GitHub Actions reads a step's outputs from; `plan --github-output` writes there.
pub(crate) const GITHUB_OUTPUT: &str = "GITHUB_OUTPUT";
/// The file that GitHub Actions shows as a step's summary; `plan --github-output` writes there.
pub(crate) const GITHUB_STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// The names that are ours; any other `WAFORM_` name must be known to the configuration.
pub(crate) const KNOWN: [&str; 5] = [IN_AUTOMATION, ENV, LOG, STATE_URL, FAILPOINT];

/// Where CI systems name the address of a run as a whole: GitLab, Jenkins, CircleCI, Buildkite, Drone and Woodpecker, Travis.
const RUN_ADDRESSES: [&str; 6] = [
    "CI_JOB_URL",
    "BUILD_URL",
    "CIRCLE_BUILD_URL",
    "BUILDKITE_BUILD_URL",
    "DRONE_BUILD_LINK",
    "TRAVIS_BUILD_WEB_URL",
];

/// The environment as it was when the program started.
#[derive(Clone, Debug)]
pub(crate) struct Environment {
    variables: BTreeMap<String, String>,
    /// `--env`.
    chosen: Option<String>,
}

impl Environment {
    /// Reads it once; `chosen` is the environment of the configuration that the command line names.
    pub(crate) fn read(chosen: Option<String>) -> Self {
        let text = |value: std::ffi::OsString| value.into_string().ok();
        Self {
            variables: std::env::vars_os()
                .filter_map(|(name, value)| Some((text(name)?, text(value)?)))
                .collect(),
            chosen,
        }
    }

    /// Returns the environment of the configuration that was chosen, by the command line or by a variable.
    pub(crate) fn chosen(&self) -> Option<&str> {
        self.chosen.as_deref().or_else(|| self.get(ENV))
    }

    pub(crate) fn all(&self) -> &BTreeMap<String, String> {
        &self.variables
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// Returns where the run of a CI system that this process is a part of can be looked at.
    pub(crate) fn run_address(&self) -> Option<String> {
        let all = |names: &[&str]| -> Option<Vec<&str>> {
            names.iter().map(|name| self.get(name)).collect()
        };
        let github = || {
            let parts = all(&["GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"])?;
            let [server, repository, run] = parts[..] else {
                return None;
            };
            let attempt = self.get("GITHUB_RUN_ATTEMPT");
            let attempt = attempt.map(|attempt| format!("/attempts/{attempt}"));
            let attempt = attempt.unwrap_or_default();
            Some(format!("{server}/{repository}/actions/runs/{run}{attempt}"))
        };
        let azure = || {
            let parts = all(&[
                "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI",
                "SYSTEM_TEAMPROJECT",
                "BUILD_BUILDID",
            ])?;
            let [server, project, build] = parts[..] else {
                return None;
            };
            let server = server.trim_end_matches('/');
            Some(format!("{server}/{project}/_build/results?buildId={build}"))
        };
        let address = github().or_else(azure).or_else(|| {
            RUN_ADDRESSES
                .iter()
                .find_map(|name| Some(self.get(name)?.to_owned()))
        })?;
        // Whoever puts a password into an address puts it into no journal.
        let mut address = reqwest::Url::parse(&address).ok()?;
        if !matches!(address.scheme(), "http" | "https") {
            return None;
        }
        let stripped = address
            .set_username("")
            .and_then(|()| address.set_password(None));
        stripped.ok().map(|()| address.to_string())
    }

    /// Returns who runs this: in CI the person who set it off, as far as that is told.
    pub(crate) fn user(&self) -> &str {
        let names = ["GITHUB_ACTOR", "GITLAB_USER_LOGIN", "USER", "LOGNAME"];
        let user = names.iter().find_map(|name| self.get(name));
        user.unwrap_or("unknown")
    }

    pub(crate) fn in_automation(&self) -> bool {
        self.get(IN_AUTOMATION).is_some() || self.get("CI").is_some()
    }

    /// Tells whether somebody sits in front of it who can be asked.
    pub(crate) fn is_attended() -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        let pairs = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Environment {
            variables: pairs.collect(),
            chosen: None,
        }
    }

    #[test]
    fn the_address_of_a_run_is_that_of_its_ci_system() {
        let github = [
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", "acme/shop"),
            ("GITHUB_RUN_ID", "77"),
        ];
        let again = [&github[..], &[("GITHUB_RUN_ATTEMPT", "2")]].concat();
        let azure = [
            (
                "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI",
                "https://dev.azure.com/acme/",
            ),
            ("SYSTEM_TEAMPROJECT", "shop"),
            ("BUILD_BUILDID", "9"),
        ];
        for (pairs, address) in [
            (
                &github[..],
                Some("https://github.com/acme/shop/actions/runs/77"),
            ),
            (
                &again,
                Some("https://github.com/acme/shop/actions/runs/77/attempts/2"),
            ),
            (
                &azure,
                Some("https://dev.azure.com/acme/shop/_build/results?buildId=9"),
            ),
            (
                &[("CI_JOB_URL", "https://gitlab.com/acme/-/jobs/5")],
                Some("https://gitlab.com/acme/-/jobs/5"),
            ),
            (
                &[("BUILD_URL", "https://ana:secret@ci.example/7/")],
                Some("https://ci.example/7/"),
            ),
            (&[("BUILD_URL", "javascript:alert(1)")], None),
            (&github[..2], None),
            (&[], None),
        ] {
            assert_eq!(
                environment(pairs).run_address().as_deref(),
                address,
                "{pairs:?}"
            );
        }
    }

    #[test]
    fn in_ci_the_person_is_named_who_set_it_off() {
        let runner = ("USER", "runner");
        assert_eq!(environment(&[runner]).user(), "runner");
        assert_eq!(
            environment(&[runner, ("GITHUB_ACTOR", "ana")]).user(),
            "ana"
        );
        assert_eq!(environment(&[]).user(), "unknown");
    }
}
