//! One page a diagnostic code: what it means, why it matters, what to do.
//!
//! The pages stand in `pages/AREA.md`, each below a heading that is its code. A new page is a new heading; a new area is one
//! more file in the list below. A test holds that every code in the source has its page and every page its code.

/// The files of the pages, by the area that their codes begin with.
const AREAS: [(&str, &str); 28] = [
    ("account", include_str!("pages/account.md")),
    ("campaign", include_str!("pages/campaign.md")),
    ("cli", include_str!("pages/cli.md")),
    ("config", include_str!("pages/config.md")),
    ("contacts", include_str!("pages/contacts.md")),
    ("environment", include_str!("pages/environment.md")),
    ("guard", include_str!("pages/guard.md")),
    ("handoff", include_str!("pages/handoff.md")),
    ("init", include_str!("pages/init.md")),
    ("list", include_str!("pages/list.md")),
    ("mapping", include_str!("pages/mapping.md")),
    ("meta", include_str!("pages/meta.md")),
    ("notify", include_str!("pages/notify.md")),
    ("output", include_str!("pages/output.md")),
    ("phone", include_str!("pages/phone.md")),
    ("plan", include_str!("pages/plan.md")),
    ("rate_card", include_str!("pages/rate_card.md")),
    ("reference", include_str!("pages/reference.md")),
    ("reply", include_str!("pages/reply.md")),
    ("sandbox", include_str!("pages/sandbox.md")),
    ("secret", include_str!("pages/secret.md")),
    ("serve", include_str!("pages/serve.md")),
    ("state", include_str!("pages/state.md")),
    ("store", include_str!("pages/store.md")),
    ("suppression", include_str!("pages/suppression.md")),
    ("template", include_str!("pages/template.md")),
    ("variable", include_str!("pages/variable.md")),
    ("webhook", include_str!("pages/webhook.md")),
];

/// The beginning of a page.
const HEADING: &str = "# ";

/// Returns the page of a code, its heading included, as Markdown.
#[must_use]
pub fn page(code: &str) -> Option<&'static str> {
    let (area, _) = code.split_once("::")?;
    let (_, text) = AREAS.iter().find(|(known, _)| *known == area)?;
    pages(text)
        .find(|(found, _)| *found == code)
        .map(|(_, page)| page)
}

/// Returns all codes that have a page, in order.
pub fn codes() -> impl Iterator<Item = &'static str> {
    AREAS
        .iter()
        .flat_map(|(_, text)| pages(text))
        .map(|(code, _)| code)
}

/// Returns the codes and pages of one file.
fn pages(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.starts_with(HEADING).then_some(0)?;
        let end = rest[start + 1..]
            .find("\n# ")
            .map_or(rest.len(), |at| start + 1 + at + 1);
        let page = rest[start..end].trim_end();
        rest = &rest[end..];
        let code = page.lines().next().unwrap_or_default();
        Some((code.trim_start_matches(HEADING).trim(), page))
    })
}

#[cfg(test)]
mod tests;
