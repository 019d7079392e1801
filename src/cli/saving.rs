//! Plan files: written by `plan -o`, read by `show` and `apply`.

use std::path::{Path, PathBuf};

use clap::{Args, Parser as _};
use serde_json::Value;

use super::args::{Cli, Command, Planning};
use super::error::{Failure, Result};
use super::exit::Exit;
use super::session::Session;
use super::ui::Ui;
use crate::config::Interval;
use crate::engine::Prepared;
use crate::engine::saved::{self, Binding, Saved};
use crate::render;

/// The longest file that is read: a plan of a hundred thousand changes is shorter.
const LONGEST: u64 = 1 << 30;

#[derive(Args, Clone, Debug)]
pub(super) struct Saving {
    /// Save the plan to this file, for `waform show FILE` and `waform apply FILE`
    #[arg(short, long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// How long the saved plan may be applied
    #[arg(long, value_name = "DURATION", default_value = "24h", requires = "out")]
    expires: Interval,
}

impl Saving {
    /// Refuses a file that must not be written over; before the world is read, since that may take long.
    pub(super) fn check(&self) -> Result<()> {
        let Some(path) = &self.out else {
            return Ok(());
        };
        let refuse = |reason: String| {
            Err(Failure::new(
                "plan::unwritable",
                format!("the plan cannot be saved to {}: {reason}", path.display()),
            )
            .help("name a new file, or one that holds an older plan: -o plan.json"))
        };
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            return refuse("a `.toml` file would be read as a part of the project".to_owned());
        }
        match saved::is_replaceable(path) {
            Ok(true) => Ok(()),
            Ok(false) => refuse("what is there is no plan".to_owned()),
            Err(error) => refuse(error.to_string()),
        }
    }

    /// Writes the file, where one is asked for. Returns it as a person would name it.
    pub(super) async fn save(
        &self,
        session: &Session,
        planning: &Planning,
        prepared: &Prepared,
        ui: &Ui,
    ) -> Result<Option<&Path>> {
        let Some(path) = &self.out else {
            return Ok(None);
        };
        let plan = &prepared.plan;
        let ledger = session.store.ledger().await?;
        let binding = Binding::of(&session.project, &ledger, plan, &prepared.campaigns);
        let expires_at = plan.made_at.saturating_add(self.expires.0);
        let expires_at = expires_at.unwrap_or(jiff::Timestamp::MAX);
        let saved = Saved::new(plan, binding, asked(planning), expires_at);
        let written = saved
            .to_text()
            .map_err(std::io::Error::from)
            .and_then(|text| saved::write(path, &text));
        written.map_err(|error| {
            Failure::new(
                "plan::unwritable",
                format!("the plan cannot be saved to {}: {error}", path.display()),
            )
            .help("check that the directory exists and may be written")
        })?;
        ui.say(&format!(
            "Saved to {}; it may be applied until {}.",
            path.display(),
            render::time::rfc3339(expires_at)
        ));
        Ok(Some(path))
    }
}

/// Reads a plan file.
pub(super) fn read(path: &Path) -> Result<Saved> {
    let unreadable = |reason: String| {
        Failure::new(
            "plan::unreadable",
            format!("the plan file {} cannot be read: {reason}", path.display()),
        )
        .help("name the file that `waform plan -o FILE` wrote")
    };
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?;
    if !metadata.is_file() {
        return Err(unreadable("it is no file".to_owned()));
    }
    if metadata.len() > LONGEST {
        return Err(unreadable("it is far too long for a plan".to_owned()));
    }
    let bytes = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    let text =
        String::from_utf8(bytes).map_err(|_| saved::Error::Damaged("it is not text".to_owned()))?;
    Ok(Saved::from_text(&text)?)
}

/// Returns what a planning was asked for, as it is kept in the file.
fn asked(planning: &Planning) -> Value {
    serde_json::to_value(planning).unwrap_or(Value::Null)
}

/// Returns what the planning of a saved plan is asked for anew: the same as then, here. Guards may be overridden beside those
/// that were then; nothing else may be given.
pub(super) fn asked_again(saved: &Saved, given: &Planning) -> Result<Planning> {
    saved.verify_version()?;
    let mut silent = given.clone();
    silent.allow.clear();
    let (given_words, silence) = (asked(&silent), asked(&unasked()));
    if let (Value::Object(words), Value::Object(silence)) = (given_words, silence)
        && let Some((option, _)) = words
            .iter()
            .find(|(option, said)| silence.get(*option) != Some(*said))
    {
        return Err(Failure::new(
            "cli::with_saved_plan",
            format!("`{option}` cannot be given with a saved plan: it was planned as it was asked for then"),
        )
        .help("leave it out, or make a new plan with it"));
    }
    let mut planning: Planning = serde_json::from_value(saved.asked.clone())
        .map_err(|error| saved::Error::Damaged(error.to_string()))?;
    planning.world.clone_from(&given.world);
    planning.detailed_exitcode = given.detailed_exitcode;
    planning.allow.extend(given.allow.iter().cloned());
    Ok(planning)
}

/// Returns what a planning is asked for where nothing is said.
fn unasked() -> Planning {
    match Cli::try_parse_from(["waform", "apply"]).map(|cli| cli.command) {
        Ok(Command::Apply(args)) => args.planning,
        _ => Planning::default(),
    }
}

impl From<saved::Error> for Failure {
    fn from(error: saved::Error) -> Self {
        Self::new(error.code(), error.to_string())
            .help(error.advice())
            .exiting(Exit::Stale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_said_is_nothing_asked_for() {
        let planning = unasked();
        assert_eq!(planning.targets, [""; 0]);
        assert_eq!(planning.allow, [""; 0]);
    }

    #[test]
    fn what_was_asked_for_is_kept_without_what_belongs_to_the_place() {
        let arguments = [
            "waform",
            "apply",
            "--target",
            "template.a",
            "--allow",
            "max_cost",
            "--var",
            "a=secret",
            "--sandbox",
        ];
        let Ok(Command::Apply(args)) = Cli::try_parse_from(arguments).map(|cli| cli.command) else {
            panic!("these are known");
        };
        let text = asked(&args.planning).to_string();
        assert!(
            text.contains("template.a") && text.contains("max_cost"),
            "{text}"
        );
        assert!(
            !text.contains("secret") && !text.contains("sandbox"),
            "{text}"
        );
        let again: Planning = serde_json::from_str(&text).unwrap();
        assert_eq!(again.targets, ["template.a"]);
    }
}
