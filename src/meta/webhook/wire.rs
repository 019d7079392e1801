//! JSON whose forms Meta does not keep: readers that take any scalar for any other, and nothing for what has another shape.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use jiff::Timestamp;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::meta::GraphError;

/// Seconds reach this in the year 5138; a larger time is in milliseconds, as in other webhooks of Meta's.
const FIRST_MILLISECONDS: i64 = 100_000_000_000;

/// A scalar; borrowed where it stands in the body as it is. Nothing for null, lists and objects.
#[derive(Debug, Default)]
pub(super) struct Word<'a>(Option<Cow<'a, str>>);

impl Word<'_> {
    /// Returns what is written, unless that is nothing.
    pub(super) fn as_str(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.is_empty())
    }

    /// Returns what is written, unless that is nothing.
    pub(super) fn text(self) -> Option<String> {
        self.0.filter(|text| !text.is_empty()).map(Cow::into_owned)
    }

    /// Returns what is written, in capitals: words of Meta's that come in either case.
    pub(super) fn capitals(self) -> Option<String> {
        self.text().map(|text| text.to_ascii_uppercase())
    }

    pub(super) fn number<T: std::str::FromStr>(&self) -> Option<T> {
        self.as_str()?.trim().parse().ok()
    }

    pub(super) fn flag(&self) -> Option<bool> {
        match self.as_str()? {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        }
    }

    /// Returns a Unix time. 0 is none.
    pub(super) fn time(&self) -> Option<Timestamp> {
        match self.number::<i64>()? {
            ..=0 => None,
            seconds @ ..FIRST_MILLISECONDS => Timestamp::from_second(seconds).ok(),
            milliseconds => Timestamp::from_millisecond(milliseconds).ok(),
        }
    }
}

struct WordVisitor<'a>(PhantomData<Word<'a>>);

impl<'de: 'a, 'a> Visitor<'de> for WordVisitor<'a> {
    type Value = Word<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Word(Some(Cow::Borrowed(text))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Word(Some(Cow::Owned(text.to_owned()))))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Word(Some(Cow::Owned(number.to_string()))))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Word(Some(Cow::Owned(number.to_string()))))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Word(Some(Cow::Owned(number.to_string()))))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Word(Some(Cow::Borrowed(if flag {
            "true"
        } else {
            "false"
        }))))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Word(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Word(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Word(None))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Word<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WordVisitor(PhantomData))
    }
}

/// Reads an object.
pub(super) fn read<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Result<T, String> {
    read_text(raw.get())
}

/// Reads an object. The reason of a failure repeats nothing of what the object holds.
pub(super) fn read_text<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, String> {
    // serde would take a list of the fields' values, too.
    if !json.starts_with('{') {
        return Err("no object where one is expected".to_owned());
    }
    serde_json::from_str(json).map_err(|error| error.to_string())
}

/// An object; nothing where something else stands.
#[derive(Debug)]
pub(super) struct Part<T>(pub(super) Option<T>);

impl<T> Default for Part<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Part<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(read(<&RawValue>::deserialize(deserializer)?).ok()))
    }
}

/// The items of a list; nothing where something else stands.
#[derive(Debug, Default)]
pub(super) struct List<'a>(pub(super) Option<Vec<&'a RawValue>>);

impl<'a> List<'a> {
    pub(super) fn items(&self) -> impl Iterator<Item = &'a RawValue> {
        self.0.iter().flatten().copied()
    }

    /// Reads the objects of the list and leaves out what is none.
    pub(super) fn objects<T: Deserialize<'a>>(&self) -> impl Iterator<Item = T> {
        self.items().filter_map(|raw| read(raw).ok())
    }

    /// Reads a list of errors and leaves out those without a code.
    pub(super) fn errors(&self) -> Vec<GraphError> {
        self.items().filter_map(error).collect()
    }
}

struct ListVisitor<'a>(PhantomData<List<'a>>);

impl<'de: 'a, 'a> Visitor<'de> for ListVisitor<'a> {
    type Value = List<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(List(Some(items)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(List(None))
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(List(None))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(List(None))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(List(None))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(List(None))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(List(None))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(List(None))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for List<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

/// Reads one of the `errors` of an item.
pub(super) fn error(raw: &RawValue) -> Option<GraphError> {
    GraphError::from_status(&value(raw)?)
}

/// Builds the tree of a part whose shape is not ours to know.
pub(super) fn value(raw: &RawValue) -> Option<Value> {
    serde_json::from_str(raw.get()).ok()
}
