//! What the tests of the whole program stand on: a project in a directory of its own, a sandbox in this process, and
//! runs of the real binary between the two.
//!
//! A test changes one thing of the [`Project`] that everybody starts from, so that what it is about can be seen. Every
//! test ends its [`World`] with [`World::finish`], which holds all that was sent against Meta's OpenAPI file.
#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

mod project;
mod run;
mod scene;
mod world;

pub(crate) use project::{Project, number, rows};
pub(crate) use run::{APP_SECRET, Child, Ended, Run, TOKEN};
pub(crate) use scene::{CAMPAIGN, SECRETS, Scene, customers};
pub(crate) use world::{Request, World, client};

/// Returns how large a test is: its everyday size, or what the environment asks for in the long runs.
pub(crate) fn size(name: &str, everyday: usize) -> usize {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap(),
        Err(_) => everyday,
    }
}

/// A small generator (SplitMix64), so that a failing run can be repeated by its seed.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// Starts from the seed in `FULL_SEED`, or from chance. The seed is printed: a test that fails shows it.
    pub(crate) fn new(what: &str) -> Self {
        Self::from("FULL_SEED", what)
    }

    /// Starts from the seed in a variable of the environment, or from chance; it is printed.
    #[expect(
        clippy::print_stdout,
        reason = "the harness shows it where the test fails"
    )]
    pub(crate) fn from(variable: &str, what: &str) -> Self {
        use std::hash::{BuildHasher as _, RandomState};
        let seed = match std::env::var(variable) {
            Ok(text) => text.parse().unwrap(),
            Err(_) => RandomState::new().hash_one(what),
        };
        println!("{what}: repeat with {variable}={seed}");
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Returns whether one of so many chances comes true.
    pub(crate) fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    /// Returns one of several.
    pub(crate) fn of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    /// Returns a number from 0 to `end`, which is not reached.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap();
        usize::try_from(self.next() % end).unwrap()
    }
}
