//! `POST /{PHONE}/messages`: taking messages, and what becomes of them.
//!
//! An answer of 200 means accepted and nothing more: whether a number exists, whether its owner wants marketing, whether
//! the service window is open, all that comes later as a status. What is refused at once is what Meta refuses at once.

mod accept;
mod answers;
mod attachments;
mod behaviour;
mod envelope;
mod interactive;
mod limits;
mod magic;
mod parameters;
mod permission;
mod recipient;
mod send;
mod session;
mod statuses;

pub(crate) use behaviour::Behaviour;
pub(crate) use limits::Limits;
pub(crate) use magic::{Fate, MAGIC, Reply, of as magic_of};
pub(crate) use recipient::resolve;
pub(crate) use send::send;
pub(crate) use statuses::{inbound_wamid, seq_of, shown, status_value, wamid};
