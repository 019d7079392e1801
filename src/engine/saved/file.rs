//! The file on the disk: whole or not at all, and for its owner's eyes.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use super::document::FORMAT;

/// How far into a file its format stands.
const BEGINNING: u64 = 64;

/// Writes a plan file, in place of an older one.
///
/// # Errors
/// Those of the file system; then there is what was there before.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    // Readable by its owner alone, as temporary files are; the mode stays when it is renamed.
    let mut file = tempfile::Builder::new()
        .prefix(".waform-plan-")
        .tempfile_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    File::open(directory)?.sync_all()
}

/// Tells whether a plan may be written to this path: nothing is there, or an older plan. A configuration is not overwritten
/// because somebody mistook an option.
///
/// # Errors
/// Where the file cannot be looked at.
pub fn is_replaceable(path: &Path) -> io::Result<bool> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        file => file?,
    };
    if !file.metadata()?.is_file() {
        return Ok(false);
    }
    let mut beginning = Vec::new();
    file.take(BEGINNING).read_to_end(&mut beginning)?;
    let text = String::from_utf8_lossy(&beginning);
    let format = format!("\"{FORMAT}\"");
    Ok(text.is_empty() || (text.starts_with('{') && text.contains(&format)))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_plan_replaces_a_plan_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("plan.json");
        assert!(is_replaceable(&path).unwrap());
        write(&path, "{\n  \"format\": \"waform.plan\"\n}\n").unwrap();
        assert!(is_replaceable(&path).unwrap());
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        write(&path, "[guard]\n").unwrap();
        assert!(!is_replaceable(&path).unwrap());
        assert!(!is_replaceable(directory.path()).unwrap());
        let left = std::fs::read_dir(directory.path()).unwrap().count();
        assert_eq!(left, 1, "a temporary file was left");
    }

    #[test]
    fn what_cannot_be_written_leaves_what_was_there() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("no/such/directory/plan.json");
        assert!(write(&path, "{}").is_err());
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
