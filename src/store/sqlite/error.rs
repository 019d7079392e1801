//! From SQLite's errors to the store's.

use std::path::Path;

use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;
use rusqlite::types::FromSqlError;

use crate::store::Error;

/// What can go wrong inside a piece of work, before it is known which file to name.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    #[error(transparent)]
    Column(#[from] FromSqlError),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Store(#[from] Error),
}

pub(super) type Work<T> = std::result::Result<T, Failure>;

impl Failure {
    pub(super) fn at(self, path: &Path) -> Error {
        match self {
            Self::Store(error) => error,
            Self::Sql(error) => from_sql(&error, path),
            Self::Column(error) => io(path, error.to_string()),
            Self::Json(error) => io(path, format!("it holds JSON that cannot be read: {error}")),
        }
    }
}

pub(super) fn io(path: &Path, reason: impl Into<String>) -> Error {
    Error::Io {
        path: path.to_owned(),
        reason: reason.into(),
    }
}

pub(super) fn from_sql(error: &rusqlite::Error, path: &Path) -> Error {
    let Some(code) = error.sqlite_error() else {
        return io(path, error.to_string());
    };
    // A full disk shows in the shared memory file first when that is what has to grow.
    if code.code == ErrorCode::DiskFull || code.extended_code == SQLITE_IOERR_SHMSIZE {
        return Error::Full {
            path: path.to_owned(),
        };
    }
    match code.code {
        ErrorCode::NotADatabase => Error::Foreign {
            path: path.to_owned(),
        },
        // Somebody's data, not the file: it is refused for good.
        ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig => {
            Error::Invalid(format!("the ledger cannot hold it: {error}"))
        }
        ErrorCode::DatabaseCorrupt => Error::Damaged {
            path: path.to_owned(),
            reason: error.to_string(),
        },
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => io(
            path,
            format!(
                "another process has been writing to it for more than {} seconds",
                super::open::BUSY_TIMEOUT.as_secs()
            ),
        ),
        _ => io(path, error.to_string()),
    }
}

pub(super) fn from_io(error: &std::io::Error, path: &Path) -> Error {
    if error.kind() == std::io::ErrorKind::StorageFull {
        return Error::Full {
            path: path.to_owned(),
        };
    }
    io(path, error.to_string())
}
