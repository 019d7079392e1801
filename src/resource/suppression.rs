//! `[suppression.name]`: who must not be messaged, and with which words people say so.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;

use super::check::{self, Check};
use super::list::{self, ListSource};
use super::{Declared, Project, Resource};
use crate::config::{Diagnostics, Report, Spanned};

/// People who must not be messaged, whatever the lists say.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Suppression {
    pub source: Option<Spanned<ListSource>>,
    /// The field that holds the phone number; `phone` where left out.
    pub phone: Option<Spanned<String>>,
    /// The region of numbers that are written without a prefix.
    pub default_region: Option<Spanned<String>>,
    /// Words that suppress whoever writes them; `STOP` and `UNSUBSCRIBE` where no suppression names any.
    pub keywords: Option<Words>,
    /// Words that take that back.
    pub resume_keywords: Option<Words>,
}

/// Words with their places.
type Words = Spanned<Vec<Spanned<String>>>;

/// The stop words where none are declared.
pub const STOP: [&str; 2] = ["STOP", "UNSUBSCRIBE"];

/// What somebody asks for with a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// To be messaged no more.
    Stop,
    /// To be messaged again.
    Resume,
}

/// The words of all suppressions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keywords {
    stop: BTreeSet<String>,
    resume: BTreeSet<String>,
}

impl Keywords {
    /// Returns the words that are declared, or [`STOP`].
    #[must_use]
    pub fn of(project: &Project) -> Self {
        let words = |words: fn(&Suppression) -> &Option<Words>| {
            let declared = project
                .all::<Suppression>()
                .filter_map(|suppression| words(&suppression.value).as_ref());
            let mut declared = declared.peekable();
            declared.peek().is_some().then(|| {
                declared
                    .flat_map(|words| words.iter())
                    .map(|word| folded(word))
                    .collect()
            })
        };
        Self {
            stop: words(|suppression| &suppression.keywords)
                .unwrap_or_else(|| STOP.into_iter().map(folded).collect()),
            resume: words(|suppression| &suppression.resume_keywords).unwrap_or_default(),
        }
    }

    /// Returns what a message asks for. Only a message that is the word alone does: who writes about stopping may want
    /// something else.
    #[must_use]
    pub fn wish(&self, message: &str) -> Option<Wish> {
        let message = folded(message);
        if self.stop.contains(&message) {
            Some(Wish::Stop)
        } else if self.resume.contains(&message) {
            Some(Wish::Resume)
        } else {
            None
        }
    }
}

/// Tells whether a whole message is a keyword, in whatever case and with whatever space around it.
#[must_use]
pub fn is_said(keyword: &str, message: &str) -> bool {
    folded(keyword) == folded(message)
}

/// The form in which keywords are compared.
pub(super) fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

impl Resource for Suppression {
    const KIND: &'static str = "suppression";

    fn check(this: &Declared<Self>, project: &Project, diagnostics: &mut Diagnostics) {
        check::run(CHECKS, this, project, diagnostics);
    }
}

const CHECKS: &[Check<Suppression>] = &[
    source_is_named,
    region_is_known,
    field_is_named,
    words_are_some,
    words_mean_one_thing,
];

fn source_is_named(this: &Declared<Suppression>, _: &Project, diagnostics: &mut Diagnostics) {
    match &this.value.source {
        Some(source) => list::check_source(this, "suppression::source", source, diagnostics),
        None if this.value.keywords.is_some() || this.value.resume_keywords.is_some() => {}
        None => diagnostics.push(
            Report::warning(
                "suppression::empty",
                format!(
                    "{} has no source and keeps nobody from being messaged",
                    this.address()
                ),
            )
            .at(this.name_place.clone(), "")
            .help("name the file: source = { csv = \"do-not-contact.csv\" }"),
        ),
    }
}

fn region_is_known(this: &Declared<Suppression>, _: &Project, diagnostics: &mut Diagnostics) {
    let region = this.value.default_region.as_ref();
    check::region(this, "suppression::region", region, diagnostics);
}

fn field_is_named(this: &Declared<Suppression>, _: &Project, diagnostics: &mut Diagnostics) {
    if let Some(field) = &this.value.phone {
        check::field(this, "suppression::field", field, diagnostics);
    }
}

fn words_are_some(this: &Declared<Suppression>, _: &Project, diagnostics: &mut Diagnostics) {
    let mut refuse = |place, message: &str| {
        diagnostics.push(
            Report::error("suppression::keywords", message)
                .at(place, "")
                .help("write whole messages, like keywords = [\"STOP\", \"UNSUBSCRIBE\"]; case does not count"),
        );
    };
    if let Some(words) = &this.value.keywords
        && words.is_empty()
    {
        refuse(
            this.at(words.span()),
            "people could not say that they want no more messages",
        );
    }
    for words in [&this.value.keywords, &this.value.resume_keywords] {
        for word in words.iter().flat_map(|words| words.iter()) {
            if word.trim().is_empty() {
                refuse(this.at(word.span()), "a keyword is empty");
            }
        }
    }
}

fn words_mean_one_thing(
    this: &Declared<Suppression>,
    project: &Project,
    diagnostics: &mut Diagnostics,
) {
    let mut stops = BTreeMap::new();
    for other in project.all::<Suppression>() {
        for word in other.value.keywords.iter().flat_map(|words| words.iter()) {
            stops.entry(folded(word)).or_insert(other.at(word.span()));
        }
    }
    let none_declared = stops.is_empty();
    let resume = this.value.resume_keywords.iter();
    for word in resume.flat_map(|words| words.iter()) {
        let stop = stops.get(&folded(word));
        let is_default = none_declared && STOP.iter().any(|stop| is_said(stop, word));
        if stop.is_some() || is_default {
            let report = Report::error(
                "suppression::keyword_both",
                format!("`{}` asks for an end and for more at once", word.get()),
            )
            .at(this.at(word.span()), "takes it back")
            .help("the stop counts; choose another word to take it back");
            diagnostics.push(match stop {
                Some(stop) => report.at(stop.clone(), "suppresses"),
                None => report,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::testing::{findings, project};

    fn wishes(toml: &str, messages: &[&str]) -> Vec<Option<Wish>> {
        let keywords = Keywords::of(&project(toml).0);
        messages
            .iter()
            .map(|message| keywords.wish(message))
            .collect()
    }

    const DECLARED: &str = r#"
[suppression.stop]
keywords = ["BAJA", "Parar ya"]
resume_keywords = ["ALTA"]
[suppression.file]
source = { csv = "stop.csv" }
"#;

    #[test]
    fn a_keyword_is_the_whole_message_in_any_case() {
        assert_eq!(
            wishes(
                DECLARED,
                &["baja", " Parar YA\n", "alta", "no quiero baja", ""]
            ),
            [
                Some(Wish::Stop),
                Some(Wish::Stop),
                Some(Wish::Resume),
                None,
                None
            ]
        );
    }

    #[test]
    fn without_declared_words_the_usual_ones_count() {
        let stop = Some(Wish::Stop);
        for toml in ["", "[suppression.file]\nsource = { csv = \"stop.csv\" }\n"] {
            assert_eq!(
                wishes(toml, &["stop", "Unsubscribe", "baja"]),
                [stop, stop, None]
            );
        }
        assert_eq!(wishes(DECLARED, &["stop"]), [None]);
    }

    #[test]
    fn words_are_checked() {
        assert_eq!(findings(DECLARED), Vec::<String>::new());
        assert_eq!(
            findings("[suppression.stop]\nkeywords = []\n"),
            ["suppression::keywords: []"]
        );
        assert_eq!(
            findings("[suppression.stop]\nkeywords = [\" \"]\n"),
            ["suppression::keywords: \" \""]
        );
        assert_eq!(
            findings("[suppression.stop]\nresume_keywords = [\"Stop\"]\n"),
            ["suppression::keyword_both: \"Stop\""]
        );
        assert_eq!(
            findings(
                "[suppression.a]\nkeywords = [\"x\"]\n[suppression.b]\nresume_keywords = [\"X\"]\n"
            ),
            ["suppression::keyword_both: \"X\""]
        );
    }
}
