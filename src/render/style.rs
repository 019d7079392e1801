//! Colours by meaning. Everything makes sense without them.

use std::fmt::Display;

use anstyle::{AnsiColor, Effects, Style};

/// How text may look.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub color: bool,
    pub width: usize,
}

impl Look {
    #[must_use]
    pub fn plain(width: usize) -> Self {
        Self {
            color: false,
            width,
        }
    }

    fn paint(self, style: Style, text: impl Display) -> String {
        if self.color {
            format!("{style}{text}{style:#}")
        } else {
            text.to_string()
        }
    }

    #[must_use]
    pub fn added(self, text: impl Display) -> String {
        self.paint(AnsiColor::Green.on_default(), text)
    }

    #[must_use]
    pub fn removed(self, text: impl Display) -> String {
        self.paint(AnsiColor::Red.on_default(), text)
    }

    #[must_use]
    pub fn changed(self, text: impl Display) -> String {
        self.paint(AnsiColor::Yellow.on_default(), text)
    }

    #[must_use]
    pub fn waiting(self, text: impl Display) -> String {
        self.paint(AnsiColor::Cyan.on_default(), text)
    }

    #[must_use]
    pub fn faint(self, text: impl Display) -> String {
        self.paint(Style::new().effects(Effects::DIMMED), text)
    }

    #[must_use]
    pub fn strong(self, text: impl Display) -> String {
        self.paint(Style::new().effects(Effects::BOLD), text)
    }

    #[must_use]
    pub fn alarming(self, text: impl Display) -> String {
        self.paint(AnsiColor::Red.on_default().effects(Effects::BOLD), text)
    }
}
