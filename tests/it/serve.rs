//! `waform serve` as whoever runs it meets it: the real binary beside a sandbox that stands.
#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

#[path = "serve/agreement.rs"]
mod agreement;
#[path = "serve/answers.rs"]
mod answers;
#[path = "serve/brakes.rs"]
mod brakes;
#[path = "serve/door.rs"]
mod door;
#[path = "serve/drift.rs"]
mod drift;
#[path = "serve/faults.rs"]
mod faults;
#[path = "serve/laws.rs"]
mod laws;
#[path = "serve/month.rs"]
mod month;
#[path = "serve/secrets.rs"]
mod secrets;
#[path = "serve/whole.rs"]
mod whole;
