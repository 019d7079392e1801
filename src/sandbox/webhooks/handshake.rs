//! The question that a callback must answer before it is told anything.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::Url;

use crate::sandbox::core::Core;
use crate::sandbox::graph::GraphError;
use crate::sandbox::random::mix_text;

/// Characters of an override's address (webhook override page).
const URI_LIMIT: usize = 200;
const TIMEOUT: Duration = Duration::from_secs(10);

fn failed(reason: impl std::fmt::Display) -> GraphError {
    GraphError::new(
        2200,
        format!("(#2200) Callback verification failed with the following errors: {reason}"),
    )
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Asks the callback for its challenge, with the token that only its owner knows.
pub(crate) async fn verify(core: &Core, uri: &str, token: &str) -> Result<(), GraphError> {
    let url = Url::parse(uri)
        .map_err(|_| GraphError::invalid("Param callback_url must be a valid URL"))?;
    if uri.len() > URI_LIMIT {
        return Err(GraphError::invalid(format_args!(
            "Param override_callback_uri must have {URI_LIMIT} characters at most"
        )));
    }
    let local = is_loopback(&url);
    if !local && !core.options.remote_callbacks {
        return Err(failed(
            "the sandbox tells only addresses of this machine (127.0.0.1, localhost)",
        ));
    }
    // Meta wants https; on loopback there is no certificate to be had.
    if url.scheme() != "https" && !(local && url.scheme() == "http") {
        return Err(failed("the address must be https"));
    }
    let challenge = (mix_text(core.options.seed, uri) % 10_000_000_000).to_string();
    let query = [
        ("hub.mode", "subscribe"),
        ("hub.challenge", &challenge),
        ("hub.verify_token", token),
    ];
    let response = core
        .client
        .get(url)
        .query(&query)
        .timeout(TIMEOUT)
        .send()
        .await;
    let response =
        response.map_err(|error| failed(format_args!("no answer: {}", error.without_url())))?;
    let status = response.status();
    if status.as_u16() != 200 {
        return Err(failed(format_args!(
            "HTTP Status Code = {}; HTTP Message = {status}",
            status.as_u16()
        )));
    }
    let body = response
        .text()
        .await
        .map_err(|error| failed(error.without_url()))?;
    if body != challenge {
        return Err(failed("the challenge was not answered"));
    }
    Ok(())
}
