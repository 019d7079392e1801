//! One account's way to Meta.

use std::sync::Arc;

use super::client::Client;
use super::options::Options;
use super::{Error, GraphReader, GraphWriter};

/// One account's way to Meta: reader and writer over it share connections and wait for the same limits.
#[derive(Clone, Debug)]
pub struct Connection(Arc<Client>);

impl Connection {
    /// Checks the options; nothing is sent yet.
    ///
    /// # Errors
    /// Where the options contradict each other or the token cannot be one.
    pub fn new(options: Options) -> Result<Self, Error> {
        Ok(Self(Arc::new(Client::new(options)?)))
    }

    #[must_use]
    pub fn reader(&self) -> GraphReader {
        GraphReader::over(Arc::clone(&self.0))
    }

    #[must_use]
    pub fn writer(&self) -> GraphWriter {
        GraphWriter::over(Arc::clone(&self.0))
    }
}
