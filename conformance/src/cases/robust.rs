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
use crate::session::{CaseEnd, CaseError, Session};
use mockreel_evidence::exchange::Answer;

/// The cases of this area.
pub(super) const CASES: &[Case] = &[
    Case::new(
        "CHAOS-01",
        "a client in seeded trouble still ends well",
        Level::Should,
        Cost::Emulator,
        Stage::Own,
        poll_through_trouble,
    )
    .on(Profile::phases_clause),
    Case::new(
        "CHAOS-02",
        "an unknown status and new members do not end a client",
        Level::Should,
        Cost::Emulator,
        Stage::Own,
        poll_later_edition,
    )
    .on(Profile::phases_clause),
];

fn poll_through_trouble(session: &mut Session<'_>) -> CaseEnd {
    session.require_control()?;
    session.note("seed", session.seed());
    let draws = session.draw("trouble");
    let mut turn = 0;
    ends_well(session, &mut |answer| {
        let draw = draws[turn % draws.len()] % 8;
        turn += 1;
        match draw {
            0 => Err(CaseError::Unreachable("the connection was cut".to_owned())),
            1 => spoil(answer, 503, "<html>Service Unavailable</html>"),
            2 => spoil(answer, 429, "{}"),
            3 => spoil(answer, 200, "{\"cut\":"),
            _ => answer,
        }
    })
}

fn spoil(answer: Result<Answer, CaseError>, status: u16, body: &str) -> Result<Answer, CaseError> {
    answer.map(|answer| Answer { status, body: body.as_bytes().to_vec(), ..answer })
}

fn poll_later_edition(session: &mut Session<'_>) -> CaseEnd {
    session.require_control()?;
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
    trouble: &mut dyn FnMut(Result<Answer, CaseError>) -> Result<Answer, CaseError>,
) -> CaseEnd {
    let (model, body) = plain(session)?;
    let job = session.accept(model, &body)?;
    let poll = session.follow_through(&job.id, &mut |_| (), trouble)?;
    if poll.seen.phase == Some(Phase::Succeeded) && poll.seen.video_url.is_some() {
        return Ok(());
    }
    let found = poll.seen.phase.map_or("an unknown status", Phase::name);
    Err(CaseError::Failed(format!("expected the client to end with a video; found {found}")))
}
