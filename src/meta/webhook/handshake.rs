//! The question that Meta asks before it tells a callback anything.
//!
//! `GET ?hub.mode=subscribe&hub.challenge=N&hub.verify_token=T`: who knows the token answers 200 with the bare challenge.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use sha2::Sha256;

use crate::secret::{ExposeSecret as _, SecretString};

/// Meta's challenges are ten digits; a longer one than this is not Meta's.
const LONGEST_CHALLENGE: usize = 256;

/// What the question's address carries.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Query {
    #[serde(rename = "hub.mode")]
    pub mode: Option<String>,
    #[serde(rename = "hub.challenge")]
    pub challenge: Option<String>,
    #[serde(rename = "hub.verify_token")]
    pub verify_token: Option<SecretString>,
}

/// Why the challenge is not given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("`hub.mode` is not `subscribe`")]
    Mode,
    #[error("`hub.challenge` is missing or no challenge of Meta's")]
    Challenge,
    #[error(
        "`hub.verify_token` is not the webhook's `verify_token`: the one that was given to Meta has to be the same"
    )]
    Token,
}

/// Returns the challenge, which is the answer, where the token is the right one.
pub fn answer(query: &Query, verify_token: &SecretString) -> Result<String, Refused> {
    if query.mode.as_deref() != Some("subscribe") {
        return Err(Refused::Mode);
    }
    let given = query.verify_token.as_ref().ok_or(Refused::Token)?;
    if !same(given.expose_secret(), verify_token.expose_secret()) {
        return Err(Refused::Token);
    }
    let challenge = query.challenge.as_deref().ok_or(Refused::Challenge)?;
    let plausible = (1..=LONGEST_CHALLENGE).contains(&challenge.len())
        && challenge.bytes().all(|byte| byte.is_ascii_graphic());
    if !plausible {
        return Err(Refused::Challenge);
    }
    Ok(challenge.to_owned())
}

/// Compares in constant time: what is compared are hashes, so that not even the lengths show.
fn same(given: &str, expected: &str) -> bool {
    let hash = |text: &str| {
        Hmac::<Sha256>::new_from_slice(b"hub.verify_token")
            .expect("HMAC takes keys of any length")
            .chain_update(text.as_bytes())
    };
    !expected.is_empty()
        && hash(expected)
            .verify(&hash(given).finalize().into_bytes())
            .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(mode: &str, challenge: &str, token: &str) -> Query {
        Query {
            mode: Some(mode.to_owned()),
            challenge: Some(challenge.to_owned()),
            verify_token: Some(SecretString::from(token)),
        }
    }

    fn ask(mode: &str, challenge: &str, token: &str) -> Result<String, Refused> {
        answer(
            &query(mode, challenge, token),
            &SecretString::from("correct horse"),
        )
    }

    #[test]
    fn the_right_token_gets_the_challenge_back() {
        assert_eq!(
            ask("subscribe", "1158201444", "correct horse"),
            Ok("1158201444".to_owned())
        );
    }

    #[test]
    fn anything_else_is_refused_with_its_reason() {
        let right = ("subscribe", "1158201444", "correct horse");
        assert_eq!(ask("unsubscribe", right.1, right.2), Err(Refused::Mode));
        for token in ["", "correct", "correct horse ", "Correct horse"] {
            assert_eq!(ask(right.0, right.1, token), Err(Refused::Token), "{token}");
        }
        for challenge in ["", "<b> 1", "1\r\n2", &"1".repeat(257)] {
            assert_eq!(
                ask(right.0, challenge, right.2),
                Err(Refused::Challenge),
                "{challenge}"
            );
        }
        let token = SecretString::from(right.2);
        assert_eq!(answer(&Query::default(), &token), Err(Refused::Mode));
        let mut without = query(right.0, right.1, right.2);
        without.challenge = None;
        assert_eq!(answer(&without, &token), Err(Refused::Challenge));
        without.verify_token = None;
        assert_eq!(answer(&without, &token), Err(Refused::Token));
    }

    #[test]
    fn an_empty_token_lets_nobody_in() {
        let found = answer(&query("subscribe", "1", ""), &SecretString::from(""));
        assert_eq!(found, Err(Refused::Token));
    }

    #[test]
    fn the_query_is_read_with_its_dots_and_hides_its_token() {
        let uri = "/hook?hub.mode=subscribe&hub.challenge=42&hub.verify_token=correct%20horse&x=1"
            .parse()
            .unwrap();
        let axum::extract::Query(query) =
            axum::extract::Query::<Query>::try_from_uri(&uri).unwrap();
        assert_eq!(
            answer(&query, &SecretString::from("correct horse")),
            Ok("42".to_owned())
        );
        assert!(!format!("{query:?}").contains("horse"));
    }
}
