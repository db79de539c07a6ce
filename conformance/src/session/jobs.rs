//! Following jobs: one look at a time, in the vendor's rhythm, until they end or time is up.

use mockreel_contracts::{Contract, Operation, Phase};
use serde_json::{Value, json};

use super::{Accepted, CaseError, Poll, Session, SharedJob};
use crate::clause::SHARED;
use crate::events::Event;
use crate::profile::value_text;
use crate::session::send::asks_again;
use crate::session::wording::describe;
use mockreel_evidence::exchange::Answer;

/// Looks that may say nothing, one after another, before the job is given up.
const MAX_EMPTY_POLLS: u32 = 5;

/// The case that follows the shared job, and so finds out whether jobs end at all.
const ENDING: &str = "POLL-09";

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
            if matches!(job, Err(CaseError::Failed(_))) {
                let refused = self.current.refused;
                self.good_refused = self.last_status().filter(|_| refused);
                self.good_unread =
                    !refused && self.last_status().is_some_and(|status| (200..400).contains(&status));
            }
            // There is somebody who answers, so that cases without a job can go on.
            self.good_waits = matches!(job, Err(CaseError::Unreachable(_))) && self.last_status().is_some();
            self.shared = Some(SharedJob { job, body, model: model.id.clone(), polls: Vec::new() });
        }
        let held = self.shared.as_ref().map(|shared| shared.job.clone());
        let held = held.unwrap_or_else(|| Err(CaseError::Internal("the shared job is gone".to_owned())));
        if self.current.id == SHARED {
            return held;
        }
        let waits = self.good_waits;
        held.inspect_err(|_| ()).map_err(|stop| match stop {
            CaseError::Unreachable(_) if waits => CaseError::Blocked {
                by: SHARED,
                why: format!("needs the job of {SHARED}, for which the vendor had no room"),
            },
            CaseError::Failed(_) => CaseError::Blocked {
                by: SHARED,
                why: format!("needs the job of {SHARED}, which was not accepted"),
            },
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
    /// look less often, or again, is no answer.
    ///
    /// # Errors
    ///
    /// If there is no such job.
    pub fn shared_polls(&mut self) -> Result<Vec<Poll>, CaseError> {
        self.submit_shared()?;
        let polls = self.shared.as_ref().map(|shared| shared.polls.clone()).unwrap_or_default();
        let polls: Vec<Poll> = polls.into_iter().filter(|poll| !asks_again(poll.answer.status)).collect();
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

    /// The same without patience: who asks for fewer requests is not waited for.
    ///
    /// # Errors
    ///
    /// If no answer came.
    pub fn poll_once(&mut self, id: &str) -> Result<Poll, CaseError> {
        let answer = self.send_once(&self.profile.poll(id))?;
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
        self.require_hope()?;
        let patience = self.patience;
        let began = self.last_answer_ms();
        let mut in_vain = 0;
        let mut unknown_since = None;
        loop {
            let asked = self.send(&self.profile.poll(id));
            let elapsed_ms = self.last_answer_ms().saturating_sub(began);
            match trouble(asked) {
                Ok(answer) => {
                    let poll = self.read_poll(answer);
                    each(&poll);
                    self.report_poll(&poll, elapsed_ms / 1000);
                    if poll.seen.phase.is_some_and(Phase::is_terminal) {
                        return Ok(poll);
                    }
                    let status = poll.answer.status;
                    if (400..500).contains(&status) && !asks_again(status) {
                        return Err(CaseError::Failed(format!(
                            "expected the job to be found; found {}",
                            describe(&poll.answer)
                        )));
                    }
                    if poll.seen.phase.is_none() && poll.seen.status.is_some() {
                        let since = *unknown_since.get_or_insert(elapsed_ms);
                        if elapsed_ms - since >= patience.unknown_word_ms {
                            return Err(self.give_up(&poll, elapsed_ms - since));
                        }
                    } else {
                        unknown_since = None;
                    }
                    if elapsed_ms >= patience.wait_ms {
                        return Err(self.give_up(&poll, patience.wait_ms));
                    }
                    let says = (200..300).contains(&status) && poll.seen.status.is_some();
                    in_vain = if says { 0 } else { in_vain + 1 };
                    if in_vain > MAX_EMPTY_POLLS {
                        return Err(CaseError::Failed(format!(
                            "expected the job's status; {in_vain} polls in a row told none, the last was answered {}",
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
            self.wait_ms(patience.until_next_ms(elapsed_ms))?;
        }
    }

    /// Cancels a job that nobody needs, where the vendor lets it be cancelled. It may end as it likes.
    pub fn cancel(&mut self, id: &str) {
        if let Some(ask) = self.profile.ask(Operation::Cancel, &[id]) {
            // Nothing depends on it.
            let _ = self.send(&ask);
        }
    }

    /// Whether it makes sense to wait for a job: none before has been waited for in vain. The case that is about
    /// the end of jobs waits in any event.
    fn require_hope(&self) -> Result<(), CaseError> {
        match &self.unending {
            Some((by, why)) if self.current.id != ENDING => Err(CaseError::Blocked {
                by,
                why: format!("not waited for: the job of {by} did not end ({why})"),
            }),
            Some(_) | None => Ok(()),
        }
    }

    /// What it means that a job has not ended in time; the cases after it do not wait for theirs.
    fn give_up(&mut self, poll: &Poll, waited_ms: u64) -> CaseError {
        if let Err(setting) = self.require_time() {
            return setting;
        }
        let waited = seconds(waited_ms);
        let why = match (&poll.seen.status, poll.seen.phase) {
            (Some(word), None) => {
                let words = vendor_words(self.profile.contract());
                format!("its status was {word} for {waited}, which is none of the vendor's words ({words})")
            }
            (Some(word), Some(_)) => format!("after {waited} it was still {word}"),
            (None, _) => format!("after {waited} the answer was still {}", describe(&poll.answer)),
        };
        if self.patience.gives_up {
            self.unending = Some((self.current.id, why.clone()));
        }
        let longer = if poll.seen.phase.is_some() { "; --wait DURATION waits longer" } else { "" };
        CaseError::Failed(format!("expected the job to end; {why}{longer}"))
    }

    /// Lets the time between two polls pass, at most a second.
    ///
    /// # Errors
    ///
    /// If the clock cannot be moved.
    pub fn pause(&mut self) -> Result<(), CaseError> {
        self.wait_ms(self.patience.interval_ms.unwrap_or(1000).min(1000))
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
        if ended.is_ok() {
            self.unending = None;
        }
        ended
    }

    /// The last look at the shared job, if that has ended well or badly.
    ///
    /// # Errors
    ///
    /// [`CaseError::Blocked`] if it has not ended.
    pub fn require_end(&mut self) -> Result<Poll, CaseError> {
        let polls = self.shared_polls()?;
        let last = polls.iter().rev().find(|poll| poll.seen.phase.is_some_and(Phase::is_terminal)).cloned();
        last.ok_or_else(|| CaseError::Blocked {
            by: ENDING,
            why: format!("needs the end of the shared job, which {ENDING} did not see"),
        })
    }

    /// The look that saw the shared job succeed.
    ///
    /// # Errors
    ///
    /// [`CaseError::Blocked`] if it did not.
    pub fn require_success(&mut self) -> Result<Poll, CaseError> {
        let poll = self.require_end()?;
        if poll.seen.phase == Some(Phase::Succeeded) {
            return Ok(poll);
        }
        let why = poll.seen.failure.unwrap_or_default();
        let why = format!("needs the shared job to succeed, which it did not: {why}");
        Err(CaseError::Blocked { by: ENDING, why })
    }

    fn report_poll(&mut self, poll: &Poll, elapsed_s: u64) {
        let unknown = poll.seen.status.as_ref().map(Value::to_string).unwrap_or_default();
        let unknown = self.redact(&unknown);
        let phase = poll.seen.phase.map_or(unknown.as_str(), |phase| phase.name());
        let event = Event::Polled {
            id: self.current.id,
            phase,
            // A stand-in has no strange words but those that the suite puts into its answers.
            is_known: poll.seen.phase.is_some()
                || poll.seen.status.is_none()
                || self.target.control.is_some(),
            elapsed_s,
            spent: (!self.free).then(|| self.spent()),
            unit: self.profile.unit(),
        };
        self.reporter.on_event(&event);
    }
}

/// The vendor's words for all phases, for messages.
fn vendor_words(contract: &Contract) -> String {
    let words = Phase::ALL.into_iter().flat_map(|phase| contract.words(phase));
    let mut words: Vec<String> = words.map(value_text).collect();
    let mut seen = std::collections::BTreeSet::new();
    words.retain(|word| seen.insert(word.clone()));
    words.join(", ")
}

/// Milliseconds in seconds, for messages: `5 s`, `0.4 s`.
fn seconds(millis: u64) -> String {
    if millis.is_multiple_of(1000) {
        return format!("{} s", millis / 1000);
    }
    format!("{}.{} s", millis / 1000, millis % 1000 / 100)
}
