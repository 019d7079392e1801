//! `waform init`

mod templates;

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use clap::Args;

use super::Context;
use super::error::{Failure, Result};
use super::exit::Exit;
use super::session::KEPT;
use templates::Template;

/// Write a small working project
///
/// Writes a configuration with its schema, contacts and a .gitignore. A file that exists is never written over; a
/// .gitignore gets one more line. --list names the projects that --template knows.
#[derive(Args, Debug)]
pub(crate) struct InitArgs {
    /// Where to write it; made where it does not exist
    // Not `directory`: -C has that name, and one value would be taken for both.
    #[arg(value_name = "DIR", default_value = ".")]
    into: PathBuf,
    /// Which project
    #[arg(long, value_enum, value_name = "NAME", default_value_t)]
    template: Template,
    /// List the projects that there are, write nothing
    #[arg(long, conflicts_with_all = ["into", "template"])]
    list: bool,
}

const GITIGNORE: &str = ".gitignore";

pub(crate) fn run(context: &Context, args: &InitArgs) -> Result<Exit> {
    if args.list {
        return Ok(context.ui.out(&templates::list()).map(|()| Exit::Done)?);
    }
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
    let files = args.template.files();
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
    for (name, content) in &files {
        let path = beside(&directory, name);
        let folder = directory.join(name);
        let folder = folder.parent().unwrap_or(&directory);
        fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
        write_new(&path, content).map_err(|error| unwritable(&path, &error))?;
        context.ui.out(&path.display().to_string())?;
    }
    let gitignore = beside(&directory, GITIGNORE);
    if ignore(&gitignore).map_err(|error| unwritable(&gitignore, &error))? {
        context.ui.out(&gitignore.display().to_string())?;
    }
    let hint = "try it out on a WhatsApp account of its own; nothing leaves this machine:";
    let commands: Vec<String> = args
        .template
        .first_steps()
        .iter()
        .map(|command| super::invocation(&directory, command, true))
        .collect();
    context.ui.hint(hint, &commands);
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

/// Returns the names of files that would be written over, or read as a part of the project.
fn existing(directory: &Path, files: &[(&str, Vec<u8>)]) -> std::io::Result<Vec<String>> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names: Vec<String> = files
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| directory.join(name).symlink_metadata().is_ok())
        .map(str::to_owned)
        .collect();
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".toml") && !name.starts_with('.') && !names.contains(&name) {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn write_new(path: &Path, content: &[u8]) -> std::io::Result<()> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)?
        .write_all(content)
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
        let mut files = Template::Starter.files();
        files.extend(Template::Shop.files());
        assert!(existing(directory.path(), &files).unwrap().is_empty());
        assert!(
            existing(&directory.path().join("absent"), &files)
                .unwrap()
                .is_empty()
        );
        fs::create_dir(directory.path().join("data")).unwrap();
        for name in [
            "contacts.csv",
            "Cargo.toml",
            ".taplo.toml",
            "notes.txt",
            "data/members.csv",
            "data/others.csv",
        ] {
            fs::write(directory.path().join(name), "").unwrap();
        }
        assert_eq!(
            existing(directory.path(), &files).unwrap(),
            ["Cargo.toml", "contacts.csv", "data/members.csv"]
        );
    }

    #[test]
    fn a_file_is_never_written_over() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("contacts.csv");
        fs::write(&path, "mine").unwrap();
        assert!(write_new(&path, b"theirs").is_err());
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
}
