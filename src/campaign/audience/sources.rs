//! The files of an audience, opened, with the columns that matter.

use super::brief::{Brief, Column, File, ListBrief, SuppressionBrief};
use crate::campaign::contacts::{Header, Reader};
use crate::campaign::values::missing_column;
use crate::config::Diagnostics;

/// All files of an audience, in the order in which they are read.
pub(super) struct Sources {
    pub(super) suppressions: Vec<(Reader, usize)>,
    pub(super) lists: Vec<(Reader, Columns)>,
}

/// Where in a row of a list what stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns {
    pub(super) phone: usize,
    pub(super) opt_in: Option<usize>,
    pub(super) timezone: Option<usize>,
    pub(super) language: Option<usize>,
}

/// Opens everything, so that all that is wrong is said at once and before anything is read. The warnings come with the files.
pub(super) fn open(brief: &Brief) -> Result<(Sources, Diagnostics), Diagnostics> {
    let mut diagnostics = Diagnostics::default();
    let mut sources = Sources {
        suppressions: Vec::new(),
        lists: Vec::new(),
    };
    for suppression in &brief.suppressions {
        sources
            .suppressions
            .extend(open_suppression(suppression, &mut diagnostics));
    }
    for list in &brief.lists {
        sources
            .lists
            .extend(open_list(brief, list, &mut diagnostics));
    }
    diagnostics.finish();
    if diagnostics.has_errors() {
        Err(diagnostics)
    } else {
        Ok((sources, diagnostics))
    }
}

fn open_suppression(
    suppression: &SuppressionBrief,
    diagnostics: &mut Diagnostics,
) -> Option<(Reader, usize)> {
    let reader = open_file(&suppression.file, diagnostics)?;
    let phone = find(
        &suppression.phone,
        reader.header(),
        &suppression.file,
        diagnostics,
    )?;
    Some((reader, phone))
}

fn open_list(
    brief: &Brief,
    list: &ListBrief,
    diagnostics: &mut Diagnostics,
) -> Option<(Reader, Columns)> {
    let reader = open_file(&list.file, diagnostics)?;
    let header = reader.header();
    let mut find = |column: &Column| find(column, header, &list.file, diagnostics);
    let phone = find(&list.phone);
    let opt_in = list.opt_in.as_ref().and_then(&mut find);
    let timezone = list.timezone.as_ref().and_then(&mut find);
    let language = list.language.as_ref().and_then(&mut find);
    for report in brief.values.missing_columns(header, &list.file.shown) {
        diagnostics.push(report);
    }
    let columns = Columns {
        phone: phone?,
        opt_in,
        timezone,
        language,
    };
    Some((reader, columns))
}

fn open_file(file: &File, diagnostics: &mut Diagnostics) -> Option<Reader> {
    Reader::open(&file.path)
        .map_err(|error| diagnostics.push(error.report(&file.shown, &file.place)))
        .ok()
}

fn find(
    column: &Column,
    header: &Header,
    file: &File,
    diagnostics: &mut Diagnostics,
) -> Option<usize> {
    let position = header.position(&column.name);
    if position.is_none() {
        diagnostics.push(missing_column(
            &column.name,
            header,
            &file.shown,
            &column.place,
        ));
    }
    position
}
