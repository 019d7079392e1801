//! The words that changed in a text; a placeholder is one word, and one that moves takes no text with it.
//!
//! Text and placeholders are compared in two steps: first the text without its placeholders, so that what stays is found
//! wherever they went, then, between two words that stay, the placeholders and whatever else stands there.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use similar::{Algorithm, ChangeTag, DiffOp, capture_diff_slices};

use super::style::Look;

/// Words of unchanged text that are kept on either side of a change.
const CONTEXT: usize = 6;

/// Unchanged text is left out where that spares at least this many characters.
const WORTH_ELIDING: usize = 40;

/// Where two texts have more words than this that differ, they are two texts: a comparison would take its time and say
/// little. Meta takes bodies of some hundred words.
const MOST_COMPARED: usize = 4_000;

/// A stretch of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) tag: ChangeTag,
    pub(super) text: String,
}

/// Returns the text with what went and what came marked: `Hi [-there-]{+{{first_name}}+}, ...`. Long stretches that stay
/// are cut to the words beside the changes.
pub(super) fn diff(before: &str, after: &str, look: Look) -> String {
    let runs = runs(before, after);
    let last = runs.len().saturating_sub(1);
    let marked = runs.iter().enumerate().map(|(index, run)| match run.tag {
        ChangeTag::Equal => elided(&run.text, index == 0, index == last),
        tag => mark(tag, &run.text, look),
    });
    marked.collect()
}

/// Returns what became of the placeholders, where a reader could take one thing for another: `{{1}} moves`.
pub(super) fn placeholders(before: &str, after: &str) -> Option<String> {
    let count = |text| {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for token in tokens(text)
            .into_iter()
            .filter(|token| is_placeholder(token))
        {
            *counts.entry(token).or_default() += 1;
        }
        counts
    };
    let (had, has) = (count(before), count(after));
    let changed = changed_placeholders(&runs(before, after));
    let names: std::collections::BTreeSet<&str> = had.keys().chain(has.keys()).copied().collect();
    let told = names.into_iter().filter_map(|name| {
        let number = |counts: &BTreeMap<&str, usize>| counts.get(name).copied().unwrap_or_default();
        let (had, has) = (number(&had), number(&has));
        match (had, has) {
            (0, _) => Some(format!("{name} is new")),
            (_, 0) => Some(format!("{name} is gone")),
            _ if had != has => Some(format!("{name} stands {has} times, not {had}")),
            _ => changed.contains(name).then(|| format!("{name} moves")),
        }
    });
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| told.join(", "))
}

/// Tells whether a word stays of two texts, so that marking the others says more than showing both.
pub(super) fn have_words_in_common(before: &str, after: &str) -> bool {
    let stays = |run: &Run| run.tag == ChangeTag::Equal;
    runs(before, after)
        .iter()
        .any(|run| stays(run) && run.text.chars().any(char::is_alphanumeric))
}

fn changed_placeholders(runs: &[Run]) -> std::collections::BTreeSet<String> {
    let changed = runs.iter().filter(|run| run.tag != ChangeTag::Equal);
    let placeholders = changed.flat_map(|run| tokens(&run.text));
    placeholders
        .filter(|token| is_placeholder(token))
        .map(str::to_owned)
        .collect()
}

/// Compares two texts. Neighbours differ in their tag, what went stands before what came.
pub(super) fn runs(before: &str, after: &str) -> Vec<Run> {
    let (old, new) = (tokens(before), tokens(after));
    let mut script = Script::default();
    let (mut from, mut to) = (0, 0);
    for (in_old, in_new) in anchors(&old, &new) {
        script.compare(&old[from..in_old], &new[to..in_new]);
        script.push(ChangeTag::Equal, old[in_old]);
        (from, to) = (in_old + 1, in_new + 1);
    }
    script.compare(&old[from..], &new[to..]);
    script.finish()
}

/// Returns the places of the words that stay, in both texts, without looking at placeholders.
fn anchors(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    let words = |tokens: &[&str]| -> Vec<usize> {
        (0..tokens.len())
            .filter(|index| !is_placeholder(tokens[*index]))
            .collect()
    };
    let (in_old, in_new) = (words(old), words(new));
    let pick = |tokens: &[&'_ str], places: &[usize]| -> Vec<String> {
        places
            .iter()
            .map(|index| tokens[*index].to_owned())
            .collect()
    };
    let (left, right) = (pick(old, &in_old), pick(new, &in_new));
    let mut anchors = Vec::new();
    for op in compared(&left, &right) {
        if let DiffOp::Equal {
            old_index,
            new_index,
            len,
        } = op
        {
            let pairs = (0..len).map(|at| (in_old[old_index + at], in_new[new_index + at]));
            anchors.extend(pairs);
        }
    }
    anchors
}

/// Compares two lists; those that are too long are the same where they begin and end alike, and differ in between.
fn compared<T: std::hash::Hash + Ord + Eq>(old: &[T], new: &[T]) -> Vec<DiffOp> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let rest = old[head..].iter().rev().zip(new[head..].iter().rev());
    let tail = rest.take_while(|(a, b)| a == b).count();
    let (old_len, new_len) = (old.len() - head - tail, new.len() - head - tail);
    if old_len.max(new_len) <= MOST_COMPARED {
        return capture_diff_slices(Algorithm::Myers, old, new);
    }
    let equal = |old_index, new_index, len| DiffOp::Equal {
        old_index,
        new_index,
        len,
    };
    let replaced = DiffOp::Replace {
        old_index: head,
        old_len,
        new_index: head,
        new_len,
    };
    vec![
        equal(0, 0, head),
        replaced,
        equal(head + old_len, head + new_len, tail),
    ]
}

/// A comparison under way: what went and what came since the last text that stays.
#[derive(Default)]
struct Script {
    runs: Vec<Run>,
    gone: String,
    come: String,
}

impl Script {
    /// Compares what stands between two words that stay.
    fn compare(&mut self, old: &[&str], new: &[&str]) {
        for op in compared(old, new) {
            match op {
                DiffOp::Equal { old_index, len, .. } => {
                    let kept = &old[old_index..old_index + len];
                    kept.iter()
                        .for_each(|token| self.push(ChangeTag::Equal, token));
                }
                op => {
                    old[op.old_range()]
                        .iter()
                        .for_each(|token| self.push(ChangeTag::Delete, token));
                    new[op.new_range()]
                        .iter()
                        .for_each(|token| self.push(ChangeTag::Insert, token));
                }
            }
        }
    }

    fn push(&mut self, tag: ChangeTag, token: &str) {
        match tag {
            ChangeTag::Delete => self.gone.push_str(token),
            ChangeTag::Insert => self.come.push_str(token),
            ChangeTag::Equal => {
                self.settle();
                match self.runs.last_mut() {
                    Some(run) if run.tag == ChangeTag::Equal => run.text.push_str(token),
                    _ => self.runs.push(Run {
                        tag,
                        text: token.to_owned(),
                    }),
                }
            }
        }
    }

    fn settle(&mut self) {
        let (gone, come) = (
            std::mem::take(&mut self.gone),
            std::mem::take(&mut self.come),
        );
        for (tag, text) in [(ChangeTag::Delete, gone), (ChangeTag::Insert, come)] {
            if !text.is_empty() {
                self.runs.push(Run { tag, text });
            }
        }
    }

    /// A blank that stays between two changes tells nothing: it joins them, so that a phrase is read as one.
    fn finish(mut self) -> Vec<Run> {
        self.settle();
        let mut joined: Vec<Run> = Vec::with_capacity(self.runs.len());
        let mut rest = self.runs.into_iter().peekable();
        let mut open = (String::new(), String::new());
        while let Some(run) = rest.next() {
            let within = !open.0.is_empty() && !open.1.is_empty();
            match run.tag {
                ChangeTag::Delete => open.0.push_str(&run.text),
                ChangeTag::Insert => open.1.push_str(&run.text),
                ChangeTag::Equal if within && run.text == " " && replaces(rest.peek(), &open) => {
                    open.0.push(' ');
                    open.1.push(' ');
                }
                ChangeTag::Equal => {
                    close(&mut joined, &mut open);
                    joined.push(run);
                }
            }
        }
        close(&mut joined, &mut open);
        joined
    }
}

/// Tells whether a change goes on behind a blank. Placeholders stay by themselves: where one goes must be plain to see.
fn replaces(next: Option<&Run>, open: &(String, String)) -> bool {
    let plain = |text: &str| !text.contains("{{");
    let goes_on = next.is_some_and(|next| next.tag == ChangeTag::Delete && plain(&next.text));
    goes_on && plain(&open.0) && plain(&open.1)
}

fn close(runs: &mut Vec<Run>, open: &mut (String, String)) {
    let (gone, come) = std::mem::take(open);
    for (tag, text) in [(ChangeTag::Delete, gone), (ChangeTag::Insert, come)] {
        if !text.is_empty() {
            runs.push(Run { tag, text });
        }
    }
}

/// Cuts text that stays down to the words beside the changes; at the ends of the whole there is but one side.
fn elided(text: &str, first: bool, last: bool) -> String {
    let words = tokens(text);
    let is_word = |token: &&str| !token.trim().is_empty();
    // How far the words reach that are kept, from one end.
    let reach = |from_end: bool| {
        let mut seen = 0;
        let mut length = 0;
        let mut count = |token: &&&str| {
            seen += usize::from(is_word(token));
            seen <= CONTEXT
        };
        let add = |token: &&str| length += token.len();
        if from_end {
            words.iter().rev().take_while(&mut count).for_each(add);
        } else {
            words.iter().take_while(&mut count).for_each(add);
        }
        length
    };
    let head = if first { 0 } else { reach(false) };
    let tail = if last { 0 } else { reach(true) };
    if first && last || head + tail >= text.len() {
        return text.to_owned();
    }
    let (start, left_out, end) = (
        &text[..head],
        &text[head..text.len() - tail],
        &text[text.len() - tail..],
    );
    if left_out.chars().count() < WORTH_ELIDING {
        return text.to_owned();
    }
    // What stands on another line is read on another line.
    let gap = if left_out.contains('\n') && !first && !last {
        "\n"
    } else {
        " "
    };
    let (before, after) = match (first, last) {
        (true, _) => ("", " "),
        (_, true) => (" ", ""),
        _ => (" ", gap),
    };
    format!("{}{before}…{after}{}", start.trim_end(), end.trim_start())
}

fn mark(tag: ChangeTag, text: &str, look: Look) -> String {
    // A line break that goes or comes could not be seen.
    let text = match text.contains('\n') {
        false => text.to_owned(),
        true if text.trim().is_empty() => text.replace('\n', "↵"),
        true => text.replace('\n', "↵\n"),
    };
    let paint = |line: &str| match tag {
        ChangeTag::Delete => look.removed(line),
        _ => look.added(line),
    };
    let marked = match tag {
        ChangeTag::Delete => format!("[-{text}-]"),
        _ => format!("{{+{text}+}}"),
    };
    // A colour that runs over a line break would colour what the next line is indented with.
    let lines: Vec<String> = marked.split('\n').map(paint).collect();
    lines.join("\n")
}

fn is_placeholder(token: &str) -> bool {
    token.len() > 4 && token.starts_with("{{") && token.ends_with("}}")
}

/// Cuts a text into words, white space, punctuation and whole placeholders.
pub(super) fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let class = |c: char| (c.is_alphanumeric(), c.is_whitespace() && c != '\n');
        let length = match placeholder(rest) {
            Some(length) => length,
            None if class(first) == (false, false) => first.len_utf8(),
            None => rest
                .find(|c| class(c) != class(first))
                .unwrap_or(rest.len()),
        };
        let (token, tail) = rest.split_at(length);
        tokens.push(token);
        rest = tail;
    }
    tokens
}

/// Returns the length of the placeholder that a text begins with.
fn placeholder(text: &str) -> Option<usize> {
    let inner = text.strip_prefix("{{")?;
    let name = inner.find(['}', '{', '\n'])?;
    (!inner[..name].trim().is_empty() && inner[name..].starts_with("}}")).then_some(name + 4)
}
