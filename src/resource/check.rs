//! What the checks of several kinds share.

use super::{Declared, Project, Resource};
use crate::config::{Diagnostics, Report, Spanned};
use crate::phone_number::Region;

/// One named check; the checks of a kind stand in a table.
pub(super) type Check<R> = fn(&Declared<R>, &Project, &mut Diagnostics);

/// Runs a kind's table.
pub(super) fn run<R: Resource>(
    checks: &[Check<R>],
    this: &Declared<R>,
    project: &Project,
    diagnostics: &mut Diagnostics,
) {
    for check in checks {
        check(this, project, diagnostics);
    }
}

/// Reports a Meta id that is not made of digits.
pub(super) fn digits<R: Resource>(
    this: &Declared<R>,
    code: &'static str,
    key: &str,
    id: &Spanned<String>,
    help: &str,
    diagnostics: &mut Diagnostics,
) {
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        diagnostics.push(
            Report::error(code, format!("{key} is made of digits"))
                .at(this.at(id.span()), "not a Meta id")
                .help(help),
        );
    }
}

/// Reports a region that has no telephone numbers.
pub(super) fn region<R: Resource>(
    this: &Declared<R>,
    code: &'static str,
    region: Option<&Spanned<String>>,
    diagnostics: &mut Diagnostics,
) {
    let Some(region) = region else { return };
    if let Err(error) = region.parse::<Region>() {
        diagnostics.push(
            Report::error(code, format!("`{}` is {error}", region.get()))
                .at(this.at(region.span()), "not a region")
                .help("the codes are those of ISO 3166-1: EE, US, BR, IN"),
        );
    }
}

/// Reports a name of a column that is empty.
pub(super) fn field<R: Resource>(
    this: &Declared<R>,
    code: &'static str,
    field: &Spanned<String>,
    diagnostics: &mut Diagnostics,
) {
    if field.trim().is_empty() {
        diagnostics.push(
            Report::error(code, "the name of a column is empty")
                .at(this.at(field.span()), "")
                .help("write the name as it stands in the file's header line"),
        );
    }
}

/// Reports two resources of a kind that are the same thing.
pub(super) fn twice<R: Resource>(
    this: &Declared<R>,
    code: &'static str,
    project: &Project,
    key: impl Fn(&R) -> Option<&Spanned<String>>,
    diagnostics: &mut Diagnostics,
) {
    let Some(own) = key(&this.value) else { return };
    // Only the later of two says so.
    let earlier = project
        .all::<R>()
        .take_while(|other| other.name != this.name)
        .find(|other| key(&other.value).is_some_and(|theirs| theirs.get() == own.get()));
    if let Some(other) = earlier {
        let theirs = key(&other.value).map_or(0..0, Spanned::span);
        diagnostics.push(
            Report::error(
                code,
                format!("{} and {} are the same", other.address(), this.address()),
            )
            .at(this.at(own.span()), "the second time")
            .at(other.at(theirs), "the first time")
            .help("keep one of the two and let the others refer to it"),
        );
    }
}

/// Reports the second of two resources of a kind of which an account has one.
pub(super) fn once_an_account<R: Resource>(
    this: &Declared<R>,
    code: &'static str,
    project: &Project,
    account: impl Fn(&R) -> Option<&Spanned<String>>,
    diagnostics: &mut Diagnostics,
) {
    let name = |resource: &Declared<R>| {
        let account = project.account_of(account(&resource.value));
        account.map(|account| account.name.as_str())
    };
    let Some(own) = name(this) else { return };
    let earlier = project
        .all::<R>()
        .take_while(|other| other.name != this.name)
        .find(|other| name(other) == Some(own));
    if let Some(other) = earlier {
        diagnostics.push(
            Report::error(
                code,
                format!(
                    "account `{own}` has {} and {}",
                    other.address(),
                    this.address()
                ),
            )
            .at(this.name_place.clone(), "the second")
            .at(other.name_place.clone(), "the first")
            .help(format!(
                "an account has one {}: take one of them out",
                R::KIND
            )),
        );
    }
}
