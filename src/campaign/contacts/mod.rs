//! Contacts as CSV files hold them: read row by row, never whole.
//!
//! The separator and the end of line are found from the file itself; UTF-8, with or without a byte order mark. A row that cannot
//! be read is reported with its line and the next is read on. What the cells mean is not known here.

mod error;
mod header;
mod lines;
mod reader;

pub use error::{OpenError, Problem, RowError};
pub use header::Header;
pub use reader::{Reader, Row};
