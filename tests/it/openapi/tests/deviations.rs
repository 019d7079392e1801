//! Every deviation and every relaxation is needed, and cites the fact sheet.

use serde_json::{Value, json};

use super::{errors, positional};
use crate::openapi::deviations::{Allows, CREATE, DEVIATIONS, Deviation, Operations};
use crate::openapi::drafts::examples;
use crate::openapi::specification::document;
use crate::openapi::{LoggedRequest, Specification};

#[test]
fn every_deviation_is_needed() {
    let Some(document) = document() else { return };
    let all = Specification::new(document, DEVIATIONS);
    for (place, deviation) in DEVIATIONS.iter().enumerate() {
        let Deviation {
            name,
            reason,
            allows,
        } = deviation;
        assert!(
            reason.starts_with("fact sheet "),
            "`{name}` does not cite the fact sheet"
        );
        assert!(
            DEVIATIONS[..place].iter().all(|other| other.name != *name),
            "`{name}` stands twice"
        );
        let others: Vec<Deviation> = DEVIATIONS
            .iter()
            .filter(|other| other.name != *name)
            .cloned()
            .collect();
        let without = Specification::new(document, &others);
        let excused = excused(document, allows);
        assert!(!excused.is_empty(), "`{name}` excuses nothing");
        for request in excused {
            assert_eq!(
                errors(&all, &request),
                [""; 0],
                "`{name}` does not excuse {request:?}"
            );
            assert_ne!(
                errors(&without, &request),
                [""; 0],
                "`{name}` is not needed for {request:?}"
            );
        }
    }
}

/// Requests that are right because of the deviation only.
fn excused(document: &Value, allows: &Allows) -> Vec<LoggedRequest> {
    match allows {
        Allows::Operation {
            operation,
            parameters,
        } => {
            let request = concrete(operation.0, operation.1);
            vec![
                parameters
                    .iter()
                    .fold(request, |request, name| request.with_query(name, "x")),
            ]
        }
        Allows::Query { operations, names } => {
            let operations = match operations {
                Operations::Every => &[("GET", "/{Version}/{WABA-ID}"), CREATE],
                Operations::These(operations) => *operations,
            };
            let one = |(method, path): &(&str, &str), name: &str| {
                let request = concrete(method, path).with_query(name, "x");
                if *method == "POST" {
                    request.with_body(positional())
                } else {
                    request
                }
            };
            operations
                .iter()
                .flat_map(|operation| names.iter().map(move |name| one(operation, name)))
                .collect()
        }
        Allows::Keys {
            operations,
            example,
        } => {
            let example: Value =
                serde_json::from_str(example).expect("a deviation's example is JSON");
            operations
                .iter()
                .map(|(method, path)| concrete(method, path).with_body(example.clone()))
                .collect()
        }
        Allows::Borrow {
            operation,
            key,
            from,
        } => {
            let lent = examples(document, from.0, from.1)
                .into_iter()
                .map(|(_, example)| json!({*key: example[*key]}));
            // Most of the lender's examples use something that the borrower's own never show; one is enough.
            let bare = Specification::new(document, &[]);
            lent.map(|body| concrete(operation.0, operation.1).with_body(body))
                .find(|request| !errors(&bare, request).is_empty())
                .into_iter()
                .collect()
        }
    }
}

fn concrete(method: &str, path: &str) -> LoggedRequest {
    let path = path
        .split('/')
        .map(|segment| match segment.split_once('{') {
            None => segment.to_owned(),
            Some((_, "Version}")) => "v25.0".to_owned(),
            Some((prefix, _)) => format!("{prefix}102290129340398"),
        });
    LoggedRequest::new(method, &path.collect::<Vec<_>>().join("/"))
}
