//! The lock on reconciling and the leases on numbers.
//!
//! Both end of themselves at a time. One whose holder runs on this machine and is dead ends at once: that is known where
//! processes are listed under `/proc`; elsewhere its time is waited for. Machines are told apart by name, so that two
//! that share a name and a state must not share process numbers; the fences hold even then.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::codes::At;
use super::error::{Failure, Work};
use crate::store::{Error, Lease, LockInfo, LockRequest};

const NOBODY: &str = "nobody: it had ended";

/// Refuses whoever does not hold the lock `id`.
pub(super) fn check(connection: &Connection, id: &str) -> Work<()> {
    match held(connection)? {
        Some(lock) if lock.id == id => Ok(()),
        other => Err(lost(other.map(|lock| lock.holder))),
    }
}

pub(super) fn lock(connection: &Connection, request: &LockRequest) -> Work<LockInfo> {
    super::state::see_time(connection, request.now)?;
    if let Some(lock) = held(connection)?
        && lock.until > request.now
        && !is_dead(&lock.host, lock.process, request)
    {
        return Err(Failure::Store(Error::Locked(Box::new(lock))));
    }
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO lock (one, id, holder, host, process, command, since, until, run_address)
         VALUES (1, lower(hex(randomblob(8))), ?1, ?2, ?3, ?4, ?5, ?6, ?7)
         RETURNING id, holder, host, process, command, since, until, run_address",
    )?;
    Ok(statement.query_row(
        params![
            request.holder,
            request.host,
            request.process,
            request.command,
            At(request.now),
            At(request.until),
            request.run_address,
        ],
        lock_info,
    )?)
}

pub(super) fn renew(
    connection: &Connection,
    id: &str,
    now: Timestamp,
    until: Timestamp,
) -> Work<()> {
    check(connection, id)?;
    super::state::see_time(connection, now)?;
    connection.execute("UPDATE lock SET until = ?1", [At(until)])?;
    Ok(())
}

/// Gives the lock back; one that was lost is somebody else's and stays.
pub(super) fn unlock(connection: &Connection, id: &str) -> Work<()> {
    connection.execute("DELETE FROM lock WHERE id = ?1", [id])?;
    Ok(())
}

pub(super) fn lease(connection: &Connection, number: &str, wanted: &LockRequest) -> Work<Lease> {
    super::state::see_time(connection, wanted.now)?;
    let before = leased(connection, number)?;
    let (mut fence, mut since) = (1, wanted.now);
    if let Some(Leased { fence: last, held }) = before {
        fence = last + 1;
        if let Some(held) = held
            && held.until > wanted.now
        {
            if is_same(&held, wanted) {
                (fence, since) = (last, held.since);
            } else if !is_dead(&held.host, held.process, wanted) {
                return Err(Failure::Store(Error::Locked(Box::new(held))));
            }
        }
    }
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO lease (number, fence, held, holder, host, process, command, since, until)
         VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?8) RETURNING until",
    )?;
    let At(until) = statement.query_row(
        params![
            number,
            fence,
            wanted.holder,
            wanted.host,
            wanted.process,
            wanted.command,
            At(since),
            At(wanted.until),
        ],
        |row| row.get(0),
    )?;
    Ok(Lease {
        number: number.to_owned(),
        fence,
        until,
    })
}

pub(super) fn release_lease(connection: &Connection, lease: &Lease) -> Work<()> {
    connection.execute(
        "UPDATE lease SET held = 0 WHERE number = ?1 AND fence = ?2",
        params![lease.number, lease.fence],
    )?;
    Ok(())
}

/// Refuses whoever does not hold the lease, and who does but too long.
pub(super) fn check_lease(connection: &Connection, lease: &Lease, now: Timestamp) -> Work<()> {
    let held = leased(connection, &lease.number)?;
    match held {
        Some(Leased {
            fence,
            held: Some(held),
        }) => {
            if fence == lease.fence && held.until > now {
                Ok(())
            } else if fence == lease.fence {
                Err(lost(None))
            } else {
                Err(lost(Some(held.holder)))
            }
        }
        _ => Err(lost(None)),
    }
}

fn lost(holder: Option<String>) -> Failure {
    Failure::Store(Error::Fenced {
        holder: holder.unwrap_or_else(|| NOBODY.to_owned()),
    })
}

struct Leased {
    fence: i64,
    held: Option<LockInfo>,
}

fn leased(connection: &Connection, number: &str) -> Work<Option<Leased>> {
    let mut statement = connection.prepare_cached(
        "SELECT number, holder, host, process, command, since, until, NULL, fence, held
         FROM lease WHERE number = ?1",
    )?;
    let leased = statement.query_row([number], |row| {
        let held: bool = row.get(9)?;
        Ok(Leased {
            fence: row.get(8)?,
            held: if held { Some(lock_info(row)?) } else { None },
        })
    });
    Ok(leased.optional()?)
}

pub(super) fn held(connection: &Connection) -> Work<Option<LockInfo>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, holder, host, process, command, since, until, run_address FROM lock",
    )?;
    Ok(statement.query_row([], lock_info).optional()?)
}

fn lock_info(row: &Row<'_>) -> rusqlite::Result<LockInfo> {
    Ok(LockInfo {
        id: row.get(0)?,
        holder: row.get(1)?,
        host: row.get(2)?,
        process: row.get(3)?,
        command: row.get(4)?,
        since: row.get::<_, At>(5)?.0,
        until: row.get::<_, At>(6)?.0,
        run_address: row.get(7)?,
    })
}

fn is_same(held: &LockInfo, wanted: &LockRequest) -> bool {
    (&held.holder, &held.host, held.process) == (&wanted.holder, &wanted.host, wanted.process)
}

/// Whether a holder is known to be dead: it ran on the machine that asks, and is no longer listed.
fn is_dead(host: &str, process: u32, asking: &LockRequest) -> bool {
    let processes = Path::new("/proc");
    host == asking.host
        && processes.join("self").exists()
        && !processes.join(process.to_string()).exists()
}
