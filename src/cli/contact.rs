//! `waform contact`

use clap::{Args, ValueEnum};
use serde_json::json;

use super::Context;
use super::apply::holder;
use super::args::{Format, Output, World};
use super::error::{Failure, Result};
use super::exit::Exit;
use super::ledger::Ledger;
use super::recorder::Recorder;
use crate::phone_number::PhoneNumber;
use crate::render;
use crate::store::{ContactFile, Note};

/// Show everything between us and one person
///
/// What holds for them (suppressed, held, hard to reach, service windows), where they stand in each campaign, and the
/// conversation, oldest first. `waform contact NUMBER ack` says that the person behind a number whose WhatsApp was set up
/// anew is the same, so that they are messaged again. Reads and writes the ledger alone.
#[derive(Args, Debug)]
pub(crate) struct ContactArgs {
    /// The number with its country's prefix, in any spelling, or the business-scoped user id
    #[arg(allow_hyphen_values = true)]
    number: String,
    /// What to do; left out, the contact is shown
    #[arg(value_enum)]
    action: Option<Action>,
    #[command(flatten)]
    world: World,
    #[command(flatten)]
    pub(super) output: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Action {
    /// The person behind the number is the same after all
    Ack,
}

pub(crate) async fn run(context: &Context, args: &ContactArgs) -> Result<Exit> {
    let ui = &context.ui;
    let ledger = Ledger::read(context, &args.world)?;
    let files = files(&ledger, &args.number).await?;
    if args.action == Some(Action::Ack) {
        return acknowledge(context, args, ledger, &files).await;
    }
    match args.output.format {
        Format::Json => {
            let document = json!({ "format_version": "1.0", "contacts": files });
            ui.out(&format!("{document:#}"))?;
        }
        Format::Human => {
            let shown: Vec<_> = files
                .iter()
                .map(|file| render::contact::human(file, ui.look_out()))
                .collect();
            ui.out(&shown.join("\n"))?;
        }
    }
    Ok(Exit::Done)
}

/// Returns what each account knows of a person.
async fn files(ledger: &Ledger, typed: &str) -> Result<Vec<ContactFile>> {
    let who = who(typed);
    let mut files = Vec::new();
    for account in ledger.accounts().await? {
        files.extend(ledger.store.contact(&account, &who).await?);
    }
    if files.is_empty() {
        return Err(Failure::new(
            "cli::unknown_contact",
            format!("the ledger knows nobody as `{}`", typed.trim()),
        )
        .help("write the number with its country's prefix, like +37255501234"));
    }
    Ok(files)
}

async fn acknowledge(
    context: &Context,
    args: &ContactArgs,
    ledger: Ledger,
    files: &[ContactFile],
) -> Result<Exit> {
    const COMMAND: &str = "waform contact ack";
    let actor = format!("{} by contact", holder(context, COMMAND).name);
    let ledger = ledger.writable(context, &args.world).await?;
    let (store, clock) = (&ledger.store, &ledger.clock);
    let (recorder, now) = (
        Recorder::begin(context, store, clock, COMMAND).await?,
        clock.now(),
    );
    let mut acknowledged = 0;
    for file in files {
        let name = file.phone.as_ref().or(file.user_id.as_ref());
        let name = name.map(String::as_str).unwrap_or_default();
        let told = match ledger
            .store
            .acknowledge(&file.account, name, &actor, now)
            .await?
        {
            true => {
                acknowledged += 1;
                "acknowledged; they are messaged again"
            }
            false => "nothing was held",
        };
        context
            .ui
            .out(&format!("{name} (account {}): {told}", file.account))?;
    }
    // Who it was stands in the ledger; the journal holds nobody's number.
    recorder
        .note(&Note {
            detail: json!({ "contacts": acknowledged }),
            ..recorder.done("contact ack")
        })
        .await?;
    recorder.end(&Ok(Exit::Done)).await;
    ledger.close().await?;
    Ok(Exit::Done)
}

/// Returns the name that the ledger knows somebody by: a number in E.164 where it is one, else what was typed.
fn who(typed: &str) -> String {
    let typed = typed.trim();
    // How most of the world dials abroad.
    let typed = match typed.strip_prefix("00") {
        Some(rest) => format!("+{rest}"),
        None => typed.to_owned(),
    };
    if let Ok(number) = PhoneNumber::parse(&typed, None) {
        return number.e164().to_owned();
    }
    // Meta's test numbers do not exist, and its own digits have no plus.
    let bare: String = typed
        .chars()
        .filter(|c| !c.is_whitespace() && !"-()./".contains(*c))
        .collect();
    let digits = bare.strip_prefix('+').unwrap_or(&bare);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return bare;
    }
    typed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_known_in_any_spelling_with_its_prefix() {
        for typed in [
            "+37255512345",
            " +372 5551 2345 ",
            "0037255512345",
            "+372 (5551) 23-45",
        ] {
            assert_eq!(who(typed), "+37255512345", "{typed}");
        }
        assert_eq!(who("+1 555-078-3881"), "+15550783881", "a test number");
        assert_eq!(who("372 5551 2345"), "37255512345", "Meta's digits");
    }

    #[test]
    fn what_is_no_number_is_an_id_as_it_stands() {
        for id in ["EE.13491208655302741918", "US.ENT.11815799212886844830"] {
            assert_eq!(who(id), id);
        }
    }
}
