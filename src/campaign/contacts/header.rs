//! The header line: which columns there are, and what separates them.

use std::collections::HashMap;

use super::OpenError;

/// Tried in this order where several are as frequent.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// The names of the columns.
#[derive(Debug, PartialEq, Eq)]
pub struct Header {
    names: Vec<String>,
    positions: HashMap<String, usize>,
}

impl Header {
    pub(super) fn new(names: Vec<String>) -> Result<Self, OpenError> {
        let mut positions = HashMap::new();
        for (at, name) in names.iter().enumerate() {
            // Columns without a name are left by spreadsheets; nothing can refer to them.
            if !name.is_empty() && positions.insert(name.clone(), at).is_some() {
                return Err(OpenError::DuplicateColumn(name.clone()));
            }
        }
        if positions.is_empty() {
            return Err(OpenError::NoHeader);
        }
        Ok(Self { names, positions })
    }

    /// Returns the names in the order of the columns.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.positions.get(name).copied()
    }

    /// Tells whether this line looks like a contact: a file without a header line.
    #[must_use]
    pub fn looks_like_a_contact(&self) -> bool {
        self.names.iter().any(|name| {
            let digits = name.bytes().filter(u8::is_ascii_digit).count();
            let others = name
                .chars()
                .filter(|c| !c.is_ascii_digit() && !" +-()./".contains(*c));
            digits >= 7 && others.count() == 0
        })
    }
}

/// Returns what separates the cells of a header line: what is most frequent outside quotes.
pub(super) fn separator(line: &[u8]) -> u8 {
    let mut counts = [0usize; SEPARATORS.len()];
    let mut is_quoted = false;
    for byte in line {
        match SEPARATORS.iter().position(|separator| separator == byte) {
            Some(at) if !is_quoted => counts[at] += 1,
            _ => is_quoted ^= *byte == b'"',
        }
    }
    let most = counts.iter().copied().max().unwrap_or_default();
    let at = counts.iter().position(|count| *count == most);
    SEPARATORS[at.unwrap_or_default()]
}

/// Returns the separator that a line `sep=;` declares: Excel's way of saying it.
pub(super) fn declared_separator(line: &[u8]) -> Option<u8> {
    match line {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', separator] => Some(*separator),
        _ => None,
    }
}
