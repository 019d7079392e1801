//! `multipart/form-data`, read from a body that is already in memory.
//!
//! Files share the body's memory. Nested parts and transfer encodings are not taken: no client sends them any more
//! (RFC 7578, sections 4.3 and 4.7).

use bytes::Bytes;
use memchr::memmem::Finder;

/// One part of a form.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    Text { name: String, value: String },
    File(FilePart),
}

/// A part that is a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FilePart {
    pub name: String,
    /// What the part says that it holds, without parameters, in lower case.
    pub media_type: Option<String>,
    pub content: Bytes,
}

/// Returns the boundary, where the content type is that of a multipart form.
pub(super) fn boundary(content_type: &str) -> Option<String> {
    let (essence, parameters) = header_value(content_type);
    let form = essence == "multipart/form-data";
    parameters
        .into_iter()
        .find(|(name, value)| form && name == "boundary" && !value.is_empty())
        .map(|(_, value)| value)
}

/// Reads the parts; none: this is no such form.
pub(super) fn parts(body: &Bytes, boundary: &str) -> Option<Vec<Part>> {
    let delimiter = format!("\r\n--{boundary}");
    let finder = Finder::new(delimiter.as_bytes());
    // The first delimiter may begin the body, without the line break that belongs to the later ones.
    let mut at = if body.starts_with(&delimiter.as_bytes()[2..]) {
        delimiter.len() - 2
    } else {
        finder.find(body)? + delimiter.len()
    };
    let mut parts = Vec::new();
    loop {
        let rest = body.slice(at..);
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        // White space may follow a delimiter on its line.
        let line = memchr::memmem::find(&rest, b"\r\n")?;
        if !rest[..line].iter().all(|byte| matches!(byte, b' ' | b'\t')) {
            return None;
        }
        let length = finder.find(&rest[line..])? + line;
        parts.push(part(&rest.slice(line..length))?);
        at += length + delimiter.len();
    }
}

/// Reads a part: header lines, each after a line break, an empty line, the content.
fn part(part: &Bytes) -> Option<Part> {
    let end = memchr::memmem::find(part, b"\r\n\r\n")?;
    let content = part.slice(end + 4..);
    let headers = std::str::from_utf8(&part[..end]).ok()?;
    let header = |wanted: &str| {
        headers.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim()
                .eq_ignore_ascii_case(wanted)
                .then(|| value.trim())
        })
    };
    let (disposition, parameters) = header_value(header("content-disposition")?);
    if disposition != "form-data" {
        return None;
    }
    let mut parameters = parameters.into_iter();
    let name = parameters.clone().find(|(name, _)| name == "name")?.1;
    if parameters.any(|(name, _)| matches!(name.as_str(), "filename" | "filename*")) {
        let media_type = header("content-type").map(|value| header_value(value).0);
        return Some(Part::File(FilePart {
            name,
            media_type,
            content,
        }));
    }
    let value = String::from_utf8_lossy(&content).into_owned();
    Some(Part::Text { name, value })
}

/// Splits a header's value into what stands first, in lower case, and the parameters after it.
fn header_value(value: &str) -> (String, Vec<(String, String)>) {
    let mut fields = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for character in value.chars() {
        match character {
            '"' if !escaped => quoted = !quoted,
            '\\' if quoted && !escaped => {
                escaped = true;
                continue;
            }
            ';' if !quoted => fields.push(String::new()),
            character => {
                if let Some(field) = fields.last_mut() {
                    field.push(character);
                }
            }
        }
        escaped = false;
    }
    let mut fields = fields.into_iter();
    let first = fields.next().unwrap_or_default();
    let parameters = fields
        .filter_map(|field| {
            let (name, value) = field.split_once('=')?;
            Some((name.trim().to_lowercase(), value.trim().to_owned()))
        })
        .collect();
    (first.trim().to_lowercase(), parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &'static str) -> Option<Vec<Part>> {
        parts(&Bytes::from_static(body.as_bytes()), "b-1")
    }

    #[test]
    fn texts_and_files_are_told_apart() {
        let form = "preamble\r\n--b-1\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\nimage/png\r\n--b-1 \r\n\
                    content-type: image/PNG; q=1\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a;\\\"b.png\"\r\n\r\n\
                    \r\n--b-2 is no end\r\n\r\n--b-1--\r\nepilogue";
        let text = Part::Text {
            name: "type".into(),
            value: "image/png".into(),
        };
        let file = Part::File(FilePart {
            name: "file".into(),
            media_type: Some("image/png".into()),
            content: Bytes::from_static(b"\r\n--b-2 is no end\r\n"),
        });
        assert_eq!(read(form), Some(vec![text, file]));
        let empty = "--b-1\r\nContent-Disposition: form-data; name=file; filename*=utf-8''%20\r\n\r\n\r\n--b-1--";
        let file = Part::File(FilePart {
            name: "file".into(),
            media_type: None,
            content: Bytes::new(),
        });
        assert_eq!(read(empty), Some(vec![file]));
        assert_eq!(read("--b-1--\r\n"), Some(Vec::new()));
    }

    #[test]
    fn what_is_cut_off_or_malformed_is_refused() {
        let whole = "--b-1\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--b-1--";
        assert!(read(whole).is_some());
        for length in 0..whole.len() - 1 {
            assert_eq!(read(&whole[..length]), None, "{:?}", &whole[..length]);
        }
        assert_eq!(read("--b-1x\r\n\r\n\r\n--b-1--"), None);
        assert_eq!(read("--b-1\r\nA: b\r\n\r\nx\r\n--b-1--"), None);
        let attachment = "--b-1\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nx\r\n--b-1--";
        assert_eq!(read(attachment), None);
    }

    #[test]
    fn the_boundary_may_be_quoted() {
        assert_eq!(
            boundary("multipart/form-data; boundary=b-1").as_deref(),
            Some("b-1")
        );
        assert_eq!(
            boundary("Multipart/Form-Data; charset=utf-8; boundary=\"a;b\"").as_deref(),
            Some("a;b")
        );
        assert_eq!(boundary("multipart/form-data"), None);
        assert_eq!(boundary("multipart/mixed; boundary=b"), None);
    }
}
