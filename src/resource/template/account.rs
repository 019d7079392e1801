//! Which account a template belongs to.

use super::declaration::Template;
use crate::resource::Project;
use crate::resource::account::Account;

/// Returns the name of the account: the declared one, or the only one.
pub(super) fn name_of<'p>(project: &'p Project, template: &'p Template) -> Option<&'p str> {
    if let Some(account) = &template.account {
        return Some(account.get());
    }
    let mut accounts = project.all::<Account>();
    let only = accounts.next()?;
    accounts.next().is_none().then_some(only.name.as_str())
}
