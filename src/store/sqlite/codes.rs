//! How the words of the ledger are written into columns. The numbers are explained beside the columns.

use jiff::{SignedDuration, Timestamp};
use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};

use super::super::{
    AnswerKind, CampaignState, ContactState, DeliveryStatus, ErrandKind, HaltCause, Outcome, Scope,
    Stage,
};
use super::error::{Failure, Work};
use crate::store::Error;

/// A time in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct At(pub(super) Timestamp);

impl ToSql for At {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_microsecond().into())
    }
}

impl FromSql for At {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let microseconds = value.as_i64()?;
        let (seconds, rest) = (
            microseconds.div_euclid(1_000_000),
            microseconds.rem_euclid(1_000_000),
        );
        // `from_microsecond` refuses the last second of time, which stands for "for ever".
        i32::try_from(rest * 1000)
            .ok()
            .and_then(|nanoseconds| Timestamp::new(seconds, nanoseconds).ok())
            .map(Self)
            .ok_or(FromSqlError::OutOfRange(microseconds))
    }
}

/// A length of time in a column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span(pub(super) SignedDuration);

impl ToSql for Span {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(i64::try_from(self.0.as_micros()).unwrap_or(i64::MAX).into())
    }
}

impl FromSql for Span {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value
            .as_i64()
            .map(|microseconds| Self(SignedDuration::from_micros(microseconds)))
    }
}

/// Writes an enum as its place in a list.
macro_rules! coded {
    ($name:ty: $($variant:ident),+) => {
        impl $name {
            const CODED: &'static [Self] = &[$(Self::$variant),+];
        }

        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                enum Code { $($variant),+ }
                let code = match self {
                    $(Self::$variant => Code::$variant as i64,)+
                };
                Ok(code.into())
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let code = value.as_i64()?;
                usize::try_from(code)
                    .ok()
                    .and_then(|code| Self::CODED.get(code))
                    .copied()
                    .ok_or(FromSqlError::OutOfRange(code))
            }
        }
    };
}

/// Where an attempt stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AttemptState {
    InFlight,
    Accepted,
    Failed,
    Uncertain,
    Released,
}

/// The highest status of a contact's latest attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reached {
    Nothing,
    Accepted,
    Sent,
    Delivered,
    Read,
    Failed,
}

/// Where an errand stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ErrandState {
    Waiting,
    InFlight,
    Done,
    Failed,
    Uncertain,
}

coded!(CampaignState: Running, Paused, Stopped);
coded!(ContactState: Fresh, RetryDue, InFlight, Uncertain, AwaitingResponse, Closed, WaitingLock);
coded!(Outcome: Answered, NoAnswer, Failed, FellBack, Skipped, Expired, Stopped, Uncertain);
coded!(DeliveryStatus: Failed, Sent, Delivered, Read);
coded!(AnswerKind: Option, Other, Late);
coded!(Scope: Account, Number, Template, Campaign);
coded!(HaltCause: Stopped, Restored, Late, Meta, Refused, Failures);
coded!(ErrandKind: Reply, Handoff, Notify);
coded!(ErrandState: Waiting, InFlight, Done, Failed, Uncertain);
coded!(AttemptState: InFlight, Accepted, Failed, Uncertain, Released);
coded!(Stage: Begun, Done, Failed);
coded!(Reached: Nothing, Accepted, Sent, Delivered, Read, Failed);

/// Reads an E.164 number as the integer that is the key.
pub(super) fn phone_key(phone: &str) -> Work<i64> {
    phone
        .strip_prefix('+')
        // E.164 has at most 15 digits.
        .filter(|digits| (1..=15).contains(&digits.len()))
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        .filter(|digits| !digits.starts_with('0'))
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| {
            Failure::Store(Error::Invalid(format!(
                "`{phone}` is not a number in E.164 form"
            )))
        })
}

pub(super) fn phone_text(key: i64) -> String {
    format!("+{key}")
}

/// Reads the zones of a column.
pub(super) fn zones(text: &str) -> Vec<String> {
    text.split(',')
        .filter(|zone| !zone.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Counts as columns count: never negative.
pub(super) fn count(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_survives_being_a_key() {
        assert_eq!(
            phone_text(phone_key("+37255501234").unwrap()),
            "+37255501234"
        );
    }

    #[test]
    fn what_is_no_number_is_no_key() {
        for phone in ["", "+", "372555", "+0372555", "+3725a", "+1234567890123456"] {
            assert!(phone_key(phone).is_err(), "{phone}");
        }
    }

    #[test]
    fn times_survive_being_a_column_to_the_microsecond() {
        for time in [
            Timestamp::MIN,
            Timestamp::UNIX_EPOCH,
            Timestamp::new(-1, -500_000_000).unwrap(),
            Timestamp::MAX,
        ] {
            let microseconds = time.as_microsecond();
            let At(read) = At::column_result(ValueRef::Integer(microseconds)).unwrap();
            assert_eq!(read.as_microsecond(), microseconds, "{time}");
        }
    }

    #[test]
    fn codes_are_those_of_the_migration() {
        let codes: Vec<_> = Outcome::CODED
            .iter()
            .map(|outcome| outcome.to_sql().unwrap())
            .collect();
        assert_eq!(codes, (0..8i64).map(ToSqlOutput::from).collect::<Vec<_>>());
        assert_eq!(
            ContactState::AwaitingResponse.to_sql().unwrap(),
            ToSqlOutput::from(4i64)
        );
        assert_eq!(
            ErrandState::Uncertain.to_sql().unwrap(),
            ToSqlOutput::from(4i64)
        );
        assert_eq!(
            HaltCause::Refused.to_sql().unwrap(),
            ToSqlOutput::from(4i64)
        );
        assert_eq!(
            HaltCause::Failures.to_sql().unwrap(),
            ToSqlOutput::from(5i64)
        );
    }
}
