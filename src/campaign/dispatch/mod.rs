//! Dispatch: sends what is due from one number, and writes down what became of it.
//!
//! # Why nobody is messaged twice
//!
//! Meta has no idempotency key: a request that is repeated is a message that is sent twice, and after a timeout nobody
//! can say whether it was sent at all. So a message is handed over *at most once*, and what cannot be known is called
//! *uncertain* instead of being guessed. This rests on four rules, each of which lives in one place:
//!
//! 1. **Claimed before sent.** The store commits a claim, with its attempt's id and the fence of our lease, before we
//!    hear of it; a claimed contact is claimed by nobody else. A `Ticket` is made from a claim that the store answered
//!    with and from nothing else, cannot be copied, and is given away where its request starts (`flights`): there is no
//!    way to start a second request with it.
//! 2. **Never repeated here.** Whatever a request ends in becomes one settlement. Only what Meta refused, or what
//!    provably never left, makes a contact due again, and then as a new attempt with an id of its own. Silence, a cut, a
//!    panic in the sender: uncertain.
//! 3. **Only under the lease.** No request starts later than the lease's end less the longest time that a request
//!    may take, so that none is under way when another worker takes the number over. A lease that is lost stops the
//!    sending before the next request.
//! 4. **Recovered before claimed.** Each run begins by making uncertain what an earlier worker claimed and did not settle.
//!
//! Now let the process die between any two lines. Before the claim's commit nothing has happened. Between the commit
//! and the request, while the request is under way, and after its answer but before the settlement's commit, the ledger
//! holds a claim without a result: the next run makes it uncertain (a claim whose request never started too: from
//! outside the two look the same). After the settlement's commit the result is known. There is no moment at which
//! the ledger calls a contact due whose request may have left. The price is the claims that stand open at the moment
//! of death; these are never more than two batches, because a new claim is only asked for when it fits under that mark.
//!
//! # How it flows
//!
//! One task owns everything and waits for whatever comes first: a claim, an answer, a settlement, the lease's
//! renewal, a token of the pacer. Claims are asked for while earlier ones are being sent, and results are written while
//! later ones are on their way, so that the sender waits for neither. Several campaigns on one number take turns.
//!
//! What it does not do: choose who belongs to a campaign (the audience), receive statuses (`serve`), or decide when
//! to run again (whoever called).

mod allowance;
mod claiming;
mod claims;
mod decide;
mod flights;
mod job;
mod judge;
mod landing;
mod lane;
mod message;
mod observer;
mod results;
mod run;
mod starting;
mod summary;
mod tenure;
#[cfg(test)]
mod tests;

pub use job::{
    Campaign, Claimer, CountryOf, Dispatch, Identity, MediaId, NextOpening, Number, Opening,
    Sender, Tuning,
};
pub use observer::{Failpoint, Observer, Progress, Refusal};
pub use run::run;
pub use summary::{CampaignSummary, Cause, Halt, Summary};

/// What can go wrong with dispatching. What Meta refuses is no error; it stands in the [`Summary`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store failed before anything was claimed.
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    /// The store failed while sending. What was under way has ended and was written down if that was possible.
    #[error(
        "the ledger could not be written while sending: {source}{}",
        unsettled_words(*unsettled)
    )]
    Interrupted {
        source: crate::store::Error,
        /// Claims whose result could not be written; the next run calls them uncertain.
        unsettled: usize,
        summary: Box<Summary>,
    },
}

fn unsettled_words(unsettled: usize) -> String {
    match unsettled {
        0 => String::new(),
        1 => "; the result of 1 message is not recorded".to_owned(),
        many => format!("; the results of {many} messages are not recorded"),
    }
}
