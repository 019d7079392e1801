//! The events of a plan, in the order in which they are told.

use super::{
    Changes, Details, Diagnostic, Drifted, Event, Importing, Operation, OutputValue, Planned,
    Resource, Severity,
};
use crate::engine::plan::{Action, Change, Drift, DriftClass, Output, Plan};
use crate::render::plan::summary;
use crate::render::plan_json::{reason, type_of};
use crate::render::style::Look;

/// Returns all that is planned, each with its message.
pub fn planned(plan: &Plan) -> impl Iterator<Item = (String, Event<'_>)> {
    let changes = plan
        .changes
        .iter()
        .filter(|change| change.action != Action::NoOp);
    let guards = plan
        .guards
        .iter()
        .map(|guard| (guard.text.clone(), Event::Guard { guard }));
    let sends = plan.sends.iter().map(|send| {
        let messaged = send.now + send.when_ready + send.later;
        let message = format!("{}: Plan to send {messaged}", send.address);
        (message, Event::PlannedSend { send })
    });
    plan.drift
        .iter()
        .map(drift)
        .chain(changes.map(change))
        .chain(sends)
        .chain(guards)
        .chain(plan.refused.iter().map(|refused| {
            let refusal = &refused.refusal;
            let diagnostic = Diagnostic {
                severity: Severity::Error,
                summary: &refusal.message,
                detail: &refusal.help,
                code: &refusal.code,
                address: Some(refused.address.to_string()),
                range: None,
            };
            let message = format!("Error: {}: {}", refused.address, refusal.message);
            (message, Event::Diagnostic { diagnostic })
        }))
        .chain([changed(plan)])
        .chain((!plan.outputs.is_empty()).then(|| outputs(&plan.outputs)))
}

fn drift(drift: &Drift) -> (String, Event<'_>) {
    let Drift {
        address,
        class,
        fields,
        before: _,
        after: _,
        since,
        meaning,
        mend,
    } = drift;
    let action = match class {
        DriftClass::Missing => "delete",
        DriftClass::Edited | DriftClass::Moved => "update",
    };
    let event = Event::ResourceDrift {
        change: Planned {
            resource: Resource::of(address),
            action,
            reason: None,
            importing: None,
        },
        waform: Drifted {
            class: *class,
            fields,
            since: *since,
            meaning,
            mend: mend.as_deref(),
        },
    };
    (format!("{address}: Drift detected ({action})"), event)
}

fn change(change: &Change) -> (String, Event<'_>) {
    let action = match change.action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Replace => "replace",
        Action::Delete => "delete",
        Action::Adopt if change.fields.is_empty() => "import",
        Action::Adopt => "update",
        Action::Forget => "remove",
        Action::NoOp => "noop",
    };
    // The stream leaves out what the plan's reasons begin with.
    let reason =
        reason(change).map(|reason| reason.strip_prefix("replace_because_").unwrap_or(reason));
    let id = change
        .id
        .as_deref()
        .filter(|_| change.action == Action::Adopt);
    let event = Event::PlannedChange {
        change: Planned {
            resource: Resource::of(&change.address),
            action,
            reason,
            importing: id.map(|id| Importing { id }),
        },
        waform: Details {
            fields: &change.fields,
            budgets: &change.budgets,
            declared_at: change.declared_at.as_ref(),
        },
    };
    (format!("{}: Plan to {action}", change.address), event)
}

fn changed(plan: &Plan) -> (String, Event<'_>) {
    let counts = plan.counts();
    let changes = Changes {
        add: counts.add,
        change: counts.change,
        import: counts.import,
        remove: counts.destroy,
        operation: Operation::Plan,
    };
    let waform = Some(counts);
    let message = summary(plan, Look::plain(100));
    let message = message.lines().next().unwrap_or_default().to_owned();
    (message, Event::ChangeSummary { changes, waform })
}

fn outputs(outputs: &[Output]) -> (String, Event<'_>) {
    let values = outputs.iter().map(|output| {
        let value = OutputValue {
            sensitive: false,
            kind: output.value.as_ref().map(type_of),
            value: output.value.as_ref(),
            action: Some(if output.value.is_some() {
                "noop"
            } else {
                "create"
            }),
        };
        (output.name.as_str(), value)
    });
    let message = format!("Outputs: {}", outputs.len());
    let outputs = values.collect();
    (message, Event::Outputs { outputs })
}
