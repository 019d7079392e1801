//! Which resource needs which, as a picture: Mermaid for Markdown, DOT for Graphviz.
//!
//! An arrow points from a resource to one that it needs, which is dealt with first. Resources are grouped by their kind.

use std::collections::BTreeMap;

use crate::config::Address;
use crate::resource::References;

/// Returns a flowchart that GitHub, GitLab and editors draw in a block of `mermaid`.
#[must_use]
pub fn mermaid(references: &References) -> String {
    // Mermaid knows words that no node may be named by, so nodes are numbered.
    let ids: BTreeMap<&Address, String> = references
        .keys()
        .zip(0..)
        .map(|(address, number)| (address, format!("n{number}")))
        .collect();
    let mut lines = vec!["flowchart LR".to_owned()];
    for (kind, addresses) in by_kind(references) {
        let kind = mermaid_text(kind);
        lines.push(format!("  subgraph kind_{kind}[\"{kind}\"]"));
        for address in addresses {
            let text = mermaid_text(label(address));
            lines.push(format!("    {}[\"{text}\"]", ids[address]));
        }
        lines.push("  end".to_owned());
    }
    for (from, to) in arrows(references) {
        lines.push(format!("  {} --> {}", ids[from], ids[to]));
    }
    lines.join("\n") + "\n"
}

/// Returns a digraph for Graphviz: `waform graph --format dot | dot -Tsvg`.
#[must_use]
pub fn dot(references: &References) -> String {
    let mut lines = vec![
        "digraph waform {".to_owned(),
        "  rankdir=LR;".to_owned(),
        "  node [shape=box, fontname=\"sans-serif\"];".to_owned(),
        "  graph [fontname=\"sans-serif\", style=rounded, color=gray];".to_owned(),
    ];
    for (kind, addresses) in by_kind(references) {
        let cluster = dot_text(&format!("cluster_{kind}"));
        let kind = dot_text(kind);
        lines.push(format!("  subgraph {cluster} {{"));
        lines.push(format!("    label={kind};"));
        for address in addresses {
            let id = dot_text(&address.to_string());
            let label = dot_text(label(address));
            lines.push(format!("    {id} [label={label}];"));
        }
        lines.push("  }".to_owned());
    }
    for (from, to) in arrows(references) {
        let (from, to) = (dot_text(&from.to_string()), dot_text(&to.to_string()));
        lines.push(format!("  {from} -> {to};"));
    }
    lines.push("}".to_owned());
    lines.join("\n") + "\n"
}

/// The kind stands on the group; what has no name (`[guard]`) is named by its kind.
fn label(address: &Address) -> &str {
    match address.name.as_str() {
        "" => &address.kind,
        name => name,
    }
}

fn by_kind(references: &References) -> BTreeMap<&str, Vec<&Address>> {
    let mut kinds: BTreeMap<&str, Vec<&Address>> = BTreeMap::new();
    for address in references.keys() {
        kinds.entry(&address.kind).or_default().push(address);
    }
    kinds
}

/// Returns the arrows between resources that are there.
fn arrows(references: &References) -> impl Iterator<Item = (&Address, &Address)> {
    references.iter().flat_map(move |(from, needs)| {
        let needs = needs.iter().filter(|need| references.contains_key(need));
        needs.map(move |need| (from, need))
    })
}

/// Writes what means something to Mermaid, or to the HTML that it makes, as its numbered entity.
fn mermaid_text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ') {
            escaped.push(c);
        } else {
            escaped.extend(["#", &u32::from(c).to_string(), ";"]);
        }
    }
    escaped
}

/// Returns a text as a quoted identifier of DOT.
fn dot_text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 2);
    escaped.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => escaped.extend(['\\', c]),
            '\n' => escaped.push_str("\\n"),
            c => escaped.push(c),
        }
    }
    escaped.push('"');
    escaped
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn references() -> References {
        let address = Address::new;
        let template = address("template", "order\"]<b>\\");
        References::from([
            (
                template.clone(),
                BTreeSet::from([address("account", "gone")]),
            ),
            (address("campaign", "spring"), BTreeSet::from([template])),
            (address("guard", ""), BTreeSet::new()),
        ])
    }

    #[test]
    fn mermaid_is_told_nothing_by_a_name() {
        let chart = mermaid(&references());
        insta::assert_snapshot!(chart, @r#"
        flowchart LR
          subgraph kind_campaign["campaign"]
            n0["spring"]
          end
          subgraph kind_guard["guard"]
            n1["guard"]
          end
          subgraph kind_template["template"]
            n2["order#34;#93;#60;b#62;#92;"]
          end
          n0 --> n2
        "#);
    }

    #[test]
    fn graphviz_is_told_nothing_by_a_name() {
        let graph = dot(&references());
        insta::assert_snapshot!(graph, @r#"
        digraph waform {
          rankdir=LR;
          node [shape=box, fontname="sans-serif"];
          graph [fontname="sans-serif", style=rounded, color=gray];
          subgraph "cluster_campaign" {
            label="campaign";
            "campaign.spring" [label="spring"];
          }
          subgraph "cluster_guard" {
            label="guard";
            "guard" [label="guard"];
          }
          subgraph "cluster_template" {
            label="template";
            "template.order\"]<b>\\" [label="order\"]<b>\\"];
          }
          "campaign.spring" -> "template.order\"]<b>\\";
        }
        "#);
    }
}
