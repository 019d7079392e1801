use proptest::prelude::*;

use super::*;

fn reader(text: &[u8]) -> Result<Reader, OpenError> {
    Reader::new(Box::new(io::Cursor::new(text.to_vec())))
}

/// Rows as `line: cell|cell`, problems as `line! problem`.
fn read(text: &[u8]) -> Vec<String> {
    let mut reader = reader(text).unwrap();
    std::iter::from_fn(|| reader.read_row().unwrap())
        .map(|row| match row {
            Ok(row) => format!(
                "{}: {}",
                row.line,
                row.cells().collect::<Vec<_>>().join("|")
            ),
            Err((line, problem)) => format!("{line}! {problem}"),
        })
        .collect()
}

#[test]
fn the_separator_is_found_from_the_header() {
    for text in [
        "phone,name\n1,Ana\n",
        "phone;name\n1;Ana\n",
        "phone\tname\n1\tAna\n",
        "\u{feff}phone;name\n1;Ana\n",
        "sep=;\nphone;name\n1;Ana\n",
        "\"phone\";\"name\"\r\n\"1\";\"Ana\"\r\n",
        "phone;name\r1;Ana\r",
        " phone ; name \n 1 ;\u{a0}Ana\n",
    ] {
        let mut reader = reader(text.as_bytes()).unwrap();
        assert_eq!(reader.header().names(), ["phone", "name"], "{text:?}");
        let row = reader.read_row().unwrap().unwrap().unwrap();
        assert_eq!(row.cells().collect::<Vec<_>>(), ["1", "Ana"], "{text:?}");
        assert_eq!(reader.read_row().unwrap(), None);
    }
    let one = reader(b"\"phone, with prefix;\"\n1\n").unwrap();
    assert_eq!(one.header().names(), ["phone, with prefix;"]);
}

#[test]
fn quoted_cells_hold_separators_quotes_and_line_breaks() {
    assert_eq!(
        read(b"phone,note\n1,\"a, \"\"b\"\"\n\nc\"\n2,d \"e\" f\n"),
        ["2: 1|a, \"b\"\n\nc", "5: 2|d \"e\" f"]
    );
}

#[test]
fn lines_are_counted_over_empty_ones() {
    assert_eq!(
        read(b"\n\nphone,name\r\n\r\n1,a\r\n,\r\n  \r\n2,b"),
        ["5: 1|a", "8: 2|b"]
    );
}

#[test]
fn a_bad_row_never_stops_the_good_ones() {
    assert_eq!(
        read(b"phone,name\n1\n2,b,c\n3,\xE4\n4,d\n5,e,f,g\n6,h\n"),
        [
            "2! the row has 1 cell, the header has 2",
            "3! the row has 3 cells, the header has 2",
            "4! the row holds bytes that are not UTF-8: save the file as \"CSV UTF-8\"",
            "5: 4|d",
            "6! the row has more than the 2 cells of the header",
            "7: 6|h",
        ]
    );
}

#[test]
fn a_quote_opened_by_mistake_costs_one_row() {
    let expected = ["2! a quote is opened and not closed", "3: 2|b", "4: 3|c"];
    assert_eq!(read(b"phone,name\n1,\"a\n2,b\n3,c\n"), expected);
    let closed_later = b"phone,name\n1,\"a\n2,b\n3,\"c\"\n";
    assert_eq!(read(closed_later), expected);
    let mut long = b"phone,name\n1,\"a\n".to_vec();
    for row in 0..5_000 {
        long.extend(format!("{row},b\n").bytes());
    }
    let rows = read(&long);
    assert_eq!(rows.len(), 5_001);
    assert_eq!(rows[0], expected[0]);
    assert_eq!(rows[5_000], "5002: 4999|b");
}

#[test]
fn a_row_without_an_end_does_not_fill_the_memory() {
    let mut text = b"phone,name\n1,".to_vec();
    text.resize(text.len() + 3 * MAX_ROW, b'x');
    text.extend(b"\n2,b\n");
    assert_eq!(
        read(&text),
        ["2! the row is longer than a megabyte", "3: 2|b"]
    );
}

#[test]
fn what_is_no_csv_file_is_told_apart() {
    let error = |text: &[u8]| reader(text).err().unwrap().to_string();
    assert_eq!(error(b""), "the file is empty");
    assert_eq!(error(b"\xEF\xBB\xBF"), "the file is empty");
    assert_eq!(error(b"\n \n"), "the file is empty");
    assert_eq!(error(b"PK\x03\x04..."), "the file is a workbook, not CSV");
    assert_eq!(error(b"\xFF\xFEp\0h\0"), "the file is not UTF-8");
    assert_eq!(error(b"tel\xE9phone,name\n"), "the file is not UTF-8");
    assert_eq!(error(b",,\n1,2,3\n"), "the first line names no columns");
    assert_eq!(
        error(b"\"phone,name\n1,b\n"),
        "the first line names no columns"
    );
    assert_eq!(
        error(b"phone,name,phone\n"),
        "two columns are called `phone`"
    );
}

#[test]
fn a_file_that_cannot_be_opened_says_why() {
    let directory = tempfile::tempdir().unwrap();
    let open = |path: &Path| Reader::open(path).err().unwrap();
    assert!(matches!(
        open(&directory.path().join("none.csv")),
        OpenError::Missing
    ));
    assert!(matches!(
        open(directory.path()),
        OpenError::Directory | OpenError::Unreadable(_)
    ));
}

#[test]
fn a_first_line_that_is_a_contact_is_known() {
    assert!(
        reader(b"+372 5551 2345,Ana\n")
            .unwrap()
            .header()
            .looks_like_a_contact()
    );
    assert!(
        !reader(b"phone,name,2024\n")
            .unwrap()
            .header()
            .looks_like_a_contact()
    );
}

proptest! {
    /// What the csv crate writes is read back, cell by cell, whatever the separator.
    #[test]
    fn whatever_was_written_is_read(
        rows in proptest::collection::vec(
            proptest::collection::vec("[a-z\",;\t\n \u{e9}]{0,8}", 3..=3), 0..8),
        separator in proptest::sample::select(vec![b',', b';', b'\t']),
    ) {
        let mut writer = csv::WriterBuilder::new().delimiter(separator).from_writer(Vec::new());
        writer.write_record(["one", "two", "three"]).unwrap();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let mut reader = reader(&writer.into_inner().unwrap()).unwrap();
        let trimmed = rows
            .iter()
            .map(|row| row.iter().map(|cell| cell.trim().to_owned()).collect::<Vec<_>>())
            .filter(|row| row.iter().any(|cell| !cell.is_empty()));
        for expected in trimmed {
            let row = reader.read_row().unwrap().unwrap().unwrap();
            prop_assert_eq!(row.cells().collect::<Vec<_>>(), expected);
        }
        prop_assert_eq!(reader.read_row().unwrap(), None);
    }

    #[test]
    fn no_bytes_make_it_fail(bytes in proptest::collection::vec(
        proptest::sample::select(b"a1\",;\t\n\r\xE4\0 ".to_vec()), 0..200)) {
        if let Ok(mut reader) = reader(&bytes) {
            while reader.read_row().unwrap().is_some() {}
        }
    }
}
