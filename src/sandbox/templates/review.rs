//! Meta's review, and everything else that happens to a template from outside.
//!
//! Unless told otherwise everything is approved when the review delay is over. Otherwise:
//!
//! - the first rule set under `/_sandbox/reviews` that fits decides;
//! - `[reject:REASON]`, `[category:CATEGORY]` or `[hold]` in the body's text decides;
//! - adjacent variables are rejected with INVALID_FORMAT and a recommendation, and so is the very content that another
//!   template of the account already has in the same category and language.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::events::{self, Extra, announce, announce_at, announce_category};
use super::{parse_category, placeholders};
use crate::sandbox::core::Turn;
use crate::sandbox::duration;
use crate::sandbox::world::{
    Category, QualityScore, Rating, RejectedReason, Status, Template, Timer, TimerKind,
};

/// Pauses for low quality: three hours, then six, then for good (template quality page, Sep 2026).
const PAUSES: [i64; 2] = [3, 6];
/// How long a deleted template's messages may still be on their way (template management page, Sep 2026).
const DELETION: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What the review of certain templates ends with.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ReviewRule {
    /// The exact name, language or category it is for; left out: any.
    pub name: Option<String>,
    pub language: Option<String>,
    pub category: Option<Category>,
    /// `APPROVED`, `REJECTED`, or `PENDING`: no end until told.
    pub status: Option<Status>,
    pub rejected_reason: Option<RejectedReason>,
    pub recommendation: Option<String>,
    /// The category that it is approved with.
    pub new_category: Option<Category>,
    /// How long the review takes, instead of the usual.
    pub delay: Option<String>,
    /// For how many reviews it is good; left out: all.
    pub times: Option<u32>,
}

impl ReviewRule {
    fn is_for(&self, template: &Template) -> bool {
        self.name.as_ref().is_none_or(|name| *name == template.name)
            && self
                .language
                .as_ref()
                .is_none_or(|language| *language == template.language)
            && self
                .category
                .is_none_or(|category| category == template.category)
            && self.times != Some(0)
    }
}

/// How a review ends.
struct Verdict {
    status: Status,
    reason: RejectedReason,
    recommendation: Option<String>,
    category: Option<Category>,
}

/// Hands a new or edited template to the review.
pub(super) fn submit(turn: &Turn<'_>, template: &mut Template) {
    let usual =
        SignedDuration::try_from(turn.core.options.review_delay).unwrap_or(SignedDuration::MAX);
    let rule = turn.world.reviews.iter().find(|rule| rule.is_for(template));
    let delay = rule
        .and_then(|rule| duration::parse(rule.delay.as_deref()?))
        .unwrap_or(usual);
    template.status = Status::Pending;
    template.rejected_reason = RejectedReason::None;
    template.recommendation = None;
    template.manual_unpause = false;
    template.timer = Some(Timer {
        at: later(turn.now, delay),
        kind: TimerKind::Review,
    });
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// Lets happen what is due by now.
pub(crate) fn settle(turn: &mut Turn<'_>) {
    while let Some((at, id)) = turn.world.timers.first().copied() {
        if at > turn.now {
            return;
        }
        let Some(timer) = turn
            .world
            .templates
            .get(&id)
            .and_then(|template| template.timer.clone())
        else {
            turn.world.timers.remove(&(at, id));
            continue;
        };
        match timer.kind {
            TimerKind::Review => finish(turn, id, at),
            TimerKind::Resume => set_status_at(
                turn,
                id,
                Status::Approved,
                &events::other_info("UNPAUSE", "UNPAUSED"),
                at,
            ),
            TimerKind::Release | TimerKind::Drop => end_pacing(turn, id, at, timer.kind),
            TimerKind::Purge => {
                turn.take_template(id);
            }
        }
    }
}

/// Ends the time in which a template's messages are held.
fn end_pacing(turn: &mut Turn<'_>, id: u64, at: Timestamp, kind: TimerKind) {
    let Some(mut template) = turn.world.templates.get(&id).cloned() else {
        return;
    };
    template.timer = None;
    template.manual_unpause = kind == TimerKind::Drop;
    turn.put_template(template);
    if kind == TimerKind::Drop {
        let told = events::other_info(
            "RATE_LIMITING_PAUSE",
            "Early readers did not like the template.",
        );
        set_status_at(turn, id, Status::Paused, &told, at);
    } else {
        change_quality(turn, id, Rating::Green);
    }
}

fn finish(turn: &mut Turn<'_>, id: u64, at: Timestamp) {
    let Some(mut template) = turn.world.templates.get(&id).cloned() else {
        return;
    };
    let verdict = judge(turn, &template);
    template.timer = None;
    template.status = verdict.status;
    template.rejected_reason = verdict.reason;
    template.recommendation = verdict.recommendation;
    template.updated_at = at;
    let moved = verdict
        .category
        .filter(|category| *category != template.category);
    if let Some(category) = moved {
        template.previous_category = Some(template.category);
        template.category = category;
        // An automatic change of category takes the time to live with it (time-to-live page).
        template.message_send_ttl_seconds = None;
    }
    let event = match template.status {
        Status::Approved => "APPROVED",
        Status::Rejected => "REJECTED",
        _ => "",
    };
    turn.put_template(template.clone());
    if !event.is_empty() {
        announce_at(turn, &template, event, &Extra::new(), at);
    }
    if moved.is_some() {
        announce_category(turn, &template, at);
    }
}

fn judge(turn: &mut Turn<'_>, template: &Template) -> Verdict {
    let approved = Verdict {
        status: Status::Approved,
        reason: RejectedReason::None,
        recommendation: None,
        category: None,
    };
    let rejected = |reason: RejectedReason, recommendation: Option<String>| Verdict {
        status: Status::Rejected,
        reason,
        recommendation,
        category: None,
    };
    if let Some(rule) = turn
        .world
        .reviews
        .iter_mut()
        .find(|rule| rule.is_for(template))
    {
        rule.times = rule.times.map(|times| times - 1);
        let rule = rule.clone();
        let rules = turn.world.reviews.clone();
        turn.keep("reviews", "", &rules);
        let status = rule.status.unwrap_or(Status::Approved);
        return match status {
            Status::Rejected => rejected(
                rule.rejected_reason
                    .unwrap_or(RejectedReason::InvalidFormat),
                rule.recommendation,
            ),
            status => Verdict {
                status,
                category: rule.new_category,
                ..approved
            },
        };
    }
    let body = template.text("BODY");
    let tag = |name: &str| {
        body.split_once(&format!("[{name}"))
            .and_then(|(_, rest)| Some(rest.split_once(']')?.0))
    };
    if let Some(reason) = tag("reject:") {
        let reason = serde_json::from_value(Value::String(reason.to_uppercase()))
            .unwrap_or(RejectedReason::InvalidFormat);
        return rejected(reason, None);
    }
    if tag("hold").is_some() {
        return Verdict {
            status: Status::Pending,
            ..approved
        };
    }
    if let Some(category) = tag("category:").and_then(parse_category) {
        return Verdict {
            category: Some(category),
            ..approved
        };
    }
    let found = placeholders(body);
    if found.windows(2).any(|pair| {
        body[pair[0].range.end..pair[1].range.start]
            .trim()
            .is_empty()
    }) {
        let advice = "Variables must not stand side by side. Put words between them.";
        return rejected(RejectedReason::InvalidFormat, Some(advice.into()));
    }
    let twin = |other: &Template| {
        other.id != template.id
            && other.category == template.category
            && other.language == template.language
            && other.components == template.components
            && matches!(other.status, Status::Approved | Status::Paused)
    };
    if template.category != Category::Authentication
        && turn.world.templates_of(&template.waba).any(twin)
    {
        let advice = "Another template has the same content. Use that one, or change this one.";
        return rejected(RejectedReason::InvalidFormat, Some(advice.into()));
    }
    approved
}

/// Gives a template another status, and tells of it.
pub(crate) fn set_status(turn: &mut Turn<'_>, id: u64, status: Status, extra: &Extra) {
    let now = turn.now;
    set_status_at(turn, id, status, extra, now);
}

fn set_status_at(turn: &mut Turn<'_>, id: u64, status: Status, extra: &Extra, at: Timestamp) {
    let Some(mut template) = turn.world.templates.get(&id).cloned() else {
        return;
    };
    template.status = status;
    template.updated_at = at;
    template.timer = None;
    turn.put_template(template.clone());
    let event = json!(status);
    announce_at(
        turn,
        &template,
        event.as_str().unwrap_or_default(),
        extra,
        at,
    );
}

/// Moves a template to another category, as Meta does with misused ones.
pub(crate) fn set_category(turn: &mut Turn<'_>, id: u64, category: Category) {
    let Some(mut template) = turn.world.templates.get(&id).cloned() else {
        return;
    };
    let now = turn.now;
    template.previous_category = Some(template.category);
    template.category = category;
    template.message_send_ttl_seconds = None;
    template.updated_at = now;
    turn.put_template(template.clone());
    announce_category(turn, &template, now);
}

/// Gives a template another quality score. Red pauses an approved one: three hours, then six, then for good.
pub(crate) fn change_quality(turn: &mut Turn<'_>, id: u64, score: Rating) {
    let Some(mut template) = turn.world.templates.get(&id).cloned() else {
        return;
    };
    let now = turn.now;
    let previous = template.quality_score.replace(QualityScore {
        score,
        date: now.as_second(),
    });
    let previous = previous.map_or(Rating::Unknown, |quality| quality.score);
    let mut paused = None;
    if score == Rating::Red && template.status == Status::Approved {
        let hours = usize::try_from(template.pauses)
            .ok()
            .and_then(|pauses| PAUSES.get(pauses));
        template.pauses += 1;
        template.updated_at = now;
        paused = Some(match hours {
            Some(hours) => {
                template.status = Status::Paused;
                template.timer = Some(Timer {
                    at: later(now, SignedDuration::from_hours(*hours)),
                    kind: TimerKind::Resume,
                });
                (
                    "PAUSED",
                    if template.pauses == 1 {
                        "FIRST_PAUSE"
                    } else {
                        "SECOND_PAUSE"
                    },
                )
            }
            None => {
                template.status = Status::Disabled;
                template.timer = None;
                ("DISABLED", "DISABLED")
            }
        });
    }
    turn.put_template(template.clone());
    events::announce_quality(turn, &template, previous, score);
    if let Some((event, title)) = paused {
        announce(
            turn,
            &template,
            event,
            &events::other_info(title, "The template's quality is low."),
        );
    }
}

/// Keeps a deleted template until its last message can no longer arrive.
pub(super) fn schedule_deletion(turn: &mut Turn<'_>, id: u64) {
    let Some(mut template) = turn.world.templates.get(&id).cloned() else {
        return;
    };
    template.status = Status::PendingDeletion;
    template.updated_at = turn.now;
    template.timer = Some(Timer {
        at: later(turn.now, DELETION),
        kind: TimerKind::Purge,
    });
    turn.put_template(template.clone());
    announce(turn, &template, "PENDING_DELETION", &Extra::new());
}
