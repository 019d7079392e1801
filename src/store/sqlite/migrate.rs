//! The format of the file: which version it has, and how an older one becomes the present one.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::error::{Failure, Work};
use crate::store::Error;

/// Marks a file as ours: `wafm`.
const APPLICATION_ID: i64 = 0x7761_666d;

/// In the order of their versions, which count from one. A migration that was released never changes.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_initial.sql"),
    include_str!("migrations/0002_receiving.sql"),
    include_str!("migrations/0003_acting.sql"),
    include_str!("migrations/0004_plans.sql"),
    include_str!("migrations/0005_journal.sql"),
    include_str!("migrations/0006_facts.sql"),
    include_str!("migrations/0007_accounts.sql"),
];

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Empty,
    Older,
    Present,
}

/// Tells what a file is without changing it; an error where it is not ours or too new.
pub(super) fn identify(connection: &Connection, path: &Path, migrations: &[&str]) -> Work<Found> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let application = pragma("application_id")?;
    let version = pragma("user_version")?;
    if application != APPLICATION_ID {
        let objects: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if (application, version, objects) == (0, 0, 0) {
            return Ok(Found::Empty);
        }
        return Err(Failure::Store(Error::Foreign {
            path: path.to_owned(),
        }));
    }
    let known = known(migrations);
    match version {
        found if found > known => Err(Failure::Store(Error::Newer {
            path: path.to_owned(),
            found,
            known,
        })),
        found if found < known => Ok(Found::Older),
        _ => Ok(Found::Present),
    }
}

/// Brings a file up to date in one transaction; of several processes that try, one does it.
pub(super) fn run(connection: &mut Connection, path: &Path, migrations: &[&str]) -> Work<()> {
    if identify(connection, path, migrations)? == Found::Present {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Asked again: another process may have migrated it while this one waited.
    if identify(&transaction, path, migrations)? == Found::Present {
        return Ok(());
    }
    let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let done = usize::try_from(version).unwrap_or(0);
    for migration in migrations.iter().skip(done) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", known(migrations))?;
    transaction.commit()?;
    Ok(())
}

fn known(migrations: &[&str]) -> i64 {
    i64::try_from(migrations.len()).expect("there are few migrations")
}
