//! `waform journal`

use clap::Args;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Context;
use super::args::{Format, Output, World};
use super::error::{Failure, Result};
use super::exit::Exit;
use super::ledger::Ledger;
use crate::render;
use crate::store::{Kept, RunFilter, RunRecord};

/// How many runs are shown to a person who does not say.
const SHOWN: usize = 20;
/// How many are read at once.
const PAGE: usize = 100;

/// Show who did what: every run, each change it made, and what became of it
///
/// Newest first. Applies, brakes, retries, changes of the state by hand: each with who ran it and where, the id of the plan,
/// the guards that were overridden, what Meta calls the requests, and how it ended. Nothing in it can be changed afterwards.
/// It holds no secret and nobody's number. With --format json it prints one object a line, all of it, for export.
#[derive(Args, Debug)]
pub(crate) struct JournalArgs {
    /// One run, by the beginning of its id
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    /// Only what was done to this address, to a block, or to a pattern with `*` and `?`
    #[arg(long, value_name = "ADDRESS")]
    address: Option<String>,
    /// Only runs since this day or time: 2026-11-22, or 2026-11-22T09:00:00Z
    #[arg(long, value_name = "DATE", value_parser = since)]
    since: Option<Timestamp>,
    /// At most so many runs; 20 where nothing is said, all with --format json
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    #[command(flatten)]
    world: World,
    #[command(flatten)]
    pub(super) output: Output,
}

/// Reads a day, which begins at midnight UTC, or a time.
fn since(text: &str) -> std::result::Result<Timestamp, String> {
    let day = || -> Option<Timestamp> {
        let day: Date = text.parse().ok()?;
        Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
    };
    text.parse().ok().or_else(day).ok_or_else(|| {
        "write a day like 2026-11-22, or a time like 2026-11-22T09:00:00Z".to_owned()
    })
}

pub(crate) async fn run(context: &Context, args: &JournalArgs) -> Result<Exit> {
    let ledger = Ledger::read(context, &args.world)?;
    let mut left = match (args.limit, args.output.format) {
        (Some(limit), _) => limit,
        (None, Format::Human) => SHOWN,
        (None, Format::Json) => usize::MAX,
    };
    let mut filter = RunFilter {
        id: args.run.clone(),
        address: args.address.clone(),
        since: args.since,
        before: None,
        limit: 0,
    };
    let mut shown = false;
    while left > 0 {
        filter.limit = left.min(PAGE);
        let runs = ledger.store.runs(&filter).await?;
        for run in &runs {
            let entries = ledger
                .store
                .entries(&run.id, args.address.as_deref())
                .await?;
            show(context, args, run, &entries, shown)?;
            shown = true;
        }
        left -= runs.len();
        if runs.len() < filter.limit {
            break;
        }
        filter.before = runs.last().map(|run| run.number);
    }
    if shown {
        return Ok(Exit::Done);
    }
    match &args.run {
        Some(id) => Err(Failure::new(
            "cli::unknown_run",
            format!("the journal knows no run `{id}`"),
        )
        .help("`waform journal` lists the latest runs")),
        None => {
            context.ui.say("The journal has nothing of that.");
            Ok(Exit::Done)
        }
    }
}

fn show(
    context: &Context,
    args: &JournalArgs,
    run: &RunRecord,
    entries: &[Kept],
    follows: bool,
) -> Result<()> {
    let ui = &context.ui;
    match args.output.format {
        Format::Json => {
            let lines: Vec<String> = render::journal::documents(run, entries)
                .map(|line| line.to_string())
                .collect();
            ui.out(&lines.join("\n"))?;
        }
        Format::Human => {
            let text = render::journal::human(run, entries, ui.look_out());
            ui.out(&if follows { format!("\n{text}") } else { text })?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight() {
        let midnight: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        assert_eq!(since("2026-11-22"), Ok(midnight));
        assert_eq!(since("2026-11-22T00:00:00Z"), Ok(midnight));
        assert_eq!(since("2026-11-22T02:00:00+02:00"), Ok(midnight));
        for text in ["", "yesterday", "2026-13-01"] {
            assert!(since(text).is_err(), "{text}");
        }
    }
}
