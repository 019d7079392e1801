//! Who is meant: by number, by user id, or by both.
//!
//! Since March 2026 a person has a business-scoped user id (`CC.…`, of a portfolio `CC.ENT.…`), which changes with the number.
//! The number of a person who has taken a username is left out, unless they were in touch in the last 30 days or stand in
//! the contact book (business-scoped user ids page, May 2026).

use serde::Deserialize;

use super::wire::{Part, Word};

/// One of a value's `contacts`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Contact<'a> {
    #[serde(borrow)]
    wa_id: Word<'a>,
    user_id: Word<'a>,
    parent_user_id: Word<'a>,
    identity_key_hash: Word<'a>,
    profile: Part<Profile<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Profile<'a> {
    #[serde(borrow)]
    name: Word<'a>,
    username: Word<'a>,
}

/// All that is said of a person.
#[derive(Debug, Default)]
pub(super) struct Person {
    /// Digits.
    pub(super) wa_id: Option<String>,
    pub(super) user_id: Option<String>,
    pub(super) parent_user_id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) username: Option<String>,
    pub(super) identity_hash: Option<String>,
}

impl Person {
    /// Returns the person that an item names, completed by the value's `contacts`.
    pub(super) fn find(
        number: &Word<'_>,
        user_id: Word<'_>,
        parent_user_id: Word<'_>,
        contacts: &[Contact<'_>],
    ) -> Self {
        let mut person = Self {
            wa_id: number.as_str().and_then(digits),
            user_id: user_id.text().or_else(|| {
                number
                    .as_str()
                    .filter(|text| is_user_id(text))
                    .map(str::to_owned)
            }),
            parent_user_id: parent_user_id.text(),
            ..Self::default()
        };
        if let Some(contact) = person.among(contacts) {
            person.complete(contact);
        }
        person
    }

    fn among<'a, 'b>(&self, contacts: &'a [Contact<'b>]) -> Option<&'a Contact<'b>> {
        let same = |ours: Option<&str>, theirs: Option<&str>| Some(ours? == theirs?);
        let verdicts = |contact: &Contact<'_>| {
            [
                same(self.user_id.as_deref(), contact.user_id.as_str()),
                same(self.wa_id.as_deref(), contact.number().as_deref()),
            ]
        };
        let named = contacts
            .iter()
            .find(|contact| verdicts(contact).contains(&Some(true)));
        match contacts {
            // A lone contact is meant where nothing speaks against it: the item and it may name the person differently.
            [contact] if !verdicts(contact).contains(&Some(false)) => Some(contact),
            _ => named,
        }
    }

    fn complete(&mut self, contact: &Contact<'_>) {
        let Contact {
            wa_id: _,
            user_id,
            parent_user_id,
            identity_key_hash,
            profile,
        } = contact;
        let text = |word: &Word<'_>| word.as_str().map(str::to_owned);
        self.wa_id = self.wa_id.take().or_else(|| contact.number());
        self.user_id = self.user_id.take().or_else(|| text(user_id));
        self.parent_user_id = self.parent_user_id.take().or_else(|| text(parent_user_id));
        self.identity_hash = text(identity_key_hash);
        if let Part(Some(profile)) = profile {
            self.name = text(&profile.name);
            self.username = text(&profile.username);
        }
    }
}

impl Contact<'_> {
    fn number(&self) -> Option<String> {
        self.wa_id.as_str().and_then(digits)
    }
}

/// Returns a number's digits; nothing where it is something else than a number.
pub(super) fn digits(text: &str) -> Option<String> {
    let digits = text.trim().trim_start_matches('+');
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.to_owned())
}

/// `CC.` and more; a group's id has no such beginning.
pub(super) fn is_user_id(text: &str) -> bool {
    matches!(text.as_bytes(), [a, b, b'.', _, ..] if a.is_ascii_uppercase() && b.is_ascii_uppercase())
}
