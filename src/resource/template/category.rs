//! What a template's messages are billed as.

use super::content;
use super::declaration::{Category, Template};
use super::reconcile::name_at_meta;
use crate::resource::{Declared, Live};

/// Returns the category as Meta has it, else as declared, in Meta's word. `live` finds the object of a key. Where Meta has put
/// the languages of a template into different ones, it is the one that costs most.
#[must_use]
pub fn billed_as<'l>(
    declared: &Declared<Template>,
    live: impl Fn(&str) -> Option<&'l Live>,
) -> String {
    let name = name_at_meta(declared);
    let at_meta = declared
        .value
        .localised()
        .into_iter()
        .filter_map(|localised| {
            let live = live(&content::key(name, localised.language.get()))?;
            live.content["category"].as_str().map(str::to_owned)
        });
    let declared = declared.value.category.at_meta();
    at_meta
        .max_by_key(|category| category == Category::Marketing.at_meta())
        .unwrap_or_else(|| declared.to_owned())
}
