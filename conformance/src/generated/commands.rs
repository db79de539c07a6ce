//! GEN-04: sequences of commands against the reference model.

use std::fmt;

use mockreel_contracts::{Model, Operation, Phase};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::apart::Apart;
use super::life::Life;
use super::property::{Effort, holds};
use super::scope::{image, require_unlimited, tries};
use crate::profile::{Credential, Image};
use crate::session::wording::describe;
use crate::session::{CaseEnd, CaseError, Session};

/// Sequences that are tried unless more are asked for.
const USUAL: u32 = 24;

/// Smaller sequences that are tried once one went wrong.
const SHRINKS: u32 = 300;

/// Commands of a sequence, at most.
const LONGEST: usize = 24;

/// The longest time that passes at once, in seconds: long enough for every job to end.
const PASSES_S: u16 = 1200;

/// A usual step of time, in seconds: short enough for a running job to be seen twice.
const STEP_S: u16 = 60;

/// What may be done. A number means a job, counted round; without jobs nothing is done.
#[derive(Clone, Copy, Debug)]
enum JobCommand {
    /// A job is submitted.
    Submit,
    /// Its owner looks at it.
    Poll(u8),
    /// Its owner lists the jobs.
    List,
    /// The operator cancels it.
    Cancel(u8),
    /// So many seconds pass.
    Advance(u16),
    /// Somebody else looks at it.
    ForeignPoll(u8),
}

fn any_command() -> impl Strategy<Value = JobCommand> {
    prop_oneof![
        4 => Just(JobCommand::Submit),
        6 => any::<u8>().prop_map(JobCommand::Poll),
        2 => Just(JobCommand::List),
        2 => any::<u8>().prop_map(JobCommand::Cancel),
        2 => (0..=STEP_S).prop_map(JobCommand::Advance),
        3 => (0..=PASSES_S).prop_map(JobCommand::Advance),
        1 => any::<u8>().prop_map(JobCommand::ForeignPoll),
    ]
}

/// A command with its job named, as messages tell it.
struct Done {
    command: JobCommand,
    place: usize,
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place;
        match self.command {
            JobCommand::Submit => write!(f, "submit job {place}"),
            JobCommand::Poll(_) => write!(f, "poll job {place}"),
            JobCommand::List => f.write_str(Operation::List.as_str()),
            JobCommand::Cancel(_) => write!(f, "cancel job {place}"),
            JobCommand::Advance(seconds) => write!(f, "advance {seconds} s"),
            JobCommand::ForeignPoll(_) => write!(f, "poll job {place} from another account"),
        }
    }
}

/// GEN-04.
pub(super) fn sequences(session: &mut Session<'_>) -> CaseEnd {
    require_unlimited(session)?;
    session.require_time()?;
    let apart = Apart::of(session)?;
    let model = session.profile.model();
    let model = model.ok_or_else(|| {
        CaseError::NotApplicable("the vendor no longer offers any of its models".to_owned())
    })?;
    let effort = Effort { tries: tries(session, USUAL), shrinks: SHRINKS };
    let image = image(session);
    session.note("sequences", effort.tries);
    holds(session, "GEN-04", "sequences", effort, &vec(any_command(), 1..=LONGEST), |session, commands| {
        let mut sequence =
            Sequence { session, apart, model, image: &image, life: Life::default(), submitted: 0 };
        sequence.run(commands)
    })
}

/// One sequence: its account, and what the model says of it so far.
struct Sequence<'s, 'a, 'm> {
    session: &'s mut Session<'a>,
    apart: Apart,
    model: &'m Model,
    image: &'m Image,
    life: Life,
    submitted: usize,
}

impl Sequence<'_, '_, '_> {
    /// Carries out commands, beginning with no jobs at all, until one is answered wrongly.
    fn run(&mut self, commands: &[JobCommand]) -> CaseEnd {
        if self.session.is_planning() {
            return self.price(commands);
        }
        self.apart.order(self.session, "/__admin/reset", &json!({}))?;
        let mut done: Vec<String> = Vec::new();
        for command in commands {
            let Some((place, id)) = self.find_job(*command) else { continue };
            done.push(Done { command: *command, place }.to_string());
            match self.apply(*command, place, &id) {
                Ok(()) => {}
                Err(CaseError::Failed(why)) => {
                    return Err(CaseError::Failed(format!("{why}, after: {}", done.join(", "))));
                }
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    /// In a plan: asks for the price of each job.
    fn price(&mut self, commands: &[JobCommand]) -> CaseEnd {
        let submits = commands.iter().filter(|command| matches!(command, JobCommand::Submit));
        submits.map(|_| self.submit()).last().unwrap_or(Ok(()))
    }

    /// The job that a command is about; `None` if it cannot be carried out.
    fn find_job(&self, command: JobCommand) -> Option<(usize, String)> {
        match command {
            JobCommand::Submit => Some((self.submitted, String::new())),
            JobCommand::Advance(_) => Some((0, String::new())),
            JobCommand::List => self.session.profile.operation(Operation::List).map(|_| (0, String::new())),
            JobCommand::Poll(number) | JobCommand::Cancel(number) | JobCommand::ForeignPoll(number) => {
                self.life.job(number)
            }
        }
    }

    fn apply(&mut self, command: JobCommand, place: usize, id: &str) -> CaseEnd {
        match command {
            JobCommand::Submit => self.submit(),
            JobCommand::Poll(_) => self.poll(place, id),
            JobCommand::List => self.list(),
            JobCommand::Cancel(_) => self.cancel(place, id),
            JobCommand::Advance(seconds) => {
                self.apart.pass_s(self.session, u64::from(seconds))?;
                self.life.passed(u64::from(seconds));
                Ok(())
            }
            JobCommand::ForeignPoll(_) => self.foreign_poll(id),
        }
    }

    fn submit(&mut self) -> CaseEnd {
        self.submitted += 1;
        let profile = self.session.profile;
        let body = profile.body(self.model, self.image);
        let ask = profile.submit(self.model, &body, self.image).from(self.apart.owner());
        let job = self.session.accept_ask(&ask, profile.price(self.model, &body))?;
        let seen = profile.observe(Operation::Submit, &job.answer);
        self.life.submitted(job.id, &seen).map_err(CaseError::Failed)
    }

    fn poll(&mut self, place: usize, id: &str) -> CaseEnd {
        let (answer, seen) = self.apart.poll(self.session, id)?;
        if answer.status != 200 {
            return Err(CaseError::Failed(format!(
                "expected to see job {place}; found {}",
                describe(&answer)
            )));
        }
        self.life.seen(place, &seen).map_err(CaseError::Failed)
    }

    fn list(&mut self) -> CaseEnd {
        let profile = self.session.profile;
        let ask = profile.ask(Operation::List, &[]);
        let ask = ask.ok_or_else(|| CaseError::NotApplicable("the vendor has no listing".to_owned()))?;
        let answer = self.session.send(&ask.from(self.apart.owner()))?;
        if answer.status != 200 {
            return Err(CaseError::Failed(format!("expected a listing; found {}", describe(&answer))));
        }
        self.life.listed(&profile.observe(Operation::List, &answer).jobs).map_err(CaseError::Failed)
    }

    fn cancel(&mut self, place: usize, id: &str) -> CaseEnd {
        let answer = self.session.order_job(self.apart.owner(), id, "cancel", &json!({}))?;
        let done = match answer.status {
            200..=299 => true,
            409 => false,
            _ => {
                return Err(CaseError::Failed(format!(
                    "expected the control API to cancel job {place}, or to say that it has ended; found {}",
                    describe(&answer)
                )));
            }
        };
        let word: Value = self.session.profile.contract().word(Phase::Cancelled);
        self.life.cancelled(place, done, word).map_err(CaseError::Failed)
    }

    fn foreign_poll(&mut self, id: &str) -> CaseEnd {
        let profile = self.session.profile;
        let answer = self.session.send(&profile.poll(id).from(Credential::Key))?;
        let seen = profile.observe(Operation::Poll, &answer);
        let found =
            (200..300).contains(&answer.status) && (seen.status.is_some() || seen.video_url.is_some());
        if found || !profile.refuses(&answer) {
            return Err(CaseError::Failed(format!("expected 403 or 404; found {}", describe(&answer))));
        }
        Ok(())
    }
}
