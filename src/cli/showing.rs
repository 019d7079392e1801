//! A plan in the form that was asked for: of `plan`, and of `show`.

use super::args::{PlanFormat, PlanOutput};
use super::ui::Ui;
use crate::engine::plan::Plan;
use crate::render;

/// Returns a plan as it is printed.
pub(super) fn plan(plan: &Plan, output: &PlanOutput, ui: &Ui) -> String {
    match output.format {
        PlanFormat::Json => render::plan_json::text(plan),
        PlanFormat::Markdown => render::markdown::plan(plan, output.max_bytes),
        PlanFormat::Human if output.summary => render::plan::brief(plan, ui.look_out()),
        PlanFormat::Human => render::plan::human(plan, ui.look_out()),
    }
}
