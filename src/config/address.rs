//! The name of one declared thing.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `kind.name`, or `kind.name["index"]` where one block declares several objects (a template in one language).
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Address {
    pub kind: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
}

impl Address {
    #[must_use]
    pub fn new(kind: &str, name: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            name: name.to_owned(),
            index: None,
        }
    }

    #[must_use]
    pub fn with_index(kind: &str, name: &str, index: &str) -> Self {
        Self {
            index: Some(index.to_owned()),
            ..Self::new(kind, name)
        }
    }

    /// Tells whether `--target pattern` names this address: with its index, or without it all of a block.
    #[must_use]
    pub fn is_named_by(&self, pattern: &str) -> bool {
        let rest = pattern.strip_prefix(&*self.kind);
        let rest = match self.name.as_str() {
            "" => rest,
            name => rest
                .and_then(|rest| rest.strip_prefix('.'))
                .and_then(|rest| rest.strip_prefix(name)),
        };
        let index = |rest: &str| {
            Some(rest.strip_prefix("[\"")?.strip_suffix("\"]")? == self.index.as_deref()?)
        };
        rest.is_some_and(|rest| rest.is_empty() || index(rest) == Some(true))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        if !self.name.is_empty() {
            write!(f, ".{}", self.name)?;
        }
        match &self.index {
            Some(index) => write!(f, "[\"{index}\"]"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_names_a_whole_block_or_one_of_its_objects() {
        let english = Address::with_index("template", "order", "en_US");
        for pattern in ["template.order", "template.order[\"en_US\"]"] {
            assert!(english.is_named_by(pattern), "{pattern}");
        }
        let others = [
            "template",
            "template.",
            "template.ord",
            "template.order_update",
            "template.order[\"es\"]",
            "template.order[\"en_US\"",
            "campaign.order",
            "",
        ];
        for pattern in others {
            assert!(!english.is_named_by(pattern), "{pattern}");
        }
        assert!(Address::new("guard", "").is_named_by("guard"));
        assert!(!Address::new("template", "order").is_named_by("template.order[\"es\"]"));
    }
}
