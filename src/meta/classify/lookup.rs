//! From a code to what is known of it.

use super::row::Row;
use super::{Class, NO_CODE, Phase, Verdict, graph, management, messages};

/// Says what an error code means. A subcode that is not known is ignored; an unknown code is temporary once, then final
/// for the contact ([`Verdict::known`] is false).
#[must_use]
pub fn classify(
    code: i64,
    subcode: Option<i64>,
    http_status: Option<u16>,
    phase: Phase,
) -> Verdict {
    let server_failed = http_status.is_some_and(|status| status >= 500);
    let verdict = if code == NO_CODE {
        without_code(http_status.unwrap_or_default())
    } else {
        tables()
            .find(|row| row.matches(code, subcode))
            .map_or(Verdict::UNKNOWN, |row| row.verdict(phase))
    };
    // A failing server that does not say which of its failures this is may have done the work before it failed.
    if phase == Phase::Answer && server_failed && (!verdict.known || code == 1) {
        return Verdict {
            class: Class::Uncertain,
            ..verdict
        };
    }
    verdict
}

pub(super) fn tables() -> impl Iterator<Item = &'static Row> {
    // Rows with subcodes stand before those of the bare code, in each table; the first that matches counts.
    management::ROWS
        .iter()
        .chain(graph::ROWS)
        .chain(messages::ROWS)
}

/// An HTTP status without a readable Graph error. Graph words all its refusals as JSON, so that this is a proxy, a
/// firewall or Meta's edge. A 4xx says that the request was not taken; yet nobody must be failed for a broken way to
/// Meta, so that only those which blame the request itself are the request's. A request that timed out in front of
/// Meta may have passed; a failing gateway too.
const fn without_code(http_status: u16) -> Verdict {
    let class = match http_status {
        400 | 411 | 413 | 414 | 415 | 422 | 431 => Class::Request,
        429 => Class::Throttled,
        408 | 499 | 500.. => Class::Uncertain,
        _ => Class::Account,
    };
    let (meaning, advice) = if http_status >= 500 {
        (
            "Meta, or what stands in front of it, is failing",
            "Run again later; see metastatus.com for known outages.",
        )
    } else {
        (
            "an answer that is not the Graph API's",
            "Something between here and Meta answered in its place: check base_url, proxies and firewalls.",
        )
    };
    Verdict {
        class,
        known: true,
        meaning,
        advice: Some(advice),
        ..Verdict::UNKNOWN
    }
}
