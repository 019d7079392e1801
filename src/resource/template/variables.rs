//! Which variables a template has: what a mapping must fill.

use super::declaration::Template;
use super::header::Header;
use super::localised::{LocalButton, Localised};
use super::text::Text;

/// The variable of a copy-code button.
pub(super) const COPY_CODE: &str = "copy_code";
/// The variable of an image, video or document header: a link that replaces the sample.
pub(super) const HEADER_LINK: &str = "header";

/// Where a variable stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Header,
    Body,
    /// The index of the button, from 0.
    Button(usize),
}

/// Something that is filled for each contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// The name that mappings and examples use: that of the text, `header.1` and `buttons[0].url` where the text has
    /// only a number of its own, `header.latitude`, `copy_code`, or `header` for a file.
    pub name: String,
    pub part: Part,
    /// Whether a message can go out without it.
    pub required: bool,
    /// Whether Meta's reviewers want a sample of it under `example`.
    pub sampled: bool,
}

/// Returns the name under which a header's placeholder is filled. Its numbers are not those of the body.
pub(super) fn header_name(placeholder: &str) -> String {
    numbered(placeholder, |number| format!("header.{number}"))
}

/// Returns the name under which a link's placeholder is filled. Its number is not one of the body.
pub(super) fn url_name(button: usize, placeholder: &str) -> String {
    numbered(placeholder, |_| format!("buttons[{button}].url"))
}

fn numbered(placeholder: &str, name: impl Fn(&str) -> String) -> String {
    if placeholder.starts_with(|c: char| c.is_ascii_digit()) {
        name(placeholder)
    } else {
        placeholder.to_owned()
    }
}

/// The fields of a location, in Meta's order.
pub(super) const LOCATION_FIELDS: [&str; 4] = ["latitude", "longitude", "name", "address"];

impl Localised {
    /// Returns the variables in the order of their places; one that stands in several parts comes several times.
    #[must_use]
    pub fn variables(&self) -> Vec<Variable> {
        let mut variables = Vec::new();
        let mut push = |name: String, part, required, sampled| {
            variables.push(Variable {
                name,
                part,
                required,
                sampled,
            });
        };
        match &self.header {
            Some(Header::Text(text)) => {
                for name in Text::parse(text).names() {
                    push(header_name(name), Part::Header, true, true);
                }
            }
            Some(Header::Location(location)) => {
                let given = [
                    location.latitude.is_some(),
                    location.longitude.is_some(),
                    location.name.is_some(),
                    location.address.is_some(),
                ];
                for (field, given) in LOCATION_FIELDS.iter().zip(given) {
                    push(format!("header.{field}"), Part::Header, !given, false);
                }
            }
            Some(Header::Image(_) | Header::Video(_) | Header::Document(_)) => {
                push(HEADER_LINK.to_owned(), Part::Header, false, false);
            }
            None => {}
        }
        for name in self.body_text().names() {
            push(name.to_owned(), Part::Body, true, true);
        }
        for (index, button) in self.buttons.iter().enumerate() {
            match button {
                LocalButton::Url { url, example, .. } => {
                    for name in Text::parse(url).names() {
                        push(
                            url_name(index, name),
                            Part::Button(index),
                            true,
                            example.is_none(),
                        );
                    }
                }
                LocalButton::CopyCode { .. } => {
                    push(COPY_CODE.to_owned(), Part::Button(index), true, false);
                }
                LocalButton::QuickReply { .. } | LocalButton::PhoneNumber { .. } => {}
            }
        }
        variables
    }
}

impl Template {
    /// Returns the codes of all languages, the primary one first.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.language)
            .chain(self.translation.keys())
            .map(|code| code.get().as_str())
    }

    /// Returns the variables of all languages, each name once, in the order of the primary language's places.
    #[must_use]
    pub fn variables(&self) -> Vec<Variable> {
        let mut variables: Vec<Variable> = Vec::new();
        for variable in self.localised().iter().flat_map(Localised::variables) {
            match variables
                .iter_mut()
                .find(|known| known.name == variable.name)
            {
                Some(known) => {
                    known.required |= variable.required;
                    known.sampled |= variable.sampled;
                }
                None => variables.push(variable),
            }
        }
        variables
    }
}
