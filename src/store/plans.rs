//! Saved plans that were carried out: each is used once.

use jiff::Timestamp;

use super::Answer;

/// One use of a saved plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedPlan {
    /// Of the file.
    pub digest: String,
    /// The plan's id, for people.
    pub plan_id: String,
    pub at: Timestamp,
    /// Who: `ana@desk`.
    pub actor: String,
}

/// Which saved plans were carried out.
pub trait Plans: Send + Sync {
    /// Returns when a file was used, if it was.
    fn used_plan<'a>(&'a self, digest: &'a str) -> Answer<'a, Option<UsedPlan>>;
    /// Records that a file is carried out from now on. Where it was before, that use is returned and nothing is recorded.
    /// `lock` is the id of the state lock; [`super::Error::Fenced`] when it is no longer held.
    fn use_plan<'a>(&'a self, lock: &'a str, plan: &'a UsedPlan) -> Answer<'a, Option<UsedPlan>>;
}
