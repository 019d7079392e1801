//! Meta's numbers, each once, with where it was read and when. Lengths are counted in characters.

use jiff::SignedDuration;

use super::Category;

/// "Template management", September 2026.
pub(super) const NAME: usize = 512;
/// "Template components", September 2026.
pub(super) const HEADER: usize = 60;
/// "Template components", September 2026; holds before and after substitution (error 132005).
pub(super) const BODY: usize = 1024;
/// "Template components", September 2026.
pub(super) const FOOTER: usize = 60;
/// "Template components", September 2026.
pub(super) const BUTTONS: usize = 10;
/// "Template components", September 2026.
pub(super) const URL_BUTTONS: usize = 2;
/// "Template components", September 2026.
pub(super) const PHONE_BUTTONS: usize = 1;
/// "Template components", September 2026.
pub(super) const COPY_CODE_BUTTONS: usize = 1;
/// "Template components", September 2026.
pub(super) const BUTTON_LABEL: usize = 25;
/// "Template components", September 2026.
pub(super) const URL: usize = 2000;
/// "Template components", September 2026; `+` is not counted.
pub(super) const PHONE_DIGITS: usize = 20;
/// "Limited-time offer templates", 2025, and pywa 4.4.0, August 2026: what is safe.
pub(super) const COPY_CODE_SAFE: usize = 15;
/// "Template components", September 2026: what Meta's newest page allows.
pub(super) const COPY_CODE: usize = 20;
/// Not published by Meta; reported by several providers, 2025.
pub(super) const EMOJI: usize = 10;
/// Not published by Meta; reported by several providers, 2025.
pub(super) const WHITESPACE_RUN: usize = 4;
/// Twilio, 2025: a body with x variables needs at least 2x+1 words beside them.
pub(super) fn least_words(variables: usize) -> usize {
    2 * variables + 1
}
/// Not published by Meta; what several providers advise, 2025.
pub(super) const ADVISED_WORDS_PER_VARIABLE: usize = 3;

/// "Template management", September 2026: creations in an hour, per WhatsApp Business account.
pub(super) const CREATIONS: usize = 100;
pub(super) const CREATION_WINDOW: SignedDuration = SignedDuration::from_hours(1);
/// "Templates overview", November 2025: templates of an unverified portfolio, each language counted.
pub(super) const TEMPLATES_UNVERIFIED: usize = 250;
/// "Templates overview", November 2025: templates of a verified portfolio with an approved display name.
pub(super) const TEMPLATES_VERIFIED: usize = 6000;
/// "Template management", September 2026: edits of an approved template in a day.
pub(super) const EDITS_A_DAY: usize = 1;
pub(super) const DAY: SignedDuration = SignedDuration::from_hours(24);
/// "Template management", September 2026: edits of an approved template in 30 days.
pub(super) const EDITS_IN_30_DAYS: usize = 10;
pub(super) const THIRTY_DAYS: SignedDuration = SignedDuration::from_hours(30 * 24);
/// "Template management", September 2026: how long the name of a deleted approved template is locked.
pub(super) const NAME_LOCK: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Returns the least and the most `message_send_ttl_seconds`. "Time to live", September 2026.
pub(super) fn time_to_live(category: Category) -> (i64, i64) {
    match category {
        Category::Marketing => (43_200, 2_592_000),
        Category::Utility => (30, 43_200),
    }
}

/// Returns the `message_send_ttl_seconds` that stands for Meta's default of 30 days. "Time to live", September 2026.
pub(super) fn default_time_to_live(category: &str) -> i64 {
    if category == Category::Marketing.at_meta() {
        2_592_000
    } else {
        UNLIMITED_TIME_TO_LIVE
    }
}

/// 30 days, for utility and authentication. "Time to live", September 2026.
pub(super) const UNLIMITED_TIME_TO_LIVE: i64 = -1;
