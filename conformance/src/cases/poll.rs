//! Looks at a job: their form, and the life they show.

use mockreel_contracts::contract::model::operation::IdPlace;
use mockreel_contracts::{Operation, Phase};
use serde_json::{Value, json};

use super::requests::require_operation;
use crate::case::Case;
use crate::clause::{Cost, Level, Stage};
use crate::profile::{Ask, Profile};
use crate::session::wording::describe;
use crate::session::{CaseEnd, CaseError, Poll, Session};
use crate::shape::{self, find_undocumented};

const fn poll_case(
    id: &'static str,
    title: &'static str,
    level: Level,
    stage: Stage,
    run: fn(&mut Session<'_>) -> CaseEnd,
) -> Case {
    Case::new(id, title, level, Cost::Shared, stage, run).after(&["SUB-01"])
}

/// The cases of this area.
pub(super) const CASES: &[Case] = &[
    poll_case("POLL-01", "every poll keeps its schema", Level::Must, Stage::Ended, check_schema)
        .on(|profile| profile.reply_clause(Operation::Poll))
        .after(&["SUB-01", "POLL-09"]),
    poll_case("POLL-02", "every status is one of the vendor's words", Level::Must, Stage::Ended, known_words)
        .on(Profile::phases_clause)
        .after(&["SUB-01", "POLL-09"]),
    poll_case(
        "POLL-03",
        "a job never goes back, and its end is final",
        Level::Should,
        Stage::Ended,
        check_order,
    )
    .on(Profile::phases_clause)
    .after(&["SUB-01"]),
    poll_case("POLL-04", "every poll names the job's id", Level::Must, Stage::Ended, same_id)
        .on(|profile| {
            let place = profile.operation(Operation::Poll)?.read.id.clone()?;
            profile.reply_member_clause(Operation::Poll, &place)
        })
        .after(&["SUB-01", "POLL-09"]),
    poll_case("POLL-05", "two polls at once say the same", Level::Should, Stage::Accepted, check_repetition)
        .on(|profile| profile.operation_clause(Operation::Poll)),
    Case::new("POLL-06", "an unknown id is not found", Level::Should, Cost::Free, Stage::Free, unknown_id)
        .on(|profile| profile.problem_clause("unknown_job"))
        .by_refusal(),
    Case::new("POLL-07", "no id at all is refused", Level::Must, Cost::Free, Stage::Free, missing_id)
        .on(|profile| match profile.operation(Operation::Poll)?.job_id {
            Some(IdPlace::Query(_)) => profile.operation_clause(Operation::Poll),
            // Nobody states what becomes of a path that ends before its id.
            Some(IdPlace::Path(_)) | None => None,
        })
        .by_refusal(),
    Case::new(
        "POLL-08",
        "what is told to a malformed id",
        Level::Info,
        Cost::Free,
        Stage::Free,
        malformed_id,
    ),
    poll_case("POLL-09", "the job ends", Level::Must, Stage::Followed, check_end).on(Profile::phases_clause),
    poll_case(
        "POLL-10",
        "no video before the end, no error unless it failed",
        Level::Should,
        Stage::Ended,
        check_empty_members,
    )
    .on(|profile| profile.reply_clause(Operation::Poll))
    .after(&["SUB-01", "POLL-09"]),
    poll_case("POLL-11", "whether polling is free", Level::Info, Stage::Ended, |session| {
        match session.profile.ask(Operation::Balance, &[]) {
            Some(ask) => {
                let before = session.send(&ask)?;
                session.poll_shared()?;
                let after = session.send(&ask)?;
                if [&before, &after].iter().all(|answer| (200..300).contains(&answer.status)) {
                    session.note("unchanged", before.body == after.body);
                    return Ok(());
                }
                let why = format!("the balance was not told: {}", describe(&before));
                Err(CaseError::NotApplicable(why))
            }
            None => Err(CaseError::NotApplicable("the vendor tells no balance".to_owned())),
        }
    })
    .unless(|profile| {
        profile.operation(Operation::Balance).is_none().then(|| "the vendor tells no balance".to_owned())
    })
    .after(&["SUB-01", "POLL-09"]),
];

fn check_schema(session: &mut Session<'_>) -> CaseEnd {
    let polls = session.shared_polls()?;
    let profile = session.profile;
    let facts = require_operation(profile, Operation::Poll)?;
    let mut unlisted = Vec::new();
    for poll in &polls {
        if poll.answer.status != facts.status.enforced {
            return Err(CaseError::Failed(format!(
                "expected {}; found {}",
                facts.status.enforced,
                describe(&poll.answer)
            )));
        }
        let body = poll.answer.json().unwrap_or_default();
        shape::keeps(&profile.reply_schema(Operation::Poll), &body).map_err(|why| {
            CaseError::Failed(format!("a poll ({}) breaks its schema: {why}", phase_word(poll)))
        })?;
        unlisted.extend(find_undocumented(&facts.reply, &body));
    }
    unlisted.sort();
    unlisted.dedup();
    if !unlisted.is_empty() {
        session.note("undocumented", json!(unlisted));
    }
    Ok(())
}

/// How often a job is polled again once it has ended.
const POLLS_AFTER_END: usize = 3;

/// Whether a poll was answered with the job's record. What a refusal lacks is no second fault: POLL-01 names it.
fn is_record(poll: &Poll) -> bool {
    (200..300).contains(&poll.answer.status)
}

fn known_words(session: &mut Session<'_>) -> CaseEnd {
    for poll in session.shared_polls()?.iter().filter(|poll| is_record(poll)) {
        if poll.seen.phase.is_none() {
            let word =
                poll.seen.status.as_ref().map_or_else(|| "no status".to_owned(), |word| word.to_string());
            return Err(CaseError::Failed(format!("expected one of the vendor's words; found {word}")));
        }
    }
    Ok(())
}

fn check_order(session: &mut Session<'_>) -> CaseEnd {
    // A job that never ends may go back all the same.
    require_order(&session.shared_polls()?)?;
    session.require_end()?;
    for _ in 0..POLLS_AFTER_END {
        session.pause()?;
        let poll = session.poll_shared()?;
        if (400..500).contains(&poll.answer.status) && poll.answer.status != 429 {
            return Err(CaseError::Failed(format!(
                "expected a job that has ended to be found; found {}",
                describe(&poll.answer)
            )));
        }
    }
    require_order(&session.shared_polls()?)
}

/// Demands that no poll says less than the one before.
fn require_order(polls: &[Poll]) -> CaseEnd {
    // A word that is not known is POLL-02's; it says nothing of back and forth.
    let phases: Vec<Option<Phase>> =
        polls.iter().map(|poll| poll.seen.phase).filter(Option::is_some).collect();
    let rank = |phase: Option<Phase>| match phase {
        None => None,
        Some(Phase::Queued) => Some(0),
        Some(Phase::Running) => Some(1),
        Some(Phase::Succeeded | Phase::Failed | Phase::Cancelled) => Some(2),
    };
    for pair in phases.windows(2) {
        let back = rank(pair[1]) < rank(pair[0]);
        let changed_end = rank(pair[0]) == Some(2) && pair[0] != pair[1];
        if back || changed_end {
            let name = |phase: Option<Phase>| phase.map_or("an unknown status", Phase::name);
            return Err(CaseError::Failed(format!(
                "expected a job never to go back; found {} after {}",
                name(pair[1]),
                name(pair[0])
            )));
        }
    }
    Ok(())
}

fn same_id(session: &mut Session<'_>) -> CaseEnd {
    let job = session.submit_shared()?;
    for poll in session.shared_polls()?.iter().filter(|poll| is_record(poll)) {
        if poll.seen.id.as_deref() != Some(job.id.as_str()) {
            let found = poll.seen.id.clone().unwrap_or_else(|| "none".to_owned());
            return Err(CaseError::Failed(format!("expected the id {}; found {found}", job.id)));
        }
    }
    Ok(())
}

/// Members that name the moment of the answer may differ; nothing else may.
fn check_repetition(session: &mut Session<'_>) -> CaseEnd {
    let one = session.poll_shared()?;
    let other = session.poll_shared()?;
    if !is_record(&one) || !is_record(&other) {
        let refused = if is_record(&one) { &other } else { &one };
        return Err(CaseError::NotApplicable(format!(
            "the job's record did not come twice; found {}",
            describe(&refused.answer)
        )));
    }
    let (first, second) = (one.answer.json().unwrap_or_default(), other.answer.json().unwrap_or_default());
    if one.seen.phase != other.seen.phase {
        session.note("moved_on", true);
        return Ok(());
    }
    let differing: Vec<String> = crate::normalise::differences(&first, &second)
        .into_iter()
        .map(|(pointer, _, _)| pointer)
        .filter(|pointer| !pointer.to_ascii_lowercase().contains("time"))
        .collect();
    if differing.is_empty() && one.answer.status == other.answer.status {
        return Ok(());
    }
    Err(CaseError::Failed(format!(
        "expected the same answer twice; found other values at {}",
        differing.join(", ")
    )))
}

fn unknown_id(session: &mut Session<'_>) -> CaseEnd {
    let id = session.strange_id("unknown");
    let answer = session.send(&session.profile.poll(&id))?;
    let seen = session.profile.observe(Operation::Poll, &answer);
    session.note("status", answer.status);
    let found = (200..300).contains(&answer.status) && seen.status.is_some();
    if found || !session.profile.refuses_look(&answer) {
        return Err(CaseError::Failed(format!("expected 404 or 400; found {}", describe(&answer))));
    }
    if answer.json().is_none() {
        return Err(CaseError::Failed(format!("expected JSON; found {}", describe(&answer))));
    }
    Ok(())
}

fn missing_id(session: &mut Session<'_>) -> CaseEnd {
    let profile = session.profile;
    let poll = require_operation(profile, Operation::Poll)?;
    let route = profile.routes(poll).next();
    let route =
        route.ok_or_else(|| CaseError::NotApplicable("the vendor has no path for a poll".to_owned()))?;
    let path = match &poll.job_id {
        Some(IdPlace::Path(name)) => route.path.replace(&format!("{{{name}}}"), ""),
        Some(IdPlace::Query(_)) | None => route.path.clone(),
    };
    let answer = session.send(&Ask::get(&path))?;
    session.note("status", answer.status);
    if !session.profile.refuses(&answer) {
        return Err(CaseError::Failed(format!("expected a 4xx; found {}", describe(&answer))));
    }
    Ok(())
}

fn malformed_id(session: &mut Session<'_>) -> CaseEnd {
    for (name, id) in [("../x", "../x".to_owned()), ("300 characters", "x".repeat(300))] {
        let answer = session.send(&session.profile.poll(&id))?;
        session.note(name, answer.status);
        if answer.status >= 500 {
            return Err(CaseError::Failed(format!("expected no 5xx; found {}", describe(&answer))));
        }
    }
    Ok(())
}

fn check_end(session: &mut Session<'_>) -> CaseEnd {
    let job = session.submit_shared()?;
    let ended = session.follow_shared()?;
    let polls = session.shared_job().map(|shared| shared.polls.clone()).unwrap_or_default();
    let first = |wanted: &dyn Fn(Phase) -> bool| {
        let poll = polls.iter().find(|poll| poll.seen.phase.is_some_and(wanted));
        poll.map(|poll| poll.at_ms.saturating_sub(job.at_ms) / 1000)
    };
    session.note("polls", polls.len());
    if let Some(started) = first(&|phase| phase != Phase::Queued) {
        session.note("seen_running_after_s", started);
    }
    session.note("seen_ended_after_s", first(&Phase::is_terminal).unwrap_or_default());
    session.note("ended", phase_word(&ended));
    match ended.seen.phase {
        Some(Phase::Succeeded) => Ok(()),
        _ => Err(CaseError::Failed(format!(
            "expected the plainest job to succeed; found it {}: {}",
            phase_word(&ended),
            ended.seen.failure.unwrap_or_default()
        ))),
    }
}

fn check_empty_members(session: &mut Session<'_>) -> CaseEnd {
    for poll in session.shared_polls()? {
        let seen = &poll.seen;
        // Of a word that is not known nobody can say whether a video belongs to it.
        let Some(phase) = seen.phase else { continue };
        if phase != Phase::Succeeded
            && let Some(url) = &seen.video_url
        {
            return Err(CaseError::Failed(format!(
                "expected no video while {}; found {url}",
                phase_word(&poll)
            )));
        }
        if phase != Phase::Failed
            && let Some(why) = &seen.failure
        {
            return Err(CaseError::Failed(format!(
                "expected no error while {}; found {why}",
                phase_word(&poll)
            )));
        }
    }
    Ok(())
}

/// Our word for a look's phase, or the vendor's.
fn phase_word(poll: &Poll) -> String {
    let word = || poll.seen.status.as_ref().map_or_else(|| "without status".to_owned(), Value::to_string);
    poll.seen.phase.map_or_else(word, |phase| phase.name().to_owned())
}
