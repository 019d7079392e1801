//! Names that point from one resource to another.
//!
//! A reference is an error where nothing of that name is declared; where something is but could not be read, it is
//! none: that block has its own errors.

use super::account::Account;
use super::{Declared, Project, Resource};
use crate::config::{Address, Diagnostics, Report, Spanned, proposal};

/// Checks that `[kind.name]` is declared.
pub(super) fn check<R: Resource>(
    this: &Declared<R>,
    kind: &str,
    name: &Spanned<String>,
    project: &Project,
    diagnostics: &mut Diagnostics,
) {
    let known: Vec<_> = project.names(kind).collect();
    if known.contains(&name.as_str()) || project.is_broken(&Address::new(kind, name)) {
        return;
    }
    let help = proposal(name, known.iter().copied())
        .unwrap_or_else(|| format!("declare it: [{kind}.{}]", key(name.as_str())));
    diagnostics.push(
        Report::error(
            "reference::unknown",
            format!("there is no {kind} `{}`", name.get()),
        )
        .at(this.at(name.span()), "not declared")
        .help(help),
    );
}

/// Checks `account = ` of a kind that belongs to one.
pub(super) fn check_account<R: Resource>(
    this: &Declared<R>,
    account: Option<&Spanned<String>>,
    project: &Project,
    diagnostics: &mut Diagnostics,
) {
    if let Some(name) = account {
        return check(this, Account::KIND, name, project, diagnostics);
    }
    if project.has_broken(Account::KIND) {
        return;
    }
    let accounts: Vec<_> = project.names(Account::KIND).collect();
    match accounts.as_slice() {
        [_] => {}
        [] => diagnostics.push(
            Report::error(
                "account::none",
                format!(
                    "{} belongs to an account, and none is declared",
                    this.address()
                ),
            )
            .at(this.name_place.clone(), "")
            .help("declare one: [account.main] with waba_id and access_token"),
        ),
        [first, ..] => diagnostics.push(
            Report::error(
                "account::ambiguous",
                format!(
                    "{} does not say which account it belongs to",
                    this.address()
                ),
            )
            .at(this.name_place.clone(), "needs `account`")
            .help(format!(
                "write account = \"{first}\" (declared: {})",
                accounts.join(", ")
            )),
        ),
    }
}

/// Returns a TOML key: bare where it may be, else quoted.
fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(bare) {
        name.to_owned()
    } else {
        format!("{name:?}")
    }
}

/// Returns the address of `[kind.name]` where a name is given.
pub(super) fn address(kind: &str, name: &Spanned<String>) -> Address {
    Address::new(kind, name.get())
}

impl Project {
    /// Returns the account that a resource belongs to: the one it names, or the only one there is.
    #[must_use]
    pub fn account_of(&self, named: Option<&Spanned<String>>) -> Option<&Declared<Account>> {
        match named {
            Some(name) => self.get(name),
            None => {
                let mut accounts = self.all::<Account>();
                accounts.next().filter(|_| accounts.next().is_none())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_quoted_only_where_they_must_be() {
        assert_eq!(key("spring-2"), "spring-2");
        assert_eq!(key("a b"), "\"a b\"");
    }
}
