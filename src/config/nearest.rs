//! The nearest known word to one that is not known.

/// Returns the candidate that `word` was most likely meant to be; `None` where none is near.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = word.to_lowercase().replace('-', "_");
    // One slip in short words, one in three letters in longer ones.
    let allowed = (folded.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| {
            let distance = strsim::damerau_levenshtein(&folded, &candidate.to_lowercase());
            // `waba` for `waba_id`: the beginning was written, the rest forgotten.
            let beginning = folded.len() >= 3 && candidate.to_lowercase().starts_with(&folded);
            (if beginning { 1 } else { distance }, candidate)
        })
        .filter(|(distance, candidate)| {
            *distance <= allowed && *distance < candidate.chars().count()
        })
        .min_by_key(|(distance, candidate)| (*distance, *candidate))
        .map(|(_, candidate)| candidate)
}

/// Returns the proposal as a sentence, or a list of what is known where there is little of it.
#[must_use]
pub fn proposal<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str> + Clone,
) -> Option<String> {
    if let Some(near) = nearest(word, candidates.clone()) {
        return Some(format!("did you mean `{near}`?"));
    }
    let mut known: Vec<_> = candidates.into_iter().collect();
    known.sort_unstable();
    match known.len() {
        0 => None,
        1..=24 => Some(format!("known here: {}", listed(&known))),
        _ => None,
    }
}

/// Writes words as `a`, `b`, `c`.
#[must_use]
pub(crate) fn listed(words: &[&str]) -> String {
    words
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_find_what_was_meant() {
        let known = ["access_token", "waba_id", "app_id", "from"];
        assert_eq!(nearest("acess_token", known), Some("access_token"));
        assert_eq!(nearest("access-token", known), Some("access_token"));
        assert_eq!(nearest("waba", known), Some("waba_id"));
        assert_eq!(nearest("form", known), Some("from"));
        assert_eq!(nearest("colour", known), None);
    }

    #[test]
    fn without_a_near_word_the_known_ones_are_listed() {
        assert_eq!(
            proposal("x", ["b", "a"]).as_deref(),
            Some("known here: `a`, `b`")
        );
        assert_eq!(proposal("x", []), None);
    }
}
