//! The body of a template message.

use serde_json::{Map, Value, json};

use crate::store::Claim;

/// The key under which the variables name a media file by its content, where Meta wants an `id`.
const PLACEHOLDER: &str = "media";

/// A media file that has no id at Meta.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the media file {0} is not uploaded for this number")]
pub(super) struct MissingMedia(pub String);

/// Builds the request's body. The language policy is the only one that Meta has.
pub(super) fn body(
    template: &str,
    claim: &Claim,
    media: &dyn Fn(&str) -> Option<String>,
) -> Result<Value, MissingMedia> {
    let mut content = json!({
        "name": template,
        "language": { "code": claim.language, "policy": "deterministic" },
    });
    let components = resolved(&claim.variables, media)?;
    if components.as_array().is_some_and(|list| !list.is_empty()) {
        content["components"] = components;
    }
    Ok(json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": with_plus(&claim.phone),
        "type": "template",
        "template": content,
        "biz_opaque_callback_data": claim.tag,
    }))
}

/// Without its plus, Meta reads a number as one of the sender's own country.
fn with_plus(phone: &str) -> String {
    if phone.starts_with('+') {
        phone.to_owned()
    } else {
        format!("+{phone}")
    }
}

/// Copies `value` with every `{"media": "sha256:…", …}` turned into `{"id": "…", …}`.
fn resolved(value: &Value, media: &dyn Fn(&str) -> Option<String>) -> Result<Value, MissingMedia> {
    match value {
        Value::Array(items) => items.iter().map(|item| resolved(item, media)).collect(),
        Value::Object(fields) => {
            let mut copy = Map::new();
            for (key, field) in fields {
                match field {
                    Value::String(digest) if key == PLACEHOLDER => {
                        let id = media(digest).ok_or_else(|| MissingMedia(digest.clone()))?;
                        copy.insert("id".to_owned(), Value::String(id));
                    }
                    _ => {
                        copy.insert(key.clone(), resolved(field, media)?);
                    }
                }
            }
            Ok(Value::Object(copy))
        }
        plain => Ok(plain.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(variables: Value) -> Claim {
        Claim {
            attempt_id: "00ff".to_owned(),
            tag: "00ff".to_owned(),
            phone: "+37255501234".to_owned(),
            language: "en_US".to_owned(),
            variables,
            attempt: 1,
            counted: 1,
        }
    }

    #[test]
    fn the_body_is_what_meta_documents() {
        let components = json!([
            { "type": "body", "parameters": [
                { "type": "text", "parameter_name": "first_name", "text": "Ana" }
            ] }
        ]);
        let body = body("order_update", &claim(components.clone()), &|_| None).unwrap();
        let expected = json!({
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": "+37255501234",
            "type": "template",
            "template": {
                "name": "order_update",
                "language": { "code": "en_US", "policy": "deterministic" },
                "components": components,
            },
            "biz_opaque_callback_data": "00ff",
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn without_variables_there_are_no_components() {
        for empty in [json!([]), Value::Null] {
            let body = body("hello", &claim(empty), &|_| None).unwrap();
            assert_eq!(body["template"].get("components"), None);
        }
    }

    #[test]
    fn a_number_is_never_sent_without_its_plus() {
        let mut claim = claim(json!([]));
        claim.phone = "37255501234".to_owned();
        let body = body("hello", &claim, &|_| None).unwrap();
        assert_eq!(body["to"], "+37255501234");
    }

    #[test]
    fn media_placeholders_become_ids_and_keep_their_neighbours() {
        let variables = json!([{ "type": "header", "parameters": [
            { "type": "document", "document": { "media": "sha256:ab", "filename": "terms.pdf" } }
        ] }]);
        let media = |digest: &str| (digest == "sha256:ab").then(|| "987".to_owned());
        let body = body("terms", &claim(variables), &media).unwrap();
        assert_eq!(
            body["template"]["components"][0]["parameters"][0]["document"],
            json!({ "id": "987", "filename": "terms.pdf" })
        );
    }

    #[test]
    fn a_media_file_that_is_not_uploaded_is_named() {
        let variables = json!([{ "type": "header", "parameters": [
            { "type": "image", "image": { "media": "sha256:cd" } }
        ] }]);
        assert_eq!(
            body("sale", &claim(variables), &|_| None),
            Err(MissingMedia("sha256:cd".to_owned()))
        );
    }
}
