//! The files of a project: which ones are read, and what can be wrong with them before their TOML is.

use std::path::Path;

use super::diagnostic::{Diagnostics, Report};
use super::place::{Place, Source, SourceId, Sources};

/// Files that other tools read; one of them in the directory means that the directory is the wrong one.
const FOREIGN: [&str; 15] = [
    "Cargo.toml",
    "Gopkg.toml",
    "Project.toml",
    "book.toml",
    "bunfig.toml",
    "clippy.toml",
    "deny.toml",
    "fly.toml",
    "mise.toml",
    "netlify.toml",
    "pyproject.toml",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "taplo.toml",
    "wrangler.toml",
];

/// Reads all files of a project into `sources`, by name.
pub(super) fn read(
    directory: &Path,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Vec<SourceId> {
    let names = match names(directory) {
        Ok(names) => names,
        Err(error) => {
            diagnostics.push(
                Report::error(
                    "config::unreadable",
                    format!(
                        "cannot read the directory `{}`: {error}",
                        directory.display()
                    ),
                )
                .help("name the project's directory with -C"),
            );
            return Vec::new();
        }
    };
    if names.is_empty() {
        diagnostics.push(
            Report::error(
                "config::empty",
                format!("no configuration in `{}`", directory.display()),
            )
            .help("`waform init` writes a small working project; -C names another directory"),
        );
    }
    let mut read = Vec::new();
    for name in names {
        if is_foreign(&name) {
            diagnostics.push(
                Report::error(
                    "config::foreign_file",
                    format!("`{name}` belongs to another tool, not to a waform project"),
                )
                .help(
                    "every *.toml file of the directory is read: put the configuration into a directory of its own \
                     and name it with -C",
                ),
            );
            continue;
        }
        read.extend(file(
            &directory.join(&name),
            Path::new(&name),
            sources,
            diagnostics,
        ));
    }
    read
}

/// Reads one file; what is not UTF-8 is reported at its place.
pub(super) fn file(
    path: &Path,
    shown: &Path,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Option<SourceId> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            diagnostics.push(Report::error(
                "config::unreadable",
                format!("cannot read `{}`: {error}", shown.display()),
            ));
            return None;
        }
    };
    text(&bytes, shown, sources, diagnostics)
}

/// Takes in what was read of a file; what is not UTF-8 is reported at its place.
pub(super) fn text(
    bytes: &[u8],
    shown: &Path,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Option<SourceId> {
    // Editors on Windows write a byte order mark; it says nothing in UTF-8.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = String::from_utf8_lossy(bytes).into_owned();
    let wrong = std::str::from_utf8(bytes)
        .err()
        .map(|error| error.valid_up_to());
    let secrets = super::mask::find(&text);
    let id = sources.add(Source {
        path: shown.to_owned(),
        text,
        secrets,
    });
    let Some(at) = wrong else { return Some(id) };
    let utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    let help = if utf16 {
        "the file is UTF-16; save it as UTF-8 (in PowerShell: `Set-Content -Encoding utf8`)"
    } else {
        "save the file as UTF-8; it was likely saved as Latin-1 or Windows-1252"
    };
    diagnostics.push(
        Report::error(
            "config::not_utf8",
            format!("`{}` is not UTF-8", shown.display()),
        )
        .at(
            // The valid beginning keeps its offsets; the first wrong byte became one three-byte character.
            Place::new(id, at..at + char::REPLACEMENT_CHARACTER.len_utf8()),
            format!("byte 0x{:02X} begins no character", bytes[at]),
        )
        .help(help),
    );
    None
}

/// Tells whether a file is another tool's.
pub(super) fn is_foreign(name: &str) -> bool {
    FOREIGN.contains(&name)
}

/// Returns the names of the files that make up the project: `*.toml`, but for dot files, variables and scenarios.
fn names(directory: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let other =
            name.starts_with('.') || name.ends_with(".vars.toml") || name.ends_with(".test.toml");
        if name.ends_with(".toml") && !other && entry.path().is_file() {
            names.push(name.to_owned());
        }
    }
    names.sort_unstable();
    Ok(names)
}
