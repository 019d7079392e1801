//! Reading templates: `GET /{TEMPLATE}` and `GET /{WABA}/message_templates`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::sandbox::core::Turn;
use crate::sandbox::graph::{Fields, GraphError, NodeType, page};
use crate::sandbox::http::{Call, Reply};
use crate::sandbox::nodes;
use crate::sandbox::random::{mix, mix_text};
use crate::sandbox::world::{Status, Template};

const TEMPLATE: NodeType = NodeType {
    name: "WhatsAppMessageTemplate",
    default: &[
        "name",
        "previous_category",
        "parameter_format",
        "components",
        "language",
        "status",
        "category",
        "sub_category",
        "id",
    ],
    known: &[
        "id",
        "name",
        "language",
        "category",
        "correct_category",
        "previous_category",
        "sub_category",
        "status",
        "components",
        "parameter_format",
        "rejected_reason",
        "quality_score",
        "last_updated_time",
        "message_send_ttl_seconds",
        "source",
        "library_template_name",
        "health_status",
        "cta_url_link_tracking_opted_out",
        "display_format",
        "is_primary_device_delivery_only",
        "is_sms_fallback_enabled",
    ],
};

/// How long a sample's address is good for.
const SAMPLE_DAYS: i64 = 14;

/// Shows a component as Meta answers it: a sample's handle has become an address that expires.
fn shown(component: &Value, template: &Template, now_seconds: i64) -> Value {
    let mut component = component.clone();
    if let Some(handles) = component
        .pointer_mut("/example/header_handle")
        .and_then(Value::as_array_mut)
    {
        for handle in handles {
            let hash = mix_text(template.id, handle.as_str().unwrap_or_default());
            // Another address every hour, as every reading of Meta's gives another.
            let hour = now_seconds.div_euclid(3600);
            let (signature, expiry) = (
                mix(hash, hour.unsigned_abs()),
                (hour + SAMPLE_DAYS * 24) * 3600,
            );
            // A name that can never be resolved: no request leaves the machine because of it.
            *handle = format!(
                "https://scontent.sandbox.invalid/v/t61.29466-34/{hash:016x}?ccb=1-7&oh={signature:016x}&oe={expiry:08X}"
            )
            .into();
        }
    }
    if let Some(cards) = component.get_mut("cards").and_then(Value::as_array_mut) {
        for part in cards
            .iter_mut()
            .filter_map(|card| card.get_mut("components")?.as_array_mut())
            .flatten()
        {
            *part = shown(part, template, now_seconds);
        }
    }
    component
}

/// Everything about a template that can be read, by field; costly fields only when asked for.
fn full(turn: &Turn<'_>, template: &Template, fields: &Fields) -> Map<String, Value> {
    let now = turn.now.as_second();
    let components: Vec<Value> = template
        .components
        .iter()
        .map(|part| shown(part, template, now))
        .collect();
    let health = fields
        .names("health_status")
        .then(|| nodes::template_health(turn, template));
    let quality = template.quality_score.as_ref().map_or_else(
        || json!({"score": "UNKNOWN", "date": template.created_at.as_second()}),
        |quality| json!({"score": quality.score, "date": quality.date}),
    );
    let Value::Object(map) = json!({
        "id": template.id.to_string(),
        "name": template.name,
        "language": template.language,
        "category": template.category,
        "correct_category": template.correct_category,
        "previous_category": template.previous_category,
        "sub_category": template.sub_category,
        "status": template.status,
        "components": components,
        "parameter_format": template.parameter_format,
        "rejected_reason": template.rejected_reason,
        "quality_score": quality,
        "last_updated_time": template.updated_at.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string(),
        "message_send_ttl_seconds": template.message_send_ttl_seconds,
        "source": "manual",
        "health_status": health,
        "cta_url_link_tracking_opted_out": template.cta_url_link_tracking_opted_out,
        "is_primary_device_delivery_only": false,
    }) else {
        return Map::new();
    };
    map
}

/// Everything about a template, for whoever looks behind the scenes.
pub(crate) fn node_value(turn: &Turn<'_>, template: &Template) -> Value {
    let mut map = full(turn, template, &Fields::default());
    map.insert("waba_id".into(), template.waba.as_str().into());
    map.insert(
        "recommendation".into(),
        template.recommendation.as_deref().into(),
    );
    map.insert("edits".into(), json!(template.edits));
    map.insert("timer".into(), json!(template.timer));
    Value::Object(map)
}

fn fields(call: &Call) -> Result<Fields, GraphError> {
    let fields = Fields::parse(&call.text("fields").unwrap_or_default())?;
    fields.check(&TEMPLATE)?;
    Ok(fields)
}

/// `GET /{TEMPLATE}`.
pub(crate) fn node(turn: &mut Turn<'_>, call: &Call, id: u64) -> Result<Reply, GraphError> {
    let fields = fields(call)?;
    let template = turn
        .world
        .templates
        .get(&id)
        .ok_or_else(|| GraphError::unsupported("get", &id.to_string()))?;
    Ok(Reply::json(
        fields.project(&full(turn, template, &fields), &TEMPLATE),
    ))
}

/// Which templates are listed.
struct Filter {
    texts: Vec<(&'static str, String)>,
    enums: Vec<(&'static str, Vec<String>)>,
    since: Option<i64>,
    until: Option<i64>,
}

impl Filter {
    fn read(call: &Call) -> Result<Self, GraphError> {
        let texts = ["name", "content", "name_or_content", "source"];
        let texts = texts
            .into_iter()
            .filter_map(|name| Some((name, call.text(name)?.to_lowercase())));
        let upper = |list: Vec<String>| {
            list.into_iter()
                .map(|item| item.to_uppercase())
                .collect::<Vec<_>>()
        };
        let enums = ["status", "category", "quality_score", "language"];
        let enums = enums
            .into_iter()
            .map(|name| (name, upper(call.list(name))))
            .filter(|(_, list)| !list.is_empty());
        let time = |name: &str| match call.text(name) {
            None => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|_| {
                GraphError::invalid(format_args!("Param {name} must be a Unix timestamp"))
            }),
        };
        Ok(Self {
            texts: texts.collect(),
            enums: enums.collect(),
            since: time("since")?,
            until: time("until")?,
        })
    }

    fn takes(&self, template: &Template) -> bool {
        let content = || {
            let texts = template
                .components
                .iter()
                .filter_map(|part| part["text"].as_str());
            texts.collect::<Vec<_>>().join("\n").to_lowercase()
        };
        let text = |(name, wanted): &(&str, String)| match *name {
            "name" => template.name.contains(wanted.as_str()),
            "content" => content().contains(wanted.as_str()),
            "source" => wanted == "manual",
            _ => template.name.contains(wanted.as_str()) || content().contains(wanted.as_str()),
        };
        let shown = |value: Value| value.as_str().unwrap_or_default().to_uppercase();
        let enumerated = |(name, wanted): &(&str, Vec<String>)| {
            let own = match *name {
                "status" => shown(json!(template.status)),
                "category" => shown(json!(template.category)),
                "language" => template.language.to_uppercase(),
                _ => template
                    .quality_score
                    .as_ref()
                    .map_or("UNKNOWN".into(), |quality| shown(json!(quality.score))),
            };
            wanted.contains(&own)
        };
        let updated = template.updated_at.as_second();
        self.texts.iter().all(text)
            && self.enums.iter().all(enumerated)
            && self.since.is_none_or(|since| updated >= since)
            && self.until.is_none_or(|until| updated <= until)
    }
}

/// `GET /{WABA}/message_templates`.
pub(crate) fn list(turn: &mut Turn<'_>, call: &Call, waba: &str) -> Result<Reply, GraphError> {
    let fields = fields(call)?;
    let filter = Filter::read(call)?;
    let (shuffle, order) = turn.list_order();
    // Newest first. Mixing is one-to-one, so that no two templates share a place.
    let place = |order: u64, template: &&Template| {
        if shuffle {
            mix(order, template.number)
        } else {
            u64::MAX - template.number
        }
    };
    let listed = turn
        .world
        .templates_of(waba)
        .filter(|template| filter.takes(template));
    let page = page(call, turn.core.base_url(), order, listed, place)?;
    let data: Vec<Value> = page
        .items
        .iter()
        .map(|template| fields.project(&full(turn, template, &fields), &TEMPLATE))
        .collect();
    let mut body = json!({"data": data});
    if let Some(paging) = page.paging {
        body["paging"] = paging;
    }
    let wanted = call.list("summary");
    if !wanted.is_empty() {
        let total = turn
            .world
            .templates_of(waba)
            .filter(|template| filter.takes(template))
            .count();
        body["summary"] = summary(turn, waba, &wanted, total)?;
    }
    Ok(Reply::json(body))
}

fn summary(
    turn: &Turn<'_>,
    waba: &str,
    wanted: &[String],
    total: usize,
) -> Result<Value, GraphError> {
    let mut summary = Map::new();
    for name in wanted {
        let value = match name.as_str() {
            "total_count" | "true" => json!(total),
            "message_template_count" => json!(turn.world.templates_of(waba).count()),
            "message_template_limit" => json!(turn.world.template_limit(waba)),
            "are_translations_complete" => json!(translations_complete(turn, waba)),
            name => {
                return Err(GraphError::invalid(format_args!(
                    "Unknown summary field {name}"
                )));
            }
        };
        summary.insert(
            if name == "true" {
                "total_count".into()
            } else {
                name.clone()
            },
            value,
        );
    }
    Ok(Value::Object(summary))
}

/// Whether each name has the same approved languages as the others.
fn translations_complete(turn: &Turn<'_>, waba: &str) -> bool {
    let mut languages: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for template in turn
        .world
        .templates_of(waba)
        .filter(|template| template.status == Status::Approved)
    {
        languages
            .entry(&template.name)
            .or_default()
            .push(&template.language);
    }
    let mut sets = languages.into_values().map(|mut set| {
        set.sort_unstable();
        set
    });
    let first = sets.next();
    sets.all(|set| Some(&set) == first.as_ref())
}

impl Turn<'_> {
    /// How a list that starts now is ordered: whether at random, and by which order.
    pub(crate) fn list_order(&mut self) -> (bool, u64) {
        let shuffle = self.world.behaviour.shuffle_lists;
        if shuffle {
            self.world.shuffle += 1;
        }
        (shuffle, self.world.shuffle)
    }
}
