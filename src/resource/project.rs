//! All that a directory declares, typed.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::kind::Resource;
use crate::config::{Address, Place, SecretRef, SourceId, Sources};
use crate::secret::{self, SecretString};

/// One declared resource with its places.
#[derive(Clone, Debug)]
pub struct Declared<R> {
    pub name: String,
    /// The name in `[kind.name]`.
    pub name_place: Place,
    /// The kind in `[kind.name]`.
    pub place: Place,
    pub source: SourceId,
    pub value: R,
}

impl<R: Resource> Declared<R> {
    #[must_use]
    pub fn address(&self) -> Address {
        Address::new(R::KIND, &self.name)
    }

    /// Returns the place of a span inside this resource's file.
    #[must_use]
    pub fn at(&self, span: std::ops::Range<usize>) -> Place {
        Place::new(self.source, span)
    }
}

/// All that a directory declares.
#[derive(Default)]
pub struct Project {
    /// The directory; relative paths in the configuration start here.
    pub directory: PathBuf,
    pub sources: Sources,
    /// The environment that it was read for, where it declares any.
    pub environment: Option<String>,
    /// All environments that it declares, by name.
    pub environments: Vec<String>,
    resources: BTreeMap<&'static str, BTreeMap<String, Box<dyn Any + Send + Sync>>>,
    /// Blocks that were written but could not be read: a reference to one is no second error.
    broken: BTreeSet<Address>,
    order: Vec<Address>,
    positions: BTreeMap<Address, usize>,
    /// What each block says, as a digest.
    digests: BTreeMap<Address, String>,
    /// How references become secrets; nothing where nobody has said so.
    secrets: Option<Arc<Resolve>>,
}

type Resolve = dyn Fn(&SecretRef) -> secret::Result<SecretString> + Send + Sync;

impl fmt::Debug for Project {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: BTreeMap<_, Vec<_>> = self
            .resources
            .iter()
            .map(|(kind, named)| (kind, named.keys().collect()))
            .collect();
        f.debug_struct("Project")
            .field("directory", &self.directory)
            .field("resources", &names)
            .finish_non_exhaustive()
    }
}

impl Project {
    pub fn insert<R: Resource>(&mut self, declared: Declared<R>) {
        self.resources
            .entry(R::KIND)
            .or_default()
            .insert(declared.name.clone(), Box::new(declared));
    }

    /// Remembers a block that could not be read.
    pub fn insert_broken(&mut self, address: Address) {
        self.broken.insert(address);
    }

    /// Tells whether `address` was written but could not be read.
    #[must_use]
    pub fn is_broken(&self, address: &Address) -> bool {
        self.broken.contains(address)
    }

    /// Tells whether a block of `kind` could not be read.
    #[must_use]
    pub fn has_broken(&self, kind: &str) -> bool {
        self.broken.iter().any(|address| address.kind == kind)
    }

    #[must_use]
    pub fn get<R: Resource>(&self, name: &str) -> Option<&Declared<R>> {
        self.resources.get(R::KIND)?.get(name)?.downcast_ref()
    }

    /// Returns all resources of a kind, by name.
    pub fn all<R: Resource>(&self) -> impl Iterator<Item = &Declared<R>> {
        self.resources
            .get(R::KIND)
            .into_iter()
            .flat_map(BTreeMap::values)
            .filter_map(|declared| declared.downcast_ref())
    }

    /// Changes all resources of a kind, where another world than the declared one is worked against.
    pub fn update<R: Resource>(&mut self, change: impl Fn(&mut Declared<R>)) {
        let named = self.resources.get_mut(R::KIND).into_iter();
        for declared in named.flat_map(BTreeMap::values_mut) {
            if let Some(declared) = declared.downcast_mut() {
                change(declared);
            }
        }
    }

    /// Returns the names of a kind's resources, for proposals.
    pub fn names(&self, kind: &str) -> impl Iterator<Item = &str> {
        self.resources
            .get(kind)
            .into_iter()
            .flat_map(BTreeMap::keys)
            .map(String::as_str)
    }

    /// Says how references become secrets: from the environment, or by a stand-in where no secret may be read.
    pub fn set_secrets(
        &mut self,
        resolve: impl Fn(&SecretRef) -> secret::Result<SecretString> + Send + Sync + 'static,
    ) {
        self.secrets = Some(Arc::new(resolve));
    }

    /// Reads a secret; none where nobody has said how.
    ///
    /// # Errors
    /// Where the secret cannot be had.
    pub fn secret(&self, reference: &SecretRef) -> secret::Result<Option<SecretString>> {
        self.secrets
            .as_ref()
            .map(|resolve| resolve(reference))
            .transpose()
    }

    /// Returns a digest of what each block says: layout, comments and places do not count, the values of variables do.
    #[must_use]
    pub fn digests(&self) -> &BTreeMap<Address, String> {
        &self.digests
    }

    pub(super) fn note(&mut self, address: Address, digest: String) {
        self.digests.insert(address, digest);
    }

    /// Returns all addresses, each behind those that it refers to, otherwise by name.
    #[must_use]
    pub fn order(&self) -> &[Address] {
        &self.order
    }

    /// Returns where a resource, or the one that an object belongs to, stands in that order; what is not declared comes
    /// last.
    #[must_use]
    pub fn position(&self, address: &Address) -> usize {
        let block = Address::new(&address.kind, &address.name);
        self.positions.get(&block).copied().unwrap_or(usize::MAX)
    }

    pub(super) fn set_order(&mut self, order: Vec<Address>) {
        self.positions = order.iter().cloned().zip(0..).collect();
        self.order = order;
    }

    /// Resolves a path of the configuration against the project's directory.
    #[must_use]
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.directory.join(path)
    }
}
