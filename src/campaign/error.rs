//! What can go wrong with a campaign as a whole.

use super::audience;
use crate::config::{Diagnostics, Report};
use crate::{meta, store};

/// What can go wrong with a campaign as a whole; what is wrong with one contact is a reason in the ledger.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Found only by opening what the configuration points to.
    #[error("the contacts or files that the configuration names cannot be read")]
    Configuration(Diagnostics),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Meta(#[from] meta::Error),
    #[error(transparent)]
    Dispatch(#[from] super::dispatch::Error),
    #[error("reading the contacts broke off: {0}")]
    Broken(String),
    #[error("cannot read {path}: {reason}")]
    Media { path: String, reason: String },
}

impl From<Report> for Error {
    fn from(report: Report) -> Self {
        let mut diagnostics = Diagnostics::default();
        diagnostics.push(report);
        Self::Configuration(diagnostics)
    }
}

impl From<audience::Error> for Error {
    fn from(error: audience::Error) -> Self {
        match error {
            audience::Error::Files(diagnostics) => Self::Configuration(diagnostics),
            audience::Error::Store(error) => Self::Store(error),
            audience::Error::Worker(error) => Self::Broken(error.to_string()),
        }
    }
}
