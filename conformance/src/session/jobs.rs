//! Following jobs: one look at a time, in the vendor's rhythm, until they end or time is up.

use mockreel_contracts::{Operation, Phase};
use serde_json::{Value, json};

use super::{Accepted, Look, Session, SharedJob, Stop};
use crate::clause::SHARED;
use crate::events::Event;
use crate::wording::told;
use mockreel_evidence::exchange::Answer;

/// Seconds between looks during the first minute, and after it: what vendors' samples do.
const RHYTHM_S: (u64, u64) = (10, 15);

/// Looks that may say nothing, one after another, before the job is given up.
const LOOKS_IN_VAIN: u32 = 5;

/// Seconds after which a job that has not ended is given up: the longest that vendors' samples wait.
pub const DEADLINE_S: u64 = 1000;

impl Session<'_> {
    /// The shared job, submitted now if nobody has asked for it before.
    ///
    /// # Errors
    ///
    /// If there is none; says why.
    pub fn shared(&mut self) -> Result<Accepted, Stop> {
        if self.shared.is_none() {
            let Some(model) = self.profile.model() else {
                return Err(Stop::NotApplicable("the vendor no longer offers any of its models".to_owned()));
            };
            let body = self.profile.body(model, &self.image.clone());
            self.current.sharing = true;
            let job = self.accept(model, &body);
            self.current.sharing = false;
            self.shared = Some(SharedJob { job, body, model: model.id.clone(), looks: Vec::new() });
        }
        let held = self.shared.as_ref().map(|shared| shared.job.clone());
        let held = held.unwrap_or_else(|| Err(Stop::Internal("the shared job is gone".to_owned())));
        if self.current.id == SHARED {
            return held;
        }
        held.inspect_err(|_| ()).map_err(|stop| match stop {
            Stop::Failed(why) => {
                Stop::NotApplicable(format!("needs the job of {SHARED}, which failed: {why}"))
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
    pub fn look_at_shared(&mut self) -> Result<Look, Stop> {
        let id = self.shared()?.id;
        let look = self.look(&id)?;
        if let Some(shared) = &mut self.shared {
            shared.looks.push(look.clone());
        }
        Ok(look)
    }

    /// Every look at the shared job that was answered, named as evidence of the current case. To be asked to
    /// look less often is no answer.
    ///
    /// # Errors
    ///
    /// If there is no such job.
    pub fn looks(&mut self) -> Result<Vec<Look>, Stop> {
        self.shared()?;
        let looks = self.shared.as_ref().map(|shared| shared.looks.clone()).unwrap_or_default();
        let looks: Vec<Look> = looks.into_iter().filter(|look| look.answer.status != 429).collect();
        let numbers: Vec<u32> = looks.iter().map(|look| look.number).collect();
        self.rests_on(&numbers);
        Ok(looks)
    }

    /// Looks at a job once.
    ///
    /// # Errors
    ///
    /// If no answer came.
    pub fn look(&mut self, id: &str) -> Result<Look, Stop> {
        let answer = self.send(&self.profile.look(id))?;
        Ok(self.looked(answer))
    }

    /// Looks at a job in the vendor's rhythm until it has ended; every look is handed to `each`.
    ///
    /// # Errors
    ///
    /// [`Stop::Failed`] if it has not ended in time.
    pub fn follow(&mut self, id: &str, each: &mut dyn FnMut(&Look)) -> Result<Look, Stop> {
        self.follow_through(id, each, &mut |answer| answer)
    }

    /// The end of a job that nobody needs to watch: a stand-in's clock is moved there at once, a real
    /// vendor's job is followed.
    ///
    /// # Errors
    ///
    /// [`Stop::Failed`] if it has not ended in time.
    pub fn end_of(&mut self, id: &str) -> Result<Look, Stop> {
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
    /// [`Stop::Failed`] if the job has not ended in time, [`Stop::Unreachable`] if nothing can be learnt.
    pub fn follow_through(
        &mut self,
        id: &str,
        each: &mut dyn FnMut(&Look),
        trouble: &mut dyn FnMut(Result<Answer, Stop>) -> Result<Answer, Stop>,
    ) -> Result<Look, Stop> {
        let began = self.now_ms();
        let mut in_vain = 0;
        loop {
            let elapsed_s = self.now_ms().saturating_sub(began) / 1000;
            match trouble(self.send(&self.profile.look(id))) {
                Ok(answer) => {
                    let look = self.looked(answer);
                    each(&look);
                    self.tell_look(&look, elapsed_s);
                    if look.seen.phase.is_some_and(Phase::is_terminal) {
                        return Ok(look);
                    }
                    let status = look.answer.status;
                    if (400..500).contains(&status) && status != 429 {
                        return Err(Stop::Failed(format!(
                            "expected the job to be found; found {}",
                            told(&look.answer)
                        )));
                    }
                    if elapsed_s >= DEADLINE_S {
                        let said =
                            look.seen.status.map_or_else(|| told(&look.answer), |word| word.to_string());
                        return Err(Stop::Failed(format!(
                            "expected the job to end within {DEADLINE_S} s; found it still {said}"
                        )));
                    }
                    let says = (200..300).contains(&status) && look.seen.status.is_some();
                    in_vain = if says { 0 } else { in_vain + 1 };
                    if in_vain > LOOKS_IN_VAIN {
                        return Err(Stop::Failed(format!(
                            "expected to see the job; found {} again and again",
                            told(&look.answer)
                        )));
                    }
                }
                Err(Stop::Unreachable(why)) if in_vain >= LOOKS_IN_VAIN => {
                    return Err(Stop::Unreachable(why));
                }
                Err(Stop::Unreachable(_)) => in_vain += 1,
                Err(other) => return Err(other),
            }
            self.wait_s(if elapsed_s < 60 { RHYTHM_S.0 } else { RHYTHM_S.1 })?;
        }
    }

    /// What an answer to a look says.
    fn looked(&self, answer: Answer) -> Look {
        let seen = self.profile.observe(Operation::Poll, &answer);
        let number = self.current.exchanges.last().copied().unwrap_or_default();
        Look { number, at_ms: self.now_ms(), answer, seen }
    }

    /// Follows the shared job to its end, keeping every look.
    ///
    /// # Errors
    ///
    /// If it does not end in time.
    pub fn follow_shared(&mut self) -> Result<Look, Stop> {
        let id = self.shared()?.id;
        let mut looks = Vec::new();
        let ended = self.follow(&id, &mut |look| looks.push(look.clone()));
        if let Some(shared) = &mut self.shared {
            shared.looks.extend(looks);
        }
        ended
    }

    /// The last look at the shared job, if that has ended well or badly.
    ///
    /// # Errors
    ///
    /// [`Stop::NotApplicable`] if it has not ended.
    pub fn ended(&mut self) -> Result<Look, Stop> {
        let looks = self.looks()?;
        let last = looks.iter().rev().find(|look| look.seen.phase.is_some_and(Phase::is_terminal)).cloned();
        last.ok_or_else(|| Stop::NotApplicable("the shared job has not ended".to_owned()))
    }

    /// The look that saw the shared job succeed.
    ///
    /// # Errors
    ///
    /// [`Stop::NotApplicable`] if it did not.
    pub fn succeeded(&mut self) -> Result<Look, Stop> {
        let look = self.ended()?;
        if look.seen.phase == Some(Phase::Succeeded) {
            return Ok(look);
        }
        let why = look.seen.failure.unwrap_or_default();
        Err(Stop::NotApplicable(format!("the shared job did not succeed: {why}")))
    }

    fn tell_look(&mut self, look: &Look, elapsed_s: u64) {
        let unknown = look.seen.status.as_ref().map(Value::to_string).unwrap_or_default();
        let unknown = self.redacted(&unknown);
        let phase = look.seen.phase.map_or(unknown.as_str(), |phase| phase.name());
        let event = Event::Looked {
            id: self.current.id,
            phase,
            elapsed_s,
            spent: self.spent(),
            unit: self.profile.unit(),
        };
        self.listener.hear(&event);
    }
}
