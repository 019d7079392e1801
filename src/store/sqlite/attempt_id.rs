//! The name of an attempt, which travels with the message and comes back with its statuses.

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
    fn no_two_subjects_share_an_id() {
        let one = of(&subject("ab", "c", 1));
        assert_ne!(one, of(&subject("a", "bc", 1)));
        assert_ne!(one, of(&subject("ab", "c", 2)));
        assert_eq!(one, of(&subject("ab", "c", 1)));
    }
}
