//! `waform init`

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use clap::Args;

use super::Context;
use super::error::{Failure, Result};
use super::exit::Exit;
use super::session::KEPT;
use crate::resource;

/// Write a small working project
///
/// Writes a configuration with its schema, contacts and a .gitignore. A file that exists is never written over; a
/// .gitignore gets one more line.
#[derive(Args, Debug)]
pub(crate) struct InitArgs {
    /// Where to write it; made where it does not exist
    // Not `directory`: -C has that name, and one value would be taken for both.
    #[arg(value_name = "DIR", default_value = ".")]
    into: PathBuf,
}

const CONFIGURATION: &str = include_str!("init/waform.toml");
const CONTACTS: &str = include_str!("init/contacts.csv");
const GITIGNORE: &str = ".gitignore";

pub(crate) fn run(context: &Context, args: &InitArgs) -> Result<Exit> {
    // Without the dot of `./campaigns`: it is shown, and copied.
    let directory: PathBuf = context
        .directory
        .join(&args.into)
        .components()
        .filter(|part| *part != Component::CurDir)
        .collect();
    let directory = match directory.as_os_str().is_empty() {
        true => PathBuf::from("."),
        false => directory,
    };
    let files = files();
    let existing = existing(&directory, &files).map_err(|error| unwritable(&directory, &error))?;
    if !existing.is_empty() {
        let message = format!(
            "{} has files that would be in the way: {}",
            directory.display(),
            existing.join(", ")
        );
        return Err(Failure::new("init::exists", message)
            .help("nothing was written; all *.toml files of a directory are one project, so give another directory"));
    }
    fs::create_dir_all(&directory).map_err(|error| unwritable(&directory, &error))?;
    for (name, content) in &files {
        let path = beside(&directory, name);
        write_new(&path, content).map_err(|error| unwritable(&path, &error))?;
        context.ui.out(&path.display().to_string())?;
    }
    let gitignore = beside(&directory, GITIGNORE);
    if ignore(&gitignore).map_err(|error| unwritable(&gitignore, &error))? {
        context.ui.out(&gitignore.display().to_string())?;
    }
    let hint = "try it out on a WhatsApp account of its own; nothing leaves this machine:";
    let command = super::invocation(&directory, "apply --wait", true);
    context.ui.hint(hint, &[command]);
    Ok(Exit::Done)
}

/// Returns the path of a file as a person would write it.
fn beside(directory: &Path, name: &str) -> PathBuf {
    if directory == Path::new(".") {
        PathBuf::from(name)
    } else {
        directory.join(name)
    }
}

fn files() -> [(&'static str, String); 3] {
    [
        ("waform.toml", CONFIGURATION.to_owned()),
        ("waform.schema.json", format!("{:#}\n", resource::schema())),
        ("contacts.csv", CONTACTS.to_owned()),
    ]
}

/// Returns the names of files that would be written over, or read as a part of the project.
fn existing(directory: &Path, files: &[(&str, String)]) -> std::io::Result<Vec<String>> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let is_configuration = name.ends_with(".toml") && !name.starts_with('.');
        if is_configuration || files.iter().any(|(file, _)| *file == name) {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn write_new(path: &Path, content: &str) -> std::io::Result<()> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)?
        .write_all(content.as_bytes())
}

/// Makes git ignore what waform keeps; false where it does already.
fn ignore(path: &Path) -> std::io::Result<bool> {
    let line = format!("{KEPT}/");
    let known = match fs::read_to_string(path) {
        Ok(known) => known,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    if known
        .lines()
        .any(|known| known.trim() == line || known.trim() == KEPT)
    {
        return Ok(false);
    }
    let line_break = if known.is_empty() || known.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    writeln!(file, "{line_break}{line}")?;
    Ok(true)
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(
        "init::write",
        format!("cannot write {}: {error}", path.display()),
    )
    .help("check that the directory may be written; what was written before is listed above")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_in_the_way() {
        let directory = tempfile::tempdir().unwrap();
        assert!(existing(directory.path(), &files()).unwrap().is_empty());
        assert!(
            existing(&directory.path().join("absent"), &files())
                .unwrap()
                .is_empty()
        );
        for name in ["contacts.csv", "Cargo.toml", ".taplo.toml", "notes.txt"] {
            fs::write(directory.path().join(name), "").unwrap();
        }
        assert_eq!(
            existing(directory.path(), &files()).unwrap(),
            ["Cargo.toml", "contacts.csv"]
        );
    }

    #[test]
    fn a_file_is_never_written_over() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("contacts.csv");
        fs::write(&path, "mine").unwrap();
        assert!(write_new(&path, "theirs").is_err());
        assert_eq!(fs::read_to_string(path).unwrap(), "mine");
    }

    #[test]
    fn git_ignores_what_is_kept_and_is_told_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(GITIGNORE);
        fs::write(&path, "/target").unwrap();
        assert!(ignore(&path).unwrap());
        assert!(!ignore(&path).unwrap());
        assert_eq!(fs::read_to_string(path).unwrap(), "/target\n.waform/\n");
    }

    #[test]
    fn the_project_that_is_written_is_valid() {
        let directory = tempfile::tempdir().unwrap();
        for (name, content) in files() {
            write_new(&directory.path().join(name), &content).unwrap();
        }
        let (_, diagnostics) = resource::load(directory.path(), &crate::config::Inputs::default());
        let messages: Vec<_> = diagnostics
            .reports()
            .iter()
            .map(|report| &report.message)
            .collect();
        assert!(messages.is_empty(), "{messages:?}");
    }
}
