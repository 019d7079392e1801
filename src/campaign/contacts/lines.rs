//! The lines of a file, with their numbers; some may be put back.

use std::collections::VecDeque;
use std::io::{self, BufRead, Read};

/// What one row may have in bytes, quoted line breaks included.
pub(super) const MAX_ROW: usize = 1 << 20;

/// One line without its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) number: u64,
    pub(super) bytes: Vec<u8>,
    /// The line is longer than a row may be; `bytes` holds its beginning.
    pub(super) is_cut: bool,
}

/// Reads line by line.
pub(super) struct Lines<R> {
    input: R,
    terminator: u8,
    number: u64,
    put_back: VecDeque<Line>,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R, terminator: u8) -> Self {
        Self {
            input,
            terminator,
            number: 0,
            put_back: VecDeque::new(),
        }
    }

    pub(super) fn next(&mut self) -> io::Result<Option<Line>> {
        if let Some(line) = self.put_back.pop_front() {
            return Ok(Some(line));
        }
        let mut bytes = Vec::new();
        let limit = MAX_ROW as u64 + 2;
        let read = (&mut self.input)
            .take(limit)
            .read_until(self.terminator, &mut bytes)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        let is_cut = bytes.last() != Some(&self.terminator) && bytes.len() > MAX_ROW;
        if is_cut {
            self.input.skip_until(self.terminator)?;
        } else {
            bytes.pop_if(|last| *last == self.terminator);
            bytes.pop_if(|last| *last == b'\r');
        }
        Ok(Some(Line {
            number: self.number,
            bytes,
            is_cut,
        }))
    }

    /// Gives lines back, to be read again before the others.
    pub(super) fn put_back(&mut self, lines: impl DoubleEndedIterator<Item = Line>) {
        for line in lines.rev() {
            self.put_back.push_front(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8], terminator: u8) -> Vec<(u64, String, bool)> {
        let mut lines = Lines::new(text, terminator);
        std::iter::from_fn(|| lines.next().unwrap())
            .map(|line| {
                let text = String::from_utf8(line.bytes).unwrap();
                (line.number, text, line.is_cut)
            })
            .collect()
    }

    #[test]
    fn ends_of_lines_do_not_count() {
        let expected = [
            (1, "a".to_owned(), false),
            (2, String::new(), false),
            (3, "b".to_owned(), false),
        ];
        assert_eq!(all(b"a\n\nb", b'\n'), expected);
        assert_eq!(all(b"a\r\n\r\nb\r\n", b'\n'), expected);
        assert_eq!(all(b"a\r\rb\r", b'\r'), expected);
    }

    #[test]
    fn a_line_without_an_end_does_not_fill_the_memory() {
        let text = [vec![b'x'; 3 * MAX_ROW], b"\nnext\n".to_vec()].concat();
        let lines = all(&text, b'\n');
        assert_eq!(lines.len(), 2);
        assert!(lines[0].2 && lines[0].1.len() < 2 * MAX_ROW);
        assert_eq!(lines[1], (2, "next".to_owned(), false));
    }

    #[test]
    fn lines_that_are_put_back_come_first_and_in_order() {
        let mut lines = Lines::new(&b"a\nb\nc\n"[..], b'\n');
        let (first, second) = (
            lines.next().unwrap().unwrap(),
            lines.next().unwrap().unwrap(),
        );
        lines.put_back([first, second].into_iter());
        let numbers: Vec<_> = std::iter::from_fn(|| lines.next().unwrap())
            .map(|line| line.number)
            .collect();
        assert_eq!(numbers, [1, 2, 3]);
    }
}
