//! A job as it is kept while nobody asks for it: its small texts in one, and what few jobs have apart.

use std::collections::HashSet;
use std::sync::Arc;

use mockreel_contracts::UnixMillis;
use serde_json::Value;

use crate::media::Preview;
use crate::scenario::DownloadOrder;
use crate::state::clip::ClipPlan;
use crate::state::job::{Ending, Job, JobKey, Mark, Timeline};
use crate::state::progress::Progress;
use crate::state::wallet::BillingTerms;
use crate::state::webhook_plan::WebhookPlan;

/// The longest echo that is kept as text, in bytes. To read a longer one anew for each poll would cost more than it saves.
const MAX_ECHO_TEXT: usize = 4_096;

/// The most digits of a number with a fraction that come back from text as they went. `serde_json` may read a longer one
/// as its neighbour.
const SAFE_DIGITS: usize = 15;

/// What jobs of one kind share.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct JobKind {
    vendor: Arc<str>,
    edition: Arc<str>,
    model: Arc<str>,
}

/// The kinds of jobs that there are: as many as contracts have models.
pub(super) type JobKinds = HashSet<Arc<JobKind>>;

/// A job that is packed.
#[derive(Debug)]
pub(super) struct PackedJob {
    account: Arc<str>,
    kind: Arc<JobKind>,
    number: u64,
    submitted_at: UnixMillis,
    starts_at: Moment,
    ends_at: Moment,
    progress: Progress,
    entropy: [u8; 32],
    price: Price,
    /// The id, the name of the clip, and the echo as JSON, one behind the other.
    text: Box<str>,
    id_end: u32,
    name_end: u32,
    echo_bytes: u32,
    seed: u64,
    real_bytes: u64,
    width: u32,
    height: u32,
    fps: u32,
    frames: u32,
    sound: bool,
    terms: BillingTerms,
    rare: Option<Box<RareParts>>,
}

/// A time that may be missing, in the room of a time.
#[derive(Clone, Copy, Debug)]
struct Moment(u64);

impl Moment {
    const NEVER: u64 = u64::MAX;

    fn of(time: Option<UnixMillis>) -> Self {
        Self(time.map_or(Self::NEVER, |time| time.0))
    }

    fn get(self) -> Option<UnixMillis> {
        (self.0 != Self::NEVER).then_some(UnixMillis(self.0))
    }
}

/// A price that may be missing, in the room of a price: a contract with one that is no number does not load.
#[derive(Clone, Copy, Debug)]
struct Price(f64);

impl Price {
    fn of(price: Option<f64>) -> Self {
        Self(price.unwrap_or(f64::NAN))
    }

    fn get(self) -> Option<f64> {
        (!self.0.is_nan()).then_some(self.0)
    }
}

/// What few jobs have.
#[derive(Debug)]
struct RareParts {
    ending: Ending,
    tenant: Option<String>,
    marks: Vec<Mark>,
    /// An echo that is not kept as text.
    echo: Option<Arc<Value>>,
    start: Option<Preview>,
    tail: Option<Preview>,
    scenarios: Vec<Arc<str>>,
    notes: Vec<String>,
    callback: Option<Arc<WebhookPlan>>,
    result_fault: Option<DownloadOrder>,
}

impl PackedJob {
    /// Packs a job. `None` if it is too large for that.
    pub(super) fn pack(job: &Job, account: Arc<str>, kinds: &mut JobKinds) -> Option<Self> {
        let echo_bytes = u32::try_from(job.echo_bytes).ok()?;
        let echo = write_echo(&job.echo);
        let (id, name) = (&*job.key.id, &*job.clip.name);
        let mut text = String::with_capacity(id.len() + name.len() + echo.as_ref().map_or(0, String::len));
        text.push_str(id);
        let id_end = u32::try_from(text.len()).ok()?;
        text.push_str(name);
        let name_end = u32::try_from(text.len()).ok()?;
        text.push_str(echo.as_deref().unwrap_or_default());
        let rare = RareParts {
            ending: job.timeline.ending.clone(),
            tenant: job.tenant.clone(),
            marks: job.marks.clone(),
            echo: echo.is_none().then(|| Arc::clone(&job.echo)),
            start: job.clip.start.clone(),
            tail: job.clip.tail.clone(),
            scenarios: job.scenarios.clone(),
            notes: job.notes.clone(),
            callback: job.callback.clone(),
            result_fault: job.result_fault.clone(),
        };
        let clip = &job.clip;
        Some(Self {
            account,
            kind: share_kind(job, kinds),
            number: job.number,
            submitted_at: job.submitted_at,
            starts_at: Moment::of(job.timeline.starts_at),
            ends_at: Moment::of(job.timeline.ends_at),
            progress: job.progress,
            terms: job.terms,
            entropy: job.entropy,
            price: Price::of(job.price),
            echo_bytes,
            text: text.into_boxed_str(),
            id_end,
            name_end,
            seed: clip.seed,
            real_bytes: clip.real_bytes,
            width: clip.width,
            height: clip.height,
            fps: clip.fps,
            frames: clip.frames,
            sound: clip.sound,
            rare: (!rare.is_empty()).then(|| Box::new(rare)),
        })
    }

    /// The job again.
    pub(super) fn unpack(&self) -> Job {
        let rare = self.rare.as_deref();
        let text = &self.text[self.name_end as usize..];
        let echo = match rare.and_then(|rare| rare.echo.as_ref()) {
            Some(echo) => Arc::clone(echo),
            // What was written as JSON can be read.
            None => Arc::new(serde_json::from_str(text).unwrap_or_default()),
        };
        Job {
            key: JobKey {
                account: Arc::clone(&self.account),
                vendor: Arc::clone(&self.kind.vendor),
                id: Arc::from(self.id()),
            },
            edition: Arc::clone(&self.kind.edition),
            model: self.kind.model.as_ref().to_owned(),
            tenant: rare.and_then(|rare| rare.tenant.clone()),
            number: self.number,
            submitted_at: self.submitted_at,
            timeline: Timeline {
                starts_at: self.starts_at.get(),
                ends_at: self.ends_at.get(),
                ending: rare.map_or(Ending::Success, |rare| rare.ending.clone()),
            },
            progress: self.progress,
            marks: rare.map(|rare| rare.marks.clone()).unwrap_or_default(),
            echo,
            echo_bytes: u64::from(self.echo_bytes),
            price: self.price.get(),
            terms: self.terms,
            entropy: self.entropy,
            clip: Arc::new(ClipPlan {
                name: Arc::from(self.clip_name()),
                seed: self.seed,
                width: self.width,
                height: self.height,
                fps: self.fps,
                frames: self.frames,
                sound: self.sound,
                real_bytes: self.real_bytes,
                start: rare.and_then(|rare| rare.start.clone()),
                tail: rare.and_then(|rare| rare.tail.clone()),
            }),
            scenarios: rare.map(|rare| rare.scenarios.clone()).unwrap_or_default(),
            notes: rare.map(|rare| rare.notes.clone()).unwrap_or_default(),
            callback: rare.and_then(|rare| rare.callback.clone()),
            result_fault: rare.and_then(|rare| rare.result_fault.clone()),
        }
    }

    pub(super) fn account(&self) -> &Arc<str> {
        &self.account
    }

    pub(super) fn vendor(&self) -> &Arc<str> {
        &self.kind.vendor
    }

    pub(super) fn id(&self) -> &str {
        &self.text[..self.id_end as usize]
    }

    pub(super) fn clip_name(&self) -> &str {
        &self.text[self.id_end as usize..self.name_end as usize]
    }

    /// Whether the job has ended at a time of its account; `None` if that takes a look at the whole of it.
    pub(super) fn has_ended(&self, now: UnixMillis) -> Option<bool> {
        if self.rare.as_ref().is_some_and(|rare| !rare.marks.is_empty()) {
            return None;
        }
        Some(match self.progress {
            Progress::Time | Progress::Immediate => self.ends_at.get().is_some_and(|end| end <= now),
            Progress::Polls(_) | Progress::Step => false,
        })
    }
}

impl RareParts {
    fn is_empty(&self) -> bool {
        self.ending == Ending::Success
            && self.tenant.is_none()
            && self.marks.is_empty()
            && self.echo.is_none()
            && self.start.is_none()
            && self.tail.is_none()
            && self.scenarios.is_empty()
            && self.notes.is_empty()
            && self.callback.is_none()
            && self.result_fault.is_none()
    }
}

/// The kind of a job, shared with the other jobs of that kind.
fn share_kind(job: &Job, kinds: &mut JobKinds) -> Arc<JobKind> {
    let kind = JobKind {
        vendor: Arc::clone(&job.key.vendor),
        edition: Arc::clone(&job.edition),
        model: Arc::from(job.model.as_str()),
    };
    if let Some(known) = kinds.get(&kind) {
        return Arc::clone(known);
    }
    let kind = Arc::new(kind);
    kinds.insert(Arc::clone(&kind));
    kind
}

/// An echo as JSON, if it is short and can be read again as it was; of no echo an empty text.
fn write_echo(echo: &Value) -> Option<String> {
    if echo.is_null() {
        return Some(String::new());
    }
    let mut room = MAX_ECHO_TEXT;
    if !is_plain(echo, &mut room) {
        return None;
    }
    let text = echo.to_string();
    (text.len() <= MAX_ECHO_TEXT).then_some(text)
}

/// Whether a value comes back from text as it went, looked at as far as there is room.
fn is_plain(value: &Value, room: &mut usize) -> bool {
    let size = 2 + value.as_str().map_or(0, str::len);
    let Some(left) = room.checked_sub(size) else { return false };
    *room = left;
    match value {
        Value::Number(number) if number.is_f64() => {
            number.to_string().bytes().filter(u8::is_ascii_digit).count() <= SAFE_DIGITS
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
        Value::Array(items) => items.iter().all(|item| is_plain(item, room)),
        Value::Object(members) => members.values().all(|member| is_plain(member, room)),
    }
}

#[cfg(test)]
mod tests {
    use mockreel_contracts::FailureReason;
    use serde_json::json;

    use super::super::tests::job;
    use super::*;
    use crate::state::job::Failure;

    /// The job as it comes back.
    fn repack(job: &Job) -> Job {
        let mut kinds = JobKinds::default();
        PackedJob::pack(job, Arc::clone(&job.key.account), &mut kinds).unwrap().unpack()
    }

    #[test]
    fn a_job_comes_back_as_it_was_packed() {
        let plain = Job::clone(&job(7, 3, Some(UnixMillis(9)), None));
        assert_eq!(format!("{:?}", repack(&plain)), format!("{plain:?}"));
        let bytes = crate::fixtures::find("side-300.png").unwrap().bytes;
        let mut full = Job::clone(&job(7, 3, None, crate::media::inspect(bytes).preview));
        full.tenant = Some("tenant".to_owned());
        full.timeline.ending =
            Ending::Failure(Failure { reason: FailureReason::Internal, detail: Some("why".to_owned()) });
        full.marks = vec![Mark::Polled(UnixMillis(1)), Mark::Ended(UnixMillis(2), Ending::Cancellation)];
        full.echo =
            Arc::new(json!({"b": [1, -2, 0.5, null, true], "a": {"text": "\u{1F986} \"", "n": 1e300}}));
        full.price = Some(0.3);
        full.notes = vec!["note".to_owned()];
        full.scenarios = vec![Arc::from("one")];
        assert_eq!(format!("{:?}", repack(&full)), format!("{full:?}"));
    }

    #[test]
    fn an_echo_that_text_would_change_or_that_is_long_stays_as_it_is() {
        let long = "x".repeat(MAX_ECHO_TEXT);
        for echo in [json!(0.1 + 0.2), json!([[{"x": 1.0000000000000002}]]), json!(long), json!({"p": long})]
        {
            assert_eq!(write_echo(&echo), None, "{echo}");
            let mut job = Job::clone(&job(1, 0, None, None));
            job.echo = Arc::new(echo);
            assert!(Arc::ptr_eq(&repack(&job).echo, &job.echo));
        }
        for (echo, text) in [(json!(null), ""), (json!({"b": 1, "a": 0.25}), r#"{"b":1,"a":0.25}"#)] {
            assert_eq!(write_echo(&echo).as_deref(), Some(text));
        }
    }
}
