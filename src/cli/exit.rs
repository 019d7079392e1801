//! Exit codes: a contract with scripts.

use std::process::ExitCode;

/// Why a run ended as it did; the number is given with `--detailed-exitcode`, the name in JSON as `reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Nothing to do, or everything done.
    Done = 0,
    /// An error; an apply has written nothing.
    Error = 1,
    /// `plan`: differences. `apply`: done, and something is still in review or waiting.
    Pending = 2,
    /// A guard refuses; nothing was written.
    Guarded = 3,
    /// The plan is stale: the account has moved since it was shown. Nothing was written.
    Stale = 4,
    /// Another run holds the lock.
    Locked = 5,
    /// Some was done, some failed.
    Partial = 6,
    /// Confirmation is needed and there is nobody to ask.
    Unconfirmed = 7,
}

impl Exit {
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Error => "error",
            Self::Pending => "pending",
            Self::Guarded => "guarded",
            Self::Stale => "stale",
            Self::Locked => "locked",
            Self::Partial => "partial",
            Self::Unconfirmed => "unconfirmed",
        }
    }

    /// Returns the process's code; without `detailed` only 0 and 1, as everywhere.
    pub(crate) fn code(self, detailed: bool) -> ExitCode {
        match self {
            exit if detailed => ExitCode::from(exit as u8),
            Self::Done | Self::Pending => ExitCode::SUCCESS,
            _ => ExitCode::FAILURE,
        }
    }
}
