//! GEN-04: sequences of commands against the reference model.

use std::fmt;

use mockreel_contracts::{Model, Operation, Phase};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::apart::Apart;
use super::life::Life;
use super::property::{Effort, holds};
use super::scope::{image, only_unlimited, tries};
use crate::profile::{Credential, Image};
use crate::session::{Session, Stop, Verdict};
use crate::wording::told;

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
enum Command {
    /// A job is submitted.
    Submit,
    /// Its owner looks at it.
    Look(u8),
    /// Its owner lists the jobs.
    List,
    /// The operator cancels it.
    Cancel(u8),
    /// So many seconds pass.
    Advance(u16),
    /// Somebody else looks at it.
    ForeignLook(u8),
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        4 => Just(Command::Submit),
        6 => any::<u8>().prop_map(Command::Look),
        2 => Just(Command::List),
        2 => any::<u8>().prop_map(Command::Cancel),
        2 => (0..=STEP_S).prop_map(Command::Advance),
        3 => (0..=PASSES_S).prop_map(Command::Advance),
        1 => any::<u8>().prop_map(Command::ForeignLook),
    ]
}

/// A command with its job named, as messages tell it.
struct Done {
    command: Command,
    place: usize,
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place;
        match self.command {
            Command::Submit => write!(f, "submit job {place}"),
            Command::Look(_) => write!(f, "look at job {place}"),
            Command::List => f.write_str(Operation::List.as_str()),
            Command::Cancel(_) => write!(f, "cancel job {place}"),
            Command::Advance(seconds) => write!(f, "advance {seconds} s"),
            Command::ForeignLook(_) => write!(f, "look at job {place} from another account"),
        }
    }
}

/// GEN-04.
pub(super) fn sequences(session: &mut Session<'_>) -> Verdict {
    only_unlimited(session)?;
    let apart = Apart::of(session)?;
    let model = session.profile.model();
    let model = model
        .ok_or_else(|| Stop::NotApplicable("the vendor no longer offers any of its models".to_owned()))?;
    let effort = Effort { tries: tries(session, USUAL), shrinks: SHRINKS };
    let image = image(session);
    session.note("sequences", effort.tries);
    holds(session, "GEN-04", "sequences", effort, &vec(command(), 1..=LONGEST), |session, commands| {
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
    fn run(&mut self, commands: &[Command]) -> Verdict {
        if self.session.is_planning() {
            return self.price(commands);
        }
        self.apart.order(self.session, "/__admin/reset", &json!({}))?;
        let mut done: Vec<String> = Vec::new();
        for command in commands {
            let Some((place, id)) = self.meant(*command) else { continue };
            done.push(Done { command: *command, place }.to_string());
            match self.apply(*command, place, &id) {
                Ok(()) => {}
                Err(Stop::Failed(why)) => {
                    return Err(Stop::Failed(format!("{why}, after: {}", done.join(", "))));
                }
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    /// In a plan: asks for the price of each job.
    fn price(&mut self, commands: &[Command]) -> Verdict {
        let submits = commands.iter().filter(|command| matches!(command, Command::Submit));
        submits.map(|_| self.submit()).last().unwrap_or(Ok(()))
    }

    /// The job that a command is about; `None` if it cannot be carried out.
    fn meant(&self, command: Command) -> Option<(usize, String)> {
        match command {
            Command::Submit => Some((self.submitted, String::new())),
            Command::Advance(_) => Some((0, String::new())),
            Command::List => self.session.profile.operation(Operation::List).map(|_| (0, String::new())),
            Command::Look(number) | Command::Cancel(number) | Command::ForeignLook(number) => {
                self.life.job(number)
            }
        }
    }

    fn apply(&mut self, command: Command, place: usize, id: &str) -> Verdict {
        match command {
            Command::Submit => self.submit(),
            Command::Look(_) => self.look(place, id),
            Command::List => self.list(),
            Command::Cancel(_) => self.cancel(place, id),
            Command::Advance(seconds) => {
                self.apart.pass_s(self.session, u64::from(seconds))?;
                self.life.passed(u64::from(seconds));
                Ok(())
            }
            Command::ForeignLook(_) => self.foreign_look(id),
        }
    }

    fn submit(&mut self) -> Verdict {
        self.submitted += 1;
        let profile = self.session.profile;
        let body = profile.body(self.model, self.image);
        let ask = profile.submit(self.model, &body, self.image).from(self.apart.owner());
        let job = self.session.accept_ask(&ask, profile.price(self.model, &body))?;
        let seen = profile.observe(Operation::Submit, &job.answer);
        self.life.submitted(job.id, &seen).map_err(Stop::Failed)
    }

    fn look(&mut self, place: usize, id: &str) -> Verdict {
        let (answer, seen) = self.apart.look(self.session, id)?;
        if answer.status != 200 {
            return Err(Stop::Failed(format!("expected to see job {place}; found {}", told(&answer))));
        }
        self.life.seen(place, &seen).map_err(Stop::Failed)
    }

    fn list(&mut self) -> Verdict {
        let profile = self.session.profile;
        let ask = profile.ask(Operation::List, &[]);
        let ask = ask.ok_or_else(|| Stop::NotApplicable("the vendor has no listing".to_owned()))?;
        let answer = self.session.send(&ask.from(self.apart.owner()))?;
        if answer.status != 200 {
            return Err(Stop::Failed(format!("expected a listing; found {}", told(&answer))));
        }
        self.life.listed(&profile.observe(Operation::List, &answer).jobs).map_err(Stop::Failed)
    }

    fn cancel(&mut self, place: usize, id: &str) -> Verdict {
        let answer = self.session.order_job(self.apart.owner(), id, "cancel", &json!({}))?;
        let done = match answer.status {
            200..=299 => true,
            409 => false,
            _ => {
                return Err(Stop::Failed(format!(
                    "expected the control API to cancel job {place}, or to say that it has ended; found {}",
                    told(&answer)
                )));
            }
        };
        let word: Value = self.session.profile.contract().word(Phase::Cancelled);
        self.life.cancelled(place, done, word).map_err(Stop::Failed)
    }

    fn foreign_look(&mut self, id: &str) -> Verdict {
        let profile = self.session.profile;
        let answer = self.session.send(&profile.look(id).from(Credential::Key))?;
        let seen = profile.observe(Operation::Poll, &answer);
        let found =
            (200..300).contains(&answer.status) && (seen.status.is_some() || seen.video_url.is_some());
        if found || !profile.refuses(&answer) {
            return Err(Stop::Failed(format!("expected 403 or 404; found {}", told(&answer))));
        }
        Ok(())
    }
}
