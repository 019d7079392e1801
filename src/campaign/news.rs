//! Whom to tell of what happened: the declared `[notify.name]`s, by the events that they want.

use serde_json::json;
use sha2::{Digest, Sha256};

use super::halting::Tell;
use crate::resource::Project;
use crate::resource::notify::{Event, Notify};
use crate::store::{ErrandKind, Happening, NewErrand};

/// All who are told, by name.
#[derive(Clone, Debug, Default)]
pub struct Notices(Vec<(String, Notify)>);

impl Notices {
    #[must_use]
    pub fn of(project: &Project) -> Self {
        let declared = project.all::<Notify>();
        Self(
            declared
                .map(|notify| (notify.name.clone(), notify.value.clone()))
                .collect(),
        )
    }

    /// Returns one errand for each address that wants to know of this. The same happening makes the same errands, however
    /// often it is asked about.
    #[must_use]
    pub fn errands(&self, account: &str, happening: &Happening) -> Vec<NewErrand> {
        let Some(event) = event(&happening.what) else {
            return Vec::new();
        };
        let errand = |(name, _): &(String, Notify)| NewErrand {
            kind: ErrandKind::Notify,
            name: name.clone(),
            number: None,
            key: key(name, account, happening),
            // One subject's news come in order; another's do not wait for them.
            lane: format!("{account}/{}", happening.subject),
            payload: json!({
                "event": happening.what,
                "account": account,
                "subject": happening.subject,
                "text": happening.text,
                "at": happening.at,
                "actor": happening.actor,
                "detail": happening.detail,
            }),
            due_at: happening.at,
        };
        let wanting = self.0.iter().filter(|(_, notify)| notify.wants(event));
        wanting.map(errand).collect()
    }

    /// Returns the same as a function, for whoever halts.
    #[must_use]
    pub fn tell(self) -> Tell {
        std::sync::Arc::new(move |account, happening| self.errands(account, happening))
    }
}

/// Returns the kind of event that a happening is; what happens to one contact is nobody's news.
fn event(what: &str) -> Option<Event> {
    let (area, _) = what.split_once('.')?;
    Some(match area {
        "template" => Event::Template,
        "number" => Event::Number,
        "account" => Event::Account,
        "campaign" => Event::Campaign,
        "guard" => Event::Guard,
        "drift" => Event::Drift,
        _ => return None,
    })
}

fn key(name: &str, account: &str, happening: &Happening) -> String {
    let Happening {
        at,
        subject,
        what,
        text,
        actor: _,
        account: _,
        detail: _,
    } = happening;
    let mut hash = Sha256::new();
    for part in [account, &at.to_string(), subject, what, text] {
        // Lengths keep parts apart, whatever is in them.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    format!("notify.{name}:{}", &hex::encode(hash.finalize())[..32])
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::testing;
    use super::*;

    fn happening(what: &str) -> Happening {
        Happening {
            at: Timestamp::UNIX_EPOCH,
            actor: "Meta".to_owned(),
            account: "main".to_owned(),
            subject: "template hello/en".to_owned(),
            what: what.to_owned(),
            text: "Meta has paused it".to_owned(),
            detail: json!({}),
        }
    }

    #[test]
    fn who_wants_an_event_is_told_of_it_and_of_no_other() {
        let project = testing::project(
            "[notify.all]\nurl = \"https://a.example/\"\n\
             [notify.some]\nurl = \"https://b.example/\"\nevents = [\"template\", \"guard\"]\n",
        );
        let notices = Notices::of(&project);
        let names = |what: &str| -> Vec<String> {
            let errands = notices.errands("main", &happening(what));
            errands.into_iter().map(|errand| errand.name).collect()
        };
        assert_eq!(names("template.paused"), ["all", "some"]);
        assert_eq!(names("number.quality"), ["all"]);
        assert_eq!(names("contact.suppressed"), Vec::<String>::new());
    }

    #[test]
    fn one_happening_has_one_key_and_another_another() {
        let project = testing::project("[notify.all]\nurl = \"https://a.example/\"\n");
        let notices = Notices::of(&project);
        let key = |what: &str| notices.errands("main", &happening(what))[0].key.clone();
        assert_eq!(key("template.paused"), key("template.paused"));
        assert_ne!(key("template.paused"), key("template.disabled"));
    }
}
