//! The way between a declared kind and its live counterpart.
//!
//! The engine compares three sides: what is [`Desired`], what was last [`Applied`](crate::store::Applied), what is [`Live`]. All three hold
//! their content as canonical JSON that only the kind itself understands; equal content is equal JSON. The engine decides
//! between create, update, adopt, forget and delete; the kind says how two contents differ, what the live object's
//! owner would refuse, and how a change is written.

use futures::future::BoxFuture;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::OnceCell;

use super::drift::{Drifted, Meaning};
use super::project::Project;
use super::rights::Rights;
use crate::clock::Clock;
use crate::config::{Address, Place};
use crate::meta::{GraphRead, GraphWriter, Number};
use crate::store::{Applied, RightUsed, Store};

/// What can go wrong between a kind and its live counterpart.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Meta(#[from] crate::meta::Error),
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    #[error("cannot read {path}: {source}")]
    File {
        path: String,
        source: std::io::Error,
    },
    /// The owner answered, but not with what it promises.
    #[error("{0}")]
    Unexpected(String),
}

/// What the configuration asks for: one object.
#[derive(Clone, Debug)]
pub struct Desired {
    pub address: Address,
    /// The `[account.name]` it belongs to.
    pub account: String,
    /// What the live object is found by, unique within kind and account: `order_update/en_US`.
    pub key: String,
    /// Canonical; compared with [`Live::content`].
    pub content: Value,
    /// The places of the block, and of single fields by JSON pointer into `content` where known.
    pub place: Place,
    /// Objects that must exist and be ready before this one is written.
    pub depends_on: Vec<Address>,
}

/// What exists now.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    pub account: String,
    pub key: String,
    pub id: String,
    /// Canonical; only what a declaration may manage.
    pub content: Value,
    /// What its owner decides: status, quality, category, reasons. Shown, waited for, never written.
    pub facts: Value,
}

/// One difference, by JSON pointer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FieldChange {
    /// A path that a person reads: `body`, `buttons[1].url`.
    pub field: String,
    pub before: Option<Value>,
    pub after: Option<Value>,
    /// A change of this field cannot be made in place.
    pub forces_replacement: bool,
}

/// What the engine wants to do with an object; asked of [`Reconciler::permit`] before it is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    Create,
    Update,
    Replace,
    Delete,
}

/// A scarce right that a change uses up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BudgetUse {
    /// `template.edit`, `template.create`.
    pub right: String,
    /// What it is counted for: an object's id, or an account.
    pub subject: String,
    /// A sentence: `edit 1 of 1 in 24 hours`.
    pub text: String,
}

/// Why a change would be refused, and the way out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refusal {
    /// A diagnostic code.
    pub code: String,
    pub message: String,
    pub help: String,
    /// When it would be allowed, where time alone helps.
    pub until: Option<Timestamp>,
}

/// The answer to [`Reconciler::permit`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permit {
    Granted(Vec<BudgetUse>),
    /// Not now, but by itself later (a template in review cannot be edited): the change waits.
    Waits(String),
    Refused(Refusal),
}

/// Whether an object can be used by those that depend on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Readiness {
    Ready,
    /// It will change by itself: in review, paused for hours.
    Waiting {
        reason: String,
    },
    /// Somebody must act: rejected, disabled.
    Broken {
        reason: String,
        help: Option<String>,
    },
}

/// What may be read while planning: there is nothing here that writes.
pub struct World<'a> {
    pub project: &'a Project,
    pub clock: &'a Clock,
    /// The account that is read, by name.
    pub account: &'a str,
    pub waba_id: &'a str,
    pub graph: &'a dyn GraphRead,
    pub store: &'a dyn Store,
    /// Whether what leaves the configuration is deleted: then it is read also where nothing declares it.
    pub deletes: bool,
    pub numbers: &'a Numbers,
}

impl World<'_> {
    /// Returns the account's numbers.
    ///
    /// # Errors
    /// Where they could not be read.
    pub async fn numbers(&self) -> Result<&[Number], Error> {
        self.numbers.read(self.graph, self.waba_id).await
    }
}

/// An account's numbers, which are read once, however many ask for them.
#[derive(Debug, Default)]
pub struct Numbers(OnceCell<Vec<Number>>);

impl Numbers {
    /// Returns the numbers, in the order of their ids.
    ///
    /// # Errors
    /// Where they could not be read.
    pub async fn read(&self, graph: &dyn GraphRead, waba_id: &str) -> Result<&[Number], Error> {
        let numbers = self.0.get_or_try_init(async || {
            let mut numbers = graph.numbers(waba_id).await?;
            numbers.sort_by(|one, other| one.id.cmp(&other.id));
            Ok::<_, Error>(numbers)
        });
        Ok(numbers.await?)
    }
}

/// What a change is written with.
pub struct Writer<'a> {
    pub project: &'a Project,
    pub clock: &'a Clock,
    pub account: &'a str,
    pub waba_id: &'a str,
    /// Finds again what a write without an answer may have made.
    pub reader: &'a dyn GraphRead,
    pub graph: &'a GraphWriter,
    pub store: &'a dyn Store,
    /// The id of the state lock that is held.
    pub lock: &'a str,
}

/// What came of a write.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    pub id: String,
    /// The content to remember as last applied.
    pub content: Value,
    /// The live object as far as the answer tells it; none where it can be used at once.
    pub live: Option<Live>,
}

/// How a kind meets its live counterpart.
pub trait Reconciler: Send + Sync {
    fn kind(&self) -> &'static str;

    /// Whether its objects count in the summary's add, change and destroy.
    fn counts(&self) -> bool {
        true
    }

    /// Whether the live side is somebody else's, so that an object can be found there that we did not make, and one that
    /// leaves the configuration can be deleted. Where it is our own ledger, nothing is adopted and nothing deleted.
    fn is_elsewhere(&self) -> bool {
        true
    }

    /// Whether its objects are only looked at: none is made, changed, adopted or let go, and what their owner decides is
    /// compared with what the last apply saw.
    fn is_watched(&self) -> bool {
        false
    }

    /// Returns what the configuration asks for, in the order of addresses. Files that belong to the content (a header's
    /// image) are read and hashed here.
    ///
    /// # Errors
    /// Where such a file cannot be read.
    fn desired(&self, project: &Project) -> Result<Vec<Desired>, crate::config::Report>;

    /// Reads all live objects of one account, by list.
    fn read<'a>(&'a self, world: &'a World<'a>) -> BoxFuture<'a, Result<Vec<Live>, Error>>;

    /// Returns how `desired` differs from `live`; `last` helps where the live side does not show all (an image's hash).
    fn compare(&self, desired: &Value, last: Option<&Value>, live: &Live) -> Vec<FieldChange>;

    /// Returns how `live` differs from what was last applied: the drift of managed fields.
    fn drift(&self, last: &Value, live: &Live) -> Vec<FieldChange> {
        self.compare(last, Some(last), live)
    }

    /// Returns the fields of a content that a person would want to see of a new object.
    fn describe(&self, content: &Value) -> Vec<FieldChange> {
        let fields = content.as_object().into_iter().flatten();
        let field = |(field, after): (&String, &Value)| FieldChange {
            field: field.clone(),
            before: None,
            after: Some(after.clone()),
            forces_replacement: false,
        };
        fields
            .filter(|(_, value)| !value.is_null())
            .map(field)
            .collect()
    }

    /// Returns what to remember as last applied when `live` was found to be what is declared.
    fn found(&self, desired: &Desired, _live: &Live) -> Value {
        desired.content.clone()
    }

    /// Returns what the live object's owner has moved since `last` was applied, among the fields that a declaration names
    /// and the facts that say whether and how well it can be used: shown as drift, no difference. `facts` are those of
    /// that time; null where nobody looked.
    fn moved(&self, _last: &Value, _facts: &Value, _live: &Live) -> Vec<FieldChange> {
        Vec::new()
    }

    /// Says whether an apply that finds the object as declared remembers the facts that it has now: where they are better
    /// than, or were not among, those that are remembered. What got worse stays a difference until it is mended.
    fn takes_note(&self, _facts: &Value, _live: &Live) -> bool {
        false
    }

    /// Returns the word for how a live object stands, as its owner says it.
    fn standing(&self, live: &Live) -> Option<String> {
        live.facts["status"].as_str().map(str::to_owned)
    }

    /// Returns the names under which the ledger keeps what happened to an object.
    fn names_in_ledger(&self, _last: &Applied, _live: Option<&Live>) -> Vec<String> {
        Vec::new()
    }

    /// Says what a drift means, since when it is there, and what mends it.
    fn explain_drift(&self, drifted: &Drifted<'_>, _project: &Project) -> Meaning {
        let mut meaning = Meaning::default();
        meaning.put_back(drifted);
        meaning
    }

    /// Returns the rights that were used up by changing what was last applied into `live`, where no record tells of it: a
    /// crash came between the write and its record, or somebody else wrote.
    fn unrecorded(&self, _last: &Value, _live: &Live, _now: Timestamp) -> Vec<RightUsed> {
        Vec::new()
    }

    /// Returns the attributes that an output may name, beside `id` and `key`.
    fn attributes(&self) -> &'static [&'static str] {
        &[]
    }

    /// Returns one of them: what its owner says of it, else what was declared.
    fn attribute(&self, live: &Live, name: &str) -> Option<Value> {
        let found = live.facts.get(name).or_else(|| live.content.get(name));
        found.filter(|_| self.attributes().contains(&name)).cloned()
    }

    /// Says whether the owner would take the change, with the budgets it uses. `peers` are all live objects of the kind
    /// and account, `used` the rights used so far, those of the plan under way among them.
    fn permit(&self, intent: Intent, change: &Proposed<'_>) -> Permit;

    /// Says whether the object can be used now.
    fn readiness(&self, live: &Live) -> Readiness;

    /// Writes one change. It must be safe to repeat: what exists already is found again, not created twice. `last` is
    /// what [`Reconciler::compare`] was given.
    fn write<'a>(
        &'a self,
        intent: Intent,
        desired: Option<&'a Desired>,
        last: Option<&'a Value>,
        live: Option<&'a Live>,
        writer: &'a Writer<'a>,
    ) -> BoxFuture<'a, Result<Option<Written>, Error>>;
}

/// A change under consideration.
pub struct Proposed<'a> {
    pub now: Timestamp,
    pub account: &'a str,
    pub desired: Option<&'a Desired>,
    pub live: Option<&'a Live>,
    pub fields: &'a [FieldChange],
    /// How many live objects of this kind the account will have when all earlier changes of the plan are done.
    pub population: usize,
    /// Rights used before, those of the plan under way included.
    pub used: &'a Rights,
    /// The account's own facts (limits, verification), as read from it.
    pub account_facts: &'a Value,
}
