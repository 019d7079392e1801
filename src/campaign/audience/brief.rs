//! What the configuration says of a campaign's audience, references resolved.

use std::path::PathBuf;
use std::sync::Arc;

use crate::campaign::message::{Languages, Message};
use crate::campaign::values::Values;
use crate::config::{Diagnostics, Place, Report, Spanned};
use crate::phone_number::Region;
use crate::resource::campaign::{Campaign, QuietHours};
use crate::resource::list::{List, ListSource};
use crate::resource::mapping::Mapping;
use crate::resource::suppression::Suppression;
use crate::resource::{Declared, Project, Resource};

/// All that is needed to gather one campaign's audience.
pub struct Brief {
    pub(super) lists: Vec<ListBrief>,
    pub(super) suppressions: Vec<SuppressionBrief>,
    pub(super) values: Values,
    pub(super) message: Arc<dyn Message>,
    pub(super) languages: Languages,
    pub(super) quiet_hours: Option<QuietHours>,
}

pub(super) struct ListBrief {
    pub(super) name: String,
    pub(super) file: File,
    pub(super) phone: Column,
    pub(super) default_region: Option<Region>,
    pub(super) opt_in: Option<Column>,
    pub(super) timezone: Option<Column>,
    pub(super) language: Option<Column>,
}

pub(super) struct SuppressionBrief {
    pub(super) file: File,
    pub(super) phone: Column,
    pub(super) default_region: Option<Region>,
}

/// A file, and the place that names it.
pub(super) struct File {
    /// Relative to the project's directory, for people.
    pub(super) shown: String,
    pub(super) path: PathBuf,
    pub(super) place: Place,
}

/// A column, and the place that names it.
pub(super) struct Column {
    pub(super) name: String,
    pub(super) place: Place,
}

impl Brief {
    /// Resolves what a campaign refers to, in a project that has passed its checks; what is not there is left out.
    #[must_use]
    pub fn new(
        project: &Project,
        campaign: &Declared<Campaign>,
        message: Arc<dyn Message>,
    ) -> Self {
        let mapping = campaign.value.mapping.as_ref();
        let mapping = mapping.and_then(|name| project.get::<Mapping>(name));
        let lists = campaign.value.lists.iter();
        Self {
            lists: lists
                .filter_map(|name| project.get::<List>(name))
                .map(|list| ListBrief::new(project, list))
                .collect(),
            suppressions: project
                .all::<Suppression>()
                .filter_map(|suppression| SuppressionBrief::new(project, suppression))
                .collect(),
            // A mapping whose expressions do not compile has been reported by its own check.
            values: mapping
                .and_then(|mapping| Values::new(mapping).ok())
                .unwrap_or_default(),
            languages: Languages::new(message.languages()),
            message,
            quiet_hours: campaign
                .value
                .quiet_hours
                .as_ref()
                .map(|quiet| quiet.get().clone()),
        }
    }

    /// Opens all files and looks for the columns that the configuration names, without reading the contacts.
    #[must_use]
    pub fn check(&self) -> Diagnostics {
        match super::sources::open(self) {
            Ok((_, warnings)) => warnings,
            Err(diagnostics) => diagnostics,
        }
    }
}

impl ListBrief {
    fn new(project: &Project, list: &Declared<List>) -> Self {
        let value = &list.value;
        let column = |name: &Spanned<String>| Column::new(list, name);
        Self {
            name: list.name.clone(),
            file: File::new(project, list, &value.source),
            phone: column(&value.phone),
            default_region: region(value.default_region.as_ref()),
            opt_in: value.opt_in.as_ref().map(|opt_in| column(&opt_in.field)),
            timezone: value.timezone.as_ref().map(|field| column(&field.field)),
            language: value.language.as_ref().map(|field| column(&field.field)),
        }
    }
}

impl SuppressionBrief {
    fn new(project: &Project, suppression: &Declared<Suppression>) -> Option<Self> {
        /// The column of the number where none is named.
        const PHONE: &str = "phone";
        let value = &suppression.value;
        let source = value.source.as_ref()?;
        Some(Self {
            file: File::new(project, suppression, source),
            phone: match &value.phone {
                Some(name) => Column::new(suppression, name),
                None => Column {
                    name: PHONE.to_owned(),
                    place: suppression.at(source.span()),
                },
            },
            default_region: region(value.default_region.as_ref()),
        })
    }
}

impl File {
    fn new<R: Resource>(
        project: &Project,
        declared: &Declared<R>,
        source: &Spanned<ListSource>,
    ) -> Self {
        let ListSource::Csv(path) = source.get();
        Self {
            shown: path.display().to_string(),
            path: project.path(path),
            place: declared.at(source.span()),
        }
    }
}

impl Column {
    fn new<R: Resource>(declared: &Declared<R>, name: &Spanned<String>) -> Self {
        Self {
            name: name.trim().to_owned(),
            place: declared.at(name.span()),
        }
    }
}

fn region(code: Option<&Spanned<String>>) -> Option<Region> {
    code.and_then(|code| code.parse().ok())
}

/// Says that a file could not be read to its end.
pub(super) fn broken_off(file: &File, error: &std::io::Error) -> Report {
    Report::error(
        "contacts::unreadable",
        format!("{}: the file cannot be read on: {error}", file.shown),
    )
    .at(file.place.clone(), "")
}
