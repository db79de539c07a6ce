//! The call to a vendor: a request becomes identified, checked and handled, and then a response.
//!
//! Whatever leaves here was written by the vendor's dialect, unless a scenario says otherwise.

mod authenticate;
pub(super) mod body;
pub(super) mod check;
pub(crate) mod delayed_response;
pub(super) mod effects;
mod identify;
mod image_policy;
mod images;
pub(super) mod log;
mod operation;
mod problem_effect;
pub(super) mod request;
mod respond;
mod response_effect;

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use mockreel_contracts::contract::check::route::Matched;
use mockreel_contracts::problem::KeyFault;
use mockreel_contracts::{Credential, Problem, Reply};
use serde_json::Value;

use self::check::check;
use self::effects::resolve_effects;
use self::identify::{Identified, identify, read_credential};
use self::log::{CallLog, describe_body};
use self::operation::{Resolved, Routed};
use self::request::CallContext;
use self::respond::{Handled, respond};
use super::handlers::{Answered, Refused, handle};
use crate::clock::Stopwatch;
use crate::random::Purpose;
use crate::scenario::ResponseForm;
use crate::transact::LoadedAccount;

/// Answers a call to a vendor.
pub(super) async fn answer_call(context: CallContext<'_>) -> Response<Body> {
    let watch = Stopwatch::start();
    let identified = identify(context).await;
    let handled = match context.match_operation() {
        Ok(matched) => handle_operation(identified, matched).await,
        Err(problem) => refuse_unrouted(identified, problem).await,
    };
    respond(context, handled, watch).await
}

/// Handles a request for an operation of the vendor's.
async fn handle_operation<'a>(identified: Identified<'a>, matched: Matched<'a>) -> Handled {
    let Identified { context, credential, mut account } = identified;
    let operation = matched.name.to_owned();
    let read = matched.operation;
    let mut routed = Routed::read(context, matched, &account.name).await;
    let parts = match &mut routed.body {
        Some(Ok(parsed)) => std::mem::take(&mut parsed.parts),
        Some(Err(_)) | None => Vec::new(),
    };
    let model = context.known_model(&routed.matched, routed.json());
    let (effects, mut notes) = resolve_effects(&routed, model, &mut account).await;
    let effect = effects.response.clone().unwrap_or_default();
    let problem = effect.problem.map(|name| problem_effect::problem_named(name, &effect, model, &routed));
    let is_effect = problem.is_some();
    let variant = match context.app.variants.of(context.served, &effect.options) {
        Ok(variant) => variant,
        Err(why) => {
            notes.push(why);
            None
        }
    };
    let (scenarios, transport) = (effects.scenarios.clone(), effects.transport.clone());
    // The vendor as it is with other options has other routes, rules and words.
    let varied = variant.as_deref().map(|served| CallContext { served, ..context });
    let contract = Arc::clone(&variant.as_ref().map_or(context.served, |served| &**served).vendor.contract);
    let outcome = match (problem, effect.form()) {
        (Some(problem), _) => Err(Refused::from(problem)),
        (None, ResponseForm::Literal) => Ok(Answered::from(Reply::json(200, Value::Null))),
        (None, ResponseForm::Problem(_) | ResponseForm::Changed) => {
            let Routed { matched, body, job_id, job, .. } = routed;
            let (context, matched, credential) = match varied {
                Some(varied) => (varied, varied.match_operation(), read_credential(varied)),
                None => (context, Ok(matched), credential),
            };
            match matched {
                Ok(matched) => {
                    let resolved =
                        Resolved { context, matched, body, job_id, job, effects, notes: notes.clone() };
                    check_and_handle(resolved, credential, &mut account).await
                }
                Err(problem) => Err(Refused::from(problem)),
            }
        }
    };
    let (reply, problem, job) = match outcome {
        Ok(Answered { reply, job }) => (reply, None, job),
        Err(Refused { problem, job }) => {
            let reply = write_refusal(varied.unwrap_or(context), &mut account, &problem).await;
            (reply, Some(problem), job)
        }
    };
    if is_effect {
        notes.push("the refusal was ordered: the request itself may be sound".to_owned());
    }
    let literal = effect.literal_text().filter(|_| !is_effect);
    Handled {
        reply: response_effect::apply(reply, &effect, read),
        literal,
        log: CallLog {
            at: account.now(),
            account: account.name,
            contract,
            operation: Some(operation),
            model: model.map(|model| model.id.clone()),
            job,
            scenarios,
            notes,
            problem,
            request_body: describe_body(context, parts),
        },
        transport,
    }
}

/// Checks a request, and hands it to the handler of its operation.
async fn check_and_handle(
    resolved: Resolved<'_>,
    credential: Result<Credential, KeyFault>,
    account: &mut LoadedAccount<'_>,
) -> Result<Answered, Refused> {
    let checked = check(resolved, credential).await?;
    handle(checked, account).await
}

/// Refuses a request for what the vendor does not have.
async fn refuse_unrouted(identified: Identified<'_>, problem: Problem) -> Handled {
    let Identified { context, mut account, .. } = identified;
    let reply = write_refusal(context, &mut account, &problem).await;
    let log = CallLog {
        at: account.now(),
        account: account.name,
        contract: Arc::clone(&context.served.vendor.contract),
        operation: None,
        model: None,
        job: None,
        scenarios: Vec::new(),
        notes: Vec::new(),
        problem: Some(problem),
        request_body: describe_body(context, Vec::new()),
    };
    Handled { reply, literal: None, transport: None, log }
}

/// Writes a refusal in the vendor's words.
async fn write_refusal(
    context: CallContext<'_>,
    account: &mut LoadedAccount<'_>,
    problem: &Problem,
) -> Reply {
    let vendor: Arc<str> = Arc::from(context.contract().id.as_str());
    // Where there is no room to count it, it is drawn as the first.
    let number = account.count_refusal(&vendor).await.unwrap_or(0);
    let entropy = context.app.settings.seed.draw(&account.name, &vendor, number, Purpose::Refusal).bytes();
    context.served.vendor.dialect.problem(&context.exchange(account.now(), entropy), problem)
}
