//! `[notify.name]`: who is told of what happens, beside those who look.

use schemars::JsonSchema;
use serde::Deserialize;

use super::check::{self, Check};
use super::{Declared, Project, Resource, web_address};
use crate::config::{Diagnostics, Report, SecretRef, Spanned};

/// An address that is told of events.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Notify {
    /// The address that is called, over HTTPS.
    pub url: Spanned<String>,
    /// Signs what is sent, so that the receiver knows whom it comes from.
    pub secret: Option<Spanned<SecretRef>>,
    /// Which events; all where left out.
    pub events: Option<Spanned<Vec<Event>>>,
}

/// A kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A template was approved, rejected, paused, moved to another category.
    Template,
    /// A number's quality, name or limit has changed.
    Number,
    /// Meta has reviewed, limited or locked the account.
    Account,
    /// A guard has stopped something.
    Guard,
    /// Something differs from what was applied.
    Drift,
    /// A campaign was launched, held or ended.
    Campaign,
}

impl Notify {
    /// Tells whether this address wants to know of such an event.
    #[must_use]
    pub fn wants(&self, event: Event) -> bool {
        self.events
            .as_ref()
            .is_none_or(|events| events.contains(&event))
    }
}

impl Resource for Notify {
    const KIND: &'static str = "notify";

    fn check(this: &Declared<Self>, project: &Project, diagnostics: &mut Diagnostics) {
        check::run(CHECKS, this, project, diagnostics);
    }
}

const CHECKS: &[Check<Notify>] = &[address_is_safe, events_are_some];

fn address_is_safe(this: &Declared<Notify>, _: &Project, diagnostics: &mut Diagnostics) {
    web_address::check(this, "notify::url", &this.value.url, diagnostics);
}

fn events_are_some(this: &Declared<Notify>, _: &Project, diagnostics: &mut Diagnostics) {
    if let Some(events) = &this.value.events
        && events.is_empty()
    {
        diagnostics.push(
            Report::error("notify::no_events", "the address is told of nothing")
                .at(this.at(events.span()), "no event")
                .help("leave `events` out to be told of all"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::testing::{findings, project};

    fn notify(keys: &str) -> String {
        format!("[notify.ops]\nurl = \"https://hooks.example.com/ops\"\n{keys}\n")
    }

    #[test]
    fn an_address_is_told_of_what_it_names_or_of_all() {
        let wants = |keys: &str, event| {
            let project = project(&notify(keys)).0;
            project.get::<Notify>("ops").unwrap().value.wants(event)
        };
        assert!(wants("", Event::Drift));
        assert!(wants("events = [\"guard\", \"drift\"]", Event::Drift));
        assert!(!wants("events = [\"guard\"]", Event::Drift));
    }

    #[test]
    fn mistakes_are_underlined() {
        assert_eq!(
            findings(&notify("secret = { env = \"S\" }")),
            Vec::<String>::new()
        );
        assert_eq!(findings(&notify("events = []")), ["notify::no_events: []"]);
        assert_eq!(
            findings(&notify("").replace("https", "http")),
            ["notify::url: \"http://hooks.example.com/ops\""]
        );
        let unknown = findings(&notify("events = [\"templates\"]"));
        assert_eq!(unknown.len(), 1, "{unknown:?}");
        assert!(unknown[0].starts_with("config::"), "{unknown:?}");
    }
}
