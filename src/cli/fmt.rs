//! `waform fmt`

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Component, Path, PathBuf};

use clap::Args;

use super::Context;
use super::error::{Failure, Result};
use super::exit::Exit;
use crate::config::{Diagnostics, Sources, format};
use crate::render::text_diff;

/// Format the configuration, keeping comments and order
///
/// Formats all *.toml files of the project, *.vars.toml and *.test.toml among them, and lists those that it changed. The
/// layout is Taplo's with its default options: `key = value`, arrays on one line where they fit in 80 characters and else one
/// element a line, at most two blank lines, comments behind neighbouring entries aligned. Keys, tables and elements keep
/// their order, strings their bytes. Where a file is no TOML, none is written.
///
/// Exits with 0; with --check and a file that would change with 3; on errors with 1.
#[derive(Args, Debug)]
pub(crate) struct FmtArgs {
    /// Write nothing, list the files that would change
    #[arg(long)]
    check: bool,
    /// Show what changes
    #[arg(long)]
    diff: bool,
    /// Files, or directories with projects, instead of the project; `-` formats standard input to standard output
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// One text on its way.
struct Text {
    /// Where it is written; none for standard input.
    path: Option<PathBuf>,
    /// As people name it.
    shown: String,
    before: String,
    after: String,
}

const STANDARD_INPUT: &str = "-";

pub(crate) fn run(context: &Context, args: &FmtArgs) -> Result<Exit> {
    let mut sources = Sources::default();
    let mut diagnostics = Diagnostics::default();
    let mut texts = Vec::new();
    for path in paths(context, &args.files)? {
        let (shown, bytes) = match &path {
            Some(path) => (path.as_path(), fs::read(path)),
            None => (Path::new("<stdin>"), standard_input()),
        };
        let bytes = bytes.map_err(|error| unreadable(shown, &error))?;
        let Some(id) = format::take(&bytes, shown, &mut sources, &mut diagnostics) else {
            continue;
        };
        if let Some(after) = format::source(&sources, id, &mut diagnostics) {
            texts.push(Text {
                shown: shown.display().to_string(),
                before: sources.get(id).text.clone(),
                after,
                path,
            });
        }
    }
    if diagnostics.has_errors() {
        return Err(Failure::Configuration {
            sources,
            diagnostics,
        });
    }
    let mut would_change = false;
    for text in &texts {
        let changes = text.before != text.after;
        would_change |= changes;
        if changes && !args.check {
            write(text)?;
        }
        print(context, args, text, changes)?;
    }
    if args.check && would_change {
        let is_file = |path: &PathBuf| path != Path::new(STANDARD_INPUT);
        if args.files.iter().all(is_file) {
            let mut again = super::invocation(&context.directory, "fmt", false);
            for file in &args.files {
                again.extend([" ", &file.display().to_string()]);
            }
            context.ui.hint("to format them:", &[again]);
        }
        return Ok(Exit::Guarded);
    }
    Ok(Exit::Done)
}

/// Prints what is asked for: the name of a file that changes, the difference, or the text itself.
fn print(context: &Context, args: &FmtArgs, text: &Text, changes: bool) -> Result<()> {
    let result = match (&text.path, args.diff) {
        (None, false) if !args.check => return Ok(context.ui.out(&text.after)?),
        _ if !changes => return Ok(()),
        (_, false) => text.shown.clone(),
        (_, true) => text_diff::unified(
            &text.shown,
            &format::masked(&text.before),
            &format::masked(&text.after),
            context.ui.look_out(),
        ),
    };
    Ok(context.ui.out(&result)?)
}

/// Returns the files to format; none stands for standard input.
fn paths(context: &Context, given: &[PathBuf]) -> Result<Vec<Option<PathBuf>>> {
    if given.is_empty() {
        return project(&context.directory, Path::new("."));
    }
    let mut paths = Vec::new();
    for path in given {
        if path == Path::new(STANDARD_INPUT) {
            paths.push(None);
        } else if context.directory.join(path).is_dir() {
            paths.extend(project(&context.directory, path)?);
        } else {
            paths.push(Some(tidy(&context.directory.join(path))));
        }
    }
    Ok(paths)
}

/// Returns the files of a project, by their paths from here.
fn project(directory: &Path, below: &Path) -> Result<Vec<Option<PathBuf>>> {
    let directory = directory.join(below);
    let names = format::files(&directory).map_err(|error| unreadable(&directory, &error))?;
    if names.is_empty() {
        let message = format!("no configuration in `{}`", directory.display());
        return Err(Failure::new("config::empty", message)
            .help("name a project's directory with -C, or files behind `fmt`"));
    }
    let paths = names.iter().map(|name| Some(tidy(&directory.join(name))));
    Ok(paths.collect())
}

/// Returns a path as a person would write it, without the dot of `./waform.toml`.
fn tidy(path: &Path) -> PathBuf {
    path.components()
        .filter(|part| *part != Component::CurDir)
        .collect()
}

fn standard_input() -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Puts a formatted text in its file's place: at once and whole, with the same rights. What a link names is written, the
/// link stays.
fn write(text: &Text) -> Result<()> {
    let Some(path) = &text.path else {
        return Ok(());
    };
    let replace = || {
        let path = fs::canonicalize(path)?;
        let metadata = fs::metadata(&path)?;
        if metadata.permissions().readonly() {
            // A new file in its place would get around what somebody has forbidden.
            return Err(std::io::Error::from(std::io::ErrorKind::PermissionDenied));
        }
        let beside = path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::Builder::new()
            .prefix(".fmt-")
            .tempfile_in(beside)?;
        file.write_all(text.after.as_bytes())?;
        file.as_file().set_permissions(metadata.permissions())?;
        file.as_file().sync_all()?;
        file.persist(&path)?;
        Ok(())
    };
    replace().map_err(|error| {
        Failure::new(
            "config::unwritable",
            format!("cannot write `{}`: {error}", text.shown),
        )
        .help("the file is as it was; files that are listed above are formatted")
    })
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(
        "config::unreadable",
        format!("cannot read `{}`: {error}", path.display()),
    )
    .help("name files or directories from where -C points")
}
