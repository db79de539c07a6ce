//! The problem that a scenario causes: its name, filled with what the request says.

use mockreel_contracts::contract::check::rules::{Rule, Violation};
use mockreel_contracts::contract::check::schema::properties;
use mockreel_contracts::problem::{KeyFault, Malformation, Place};
use mockreel_contracts::{Model, Problem, Role};
use serde_json::Value;

use crate::edge::call::operation::Routed;
use crate::scenario::{ProblemName, ResponseEffect};

/// The limit of a rate unless the effect says it: the one that was observed.
const DEFAULT_LIMIT: u64 = 2;

/// The window of that limit, in seconds.
const DEFAULT_WINDOW_SECONDS: u64 = 60;

/// The status of the vendor behind unless the effect says it.
const DEFAULT_UPSTREAM_STATUS: u16 = 400;

/// The largest body of a request that is called too large without being so, in bytes.
const LIMIT_BYTES: u64 = 10 * 1024 * 1024;

/// Makes the problem of a name, as the effect and the request have it.
pub(in crate::edge::call) fn problem_named(
    name: ProblemName,
    effect: &ResponseEffect,
    model: Option<&Model>,
    routed: &Routed<'_>,
) -> Problem {
    let model_id = model.map(|model| model.id.clone()).unwrap_or_default();
    let window_seconds = effect.window_seconds.unwrap_or(DEFAULT_WINDOW_SECONDS);
    match name.0 {
        "unauthorized" => Problem::Unauthorized(KeyFault::Unknown),
        "forbidden" => Problem::Forbidden,
        "not_entitled" => Problem::NotEntitled { model: model_id },
        "unknown_route" => Problem::UnknownRoute { allowed: Vec::new() },
        "malformed" => Problem::Malformed(Malformation::Json("the body is said to be broken".to_owned())),
        "invalid" => Problem::Invalid { place: Place::Body, violations: vec![missing_member(model)] },
        "unknown_model" => Problem::UnknownModel { received: model_id, in_path: false },
        "retired_model" => Problem::RetiredModel { model: model_id },
        "unknown_job" => Problem::UnknownJob { id: routed.job_id.clone().unwrap_or_default() },
        "insufficient_credits" => Problem::InsufficientCredits,
        "rate_limited" => Problem::RateLimited {
            limit: effect.limit.unwrap_or(DEFAULT_LIMIT),
            window_seconds,
            retry_after_ms: effect
                .retry_after
                .map_or(window_seconds.saturating_mul(1000), |seconds| (seconds * 1000.0).round() as u64),
            model: (!model_id.is_empty()).then_some(model_id),
        },
        "concurrency_limited" => Problem::ConcurrencyLimited { limit: effect.limit.unwrap_or(DEFAULT_LIMIT) },
        "upstream_error" => {
            Problem::UpstreamError { status: effect.upstream_status.unwrap_or(DEFAULT_UPSTREAM_STATUS) }
        }
        "overloaded" => Problem::Overloaded,
        "timeout" => Problem::Timeout,
        "too_large" => Problem::TooLarge { limit_bytes: LIMIT_BYTES },
        // The list of names is closed; `internal` is the last of them.
        _ => Problem::Internal,
    }
}

/// Makes the violation of a member that is said to be missing: the first that the model requires, or its first at all.
fn missing_member(model: Option<&Model>) -> Violation {
    let declared = model.map(|model| properties(&model.request)).unwrap_or_default();
    let required = |pointer: &str| {
        let (parent, name) = pointer.rsplit_once('/').unwrap_or_default();
        let holder =
            model.and_then(|model| mockreel_contracts::contract::check::schema::at(&model.request, parent));
        let names = holder.and_then(|holder| holder.get("required")).and_then(Value::as_array);
        names.is_some_and(|names| names.iter().any(|required| required == name))
    };
    let mut others = declared.iter().filter(|(_, schema)| Role::of(schema) != Some(Role::Model));
    let member = others.clone().find(|(pointer, _)| required(pointer)).or_else(|| others.next());
    let pointer = member.map_or_else(|| "/prompt".to_owned(), |(pointer, _)| pointer.clone());
    Violation::new(pointer, Rule::Required { options: Vec::new() }, &Value::Null)
}
