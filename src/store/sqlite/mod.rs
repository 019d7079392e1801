//! State and ledger in one SQLite file.
//!
//! One thread owns the connection that writes and puts what waits into one transaction; readers have connections of
//! their own and are never waited for. The file is made for one machine: it must not lie on a network file system.

mod attempt_id;
mod audience;
mod campaigns;
mod claim;
mod codes;
mod commit;
mod compare;
mod error;
mod history;
mod locks;
mod migrate;
mod open;
mod reader;
mod settle;
mod staging;
mod standing;
mod state;
mod store;
mod timeouts;
mod writer;

#[cfg(test)]
mod tests;

pub use open::{Mode, open, temporary};
