//! The name of an attempt, which travels with the message and comes back with its statuses.

use std::fmt;

use sha2::{Digest, Sha256};

/// What an attempt is the attempt of.
pub(super) struct Subject<'a> {
    /// The ledger's id: copies of one campaign in two ledgers do not answer for each other.
    pub(super) ledger: &'a str,
    pub(super) account: &'a str,
    pub(super) campaign: &'a str,
    pub(super) contact: i64,
    pub(super) step: &'a str,
    pub(super) number: u32,
}

/// 128 bits; written as 32 hexadecimal digits.
pub(super) fn of(subject: &Subject<'_>) -> [u8; 16] {
    let Subject {
        ledger,
        account,
        campaign,
        contact,
        step,
        number,
    } = subject;
    let mut hash = Sha256::new();
    for part in [
        ledger.as_bytes(),
        account.as_bytes(),
        campaign.as_bytes(),
        &contact.to_be_bytes(),
        step.as_bytes(),
        &number.to_be_bytes(),
    ] {
        // Lengths keep parts apart, whatever is in them.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    truncated(hash)
}

/// What travels with a message and comes back with its statuses: the ledger and the place of the attempt in it, so that a
/// status finds its row without an index over a million message ids, and a ledger knows its own messages from another's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tag {
    pub(super) ledger: String,
    pub(super) campaign: i64,
    pub(super) contact: i64,
    pub(super) number: u32,
    pub(super) id: [u8; 16],
}

impl Tag {
    /// Reads a tag; none where the text is somebody else's.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (ledger, campaign, contact) = (parts.next()?, parts.next()?, parts.next()?);
        let (number, id) = (parts.next()?, parts.next()?);
        if parts.next().is_some() || ledger.len() != 32 {
            return None;
        }
        let mut bytes = [0; 16];
        hex::decode_to_slice(id, &mut bytes).ok()?;
        Some(Self {
            ledger: ledger.to_owned(),
            campaign: campaign.parse().ok()?,
            contact: contact.parse().ok()?,
            number: number.parse().ok()?,
            id: bytes,
        })
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            ledger,
            campaign,
            contact,
            number,
            id,
        } = self;
        write!(
            f,
            "{ledger}.{campaign}.{contact}.{number}.{}",
            hex::encode(id)
        )
    }
}

/// The first half of a hash.
pub(super) fn truncated(hash: Sha256) -> [u8; 16] {
    let whole = hash.finalize();
    let mut half = [0; 16];
    half.copy_from_slice(&whole[..16]);
    half
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject<'a>(account: &'a str, campaign: &'a str, number: u32) -> Subject<'a> {
        Subject {
            ledger: "00",
            account,
            campaign,
            contact: 7,
            step: "whatsapp",
            number,
        }
    }

    #[test]
    fn a_tag_comes_back_as_it_went() {
        let tag = Tag {
            ledger: "0123456789abcdef0123456789abcdef".to_owned(),
            campaign: 3,
            contact: 1_000_000,
            number: 2,
            id: of(&subject("a", "b", 2)),
        };
        assert_eq!(Tag::parse(&tag.to_string()), Some(tag));
        for foreign in ["", "order-1042", "a.b.c.d.e", "0.1.2.3.4"] {
            assert_eq!(Tag::parse(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn no_two_subjects_share_an_id() {
        let one = of(&subject("ab", "c", 1));
        assert_ne!(one, of(&subject("a", "bc", 1)));
        assert_ne!(one, of(&subject("ab", "c", 2)));
        assert_eq!(one, of(&subject("ab", "c", 1)));
    }
}
