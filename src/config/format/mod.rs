//! How a configuration is laid out: text in, text out.
//!
//! The layout is Taplo's with its default options, so that an editor that formats with Taplo and `waform fmt` leave each
//! other's work alone:
//!
//! - One space around `=` and inside the braces of inline tables, none inside the brackets of arrays and headers, none
//!   around the dots of keys, no indentation but inside arrays.
//! - An array that holds no comment stands on one line. Where a line would be longer than [`WIDTH`] characters, all arrays
//!   in it get one element a line, two spaces deep, each with its comma. An array that holds a comment stays that way.
//! - At most [`BLANK_LINES`] blank lines follow each other. Line breaks are `\n`; the file ends with one.
//! - Comments behind entries that follow each other directly are aligned, one space behind the longest of them.
//!
//! Three things Taplo leaves alone or cannot read: spaces at the end of a comment go; blank lines at the beginning of a
//! file go; an inline table over several lines, which TOML knows since version 1.1, is joined where it fits and holds no
//! comment, else laid out like an array.
//!
//! Keys, tables and elements are never reordered: their order means something to people. Strings keep their bytes. All
//! this works on the parser's events, not on its tree, which forgets the order of dotted keys; and what comes out is
//! believed only after a comparison, piece by piece, with what went in.

mod layout;
mod same;
mod tree;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::diagnostic::{Diagnostics, Report};
use super::place::{Place, Source, SourceId, Sources};
use super::{files, mask};

/// The number of characters that a line should not exceed.
pub const WIDTH: usize = 80;

/// How many blank lines may follow each other.
pub const BLANK_LINES: usize = 2;

/// Why a text was not formatted.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is no TOML.
    #[error("{} in the TOML", if .0.len() == 1 { "an error" } else { "errors" })]
    Syntax(Vec<toml::de::Error>),
    /// The result would say something else: a mistake of ours, never of the text's author.
    #[error("formatting would change what the file says")]
    Meaning,
}

/// Returns a TOML document in its layout.
///
/// # Errors
/// Where the text is no TOML.
pub fn format(text: &str) -> Result<String, Error> {
    let (_, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return Err(Error::Syntax(errors));
    }
    let pieces = tree::pieces(text);
    let formatted = layout::document(&tree::read(&pieces));
    if same::says_the_same(&pieces, &formatted) {
        Ok(formatted)
    } else {
        Err(Error::Meaning)
    }
}

/// Returns a file of `sources` in its layout; what is wrong with it is reported at its place.
#[must_use]
pub fn source(sources: &Sources, id: SourceId, diagnostics: &mut Diagnostics) -> Option<String> {
    let source = sources.get(id);
    match format(&source.text) {
        Ok(formatted) => Some(formatted),
        Err(Error::Syntax(errors)) => {
            for error in &errors {
                let place = Place::new(id, error.span().unwrap_or(0..0));
                diagnostics.push(super::syntax::report(error, place, &source.text));
            }
            None
        }
        Err(error @ Error::Meaning) => {
            let shown = source.path.display();
            diagnostics.push(
                Report::error("config::format", format!("`{shown}`: {error}")).help(
                    "the file was left as it is; please report this, with the file if you can",
                ),
            );
            None
        }
    }
}

/// Takes in the bytes of a file to be formatted; what is no text is reported.
pub fn take(
    bytes: &[u8],
    shown: &Path,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Option<SourceId> {
    files::text(bytes, shown, sources, diagnostics)
}

/// Returns a text with what may be a secret starred, for showing it.
#[must_use]
pub fn masked(text: &str) -> String {
    let source = Source {
        path: PathBuf::new(),
        text: text.to_owned(),
        secrets: mask::find(text),
    };
    source.masked()
}

/// Returns the files of a project that have a layout: its configuration, its variables and its scenarios.
///
/// # Errors
/// Where the directory cannot be read.
pub fn files(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let ours = name.ends_with(".toml") && !name.starts_with('.') && !files::is_foreign(name);
        if ours && entry.path().is_file() {
            names.push(PathBuf::from(name));
        }
    }
    names.sort_unstable();
    Ok(names)
}
