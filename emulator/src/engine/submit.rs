//! Accepting a job: its id, its future and what its video will show.

use std::sync::Arc;

use serde_json::Value;
use stuntdouble_contracts::contract::roles::Asked;
use stuntdouble_contracts::{Contract, Dialect, Model, Options, UnixMillis, ids};

use super::{Directives, Holding, Latency, Setting};
use crate::job::{ClipPlan, Ending, Failure, Job, JobKey, Progress, Timeline};
use crate::media::{Preview, frame_size};
use crate::random::Purpose;
use crate::store::AccountState;

/// A request that passed every check, with everything the edge found out about it.
pub struct Submission<'a> {
    /// The vendor.
    pub contract: &'a Contract,
    /// The quirks chosen for it.
    pub options: &'a Options,
    /// How it mints ids.
    pub dialect: &'a dyn Dialect,
    /// The model asked for.
    pub model: &'a Model,
    /// What is asked of it.
    pub asked: &'a Asked,
    /// What the vendor will echo.
    pub echo: Arc<Value>,
    /// About how much memory that takes, in bytes.
    pub echo_bytes: u64,
    /// The tenant inside the account.
    pub tenant: Option<String>,
    /// Why the job is bound to fail, if a rule that the vendor enforces late was broken.
    pub breach: Option<Failure>,
    /// The picture for the first frame.
    pub start: Option<Preview>,
    /// The picture for the last frame.
    pub tail: Option<Preview>,
    /// Whether orders in the prompt are followed.
    pub directives: bool,
    /// What moves the job.
    pub progress: Progress,
    /// How long it takes.
    pub latency: Latency,
    /// What a developer should know about it.
    pub notes: Vec<String>,
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

impl Submission<'_> {
    /// The job that this submission becomes.
    pub(super) fn accept(&self, state: &AccountState, setting: Setting<'_>, now: UnixMillis) -> Job {
        let vendor = self.contract.id.as_str();
        let number = state.numbers(vendor).jobs;
        let draw = |purpose| setting.seed.draw(setting.account, vendor, number, purpose);
        let mut random = draw(Purpose::Job);
        let entropy = random.bytes();
        let prompt = self.asked.prompt.as_deref().filter(|_| self.directives);
        let directives = Directives::read(prompt.unwrap_or_default());
        let mut notes = self.notes.clone();
        notes.extend(directives.warnings.iter().cloned());
        if !self.directives && self.asked.prompt.as_ref().is_some_and(|prompt| prompt.contains("[sd:")) {
            notes.push("orders in prompts are followed on loopback only; see --allow-directives".to_owned());
        }
        let timeline = self.timeline(&directives, now, &mut draw(Purpose::Latency));
        Job {
            key: JobKey {
                account: Arc::clone(setting.account),
                vendor: Arc::from(vendor),
                id: Arc::from(self.dialect.job_id(self.options, self.model, entropy)),
            },
            edition: Arc::from(self.contract.edition.as_str()),
            model: self.model.id.clone(),
            tenant: self.tenant.clone(),
            number,
            submitted_at: now,
            timeline,
            progress: self.progress,
            marks: Vec::new(),
            echo: Arc::clone(&self.echo),
            echo_bytes: self.echo_bytes,
            price: self.model.price_of(self.asked.seconds),
            entropy,
            clip: Arc::new(self.clip(&random.bytes())),
            notes,
        }
    }

    fn timeline(
        &self,
        directives: &Directives,
        now: UnixMillis,
        random: &mut crate::random::Draw,
    ) -> Timeline {
        let (queued, mut running) = match self.progress {
            Progress::Time => self.latency.draw(self.model, self.asked.seconds, random),
            Progress::Immediate | Progress::Polls(_) | Progress::Step => (0, 0),
        };
        let failure =
            directives.fail.map(|reason| Failure { reason, detail: None }).or_else(|| self.breach.clone());
        if failure.is_some() {
            running = (running as f64 * SHARE_UNTIL_FAILURE) as u64;
        }
        running = running.saturating_add((directives.slow_seconds * 1000.0) as u64);
        let ending = failure.map_or(Ending::Success, Ending::Failure);
        let starts_at = now.after(queued);
        let ends_at = starts_at.after(running);
        match directives.stuck {
            None => Timeline { starts_at: Some(starts_at), ends_at: Some(ends_at), ending },
            Some(Holding::Running) => Timeline { starts_at: Some(starts_at), ends_at: None, ending },
            Some(Holding::Queued) => Timeline { starts_at: None, ends_at: None, ending },
        }
    }

    fn clip(&self, random: &[u8; 32]) -> ClipPlan {
        let [wide, high] = self.model.output.pixels;
        let picture = self.start.as_ref().or(self.tail.as_ref()).map(Preview::pixels);
        let aspect = picture.or(self.asked.aspect).unwrap_or((wide, high));
        let (width, height) = frame_size((wide, high), aspect);
        ClipPlan {
            name: Arc::from(ids::hex(&random[..12])),
            width,
            height,
            fps: self.model.output.fps,
            seconds: self.asked.seconds,
            start: self.start.clone(),
            tail: self.tail.clone(),
        }
    }
}
