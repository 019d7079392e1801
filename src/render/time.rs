//! Times as they are shown everywhere: UTC, to the second.

use jiff::Timestamp;

/// Returns `2026-11-22T09:30:00Z`.
#[must_use]
pub fn rfc3339(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
