//! What a contact answered to a campaign, as it stands beside the contact.

use rusqlite::Row;

use super::codes::At;
use crate::store::CampaignAnswer;

/// Joins the answer of the member `m` as `w`: the first valid one, a late one only where there is no other.
pub(super) const JOIN: &str = "
    LEFT JOIN answer w ON w.campaign = m.campaign AND w.contact = m.contact AND NOT EXISTS (
        SELECT 1 FROM answer o WHERE o.campaign = w.campaign AND o.contact = w.contact
          AND (o.kind = 2, o.at, o.message_id) < (w.kind = 2, w.at, w.message_id))";

/// The columns that [`read`] reads, in their order.
pub(super) const COLUMNS: &str = "w.kind, w.at, w.option, w.text";

/// Reads [`COLUMNS`], the first of which is `first`.
pub(super) fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<CampaignAnswer>> {
    let Some(kind) = row.get(first)? else {
        return Ok(None);
    };
    let At(at) = row.get(first + 1)?;
    Ok(Some(CampaignAnswer {
        at,
        kind,
        option: row.get(first + 2)?,
        text: row.get(first + 3)?,
    }))
}
