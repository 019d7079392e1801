//! Whom a message is for.

use rlibphonenumber::{PhoneNumber, Region};

use crate::sandbox::graph::GraphError;

/// A recipient as WhatsApp knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recipient {
    /// The number's digits, as WhatsApp writes them.
    pub wa_id: String,
    /// Whether such a number can exist.
    pub valid: bool,
    /// Whether it is a number of the United States; Canada shares its +1.
    pub in_us: bool,
}

/// Reads `to`. Without a plus the sender's own country code is put in front of it (phone numbers page).
pub(crate) fn resolve(to: &str, country_code: u16) -> Result<Recipient, GraphError> {
    let trimmed = to.trim();
    let (plus, rest) = match trimmed.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => (false, trimmed),
    };
    let noise = |c: &char| matches!(c, ' ' | '-' | '(' | ')' | '.' | '\u{a0}');
    let digits: String = rest.chars().filter(|c| !noise(c)).collect();
    if digits.is_empty() || digits.len() > 20 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(GraphError::message(
            131_009,
            format!("Parameter to is no phone number: {to:?}"),
        ));
    }
    let digits = if plus {
        digits
    } else {
        format!("{country_code}{digits}")
    };
    let parsed = format!("+{digits}").parse::<PhoneNumber>().ok();
    let valid = parsed.as_ref().is_some_and(PhoneNumber::is_valid);
    let in_us = valid && parsed.and_then(|number| number.get_region_code()) == Some(Region::US);
    Ok(Recipient {
        wa_id: as_known(&digits),
        valid,
        in_us,
    })
}

/// Brazil's and Mexico's mobile numbers are known by the digits they had before their numbering changed.
fn as_known(digits: &str) -> String {
    // Brazil: the ninth digit is missing outside the area codes 11 to 28.
    if let Some(rest) = digits.strip_prefix("55") {
        let late = rest
            .get(..2)
            .and_then(|area| area.parse::<u8>().ok())
            .is_some_and(|area| area > 28);
        if rest.len() == 11 && late && rest.as_bytes()[2] == b'9' {
            return format!("55{}{}", &rest[..2], &rest[3..]);
        }
    }
    // Mexico: mobile numbers have a 1 after the country code.
    if let Some(rest) = digits.strip_prefix("52").filter(|rest| rest.len() == 10) {
        return format!("521{rest}");
    }
    digits.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_what_whatsapp_knows() {
        let wa_id = |to: &str| resolve(to, 1).unwrap().wa_id;
        assert_eq!(wa_id("+1 416-555 0101"), "14165550101");
        assert_eq!(wa_id("2025550100"), "12025550100");
        // The trap: the country code is put in front of what already has one.
        assert_eq!(wa_id("14165550101"), "114165550101");
        assert_eq!(wa_id("+5551998765432"), "555198765432");
        assert_eq!(wa_id("+5511998765432"), "5511998765432");
        assert_eq!(wa_id("+525512345678"), "5215512345678");
        assert!(resolve("hello", 1).is_err());
        assert!(resolve("+12025550100", 1).unwrap().in_us);
        let canada = resolve("+14165550100", 1).unwrap();
        assert!(canada.valid && !canada.in_us);
        assert!(!resolve("+1999", 1).unwrap().valid);
    }
}
