//! Message templates: creating, reading, editing, deleting, and Meta's review of them.

mod create;
mod delete;
mod edit;
mod events;
mod node;
mod placeholders;
mod review;
mod validate;

pub(crate) use create::{create, parse_category, seed};
pub(crate) use delete::delete;
pub(crate) use edit::{edit, unpause};
pub(crate) use events::{
    Extra, announce, announce_components, announce_correct_category, other_info,
};
pub(crate) use node::{list, node, node_value};
pub(crate) use placeholders::{placeholders, substitute};
pub(crate) use review::{ReviewRule, change_quality, set_category, set_status, settle};
