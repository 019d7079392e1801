//! Language codes.

use super::Block;
use crate::config::{Diagnostics, Report};
use crate::resource::template::languages::{LANGUAGES, nearest};

fn has_form(code: &str) -> bool {
    let (base, region) = code.split_once('_').unwrap_or((code, "AA"));
    (2..=3).contains(&base.len())
        && base.bytes().all(|byte| byte.is_ascii_lowercase())
        && !region.is_empty()
        && region.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// `en` or `en_US`.
pub(super) fn form(block: &Block<'_>, diagnostics: &mut Diagnostics) {
    for localised in block.localised {
        let code = &localised.language;
        if has_form(code) {
            continue;
        }
        let report = Report::error(
            "template::language_form",
            format!("`{}` is not a language code of Meta's", code.get()),
        )
        .at(block.at(code), "");
        diagnostics.push(match nearest(code) {
            Some(nearest) => report.help(format!("write `{nearest}`")),
            None => report
                .help("codes look like `en` or `en_US`: an underscore, the region in capitals"),
        });
    }
}

/// Meta's list grows, so that a code that is not on it may be right.
pub(super) fn unknown(block: &Block<'_>, diagnostics: &mut Diagnostics) {
    for localised in block.localised {
        let code = &localised.language;
        if !has_form(code) || LANGUAGES.contains(&code.as_str()) {
            continue;
        }
        let report = Report::warning(
            "template::language_unknown",
            format!(
                "`{}` is not among the languages that Meta lists",
                code.get()
            ),
        )
        .at(block.at(code), "");
        diagnostics.push(match nearest(code) {
            Some(nearest) => report.help(format!("did you mean `{nearest}`?")),
            None => report,
        });
    }
}

/// A translation into the primary language, or two into one.
pub(super) fn twice(block: &Block<'_>, diagnostics: &mut Diagnostics) {
    let same = |one: &str, other: &str| {
        one.replace('-', "_")
            .eq_ignore_ascii_case(&other.replace('-', "_"))
    };
    for (index, localised) in block.localised.iter().enumerate() {
        let first = block.localised[..index]
            .iter()
            .find(|earlier| same(&earlier.language, &localised.language));
        if let Some(first) = first {
            diagnostics.push(
                Report::error(
                    "template::language_twice",
                    format!("the template is given twice in `{}`", first.language.get()),
                )
                .at(block.at(&localised.language), "again here")
                .at(block.at(&first.language), "first here"),
            );
        }
    }
}
