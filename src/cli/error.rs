//! What a command fails with, and how it is shown.

use crate::cli::exit::Exit;
use crate::config::{Diagnostics, Report, Sources};
use crate::{campaign, engine, meta, resource, sandbox, secret, store};

/// A failed command: what is said, and how the process ends.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The configuration is wrong; all findings.
    Configuration {
        sources: Sources,
        diagnostics: Diagnostics,
    },
    /// Anything else: a message, a code, advice.
    Plain {
        exit: Exit,
        code: &'static str,
        message: String,
        help: Option<String>,
    },
    /// The reader of standard output has gone.
    BrokenPipe,
}

pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self::Plain {
            exit: Exit::Error,
            code,
            message: message.into(),
            help: None,
        }
    }

    pub(crate) fn help(mut self, advice: impl Into<String>) -> Self {
        if let Self::Plain { help, .. } = &mut self {
            *help = Some(advice.into());
        }
        self
    }

    pub(crate) fn exiting(mut self, with: Exit) -> Self {
        if let Self::Plain { exit, .. } = &mut self {
            *exit = with;
        }
        self
    }

    /// A failure in the middle: what was done before it is recorded, and stays.
    pub(crate) fn after_writing(self) -> Self {
        match self {
            Self::Plain {
                exit: Exit::Error | Exit::Locked,
                ..
            } => self.exiting(Exit::Partial),
            other => other,
        }
    }

    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Configuration { .. } => Exit::Error,
            Self::Plain { exit, .. } => *exit,
            Self::BrokenPipe => Exit::Done,
        }
    }

    /// A report that was found while working, on sources that are at hand.
    pub(crate) fn report(sources: &Sources, report: Report) -> Self {
        let mut diagnostics = Diagnostics::default();
        diagnostics.push(report);
        Self::Configuration {
            sources: sources.clone(),
            diagnostics,
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::BrokenPipe,
            _ => Self::new("cli::output", format!("cannot write the output: {error}")),
        }
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        let message = error.to_string();
        match error {
            store::Error::Locked(info) => Self::new("store::locked", message)
                .exiting(Exit::Locked)
                .help(format!(
                    "wait for {} to finish, or use --lock-timeout 5m",
                    info.holder
                )),
            store::Error::Fenced { .. } => Self::new("store::fenced", message)
                .help("this run was taken for dead; nothing was written since. Run again"),
            store::Error::Newer { .. } => Self::new("store::newer", message)
                .help("use the version of waform that wrote it, or a newer one"),
            store::Error::Foreign { .. } => {
                Self::new("store::foreign", message).help(crate::doctor::FOREIGN)
            }
            store::Error::Damaged { .. } => {
                Self::new("store::damaged", message).help(crate::doctor::DAMAGED)
            }
            store::Error::Full { .. } => Self::new("store::full", message)
                .help("nothing that was not recorded has been sent; make room and run again"),
            store::Error::ReadOnly { .. } | store::Error::Io { .. } => {
                Self::new("store::io", message)
                    .help("check that the directory exists, is on a local disk and may be written")
            }
            store::Error::Invalid(_) => Self::new("store::invalid", message),
        }
    }
}

impl From<meta::Error> for Failure {
    fn from(error: meta::Error) -> Self {
        let failure = Self::new(error.code(), error.to_string());
        match error.advice() {
            Some(advice) => failure.help(advice),
            None => failure,
        }
    }
}

impl From<resource::Error> for Failure {
    fn from(error: resource::Error) -> Self {
        match error {
            resource::Error::Meta(error) => error.into(),
            resource::Error::Store(error) => error.into(),
            other => Self::new("plan::unexpected", other.to_string()),
        }
    }
}

/// What to do where the sandbox cannot keep its data.
pub(super) const SANDBOX_FILES: &str = "the sandbox keeps its data in `.waform`, in the project's directory: check that it may be written, or \
     work on a copy of the project";

impl From<sandbox::Error> for Failure {
    fn from(error: sandbox::Error) -> Self {
        Self::new("sandbox::start", error.to_string()).help(SANDBOX_FILES)
    }
}

impl From<crate::serve::Error> for Failure {
    fn from(error: crate::serve::Error) -> Self {
        use crate::serve::Error;
        let message = error.to_string();
        match error {
            Error::Secret(error) => error.into(),
            Error::Unsigned { .. } => Self::new("serve::unsigned", message)
                .help("make the secret readable where serve runs, or leave `secret` out"),
            Error::Client(_) | Error::Broken => Self::new("serve::broken", message)
                .help("start it again; WAFORM_LOG=waform=debug says more"),
        }
    }
}

impl From<secret::Error> for Failure {
    fn from(error: secret::Error) -> Self {
        Self::new(error.code(), error.to_string()).help(error.advice())
    }
}

/// Planning errors need the sources to show their places.
pub(crate) fn planning(sources: &Sources, error: engine::Error) -> Failure {
    match error {
        engine::Error::Resource(error) => error.into(),
        engine::Error::Store(error) => error.into(),
        engine::Error::Configuration(report) => Failure::report(sources, *report),
        engine::Error::Campaign(error) => campaigning(sources, error),
        engine::Error::UnknownTarget { ref near, .. } => {
            let written = "write it as the plan does, `*` for any text: template.order_update, template.order_*, \
                           'template.order_update[\"en_US\"]'";
            Failure::new("cli::unknown_target", error.to_string()).help(match near {
                Some(near) => format!("did you mean {near}? Otherwise {written}"),
                None => written.to_owned(),
            })
        }
        engine::Error::Pattern { .. } => Failure::new("cli::unknown_target", error.to_string())
            .help("an address, with `*` for any text: template.order_*, campaign.*, '*[\"es\"]'"),
        engine::Error::NoObject(_) => Failure::new("cli::unknown_target", error.to_string())
            .help("it is a part of what uses it: target that, a campaign or a template"),
        engine::Error::OtherAccount { ref answer, .. } => {
            Failure::new("account::other_token", error.to_string()).help(format!(
                "nothing was planned or written; give this account its own access_token (Meta answered: {answer})"
            ))
        }
        engine::Error::OtherState { .. } => {
            Failure::new("state::other_account", error.to_string()).help(
                "nothing was planned or written; a ledger stays with its account: give the other one a state of its own \
                 (`[env.NAME]`, or path in [state.sqlite]), or declare it as another account",
            )
        }
        engine::Error::NotSelected(_) => Failure::new("cli::unknown_target", error.to_string())
            .help("select it with --target, or leave --target and --exclude out"),
    }
}

pub(crate) fn campaigning(sources: &Sources, error: campaign::Error) -> Failure {
    match error {
        campaign::Error::Configuration(diagnostics) => Failure::Configuration {
            sources: sources.clone(),
            diagnostics,
        },
        campaign::Error::Meta(error) => error.into(),
        campaign::Error::Dispatch(campaign::dispatch::Error::Store(error)) => error.into(),
        campaign::Error::Store(error) => error.into(),
        campaign::Error::Dispatch(error @ campaign::dispatch::Error::Interrupted { .. }) => {
            Failure::new("campaign::failed", error.to_string()).exiting(Exit::Partial)
        }
        other => Failure::new("campaign::failed", other.to_string()),
    }
}
