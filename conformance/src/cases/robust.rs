//! A client in trouble: answers are spoilt on their way, and the suite's own client must still end well.
//!
//! The target is a stand-in and answers as ever; the trouble is made between it and the client, drawn
//! from the run's seed.

use mockreel_contracts::{Operation, Phase};
use serde_json::{Value, json};

use super::requests::plain;
use crate::case::Case;
use crate::clause::{Cost, Level, Stage};
use crate::profile::{Profile, put};
use crate::session::{Session, Stop, Verdict};
use mockreel_evidence::exchange::Answer;

/// The cases of this area.
pub(super) const CASES: &[Case] = &[
    Case::new(
        "CHAOS-01",
        "a client in seeded trouble still ends well",
        Level::Should,
        Cost::Emulator,
        Stage::Own,
        nasty,
    )
    .on(Profile::phases_clause),
    Case::new(
        "CHAOS-02",
        "an unknown status and new members do not end a client",
        Level::Should,
        Cost::Emulator,
        Stage::Own,
        forward,
    )
    .on(Profile::phases_clause),
];

fn nasty(session: &mut Session<'_>) -> Verdict {
    session.steered()?;
    session.note("seed", session.seed());
    let draws = session.draw("trouble");
    let mut turn = 0;
    ends_well(session, &mut |answer| {
        let draw = draws[turn % draws.len()] % 8;
        turn += 1;
        match draw {
            0 => Err(Stop::Unreachable("the connection was cut".to_owned())),
            1 => spoilt(answer, 503, "<html>Service Unavailable</html>"),
            2 => spoilt(answer, 429, "{}"),
            3 => spoilt(answer, 200, "{\"cut\":"),
            _ => answer,
        }
    })
}

fn spoilt(answer: Result<Answer, Stop>, status: u16, body: &str) -> Result<Answer, Stop> {
    answer.map(|answer| Answer { status, body: body.as_bytes().to_vec(), ..answer })
}

fn forward(session: &mut Session<'_>) -> Verdict {
    session.steered()?;
    let place = session
        .profile
        .operation(Operation::Poll)
        .and_then(|poll| poll.read.status.clone())
        .unwrap_or_default();
    let mut turn = 0;
    ends_well(session, &mut |answer| {
        turn += 1;
        let mut answer = answer?;
        let Some(mut body) = answer.json() else { return Ok(answer) };
        put(&mut body, "/added_since", json!({"by": "a later edition"}));
        // Every other answer says a word that no edition has.
        if turn % 2 == 1 {
            let strange = if body.pointer(&place).is_some_and(Value::is_number) {
                json!(7777)
            } else {
                json!("resting")
            };
            put(&mut body, &place, strange);
        }
        answer.body = serde_json::to_vec(&body).unwrap_or_default();
        Ok(answer)
    })
}

/// Follows a job of its own through the trouble to a good end with a video.
fn ends_well(
    session: &mut Session<'_>,
    trouble: &mut dyn FnMut(Result<Answer, Stop>) -> Result<Answer, Stop>,
) -> Verdict {
    let (model, body) = plain(session)?;
    let job = session.accept(model, &body)?;
    let look = session.follow_through(&job.id, &mut |_| (), trouble)?;
    if look.seen.phase == Some(Phase::Succeeded) && look.seen.video_url.is_some() {
        return Ok(());
    }
    let found = look.seen.phase.map_or("an unknown status", Phase::name);
    Err(Stop::Failed(format!("expected the client to end with a video; found {found}")))
}
