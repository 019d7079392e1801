//! How a report looks to a person: the only module that knows miette.

use std::fmt;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError,
    MietteSpanContents, SourceCode, SourceSpan, SpanContents, ThemeCharacters, ThemeStyles,
};

use super::diagnostic::{Report, Severity};
use super::place::{Place, Sources};
use crate::sanitize;

/// What a terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Columns.
    pub width: usize,
    pub color: bool,
    /// Lines and marks from Unicode; else plain ASCII.
    pub unicode: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            width: 100,
            color: false,
            unicode: true,
        }
    }
}

/// Draws a report with the lines of the files that it speaks of, secrets hidden.
#[must_use]
pub fn render(sources: &Sources, report: &Report, style: Style) -> String {
    let mut report = report.clone();
    sources.clean(&mut report);
    let theme = GraphicalTheme {
        characters: if style.unicode {
            ThemeCharacters::unicode()
        } else {
            ThemeCharacters::ascii()
        },
        styles: if style.color {
            ThemeStyles::ansi()
        } else {
            ThemeStyles::none()
        },
    };
    let drawn = Drawn::new(sources, &report);
    let mut text = String::new();
    GraphicalReportHandler::new_themed(theme)
        .with_width(style.width)
        .with_links(false)
        .with_context_lines(1)
        .without_syntax_highlighting()
        .render_report(&mut text, &drawn)
        .expect("writing into a string does not fail");
    // miette pads lines up to the margin; files of expectations should not hold what nobody can see.
    let mut trimmed: String = text
        .lines()
        .flat_map(|line| [line.trim_end(), "\n"])
        .collect();
    if !trimmed.ends_with('\n') {
        trimmed.push('\n');
    }
    trimmed
}

/// A report in the form that miette draws.
#[derive(Debug)]
struct Drawn {
    severity: Severity,
    code: &'static str,
    message: String,
    help: Option<String>,
    labels: Vec<LabeledSpan>,
    files: Files,
}

/// All files one behind the other: miette knows one text a diagnostic, a duplicate has its places in two files.
#[derive(Debug, Default)]
struct Files(Vec<File>);

#[derive(Debug)]
struct File {
    name: String,
    text: String,
    /// Where the file begins among all.
    start: usize,
}

impl Drawn {
    fn new(sources: &Sources, report: &Report) -> Self {
        let mut files = Files::default();
        let mut starts = Vec::new();
        let mut start = 0;
        for (_, source) in sources.iter() {
            let text = sanitize::in_place(&source.masked()).into_owned();
            starts.push(start);
            let end = start + text.len();
            files.0.push(File {
                name: sanitize::line(&source.path.display().to_string()).into_owned(),
                text,
                start,
            });
            // A gap, so that the end of one file is not the beginning of the next.
            start = end + 1;
        }
        let labels = report
            .labels
            .iter()
            .enumerate()
            .map(|(at, label)| {
                let Place { source, start, end } = label.place;
                let file = &files.0[source.0 as usize];
                let start = file.text.floor_char_boundary(start);
                let end = file.text.ceil_char_boundary(end).max(start);
                let offset = file.start + start;
                let text =
                    Some(sanitize::line(&label.text).into_owned()).filter(|text| !text.is_empty());
                if at == 0 {
                    LabeledSpan::new_primary_with_span(text, (offset, end - start))
                } else {
                    LabeledSpan::new_with_span(text, (offset, end - start))
                }
            })
            .collect();
        Self {
            severity: report.severity,
            code: report.code,
            message: sanitize::lines(&report.message).into_owned(),
            help: report
                .help
                .as_ref()
                .map(|help| sanitize::lines(help).into_owned()),
            labels,
            files,
        }
    }
}

impl SourceCode for Files {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        // A span over two files belongs to none; miette then draws its ends apart.
        let file = self
            .0
            .iter()
            .find(|file| {
                file.start <= span.offset()
                    && span.offset() + span.len() <= file.start + file.text.len()
            })
            .ok_or(MietteError::OutOfBounds)?;
        let local = SourceSpan::from((span.offset() - file.start, span.len()));
        let contents = file.text.read_span(&local, before, after)?;
        let moved =
            SourceSpan::from((contents.span().offset() + file.start, contents.span().len()));
        Ok(Box::new(MietteSpanContents::new_named(
            file.name.clone(),
            contents.data(),
            moved,
            contents.line(),
            contents.column(),
            contents.line_count(),
        )))
    }
}

impl fmt::Display for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Drawn {}

impl Diagnostic for Drawn {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.files)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty()).then(|| Box::new(self.labels.iter().cloned()) as Box<_>)
    }
}
