//! What the audience must know of the message that is sent.

use std::collections::BTreeMap;

use super::skip::Skip;

/// A template, as far as one contact's message is concerned.
pub trait Message: Send + Sync {
    /// Returns the languages that it can be sent in, the primary one first; never empty.
    fn languages(&self) -> Vec<String>;

    /// Returns the variable parts of one message, as JSON, ready for the request. Variables that `values` does not
    /// hold have no value for this contact.
    ///
    /// # Errors
    /// The reason why this contact cannot be messaged: a variable that must be filled is not
    /// ([`VARIABLE_MISSING`](super::skip::VARIABLE_MISSING)), or a text with these values breaks a limit of Meta's
    /// ([`TEXT_TOO_LONG`](super::skip::TEXT_TOO_LONG)).
    fn compose(&self, language: &str, values: &BTreeMap<String, String>) -> Result<String, Skip>;
}

/// The languages of a template, prepared for choosing.
#[derive(Clone, Debug)]
pub struct Languages {
    /// As Meta writes them, and in a form for comparison; the primary one first.
    codes: Vec<(String, String)>,
}

impl Languages {
    #[must_use]
    pub fn new(codes: Vec<String>) -> Self {
        let codes = codes.into_iter().map(|code| (canonical(&code), code));
        Self {
            codes: codes.map(|(canonical, code)| (code, canonical)).collect(),
        }
    }

    /// Returns the language to send in: the contact's own, else one that differs in the region only, else the primary one.
    #[must_use]
    pub fn choose(&self, wanted: &str) -> &str {
        let wanted = canonical(wanted);
        let find = |fits: &dyn Fn(&str) -> bool| {
            let found = self.codes.iter().find(|(_, canonical)| fits(canonical));
            found.filter(|_| !wanted.is_empty())
        };
        find(&|known| known == wanted)
            .or_else(|| find(&|known| known == base(&wanted)))
            .or_else(|| find(&|known| base(known) == base(&wanted)))
            .or(self.codes.first())
            .map_or("", |(code, _)| code)
    }
}

/// People and systems write `pt-BR`, `pt_br` and `PT_BR` alike.
fn canonical(code: &str) -> String {
    code.trim().replace('-', "_").to_lowercase()
}

fn base(canonical: &str) -> &str {
    canonical.split('_').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_language_is_chosen() {
        let languages = Languages::new(
            ["en_US", "es", "pt_BR", "es_MX"]
                .map(str::to_owned)
                .to_vec(),
        );
        for (wanted, chosen) in [
            ("", "en_US"),
            ("es", "es"),
            ("es-MX", "es_MX"),
            ("es_AR", "es"),
            (" PT ", "pt_BR"),
            ("pt-PT", "pt_BR"),
            ("en_GB", "en_US"),
            ("de", "en_US"),
            ("e", "en_US"),
        ] {
            assert_eq!(languages.choose(wanted), chosen, "{wanted:?}");
        }
    }
}
