//! A document as GitHub reads it.

use comrak::nodes::NodeValue;
use comrak::{Arena, Options, parse_document};

/// The inline tags that are ours.
const OURS: [&str; 4] = ["<code>", "</code>", "<span>", "</span>"];

/// What a document holds.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// Text outside of code, as a platform searches it for names; blocks are apart.
    prose: String,
    /// All text.
    text: String,
    fences: Vec<String>,
    /// Blocks and inline tags in HTML.
    html: Vec<String>,
    tables: Vec<(usize, usize)>,
    foreign: Vec<String>,
}

impl Page {
    pub(super) fn read(document: &str) -> Self {
        let mut options = Options::default();
        let extension = &mut options.extension;
        extension.strikethrough = true;
        extension.table = true;
        extension.autolink = true;
        extension.tasklist = true;
        extension.footnotes = true;
        extension.alerts = true;
        extension.math_dollars = false;
        extension.math_code = true;
        options.parse.relaxed_autolinks = true;
        options.render.r#unsafe = true;
        let arena = Arena::new();
        let root = parse_document(&arena, document, &options);
        let mut page = Self::default();
        let mut in_code = false;
        for node in root.descendants() {
            let value = &node.data().value;
            if value.block() {
                page.prose.push('\n');
                page.text.push('\n');
            }
            match value {
                NodeValue::Text(text) => {
                    let text = text.replace('\u{200b}', if in_code { "" } else { "\u{200b}" });
                    page.text.push_str(&text.replace('\u{200b}', ""));
                    page.prose
                        .push_str(if in_code { "\u{fffc}" } else { &text });
                }
                NodeValue::LineBreak | NodeValue::SoftBreak => {
                    page.text.push('\n');
                    page.prose.push('\n');
                }
                NodeValue::Code(code) => {
                    page.text.push_str(&code.literal);
                    page.prose.push('\u{fffc}');
                }
                NodeValue::CodeBlock(block) => {
                    page.fences.push(block.literal.replace('\u{200b}', ""));
                }
                NodeValue::HtmlBlock(block) => page.html.push(block.literal.clone()),
                NodeValue::HtmlInline(tag) => {
                    match &**tag {
                        "<code>" => in_code = true,
                        "</code>" => in_code = false,
                        _ => {}
                    }
                    page.html.push(tag.to_string());
                }
                NodeValue::Table(table) => page.tables.push((table.num_columns, table.num_rows)),
                NodeValue::Link(_)
                | NodeValue::Image(_)
                | NodeValue::FootnoteReference(_)
                | NodeValue::FootnoteDefinition(_)
                | NodeValue::TaskItem(_)
                | NodeValue::Math(_)
                | NodeValue::Strikethrough
                | NodeValue::Emph => page.foreign.push(format!("{value:?}")),
                _ => {}
            }
        }
        page
    }

    /// Holds that there is no link, no mention, no reference, and no tag but ours.
    #[track_caller]
    pub(super) fn holds_nothing_foreign(&self) {
        assert_eq!(self.foreign, [""; 0], "{self:#?}");
        for tag in &self.html {
            let block = is_our_block(tag);
            assert!(block || OURS.contains(&&**tag), "{tag:?} is not ours");
        }
        let prose: Vec<char> = self.prose.chars().collect();
        for (at, pair) in prose.windows(2).enumerate() {
            let &[sign, next] = pair else { unreachable!() };
            let free = at == 0 || !prose[at - 1].is_alphanumeric();
            assert!(
                sign != '@' || !next.is_alphanumeric(),
                "a mention: {}",
                self.prose
            );
            assert!(
                sign != '#' || !next.is_ascii_digit(),
                "a reference: {}",
                self.prose
            );
            let run = prose[at..]
                .iter()
                .take_while(|c| c.is_ascii_hexdigit())
                .count();
            let ends = prose.get(at + run).is_none_or(|c| !c.is_alphanumeric());
            assert!(!(free && ends && run >= 7), "a commit: {}", self.prose);
        }
        assert!(!self.prose.contains("://"), "an address: {}", self.prose);
    }

    /// All text outside of blocks of code.
    pub(super) fn text(&self) -> String {
        self.text.trim().to_owned()
    }

    pub(super) fn fences(&self) -> &[String] {
        &self.fences
    }

    /// The cells of all tables, heads included.
    pub(super) fn cells(&self) -> usize {
        self.tables
            .iter()
            .map(|(columns, rows)| columns * rows)
            .sum()
    }

    pub(super) fn tables(&self) -> usize {
        self.tables.len()
    }

    /// How many `<details>` there are; each is closed before the next is opened.
    #[track_caller]
    pub(super) fn details(&self) -> usize {
        let mut open = false;
        let mut found = 0;
        for block in &self.html {
            for line in block.lines() {
                match line {
                    "<details>" => {
                        assert!(!open, "two are open");
                        open = true;
                        found += 1;
                    }
                    "</details>" => {
                        assert!(open, "none is open");
                        open = false;
                    }
                    _ => {}
                }
            }
        }
        assert!(!open, "one stays open");
        found
    }
}

/// Tells whether a block of HTML is one that the renderer writes: a marker, the beginning or the end of `<details>`.
fn is_our_block(block: &str) -> bool {
    let marker = |line: &str| {
        line.strip_prefix("<!-- waform:plan")
            .and_then(|line| line.strip_suffix(" -->"))
            .is_some_and(|inside| !inside.contains(['<', '>']) && !inside.contains("--"))
    };
    let summary = |line: &str| {
        line.strip_prefix("<summary>")
            .and_then(|line| line.strip_suffix("</summary>"))
            .is_some_and(is_our_summary)
    };
    let ours = |line: &str| {
        ["<details>", "</details>", ""].contains(&line) || marker(line) || summary(line)
    };
    block.lines().all(ours)
}

/// Tells whether all that came from outside stands in code.
fn is_our_summary(inside: &str) -> bool {
    let mut parts = inside.split("<code>");
    let plain = |text: &str| !text.contains(['<', '>', '@', '#']);
    parts.next().is_some_and(plain)
        && parts.all(|part| {
            part.split_once("</code>")
                .is_some_and(|(code, rest)| !code.contains(['<', '>']) && plain(rest))
        })
}
