//! Secrets: references to them, and values that cannot be printed.
//!
//! The configuration holds only references; a [`SecretString`] appears when one is resolved, just before it is needed. No
//! error of this module repeats what it found, not even in part.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

pub use secrecy::{ExposeSecret, SecretString};

use crate::config::{SecretRef, nearest};

/// How long a command may take: a person may have to unlock a password store.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long a command may go on after it has closed its output.
const GRACE: Duration = Duration::from_secs(5);

/// Tokens and private keys are far shorter; more is the wrong file.
const MOST_BYTES: u64 = 64 * 1024;

/// Why a secret cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the environment variable `{name}` is not set")]
    Unset {
        name: String,
        /// A variable with a similar name that is set.
        near: Option<String>,
    },
    #[error("{origin} is empty")]
    Empty { origin: String },
    #[error("cannot read the secret's file `{}`", path.display())]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{origin} is not text")]
    NotText { origin: String },
    #[error("{origin} is longer than any secret")]
    TooLong { origin: String },
    #[error("cannot run `{program}` for a secret")]
    Command {
        program: String,
        source: std::io::Error,
    },
    #[error("`{program}` gave no secret: {status}")]
    Failed { program: String, status: ExitStatus },
    #[error("`{program}` took longer than {} seconds to give a secret", after.as_secs())]
    Timeout { program: String, after: Duration },
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Returns the diagnostic code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unset { .. } => "secret::unset",
            Self::Empty { .. } => "secret::empty",
            Self::File { .. } => "secret::file",
            Self::NotText { .. } | Self::TooLong { .. } => "secret::not_text",
            Self::Command { .. } | Self::Failed { .. } => "secret::command",
            Self::Timeout { .. } => "secret::timeout",
        }
    }

    /// Returns what to do.
    #[must_use]
    pub fn advice(&self) -> String {
        match self {
            Self::Unset {
                name,
                near: Some(near),
            } => {
                format!("`{near}` is set: was that meant? Otherwise set `{name}` in the shell or in the CI's secrets")
            }
            Self::Unset { name, near: None } => {
                format!(
                    "set it before waform runs (`export {name}=...`), in CI from the CI's secrets"
                )
            }
            Self::Empty { .. } => {
                "put the secret there; in CI, secrets are empty for pull requests from forks".to_owned()
            }
            Self::File { source, .. } => format!(
                "{source}; the path is relative to the project's directory, and the file must be readable"
            ),
            Self::NotText { .. } | Self::TooLong { .. } => {
                "name the file or command that gives the secret alone, as UTF-8 text".to_owned()
            }
            Self::Command { source, .. } => {
                format!("{source}; the command is run without a shell: [\"program\", \"argument\"]")
            }
            Self::Failed { .. } => {
                "run the command by hand to see what it says; its messages are not shown here, they might hold the secret"
                    .to_owned()
            }
            Self::Timeout { .. } => {
                "run the command by hand: does it wait for a password or for the network?".to_owned()
            }
        }
    }
}

/// Turns references into secrets.
#[derive(Clone)]
pub struct Resolver<'a> {
    directory: &'a Path,
    environment: &'a BTreeMap<String, String>,
    patience: Duration,
}

impl fmt::Debug for Resolver<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The environment stays out: it holds secrets.
        f.debug_struct("Resolver")
            .field("directory", &self.directory)
            .finish_non_exhaustive()
    }
}

impl<'a> Resolver<'a> {
    /// Returns a resolver; relative paths start in `directory`, and commands run there.
    #[must_use]
    pub fn new(directory: &'a Path, environment: &'a BTreeMap<String, String>) -> Self {
        Self {
            directory,
            environment,
            patience: PATIENCE,
        }
    }

    /// Reads a secret from where `reference` says.
    pub fn resolve(&self, reference: &SecretRef) -> Result<SecretString> {
        match reference {
            SecretRef::Env(name) => self.variable(name),
            SecretRef::File(path) => self.file(path),
            SecretRef::Command(words) => self.command(words),
        }
    }

    fn variable(&self, name: &str) -> Result<SecretString> {
        let value = self.environment.get(name).ok_or_else(|| Error::Unset {
            name: name.to_owned(),
            near: nearest(name, self.environment.keys().map(String::as_str)).map(str::to_owned),
        })?;
        secret(value.clone(), format!("the environment variable `{name}`"))
    }

    fn file(&self, path: &Path) -> Result<SecretString> {
        let path = self.directory.join(path);
        let origin = format!("the secret's file `{}`", path.display());
        let mut bytes = Vec::new();
        let file = std::fs::File::open(&path);
        match file.and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes)) {
            Ok(_) => text(bytes, origin),
            Err(source) => Err(Error::File { path, source }),
        }
    }

    fn command(&self, words: &[String]) -> Result<SecretString> {
        // The arguments stay out of all errors: somebody may have written a secret there.
        let program = words.first().cloned().unwrap_or_default();
        let cannot = |source| Error::Command {
            program: program.clone(),
            source,
        };
        let mut child = Command::new(&program)
            .args(words.iter().skip(1))
            .current_dir(self.directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(cannot)?;
        let output = child.stdout.take().expect("its output was asked for");
        let (bytes, status) = match self.outcome(&mut child, output) {
            Ok(Some(outcome)) => outcome,
            Ok(None) => {
                return Err(Error::Timeout {
                    program,
                    after: self.patience,
                });
            }
            Err(source) => return Err(cannot(source)),
        };
        if !status.success() {
            return Err(Error::Failed { program, status });
        }
        text(bytes, format!("what `{program}` gave as a secret"))
    }

    /// Waits for a command's output and its end; `None` where it takes too long, and then it is ended.
    fn outcome(
        &self,
        child: &mut Child,
        output: ChildStdout,
    ) -> std::io::Result<Option<(Vec<u8>, ExitStatus)>> {
        let (sender, receiver) = mpsc::channel();
        // Reading blocks without a limit of time, so it happens elsewhere; the thread ends with the command.
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let read = output.take(MOST_BYTES + 1).read_to_end(&mut bytes);
            // Nobody listens any more where the command took too long.
            drop(sender.send(read.map(|_| bytes)));
        });
        let outcome = match receiver.recv_timeout(self.patience) {
            Ok(bytes) => {
                let bytes = bytes?;
                end(child)?.map(|status| (bytes, status))
            }
            Err(_) => None,
        };
        if outcome.is_none() {
            // It may have ended just now; then there is nothing left to kill.
            drop(child.kill());
            child.wait()?;
        }
        Ok(outcome)
    }
}

/// Waits for the end of a command that has closed its output.
fn end(child: &mut Child) -> std::io::Result<Option<ExitStatus>> {
    const STEP: Duration = Duration::from_millis(10);
    let mut waited = Duration::ZERO;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if waited >= GRACE {
            return Ok(None);
        }
        std::thread::sleep(STEP);
        waited += STEP;
    }
}

fn text(bytes: Vec<u8>, origin: String) -> Result<SecretString> {
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Error::TooLong { origin });
    }
    match String::from_utf8(bytes) {
        Ok(text) => secret(text, origin),
        Err(_) => Err(Error::NotText { origin }),
    }
}

/// Takes one line break off the end: editors and `echo` put it there.
fn secret(mut text: String, origin: String) -> Result<SecretString> {
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    if text.trim().is_empty() {
        return Err(Error::Empty { origin });
    }
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(reference: &SecretRef, patience: Duration) -> Result<String> {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("token"), "from-file\r\n").unwrap();
        std::fs::write(directory.path().join("empty"), "\n").unwrap();
        std::fs::write(directory.path().join("image"), b"\xff\xd8").unwrap();
        std::fs::write(directory.path().join("long"), "x".repeat(70_000)).unwrap();
        let environment = BTreeMap::from([("APP_TOKEN".to_owned(), "from-env".to_owned())]);
        let mut resolver = Resolver::new(directory.path(), &environment);
        resolver.patience = patience;
        assert!(!format!("{resolver:?}").contains("from-env"));
        resolver
            .resolve(reference)
            .map(|secret| secret.expose_secret().to_owned())
    }

    fn file(name: &str) -> Result<String> {
        resolve(&SecretRef::File(name.into()), PATIENCE)
    }

    fn shell(script: &str, patience: Duration) -> Result<String> {
        let words = ["sh", "-c", script].map(str::to_owned).to_vec();
        resolve(&SecretRef::Command(words), patience)
    }

    #[test]
    fn a_variable_is_read_and_a_missing_one_named() {
        let read = |name: &str| resolve(&SecretRef::Env(name.to_owned()), PATIENCE);
        assert_eq!(read("APP_TOKEN").unwrap(), "from-env");
        let error = read("AP_TOKEN").unwrap_err();
        assert_eq!(error.code(), "secret::unset");
        assert!(error.advice().contains("`APP_TOKEN` is set"));
    }

    #[test]
    fn a_file_loses_one_line_break() {
        assert_eq!(file("token").unwrap(), "from-file");
    }

    #[test]
    fn a_file_without_a_secret_is_an_error() {
        assert_eq!(file("empty").unwrap_err().code(), "secret::empty");
        assert_eq!(file("image").unwrap_err().code(), "secret::not_text");
        assert_eq!(file("long").unwrap_err().code(), "secret::not_text");
        assert_eq!(file("missing").unwrap_err().code(), "secret::file");
    }

    #[cfg(unix)]
    #[test]
    fn a_command_gives_its_output() {
        assert_eq!(
            shell("echo from-command", PATIENCE).unwrap(),
            "from-command"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_command_that_fails_shows_nothing_of_what_it_wrote() {
        let error = shell("echo CANARY; echo CANARY >&2; exit 3", PATIENCE).unwrap_err();
        let said = format!("{error} {error:?} {}", error.advice());
        assert_eq!(error.code(), "secret::command");
        assert!(!said.contains("CANARY"), "{said}");
    }

    #[cfg(unix)]
    #[test]
    fn a_command_that_hangs_is_ended() {
        let error = shell("exec sleep 600", Duration::from_millis(50)).unwrap_err();
        assert_eq!(error.code(), "secret::timeout");
    }

    #[test]
    fn a_command_that_does_not_exist_says_how_it_is_run() {
        let words = vec!["waform-no-such-program --flag".to_owned()];
        let error = resolve(&SecretRef::Command(words), PATIENCE).unwrap_err();
        assert!(error.advice().contains("without a shell"));
    }
}
