//! Meta's error codes that the sandbox answers with: HTTP status and title of each.
//!
//! Error codes page, statuses from the copy of Nov 2025 (the one of Sep 2026 dropped some), titles as in the webhook
//! examples. The one exception is noted.

/// Code, HTTP status, title.
const CODES: [(i64, u16, &str); 35] = [
    (1, 400, "An unknown error occurred"),
    (2, 503, "Service temporarily unavailable"),
    (
        10,
        403,
        "Application does not have permission for this action",
    ),
    (368, 403, "Temporarily blocked for policies violations"),
    (
        80_007,
        400,
        "There have been too many calls to this WhatsApp Business account. Wait a bit and try again.",
    ),
    (130_429, 400, "Rate limit hit"),
    (130_472, 400, "User's number is part of an experiment"),
    (
        130_497,
        403,
        "Business account is restricted from messaging users in this country.",
    ),
    (131_000, 500, "Something went wrong"),
    (131_005, 403, "Access denied"),
    (131_008, 400, "Required parameter is missing"),
    (131_009, 400, "Parameter value is not valid"),
    (131_016, 500, "Service unavailable"),
    (131_021, 400, "Recipient cannot be sender"),
    (131_026, 400, "Message undeliverable"),
    (131_031, 403, "Account has been locked"),
    (131_047, 400, "Re-engagement message"),
    (131_048, 400, "Spam rate limit hit"),
    (
        131_049,
        400,
        "This message was not delivered to maintain healthy ecosystem engagement.",
    ),
    (
        131_050,
        400,
        "User has stopped receiving marketing messages from this business",
    ),
    (131_051, 400, "Unsupported message type"),
    (131_053, 400, "Media upload error"),
    (
        131_056,
        400,
        "(Business Account, Consumer Account) pair rate limit hit",
    ),
    (
        131_062,
        400,
        "Business-scoped User ID (BSUID) recipients are not supported for this message.",
    ),
    (131_064, 400, "Messaging limit reached"),
    (
        132_000,
        400,
        "Number of parameters does not match the expected number of params",
    ),
    (
        132_001,
        404,
        "Template name does not exist in the translation",
    ),
    (132_005, 400, "Translated text too long"),
    (
        132_012,
        400,
        "Parameter format does not match format in the created template",
    ),
    (132_015, 400, "Template is paused"),
    (132_016, 400, "Template is disabled"),
    (133_010, 400, "Account not registered"),
    (135_000, 400, "Generic user error"),
    (137_000, 400, "Recipient identity key hash does not match"),
    // Graph's own, from memory of its answers; not in the fact sheet.
    (2_200, 400, "Callback verification failed"),
];

/// Returns the HTTP status of a code.
pub(super) fn http(code: i64) -> u16 {
    CODES
        .iter()
        .find(|known| known.0 == code)
        .map_or(400, |known| known.1)
}

/// Returns the title of a code, as webhooks carry it.
pub(crate) fn title(code: i64) -> &'static str {
    CODES
        .iter()
        .find(|known| known.0 == code)
        .map_or("Unknown error", |known| known.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_stands_once() {
        let mut codes: Vec<_> = CODES.iter().map(|known| known.0).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), CODES.len());
        assert_eq!(http(132_001), 404);
        assert_eq!(title(131_026), "Message undeliverable");
    }
}
