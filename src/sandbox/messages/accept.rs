//! What becomes of a message that is not refused.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::envelope::Envelope;
use super::magic::{self, Fate};
use super::recipient::Recipient;
use super::statuses;
use crate::sandbox::core::Turn;
use crate::sandbox::data::{MessageRow, Step, Write};
use crate::sandbox::duration;
use crate::sandbox::graph::GraphError;
use crate::sandbox::http::Reply;
use crate::sandbox::world::{Category, Rating, Timer, TimerKind};

/// Decides what becomes of a message; none: what becomes of most.
pub(super) fn fate(
    turn: &mut Turn<'_>,
    envelope: &Envelope,
    to: &Recipient,
    row: &MessageRow,
    category: Option<Category>,
) -> Option<Fate> {
    let marketing = category == Some(Category::Marketing);
    if envelope.unfetchable {
        // Meta's own media servers refuse Meta's fetcher.
        return Some(Fate::Fails(131_053));
    }
    if category.is_none() && row.outside {
        // Free-form outside the service window.
        return Some(Fate::Fails(131_047));
    }
    if !to.valid || turn.world.people.has_moved(&to.wa_id) {
        return Some(Fate::Fails(131_026));
    }
    if let Some(identity) = &envelope.identity
        && *identity != turn.world.people.identity(turn.world.seed, &to.wa_id)
    {
        return Some(Fate::Fails(137_000));
    }
    if marketing && turn.world.people.has_stopped(&row.waba, &to.wa_id) {
        return Some(Fate::Fails(131_050));
    }
    if marketing && to.in_us && turn.world.behaviour.us_marketing_paused {
        // Paused since 1 Apr 2025 (error codes page).
        return Some(Fate::Fails(131_049));
    }
    let magic = magic::of(&to.wa_id);
    match magic {
        Some(Fate::MarketingFails(code)) => marketing.then_some(Fate::Fails(code)),
        Some(Fate::FailsFirst(code)) => first_try(turn, &to.wa_id).then_some(Fate::Fails(code)),
        // Who answered everything would talk to an automatic answer for ever.
        Some(Fate::Answers(_)) if category.is_none() => None,
        other => other,
    }
}

/// Notes that a number that fails at first was tried; says whether for the first time.
pub(super) fn first_try(turn: &mut Turn<'_>, wa_id: &str) -> bool {
    let tries = turn.world.magic_tries.entry(wa_id.to_owned()).or_default();
    *tries += 1;
    let first = *tries == 1;
    let tries = turn.world.magic_tries.clone();
    turn.keep("magic_tries", "", &tries);
    first
}

/// How a template that is paced goes on.
struct Held {
    until: i64,
    /// Whether its messages are released then; otherwise they are dropped.
    released: bool,
}

/// Holds a message back while the template's first readers are asked what they think of it.
///
/// Meta paces marketing templates that are new or not green (template pacing page, Oct 2025). How many go out first is not
/// told; here it is set in the behaviour, and pacing is off until then. The count begins anew at a restart.
fn hold(turn: &mut Turn<'_>, row: &MessageRow) -> Option<Held> {
    let pacing = turn.world.behaviour.pacing.clone()?;
    let id = u64::try_from(row.template_id?).ok()?;
    let mut template = turn.world.templates.get(&id)?.clone();
    let green = template
        .quality_score
        .as_ref()
        .is_some_and(|quality| quality.score == Rating::Green);
    if template.category != Category::Marketing || green {
        return None;
    }
    match &template.timer {
        Some(Timer {
            at,
            kind: TimerKind::Release,
        }) => {
            return Some(Held {
                until: at.as_millisecond(),
                released: true,
            });
        }
        Some(Timer {
            at,
            kind: TimerKind::Drop,
        }) => {
            return Some(Held {
                until: at.as_millisecond(),
                released: false,
            });
        }
        _ => {}
    }
    let sent = turn.world.paced.entry(id).or_default();
    *sent += 1;
    if *sent <= pacing.after {
        return None;
    }
    turn.world.paced.remove(&id);
    let wait = duration::parse(&pacing.decision).unwrap_or_default();
    let at = turn.now.saturating_add(wait).unwrap_or(Timestamp::MAX);
    let kind = if pacing.good {
        TimerKind::Release
    } else {
        TimerKind::Drop
    };
    template.timer = Some(Timer { at, kind });
    turn.put_template(template);
    Some(Held {
        until: at.as_millisecond(),
        released: pacing.good,
    })
}

/// Accepts a message and answers for it: rightly, or with an error all the same.
pub(super) fn accept(
    turn: &mut Turn<'_>,
    mut row: MessageRow,
    fate: Option<Fate>,
    ttl: Option<i64>,
    lie: bool,
) -> Result<Reply, GraphError> {
    row.seq = turn.world.next_message;
    turn.world.next_message += 1;
    let held = hold(turn, &row);
    let (from, fate) = match &held {
        None => (row.accepted_at, fate),
        Some(held) if held.released => (held.until, fate),
        Some(held) => (held.until, Some(Fate::Fails(132_015))),
    };
    row.steps = turn
        .world
        .behaviour
        .steps(turn.world.seed, row.seq, from, fate);
    if let Some(ttl) = ttl {
        // What comes too late is dropped, and nobody is told (time-to-live page).
        let last = row.accepted_at.saturating_add(ttl.saturating_mul(1000));
        let late =
            |step: &Step| step.at > last && matches!(step.status.as_str(), "delivered" | "read");
        if let Some(at) = row.steps.iter().position(late) {
            row.steps.truncate(at);
        }
    }
    if let Some(first) = row.steps.first() {
        turn.core.step_at(first.at);
    }
    let mut message = json!({"id": statuses::wamid(turn.world.seed, row.seq, &row.wa_id)});
    if held.is_some() {
        message["message_status"] = "held_for_quality_assessment".into();
    } else if row.template.is_some() && turn.world.behaviour.message_status {
        message["message_status"] = "accepted".into();
    }
    let contact = if row.details.by_user_id {
        json!({"input": row.input, "user_id": row.input})
    } else {
        json!({"input": row.input, "wa_id": row.wa_id})
    };
    let answer: Value = json!({
        "messaging_product": "whatsapp",
        "contacts": [contact],
        "messages": [message],
    });
    turn.writes.push(Write::Message(Box::new(row)));
    if lie {
        let details = "Message failed to send due to an unknown error.";
        return Err(GraphError::message(131_000, details));
    }
    Ok(Reply::json(answer))
}
