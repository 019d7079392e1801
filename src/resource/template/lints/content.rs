//! Templates that say the same.

use std::collections::BTreeMap;

use crate::config::{Diagnostics, Place, Report};
use crate::resource::Project;
use crate::resource::template::text::normalised;
use crate::resource::template::{Template, account};

/// Meta refuses a template with the body and footer of another one in the same account. Across languages it does not.
pub(super) fn duplicate(project: &Project, diagnostics: &mut Diagnostics) {
    let mut known: BTreeMap<_, (String, Place)> = BTreeMap::new();
    for declared in project.all::<Template>() {
        let account = account::name_of(project, &declared.value);
        for localised in declared.value.localised() {
            let footer = localised.footer.as_ref().map(|footer| normalised(footer));
            let words = (
                account,
                localised.language.get().clone(),
                normalised(&localised.body),
                footer,
            );
            let place = declared.at(localised.body.span());
            let Some((first, first_place)) = known.get(&words) else {
                known.insert(words, (declared.name.clone(), place));
                continue;
            };
            if *first == declared.name {
                continue;
            }
            diagnostics.push(
                Report::error(
                    "template::content_twice",
                    format!("template.{first} and template.{} have the same body and footer", declared.name),
                )
                .at(place, "the same")
                .at(first_place.clone(), "as here")
                .help("Meta refuses the second: send one template from both campaigns, or change a text"),
            );
        }
    }
}
