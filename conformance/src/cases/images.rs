//! Images at and beyond the vendor's limits, handed over as bytes.

use mockreel_contracts::Phase;
use mockreel_contracts::contract::Model;
use mockreel_contracts::contract::check::image::{ImageRole, ImageRules, Transport};

use super::requests::{refused_or_fails, with_first_image};
use crate::case::Case;
use crate::clause::{Clause, Cost, Level, Stage};
use crate::images::{jpeg, weighing};
use crate::profile::{Ask, Image, Profile, put, sources_of};
use crate::session::{CaseEnd, CaseError, Session};
use mockreel_contracts::Amount;

const fn image_case(id: &'static str, title: &'static str, run: fn(&mut Session<'_>) -> CaseEnd) -> Case {
    Case::new(id, title, Level::Should, Cost::Own, Stage::Own, run)
}

/// The largest image that is sent: as base64 a larger one would be beyond what servers read as a body.
const MOST_BYTES: u64 = 32 * 1024 * 1024;

/// Why the cases do not apply to a vendor that takes no image as bytes.
const NO_BYTES: &str = "pictures are not taken as bytes";

/// The cases of this area.
pub(super) const CASES: &[Case] = &[
    image_case("PIC-01", "a picture one pixel too small is refused, or fails its job", |session| {
        check_beyond(session, |rules| {
            let side = rules.min_side?;
            let narrow = side.saturating_sub(1);
            // Whoever looks at one side only takes one of the last two.
            Some(vec![jpeg(narrow, narrow), jpeg(narrow, side), jpeg(side, narrow)])
        })
    })
    .on(|profile| image_clause(profile, "min_side"))
    .unless(|profile| why_silent(profile, "min_side"))
    .by_refusal(),
    image_case("PIC-02", "a picture one pixel too narrow is refused, or fails its job", |session| {
        check_beyond(session, |rules| {
            let (long, short) = rules.max_aspect?;
            let side = shortest_side(rules);
            let beyond = side * long / short + 1;
            Some(vec![jpeg(side, beyond), jpeg(beyond, side)])
        })
    })
    .on(|profile| image_clause(profile, "max_aspect"))
    .unless(|profile| why_silent(profile, "max_aspect"))
    .by_refusal(),
    image_case("PIC-03", "a picture one byte too heavy is refused, or fails its job", |session| {
        check_beyond(session, |rules| {
            let heavy = weighing(jpeg(shortest_side(rules), shortest_side(rules)), heaviest(rules)? + 1);
            Some(vec![heavy])
        })
    })
    .on(|profile| image_clause(profile, "max_bytes"))
    .unless(|profile| why_silent(profile, "max_bytes"))
    .by_refusal(),
    image_case("PIC-04", "a picture of another format is refused, or fails its job", |session| {
        check_beyond(session, |_| {
            Some(vec![Image { bytes: tiny_gif(), content_type: "image/gif", url: None }])
        })
    })
    .on(|profile| image_clause(profile, "formats"))
    .unless(|profile| why_silent(profile, "formats"))
    .by_refusal(),
    image_case("PIC-05", "what is no picture at all is refused, or fails its job", |session| {
        let text = b"this is no picture, whatever its name says\n".to_vec();
        check_beyond(session, move |_| {
            Some(vec![Image { bytes: text.clone(), content_type: "image/jpeg", url: None }])
        })
    })
    .on(|profile| image_clause(profile, "formats"))
    .unless(|profile| why_silent(profile, "formats"))
    .by_refusal(),
    image_case("PIC-06", "a picture just within every limit is accepted and becomes a video", |session| {
        check_within(session)
    })
    .on(|profile| image_clause(profile, "min_side"))
    .unless(|profile| why_silent(profile, "min_side")),
];

/// The first model that takes an image as bytes, with its rules.
fn model_with_bytes(profile: &Profile) -> Option<(&Model, ImageRules)> {
    profile.models().find_map(|model| {
        let (_, rules) = profile.image(model, ImageRole::First)?;
        as_bytes(&rules).map(|_| (model, rules))
    })
}

fn require_model_with_bytes<'a>(session: &Session<'a>) -> Result<(&'a Model, ImageRules), CaseError> {
    model_with_bytes(session.profile).ok_or_else(|| CaseError::NotApplicable(NO_BYTES.to_owned()))
}

fn as_bytes(rules: &ImageRules) -> Option<Transport> {
    [Transport::Part, Transport::DataUri, Transport::Base64]
        .into_iter()
        .find(|way| rules.transports.contains(way))
}

fn shortest_side(rules: &ImageRules) -> u32 {
    rules.min_side.unwrap_or(300)
}

fn heaviest(rules: &ImageRules) -> Option<usize> {
    usize::try_from(rules.max_bytes?.min(MOST_BYTES)).ok()
}

fn submit_of_image(session: &Session<'_>, image: &Image) -> Result<(Ask, Option<Amount>), CaseError> {
    let profile = session.profile;
    let (model, mut body, member, rules) = with_first_image(session, |rules| as_bytes(rules).is_some())?;
    if let Some(transport) = as_bytes(&rules) {
        put(&mut body, &member.pointer, image.by(transport));
    }
    Ok((profile.submit(model, &body, image), profile.worst_price(model)))
}

/// Sends images that are beyond a limit, one after the other, until one is taken.
fn check_beyond(session: &mut Session<'_>, draw: impl Fn(&ImageRules) -> Option<Vec<Image>>) -> CaseEnd {
    let (_, rules) = require_model_with_bytes(session)?;
    let images = draw(&rules);
    let images =
        images.ok_or_else(|| CaseError::NotApplicable("the contract states no such limit".to_owned()))?;
    session.may_have_own_job()?;
    let mut planned = Ok(());
    for image in images {
        let (ask, worst) = submit_of_image(session, &image)?;
        match refused_or_fails(session, &ask, worst) {
            Ok(()) => {}
            // A plan prices each of them.
            Err(CaseError::Unreachable(why)) if session.is_planning() => {
                planned = Err(CaseError::Unreachable(why));
            }
            Err(stop) => return Err(with_size(stop, &image)),
        }
    }
    planned
}

/// The width and height of a JPEG of ours.
fn measure(image: &Image) -> Option<(u16, u16)> {
    // SOF0: length, precision, height, width.
    let frame = image.bytes.windows(2).position(|two| two == [0xff, 0xc0])?;
    let read = |at: usize| Some(u16::from_be_bytes(image.bytes.get(at..at + 2)?.try_into().ok()?));
    Some((read(frame + 7)?, read(frame + 5)?))
}

fn check_within(session: &mut Session<'_>) -> CaseEnd {
    let (_, rules) = require_model_with_bytes(session)?;
    let shortest = shortest_side(&rules);
    let longest = rules.max_aspect.map_or(shortest, |(long, short)| shortest * long / short);
    let mut upright = jpeg(shortest, longest);
    if let Some(bytes) = heaviest(&rules) {
        upright = weighing(upright, bytes);
    }
    let mut images = vec![upright];
    // A second job where it costs nothing.
    if longest > shortest && session.is_free() {
        images.push(jpeg(longest, shortest));
    }
    for image in images {
        let (ask, worst) = submit_of_image(session, &image)?;
        let job = session.accept_ask(&ask, worst).map_err(|stop| with_size(stop, &image))?;
        let poll = session.end_of(&job.id)?;
        if poll.seen.phase != Some(Phase::Succeeded) {
            let why = poll.seen.failure.unwrap_or_default();
            let stop = CaseError::Failed(format!(
                "expected a picture within every limit to do; found that its job failed: {why}"
            ));
            return Err(with_size(stop, &image));
        }
    }
    Ok(())
}

/// The same failure with the image that it is about.
fn with_size(stop: CaseError, image: &Image) -> CaseError {
    let CaseError::Failed(why) = stop else { return stop };
    let size = measure(image).map(|(width, height)| format!(" of {width} x {height}")).unwrap_or_default();
    CaseError::Failed(format!("{why}, with a picture{size} and {} bytes", image.bytes.len()))
}

/// A GIF of one pixel.
fn tiny_gif() -> Vec<u8> {
    let mut bytes = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff".to_vec();
    bytes.extend_from_slice(b"\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b");
    bytes
}

fn image_clause(profile: &Profile, rule: &str) -> Option<Clause> {
    let (model, _) = model_with_bytes(profile)?;
    let (member, _) = profile.image(model, ImageRole::First)?;
    let clause = profile.member_clause(model, &member, "x-image")?;
    let value = member.schema.get("x-image").and_then(|rules| rules.get(rule))?;
    let quote = format!("{rule}: {}", crate::profile::value_text(value));
    match sources_of(member.schema, rule) {
        Some(names) => profile.clause(&clause.place, &quote, &names),
        None => Some(Clause::new(&clause.place, &quote, clause.sources)),
    }
}

fn why_silent(profile: &Profile, rule: &str) -> Option<String> {
    let Some((model, _)) = model_with_bytes(profile) else {
        return Some(NO_BYTES.to_owned());
    };
    let stated = profile.image(model, ImageRole::First).is_some_and(|(member, _)| {
        member.schema.get("x-image").and_then(|rules| rules.get(rule)).is_some_and(|value| !value.is_null())
    });
    let heavy = profile.image(model, ImageRole::First).and_then(|(_, rules)| rules.max_bytes);
    if rule == "max_bytes" && heavy.is_some_and(|bytes| bytes > MOST_BYTES) {
        return Some(format!(
            "a picture of {} bytes is no body that servers read",
            heavy.unwrap_or_default()
        ));
    }
    (!stated).then(|| format!("the contract states no {rule}"))
}
