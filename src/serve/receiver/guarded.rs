//! Who may see the pages: the dashboard and the metrics.
//!
//! With a token, whoever has it; a browser asks for it as a password, with any name. Without one, only this machine, and only
//! where nobody else can look like it: behind a proxy everybody does, and there these pages do not exist.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, COOKIE, FORWARDED, HOST, ORIGIN, SET_COOKIE, WWW_AUTHENTICATE,
};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::Link;
use crate::secret::{ExposeSecret as _, SecretString};

/// What a browser brings back once it has given the token: not the token, but something that only who has it can make.
const COOKIE_NAME: &str = "waform_pages";

/// What a proxy adds to a request; without a token, any of them hides the pages.
const FORWARDING: [&str; 3] = ["x-forwarded-for", "x-forwarded-host", "x-real-ip"];

/// The rule for the pages.
#[derive(Clone, Debug)]
pub struct Guarded {
    /// `[serve] dashboard_token`; at least that must be known where there is one.
    pub token: Option<SecretString>,
    /// Requests come through a proxy, so that their peer tells nothing.
    pub behind_proxy: bool,
}

/// What a request for a page gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Granted,
    /// By the password that a browser asked for: it is given the cookie.
    GrantedByPassword,
    /// The token is asked for.
    Asked,
    /// Another site's page made the browser do it.
    CrossSite,
    Hidden,
}

impl Guarded {
    /// Puts all of these pages behind the rule, their fallback included.
    pub fn protect(self, pages: Router) -> Router {
        pages.layer(from_fn_with_state(Arc::new(self), check))
    }

    fn judge(&self, method: &Method, headers: &HeaderMap, link: Option<&Link>) -> Access {
        let access = match &self.token {
            Some(token) => by_token(token.expose_secret(), headers),
            None if !self.behind_proxy && is_local(headers, link) => Access::Granted,
            None => Access::Hidden,
        };
        let granted = matches!(access, Access::Granted | Access::GrantedByPassword);
        if granted && !method.is_safe() && is_cross_site(headers) {
            return Access::CrossSite;
        }
        access
    }

    /// Returns the cookie for a browser that gave the token.
    fn cookie(&self) -> Option<HeaderValue> {
        let token = self.token.as_ref()?;
        let value = cookie_value(token.expose_secret());
        let cookie = format!("{COOKIE_NAME}={value}; HttpOnly; SameSite=Strict; Path=/");
        HeaderValue::try_from(cookie).ok()
    }
}

async fn check(
    State(guarded): State<Arc<Guarded>>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let link = request.extensions().get::<Link>();
    let access = guarded.judge(request.method(), request.headers(), link);
    let mut response = match access {
        Access::Granted | Access::GrantedByPassword => next.run(request).await,
        Access::Asked => status(StatusCode::UNAUTHORIZED),
        Access::CrossSite => status(StatusCode::FORBIDDEN),
        Access::Hidden => return status(StatusCode::NOT_FOUND),
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    match access {
        Access::Asked => {
            let asked = HeaderValue::from_static("Basic realm=\"waform\", charset=\"UTF-8\"");
            headers.insert(WWW_AUTHENTICATE, asked);
        }
        Access::GrantedByPassword => {
            headers.extend(guarded.cookie().map(|cookie| (SET_COOKIE, cookie)));
        }
        _ => {}
    }
    response
}

fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn by_token(token: &str, headers: &HeaderMap) -> Access {
    // Anybody knows the empty token.
    if token.is_empty() {
        return Access::Hidden;
    }
    let authorization = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    match authorization.and_then(|value| value.split_once(' ')) {
        Some((scheme, given)) if scheme.eq_ignore_ascii_case("bearer") => {
            if same(given.trim(), token) {
                return Access::Granted;
            }
        }
        Some((scheme, given)) if scheme.eq_ignore_ascii_case("basic") => {
            if password(given.trim()).is_some_and(|given| same(&given, token)) {
                return Access::GrantedByPassword;
            }
        }
        _ => {
            let expected = cookie_value(token);
            if cookies(headers).any(|given| same(given, &expected)) {
                return Access::Granted;
            }
        }
    }
    Access::Asked
}

/// Reads the password of basic authentication; the name does not matter.
fn password(given: &str) -> Option<String> {
    let both = String::from_utf8(BASE64_STANDARD.decode(given).ok()?).ok()?;
    both.split_once(':')
        .map(|(_, password)| password.to_owned())
}

/// Returns what the headers give as our cookie.
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == COOKIE_NAME)
        .map(|(_, value)| value)
}

fn cookie_value(token: &str) -> String {
    hex::encode(digest(token, COOKIE_NAME).finalize().into_bytes())
}

fn digest(key: &str, text: &str) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(key.as_bytes())
        .expect("HMAC takes keys of any length")
        .chain_update(text.as_bytes())
}

/// Compares in constant time: what is compared are hashes, so that not even the lengths show.
fn same(given: &str, expected: &str) -> bool {
    let given = digest("token", given).finalize().into_bytes();
    digest("token", expected).verify(&given).is_ok()
}

/// Whether this machine itself asks, and knows whom it asks: a page whose name was made to point here (DNS rebinding) asks
/// from this machine too, but by that name.
fn is_local(headers: &HeaderMap, link: Option<&Link>) -> bool {
    let forwarded = headers.contains_key(FORWARDED)
        || FORWARDING.iter().any(|name| headers.contains_key(*name));
    let ends = link.is_some_and(|link| {
        [link.peer, link.local]
            .iter()
            .all(|end| end.ip().to_canonical().is_loopback())
    });
    !forwarded && ends && host(headers).is_some_and(|host| is_loopback_name(host.host()))
}

fn host(headers: &HeaderMap) -> Option<Authority> {
    headers.get(HOST)?.to_str().ok()?.parse().ok()
}

fn is_loopback_name(host: &str) -> bool {
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    host.eq_ignore_ascii_case("localhost")
        || bare
            .unwrap_or(host)
            .parse::<IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

/// Whether a browser says that another site's page sends this.
fn is_cross_site(headers: &HeaderMap) -> bool {
    let said = headers
        .get("sec-fetch-site")
        .map(|value| value.as_bytes().to_owned());
    if let Some(said) = said {
        return said != b"same-origin" && said != b"none";
    }
    let Some(origin) = headers.get(ORIGIN) else {
        return false;
    };
    let origin = origin.to_str().ok().and_then(|origin| {
        let (_, authority) = origin.split_once("://")?;
        authority.parse::<Authority>().ok()
    });
    origin.is_none() || origin != host(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "correct horse";

    fn with_token() -> Guarded {
        Guarded {
            token: Some(SecretString::from(TOKEN)),
            behind_proxy: true,
        }
    }

    fn without(behind_proxy: bool) -> Guarded {
        Guarded {
            token: None,
            behind_proxy,
        }
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                let name = axum::http::HeaderName::from_static(name);
                (name, HeaderValue::from_str(value).unwrap())
            })
            .collect()
    }

    fn link(peer: &str, local: &str) -> Link {
        Link {
            peer: format!("{peer}:5000").parse().unwrap(),
            local: format!("{local}:8080").parse().unwrap(),
        }
    }

    fn basic(both: &str) -> String {
        format!("Basic {}", BASE64_STANDARD.encode(both))
    }

    #[test]
    fn whoever_has_the_token_is_let_in() {
        let far = link("203.0.113.7", "10.0.0.1");
        let judge = |pairs: &[(&'static str, &str)]| {
            with_token().judge(&Method::GET, &headers(pairs), Some(&far))
        };
        assert_eq!(
            judge(&[("authorization", "Bearer correct horse")]),
            Access::Granted
        );
        assert_eq!(
            judge(&[("authorization", &basic("ana:correct horse"))]),
            Access::GrantedByPassword
        );
        let cookie = with_token().cookie().unwrap();
        let cookie = cookie.to_str().unwrap().split(';').next().unwrap();
        assert_eq!(
            judge(&[("cookie", &format!("a=b; {cookie}"))]),
            Access::Granted
        );
        assert!(!cookie.contains(TOKEN));
    }

    #[test]
    fn nobody_else_is() {
        let near = link("127.0.0.1", "127.0.0.1");
        for pair in [
            ("host", "localhost"),
            ("authorization", "Bearer"),
            ("authorization", "Bearer "),
            ("authorization", "Bearer correct"),
            ("authorization", "Bearer correct horses"),
            ("authorization", "correct horse"),
            ("authorization", &basic("correct horse")),
            ("authorization", &basic("correct horse:")),
            ("authorization", "Basic %%%"),
            ("cookie", "waform_pages=correct horse"),
            ("cookie", "waform_pages="),
        ] {
            let found = with_token().judge(&Method::GET, &headers(&[pair]), Some(&near));
            assert_eq!(found, Access::Asked, "{pair:?}");
        }
        let empty = Guarded {
            token: Some(SecretString::from("")),
            behind_proxy: false,
        };
        let found = empty.judge(
            &Method::GET,
            &headers(&[("authorization", "Bearer ")]),
            Some(&near),
        );
        assert_eq!(found, Access::Hidden);
    }

    #[test]
    fn without_a_token_only_this_machine_sees_the_pages() {
        let here = headers(&[("host", "localhost:8080")]);
        for (peer, local, access) in [
            ("127.0.0.1", "127.0.0.1", Access::Granted),
            ("[::1]", "[::1]", Access::Granted),
            ("[::ffff:127.0.0.1]", "[::ffff:127.0.0.1]", Access::Granted),
            ("203.0.113.7", "10.0.0.1", Access::Hidden),
            ("10.0.0.1", "10.0.0.1", Access::Hidden),
            ("127.0.0.1", "10.0.0.1", Access::Hidden),
        ] {
            let found = without(false).judge(&Method::GET, &here, Some(&link(peer, local)));
            assert_eq!(found, access, "{peer} {local}");
        }
        assert_eq!(
            without(false).judge(&Method::GET, &here, None),
            Access::Hidden
        );
    }

    #[test]
    fn behind_a_proxy_nobody_looks_like_this_machine() {
        let near = link("127.0.0.1", "127.0.0.1");
        let here = headers(&[("host", "localhost")]);
        let found = without(true).judge(&Method::GET, &here, Some(&near));
        assert_eq!(found, Access::Hidden);
        for proxied in [
            ("forwarded", "for=203.0.113.7"),
            ("x-forwarded-for", "203.0.113.7"),
            ("x-real-ip", "203.0.113.7"),
        ] {
            let headers = headers(&[("host", "localhost"), proxied]);
            let found = without(false).judge(&Method::GET, &headers, Some(&near));
            assert_eq!(found, Access::Hidden, "{proxied:?}");
        }
    }

    #[test]
    fn a_name_that_was_made_to_point_here_opens_nothing() {
        let near = link("127.0.0.1", "127.0.0.1");
        for (host, access) in [
            ("127.0.0.1:8080", Access::Granted),
            ("[::1]:8080", Access::Granted),
            ("LocalHost", Access::Granted),
            ("evil.example:8080", Access::Hidden),
            ("localhost.evil.example", Access::Hidden),
            ("", Access::Hidden),
        ] {
            let headers = headers(&[("host", host)]);
            let found = without(false).judge(&Method::GET, &headers, Some(&near));
            assert_eq!(found, access, "{host}");
        }
    }

    #[test]
    fn another_sites_page_changes_nothing() {
        let near = link("127.0.0.1", "127.0.0.1");
        for (pair, access) in [
            (("sec-fetch-site", "same-origin"), Access::Granted),
            (("sec-fetch-site", "none"), Access::Granted),
            (("sec-fetch-site", "cross-site"), Access::CrossSite),
            (("sec-fetch-site", "same-site"), Access::CrossSite),
            (("origin", "http://localhost:8080"), Access::Granted),
            (("origin", "http://localhost:3000"), Access::CrossSite),
            (("origin", "null"), Access::CrossSite),
            (("accept", "*/*"), Access::Granted),
        ] {
            let headers = headers(&[("host", "localhost:8080"), pair]);
            let found = without(false).judge(&Method::POST, &headers, Some(&near));
            assert_eq!(found, access, "{pair:?}");
            let read = without(false).judge(&Method::GET, &headers, Some(&near));
            assert_eq!(read, Access::Granted, "{pair:?}");
        }
    }
}
