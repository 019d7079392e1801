//! What was changed outside of us: what, since when, what it means, what mends it.

use super::groups::{self, Group};
use super::{DEEP, changes, entry};
use crate::engine::plan::{Drift, DriftClass};
use crate::render::count;
use crate::render::style::Look;
use crate::render::time::rfc3339;
use crate::sanitize;

pub(super) fn human(group: &Group<'_, Drift>, look: Look) -> String {
    let drift = group.first();
    let (subject, several) = match group.items.as_slice() {
        [one] => (look.strong(&one.address), false),
        several => {
            let number = count::grouped(several.len() as u64);
            let number = format!("{number} × {}", drift.address.kind);
            (look.strong(number), true)
        }
    };
    let since = group.items.iter().filter_map(|drift| drift.since).min();
    let told = match (drift.class, several) {
        (DriftClass::Edited, false) => "was changed",
        (DriftClass::Edited, true) => "were changed alike",
        (DriftClass::Moved, false) => "was changed by Meta",
        (DriftClass::Moved, true) => "were changed alike by Meta",
        (DriftClass::Missing, false) => "is gone",
        (DriftClass::Missing, true) => "are gone",
    };
    let since = match since {
        Some(since) => look.faint(format_args!(" (since {})", rfc3339(since))),
        None if drift.class == DriftClass::Missing => String::new(),
        None => " since the last apply".to_owned(),
    };
    let mut text = look.lay_out(
        &entry(look.changed("!")),
        DEEP,
        &format!("{subject} {told}{since}"),
    );
    if several {
        let addresses = groups::folded(&group.addresses);
        text.push_str(&look.hang(DEEP, &addresses));
    }
    text.push_str(&changes::fields(&drift.fields, false, look));
    for sentence in &drift.meaning {
        text.push_str(&look.hang(DEEP, &sanitize::lines(sentence)));
    }
    if let Some(mend) = &drift.mend {
        let more = match group.items.len() {
            1 => "",
            _ => " (and so for the others)",
        };
        let told = format!("waform {}{}", sanitize::line(mend), look.faint(more));
        text.push_str(&look.hang(&format!("{DEEP}mend: "), &told));
    }
    text
}
