//! One file a kind: its type, its rules, how it is read, compared and written.
//!
//! A kind that is only declared (a list, a mapping) implements [`Resource`]. A kind that has a live counterpart
//! implements [`Reconciler`] too; the engine works through that trait and names no kind. A new kind is one new file and
//! one line in [`kinds`].

pub mod account;
pub mod campaign;
mod check;
mod drift;
pub mod expression;
mod graph;
pub mod guard;
pub mod handoff;
mod kind;
mod kinds;
pub mod list;
mod load;
pub mod mapping;
pub mod moment;
pub mod notify;
pub mod output;
pub mod phone;
mod project;
pub mod rate_card;
mod reconcile;
pub mod references;
pub mod reply;
mod rights;
mod schema;
pub mod serve;
pub mod state;
pub mod suppression;
pub mod template;
pub mod variable;
mod web_address;
pub mod webhook;

pub use drift::{DriftClass, Drifted, Meaning, Next, Since};
pub use graph::{Edges as References, needed};
pub use kind::{Kind, Resource};
pub use kinds::kinds;
pub use load::{blocks, load, references};
pub use project::{Declared, Project};
pub use reconcile::{
    BudgetUse, Desired, Error, FieldChange, Intent, Live, Numbers, Permit, Proposed, Readiness,
    Reconciler, Refusal, World, Writer, Written,
};
pub use rights::Rights;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub use schema::schema;
