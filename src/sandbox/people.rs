//! The people on the other side: who has written to us lately, who wants no marketing, who has another device.
//!
//! A service window is open for 24 hours from each message of a customer (service messages page, Sep 2026). Windows and
//! preferences are kept in memory and bounded by what is recent or rare; after a restart they are reckoned again from what
//! customers wrote.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use rlibphonenumber::PHONE_NUMBER_UTIL;
use serde::{Deserialize, Serialize};

use super::core::Turn;
use super::random::{mix, mix_text};

/// How long a service window is open.
pub(crate) const WINDOW: SignedDuration = SignedDuration::from_hours(24);
const WINDOW_MILLIS: i64 = 86_400_000;
/// Odd, so that multiplying by it can be undone.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// What is special about a person.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Person {
    /// The hash of their present identity, since they changed it.
    pub identity: Option<String>,
    /// The number that they moved to.
    pub moved_to: Option<String>,
}

/// Everybody of whom something is known.
#[derive(Debug, Default)]
pub(crate) struct People {
    pub special: BTreeMap<String, Person>,
    /// By number and person, in milliseconds: when the person wrote last.
    wrote: HashMap<u64, i64>,
    /// At how many entries those whose window is over are thrown out.
    sweep_at: usize,
    /// Account and person.
    stopped: BTreeSet<(String, String)>,
}

fn key(phone: &str, wa_id: &str) -> u64 {
    mix_text(mix_text(0, phone), wa_id)
}

impl People {
    /// Notes that a person wrote to a number.
    pub(crate) fn wrote(&mut self, phone: &str, wa_id: &str, at: i64) {
        if self.wrote.len() > self.sweep_at {
            self.wrote.retain(|_, last| at - *last < WINDOW_MILLIS);
            self.sweep_at = self.wrote.len() * 2 + 4_096;
        }
        let last = self.wrote.entry(key(phone, wa_id)).or_insert(at);
        *last = at.max(*last);
    }

    /// Whether free-form messages from a number to a person are allowed.
    pub(crate) fn window_open(&self, phone: &str, wa_id: &str, now: i64) -> bool {
        self.wrote
            .get(&key(phone, wa_id))
            .is_some_and(|last| now - last < WINDOW_MILLIS)
    }

    /// Notes whether a person wants an account's marketing.
    pub(crate) fn prefers(&mut self, waba: &str, wa_id: &str, stop: bool) {
        let key = (waba.to_owned(), wa_id.to_owned());
        if stop {
            self.stopped.insert(key);
        } else {
            self.stopped.remove(&key);
        }
    }

    /// Whether a person has stopped an account's marketing.
    pub(crate) fn has_stopped(&self, waba: &str, wa_id: &str) -> bool {
        // Most accounts have nobody who did: spares them the key.
        !self.stopped.is_empty() && self.stopped.contains(&(waba.to_owned(), wa_id.to_owned()))
    }

    /// Whether a person has left their number for another.
    pub(crate) fn has_moved(&self, wa_id: &str) -> bool {
        self.special
            .get(wa_id)
            .is_some_and(|person| person.moved_to.is_some())
    }

    /// Returns the hash of a person's identity.
    pub(crate) fn identity(&self, seed: u64, wa_id: &str) -> String {
        let changed = self
            .special
            .get(wa_id)
            .and_then(|person| person.identity.clone());
        changed.unwrap_or_else(|| fresh_identity(seed, wa_id))
    }
}

impl Turn<'_> {
    /// Changes what is special about a person, and keeps it.
    pub(crate) fn change_person(&mut self, wa_id: &str, change: impl FnOnce(&mut Person)) {
        let person = self
            .world
            .people
            .special
            .entry(wa_id.to_owned())
            .or_default();
        change(person);
        let person = person.clone();
        self.keep("person", wa_id, &person);
    }
}

/// Draws the hash of an identity; Meta's have twelve characters, too.
pub(crate) fn fresh_identity(seed: u64, salt: &str) -> String {
    STANDARD.encode(mix_text(seed ^ 0x1d, salt).to_be_bytes())
}

/// Returns the letters of the country that a number is most likely of.
fn country(wa_id: &str) -> String {
    (1..=3)
        .filter_map(|length| wa_id.get(..length)?.parse().ok())
        .find_map(|code| PHONE_NUMBER_UTIL.get_region_for_country_code(code))
        .map_or_else(|| "ZZ".into(), |region| region.to_string())
}

/// The inverse of [`FACTOR`], by Newton's method: each round doubles the bits that are right.
const fn inverse() -> u64 {
    let mut inverse = FACTOR;
    let mut round = 0;
    while round < 5 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(FACTOR.wrapping_mul(inverse)));
        round += 1;
    }
    inverse
}

/// Returns a person's business-scoped user id: a country and digits that do not show the number.
///
/// Another number has another id, as it is with Meta (business-scoped user ids page, May 2026).
pub(crate) fn user_id(seed: u64, wa_id: &str) -> String {
    // A one in front keeps leading zeros; numbers have 15 digits at most, what is longer is no number.
    let digits = wa_id.get(..wa_id.len().min(18)).unwrap_or_default();
    let plain: u64 = format!("1{digits}").parse().unwrap_or_default();
    let hidden = plain.wrapping_mul(FACTOR) ^ mix(seed, 0x0b51_01d0);
    format!("{}.{hidden:020}", country(wa_id))
}

/// Returns whose user id this is.
pub(crate) fn wa_id_of(seed: u64, user_id: &str) -> Option<String> {
    let hidden: u64 = user_id.split_once('.')?.1.parse().ok()?;
    let plain = (hidden ^ mix(seed, 0x0b51_01d0)).wrapping_mul(const { inverse() });
    let wa_id = plain.to_string().strip_prefix('1')?.to_owned();
    (self::user_id(seed, &wa_id) == user_id).then_some(wa_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_ids_hide_the_number_and_lead_back_to_it() {
        for wa_id in ["14165550101", "37255512345", "0", "999999999999999"] {
            let id = user_id(7, wa_id);
            assert_eq!(wa_id_of(7, &id).as_deref(), Some(wa_id));
            assert_ne!(id, user_id(8, wa_id));
            assert!(!id.contains(wa_id) || wa_id.len() == 1, "{id}");
        }
        assert!(user_id(7, "37255512345").starts_with("EE."));
        assert_eq!(wa_id_of(7, "US.1"), None);
        assert_eq!(wa_id_of(7, "+14165550101"), None);
    }

    #[test]
    fn a_window_is_open_for_a_day_from_the_last_message() {
        let mut people = People::default();
        assert!(!people.window_open("p", "a", 0));
        people.wrote("p", "a", 1_000);
        people.wrote("p", "a", 500);
        assert!(people.window_open("p", "a", WINDOW_MILLIS + 999));
        assert!(!people.window_open("p", "a", WINDOW_MILLIS + 1_000));
        assert!(!people.window_open("q", "a", 1_000));
    }
}
