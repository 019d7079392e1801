//! Times as they stand in people's files.

use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;

/// A time that was written down, with or without the offset it was meant in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    pub civil: DateTime,
    pub offset: Option<Offset>,
}

impl Moment {
    /// Reads `2026-05-02`, `2026-05-02 14:30`, RFC 3339, or seconds or milliseconds since 1970 (ten or thirteen digits).
    /// Days and months in national orders are not read: `05/02/2026` is two days.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if matches!(text.len(), 10 | 13) && text.bytes().all(|byte| byte.is_ascii_digit()) {
            let number = text.parse().ok()?;
            let timestamp = if text.len() == 10 {
                Timestamp::from_second(number)
            } else {
                Timestamp::from_millisecond(number)
            };
            return Some(Self {
                civil: Offset::UTC.to_datetime(timestamp.ok()?),
                offset: Some(Offset::UTC),
            });
        }
        let pieces = Pieces::parse(text).ok()?;
        Some(Self {
            civil: pieces
                .date()
                .to_datetime(pieces.time().unwrap_or(Time::midnight())),
            offset: pieces.to_numeric_offset(),
        })
    }

    /// Returns the instant; without an offset it is taken for UTC.
    #[must_use]
    pub fn timestamp(self) -> Option<Timestamp> {
        let offset = self.offset.unwrap_or(Offset::UTC);
        offset.to_timestamp(self.civil).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_ways_of_writing_a_time_are_read() {
        for (text, instant) in [
            ("2026-05-02", "2026-05-02T00:00:00Z"),
            (" 2026-05-02 14:30 ", "2026-05-02T14:30:00Z"),
            ("2026-05-02 14:30:05", "2026-05-02T14:30:05Z"),
            ("2026-05-02T14:30:05.25Z", "2026-05-02T14:30:05.25Z"),
            ("2026-05-02T14:30:05+03:00", "2026-05-02T11:30:05Z"),
            ("1777723805", "2026-05-02T12:10:05Z"),
            ("1777723805250", "2026-05-02T12:10:05.25Z"),
        ] {
            let read = Moment::parse(text).and_then(Moment::timestamp);
            assert_eq!(read, Some(instant.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_could_be_two_times_is_none() {
        for text in [
            "05/02/2026",
            "2.5.2026",
            "May 2",
            "1",
            "true",
            "",
            "2026-02-30",
        ] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }
}
