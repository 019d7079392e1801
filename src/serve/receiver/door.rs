//! The doors at which webhooks come in.

use std::collections::BTreeMap;

use crate::meta::webhook::handshake::{self, Query, Refused};
use crate::meta::webhook::signature::{self, Forged};
use crate::secret::SecretString;

/// One account's webhook. Several may share a path: each then answers for those that it knows the secret of.
#[derive(Clone, Debug)]
pub struct Door {
    /// The account's key in the configuration.
    pub account: String,
    pub waba_id: String,
    /// Of the webhook's URL: `/waform`.
    pub path: String,
    pub verify_token: SecretString,
    pub app_secret: SecretString,
}

/// All doors, by path.
#[derive(Debug, Default)]
pub(super) struct Doors(BTreeMap<String, Shared>);

/// The doors of one path.
#[derive(Debug, Default)]
pub(super) struct Shared(Vec<Door>);

impl Doors {
    pub(super) fn new(doors: Vec<Door>) -> Self {
        let mut paths: BTreeMap<String, Shared> = BTreeMap::new();
        for door in doors {
            paths.entry(door.path.clone()).or_default().0.push(door);
        }
        Self(paths)
    }

    pub(super) fn at(&self, path: &str) -> Option<&Shared> {
        self.0.get(path)
    }
}

impl Shared {
    /// Answers Meta's handshake with the token of any account.
    pub(super) fn answer(&self, query: &Query) -> Result<String, Refused> {
        let mut answers = self
            .0
            .iter()
            .map(|door| handshake::answer(query, &door.verify_token));
        let first = answers.next().unwrap_or(Err(Refused::Token));
        answers.fold(first, Result::or)
    }

    /// Checks a body against the app secret of any account; returns the account whose it is.
    pub(super) fn verify(&self, body: &[u8], header: Option<&str>) -> Result<&Door, Forged> {
        let secrets = self.0.iter().map(|door| &door.app_secret);
        signature::verify_any(secrets, body, header).map(|place| &self.0[place])
    }
}
