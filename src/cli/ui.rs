//! Where output goes: results to standard output, everything else to standard error.

use std::io::{self, IsTerminal, Write};

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::args::{Color, Global};
use super::environment::Environment;
use crate::config::{self, Report, Sources, Style};
use crate::render::style::Look;
use crate::sanitize;

/// The width of what has none.
const ENDLESS: usize = u16::MAX as usize;

/// The two streams and how they look.
#[derive(Clone, Debug)]
pub(crate) struct Ui {
    pub(crate) quiet: bool,
    pub(crate) verbose: u8,
    /// Whether standard output may be coloured.
    pub(crate) color_out: bool,
    pub(crate) color_err: bool,
    /// How wide a terminal is; a file or a pipe has no width, and lines that programs look through stay whole.
    width_out: Option<usize>,
    width_err: Option<usize>,
    /// Whether standard error is a terminal, where progress may be redrawn.
    pub(crate) live: bool,
    pub(crate) hints: bool,
    /// `--env`, as it was given: commands that are proposed are for the same environment.
    env: Option<String>,
}

impl Ui {
    pub(crate) fn new(global: &Global, environment: &Environment) -> Self {
        let color = |terminal: bool| match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                environment
                    .get("CLICOLOR_FORCE")
                    .is_some_and(|value| value != "0")
                    || (terminal
                        && environment.get("NO_COLOR").is_none()
                        && environment.get("TERM") != Some("dumb")
                        && environment.get("CI").is_none())
            }
        };
        let columns = environment
            .get("COLUMNS")
            .and_then(|columns| columns.parse().ok());
        let width = |terminal: Option<(terminal_size::Width, terminal_size::Height)>| {
            let columns = columns.or(terminal.map(|(width, _)| usize::from(width.0)));
            columns.map(|columns| columns.clamp(40, 160))
        };
        let live = io::stderr().is_terminal();
        Self {
            quiet: global.quiet,
            verbose: global.verbose,
            color_out: color(io::stdout().is_terminal()),
            color_err: color(live),
            width_out: width(terminal_size::terminal_size_of(io::stdout())),
            width_err: width(terminal_size::terminal_size_of(io::stderr())),
            live: live && !global.quiet && global.verbose == 0 && environment.get("CI").is_none(),
            hints: !environment.in_automation(),
            env: global.env.clone(),
        }
    }

    /// Writes a result.
    pub(crate) fn out(&self, text: &str) -> io::Result<()> {
        write(&mut io::stdout().lock(), text)
    }

    /// Says something beside the result.
    pub(crate) fn say(&self, text: &str) {
        if !self.quiet {
            self.alarm(text);
        }
    }

    /// Says something that even a quiet run says.
    pub(crate) fn alarm(&self, text: &str) {
        // Nothing can be said where standard error is gone.
        let _gone = write(&mut io::stderr().lock(), text);
    }

    /// How results look.
    pub(crate) fn look_out(&self) -> Look {
        Look {
            color: self.color_out,
            width: self.width_out.unwrap_or(ENDLESS),
        }
    }

    /// How everything else looks.
    pub(crate) fn look_err(&self) -> Look {
        Look {
            color: self.color_err,
            width: self.width_err.unwrap_or(ENDLESS),
        }
    }

    /// Returns a finding as it is shown on standard error.
    pub(crate) fn report(&self, sources: &Sources, report: &Report) -> String {
        config::render(
            sources,
            report,
            Style {
                width: self.width_err.unwrap_or(100),
                color: self.color_err,
                unicode: true,
            },
        )
    }

    /// Asks for a word; true where it is `yes` to the letter, false where `stop` comes before an answer.
    pub(crate) async fn confirm(
        &self,
        question: &str,
        stop: &CancellationToken,
    ) -> io::Result<bool> {
        let mut stderr = io::stderr().lock();
        // The answer stands behind the question, not below it.
        let _gone = stderr
            .write_all(question.as_bytes())
            .and_then(|()| stderr.flush());
        drop(stderr);
        let (sender, answer) = oneshot::channel();
        // A thread of its own: one of the runtime's would keep the process until somebody answers.
        std::thread::spawn(move || {
            let mut answer = String::new();
            let read = io::stdin().read_line(&mut answer);
            // Nobody waits for the answer any more where the run was stopped.
            let _unheard = sender.send(read.map(|_| answer));
        });
        tokio::select! {
            () = stop.cancelled() => Ok(false),
            answer = answer => match answer {
                Ok(answer) => answer.map(|answer| answer.trim() == "yes"),
                Err(_gone) => Ok(false),
            },
        }
    }

    /// Says what went wrong, with its code and what to do.
    pub(crate) fn error(&self, message: &str, code: &str, help: Option<&str>) {
        self.told(&self.look_err().alarming("error"), message, code, help);
    }

    /// Says what is wrong and stops nothing.
    pub(crate) fn warning(&self, message: &str, code: &str, help: Option<&str>) {
        self.told(&self.look_err().changed("warning"), message, code, help);
    }

    fn told(&self, severity: &str, message: &str, code: &str, help: Option<&str>) {
        let look = self.look_err();
        let code = look.faint(format_args!("[{code}]"));
        let told = format!("{} {code}", sanitize::lines(message));
        let mut text = look.lay_out(&format!("{severity}: "), "  ", &told);
        if let Some(help) = help {
            text.push_str(&look.hang("  help: ", &sanitize::lines(help)));
        }
        self.alarm(&text);
    }

    /// Proposes what to do next: a sentence, and the commands for it, a line each, so that they can be copied.
    pub(crate) fn hint(&self, text: &str, commands: &[String]) {
        if self.hints {
            let mut hint = self.look_err().hang("hint: ", text);
            for command in commands {
                hint.extend(["      ", command]);
                if let Some(env) = &self.env {
                    hint.extend([" --env ", env]);
                }
                hint.push('\n');
            }
            self.say(&format!("\n{hint}"));
        }
    }
}

fn write(stream: &mut impl Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        stream.write_all(b"\n")?;
    }
    stream.flush()
}
