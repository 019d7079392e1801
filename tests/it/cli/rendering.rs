//! `waform render` and `waform graph`: the configuration for programs and for the eye, without network and secrets.

use std::path::Path;

use serde_json::{Value, json};

use crate::kit::Project;

/// A project in two files, with a variable, a secret and all that a campaign needs.
fn project() -> Project {
    let project = Project::new();
    let (accounts, rest) = {
        let text = project.read("waform.toml");
        let at = text.find("[template.order_update]").unwrap();
        (text[..at].to_owned(), text[at..].to_owned())
    };
    project.write("waform.toml", accounts);
    project.write("campaigns.toml", rest);
    project
}

const VARIABLE: [&str; 2] = ["--var", "base_url=http://127.0.0.1:9"];

fn rendered(project: &Project) -> String {
    let run = project
        .offline(&[&["render"][..], &VARIABLE].concat())
        .succeeds();
    run.stdout
}

fn schema() -> jsonschema::Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/render.schema.json");
    let schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn a_configuration_is_one_document() {
    let project = project();
    let text = rendered(&project);
    let document: Value = serde_json::from_str(&text).unwrap();
    let blocks = document["blocks"].as_array().unwrap();
    let addresses: Vec<_> = blocks
        .iter()
        .map(|block| block["address"].as_str().unwrap())
        .collect();
    assert_eq!(
        addresses,
        [
            "account.main",
            "campaign.spring",
            "list.customers",
            "mapping.orders",
            "phone.support",
            "template.order_update",
        ]
    );
    let account = &blocks[0];
    assert_eq!(
        account["place"],
        json!({ "file": "waform.toml", "line": 4, "column": 2 })
    );
    assert_eq!(account["value"]["base_url"], "http://127.0.0.1:9");
    assert_eq!(
        account["value"]["access_token"],
        json!({ "env": "WHATSAPP_ACCESS_TOKEN" })
    );
    assert_eq!(
        blocks[1]["needs"],
        json!([
            "list.customers",
            "mapping.orders",
            "phone.support",
            "template.order_update"
        ])
    );
    let objects = document["objects"].as_array().unwrap();
    let template = objects
        .iter()
        .find(|object| object["address"] == "template.order_update[\"en_US\"]")
        .unwrap();
    assert_eq!(template["key"], "order_update/en_US");
    assert_eq!(template["content"]["category"], "UTILITY");
    assert_eq!(template["place"]["file"], "campaigns.toml");
}

#[test]
fn the_same_configuration_gives_the_same_bytes() {
    let project = project();
    let once = rendered(&project);
    for _ in 0..3 {
        assert_eq!(rendered(&project), once);
    }
    // How it is written counts for places alone.
    let text = project.read("campaigns.toml");
    let category = "category = \"utility\"\n";
    let language = "language = \"en_US\"\n";
    assert!(text.contains(&[category, language].concat()));
    project.write(
        "campaigns.toml",
        text.replace(
            &[category, language].concat(),
            &[language, category].concat(),
        ),
    );
    assert_eq!(rendered(&project), once);
}

#[test]
fn a_pasted_secret_is_starred_and_pointed_at() {
    let project = project();
    project.append(
        "campaigns.toml",
        "[suppression.stop]\nkeywords = [\"STOP\", \"Bearer EAAGm0PX4ZCpsBAKZCZBZBzZA\"]\n",
    );
    let text = rendered(&project);
    assert!(!text.contains("EAAGm0PX4"), "{text}");
    let document: Value = serde_json::from_str(&text).unwrap();
    let masked = document["masked"][0].as_str().unwrap();
    assert_eq!(document.pointer(masked).unwrap(), "Bearer ***");
    assert!(schema().is_valid(&document));
}

#[test]
fn every_example_has_the_shape_that_is_promised() {
    let schema = schema();
    for name in ["quickstart", "shop", "conversation", "media-template"] {
        let project = Project::example(name);
        let document = project.offline(&["render"]).succeeds().json();
        let errors: Vec<_> = schema
            .iter_errors(&document)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
        let mut wrong = document.clone();
        wrong["blocks"][0]["place"]["line"] = json!(0);
        assert!(!schema.is_valid(&wrong), "the schema promises nothing");
    }
}

#[test]
fn a_broken_configuration_is_not_rendered() {
    let project = project();
    project.append("campaigns.toml", "[campaign.summer]\ntemplate = \"gone\"\n");
    for command in ["render", "graph"] {
        let run = project
            .offline(&[&[command][..], &VARIABLE].concat())
            .exits(1);
        assert_eq!(run.stdout, "");
        run.says("config::missing_key");
    }
}

#[test]
fn a_graph_shows_what_is_needed() {
    let project = project();
    let graph = |more: &[&str]| project.offline(&[&["graph"][..], &VARIABLE, more].concat());
    insta::assert_snapshot!(graph(&["--target", "mapping.orders"]).succeeds().stdout, @r#"
    flowchart LR
      subgraph kind_mapping["mapping"]
        n0["orders"]
      end
      subgraph kind_template["template"]
        n1["order_update"]
      end
      n0 --> n1
    "#);
    let whole = graph(&["--format", "dot"]).succeeds();
    let whole = whole
        .says("\"campaign.spring\" -> \"list.customers\";")
        .says("\"campaign.spring\" -> \"template.order_update\";")
        .says("\"account.main\" [label=\"main\"];");
    assert!(whole.stdout.starts_with("digraph waform {\n"));
    graph(&["--target", "campain.spring"])
        .exits(1)
        .says("cli::unknown_target")
        .says("campaign.spring");
}
