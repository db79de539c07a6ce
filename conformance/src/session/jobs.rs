//! Following jobs: one look at a time, in the vendor's rhythm, until they end or time is up.

use mockreel_contracts::{Operation, Phase};
use serde_json::{Value, json};

use super::{Accepted, CaseError, Poll, Session, SharedJob};
use crate::clause::SHARED;
use crate::events::Event;
use crate::session::wording::describe;
use mockreel_evidence::exchange::Answer;

/// Seconds between looks during the first minute, and after it: what vendors' samples do.
const POLL_INTERVALS_S: (u64, u64) = (10, 15);

/// Looks that may say nothing, one after another, before the job is given up.
const MAX_EMPTY_POLLS: u32 = 5;

/// Seconds after which a job that has not ended is given up: the longest that vendors' samples wait.
pub const JOB_DEADLINE_S: u64 = 1000;

impl Session<'_> {
    /// The shared job, submitted now if nobody has asked for it before.
    ///
    /// # Errors
    ///
    /// If there is none; says why.
    pub fn submit_shared(&mut self) -> Result<Accepted, CaseError> {
        if self.shared.is_none() {
            let Some(model) = self.profile.model() else {
                return Err(CaseError::NotApplicable(
                    "the vendor no longer offers any of its models".to_owned(),
                ));
            };
            let body = self.profile.body(model, &self.image.clone());
            self.current.sharing = true;
            let job = self.accept(model, &body);
            self.current.sharing = false;
            self.shared = Some(SharedJob { job, body, model: model.id.clone(), polls: Vec::new() });
        }
        let held = self.shared.as_ref().map(|shared| shared.job.clone());
        let held = held.unwrap_or_else(|| Err(CaseError::Internal("the shared job is gone".to_owned())));
        if self.current.id == SHARED {
            return held;
        }
        held.inspect_err(|_| ()).map_err(|stop| match stop {
            CaseError::Failed(why) => {
                CaseError::NotApplicable(format!("needs the job of {SHARED}, which failed: {why}"))
            }
            other => other,
        })
    }

    /// The shared job with its looks, if there is one.
    pub fn shared_job(&self) -> Option<&SharedJob> {
        self.shared.as_ref()
    }

    /// Looks at the shared job and keeps the look.
    ///
    /// # Errors
    ///
    /// If there is no such job or no answer came.
    pub fn poll_shared(&mut self) -> Result<Poll, CaseError> {
        let id = self.submit_shared()?.id;
        let poll = self.poll(&id)?;
        if let Some(shared) = &mut self.shared {
            shared.polls.push(poll.clone());
        }
        Ok(poll)
    }

    /// Every look at the shared job that was answered, named as evidence of the current case. To be asked to
    /// look less often is no answer.
    ///
    /// # Errors
    ///
    /// If there is no such job.
    pub fn shared_polls(&mut self) -> Result<Vec<Poll>, CaseError> {
        self.submit_shared()?;
        let polls = self.shared.as_ref().map(|shared| shared.polls.clone()).unwrap_or_default();
        let polls: Vec<Poll> = polls.into_iter().filter(|poll| poll.answer.status != 429).collect();
        let numbers: Vec<u32> = polls.iter().map(|poll| poll.number).collect();
        self.rests_on(&numbers);
        Ok(polls)
    }

    /// Looks at a job once.
    ///
    /// # Errors
    ///
    /// If no answer came.
    pub fn poll(&mut self, id: &str) -> Result<Poll, CaseError> {
        let answer = self.send(&self.profile.poll(id))?;
        Ok(self.read_poll(answer))
    }

    /// Looks at a job in the vendor's rhythm until it has ended; every look is handed to `each`.
    ///
    /// # Errors
    ///
    /// [`CaseError::Failed`] if it has not ended in time.
    pub fn follow(&mut self, id: &str, each: &mut dyn FnMut(&Poll)) -> Result<Poll, CaseError> {
        self.follow_through(id, each, &mut |answer| answer)
    }

    /// The end of a job that nobody needs to watch: a stand-in's clock is moved there at once, a real
    /// vendor's job is followed.
    ///
    /// # Errors
    ///
    /// [`CaseError::Failed`] if it has not ended in time.
    pub fn end_of(&mut self, id: &str) -> Result<Poll, CaseError> {
        if self.target.control.is_some() {
            // A job that never ends is answered with 409; following it says so in the suite's own words.
            self.order_answer("POST", "/__admin/clock/advance", &json!({"until_job": id}))?;
        }
        self.follow(id, &mut |_| ())
    }

    /// The same with every answer led through `trouble`, which may spoil it.
    ///
    /// This is the client that the suite holds up as an example: it looks again after an answer that
    /// says nothing (an error of the server, a limit, no JSON, a word that it does not know), but not
    /// for ever, and it takes a refusal for what it is.
    ///
    /// # Errors
    ///
    /// [`CaseError::Failed`] if the job has not ended in time, [`CaseError::Unreachable`] if nothing can be learnt.
    pub fn follow_through(
        &mut self,
        id: &str,
        each: &mut dyn FnMut(&Poll),
        trouble: &mut dyn FnMut(Result<Answer, CaseError>) -> Result<Answer, CaseError>,
    ) -> Result<Poll, CaseError> {
        let began = self.now_ms();
        let mut in_vain = 0;
        loop {
            let elapsed_s = self.now_ms().saturating_sub(began) / 1000;
            match trouble(self.send(&self.profile.poll(id))) {
                Ok(answer) => {
                    let poll = self.read_poll(answer);
                    each(&poll);
                    self.report_poll(&poll, elapsed_s);
                    if poll.seen.phase.is_some_and(Phase::is_terminal) {
                        return Ok(poll);
                    }
                    let status = poll.answer.status;
                    if (400..500).contains(&status) && status != 429 {
                        return Err(CaseError::Failed(format!(
                            "expected the job to be found; found {}",
                            describe(&poll.answer)
                        )));
                    }
                    if elapsed_s >= JOB_DEADLINE_S {
                        let said =
                            poll.seen.status.map_or_else(|| describe(&poll.answer), |word| word.to_string());
                        return Err(CaseError::Failed(format!(
                            "expected the job to end within {JOB_DEADLINE_S} s; found it still {said}"
                        )));
                    }
                    let says = (200..300).contains(&status) && poll.seen.status.is_some();
                    in_vain = if says { 0 } else { in_vain + 1 };
                    if in_vain > MAX_EMPTY_POLLS {
                        return Err(CaseError::Failed(format!(
                            "expected to see the job; found {} again and again",
                            describe(&poll.answer)
                        )));
                    }
                }
                Err(CaseError::Unreachable(why)) if in_vain >= MAX_EMPTY_POLLS => {
                    return Err(CaseError::Unreachable(why));
                }
                Err(CaseError::Unreachable(_)) => in_vain += 1,
                Err(other) => return Err(other),
            }
            self.wait_s(if elapsed_s < 60 { POLL_INTERVALS_S.0 } else { POLL_INTERVALS_S.1 })?;
        }
    }

    /// What an answer to a look says.
    fn read_poll(&self, answer: Answer) -> Poll {
        let seen = self.profile.observe(Operation::Poll, &answer);
        let number = self.current.exchanges.last().copied().unwrap_or_default();
        Poll { number, at_ms: self.now_ms(), answer, seen }
    }

    /// Follows the shared job to its end, keeping every look.
    ///
    /// # Errors
    ///
    /// If it does not end in time.
    pub fn follow_shared(&mut self) -> Result<Poll, CaseError> {
        let id = self.submit_shared()?.id;
        let mut polls = Vec::new();
        let ended = self.follow(&id, &mut |poll| polls.push(poll.clone()));
        if let Some(shared) = &mut self.shared {
            shared.polls.extend(polls);
        }
        ended
    }

    /// The last look at the shared job, if that has ended well or badly.
    ///
    /// # Errors
    ///
    /// [`CaseError::NotApplicable`] if it has not ended.
    pub fn require_end(&mut self) -> Result<Poll, CaseError> {
        let polls = self.shared_polls()?;
        let last = polls.iter().rev().find(|poll| poll.seen.phase.is_some_and(Phase::is_terminal)).cloned();
        last.ok_or_else(|| CaseError::NotApplicable("the shared job has not ended".to_owned()))
    }

    /// The look that saw the shared job succeed.
    ///
    /// # Errors
    ///
    /// [`CaseError::NotApplicable`] if it did not.
    pub fn require_success(&mut self) -> Result<Poll, CaseError> {
        let poll = self.require_end()?;
        if poll.seen.phase == Some(Phase::Succeeded) {
            return Ok(poll);
        }
        let why = poll.seen.failure.unwrap_or_default();
        Err(CaseError::NotApplicable(format!("the shared job did not succeed: {why}")))
    }

    fn report_poll(&mut self, poll: &Poll, elapsed_s: u64) {
        let unknown = poll.seen.status.as_ref().map(Value::to_string).unwrap_or_default();
        let unknown = self.redact(&unknown);
        let phase = poll.seen.phase.map_or(unknown.as_str(), |phase| phase.name());
        let event = Event::Polled {
            id: self.current.id,
            phase,
            elapsed_s,
            spent: self.spent(),
            unit: self.profile.unit(),
        };
        self.reporter.on_event(&event);
    }
}
