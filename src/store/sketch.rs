//! A sketch of an audience: small, of one size, and enough to tell how many contacts came, went or have other values
//! since another sketch was made, without holding any of them.
//!
//! It is an invertible Bloom lookup table (Goodrich and Mitzenmacher, 2011). Every contact is two keyed hashes, one of the
//! number and one of what would be sent to it; each pair is added to three cells. What two audiences have in common
//! cancels out when one table is taken from the other; a cell that one pair alone is left in gives that pair away, taking it
//! out lays others bare, and so on until nothing is left. That works for as many differences as about four fifths of the
//! cells; beyond, only a lower bound is known.
//!
//! The hashes are keyed with the ledger's id, which leaves the ledger nowhere: without it nobody can try telephone numbers
//! on a sketch that lies in a file. A ledger that does not exist yet has no id to hide behind, and so no sketch.

use std::hash::Hasher;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};
use siphasher::sip::SipHasher24;

/// Each contact is added to one cell of each part: never twice to the same.
const PARTS: usize = 3;
const PART: usize = 683;
const CELLS: usize = PARTS * PART;
/// Bytes of one cell in a file: place, count, two hashes, check.
const WRITTEN: usize = 2 + 4 + 8 + 8 + 8;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cell {
    /// How many are in it; below zero after a subtraction.
    count: i32,
    contact: u64,
    values: u64,
    check: u64,
}

/// A sketch of contacts and their values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sketch {
    cells: Vec<Cell>,
}

/// How one audience differs from an earlier one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    pub came: u64,
    pub went: u64,
    /// There before and now, with something else to be sent to them, or a reason not to.
    pub changed: u64,
}

/// What two sketches tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    Exactly(Difference),
    /// Too many to be told apart; more contacts than this differ.
    MoreThan(u64),
}

impl Default for Sketch {
    fn default() -> Self {
        Self {
            cells: vec![Cell::default(); CELLS],
        }
    }
}

impl Cell {
    fn put(&mut self, count: i32, (contact, values): (u64, u64)) {
        self.count = self.count.wrapping_add(count);
        self.contact ^= contact;
        self.values ^= values;
        self.check ^= check(contact, values);
    }

    /// Tells whether one pair alone is left in it.
    fn is_pure(&self) -> bool {
        self.count.abs() == 1 && self.check == check(self.contact, self.values)
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Sketch {
    fn put(&mut self, count: i32, pair: (u64, u64)) {
        for place in places(pair) {
            self.cells[place].put(count, pair);
        }
    }

    /// Tells how the audience of this sketch differs from that of an `earlier` one, made with the same ledger.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Told {
        let mut rest = self.clone();
        for (cell, earlier) in rest.cells.iter_mut().zip(&earlier.cells) {
            cell.count = cell.count.wrapping_sub(earlier.count);
            cell.contact ^= earlier.contact;
            cell.values ^= earlier.values;
            cell.check ^= earlier.check;
        }
        let (mut came, mut went) = (Vec::new(), Vec::new());
        let mut pure: Vec<usize> = (0..CELLS).collect();
        while let Some(place) = pure.pop() {
            let cell = rest.cells[place];
            // A table that was damaged could go on for ever; an honest one gives away fewer pairs than it has cells.
            if !cell.is_pure() || came.len() + went.len() >= CELLS {
                continue;
            }
            let pair = (cell.contact, cell.values);
            match cell.count {
                1 => came.push(cell.contact),
                _ => went.push(cell.contact),
            }
            rest.put(-cell.count, pair);
            pure.extend(places(pair));
        }
        let hidden = rest.cells.iter().filter(|cell| !cell.is_empty()).count();
        if hidden > 0 {
            // No pair lies in more cells than there are parts, and no contact differs by more than two pairs.
            let pairs = came.len() + went.len() + hidden.div_ceil(PARTS);
            return Told::MoreThan((pairs.div_ceil(2) as u64).saturating_sub(1));
        }
        Told::Exactly(Difference::of(came, went))
    }
}

impl Difference {
    /// Who came and went at once has other values.
    fn of(mut came: Vec<u64>, mut went: Vec<u64>) -> Self {
        came.sort_unstable();
        went.sort_unstable();
        let changed = came
            .iter()
            .filter(|contact| went.binary_search(contact).is_ok())
            .count() as u64;
        Self {
            came: came.len() as u64 - changed,
            went: went.len() as u64 - changed,
            changed,
        }
    }
}

/// Adds contacts to a sketch under the key of one ledger.
#[derive(Clone, Debug)]
pub(super) struct Sketcher {
    key: SipHasher24,
    sketch: Sketch,
}

impl Sketcher {
    /// Begins a sketch under the id of a ledger.
    pub(super) fn new(ledger: &str) -> Self {
        let digest = Sha256::new()
            .chain_update("waform sketch\0")
            .chain_update(ledger)
            .finalize();
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        Self {
            key: SipHasher24::new_with_key(&key),
            sketch: Sketch::default(),
        }
    }

    /// Adds a contact by its number and a digest of all that belongs to it.
    pub(super) fn add(&mut self, phone: i64, digest: u128) {
        let mut contact = self.key;
        contact.write_i64(phone);
        let mut values = self.key;
        values.write_u128(digest);
        self.sketch.put(1, (contact.finish(), values.finish()));
    }

    pub(super) fn sketch(&self) -> &Sketch {
        &self.sketch
    }
}

/// Returns the cells of a pair, one of each part.
fn places((contact, values): (u64, u64)) -> [usize; PARTS] {
    let mut state = contact ^ values.rotate_left(29);
    std::array::from_fn(|part| {
        state = mixed(state);
        #[expect(clippy::cast_possible_truncation, reason = "below the size of a part")]
        let place = (state % PART as u64) as usize;
        part * PART + place
    })
}

fn check(contact: u64, values: u64) -> u64 {
    mixed(contact.rotate_left(17) ^ mixed(values))
}

/// One step of SplitMix64.
fn mixed(state: u64) -> u64 {
    let mixed = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl Serialize for Sketch {
    /// The cells that are not empty, in Base64.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::new();
        let full = (0u16..).zip(&self.cells);
        for (place, cell) in full.filter(|(_, cell)| !cell.is_empty()) {
            bytes.extend(place.to_be_bytes());
            bytes.extend(cell.count.to_be_bytes());
            for sum in [cell.contact, cell.values, cell.check] {
                bytes.extend(sum.to_be_bytes());
            }
        }
        serializer.serialize_str(&STANDARD.encode(bytes))
    }
}

impl<'de> Deserialize<'de> for Sketch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = STANDARD.decode(text).map_err(de::Error::custom)?;
        let mut sketch = Self::default();
        let (cells, rest) = bytes.as_chunks::<WRITTEN>();
        for bytes in cells {
            let place = usize::from(u16::from_be_bytes(part(bytes, 0)));
            let cell = sketch
                .cells
                .get_mut(place)
                .ok_or_else(|| de::Error::custom("a sketch has no such cell"))?;
            *cell = Cell {
                count: i32::from_be_bytes(part(bytes, 2)),
                contact: u64::from_be_bytes(part(bytes, 6)),
                values: u64::from_be_bytes(part(bytes, 14)),
                check: u64::from_be_bytes(part(bytes, 22)),
            };
        }
        if !rest.is_empty() {
            return Err(de::Error::custom("a sketch that is cut off"));
        }
        Ok(sketch)
    }
}

/// Returns the bytes of one number in a written cell.
fn part<const N: usize>(cell: &[u8; WRITTEN], at: usize) -> [u8; N] {
    std::array::from_fn(|index| cell[at + index])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    const LEDGER: &str = "0123456789abcdef0123456789abcdef";

    fn sketch(people: &BTreeMap<i64, u128>) -> Sketch {
        let mut sketcher = Sketcher::new(LEDGER);
        for (phone, values) in people {
            sketcher.add(*phone, *values);
        }
        sketcher.sketch().clone()
    }

    /// So many people more, from a number on.
    fn people(from: i64, count: i64, values: u128) -> BTreeMap<i64, u128> {
        (from..from + count).map(|phone| (phone, values)).collect()
    }

    proptest! {
        #[test]
        fn who_came_went_or_changed_is_counted(
            stayed in 0i64..5_000, came in 0i64..400, went in 0i64..400, changed in 0i64..200,
        ) {
            let both = people(0, stayed, 1);
            let mut before = both.clone();
            before.extend(people(100_000, went, 1));
            before.extend(people(200_000, changed, 1));
            let mut now = both;
            now.extend(people(300_000, came, 1));
            now.extend(people(200_000, changed, 2));
            let told = sketch(&now).since(&sketch(&before));
            let [came, went, changed] = [came, went, changed].map(i64::unsigned_abs);
            prop_assert_eq!(told, Told::Exactly(Difference { came, went, changed }));
        }

        #[test]
        fn what_cannot_be_counted_is_never_overstated(came in 2_100i64..6_000, changed in 0i64..500) {
            let mut before = people(0, 1_000, 1);
            before.extend(people(200_000, changed, 1));
            let mut now = people(0, 1_000, 1);
            now.extend(people(200_000, changed, 2));
            now.extend(people(300_000, came, 1));
            let told = sketch(&now).since(&sketch(&before));
            let Told::MoreThan(number) = told else {
                panic!("more pairs than cells: {told:?}");
            };
            prop_assert!(number < (came + changed).unsigned_abs());
            prop_assert!(number >= 300, "{}", number);
        }

        #[test]
        fn a_file_gives_back_what_was_written(count in 0i64..3_000) {
            let sketch = sketch(&people(0, count, 7));
            let text = serde_json::to_string(&sketch).unwrap();
            prop_assert_eq!(serde_json::from_str::<Sketch>(&text).unwrap(), sketch);
        }

        #[test]
        fn nonsense_is_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let text = serde_json::json!(STANDARD.encode(bytes));
            if let Ok(sketch) = serde_json::from_value::<Sketch>(text) {
                let _told = Sketch::default().since(&sketch);
            }
        }
    }

    #[test]
    fn another_ledger_knows_nobody() {
        let mut ours = Sketcher::new(LEDGER);
        let mut theirs = Sketcher::new("fedcba9876543210fedcba9876543210");
        ours.add(37_255_501_234, 1);
        theirs.add(37_255_501_234, 1);
        let told = ours.sketch().since(theirs.sketch());
        let (came, went, changed) = (1, 1, 0);
        assert_eq!(
            told,
            Told::Exactly(Difference {
                came,
                went,
                changed
            })
        );
    }

    #[test]
    fn a_million_contacts_take_no_more_room_than_a_thousand() {
        let few = serde_json::to_string(&sketch(&people(0, 5_000, 1))).unwrap();
        let many = serde_json::to_string(&sketch(&people(0, 200_000, 1))).unwrap();
        assert_eq!(few.len(), many.len());
        assert!(many.len() < 90_000, "{}", many.len());
    }
}
