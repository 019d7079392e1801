//! Lists, read to their end.

use std::collections::HashSet;

use reqwest::Url;
use serde_json::Value;

use super::Error;
use super::call::Call;
use super::client::Client;
use super::lenient::integer_of;
use super::options::Event;

/// How many objects a page is asked to hold. Larger pages save calls; Meta refuses those that become too large to build.
const PAGE: usize = 250;
/// A page that is refused for its size is halved down to this.
const SMALLEST_PAGE: usize = 25;

/// The fields that are asked for. A version that does not have one of them goes without.
#[derive(Clone, Debug)]
pub(super) struct Fields(Vec<&'static str>);

impl Fields {
    pub(super) fn new(names: &[&'static str]) -> Self {
        Self(names.to_vec())
    }

    pub(super) fn joined(&self) -> String {
        self.0.join(",")
    }

    /// Takes out the field that `error` calls unknown. False where it is about something else.
    pub(super) fn drop_unknown(&mut self, error: &Error) -> bool {
        let Some(unknown) = error.graph().and_then(|error| error.unknown_field()) else {
            return false;
        };
        let before = self.0.len();
        self.0.retain(|field| *field != unknown);
        if self.0.len() < before {
            tracing::warn!(field = unknown, "this API version does not have the field");
        }
        self.0.len() < before
    }
}

/// Reads one node with `fields`.
pub(super) async fn node(
    client: &Client,
    id: &str,
    fields: &[&'static str],
) -> Result<Value, Error> {
    let mut fields = Fields::new(fields);
    loop {
        let call = Call::get(&[id]).query("fields", fields.joined());
        match client.call(&call).await {
            Err(error) if fields.drop_unknown(&error) => {}
            answer => return answer,
        }
    }
}

/// A list that takes more calls than this is announced.
const MANY_CALLS: u64 = 20;

/// Whether the first page is asked how long the list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Count {
    Asked,
    /// The edge cannot tell.
    Unknown,
}

/// Reads all pages of an edge. An object that moves to a later page while the list is read is returned once.
pub(super) async fn list(
    client: &Client,
    id: &str,
    edge: &str,
    fields: &[&'static str],
    mut count: Count,
) -> Result<Vec<Value>, Error> {
    let mut fields = Fields::new(fields);
    let mut limit = PAGE;
    let mut cursor: Option<String> = None;
    let mut cursors = HashSet::new();
    let mut ids = HashSet::new();
    let mut objects = Vec::new();
    loop {
        let mut call = Call::get(&[id, edge]);
        if !fields.0.is_empty() {
            call = call
                .query("fields", fields.joined())
                .query("limit", limit.to_string());
        }
        if let Some(cursor) = &cursor {
            call = call.query("after", cursor);
        } else if count == Count::Asked {
            call = call.query("summary", "total_count");
        }
        let mut answer = match client.call(&call).await {
            Ok(answer) => answer,
            Err(error) if fields.drop_unknown(&error) => continue,
            Err(error) if asks_for_less(&error) && limit > SMALLEST_PAGE => {
                limit = (limit / 2).max(SMALLEST_PAGE);
                continue;
            }
            // To know the length beforehand is not worth a list that cannot be read.
            Err(error) if count == Count::Asked && cannot_count(&error) => {
                count = Count::Unknown;
                continue;
            }
            Err(error) => return Err(error),
        };
        if cursor.is_none() {
            announce(client, &call, &answer, limit);
        }
        let Some(Value::Array(page)) = answer.get_mut("data").map(Value::take) else {
            return Err(client.unexpected(&call, "it has no list `data`", &answer));
        };
        objects.extend(
            page.into_iter()
                .filter(|object| id_of(object).is_none_or(|id| ids.insert(id))),
        );
        cursor = match next(&answer) {
            Next::End => return Ok(objects),
            Next::After(cursor) => Some(cursor),
            Next::Unknown => {
                return Err(client.unexpected(
                    &call,
                    "it announces a next page without a cursor",
                    &answer["paging"]["cursors"],
                ));
            }
        };
        if !cursors.insert(cursor.clone()) {
            return Err(Error::EndlessList {
                path: client.path(&call),
                page: cursors.len() + 1,
            });
        }
    }
}

/// Tells whoever watches how many calls a long list takes, while the most of them are still to come.
fn announce(client: &Client, call: &Call<'_>, answer: &Value, limit: usize) {
    let total = integer_of(&answer["summary"]["total_count"]);
    let Some(objects) = total.and_then(|total| u64::try_from(total).ok()) else {
        return;
    };
    let requests = objects.div_ceil(limit as u64);
    if requests > MANY_CALLS {
        client.options.observer.tell(&Event::LongRead {
            path: client.path(call),
            objects,
            requests,
            used: client.meter.used(),
        });
    }
}

/// Code 100: a parameter is not known, or not in this form.
fn cannot_count(error: &Error) -> bool {
    error
        .graph()
        .is_some_and(|error| error.code == 100 && error.message.contains("summary"))
}

fn asks_for_less(error: &Error) -> bool {
    error.graph().is_some_and(|error| error.asks_for_less())
}

fn id_of(object: &Value) -> Option<String> {
    match object.get("id")? {
        Value::String(id) => Some(id.clone()),
        id => integer_of(id).map(|id| id.to_string()),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Next {
    End,
    After(String),
    Unknown,
}

/// Where the list goes on. Only `next` says that it does: the last page may carry an `after` cursor too. The address in
/// `next` is not followed, since it holds the token and may name another host or version.
fn next(answer: &Value) -> Next {
    let paging = &answer["paging"];
    let Some(next) = paging["next"].as_str() else {
        return Next::End;
    };
    let from_address = || {
        let url = Url::parse(next).ok()?;
        url.query_pairs()
            .find_map(|(name, value)| (name == "after").then(|| value.into_owned()))
    };
    paging["cursors"]["after"]
        .as_str()
        .map(str::to_owned)
        .or_else(from_address)
        .filter(|cursor| !cursor.is_empty())
        .map_or(Next::Unknown, Next::After)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_next_address_says_that_a_list_goes_on() {
        let last = json!({"paging": {"cursors": {"before": "a", "after": "b"}}});
        assert_eq!(next(&last), Next::End);
        assert_eq!(next(&json!({"paging": null})), Next::End);
        let more = json!({"paging": {"cursors": {"after": "b"}, "next": "https://x/"}});
        assert_eq!(next(&more), Next::After("b".to_owned()));
        let bare = json!({"paging": {"next": "https://x/?access_token=t&after=c%3D"}});
        assert_eq!(next(&bare), Next::After("c=".to_owned()));
        assert_eq!(
            next(&json!({"paging": {"next": "https://x/"}})),
            Next::Unknown
        );
    }
}
