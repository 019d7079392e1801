use super::*;

const ROW_OF_ANA: &[(&str, &str)] = &[
    ("first_name", "ana maria"),
    ("shipped_at", "2026-05-02T22:30:00Z"),
    ("amount", "1234.5"),
    ("First name", "Ana"),
    ("empty", ""),
];

fn evaluate(source: &str) -> Result<Option<String>, Error> {
    let find = |name: &str| {
        let (_, value) = ROW_OF_ANA.iter().find(|(field, _)| *field == name)?;
        Some(*value)
    };
    Expression::compile(source)?.evaluate(find, || ROW_OF_ANA.iter().copied())
}

#[test]
fn fields_become_texts() {
    for (source, text) in [
        ("first_name | title", "Ana Maria"),
        ("first_name | split(' ') | first | upper", "ANA"),
        ("shipped_at | date('%-d %b')", "2 May"),
        (
            "shipped_at | date('%-d %b %H:%M', tz='Europe/Tallinn')",
            "3 May 01:30",
        ),
        ("amount | number(2)", "1234.50"),
        ("amount | number(2, sep=' ', point=',')", "1 234,50"),
        ("(amount | float * 2) | number", "2469"),
        ("first_name | truncate(5)", "ana…"),
        ("'VIP' if amount | float > 1000 else 'you'", "VIP"),
        ("row['First name'] ~ '!'", "Ana!"),
        ("empty or 'there'", "there"),
        ("nick | default('there')", "there"),
    ] {
        assert_eq!(evaluate(source), Ok(Some(text.to_owned())), "{source}");
    }
}

#[test]
fn an_empty_result_is_no_value() {
    for source in ["empty", "none", "'  '", "first_name if empty"] {
        assert_eq!(evaluate(source), Ok(None), "{source}");
    }
}

#[test]
fn a_missing_field_is_an_error_and_never_an_empty_text() {
    for source in [
        "nick",
        "'Hi ' ~ nick",
        "row['nick'] | upper",
        "nick | date('%d')",
    ] {
        assert!(
            evaluate(source).is_err(),
            "{source}: {:?}",
            evaluate(source)
        );
    }
}

#[test]
fn what_a_filter_cannot_use_is_an_error() {
    assert_eq!(
        evaluate("first_name | date('%d')").unwrap_err().message,
        "`ana maria` is not a date"
    );
    assert_eq!(
        evaluate("first_name | number").unwrap_err().message,
        "`ana maria` is not a number"
    );
    assert!(evaluate("first_name | split(' ')").is_err());
}

#[test]
fn mistakes_of_the_expression_show_when_it_is_compiled() {
    let error = Expression::compile("first_name | uper").unwrap_err();
    assert_eq!(error.help.as_deref(), Some("did you mean `upper`?"));
    assert_eq!(&"first_name | uper"[error.range.unwrap()], "uper");
    for source in [
        "",
        "a |",
        "a | upper | nope",
        "{{ a }}",
        "a b",
        "range(3)",
        "'a' if x else y | nope",
    ] {
        assert!(Expression::compile(source).is_err(), "{source}");
    }
}

#[test]
fn an_expression_has_an_end() {
    let long = |parts: usize| format!("a{}", "~a".repeat(parts));
    assert!(Expression::compile(&long(990)).is_ok());
    assert!(Expression::compile(&long(30_000)).is_err());
}

#[test]
fn the_fields_that_it_needs_are_known() {
    let expression = Expression::compile("b ~ a | date('%d') ~ row['c']").unwrap();
    assert_eq!(expression.fields().collect::<Vec<_>>(), ["a", "b"]);
    let expression = Expression::compile("a | default('x') ~ b").unwrap();
    assert!(expression.needs("b") && !expression.needs("a"));
    let expression = Expression::compile("a | date('%d') ~ (b | default('x'))").unwrap();
    assert!(expression.needs("a") && !expression.needs("b"));
}

#[test]
fn every_filter_is_listed_and_exists() {
    assert!(FILTERS.is_sorted());
    for filter in FILTERS {
        let used = format!("a | {filter}");
        if let Err(error) = Expression::compile(&used) {
            assert!(!error.message.contains("unknown"), "{filter}: {error}");
        }
    }
}
