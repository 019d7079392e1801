//! The program as its user meets it: the real binary, a project, a sandbox over real HTTP.
#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

mod adoption;
mod budgets;
mod completing;
mod conversations;
mod environments;
mod exits;
mod failures;
mod formatting;
mod github;
mod guards;
mod machine_readable;
mod midway;
mod outputs;
mod planning;
mod quickstart;
mod rendering;
mod saved;
mod secrets;
mod selection;
mod sending;
mod starting;
mod status;
pub(crate) mod terminal;
mod terraform;
