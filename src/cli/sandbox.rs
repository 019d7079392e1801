//! `waform sandbox`

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::Context;
use super::error::{Failure, Result};
use super::exit::Exit;
use super::session::KEPT;
use crate::clock::Clock;
use crate::config::Interval;
use crate::sandbox::{Identity, Options, Sandbox};

/// Run a local WhatsApp Business account to work against
///
/// Prints its identifiers as lines fit for a shell, and runs until Ctrl-C. `--sandbox` of the other commands, in the same
/// directory, finds it; without a running one they start their own on the same data.
#[derive(Args, Debug)]
pub(crate) struct SandboxArgs {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:4010")]
    listen: SocketAddr,
    /// Where its data is kept [default: .waform/sandbox.db]
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// How long Meta's review of a template takes
    #[arg(long, value_name = "DURATION", default_value = "2s")]
    review_delay: Interval,
}

pub(crate) async fn run(context: &Context, args: &SandboxArgs) -> Result<Exit> {
    if !args.listen.ip().is_loopback() {
        // Its token is known to everybody, and it holds what was sent to whom.
        let message = format!("{} can be reached from other machines", args.listen);
        return Err(Failure::new("sandbox::listen", message)
            .help("listen on this machine alone: --listen 127.0.0.1:4010"));
    }
    let data = match &args.data {
        Some(data) => context.directory.join(data),
        None => context.directory.join(KEPT).join("sandbox.db"),
    };
    if let Some(parent) = data
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        std::fs::create_dir_all(parent).map_err(|error| {
            Failure::new(
                "sandbox::start",
                format!("cannot create {}: {error}", parent.display()),
            )
        })?;
    }
    let mut options = Options::new(Clock::system());
    options.listen = args.listen;
    options.review_delay = Duration::try_from(args.review_delay.0).unwrap_or_default();
    options.data = Some(data.clone());
    // Signals are watched for from here on, so that none that comes during the start is lost.
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let sandbox = Sandbox::start(options).await?;
    let shown = announce(context, &sandbox, &data);
    if shown.is_ok() {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
        context.ui.say("Stopping.");
    }
    tokio::select! {
        ended = sandbox.shutdown() => ended?,
        // Asked for twice: all that was answered is on disk already.
        _ = interrupted.recv() => {}
    }
    shown?;
    Ok(Exit::Done)
}

fn announce(context: &Context, sandbox: &Sandbox, data: &Path) -> Result<()> {
    let base_url = sandbox.base_url();
    context.ui.out(&exports(sandbox.identity(), &base_url))?;
    context.ui.say(&help(&base_url, data));
    Ok(())
}

/// Returns the identifiers as lines for a shell. None of the values needs quotes.
fn exports(identity: &Identity, base_url: &str) -> String {
    let phone_number_id = identity
        .phone_number_ids
        .first()
        .map(String::as_str)
        .unwrap_or_default();
    let lines = [
        ("WHATSAPP_BASE_URL", base_url),
        ("WHATSAPP_ACCESS_TOKEN", &identity.access_token),
        ("WHATSAPP_APP_ID", &identity.app_id),
        ("WHATSAPP_APP_SECRET", &identity.app_secret),
        ("WHATSAPP_WABA_ID", &identity.waba_id),
        ("WHATSAPP_PHONE_NUMBER_ID", phone_number_id),
    ];
    lines
        .map(|(name, value)| format!("export {name}={value}\n"))
        .concat()
}

fn help(base_url: &str, data: &Path) -> String {
    let data = data.strip_prefix(".").unwrap_or(data).display();
    format!(
        "
The sandbox listens on {base_url} and keeps its data in
{data}. Ctrl-C ends it. Any version of the Graph API is served, such as
{base_url}/v25.0/102290129340398/message_templates

Behind the scenes, under {base_url}/_sandbox:
  GET  requests     every request that came in, with its answer
  GET  messages     every message that was accepted, and what became of it
  GET  numbers      telephone numbers that behave in a certain way
  POST clock        makes time pass: {{\"advance\": \"24h\"}}
  POST reviews      ends a review: {{\"name\": \"offer\", \"status\": \"REJECTED\"}}
  POST faults       lets requests fail: {{\"fault\": {{\"status\": 503}}, \"times\": 3}}
  POST behaviour    sets the shares of failures, deliveries and reads"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_identifiers_are_lines_that_a_shell_takes() {
        let text = exports(&Identity::default(), "http://127.0.0.1:4010");
        for line in text.lines() {
            let (name, value) = line
                .strip_prefix("export ")
                .and_then(|pair| pair.split_once('='))
                .unwrap();
            assert!(
                name.chars().all(|c| c.is_ascii_uppercase() || c == '_'),
                "{line}"
            );
            assert!(
                !value.is_empty()
                    && value
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || "-_:/.".contains(c)),
                "{line}"
            );
        }
        assert!(text.starts_with("export WHATSAPP_BASE_URL=http://127.0.0.1:4010\n"));
        assert!(text.contains("export WHATSAPP_WABA_ID=102290129340398\n"));
    }
}
