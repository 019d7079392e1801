//! What is wrong with a file, or with one of its rows.

use std::fmt;
use std::io;

use crate::config::{Place, Report};
use crate::phone_number;

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the file does not exist")]
    Missing,
    #[error("it is a directory, not a file")]
    Directory,
    #[error("the file cannot be read: {0}")]
    Unreadable(#[source] io::Error),
    #[error("the file is empty")]
    Empty,
    #[error("the file is a workbook, not CSV")]
    Workbook,
    #[error("the file is not UTF-8")]
    NotUtf8,
    #[error("the first line names no columns")]
    NoHeader,
    #[error("two columns are called `{0}`")]
    DuplicateColumn(String),
}

impl OpenError {
    fn code(&self) -> &'static str {
        match self {
            Self::Missing => "contacts::missing",
            Self::Directory | Self::Unreadable(_) => "contacts::unreadable",
            Self::Empty => "contacts::empty",
            Self::Workbook => "contacts::workbook",
            Self::NotUtf8 => "contacts::not_utf8",
            Self::NoHeader => "contacts::no_header",
            Self::DuplicateColumn(_) => "contacts::duplicate_column",
        }
    }

    fn help(&self) -> &'static str {
        match self {
            Self::Missing => "the path is relative to the project's directory; check its spelling",
            Self::Directory => "name a CSV file in it: source = { csv = \"lists/customers.csv\" }",
            Self::Unreadable(_) => "look at the file's owner and permissions",
            Self::Empty => "write at least the header line: phone,first_name,opted_in_at",
            Self::Workbook | Self::NotUtf8 => {
                "save it again as \"CSV UTF-8\" (Excel: File, Save As, CSV UTF-8)"
            }
            Self::NoHeader => "begin the file with a line that names its columns",
            Self::DuplicateColumn(_) => "give each column a name of its own",
        }
    }

    /// Says it at the place of the configuration that names the file.
    #[must_use]
    pub fn report(&self, file: &str, place: &Place) -> Report {
        Report::error(self.code(), format!("{file}: {self}"))
            .at(place.clone(), "")
            .help(self.help())
    }
}

/// Why one row is left out, or not taken at its word.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("the row has {found} {}, the header has {expected}", if *found == 1 { "cell" } else { "cells" })]
    Cells { found: usize, expected: usize },
    #[error("the row has more than the {expected} cells of the header")]
    MoreCells { expected: usize },
    #[error("a quote is opened and not closed")]
    Quote,
    #[error("the row is longer than a megabyte")]
    TooLong,
    #[error("the row holds bytes that are not UTF-8: save the file as \"CSV UTF-8\"")]
    NotUtf8,
    /// The contact has no usable number and is no member of the audience.
    #[error(transparent)]
    Number(#[from] phone_number::Error),
    /// The contact stays; its zones are told from its number.
    #[error("`{0}` is not a time zone: the number's zones are used")]
    Zone(String),
}

/// One row with its problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowError {
    /// As the configuration names it.
    pub file: String,
    /// From one; the header is line one.
    pub line: u64,
    pub problem: Problem,
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.problem)
    }
}
