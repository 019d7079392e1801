//! The list of kinds.

use super::account::Account;
use super::campaign::Campaign;
use super::guard::Guard;
use super::handoff::Handoff;
use super::kind::{Kind, Of};
use super::list::List;
use super::mapping::Mapping;
use super::notify::Notify;
use super::output::Output;
use super::phone::Phone;
use super::rate_card::RateCard;
use super::reply::Reply;
use super::serve::Serve;
use super::state::State;
use super::suppression::Suppression;
use super::template::Template;
use super::variable::Variable;
use super::webhook::Webhook;

/// Returns every kind that a configuration may declare, in the order in which they are documented.
#[must_use]
pub fn kinds() -> &'static [&'static dyn Kind] {
    static KINDS: &[&dyn Kind] = &[
        &Of::<State>::new(),
        &Of::<Variable>::new(),
        &Of::<Account>::new(),
        &Of::<Phone>::new(),
        &Of::<Template>::new(),
        &Of::<Mapping>::new(),
        &Of::<List>::new(),
        &Of::<Suppression>::new(),
        &Of::<Campaign>::new(),
        &Of::<Webhook>::new(),
        &Of::<Reply>::new(),
        &Of::<Handoff>::new(),
        &Of::<Serve>::new(),
        &Of::<Notify>::new(),
        &Of::<RateCard>::new(),
        &Of::<Guard>::new(),
        &Of::<Output>::new(),
    ];
    KINDS
}
