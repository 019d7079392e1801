//! What all of the Graph API has in common: errors, tokens, field projection, paging, usage.

mod auth;
mod codes;
mod error;
mod fields;
mod page;
mod usage;

pub(crate) use auth::{Access, Scope, authenticate, describe_token};
pub(crate) use codes::title;
pub(crate) use error::GraphError;
pub(crate) use fields::{Fields, NodeType};
pub(crate) use page::page;
pub(crate) use usage::{Level, Usage};
