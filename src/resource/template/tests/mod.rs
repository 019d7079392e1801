//! Tests of more than one file of this room.

mod budgets;
mod compare;
mod content;
mod drift;
mod message;
mod readiness;
