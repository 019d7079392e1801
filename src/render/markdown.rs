//! Markdown for a comment on a pull request.
//!
//! Nothing that came from outside is read as Markdown, HTML, a name or an address: it is escaped, or it stands in code.

mod changes;
mod diff;
mod messages;
mod notes;
mod plan;
#[cfg(test)]
mod tests;
mod text;

pub use plan::{MIN_BYTES, plan};
pub use text::{code, escape, fence};

/// What a comment holds at most, with room to spare: GitHub takes 65,536 characters.
pub const MAX_BYTES: usize = 65_000;
