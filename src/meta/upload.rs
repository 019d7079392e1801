//! Resumable upload of sample media: a session, the bytes, and going on after a cut.

use bytes::Bytes;
use reqwest::Url;
use serde_json::Value;

use super::Error;
use super::call::{Authorization, Body, Call, Repeat};
use super::client::Client;
use super::lenient::integer_of;

/// How often one upload is taken up again before its last error is returned.
const ATTEMPTS: u32 = 5;

pub(super) async fn upload(
    client: &Client,
    app_id: &str,
    file_name: &str,
    mime: &str,
    content: Bytes,
) -> Result<String, Error> {
    let mut session: Option<Session> = None;
    let mut offset = 0;
    let mut attempt = 1;
    loop {
        let current = match session.take() {
            Some(session) => session,
            None => {
                offset = 0;
                Session::open(client, app_id, file_name, mime, content.len()).await?
            }
        };
        let call = current.bytes(offset, content.slice(offset..));
        let error = match client.attempt(&call).await {
            Ok(answer) => match answer.get("h").and_then(Value::as_str) {
                Some(handle) if !handle.is_empty() => return Ok(handle.to_owned()),
                _ => return Err(client.unexpected(&call, "it has no handle `h`", &answer)),
            },
            Err(error) => error,
        };
        if attempt == ATTEMPTS || !is_passing(&error) {
            return Err(error);
        }
        client.breathe(&call, attempt - 1, &error).await;
        attempt += 1;
        // All bytes without a handle, or a session that is gone: a new one costs only the bytes.
        let there = current.offset(client).await.unwrap_or(content.len());
        if there < content.len() {
            offset = there;
            session = Some(current);
        }
    }
}

/// A session, by the id that Meta gave it: `upload:...`, with a signature as a query behind it.
struct Session {
    path: String,
    query: Vec<(String, String)>,
}

impl Session {
    async fn open(
        client: &Client,
        app_id: &str,
        file_name: &str,
        mime: &str,
        length: usize,
    ) -> Result<Self, Error> {
        // A second session would do no harm.
        let call = Call::post(&[app_id, "uploads"], Body::Empty)
            .repeat(Repeat::Freely)
            .query("file_name", file_name)
            .query("file_length", length.to_string())
            .query("file_type", mime);
        let answer = client.call(&call).await?;
        match answer.get("id").and_then(Value::as_str) {
            Some(id) if !id.is_empty() => Ok(Self::named(id)),
            _ => Err(client.unexpected(&call, "it has no session `id`", &answer)),
        }
    }

    fn named(id: &str) -> Self {
        let (path, query) = id.split_once('?').unwrap_or((id, ""));
        // Only a whole address can be asked for the pairs of its query; the scheme is of no account.
        let query = Url::parse(&format!("upload:?{query}"))
            .map(|url| url.query_pairs().into_owned().collect())
            .unwrap_or_default();
        Self {
            path: path.to_owned(),
            query,
        }
    }

    fn bytes(&self, offset: usize, rest: Bytes) -> Call<'_> {
        // An attempt of its own rather than a repeated call: what is left to send has to be asked first.
        let file = Body::File { offset, rest };
        self.signed(Call::post(&[&self.path], file).repeat(Repeat::Never))
    }

    fn signed<'a>(&'a self, call: Call<'a>) -> Call<'a> {
        self.query
            .iter()
            .fold(call, |call, (name, value)| call.query(name.clone(), value))
            .authorization(Authorization::OAuth)
    }

    /// Asks how many bytes have arrived.
    async fn offset(&self, client: &Client) -> Option<usize> {
        let call = self.signed(Call::get(&[&self.path]));
        let answer = client.call(&call).await.ok()?;
        usize::try_from(integer_of(answer.get("file_offset")?)?).ok()
    }
}

/// Whether going on can help.
fn is_passing(error: &Error) -> bool {
    use super::Class::{Temporary, Throttled, Uncertain};
    match error {
        Error::Unreachable { .. } | Error::Lost { .. } => true,
        Error::Graph { error, .. } => matches!(error.class, Temporary | Throttled | Uncertain),
        _ => false,
    }
}
