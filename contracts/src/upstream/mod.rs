//! The rules of the models' maker, which reach callers through every vendor that sells them.
//!
//! Which of them a vendor lets through is in its contract (`[upstream] rules`); what a model and a
//! mode can do is data with a date, in `capabilities.toml`.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::contract::check::roles::Asked;
use crate::contract::check::rules::{Rule, Violation};
use crate::contract::model::Model;
use crate::contract::model::source::{Cited, Source};

/// The names of the rules, in the order in which they are checked.
pub const RULES: [&str; 8] =
    ["together", "exclusion", "tail", "masks", "mask_size", "camera", "camera_values", "prompt_length"];

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

/// The first of the named rules that a request breaks.
pub fn judge(rules: &[String], model: &Model, asked: &Asked) -> Option<Violation> {
    RULES.iter().filter(|rule| rules.iter().any(|named| named == *rule)).find_map(|rule| {
        let (member, text) = if *rule == "together" {
            let unmet = asked.unmet.as_ref()?;
            (unmet.member.as_str(), unmet.text.clone())
        } else {
            broken(rule, model, asked)?
        };
        Some(Violation::new(
            format!("/{member}"),
            Rule::Upstream { name: (*rule).to_owned(), text },
            &serde_json::Value::Null,
        ))
    })
}

/// Judges the sizes of masks, in pixels: in proportion to the image they lie on, and all of one size.
///
/// The maker documents that a task fails otherwise; its words for it are not known.
pub fn judge_masks(rules: &[String], image: Option<(u32, u32)>, masks: &[(u32, u32)]) -> Option<Violation> {
    if !rules.iter().any(|named| named == "mask_size") {
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
    let rule = Rule::Upstream { name: "mask_size".to_owned(), text: text.to_owned() };
    Some(Violation::new("/dynamic_masks".to_owned(), rule, &serde_json::Value::Null))
}

/// Whether a rule is broken: the maker's name of the member and the text that says so.
fn broken(rule: &str, model: &Model, asked: &Asked) -> Option<(&'static str, String)> {
    let maker = model.maker.as_ref()?;
    let row = capabilities()
        .row
        .iter()
        .find(|row| row.model == maker.model && row.mode == maker.mode && row.image == asked.first);
    let combination = format!("model/mode/duration({}/{}/{})", maker.model, maker.mode, asked.seconds);
    match rule {
        "exclusion" => {
            let camera = asked.camera.is_some();
            match (asked.tail, asked.masks, camera) {
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
        "tail" => {
            let offered = row.is_some_and(|row| row.tail.contains(&asked.seconds));
            (asked.tail && !offered)
                .then(|| ("image_tail", format!("{combination} is not supported with image_tail")))
        }
        "masks" => {
            let offered = row.is_some_and(|row| row.masks.contains(&asked.seconds));
            let text = || format!("{} is not supported with motion brush", maker.model);
            (asked.masks && !offered).then(|| ("dynamic_masks", text()))
        }
        "camera" => {
            let camera = asked.camera.as_ref()?;
            let offered = row.is_some_and(|row| {
                row.camera.contains(&asked.seconds)
                    && (row.movements.is_empty() || row.movements.contains(&camera.movement))
            });
            (!offered)
                .then(|| ("camera_control", format!("{combination} is not supported with camera_control")))
        }
        "camera_values" => {
            let camera = asked.camera.as_ref()?;
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
        "prompt_length" => {
            let long = asked.prompt.as_ref().is_some_and(|prompt| prompt.chars().count() > PROMPT_CHARACTERS);
            long.then(|| ("prompt", format!("prompt is longer than {PROMPT_CHARACTERS} characters")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_lie_on_their_image_and_are_all_of_one_size() {
        let rules = ["mask_size".to_owned()];
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
