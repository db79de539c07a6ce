//! The reference model of GEN-04: what an account's jobs may look like, whatever was done to them.
//!
//! It knows no durations. It knows that a job never goes back, that an end is final, that a cancelled job
//! stays cancelled, and that listings hold what was submitted, the newest first.

use mockreel_contracts::Phase;
use mockreel_contracts::contract::check::read::Observation;
use serde_json::Value;

use crate::session::patience::JOB_DEADLINE_S;

/// How far a job is, at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum LifeStep {
    /// It waits.
    Waiting,
    /// It is worked on.
    Running,
    /// It has ended, one way or another.
    Ended,
}

impl LifeStep {
    fn of(phase: Phase) -> Self {
        match phase {
            Phase::Queued => Self::Waiting,
            Phase::Running => Self::Running,
            Phase::Succeeded | Phase::Failed | Phase::Cancelled => Self::Ended,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Ended => "at its end",
        }
    }
}

/// A job as far as it is known.
#[derive(Clone, Debug)]
struct KnownJob {
    id: String,
    least: LifeStep,
    /// The vendor's word for how it ended, once that is known.
    end: Option<Value>,
    /// Seconds since it was submitted.
    age_s: u64,
}

/// An account's jobs, in the order in which they were submitted.
#[derive(Clone, Debug, Default)]
pub(super) struct Life {
    jobs: Vec<KnownJob>,
}

impl Life {
    /// The id of the job that a number means, and its place; `None` while there are none.
    pub(super) fn job(&self, number: u8) -> Option<(usize, String)> {
        let place = usize::from(number) % self.jobs.len().max(1);
        self.jobs.get(place).map(|job| (place, job.id.clone()))
    }

    /// A job was accepted.
    ///
    /// # Errors
    ///
    /// If its id is another job's, or it begins late.
    pub(super) fn submitted(&mut self, id: String, seen: &Observation) -> Result<(), String> {
        if let Some(place) = self.jobs.iter().position(|job| job.id == id) {
            return Err(format!("expected a new id; found that of job {place}"));
        }
        if let Some(phase) = seen.phase.filter(|phase| phase.is_terminal()) {
            return Err(format!("expected a job that has not ended; found {}", phase.name()));
        }
        self.jobs.push(KnownJob { id, least: LifeStep::Waiting, end: None, age_s: 0 });
        Ok(())
    }

    /// Time has passed.
    pub(super) fn passed(&mut self, seconds: u64) {
        for job in &mut self.jobs {
            job.age_s += seconds;
        }
    }

    /// A job was seen.
    ///
    /// # Errors
    ///
    /// If it cannot be like that.
    pub(super) fn seen(&mut self, place: usize, seen: &Observation) -> Result<(), String> {
        let job = self.jobs.get_mut(place).ok_or_else(|| format!("expected job {place}; found none"))?;
        let word = seen.status.clone().unwrap_or_default();
        if seen.id.as_deref() != Some(job.id.as_str()) {
            let found = seen.id.as_deref().unwrap_or("none");
            return Err(format!("expected the id of job {place}; found {found}"));
        }
        let Some(phase) = seen.phase else {
            return Err(format!("expected one of the vendor's words for job {place}; found {word}"));
        };
        if let Some(end) = job.end.as_ref().filter(|end| **end != word) {
            return Err(format!("expected job {place} to stay {end}; found {word}"));
        }
        let step = LifeStep::of(phase);
        if step < job.least {
            return Err(format!("expected job {place} to be {} or later; found {word}", job.least.word()));
        }
        if step != LifeStep::Ended && job.age_s > JOB_DEADLINE_S {
            return Err(format!("expected job {place} to have ended after {} s; found {word}", job.age_s));
        }
        job.least = step;
        if step == LifeStep::Ended {
            job.end = Some(word);
        }
        Ok(())
    }

    /// A listing was seen.
    ///
    /// # Errors
    ///
    /// If it holds other jobs, in another order, or one that cannot be like that.
    pub(super) fn listed(&mut self, jobs: &[Observation]) -> Result<(), String> {
        let places = |job: &Observation| {
            let held = self.jobs.iter().position(|held| job.id.as_deref() == Some(held.id.as_str()));
            held.map_or_else(|| "another".to_owned(), |place| place.to_string())
        };
        let found: Vec<String> = jobs.iter().map(places).collect();
        let expected: Vec<String> = (0..self.jobs.len()).rev().map(|place| place.to_string()).collect();
        if found != expected {
            return Err(format!(
                "expected a listing of the jobs [{}]; found [{}]",
                expected.join(", "),
                found.join(", ")
            ));
        }
        let last = self.jobs.len();
        jobs.iter().enumerate().try_for_each(|(row, seen)| self.seen(last - 1 - row, seen))
    }

    /// A job was told to be cancelled, and that was done, or refused because it had ended.
    ///
    /// # Errors
    ///
    /// If it cannot have been done.
    pub(super) fn cancelled(&mut self, place: usize, done: bool, word: Value) -> Result<(), String> {
        let job = self.jobs.get_mut(place).ok_or_else(|| format!("expected job {place}; found none"))?;
        if let (true, Some(end)) = (done, &job.end) {
            return Err(format!(
                "expected job {place}, which is {end}, not to be cancelled; found that it was"
            ));
        }
        job.least = LifeStep::Ended;
        if done {
            job.end = Some(word);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn seen(id: &str, phase: Phase) -> Observation {
        let status = Some(json!(phase.name()));
        Observation { id: Some(id.to_owned()), phase: Some(phase), status, ..Observation::default() }
    }

    fn two() -> Life {
        let mut life = Life::default();
        for id in ["a", "b"] {
            life.submitted(id.to_owned(), &seen(id, Phase::Queued)).unwrap();
        }
        life
    }

    #[test]
    fn a_job_that_goes_back_or_changes_its_end_is_noticed() {
        let mut life = two();
        life.seen(0, &seen("a", Phase::Running)).unwrap();
        assert!(life.seen(0, &seen("a", Phase::Queued)).unwrap_err().contains("running or later"));
        life.seen(0, &seen("a", Phase::Succeeded)).unwrap();
        assert!(life.seen(0, &seen("a", Phase::Failed)).unwrap_err().contains("to stay \"succeeded\""));
        assert!(life.seen(1, &seen("a", Phase::Queued)).unwrap_err().contains("the id of job 1"));
    }

    #[test]
    fn an_end_that_does_not_come_is_noticed() {
        let mut life = two();
        life.passed(JOB_DEADLINE_S);
        life.seen(0, &seen("a", Phase::Running)).unwrap();
        life.passed(1);
        assert!(life.seen(0, &seen("a", Phase::Running)).unwrap_err().contains("after 1001 s"));
    }

    #[test]
    fn a_listing_holds_every_job_the_newest_first() {
        let (a, b) = (seen("a", Phase::Queued), seen("b", Phase::Queued));
        two().listed(&[b.clone(), a.clone()]).unwrap();
        for wrong in [vec![a.clone(), b.clone()], vec![b.clone()], vec![seen("c", Phase::Queued), b, a]] {
            assert!(two().listed(&wrong).unwrap_err().contains("[1, 0]"), "{wrong:?}");
        }
    }

    #[test]
    fn a_cancelled_job_stays_cancelled_and_an_ended_one_cannot_be() {
        let mut life = two();
        life.cancelled(0, true, json!("cancelled")).unwrap();
        assert!(life.seen(0, &seen("a", Phase::Succeeded)).unwrap_err().contains("to stay"));
        life.cancelled(1, false, json!("cancelled")).unwrap();
        assert!(life.seen(1, &seen("b", Phase::Queued)).unwrap_err().contains("at its end"));
        life.seen(1, &seen("b", Phase::Succeeded)).unwrap();
        assert!(life.cancelled(1, true, json!("cancelled")).unwrap_err().contains("not to be cancelled"));
    }

    #[test]
    fn an_id_is_never_given_twice() {
        assert!(two().submitted("a".to_owned(), &Observation::default()).unwrap_err().contains("job 0"));
    }
}
