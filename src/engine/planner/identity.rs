//! Whether it is the right account: by the token, and by the state.
//!
//! A token of production in the environment of staging, or the state of the one beside the account of the other, would adopt,
//! forget and message wrongly without anything being amiss in the plan. Both are refused before anything is planned.

use super::{Connection, Connections, Error};
use crate::meta;
use crate::resource::{self, Project};
use crate::sanitize;
use crate::store::Database;

/// The permission that an account's objects are read with.
const PERMISSION: &str = "whatsapp_business_management";

/// Refuses a state that was applied to another account under the same name.
///
/// # Errors
/// Where it was, and those of the store.
pub async fn check_state(
    project: &Project,
    connections: &Connections<'_>,
    store: &dyn Database,
) -> Result<(), Error> {
    let bound = store.bindings().await?;
    for (name, connection) in &connections.readers {
        if let Some(bound) = bound.get(name)
            && *bound != connection.waba_id
        {
            return Err(Error::OtherState {
                declared: declared(project, name),
                waba_id: connection.waba_id.clone(),
                bound: bound.clone(),
            });
        }
    }
    Ok(())
}

/// Says of a failed read that it was the wrong token, where it was.
pub(super) async fn explain(
    error: resource::Error,
    project: &Project,
    connections: &Connections<'_>,
) -> Error {
    let resource::Error::Meta(meta::Error::Graph { error: answer, .. }) = &error else {
        return error.into();
    };
    if !hides(answer) {
        return error.into();
    }
    for (name, connection) in &connections.readers {
        let waba_id = &connection.waba_id;
        // What cannot be asked cannot be told; the first answer stands then.
        let Ok(token) = connection.graph.token().await else {
            continue;
        };
        let targets = token.targets(PERMISSION);
        if targets.is_empty() || targets.contains(&waba_id.as_str()) {
            continue;
        }
        return Error::OtherAccount {
            declared: declared(project, name),
            waba_id: waba_id.clone(),
            reached: reached(connection, &targets).await,
            answer: answer.to_string(),
        };
    }
    error.into()
}

/// Tells whether an answer is what Meta gives for an object that the token may not see: it says that there is none.
fn hides(answer: &meta::GraphError) -> bool {
    matches!(answer.code, 10 | 200..=299) || (answer.code, answer.subcode) == (100, Some(33))
}

async fn reached(connection: &Connection<'_>, targets: &[&str]) -> String {
    let mut reached = Vec::new();
    for id in targets {
        let name = match connection.graph.account(id).await {
            Ok(account) => account.name,
            Err(_) => None,
        };
        reached.push(match name {
            Some(name) => format!("{id} ({})", sanitize::line(&name)),
            None => (*id).to_owned(),
        });
    }
    reached.join(", ")
}

/// Names an account as the configuration does.
fn declared(project: &Project, name: &str) -> String {
    let address = resource::account::address(name);
    match &project.environment {
        Some(environment) => format!("{address} of the environment `{environment}`"),
        None => address.to_string(),
    }
}
