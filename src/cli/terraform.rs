//! Terraform's spellings of options, as CI templates use them, turned into ours.
//!
//! They are accepted, not documented. Only spellings whose meaning can be honoured are known; any other is left for
//! clap to refuse. No option of ours takes a value that begins with a hyphen, so that nothing but an option can match.

use std::ffi::OsString;

/// A command line in our spelling.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Translated {
    pub(crate) arguments: Vec<OsString>,
    /// Whether a person may be asked; `-input=false` says no.
    pub(crate) may_ask: bool,
}

/// What stands for one spelling.
enum Ours {
    /// These arguments.
    Are(Vec<OsString>),
    /// Nothing, and whether a person may be asked.
    Ask(bool),
}

/// Translates a command line, the program's name first.
pub(crate) fn translate(arguments: impl IntoIterator<Item = OsString>) -> Translated {
    let mut translated = Translated {
        arguments: Vec::new(),
        may_ask: true,
    };
    let mut arguments = arguments.into_iter();
    translated.arguments.extend(arguments.next());
    for argument in arguments.by_ref() {
        if argument == "--" {
            translated.arguments.push(argument);
            break;
        }
        match argument.to_str().and_then(ours) {
            Some(Ours::Are(ours)) => translated.arguments.extend(ours),
            Some(Ours::Ask(may_ask)) => translated.may_ask = may_ask,
            None => translated.arguments.push(argument),
        }
    }
    translated.arguments.extend(arguments);
    translated
}

fn ours(argument: &str) -> Option<Ours> {
    let option = argument
        .strip_prefix('-')
        .filter(|option| !option.starts_with('-'))?;
    let (name, value) = match option.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (option, None),
    };
    match (name, value) {
        ("auto-approve" | "destroy" | "detailed-exitcode", value) => {
            flag(value, &format!("--{name}"))
        }
        ("no-color", value) => flag(value, "--color=never"),
        ("json", value) => flag(value, "--format=json"),
        ("input", value) => truth(value).map(Ours::Ask),
        ("refresh", value) => {
            let refresh = truth(value)?;
            Some(Ours::Are(vec![format!("--refresh={refresh}").into()]))
        }
        // Without `=` the value is the next argument, as with ours.
        ("exclude" | "lock-timeout" | "out" | "replace" | "target", None) => {
            Some(Ours::Are(vec![format!("--{name}").into()]))
        }
        ("exclude" | "lock-timeout" | "out" | "replace" | "target", Some(value)) => {
            Some(Ours::Are(vec![format!("--{name}={value}").into()]))
        }
        ("chdir", Some(directory)) => Some(Ours::Are(vec!["-C".into(), directory.into()])),
        _ => None,
    }
}

/// Returns our spelling of a flag that is set, and nothing for one that is unset.
fn flag(value: Option<&str>, ours: &str) -> Option<Ours> {
    let set = truth(value)?;
    Some(Ours::Are(set.then(|| ours.into()).into_iter().collect()))
}

/// Reads a truth as Go's flag package does.
fn truth(value: Option<&str>) -> Option<bool> {
    match value {
        None | Some("1" | "t" | "T" | "true" | "TRUE" | "True") => Some(true),
        Some("0" | "f" | "F" | "false" | "FALSE" | "False") => Some(false),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(line: &str) -> (String, bool) {
        let Translated { arguments, may_ask } = translate(line.split(' ').map(OsString::from));
        let arguments: Vec<_> = arguments
            .iter()
            .map(|argument| argument.to_str().unwrap())
            .collect();
        (arguments.join(" "), may_ask)
    }

    #[test]
    fn the_lines_of_ci_templates_are_understood() {
        for (theirs, ours, may_ask) in [
            (
                "waform -chdir=live plan -input=false -no-color -detailed-exitcode",
                "waform -C live plan --color=never --detailed-exitcode",
                false,
            ),
            (
                "waform apply -auto-approve -lock-timeout=30s -target=template.a -target template.b",
                "waform apply --auto-approve --lock-timeout=30s --target=template.a --target template.b",
                true,
            ),
            ("waform plan -json", "waform plan --format=json", true),
            (
                "waform apply -auto-approve=false -input=0 -no-color=f",
                "waform apply",
                false,
            ),
            (
                "waform plan -destroy -refresh=0 -replace=webhook.main -exclude template.a",
                "waform plan --destroy --refresh=false --replace=webhook.main --exclude template.a",
                true,
            ),
            (
                "waform plan -refresh -destroy=false",
                "waform plan --refresh=true",
                true,
            ),
            ("waform apply -input=true", "waform apply", true),
        ] {
            assert_eq!(rewritten(theirs), (ours.to_owned(), may_ask), "{theirs}");
        }
    }

    #[test]
    fn what_cannot_be_honoured_is_left_to_be_refused() {
        for line in [
            "waform apply -refresh=no",
            "waform apply -parallelism=10",
            "waform apply -input=maybe",
            "waform apply -auto-approve=yes",
            "waform plan -chdir live",
        ] {
            assert_eq!(rewritten(line), (line.to_owned(), true));
        }
    }

    #[test]
    fn our_own_spellings_stay() {
        let line = "waform -C live -vq apply --auto-approve --target=template.a[\"en_US\"] --var a=-json FILE";
        assert_eq!(rewritten(line), (line.to_owned(), true));
    }

    #[test]
    fn a_plan_is_saved_as_terraform_saves_it() {
        assert_eq!(
            rewritten("waform plan -out=plan.json -input=false").0,
            "waform plan --out=plan.json"
        );
        assert_eq!(rewritten("waform plan -out p").0, "waform plan --out p");
        assert_eq!(
            rewritten("waform show -json p").0,
            "waform show --format=json p"
        );
    }

    #[test]
    fn what_follows_two_hyphens_is_no_option() {
        let line = "waform history -- -json";
        assert_eq!(rewritten(line), (line.to_owned(), true));
    }

    #[test]
    fn the_program_may_have_any_name() {
        assert_eq!(rewritten("-json plan").0, "-json plan");
    }

    #[test]
    fn bytes_that_are_no_text_pass() {
        use std::os::unix::ffi::OsStringExt as _;
        let odd = OsString::from_vec(vec![b'-', 0xff]);
        let Translated { arguments, .. } = translate(["waform".into(), odd.clone()]);
        assert_eq!(arguments[1], odd);
    }
}
