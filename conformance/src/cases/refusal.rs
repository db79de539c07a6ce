//! Submits that the vendor refuses: one rule broken at a time, the cheapest evidence first.

use mockreel_contracts::contract::Model;
use mockreel_contracts::contract::check::image::ImageRole;
use mockreel_contracts::{Operation, Role};
use serde_json::{Value, json};

use super::camera::{BadCamera, camera_clause, move_camera, no_camera, place_of};
use super::requests::no_role;
use super::requests::{
    note_refusal, plain, refused_or_fails, require_operation, role_clause, with, with_member,
};
use crate::case::Case;
use crate::clause::{Clause, Cost, Level, Stage};
use crate::profile::{Ask, Profile, put, remove, seconds_of};
use crate::session::{CaseEnd, CaseError, Session};
use crate::shape;
use mockreel_contracts::Amount;
use mockreel_evidence::exchange::{Body, Intent};

const fn refusal_case(
    id: &'static str,
    class: &'static str,
    title: &'static str,
    level: Level,
    run: fn(&mut Session<'_>) -> CaseEnd,
) -> Case {
    Case::new(id, title, level, Cost::Rejectable, Stage::Refused, run).of_class(class)
}

/// The cases of this area.
pub(super) const CASES: &[Case] = &[
    refusal_case("VAL-01", "body", "no body is refused", Level::Must, |session| {
        submit_raw(session, None, b"")
    })
    .on(|profile| profile.problem_clause("malformed")),
    refusal_case("VAL-02", "body", "a broken body is refused", Level::Must, |session| {
        if session.profile.takes_forms() {
            let form = b"--cut\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\nwav";
            return submit_raw(session, Some("multipart/form-data; boundary=cut"), form);
        }
        submit_raw(session, Some("application/json"), b"{\"model\":")
    })
    .on(|profile| profile.problem_clause("malformed")),
    refusal_case("VAL-03", "body", "another content type is refused", Level::Should, |session| {
        submit_raw(session, Some("text/plain"), b"a walk at dusk")
    })
    .on(|profile| profile.problem_clause("malformed")),
    refusal_case("VAL-04", "model", "no model is refused", Level::Must, |session| {
        submit_broken(session, |_| true, |profile, model, body| remove(body, &model_at(profile, model)))
    })
    .on(|profile| role_clause(profile, Role::Model, "required"))
    .unless(no_model_member),
    refusal_case("VAL-05", "model", "an unknown model is refused", Level::Must, unknown_model)
        .on(|profile| profile.problem_clause("unknown_model")),
    refusal_case("VAL-06", "missing", "no picture is refused", Level::Must, |session| {
        let profile = session.profile;
        submit_broken(
            session,
            |model| first_required(profile, model),
            |profile, model, body| {
                if let Some((member, _)) = profile.image(model, ImageRole::First) {
                    remove(body, &member.pointer);
                }
            },
        )
    })
    .on(|profile| first_clause(profile, "required"))
    .unless(|profile| {
        let needed = profile.models().any(|model| first_required(profile, model));
        (!needed).then(|| "no model needs a picture".to_owned())
    }),
    refusal_case("VAL-07", "missing", "no prompt is refused where one is needed", Level::Must, |session| {
        let profile = session.profile;
        submit_broken(
            session,
            |model| prompt_required(profile, model),
            |profile, model, body| {
                if let Some(member) = profile.member(model, Role::Prompt) {
                    remove(body, &member.pointer);
                }
            },
        )
    })
    .on(|profile| {
        let model = profile.model_with(|model| prompt_required(profile, model))?;
        profile.member_clause(model, &profile.member(model, Role::Prompt)?, "required")
    })
    .unless(|profile| {
        let needed = profile.models().any(|model| prompt_required(profile, model));
        (!needed).then(|| "no model needs a prompt".to_owned())
    }),
    refusal_case(
        "VAL-08",
        "picture",
        "a picture that is no address is refused, or fails its job",
        Level::Should,
        not_an_address,
    )
    .on(|profile| first_clause(profile, "x-url").or(first_clause(profile, "x-image")))
    .unless(|profile| {
        let none = !profile.models().any(|model| profile.image(model, ImageRole::First).is_some());
        none.then(|| "no model takes a picture".to_owned())
    }),
    refusal_case("VAL-09", "duration", "a length that is not offered is refused", Level::Must, |session| {
        let profile = session.profile;
        with_role(session, Role::Duration, |model| {
            let offered = profile.durations(model);
            let seconds: Vec<u32> = offered.iter().map(seconds_of).collect();
            let other = (7..).find(|number| !seconds.contains(number)).unwrap_or(0);
            match offered.first() {
                Some(Value::String(_)) => json!(other.to_string()),
                Some(_) | None => json!(other),
            }
        })
    })
    .on(|profile| role_clause(profile, Role::Duration, "enum"))
    .unless(|profile| no_role(profile, Role::Duration)),
    refusal_case("VAL-10", "duration", "a length of another type is refused", Level::Should, |session| {
        with_role(session, Role::Duration, |_| json!([]))
    })
    .on(|profile| {
        role_clause(profile, Role::Duration, "type").or(role_clause(profile, Role::Duration, "enum"))
    })
    .unless(|profile| no_role(profile, Role::Duration)),
    refusal_case("VAL-11", "cfg", "cfg above its most is refused", Level::Must, |session| {
        with_role(session, Role::CfgScale, |_| json!(1.01))
    })
    .on(|profile| role_clause(profile, Role::CfgScale, "maximum"))
    .unless(|profile| no_role(profile, Role::CfgScale)),
    refusal_case("VAL-12", "cfg", "cfg below its least is refused", Level::Must, |session| {
        with_role(session, Role::CfgScale, |_| json!(-0.01))
    })
    .on(|profile| role_clause(profile, Role::CfgScale, "minimum"))
    .unless(|profile| no_role(profile, Role::CfgScale)),
    refusal_case("VAL-13", "prompt", "a prompt of 2501 characters is refused", Level::Must, long_prompt)
        .on(|profile| role_clause(profile, Role::Prompt, "maxLength"))
        .unless(|profile| no_role(profile, Role::Prompt).or(long_prompts_pass(profile))),
    refusal_case(
        "VAL-14",
        "model",
        "null where something is required is refused",
        Level::Should,
        |session| {
            submit_broken(
                session,
                |_| true,
                |profile, model, body| put(body, &model_at(profile, model), Value::Null),
            )
        },
    )
    .on(|profile| role_clause(profile, Role::Model, "required"))
    .unless(|profile| {
        no_model_member(profile).or(profile.takes_forms().then(|| "a form has no null".to_owned()))
    }),
    refusal_case("VAL-15", "camera", "an unknown camera movement is refused", Level::Should, |session| {
        bad_camera(session, BadCamera::Movement)
    })
    .on(|profile| camera_clause(profile, BadCamera::Movement))
    .unless(|profile| no_camera(profile, BadCamera::Movement)),
    refusal_case(
        "VAL-16",
        "camera",
        "a camera movement beyond its range is refused",
        Level::Should,
        |session| bad_camera(session, BadCamera::Value),
    )
    .on(|profile| camera_clause(profile, BadCamera::Value))
    .unless(|profile| no_camera(profile, BadCamera::Value)),
    Case::new("VAL-17", "which forms refusals have", Level::Info, Cost::Free, Stage::Last, note_forms),
    refusal_case("VAL-18", "missing", "a last frame without a first is refused", Level::Must, |session| {
        let profile = session.profile;
        submit_broken(
            session,
            |model| has_tail(profile, model),
            |profile, model, body| {
                let tail = profile.image(model, ImageRole::Tail);
                let first = profile.image(model, ImageRole::First);
                if let (Some((tail, _)), Some((first, _))) = (tail, first) {
                    let image = body.pointer(&first.pointer).cloned().unwrap_or_default();
                    put(body, &tail.pointer, image);
                    remove(body, &first.pointer);
                }
            },
        )
    })
    .on(|profile| {
        let model = profile.model_with(|model| has_tail(profile, model))?;
        profile.member_clause(model, &profile.image(model, ImageRole::First)?.0, "required")
    })
    .unless(|profile| {
        (!profile.models().any(|model| has_tail(profile, model)))
            .then(|| "no model takes a last frame".to_owned())
    }),
    refusal_case("VAL-19", "cfg", "a cfg that is no number is refused", Level::Should, |session| {
        with_role(session, Role::CfgScale, |_| json!("much"))
    })
    .on(|profile| role_clause(profile, Role::CfgScale, "type"))
    .unless(|profile| no_role(profile, Role::CfgScale)),
];

/// Sends a good body of a model with one thing changed, and expects a refusal.
fn submit_broken(
    session: &mut Session<'_>,
    has: impl Fn(&Model) -> bool,
    change: impl FnOnce(&Profile, &Model, &mut Value),
) -> CaseEnd {
    let (model, mut body) = with(session, has)?;
    let profile = session.profile;
    change(profile, model, &mut body);
    profile.fill_form(model, &mut body);
    let ask = profile.submit(model, &body, session.image());
    if profile.contract().late_refusals.is_some() {
        return refused_or_fails(session, &ask, profile.worst_price(model));
    }
    let answer = session.refuse(&ask, profile.worst_price(model))?;
    note_refusal(session, &answer);
    Ok(())
}

/// The same with the value of the member that plays a role changed.
fn with_role(session: &mut Session<'_>, role: Role, value: impl FnOnce(&Model) -> Value) -> CaseEnd {
    let profile = session.profile;
    submit_broken(
        session,
        |model| profile.member(model, role).is_some(),
        |profile, model, body| {
            if let Some(member) = profile.member(model, role) {
                put(body, &member.pointer, value(model));
            }
        },
    )
}

/// Sends bytes as they are to the path of the first model.
fn submit_raw(session: &mut Session<'_>, content_type: Option<&str>, bytes: &[u8]) -> CaseEnd {
    let (model, _) = plain(session)?;
    let profile = session.profile;
    let body = match (content_type, bytes.is_empty()) {
        (None, true) => Body::None,
        _ => Body::Raw { content_type: content_type.map(str::to_owned), bytes: bytes.to_vec() },
    };
    let ask = Ask::get(&profile.submit_path(model)).by("POST").with(body);
    let answer = session.refuse(&ask, profile.worst_price(model))?;
    note_refusal(session, &answer);
    Ok(())
}

fn unknown_model(session: &mut Session<'_>) -> CaseEnd {
    let (model, mut body) = plain(session)?;
    let profile = session.profile;
    let submit = require_operation(profile, Operation::Submit)?;
    let mut ask = match &submit.model_at {
        Some(place) => {
            let unknown = submit.unknown_model.clone().unwrap_or_else(|| format!("{}_none", model.id));
            put(&mut body, place, json!(unknown));
            profile.submit(model, &body, session.image())
        }
        // Where the path names the model, a path that names none.
        None => {
            let mut ask = profile.submit(model, &body, session.image());
            ask.path.push_str("_none");
            ask
        }
    };
    ask.headers.clear();
    let worst: Option<Amount> = profile.dearest_price();
    let answer = session.refuse(&ask, worst)?;
    note_refusal(session, &answer);
    Ok(())
}

/// Some vendors notice at once, some only when the job runs; either will do.
fn not_an_address(session: &mut Session<'_>) -> CaseEnd {
    let profile = session.profile;
    let (model, mut body) = with(session, |model| profile.image(model, ImageRole::First).is_some())?;
    if let Some((member, _)) = profile.image(model, ImageRole::First) {
        put(&mut body, &member.pointer, json!("not a url"));
    }
    let ask = profile.submit(model, &body, session.image());
    refused_or_fails(session, &ask, profile.worst_price(model))
}

/// Why a prompt of 2501 characters is none too long: the first model that has prompts takes longer ones.
fn long_prompts_pass(profile: &Profile) -> Option<String> {
    let model = profile.model_with(|model| profile.member(model, Role::Prompt).is_some())?;
    let most = profile.member(model, Role::Prompt)?.schema.get("maxLength")?.as_u64()?;
    (most > 2500).then(|| format!("prompts of {most} characters are taken"))
}

fn long_prompt(session: &mut Session<'_>) -> CaseEnd {
    let profile = session.profile;
    let (model, mut body, member) = with_member(session, Role::Prompt)?;
    put(&mut body, &member.pointer, json!("a".repeat(2501)));
    if member.schema.get("maxLength").is_some() {
        let ask = profile.submit(model, &body, session.image());
        let answer = session.refuse(&ask, profile.worst_price(model))?;
        note_refusal(session, &answer);
        return Ok(());
    }
    // No limit is documented, so it will rather be accepted, and is a job of its own.
    session.accept(model, &body)?;
    session.note("accepted", true);
    Ok(())
}

fn bad_camera(session: &mut Session<'_>, wrong: BadCamera) -> CaseEnd {
    let profile = session.profile;
    submit_broken(
        session,
        |model| place_of(profile, model, wrong).is_some(),
        |profile, model, body| {
            move_camera(profile, model, body, Some(wrong));
        },
    )
}

/// The sets of members that refusals have, with how many there were of each.
fn note_forms(session: &mut Session<'_>) -> CaseEnd {
    let mut forms: Vec<(Vec<String>, u32)> = Vec::new();
    let mut broken = Vec::new();
    let mut numbers = Vec::new();
    let schema = session.profile.contract().problem_schema.clone();
    for exchange in
        session.list_received().iter().filter(|exchange| exchange.intent() == Intent::WrongOnPurpose)
    {
        let Some(answer) = exchange.answer.as_ref().filter(|answer| answer.status >= 400) else { continue };
        let mockreel_evidence::exchange::Content::Json(body) = &answer.body else { continue };
        let members: Vec<String> =
            body.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
        match forms.iter_mut().find(|(held, _)| *held == members) {
            Some((_, count)) => *count += 1,
            None => forms.push((members, 1)),
        }
        if let Err(why) = shape::keeps(&schema, body) {
            broken.push(format!("{}: {why}", exchange.case));
        }
        numbers.push(exchange.number);
    }
    session.rests_on(&numbers);
    for (members, count) in &forms {
        session.note(&members.join(", "), *count);
    }
    if broken.is_empty() { Ok(()) } else { Err(CaseError::Failed(broken.join("; "))) }
}

fn model_at(profile: &Profile, model: &Model) -> String {
    let fixed = profile.operation(Operation::Submit).and_then(|submit| submit.model_at.clone());
    fixed.or_else(|| profile.member(model, Role::Model).map(|member| member.pointer)).unwrap_or_default()
}

fn no_model_member(profile: &Profile) -> Option<String> {
    let named = profile.operation(Operation::Submit).is_some_and(|submit| submit.model_at.is_some());
    (!named).then(|| "the path names the model".to_owned())
}

fn first_required(profile: &Profile, model: &Model) -> bool {
    let first = profile.image(model, ImageRole::First);
    first.is_some_and(|(member, _)| profile.is_required(model, &member.pointer))
}

fn has_tail(profile: &Profile, model: &Model) -> bool {
    profile.image(model, ImageRole::Tail).is_some() && profile.image(model, ImageRole::First).is_some()
}

fn prompt_required(profile: &Profile, model: &Model) -> bool {
    profile.member(model, Role::Prompt).is_some_and(|member| profile.is_required(model, &member.pointer))
}

fn first_clause(profile: &Profile, keyword: &str) -> Option<Clause> {
    let model = profile.model_with(|model| profile.image(model, ImageRole::First).is_some())?;
    let (member, _) = profile.image(model, ImageRole::First)?;
    profile.member_clause(model, &member, keyword)
}
