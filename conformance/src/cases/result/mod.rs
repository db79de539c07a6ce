//! Results: the video is there, can be fetched, and is what was asked for.

pub(super) mod download;
mod file;

use mockreel_contracts::contract::check::intent::JobIntent;
use mockreel_contracts::contract::check::schema::at;
use mockreel_contracts::contract::model::source::Grade;
use mockreel_contracts::{Operation, Role};
use serde_json::{Value, json};
use url::Url;

use self::download::{RemoteFile, is_address};
use self::file::{measure_length, require_whole};
use super::requests::require_operation;
use crate::case::Case;
use crate::clause::{Cost, Level, Stage};
use crate::profile::Profile;
use crate::session::wording::describe;
use crate::session::{CaseEnd, CaseError, Session};

const fn result_case(
    id: &'static str,
    title: &'static str,
    level: Level,
    run: fn(&mut Session<'_>) -> CaseEnd,
) -> Case {
    Case::new(id, title, level, Cost::Shared, Stage::Ended, run).after(&["SUB-01", "POLL-09"])
}

/// Why the case about the cost does not apply to a vendor that never tells it.
const NO_USAGE: &str = "polls tell no cost";

/// The cases of this area.
pub(super) const CASES: &[Case] = &[
    result_case("RES-01", "a finished job has the address of its video", Level::Must, has_url).on(
        |profile| {
            let poll = profile.operation(Operation::Poll)?;
            let place = poll.read.video_url.iter().find(|place| at(&poll.reply, place).is_some())?;
            profile.reply_member_clause(Operation::Poll, place)
        },
    ),
    result_case("RES-02", "the address leads to an MP4, without a key", Level::Should, check_download).on(
        |profile| {
            let results = &profile.contract().results;
            let clause = profile.cited("results", "the address leads to the video", &results.source);
            clause.filter(|clause| clause.sources.iter().any(|source| source.grade != Grade::Guess)).or_else(
                || {
                    let place = profile.operation(Operation::Poll)?.read.video_url.first()?;
                    profile.reply_member_clause(Operation::Poll, place)
                },
            )
        },
    ),
    Case::new("RES-03", "how long the address works", Level::Info, Cost::Shared, Stage::Aged, note_lifetime)
        .after(&["SUB-01", "POLL-09"]),
    result_case("RES-04", "the cost is told as documented", Level::Should, check_usage)
        .on(|profile| profile.reply_member_clause(Operation::Poll, &usage_at(profile)?))
        .unless(|profile| usage_at(profile).is_none().then(|| NO_USAGE.to_owned())),
    result_case("RES-05", "the video lasts as long as was asked for", Level::May, check_duration).on(
        |profile| {
            let model = profile.model()?;
            let member = profile.member(model, Role::Duration);
            let asked = member.and_then(|member| profile.member_clause(model, &member, "enum"));
            let made = format!("seconds: {}", model.output.seconds);
            asked.or_else(|| {
                profile.cited(&format!("models.{}.output", model.id), &made, &model.output.source)
            })
        },
    ),
];

fn has_url(session: &mut Session<'_>) -> CaseEnd {
    let poll = session.require_success()?;
    let Some(text) = poll.seen.video_url else {
        return Err(CaseError::Failed(format!(
            "expected the address of a video; found {}",
            describe(&poll.answer)
        )));
    };
    let parsed = Url::parse(&text)
        .map_err(|why| CaseError::Failed(format!("expected an absolute address; found {text} ({why})")))?;
    if parsed.scheme() != "https" && !(session.target.loopback && parsed.scheme() == "http") {
        return Err(CaseError::Failed(format!("expected https; found {text}")));
    }
    Ok(())
}

/// The address of the shared job's video.
fn video_url(session: &mut Session<'_>) -> Result<String, CaseError> {
    let poll = session.require_success()?;
    let blocked = |why: &str| CaseError::Blocked { by: "RES-01", why: why.to_owned() };
    let url = poll.seen.video_url.ok_or_else(|| blocked("the shared job has no address of a video"))?;
    if is_address(&url) { Ok(url) } else { Err(blocked("the address of the video is no absolute one")) }
}

fn check_download(session: &mut Session<'_>) -> CaseEnd {
    let url = video_url(session)?;
    let (mut file, answer) = RemoteFile::open(session, &url)?;
    if ![200, 206].contains(&answer.status) {
        return Err(CaseError::Failed(format!("expected 200 or 206; found {}", answer.status)));
    }
    let kind = answer.header("content-type").unwrap_or("none").to_owned();
    session.note("content-type", kind.as_str());
    if kind.split(';').next().map(str::trim) != Some("video/mp4") {
        return Err(CaseError::Failed(format!("expected video/mp4; found {kind}")));
    }
    if answer.body.get(4..8) != Some(b"ftyp") {
        return Err(CaseError::Failed(
            "expected an MP4, which begins with an ftyp box; found none".to_owned(),
        ));
    }
    require_whole(session, &mut file).map(|_| ())
}

/// Only a stand-in's clock can be moved; what a real address says about its end is written down.
fn note_lifetime(session: &mut Session<'_>) -> CaseEnd {
    let url = video_url(session)?;
    let parsed = Url::parse(&url).ok();
    let names: Vec<String> =
        parsed.iter().flat_map(|url| url.query_pairs().map(|(name, _)| name.into_owned())).collect();
    session.note("parameters", json!(names));
    if session.target.control.is_none() {
        return Ok(());
    }
    for (name, seconds) in
        [("after_an_hour", 3600), ("after_a_day", 23 * 3600), ("after_31_days", 30 * 86_400)]
    {
        session.wait_s(seconds)?;
        let (_, answer) = RemoteFile::open(session, &url)?;
        session.note(name, answer.status);
    }
    Ok(())
}

/// The object that tells the cost in a look, if the contract has one.
fn usage_at(profile: &Profile) -> Option<String> {
    let poll = profile.operation(Operation::Poll)?;
    poll.read.usage.clone().filter(|place| at(&poll.reply, place).is_some())
}

/// Whether a look must have what is at a place, and everything around it.
fn is_demanded(profile: &Profile, place: &str) -> bool {
    let Some(poll) = profile.operation(Operation::Poll) else { return false };
    let mut outer = String::new();
    place.split('/').skip(1).all(|name| {
        let held =
            at(&poll.reply, &outer).and_then(|schema| schema.get("required")).and_then(Value::as_array);
        outer.push('/');
        outer.push_str(name);
        held.is_some_and(|names| names.iter().any(|held| held == name))
    })
}

fn check_usage(session: &mut Session<'_>) -> CaseEnd {
    let poll = session.require_success()?;
    let body = poll.answer.json().unwrap_or_default();
    let facts = require_operation(session.profile, Operation::Poll)?;
    let place = usage_at(session.profile).ok_or_else(|| CaseError::NotApplicable(NO_USAGE.to_owned()))?;
    let usage = match body.pointer(&place) {
        Some(Value::Object(usage)) => usage,
        None | Some(Value::Null) if !is_demanded(session.profile, &place) => {
            session.note("told", false);
            return Ok(());
        }
        other => {
            let found = other.map_or_else(|| "none".to_owned(), Value::to_string);
            return Err(CaseError::Failed(format!("expected the cost at {place}; found {found}")));
        }
    };
    let declared = at(&facts.reply, &place);
    let required = declared.and_then(|schema| schema.get("required")).and_then(Value::as_array);
    for name in required.into_iter().flatten().filter_map(Value::as_str) {
        let Some(number) = usage.get(name).and_then(Value::as_f64) else {
            return Err(CaseError::Failed(format!(
                "expected a number at {place}/{name}; found {}",
                usage.get(name).map_or_else(|| "none".to_owned(), Value::to_string)
            )));
        };
        session.note(name, number);
    }
    let names = &facts.read.usage_one_of;
    if names.iter().filter(|name| usage.contains_key(*name)).count() > 1 {
        return Err(CaseError::Failed(format!("expected one of {}; found both", names.join(" and "))));
    }
    Ok(())
}

fn check_duration(session: &mut Session<'_>) -> CaseEnd {
    let url = video_url(session)?;
    let shared = session.shared_job();
    let shared = shared.ok_or_else(|| CaseError::NotApplicable("there is no shared job".to_owned()))?;
    let model = session.profile.contract().models.get(&shared.model);
    let seconds = model.map_or(0, |model| JobIntent::read(model, &shared.body).seconds);
    lasts(session, &url, f64::from(seconds))
}

/// Whether the video at an address lasts so many seconds, give or take half a one.
pub(in crate::cases) fn lasts(session: &mut Session<'_>, url: &str, seconds: f64) -> CaseEnd {
    let (mut file, _) = RemoteFile::open(session, url)?;
    let found = measure_length(session, &mut file, url)?;
    let Some(found) = found else {
        return Err(CaseError::Failed("expected a playable MP4; found none that can be read".to_owned()));
    };
    session.note("seconds", found);
    if (found - seconds).abs() > 0.5 {
        return Err(CaseError::Failed(format!("expected {seconds} s; found {found:.2} s")));
    }
    Ok(())
}
