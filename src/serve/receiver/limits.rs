//! How much a peer may take up.

use std::time::Duration;

/// The largest webhook that Meta sends ("Payload size", webhooks overview; state of September 2026), in bytes.
const LARGEST_WEBHOOK: usize = 3 * 1024 * 1024;

/// What is taken beyond the documented size: a webhook that is refused is sent again for a week.
const SLACK: usize = 256 * 1024;

/// The limits of a receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many connections are open at once; more have to wait.
    pub connections: usize,
    /// How long the handshake of TLS may take.
    pub handshake: Duration,
    /// How long a request's head may take, from the end of the one before it: an idle connection is closed after this.
    pub head: Duration,
    /// How many bytes a request's head may have.
    pub head_bytes: usize,
    /// How long a whole body may take.
    pub body: Duration,
    /// How many bytes a body may have.
    pub body_bytes: usize,
    /// How many bytes of bodies are held at once, over all connections.
    pub held_bytes: usize,
    /// How long keeping a webhook may take before Meta is asked to send it again.
    pub keep: Duration,
    /// How long a peer may read nothing of an answer.
    pub answer: Duration,
    /// How long requests under way may take when the receiver ends.
    pub grace: Duration,
    /// How often the certificate's files are looked at.
    pub recheck: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(10),
            head_bytes: 16 * 1024,
            body: Duration::from_secs(30),
            body_bytes: LARGEST_WEBHOOK + SLACK,
            held_bytes: 256 * 1024 * 1024,
            keep: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            grace: Duration::from_secs(10),
            recheck: Duration::from_mins(1),
        }
    }
}
