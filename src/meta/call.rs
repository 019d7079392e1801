//! One call: what is asked, and what of it may be repeated.

use std::borrow::Cow;

use bytes::Bytes;
use reqwest::Method;
use serde_json::Value;

use super::Error;

/// What may be done when a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Doing it twice changes nothing: it is repeated whatever passing reason it failed for.
    Freely,
    /// It is repeated only where it is proven that nothing was done.
    IfNothingWasDone,
    /// Never, and the limit on management calls does not concern it.
    Never,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Authorization<'a> {
    Bearer,
    /// The scheme that resumable uploads want.
    OAuth,
    /// The app itself (`id|secret`), by its id where the options do not name it.
    App(Option<&'a str>),
}

#[derive(Clone, Debug)]
pub(super) enum Body<'a> {
    Empty,
    Json(&'a Value),
    Form(&'a [(&'static str, &'a str)]),
    /// The rest of a file, from `offset` on.
    File {
        offset: usize,
        rest: Bytes,
    },
    /// A file to be sent in messages, as a form.
    Media {
        name: &'a str,
        mime: &'a str,
        content: Bytes,
    },
}

#[derive(Clone, Debug)]
pub(super) struct Call<'a> {
    pub(super) method: Method,
    /// What stands behind the version.
    pub(super) path: Vec<&'a str>,
    pub(super) query: Vec<(Cow<'static, str>, String)>,
    pub(super) body: Body<'a>,
    pub(super) repeat: Repeat,
    pub(super) authorization: Authorization<'a>,
}

impl<'a> Call<'a> {
    pub(super) fn get(path: &[&'a str]) -> Self {
        Self {
            method: Method::GET,
            path: path.to_vec(),
            query: Vec::new(),
            body: Body::Empty,
            repeat: Repeat::Freely,
            authorization: Authorization::Bearer,
        }
    }

    pub(super) fn post(path: &[&'a str], body: Body<'a>) -> Self {
        Self {
            method: Method::POST,
            body,
            repeat: Repeat::IfNothingWasDone,
            ..Self::get(path)
        }
    }

    pub(super) fn delete(path: &[&'a str]) -> Self {
        Self {
            method: Method::DELETE,
            repeat: Repeat::IfNothingWasDone,
            ..Self::get(path)
        }
    }

    pub(super) fn query(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<String>,
    ) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    pub(super) fn repeat(self, repeat: Repeat) -> Self {
        Self { repeat, ..self }
    }

    pub(super) fn authorization(self, authorization: Authorization<'a>) -> Self {
        Self {
            authorization,
            ..self
        }
    }

    /// Refuses what would lead to another place than meant. A part is an id of the user's or Meta's, or an edge of ours.
    pub(super) fn check(&self) -> Result<(), Error> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-:=+.~".contains(&byte);
        let leads_away =
            |part: &str| part.bytes().all(|byte| byte == b'.') || !part.bytes().all(is_plain);
        match self.path.iter().find(|part| leads_away(part)) {
            Some(part) => Err(Error::Id {
                text: (*part).to_owned(),
            }),
            None => Ok(()),
        }
    }
}
