//! Plans as files.

use mockreel_evidence::issue::markdown::code;
use serde_json::{Value, json};

use super::{Format, phrases};
use crate::plan::{Plan, Worst};

/// The formats that a plan has.
pub const PLAN_FORMATS: [Format; 2] = [Format::Markdown, Format::Json];

/// Plans in one of [`PLAN_FORMATS`]; Markdown stands for any other.
pub fn render_plans(format: Format, plans: &[Plan]) -> String {
    match (format, plans) {
        (Format::Json, [plan]) => pretty(&json(plan)),
        (Format::Json, plans) => pretty(&plans.iter().map(json).collect()),
        _ => plans.iter().map(markdown).collect::<Vec<_>>().join("\n"),
    }
}

fn pretty(value: &Value) -> String {
    mockreel_evidence::issue::json::pretty(value)
}

fn json(plan: &Plan) -> Value {
    let line = |line: &crate::plan::PlanLine| {
        let most = match &line.worst {
            Worst::Nothing | Worst::Shared => json!(0),
            Worst::Known(amount) => json!(amount),
            Worst::Unknown => Value::Null,
        };
        json!({
            "id": line.id, "title": line.title, "level": line.level.word(), "cost": line.cost.word(), "at_most": most,
            "not_run": line.skipped,
        })
    };
    json!({
        "vendor": plan.vendor,
        "target": plan.target,
        "unit": plan.unit,
        "free": plan.free,
        "cap": plan.cap,
        "sum": plan.sum(),
        "at_most": plan.most(),
        "unknown_prices": plan.unknown(),
        "exit_code": plan.exit_code(),
        "cases": plan.lines.iter().map(line).collect::<Vec<_>>(),
    })
}

fn markdown(plan: &Plan) -> String {
    let chars = phrases::NAME_CHARS;
    let mut out = format!(
        "**Plan of {} against {}**\n\n| case | level | cost | at most | claim |\n|---|---|---|---:|---|\n",
        code(&plan.vendor, chars),
        code(&plan.target, chars)
    );
    for line in plan.lines.iter().filter(|line| line.skipped.is_none()) {
        let (level, cost, worst) = (line.level.word(), line.cost.word(), plan.worst_text(&line.worst));
        out.push_str(&format!("| {} | {level} | {cost} | {worst} | {} |\n", line.id, line.title));
    }
    out.push('\n');
    for line in plan.conclusions() {
        out.push_str(&format!("- {line}\n"));
    }
    let skipped: Vec<&str> =
        plan.lines.iter().filter(|line| line.skipped.is_some()).map(|line| line.id).collect();
    if !skipped.is_empty() {
        out.push_str(&format!("- not run: {}\n", skipped.join(", ")));
    }
    out
}
