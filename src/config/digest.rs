//! A digest of what a block says, whatever its layout, comments and the order of its keys.

use sha2::{Digest, Sha256};
use toml::de::{DeTable, DeValue};

use super::block::Block;

/// Returns the first 32 hexadecimal digits of the SHA-256 of a block's canonical form, variables inserted.
#[must_use]
pub fn digest(block: &Block) -> String {
    let mut hash = Sha256::new();
    put(&mut hash, block.value.get_ref());
    hex::encode(&hash.finalize()[..16])
}

/// A letter for the type and a length keep the parts apart.
fn put(hash: &mut Sha256, value: &DeValue<'_>) {
    match value {
        DeValue::String(text) => word(hash, b's', text),
        DeValue::Integer(number) => word(hash, b'i', &number.to_string()),
        DeValue::Float(number) => word(hash, b'f', &number.to_string()),
        DeValue::Boolean(truth) => word(hash, b'b', if *truth { "true" } else { "false" }),
        DeValue::Datetime(time) => word(hash, b'd', &time.to_string()),
        DeValue::Array(items) => {
            length(hash, b'a', items.len());
            for item in items {
                put(hash, item.get_ref());
            }
        }
        DeValue::Table(fields) => table(hash, fields),
    }
}

fn table(hash: &mut Sha256, fields: &DeTable<'_>) {
    let mut fields: Vec<_> = fields.iter().collect();
    fields.sort_unstable_by_key(|(key, _)| key.get_ref());
    length(hash, b't', fields.len());
    for (key, value) in fields {
        word(hash, b'k', key.get_ref());
        put(hash, value.get_ref());
    }
}

fn word(hash: &mut Sha256, kind: u8, text: &str) {
    length(hash, kind, text.len());
    hash.update(text);
}

fn length(hash: &mut Sha256, kind: u8, length: usize) {
    hash.update([kind]);
    hash.update((length as u64).to_be_bytes());
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::config::{Inputs, KindShape, load};

    /// The digests of all blocks of one file.
    fn digests(text: &str) -> BTreeMap<String, String> {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("waform.toml"), text).unwrap();
        let kinds = ["thing", "guard", "variable"].map(|name| KindShape {
            name,
            named: name != "guard",
            apart: false,
        });
        let loaded = load(directory.path(), &Inputs::default(), &kinds);
        assert!(!loaded.diagnostics.has_errors(), "{text}");
        let blocks = loaded.blocks.iter();
        blocks
            .map(|block| (block.address().to_string(), digest(block)))
            .collect()
    }

    #[test]
    fn layout_comments_and_order_do_not_count() {
        let one = digests("[guard]\nx = 1\n[thing.a]\nb = [1, 2]\nc = { d = 'e', f = 1.5 }\n");
        let other = digests(
            "# why\n[thing.a]\nc.f = 1.5  # so\nc.d = \"e\"\nb = [\n  1,\n  2,\n]\n\n\n[guard]\nx = 1\n",
        );
        assert_eq!(one, other);
        assert_eq!(one.len(), 2);
    }

    #[test]
    fn a_variable_counts_by_its_value() {
        let with = |value: &str| {
            digests(&format!(
                "[variable.x]\ndefault = '{value}'\n[thing.a]\nb = '${{var.x}}'\n"
            ))
        };
        assert_eq!(with("one"), digests("[thing.a]\nb = 'one'\n"));
        assert_ne!(with("one"), with("two"));
    }

    #[test]
    fn whatever_is_said_counts() {
        let texts = [
            "b = 1",
            "b = '1'",
            "b = 1.0",
            "b = true",
            "c = 1",
            "b = [1]",
            "b = [[1]]",
            "b = [1, 2]",
            "b = [2, 1]",
            "b = { c = 1 }",
            "b = { c = 1, d = '' }",
            "b = 2026-12-01",
            "b = ['1']",
            "",
        ];
        let seen: std::collections::BTreeSet<_> = texts
            .iter()
            .map(|text| digests(&format!("[thing.a]\n{text}\n"))["thing.a"].clone())
            .collect();
        assert_eq!(seen.len(), texts.len());
    }
}
