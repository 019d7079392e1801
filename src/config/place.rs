//! Where something stands: file, bytes, line and column.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::OnceLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One file of the project, by its index in [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// A range of bytes in one file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub source: SourceId,
    pub start: usize,
    pub end: usize,
}

/// No file is this long: the bits above say in a span which other file it belongs to.
const FILE_BITS: u32 = 40;
/// No project has so many files; spans of larger numbers belong to no file at all.
const MOST_FILES: usize = 1 << 20;

impl SourceId {
    /// Marks a span as one of this file, so that it keeps its place inside a block of another one.
    #[must_use]
    pub(super) fn mark(self, span: Range<usize>) -> Range<usize> {
        let mark = (self.0 as usize + 1) << FILE_BITS;
        span.start + mark..span.end + mark
    }
}

impl Place {
    /// Returns the place of a span in a file, or in the other file that the span is marked with: a block may be put
    /// together from several.
    #[must_use]
    pub fn new(source: SourceId, span: Range<usize>) -> Self {
        let mark = span.start >> FILE_BITS;
        match u32::try_from(mark) {
            Ok(file @ 1..) if mark <= MOST_FILES => {
                let mark = mark << FILE_BITS;
                Self {
                    source: SourceId(file - 1),
                    start: span.start - mark,
                    end: span.end - mark,
                }
            }
            _ => Self {
                source,
                start: span.start,
                end: span.end,
            },
        }
    }
}

/// A place as a person names it; lines and columns (in characters) count from one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Location {
    pub file: String,
    pub line: usize,
    pub column: usize,
}

/// One file that was read.
#[derive(Clone)]
pub struct Source {
    /// As shown to people: relative to the project's directory.
    pub path: PathBuf,
    pub text: String,
    /// Bytes that may hold a secret pasted by mistake; never shown.
    pub secrets: Vec<Range<usize>>,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            text: _,
            secrets,
        } = self;
        // The text stays out: it may hold a secret that nothing has recognised.
        f.debug_struct("Source")
            .field("path", path)
            .field("secrets", &secrets.len())
            .finish_non_exhaustive()
    }
}

/// All files of a project, in the order of their names.
#[derive(Clone, Debug, Default)]
pub struct Sources(Vec<Entry>);

#[derive(Clone, Debug)]
struct Entry {
    source: Source,
    /// The bytes at which lines begin, found when the first place is asked for: a file of thousands of blocks is asked for
    /// as many places.
    lines: OnceLock<Vec<usize>>,
}

impl Sources {
    pub fn add(&mut self, source: Source) -> SourceId {
        let id = u32::try_from(self.0.len()).expect("a project has fewer than four billion files");
        self.0.push(Entry {
            source,
            lines: OnceLock::new(),
        });
        SourceId(id)
    }

    #[must_use]
    pub fn get(&self, id: SourceId) -> &Source {
        &self.0[id.0 as usize].source
    }

    pub fn get_mut(&mut self, id: SourceId) -> &mut Source {
        let entry = &mut self.0[id.0 as usize];
        entry.lines.take();
        &mut entry.source
    }

    /// Hides what another reading of the same files has found to be secret.
    pub(crate) fn hide_as(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            for secret in &theirs.source.secrets {
                if !mine.source.secrets.contains(secret) {
                    mine.source.secrets.push(secret.clone());
                }
            }
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        (0..)
            .map(SourceId)
            .zip(self.0.iter().map(|entry| &entry.source))
    }

    /// Returns file, line and column of where a place begins.
    #[must_use]
    pub fn locate(&self, place: &Place) -> Location {
        self.location(place.source, place.start)
    }

    /// Returns file, line and column of where a place ends.
    #[must_use]
    pub fn locate_end(&self, place: &Place) -> Location {
        self.location(place.source, place.end)
    }

    /// Returns the place of some bytes of a string's value, `string` being the place of the string as it is written.
    ///
    /// Quotes are accounted for. Where escapes make bytes of the value and of the file differ, the whole string is the
    /// place.
    #[must_use]
    pub fn inside(&self, string: &Place, value: &str, range: Range<usize>) -> Place {
        let written = self
            .get(string.source)
            .text
            .get(string.start..string.end)
            .unwrap_or_default();
        let quotes = if written.starts_with("\"\"\"") || written.starts_with("'''") {
            // A line break directly behind the opening quotes does not belong to the value.
            let line_break = written[3..]
                .find(|c| c != '\r' && c != '\n')
                .filter(|_| !value.starts_with('\n'))
                .unwrap_or(0);
            3 + line_break
        } else {
            1
        };
        let same = written
            .get(quotes..)
            .is_some_and(|rest| rest.starts_with(value));
        if same && range.end <= value.len() {
            let start = string.start + quotes;
            Place::new(string.source, start + range.start..start + range.end)
        } else {
            string.clone()
        }
    }

    fn location(&self, id: SourceId, at: usize) -> Location {
        let Entry { source, lines } = &self.0[id.0 as usize];
        let end = source.text.floor_char_boundary(at);
        let lines = lines.get_or_init(|| line_starts(&source.text));
        let line = lines.partition_point(|start| *start <= end);
        let line_start = lines[line - 1];
        Location {
            file: source.path.display().to_string(),
            line,
            column: source.text[line_start..end].chars().count() + 1,
        }
    }
}

fn line_starts(text: &str) -> Vec<usize> {
    let behind_breaks = text.match_indices('\n').map(|(at, _)| at + 1);
    std::iter::once(0).chain(behind_breaks).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marked_span_keeps_its_file() {
        let marked = SourceId(2).mark(7..9);
        assert_eq!(
            Place::new(SourceId(0), marked),
            Place::new(SourceId(2), 7..9)
        );
        let none = Place::new(SourceId(1), usize::MAX / 2..usize::MAX / 2);
        assert_eq!(none.source, SourceId(1));
    }

    fn sources(text: &str) -> (Sources, SourceId) {
        let mut sources = Sources::default();
        let id = sources.add(Source {
            path: "a.toml".into(),
            text: text.to_owned(),
            secrets: Vec::new(),
        });
        (sources, id)
    }

    #[test]
    fn lines_and_columns_count_from_one_and_in_characters() {
        let text = "é = 1\n\n[b]\n";
        let (sources, id) = sources(text);
        let located: Vec<_> = [0, 2, 6, 7, 8, 11, text.len(), 99]
            .iter()
            .map(|at| sources.locate(&Place::new(id, *at..*at)))
            .map(|location| (location.line, location.column))
            .collect();
        assert_eq!(
            located,
            [
                (1, 1),
                (1, 2),
                (1, 6),
                (2, 1),
                (3, 1),
                (3, 4),
                (4, 1),
                (4, 1)
            ]
        );
    }

    #[test]
    fn a_text_that_was_changed_is_counted_anew() {
        let (mut sources, id) = sources("a\nb");
        let end = |sources: &Sources| sources.locate(&Place::new(id, 3..3)).line;
        assert_eq!(end(&sources), 2);
        sources.get_mut(id).text = "a\n\nb".to_owned();
        assert_eq!(end(&sources), 3);
    }

    fn inside(text: &str, value: &str, range: Range<usize>) -> String {
        let (sources, id) = sources(text);
        let place = sources.inside(&Place::new(id, 0..text.len()), value, range);
        text[place.start..place.end].to_owned()
    }

    #[test]
    fn a_place_inside_a_string_skips_its_quotes() {
        assert_eq!(inside("\"Hi {{name}}\"", "Hi {{name}}", 3..11), "{{name}}");
        assert_eq!(
            inside("\"\"\"\nHi {{name}}\"\"\"", "Hi {{name}}", 3..11),
            "{{name}}"
        );
        assert_eq!(inside("'''\r\nHi {{é}}'''", "Hi {{é}}", 3..9), "{{é}}");
    }

    #[test]
    fn a_string_with_escapes_is_one_place() {
        let text = r#""a\tb""#;
        assert_eq!(inside(text, "a\tb", 2..3), text);
    }
}
