//! Submits that the vendor accepts.

use mockreel_contracts::contract::check::image::{ImageRole, Transport};
use mockreel_contracts::{Model, Operation, Phase, Role};
use serde_json::{Value, json};

use super::record::compare_sent;
use super::requests::{no_role, plain, require_operation, with, with_first_image, with_member};
use crate::case::Case;
use crate::clause::{Clause, Cost, Level, Stage};
use crate::profile::{Profile, put, seconds_of};
use crate::session::wording::describe;
use crate::session::{CaseEnd, CaseError, Session};
use crate::shape::{self, find_undocumented};

/// Why the case about ten seconds does not apply, if it does not.
const NO_TEN_SECONDS: &str = "no model makes ten seconds";

/// The cases of this area.
pub(super) const CASES: &[Case] = &[
    Case::new(
        "SUB-01",
        "the plainest request is accepted",
        Level::Must,
        Cost::Own,
        Stage::Accepted,
        check_plainest,
    )
    .on(|profile| profile.operation_clause(Operation::Submit)),
    Case::new(
        "SUB-02",
        "the first status is an early one",
        Level::Must,
        Cost::Shared,
        Stage::Accepted,
        check_first_status,
    )
    .on(Profile::phases_clause)
    .after(&["SUB-01"]),
    Case::new(
        "SUB-03",
        "the answer keeps its schema",
        Level::Must,
        Cost::Shared,
        Stage::Accepted,
        check_schema,
    )
    .on(|profile| profile.reply_clause(Operation::Submit))
    .after(&["SUB-01"]),
    Case::new("SUB-04", "there is no result yet", Level::Should, Cost::Shared, Stage::Accepted, no_result)
        .on(Profile::phases_clause)
        .after(&["SUB-01"]),
    Case::new("SUB-05", "the id can be used at once", Level::Should, Cost::Shared, Stage::Accepted, check_id)
        .on(|profile| profile.operation_clause(Operation::Poll))
        .after(&["SUB-01"]),
    Case::new(
        "SUB-06",
        "the usual options are accepted, and kept",
        Level::Should,
        Cost::Own,
        Stage::Own,
        all_options,
    )
    .on(|profile| {
        option_clause(profile, Role::CfgScale, "maximum").or(option_clause(
            profile,
            Role::NegativePrompt,
            "type",
        ))
    }),
    Case::new(
        "SUB-07",
        "a picture as base64 is accepted",
        Level::Should,
        Cost::Own,
        Stage::Own,
        submit_base64,
    )
    .on(|profile| transport_clause(profile, &[Transport::DataUri, Transport::Base64]))
    .unless(|profile| no_transport(profile, &[Transport::DataUri, Transport::Base64], "base64")),
    Case::new("SUB-08", "a last frame is accepted", Level::Should, Cost::Own, Stage::Own, submit_tail)
        .on(|profile| {
            let model = profile.model_with(|model| profile.image(model, ImageRole::Tail).is_some())?;
            let (member, _) = profile.image(model, ImageRole::Tail)?;
            profile.member_clause(model, &member, "description")
        })
        .unless(|profile| {
            let offered = profile.models().any(|model| profile.image(model, ImageRole::Tail).is_some());
            (!offered).then(|| "no model takes a last frame".to_owned())
        }),
    Case::new(
        "SUB-09",
        "what becomes of a length of the other type",
        Level::Info,
        Cost::Own,
        Stage::Own,
        other_type,
    )
    .unless(|profile| no_role(profile, Role::Duration)),
    Case::new("SUB-10", "what becomes of an unknown member", Level::Info, Cost::Own, Stage::Own, |session| {
        let (model, mut body) = plain(session)?;
        put(&mut body, &format!("{}/x_probe", payload_place(session, model)), json!("1"));
        submit_and_note(session, model, &body)
    }),
    Case::new(
        "SUB-11",
        "what becomes of deprecated members",
        Level::Info,
        Cost::Own,
        Stage::Own,
        |session| {
            let (model, mut body) = plain(session)?;
            let place = payload_place(session, model);
            for name in ["ratio", "aspect_ratio"] {
                put(&mut body, &format!("{place}/{name}"), json!("16:9"));
            }
            submit_and_note(session, model, &body)
        },
    ),
    Case::new("SUB-12", "ten seconds make ten seconds", Level::May, Cost::Own, Stage::Own, ten_seconds)
        .on(|profile| model_of_ten_seconds(profile).and_then(|(clause, _)| clause))
        .unless(|profile| model_of_ten_seconds(profile).is_none().then(|| NO_TEN_SECONDS.to_owned())),
    Case::new("SUB-13", "a camera movement is accepted", Level::Should, Cost::Own, Stage::Own, submit_camera)
        .on(|profile| {
            let model = profile.model_with(|model| super::camera::camera_of(profile, model).is_some())?;
            let (member, keyword) = super::camera::camera_of(profile, model)?;
            profile.member_clause(model, &member, keyword)
        })
        .unless(|profile| {
            let offered = profile.models().any(|model| super::camera::camera_of(profile, model).is_some());
            (!offered).then(|| "no model lets the camera be moved".to_owned())
        }),
    Case::new(
        "SUB-14",
        "a picture as a file of the form is accepted",
        Level::Should,
        Cost::Own,
        Stage::Own,
        submit_part,
    )
    .on(|profile| transport_clause(profile, &[Transport::Part]))
    .unless(|profile| no_transport(profile, &[Transport::Part], "files of a form")),
    Case::new(
        "SUB-15",
        "a picture by its address is accepted",
        Level::Should,
        Cost::Own,
        Stage::Own,
        submit_url,
    )
    .on(|profile| transport_clause(profile, &[Transport::Url]))
    .unless(|profile| no_transport(profile, &[Transport::Url], "addresses")),
    Case::new(
        "SUB-16",
        "every job has an id of its own",
        Level::Must,
        Cost::Free,
        Stage::Last,
        super::drift::check_unique_ids,
    )
    .on(|profile| {
        let place = profile.operation(Operation::Submit)?.read.id.clone()?;
        profile.reply_member_clause(Operation::Submit, &place)
    }),
];

fn check_plainest(session: &mut Session<'_>) -> CaseEnd {
    let job = session.submit_shared()?;
    let fact = &require_operation(session.profile, Operation::Submit)?.status;
    if let Some(documented) = fact.documented.filter(|documented| *documented != job.answer.status) {
        session.note("documented_status", documented);
    }
    if !fact.allows(job.answer.status) {
        return Err(CaseError::Failed(format!(
            "expected {}; found {}",
            fact.describe(),
            describe(&job.answer)
        )));
    }
    Ok(())
}

fn check_first_status(session: &mut Session<'_>) -> CaseEnd {
    let job = session.submit_shared()?;
    session.rests_on(&[job.number]);
    let seen = session.profile.observe(Operation::Submit, &job.answer);
    match (seen.phase, seen.status) {
        (_, None) | (Some(Phase::Queued | Phase::Running), _) => Ok(()),
        (_, Some(word)) => Err(CaseError::Failed(format!("expected an early status; found {word}"))),
    }
}

fn check_schema(session: &mut Session<'_>) -> CaseEnd {
    let job = session.submit_shared()?;
    session.rests_on(&[job.number]);
    let profile = session.profile;
    let submit = require_operation(profile, Operation::Submit)?;
    let body = job.answer.json().unwrap_or_default();
    let unlisted = find_undocumented(&submit.reply, &body);
    if !unlisted.is_empty() {
        session.note("undocumented", json!(unlisted));
    }
    shape::keeps(&profile.reply_schema(Operation::Submit), &body)
        .map_err(|why| CaseError::Failed(format!("the answer breaks its schema: {why}")))
}

fn no_result(session: &mut Session<'_>) -> CaseEnd {
    let job = session.submit_shared()?;
    session.rests_on(&[job.number]);
    let places = session
        .profile
        .operation(Operation::Poll)
        .map(|poll| poll.read.video_url.clone())
        .unwrap_or_default();
    let body = job.answer.json().unwrap_or_default();
    let found = places.iter().find_map(|place| body.pointer(place).filter(|value| !value.is_null()));
    match found {
        Some(video) => Err(CaseError::Failed(format!("expected no result at submit; found {video}"))),
        None => Ok(()),
    }
}

fn check_id(session: &mut Session<'_>) -> CaseEnd {
    let poll = session.poll_shared()?;
    if poll.answer.status != 200 {
        return Err(CaseError::Failed(format!(
            "expected the job to be found at once; found {}",
            describe(&poll.answer)
        )));
    }
    // Any state will do: a vendor may be quick, and a word that nobody knows is another case's.
    Ok(())
}

fn all_options(session: &mut Session<'_>) -> CaseEnd {
    let (model, mut body) = plain(session)?;
    let profile = session.profile;
    if let Some(member) = profile.member(model, Role::NegativePrompt) {
        put(&mut body, &member.pointer, json!("blur"));
    }
    if let Some(member) = profile.member(model, Role::CfgScale) {
        put(&mut body, &member.pointer, json!(0.5));
    }
    if let (Some(member), Some(shortest)) =
        (profile.member(model, Role::Duration), profile.durations(model).first())
    {
        put(&mut body, &member.pointer, shortest.clone());
    }
    let job = session.accept(model, &body)?;
    let poll = session.poll(&job.id)?;
    let record = poll.answer.json().filter(|_| (200..300).contains(&poll.answer.status));
    compare_sent(profile, model, &body, &record.unwrap_or_default()).map(|_| ())
}

fn submit_base64(session: &mut Session<'_>) -> CaseEnd {
    let ways = [Transport::DataUri, Transport::Base64];
    submit_handed(session, |rules| ways.into_iter().find(|way| rules.contains(way)))
}

fn submit_part(session: &mut Session<'_>) -> CaseEnd {
    submit_handed(session, |_| Some(Transport::Part))
}

fn submit_url(session: &mut Session<'_>) -> CaseEnd {
    if session.image().url.is_none() {
        return Err(CaseError::NotApplicable(
            "needs a picture's address that the target can read: --picture".to_owned(),
        ));
    }
    submit_handed(session, |_| Some(Transport::Url))
}

/// Submits with the first image handed over in a way of one's choice.
fn submit_handed(session: &mut Session<'_>, way: impl Fn(&[Transport]) -> Option<Transport>) -> CaseEnd {
    let (model, mut body, member, rules) =
        with_first_image(session, |rules| way(&rules.transports).is_some())?;
    let transport = way(&rules.transports);
    let transport =
        transport.ok_or_else(|| CaseError::Internal("an image without a transport".to_owned()))?;
    put(&mut body, &member.pointer, session.image().by(transport));
    session.accept(model, &body).map(|_| ())
}

fn submit_tail(session: &mut Session<'_>) -> CaseEnd {
    let profile = session.profile;
    let (model, mut body) = with(session, |model| profile.image(model, ImageRole::Tail).is_some())?;
    if let Some((member, rules)) = profile.image(model, ImageRole::Tail) {
        put(&mut body, &member.pointer, session.image().handed(&rules.transports));
    }
    session.accept(model, &body).map(|_| ())
}

fn other_type(session: &mut Session<'_>) -> CaseEnd {
    let profile = session.profile;
    let (model, mut body, member) = with_member(session, Role::Duration)?;
    let shortest = profile.durations(model).first().cloned().unwrap_or(json!(5));
    let other = match &shortest {
        Value::String(text) => json!(text.parse::<u32>().unwrap_or(5)),
        other => json!(other.to_string()),
    };
    put(&mut body, &member.pointer, other);
    submit_and_note(session, model, &body)
}

/// Submits and writes down what came, either being as good.
fn submit_and_note(session: &mut Session<'_>, model: &Model, body: &Value) -> CaseEnd {
    match session.accept(model, body) {
        Ok(_) => {
            session.note("accepted", true);
            Ok(())
        }
        Err(CaseError::Failed(why)) => {
            session.note("accepted", false);
            Err(CaseError::Failed(why))
        }
        Err(other) => Err(other),
    }
}

/// Where the members of a job are in a body: beside the prompt or the image.
fn payload_place(session: &Session<'_>, model: &Model) -> String {
    let profile = session.profile;
    let prompt = profile.member(model, Role::Prompt).map(|member| member.pointer);
    let place = prompt.or_else(|| profile.image(model, ImageRole::First).map(|(member, _)| member.pointer));
    place.and_then(|pointer| pointer.rsplit_once('/').map(|(outer, _)| outer.to_owned())).unwrap_or_default()
}

/// The first model that makes ten seconds, and what says so.
fn model_of_ten_seconds(profile: &Profile) -> Option<(Option<Clause>, &Model)> {
    let asked =
        profile.model_with(|model| profile.durations(model).iter().any(|value| seconds_of(value) == 10));
    if let Some(model) = asked {
        let member = profile.member(model, Role::Duration)?;
        return Some((profile.member_clause(model, &member, "enum"), model));
    }
    let model = profile.model_with(|model| model.output.seconds == 10)?;
    let place = format!("models.{}.output", model.id);
    Some((profile.cited(&place, "seconds: 10", &model.output.source), model))
}

fn ten_seconds(session: &mut Session<'_>) -> CaseEnd {
    let profile = session.profile;
    let (_, model) =
        model_of_ten_seconds(profile).ok_or_else(|| CaseError::NotApplicable(NO_TEN_SECONDS.to_owned()))?;
    let mut body = profile.body(model, session.image());
    let long = profile.durations(model).into_iter().find(|value| seconds_of(value) == 10);
    if let (Some(member), Some(long)) = (profile.member(model, Role::Duration), long) {
        put(&mut body, &member.pointer, long);
    }
    let job = session.accept(model, &body)?;
    let poll = session.end_of(&job.id)?;
    let Some(url) = poll.seen.video_url else {
        return Err(CaseError::Failed(format!("expected a video; found {}", describe(&poll.answer))));
    };
    super::result::lasts(session, &url, 10.0)
}

fn submit_camera(session: &mut Session<'_>) -> CaseEnd {
    let profile = session.profile;
    let (model, mut body) = with(session, |model| super::camera::camera_of(profile, model).is_some())?;
    super::camera::move_camera(profile, model, &mut body, None);
    session.accept(model, &body).map(|_| ())
}

fn option_clause(profile: &Profile, role: Role, keyword: &str) -> Option<Clause> {
    let model = profile.model()?;
    let member = profile.member(model, role)?;
    profile.member_clause(model, &member, keyword)
}

/// The ways in which the first image may come, by any model.
fn first_transports(profile: &Profile) -> Vec<Transport> {
    let rules = profile.models().filter_map(|model| profile.image(model, ImageRole::First));
    rules.flat_map(|(_, rules)| rules.transports).collect()
}

fn no_transport(profile: &Profile, ways: &[Transport], words: &str) -> Option<String> {
    let held = first_transports(profile);
    (!ways.iter().any(|way| held.contains(way))).then(|| format!("pictures are not taken as {words}"))
}

fn transport_clause(profile: &Profile, ways: &[Transport]) -> Option<Clause> {
    let model = profile.model_with(|model| {
        let rules = profile.image(model, ImageRole::First);
        rules.is_some_and(|(_, rules)| ways.iter().any(|way| rules.transports.contains(way)))
    })?;
    let (member, _) = profile.image(model, ImageRole::First)?;
    profile.member_clause(model, &member, "x-image").map(|clause| {
        let taken = member.schema.get("x-image").and_then(|rules| rules.get("transports"));
        let quote = format!("transports: {}", taken.map(crate::profile::value_text).unwrap_or_default());
        Clause::new(&clause.place, &quote, clause.sources)
    })
}
