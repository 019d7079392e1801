//! How a change is written: safe to repeat, since an answer can be lost.

use serde_json::{Map, Value};

use super::reconcile::{live as as_live, undeclared, waba_id};
use super::{compare, content, media};
use crate::meta;
use crate::resource::{Desired, Error, FieldChange, Intent, Live, Writer, Written};

/// Fields that are sent beside the components.
const TOP_LEVEL: [&str; 2] = ["category", "message_send_ttl_seconds"];
/// What a template is after it was made or edited: an edit goes back to review.
const IN_REVIEW: &str = "PENDING";
/// Meta's subcodes for "the name is held" and "exists in this language".
const EXISTS: [i64; 2] = [2_388_023, 2_388_024];

pub(super) async fn write(
    intent: Intent,
    desired: Option<&Desired>,
    last: Option<&Value>,
    live: Option<&Live>,
    writer: &Writer<'_>,
) -> Result<Option<Written>, Error> {
    match (intent, desired, live) {
        (Intent::Create, Some(desired), _) => create(desired, writer).await.map(Some),
        (Intent::Update, Some(desired), Some(live)) => {
            edit(desired, last, live, writer).await.map(Some)
        }
        (Intent::Delete, _, Some(live)) => delete(live, writer).await.map(|()| None),
        (intent, _, _) => Err(Error::Unexpected(format!(
            "a template takes no {intent:?} here"
        ))),
    }
}

async fn create(desired: &Desired, writer: &Writer<'_>) -> Result<Written, Error> {
    let waba = waba_of(writer).ok_or_else(|| undeclared(writer.account))?;
    let handle = upload(desired, writer).await?;
    let body = content::create_body(&desired.content, handle.as_deref());
    match writer.graph.create_template(waba, &body).await {
        Ok(created) => Ok(written(created.id, desired, &created.status)),
        // An earlier attempt whose answer was lost may have made it: what is equal is taken, not made twice.
        Err(error) if may_exist(&error) => match find(desired, waba, writer).await? {
            Some(live) if compare::changes(&desired.content, None, &live).is_empty() => {
                Ok(written(live.id.clone(), desired, status(&live)))
            }
            _ => Err(error.into()),
        },
        Err(error) => Err(error.into()),
    }
}

fn written(id: String, desired: &Desired, status: &str) -> Written {
    let live = Live {
        account: desired.account.clone(),
        key: desired.key.clone(),
        id: id.clone(),
        content: desired.content.clone(),
        facts: serde_json::json!({ "status": status.to_uppercase() }),
    };
    Written {
        id,
        content: desired.content.clone(),
        live: Some(live),
    }
}

fn status(live: &Live) -> &str {
    live.facts["status"].as_str().unwrap_or(IN_REVIEW)
}

fn may_exist(error: &meta::Error) -> bool {
    match error {
        meta::Error::Graph { error, .. } => {
            error
                .subcode
                .is_some_and(|subcode| EXISTS.contains(&subcode))
                || is_passing(error)
        }
        other => other.is_ambiguous(),
    }
}

/// Tells whether an error leaves open what became of the request.
fn is_passing(error: &meta::GraphError) -> bool {
    matches!(error.class, meta::Class::Temporary | meta::Class::Uncertain)
}

async fn find(desired: &Desired, waba: &str, writer: &Writer<'_>) -> Result<Option<Live>, Error> {
    let templates = writer.reader.templates(waba).await?;
    Ok(templates
        .iter()
        .filter_map(|template| as_live(writer.account, template))
        .find(|live| live.key == desired.key))
}

/// Uploads the sample of a media header and returns its handle.
async fn upload(desired: &Desired, writer: &Writer<'_>) -> Result<Option<String>, Error> {
    let Some(planned) = content::sample(&desired.content) else {
        return Ok(None);
    };
    let language = desired.address.index.as_deref().unwrap_or_default();
    let loaded = media::load(writer.project, &desired.address.name, language)
        .await?
        .filter(|loaded| loaded.sample.sha256 == planned.sha256)
        .ok_or_else(|| {
            Error::Unexpected(format!(
                "{} has changed since the plan was made: plan again",
                planned.file
            ))
        })?;
    let app_id = match writer.graph.app_id() {
        Some(app_id) => app_id.to_owned(),
        None => writer.reader.token().await?.app_id,
    };
    let handle = writer
        .graph
        .upload(&app_id, &loaded.name, loaded.media_type, loaded.bytes)
        .await?;
    Ok(Some(handle))
}

async fn edit(
    desired: &Desired,
    last: Option<&Value>,
    live: &Live,
    writer: &Writer<'_>,
) -> Result<Written, Error> {
    let changes = compare::changes(&desired.content, last, live);
    let in_components = changes
        .iter()
        .any(|change| !TOP_LEVEL.contains(&change.field.as_str()));
    // A list of components replaces the whole of the old one, its sample included.
    let handle = if in_components {
        upload(desired, writer).await?
    } else {
        None
    };
    let body = edit_body(&desired.content, &changes, in_components, handle.as_deref());
    match writer.graph.edit_template(&live.id, &body).await {
        Ok(()) => Ok(written(live.id.clone(), desired, IN_REVIEW)),
        Err(error) => {
            let open = match &error {
                meta::Error::Graph { error, .. } => is_passing(error),
                other => other.is_ambiguous(),
            };
            if open && edited(desired, last, live, writer).await {
                return Ok(written(live.id.clone(), desired, IN_REVIEW));
            }
            Err(error.into())
        }
    }
}

/// Asks whether an edit without an answer has been made after all. What cannot be seen (a sample) counts as not made:
/// the edit is then repeated in the next run.
async fn edited(
    desired: &Desired,
    last: Option<&Value>,
    before: &Live,
    writer: &Writer<'_>,
) -> bool {
    let Ok(template) = writer.reader.template(&before.id).await else {
        return false;
    };
    as_live(writer.account, &template)
        .is_some_and(|live| compare::changes(&desired.content, last, &live).is_empty())
}

fn edit_body(
    content: &Value,
    changes: &[FieldChange],
    in_components: bool,
    handle: Option<&str>,
) -> Value {
    let whole = content::create_body(content, handle);
    let mut body = Map::new();
    for change in changes {
        if TOP_LEVEL.contains(&change.field.as_str())
            && let Some(value) = &change.after
        {
            body.insert(change.field.clone(), value.clone());
        }
    }
    if in_components {
        for key in ["parameter_format", "components"] {
            if let Some(value) = whole.get(key) {
                body.insert(key.to_owned(), value.clone());
            }
        }
    }
    body.into()
}

async fn delete(live: &Live, writer: &Writer<'_>) -> Result<(), Error> {
    let waba = waba_of(writer).ok_or_else(|| undeclared(writer.account))?;
    let name = live.content["name"].as_str().unwrap_or_default();
    let Err(error) = writer
        .graph
        .delete_template(waba, name, Some(&live.id))
        .await
    else {
        return Ok(());
    };
    // Gone already, or gone without an answer.
    let left = writer.reader.templates(waba).await?;
    let is_left = left
        .iter()
        .filter_map(|template| as_live(writer.account, template))
        .any(|other| other.id == live.id);
    if is_left { Err(error.into()) } else { Ok(()) }
}

fn waba_of<'a>(writer: &Writer<'a>) -> Option<&'a str> {
    waba_id(writer.project, writer.account)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::resource::template::testing::{ORDER_UPDATE, at_meta, desired, live, sound};

    /// Returns what is sent where the declaration has become `desired` since `last` was applied.
    fn sent(desired: &Value, last: &Value) -> Value {
        let live = live(&at_meta(last, "REJECTED"));
        let changes = compare::changes(desired, Some(last), &live);
        let in_components = changes
            .iter()
            .any(|change| !TOP_LEVEL.contains(&change.field.as_str()));
        edit_body(desired, &changes, in_components, None)
    }

    #[test]
    fn an_edit_sends_what_has_changed_and_components_as_a_whole() {
        let project = sound(ORDER_UPDATE);
        let last = desired(&project).remove(0).content;
        let mut changed = last.clone();
        changed["category"] = "MARKETING".into();
        assert_eq!(sent(&changed, &last), json!({ "category": "MARKETING" }));
        changed["components"][2]["text"] = "Bye".into();
        assert_eq!(
            sent(&changed, &last),
            json!({
                "category": "MARKETING",
                "parameter_format": "NAMED",
                "components": changed["components"],
            })
        );
        let mut timed = last.clone();
        timed["message_send_ttl_seconds"] = 60.into();
        assert_eq!(
            sent(&timed, &last),
            json!({ "message_send_ttl_seconds": 60 })
        );
        assert_eq!(
            sent(&last, &timed),
            json!({ "message_send_ttl_seconds": -1 })
        );
        assert_eq!(sent(&last, &last), json!({}));
    }
}
