//! One `[kind.name]` table, before its kind has read it.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use super::address::Address;
use super::place::{Place, SourceId};
use super::spanned::Spanned;

/// A table of the configuration with its places, variables inserted.
#[derive(Clone)]
pub struct Block {
    pub kind: Spanned<String>,
    /// The name; for kinds without names (`[guard]`, `[serve]`) the name is empty.
    pub name: Spanned<String>,
    pub source: SourceId,
    pub value: toml::Spanned<toml::de::DeValue<'static>>,
    /// Values that are one variable alone, by where they begin: such a number may stand where a string belongs too.
    pub inserted: BTreeMap<usize, String>,
}

impl Block {
    #[must_use]
    pub fn address(&self) -> Address {
        Address::new(self.kind.get(), self.name.get())
    }

    /// Returns the place of a span inside this block's file.
    #[must_use]
    pub fn place(&self, span: Range<usize>) -> Place {
        Place::new(self.source, span)
    }

    /// Returns the place of `[kind.name]`, without its brackets.
    #[must_use]
    pub fn header(&self) -> Place {
        let start = self.kind.span().start;
        self.place(start..self.name.span().end.max(self.kind.span().end))
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The value stays out: it may hold a secret that was pasted by mistake.
        f.debug_struct("Block")
            .field("address", &self.address())
            .field("place", &self.header())
            .finish_non_exhaustive()
    }
}
