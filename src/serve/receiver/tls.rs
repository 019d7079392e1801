//! Certificates: read, offered, read again when they change.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use rustls::crypto::ring;
use rustls::pki_types::pem::{Error as PemError, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert, ServerConfig};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;

use super::error::Error;

/// Where the certificate and its key are, as PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The server's certificate, and those between it and its authority.
    pub cert: PathBuf,
    pub key: PathBuf,
}

/// The certificate that is offered now.
#[derive(Debug)]
pub(super) struct Certificates {
    files: Tls,
    current: Mutex<Current>,
}

#[derive(Debug)]
struct Current {
    key: Arc<CertifiedKey>,
    stamps: [Stamp; 2],
}

/// By what a file that has changed is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
}

impl Certificates {
    pub(super) fn load(files: Tls) -> Result<Arc<Self>, Error> {
        // Before the files are read: a change in between is seen at the next look.
        let stamps = files.stamps()?;
        let key = Arc::new(files.read()?);
        Ok(Arc::new(Self {
            files,
            current: Mutex::new(Current { key, stamps }),
        }))
    }

    pub(super) fn acceptor(self: Arc<Self>) -> Result<TlsAcceptor, Error> {
        let path = self.files.cert.clone();
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::Certificate {
                path,
                reason: error.to_string(),
            })?
            .with_no_client_auth()
            .with_cert_resolver(self);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// Takes new files where they are there and belong together. True where they were taken.
    pub(super) fn look_again(&self) -> Result<bool, Error> {
        let stamps = self.files.stamps()?;
        if self.lock().stamps == stamps {
            return Ok(false);
        }
        let key = Arc::new(self.files.read()?);
        *self.lock() = Current { key, stamps };
        Ok(true)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.lock().key))
    }
}

impl Tls {
    fn stamps(&self) -> Result<[Stamp; 2], Error> {
        Ok([stamp(&self.cert)?, stamp(&self.key)?])
    }

    fn read(&self) -> Result<CertifiedKey, Error> {
        let chain = self.chain()?;
        let key = PrivateKeyDer::from_pem_slice(&file(&self.key)?)
            .map_err(|error| self.no_key(pem_reason(&error)))?;
        CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => Error::Mismatch {
                cert: self.cert.clone(),
                key: self.key.clone(),
            },
            rustls::Error::InvalidCertificate(_) => self.no_certificate(error.to_string()),
            error => self.no_key(error.to_string()),
        })
    }

    fn chain(&self) -> Result<Vec<CertificateDer<'static>>, Error> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&file(&self.cert)?)
            .collect::<Result<_, _>>()
            .map_err(|error| self.no_certificate(pem_reason(&error)))?;
        if chain.is_empty() {
            return Err(self.no_certificate(pem_reason(&PemError::NoItemsFound)));
        }
        Ok(chain)
    }

    fn no_certificate(&self, reason: String) -> Error {
        Error::Certificate {
            path: self.cert.clone(),
            reason,
        }
    }

    fn no_key(&self, reason: String) -> Error {
        Error::Key {
            path: self.key.clone(),
            reason,
        }
    }
}

/// Says what is wrong with PEM without repeating any of it.
fn pem_reason(error: &PemError) -> String {
    match error {
        PemError::NoItemsFound => "nothing of that kind stands in it",
        PemError::MissingSectionEnd { .. } => "a section has no end",
        PemError::Base64Decode(_) => "what stands between the lines is not Base64",
        _ => "it is not PEM",
    }
    .to_owned()
}

fn file(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| unreadable(path, source))
}

fn stamp(path: &Path) -> Result<Stamp, Error> {
    let metadata = std::fs::metadata(path).map_err(|source| unreadable(path, source))?;
    Ok(Stamp {
        modified: metadata.modified().ok(),
        bytes: metadata.len(),
    })
}

fn unreadable(path: &Path, source: std::io::Error) -> Error {
    Error::File {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertifiedKey as Issued, KeyPair, generate_simple_self_signed};
    use tempfile::TempDir;

    use super::*;

    fn issue() -> Issued<KeyPair> {
        generate_simple_self_signed(["localhost".to_owned()]).unwrap()
    }

    fn files(directory: &TempDir, cert: &str, key: &str) -> Tls {
        let files = Tls {
            cert: directory.path().join("cert.pem"),
            key: directory.path().join("key.pem"),
        };
        std::fs::write(&files.cert, cert).unwrap();
        std::fs::write(&files.key, key).unwrap();
        files
    }

    fn code(files: Tls) -> &'static str {
        let error = Certificates::load(files).unwrap_err();
        assert!(!error.advice().is_empty());
        error.code()
    }

    #[test]
    fn what_is_wrong_with_the_files_is_told() {
        let directory = TempDir::new().unwrap();
        let (one, other) = (issue(), issue());
        let (cert, key) = (one.cert.pem(), one.signing_key.serialize_pem());
        let try_with = |cert: &str, key: &str| code(files(&directory, cert, key));
        assert_eq!(try_with("", &key), "serve::certificate");
        assert_eq!(try_with(&key, &key), "serve::certificate");
        assert_eq!(try_with(&cert[..200], &key), "serve::certificate");
        assert_eq!(try_with(&cert, ""), "serve::key");
        assert_eq!(try_with(&cert, &cert), "serve::key");
        let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
        assert_eq!(try_with(&cert, &encrypted), "serve::key");
        let others = other.signing_key.serialize_pem();
        assert_eq!(try_with(&cert, &others), "serve::key_mismatch");
        let mut missing = files(&directory, &cert, &key);
        missing.key = directory.path().join("nowhere.pem");
        assert_eq!(code(missing), "serve::tls_file");
    }

    #[test]
    fn new_files_are_taken_once_they_belong_together() {
        let directory = TempDir::new().unwrap();
        let (one, other) = (issue(), issue());
        let files = files(
            &directory,
            &one.cert.pem(),
            &one.signing_key.serialize_pem(),
        );
        let certificates = Certificates::load(files.clone()).unwrap();
        let offered = || certificates.lock().key.cert[0].clone();
        assert!(!certificates.look_again().unwrap());
        // One byte more: a file system may not tell two moments apart.
        std::fs::write(&files.cert, other.cert.pem() + "\n").unwrap();
        assert_eq!(
            certificates.look_again().unwrap_err().code(),
            "serve::key_mismatch"
        );
        assert_eq!(&offered(), one.cert.der());
        std::fs::write(&files.key, other.signing_key.serialize_pem() + "\n").unwrap();
        assert!(certificates.look_again().unwrap());
        assert_eq!(&offered(), other.cert.der());
    }
}
