//! The database's format, and how it is opened.

use std::path::Path;

use rusqlite::Connection;

use super::Error;

/// Says that the file is a sandbox's data ("wfsb").
const APPLICATION_ID: i64 = 0x7766_7362;
/// The format that this program writes.
const FORMAT: i64 = 2;

const TABLES: &str = "
CREATE TABLE objects (
    kind TEXT NOT NULL,
    id   TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE TABLE messages (
    seq           INTEGER PRIMARY KEY,
    waba          TEXT NOT NULL,
    phone         TEXT NOT NULL,
    input         TEXT NOT NULL,
    wa_id         TEXT NOT NULL,
    kind          TEXT NOT NULL,
    template_id   INTEGER,
    template      TEXT,
    language      TEXT,
    category      TEXT,
    text          TEXT,
    tag           TEXT,
    outside       INTEGER NOT NULL,
    accepted_at   INTEGER NOT NULL,
    sent_at       INTEGER,
    delivered_at  INTEGER,
    read_at       INTEGER,
    failed_at     INTEGER,
    error         INTEGER,
    steps         TEXT,
    next_at       INTEGER
);
CREATE INDEX messages_due ON messages (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX messages_accepted ON messages (accepted_at);
CREATE TABLE outbox (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    waba     TEXT NOT NULL,
    phone    TEXT,
    field    TEXT NOT NULL,
    value    TEXT NOT NULL,
    at       INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at  INTEGER NOT NULL
);
CREATE INDEX outbox_due ON outbox (next_at);
CREATE TABLE requests (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    at       INTEGER NOT NULL,
    method   TEXT NOT NULL,
    path     TEXT NOT NULL,
    query    TEXT NOT NULL,
    headers  TEXT NOT NULL,
    body     TEXT NOT NULL,
    status   INTEGER,
    response TEXT NOT NULL,
    fault    TEXT
);
";

/// What format 2 added: what customers write, and what the stand-ins for other services were sent.
const SINCE_2: &str = "
ALTER TABLE messages ADD COLUMN details TEXT;
CREATE INDEX messages_person ON messages (wa_id, seq);
CREATE TABLE inbound (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    id      TEXT NOT NULL,
    waba    TEXT NOT NULL,
    phone   TEXT NOT NULL,
    wa_id   TEXT NOT NULL,
    kind    TEXT NOT NULL,
    value   TEXT NOT NULL,
    at      INTEGER NOT NULL,
    read_at INTEGER
);
CREATE INDEX inbound_id ON inbound (id);
CREATE INDEX inbound_at ON inbound (at);
CREATE TABLE sink (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    name    TEXT NOT NULL,
    at      INTEGER NOT NULL,
    method  TEXT NOT NULL,
    path    TEXT NOT NULL,
    query   TEXT NOT NULL,
    headers TEXT NOT NULL,
    body    TEXT NOT NULL,
    status  INTEGER,
    taken   INTEGER NOT NULL,
    fault   TEXT
);
CREATE INDEX sink_name ON sink (name, seq);
";

pub(super) fn open(path: Option<&Path>) -> Result<Connection, Error> {
    let shown = path.unwrap_or(Path::new(":memory:"));
    let failed = |error: rusqlite::Error| Error::Open {
        path: shown.into(),
        reason: error.to_string(),
    };
    let mut connection = match path {
        Some(path) => Connection::open(path),
        None => Connection::open_in_memory(),
    }
    .map_err(failed)?;
    // A killed process loses nothing with NORMAL (the log is in the system's hands); FULL would only add the safety
    // against a power cut, which a sandbox does not owe.
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000; PRAGMA temp_store = MEMORY;",
        )
        .map_err(failed)?;
    let pragma = |connection: &Connection, name: &str| {
        connection
            .pragma_query_value(None, name, |row| row.get::<_, i64>(0))
            .map_err(failed)
    };
    let application = pragma(&connection, "application_id")?;
    let found = pragma(&connection, "user_version")?;
    let tables = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| {
            row.get::<_, i64>(0)
        })
        .map_err(failed)?;
    if tables == 0 && application == 0 {
        let tx = connection.transaction().map_err(failed)?;
        tx.execute_batch(TABLES).map_err(failed)?;
        tx.execute_batch(SINCE_2).map_err(failed)?;
        tx.pragma_update(None, "application_id", APPLICATION_ID)
            .map_err(failed)?;
        tx.pragma_update(None, "user_version", FORMAT)
            .map_err(failed)?;
        tx.commit().map_err(failed)?;
    } else if application != APPLICATION_ID {
        return Err(Error::Foreign { path: shown.into() });
    } else if found > FORMAT {
        return Err(Error::Newer {
            path: shown.into(),
            found,
            known: FORMAT,
        });
    } else if found < FORMAT {
        let tx = connection.transaction().map_err(failed)?;
        tx.execute_batch(SINCE_2).map_err(failed)?;
        tx.pragma_update(None, "user_version", FORMAT)
            .map_err(failed)?;
        tx.commit().map_err(failed)?;
    }
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_format_and_a_foreign_file_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sandbox.db");
        drop(open(Some(&path)).unwrap());
        drop(open(Some(&path)).unwrap());
        let connection = Connection::open(&path).unwrap();
        connection
            .pragma_update(None, "user_version", FORMAT + 1)
            .unwrap();
        drop(connection);
        assert!(matches!(
            open(Some(&path)),
            Err(Error::Newer {
                found: 3,
                known: 2,
                ..
            })
        ));
        let foreign = dir.path().join("other.db");
        Connection::open(&foreign)
            .unwrap()
            .execute_batch("CREATE TABLE t (x)")
            .unwrap();
        assert!(matches!(open(Some(&foreign)), Err(Error::Foreign { .. })));
        std::fs::write(
            dir.path().join("text.db"),
            "not a database, but long enough to be taken for one",
        )
        .unwrap();
        assert!(matches!(
            open(Some(&dir.path().join("text.db"))),
            Err(Error::Open { .. })
        ));
    }
    #[test]
    fn an_older_format_is_brought_up_to_date_and_keeps_what_it_holds() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sandbox.db");
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch(TABLES).unwrap();
        connection
            .pragma_update(None, "application_id", APPLICATION_ID)
            .unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
        connection
            .execute_batch(
                "INSERT INTO messages (seq, waba, phone, input, wa_id, kind, outside, accepted_at) \
                 VALUES (1, 'w', 'p', '+1', '1', 'template', 1, 5)",
            )
            .unwrap();
        drop(connection);
        let count = |sql: &str| {
            let connection = open(Some(&path)).unwrap();
            connection
                .query_row(sql, [], |row| row.get::<_, i64>(0))
                .unwrap()
        };
        assert_eq!(
            count("SELECT count(*) FROM messages WHERE details IS NULL"),
            1
        );
        assert_eq!(count("SELECT count(*) FROM inbound"), 0);
        assert_eq!(count("PRAGMA user_version"), FORMAT);
    }
}
