//! Meta's numbers for session messages, each once, with where it was read and when. Lengths are counted in characters.

/// "Send messages", May 2026.
pub(super) const TEXT: usize = 4096;
/// The body of every interactive message, and a file's caption. pywa 4.4.0, August 2026.
pub(super) const BODY: usize = 1024;
/// pywa 4.4.0, August 2026.
pub(super) const HEADER: usize = 60;
/// pywa 4.4.0, August 2026.
pub(super) const FOOTER: usize = 60;
/// "Interactive reply buttons", May 2026.
pub(super) const BUTTONS: usize = 3;
/// "Interactive reply buttons", May 2026.
pub(super) const BUTTON_ID: usize = 256;
/// Of a reply button, of a list's button and of a link's. "Interactive messages", May 2026.
pub(super) const BUTTON_TITLE: usize = 20;
/// "Interactive lists", May 2026.
pub(super) const SECTIONS: usize = 10;
/// In all sections together. "Interactive lists", May 2026.
pub(super) const ROWS: usize = 10;
/// "Interactive lists", May 2026.
pub(super) const SECTION_TITLE: usize = 24;
/// "Interactive lists", May 2026.
pub(super) const ROW_ID: usize = 200;
/// "Interactive lists", May 2026.
pub(super) const ROW_TITLE: usize = 24;
/// "Interactive lists", May 2026.
pub(super) const ROW_DESCRIPTION: usize = 72;
/// In all sections together. "Multi-product messages", May 2026.
pub(super) const PRODUCTS: usize = 30;
/// Not published for session messages; that of a template's link. "Template components", September 2026.
pub(super) const URL: usize = 2000;
/// Not published by Meta: longer names and ids are taken for slips.
pub(super) const NAME: usize = 256;
