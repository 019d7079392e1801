//! The template filled for one contact: what is sent, and what the contact will read.
//!
//! A file in the header is uploaded once for many contacts and only when they are messaged: its place holds
//! `{"media": "sha256:..."}` until the sender puts an id there.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::{Map, Value};

use super::declaration::Template;
use super::header::{Header, MediaKind};
use super::localised::{LocalButton, Localised};
use super::media;
use super::text::{Text, normalised};
use super::variables::{COPY_CODE, HEADER_LINK, LOCATION_FIELDS, Variable, header_name, url_name};
use super::{limits, percent};
use crate::config::Report;
use crate::resource::{Declared, Project};

/// A template's messages, prepared for many contacts.
#[derive(Clone, Debug)]
pub struct Composer {
    languages: Vec<(String, Prepared)>,
}

/// Why a message cannot be composed of these values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("the template is not declared in `{language}`")]
    UnknownLanguage { language: String },
    #[error("no value for `{variable}`")]
    Missing { variable: String },
    /// Meta refuses it with 132005.
    #[error("{part} has {length} characters once filled, {limit} are allowed")]
    TooLong {
        part: String,
        length: usize,
        limit: usize,
    },
}

/// A file that must be uploaded before messages that show it can go out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaFile {
    /// What stands in its place: `sha256:...`.
    pub reference: String,
    /// Relative to the project's directory.
    pub path: PathBuf,
    pub media_type: &'static str,
}

#[derive(Clone, Debug)]
struct Prepared {
    localised: Localised,
    header: Option<Text>,
    body: Text,
    urls: Vec<Option<Text>>,
    media: Option<(MediaKind, MediaFile)>,
    /// Whether parameters are sent with their names.
    is_named: bool,
}

type Values = BTreeMap<String, String>;

impl Composer {
    /// Prepares all languages of a template.
    ///
    /// # Errors
    /// Where a header's file cannot be read.
    pub fn new(project: &Project, declared: &Declared<Template>) -> Result<Self, Report> {
        let mut languages = Vec::new();
        for localised in declared.value.localised() {
            let language = localised.language.get().clone();
            let sample = media::sample(project, declared, &language)?;
            let media = localised
                .header
                .as_ref()
                .and_then(Header::media)
                .zip(sample)
                .and_then(|((kind, path), sample)| {
                    let file = MediaFile {
                        reference: format!("sha256:{}", sample.sha256),
                        path: path.get().clone(),
                        media_type: kind.media_type(path)?,
                    };
                    Some((kind, file))
                });
            languages.push((language, Prepared::new(localised, media)));
        }
        Ok(Self { languages })
    }

    /// Returns the codes of all languages, the primary one first.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.languages.iter().map(|(language, _)| language.as_str())
    }

    /// Returns the variables of one language; none where the template is not declared in it.
    #[must_use]
    pub fn variables(&self, language: &str) -> Vec<Variable> {
        self.prepared(language)
            .map(|prepared| prepared.localised.variables())
            .unwrap_or_default()
    }

    /// Returns the files that must be uploaded before messages go out.
    pub fn media(&self) -> impl Iterator<Item = &MediaFile> {
        self.languages
            .iter()
            .filter_map(|(_, prepared)| prepared.media.as_ref().map(|(_, file)| file))
    }

    /// Fills the template for one contact: the `components` of the template message as JSON, an empty list where nothing
    /// is filled. They are written as text at once: a tree of values for each of a million contacts took half of the
    /// time of a plan.
    ///
    /// # Errors
    /// Where a value is missing, or makes a part longer than Meta allows.
    pub fn compose(&self, language: &str, values: &Values) -> Result<String, Unfit> {
        let prepared = self.known(language)?;
        prepared.header_text(values)?;
        prepared.body_text(values)?;
        let mut components: Vec<Component<'_>> = prepared.header(values)?.into_iter().collect();
        let parameters = prepared.parameters(&prepared.body, values, str::to_owned)?;
        if !parameters.is_empty() {
            components.push(Component::new("body", parameters));
        }
        for index in 0..prepared.localised.buttons.len() {
            components.extend(prepared.button(index, values)?);
        }
        Ok(serde_json::to_string(&components).expect("texts and lists of them are JSON"))
    }

    /// Returns what the contact reads: header, body and footer.
    ///
    /// # Errors
    /// Where a part is longer than Meta allows.
    pub fn text(&self, language: &str, values: &Values) -> Result<String, Unfit> {
        let prepared = self.known(language)?;
        let footer = prepared.localised.footer.as_ref();
        let parts = prepared
            .header_text(values)?
            .into_iter()
            .chain([prepared.body_text(values)?])
            .chain(footer.map(|footer| normalised(footer)));
        Ok(parts.collect::<Vec<_>>().join("\n\n"))
    }

    fn known(&self, language: &str) -> Result<&Prepared, Unfit> {
        self.prepared(language)
            .ok_or_else(|| Unfit::UnknownLanguage {
                language: language.to_owned(),
            })
    }

    fn prepared(&self, language: &str) -> Option<&Prepared> {
        self.languages
            .iter()
            .find(|(known, _)| known == language)
            .map(|(_, prepared)| prepared)
    }
}

impl Prepared {
    fn new(localised: Localised, media: Option<(MediaKind, MediaFile)>) -> Self {
        let header = localised
            .header
            .as_ref()
            .and_then(Header::text)
            .map(|text| Text::parse(&normalised(text)));
        let body = Text::parse(&normalised(&localised.body));
        let urls = localised
            .buttons
            .iter()
            .map(|button| match button {
                LocalButton::Url { url, .. } => Some(Text::parse(url)),
                _ => None,
            })
            .collect();
        let is_named = header
            .iter()
            .chain([&body])
            .any(|text| text.has_placeholders() && !text.is_positional());
        Self {
            localised,
            header,
            body,
            urls,
            media,
            is_named,
        }
    }

    fn header_text(&self, values: &Values) -> Result<Option<String>, Unfit> {
        let Some(text) = &self.header else {
            return Ok(None);
        };
        let filled = text.fill(|name| value(values, &header_name(name)));
        fits("the header", &filled, limits::HEADER)?;
        Ok(Some(filled))
    }

    fn body_text(&self, values: &Values) -> Result<String, Unfit> {
        let filled = self.body.fill(|name| value(values, name));
        fits("the body", &filled, limits::BODY)?;
        Ok(filled)
    }

    /// Returns the parameters of a text in the order of its variables.
    fn parameters<'a>(
        &'a self,
        text: &'a Text,
        values: &'a Values,
        name: impl Fn(&str) -> String,
    ) -> Result<Vec<Parameter<'a>>, Unfit> {
        let parameter = |placeholder| {
            Ok(Parameter::Text {
                parameter_name: self.is_named.then_some(placeholder),
                text: required(values, &name(placeholder))?,
            })
        };
        text.names().into_iter().map(parameter).collect()
    }

    fn header<'a>(&'a self, values: &'a Values) -> Result<Option<Component<'a>>, Unfit> {
        let parameters = if let Some(text) = &self.header {
            self.parameters(text, values, header_name)?
        } else if let Some((kind, file)) = &self.media {
            vec![Parameter::media(*kind, file, value(values, HEADER_LINK))]
        } else if let Some(Header::Location(location)) = &self.localised.header {
            let given = [
                location.latitude.map(|latitude| latitude.to_string()),
                location.longitude.map(|longitude| longitude.to_string()),
                location.name.clone(),
                location.address.clone(),
            ];
            let mut place = Map::new();
            for (field, given) in LOCATION_FIELDS.iter().zip(given) {
                let name = format!("header.{field}");
                let text = match (value(values, &name), given) {
                    (Some(value), _) => value.into_owned(),
                    (None, Some(given)) => given,
                    (None, None) => return Err(Unfit::Missing { variable: name }),
                };
                place.insert((*field).to_owned(), text.into());
            }
            vec![Parameter::Location { location: place }]
        } else {
            Vec::new()
        };
        Ok((!parameters.is_empty()).then(|| Component::new("header", parameters)))
    }

    fn button<'a>(
        &'a self,
        index: usize,
        values: &'a Values,
    ) -> Result<Option<Component<'a>>, Unfit> {
        let (kind, parameter) = match &self.localised.buttons[index] {
            LocalButton::QuickReply { id, .. } => {
                ("quick_reply", Parameter::Payload { payload: id })
            }
            LocalButton::CopyCode { .. } => {
                let code = required(values, COPY_CODE)?;
                fits("the code to copy", &code, limits::COPY_CODE)?;
                ("copy_code", Parameter::CouponCode { coupon_code: code })
            }
            LocalButton::Url { .. } => {
                let Some((url, name)) = self.urls[index]
                    .as_ref()
                    .and_then(|url| Some((url, url_name(index, url.names().first()?))))
                else {
                    return Ok(None);
                };
                let suffix = percent::encoded(&required(values, &name)?);
                let filled = url.fill(|_| Some(Cow::Borrowed(&suffix)));
                fits("the link", &filled, limits::URL)?;
                let text = Parameter::Text {
                    parameter_name: None,
                    text: suffix.into(),
                };
                ("url", text)
            }
            LocalButton::PhoneNumber { .. } => return Ok(None),
        };
        Ok(Some(Component {
            sub_type: Some(kind),
            index: Some(index.to_string()),
            ..Component::new("button", vec![parameter])
        }))
    }
}

/// One part of a message that is filled, as Meta wants it.
#[derive(Serialize)]
struct Component<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<String>,
    parameters: Vec<Parameter<'a>>,
}

impl<'a> Component<'a> {
    fn new(kind: &'static str, parameters: Vec<Parameter<'a>>) -> Self {
        Self {
            kind,
            sub_type: None,
            index: None,
            parameters,
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Parameter<'a> {
    Text {
        #[serde(skip_serializing_if = "Option::is_none")]
        parameter_name: Option<&'a str>,
        text: Cow<'a, str>,
    },
    Payload {
        payload: &'a str,
    },
    CouponCode {
        coupon_code: Cow<'a, str>,
    },
    Location {
        location: Map<String, Value>,
    },
    Image {
        image: Shown<'a>,
    },
    Video {
        video: Shown<'a>,
    },
    Document {
        document: Shown<'a>,
    },
}

/// A file that is shown: from an address, or one that is to be uploaded.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    media: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filename: Option<Cow<'a, str>>,
}

impl<'a> Parameter<'a> {
    fn media(kind: MediaKind, file: &'a MediaFile, link: Option<Cow<'a, str>>) -> Self {
        let shown = Shown {
            media: link.is_none().then_some(&*file.reference),
            link,
            filename: None,
        };
        match kind {
            MediaKind::Image => Self::Image { image: shown },
            MediaKind::Video => Self::Video { video: shown },
            MediaKind::Document => Self::Document {
                document: Shown {
                    filename: file.path.file_name().map(|name| name.to_string_lossy()),
                    ..shown
                },
            },
        }
    }
}

/// Returns a value that says something: Meta refuses empty parameters.
fn value<'v>(values: &'v Values, name: &str) -> Option<Cow<'v, str>> {
    values
        .get(name)
        .filter(|value| !value.trim().is_empty())
        .map(|value| Cow::Borrowed(value.as_str()))
}

fn required<'v>(values: &'v Values, name: &str) -> Result<Cow<'v, str>, Unfit> {
    value(values, name).ok_or_else(|| Unfit::Missing {
        variable: name.to_owned(),
    })
}

fn fits(part: &str, filled: &str, limit: usize) -> Result<(), Unfit> {
    let length = filled.chars().count();
    if length <= limit {
        return Ok(());
    }
    Err(Unfit::TooLong {
        part: part.to_owned(),
        length,
        limit,
    })
}
