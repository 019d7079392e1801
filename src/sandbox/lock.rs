//! One sandbox for a data file; and how another command finds it.
//!
//! Beside the data lies a lock file. The system's lock on it says whether a sandbox runs, its content where. A process that
//! was killed leaves the content but not the lock.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What the lock file says.
#[derive(Debug, Deserialize, Serialize)]
struct Holder {
    pid: u32,
    port: u16,
    url: String,
}

/// The lock of a running sandbox; gone when dropped.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

fn path_of(data: &Path) -> PathBuf {
    let mut name = data.file_name().unwrap_or_default().to_owned();
    name.push(".lock");
    data.with_file_name(name)
}

/// How often, and how long apart, one waits for a lock that is only looked at, or for its holder to say where it is.
const TRIES: u32 = 40;
const PAUSE: Duration = Duration::from_millis(25);
/// After how many tries a lock is held, and not only looked at by somebody.
const LOOKS: u32 = 4;

impl Lock {
    /// Takes the lock; none: another sandbox has it.
    pub(super) async fn take(data: &Path) -> std::io::Result<Option<Self>> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path_of(data))?;
        for attempt in 0..TRIES {
            match file.try_lock() {
                Ok(()) => {
                    // What a predecessor left is no longer true.
                    file.set_len(0)?;
                    return Ok(Some(Self { file }));
                }
                Err(TryLockError::WouldBlock) if attempt >= LOOKS && holder(data).is_some() => {
                    return Ok(None);
                }
                // Somebody only looks, or has not yet said where it is.
                Err(TryLockError::WouldBlock) => tokio::time::sleep(PAUSE).await,
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Says where the sandbox is reached.
    pub(super) fn announce(&mut self, port: u16, url: &str) -> std::io::Result<()> {
        let holder = Holder {
            pid: std::process::id(),
            port,
            url: url.to_owned(),
        };
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.file
            .write_all(serde_json::to_string(&holder)?.as_bytes())?;
        self.file.flush()
    }

    /// Gives the lock back.
    pub(super) fn release(self) -> std::io::Result<()> {
        self.file.set_len(0)?;
        self.file.unlock()
    }
}

fn holder(data: &Path) -> Option<Holder> {
    let mut text = String::new();
    File::open(path_of(data))
        .ok()?
        .read_to_string(&mut text)
        .ok()?;
    serde_json::from_str(&text).ok()
}

/// Returns the address of the sandbox that runs on this data, if one does.
#[must_use]
pub fn running(data: &Path) -> Option<String> {
    let file = File::open(path_of(data)).ok()?;
    for _ in 0..TRIES {
        match file.try_lock_shared() {
            // Nobody holds it; closing the file gives back what was taken.
            Ok(()) | Err(TryLockError::Error(_)) => return None,
            Err(TryLockError::WouldBlock) => {
                if let Some(holder) = holder(data) {
                    return Some(holder.url);
                }
                // It is about to start.
                std::thread::sleep(PAUSE);
            }
        }
    }
    None
}
