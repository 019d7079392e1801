//! Whether a person can be reached.
//!
//! WhatsApp's business policy wants a prompt and clear way from automation to a person: a handover in the chat, a
//! telephone number, an e-mail address, a web form, a visit to a store. Social media, help pages and links to apps are no
//! such way. Without one the quality of numbers is lowered, and after a warning and seven days the limits (Meta, "Business
//! policy"; providers' help pages, read September 2026).
//!
//! A visit to a store cannot be seen in a declaration, so that what is found missing here is a warning.

use reqwest::Url;

use super::Handoff;
use crate::config::{Address, Diagnostics, Report, Spanned};
use crate::resource::account::Account;
use crate::resource::campaign::Campaign;
use crate::resource::reply::{Message, Reply};
use crate::resource::template::{Header, LocalButton, Template};
use crate::resource::{Declared, Project};

/// The way to a person, and what offers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// A desk takes over in the chat.
    Desk(Address),
    /// A button calls a number.
    PhoneButton(Address),
    /// A text names an e-mail address.
    Email(Address),
    /// A button opens a form.
    WebForm(Address),
}

/// Words in the path of a form that a person reads.
const FORMS: [&str; 4] = ["contact", "support", "form", "ticket"];
/// Words in the path of a page that answers for a person.
const PAGES: [&str; 3] = ["faq", "help", "article"];
/// Where no form of one's own can be.
const NOT_OURS: [&str; 9] = [
    "facebook.com",
    "instagram.com",
    "x.com",
    "twitter.com",
    "tiktok.com",
    "t.me",
    "play.google.com",
    "apps.apple.com",
    "linkedin.com",
];

/// Returns a way to a person that people in conversation with an account are offered.
#[must_use]
pub fn route_to_person(project: &Project, account: &str) -> Option<Route> {
    let desk = project
        .all::<Handoff>()
        .find(|handoff| is_of(project, handoff.value.account.as_ref(), account));
    if let Some(desk) = desk {
        return Some(Route::Desk(desk.address()));
    }
    let of_templates = campaigns(project, account)
        .flat_map(|campaign| {
            let recontact = campaign.value.recontact.as_ref();
            std::iter::once(&campaign.value.template).chain(recontact)
        })
        .filter_map(|name| project.get::<Template>(name))
        .find_map(of_template);
    of_templates.or_else(|| replies(project, account).find_map(of_reply))
}

/// Warns of accounts whose automation leads to nobody.
pub(super) fn check(project: &Project, diagnostics: &mut Diagnostics) {
    if project.has_broken("handoff") {
        return;
    }
    for account in project.all::<Account>() {
        let asks = |campaign: &&Declared<Campaign>| {
            let template = project.get::<Template>(&campaign.value.template);
            template.is_some_and(|template| has_quick_replies(&template.value))
        };
        let reply = replies(project, &account.name).next();
        let flow = reply
            .map(|reply| (reply.address(), reply.name_place.clone()))
            .or_else(|| {
                let campaign = campaigns(project, &account.name).find(asks)?;
                Some((campaign.address(), campaign.name_place.clone()))
            });
        if let Some((flow, place)) = flow
            && route_to_person(project, &account.name).is_none()
        {
            diagnostics.push(
                Report::warning(
                    "handoff::no_person",
                    format!("{flow} converses with people and leads them to no person"),
                )
                .at(place, "automated")
                .help("declare [handoff.desk] with its url; or offer a phone_number button, an e-mail address or a contact form: Meta's policy wants one of them"),
            );
        }
    }
}

fn is_of(project: &Project, named: Option<&Spanned<String>>, account: &str) -> bool {
    let of = project.account_of(named);
    of.is_some_and(|of| of.name == account)
}

fn campaigns<'p>(
    project: &'p Project,
    account: &'p str,
) -> impl Iterator<Item = &'p Declared<Campaign>> {
    project
        .all::<Campaign>()
        .filter(move |campaign| is_of(project, campaign.value.account.as_ref(), account))
}

fn replies<'p>(
    project: &'p Project,
    account: &'p str,
) -> impl Iterator<Item = &'p Declared<Reply>> {
    project
        .all::<Reply>()
        .filter(move |reply| is_of(project, reply.value.account.as_ref(), account))
}

fn has_quick_replies(template: &Template) -> bool {
    template
        .localised()
        .iter()
        .flat_map(|localised| &localised.buttons)
        .any(|button| matches!(button, LocalButton::QuickReply { .. }))
}

fn of_template(template: &Declared<Template>) -> Option<Route> {
    let localised = template.value.localised();
    let primary = localised.first()?;
    let address = || template.address();
    for button in &primary.buttons {
        match button {
            LocalButton::PhoneNumber { .. } => return Some(Route::PhoneButton(address())),
            LocalButton::Url { url, .. } if is_form(url) => return Some(Route::WebForm(address())),
            _ => {}
        }
    }
    let texts = [
        primary.header.as_ref().and_then(Header::text),
        Some(&primary.body),
        primary.footer.as_ref(),
    ];
    let named = texts.into_iter().flatten().any(|text| names_email(text));
    named.then(|| Route::Email(address()))
}

fn of_reply(reply: &Declared<Reply>) -> Option<Route> {
    let message = reply.value.message.get();
    if let Message::CtaUrl(link) = message
        && is_form(&link.url)
    {
        return Some(Route::WebForm(reply.address()));
    }
    let named = message.texts().any(names_email);
    named.then(|| Route::Email(reply.address()))
}

/// Tells whether a text names an e-mail address.
fn names_email(text: &str) -> bool {
    text.split(|c: char| c.is_whitespace() || "<>(),;:".contains(c))
        .any(|word| {
            let word = word.trim_end_matches(['.', '!', '?']);
            word.split_once('@').is_some_and(|(name, host)| {
                !name.is_empty() && host.contains('.') && !host.contains('@')
            })
        })
}

/// Tells whether a link leads to a form that a person reads, as far as its path says.
fn is_form(link: &str) -> bool {
    let Ok(url) = Url::parse(link) else {
        return false;
    };
    let host = url.host_str().unwrap_or_default().to_lowercase();
    let elsewhere = |of: &&str| {
        host.strip_suffix(*of)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    let path = url.path().to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| path.contains(word));
    says(&FORMS) && !says(&PAGES) && !NOT_OURS.iter().any(elsewhere)
}
