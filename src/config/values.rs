//! Values that are written as short strings: durations, rates, times of day.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;
use jiff::civil::Time;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// A length of time: a whole number and `ms`, `s`, `m`, `h`, `d` or `w`, several in falling order (`1h30m`). A day is
/// 24 hours.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval(pub SignedDuration);

/// How often: `80/s`, `600/m`, `5000/h`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    pub per_second: f64,
}

/// A time of day, `21:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay(pub Time);

const UNITS: [(&str, i64); 6] = [
    ("w", 604_800_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

impl FromStr for Interval {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused =
            || format!("`{text}` is not a duration: write it like `90s`, `30m`, `24h`, `3d`");
        let mut rest = text.trim();
        let (mut total, mut smallest) = (0i64, i64::MAX);
        while !rest.is_empty() {
            let digits = rest
                .find(|c: char| !c.is_ascii_digit())
                .ok_or_else(refused)?;
            let (number, tail) = rest.split_at(digits);
            let unit = tail
                .find(|c: char| c.is_ascii_digit())
                .unwrap_or(tail.len());
            let (name, tail) = tail.split_at(unit);
            let millis = UNITS
                .iter()
                .find(|(known, _)| *known == name.trim())
                .ok_or_else(refused)?
                .1;
            if millis >= smallest {
                return Err(refused());
            }
            smallest = millis;
            let number: i64 = number.parse().map_err(|_| refused())?;
            total = number
                .checked_mul(millis)
                .and_then(|add| total.checked_add(add))
                .ok_or_else(refused)?;
            rest = tail;
        }
        if smallest == i64::MAX {
            Err(refused())
        } else {
            Ok(Self(SignedDuration::from_millis(total)))
        }
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = i64::try_from(self.0.as_millis()).unwrap_or(i64::MAX);
        if left == 0 {
            return f.write_str("0s");
        }
        // A round number of weeks reads better in days.
        for (name, millis) in &UNITS[1..] {
            if left >= *millis {
                write!(f, "{}{name}", left / millis)?;
                left %= millis;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |rate: f64| rate.fract().abs() < 1e-9;
        match self.per_second {
            rate if whole(rate) => write!(f, "{rate}/s"),
            rate if whole(rate * 60.0) => write!(f, "{}/m", (rate * 60.0).round()),
            rate => write!(f, "{}/h", (rate * 3600.0).round()),
        }
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0.hour(), self.0.minute())
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || format!("`{text}` is not a rate: write it like `80/s`, `600/m`, `5000/h`");
        let (number, unit) = text.split_once('/').ok_or_else(refused)?;
        let number: u32 = number.trim().parse().map_err(|_| refused())?;
        let seconds = match unit.trim() {
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return Err(refused()),
        };
        if number == 0 {
            return Err(format!(
                "`{text}` would never send; to hold a campaign, write state = \"paused\""
            ));
        }
        Ok(Self {
            per_second: f64::from(number) / seconds,
        })
    }
}

impl FromStr for TimeOfDay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || format!("`{text}` is not a time of day: write it like `08:00` or `21:30`");
        let (hour, minute) = text.split_once(':').ok_or_else(refused)?;
        if hour.len() != 2 || minute.len() != 2 {
            return Err(refused());
        }
        let hour = hour.parse().map_err(|_| refused())?;
        let minute = minute.parse().map_err(|_| refused())?;
        Time::new(hour, minute, 0, 0)
            .map(Self)
            .map_err(|_| refused())
    }
}

macro_rules! from_text {
    ($($type:ident, $pattern:literal, $description:literal;)*) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern, "description": $description })
            }
        }
    )*};
}

from_text! {
    Interval, r"^([0-9]+(ms|w|d|h|m|s))+$", "A length of time: `90s`, `30m`, `24h`, `3d`, `1h30m`";
    Rate, r"^[0-9]+/(s|m|h)$", "How often: `80/s`, `600/m`, `5000/h`";
    TimeOfDay, r"^[0-2][0-9]:[0-5][0-9]$", "A time of day: `21:00`";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_and_print() {
        for (text, shown) in [
            ("90s", "1m30s"),
            ("3d", "3d"),
            ("1h30m", "1h30m"),
            ("2w", "14d"),
            ("250ms", "250ms"),
        ] {
            assert_eq!(text.parse::<Interval>().unwrap().to_string(), shown);
        }
        for wrong in [
            "",
            "3",
            "3 days",
            "30m1h",
            "-1h",
            "1.5h",
            "99999999999999999w",
        ] {
            assert!(wrong.parse::<Interval>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_rate_of_nothing_is_refused() {
        assert!("0/s".parse::<Rate>().is_err());
        assert_eq!("600/m".parse::<Rate>().unwrap(), Rate { per_second: 10.0 });
    }
}
