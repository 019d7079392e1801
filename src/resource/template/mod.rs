//! `[template.name]`: a message template, in one or several languages.
//!
//! | file | job |
//! | --- | --- |
//! | `declaration`, `header`, `button` | what may be written |
//! | `localised` | the template in one language, nothing left to inherit |
//! | `text`, `variables` | placeholders, and what a mapping must fill |
//! | `lints` | Meta's rules, checked before Meta sees anything |
//! | `content`, `canonical`, `compare` | the one form in which declaration, memory and Meta are compared |
//! | `budgets`, `limits` | what Meta would refuse |
//! | `drift` | what Meta has moved, and what a drift means |
//! | `reconcile`, `write`, `media` | the way to Meta and back |
//! | `message` | the template filled for one contact |
//!
//! The kinds of template that are not declared here yet (authentication, carousel, limited-time offer, catalogue, flow)
//! are still read: their parts stay in the content as they came.

mod account;
mod budgets;
mod button;
mod canonical;
mod category;
mod compare;
mod content;
mod declaration;
mod drift;
mod header;
mod languages;
mod limits;
mod lints;
mod localised;
mod mapping;
mod media;
mod message;
mod percent;
mod readiness;
mod reconcile;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod text;
mod variables;
mod write;

pub use button::{Button, CopyCode, PhoneNumber, QuickReply, Url};
pub use category::billed_as;
pub use declaration::{Category, Template, Translation};
pub use header::{Header, Location, MediaKind};
pub use localised::{LocalButton, Localised};
pub use mapping::check_mapping;
pub use message::{Composer, MediaFile, Unfit};
pub use reconcile::name_at_meta;
pub use text::{Piece, Placeholder, Text};
pub use variables::{Part, Variable};

use super::{Declared, Project, Reconciler, Resource, references};
use crate::config::{Address, Diagnostics};

impl Resource for Template {
    const KIND: &'static str = "template";

    fn check(this: &Declared<Self>, project: &Project, diagnostics: &mut Diagnostics) {
        references::check_account(this, this.value.account.as_ref(), project, diagnostics);
        lints::check(this, project, diagnostics);
    }

    fn check_together(project: &Project, diagnostics: &mut Diagnostics) {
        lints::check_together(project, diagnostics);
    }

    fn references(this: &Declared<Self>) -> Vec<Address> {
        this.value
            .account
            .iter()
            .map(|account| Address::new(super::account::Account::KIND, account))
            .collect()
    }

    fn reconciler() -> Option<&'static dyn Reconciler> {
        Some(&reconcile::Templates)
    }
}
