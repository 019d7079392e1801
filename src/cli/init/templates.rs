//! The projects that `waform init` writes: the examples themselves, so that they cannot grow old apart from them.

use clap::ValueEnum;

use crate::resource;

/// A project to begin with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Template {
    /// A small project: one template, one list, one campaign
    #[default]
    Starter,
    /// Two languages, one list, a suppression list; every kind of contact that the sandbox plays
    Quickstart,
    /// Several files, variables for environments, two lists, two campaigns, guards
    Shop,
    /// A question, its answers, automatic replies and the way to people, with `waform serve`
    Conversation,
    /// A picture above the text, links below
    Media,
}

/// The first line of an example's files: their schema stands elsewhere than that of a project on its own.
const SCHEMA_OF_EXAMPLES: &str = "#:schema ../../schema/waform.schema.json\n";
const SCHEMA: &str = "waform.schema.json";

macro_rules! example {
    ($name:literal: $($file:literal),+ $(,)?) => {
        &[$(($file, include_bytes!(concat!("../../../examples/", $name, "/", $file)) as &[u8])),+]
    };
}

impl Template {
    /// Returns the files of the project, by their paths in it.
    pub(super) fn files(self) -> Vec<(&'static str, Vec<u8>)> {
        let schema = format!("{:#}\n", resource::schema());
        let mut files = vec![(SCHEMA, schema.into_bytes())];
        for (name, content) in self.written() {
            let content = match content.strip_prefix(SCHEMA_OF_EXAMPLES.as_bytes()) {
                Some(rest) => [format!("#:schema {SCHEMA}\n").as_bytes(), rest].concat(),
                None => content.to_vec(),
            };
            files.push((name, content));
        }
        files
    }

    fn written(self) -> &'static [(&'static str, &'static [u8])] {
        match self {
            Self::Starter => &[
                ("waform.toml", include_bytes!("waform.toml")),
                ("contacts.csv", include_bytes!("contacts.csv")),
            ],
            Self::Quickstart => {
                example!("quickstart": "waform.toml", "contacts.csv", "do-not-contact.csv")
            }
            Self::Shop => example!("shop":
                "waform.toml", "templates.toml", "audience.toml", "campaigns.toml", "production.vars.toml",
                "data/customers.csv", "data/members.csv", "data/stop.csv", "rates/2026-07-usd.csv",
            ),
            Self::Conversation => {
                example!("conversation": "waform.toml", "customers.csv", "do-not-contact.csv")
            }
            Self::Media => {
                example!("media-template": "waform.toml", "visitors.csv", "hero.png")
            }
        }
    }

    /// Returns what to do first, against the sandbox.
    pub(super) fn first_steps(self) -> &'static [&'static str] {
        match self {
            Self::Conversation => &["serve", "apply --wait"],
            Self::Starter | Self::Quickstart | Self::Shop | Self::Media => &["apply --wait"],
        }
    }
}

/// Returns a line for each template, the first being what is written unasked.
pub(super) fn list() -> String {
    let templates: Vec<(String, String)> = Template::value_variants()
        .iter()
        .filter_map(ValueEnum::to_possible_value)
        .map(|value| {
            let help = value.get_help().map(ToString::to_string);
            (value.get_name().to_owned(), help.unwrap_or_default())
        })
        .collect();
    let width = templates.iter().map(|(name, _)| name.len()).max();
    let width = width.unwrap_or_default();
    templates
        .iter()
        .map(|(name, help)| format!("{name:width$}  {help}\n"))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::campaign;
    use crate::config::{Inputs, format};

    fn files_below(folder: &Path, root: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && name != ".waform" {
                files_below(&path, root, found);
            } else if !path.is_dir() && name != "README.md" && name != ".gitignore" {
                let below = path.strip_prefix(root).unwrap();
                found.insert(below.to_str().unwrap().to_owned());
            }
        }
    }

    #[test]
    fn a_template_is_the_whole_of_its_example() {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
        for (template, example) in [
            (Template::Quickstart, "quickstart"),
            (Template::Shop, "shop"),
            (Template::Conversation, "conversation"),
            (Template::Media, "media-template"),
        ] {
            let root = examples.join(example);
            let mut expected = BTreeSet::new();
            files_below(&root, &root, &mut expected);
            let written = template.written().iter();
            let written: BTreeSet<String> = written.map(|(name, _)| (*name).to_owned()).collect();
            assert_eq!(written, expected, "{example}");
        }
    }

    #[test]
    fn every_project_that_is_written_is_valid_and_formatted() {
        for template in Template::value_variants() {
            let directory = tempfile::tempdir().unwrap();
            for (name, content) in template.files() {
                let path = directory.path().join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, &content).unwrap();
                if name.ends_with(".toml") {
                    let text = String::from_utf8(content).unwrap();
                    assert_eq!(format::format(&text).unwrap(), text, "{template:?} {name}");
                    let vars = name.ends_with(".vars.toml");
                    assert_eq!(text.starts_with("#:schema waform.schema.json\n"), !vars);
                }
            }
            let (project, mut diagnostics) =
                crate::resource::load(directory.path(), &Inputs::default());
            campaign::check_sources(&project, &mut diagnostics);
            let reports = diagnostics.reports();
            assert!(!diagnostics.has_errors(), "{template:?}: {reports:?}");
        }
    }

    #[test]
    fn the_list_names_every_template() {
        let list = list();
        assert_eq!(list.lines().count(), Template::value_variants().len());
        assert!(list.starts_with("starter       A small project"), "{list}");
    }
}
