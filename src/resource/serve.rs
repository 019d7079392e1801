//! `[serve]`: where waform listens for webhooks, and who may see the dashboard.

use std::net::SocketAddr;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

use super::check::{self, Check};
use super::{Declared, Project, Resource};
use crate::config::{Diagnostics, Report, SecretRef, Spanned};

/// Where `waform serve` listens.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Serve {
    /// Address and port; `127.0.0.1:8080` where left out.
    pub listen: Option<Spanned<String>>,
    /// Certificate and key; without them a proxy must end TLS, since Meta calls over HTTPS only.
    pub tls: Option<Spanned<Tls>>,
    /// Whether a proxy that ends TLS stands in front: then it may listen on other addresses than this machine's own.
    pub behind_proxy: Option<Spanned<bool>>,
    /// Opens dashboard and metrics to whoever names it; without it they answer on this machine only.
    pub dashboard_token: Option<Spanned<SecretRef>>,
}

/// What TLS is ended with; paths are relative to the project's directory.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate and those that it hangs on, as PEM.
    pub cert: PathBuf,
    /// Its private key, as PEM.
    pub key: PathBuf,
}

/// Where it listens when nothing is said.
pub const LISTEN: &str = "127.0.0.1:8080";

impl Serve {
    /// Returns where to listen; none where that is no address and port.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        let listen = self.listen.as_ref().map_or(LISTEN, |listen| listen.get());
        match listen.strip_prefix("localhost:") {
            Some(port) => format!("127.0.0.1:{port}").parse().ok(),
            None => listen.parse().ok(),
        }
    }

    /// Tells whether a proxy stands in front.
    #[must_use]
    pub fn is_behind_proxy(&self) -> bool {
        self.behind_proxy.as_ref().is_some_and(|behind| **behind)
    }
}

impl Resource for Serve {
    const KIND: &'static str = "serve";
    const NAMED: bool = false;

    fn check(this: &Declared<Self>, project: &Project, diagnostics: &mut Diagnostics) {
        check::run(CHECKS, this, project, diagnostics);
    }
}

const CHECKS: &[Check<Serve>] = &[address_is_one, nobody_reads_along, files_are_named];

fn address_is_one(this: &Declared<Serve>, _: &Project, diagnostics: &mut Diagnostics) {
    if let Some(listen) = &this.value.listen
        && this.value.address().is_none()
    {
        diagnostics.push(
            Report::error(
                "serve::listen",
                format!("`{}` is not an address and a port", listen.get()),
            )
            .at(this.at(listen.span()), "")
            .help("write `127.0.0.1:8080`, `[::1]:8080`, or `0.0.0.0:8080` for every address of this machine"),
        );
    }
}

/// Webhooks carry what customers write.
fn nobody_reads_along(this: &Declared<Serve>, _: &Project, diagnostics: &mut Diagnostics) {
    let serve = &this.value;
    if let Some(listen) = &serve.listen
        && let Some(address) = serve.address()
        && !address.ip().is_loopback()
        && serve.tls.is_none()
        && !serve.is_behind_proxy()
    {
        diagnostics.push(
            Report::error(
                "serve::clear_text",
                "other machines would reach it in clear text",
            )
            .at(this.at(listen.span()), "not of this machine alone")
            .help("give it tls = { cert, key }; or write `behind_proxy = true` where a proxy ends TLS"),
        );
    }
}

fn files_are_named(this: &Declared<Serve>, _: &Project, diagnostics: &mut Diagnostics) {
    if let Some(tls) = &this.value.tls
        && [&tls.cert, &tls.key]
            .iter()
            .any(|path| path.as_os_str().is_empty())
    {
        diagnostics.push(
            Report::error("serve::tls", "TLS needs a certificate and its key")
                .at(this.at(tls.span()), "a path is empty")
                .help(
                    "write tls = { cert = \"/etc/ssl/hooks.pem\", key = \"/etc/ssl/hooks.key\" }",
                ),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::testing::{findings, project};

    fn address(toml: &str) -> Option<String> {
        let project = project(&format!("[serve]\n{toml}\n")).0;
        let serve = &project.get::<Serve>("").unwrap().value;
        serve.address().map(|address| address.to_string())
    }

    #[test]
    fn it_listens_on_this_machine_alone_where_nothing_is_said() {
        assert_eq!(address("").as_deref(), Some("127.0.0.1:8080"));
        assert_eq!(
            address("listen = \"localhost:9000\"").as_deref(),
            Some("127.0.0.1:9000")
        );
        assert_eq!(
            address("listen = \"[::1]:80\"").as_deref(),
            Some("[::1]:80")
        );
    }

    #[test]
    fn other_machines_reach_it_over_tls_only() {
        let listen = "[serve]\nlisten = \"0.0.0.0:8080\"\n";
        assert_eq!(findings(listen), ["serve::clear_text: \"0.0.0.0:8080\""]);
        assert_eq!(
            findings(&format!("{listen}behind_proxy = false\n")),
            ["serve::clear_text: \"0.0.0.0:8080\""]
        );
        for key in [
            "behind_proxy = true",
            "tls = { cert = \"hooks.pem\", key = \"hooks.key\" }",
        ] {
            assert_eq!(findings(&format!("{listen}{key}\n")), Vec::<String>::new());
        }
    }

    #[test]
    fn mistakes_are_underlined() {
        for listen in [
            "8080",
            "hooks.example.com:80",
            "127.0.0.1:99999",
            "localhost:",
        ] {
            assert_eq!(
                findings(&format!("[serve]\nlisten = \"{listen}\"\n")),
                [format!("serve::listen: \"{listen}\"")]
            );
        }
        assert_eq!(
            findings("[serve]\ntls = { cert = \"\", key = \"hooks.key\" }\n"),
            ["serve::tls: { cert = \"\", key = \"hooks.key\" }"]
        );
    }
}
