//! Results: the video is there, can be fetched, and is what was asked for.

use std::io::{Cursor, Read, Seek, SeekFrom};

use mockreel_contracts::contract::check::intent::JobIntent;
use mockreel_contracts::contract::check::schema::at;
use mockreel_contracts::contract::model::source::Grade;
use mockreel_contracts::{Operation, Role};
use serde_json::{Value, json};
use url::Url;

use super::requests::require_operation;
use crate::case::Case;
use crate::clause::{Cost, Level, Stage};
use crate::outcome::Evidence;
use crate::profile::{Ask, Credential, Profile};
use crate::session::wording::describe;
use crate::session::{CaseEnd, CaseError, Session};
use mockreel_evidence::exchange::Answer;

/// Bytes of a video that are asked for at its start, and at its end: as many as a recording keeps.
const PART_BYTES: u64 = 65_536;

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

/// Whether a text is an address that can be asked.
fn is_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// A part of what is at an address, without a key.
fn fetch_part(session: &mut Session<'_>, url: &str, range: &str) -> Result<Answer, CaseError> {
    if !is_address(url) {
        return Err(CaseError::Failed(format!("expected an absolute address of a video; found {url}")));
    }
    let mut ask = Ask::get(url).from(Credential::Nobody);
    ask.headers.push(("range".to_owned(), format!("bytes={range}")));
    let host = |text: &str| Url::parse(text).ok().map(|url| url.origin());
    let is_elsewhere = host(url) != host(&session.target.base);
    session.send(&ask).map_err(|stop| match stop {
        // The target is there: it has named a place where nobody answers.
        CaseError::Unreachable(why) if is_elsewhere && session.target.evidence != Evidence::Cassette => {
            CaseError::Failed(format!("expected an address that can be fetched; found {url}: {why}"))
        }
        other => other,
    })
}

fn fetch_start(session: &mut Session<'_>, url: &str) -> Result<Answer, CaseError> {
    fetch_part(session, url, &format!("0-{}", PART_BYTES - 1))
}

fn check_download(session: &mut Session<'_>) -> CaseEnd {
    let url = video_url(session)?;
    let answer = fetch_start(session, &url)?;
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
    Ok(())
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
        let answer = fetch_start(session, &url)?;
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
pub(super) fn lasts(session: &mut Session<'_>, url: &str, seconds: f64) -> CaseEnd {
    let first = fetch_start(session, url)?;
    let kind = kind_of_file(&first.body).to_vec();
    let mut found = video_length(&kind, &first.body);
    if found.is_none() && first.status == 206 {
        // Its index is at its end, where many encoders write it.
        let last = fetch_part(session, url, &format!("-{PART_BYTES}"))?;
        found = video_length(&kind, &last.body);
    }
    let Some(found) = found else {
        return Err(CaseError::Failed("expected a playable MP4; found none that can be read".to_owned()));
    };
    session.note("seconds", found);
    if (found - seconds).abs() > 0.5 {
        return Err(CaseError::Failed(format!("expected {seconds} s; found {found:.2} s")));
    }
    Ok(())
}

/// The box at the start of an MP4 that says what it is (`ftyp`).
fn kind_of_file(bytes: &[u8]) -> &[u8] {
    let size = bytes.get(..4).and_then(|size| <[u8; 4]>::try_from(size).ok()).map_or(0, u32::from_be_bytes);
    usize::try_from(size).ok().and_then(|size| bytes.get(..size)).unwrap_or_default()
}

/// The index of an MP4 (its `moov` box) among the bytes of its end.
fn index_in(bytes: &[u8]) -> Option<&[u8]> {
    let place = bytes.windows(4).rposition(|window| window == b"moov")?.checked_sub(4)?;
    let size = u32::from_be_bytes(bytes.get(place..place + 4)?.try_into().ok()?);
    bytes.get(place..place.checked_add(usize::try_from(size).ok()?)?)
}

/// The length of an MP4 in seconds by the index among its bytes; `None` if there is none that can be read.
///
/// What is read is a file of the two boxes alone, so that no sample is needed.
fn video_length(kind: &[u8], bytes: &[u8]) -> Option<f64> {
    let file = [kind, index_in(bytes)?].concat();
    let size = file.len() as u64;
    let reader = mp4::Mp4Reader::read_header(Finite::new(&file), size).ok()?;
    (!reader.tracks().is_empty()).then(|| reader.duration().as_secs_f64())
}

/// Bytes that come to an end even for a reader that goes round in circles, as the one of MP4 does where a
/// box inside another claims to be empty. Of a sound file each byte is read once.
struct Finite<'a> {
    bytes: Cursor<&'a [u8]>,
    left: usize,
}

impl<'a> Finite<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes: Cursor::new(bytes), left: bytes.len().saturating_mul(2) }
    }
}

impl Read for Finite<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let most = into.len().min(self.left);
        let read = self.bytes.read(&mut into[..most])?;
        self.left -= read;
        Ok(read)
    }
}

impl Seek for Finite<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.bytes.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_mp4_has_no_length_and_breaks_nothing() {
        for bytes in [&b""[..], b"moov", b"\0\0\0\x08moov", b"\xff\xff\xff\xffmoov1234", b"\0\0\0\0moov"] {
            assert_eq!(video_length(kind_of_file(bytes), bytes), None);
        }
    }

    #[test]
    fn an_index_that_leads_in_circles_is_read_to_an_end() {
        let kind = b"\0\0\0\x10ftypisom\0\0\0\0";
        assert_eq!(
            video_length(kind_of_file(kind), b"\0\0\0\x20moov\0\0\0\0trak\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
            None
        );
        assert_eq!(
            video_length(kind_of_file(kind), b"\0\0\0\x20moov\0\0\0\0free\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
            None
        );
    }
}
