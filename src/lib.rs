//! WhatsApp campaigns as code.

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
pub mod store;
