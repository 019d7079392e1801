//! Projects from a few lines of TOML, for the tests of this room.

use std::path::Path;

use serde_json::Value;

use super::{Template, reconcile};
use crate::config::{Block, Diagnostics, Label, Source, Spanned};
use crate::meta;
use crate::resource::{Declared, Desired, Live, Project, Reconciler, kinds};

pub(super) const ACCOUNT: &str = "[account.main]
waba_id = \"102290129340398\"
access_token = { env = \"TOKEN\" }
";

/// The design's own example.
pub(super) const ORDER_UPDATE: &str = r#"
[template.order_update]
category = "utility"
language = "en_US"
header = { text = "Order {{order_no}} is packed" }
body = """
Hi {{first_name}}, your order {{order_no}} leaves us on {{ship_date}}. How shall we reach you?"""
footer = "Reply STOP to opt out"
buttons = [{ quick_reply = { text = "Phone call", id = "phone_call" } }, { quick_reply = { text = "WhatsApp message", id = "chat" } }]
example = { first_name = "Ana", order_no = "1042", ship_date = "May 2" }
[template.order_update.translation.es]
header = { text = "El pedido {{order_no}} está listo" }
body = "Hola {{first_name}}, tu pedido {{order_no}} sale el {{ship_date}}. ¿Cómo prefieres que hablemos?"
footer = "Responde STOP para no recibir más"
buttons = ["Llamada", "Mensaje de WhatsApp"]
"#;

/// Reads one file as a project; what cannot be read or breaks a rule is in the diagnostics.
pub(super) fn project(directory: &Path, toml: &str) -> (Project, Diagnostics) {
    let text: &'static str = format!("{ACCOUNT}{toml}").leak();
    let mut project = Project::default();
    directory.clone_into(&mut project.directory);
    let source = project.sources.add(Source {
        path: "waform.toml".into(),
        text: text.to_owned(),
        secrets: Vec::new(),
    });
    let mut diagnostics = Diagnostics::default();
    let tree = toml::de::DeTable::parse(text).unwrap();
    for (kind, named) in tree.get_ref() {
        for (name, value) in named.get_ref().as_table().unwrap() {
            let block = Block {
                inserted: std::collections::BTreeMap::new(),
                kind: Spanned::new(kind.span(), kind.get_ref().to_string()),
                name: Spanned::new(name.span(), name.get_ref().to_string()),
                source,
                value: value.clone(),
            };
            let known = kinds()
                .iter()
                .find(|known| known.name() == &**kind.get_ref());
            known.unwrap().load(&block, &mut project, &mut diagnostics);
        }
    }
    for kind in kinds() {
        kind.check(&project, &mut diagnostics);
    }
    diagnostics.finish();
    (project, diagnostics)
}

/// Reads a project without faults.
pub(super) fn sound(toml: &str) -> Project {
    let (project, diagnostics) = project(Path::new("."), toml);
    assert!(!diagnostics.has_errors(), "{:?}", diagnostics.reports());
    project
}

pub(super) fn template<'p>(project: &'p Project, name: &str) -> &'p Declared<Template> {
    project.get(name).unwrap()
}

/// Returns each finding as code and underlined words.
pub(super) fn findings(project: &Project, diagnostics: &Diagnostics) -> Vec<(String, String)> {
    let words = |label: &Label| {
        let source = &project.sources.get(label.place.source).text;
        source[label.place.start..label.place.end].to_owned()
    };
    diagnostics
        .reports()
        .iter()
        .map(|report| {
            (
                report.code.to_owned(),
                report.labels.first().map(words).unwrap_or_default(),
            )
        })
        .collect()
}

pub(super) fn desired(project: &Project) -> Vec<Desired> {
    reconcile::Templates.desired(project).unwrap()
}

/// Returns what Meta would show of a template that was created with `body`.
pub(super) fn at_meta(body: &Value, status: &str) -> meta::Template {
    meta::Template {
        id: "1001".to_owned(),
        status: status.to_owned(),
        ..serde_json::from_value(body.clone()).unwrap()
    }
}

pub(super) fn live(template: &meta::Template) -> Live {
    reconcile::live("main", template).unwrap()
}
