//! A template in one language: the primary language's parts, or a translation with what it inherits.

use std::collections::BTreeMap;

use super::button::{Button, QuickReply};
use super::declaration::{Template, Translation};
use super::header::Header;
use super::text::Text;
use crate::config::{Spanned, StringOr};

/// A template in one language, nothing left to inherit.
#[derive(Clone, Debug)]
pub struct Localised {
    pub language: Spanned<String>,
    pub is_primary: bool,
    pub header: Option<Header>,
    pub body: Spanned<String>,
    pub footer: Option<Spanned<String>>,
    pub buttons: Vec<LocalButton>,
    /// Samples by variable.
    pub example: BTreeMap<String, Spanned<String>>,
}

/// A button in one language.
#[derive(Clone, Debug)]
pub enum LocalButton {
    QuickReply {
        text: Spanned<String>,
        /// What comes back when it is tapped: the same in every language.
        id: Spanned<String>,
    },
    Url {
        text: Spanned<String>,
        url: Spanned<String>,
        example: Option<Spanned<String>>,
    },
    PhoneNumber {
        text: Spanned<String>,
        phone_number: Spanned<String>,
    },
    CopyCode {
        example: Spanned<String>,
    },
}

impl LocalButton {
    /// Returns the label, where it is not Meta's own.
    #[must_use]
    pub fn label(&self) -> Option<&Spanned<String>> {
        match self {
            Self::QuickReply { text, .. }
            | Self::Url { text, .. }
            | Self::PhoneNumber { text, .. } => Some(text),
            Self::CopyCode { .. } => None,
        }
    }

    /// Returns the word of the configuration.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::QuickReply { .. } => "quick_reply",
            Self::Url { .. } => "url",
            Self::PhoneNumber { .. } => "phone_number",
            Self::CopyCode { .. } => "copy_code",
        }
    }

    fn new(written: &Spanned<StringOr<Button>>) -> Self {
        let quick_reply = |text: Spanned<String>, id: Option<Spanned<String>>| Self::QuickReply {
            id: id.unwrap_or_else(|| text.clone()),
            text,
        };
        match written.get() {
            StringOr::String(text) => quick_reply(Spanned::new(written.span(), text.clone()), None),
            StringOr::Table(Button::QuickReply(reply)) => match reply.get() {
                StringOr::String(text) => {
                    quick_reply(Spanned::new(reply.span(), text.clone()), None)
                }
                StringOr::Table(QuickReply { text, id }) => quick_reply(text.clone(), id.clone()),
            },
            StringOr::Table(Button::Url(url)) => Self::Url {
                text: url.text.clone(),
                url: url.url.clone(),
                example: url.example.clone(),
            },
            StringOr::Table(Button::PhoneNumber(phone)) => Self::PhoneNumber {
                text: phone.text.clone(),
                phone_number: phone.phone_number.clone(),
            },
            StringOr::Table(Button::CopyCode(code)) => Self::CopyCode {
                example: code.example.clone(),
            },
        }
    }

    /// Returns this button as a translation writes it: with its label or its own link, and the same id.
    fn translated(&self, written: &Spanned<StringOr<Button>>) -> Self {
        let mut button = match written.get() {
            StringOr::String(label) => {
                let mut button = self.clone();
                match &mut button {
                    Self::QuickReply { text, .. }
                    | Self::Url { text, .. }
                    | Self::PhoneNumber { text, .. } => {
                        *text = Spanned::new(written.span(), label.clone());
                    }
                    Self::CopyCode { .. } => {}
                }
                return button;
            }
            StringOr::Table(_) => Self::new(written),
        };
        if let (Self::QuickReply { id: known, .. }, Self::QuickReply { id, .. }) =
            (self, &mut button)
        {
            id.clone_from(known);
        }
        if let (Self::Url { example: known, .. }, Self::Url { example, .. }) = (self, &mut button)
            && example.is_none()
        {
            example.clone_from(known);
        }
        button
    }
}

impl Template {
    /// Returns the template in each of its languages, the primary one first, the others by their codes.
    #[must_use]
    pub fn localised(&self) -> Vec<Localised> {
        let primary = self.primary();
        let mut all: Vec<_> = self
            .translation
            .iter()
            .map(|(language, translation)| translated(&primary, language, translation.get()))
            .collect();
        all.insert(0, primary);
        all
    }

    /// Returns the template in one language.
    #[must_use]
    pub fn in_language(&self, language: &str) -> Option<Localised> {
        let primary = self.primary();
        if primary.language.get() == language {
            return Some(primary);
        }
        self.translation
            .iter()
            .find(|(code, _)| code.get() == language)
            .map(|(code, translation)| translated(&primary, code, translation.get()))
    }

    fn primary(&self) -> Localised {
        Localised {
            language: self.language.clone(),
            is_primary: true,
            header: self.header.as_ref().map(|header| header.get().clone()),
            body: self.body.clone(),
            footer: self.footer.clone(),
            buttons: self.buttons.iter().map(LocalButton::new).collect(),
            example: samples(&self.example),
        }
    }
}

fn samples(
    written: &BTreeMap<Spanned<String>, Spanned<String>>,
) -> BTreeMap<String, Spanned<String>> {
    written
        .iter()
        .map(|(name, sample)| (name.get().clone(), sample.clone()))
        .collect()
}

/// Pairs the buttons of a translation with those of the primary language, by index: either all are written, or those
/// with a label of ours. What does not pair is left out; a check says so.
pub(super) fn paired(primary: &[LocalButton], written: usize) -> Vec<usize> {
    let labelled: Vec<usize> = (0..primary.len())
        .filter(|index| primary[*index].label().is_some())
        .collect();
    if written == labelled.len() {
        labelled
    } else {
        (0..primary.len()).collect()
    }
}

fn translated(
    primary: &Localised,
    language: &Spanned<String>,
    translation: &Translation,
) -> Localised {
    let mut buttons = primary.buttons.clone();
    for (index, written) in paired(&primary.buttons, translation.buttons.len())
        .into_iter()
        .zip(&translation.buttons)
    {
        buttons[index] = primary.buttons[index].translated(written);
    }
    let mut example = primary.example.clone();
    example.extend(samples(&translation.example));
    Localised {
        language: language.clone(),
        is_primary: false,
        header: translation
            .header
            .as_ref()
            .map(|header| header.get().clone())
            .or_else(|| primary.header.clone()),
        body: translation.body.clone(),
        footer: translation
            .footer
            .clone()
            .or_else(|| primary.footer.clone()),
        buttons,
        example,
    }
}

impl Localised {
    /// Returns the quick replies: the id that comes back, and the label.
    pub fn quick_replies(&self) -> impl Iterator<Item = (&str, &str)> {
        self.buttons.iter().filter_map(|button| match button {
            LocalButton::QuickReply { id, text } => Some((id.as_str(), text.as_str())),
            _ => None,
        })
    }

    /// Returns the header's text, cut where its variables are.
    #[must_use]
    pub fn header_text(&self) -> Option<Text> {
        self.header
            .as_ref()
            .and_then(Header::text)
            .map(|text| Text::parse(text))
    }

    #[must_use]
    pub fn body_text(&self) -> Text {
        Text::parse(&self.body)
    }
}
