//! `[output.name]`: a value for those who come after waform: an attribute of an object, or a plain value.
//!
//! An attribute is read from the live object whenever it is asked for; nothing is kept of it.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::check::{self, Check};
use super::kinds::kinds;
use super::reconcile::Reconciler;
use super::{Declared, Project, Resource};
use crate::config::{Address, Diagnostics, Report, Scalar, Spanned, proposal};

/// What every object has.
const ATTRIBUTES: [&str; 2] = [ID, KEY];
const ID: &str = "id";
const KEY: &str = "key";

/// A value that `waform output` prints.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// An attribute of an object, `{ of = "template.order_update", attribute = "status" }`, or a plain value.
    pub value: Spanned<Told>,
    /// What it is for.
    pub description: Option<String>,
}

/// What an output tells.
#[derive(Clone, Debug)]
pub enum Told {
    Plain(Scalar),
    Attribute(Attribute),
}

/// An attribute of an object.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// The object's address; a template in several languages with the language: `template.order_update["es"]`.
    pub of: Spanned<String>,
    /// `id`, `key`; a template's `name`, `language`, `category`, `status`, `quality`; a webhook's `callback_url`; a campaign's `state`,
    /// `first_applied_at`, `starts_at`, `ends_at`.
    pub attribute: Spanned<String>,
}

impl Told {
    fn attribute(&self) -> Option<&Attribute> {
        match self {
            Self::Plain(_) => None,
            Self::Attribute(attribute) => Some(attribute),
        }
    }
}

impl<'de> Deserialize<'de> for Told {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Forms;
        impl<'de> Visitor<'de> for Forms {
            type Value = Told;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text, a number, true or false, or a table with `of` and `attribute`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Told, E> {
                Ok(Told::Plain(Scalar::Text(text.to_owned())))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Told, E> {
                Ok(Told::Plain(Scalar::Integer(number)))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Told, E> {
                Ok(Told::Plain(Scalar::Float(number)))
            }

            fn visit_bool<E: de::Error>(self, truth: bool) -> Result<Told, E> {
                Ok(Told::Plain(Scalar::Bool(truth)))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Told, A::Error> {
                Attribute::deserialize(MapAccessDeserializer::new(map)).map(Told::Attribute)
            }
        }
        deserializer.deserialize_any(Forms)
    }
}

impl JsonSchema for Told {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Told".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [
            generator.subschema_for::<Scalar>(),
            generator.subschema_for::<Attribute>(),
        ] })
    }
}

impl Resource for Output {
    const KIND: &'static str = "output";

    fn check(this: &Declared<Self>, project: &Project, diagnostics: &mut Diagnostics) {
        check::run(CHECKS, this, project, diagnostics);
    }

    fn references(this: &Declared<Self>) -> Vec<Address> {
        let attribute = this.value.value.attribute();
        let block = attribute.and_then(|attribute| Some(block(&attribute.of)?.0));
        block.into_iter().collect()
    }
}

const CHECKS: &[Check<Output>] = &[names_an_object, names_an_attribute];

fn names_an_object(this: &Declared<Output>, project: &Project, diagnostics: &mut Diagnostics) {
    let Some(Attribute { of, .. }) = this.value.value.attribute() else {
        return;
    };
    let unknown = |help: Option<String>| Report {
        help,
        ..Report::error(
            "output::unknown",
            format!("no object is called `{}`", of.get()),
        )
        .at(this.at(of.span()), "not declared")
    };
    let Some((block, reconciler)) = block(of) else {
        let kinds = kinds().iter().filter(|kind| kind.reconciler().is_some());
        let names: Vec<String> = kinds.map(|kind| format!("{}.NAME", kind.name())).collect();
        diagnostics.push(unknown(Some(format!("objects are {}", names.join(", ")))));
        return;
    };
    let known: Vec<&str> = project.names(&block.kind).collect();
    if project.is_broken(&block) {
        return;
    }
    if !known.contains(&block.name.as_str()) {
        let known: Vec<String> = known
            .iter()
            .map(|name| Address::new(&block.kind, name).to_string())
            .collect();
        let known = known.iter().map(String::as_str);
        diagnostics.push(unknown(proposal(&block.to_string(), known)));
        return;
    }
    // What keeps its objects from being told is reported where it stands.
    let Ok(desired) = reconciler.desired(project) else {
        return;
    };
    let addresses = desired.into_iter().map(|desired| desired.address);
    let of_block: Vec<Address> = addresses
        .filter(|address| address.is_named_by(&block.to_string()))
        .collect();
    let named = of_block.iter().filter(|address| address.is_named_by(of));
    let listed: Vec<String> = of_block
        .iter()
        .map(|address| format!("'{address}'"))
        .collect();
    match named.count() {
        1 => {}
        _ if of_block.is_empty() => {}
        0 => diagnostics.push(unknown(Some(format!("there is {}", listed.join(", "))))),
        _ => diagnostics.push(
            Report::error(
                "output::ambiguous",
                format!("`{}` is several objects", of.get()),
            )
            .at(this.at(of.span()), "which of them?")
            .help(format!("write one of {}", listed.join(", "))),
        ),
    }
}

fn names_an_attribute(this: &Declared<Output>, _: &Project, diagnostics: &mut Diagnostics) {
    let Some(Attribute { of, attribute }) = this.value.value.attribute() else {
        return;
    };
    let Some((_, reconciler)) = block(of) else {
        return;
    };
    let known = ATTRIBUTES.iter().chain(reconciler.attributes()).copied();
    if known.clone().any(|known| known == attribute.as_str()) {
        return;
    }
    let mut report = Report::error(
        "output::attribute",
        format!(
            "a {} has no attribute `{}`",
            reconciler.kind(),
            attribute.get()
        ),
    )
    .at(this.at(attribute.span()), "");
    report.help = proposal(attribute, known);
    diagnostics.push(report);
}

/// Reads an address: the block that it is of, and how objects of that kind are met.
fn block(address: &str) -> Option<(Address, &'static dyn Reconciler)> {
    let (kind, rest) = address.split_once('.')?;
    let name = rest.split_once('[').map_or(rest, |(name, _)| name);
    let kind = kinds().iter().find(|known| known.name() == kind)?;
    Some((Address::new(kind.name(), name), kind.reconciler()?))
}

/// Returns an attribute of a live object; none where it has no value.
#[must_use]
pub fn attribute(
    reconciler: &dyn Reconciler,
    live: &super::Live,
    attribute: &str,
) -> Option<Value> {
    let value = match attribute {
        ID => live.id.clone().into(),
        KEY => live.key.clone().into(),
        other => reconciler.attribute(live, other)?,
    };
    (!value.is_null()).then_some(value)
}

/// Tells whether an attribute stays when its object is changed in place.
#[must_use]
pub fn is_lasting(attribute: &str) -> bool {
    ATTRIBUTES.contains(&attribute)
}

/// Returns a plain value as JSON.
#[must_use]
pub fn plain(value: &Scalar) -> Value {
    match value {
        Scalar::Text(text) => text.as_str().into(),
        Scalar::Integer(number) => (*number).into(),
        Scalar::Float(number) => (*number).into(),
        Scalar::Bool(truth) => (*truth).into(),
    }
}
