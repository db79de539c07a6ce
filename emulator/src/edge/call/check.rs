//! The checks that a request passes on its way in, in the order that the contract states.

use std::sync::Arc;

use mockreel_contracts::contract::check::image::slots;
use mockreel_contracts::contract::check::intent::JobIntent;
use mockreel_contracts::contract::check::media::find_media_slots;
use mockreel_contracts::contract::check::normalise::normalised;
use mockreel_contracts::contract::check::route::Matched;
use mockreel_contracts::contract::check::rules::{Rule, Violation};
use mockreel_contracts::contract::check::schema::look_up;
use mockreel_contracts::contract::model::Lifecycle;
use mockreel_contracts::contract::model::operation::Check;
use mockreel_contracts::problem::{KeyFault, Place};
use mockreel_contracts::{Contract, Credential, Model, Operation, Problem, UnixMillis};
use serde_json::Value;

use super::authenticate::authenticate;
use super::body::Parsed;
use super::inputs::images::{self, ImageFindings};
use super::inputs::media::inspect_media;
use super::inputs::policy::{ImageChecks, ImageDecision};
use super::notes::Notes;
use super::operation::{Resolved, Routed};
use super::request::CallContext;
use crate::edge::incoming::large::{is_large, work_elsewhere};
use crate::media::Turning;
use crate::scenario::Effects;
use crate::state::job::{Failure, Job};

/// A request that has passed every check of its operation.
pub(in crate::edge) struct Checked<'a> {
    /// The call.
    pub(in crate::edge) context: CallContext<'a>,
    /// The operation.
    pub(in crate::edge) matched: Matched<'a>,
    /// The credential, where the operation wants one.
    pub(in crate::edge) credential: Option<Credential>,
    /// The body.
    pub(in crate::edge) body: Value,
    /// The model.
    pub(in crate::edge) model: Option<&'a Model>,
    /// What is asked of the model.
    pub(in crate::edge) intent: Option<JobIntent>,
    /// What the vendor echoes.
    pub(in crate::edge) echo: Value,
    /// The images.
    pub(in crate::edge) images: ImageFindings,
    /// The failure that a broken rule causes, if the vendor enforces it late.
    pub(in crate::edge) breach: Option<Failure>,
    /// The rules that are broken and fail the job later.
    pub(in crate::edge) late: Vec<Violation>,
    /// The id of the job that the request names.
    pub(in crate::edge) job_id: Option<String>,
    /// The effects on it.
    pub(in crate::edge) effects: Effects,
    /// What a developer should know.
    pub(in crate::edge) notes: Notes<'a>,
    job: Option<Arc<Job>>,
}

impl Checked<'_> {
    /// The job that the request names, if it is of the caller's tenant; to all others it does not exist.
    pub(in crate::edge) fn own_job(&self) -> Option<&Arc<Job>> {
        self.job.as_ref().filter(|job| self.is_own(job))
    }

    /// Whether a job of the account is of the caller's tenant.
    pub(in crate::edge) fn is_own(&self, job: &Job) -> bool {
        job.tenant == self.credential.as_ref().and_then(|credential| credential.tenant.clone())
    }
}

/// What is known of the images of a request, also where it is refused for one.
#[derive(Debug, Default)]
pub(super) struct ImageReport {
    /// All notes about the request so far.
    pub(super) notes: Vec<String>,
    /// The line of warnings, if there are any.
    pub(super) warning: Option<String>,
    /// The rules that the images break and that fail the job later.
    pub(super) late: Vec<Violation>,
}

/// Runs the operation's checks, in the contract's order; the query is checked last.
pub(super) async fn check<'a>(
    resolved: Resolved<'a>,
    credential: Result<Credential, KeyFault>,
    now: UnixMillis,
    said: &mut ImageReport,
) -> Result<Checked<'a>, Problem> {
    let Resolved { routed, effects, notes } = resolved;
    let Routed { context, matched, body, job_id, job } = routed;
    let (mut body, mut credential) = (body, Some(credential));
    let mut parsed = Parsed::default();
    let mut checked = Checked {
        context,
        matched,
        credential: None,
        body: Value::Null,
        model: None,
        intent: None,
        echo: Value::Null,
        images: ImageFindings::default(),
        breach: None,
        late: Vec::new(),
        job_id,
        effects,
        notes,
        job,
    };
    for check in &checked.matched.operation.checks {
        match check {
            Check::Credential => {
                let credential = credential.take().unwrap_or(Err(KeyFault::Missing));
                checked.credential =
                    Some(authenticate(&context.app.keys, context.contract(), credential, now)?);
            }
            Check::Body => parsed = body.take().transpose()?.unwrap_or_default(),
            Check::Model => checked.model = Some(choose_model(context, &checked.matched, &parsed.json)?),
            Check::Members => check_members(&mut parsed, &mut checked).await?,
            Check::Images => check_images(&parsed, &mut checked, said).await?,
        }
    }
    let operation = checked.matched.operation;
    if !operation.accepts_query(|name| context.request.query_value(name)) {
        let violations = operation.query_violations(context.request.query());
        if !violations.is_empty() {
            return Err(Problem::Invalid { place: Place::Query, violations });
        }
    }
    Ok(Checked { body: parsed.json, ..checked })
}

/// Chooses the model that the path fixes or the body names.
fn choose_model<'a>(
    context: CallContext<'a>,
    matched: &Matched<'_>,
    body: &Value,
) -> Result<&'a Model, Problem> {
    let contract = context.contract();
    let id = match (&matched.route.model, &matched.operation.model_at) {
        (Some(id), _) => id.as_str(),
        (None, Some(pointer)) => match look_up(body, pointer) {
            Some(Value::String(id)) => id.as_str(),
            other => {
                let options: Vec<Value> = contract.models.keys().map(|id| id.as_str().into()).collect();
                let rule = match other {
                    None => Rule::Required { options },
                    Some(_) => Rule::Type { expected: vec!["string".to_owned()], options },
                };
                let violation = Violation::new(pointer.clone(), rule, other.unwrap_or(&Value::Null));
                return Err(Problem::Invalid { place: Place::Body, violations: vec![violation] });
            }
        },
        (None, None) => "",
    };
    let Some(model) = contract.models.get(id) else {
        if contract.has_withdrawn(id) {
            return Err(Problem::RetiredModel { model: id.to_owned() });
        }
        let received = Violation::new(String::new(), Rule::Url, &id.into()).received_text();
        return Err(Problem::UnknownModel { received, in_path: false });
    };
    match model.lifecycle {
        Lifecycle::Active | Lifecycle::Deprecated => Ok(model),
        Lifecycle::Retired => Err(Problem::RetiredModel { model: model.id.clone() }),
    }
}

/// Checks the members of the body, and reads from them what is asked of the model. Those of a large body are judged
/// elsewhere, and its turn ends.
async fn check_members(parsed: &mut Parsed, checked: &mut Checked<'_>) -> Result<(), Problem> {
    let contract = &checked.context.served.vendor.contract;
    let (operation, model) = (checked.matched.name, checked.model);
    let body = std::mem::take(parsed);
    let judged = if is_large(body.length) {
        let (contract, model) = (Arc::clone(contract), model.map(|model| model.id.clone()));
        work_elsewhere(move || {
            let model = model.and_then(|id| contract.models.get(&id));
            judge_members(&contract, operation, model, body)
        })
        .await?
    } else {
        judge_members(contract, operation, model, body)?
    };
    checked.intent = judged.intent;
    checked.echo = judged.echo;
    *parsed = judged.body;
    drop(parsed.turn.take());
    Ok(())
}

/// A body whose members keep every rule.
struct JudgedBody {
    body: Parsed,
    intent: Option<JobIntent>,
    echo: Value,
}

/// Judges the members of a body.
fn judge_members(
    contract: &Contract,
    operation: Operation,
    model: Option<&Model>,
    mut body: Parsed,
) -> Result<JudgedBody, Problem> {
    let Some(facts) = contract.operations.get(&operation) else {
        return Err(Problem::UnknownRoute { allowed: Vec::new() });
    };
    let schema = model.map_or(facts.request.as_ref(), |model| Some(&model.request));
    body.restore_texts(schema).map_err(Problem::Malformed)?;
    let mut texts = Vec::new();
    let (violations, intent) = match model {
        Some(model) => {
            texts = find_changed_texts(&model.request, &body.json);
            body.json = normalised(&model.request, std::mem::take(&mut body.json));
            let intent = JobIntent::read(model, &body.json);
            (contract.request_checker(model).violations(&body.json), Some(intent))
        }
        None => (facts.request_violations(&body.json), None),
    };
    if !violations.is_empty() {
        return Err(Problem::Invalid { place: Place::Body, violations });
    }
    // Copied only now: a body that is refused is there once.
    let echo = facts.echo.as_ref().and_then(|pointer| copy_echo(pointer, &body.json, texts));
    Ok(JudgedBody { body, intent, echo: echo.unwrap_or_default() })
}

/// The texts that are about to be read as what the schema says, by the name of their member.
fn find_changed_texts(schema: &Value, body: &Value) -> Vec<(String, Value)> {
    let (Some(Value::Object(properties)), Value::Object(members)) = (schema.get("properties"), body) else {
        return Vec::new();
    };
    let is_changed = |name: &str| {
        let property = properties.get(name);
        property.is_some_and(|property| property.get("x-text").is_some() || property.get("x-empty").is_some())
    };
    let changed = members.iter().filter(|(name, value)| value.is_string() && is_changed(name));
    changed.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// What the vendor echoes, with texts as they came.
fn copy_echo(pointer: &str, body: &Value, texts: Vec<(String, Value)>) -> Option<Value> {
    let Some(path) = pointer.strip_prefix('/') else {
        let mut echo = body.clone();
        if let Value::Object(members) = &mut echo {
            members.extend(texts);
        }
        return Some(echo);
    };
    let text = texts.into_iter().find(|(name, _)| name == path).map(|(_, text)| text);
    text.or_else(|| body.pointer(pointer).cloned())
}

/// The option by which an image that asks to be turned is turned.
const EXIF_ORIENTATION: &str = "exif_orientation";

/// Checks the images, videos and sound that the body names.
async fn check_images(
    parsed: &Parsed,
    checked: &mut Checked<'_>,
    said: &mut ImageReport,
) -> Result<(), Problem> {
    let (Some(model), Some(intent)) = (checked.model, &checked.intent) else { return Ok(()) };
    let context = checked.context;
    let slots = slots(&model.request, &parsed.json);
    let turned = context.served.options.is(EXIF_ORIENTATION, "turned");
    let turning = if turned { Turning::Turned } else { Turning::Stored };
    checked.images = images::inspect_all(context.app, context.base, &slots, &parsed.files, turning).await;
    let media_slots = find_media_slots(&model.request, &parsed.json);
    let media = inspect_media(context.app, context.base, &media_slots, &parsed.files).await;
    for note in std::mem::take(&mut checked.images.notes).into_iter().chain(media.notes) {
        checked.notes.add_note(&note);
    }
    if let Some(limit) = checked.images.own_limit.take().or(media.own_limit) {
        context.request.meet_limit(limit);
    }
    (said.notes, said.warning) = (checked.notes.list_texts(), checked.notes.write_line());
    let checks = ImageChecks {
        contract: context.contract(),
        moment: context.app.settings.image_breach,
        model,
        intent,
        slots: &slots,
        findings: &checked.images.findings,
        media: &media_slots,
        media_findings: &media.findings,
        reason: checked.effects.job.as_ref().and_then(|effect| effect.reason),
    };
    match checks.decide() {
        ImageDecision::Sound => Ok(()),
        ImageDecision::Fails(failure, late) => {
            checked.breach = Some(failure);
            checked.late = late;
            Ok(())
        }
        ImageDecision::Refused(violations) => Err(Problem::Invalid { place: Place::Body, violations }),
    }
}
