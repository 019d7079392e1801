//! The addresses of links.

use super::Subject;
use crate::config::{Diagnostics, Report, Spanned};
use crate::resource::template::text::{Piece, Text};
use crate::resource::template::{LocalButton, limits};

/// Hosts that Meta refuses in buttons. Reported by several providers, 2025.
const WHATSAPP: [&str; 4] = [
    "wa.me",
    "chat.whatsapp.com",
    "api.whatsapp.com",
    "whatsapp.com",
];
/// Hosts that hide where a link leads. Reported as refused since January 2026.
const SHORTENERS: [&str; 12] = [
    "bit.ly",
    "buff.ly",
    "cutt.ly",
    "goo.gl",
    "is.gd",
    "lnkd.in",
    "ow.ly",
    "rb.gy",
    "rebrand.ly",
    "t.co",
    "t.ly",
    "tinyurl.com",
];

fn urls<'a>(
    subject: &Subject<'a>,
) -> impl Iterator<Item = (&'a Spanned<String>, Option<&'a Spanned<String>>)> {
    subject
        .localised
        .buttons
        .iter()
        .filter_map(|button| match button {
            LocalButton::Url { url, example, .. } => Some((url, example.as_ref())),
            _ => None,
        })
}

pub(super) fn length(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    for (url, _) in urls(subject) {
        let length = url.chars().count();
        if length > limits::URL {
            diagnostics.push(
                Report::error(
                    "template::url_length",
                    format!(
                        "the address has {length} characters, {} are allowed",
                        limits::URL
                    ),
                )
                .at(subject.at(url), ""),
            );
        }
    }
}

/// One variable, at the end.
pub(super) fn variable(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    for (url, _) in urls(subject) {
        let text = Text::parse(url);
        for piece in text.pieces() {
            let (problem, range) = match piece {
                Piece::Literal { .. } => continue,
                Piece::Malformed { text, range } => (format!("`{text}` is not a variable"), range),
                Piece::Placeholder(placeholder) if text.placeholders().count() > 1 => (
                    "a link has one variable at most".to_owned(),
                    &placeholder.range,
                ),
                Piece::Placeholder(placeholder) if placeholder.range.end != url.len() => (
                    "a link's variable stands at its end".to_owned(),
                    &placeholder.range,
                ),
                Piece::Placeholder(_) => continue,
            };
            diagnostics.push(
                Report::error("template::url_variable", problem)
                    .at(subject.within(url, range.clone()), "")
                    .help(
                        "what differs goes to the end: `https://example.com/orders/{{order_no}}`",
                    ),
            );
        }
    }
}

/// Returns the host of an address.
fn host(address: &str) -> Option<&str> {
    let rest = address.split_once("://")?.1;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest[..end]
        .rsplit_once('@')
        .map_or(&rest[..end], |(_, host)| host);
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    (host.contains('.') && !host.contains(char::is_whitespace)).then_some(host)
}

fn is_under(host: &str, domain: &str) -> bool {
    let host = host.to_ascii_lowercase();
    host == domain
        || host
            .strip_suffix(domain)
            .is_some_and(|rest| rest.ends_with('.'))
}

/// HTTPS, to a host that shows where it leads.
pub(super) fn address(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    for (url, _) in urls(subject) {
        let scheme = url
            .split_once("://")
            .map(|(scheme, _)| scheme.to_ascii_lowercase());
        let host = host(url).filter(|host| !host.contains("{{"));
        let (true, Some(host)) = (matches!(scheme.as_deref(), Some("http" | "https")), host) else {
            diagnostics.push(
                Report::error(
                    "template::url_form",
                    "this is not the address of a web page",
                )
                .at(subject.at(url), "")
                .help("write it in full: `https://example.com/...`"),
            );
            continue;
        };
        if scheme.as_deref() == Some("http") {
            diagnostics.push(
                Report::warning("template::url_insecure", "Meta refuses links without HTTPS")
                    .at(subject.within(url, 0..4), "")
                    .help("write `https`"),
            );
        }
        let place = || {
            let start = url.find(host).unwrap_or_default();
            subject.within(url, start..start + host.len())
        };
        if WHATSAPP.iter().any(|domain| is_under(host, domain)) {
            diagnostics.push(
                Report::error(
                    "template::url_whatsapp",
                    "Meta refuses links to WhatsApp itself",
                )
                .at(place(), "")
                .help("a quick reply opens the conversation"),
            );
        }
        if SHORTENERS.iter().any(|domain| is_under(host, domain)) {
            diagnostics.push(
                Report::warning("template::url_shortener", "Meta refuses shortened links")
                    .at(place(), "hides where it leads")
                    .help("link to your own domain"),
            );
        }
    }
}

/// A sample in full begins as the link does.
pub(super) fn sample(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    for (url, example) in urls(subject) {
        let Some(example) = example else {
            continue;
        };
        let text = Text::parse(url);
        if !text.has_placeholders() {
            diagnostics.push(
                Report::error(
                    "template::url_example",
                    "a link without a variable needs no sample",
                )
                .at(subject.at(example), "")
                .help("leave `example` out"),
            );
        } else if example.contains("://") && !example.starts_with(&text.fill(|_| Some("".into()))) {
            diagnostics.push(
                Report::error(
                    "template::url_example",
                    "the sample is not an address of this link",
                )
                .at(subject.at(example), "begins otherwise")
                .at(subject.at(url), "than this"),
            );
        }
    }
}
