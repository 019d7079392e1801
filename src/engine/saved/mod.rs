//! A plan in a file: reviewed today, applied tomorrow, or by another job, and exactly as it was shown.
//!
//! The file holds the whole plan, so that it can be shown without a project, a network or a secret. It is no order, though:
//! what is applied is planned anew, under the state lock, and carried out only where it is the same thing. So the file is
//! bound to all that a plan depends on: the accounts, the configuration, the ledger, the live objects (each change carries a
//! fingerprint), the audiences. What cannot be verified is refused, and what has moved is named.
//!
//! A checksum over every byte finds a file that was cut or edited. It is no signature: whoever can forge a file can also run
//! `apply` without one, and a forged plan that is not what a fresh plan says is refused all the same.
//!
//! No secret is in the file, and no contact: of the audiences it holds counts, digests, and sketches that are keyed with the
//! ledger's id.

mod binding;
mod compare;
mod document;
mod error;
mod file;
#[cfg(test)]
mod tests;

pub use binding::{Binding, World};
pub use compare::moved;
pub use document::Saved;
pub use error::{Error, Moved};
pub use file::{is_replaceable, write};
