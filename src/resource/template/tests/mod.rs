//! Tests of more than one file of this room.

mod budgets;
mod compare;
mod content;
mod message;
mod readiness;
