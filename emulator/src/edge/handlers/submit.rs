//! The handler of `submit`: entitlement, the job's acceptance, and the response now or when the job has ended.

use std::sync::Arc;

use mockreel_contracts::{Model, Problem, UnixMillis};

use super::{Answered, HandlerRefusal};
use crate::account;
use crate::edge::call::answer::VendorAnswer;
use crate::edge::call::body::approximate_bytes;
use crate::edge::call::check::Checked;
use crate::edge::call::delayed_response::wait_for_end;
use crate::edge::call::own_limit::OwnLimit;
use crate::edge::call::request::CallContext;
use crate::edge::files::begin_rendering;
use crate::engine::{LimitExceeded, Submission};
use crate::scenario::JobEffect;
use crate::state::job::Job;
use crate::state::progress::Progress;
use crate::state::view::view_job;
use crate::state::webhook_plan::WebhookPlan;
use crate::transact::{LoadedAccount, NotCommitted};

/// The option by which a clip of 1920 x 1080 pixels has another size.
const WIDE_FRAME: &str = "wide_frame";

/// Accepts a job.
pub(super) async fn handle_submit(
    checked: Checked<'_>,
    account: &mut LoadedAccount<'_>,
) -> Result<Answered, HandlerRefusal> {
    check_entitlement(&checked)?;
    let Checked { context, body, model, intent, echo, images, breach, effects, notes, credential, .. } =
        checked;
    let (Some(model), Some(intent)) = (model, &intent) else {
        return Err(Problem::UnknownRoute { allowed: Vec::new() }.into());
    };
    let (contract, options) = (context.contract(), &context.served.options);
    let dialect = &**context.served.vendor.dialect;
    let settings = &context.app.settings;
    let finishes = dialect.finishes_at_submit();
    let hide = |text: &str| notes.hide_secrets(text);
    let job_effect =
        effects.job.map(|effect| JobEffect { detail: effect.detail.map(|text| hide(&text)), ..effect });
    let submission = Submission {
        contract,
        dialect,
        model,
        asked: intent,
        echo_bytes: approximate_bytes(&echo),
        echo: Arc::new(echo),
        tenant: credential.and_then(|credential| credential.tenant),
        breach,
        start: images.start,
        tail: images.tail,
        effect: job_effect,
        result: effects.download,
        scenarios: effects.scenarios.iter().map(|name| Arc::from(hide(name))).collect(),
        progress: if finishes { Progress::Immediate } else { settings.progress },
        latency: settings.latency,
        clips: settings.clips,
        has_odd_frames: options.is(WIDE_FRAME, "1928x1072"),
        notes: notes.list_texts(),
        callback: WebhookPlan::of(contract, options, &body, context.base, effects.webhook.as_ref(), &hide),
    };
    let job = account.submit(&submission).await.map_err(|why| problem_for(context, &why, model))?;
    begin_rendering(context.app, &job);
    if effects.response.as_ref().is_some_and(|effect| effect.until_done) {
        return answer_at_end(context, account, &job, model).await;
    }
    // What a submit answers is the job as it was accepted, however soon it ends.
    let moment = if finishes { job.submitted_at } else { UnixMillis(job.submitted_at.0.saturating_sub(1)) };
    let exchange = context.exchange(job.submitted_at, job.entropy);
    let view = view_job(&job, model, moment, context.base);
    let write = || dialect.write_submitted(&exchange, &view);
    let answer =
        VendorAnswer::write(effects.response.as_ref(), write, || dialect.submitted(&exchange, &view));
    Ok(Answered { answer, job: Some(job) })
}

/// Answers a submit when the job has ended.
async fn answer_at_end(
    context: CallContext<'_>,
    account: &mut LoadedAccount<'_>,
    job: &Arc<Job>,
    model: &Model,
) -> Result<Answered, HandlerRefusal> {
    // A job that was forgotten meanwhile never ends.
    let Some(ended) = wait_for_end(context.app, account, job).await else {
        context.request.meet_limit(OwnLimit::Forgotten);
        return Err(HandlerRefusal { problem: Problem::Internal, job: Some(Arc::clone(job)) });
    };
    let now = account.now();
    let exchange = context.exchange(now, ended.entropy);
    let view = view_job(&ended, model, now, context.base);
    let reply = context.served.vendor.dialect.submitted(&exchange, &view);
    Ok(Answered { answer: VendorAnswer::Reply(reply), job: Some(ended) })
}

/// Checks that the key may use the model, and is not reserved for an account without a balance.
fn check_entitlement(checked: &Checked<'_>) -> Result<(), Problem> {
    let (Some(credential), Some(model)) = (&checked.credential, checked.model) else { return Ok(()) };
    let context = checked.context;
    if !context.app.keys.entitles(&context.contract().id, &credential.key, &model.id) {
        return Err(Problem::NotEntitled { model: model.id.clone() });
    }
    if account::is_broke(&credential.key) {
        return Err(Problem::InsufficientCredits);
    }
    Ok(())
}

/// The problem for a submit that passed every check of its own and was not accepted.
fn problem_for(context: CallContext<'_>, why: &NotCommitted<LimitExceeded>, model: &Model) -> Problem {
    match why {
        NotCommitted::Refused(LimitExceeded::Credits) => Problem::InsufficientCredits,
        NotCommitted::Refused(LimitExceeded::Rate { limit, window_seconds, retry_after_ms, one_model }) => {
            Problem::RateLimited {
                limit: u64::from(*limit),
                window_seconds: *window_seconds,
                retry_after_ms: *retry_after_ms,
                model: one_model.then(|| model.id.clone()),
            }
        }
        NotCommitted::Refused(LimitExceeded::Concurrency { limit }) => {
            Problem::ConcurrencyLimited { limit: u64::from(*limit) }
        }
        NotCommitted::Store(why) => {
            context.request.meet_limit(OwnLimit::Store(*why));
            Problem::Overloaded
        }
    }
}
