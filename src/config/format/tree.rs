//! A document as lines and lists, in the order of the file: all that a layout keeps, and nothing of how it was laid out
//! before, but for blank lines.

use toml_parser::Source;
use toml_parser::parser::{Event, EventKind, parse_document};

/// One event of the parser with its text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'a> {
    pub(super) kind: EventKind,
    pub(super) text: &'a str,
}

/// A line of the document, or several where its value runs over them.
#[derive(Debug)]
pub(super) struct Line<'a> {
    /// How many blank lines stand before it.
    pub(super) blanks: usize,
    pub(super) content: Content<'a>,
    pub(super) comment: Option<&'a str>,
}

#[derive(Debug)]
pub(super) enum Content<'a> {
    /// Only a comment.
    Nothing,
    Header(String),
    Entry {
        key: String,
        value: Value<'a>,
    },
}

#[derive(Debug)]
pub(super) enum Value<'a> {
    Scalar(&'a str),
    List(List<'a>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Brackets {
    Array,
    Table,
}

/// An array or an inline table.
#[derive(Debug)]
pub(super) struct List<'a> {
    pub(super) brackets: Brackets,
    /// The comment behind the opening bracket.
    pub(super) comment: Option<&'a str>,
    pub(super) rows: Vec<Row<'a>>,
    /// How many blank lines stand before the closing bracket.
    pub(super) blanks: usize,
    /// Whether a line ends between its elements.
    pub(super) spans_lines: bool,
}

/// An element of a list, or a comment on a line of its own.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub(super) blanks: usize,
    /// In an inline table with its key.
    pub(super) item: Option<(Option<String>, Value<'a>)>,
    pub(super) comment: Option<&'a str>,
}

impl List<'_> {
    /// Tells whether a comment stands between its own elements.
    pub(super) fn has_own_comment(&self) -> bool {
        self.comment.is_some() || self.rows.iter().any(|row| row.comment.is_some())
    }

    /// Tells whether a comment stands anywhere in it.
    pub(super) fn has_comment(&self) -> bool {
        self.has_own_comment()
            || self.rows.iter().any(|row| match &row.item {
                Some((_, Value::List(list))) => list.has_comment(),
                _ => false,
            })
    }
}

/// Returns a document's events, in order.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let tokens = Source::new(text).lex().into_vec();
    let mut pieces = Vec::with_capacity(tokens.len());
    let mut receive = |event: Event| {
        let span = event.span();
        let text = text.get(span.start()..span.end()).unwrap_or_default();
        // Nothing is added at the end of a comment but spaces, and nobody sees them.
        let text = match event.kind() {
            EventKind::Comment => text.trim_end(),
            _ => text,
        };
        pieces.push(Piece {
            kind: event.kind(),
            text,
        });
    };
    // Errors have been reported before: by the parser that builds the values, which finds more of them.
    parse_document(&tokens, &mut receive, &mut ());
    pieces
}

/// Returns the lines of a document without errors.
pub(super) fn read<'a>(pieces: &[Piece<'a>]) -> Vec<Line<'a>> {
    let mut reader = Reader {
        pieces: pieces.iter(),
    };
    let mut lines: Vec<Line<'a>> = Vec::new();
    let mut breaks = 0;
    while let Some(piece) = reader.pieces.next() {
        let content = match piece.kind {
            EventKind::Newline => {
                breaks += 1;
                continue;
            }
            EventKind::Comment => {
                if let Some(line) = lines.last_mut()
                    && breaks == 0
                {
                    line.comment = Some(piece.text);
                    continue;
                }
                Content::Nothing
            }
            EventKind::StdTableOpen | EventKind::ArrayTableOpen => {
                Content::Header(reader.header(piece.text))
            }
            EventKind::SimpleKey => {
                let key = reader.key(piece.text);
                let value = reader.value();
                Content::Entry { key, value }
            }
            _ => continue,
        };
        let comment = matches!(content, Content::Nothing).then_some(piece.text);
        lines.push(Line {
            blanks: blanks(breaks),
            content,
            comment,
        });
        breaks = 0;
    }
    lines
}

/// Returns how many blank lines so many line breaks make.
fn blanks(breaks: usize) -> usize {
    breaks.saturating_sub(1)
}

struct Reader<'p, 'a> {
    pieces: std::slice::Iter<'p, Piece<'a>>,
}

impl<'a> Reader<'_, 'a> {
    fn header(&mut self, open: &str) -> String {
        let mut header = open.to_owned();
        for piece in self.pieces.by_ref() {
            match piece.kind {
                EventKind::SimpleKey | EventKind::KeySep => header.push_str(piece.text),
                EventKind::StdTableClose | EventKind::ArrayTableClose => {
                    header.push_str(piece.text);
                    break;
                }
                _ => {}
            }
        }
        header
    }

    /// Reads a key that begins with `first`, up to its `=`.
    fn key(&mut self, first: &str) -> String {
        let mut key = first.to_owned();
        for piece in self.pieces.by_ref() {
            match piece.kind {
                EventKind::SimpleKey | EventKind::KeySep => key.push_str(piece.text),
                EventKind::KeyValSep => break,
                _ => {}
            }
        }
        key
    }

    /// Reads the value behind a `=`.
    fn value(&mut self) -> Value<'a> {
        while let Some(piece) = self.pieces.next() {
            if let Some(value) = self.value_of(piece) {
                return value;
            }
        }
        Value::Scalar("")
    }

    /// Reads the value that begins with `piece`; none begins with spaces.
    fn value_of(&mut self, piece: &Piece<'a>) -> Option<Value<'a>> {
        match piece.kind {
            EventKind::Scalar => Some(Value::Scalar(piece.text)),
            EventKind::ArrayOpen => Some(Value::List(self.list(Brackets::Array))),
            EventKind::InlineTableOpen => Some(Value::List(self.list(Brackets::Table))),
            _ => None,
        }
    }

    /// Reads a list behind its opening bracket.
    fn list(&mut self, brackets: Brackets) -> List<'a> {
        let mut list = List {
            brackets,
            comment: None,
            rows: Vec::new(),
            blanks: 0,
            spans_lines: false,
        };
        let mut breaks = 0;
        while let Some(piece) = self.pieces.next() {
            let item = match piece.kind {
                EventKind::Newline => {
                    breaks += 1;
                    list.spans_lines = true;
                    continue;
                }
                EventKind::ArrayClose | EventKind::InlineTableClose => break,
                // A comma on a later line goes back to its element, and a comment behind it, too.
                EventKind::ValueSep => {
                    breaks = 0;
                    continue;
                }
                EventKind::Comment => {
                    let place = match list.rows.last_mut() {
                        Some(row) => &mut row.comment,
                        None => &mut list.comment,
                    };
                    if breaks == 0 && place.is_none() {
                        *place = Some(piece.text);
                        continue;
                    }
                    None
                }
                EventKind::SimpleKey => Some((Some(self.key(piece.text)), self.value())),
                _ => match self.value_of(piece) {
                    Some(value) => Some((None, value)),
                    None => continue,
                },
            };
            let comment = item.is_none().then_some(piece.text);
            list.rows.push(Row {
                blanks: blanks(breaks),
                item,
                comment,
            });
            breaks = 0;
        }
        list.blanks = blanks(breaks);
        list
    }
}
