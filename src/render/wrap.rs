//! Text that keeps to the width of a terminal, with what comes below its first line indented.

use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm, core::display_width};

use super::style::Look;

impl Look {
    /// Lays text out behind `lead`; every line but the first begins below the end of it. Ends with a line break.
    #[must_use]
    pub fn hang(self, lead: &str, text: &str) -> String {
        self.lay_out(lead, &" ".repeat(display_width(lead)), text)
    }

    /// Lays text out behind `lead`, every other line behind `indent`. Ends with a line break.
    #[must_use]
    pub fn lay_out(self, lead: &str, indent: &str, text: &str) -> String {
        // What is copied out of a terminal must be what stands there: words are cut at spaces and nowhere else.
        let options = Options::new(self.width)
            .initial_indent(lead)
            .subsequent_indent(indent)
            .word_separator(WordSeparator::AsciiSpace)
            .word_splitter(WordSplitter::NoHyphenation)
            .wrap_algorithm(WrapAlgorithm::FirstFit)
            .break_words(true);
        let mut laid: String = textwrap::wrap(text.trim_end(), options)
            .iter()
            .flat_map(|line| [line.trim_end(), "\n"])
            .collect();
        if laid.is_empty() {
            laid.push('\n');
        }
        laid
    }

    /// Cuts text to one line of the terminal, of which `taken` columns are used already. It must have no colours.
    #[must_use]
    pub fn cut(self, text: &str, taken: usize) -> String {
        let room = self.width.saturating_sub(taken);
        if display_width(text) <= room {
            return text.to_owned();
        }
        let mut cut = String::new();
        let mut width = 1;
        for c in text.chars() {
            width += display_width(c.encode_utf8(&mut [0; 4]));
            if width > room {
                break;
            }
            cut.push(c);
        }
        cut.push('…');
        cut
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_goes_on_below_its_beginning() {
        let laid = Look::plain(20).hang("  ✗ ", "the number +1 555-078-3881 is gone");
        assert_eq!(laid, "  ✗ the number +1\n    555-078-3881 is\n    gone\n");
    }

    #[test]
    fn colours_take_no_room_and_lines_of_the_text_stay() {
        let look = Look {
            color: true,
            width: 12,
        };
        let laid = look.hang(&look.added("+ "), "ab cd\nef gh ij kl");
        assert_eq!(
            laid,
            "\u{1b}[32m+ \u{1b}[0m ab cd\n  ef gh ij\n  kl\n".replace("m ab", "mab")
        );
    }

    #[test]
    fn what_is_cut_fits() {
        let look = Look::plain(10);
        assert_eq!(look.cut("short", 4), "short");
        assert_eq!(look.cut("longer text", 4), "longe…");
        assert_eq!(look.cut("日本語日本語", 4), "日本…");
    }

    #[test]
    fn wide_characters_count_twice_and_a_word_without_end_is_cut() {
        let laid = Look::plain(10).hang("- ", "日本語日本語");
        assert_eq!(laid, "- 日本語日\n  本語\n");
    }
}
