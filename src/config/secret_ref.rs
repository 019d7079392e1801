//! References to secrets, as the configuration writes them.

use std::fmt;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::mask;

/// The error of a secret that stands in the configuration itself. It never repeats the value.
pub(super) const LITERAL: &str = "a secret where a reference belongs";

/// The beginning of other errors of a reference.
pub(super) const WRONG: &str = "secret reference: ";

/// Where a secret is found: the configuration never holds one.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "snake_case", deny_unknown_fields)]
pub enum SecretRef {
    /// The name of an environment variable.
    Env(#[schemars(regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$"))] String),
    /// A file, relative to the project's directory; one line break at its end does not count.
    File(PathBuf),
    /// A command whose output is the secret; one line break at its end does not count.
    Command(#[schemars(length(min = 1))] Vec<String>),
}

impl<'de> Deserialize<'de> for SecretRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Read)
    }
}

/// The keys, in the order in which errors list them.
pub(super) const KEYS: [&str; 3] = ["env", "file", "command"];

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Key {
    Env,
    File,
    Command,
}

/// Written by hand: derived code would repeat a pasted token in its error, and would not know it for one.
struct Read;

impl<'de> Visitor<'de> for Read {
    type Value = SecretRef;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a reference to a secret")
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<SecretRef, E> {
        Err(E::custom(LITERAL))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<SecretRef, E> {
        Err(E::custom(LITERAL))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SecretRef, A::Error> {
        let mut found = None;
        let mut keys = 0;
        while let Some(key) = map.next_key::<Key>()? {
            keys += 1;
            found = Some(match key {
                Key::Env => SecretRef::Env(map.next_value()?),
                Key::File => SecretRef::File(map.next_value()?),
                Key::Command => SecretRef::Command(map.next_value()?),
            });
        }
        let wrong = |text: &str| Err(de::Error::custom(format!("{WRONG}{text}")));
        match found {
            None => wrong("the reference is empty"),
            Some(_) if keys > 1 => wrong("a secret is found in one place only"),
            Some(SecretRef::Env(name)) if mask::is_token(&name) => Err(de::Error::custom(LITERAL)),
            Some(SecretRef::Env(name)) if !is_variable(&name) => {
                wrong("this cannot be the name of an environment variable")
            }
            Some(SecretRef::Command(words)) if words.is_empty() => wrong("the command is empty"),
            Some(SecretRef::File(path)) if path.as_os_str().is_empty() => {
                wrong("the path is empty")
            }
            Some(reference) => Ok(reference),
        }
    }
}

fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
