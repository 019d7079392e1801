//! A CSV file, row by row.
//!
//! Cells are taken apart by the `csv` crate's own parser. Which lines make up a row is found here, so that a quote that is
//! opened by mistake costs one row and not the rest of the file, and no row fills the memory.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

use csv_core::ReadRecordResult;

use super::header::{Header, declared_separator, separator};
use super::lines::{Line, Lines, MAX_ROW};
use super::{OpenError, Problem};

/// Lines that one row may have; a quote that is open for longer was opened by mistake.
const MAX_LINES: usize = 200;
const BUFFER: usize = 1 << 17;

/// One row that could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub line: u64,
    text: String,
    ends: Vec<usize>,
}

impl Row {
    /// Returns a cell, without the white space around it.
    #[must_use]
    pub fn cell(&self, column: usize) -> &str {
        let start = if column == 0 {
            0
        } else {
            self.ends[column - 1]
        };
        self.text[start..self.ends[column]].trim()
    }

    /// Returns all cells in the order of the columns.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|column| self.cell(column))
    }
}

/// A file that is being read.
pub struct Reader {
    lines: Lines<Box<dyn BufRead + Send>>,
    header: Arc<Header>,
    separator: u8,
    parser: csv_core::Reader,
}

impl Reader {
    /// Opens a file and reads its header line.
    ///
    /// # Errors
    /// Where it is not a CSV file with a header line.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let file = File::open(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => OpenError::Missing,
            _ => OpenError::Unreadable(error),
        })?;
        if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
            return Err(OpenError::Directory);
        }
        Self::new(Box::new(BufReader::with_capacity(BUFFER, file)))
    }

    fn new(mut input: Box<dyn BufRead + Send>) -> Result<Self, OpenError> {
        let start = input.fill_buf().map_err(OpenError::Unreadable)?;
        if start.is_empty() {
            return Err(OpenError::Empty);
        }
        if start.starts_with(b"PK\x03\x04") || start.starts_with(b"\xD0\xCF\x11\xE0") {
            return Err(OpenError::Workbook);
        }
        // UTF-16 has a zero in every other byte of plain text.
        if start.contains(&0) || start.starts_with(b"\xFF\xFE") || start.starts_with(b"\xFE\xFF") {
            return Err(OpenError::NotUtf8);
        }
        let is_old_mac = start.contains(&b'\r') && !start.contains(&b'\n');
        if start.starts_with(b"\xEF\xBB\xBF") {
            input.consume(3);
        }
        let lines = Lines::new(input, if is_old_mac { b'\r' } else { b'\n' });
        let mut reader = Self {
            lines,
            header: Arc::new(Header::new(vec!["-".to_owned()])?),
            separator: b',',
            parser: csv_core::Reader::new(),
        };
        reader.read_header()?;
        Ok(reader)
    }

    fn read_header(&mut self) -> Result<(), OpenError> {
        let mut first = self.line_with_text()?;
        let declared = declared_separator(&first.bytes);
        if declared.is_some() {
            first = self.line_with_text()?;
        }
        self.use_separator(declared.unwrap_or_else(|| separator(&first.bytes)));
        // Names of columns are quoted over several lines now and then: the header is read like any row.
        self.lines.put_back(std::iter::once(first));
        let lines = self.row_lines().map_err(OpenError::Unreadable)?;
        let cells = lines
            .map_err(|(problem, _)| problem)
            .and_then(|lines| self.parse(&lines, usize::MAX))
            .map_err(|problem| match problem {
                Problem::NotUtf8 => OpenError::NotUtf8,
                _ => OpenError::NoHeader,
            })?;
        let names = cells.cells().map(str::to_owned).collect();
        self.header = Arc::new(Header::new(names)?);
        Ok(())
    }

    fn line_with_text(&mut self) -> Result<Line, OpenError> {
        loop {
            let line = self.lines.next().map_err(OpenError::Unreadable)?;
            let line = line.ok_or(OpenError::Empty)?;
            if !line.bytes.trim_ascii().is_empty() {
                return Ok(line);
            }
        }
    }

    fn use_separator(&mut self, separator: u8) {
        self.separator = separator;
        self.parser = csv_core::ReaderBuilder::new().delimiter(separator).build();
    }

    #[must_use]
    pub fn header(&self) -> &Arc<Header> {
        &self.header
    }

    /// Returns the next row, or the line and the problem of one that cannot be read; none at the end. Rows without any text
    /// are passed over.
    ///
    /// # Errors
    /// Where the file cannot be read on.
    pub fn read_row(&mut self) -> io::Result<Option<Result<Row, (u64, Problem)>>> {
        loop {
            let lines = match self.row_lines()? {
                Ok(lines) if lines.is_empty() => return Ok(None),
                Ok(lines) => lines,
                Err((problem, line)) => return Ok(Some(Err((line, problem)))),
            };
            if lines.iter().all(|line| line.bytes.trim_ascii().is_empty()) {
                continue;
            }
            let number = lines[0].number;
            let expected = self.header.names().len();
            let row = self.parse(&lines, expected);
            match row {
                Ok(row) if row.cells().all(str::is_empty) => {}
                Ok(row) if row.ends.len() == expected => return Ok(Some(Ok(row))),
                Ok(_) | Err(Problem::MoreCells { .. }) if lines.len() > 1 => {
                    self.lines.put_back(lines.into_iter().skip(1));
                    return Ok(Some(Err((number, Problem::Quote))));
                }
                Ok(row) => {
                    let found = row.ends.len();
                    return Ok(Some(Err((number, Problem::Cells { found, expected }))));
                }
                Err(problem) => return Ok(Some(Err((number, problem)))),
            }
        }
    }

    /// Returns the lines of the next row, none at the end of the file; or the problem and its line.
    fn row_lines(&mut self) -> io::Result<Result<Vec<Line>, (Problem, u64)>> {
        let mut lines: Vec<Line> = Vec::new();
        let (mut quoting, mut size, mut is_odd) = (Quoting::Start, 0, false);
        while let Some(line) = self.lines.next()? {
            size += line.bytes.len();
            is_odd |= quoting.pass(&line.bytes, self.separator);
            let number = line.number;
            let is_cut = line.is_cut;
            lines.push(line);
            if is_cut && lines.len() == 1 {
                return Ok(Err((Problem::TooLong, number)));
            }
            // Text after a closing quote, lines further down, belongs to the opening quote of another row.
            if is_odd && lines.len() > 1 || lines.len() > MAX_LINES || size > MAX_ROW {
                break;
            }
            if quoting != Quoting::Quoted {
                return Ok(Ok(lines));
            }
        }
        if lines.is_empty() {
            return Ok(Ok(lines));
        }
        let mut lines = lines.into_iter();
        let first = lines.next().map_or(0, |line| line.number);
        self.lines.put_back(lines);
        Ok(Err((Problem::Quote, first)))
    }

    fn parse(&mut self, lines: &[Line], expected: usize) -> Result<Row, Problem> {
        let joined;
        let input = match lines {
            [line] => &line.bytes,
            lines => {
                let parts: Vec<_> = lines.iter().map(|line| line.bytes.as_slice()).collect();
                joined = parts.join(&b'\n');
                &joined
            }
        };
        let cells = input.iter().filter(|byte| **byte == self.separator).count() + 1;
        let mut text = vec![0; input.len()];
        let mut ends = vec![0; cells.min(expected.saturating_add(1))];
        self.parser.reset();
        let (mut read, mut written, mut ended) = (0, 0, 0);
        loop {
            let (result, input_read, text_written, cells_ended) =
                self.parser
                    .read_record(&input[read..], &mut text[written..], &mut ends[ended..]);
            read += input_read;
            written += text_written;
            ended += cells_ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputEndsFull => return Err(Problem::MoreCells { expected }),
                // Unquoted text is never longer than what it was read from.
                ReadRecordResult::OutputFull => return Err(Problem::TooLong),
                ReadRecordResult::Record | ReadRecordResult::End => break,
            }
        }
        text.truncate(written);
        ends.truncate(ended);
        Ok(Row {
            line: lines.first().map_or(0, |line| line.number),
            text: String::from_utf8(text).map_err(|_| Problem::NotUtf8)?,
            ends,
        })
    }
}

/// Where the end of a line stands in a row, as the parser sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quoting {
    /// Before the first byte of a cell.
    Start,
    Plain,
    Quoted,
    /// After a quote inside quotes: the end of them, or the first of two that stand for one.
    Closing,
}

impl Quoting {
    /// Goes over one line; tells whether a closing quote was followed by text.
    fn pass(&mut self, line: &[u8], separator: u8) -> bool {
        let mut is_odd = false;
        for byte in line {
            *self = match (*self, *byte) {
                (Self::Quoted, b'"') => Self::Closing,
                (Self::Start | Self::Closing, b'"') | (Self::Quoted, _) => Self::Quoted,
                (_, byte) if byte == separator => Self::Start,
                (before, byte) => {
                    is_odd |= before == Self::Closing && !byte.is_ascii_whitespace();
                    Self::Plain
                }
            };
        }
        is_odd
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
