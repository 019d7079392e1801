//! The codes of template and number management, which arrive as subcodes of 100.

use super::row::{Row, management};

const HANDSHAKE: &str = "Start `waform serve` first, with the same verify_token: Meta calls the url at once and wants its challenge back. The url must reach it from the internet over HTTPS, with a certificate that is not self-signed.";

pub(super) const ROWS: &[Row] = &[
    management(2200, 2200, "the callback did not answer Meta's challenge").advice(HANDSHAKE),
    management(2_388_001, 2_388_001, "the number cannot be migrated"),
    management(2_388_012, 2_388_012, "the number exists already"),
    management(
        2_388_019,
        2_388_019,
        "the account has as many templates as it may have",
    )
    .advice(
        "Delete templates that are no longer used (each language counts), or verify the business.",
    ),
    management(
        2_388_023,
        2_388_023,
        "the name is held by a deleted template",
    )
    .advice(
        "The name of a deleted template stays locked for 30 days: use another name, such as one ending in _v2.",
    ),
    management(
        2_388_024,
        2_388_024,
        "a template of this name and language exists",
    )
    .advice("Plan again: the existing template will be adopted."),
    management(
        2_388_039,
        2_388_039,
        "the template's status does not allow this change",
    )
    .advice("Only approved, rejected and paused templates can be edited."),
    management(2_388_040, 2_388_040, "a text is too long"),
    management(
        2_388_043,
        2_388_043,
        "an example is missing, or the name exists",
    ),
    management(
        2_388_046,
        2_388_046,
        "the name has characters that are not allowed",
    )
    .advice("Names are lower-case letters, digits and underscores."),
    management(
        2_388_047,
        2_388_047,
        "the header's format is not allowed",
    )
    .advice("A text header has at most 60 characters and one variable, without line breaks, emoji or markup."),
    management(2_388_072, 2_388_072, "the body's format is not allowed"),
    management(2_388_073, 2_388_073, "the footer's format is not allowed"),
    management(
        2_388_091,
        2_388_091,
        "the number is not eligible for a code",
    ),
    management(
        2_388_093,
        2_388_093,
        "the number is not eligible for a code",
    ),
    management(2_388_103, 2_388_103, "the number cannot be migrated"),
    management(
        2_388_155,
        2_388_155,
        "the name is that of one of Meta's sample templates",
    )
    .advice("Use another name."),
    management(
        2_388_293,
        2_388_293,
        "there are too many variables for the length of the text",
    )
    .advice("Write more words around the variables, or use fewer of them."),
    management(
        2_388_299,
        2_388_299,
        "a variable stands at the start or the end of the text",
    )
    .advice("Put words before the first and after the last variable."),
    management(
        2_494_100,
        2_494_100,
        "the account is being migrated",
    )
    .advice("Try again in some minutes."),
    management(
        2_494_164,
        2_494_179,
        "an in-app sign-up refused the request",
    ),
    management(
        2_593_079,
        2_593_108,
        "an account that is shared with a partner or a phone does not allow this",
    ),
];
