//! One finding.

use serde::Serialize;

use crate::meta;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Ok,
    /// Works now, or for most.
    Warn,
    /// Nothing can be applied or sent like this.
    Fail,
}

/// One finding about one subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at: an address, or `state`.
    pub subject: String,
    /// Which check it is; stable.
    pub check: &'static str,
    pub level: Level,
    pub message: String,
    /// A diagnostic code, where there is one.
    pub code: Option<&'static str>,
    /// The way to mend it.
    pub help: Option<String>,
}

impl Check {
    #[must_use]
    pub fn new(
        level: Level,
        subject: &str,
        check: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            subject: subject.to_owned(),
            check,
            level,
            message: message.into(),
            code: None,
            help: None,
        }
    }

    #[must_use]
    pub fn ok(subject: &str, check: &'static str, message: impl Into<String>) -> Self {
        Self::new(Level::Ok, subject, check, message)
    }

    #[must_use]
    pub fn warn(subject: &str, check: &'static str, message: impl Into<String>) -> Self {
        Self::new(Level::Warn, subject, check, message)
    }

    #[must_use]
    pub fn fail(subject: &str, check: &'static str, message: impl Into<String>) -> Self {
        Self::new(Level::Fail, subject, check, message)
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    #[must_use]
    pub fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    /// Something could not be read.
    pub(super) fn unread(subject: &str, check: &'static str, error: &meta::Error) -> Self {
        let mut failed = Self::fail(subject, check, error.to_string()).code(error.code());
        failed.help = error.advice();
        failed
    }
}
