//! What every kind of resource offers.

use std::any::Any;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;

use super::project::{Declared, Project};
use super::reconcile::Reconciler;
use crate::config::{Address, Block, Diagnostics};

/// One `[kind.name]` table as a type.
pub trait Resource: DeserializeOwned + JsonSchema + Any + Send + Sync + Sized {
    /// The first part of the address.
    const KIND: &'static str;
    /// Whether the table has a name (`[campaign.spring]`) or stands alone (`[guard]`).
    const NAMED: bool = true;
    /// Whether no two environments may have the same.
    const APART: bool = false;
    /// Reports what is wrong with this resource, alone or beside the others.
    fn check(_this: &Declared<Self>, _project: &Project, _diagnostics: &mut Diagnostics) {}
    /// Reports what is wrong among all resources of this kind; runs once, so that it need not grow with their square.
    fn check_together(_project: &Project, _diagnostics: &mut Diagnostics) {}
    /// Other resources that this one needs first.
    fn references(_this: &Declared<Self>) -> Vec<Address> {
        Vec::new()
    }
    /// The way to its live counterpart, where it has one.
    fn reconciler() -> Option<&'static dyn Reconciler> {
        None
    }
}

/// A kind without its type, for the list of kinds.
pub trait Kind: Send + Sync {
    fn name(&self) -> &'static str;
    fn named(&self) -> bool;
    fn apart(&self) -> bool;
    /// The schema of one table of this kind.
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema;
    /// Reads a block into the project; what is wrong with it is reported at its place.
    fn load(&self, block: &Block, project: &mut Project, diagnostics: &mut Diagnostics);
    /// Runs the checks of this kind over all its resources, references resolved.
    fn check(&self, project: &Project, diagnostics: &mut Diagnostics);
    fn references(&self, project: &Project) -> Vec<(Address, Vec<Address>)>;
    fn reconciler(&self) -> Option<&'static dyn Reconciler>;
}

/// The one implementation of [`Kind`].
pub(super) struct Of<R>(PhantomData<fn() -> R>);

impl<R> Of<R> {
    pub(super) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<R: Resource> Kind for Of<R> {
    fn name(&self) -> &'static str {
        R::KIND
    }

    fn named(&self) -> bool {
        R::NAMED
    }

    fn apart(&self) -> bool {
        R::APART
    }

    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<R>()
    }

    fn load(&self, block: &Block, project: &mut Project, diagnostics: &mut Diagnostics) {
        if let Some(value) = crate::config::deserialize::<R>(block, diagnostics) {
            project.insert(Declared {
                name: block.name.get().clone(),
                name_place: block.place(block.name.span()),
                place: block.place(block.kind.span()),
                source: block.source,
                value,
            });
        } else {
            project.insert_broken(Address::new(R::KIND, block.name.get()));
        }
    }

    fn check(&self, project: &Project, diagnostics: &mut Diagnostics) {
        for declared in project.all::<R>() {
            R::check(declared, project, diagnostics);
        }
        R::check_together(project, diagnostics);
    }

    fn references(&self, project: &Project) -> Vec<(Address, Vec<Address>)> {
        project
            .all::<R>()
            .map(|declared| (declared.address(), R::references(declared)))
            .collect()
    }

    fn reconciler(&self) -> Option<&'static dyn Reconciler> {
        R::reconciler()
    }
}
