//! `${var.name}`: variables, inserted into the strings of a block.
//!
//! Keys are left alone. `$${` writes a plain `${`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::DeValue;

use super::block::Block;
use super::diagnostic::{Diagnostics, Report};
use super::nearest::proposal;
use super::place::{Place, SourceId, Sources};
use super::scalar::Scalar;
use super::split::is_name;
use super::variable::Variables;

/// A piece of a string.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Variable(&'a str, Range<usize>),
    Wrong(Range<usize>),
}

/// Inserts the variables into a block; tells whether all could be.
pub(super) fn variables(
    block: &mut Block,
    variables: &Variables,
    sources: &Sources,
    diagnostics: &mut Diagnostics,
) -> bool {
    let mut walk = Walk {
        source: block.source,
        variables,
        sources,
        diagnostics,
        inserted: BTreeMap::new(),
        sound: true,
    };
    walk.value(&mut block.value);
    block.inserted = walk.inserted;
    walk.sound
}

struct Walk<'a> {
    source: SourceId,
    variables: &'a Variables,
    sources: &'a Sources,
    diagnostics: &'a mut Diagnostics,
    inserted: BTreeMap<usize, String>,
    sound: bool,
}

impl Walk<'_> {
    fn value(&mut self, value: &mut toml::Spanned<DeValue<'static>>) {
        let span = value.span();
        match value.get_mut() {
            DeValue::String(text) if text.contains("${") => {
                let text = text.clone().into_owned();
                *value.get_mut() = self.string(&text, span);
            }
            DeValue::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            DeValue::Table(table) => {
                for (_, value) in table.iter_mut() {
                    self.value(value);
                }
            }
            _ => {}
        }
    }

    fn string(&mut self, text: &str, span: Range<usize>) -> DeValue<'static> {
        let pieces = pieces(text);
        if let [Piece::Variable(name, range)] = pieces.as_slice() {
            return match self.variable(name, text, range, &span) {
                Some(value) => {
                    self.inserted.insert(span.start, value.to_string());
                    value.to_toml()
                }
                None => DeValue::String(Cow::Owned(text.to_owned())),
            };
        }
        let mut result = String::with_capacity(text.len());
        for piece in &pieces {
            match piece {
                Piece::Text(text) => result.push_str(text),
                Piece::Variable(name, range) => {
                    if let Some(value) = self.variable(name, text, range, &span) {
                        result.push_str(&value.to_string());
                    }
                }
                Piece::Wrong(range) => self.wrong(text, range, &span),
            }
        }
        DeValue::String(Cow::Owned(result))
    }

    fn variable(
        &mut self,
        name: &str,
        text: &str,
        range: &Range<usize>,
        span: &Range<usize>,
    ) -> Option<Scalar> {
        if let Some(value) = self.variables.get(name) {
            return Some(value.clone());
        }
        self.sound = false;
        // A declaration that could not be read, or a value of the wrong type, has been reported already.
        if self.variables.is_broken(name) {
            return None;
        }
        let at = self.at(text, range, span);
        let mut report = match self.variables.declaration(name) {
            Some(declared) => {
                Report::error("variable::unset", format!("the variable `{name}` has no value"))
                    .at(at, "used here")
                    .at(declared.clone(), "declared here, without a default")
                    .help(format!(
                        "give it with `--var {name}=VALUE`, in a --var-file, as WAFORM_VAR_{name}, or declare a default"
                    ))
            }
            None => Report::error(
                "variable::undeclared",
                format!("the variable `{name}` is not declared"),
            )
            .at(at, ""),
        };
        if report.help.is_none() {
            report.help = proposal(name, self.variables.names())
                .or_else(|| Some(format!("declare it: `[variable.{name}]`")));
        }
        self.diagnostics.push(report);
        None
    }

    fn wrong(&mut self, text: &str, range: &Range<usize>, span: &Range<usize>) {
        self.sound = false;
        let at = self.at(text, range, span);
        self.diagnostics.push(
            Report::error(
                "variable::syntax",
                format!("`{}` inserts nothing", &text[range.clone()]),
            )
            .at(at, "")
            .help("a variable is written `${var.name}`; for a plain `${` write `$${`"),
        );
    }

    fn at(&self, text: &str, range: &Range<usize>, span: &Range<usize>) -> Place {
        let string = Place::new(self.source, span.clone());
        self.sources.inside(&string, text, range.clone())
    }
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find("${").map(|at| at + from) {
        if text[from..at].ends_with('$') {
            // `$${`: the text up to the first `$`, then `${` as text.
            pieces.push(Piece::Text(&text[from..at - 1]));
            pieces.push(Piece::Text("${"));
            from = at + 2;
            continue;
        }
        if at > from {
            pieces.push(Piece::Text(&text[from..at]));
        }
        let Some(end) = text[at..].find('}').map(|end| at + end + 1) else {
            pieces.push(Piece::Wrong(at..text.len()));
            return pieces;
        };
        let name = text[at + 2..end - 1].trim().strip_prefix("var.");
        match name {
            Some(name) if is_name(name) => pieces.push(Piece::Variable(name, at..end)),
            _ => pieces.push(Piece::Wrong(at..end)),
        }
        from = end;
    }
    if from < text.len() {
        pieces.push(Piece::Text(&text[from..]));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::Piece::{Text, Variable, Wrong};
    use super::*;

    #[test]
    fn variables_are_found_between_text() {
        assert_eq!(
            pieces("a ${var.b} c"),
            [Text("a "), Variable("b", 2..10), Text(" c")]
        );
        assert_eq!(pieces("${var.b}"), [Variable("b", 0..8)]);
    }

    #[test]
    fn a_doubled_dollar_is_text() {
        assert_eq!(pieces("$${var.b}"), [Text(""), Text("${"), Text("var.b}")]);
        assert_eq!(pieces("5$ {{x}}"), [Text("5$ {{x}}")]);
    }

    #[test]
    fn what_is_no_variable_is_wrong() {
        assert_eq!(pieces("${b}"), [Wrong(0..4)]);
        assert_eq!(pieces("x${var."), [Text("x"), Wrong(1..7)]);
    }
}
