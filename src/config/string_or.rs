//! The short and the long form of a value: a string, or a table that says more.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Either a string or a `T` that is written as a table: `"Yes"` or `{ text = "Yes", id = "yes" }`.
///
/// Read by hand, since serde's `untagged` loses the places of errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StringOr<T> {
    String(String),
    Table(T),
}

struct Forms<T>(PhantomData<fn() -> T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Forms<T> {
    type Value = StringOr<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or a table")
    }

    fn visit_str<E>(self, text: &str) -> Result<StringOr<T>, E> {
        Ok(StringOr::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<StringOr<T>, E> {
        Ok(StringOr::String(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<StringOr<T>, A::Error> {
        let table = T::deserialize(MapAccessDeserializer::new(&mut map))?;
        // An enum reads one key and leaves the others: they must not be ignored in silence.
        match map.next_key::<String>()? {
            None => Ok(StringOr::Table(table)),
            Some(extra) => Err(A::Error::custom(format!(
                "`{extra}` stands beside another choice: only one may be given"
            ))),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for StringOr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Forms(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for StringOr<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("StringOr{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "string" }, generator.subschema_for::<T>()] })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Spanned;
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case", deny_unknown_fields)]
    enum Choice {
        Reply(Spanned<String>),
        Link { url: String },
    }

    #[derive(Debug, Deserialize)]
    struct Holder {
        value: Spanned<StringOr<Choice>>,
    }

    #[test]
    fn both_forms_keep_their_places() {
        let short: Holder = toml::from_str("value = \"Yes\"").unwrap();
        assert_eq!(*short.value.get(), StringOr::String("Yes".to_owned()));
        assert_eq!(short.value.span(), 8..13);
        let long: Holder = toml::from_str("value = { reply = \"Yes\" }").unwrap();
        let StringOr::Table(Choice::Reply(text)) = long.value.get() else {
            panic!("{long:?}");
        };
        assert_eq!((text.get().as_str(), text.span()), ("Yes", 18..23));
    }

    #[test]
    fn two_choices_at_once_are_refused() {
        let error = toml::from_str::<Holder>("value = { reply = \"a\", link = { url = \"b\" } }")
            .unwrap_err();
        assert!(error.message().contains("only one"), "{error}");
    }

    #[test]
    fn an_unknown_choice_is_underlined() {
        let error = toml::from_str::<Holder>("value = { replay = \"a\" }").unwrap_err();
        assert_eq!(error.span(), Some(10..16));
    }
}
