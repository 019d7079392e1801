//! What is done to an object, in words.

use crate::engine::plan::Action;

pub(super) fn gerund(action: Action) -> &'static str {
    match action {
        Action::Create => "creating",
        Action::Update => "changing",
        Action::Replace => "replacing",
        Action::Delete => "deleting",
        Action::Adopt => "adopting",
        Action::Forget => "forgetting",
        Action::NoOp => "leaving",
    }
}

pub(super) fn past(action: Action) -> &'static str {
    match action {
        Action::Create => "Created",
        Action::Update => "Changed",
        Action::Replace => "Replaced",
        Action::Delete => "Deleted",
        Action::Adopt => "Adopted",
        Action::Forget => "Forgotten",
        Action::NoOp => "Left as it is",
    }
}

pub(super) fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}
