//! Audience, hopper and dispatch against the sandbox.
