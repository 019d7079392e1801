//! How a plan, a status or a history looks: terminal and JSON.
//!
//! A renderer reads one value and returns text. It asks nothing, compares nothing, prints nothing. Text that came from
//! outside (template bodies, Meta's reasons) is made safe for a terminal here.

pub mod apply;
pub mod contact;
pub mod count;
pub mod dashboard;
pub mod dead_letters;
pub mod doctor;
pub mod halt;
pub mod history;
pub mod interactions;
pub mod plan;
pub mod plan_json;
pub mod status;
pub mod style;
pub mod time;
mod words;
mod wrap;
