//! Whole bodies, in the shapes that Meta documents, in shapes that nobody documents, and in none.

mod account;
mod hostile;
mod messages;
mod people;
mod preferences;
mod statuses;
mod strange;
mod templates;

use jiff::Timestamp;

use super::{Change, Event, parse};

const FIXTURES: [(&str, &str); 7] = [
    ("account", include_str!("../fixtures/account.json")),
    ("messages", include_str!("../fixtures/messages.json")),
    ("people", include_str!("../fixtures/people.json")),
    ("preferences", include_str!("../fixtures/preferences.json")),
    ("statuses", include_str!("../fixtures/statuses.json")),
    ("strange", include_str!("../fixtures/strange.json")),
    ("templates", include_str!("../fixtures/templates.json")),
];

const WABA: &str = "310000000000042";
const NUMBER: &str = "209876543210987";

fn changes(name: &str) -> Vec<Change> {
    let (_, body) = FIXTURES.iter().find(|(known, _)| *known == name).unwrap();
    parse(body).unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// The fixtures' objects are ours; whatever is not of the kind that the test is about ends it.
macro_rules! events {
    ($name:expr, $kind:ident) => {
        changes($name)
            .into_iter()
            .filter_map(|change| match change.event {
                Event::$kind(event) => Some(event),
                _ => None,
            })
            .collect::<Vec<_>>()
    };
}
use events;
