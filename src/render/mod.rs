//! How a plan, a status or a history looks: terminal and JSON.
//!
//! A renderer reads one value and returns text. It asks nothing, compares nothing, prints nothing. Text that came from
//! outside (template bodies, Meta's reasons) is made safe for a terminal here.

pub mod apply;
pub mod configuration;
pub mod contact;
pub mod count;
pub mod dashboard;
pub mod dead_letters;
pub mod doctor;
pub mod drift;
pub mod events;
#[cfg(test)]
mod fixtures;
pub mod github;
pub mod graph;
pub mod halt;
pub mod history;
pub mod interactions;
pub mod journal;
pub mod lock;
pub mod markdown;
pub mod outputs;
pub mod plan;
pub mod plan_json;
pub mod sarif;
pub mod saved;
pub mod schemas;
pub mod state;
pub mod status;
pub mod style;
pub mod text_diff;
pub mod time;
mod words;
mod wrap;
