//! WhatsApp campaigns as code.
//!
//! waform compares what a directory of TOML declares (message templates, contact lists, campaigns) with the live
//! Meta account and with its own ledger, shows what would change and who would be messaged, and converges.
//!
//! The library is a house of five floors; arrows go down only:
//!
//! | floor | rooms | knows |
//! | --- | --- | --- |
//! | 5 | [`cli`] | arguments, exit codes |
//! | 4 | [`render`] | how a plan, a status, a history looks |
//! | 3 | [`engine`], [`campaign`], [`serve`], [`doctor`], [`sandbox`] | the work |
//! | 2 | [`resource`] | one kind of resource each |
//! | 1 | [`config`], [`meta`], [`store`] | the outside: TOML, the Graph API, the database |
//!
//! Beside the floors stand [`clock`], [`phone_number`], [`secret`], [`sanitize`] and [`explain`]. Nothing below [`cli`] prints, exits or
//! reads the environment; time comes from the [`clock::Clock`] that is passed in.

pub mod campaign;
pub mod cli;
pub mod clock;
pub mod config;
pub mod doctor;
pub mod engine;
pub mod explain;
pub mod meta;
pub mod phone_number;
pub mod render;
pub mod resource;
pub mod sandbox;
pub mod sanitize;
pub mod secret;
pub mod serve;
pub mod store;
