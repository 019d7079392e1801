use super::{SAMPLE, SOUND_BODY, check};

#[test]
fn translations_give_every_text() {
    let base = [
        ("header", "{ text = \"Order\" }"),
        ("footer", "\"Bye\""),
        (
            "buttons",
            "[\"Yes\", { url = { text = \"Go\", url = \"https://example.com\" } }, { copy_code = { example = \"X\" } }]",
        ),
        ("translation.es.body", "\"Su pedido ha salido.\""),
    ];
    let with = |more: &[(&'static str, &'static str)]| {
        let lines: Vec<_> = base.iter().chain(more).copied().collect();
        check(&lines)
            .into_iter()
            .map(|(code, _)| code.replace("template::", ""))
            .collect::<Vec<_>>()
    };
    let header = ("translation.es.header", "{ text = \"Pedido\" }");
    let footer = ("translation.es.footer", "\"Adiós\"");
    let labels = ("translation.es.buttons", "[\"Sí\", \"Ir\"]");
    assert_eq!(with(&[header, footer, labels]), [""; 0]);
    assert_eq!(with(&[footer, labels]), ["translation_missing"]);
    assert_eq!(with(&[header, labels]), ["translation_missing"]);
    assert_eq!(with(&[header, footer]), ["translation_missing"]);
    assert_eq!(
        with(&[header, footer, ("translation.es.buttons", "[\"Sí\"]")]),
        ["translation_missing"]
    );
    assert_eq!(
        with(&[
            footer,
            labels,
            ("translation.es.header", "{ location = {} }")
        ]),
        ["translation_kind"]
    );
    let swapped = "[\"Sí\", { quick_reply = \"Ir\" }]";
    assert_eq!(
        with(&[header, footer, ("translation.es.buttons", swapped)]),
        ["translation_kind"]
    );
}

#[test]
fn translations_use_the_same_variables() {
    let body = ("body", SOUND_BODY);
    let found = |translation: &str| {
        check(&[body, SAMPLE, ("translation.es.body", translation)])
            .into_iter()
            .map(|(code, _)| code)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        found("\"Hola {{name}}, su pedido ha salido hoy.\""),
        [""; 0]
    );
    assert_eq!(
        found("\"Su pedido ha salido hoy.\""),
        ["template::translation_variables"]
    );
    let mut codes = found("\"Hola {{nombre}}, su pedido ha salido hoy.\"");
    codes.sort();
    assert_eq!(
        codes,
        [
            "template::example_missing",
            "template::translation_variables",
            "template::translation_variables"
        ]
    );
}
