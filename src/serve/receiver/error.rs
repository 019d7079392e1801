//! What can be wrong with a receiver's certificate.

use std::path::PathBuf;

/// Why the receiver cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot read the file `{}` of `[serve] tls`", path.display())]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("`{}` holds no certificate: {reason}", path.display())]
    Certificate { path: PathBuf, reason: String },
    #[error("`{}` holds no private key that can be used: {reason}", path.display())]
    Key { path: PathBuf, reason: String },
    #[error("the key in `{}` is not that of the certificate in `{}`", key.display(), cert.display())]
    Mismatch { cert: PathBuf, key: PathBuf },
    #[error("the socket that was to be listened on cannot be used")]
    Listen { source: std::io::Error },
}

impl Error {
    /// Returns the diagnostic code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "serve::tls_file",
            Self::Certificate { .. } => "serve::certificate",
            Self::Key { .. } => "serve::key",
            Self::Mismatch { .. } => "serve::key_mismatch",
            Self::Listen { .. } => "serve::listen",
        }
    }

    /// Returns what to do.
    #[must_use]
    pub fn advice(&self) -> String {
        match self {
            Self::File { source, .. } => format!(
                "{source}; `tls = {{ cert = \"fullchain.pem\", key = \"privkey.pem\" }}` names two files that waform may read, relative to the project's directory"
            ),
            Self::Certificate { .. } => {
                "give the certificate and those between it and its authority as PEM, its own first: certbot calls that file `fullchain.pem`"
                    .to_owned()
            }
            Self::Key { .. } => {
                "give the private key as PEM without a passphrase: certbot calls that file `privkey.pem`; `openssl pkey -in OLD -out NEW` takes a passphrase off"
                    .to_owned()
            }
            Self::Mismatch { .. } => {
                "name the key that the certificate was issued for; the server's own certificate must be the first in its file"
                    .to_owned()
            }
            Self::Listen { source } => format!("{source}; is the address of `[serve] listen` this machine's?"),
        }
    }
}
