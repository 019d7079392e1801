//! Telephone numbers as people type them, and in E.164.
//!
//! The rules are libphonenumber's. Whether a number is on WhatsApp is not known here, nor in which time zone it is.

use std::fmt;
use std::str::FromStr;

use rlibphonenumber::enums::Region as Code;
use rlibphonenumber::{
    PHONE_NUMBER_UTIL, ParseError, PhoneNumberFormat, PhoneNumberType, ValidationError,
};

/// A region with telephone numbers of its own, by its ISO 3166 code: `EE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Region(Code);

/// A code that is not a region's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a region with telephone numbers: write its two letters, like `EE` or `US`")]
pub struct UnknownRegion;

/// A number that exists in its region's numbering plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneNumber {
    e164: String,
    region: Option<Region>,
    line: Line,
}

/// What kind of line a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    Fixed,
    Mobile,
    /// The numbering plan does not tell them apart (the United States).
    FixedOrMobile,
    /// Free-phone, premium rate, voice over IP and so on.
    Other,
}

/// Why a text is no usable number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the number is empty")]
    Empty,
    #[error("a spreadsheet has shortened the number: its last digits are lost")]
    Scientific,
    #[error("it is not a phone number")]
    NotANumber,
    #[error("the number has no country prefix and the list declares no default_region")]
    NoPrefix,
    #[error("no country has this prefix")]
    UnknownPrefix,
    #[error("the number is too short")]
    TooShort,
    #[error("the number is too long")]
    TooLong,
    #[error("no such number can exist in its country")]
    Invalid,
}

impl Region {
    /// Returns all codes, sorted.
    #[must_use]
    pub fn codes() -> Vec<String> {
        let mut codes: Vec<_> = PHONE_NUMBER_UTIL
            .get_supported_regions()
            .map(|code| code.to_string())
            .collect();
        codes.sort_unstable();
        codes
    }
}

impl FromStr for Region {
    type Err = UnknownRegion;

    fn from_str(text: &str) -> Result<Self, UnknownRegion> {
        let code = Code::from_code(text).map_err(|_| UnknownRegion)?;
        PHONE_NUMBER_UTIL
            .get_country_code_for_region(code)
            .map(|_| Self(code))
            .ok_or(UnknownRegion)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl PhoneNumber {
    /// Reads a number as a person typed it. `default_region` is that of numbers without a country prefix.
    ///
    /// # Errors
    /// Where it cannot be read, or cannot exist.
    pub fn parse(text: &str, default_region: Option<Region>) -> Result<Self, Error> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Error::Empty);
        }
        if is_scientific(text) {
            return Err(Error::Scientific);
        }
        let number = PHONE_NUMBER_UTIL
            .parse(text, default_region.map(|region| region.0))
            .map_err(|error| match error {
                ParseError::InvalidCountryCode if default_region.is_none() && !has_plus(text) => {
                    Error::NoPrefix
                }
                ParseError::InvalidCountryCode => Error::UnknownPrefix,
                ParseError::TooShortAfterIdd | ParseError::TooShortNsn => Error::TooShort,
                ParseError::TooLongNsn => Error::TooLong,
                _ => Error::NotANumber,
            })?;
        // A number is valid exactly where its type is known: asking for both would match the plan's patterns twice.
        let kind = PHONE_NUMBER_UTIL.get_number_type(&number);
        if kind == PhoneNumberType::Unknown {
            return Err(
                match PHONE_NUMBER_UTIL.is_possible_number_with_reason(&number) {
                    Err(ValidationError::TooShort) => Error::TooShort,
                    Err(ValidationError::TooLong) => Error::TooLong,
                    _ => Error::Invalid,
                },
            );
        }
        Ok(Self {
            e164: PHONE_NUMBER_UTIL
                .format(&number, PhoneNumberFormat::E164)
                .into_owned(),
            region: PHONE_NUMBER_UTIL
                .get_region_for_number(&number)
                .filter(|code| *code != Code::World)
                .map(Region),
            line: match kind {
                PhoneNumberType::FixedLine => Line::Fixed,
                PhoneNumberType::Mobile => Line::Mobile,
                PhoneNumberType::FixedLineOrMobile => Line::FixedOrMobile,
                _ => Line::Other,
            },
        })
    }

    /// Returns the number in E.164, with the plus.
    #[must_use]
    pub fn e164(&self) -> &str {
        &self.e164
    }

    /// Returns the digits of the E.164 form as one number.
    #[must_use]
    pub fn digits(&self) -> u64 {
        digits(&self.e164).expect("E.164 has at most fifteen digits")
    }

    /// Returns the region; none for numbers that belong to no country (satellite, international free-phone).
    #[must_use]
    pub fn region(&self) -> Option<Region> {
        self.region
    }

    #[must_use]
    pub fn line(&self) -> Line {
        self.line
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.e164)
    }
}

/// Tells whether a text has the form of E.164, a plus and 7 to 15 digits (ITU-T E.164, 2010), whether or not such a number exists:
/// Meta's test numbers do not.
#[must_use]
pub fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Returns the digits of an E.164 number as one number.
#[must_use]
pub fn digits(e164: &str) -> Option<u64> {
    e164.strip_prefix('+')?.parse().ok()
}

fn has_plus(text: &str) -> bool {
    text.starts_with(['+', '＋'])
}

/// Spreadsheets turn `37255512345` into `3.72555E+10`. libphonenumber would read the `E` as a digit of a vanity number.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        return false;
    };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    mantissa
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b',')
        && mantissa.starts_with(|c: char| c.is_ascii_digit())
        && exponent.strip_prefix('+').is_some_and(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Google's library says of 500 inputs: see the columns in the file's first line.
    const GOLDEN: &str = include_str!("../tests/data/phone-numbers.tsv");

    #[test]
    fn numbers_are_read_as_googles_library_reads_them() {
        let mut compared = 0;
        for line in GOLDEN.lines().filter(|line| !line.starts_with('#')) {
            let columns: Vec<_> = line.split('\t').collect();
            let [input, region, expected @ ..] = columns.as_slice() else {
                panic!("{line}")
            };
            let read = PhoneNumber::parse(input, region.parse().ok());
            compared += 1;
            match expected {
                ["ERR", ..] => assert!(read.is_err(), "{line}: {read:?}"),
                [e164, "1", region, kind] => {
                    let number = read.unwrap_or_else(|error| panic!("{line}: {error}"));
                    assert_eq!(number.e164(), *e164, "{line}");
                    let found = number.region().map_or("-".to_owned(), |r| r.to_string());
                    assert!(found == *region || *region == "001", "{line}: {found}");
                    let line_kind = match *kind {
                        "0" => Line::Fixed,
                        "1" => Line::Mobile,
                        "2" => Line::FixedOrMobile,
                        _ => Line::Other,
                    };
                    assert_eq!(number.line(), line_kind, "{line}");
                }
                [_, "0", ..] => assert!(
                    matches!(read, Err(Error::Invalid | Error::TooShort | Error::TooLong)),
                    "{line}: {read:?}"
                ),
                _ => panic!("{line}"),
            }
        }
        assert_eq!(compared, 500);
    }

    #[test]
    fn digits_of_other_scripts_count() {
        let egypt = "EG".parse().ok();
        for text in ["٠١٠٠١٢٣٤٥٦٧", "０１００１２３４５６７", "+201001234567"]
        {
            assert_eq!(
                PhoneNumber::parse(text, egypt).unwrap().e164(),
                "+201001234567",
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_number_says_why() {
        let estonia = "EE".parse().ok();
        for (text, region, error) in [
            ("", None, Error::Empty),
            ("  ", None, Error::Empty),
            ("3.72555E+10", estonia, Error::Scientific),
            ("n/a", estonia, Error::NotANumber),
            ("55512345", None, Error::NoPrefix),
            ("+99912345678", None, Error::UnknownPrefix),
            ("+1202555", None, Error::TooShort),
            ("+11115550100", None, Error::Invalid),
            ("+37255512345678901234", None, Error::TooLong),
        ] {
            assert_eq!(PhoneNumber::parse(text, region), Err(error), "{text}");
        }
    }

    #[test]
    fn the_plus_is_never_missing() {
        let estonia = "EE".parse().ok();
        for text in [
            "55512345",
            "372 5551 2345",
            "00372 5551-2345",
            "+372 (5551) 2345",
        ] {
            assert_eq!(
                PhoneNumber::parse(text, estonia).unwrap().e164(),
                "+37255512345",
                "{text}"
            );
        }
    }

    #[test]
    fn regions_are_those_that_have_numbers() {
        assert_eq!("ee".parse::<Region>().unwrap().to_string(), "EE");
        for wrong in ["ZZ", "EST", "001", "", "E1"] {
            assert_eq!(wrong.parse::<Region>(), Err(UnknownRegion), "{wrong}");
        }
        assert!(Region::codes().len() > 200);
    }

    #[test]
    fn the_form_of_e164_is_known_without_the_numbering_plan() {
        assert!(is_e164("+15550783881"));
        for wrong in [
            "15550783881",
            "+1 555 078 3881",
            "+0123456789",
            "+123456",
            "+1234567890123456",
        ] {
            assert!(!is_e164(wrong), "{wrong}");
        }
    }
}
