//! The program as its user meets it: the real binary, a project, a sandbox over real HTTP.
#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

mod adoption;
mod budgets;
mod conversations;
mod exits;
mod failures;
mod guards;
mod machine_readable;
mod midway;
mod planning;
mod quickstart;
mod secrets;
mod sending;
mod status;
mod terminal;
