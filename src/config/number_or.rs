//! The short and the long form of a limit: a number, or a table that says more.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

/// Either a whole number or a `T` that is written as a table: `3` or `{ count = 3, percent = 10 }`.
///
/// Read by hand, since serde's `untagged` loses the places of errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NumberOr<T> {
    Number(u64),
    Table(T),
}

struct Forms<T>(PhantomData<fn() -> T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Forms<T> {
    type Value = NumberOr<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number or a table")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<NumberOr<T>, E> {
        Ok(NumberOr::Number(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<NumberOr<T>, E> {
        u64::try_from(number)
            .map(NumberOr::Number)
            .map_err(|_| E::invalid_value(Unexpected::Signed(number), &"0 or more"))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<NumberOr<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(NumberOr::Table)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for NumberOr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Forms(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for NumberOr<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("NumberOr{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "integer", "minimum": 0 }, generator.subschema_for::<T>()] })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Spanned;
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Long {
        count: Option<u64>,
    }

    #[derive(Debug, Deserialize)]
    struct Holder {
        value: Spanned<NumberOr<Long>>,
    }

    #[test]
    fn both_forms_keep_their_places() {
        let short: Holder = toml::from_str("value = 3").unwrap();
        assert_eq!(*short.value.get(), NumberOr::Number(3));
        assert_eq!(short.value.span(), 8..9);
        let long: Holder = toml::from_str("value = { count = 3 }").unwrap();
        assert_eq!(*long.value.get(), NumberOr::Table(Long { count: Some(3) }));
    }

    #[test]
    fn what_is_wrong_is_underlined() {
        let error = toml::from_str::<Holder>("value = { counts = 3 }").unwrap_err();
        assert_eq!(error.span(), Some(10..16));
        let error = toml::from_str::<Holder>("value = -1").unwrap_err();
        assert_eq!(error.span(), Some(8..10));
        assert!(toml::from_str::<Holder>("value = \"3\"").is_err());
    }
}
