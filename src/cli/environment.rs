//! Every environment variable that waform reads. Nothing else in the program reads the environment.

use std::collections::BTreeMap;
use std::io::IsTerminal;

/// Drops hints on what to do next, for logs that nobody reads as they come.
pub(crate) const IN_AUTOMATION: &str = "WAFORM_IN_AUTOMATION";
/// A filter for the log on standard error, as `tracing-subscriber` reads it.
pub(crate) const LOG: &str = "WAFORM_LOG";
/// The database of `[state.postgres]` in the documentation's examples; read only where a configuration names it.
pub(crate) const STATE_URL: &str = "WAFORM_STATE_URL";
/// Ends the process at a named point of an apply, for crash tests; builds with debug assertions only.
pub(crate) const FAILPOINT: &str = "WAFORM_FAILPOINT";

/// The names that are ours; any other `WAFORM_` name must be known to the configuration.
pub(crate) const KNOWN: [&str; 4] = [IN_AUTOMATION, LOG, STATE_URL, FAILPOINT];

/// The environment as it was when the program started.
#[derive(Clone, Debug)]
pub(crate) struct Environment(BTreeMap<String, String>);

impl Environment {
    pub(crate) fn read() -> Self {
        let text = |value: std::ffi::OsString| value.into_string().ok();
        Self(
            std::env::vars_os()
                .filter_map(|(name, value)| Some((text(name)?, text(value)?)))
                .collect(),
        )
    }

    pub(crate) fn all(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    pub(crate) fn in_automation(&self) -> bool {
        self.get(IN_AUTOMATION).is_some() || self.get("CI").is_some()
    }

    /// Tells whether somebody sits in front of it who can be asked.
    pub(crate) fn is_attended() -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }
}
