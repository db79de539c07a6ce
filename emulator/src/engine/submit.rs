//! The decision about a submit: the limits check, and the accepted job with its id, its future and its video.

use std::sync::Arc;

use mockreel_contracts::contract::check::intent::JobIntent;
use mockreel_contracts::{Contract, Dialect, FailureReason, Model, UnixMillis, ids};
use serde_json::Value;

use super::{Decision, DecisionContext, Latency, LimitExceeded, check_limits};
use crate::media::{Preview, frame_size, shrink_frame};
use crate::random::{Draw, Purpose};
use crate::scenario::{DownloadOrder, End, Holding, JobEffect};
use crate::settings::ClipDetail;
use crate::state::change::Change;
use crate::state::clip::{ClipPlan, estimate_bytes};
use crate::state::job::{Ending, Failure, Job, JobKey, Timeline};
use crate::state::progress::Progress;
use crate::state::wallet::{BillingTerms, Charge};
use crate::state::webhook_plan::WebhookPlan;
use mockreel_contracts::amount::Amount;

/// The size of a clip of full HD by the rule, in pixels, and the other one that was measured.
const WIDE_FRAME: (u32, u32) = (1920, 1080);
const ODD_FRAME: (u32, u32) = (1928, 1072);

/// The longer side of a small clip, in pixels.
const SMALL_CLIP: u32 = 320;

/// The size of the clip that stands for all, in pixels.
const PREPARED_CLIP: (u32, u32) = (64, 36);

/// A request that passed every check, with everything the edge found out about it.
pub(crate) struct Submission<'a> {
    /// The vendor.
    pub contract: &'a Contract,
    /// How it mints ids.
    pub dialect: &'a dyn Dialect,
    /// The model asked for.
    pub model: &'a Model,
    /// What is asked of it.
    pub asked: &'a JobIntent,
    /// What the vendor will echo.
    pub echo: Arc<Value>,
    /// About how much memory that takes, in bytes.
    pub echo_bytes: u64,
    /// The tenant inside the account.
    pub tenant: Option<String>,
    /// Why the job is bound to fail, if a rule that the vendor enforces late was broken.
    pub breach: Option<Failure>,
    /// The image for the first frame.
    pub start: Option<Preview>,
    /// The image for the last frame.
    pub tail: Option<Preview>,
    /// The effect of scenarios or of the prompt on it.
    pub effect: Option<JobEffect>,
    /// Their effect on downloads of its result.
    pub result: Option<DownloadOrder>,
    /// The scenarios that touched it.
    pub scenarios: Vec<Arc<str>>,
    /// What moves the job.
    pub progress: Progress,
    /// How long it takes.
    pub latency: Latency,
    /// How much of its clip is made.
    pub clips: ClipDetail,
    /// Whether a clip of 1920 x 1080 pixels has the other size that was measured.
    pub has_odd_frames: bool,
    /// What a developer should know about it.
    pub notes: Vec<String>,
    /// What its receiver is told, if it names one.
    pub callback: Option<Arc<WebhookPlan>>,
}

impl std::fmt::Debug for Submission<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Submission")
            .field("model", &self.model.id)
            .field("asked", &self.asked)
            .finish_non_exhaustive()
    }
}

/// How soon a job that is bound to fail does so, as a share of the time it would run.
const SHARE_UNTIL_FAILURE: f64 = 0.25;

/// Accepts a job, if the account's wallet covers it.
///
/// # Errors
///
/// What the account is short of.
pub(crate) fn accept_submission(
    context: &DecisionContext<'_>,
    submission: &Submission<'_>,
) -> Result<Decision<Arc<Job>>, LimitExceeded> {
    let (vendor, charge) = (submission.contract.id.as_str(), submission.charge());
    let (state, now) = (context.state, context.now());
    let wallet = state.wallet(vendor);
    let spent = state.counts(vendor).dropped + context.spent;
    check_limits(&wallet, &charge, spent, context.jobs, now)?;
    let job = Arc::new(submission.accepted_job(context));
    let mut changes = vec![Change::JobAdded(Arc::clone(&job))];
    let counted = wallet.after_submit(&charge, job.number, now);
    changes.extend(counted.map(|wallet| Change::WalletSet(Arc::from(vendor), Arc::new(wallet))));
    Ok(Decision { changes, result: job })
}

impl Submission<'_> {
    fn price(&self) -> Option<f64> {
        self.model.price_of(self.asked.seconds)
    }

    /// What it takes from the account's wallet.
    fn charge(&self) -> Charge<'_> {
        Charge {
            scope: self.contract.limits.scope.of,
            model: &self.model.id,
            price: self.price().map(Amount::nearest),
        }
    }

    /// The job that this submission becomes.
    fn accepted_job(&self, context: &DecisionContext<'_>) -> Job {
        let (vendor, now) = (self.contract.id.as_str(), context.now());
        let number = context.state.counts(vendor).jobs;
        let draw = |purpose| context.seed.draw(context.account, vendor, number, purpose);
        let mut random = draw(Purpose::Job);
        let entropy = random.bytes();
        let (timeline, progress) = self.timeline(now, &mut draw(Purpose::Latency));
        let mut notes = self.notes.clone();
        notes.extend(self.callback.as_ref().and_then(|plan| plan.note()));
        Job {
            key: JobKey {
                account: Arc::clone(context.account),
                vendor: Arc::from(vendor),
                id: Arc::from(self.dialect.job_id(self.model, entropy)),
            },
            edition: Arc::from(self.contract.edition.as_str()),
            model: self.model.id.clone(),
            tenant: self.tenant.clone(),
            number,
            submitted_at: now,
            timeline,
            progress,
            marks: Vec::new(),
            echo: Arc::clone(&self.echo),
            echo_bytes: self.echo_bytes,
            price: self.price(),
            terms: BillingTerms::from(&self.contract.billing),
            entropy,
            clip: Arc::new(self.clip(&random.bytes())),
            scenarios: self.scenarios.clone(),
            result_fault: self.result.clone(),
            notes,
            callback: self.callback.clone(),
        }
    }

    /// When it starts and ends, how, and what moves it: as a scenario says, and otherwise as the vendor was seen to do.
    fn timeline(&self, now: UnixMillis, random: &mut Draw) -> (Timeline, Progress) {
        let none = JobEffect::default();
        let effect = self.effect.as_ref().unwrap_or(&none);
        // A time means nothing to a job that only polls or commands move; one that ends at once can end later.
        let is_moved = matches!(self.progress, Progress::Polls(_) | Progress::Step);
        let timed =
            effect.queued.is_some() || effect.running.is_some() || (is_moved && effect.slower.is_some());
        let progress = effect.progress.unwrap_or(if timed { Progress::Time } else { self.progress });
        let (queued, mut running) = match progress {
            Progress::Time => self.latency.draw(self.model, self.asked.seconds, random),
            Progress::Immediate | Progress::Polls(_) | Progress::Step => (0, 0),
        };
        let ending = self.ending(effect);
        if matches!(ending, Ending::Failure(_)) {
            running = (running as f64 * SHARE_UNTIL_FAILURE) as u64;
        }
        let queued = effect.queued.map_or(queued, |span| span.draw(random));
        let running = effect.running.map_or(running, |span| span.draw(random));
        let running = running.saturating_add(effect.slower.map_or(0, |span| span.draw(random)));
        let starts_at = now.after(queued);
        let ends_at = starts_at.after(running);
        let timeline = match effect.hold {
            None => Timeline { starts_at: Some(starts_at), ends_at: Some(ends_at), ending },
            Some(Holding::Running) => Timeline { starts_at: Some(starts_at), ends_at: None, ending },
            Some(Holding::Queued) => Timeline { starts_at: None, ends_at: None, ending },
        };
        (timeline, progress)
    }

    /// How it ends. The end that a scenario gives it wins over a rule that was broken.
    fn ending(&self, effect: &JobEffect) -> Ending {
        let failure = || Failure {
            reason: effect.reason.unwrap_or(FailureReason::Internal),
            detail: effect.detail.clone(),
        };
        match (effect.end, effect.reason) {
            (Some(End::Succeeded), _) => Ending::Success,
            (Some(End::Cancelled), _) => Ending::Cancellation,
            (Some(End::Failed), _) | (None, Some(_)) => Ending::Failure(failure()),
            (None, None) => self.breach.clone().map_or(Ending::Success, Ending::Failure),
        }
    }

    fn clip(&self, random: &[u8; 32]) -> ClipPlan {
        let output = &self.model.output;
        let [wide, high] = output.pixels;
        let image = self.start.as_ref().or(self.tail.as_ref()).map(Preview::pixels);
        let aspect = image.or(self.asked.aspect).unwrap_or((wide, high));
        let (width, height) = match frame_size((wide, high), aspect) {
            WIDE_FRAME if self.has_odd_frames => ODD_FRAME,
            size => size,
        };
        let name = ids::hex(&random[..12]);
        let seed = name.bytes().fold(0_u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
        let (frames, fps) = (output.frames(self.asked.seconds), output.fps);
        let duration_ms = u64::from(frames) * 1000 / u64::from(fps.max(1));
        let full = ClipPlan {
            name: Arc::from(name),
            seed,
            width,
            height,
            fps,
            frames,
            real_bytes: estimate_bytes((width, height), duration_ms, seed),
            sound: output.sound.applies(self.asked.sound),
            start: self.start.clone(),
            tail: self.tail.clone(),
        };
        match self.clips {
            ClipDetail::Full => full,
            ClipDetail::Small => {
                let (width, height) = shrink_frame((width, height), SMALL_CLIP);
                ClipPlan { width, height, ..full }
            }
            ClipDetail::Off => {
                let (width, height) = PREPARED_CLIP;
                ClipPlan { seed: 0, width, height, start: None, tail: None, ..full }
            }
        }
    }
}
