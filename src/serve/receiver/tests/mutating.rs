//! Whatever comes: nothing panics, and nothing is kept that is not signed and a JSON object.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Method, Request};
use futures::stream;
use proptest::prelude::*;
use serde::de::IgnoredAny;
use tokio::runtime::Runtime;

use super::super::Link;
use super::super::desk::Desk;
use super::*;

/// A change to a good request.
#[derive(Clone, Debug)]
enum Mutation {
    Method(&'static str),
    Path(&'static str),
    /// Of the body, before or after it is signed.
    Replace(usize, u8),
    Insert(usize, Vec<u8>),
    Truncate(usize),
    Nest(usize),
    Signature(Vec<u8>),
    Unsigned,
    Header(&'static str, Vec<u8>),
    Split(usize),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..40);
    prop_oneof![
        prop::sample::select(vec!["GET", "PUT", "HEAD", "OPTIONS"]).prop_map(Mutation::Method),
        prop::sample::select(vec![
            "/",
            "/third",
            "/waform?x=1",
            "/healthz",
            "/metrics",
            "*"
        ])
        .prop_map(Mutation::Path),
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Mutation::Replace(at, byte)),
        (any::<usize>(), bytes()).prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        any::<usize>().prop_map(Mutation::Truncate),
        (1..2000_usize).prop_map(Mutation::Nest),
        bytes().prop_map(Mutation::Signature),
        Just(Mutation::Unsigned),
        (
            prop::sample::select(vec![
                "content-length",
                "content-type",
                "transfer-encoding",
                "host",
                "expect"
            ]),
            bytes()
        )
            .prop_map(|(name, value)| Mutation::Header(name, value)),
        (1..50_usize).prop_map(Mutation::Split),
    ]
}

/// What is sent.
struct Sent {
    method: &'static str,
    path: &'static str,
    body: Vec<u8>,
    signature: Option<Vec<u8>>,
    headers: Vec<(&'static str, Vec<u8>)>,
    part: usize,
}

impl Sent {
    fn mutated(before: &[Mutation], after: &[Mutation]) -> Self {
        let mut sent = Self {
            method: "POST",
            path: "/waform",
            body: BODY.as_bytes().to_vec(),
            signature: None,
            headers: Vec::new(),
            part: usize::MAX,
        };
        before.iter().for_each(|mutation| sent.mutate(mutation));
        sent.signature = Some(sign(SECRET, &sent.body).into_bytes());
        after.iter().for_each(|mutation| sent.mutate(mutation));
        sent
    }

    fn mutate(&mut self, mutation: &Mutation) {
        let length = self.body.len();
        match mutation {
            Mutation::Method(method) => self.method = method,
            Mutation::Path(path) => self.path = path,
            Mutation::Replace(at, byte) if length > 0 => self.body[at % length] = *byte,
            Mutation::Replace(..) => {}
            Mutation::Insert(at, bytes) => {
                let at = at % (length + 1);
                self.body.splice(at..at, bytes.iter().copied());
            }
            Mutation::Truncate(to) => self.body.truncate(to % (length + 1)),
            Mutation::Nest(depth) => {
                self.body = [
                    r#"{"a":"#.repeat(*depth).as_bytes(),
                    self.body.as_slice(),
                    "}".repeat(*depth).as_bytes(),
                ]
                .concat();
            }
            Mutation::Signature(bytes) => self.signature = Some(bytes.clone()),
            Mutation::Unsigned => self.signature = None,
            Mutation::Header(name, value) => self.headers.push((name, value.clone())),
            Mutation::Split(part) => self.part = *part,
        }
    }

    fn request(&self) -> Request<Body> {
        let parts: Vec<_> = self
            .body
            .chunks(self.part.clamp(1, self.body.len().max(1)))
            .map(|part| Ok::<_, std::io::Error>(Bytes::copy_from_slice(part)))
            .collect();
        let mut request = Request::new(Body::from_stream(stream::iter(parts)));
        *request.method_mut() = Method::from_bytes(self.method.as_bytes()).unwrap();
        *request.uri_mut() = self.path.parse().unwrap();
        let signature = self
            .signature
            .iter()
            .map(|value| ("x-hub-signature-256", value.clone()));
        for (name, value) in self.headers.iter().cloned().chain(signature) {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                request.headers_mut().insert(name, value);
            }
        }
        request
    }

    fn is_metas(&self) -> bool {
        let signed = |secret| self.signature == Some(sign(secret, &self.body).into_bytes());
        self.method == "POST"
            && self.path.starts_with("/waform")
            && (signed(SECRET) || signed(OTHER_SECRET))
    }

    /// Whether anybody could call this a JSON object.
    fn may_be_object(&self) -> bool {
        std::str::from_utf8(&self.body).is_ok_and(|text| {
            text.trim_ascii_start().starts_with('{')
                && serde_json::from_str::<IgnoredAny>(text).is_ok()
        })
    }

    /// Whether everybody would.
    fn is_object(&self) -> bool {
        serde_json::from_slice::<serde_json::Map<_, _>>(&self.body)
            .map(|_: serde_json::Map<String, serde_json::Value>| ())
            .is_ok()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_kept_that_is_not_signed_and_an_object(
        before in prop::collection::vec(mutation(), 0..4),
        after in prop::collection::vec(mutation(), 0..3),
    ) {
        let sent = Sent::mutated(&before, &after);
        let runtime = Runtime::new().unwrap();
        let (receiver, tray) = receiver(Limits::default());
        let link = Link {
            peer: "127.0.0.1:1".parse().unwrap(),
            local: "127.0.0.1:2".parse().unwrap(),
        };
        let status = runtime
            .block_on(async { Desk::new(receiver).answer(sent.request(), link).await.status() });
        let kept = tray.kept();
        if kept.is_empty() {
            let declared_other = sent.headers.iter().any(|(name, _)| *name == "content-length");
            prop_assert!(
                !(sent.is_metas() && sent.is_object() && !declared_other),
                "lost with {status}"
            );
        } else {
            prop_assert_eq!(kept.len(), 1);
            prop_assert_eq!(kept[0].as_bytes(), sent.body.as_slice());
            prop_assert!(sent.is_metas() && sent.may_be_object());
            prop_assert_eq!(status, 200);
        }
    }
}
