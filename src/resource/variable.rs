//! `[variable.name]`: a value that differs from run to run. Its values are inserted by [`crate::config`] before any other
//! kind is read; here it only takes its place among the kinds.

use super::Resource;
pub use crate::config::Variable;

impl Resource for Variable {
    const KIND: &'static str = "variable";
}
