//! The rules of the models' maker, which reach callers through every vendor that sells them.
//!
//! Which of them a vendor lets through is in its contract (`[upstream] rules`); what a model and a
//! mode can do is data with a date, in `capabilities.toml`.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::contract::check::intent::JobIntent;
use crate::contract::check::rules::{Rule, Violation};
use crate::contract::model::Model;
use crate::contract::model::source::{Cited, Source};

/// A rule of the maker, in the order in which they are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum MakerRule {
    /// The rules that a model states about several of its members.
    Together,
    /// Last frame, masks and camera exclude each other.
    Exclusion,
    /// A last frame goes only with some models, modes and lengths.
    Tail,
    /// So do masks.
    Masks,
    /// Masks have the aspect ratio of their image, and one size.
    MaskSize,
    /// A camera movement goes only with some models, modes and lengths.
    Camera,
    /// A simple movement has one value, another none.
    CameraValues,
    /// A prompt has at most 2,500 characters.
    PromptLength,
}

impl MakerRule {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Together,
        Self::Exclusion,
        Self::Tail,
        Self::Masks,
        Self::MaskSize,
        Self::Camera,
        Self::CameraValues,
        Self::PromptLength,
    ];

    /// Its name in contracts and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Together => "together",
            Self::Exclusion => "exclusion",
            Self::Tail => "tail",
            Self::Masks => "masks",
            Self::MaskSize => "mask_size",
            Self::Camera => "camera",
            Self::CameraValues => "camera_values",
            Self::PromptLength => "prompt_length",
        }
    }
}

impl TryFrom<String> for MakerRule {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Self::ALL.into_iter().find(|rule| rule.as_str() == name).ok_or_else(|| {
            let known = Self::ALL.map(Self::as_str).join(", ");
            format!("[upstream]: `{name}` is no rule; there are {known}")
        })
    }
}

/// The longest prompt that the maker takes, in characters.
const PROMPT_CHARACTERS: usize = 2500;

/// What the maker's models can do.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capabilities {
    /// Where the facts come from.
    pub sources: indexmap::IndexMap<String, Source>,
    /// One row for each model, mode and kind of input.
    pub row: Vec<Row>,
}

/// What one model can do in one mode.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The maker's `model_name`.
    pub model: String,
    /// The maker's `mode`.
    pub mode: String,
    /// Whether an image goes in.
    #[serde(rename = "picture")]
    pub image: bool,
    /// The day from which it holds.
    pub since: String,
    /// Clip lengths in seconds with a last frame.
    #[serde(default)]
    pub tail: Vec<u32>,
    /// Clip lengths in seconds with masks.
    #[serde(default)]
    pub masks: Vec<u32>,
    /// Clip lengths in seconds with a camera movement.
    #[serde(default)]
    pub camera: Vec<u32>,
    /// The movements offered; empty means all of them.
    #[serde(default)]
    pub movements: Vec<String>,
    /// Where it is from.
    pub source: Cited,
}

/// The table.
pub fn capabilities() -> &'static Capabilities {
    static TABLE: OnceLock<Capabilities> = OnceLock::new();
    TABLE.get_or_init(|| {
        toml::from_str(include_str!("capabilities.toml")).expect("a test reads the embedded table")
    })
}

/// The first of the rules that a request breaks.
pub fn judge(rules: &[MakerRule], model: &Model, intent: &JobIntent) -> Option<Violation> {
    MakerRule::ALL.into_iter().filter(|rule| rules.contains(rule)).find_map(|rule| {
        let (member, text) = find_broken(rule, model, intent)?;
        let rule = Rule::Upstream { name: rule.as_str().to_owned(), text };
        Some(Violation::new(format!("/{member}"), rule, &serde_json::Value::Null))
    })
}

/// Judges the sizes of masks, in pixels: in proportion to the image they lie on, and all of one size.
///
/// The maker documents that a task fails otherwise; its words for it are not known.
pub fn judge_masks(
    rules: &[MakerRule],
    image: Option<(u32, u32)>,
    masks: &[(u32, u32)],
) -> Option<Violation> {
    if !rules.contains(&MakerRule::MaskSize) {
        return None;
    }
    let first = masks.first()?;
    let proportional = image.is_none_or(|(width, height)| {
        u64::from(width) * u64::from(first.1) == u64::from(height) * u64::from(first.0)
    });
    let equal = masks.iter().all(|mask| mask == first);
    let text = match (proportional, equal) {
        (true, true) => return None,
        (false, _) => "the aspect ratio of the mask differs from that of the image",
        (true, false) => "the masks differ in resolution",
    };
    let rule = Rule::Upstream { name: MakerRule::MaskSize.as_str().to_owned(), text: text.to_owned() };
    Some(Violation::new("/dynamic_masks".to_owned(), rule, &serde_json::Value::Null))
}

/// Finds out whether a rule is broken: the maker's name of the member and the text that says so.
fn find_broken<'a>(rule: MakerRule, model: &Model, intent: &'a JobIntent) -> Option<(&'a str, String)> {
    if rule == MakerRule::Together {
        let broken = intent.broken_combination.as_ref()?;
        return Some((&broken.member, broken.text.clone()));
    }
    let maker = model.maker.as_ref()?;
    let row = capabilities()
        .row
        .iter()
        .find(|row| row.model == maker.model && row.mode == maker.mode && row.image == intent.first);
    let combination = || format!("model/mode/duration({}/{}/{})", maker.model, maker.mode, intent.seconds);
    match rule {
        MakerRule::Exclusion => {
            let camera = intent.camera.is_some();
            match (intent.tail, intent.masks, camera) {
                (true, true, _) => {
                    Some(("image_tail", "image_tail and motion brush can not be used together".to_owned()))
                }
                (true, _, true) => {
                    Some(("image_tail", "image_tail and camera_control can not be used together".to_owned()))
                }
                (_, true, true) => Some((
                    "camera_control",
                    "motion brush and camera_control can not be used together".to_owned(),
                )),
                (true, false, false) | (false, true, false) | (false, false, true | false) => None,
            }
        }
        MakerRule::Tail => {
            let offered = row.is_some_and(|row| row.tail.contains(&intent.seconds));
            (intent.tail && !offered)
                .then(|| ("image_tail", format!("{} is not supported with image_tail", combination())))
        }
        MakerRule::Masks => {
            let offered = row.is_some_and(|row| row.masks.contains(&intent.seconds));
            let text = || format!("{} is not supported with motion brush", maker.model);
            (intent.masks && !offered).then(|| ("dynamic_masks", text()))
        }
        MakerRule::Camera => {
            let camera = intent.camera.as_ref()?;
            let offered = row.is_some_and(|row| {
                row.camera.contains(&intent.seconds)
                    && (row.movements.is_empty() || row.movements.contains(&camera.movement))
            });
            (!offered).then(|| {
                ("camera_control", format!("{} is not supported with camera_control", combination()))
            })
        }
        MakerRule::CameraValues => {
            let camera = intent.camera.as_ref()?;
            let simple = camera.movement == "simple";
            match camera.non_zero {
                Some(1) | None if simple => None,
                None => None,
                Some(_) if simple => Some((
                    "camera_control",
                    "camera_control config must have exactly one non-zero value".to_owned(),
                )),
                Some(_) => Some((
                    "camera_control",
                    format!("camera_control type {} takes no config", camera.movement),
                )),
            }
        }
        MakerRule::PromptLength => {
            let long =
                intent.prompt.as_ref().is_some_and(|prompt| prompt.chars().count() > PROMPT_CHARACTERS);
            long.then(|| ("prompt", format!("prompt is longer than {PROMPT_CHARACTERS} characters")))
        }
        // Masks are judged once their images are decoded.
        MakerRule::Together | MakerRule::MaskSize => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_lie_on_their_image_and_are_all_of_one_size() {
        let rules = [MakerRule::MaskSize];
        let broken = |image, masks: &[(u32, u32)]| judge_masks(&rules, image, masks).is_some();
        assert!(!broken(Some((1280, 720)), &[(640, 360), (640, 360)]));
        assert!(!broken(None, &[(640, 360)]) && !broken(Some((1280, 720)), &[]));
        assert!(broken(Some((1280, 720)), &[(640, 361)]));
        assert!(broken(Some((1280, 720)), &[(640, 360), (1280, 720)]));
        assert!(judge_masks(&[], Some((1, 2)), &[(2, 1)]).is_none());
    }

    #[test]
    fn every_row_cites_a_source_of_the_table() {
        let table = capabilities();
        for row in &table.row {
            for name in row.source.names() {
                assert!(
                    table.sources.contains_key(name),
                    "{}/{}: unknown source {name}",
                    row.model,
                    row.mode
                );
            }
        }
    }
}
