//! The sandbox over real HTTP.
#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

#[path = "sandbox/faults.rs"]
mod faults;
#[path = "sandbox/kit.rs"]
mod kit;
#[path = "sandbox/media.rs"]
mod media;
#[path = "sandbox/memory.rs"]
mod memory;
#[path = "sandbox/messages.rs"]
mod messages;
#[path = "sandbox/nodes.rs"]
mod nodes;
#[path = "sandbox/templates.rs"]
mod templates;
#[path = "sandbox/uploads.rs"]
mod uploads;
#[path = "sandbox/webhooks.rs"]
mod webhooks;
