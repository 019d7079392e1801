//! State and ledger in one SQLite file.
//!
//! One thread owns the connection that writes and puts what waits into one transaction; readers have connections of
//! their own and are never waited for. The file is made for one machine: it must not lie on a network file system.

mod answers;
mod attempt_id;
mod audience;
mod campaigns;
mod claim;
mod codes;
mod commit;
mod compare;
mod contact_file;
mod contacts;
mod deliveries;
mod errands;
mod error;
mod events;
mod halts;
mod happenings;
mod history;
mod inbound;
mod inbox;
mod interactions;
mod journal;
mod locks;
mod merge;
mod migrate;
mod moves;
mod open;
mod people;
mod plans;
mod preferences;
mod reader;
mod receipts;
mod recontact;
mod rounds;
mod settle;
mod staging;
mod standing;
mod state;
mod store;
mod timeline;
mod timeouts;
mod upkeep;
mod waiting;
mod writer;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_contacts;
#[cfg(test)]
mod tests_intake;
#[cfg(test)]
mod tests_journal;
#[cfg(test)]
mod tests_plans;
#[cfg(test)]
mod tests_receiving;

pub use open::{Mode, open, temporary};
