//! HTML under construction. Markup comes in as literals of the program alone; everything else is text and is escaped.

use jiff::{SignedDuration, Timestamp};

use crate::render::count;
use crate::sanitize;

/// How a word is coloured; the word says the same without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Waiting,
    Doubtful,
    Bad,
    Plain,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Waiting => "waiting",
            Self::Doubtful => "doubtful",
            Self::Bad => "bad",
            Self::Plain => "plain",
        }
    }
}

/// A column of a table, with its title.
#[derive(Clone, Copy, Debug)]
pub(super) enum Column {
    Text(&'static str),
    Number(&'static str),
}

/// A page, or a part of one.
#[derive(Clone, Debug, Default)]
pub(super) struct Markup(String);

impl Markup {
    pub(super) fn finish(self) -> String {
        self.0
    }

    /// Writes markup. `'static` keeps text from outside out.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Writes text on one line: what hides or reorders the text beside it is made visible, what is markup is escaped, and
    /// people's telephone numbers are shortened.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.whole(&without_numbers(text))
    }

    /// Writes text that may hold a number of ours.
    pub(super) fn whole(&mut self, text: &str) -> &mut Self {
        for c in sanitize::line(text).chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                c => self.0.push(c),
            }
        }
        self
    }

    pub(super) fn count(&mut self, number: u64) -> &mut Self {
        self.text(&count::grouped(number))
    }

    /// Writes a word in the colour of what it means.
    pub(super) fn word(&mut self, tone: Tone, word: &str) -> &mut Self {
        self.raw("<span class=\"word ").raw(tone.class()).raw("\">");
        self.text(word).raw("</span>")
    }

    /// Writes a time in UTC, with how far it is from `now`.
    pub(super) fn time(&mut self, at: Timestamp, now: Timestamp) -> &mut Self {
        let shown = at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
        self.raw("<time>").text(&shown).raw("</time> ");
        let distance = now.duration_since(at);
        let told = if distance >= SignedDuration::ZERO {
            format!("({} ago)", count::roughly(distance))
        } else {
            format!("(in {})", count::roughly(-distance))
        };
        self.raw("<span class=\"ago\">").text(&told).raw("</span>")
    }

    /// Writes one cell of a table. A narrow screen shows the title beside it.
    pub(super) fn cell(
        &mut self,
        title: &'static str,
        content: impl FnOnce(&mut Self),
    ) -> &mut Self {
        self.open_cell("<td data-title=\"", title, content)
    }

    /// Writes one cell that holds a number.
    pub(super) fn number(&mut self, title: &'static str, number: u64) -> &mut Self {
        self.open_cell("<td class=\"number\" data-title=\"", title, |cell| {
            cell.count(number);
        })
    }

    fn open_cell(
        &mut self,
        start: &'static str,
        title: &'static str,
        content: impl FnOnce(&mut Self),
    ) -> &mut Self {
        self.raw(start).text(title).raw("\"><span>");
        content(self);
        self.raw("</span></td>")
    }

    /// Opens a table with a title above each column; `</tbody></table>` ends it.
    pub(super) fn table(&mut self, columns: &[Column]) -> &mut Self {
        self.raw("<table><thead><tr>");
        for column in columns {
            match column {
                Column::Text(title) => self.raw("<th scope=\"col\">").raw(title),
                Column::Number(title) => self.raw("<th scope=\"col\" class=\"number\">").raw(title),
            };
            self.raw("</th>");
        }
        self.raw("</tr></thead><tbody>")
    }
}

/// A part of a whole, exact enough for a bar and for a person.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    part: u64,
    whole: u64,
}

impl Share {
    pub(super) fn new(part: u64, whole: u64) -> Self {
        Self { part, whole }
    }

    /// In thousandths, from 0 to 1000.
    fn thousandths(self) -> u128 {
        let whole = u128::from(self.whole.max(1));
        (u128::from(self.part) * 1_000 / whole).min(1_000)
    }

    /// Returns a width for a style: `12.5%`.
    pub(super) fn width(self) -> String {
        let thousandths = self.thousandths();
        format!("{}.{}%", thousandths / 10, thousandths % 10)
    }

    /// Returns `12.5 %`; what is there is never shown as nothing, and what is missing never as all.
    pub(super) fn percent(self) -> String {
        match self.thousandths() {
            0 if self.part > 0 => "<0.1 %".to_owned(),
            1_000 => "100 %".to_owned(),
            thousandths => format!("{}.{} %", thousandths / 10, thousandths % 10),
        }
    }
}

/// Shortens what looks like a number in E.164: the page names nobody.
fn without_numbers(text: &str) -> String {
    let mut told = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(plus) = rest.find('+') {
        let (before, number) = rest.split_at(plus);
        let digits = number[1..].bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = number.split_at(1 + digits);
        told.push_str(before);
        if digits >= 7 {
            told.extend([&number[..4], "…"]);
        } else {
            told.push_str(number);
        }
        rest = after;
    }
    told + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_never_markup() {
        let mut markup = Markup::default();
        markup.text("<b onclick='x' title=\"y\">&amp;\u{202e}\u{1b}");
        assert_eq!(
            markup.finish(),
            "&lt;b onclick=&#39;x&#39; title=&quot;y&quot;&gt;&amp;amp;\\u{202e}\\u{1b}"
        );
    }

    #[test]
    fn nobody_is_named_by_number() {
        let told = "+37255501234 and (+15550783881), +1 and 1 + 1 = 2, +";
        assert_eq!(
            without_numbers(told),
            "+372… and (+155…), +1 and 1 + 1 = 2, +"
        );
    }

    #[test]
    fn a_time_says_how_far_it_is() {
        let now = Timestamp::from_second(10_000).unwrap();
        let shown = |second: i64| {
            let mut markup = Markup::default();
            markup.time(Timestamp::from_second(second).unwrap(), now);
            markup.finish()
        };
        assert_eq!(
            shown(2_800),
            "<time>1970-01-01 00:46:40 UTC</time> <span class=\"ago\">(2 h ago)</span>"
        );
        assert!(shown(10_120).ends_with("(in 2 min)</span>"));
    }

    #[test]
    fn shares_do_not_round_to_none_or_all() {
        let shown = |part, whole| {
            let share = Share::new(part, whole);
            (share.width(), share.percent())
        };
        let expected = |width: &str, percent: &str| (width.to_owned(), percent.to_owned());
        assert_eq!(shown(1, 1_000_000), expected("0.0%", "<0.1 %"));
        assert_eq!(shown(0, 10), expected("0.0%", "0.0 %"));
        assert_eq!(shown(999_999, 1_000_000), expected("99.9%", "99.9 %"));
        assert_eq!(shown(3, 3), expected("100.0%", "100 %"));
        assert_eq!(shown(4, 3), expected("100.0%", "100 %"));
        assert_eq!(shown(0, 0), expected("0.0%", "0.0 %"));
        assert_eq!(shown(u64::MAX, u64::MAX), expected("100.0%", "100 %"));
    }
}
