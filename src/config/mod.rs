//! TOML with places: files, merging, variables, secret references, diagnostics.
//!
//! This floor knows syntax and places, not kinds: it yields [`Block`]s, one for each `[kind.name]` table, with the
//! variables inserted. What a block means is told by the rooms of [`crate::resource`].

mod address;
mod block;
mod canonical;
mod deserialize;
mod diagnostic;
mod digest;
mod environment;
mod files;
mod finding;
pub mod format;
mod insert;
mod json;
mod load;
mod mask;
mod nearest;
mod number_or;
mod overlay;
mod own;
mod place;
mod render;
mod scalar;
mod secret_ref;
mod spanned;
mod split;
mod string_or;
mod syntax;
mod values;
mod variable;

pub use address::Address;
pub use block::Block;
pub use canonical::{canonical, hide_secrets};
pub use deserialize::deserialize;
pub use diagnostic::{Diagnostics, Label, Report, Severity};
pub use digest::digest;
pub use finding::{Finding, Mark};
pub use json::to_json;
pub use load::{Inputs, KindShape, Loaded, load};
pub use nearest::{nearest, proposal};
pub use number_or::NumberOr;
pub use place::{Location, Place, Source, SourceId, Sources};
pub use render::{Style, render};
pub use scalar::{Scalar, Type as VariableType};
pub use secret_ref::SecretRef;
pub use spanned::Spanned;
pub use split::is_name;
pub use string_or::StringOr;
pub use values::{Interval, Rate, TimeOfDay};
pub use variable::{ENVIRONMENT_PREFIX, Variable, Variables};
