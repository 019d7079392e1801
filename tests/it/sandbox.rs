//! The sandbox over real HTTP.
#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

#[path = "sandbox/answers.rs"]
mod answers;
#[path = "sandbox/events.rs"]
mod events;
#[path = "sandbox/faults.rs"]
mod faults;
#[path = "sandbox/hook.rs"]
mod hook;
#[path = "sandbox/inbound.rs"]
mod inbound;
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
#[path = "sandbox/session.rs"]
mod session;
#[path = "sandbox/sinks.rs"]
mod sinks;
#[path = "sandbox/templates.rs"]
mod templates;
#[path = "sandbox/uploads.rs"]
mod uploads;
#[path = "sandbox/webhooks.rs"]
mod webhooks;
