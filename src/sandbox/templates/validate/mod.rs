//! Meta's rules for a template's content, checked when it is created or edited.
//!
//! What only the review finds (adjacent variables, duplicates) is not here. Carousels, limited-time offers and
//! authentication templates are taken with a light check of their parts.

mod buttons;
mod text;

use serde_json::{Map, Value, json};

use crate::sandbox::core::Turn;
use crate::sandbox::graph::GraphError;
use crate::sandbox::http::Call;
use crate::sandbox::world::{Category, Template};

/// Characters in each part (template components page, Sep 2026).
const HEADER_LIMIT: usize = 60;
const BODY_LIMIT: usize = 1024;
const FOOTER_LIMIT: usize = 60;

/// Component kinds that may stand at the top level.
const KINDS: [&str; 7] = [
    "HEADER",
    "BODY",
    "FOOTER",
    "BUTTONS",
    "CAROUSEL",
    "LIMITED_TIME_OFFER",
    "CALL_PERMISSION_REQUEST",
];

/// Cards in a carousel (template components page, Sep 2026).
const CARDS: std::ops::RangeInclusive<usize> = 2..=10;

/// Where a template stands while it is checked.
struct Context<'a> {
    turn: &'a Turn<'a>,
    category: Category,
    named: bool,
    /// The template that is edited, whose own samples stay good.
    current: Option<&'a Template>,
}

/// Reads the call's parameters, those that are JSON as JSON.
pub(super) fn with_json(call: &Call, names: &[&str]) -> Map<String, Value> {
    let mut params = call.params().clone();
    for name in names {
        if let Some(value) = call.json(name) {
            params.insert((*name).to_owned(), value);
        }
    }
    params
}

/// Reads the parameter format: POSITIONAL unless told otherwise.
pub(super) fn parameter_format(given: Option<String>) -> Result<String, GraphError> {
    let format = given.map_or_else(|| "POSITIONAL".into(), |format| format.to_uppercase());
    if matches!(format.as_str(), "POSITIONAL" | "NAMED") {
        return Ok(format);
    }
    Err(GraphError::invalid(format_args!(
        "Param parameter_format must be one of {{POSITIONAL, NAMED}} - got \"{format}\"."
    )))
}

/// Reads the time to live: authentication 30 to 900 s, utility 30 to 43200 s, marketing 12 h to 30 days; -1 is 30 days
/// for the first two (time-to-live page, Sep 2026).
pub(super) fn ttl(given: Option<&Value>, category: Category) -> Result<Option<i64>, GraphError> {
    let given = match given {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.parse().ok(),
        Some(value) => value.as_i64(),
    };
    let range = match category {
        Category::Authentication => 30..=900,
        Category::Utility => 30..=43_200,
        Category::Marketing => 43_200..=2_592_000,
    };
    match given {
        Some(-1) if category != Category::Marketing => Ok(Some(-1)),
        Some(ttl) if range.contains(&ttl) => Ok(Some(ttl)),
        _ => Err(GraphError::template(
            0,
            "Invalid time to live",
            format!(
                "message_send_ttl_seconds must be between {} and {} for this category.",
                range.start(),
                range.end()
            ),
        )),
    }
}

/// Checks the components of a new template.
pub(super) fn components(
    turn: &Turn<'_>,
    given: Option<&Value>,
    category: Category,
    format: &str,
) -> Result<Vec<Value>, GraphError> {
    components_of(turn, given, category, format, None)
}

/// Checks components and returns them as Meta keeps them: types and formats in upper case, examples as lists.
pub(super) fn components_of(
    turn: &Turn<'_>,
    given: Option<&Value>,
    category: Category,
    format: &str,
    current: Option<&Template>,
) -> Result<Vec<Value>, GraphError> {
    let Some(Value::Array(given)) = given else {
        return Err(GraphError::invalid(
            "The parameter components is required and must be a list.",
        ));
    };
    let context = Context {
        turn,
        category,
        named: format == "NAMED",
        current,
    };
    let mut kept = Vec::with_capacity(given.len());
    let mut kinds: Vec<String> = Vec::new();
    for (index, component) in given.iter().enumerate() {
        let Value::Object(component) = component else {
            return Err(GraphError::invalid(format_args!(
                "Param components[{index}] must be an object."
            )));
        };
        let component = check(&context, component, index)?;
        let kind = component["type"].as_str().unwrap_or_default().to_owned();
        if kinds.contains(&kind) {
            return Err(GraphError::invalid(format_args!(
                "components has more than one component of type {kind}"
            )));
        }
        kinds.push(kind);
        kept.push(component);
    }
    let has = |kind: &str| kinds.iter().any(|own| own == kind);
    if !has("BODY") {
        return Err(text::bad_body("A template needs a component of type BODY."));
    }
    if has("LIMITED_TIME_OFFER") && (has("FOOTER") || category != Category::Marketing) {
        return Err(GraphError::invalid(
            "LIMITED_TIME_OFFER is for marketing templates without a footer",
        ));
    }
    if has("CAROUSEL") && (has("HEADER") || has("FOOTER") || category != Category::Marketing) {
        return Err(GraphError::invalid(
            "CAROUSEL is for marketing templates without header and footer",
        ));
    }
    // As Meta shows them, whatever the order in which they were sent.
    kept.sort_by_key(|component| KINDS.iter().position(|kind| component["type"] == *kind));
    Ok(kept)
}

fn check(
    context: &Context<'_>,
    component: &Map<String, Value>,
    index: usize,
) -> Result<Value, GraphError> {
    let mut component = component.clone();
    let kind = component
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_uppercase();
    if !KINDS.contains(&kind.as_str()) {
        return Err(GraphError::invalid(format_args!(
            "Param components[{index}]['type'] must be one of {{{}}} - got \"{kind}\".",
            KINDS.join(", ")
        )));
    }
    let allowed: &[&str] = match kind.as_str() {
        "HEADER" => &["type", "format", "text", "example"],
        "BODY" => &["type", "text", "example", "add_security_recommendation"],
        "FOOTER" => &["type", "text", "code_expiration_minutes"],
        "BUTTONS" => &["type", "buttons"],
        "CAROUSEL" => &["type", "cards"],
        "LIMITED_TIME_OFFER" => &["type", "limited_time_offer"],
        _ => &["type"],
    };
    if let Some(key) = component
        .keys()
        .find(|key| !allowed.contains(&key.as_str()))
    {
        return Err(GraphError::invalid(format_args!(
            "Unexpected key \"{key}\" on param \"components[{index}]\""
        )));
    }
    component.insert("type".into(), kind.as_str().into());
    match kind.as_str() {
        "HEADER" => header(context, &mut component)?,
        "BODY" => body(context, &mut component)?,
        "FOOTER" => footer(context, &mut component)?,
        "BUTTONS" => {
            let checked = buttons::check(component.get("buttons"), context.category)?;
            component.insert("buttons".into(), checked);
        }
        "CAROUSEL" => cards(context, &mut component)?,
        "LIMITED_TIME_OFFER" => {
            let offer = component
                .get("limited_time_offer")
                .and_then(|offer| offer["text"].as_str())
                .unwrap_or_default();
            // Template components page, Sep 2026.
            if offer.is_empty() || offer.chars().count() > 16 {
                return Err(text::too_long("limited_time_offer text", 16));
            }
        }
        _ => {}
    }
    Ok(Value::Object(component))
}

fn header(context: &Context<'_>, component: &mut Map<String, Value>) -> Result<(), GraphError> {
    let format = component
        .get("format")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_uppercase();
    component.insert("format".into(), format.as_str().into());
    match format.as_str() {
        "TEXT" => {
            let text = component
                .get("text")
                .and_then(Value::as_str)
                .unwrap_or_default();
            text::header(text, HEADER_LIMIT, context.named)?;
            text::examples(component, "header_text", context.named, text::bad_header)
        }
        "IMAGE" | "VIDEO" | "DOCUMENT" => media(context, component, &format),
        "LOCATION" if context.category != Category::Authentication => Ok(()),
        "PRODUCT" => Ok(()),
        format => Err(text::bad_header(format!(
            "A header's format cannot be \"{format}\" here."
        ))),
    }
}

/// The sample of a media header must come from a finished upload of the right type.
fn media(
    context: &Context<'_>,
    component: &Map<String, Value>,
    format: &str,
) -> Result<(), GraphError> {
    let handle = component
        .get("example")
        .and_then(|example| example.pointer("/header_handle/0"))
        .and_then(Value::as_str);
    let Some(handle) = handle else {
        return Err(text::missing_example(format!(
            "A header of format {format} needs a sample in example.header_handle."
        )));
    };
    let wanted: &[&str] = match format {
        "IMAGE" => &["image/jpeg", "image/jpg", "image/png"],
        "VIDEO" => &["video/mp4"],
        _ => &["application/pdf"],
    };
    let own = context.current.is_some_and(|template| {
        let used = template
            .components
            .iter()
            .filter_map(|part| part.pointer("/example/header_handle/0"));
        used.into_iter().any(|used| used == handle)
    });
    let upload = context
        .turn
        .world
        .uploads
        .values()
        .find(|upload| upload.handle.as_deref() == Some(handle));
    match upload {
        _ if own => Ok(()),
        Some(upload) if wanted.contains(&upload.file_type.as_str()) => Ok(()),
        Some(upload) => Err(GraphError::template(
            0,
            "Invalid media handle",
            format!(
                "The sample is of type {}, which does not fit a header of format {format}.",
                upload.file_type
            ),
        )),
        None => Err(GraphError::template(
            0,
            "Invalid media handle",
            "The sample's handle is unknown or has expired.",
        )),
    }
}

fn body(context: &Context<'_>, component: &mut Map<String, Value>) -> Result<(), GraphError> {
    if context.category == Category::Authentication {
        // The text is Meta's own, in the template's language; English stands for all of them here.
        let advice = component.get("add_security_recommendation") == Some(&Value::Bool(true));
        let advice = if advice {
            " For your security, do not share this code."
        } else {
            ""
        };
        component.insert(
            "text".into(),
            format!("*{{{{1}}}}* is your verification code.{advice}").into(),
        );
        component.insert("example".into(), json!({"body_text": [["123456"]]}));
        return Ok(());
    }
    let text = component
        .get("text")
        .and_then(Value::as_str)
        .unwrap_or_default();
    text::body(text, BODY_LIMIT, context.named)?;
    text::examples(component, "body_text", context.named, text::bad_body)
}

fn footer(context: &Context<'_>, component: &mut Map<String, Value>) -> Result<(), GraphError> {
    if context.category == Category::Authentication {
        let minutes = component
            .get("code_expiration_minutes")
            .and_then(Value::as_i64)
            .unwrap_or(10);
        // Template components page, Sep 2026.
        if !(1..=90).contains(&minutes) {
            return Err(text::bad_footer(
                "code_expiration_minutes must be between 1 and 90.",
            ));
        }
        component.insert(
            "text".into(),
            format!("This code expires in {minutes} minutes.").into(),
        );
        return Ok(());
    }
    text::footer(
        component
            .get("text")
            .and_then(Value::as_str)
            .unwrap_or_default(),
        FOOTER_LIMIT,
    )
}

fn cards(context: &Context<'_>, component: &mut Map<String, Value>) -> Result<(), GraphError> {
    let Some(cards) = component.get_mut("cards").and_then(Value::as_array_mut) else {
        return Err(GraphError::invalid("A carousel needs cards"));
    };
    if !CARDS.contains(&cards.len()) {
        return Err(GraphError::invalid("A carousel has 2 to 10 cards"));
    }
    let mut shapes = Vec::new();
    for card in cards {
        let Some(parts) = card.get_mut("components").and_then(Value::as_array_mut) else {
            return Err(GraphError::invalid("A card needs components"));
        };
        for (index, part) in parts.iter_mut().enumerate() {
            let Value::Object(object) = &*part else {
                return Err(GraphError::invalid("A card's components must be objects"));
            };
            *part = check(context, object, index)?;
        }
        let shape: Vec<String> = parts.iter().map(|part| part["type"].to_string()).collect();
        shapes.push(shape);
    }
    if shapes.windows(2).any(|pair| pair[0] != pair[1]) {
        return Err(GraphError::invalid(
            "All cards must have the same components",
        ));
    }
    Ok(())
}
