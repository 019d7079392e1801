//! The places at which a crash is interesting.

use std::sync::Arc;

/// A place at which a test may end the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Point {
    /// A webhook is kept; its sender has not been told.
    AfterReceive,
    /// Webhooks are read; nothing of them is taken in.
    BeforeTakeIn,
    /// They are taken in and forgotten.
    AfterTakeIn,
    /// A reply is due; nothing says that it is under way.
    BeforeBegin,
    /// The ledger says that a reply is under way; no request has started.
    AfterBegin,
    /// The answer to an errand's request is there; it is not recorded.
    BeforeSettle,
    /// It is recorded.
    AfterSettle,
}

impl Point {
    /// Returns the name that `WAFORM_FAILPOINT` knows it by.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AfterReceive => "after_receive",
            Self::BeforeTakeIn => "before_take_in",
            Self::AfterTakeIn => "after_take_in",
            Self::BeforeBegin => "before_begin_errand",
            Self::AfterBegin => "after_begin_errand",
            Self::BeforeSettle => "after_errand_before_settle",
            Self::AfterSettle => "after_settle_errand",
        }
    }
}

/// Is told when a place is reached.
pub type Reached = Arc<dyn Fn(Point) + Send + Sync>;
