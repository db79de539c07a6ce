//! Images in requests: where they are (slots), and whether they keep the rules (judge).
//!
//! Finding the slots needs only the JSON. Judging needs what the edge found out about each image.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::contract::check::rules::{ImageRule, Violation};
use crate::contract::check::schema::escape;
use crate::image::ImageFacts;

/// What an image is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageRole {
    /// The first frame.
    First,
    /// The last frame.
    Tail,
    /// Marks an area of the first frame.
    Mask,
    /// Shows who or what is to be in the video.
    Reference,
}

/// A way in which an image can come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// An address to fetch it from.
    Url,
    /// A data URI.
    DataUri,
    /// Base64 without anything around it.
    Base64,
    /// A part of a multipart body.
    Part,
}

impl Transport {
    /// The words for it in messages.
    pub fn words(self) -> &'static str {
        match self {
            Self::Url => "a URL",
            Self::DataUri => "a data URI",
            Self::Base64 => "base64",
            Self::Part => "a file of the form",
        }
    }
}

/// The keyword `x-image`: the rules for an image. What is absent is not checked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageRules {
    /// What it is for.
    pub role: ImageRole,
    /// Words of [`crate::image::ImageFormat::word`].
    pub formats: Vec<String>,
    /// Most bytes, decoded.
    pub max_bytes: Option<u64>,
    /// Least pixels of each side.
    pub min_side: Option<u32>,
    /// Longest side to shortest: numerator and denominator.
    pub max_aspect: Option<(u32, u32)>,
    /// The ways in which it may come.
    pub transports: Vec<Transport>,
}

/// An image that a request names; or a video or a sound, with rules `R` of their own.
#[derive(Clone, Debug)]
pub struct Slot<'a, R = ImageRules> {
    /// JSON Pointer into the request.
    pub pointer: String,
    /// The rules it is under.
    pub rules: R,
    /// The member's text: an address, a data URI, base64, or the handle of a part.
    pub text: &'a str,
    /// How it comes.
    pub transport: Transport,
}

/// What the edge found out about an image; or about a video or a sound, with facts `F` of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding<F = ImageFacts> {
    /// It was looked at.
    Seen(F),
    /// It was not fetched and stands for an image that keeps every rule.
    Assumed,
    /// Its address led nowhere; holds why.
    Unreachable(String),
    /// Its base64 or data URI is not sound; holds why.
    Unsound(String),
}

/// The scheme of the handle under which a part of a multipart body stands in the JSON (RFC 2392): `cid:0`.
pub const PART_SCHEME: &str = "cid:";

/// Every image that a request names, in order of declaration. Empty texts name none.
pub fn slots<'a>(schema: &Value, body: &'a Value) -> Vec<Slot<'a>> {
    find_slots(schema, body, "x-image")
}

/// Everything that a request names under one keyword, in order of declaration.
pub(super) fn find_slots<'a, R: DeserializeOwned>(
    schema: &Value,
    body: &'a Value,
    keyword: &str,
) -> Vec<Slot<'a, R>> {
    let mut found = Vec::new();
    collect(schema, body, keyword, &mut String::new(), &mut found);
    found
}

fn collect<'a, R: DeserializeOwned>(
    schema: &Value,
    value: &'a Value,
    keyword: &str,
    pointer: &mut String,
    found: &mut Vec<Slot<'a, R>>,
) {
    if let (Some(rules), Some(text)) = (schema.get(keyword), value.as_str()) {
        // The rules were read once when the contract was loaded, so they are sound here.
        if let (Ok(rules), false) = (R::deserialize(rules), text.is_empty()) {
            found.push(Slot { pointer: pointer.clone(), rules, text, transport: transport_of(text) });
        }
    }
    if let (Some(Value::Object(members)), Value::Object(held)) = (schema.get("properties"), value) {
        for (name, member) in members {
            if let Some(inner) = held.get(name) {
                let end = pointer.len();
                pointer.extend(["/", &escape(name)]);
                collect(member, inner, keyword, pointer, found);
                pointer.truncate(end);
            }
        }
    }
    if let (Some(items), Value::Array(held)) = (schema.get("items"), value) {
        for (index, inner) in held.iter().enumerate() {
            let end = pointer.len();
            pointer.extend(["/", &index.to_string()]);
            collect(items, inner, keyword, pointer, found);
            pointer.truncate(end);
        }
    }
}

pub(crate) fn transport_of(text: &str) -> Transport {
    let starts =
        |scheme: &str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    if starts(PART_SCHEME) {
        Transport::Part
    } else if starts("data:") {
        Transport::DataUri
    } else if starts("http://") || starts("https://") || text.get(..64).unwrap_or(text).contains("://") {
        Transport::Url
    } else {
        Transport::Base64
    }
}

/// Judges one image: the first rule that it breaks, if it breaks any.
pub fn judge(slot: &Slot<'_>, finding: &Finding) -> Option<Violation> {
    let broken = broken_rule(&slot.rules, slot.transport, finding)?;
    let received = match (broken, finding) {
        (ImageRule::Format, Finding::Seen(facts)) => Value::from(facts.format.word()),
        (ImageRule::Bytes { .. }, Finding::Seen(facts)) => Value::from(facts.bytes),
        (ImageRule::Side { .. } | ImageRule::Aspect { .. }, Finding::Seen(facts)) => {
            let (width, height) = facts.pixels.unwrap_or_default();
            Value::from(format!("{width}x{height}"))
        }
        (_, Finding::Unreachable(why) | Finding::Unsound(why)) => Value::from(why.as_str()),
        (_, Finding::Seen(_) | Finding::Assumed) => Value::from(slot.text),
    };
    Some(Violation::new(slot.pointer.clone(), crate::contract::check::rules::Rule::Image(broken), &received))
}

fn broken_rule(rules: &ImageRules, transport: Transport, finding: &Finding) -> Option<ImageRule> {
    if !rules.transports.contains(&transport) {
        return Some(ImageRule::Transport);
    }
    let facts = match finding {
        Finding::Assumed => return None,
        Finding::Unreachable(_) => return Some(ImageRule::Unreachable),
        Finding::Unsound(_) => return Some(ImageRule::Encoding),
        Finding::Seen(facts) => facts,
    };
    if let Some(limit) = rules.max_bytes.filter(|limit| facts.bytes > *limit) {
        return Some(ImageRule::Bytes { limit });
    }
    let known = facts.format != crate::image::ImageFormat::Unknown;
    if known && !rules.formats.iter().any(|format| format == facts.format.word()) {
        return Some(ImageRule::Format);
    }
    let Some((width, height)) = facts.pixels else { return Some(ImageRule::Unreadable) };
    if width == 0 || height == 0 {
        return Some(ImageRule::Unreadable);
    }
    if let Some(limit) = rules.min_side.filter(|limit| width < *limit || height < *limit) {
        return Some(ImageRule::Side { limit });
    }
    let (long, short) = (u64::from(width.max(height)), u64::from(width.min(height)));
    let beyond = |(most, least): (u32, u32)| long * u64::from(least) > short * u64::from(most);
    if let Some(limit) = rules.max_aspect.filter(|limit| beyond(*limit)) {
        return Some(ImageRule::Aspect { limit });
    }
    (!facts.decodes).then_some(ImageRule::Unreadable)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::ImageFormat;

    fn rules() -> ImageRules {
        serde_json::from_value(json!({
            "role": "first", "formats": ["jpeg", "png"], "max_bytes": 10_485_760, "min_side": 300,
            "max_aspect": [5, 2], "transports": ["url", "data_uri"],
        }))
        .unwrap()
    }

    fn seen(width: u32, height: u32, bytes: u64) -> Finding {
        Finding::Seen(ImageFacts {
            format: ImageFormat::Png,
            bytes,
            pixels: Some((width, height)),
            decodes: true,
        })
    }

    #[test]
    fn bounds_are_inclusive_and_one_beyond_is_refused() {
        let broken = |finding: Finding| broken_rule(&rules(), Transport::Url, &finding).map(ImageRule::name);
        assert_eq!(broken(seen(300, 300, 10_485_760)), None);
        assert_eq!(broken(seen(300, 300, 10_485_761)), Some("picture_bytes"));
        assert_eq!(broken(seen(299, 300, 1)), Some("picture_side"));
        assert_eq!(broken(seen(300, 299, 1)), Some("picture_side"));
        assert_eq!(broken(seen(750, 300, 1)), None);
        assert_eq!(broken(seen(751, 300, 1)), Some("picture_aspect"));
        assert_eq!(broken(seen(300, 750, 1)), None);
        assert_eq!(broken(seen(300, 751, 1)), Some("picture_aspect"));
        assert_eq!(broken(seen(0, 0, 1)), Some("picture_unreadable"));
        assert_eq!(broken(Finding::Assumed), None);
    }

    #[test]
    fn slots_are_found_in_members_and_items_and_know_how_they_come() {
        let image = json!({"x-image": {"role": "mask", "formats": [], "transports": ["url"]}});
        let schema = json!({"properties": {
            "image": image, "masks": {"items": {"properties": {"mask": image}}}, "prompt": {"type": "string"}}});
        let body =
            json!({"prompt": "x", "masks": [{"mask": "cid:3"}, {"mask": "AAAA"}], "image": "HTTPS://a/b"});
        let found = slots(&schema, &body);
        let told: Vec<(&str, Transport)> =
            found.iter().map(|slot| (slot.pointer.as_str(), slot.transport)).collect();
        assert_eq!(
            told,
            [
                ("/image", Transport::Url),
                ("/masks/0/mask", Transport::Part),
                ("/masks/1/mask", Transport::Base64)
            ]
        );
    }
}
