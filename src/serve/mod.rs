//! `waform serve`: receives and keeps what comes back from Meta, reads it, sends what is due, and runs the errands that follow.
//!
//! | file | job |
//! | --- | --- |
//! | `receiver`, `health`, `meters` | webhooks over HTTP, and what is known of it from outside |
//! | `reader` | from the webhooks that were kept to what the ledger takes in |
//! | `facts`, `events` | what a change of a webhook means |
//! | `dead` | what cannot be read, kept so that it can be read again |
//! | `clerk`, `reading` | what follows: retries, answers, replies, whom to tell |
//! | `sender`, `timers` | what falls due: messages, and what time brings |
//! | `errands`, `tenure` | replies, handoffs and news, and who runs them |
//! | `numbers` | the accounts' numbers, live |
//! | `run` | all of it, begun and ended together |
//! | `point`, `tally`, `wakes` | who watches, who counts, who is woken |

mod clerk;
mod dead;
mod errands;
mod error;
mod events;
mod facts;
pub mod health;
pub mod meters;
mod numbers;
mod point;
mod reader;
mod reading;
pub mod receiver;
mod run;
mod sender;
mod tally;
mod tenure;
mod timers;
mod wakes;

#[cfg(test)]
mod tests;

pub use clerk::Clerk;
pub use error::Error;
pub use numbers::Live;
pub use point::{Point, Reached};
pub use run::{Serving, run};
pub use tally::Tally;
