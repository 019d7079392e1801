//! Addresses that something of ours calls, or that Meta calls.

use std::net::IpAddr;

use reqwest::Url;

use super::{Declared, Resource};
use crate::config::{Diagnostics, Report, Spanned};

/// Tells whether what is sent there cannot be read on its way: over HTTPS, or to this machine.
pub(super) fn is_private(url: &Url) -> bool {
    url.scheme() == "https" || url.scheme() == "http" && is_loopback(url)
}

/// Tells whether an address is one of this machine.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
}

/// Reports an address that cannot be called, or not without others reading along.
pub(super) fn check<R: Resource>(
    this: &Declared<R>,
    code: &'static str,
    address: &Spanned<String>,
    diagnostics: &mut Diagnostics,
) {
    let mut refuse = |message: String, help: &str| {
        diagnostics.push(
            Report::error(code, message)
                .at(this.at(address.span()), "")
                .help(help),
        );
    };
    let url = match Url::parse(address) {
        Ok(url) if url.has_host() => url,
        Ok(_) => {
            return refuse(
                "url is not a web address".to_owned(),
                "write it in full: `https://hooks.example.com/waform`",
            );
        }
        Err(error) => {
            return refuse(
                format!("url is not a web address: {error}"),
                "write it in full: `https://hooks.example.com/waform`",
            );
        }
    };
    if !is_private(&url) {
        refuse(
            "what is sent there could be read on its way".to_owned(),
            "use https; http is for addresses of this machine (localhost, 127.0.0.1)",
        );
    }
    if url.fragment().is_some() {
        refuse(
            "url has a fragment, which is never sent".to_owned(),
            "leave out `#` and what follows",
        );
    }
    if !url.username().is_empty() || url.password().is_some() {
        refuse(
            "url holds a user name or a password".to_owned(),
            "take it out: addresses are shown in plans, logs and errors",
        );
        diagnostics.hide(this.at(address.span()));
    }
}
