//! GEN-03: images around every limit, judged by integers of our own.

use std::fmt;

use mockreel_contracts::contract::check::image::{ImageRole, ImageRules, Transport};
use mockreel_contracts::{Model, Phase};
use proptest::prelude::*;
use serde_json::Value;

use super::apart::Apart;
use super::bodies::way_word;
use super::property::{Effort, holds};
use super::scope::{SIDE, require_unlimited};
use crate::clause::Clause;
use crate::images::{jpeg, png, weighing};
use crate::profile::{Image, Profile, RequestMember, put, sources_of, value_text};
use crate::session::wording::describe;
use crate::session::{CaseEnd, CaseError, Session};

/// Images that are tried beside each limit unless more are asked for.
const USUAL: u32 = 1;

/// Other images that are tried once one was misjudged.
const SHRINKS: u32 = 60;

/// Why the case does not apply to a vendor that takes no image as bytes.
const NO_BYTES: &str = "pictures are not taken as bytes";

/// Pixels that a side has beyond what it needs, at most.
const MORE: u32 = 20;

/// Longest side to shortest where the contract states nothing; any shape will do then.
const ASPECT: (u32, u32) = (5, 2);

/// An image beside a limit.
#[derive(Clone, Copy, Debug)]
struct Sketch {
    /// Which of the models that take bytes.
    model: u8,
    /// Which of the ways in which the model takes them.
    way: u8,
    format: SketchFormat,
    beside: NearLimit,
    /// Pixels that the side more has that is not at a limit.
    more: u32,
    /// Whether it is higher than wide.
    stands: bool,
}

#[derive(Clone, Copy, Debug)]
enum SketchFormat {
    Jpeg,
    Png,
    Gif,
}

/// Which limit it is beside, and where: a [`LimitStep`] from it.
#[derive(Clone, Copy, Debug)]
enum NearLimit {
    /// The least pixels of a side.
    Side(LimitStep),
    /// Longest side to shortest.
    Aspect(LimitStep),
    /// The most bytes, on an image of the least sides.
    Bytes(LimitStep),
    /// The formats, of which it has none.
    Formats,
}

/// Where an image is beside a limit: one below it, at it, or one above it.
#[derive(Clone, Copy, Debug)]
enum LimitStep {
    Below,
    At,
    Above,
}

impl LimitStep {
    const ALL: [Self; 3] = [Self::Below, Self::At, Self::Above];

    fn from(self, limit: u32) -> u32 {
        match self {
            Self::Below => limit.saturating_sub(1),
            Self::At => limit,
            Self::Above => limit + 1,
        }
    }
}

/// Images beside a limit that are otherwise as they come.
fn any_sketch(beside: NearLimit) -> impl Strategy<Value = Sketch> {
    let formats = match beside {
        NearLimit::Side(_) | NearLimit::Aspect(_) => {
            prop_oneof![Just(SketchFormat::Jpeg), Just(SketchFormat::Png)].boxed()
        }
        NearLimit::Bytes(_) => Just(SketchFormat::Jpeg).boxed(),
        NearLimit::Formats => Just(SketchFormat::Gif).boxed(),
    };
    (any::<u8>(), any::<u8>(), formats, 0..=MORE, any::<bool>()).prop_map(
        move |(model, way, format, more, stands)| Sketch { model, way, format, beside, more, stands },
    )
}

/// A place for an image's bytes in the requests of a model.
struct ImagePlace<'a> {
    model: &'a Model,
    member: RequestMember<'a>,
    rules: ImageRules,
}

impl ImagePlace<'_> {
    /// The ways in which bytes may come.
    fn ways(&self) -> Vec<Transport> {
        let ways = [Transport::Part, Transport::DataUri, Transport::Base64];
        ways.into_iter().filter(|way| self.rules.transports.contains(way)).collect()
    }
}

fn image_places(profile: &Profile) -> Vec<ImagePlace<'_>> {
    let all = profile.models().filter_map(|model| {
        let (member, rules) = profile.image(model, ImageRole::First)?;
        Some(ImagePlace { model, member, rules })
    });
    all.filter(|place| !place.ways().is_empty()).collect()
}

/// An image, and what is known of it.
struct DrawnImage {
    image: Image,
    format: &'static str,
    width: u32,
    height: u32,
}

impl fmt::Display for DrawnImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { image, format, width, height } = self;
        write!(f, "a {format} of {width} x {height} pixels and {} bytes", image.bytes.len())
    }
}

impl Sketch {
    fn draw(&self, rules: &ImageRules) -> DrawnImage {
        let side = rules.min_side.unwrap_or(SIDE);
        let (short, long) = match self.beside {
            NearLimit::Side(step) => (step.from(side), side + 1 + self.more),
            NearLimit::Aspect(step) => {
                let (numerator, denominator) = rules.max_aspect.unwrap_or(ASPECT);
                let short = side + self.more;
                (short, step.from(short * numerator / denominator))
            }
            NearLimit::Bytes(_) | NearLimit::Formats => (side, side),
        };
        let (width, height) = if self.stands { (short, long) } else { (long, short) };
        let (image, format) = match self.format {
            SketchFormat::Jpeg => (jpeg(width, height), "jpeg"),
            SketchFormat::Png => (png(width, height), "png"),
            SketchFormat::Gif => (gif(width, height), "gif"),
        };
        let most = rules.max_bytes.and_then(|most| u32::try_from(most).ok());
        let image = match (self.beside, most) {
            (NearLimit::Bytes(step), Some(most)) => weighing(image, step.from(most) as usize),
            (NearLimit::Side(_) | NearLimit::Aspect(_) | NearLimit::Bytes(_) | NearLimit::Formats, _) => {
                image
            }
        };
        DrawnImage { image, format, width, height }
    }
}

impl DrawnImage {
    /// The limits that the image is beyond.
    fn beyond(&self, rules: &ImageRules) -> Vec<&'static str> {
        let (long, short) = (u64::from(self.width.max(self.height)), u64::from(self.width.min(self.height)));
        let broken = [
            ("formats", !rules.formats.iter().any(|format| format == self.format)),
            ("min_side", rules.min_side.is_some_and(|least| short < u64::from(least))),
            (
                "max_aspect",
                rules.max_aspect.is_some_and(|(numerator, denominator)| {
                    long * u64::from(denominator) > short * u64::from(numerator)
                }),
            ),
            ("max_bytes", rules.max_bytes.is_some_and(|most| self.image.bytes.len() as u64 > most)),
        ];
        broken.into_iter().filter(|(_, broken)| *broken).map(|(name, _)| name).collect()
    }
}

/// A GIF that claims a size: its one pixel will do, because its format is what is wrong with it.
fn gif(width: u32, height: u32) -> Image {
    let mut bytes = b"GIF89a".to_vec();
    for side in [width, height] {
        bytes.extend_from_slice(&u16::try_from(side).unwrap_or(u16::MAX).to_le_bytes());
    }
    bytes.extend_from_slice(b"\x80\x00\x00\x00\x00\x00\xff\xff\xff");
    bytes.extend_from_slice(b"\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b");
    Image { bytes, content_type: "image/gif", url: None }
}

/// GEN-03.
pub(super) fn around_limits(session: &mut Session<'_>) -> CaseEnd {
    require_unlimited(session)?;
    session.require_time()?;
    let apart = Apart::of(session)?;
    let mut limits: Vec<NearLimit> = LimitStep::ALL.into_iter().map(NearLimit::Side).collect();
    limits.extend(LimitStep::ALL.into_iter().map(NearLimit::Aspect));
    limits.push(NearLimit::Formats);
    let each = USUAL.max(session.generated().div_ceil(u32::try_from(limits.len()).unwrap_or(1)));
    let mut efforts: Vec<(NearLimit, Effort)> =
        limits.into_iter().map(|beside| (beside, Effort { tries: each, shrinks: SHRINKS })).collect();
    if each > USUAL {
        // Megabytes take seconds, and PIC-03 and PIC-06 weigh the limit and one byte more in every run.
        let once = Effort { tries: 1, shrinks: 0 };
        efforts.extend(LimitStep::ALL.into_iter().map(|step| (NearLimit::Bytes(step), once)));
    }
    session.note("pictures", efforts.iter().map(|(_, effort)| effort.tries).sum::<u32>());
    for (beside, effort) in efforts {
        let label = format!("{beside:?}");
        holds(session, "GEN-03", &label, effort, &any_sketch(beside), |session, sketch| {
            judge_image(session, apart, sketch)
        })?;
    }
    Ok(())
}

/// Submits an image: within every limit its job succeeds, beyond one it is refused, or its job fails.
fn judge_image(session: &mut Session<'_>, apart: Apart, sketch: &Sketch) -> CaseEnd {
    let profile = session.profile;
    let mut places = image_places(profile);
    if places.is_empty() {
        return Err(CaseError::NotApplicable(NO_BYTES.to_owned()));
    }
    let place = places.swap_remove(usize::from(sketch.model) % places.len());
    if matches!(sketch.beside, NearLimit::Bytes(_)) && place.rules.max_bytes.is_none() {
        return Ok(());
    }
    let worst = profile.worst_price(place.model);
    let mut body = profile.body(place.model, session.image());
    if session.is_planning() {
        // A plan needs the price only, and images take time.
        let ask = profile.submit(place.model, &body, session.image());
        return session.accept_ask(&ask, worst).map(|_| ());
    }
    let ways = place.ways();
    let way = ways[usize::from(sketch.way) % ways.len()];
    let drawn = sketch.draw(&place.rules);
    put(&mut body, &place.member.pointer, drawn.image.by(way));
    let ask = profile.submit(place.model, &body, &drawn.image).from(apart.owner());
    let what = format!("{drawn} as {}, for {}", way_word(way), place.model.id);
    let beyond = drawn.beyond(&place.rules);
    if beyond.is_empty() {
        let job = session.accept_ask(&ask, worst).map_err(|stop| with_image(stop, &what))?;
        let (phase, failure) = follow_to_end(session, apart, &job.id)?;
        if phase != Phase::Succeeded {
            let line = format!("expected its job to succeed; found it {}: {failure}", phase.name());
            return Err(CaseError::Failed(format!("{line}, with {what}")));
        }
        return Ok(());
    }
    let what = format!("{what}, which is beyond {}", beyond.join(" and "));
    let before = session.last_accepted();
    match session.refuse(&ask, worst) {
        Ok(_) => Ok(()),
        Err(CaseError::Failed(why)) => {
            let accepted = session.last_accepted().filter(|id| before.as_ref() != Some(id));
            let Some(id) = accepted else { return Err(with_image(CaseError::Failed(why), &what)) };
            let (phase, _) = follow_to_end(session, apart, &id)?;
            if phase == Phase::Failed {
                return Ok(());
            }
            let line = format!("expected a refusal, or a job that fails; found a job that {}", phase.name());
            Err(CaseError::Failed(format!("{line}, with {what}")))
        }
        Err(other) => Err(other),
    }
}

/// The same stop, with the image it is about.
fn with_image(stop: CaseError, what: &str) -> CaseError {
    match stop {
        CaseError::Failed(why) => CaseError::Failed(format!("{why}, with {what}")),
        CaseError::NotApplicable(_)
        | CaseError::OverBudget(_)
        | CaseError::Blocked { .. }
        | CaseError::Unreachable(_)
        | CaseError::Internal(_) => stop,
    }
}

/// How a job ends, and why if it fails. The clock is moved there at once.
fn follow_to_end(session: &mut Session<'_>, apart: Apart, id: &str) -> Result<(Phase, String), CaseError> {
    apart.end(session, id)?;
    let (answer, seen) = apart.poll(session, id)?;
    match seen.phase.filter(|phase| phase.is_terminal()) {
        Some(phase) => Ok((phase, seen.failure.unwrap_or_default())),
        None => Err(CaseError::Failed(format!("expected a job that has ended; found {}", describe(&answer)))),
    }
}

/// The rules for images, as the first model states them that takes bytes.
pub(super) fn clause(profile: &Profile) -> Option<Clause> {
    let place = image_places(profile).into_iter().next()?;
    let clause = profile.member_clause(place.model, &place.member, "x-image")?;
    let stated = place.member.schema.get("x-image")?;
    let rules = ["formats", "min_side", "max_aspect", "max_bytes"];
    let quotes = rules.iter().filter_map(|name| {
        let value: &Value = stated.get(*name)?;
        Some(format!("{name}: {}", value_text(value)))
    });
    let quote = quotes.collect::<Vec<_>>().join("; ");
    let own: Vec<&str> =
        rules.iter().filter_map(|name| sources_of(place.member.schema, name)).flatten().collect();
    if own.is_empty() {
        return Some(Clause::new(&clause.place, &quote, clause.sources));
    }
    profile.clause(&clause.place, &quote, &own)
}

/// Why the case does not apply, if no image is taken as bytes.
pub(super) fn silent(profile: &Profile) -> Option<String> {
    image_places(profile).is_empty().then(|| NO_BYTES.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rules() -> ImageRules {
        serde_json::from_value(json!({
            "role": "first", "formats": ["jpeg", "png"], "max_bytes": 10_485_760, "min_side": 300,
            "max_aspect": [5, 2], "transports": ["data_uri"],
        }))
        .unwrap()
    }

    fn beyond(format: SketchFormat, beside: NearLimit) -> Vec<&'static str> {
        let all = [(0, false), (0, true), (1, false), (MORE, true)].map(|(more, stands)| {
            let sketch = Sketch { model: 0, way: 0, format, beside, more, stands };
            sketch.draw(&rules()).beyond(&rules())
        });
        assert!(all.windows(2).all(|pair| pair[0] == pair[1]), "{beside:?}: {all:?}");
        all.into_iter().next().unwrap()
    }

    #[test]
    fn each_limit_itself_will_do_and_one_beyond_will_not() {
        use LimitStep::{Above, At, Below};
        let none: [&str; 0] = [];
        for format in [SketchFormat::Jpeg, SketchFormat::Png] {
            let sides = [Below, At, Above].map(|step| beyond(format, NearLimit::Side(step)));
            assert_eq!(sides, [vec!["min_side"], vec![], vec![]]);
            let aspects = [Below, At, Above].map(|step| beyond(format, NearLimit::Aspect(step)));
            assert_eq!(aspects, [vec![], vec![], vec!["max_aspect"]]);
        }
        assert_eq!(beyond(SketchFormat::Jpeg, NearLimit::Bytes(Below)), none);
        assert_eq!(beyond(SketchFormat::Jpeg, NearLimit::Bytes(At)), none);
        assert_eq!(beyond(SketchFormat::Jpeg, NearLimit::Bytes(Above)), ["max_bytes"]);
        assert_eq!(beyond(SketchFormat::Gif, NearLimit::Formats), ["formats"]);
    }
}
