//! Media by id: what is uploaded once and sent by many messages.
//!
//! Only what describes a file is kept, not its bytes; nobody can fetch it again. Samples for template headers take
//! another way (see [`super::uploads`]).

mod kind;
mod node;

pub(crate) use kind::Kind;
pub(crate) use node::{Media, list, receive, remove, show, upload};
