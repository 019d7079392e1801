//! Values inside addresses.

use std::fmt::Write as _;

/// Escapes all but what RFC 3986 calls unreserved, so that a value can neither end nor extend the address it stands in.
pub(super) fn encoded(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("writing to a string cannot fail");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reserved_characters_and_letters_beyond_ascii_are_escaped() {
        assert_eq!(encoded("A-1_b.c~d"), "A-1_b.c~d");
        assert_eq!(encoded("50%/a?b=c&d é"), "50%25%2Fa%3Fb%3Dc%26d%20%C3%A9");
    }

    proptest! {
        #[test]
        fn escaped_values_can_be_read_back(value in "\\PC{0,20}") {
            let encoded = encoded(&value);
            prop_assert!(encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)));
            let mut bytes = encoded.bytes();
            let mut decoded = Vec::new();
            while let Some(byte) = bytes.next() {
                decoded.push(if byte == b'%' {
                    let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
                    u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
                } else {
                    byte
                });
            }
            prop_assert_eq!(String::from_utf8(decoded).unwrap(), value);
        }
    }
}
