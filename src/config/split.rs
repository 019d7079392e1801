//! From one file's tree to its blocks: which tables are blocks, and what is no block at all.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::block::Block;
use super::diagnostic::{Diagnostics, Report};
use super::load::KindShape;
use super::nearest::proposal;
use super::overlay;
use super::place::{Place, SourceId};
use super::spanned::Spanned;

type Value = toml::Spanned<DeValue<'static>>;

/// One file on its way to blocks.
pub(super) struct Splitter<'a> {
    pub(super) source: SourceId,
    pub(super) text: &'a str,
    pub(super) kinds: &'a [KindShape],
    /// The environment whose tables these are.
    pub(super) environment: Option<&'a str>,
    pub(super) diagnostics: &'a mut Diagnostics,
}

impl Splitter<'_> {
    /// Returns the blocks in the order of the file.
    pub(super) fn split(&mut self, table: DeTable<'static>) -> Vec<Block> {
        let mut blocks = Vec::new();
        for (key, value) in table {
            let kind = key.get_ref().to_string();
            let Some(shape) = self.kinds.iter().find(|shape| shape.name == kind) else {
                self.unknown_kind(&kind, key.span(), &value);
                continue;
            };
            if shape.named {
                self.named(&kind, key.span(), value, &mut blocks);
            } else if value.get_ref().is_table() {
                blocks.push(self.block(&kind, key.span(), None, value));
            } else {
                let example = self.header(&kind);
                self.not_a_table(&kind, key.span(), &example);
            }
        }
        blocks.sort_by_key(|block| block.header().start);
        blocks
    }

    fn named(&mut self, kind: &str, key: Range<usize>, value: Value, blocks: &mut Vec<Block>) {
        let example = self.header(&format!("{kind}.name"));
        let DeValue::Table(names) = value.into_inner() else {
            self.not_a_table(kind, key, &example);
            return;
        };
        // `[campaign]` with the keys of a campaign: one mistake, however many keys there are.
        let bare = names
            .iter()
            .find(|(_, value)| !value.get_ref().is_table())
            .map(|(name, _)| name.span());
        if let Some(first) = bare.clone() {
            self.diagnostics.push(
                Report::error("config::name_missing", format!("`{kind}` needs a name"))
                    .at(self.place(key.clone()), "no name here")
                    .at(self.place(first), "read as a name")
                    .help(format!("write `{example}`, with a name of your choice")),
            );
        }
        for (name, value) in names {
            // `source = { ... }` below a nameless `[list]` is a key of the list, not a list named `source`.
            let inline = self.text[value.span().start.min(self.text.len())..].starts_with('{');
            if !value.get_ref().is_table() || (bare.is_some() && inline) {
                continue;
            }
            let text = name.get_ref().to_string();
            if !is_name(&text) {
                self.diagnostics.push(
                    Report::error("config::name", format!("`{text}` cannot be a name"))
                        .at(self.place(name.span()), "")
                        .help("a name consists of letters, digits, `_` and `-`, and does not begin with `-`"),
                );
                continue;
            }
            let block = self.block(kind, key.clone(), Some((text, name.span())), value);
            blocks.push(block);
        }
    }

    /// Writes a table's header as it would stand here.
    fn header(&self, of: &str) -> String {
        match self.environment {
            Some(environment) => format!("[{}.{environment}.{of}]", overlay::KEY),
            None => format!("[{of}]"),
        }
    }

    fn block(
        &self,
        kind: &str,
        key: Range<usize>,
        name: Option<(String, Range<usize>)>,
        value: Value,
    ) -> Block {
        let kind_span = match &name {
            Some((_, name)) => self.kind_before(kind, name.start).unwrap_or(key),
            None => key,
        };
        let name = match name {
            Some((name, span)) => Spanned::new(span, name),
            None => Spanned::new(kind_span.end..kind_span.end, String::new()),
        };
        Block {
            kind: Spanned::new(kind_span, kind.to_owned()),
            name,
            source: self.source,
            value,
            inserted: BTreeMap::new(),
        }
    }

    /// Finds the kind in front of a name. TOML's own tree knows only where the kind stood first in the file.
    fn kind_before(&self, kind: &str, name: usize) -> Option<Range<usize>> {
        let before = self.text.get(..name)?.trim_end().strip_suffix('.')?;
        let before = before.trim_end().trim_end_matches(['"', '\'']);
        let start = before.strip_suffix(kind)?.len();
        Some(start..before.len())
    }

    fn unknown_kind(&mut self, kind: &str, key: Range<usize>, value: &Value) {
        let known = self.kinds.iter().map(|shape| shape.name);
        let report = if value.get_ref().is_table() || value.get_ref().is_array() {
            let mut report =
                Report::error("config::unknown_kind", format!("unknown kind `{kind}`"))
                    .at(self.place(key), "");
            report.help = proposal(kind, known);
            report
        } else {
            Report::error(
                "config::outside",
                format!("`{kind}` stands outside of any table"),
            )
            .at(self.place(key), "")
            .help("move it below the header of its table, like `[account.main]`")
        };
        self.diagnostics.push(report);
    }

    fn not_a_table(&mut self, kind: &str, key: Range<usize>, example: &str) {
        self.diagnostics.push(
            Report::error(
                "config::not_a_table",
                format!("`{kind}` is not a table here"),
            )
            .at(self.place(key), "")
            .help(format!(
                "write `{example}` on a line of its own, its keys below"
            )),
        );
    }

    fn place(&self, span: Range<usize>) -> Place {
        Place::new(self.source, span)
    }
}

/// Tells whether a text may name a resource: addresses (`kind.name["index"]`) must be readable back.
#[must_use]
pub fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}
