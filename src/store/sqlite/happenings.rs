//! What happened, as it is kept and found again.

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params, params_from_iter};

use super::codes::At;
use super::error::Work;
use crate::store::{Happening, HappeningFilter};

pub(super) fn insert(connection: &Connection, happening: &Happening) -> Work<()> {
    insert_as(connection, happening, false)
}

/// Keeps what happened; `acts` where it halts or lifts something.
pub(super) fn insert_as(connection: &Connection, happening: &Happening, acts: bool) -> Work<()> {
    let Happening {
        at,
        actor,
        account,
        subject,
        what,
        text,
        detail,
    } = happening;
    let mut statement = connection.prepare_cached(
        "INSERT INTO happening (at, actor, account, subject, what, text, detail, acts)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    statement.execute(params![
        At(*at),
        actor,
        account,
        subject,
        what,
        text,
        detail.to_string(),
        acts,
    ])?;
    Ok(())
}

/// Returns what happened, latest first.
pub(super) fn find(connection: &Connection, filter: &HappeningFilter) -> Work<Vec<Happening>> {
    let (statement, values) = query(filter);
    let mut statement = connection.prepare_cached(&statement)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(happening(row)?);
    }
    Ok(found)
}

fn happening(row: &Row<'_>) -> Work<Happening> {
    Ok(Happening {
        at: row.get::<_, At>(0)?.0,
        actor: row.get(1)?,
        account: row.get(2)?,
        subject: row.get(3)?,
        what: row.get(4)?,
        text: row.get(5)?,
        detail: serde_json::from_str(row.get_ref(6)?.as_str()?)?,
    })
}

/// Writes the statement of a filter. What is not asked for does not stand in it, so that an index serves it.
fn query(filter: &HappeningFilter) -> (String, Vec<Value>) {
    let HappeningFilter {
        account,
        subject,
        area,
        since,
        limit,
    } = filter;
    let wishes = [
        ("account = ?", account.clone().map(Value::from)),
        ("subject = ?", subject.clone().map(Value::from)),
        (
            "substr(what, 1, instr(what || '.', '.') - 1) = ?",
            area.clone().map(Value::from),
        ),
        (
            "at >= ?",
            since.map(|since| Value::from(since.as_microsecond())),
        ),
    ];
    let (conditions, mut values): (Vec<_>, Vec<_>) = wishes
        .into_iter()
        .filter_map(|(condition, value)| Some((condition, value?)))
        .unzip();
    let filtered = if conditions.is_empty() {
        String::new()
    } else {
        format!("WHERE {} ", conditions.join(" AND "))
    };
    values.push(i64::try_from(*limit).unwrap_or(i64::MAX).into());
    let statement = format!(
        "SELECT at, actor, account, subject, what, text, detail FROM happening
         {filtered}ORDER BY at DESC, id DESC LIMIT ?"
    );
    (statement, values)
}

#[cfg(test)]
mod tests {
    use super::super::tests_receiving::plan;
    use super::*;

    #[test]
    fn an_index_gives_what_happened_in_its_order() {
        let all = HappeningFilter {
            limit: 1,
            ..HappeningFilter::default()
        };
        let one = HappeningFilter {
            account: Some(String::new()),
            subject: Some(String::new()),
            ..all.clone()
        };
        assert_eq!(
            plan(&query(&all).0),
            ["SCAN happening USING INDEX happening_at"]
        );
        assert_eq!(
            plan(&query(&one).0),
            ["SEARCH happening USING INDEX happening_subject (account=? AND subject=?)"]
        );
    }
}
