//! Records of one job beside each other: what was submitted, what polls say of it, and what the listing says.

use mockreel_contracts::contract::check::image::slots;
use mockreel_contracts::contract::check::schema::{at, properties};
use mockreel_contracts::{Model, Operation, Phase};
use serde_json::{Value, json};

use super::requests::{no_operation, require_ask, require_operation};
use crate::case::Case;
use crate::clause::{Clause, Cost, Level, Stage};
use crate::profile::{Credential, Profile};
use crate::session::wording::{describe, shorten};
use crate::session::{CaseEnd, CaseError, Poll, Session};

/// The cases of this area.
pub(super) const CASES: &[Case] = &[
    Case::new(
        "POLL-12",
        "a job's record keeps what was submitted, and when",
        Level::Should,
        Cost::Shared,
        Stage::Ended,
        check_kept,
    )
    .on(kept_clause)
    .unless(|profile| list_kept(profile).is_empty().then(|| "polls repeat nothing of a job".to_owned()))
    .after(&["SUB-01", "POLL-09"]),
    Case::new(
        "POLL-13",
        "every place for the status says the same",
        Level::Should,
        Cost::Shared,
        Stage::Ended,
        check_mirrors,
    )
    .on(|profile| profile.reply_member_clause(Operation::Poll, list_mirrors(profile).first()?))
    .unless(|profile| {
        list_mirrors(profile).is_empty().then(|| "polls have the status in one place".to_owned())
    })
    .after(&["SUB-01", "POLL-09"]),
    Case::new(
        "LST-08",
        "the listing says how a job ended, counts jobs, and has nobody else's",
        Level::Should,
        Cost::Shared,
        Stage::Ended,
        check_listing,
    )
    .on(|profile| profile.reply_clause(Operation::List))
    .unless(|profile| no_operation(profile, Operation::List))
    .after(&["SUB-01", "POLL-09"]),
];

/// The longest text that is compared: vendors shorten what is longer, or put an address in its place.
const LONGEST_TEXT: usize = 1000;

/// A listing with fewer jobs than this has no further pages.
const LEAST_PAGE: usize = 10;

/// The members of a poll that a submit's body has too, by the same name, and when the job was created.
fn list_kept(profile: &Profile) -> Vec<String> {
    let Some(poll) = profile.operation(Operation::Poll) else { return Vec::new() };
    let read = &poll.read;
    let is_read = |place: &String| read.id.as_ref() == Some(place) || read.status.as_ref() == Some(place);
    let sent = profile.model().map(|model| properties(&model.request)).unwrap_or_default();
    let is_sent =
        |place: &String| place.matches('/').count() == 1 && sent.iter().any(|(sent, _)| sent == place);
    let declared = properties(&poll.reply).into_iter().map(|(place, _)| place);
    declared.filter(|place| !is_read(place) && (is_sent(place) || is_creation(place))).collect()
}

/// Whether a member says when a job was created.
fn is_creation(place: &str) -> bool {
    let name = place.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let plain = name.replace(['_', '-'], "");
    !place.contains('*') && ["createdat", "createtime", "created"].contains(&plain.as_str())
}

fn kept_clause(profile: &Profile) -> Option<Clause> {
    let places = list_kept(profile);
    places.iter().find_map(|place| profile.reply_member_clause(Operation::Poll, place))
}

/// The further places for the status of the job itself; those of its works are theirs.
fn list_mirrors(profile: &Profile) -> Vec<String> {
    let Some(poll) = profile.operation(Operation::Poll) else { return Vec::new() };
    let declared = |place: &&String| !place.contains('*') && at(&poll.reply, place).is_some();
    poll.read.status_mirrors.iter().filter(declared).cloned().collect()
}

/// The polls that were answered with a record.
fn list_records(session: &mut Session<'_>) -> Result<Vec<(Poll, Value)>, CaseError> {
    let polls = session.shared_polls()?.into_iter().filter(|poll| (200..300).contains(&poll.answer.status));
    let records: Vec<(Poll, Value)> =
        polls.filter_map(|poll| Some((poll.clone(), poll.answer.json()?))).collect();
    if records.is_empty() {
        return Err(CaseError::NotApplicable("no poll of the job was answered with its record".to_owned()));
    }
    Ok(records)
}

fn check_kept(session: &mut Session<'_>) -> CaseEnd {
    let job = session.submit_shared()?;
    let records = list_records(session)?;
    let shared =
        session.shared_job().ok_or_else(|| CaseError::Internal("the shared job is gone".to_owned()))?;
    let (sent, model) = (shared.body.clone(), session.profile.contract().models.get(&shared.model));
    let created = list_kept(session.profile).into_iter().find(|place| is_creation(place));
    let answered = job.answer.json().unwrap_or_default();
    let first = created.as_ref().and_then(|place| {
        let known = |body: &Value| body.pointer(place).filter(|time| !time.is_null()).cloned();
        known(&answered).or_else(|| records.iter().find_map(|(_, record)| known(record)))
    });
    let mut compared = 0;
    for (_, record) in &records {
        compared += model.map_or(Ok(0), |model| compare_sent(session.profile, model, &sent, record))?;
        let (Some(place), Some(first)) = (&created, &first) else { continue };
        let Some(found) = record.pointer(place).filter(|found| !found.is_null()) else { continue };
        compared += 1;
        if !is_same(first, found) {
            let line = format!("expected {place} as the job was created, {first}; found {found}");
            return Err(CaseError::Failed(line));
        }
    }
    session.note("compared", compared);
    match compared {
        0 => Err(CaseError::NotApplicable("the polls repeat nothing of the job".to_owned())),
        _ => Ok(()),
    }
}

/// Demands that a record repeats what was submitted as it was, where it does repeat it. Says how much that is.
pub(super) fn compare_sent(
    profile: &Profile,
    model: &Model,
    sent: &Value,
    record: &Value,
) -> Result<usize, CaseError> {
    let images: Vec<String> = slots(&model.request, sent).into_iter().map(|slot| slot.pointer).collect();
    let mut compared = 0;
    for place in list_kept(profile).iter().filter(|place| !is_creation(place)) {
        let (Some(sent), Some(found)) = (sent.pointer(place), record.pointer(place)) else { continue };
        if found.is_null() {
            continue;
        }
        compared += 1;
        if let Some((inner, expected, found)) = find_difference(place, sent, found, &images) {
            let line = format!("expected {inner} as it was submitted, {expected}; found {found}");
            return Err(CaseError::Failed(line));
        }
    }
    Ok(compared)
}

/// The first place in which a record has not what was sent: expected and found. More than was sent may be there.
fn find_difference(
    place: &str,
    sent: &Value,
    found: &Value,
    images: &[String],
) -> Option<(String, String, String)> {
    if images.iter().any(|image| image == place) {
        return None;
    }
    if let (Value::Object(sent), Value::Object(kept)) = (sent, found) {
        return sent.iter().find_map(|(name, sent)| {
            let inner = format!("{place}/{}", mockreel_contracts::contract::check::schema::escape(name));
            match kept.get(name) {
                Some(kept) => find_difference(&inner, sent, kept, images),
                None if images.contains(&inner) => None,
                None => Some((inner, show_value(sent), "none".to_owned())),
            }
        });
    }
    (!is_same(sent, found)).then(|| (place.to_owned(), show_value(sent), show_value(found)))
}

/// Whether two values are the same to a client: numbers by their value, also those in a text.
fn is_same(sent: &Value, found: &Value) -> bool {
    let number = |value: &Value| match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let is_long = |value: &Value| value.as_str().is_some_and(|text| text.len() > LONGEST_TEXT);
    sent == found || is_long(sent) || number(sent).is_some_and(|sent| number(found) == Some(sent))
}

fn show_value(value: &Value) -> String {
    shorten(&value.to_string(), 80)
}

fn check_mirrors(session: &mut Session<'_>) -> CaseEnd {
    let facts = require_operation(session.profile, Operation::Poll)?;
    let place = facts.read.status.clone().unwrap_or_default();
    let mirrors = list_mirrors(session.profile);
    for (_, record) in list_records(session)? {
        // What lacks a place breaks the schema, which is another case's.
        let Some(status) = record.pointer(&place) else { continue };
        for mirror in &mirrors {
            let Some(other) = record.pointer(mirror) else { continue };
            if !is_same(status, other) {
                return Err(CaseError::Failed(format!(
                    "expected the same status everywhere; found {status} at {place} and {other} at {mirror}"
                )));
            }
        }
    }
    Ok(())
}

fn check_listing(session: &mut Session<'_>) -> CaseEnd {
    let ended = session.require_end()?;
    let id = session.submit_shared()?.id;
    let ask = require_ask(session.profile, Operation::List, &[])?;
    let answer = session.send(&ask)?;
    let seen = session.profile.observe(Operation::List, &answer);
    if let Some(listed) = seen.jobs.iter().find(|job| job.id.as_deref() == Some(id.as_str()))
        && listed.phase != ended.seen.phase
    {
        let name = |phase: Option<Phase>| phase.map_or("no known status", Phase::name);
        return Err(CaseError::Failed(format!(
            "expected the listing to say that job {id} has {}; found {}",
            name(ended.seen.phase),
            name(listed.phase)
        )));
    }
    check_total(session, &answer.json().unwrap_or_default(), seen.jobs.len())?;
    if session.target.second_key.is_none() {
        session.note("other_accounts", "not asked: that needs a key of another account (--second-key-env)");
        return Ok(());
    }
    let answer = session.send(&ask.from(Credential::SecondKey))?;
    let others = session.profile.observe(Operation::List, &answer).jobs;
    session.note("jobs_of_the_other_account", others.len());
    if others.iter().any(|job| job.id.as_deref() == Some(id.as_str())) {
        return Err(CaseError::Failed(format!(
            "expected another account's listing to lack job {id}; found it there: {}",
            describe(&answer)
        )));
    }
    Ok(())
}

/// A listing that says how many jobs there are says no fewer than it has, and no more where all are on one page.
fn check_total(session: &mut Session<'_>, body: &Value, listed: usize) -> CaseEnd {
    let facts = require_operation(session.profile, Operation::List)?;
    let declared = facts.reply.get("properties").and_then(|members| members.get("total"));
    let Some(total) = body.get("total").and_then(Value::as_u64).filter(|_| declared.is_some()) else {
        return Ok(());
    };
    session.note("total", json!(total));
    let listed_too = listed as u64;
    if total < listed_too || (total != listed_too && listed < LEAST_PAGE) {
        return Err(CaseError::Failed(format!(
            "expected a total of {listed}, as many as are listed; found {total}"
        )));
    }
    Ok(())
}
