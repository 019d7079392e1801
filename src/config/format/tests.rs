//! What comes out for what goes in. That Taplo agrees is checked beside the tests, in `.ci/full`.

use proptest::prelude::*;

use super::*;

#[track_caller]
fn becomes(before: &str, after: &str) {
    let formatted = format(before).unwrap();
    assert_eq!(formatted, after);
    assert_eq!(format(&formatted).unwrap(), after, "a second time");
}

#[track_caller]
fn stays(text: &str) {
    becomes(text, text);
}

#[test]
fn spaces_are_put_where_they_belong() {
    becomes(
        "  a=1\n\tb . \"c d\"  =  { x=1,y = [ 1 ,2,] } \n[ t . u ]#c\n[[ v ]]\nw={ }\nx=[ ]",
        "a = 1\nb.\"c d\" = { x = 1, y = [1, 2] }\n[t.u] #c\n[[v]]\nw = {}\nx = []\n",
    );
}

#[test]
fn blank_lines_are_few() {
    becomes(
        "\n\n# a\n\n\n\n\n\nb = 1\n \n\t\n\n\n[c]\n\n\n",
        "# a\n\n\nb = 1\n\n\n[c]\n",
    );
    becomes("", "\n");
    becomes("a = [ # b\n\n\n\n1,\n\n]", "a = [ # b\n\n\n  1,\n\n]\n");
}

#[test]
fn line_breaks_are_those_of_unix_outside_of_strings() {
    becomes(
        "a = 1 # b \r\n\r\n# c\r\nd = \"\"\"\r\ne \r\n\"\"\"\r\n",
        "a = 1 # b\n\n# c\nd = \"\"\"\r\ne \r\n\"\"\"\n",
    );
}

#[test]
fn strings_keep_their_bytes() {
    stays("a = \"\"\"\n  # no comment  \n\\\n   b\\u00e9\t\n\n\n\n\"\"\"\nc = 'd  =  e'\n");
}

#[test]
fn the_order_of_keys_is_theirs() {
    stays("b.x = 1\na = 2\nb.y = 3\n[z]\n[y]\n[z.a]\n");
}

#[test]
fn comments_of_neighbours_are_aligned() {
    becomes(
        "a = 1 # x\nlong = \"text\"\nb = 2    # y\n\nc = 3     #z\n# own\nd = 4  # w\n",
        "a = 1         # x\nlong = \"text\"\nb = 2         # y\n\nc = 3 #z\n# own\nd = 4 # w\n",
    );
    // Nobody could say which column is meant.
    becomes(
        "a = 1     # x\nb = \"\"\"\nc\"\"\" # y\n",
        "a = 1 # x\nb = \"\"\"\nc\"\"\" # y\n",
    );
}

#[test]
fn an_array_is_as_long_as_a_line() {
    let element = "\"0123456789012345678901234567890123\"";
    assert_eq!(format!("a = [{element}, {element}]").len(), 80);
    becomes(
        &format!("a = [\n{element},\n\n{element}\n]"),
        &format!("a = [{element}, {element}]\n"),
    );
    becomes(
        &format!("aa = [{element}, {element}]"),
        &format!("aa = [\n  {element},\n  {element},\n]\n"),
    );
    // The line of a comment is a line, too.
    becomes(
        &format!("a = [{element}, {element}] # b"),
        &format!("a = [\n  {element},\n  {element},\n] # b\n"),
    );
}

#[test]
fn all_arrays_of_a_line_that_is_too_long_are_spread_out() {
    let long = "x".repeat(70);
    becomes(
        &format!("a = [{{ b = [1, 2], c = [] }}, '{long}']"),
        &format!("a = [\n  {{ b = [\n    1,\n    2,\n  ], c = [\n  ] }},\n  '{long}',\n]\n"),
    );
}

#[test]
fn an_array_with_comments_stays_open() {
    becomes(
        "a = [ # first\n# own\n1 # one\n, 22, # two\n[3], # three\n\n4 # four\n# last\n]",
        "a = [ # first\n  # own\n  1,   # one\n  22,  # two\n  [3], # three\n\n  4, # four\n  # last\n]\n",
    );
    // Two comments behind one element, one of them behind its comma.
    becomes(
        "a = [1 # one\n, # and more\n2]",
        "a = [\n  1, # one\n  # and more\n  2,\n]\n",
    );
}

#[test]
fn an_inline_table_over_several_lines_is_joined_where_it_can_be() {
    becomes("a = {\n  b = 1,\n  c = 2,\n}\n", "a = { b = 1, c = 2 }\n");
    becomes(
        "a = {b = 1, # one\n\nc = 2}",
        "a = {\n  b = 1, # one\n\n  c = 2,\n}\n",
    );
    let long = "x".repeat(70);
    becomes(
        &format!("a = {{ b = '{long}',\nc = {{ d = 1 }} }}"),
        &format!("a = {{\n  b = '{long}',\n  c = {{ d = 1 }},\n}}\n"),
    );
    stays(&format!("a = {{ b = '{long}', c = {{ d = 1 }} }}\n"));
}

#[test]
fn what_is_no_toml_is_not_formatted() {
    for text in [
        "a = ",
        "a = 1\na = 2",
        "[a]\n[a]",
        "a = [1",
        "a = \"\u{1}\"",
    ] {
        assert!(matches!(format(text), Err(Error::Syntax(_))), "{text}");
    }
    let deep = "a = ".to_owned() + &"[".repeat(10_000) + &"]".repeat(10_000);
    assert!(matches!(format(&deep), Err(Error::Syntax(_))));
}

#[test]
fn the_files_of_a_project_are_named() {
    let directory = tempfile::tempdir().unwrap();
    for name in [
        "b.toml",
        "a.vars.toml",
        "a.test.toml",
        ".hidden.toml",
        "Cargo.toml",
        "notes.md",
    ] {
        std::fs::write(directory.path().join(name), "").unwrap();
    }
    std::fs::create_dir(directory.path().join("directory.toml")).unwrap();
    let names = files(directory.path()).unwrap();
    assert_eq!(
        names,
        ["a.test.toml", "a.vars.toml", "b.toml"].map(PathBuf::from)
    );
}

#[test]
fn a_secret_is_not_shown() {
    assert_eq!(
        masked("access_token = \"abc\" # EAAGm0PX4ZCpsBAKZCZBZBzZA\n"),
        "access_token = \"***\" # *************************\n"
    );
}

fn spaces() -> impl Strategy<Value = String> {
    "[ \t]{0,3}"
}

fn breaks() -> impl Strategy<Value = String> {
    "(\r?\n[ \t]{0,2}){1,5}"
}

fn comment() -> impl Strategy<Value = String> {
    "#[ -~é]{0,30}"
}

/// A place in a list where a line may end.
fn gap() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => spaces(),
        1 => breaks(),
        1 => (spaces(), comment(), breaks()).prop_map(|(space, comment, breaks)| space + &comment + &breaks),
    ]
}

fn value() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        "-?[1-9][0-9]{0,3}",
        "\"[a-z #=,{}']{0,40}\"",
        "'[a-z #=,{}\"]{0,40}'",
        "\"\"\"\r?\n?[a-z #\n\t]{0,60}\"\"\"",
        "'''[a-z #\n]{0,60}'''",
        "(true|inf|-nan|0xfF|1e-3|1979-05-27 07:32:00|07:32:00\\.5)",
    ];
    scalar.prop_recursive(3, 24, 5, |inner| {
        let element = (gap(), inner.clone(), gap())
            .prop_map(|(before, value, behind)| before + &value + &behind);
        let array = (prop::collection::vec(element, 0..5), any::<bool>(), gap()).prop_map(
            |(elements, comma, end)| {
                let comma = if comma && !elements.is_empty() {
                    ","
                } else {
                    ""
                };
                format!("[{}{comma}{end}]", elements.join(","))
            },
        );
        let entry = (gap(), spaces(), inner, gap());
        let table = (prop::collection::vec(entry, 0..4), gap()).prop_map(|(entries, end)| {
            let entries: Vec<String> = entries
                .into_iter()
                .enumerate()
                .map(|(at, (before, space, value, behind))| {
                    format!("{before}k{at}{space}={space}{value}{behind}")
                })
                .collect();
            format!("{{{}{end}}}", entries.join(","))
        });
        prop_oneof![array, table]
    })
}

fn document() -> impl Strategy<Value = String> {
    let trailing = prop::option::of(comment());
    let line = prop_oneof![
        4 => (spaces(), value(), spaces()).prop_map(|(space, value, end)| (Some(space + "=" + &value + &end), "")),
        1 => Just((None, "[")),
        1 => Just((None, "[[")),
        1 => Just((None, "")),
    ];
    let line = (spaces(), line, trailing, breaks());
    prop::collection::vec(line, 0..8).prop_map(|lines| {
        let mut text = String::new();
        for (at, (indent, (entry, brackets), comment, breaks)) in lines.into_iter().enumerate() {
            let close = brackets.replace('[', "]");
            text.push_str(&indent);
            let content = match entry {
                // Dotted keys, interleaved: their order is the first thing that is lost.
                Some(rest) => format!("dotted{} . key{at}{rest}", at % 2),
                None if brackets.is_empty() => String::new(),
                None => format!("{brackets}table{at}{close}"),
            };
            text.push_str(&content);
            text.push_str(&comment.unwrap_or_default());
            text.push_str(&breaks);
        }
        text
    })
}

/// Everything that a document says, with the order of its keys; numbers that are none are equal here.
fn meaning(text: &str) -> String {
    format!("{:?}", toml::from_str::<toml::Table>(text).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn formatting_changes_no_meaning_and_is_done_after_once(text in document()) {
        prop_assume!(toml::from_str::<toml::Table>(&text).is_ok());
        let formatted = format(&text).unwrap();
        prop_assert_eq!(meaning(&formatted), meaning(&text));
        let again = format(&formatted).unwrap();
        prop_assert_eq!(&again, &formatted);
        let comments = |text: &str| text.matches('#').count();
        prop_assert_eq!(comments(&formatted), comments(&text));
        prop_assert!(formatted.ends_with('\n') && !formatted.ends_with("\n\n"));
    }

    #[test]
    fn any_text_is_formatted_or_refused(text in "[a-c\\[\\]{}=,.\"'# \n\r\t0-9\\\\]{0,60}") {
        if let Ok(formatted) = format(&text) {
            prop_assert_eq!(format(&formatted).unwrap(), formatted);
        }
    }
}
