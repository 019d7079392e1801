//! Saved plans that were carried out.

use rusqlite::{Connection, OptionalExtension, params};

use super::codes::At;
use super::error::Work;
use super::store::Sqlite;
use super::{locks, state};
use crate::store::{Answer, Plans, UsedPlan};

impl Plans for Sqlite {
    fn used_plan<'a>(&'a self, digest: &'a str) -> Answer<'a, Option<UsedPlan>> {
        let digest = digest.to_owned();
        Box::pin(self.0.read(move |connection| used(connection, &digest)))
    }

    fn use_plan<'a>(&'a self, lock: &'a str, plan: &'a UsedPlan) -> Answer<'a, Option<UsedPlan>> {
        let (lock, plan) = (lock.to_owned(), plan.clone());
        Box::pin(self.0.write(move |connection| {
            locks::check(connection, &lock)?;
            let before = used(connection, &plan.digest)?;
            if before.is_none() {
                insert(connection, &plan)?;
            }
            Ok(before)
        }))
    }
}

fn used(connection: &Connection, digest: &str) -> Work<Option<UsedPlan>> {
    let mut statement = connection
        .prepare_cached("SELECT digest, plan_id, at, actor FROM used_plan WHERE digest = ?1")?;
    let used = statement.query_row([digest], |row| {
        Ok(UsedPlan {
            digest: row.get(0)?,
            plan_id: row.get(1)?,
            at: row.get::<_, At>(2)?.0,
            actor: row.get(3)?,
        })
    });
    Ok(used.optional()?)
}

fn insert(connection: &Connection, plan: &UsedPlan) -> Work<()> {
    state::see_time(connection, plan.at)?;
    connection.execute(
        "INSERT INTO used_plan (digest, plan_id, at, actor) VALUES (?1, ?2, ?3, ?4)",
        params![plan.digest, plan.plan_id, At(plan.at), plan.actor],
    )?;
    Ok(())
}
