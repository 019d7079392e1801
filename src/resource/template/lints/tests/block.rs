use std::path::Path;

use super::{SAMPLE, SOUND_BODY, broken, check, check_all, sound};
use crate::resource::template::testing::{ORDER_UPDATE, findings, project};

#[test]
fn the_design_s_example_is_sound() {
    assert_eq!(check_all(ORDER_UPDATE), []);
    sound(&[]);
    sound(&[("body", SOUND_BODY), SAMPLE]);
}

#[test]
fn names_are_lower_case_letters_digits_and_underscores() {
    sound(&[("name", "\"order_update_2\"")]);
    broken(&[("name", "\"order-update\"")], "name_form", "-");
    broken(&[("name", "\"\"")], "name_form", "\"\"");
    broken(
        &[("name", &format!("\"{}\"", "a".repeat(513)))],
        "name_form",
        &format!("\"{}\"", "a".repeat(513)),
    );
    sound(&[("name", &format!("\"{}\"", "a".repeat(512)))]);
}

#[test]
fn two_blocks_cannot_be_one_object() {
    let two = |language: &str| {
        format!(
            "[template.a]\nname = \"n\"\ncategory = \"utility\"\nlanguage = \"en\"\nbody = \"One text that stands alone.\"\n\
             [template.b]\nname = \"n\"\ncategory = \"utility\"\nlanguage = \"{language}\"\nbody = \"Another text that stands.\"\n"
        )
    };
    assert_eq!(
        check_all(&two("en")),
        [("template::name_collision".to_owned(), "\"en\"".to_owned())]
    );
    assert_eq!(check_all(&two("es")), []);
}

#[test]
fn two_templates_cannot_say_the_same_in_one_language() {
    let two = |language: &str, footer: &str| {
        format!(
            "[template.a]\ncategory = \"utility\"\nlanguage = \"en\"\nbody = \"One text that stands alone.\"\n\
             [template.b]\ncategory = \"utility\"\nlanguage = \"{language}\"\nbody = \"One text that stands alone.\"\n{footer}"
        )
    };
    assert_eq!(
        check_all(&two("en", "")),
        [(
            "template::content_twice".to_owned(),
            "\"One text that stands alone.\"".to_owned()
        )]
    );
    assert_eq!(check_all(&two("es", "")), []);
    assert_eq!(check_all(&two("en", "footer = \"Bye\"\n")), []);
}

#[test]
fn header_files_exist_and_are_of_a_kind_that_meta_takes() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("hero.png"), "png").unwrap();
    std::fs::write(directory.path().join("hero.gif"), "gif").unwrap();
    std::fs::create_dir(directory.path().join("folder.png")).unwrap();
    let check = |header: &str| {
        let toml = format!(
            "[template.t]\ncategory = \"utility\"\nlanguage = \"en\"\nbody = \"A text for this.\"\nheader = {header}"
        );
        let (project, diagnostics) = project(directory.path(), &toml);
        findings(&project, &diagnostics)
    };
    let found = |code: &str, words: &str| vec![(format!("template::{code}"), words.to_owned())];
    assert_eq!(check("{ image = \"hero.png\" }"), []);
    assert_eq!(
        check("{ image = \"hero.gif\" }"),
        found("header_file_type", "\"hero.gif\"")
    );
    assert_eq!(
        check("{ video = \"hero.png\" }"),
        found("header_file_type", "\"hero.png\"")
    );
    assert_eq!(
        check("{ image = \"nero.png\" }"),
        found("header_file", "\"nero.png\"")
    );
    assert_eq!(
        check("{ image = \"folder.png\" }"),
        found("header_file", "\"folder.png\"")
    );
}

#[test]
fn the_time_to_live_fits_the_category() {
    sound(&[("message_send_ttl_seconds", "30")]);
    sound(&[("message_send_ttl_seconds", "-1")]);
    broken(&[("message_send_ttl_seconds", "29")], "time_to_live", "29");
    broken(
        &[("message_send_ttl_seconds", "43201")],
        "time_to_live",
        "43201",
    );
    let marketing = ("category", "\"marketing\"");
    sound(&[marketing, ("message_send_ttl_seconds", "43200")]);
    broken(
        &[marketing, ("message_send_ttl_seconds", "3600")],
        "time_to_live",
        "3600",
    );
    broken(
        &[marketing, ("message_send_ttl_seconds", "-1")],
        "time_to_live",
        "-1",
    );
}

#[test]
fn languages_are_meta_s_codes() {
    sound(&[("language", "\"prs_AF\"")]);
    broken(&[("language", "\"en-US\"")], "language_form", "\"en-US\"");
    broken(&[("language", "\"EN\"")], "language_form", "\"EN\"");
    broken(
        &[("language", "\"es_VE\"")],
        "language_unknown",
        "\"es_VE\"",
    );
    let twice = [("template::language_twice".to_owned(), "en_US".to_owned())];
    assert_eq!(
        check(&[("translation.en_US.body", "\"A text that is another one.\"")]),
        twice
    );
}

#[test]
fn a_category_is_one_of_ours() {
    let message = |category: &str| {
        let toml = format!(
            "[template.t]\ncategory = \"{category}\"\nlanguage = \"en\"\nbody = \"A text for this.\""
        );
        let (_, diagnostics) = project(Path::new("."), &toml);
        diagnostics
            .reports()
            .first()
            .map(|report| report.message.clone())
            .unwrap_or_default()
    };
    assert_eq!(message("marketing"), "");
    assert!(message("Utility").contains("write `utility` in lower case"));
    assert!(message("authentication").contains("cannot be declared yet"));
    assert!(message("otp").contains("is not a category"));
}
