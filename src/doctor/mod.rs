//! What stands in the way of a campaign, and how to mend it: token, account, numbers, webhooks, state.
//!
//! Everything is read, nothing is written, and a check that fails stops no other. What is found is a list of
//! [`Check`]s; how they look is told in [`crate::render::doctor`].
//!
//! | file | looks at |
//! | --- | --- |
//! | `check` | what one finding is |
//! | `examine` | one account: reads at the same time, judges in order |
//! | `token` | validity, expiry, permissions, app |
//! | `account` | status, review, verification, health, webhooks, version |
//! | `number` | the declared numbers |
//! | `state` | the state file and its lock |

mod account;
mod check;
mod examine;
mod number;
mod state;
mod token;

pub use check::{Check, Level};
pub use examine::{Patient, examine};
pub use number::is_named_by;
pub use state::state;
pub(crate) use state::{DAMAGED, FOREIGN};
