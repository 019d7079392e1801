//! The convergence law: whatever was applied before, applying a configuration leads to where its plan is empty; and
//! where the world fails half way, a later apply leads there all the same, creating nothing twice and touching nothing
//! that its plan did not show.
//!
//! The library is called as `waform apply` calls it, in this process, so that hundreds of pairs take seconds.
#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

mod configurations;
mod faults;
mod machine;
mod pairs;
