//! Who answers which call of the Graph API.

use std::sync::Arc;

use axum::http::Method;

use super::server::trace;
use super::{Call, Reply};
use crate::sandbox::core::{Core, Turn};
use crate::sandbox::graph::{Access, GraphError, Level, Scope, authenticate, describe_token};
use crate::sandbox::options::{APP_ID, BUSINESS_ID};
use crate::sandbox::world::{IdKind, is_own_id};
use crate::sandbox::{media, messages, nodes, settings, subscriptions, templates, uploads};

/// What a path's first part names.
#[derive(Clone, Debug)]
enum Node {
    App,
    Business,
    Upload(String),
    Account(String),
    Number(String),
    Template(u64),
    Media(u64),
}

/// Edges that only accounts have: an unknown id that is asked for one of them becomes an account.
const ACCOUNT_EDGES: [&str; 3] = ["message_templates", "phone_numbers", "subscribed_apps"];

/// The header that says how far the hour's calls are used up.
const USAGE: &str = "x-business-use-case-usage";

/// What is left of an account's calls after one more was counted.
struct Counted {
    /// Minutes until calls are taken again; 0 while they are.
    wait: i64,
    header: String,
}

/// Answers a call.
pub(super) async fn answer(core: &Arc<Core>, call: &Call) -> Reply {
    route(core, call)
        .await
        .unwrap_or_else(|error| Reply::error(&error, &trace(core)))
}

async fn route(core: &Arc<Core>, call: &Call) -> Result<Reply, GraphError> {
    let access = authenticate(&core.identity, call, core.clock.now())?;
    let segments = call.segments();
    let (id, edge) = match segments.as_slice() {
        ["debug_token"] => return debug_token(core, call),
        [id] => (*id, None),
        [id, edge] => (*id, Some(*edge)),
        _ => {
            let message = format!("Unknown path components: {}", call.path);
            return Err(GraphError::new(2500, message));
        }
    };
    // Sending, and what it takes, is another permission, and is not counted.
    let sending =
        matches!(edge, Some("messages" | "media")) || (edge.is_none() && IdKind::Media.fits(id));
    access.need(if sending {
        Scope::Messaging
    } else {
        Scope::Management
    })?;
    let (node, counted) = core.turn(|turn| {
        let node = find(turn, call, id, edge)?;
        let counted = if sending { None } else { count(turn, &node) };
        Ok((node, counted))
    })?;
    let result = match &counted {
        Some(counted) if counted.wait > 0 => Err(too_many_calls()),
        _ => node_call(core, call, access, &node, edge).await,
    };
    let mut reply = result.unwrap_or_else(|error| Reply::error(&error, &trace(core)));
    reply
        .headers
        .extend(counted.map(|counted| (USAGE, counted.header)));
    Ok(reply)
}

fn too_many_calls() -> GraphError {
    GraphError::new(
        80_007,
        format!("(#80007) {}", crate::sandbox::graph::title(80_007)),
    )
}

/// Answers as when the hour's calls are used up, whatever the count says.
pub(super) fn throttled(core: &Core, call: &Call, minutes: i64, trace: &str) -> Reply {
    if call.path.ends_with("/messages") {
        let details = "Message failed to send because there were too many messages sent from this phone number in a \
                       short period of time";
        return Reply::error(&GraphError::message(130_429, details), trace);
    }
    let mut reply = Reply::error(&too_many_calls(), trace);
    let header = core.turn(|turn| {
        let segments = call.segments();
        let node = find(turn, call, segments.first()?, segments.get(1).copied()).ok()?;
        let waba = account_of(turn, &node)?;
        Some(Level::used_up(minutes).header(&waba))
    });
    reply.headers.extend(header.map(|header| (USAGE, header)));
    reply
}

/// The account against which a node's calls count.
fn account_of(turn: &Turn<'_>, node: &Node) -> Option<String> {
    match node {
        Node::Account(waba) => Some(waba.clone()),
        Node::Number(id) => Some(turn.world.numbers.get(id)?.waba.clone()),
        Node::Template(id) => Some(turn.world.templates.get(id)?.waba.clone()),
        Node::App | Node::Business | Node::Upload(_) | Node::Media(_) => None,
    }
}

/// Counts a management call against the node's account.
fn count(turn: &mut Turn<'_>, node: &Node) -> Option<Counted> {
    let waba = account_of(turn, node)?;
    let has_number = turn.world.numbers_of(&waba).next().is_some();
    let mut level = turn.world.usage.count(&waba, has_number, turn.now);
    if !turn.world.behaviour.enforce.management_calls {
        level.wait = 0;
    }
    Some(Counted {
        wait: level.wait,
        header: level.header(&waba),
    })
}

fn find(
    turn: &mut Turn<'_>,
    call: &Call,
    id: &str,
    edge: Option<&str>,
) -> Result<Node, GraphError> {
    if id == APP_ID {
        return Ok(Node::App);
    }
    if id == BUSINESS_ID {
        return Ok(Node::Business);
    }
    if id.starts_with("upload:") {
        return Ok(Node::Upload(id.to_owned()));
    }
    if turn.world.numbers.contains_key(id) {
        return Ok(Node::Number(id.to_owned()));
    }
    if let Some(template) = id.parse().ok().and_then(|id| turn.world.templates.get(&id)) {
        return Ok(Node::Template(template.id));
    }
    if let Some(media) = id.parse().ok().and_then(|id| turn.world.media.get(&id)) {
        return Ok(Node::Media(media.id));
    }
    let numeric = !id.is_empty() && id.len() <= 20 && id.bytes().all(|byte| byte.is_ascii_digit());
    let for_account = edge.is_none_or(|edge| ACCOUNT_EDGES.contains(&edge));
    let known = turn.world.accounts.contains_key(id);
    if known
        || (numeric
            && !is_own_id(id)
            && for_account
            && (edge.is_some() || call.method == Method::GET))
    {
        turn.account(id);
        return Ok(Node::Account(id.to_owned()));
    }
    if !numeric {
        return Err(GraphError::new(
            803,
            format!("(#803) Some of the aliases you requested do not exist: {id}"),
        )
        .http(404));
    }
    Err(GraphError::unsupported(call.method.as_str(), id))
}

fn debug_token(core: &Core, call: &Call) -> Result<Reply, GraphError> {
    let Some(token) = call.text("input_token") else {
        return Err(GraphError::invalid("The parameter input_token is required"));
    };
    let accounts: Vec<String> = core.turn(|turn| turn.world.accounts.keys().cloned().collect());
    Ok(Reply::json(describe_token(
        &core.identity,
        &token,
        &accounts,
        core.clock.now(),
    )))
}

async fn node_call(
    core: &Arc<Core>,
    call: &Call,
    access: Access,
    node: &Node,
    edge: Option<&str>,
) -> Result<Reply, GraphError> {
    let method = call.method.as_str();
    match (node, edge, method) {
        (Node::Account(id), None, "GET") => core.turn(|turn| nodes::account(turn, call, id)),
        (Node::Account(id), Some("phone_numbers"), "GET") => {
            core.turn(|turn| nodes::numbers(turn, call, id))
        }
        (Node::Account(id), Some("message_templates"), "GET") => {
            core.turn(|turn| templates::list(turn, call, id))
        }
        (Node::Account(id), Some("message_templates"), "POST") => {
            core.turn(|turn| templates::create(turn, call, id))
        }
        (Node::Account(id), Some("message_templates"), "DELETE") => {
            templates::delete(core, call, id).await
        }
        (Node::Account(id), Some("subscribed_apps"), "GET") => {
            Ok(core.turn(|turn| subscriptions::of_account(turn, id)))
        }
        (Node::Account(id), Some("subscribed_apps"), "POST") => {
            subscriptions::subscribe_account(core, call, id).await
        }
        (Node::Account(id), Some("subscribed_apps"), "DELETE") => {
            Ok(core.turn(|turn| subscriptions::unsubscribe_account(turn, id)))
        }
        (Node::Number(id), None, "GET") => core.turn(|turn| nodes::number(turn, call, id)),
        (Node::Number(id), None, "POST") => subscriptions::override_number(core, call, id).await,
        (Node::Number(id), Some("messages"), "POST") => messages::send(core, call, id).await,
        (Node::Number(id), Some("settings"), "GET") => {
            core.turn(|turn| settings::show(turn, call, id))
        }
        (Node::Number(id), Some("settings"), "POST") => {
            core.turn(|turn| settings::change(turn, call, id))
        }
        (Node::Number(id), Some("media"), "POST") => media::upload(core, call, id),
        (Node::Media(id), None, "GET") => core.turn(|turn| media::show(turn, call, *id)),
        (Node::Media(id), None, "DELETE") => core.turn(|turn| media::remove(turn, call, *id)),
        (Node::Template(id), None, "GET") => core.turn(|turn| templates::node(turn, call, *id)),
        (Node::Template(id), None, "POST") => core.turn(|turn| templates::edit(turn, call, *id)),
        (Node::Template(id), Some("unpause"), "POST") => {
            core.turn(|turn| templates::unpause(turn, *id))
        }
        (Node::App, None, "GET") => core.turn(|_| nodes::app(call)),
        (Node::App, Some("uploads"), "POST") => core.turn(|turn| uploads::open(turn, call)),
        (Node::App, Some("subscriptions"), "GET" | "POST" | "DELETE") => {
            access.need_app()?;
            match method {
                "GET" => Ok(core.turn(|turn| subscriptions::of_app(turn))),
                "POST" => subscriptions::subscribe_app(core, call).await,
                _ => Ok(core.turn(|turn| subscriptions::unsubscribe_app(turn, call))),
            }
        }
        (Node::Upload(id), None, "GET") => core.turn(|turn| uploads::progress(turn, id)),
        (Node::Upload(id), None, "POST") => core.turn(|turn| uploads::append(turn, call, id)),
        (Node::Business, None, "GET") => core.turn(|turn| nodes::business(turn, call)),
        (_, Some(edge), _) if method != "GET" => Err(GraphError::new(
            2500,
            format!("Unknown path components: /{edge}"),
        )),
        _ => Err(GraphError::unsupported(
            method,
            call.segments().first().unwrap_or(&""),
        )),
    }
}
