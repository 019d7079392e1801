//! When a reply is sent.

use std::collections::BTreeMap;

use super::{On, Reply};
use crate::config::{Diagnostics, Report, Spanned, proposal};
use crate::resource::campaign::Campaign;
use crate::resource::check::Check;
use crate::resource::suppression::{self, Keywords};
use crate::resource::template::{LocalButton, Template};
use crate::resource::{Declared, Project, Resource as _, references};

/// What a reply is sent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trigger<'a> {
    /// The id of the button, quick reply or row that was tapped.
    Answer(&'a str),
    /// The text of the quick reply that was tapped.
    QuickReply(&'a str),
    /// The whole message; see [`suppression::is_said`].
    Keyword(&'a str),
    /// Any message that no other reply is for.
    Any,
}

pub(super) fn of(on: &On) -> Option<Trigger<'_>> {
    let any = on.any.as_ref().is_some_and(|any| **any);
    match (&on.answer, &on.quick_reply, &on.keyword, any) {
        (Some(id), None, None, false) => Some(Trigger::Answer(id)),
        (None, Some(text), None, false) => Some(Trigger::QuickReply(text)),
        (None, None, Some(word), false) => Some(Trigger::Keyword(word)),
        (None, None, None, true) => Some(Trigger::Any),
        _ => None,
    }
}

const CHECKS: &[Check<Reply>] = &[
    one_is_given,
    campaign_is_known,
    answer_is_one,
    quick_reply_is_one,
    keyword_is_free,
];

pub(super) fn check(this: &Declared<Reply>, project: &Project, diagnostics: &mut Diagnostics) {
    for check in CHECKS {
        check(this, project, diagnostics);
    }
}

fn one_is_given(this: &Declared<Reply>, _: &Project, diagnostics: &mut Diagnostics) {
    let on = &this.value.on;
    let given = [
        on.answer.as_ref().map(Spanned::span),
        on.quick_reply.as_ref().map(Spanned::span),
        on.keyword.as_ref().map(Spanned::span),
        on.any.as_ref().map(Spanned::span),
    ];
    let given: Vec<_> = given.into_iter().flatten().collect();
    let report = |message: &str| Report::error("reply::on", message);
    let help =
        "exactly one of `answer`, `quick_reply`, `keyword` and `any = true`, beside `campaign`";
    match given.as_slice() {
        [] => diagnostics.push(
            report("nothing says when the reply is sent")
                .at(this.at(on.span()), "")
                .help(help),
        ),
        [_] => {
            if let Some(any) = on.any.as_ref().filter(|any| !***any) {
                diagnostics.push(
                    report("`any = false` sends the reply never")
                        .at(this.at(any.span()), "")
                        .help(help),
                );
            }
        }
        [first, second, ..] => diagnostics.push(
            report("the reply is sent on two things at once")
                .at(this.at(second.clone()), "the second")
                .at(this.at(first.clone()), "the first")
                .help(help),
        ),
    }
}

fn campaign_is_known(this: &Declared<Reply>, project: &Project, diagnostics: &mut Diagnostics) {
    let Some(name) = &this.value.on.campaign else {
        return;
    };
    references::check(this, Campaign::KIND, name, project, diagnostics);
    let Some(campaign) = project.get::<Campaign>(name) else {
        return;
    };
    let own = project.account_of(this.value.account.as_ref());
    let theirs = project.account_of(campaign.value.account.as_ref());
    if let (Some(own), Some(theirs)) = (own, theirs)
        && own.name != theirs.name
    {
        diagnostics.push(
            Report::error(
                "reply::other_account",
                format!(
                    "the campaign belongs to account `{}`, the reply to `{}`",
                    theirs.name, own.name
                ),
            )
            .at(
                this.at(name.span()),
                format!("of account `{}`", theirs.name),
            )
            .at(campaign.name_place.clone(), "declared here")
            .help("whoever answers the campaign writes to a number of its own account"),
        );
    }
}

/// Returns the templates whose quick replies can come back: the campaign's, or those of all campaigns of the account.
/// None where one could not be read, which is said elsewhere.
fn templates<'p>(
    this: &Declared<Reply>,
    project: &'p Project,
) -> Option<Vec<&'p Declared<Template>>> {
    let of = |campaign: &Declared<Campaign>| project.get::<Template>(&campaign.value.template);
    if let Some(name) = &this.value.on.campaign {
        return Some(vec![of(project.get::<Campaign>(name)?)?]);
    }
    if project.has_broken(Campaign::KIND) || project.has_broken("template") {
        return None;
    }
    let own = &project.account_of(this.value.account.as_ref())?.name;
    let ours = project.all::<Campaign>().filter(|campaign| {
        let account = project.account_of(campaign.value.account.as_ref());
        account.is_some_and(|account| account.name == *own)
    });
    Some(ours.filter_map(of).collect())
}

/// Returns text and id of every quick reply, in all languages.
fn quick_replies(templates: &[&Declared<Template>]) -> Vec<(String, String)> {
    let localised = templates.iter().flat_map(|each| each.value.localised());
    let replies = localised.flat_map(|localised| localised.buttons);
    replies
        .filter_map(|button| match button {
            LocalButton::QuickReply { text, id } => Some((text.into_inner(), id.into_inner())),
            _ => None,
        })
        .collect()
}

fn answer_is_one(this: &Declared<Reply>, project: &Project, diagnostics: &mut Diagnostics) {
    let Some(answer) = &this.value.on.answer else {
        return;
    };
    let Some(templates) = templates(this, project) else {
        return;
    };
    let ids = quick_replies(&templates).into_iter().map(|(_, id)| id);
    // A reply may offer buttons of its own.
    let own = project
        .all::<Reply>()
        .flat_map(|reply| reply.value.message.answers());
    let known: Vec<String> = ids.chain(own).collect();
    unknown(this, "reply::answer", "id", answer, &known, diagnostics);
}

fn quick_reply_is_one(this: &Declared<Reply>, project: &Project, diagnostics: &mut Diagnostics) {
    let Some(text) = &this.value.on.quick_reply else {
        return;
    };
    let Some(templates) = templates(this, project) else {
        return;
    };
    let known: Vec<String> = quick_replies(&templates)
        .into_iter()
        .map(|(text, _)| text)
        .collect();
    unknown(
        this,
        "reply::quick_reply",
        "text",
        text,
        &known,
        diagnostics,
    );
}

/// Reports an answer that nobody can give.
fn unknown(
    this: &Declared<Reply>,
    code: &'static str,
    what: &str,
    wanted: &Spanned<String>,
    known: &[String],
    diagnostics: &mut Diagnostics,
) {
    if known.contains(wanted.get()) {
        return;
    }
    let help = proposal(wanted, known.iter().map(String::as_str)).unwrap_or_else(|| {
        "no template that is sent has quick replies: declare one with `buttons`".to_owned()
    });
    diagnostics.push(
        Report::error(
            code,
            format!("no quick reply has the {what} `{}`", wanted.get()),
        )
        .at(this.at(wanted.span()), "nobody can tap it")
        .help(help),
    );
}

fn keyword_is_free(this: &Declared<Reply>, project: &Project, diagnostics: &mut Diagnostics) {
    let Some(word) = &this.value.on.keyword else {
        return;
    };
    if word.trim().is_empty() {
        diagnostics.push(
            Report::error("reply::keyword", "the keyword is empty")
                .at(this.at(word.span()), "")
                .help("write the whole message that it answers; `any = true` answers every one"),
        );
    } else if Keywords::of(project).wish(word) == Some(suppression::Wish::Stop) {
        diagnostics.push(
            Report::error(
                "reply::keyword",
                format!("whoever writes `{}` is not messaged any more", word.get()),
            )
            .at(this.at(word.span()), "a stop word")
            .help("a stop word suppresses the contact: choose another word"),
        );
    }
}

/// Two replies to one message would leave it to chance which is sent.
pub(super) fn check_together(project: &Project, diagnostics: &mut Diagnostics) {
    let mut seen: BTreeMap<_, &Declared<Reply>> = BTreeMap::new();
    for reply in project.all::<Reply>() {
        let Some(trigger) = reply.value.trigger() else {
            continue;
        };
        let account = project.account_of(reply.value.account.as_ref());
        let Some(account) = account.map(|account| account.name.as_str()) else {
            continue;
        };
        let campaign = reply.value.on.campaign.as_ref().map(|name| name.as_str());
        let folded = match trigger {
            Trigger::Keyword(word) => suppression::folded(word),
            _ => String::new(),
        };
        let exact = match trigger {
            Trigger::Keyword(_) => Trigger::Keyword(""),
            other => other,
        };
        if let Some(first) = seen.insert((account, campaign, exact, folded), reply) {
            diagnostics.push(
                Report::error(
                    "reply::same_trigger",
                    format!(
                        "{} and {} are sent on the same message",
                        first.address(),
                        reply.address()
                    ),
                )
                .at(reply.at(reply.value.on.span()), "the second")
                .at(first.at(first.value.on.span()), "the first")
                .help("keep one, or tell them apart by their campaigns"),
            );
        }
    }
}
