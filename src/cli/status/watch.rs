//! `--watch`: the status again and again, in the place of the one before.

use std::io::{self, IsTerminal as _};
use std::pin::pin;
use std::time::Duration;

use terminal_size::terminal_size_of;

use super::live::{Followed, PACE, Scope};
use super::{StatusArgs, ledger, sources};
use crate::cli::Context;
use crate::cli::args::Format;
use crate::cli::error::{Failure, Result};
use crate::cli::session::Session;
use crate::render;
use crate::render::dashboard::Reading;
use crate::render::status::Status;
use crate::render::style::Look;
use crate::render::time::rfc3339;
use crate::sanitize;

/// How long each status stands.
const STANDS: Duration = Duration::from_secs(2);
/// To the upper left corner, and nothing behind it.
const CLEAR: &str = "\x1b[H\x1b[2J";

/// Tells whether a status can be drawn in the place of another.
pub(super) fn check(args: &StatusArgs) -> Result<()> {
    let failure = |message: &str| {
        Failure::new("cli::watch", message).help(
            "leave out --watch: a run prints the status once, for a pipe, a file or a program",
        )
    };
    if args.output.format == Format::Json {
        return Err(failure(
            "`--watch` draws for people; it does not print JSON",
        ));
    }
    if !io::stdout().is_terminal() {
        return Err(failure(
            "`--watch` needs a terminal, and standard output is none",
        ));
    }
    Ok(())
}

/// Draws until Ctrl-C.
pub(super) async fn run(context: &Context, session: &Session, only: Option<&str>) -> Result<()> {
    let follow = |source| Followed::new(source, session.clock.clone(), PACE);
    let accounts: Vec<Followed> = sources(session).map(follow).collect();
    // One future for all of it: a Ctrl-C between two would be lost.
    let mut stop = pin!(tokio::signal::ctrl_c());
    loop {
        tokio::select! {
            ended = &mut stop => return Ok(ended?),
            drawn = draw(context, session, only, &accounts) => drawn?,
        }
        tokio::select! {
            ended = &mut stop => return Ok(ended?),
            () = tokio::time::sleep(STANDS) => {}
        }
    }
}

async fn draw(
    context: &Context,
    session: &Session,
    only: Option<&str>,
    accounts: &[Followed],
) -> Result<()> {
    let (project, now) = (&session.project, session.clock.now());
    let scope = Scope::of(project, only);
    let mut status = ledger::read(project, &*session.store, only, now).await?;
    let mut readings = Vec::new();
    for account in accounts {
        let known = account.look();
        if let Some(live) = &known.live {
            live.show(project, &known.reading.account, &scope, &mut status);
        }
        readings.push(known.reading);
    }
    super::finish(project, &*session.store, &mut status).await?;
    let (look, height) = screen(context);
    let text = page(&status, &readings, look);
    context.ui.out(&format!("{CLEAR}{}", cut(&text, height)))?;
    Ok(())
}

/// How results look on the terminal as it is now, and how many lines it has.
fn screen(context: &Context) -> (Look, usize) {
    let mut look = context.ui.look_out();
    let Some((width, height)) = terminal_size_of(io::stdout()) else {
        return (look, usize::MAX);
    };
    look.width = usize::from(width.0).clamp(40, 160);
    (look, usize::from(height.0))
}

fn page(status: &Status, readings: &[Reading], look: Look) -> String {
    let mut text = look.faint(format_args!(
        "{}, every {} s; Ctrl-C ends it",
        rfc3339(status.now),
        STANDS.as_secs()
    ));
    text.push('\n');
    for Reading {
        account,
        read_at,
        failing,
    } in readings
    {
        let told = match (failing, read_at) {
            (Some(failing), _) => look.changed(format_args!(
                "account.{account}: templates and numbers could not be read since {}: {}",
                rfc3339(failing.since),
                sanitize::line(&failing.reason)
            )),
            (None, None) => format!("account.{account}: templates and numbers are being read"),
            (None, Some(at)) => look.faint(format_args!(
                "account.{account}: templates and numbers as of {}",
                rfc3339(*at)
            )),
        };
        text.push_str(&look.lay_out("", "    ", &told));
    }
    text.push('\n');
    text + &render::status::human(status, look)
}

/// Keeps what a terminal can show: one that has to scroll shows the end of each status alone.
fn cut(text: &str, height: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    // The cursor stands on a line of its own.
    let room = height.saturating_sub(1).max(2);
    if lines.len() <= room {
        return text.to_owned();
    }
    let hidden = lines.len() - (room - 1);
    let more = render::count::of(hidden as u64, "more line", "more lines");
    let shown: String = lines[..room - 1]
        .iter()
        .flat_map(|line| [*line, "\n"])
        .collect();
    format!("{shown}… {more}\n")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::render::dashboard::Failing;

    #[test]
    fn what_does_not_fit_is_counted() {
        assert_eq!(cut("a\nb\nc\n", 4), "a\nb\nc\n");
        assert_eq!(cut("a\nb\nc\nd\n", 4), "a\nb\n… 2 more lines\n");
        assert_eq!(cut("a\nb\nc\n", 0), "a\n… 2 more lines\n");
        assert_eq!(cut("a\n", usize::MAX), "a\n");
    }

    #[test]
    fn an_account_that_cannot_be_read_says_since_when() {
        let reading = |read_at, failing| Reading {
            account: "main".to_owned(),
            read_at,
            failing,
        };
        let failing = Failing {
            since: Timestamp::UNIX_EPOCH,
            reason: "refused\u{1b}[2J".to_owned(),
        };
        let told = |reading| page(&Status::default(), &[reading], Look::plain(120));
        let text = told(reading(Some(Timestamp::UNIX_EPOCH), Some(failing)));
        assert!(text.contains(
            "account.main: templates and numbers could not be read since 1970-01-01T00:00:00Z: refused\\u{1b}[2J\n"
        ));
        assert!(told(reading(None, None)).contains("are being read"));
        let text = told(reading(Some(Timestamp::UNIX_EPOCH), None));
        assert!(text.contains("templates and numbers as of 1970-01-01T00:00:00Z\n"));
    }
}
