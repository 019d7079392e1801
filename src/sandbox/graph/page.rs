//! Cursor paging.
//!
//! A cursor holds the sort key of an item, not its position, so that a listing goes on rightly while objects come and
//! go. It also holds the order of the listing: with shuffling on, each listing has its own, all through its pages.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::GraphError;
use crate::sandbox::http::Call;

/// How many items a page has when the call does not say.
const DEFAULT_LIMIT: usize = 25;
/// How many items a page has at most. Meta documents none; Graph cuts silently.
const MAX_LIMIT: usize = 1_000;

/// One page of a list.
#[derive(Debug)]
pub(crate) struct Page<T> {
    pub items: Vec<T>,
    pub paging: Option<Value>,
}

fn cursor(order: u64, key: u64) -> String {
    URL_SAFE_NO_PAD.encode(format!("{order:x}.{key:x}"))
}

fn read_cursor(text: &str) -> Option<(u64, u64)> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (order, key) = std::str::from_utf8(&bytes).ok()?.split_once('.')?;
    Some((
        u64::from_str_radix(order, 16).ok()?,
        u64::from_str_radix(key, 16).ok()?,
    ))
}

/// Cuts the page out of `items` that the call asks for. `key` gives an item's place in an order; a listing without a
/// cursor starts the order `fresh`.
pub(crate) fn page<T>(
    call: &Call,
    base: &str,
    fresh: u64,
    items: impl Iterator<Item = T>,
    key: impl Fn(u64, &T) -> u64,
) -> Result<Page<T>, GraphError> {
    let limit = match call.text("limit") {
        None => DEFAULT_LIMIT,
        Some(text) => match text.parse::<usize>() {
            Ok(limit) if limit > 0 => limit.min(MAX_LIMIT),
            _ => {
                return Err(GraphError::invalid(
                    "Param limit must be a positive integer",
                ));
            }
        },
    };
    let read = |name: &str| match call.text(name) {
        None => Ok(None),
        Some(text) if text.is_empty() => Ok(None),
        Some(text) => read_cursor(&text)
            .map(Some)
            .ok_or_else(|| GraphError::invalid("Invalid cursors values")),
    };
    let (after, before) = (read("after")?, read("before")?);
    let order = after.or(before).map_or(fresh, |(order, _)| order);
    let mut keyed: Vec<(u64, T)> = items.map(|item| (key(order, &item), item)).collect();
    keyed.sort_unstable_by_key(|(key, _)| *key);
    let start = match (after, before) {
        (Some((_, after)), _) => keyed.partition_point(|(key, _)| *key <= after),
        (None, Some((_, before))) => keyed
            .partition_point(|(key, _)| *key < before)
            .saturating_sub(limit),
        (None, None) => 0,
    };
    let mut end = (start + limit).min(keyed.len());
    if let (None, Some((_, before))) = (after, before) {
        end = keyed.partition_point(|(key, _)| *key < before);
    }
    let (has_previous, has_next) = (start > 0, end < keyed.len());
    let kept: Vec<(u64, T)> = keyed.drain(start..end).collect();
    let paging = kept
        .first()
        .zip(kept.last())
        .map(|((first, _), (last, _))| {
            let (first, last) = (cursor(order, *first), cursor(order, *last));
            let mut paging = json!({"cursors": {"before": first, "after": last}});
            if has_previous {
                paging["previous"] = format!("{base}{}", call.uri_with("before", &first)).into();
            }
            if has_next {
                paging["next"] = format!("{base}{}", call.uri_with("after", &last)).into();
            }
            paging
        });
    Ok(Page {
        items: kept.into_iter().map(|(_, item)| item).collect(),
        paging,
    })
}
