//! What a reply may say, as it is written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::limits;
use crate::config::{Spanned, StringOr};

/// A message, by its kind.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Message {
    /// Plain text.
    Text(Spanned<String>),
    /// Up to three answers in one tap.
    Buttons(Buttons),
    /// A button that opens a list of up to ten choices.
    List(List),
    /// One product of a catalogue.
    Product(Product),
    /// Several products of a catalogue.
    Products(Products),
    /// A button that opens a web page.
    CtaUrl(CtaUrl),
    Image(Captioned),
    Video(Captioned),
    Audio(File),
    Document(Document),
    Sticker(File),
}

/// Answers in one tap.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Buttons {
    pub header: Option<Spanned<String>>,
    pub body: Spanned<String>,
    pub footer: Option<Spanned<String>>,
    /// A string is a title that is its own id.
    pub buttons: Spanned<Vec<Spanned<StringOr<ReplyButton>>>>,
}

/// An answer that is told apart by an id.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplyButton {
    pub title: Spanned<String>,
    /// What comes back when it is tapped; the title where left out.
    pub id: Option<Spanned<String>>,
}

/// A list of choices.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct List {
    pub header: Option<Spanned<String>>,
    pub body: Spanned<String>,
    pub footer: Option<Spanned<String>>,
    /// The words on the button that opens the list.
    pub button: Spanned<String>,
    pub sections: Spanned<Vec<RowSection>>,
}

/// Choices that belong together.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RowSection {
    /// May be left out where there is one section.
    pub title: Option<Spanned<String>>,
    pub rows: Spanned<Vec<Row>>,
}

/// One choice.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// What comes back when it is chosen.
    pub id: Spanned<String>,
    pub title: Spanned<String>,
    pub description: Option<Spanned<String>>,
}

/// One product.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Product {
    pub body: Option<Spanned<String>>,
    pub footer: Option<Spanned<String>>,
    /// The id of the catalogue, from Commerce Manager.
    pub catalog_id: Spanned<String>,
    /// The product's own id in the catalogue.
    pub product_retailer_id: Spanned<String>,
}

/// Several products.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Products {
    pub header: Spanned<String>,
    pub body: Spanned<String>,
    pub footer: Option<Spanned<String>>,
    /// The id of the catalogue, from Commerce Manager.
    pub catalog_id: Spanned<String>,
    pub sections: Spanned<Vec<Shelf>>,
}

/// Products that belong together.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shelf {
    /// May be left out where there is one section.
    pub title: Option<Spanned<String>>,
    /// The products' own ids in the catalogue.
    pub products: Spanned<Vec<Spanned<String>>>,
}

/// A link.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CtaUrl {
    pub header: Option<Spanned<String>>,
    pub body: Spanned<String>,
    pub footer: Option<Spanned<String>>,
    /// The words on the button.
    pub text: Spanned<String>,
    pub url: Spanned<String>,
}

/// A picture or a film: exactly one of `link` and `id`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Captioned {
    /// Where Meta fetches the file.
    pub link: Option<Spanned<String>>,
    /// The id of a file that was uploaded to Meta, which keeps it for 30 days.
    pub id: Option<Spanned<String>>,
    pub caption: Option<Spanned<String>>,
}

/// A file without words: exactly one of `link` and `id`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Where Meta fetches the file.
    pub link: Option<Spanned<String>>,
    /// The id of a file that was uploaded to Meta, which keeps it for 30 days.
    pub id: Option<Spanned<String>>,
}

/// A document: exactly one of `link` and `id`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Where Meta fetches the file.
    pub link: Option<Spanned<String>>,
    /// The id of a file that was uploaded to Meta, which keeps it for 30 days.
    pub id: Option<Spanned<String>>,
    pub caption: Option<Spanned<String>>,
    /// The name under which the customer sees it.
    pub filename: Option<Spanned<String>>,
}

/// A string that may have been left out.
type Given<'a> = Option<&'a Spanned<String>>;

/// A string of a message, and what holds for it.
pub(super) struct Part<'a> {
    pub(super) words: &'a Spanned<String>,
    /// For errors: `the body`.
    pub(super) what: &'static str,
    /// The most characters.
    pub(super) most: usize,
    /// Whether it is filled with values.
    pub(super) is_filled: bool,
}

fn filled<'a>(what: &'static str, most: usize, words: &'a Spanned<String>) -> Part<'a> {
    Part {
        words,
        what,
        most,
        is_filled: true,
    }
}

fn fixed<'a>(what: &'static str, most: usize, words: &'a Spanned<String>) -> Part<'a> {
    Part {
        is_filled: false,
        ..filled(what, most, words)
    }
}

impl Message {
    /// Returns every string of the message.
    pub(super) fn parts(&self) -> Vec<Part<'_>> {
        let header = |words| filled("the header", limits::HEADER, words);
        let body = |words| filled("the body", limits::BODY, words);
        let footer = |words| filled("the footer", limits::FOOTER, words);
        let mut parts: Vec<Part<'_>> = Vec::new();
        match self {
            Self::Text(text) => parts.push(filled("the text", limits::TEXT, text)),
            Self::Buttons(buttons) => {
                parts.extend(buttons.header.as_ref().map(header));
                parts.push(body(&buttons.body));
                parts.extend(buttons.footer.as_ref().map(footer));
            }
            Self::List(list) => {
                parts.extend(list.header.as_ref().map(header));
                parts.push(body(&list.body));
                parts.extend(list.footer.as_ref().map(footer));
                parts.push(fixed("the button", limits::BUTTON_TITLE, &list.button));
                for section in list.sections.iter() {
                    parts.extend(section.title.as_ref().map(section_title));
                    parts.extend(section.rows.iter().flat_map(row));
                }
            }
            Self::Product(product) => {
                parts.extend(product.body.as_ref().map(body));
                parts.extend(product.footer.as_ref().map(footer));
                parts.push(fixed("catalog_id", limits::NAME, &product.catalog_id));
                let id = &product.product_retailer_id;
                parts.push(fixed("product_retailer_id", limits::NAME, id));
            }
            Self::Products(products) => {
                parts.push(header(&products.header));
                parts.push(body(&products.body));
                parts.extend(products.footer.as_ref().map(footer));
                parts.push(fixed("catalog_id", limits::NAME, &products.catalog_id));
                for section in products.sections.iter() {
                    parts.extend(section.title.as_ref().map(section_title));
                    let ids = section.products.iter();
                    parts.extend(ids.map(|id| fixed("a product's id", limits::NAME, id)));
                }
            }
            Self::CtaUrl(link) => {
                parts.extend(link.header.as_ref().map(header));
                parts.push(body(&link.body));
                parts.extend(link.footer.as_ref().map(footer));
                parts.push(fixed("the button", limits::BUTTON_TITLE, &link.text));
                parts.push(fixed("the url", limits::URL, &link.url));
            }
            Self::Image(file) | Self::Video(file) => {
                parts.extend(file.caption.as_ref().map(caption));
            }
            Self::Document(file) => {
                parts.extend(file.caption.as_ref().map(caption));
                let name = file.filename.as_ref();
                parts.extend(name.map(|name| fixed("the file's name", limits::NAME, name)));
            }
            Self::Audio(_) | Self::Sticker(_) => {}
        }
        if let Some((link, id)) = self.file() {
            parts.extend(link.map(|link| fixed("the link", limits::URL, link)));
            parts.extend(id.map(|id| fixed("the file's id", limits::NAME, id)));
        }
        parts
    }

    /// Returns link and id of the file, where the message is one.
    pub(super) fn file(&self) -> Option<(Given<'_>, Given<'_>)> {
        match self {
            Self::Image(file) | Self::Video(file) => Some((file.link.as_ref(), file.id.as_ref())),
            Self::Audio(file) | Self::Sticker(file) => Some((file.link.as_ref(), file.id.as_ref())),
            Self::Document(file) => Some((file.link.as_ref(), file.id.as_ref())),
            _ => None,
        }
    }

    /// Returns the texts that a customer reads before tapping anything.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.parts()
            .into_iter()
            .filter(|part| part.is_filled)
            .map(|part| part.words.get().as_str())
    }

    /// Returns the ids that can come back when something of the message is tapped.
    #[must_use]
    pub fn answers(&self) -> Vec<String> {
        match self {
            Self::Buttons(buttons) => {
                let pairs = buttons.pairs().into_iter();
                pairs.map(|(_, id)| id.into_inner()).collect()
            }
            Self::List(list) => list.rows().map(|row| row.id.get().clone()).collect(),
            _ => Vec::new(),
        }
    }
}

fn section_title(words: &Spanned<String>) -> Part<'_> {
    fixed("the section's title", limits::SECTION_TITLE, words)
}

fn caption(words: &Spanned<String>) -> Part<'_> {
    filled("the caption", limits::BODY, words)
}

fn row(row: &Row) -> impl Iterator<Item = Part<'_>> {
    let description = row.description.as_ref();
    [
        fixed("the row's id", limits::ROW_ID, &row.id),
        fixed("the row's title", limits::ROW_TITLE, &row.title),
    ]
    .into_iter()
    .chain(description.map(|words| fixed("the description", limits::ROW_DESCRIPTION, words)))
}

impl Buttons {
    /// Returns title and id of each button.
    #[must_use]
    pub fn pairs(&self) -> Vec<(Spanned<String>, Spanned<String>)> {
        let pair = |button: &Spanned<StringOr<ReplyButton>>| match button.get() {
            StringOr::String(title) => {
                let title = Spanned::new(button.span(), title.clone());
                (title.clone(), title)
            }
            StringOr::Table(ReplyButton { title, id }) => {
                (title.clone(), id.clone().unwrap_or_else(|| title.clone()))
            }
        };
        self.buttons.iter().map(pair).collect()
    }
}

impl List {
    /// Returns the choices of all sections.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.sections.iter().flat_map(|section| section.rows.iter())
    }
}
