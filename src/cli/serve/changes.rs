//! Notices when the configuration changes while it is served.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio_util::sync::CancellationToken;

use super::{ServeArgs, read_again};
use crate::cli::Context;
use crate::resource::Project;

const EVERY: Duration = Duration::from_secs(2);

/// How the files of a directory looked.
type Look = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

/// Waits until the files have changed and are valid; none where serving ends before.
pub(super) async fn wait(
    context: &Context,
    args: &ServeArgs,
    stop: &CancellationToken,
) -> Option<Project> {
    let mut known = look(&context.directory);
    loop {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = stop.cancelled() => return None,
        }
        let now = look(&context.directory);
        if now == known {
            continue;
        }
        known = now;
        match read_again(context, args) {
            Some(project) => return Some(project),
            None => context.ui.warning(
                "the configuration has changed and is wrong; going on with what was read before",
                "serve::configuration",
                Some("`waform validate` shows what is wrong"),
            ),
        }
    }
}

/// Looks at all files that a configuration may be in. One that cannot be looked at counts as gone.
fn look(directory: &Path) -> Look {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let file = |entry: std::fs::DirEntry| {
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            return None;
        }
        let metadata = entry.metadata().ok()?;
        Some((path, (metadata.modified().ok(), metadata.len())))
    };
    entries.filter_map(file).collect()
}
