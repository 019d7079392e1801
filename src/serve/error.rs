//! What can go wrong with serving as a whole; what goes wrong with one message stands in the ledger.

use crate::secret;

/// What can go wrong with serving as a whole.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Secret(#[from] secret::Error),
    /// Deliveries are to be signed, and nobody can read the secret.
    #[error("the secret of {kind}.{name} cannot be read here; what it signs is not sent unsigned")]
    Unsigned { kind: &'static str, name: String },
    #[error("no connection for deliveries can be made: {0}")]
    Client(#[from] reqwest::Error),
    #[error(
        "a part of the service ended by itself; what was received is kept, and all else goes on where it was"
    )]
    Broken,
}
