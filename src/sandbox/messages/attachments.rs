//! The media ids that a message names: whether they exist, and whether they are of the kind that the message says.
//!
//! Links are not looked at here; Meta fetches them after it has answered.

use jiff::Timestamp;
use serde_json::Value;

use crate::sandbox::graph::GraphError;
use crate::sandbox::media::{Kind, Media};
use crate::sandbox::world::World;

/// Where a number's media are looked up.
///
/// A number may only send what was uploaded for it: Meta's media page is silent, AWS's on the same endpoint says so
/// (`PostWhatsAppMessageMedia`).
pub(super) struct Attachments<'a> {
    pub world: &'a World,
    pub phone: &'a str,
    pub now: Timestamp,
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

impl Attachments<'_> {
    /// Checks the components of a template message, those of a carousel's cards among them.
    pub(super) fn check(&self, components: &Value, path: &str) -> Result<(), GraphError> {
        for (index, component) in items(components).iter().enumerate() {
            for (at, parameter) in items(&component["parameters"]).iter().enumerate() {
                for (name, kind) in Kind::NAMES {
                    let path = format!("{path}[{index}]['parameters'][{at}]['{name}']");
                    match self.find(&parameter[name], &path)? {
                        Some(media) if media.kind != kind => return Err(mismatch(kind, media)),
                        _ => {}
                    }
                }
            }
            for (at, card) in items(&component["cards"]).iter().enumerate() {
                let path = format!("{path}[{index}]['cards'][{at}]['components']");
                self.check(&card["components"], &path)?;
            }
        }
        Ok(())
    }

    /// Returns what the `id` in `object` names, where it has one.
    pub(super) fn find(&self, object: &Value, path: &str) -> Result<Option<&Media>, GraphError> {
        let id = match &object["id"] {
            Value::Null => return Ok(None),
            Value::String(id) => id.clone(),
            id => id.to_string(),
        };
        let media = self.world.media_for(self.phone, &id, self.now);
        media.map(Some).ok_or_else(|| {
            GraphError::invalid(format_args!(
                "Param {path}['id'] is not a valid whatsapp business account media attachment ID"
            ))
        })
    }
}

fn mismatch(expected: Kind, received: &Media) -> GraphError {
    let upper = |kind: Kind| kind.name().to_uppercase();
    GraphError::message(
        132_012,
        format!(
            "header: Format mismatch, expected {}, received {}",
            upper(expected),
            upper(received.kind)
        ),
    )
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_cards_of_a_carousel_are_looked_through() {
        let now = Timestamp::UNIX_EPOCH;
        let media = Media {
            id: 5,
            phone: "7".into(),
            media_type: "image/png".into(),
            kind: Kind::Image,
            bytes: 1,
            sha256: String::new(),
            uploaded_at: now,
            expires_at: now + 1.hour(),
        };
        let mut world = World::default();
        world.media.insert(media.id, media);
        let attachments = Attachments {
            world: &world,
            phone: "7",
            now,
        };
        let said = |id: &str, kind: &str| {
            let card = |id: &str, kind: &str| {
                let parameter = json!({"type": kind, kind: {"id": id}});
                json!({"components": [{"type": "header", "parameters": [parameter]}]})
            };
            let cards = [card("5", "image"), card(id, kind)];
            let components = json!([{"type": "body"}, {"type": "carousel", "cards": cards}]);
            let refused = attachments.check(&components, "c").err();
            refused.map(|error| error.body("")["error"].clone())
        };
        assert_eq!(said("5", "image"), None);
        assert_eq!(said("5", "video").unwrap()["code"], 132_012);
        assert_eq!(
            said("6", "image").unwrap()["message"],
            "(#100) Param c[1]['cards'][1]['components'][0]['parameters'][0]['image']['id'] is not a valid whatsapp \
             business account media attachment ID"
        );
    }
}
