//! The handling of an identified call: effects, checks, the handler of its operation, and refusals.
//!
//! Beside the handlers this is the only place where a dialect speaks.

use mockreel_contracts::contract::check::route::Matched;
use mockreel_contracts::problem::KeyFault;
use mockreel_contracts::{Credential, Operation, Problem, Reply};
use serde_json::Value;

use super::answer::VendorAnswer;
use super::check::{ImageReport, check};
use super::effects::problem::problem_named;
use super::effects::response::apply_effect;
use super::effects::{read_orders, resolve_effects, warn_of_header};
use super::identify::{Identified, read_credential};
use super::log::{CallLog, describe_body};
use super::notes::Notes;
use super::operation::{Resolved, Routed};
use super::request::CallContext;
use super::respond::{Handled, write_misread};
use crate::edge::handlers::{Answered, HandlerRefusal, handle};
use crate::edge::nowhere::nearest::suggest_path;
use crate::random::Purpose;
use crate::scenario::{RequestKind, ResponseForm};
use crate::transact::LoadedAccount;

/// Handles a request for an operation of the vendor's.
pub(super) async fn handle_operation<'a>(identified: Identified<'a>, matched: Matched<'a>) -> Handled {
    let Identified { context, credential, mut account } = identified;
    let (name, operation) = (matched.name, matched.operation);
    let mut routed = Routed::read(context, matched, &account.name).await;
    let request_body = describe_body(context, routed.take_parts());
    let model = context.known_model(&routed.matched, routed.json());
    let mut order_notes = Notes::about(&context.request.head, &context.request.target);
    let orders = read_orders(&routed, model, &account, &mut order_notes);
    let effects = resolve_effects(&routed, model, &mut account, orders).await;
    let part_notes = routed.note_parts(model);
    let effect = effects.response.clone().unwrap_or_default();
    let problem = effect.problem.map(|name| problem_named(name, &effect, model, &routed));
    let is_effect = problem.is_some();
    let variant = context.app.variants.of(context.served, &effect.options).unwrap_or_else(|why| {
        order_notes.add_warning(&why);
        None
    });
    let warning = order_notes.write_line();
    let mut notes = order_notes.list_texts();
    notes.extend(effects.describe_points(RequestKind::Operation(name)));
    if context.app.settings.strict_directives
        && let Some(warning) = warning
    {
        let log = CallLog { operation: Some(name), notes, ..CallLog::of(context, &account, request_body) };
        let answer = VendorAnswer::Reply(write_misread(&warning));
        return Handled { answer, warning: Some(warning), ..Handled::from(log) };
    }
    let (scenarios, transport) = (effects.scenarios.clone(), effects.transport.clone());
    // The vendor as it is with other options has other routes, rules and words.
    let varied = variant.as_deref().map(|served| CallContext { served, ..context });
    let mut said = ImageReport::default();
    let outcome = match (problem, effect.form()) {
        (Some(problem), _) => Err(HandlerRefusal::from(problem)),
        (None, ResponseForm::Literal) => Ok(Answered::from(Reply::json(200, Value::Null))),
        (None, ResponseForm::Problem(_) | ResponseForm::Changed) => {
            let resolved = Resolved { routed, effects, notes: order_notes };
            match varied {
                None => check_and_handle(resolved, credential, &mut account, &mut said).await,
                Some(varied) => {
                    let credential = read_credential(varied);
                    match varied.match_operation().map(|matched| resolved.varied(varied, matched)) {
                        Ok(resolved) => check_and_handle(resolved, credential, &mut account, &mut said).await,
                        Err(problem) => Err(HandlerRefusal::from(problem)),
                    }
                }
            }
        }
    };
    let warning = said.warning.or(warning);
    if outcome.is_err() {
        // There is no job to keep them.
        let new: Vec<String> = said.notes.into_iter().filter(|note| !notes.contains(note)).collect();
        notes.extend(new);
    }
    // After the job has taken its own notes, so that none stands in the journal twice.
    notes.extend(part_notes);
    let context = varied.unwrap_or(context);
    let (answer, problem, job) = match outcome {
        Ok(Answered { answer, job }) => (answer, None, job),
        Err(HandlerRefusal { problem, job }) => {
            let reply = write_refusal(context, &mut account, &problem).await;
            (VendorAnswer::Reply(reply), Some(problem), job)
        }
    };
    let answer = match answer {
        VendorAnswer::Reply(reply) => VendorAnswer::Reply(apply_effect(reply, &effect, operation)),
        written @ VendorAnswer::Written(_) => written,
    };
    if is_effect {
        notes.push("the refusal was ordered: the request itself may be sound".to_owned());
    }
    Handled {
        answer,
        literal: effect.literal_text().filter(|_| !is_effect),
        transport,
        warning,
        log: CallLog {
            operation: Some(name),
            model: model.map(|model| model.id.clone()),
            job,
            scenarios,
            notes,
            problem,
            late: said.late,
            ..CallLog::of(context, &account, request_body)
        },
    }
}

/// Checks a request, and hands it to the handler of its operation. What is known of its images is added to
/// what is said.
async fn check_and_handle(
    resolved: Resolved<'_>,
    credential: Result<Credential, KeyFault>,
    account: &mut LoadedAccount<'_>,
    said: &mut ImageReport,
) -> Result<Answered, HandlerRefusal> {
    let mut checked = check(resolved, credential, account.now(), said).await?;
    said.late.append(&mut checked.late);
    handle(checked, account).await
}

/// Refuses a request that is not carried out: one that cannot be, or that is for what the vendor does not have.
pub(super) async fn refuse_call(
    identified: Identified<'_>,
    problem: Problem,
    operation: Option<Operation>,
) -> Handled {
    let Identified { context, mut account, .. } = identified;
    let CallContext { served, request, prefix, .. } = context;
    let mut order_notes = Notes::about(&request.head, &request.target);
    let why = match operation {
        None => "no operation of the vendor's has this path and method",
        Some(_) => "the request is not carried out",
    };
    warn_of_header(request.head.texts(), why, &mut order_notes);
    let warning = order_notes.write_line();
    let mut notes = order_notes.list_texts();
    if request.refusal().is_none() {
        let vendor = [(prefix.to_owned(), served)];
        notes.extend(suggest_path(vendor, &request.method, &format!("{prefix}{}", request.target)));
    }
    let request_body = describe_body(context, Vec::new());
    let log = CallLog { operation, notes, ..CallLog::of(context, &account, request_body) };
    if context.app.settings.strict_directives
        && let Some(warning) = warning
    {
        let answer = VendorAnswer::Reply(write_misread(&warning));
        return Handled { answer, warning: Some(warning), ..Handled::from(log) };
    }
    let answer = VendorAnswer::Reply(write_refusal(context, &mut account, &problem).await);
    let log = CallLog { problem: Some(problem), ..log };
    Handled { answer, warning, ..Handled::from(log) }
}

/// Writes a refusal in the vendor's words.
async fn write_refusal(
    context: CallContext<'_>,
    account: &mut LoadedAccount<'_>,
    problem: &Problem,
) -> Reply {
    let vendor = context.served.id();
    // Where there is no room to count it, it is drawn as the first.
    let number = account.count_refusal(&vendor).await.unwrap_or(0);
    let entropy = context.app.settings.seed.draw(&account.name, &vendor, number, Purpose::Refusal).bytes();
    context.served.vendor.dialect.problem(&context.exchange(account.now(), entropy), problem)
}
