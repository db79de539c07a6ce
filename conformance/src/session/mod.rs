//! The session of a run, by which cases ask, submit, poll, wait, steer, and write down what it saw.
//!
//! The session alone holds the wire and the budget, so no request leaves without being redacted,
//! recorded and, where it could cost, paid for in advance.

mod comparison;
mod end;
mod ids;
mod job;
mod jobs;
mod limits;
mod money;
pub mod patience;
mod redact;
mod send;
mod settings;
mod steer;
pub(crate) mod wording;

/// How a message begins that says what is wrong with the answer to a good request.
pub(crate) const ANSWER_TO_SUBMIT: &str = "the answer to submit is 2";

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest, Sha256};

pub use self::comparison::ComparisonInputs;
pub use self::end::{CaseEnd, CaseError};
pub use self::job::{Accepted, Poll, SharedJob};
pub use self::limits::{RunLimits, StopFlag};
use self::patience::Patience;
pub use self::steer::require_followed;
use crate::budget::Budget;
use crate::events::{Event, Reporter};
use crate::outcome::{CaseSpend, Note};
use crate::profile::{Image, Profile};
use crate::target::Target;
use mockreel_contracts::Amount;
use mockreel_evidence::cassette::Recorder;
use mockreel_evidence::exchange::{Exchange, Wire};
use mockreel_evidence::redact::Redactor;

/// What a session is made of.
pub struct SessionSetup<'a> {
    /// What the vendor offers.
    pub profile: &'a Profile,
    /// Whom it asks.
    pub target: &'a Target,
    /// Where requests go.
    pub wire: Box<dyn Wire + 'a>,
    /// What takes secrets away.
    pub redactor: Redactor,
    /// Where exchanges are recorded.
    pub recorder: Option<Recorder>,
    /// What may be spent.
    pub budget: Budget,
    /// Who hears of the run.
    pub reporter: &'a mut dyn Reporter,
    /// When the run started, RFC 3339.
    pub started: String,
    /// What generated requests are drawn from.
    pub seed: u64,
    /// Whether jobs of their own may be paid for.
    pub paid: bool,
    /// How many generated requests are sent to a target where they may cost.
    pub generated: u32,
    /// How long jobs are waited for.
    pub patience: Patience,
    /// When the run ends, whatever is left.
    pub limits: RunLimits,
    /// Whether nothing costs at the target; if absent, the budget says so. A recorded run's budget is spent.
    pub free: Option<bool>,
    /// Earlier recordings and vendor files that the run is compared with.
    pub inputs: ComparisonInputs,
}

impl SessionSetup<'_> {
    /// Whether nothing costs at the target.
    pub fn is_free(&self) -> bool {
        self.free.unwrap_or_else(|| self.budget.is_free())
    }
}

/// What a case can do while it runs.
pub struct Session<'a> {
    /// What the vendor offers.
    pub profile: &'a Profile,
    /// Whom it asks.
    pub target: &'a Target,
    wire: Box<dyn Wire + 'a>,
    redactor: Redactor,
    recorder: Option<Recorder>,
    /// Why the recording cannot go on.
    unrecorded: Option<String>,
    budget: Budget,
    reporter: &'a mut dyn Reporter,
    started: String,
    seed: u64,
    paid: bool,
    generated: u32,
    exchanges: Vec<Exchange>,
    /// The same as they were received, keys and all. Cases judge by them; they never leave the process.
    received: Vec<Exchange>,
    shared: Option<SharedJob>,
    /// For each class of requests that ought to be refused, the case in which one was accepted.
    stopped: Vec<(&'static str, &'static str)>,
    /// How long jobs are waited for.
    patience: Patience,
    limits: RunLimits,
    /// How many requests were asked again because the answer was of a gateway that asks for it.
    asked_again: u32,
    /// The case that waited for a job that did not end, and how that looked.
    unending: Option<(&'static str, String)>,
    /// What moves the jobs of a stand-in, if that is not time.
    moved_by: Option<String>,
    /// What there is to know about the target, for the report.
    notices: Vec<String>,
    /// The status by which the request was refused that ought to be accepted.
    good_refused: Option<u16>,
    /// Whether it was answered as if it were accepted, and named no job.
    good_unread: bool,
    /// Whether the vendor had no room for it.
    good_waits: bool,
    /// Time by which the target's manual clock was moved.
    moved_ms: u64,
    image: Image,
    compared: Option<BTreeMap<String, usize>>,
    inputs: ComparisonInputs,
    free: bool,
    /// In a plan: the prices that the current case asked for.
    planned: Option<Vec<Option<Amount>>>,
    current: Current,
}

/// What the case that runs now has done.
#[derive(Default)]
pub(crate) struct Current {
    /// Its id.
    pub(crate) id: &'static str,
    /// The class of wrong requests that it belongs to; empty if it belongs to none.
    pub(crate) class: &'static str,
    /// Numbers of its exchanges.
    pub(crate) exchanges: Vec<u32>,
    /// What it wrote down.
    pub(crate) notes: Vec<Note>,
    /// What it spent.
    pub(crate) spend: CaseSpend,
    /// When it began.
    pub(crate) began_ms: u64,
    /// The job that was accepted though it ought to be refused.
    pub(crate) accepted: Option<String>,
    /// Whether a request that ought to be refused was answered with neither a refusal nor a job.
    pub(crate) unread: bool,
    /// Whether a request of it may have been charged.
    pub(crate) charged: bool,
    /// Whether its last submit was refused.
    pub(crate) refused: bool,
    /// Whether it is submitting the shared job.
    pub(crate) sharing: bool,
}

impl std::fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("case", &self.current.id).finish_non_exhaustive()
    }
}

impl<'a> Session<'a> {
    /// A session that has not sent anything yet.
    pub fn new(parts: SessionSetup<'a>) -> Self {
        let free = parts.is_free();
        let image = Image { url: parts.target.image_url.clone(), ..crate::images::plain() };
        Self {
            profile: parts.profile,
            target: parts.target,
            wire: parts.wire,
            redactor: parts.redactor,
            recorder: parts.recorder,
            unrecorded: None,
            budget: parts.budget,
            reporter: parts.reporter,
            started: parts.started,
            seed: parts.seed,
            paid: parts.paid,
            generated: parts.generated,
            exchanges: Vec::new(),
            received: Vec::new(),
            shared: None,
            stopped: Vec::new(),
            patience: parts.patience,
            limits: parts.limits,
            asked_again: 0,
            unending: None,
            moved_by: None,
            notices: Vec::new(),
            good_refused: None,
            good_unread: false,
            good_waits: false,
            moved_ms: 0,
            image,
            compared: None,
            inputs: parts.inputs,
            free,
            planned: None,
            current: Current::default(),
        }
    }

    /// A session that only finds out what would be asked of the budget.
    pub(crate) fn planning(parts: SessionSetup<'a>) -> Self {
        Self { planned: Some(Vec::new()), ..Self::new(parts) }
    }

    /// In a plan: the prices that the current case asked for.
    pub(crate) fn take_prices(&mut self) -> Vec<Option<Amount>> {
        self.planned.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Whether this only finds out what would be asked of the budget, and sends nothing.
    pub(crate) fn is_planning(&self) -> bool {
        self.planned.is_some()
    }

    /// Whether nothing costs at the target.
    pub fn is_free(&self) -> bool {
        self.free
    }

    /// How many places of each case differ from the references; `None` if there are no references.
    pub fn compare_inputs(&self) -> Option<BTreeMap<String, usize>> {
        self.compared.clone()
    }

    pub(crate) fn set_compared(&mut self, counts: BTreeMap<String, usize>) {
        self.compared = Some(counts);
    }

    /// Begins a case.
    pub(crate) fn begin(&mut self, id: &'static str, class: &'static str) {
        self.current = Current { id, class, began_ms: self.wire.now_ms(), ..Current::default() };
    }

    /// What the case has done, and the milliseconds it took.
    pub(crate) fn end(&mut self) -> (Current, u64) {
        let current = std::mem::take(&mut self.current);
        let took = self.wire.now_ms().saturating_sub(current.began_ms);
        (current, took)
    }

    /// Tells whoever listens.
    pub(crate) fn tell(&mut self, event: &Event<'_>) {
        self.reporter.on_event(event);
    }

    /// Every exchange so far, fit to be kept.
    pub fn exchanges(&self) -> &[Exchange] {
        &self.exchanges
    }

    /// Every exchange so far as it was received: a key that is a word of the vendor's is still that word. What is said or
    /// written down of it goes through the redaction.
    pub(crate) fn list_received(&self) -> &[Exchange] {
        &self.received
    }

    /// The budget.
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Earlier recordings and vendor files that the run is compared with.
    pub fn inputs(&self) -> &ComparisonInputs {
        &self.inputs
    }

    /// When the run started, RFC 3339.
    pub fn started(&self) -> &str {
        &self.started
    }

    /// What generated requests are drawn from.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// How many generated requests may go to a target where they may cost.
    pub fn generated(&self) -> u32 {
        self.generated
    }

    /// An image that keeps every rule.
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// Writes something down.
    pub fn note(&mut self, name: &str, value: impl Into<Value>) {
        self.current.notes.push(Note { name: name.to_owned(), value: value.into() });
    }

    /// Names exchanges as being behind the case, though it did not send them itself.
    pub fn rests_on(&mut self, numbers: &[u32]) {
        for number in numbers {
            if !self.current.exchanges.contains(number) {
                self.current.exchanges.push(*number);
            }
        }
    }

    /// Bytes that depend on the seed, the case and a label only.
    pub fn draw(&self, label: &str) -> [u8; 32] {
        let mut digest = Sha256::new();
        digest.update(self.seed.to_be_bytes());
        digest.update(self.current.id.as_bytes());
        digest.update([0]);
        digest.update(label.as_bytes());
        digest.finalize().into()
    }

    /// Now, on the clock that the target's jobs follow as far as we move it: milliseconds since the start.
    pub fn now_ms(&self) -> u64 {
        self.wire.now_ms().saturating_add(self.moved_ms)
    }

    /// When the last answer came, on the clock that the target's jobs follow: the same in a run and in its replay.
    pub(crate) fn last_answer_ms(&self) -> u64 {
        let last = self.exchanges.last().map_or(0, |last| last.at_ms.saturating_add(last.took_ms));
        last.saturating_add(self.moved_ms)
    }

    /// The status of the last answer, if the last request was answered.
    fn last_status(&self) -> Option<u16> {
        self.exchanges.last()?.answer.as_ref().map(|answer| answer.status)
    }

    /// Whether the last request was answered.
    pub(crate) fn is_answered(&self) -> bool {
        self.last_status().is_some()
    }

    /// The status by which the request was refused that ought to be accepted, if it was.
    pub(crate) fn status_of_good_refusal(&self) -> Option<u16> {
        self.good_refused
    }

    /// Ends the recording.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub(crate) fn finish(mut self) -> Result<(Vec<Exchange>, Budget), CaseError> {
        // A recording that broke has no end.
        if let Some(recorder) = self.recorder.take().filter(|_| self.unrecorded.is_none()) {
            recorder.finish().map_err(|error| CaseError::Internal(error.to_string()))?;
        }
        Ok((self.exchanges, self.budget))
    }

    /// Spent by this run so far, the worst case.
    fn spent(&self) -> Amount {
        self.budget.settled()
    }
}
