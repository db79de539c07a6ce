//! Videos and sound in requests: where they are (slots), and whether they keep the rules (judge).
//!
//! As for images, finding the slots needs only the JSON, and judging needs what the edge read from the bytes.

use serde::Deserialize;
use serde_json::Value;

use crate::contract::check::image::{Finding, Slot, find_slots};
use crate::contract::check::rules::{Rule, Violation};

/// What a member is to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaClass {
    /// Moving pictures, with or without sound.
    Video,
    /// Sound alone.
    Audio,
}

impl MediaClass {
    /// The word for it in messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::Audio => "audio",
        }
    }
}

/// The kind of a file, read from its bytes and never from its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// MPEG-4 (ISO/IEC 14496-14), with pictures.
    Mp4,
    /// QuickTime.
    Mov,
    /// Matroska, `WebM` among it.
    Matroska,
    /// Audio Video Interleave.
    Avi,
    /// MPEG-4 with sound alone.
    M4a,
    /// MPEG audio, layer III.
    Mp3,
    /// RIFF waves.
    Wav,
    /// AAC in ADTS frames.
    Aac,
    /// A still image.
    Image,
    /// Nothing that is known as a video, a sound or an image.
    Unknown,
}

impl MediaKind {
    /// The word for it in contracts and messages, lower case.
    pub fn word(self) -> &'static str {
        match self {
            Self::Mp4 => "mp4",
            Self::Mov => "mov",
            Self::Matroska => "matroska",
            Self::Avi => "avi",
            Self::M4a => "m4a",
            Self::Mp3 => "mp3",
            Self::Wav => "wav",
            Self::Aac => "aac",
            Self::Image => "image",
            Self::Unknown => "unknown",
        }
    }

    /// What a file of this kind holds, if it holds one of them.
    pub fn class(self) -> Option<MediaClass> {
        match self {
            Self::Mp4 | Self::Mov | Self::Matroska | Self::Avi => Some(MediaClass::Video),
            Self::M4a | Self::Mp3 | Self::Wav | Self::Aac => Some(MediaClass::Audio),
            Self::Image | Self::Unknown => None,
        }
    }
}

/// The keyword `x-media`: the rules for a video or a sound. What is absent is not checked. Bounds are inclusive.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MediaRules {
    /// What it is to be.
    pub class: MediaClass,
    /// The kinds that are taken; none listed means every kind of the class.
    #[serde(default)]
    pub kinds: Vec<MediaKind>,
    /// Most bytes.
    pub max_bytes: Option<u64>,
    /// Least length, in whole seconds.
    pub min_seconds: Option<u32>,
    /// Most length, in whole seconds.
    pub max_seconds: Option<u32>,
    /// Least pixels of each side.
    pub min_side: Option<u32>,
    /// Most pixels of each side.
    pub max_side: Option<u32>,
    /// Narrower bounds where another member of the request has a value.
    #[serde(default)]
    pub when: Vec<MediaCondition>,
}

/// A narrower bound where another member of the request has a value.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MediaCondition {
    /// The name of that member, at the top of the request.
    pub member: String,
    /// Its value.
    pub value: String,
    /// Most length then, in whole seconds.
    pub max_seconds: u32,
}

/// The facts on which a video or a sound is judged. What is `None` is not known and not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaFacts {
    /// What it is.
    pub kind: MediaKind,
    /// How long the file is.
    pub bytes: Option<u64>,
    /// Its length in milliseconds.
    pub milliseconds: Option<u64>,
    /// Width and height in pixels, of a video.
    pub pixels: Option<(u32, u32)>,
    /// Whether its container could be read, as far as anybody looked into it.
    pub is_readable: bool,
}

/// A rule for videos and sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaRule {
    /// Its data URI must be sound.
    Encoding,
    /// Its address must lead to it.
    Unreachable,
    /// Its container must be whole.
    Unreadable,
    /// It must be of a kind that is taken.
    Kind,
    /// It must not have more bytes.
    Bytes {
        /// Bytes.
        limit: u64,
    },
    /// It must not be shorter.
    Shortest {
        /// Whole seconds.
        limit: u32,
    },
    /// It must not be longer.
    Longest {
        /// Whole seconds.
        limit: u32,
    },
    /// Each side must have so many pixels.
    Smallest {
        /// Pixels.
        limit: u32,
    },
    /// No side may have more pixels.
    Largest {
        /// Pixels.
        limit: u32,
    },
}

impl MediaRule {
    /// The name of each rule.
    pub const NAMES: [&'static str; 9] = [
        "media_encoding",
        "media_unreachable",
        "media_unreadable",
        "media_kind",
        "media_bytes",
        "media_short",
        "media_long",
        "media_small",
        "media_large",
    ];

    /// The name in contracts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Encoding => "media_encoding",
            Self::Unreachable => "media_unreachable",
            Self::Unreadable => "media_unreadable",
            Self::Kind => "media_kind",
            Self::Bytes { .. } => "media_bytes",
            Self::Shortest { .. } => "media_short",
            Self::Longest { .. } => "media_long",
            Self::Smallest { .. } => "media_small",
            Self::Largest { .. } => "media_large",
        }
    }

    /// The limit as text, for the blank `<limit>` of a wording.
    pub(crate) fn limit_text(self) -> String {
        match self {
            Self::Encoding | Self::Unreachable | Self::Unreadable | Self::Kind => String::new(),
            Self::Bytes { limit } => limit.to_string(),
            Self::Shortest { limit }
            | Self::Longest { limit }
            | Self::Smallest { limit }
            | Self::Largest { limit } => limit.to_string(),
        }
    }
}

/// Every video and sound that a request names, in order of declaration, under the rules that its other members
/// leave.
pub fn find_media_slots<'a>(schema: &Value, body: &'a Value) -> Vec<Slot<'a, MediaRules>> {
    let mut found: Vec<Slot<'a, MediaRules>> = find_slots(schema, body, "x-media");
    for slot in &mut found {
        for when in &slot.rules.when {
            if body.get(&when.member).and_then(Value::as_str) == Some(when.value.as_str()) {
                let most = slot.rules.max_seconds.unwrap_or(u32::MAX);
                slot.rules.max_seconds = Some(most.min(when.max_seconds));
            }
        }
    }
    found
}

/// Judges one video or sound: the first rule that it breaks, if it breaks any.
pub fn judge_media(slot: &Slot<'_, MediaRules>, finding: &Finding<MediaFacts>) -> Option<Violation> {
    let (rule, received) = match finding {
        Finding::Assumed => return None,
        Finding::Unreachable(why) => (MediaRule::Unreachable, Value::from(why.as_str())),
        Finding::Unsound(why) => (MediaRule::Encoding, Value::from(why.as_str())),
        Finding::Seen(facts) => judge_facts(&slot.rules, facts)?,
    };
    Some(Violation::new(slot.pointer.clone(), Rule::Media(rule), &received))
}

/// The first rule that the facts break, and what came instead.
fn judge_facts(rules: &MediaRules, facts: &MediaFacts) -> Option<(MediaRule, Value)> {
    let is_listed = rules.kinds.is_empty() || rules.kinds.contains(&facts.kind);
    if facts.kind.class() != Some(rules.class) || !is_listed {
        return Some((MediaRule::Kind, facts.kind.word().into()));
    }
    if let Some((limit, bytes)) = rules.max_bytes.zip(facts.bytes).filter(|(limit, bytes)| bytes > limit) {
        return Some((MediaRule::Bytes { limit }, bytes.into()));
    }
    if !facts.is_readable {
        return Some((MediaRule::Unreadable, facts.kind.word().into()));
    }
    if let Some(milliseconds) = facts.milliseconds {
        let seconds = round_seconds(milliseconds);
        let short = rules.min_seconds.filter(|limit| seconds < u64::from(*limit));
        let long = rules.max_seconds.filter(|limit| seconds > u64::from(*limit));
        let broken = short.map(|limit| MediaRule::Shortest { limit });
        if let Some(rule) = broken.or(long.map(|limit| MediaRule::Longest { limit })) {
            let exact = format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000);
            return Some((rule, exact.into()));
        }
    }
    let (width, height) = facts.pixels?;
    let small = rules.min_side.filter(|limit| width.min(height) < *limit);
    let large = rules.max_side.filter(|limit| width.max(height) > *limit);
    let broken = small.map(|limit| MediaRule::Smallest { limit });
    let rule = broken.or(large.map(|limit| MediaRule::Largest { limit }))?;
    Some((rule, format!("{width}x{height}").into()))
}

/// A length in whole seconds, the nearest: a clip of ten seconds has a frame more.
fn round_seconds(milliseconds: u64) -> u64 {
    milliseconds.saturating_add(500) / 1000
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rules(rules: Value) -> MediaRules {
        serde_json::from_value(rules).unwrap()
    }

    fn video(milliseconds: u64, pixels: (u32, u32)) -> MediaFacts {
        MediaFacts {
            kind: MediaKind::Mp4,
            bytes: Some(1_000_000),
            milliseconds: Some(milliseconds),
            pixels: Some(pixels),
            is_readable: true,
        }
    }

    fn broken(rules: &MediaRules, facts: MediaFacts) -> Option<&'static str> {
        judge_facts(rules, &facts).map(|(rule, _)| rule.name())
    }

    #[test]
    fn bounds_are_inclusive_and_lengths_count_in_whole_seconds() {
        let rules = rules(json!({"class": "video", "min_seconds": 3, "max_seconds": 10, "min_side": 300,
            "max_side": 3850, "max_bytes": 1_000_000}));
        let size = (300, 3850);
        for (milliseconds, expected) in [
            (2_499, Some("media_short")),
            (2_500, None),
            (10_041, None),
            (10_499, None),
            (10_500, Some("media_long")),
            (u64::MAX, Some("media_long")),
        ] {
            assert_eq!(broken(&rules, video(milliseconds, size)), expected, "{milliseconds}");
        }
        assert_eq!(broken(&rules, video(5_000, (299, 400))), Some("media_small"));
        assert_eq!(broken(&rules, video(5_000, (400, 3851))), Some("media_large"));
        let heavy = MediaFacts { bytes: Some(1_000_001), ..video(5_000, size) };
        assert_eq!(broken(&rules, heavy), Some("media_bytes"));
        let broken_file = MediaFacts { is_readable: false, ..video(5_000, size) };
        assert_eq!(broken(&rules, broken_file), Some("media_unreadable"));
        let unknown = MediaFacts { milliseconds: None, pixels: None, bytes: None, ..video(0, size) };
        assert_eq!(broken(&rules, unknown), None);
    }

    #[test]
    fn a_sound_is_no_video_and_a_listed_kind_is_no_other() {
        let facts = |kind| MediaFacts { kind, ..video(5_000, (400, 400)) };
        let any = rules(json!({"class": "video"}));
        let sound = rules(json!({"class": "audio", "kinds": ["mp3", "m4a"]}));
        for (kind, as_video, as_sound) in [
            (MediaKind::Mp4, true, false),
            (MediaKind::Mov, true, false),
            (MediaKind::Matroska, true, false),
            (MediaKind::Mp3, false, true),
            (MediaKind::M4a, false, true),
            (MediaKind::Wav, false, false),
            (MediaKind::Image, false, false),
            (MediaKind::Unknown, false, false),
        ] {
            assert_eq!(broken(&any, facts(kind)).is_none(), as_video, "{kind:?}");
            assert_eq!(broken(&sound, facts(kind)).is_none(), as_sound, "{kind:?}");
        }
    }

    #[test]
    fn another_member_narrows_a_bound() {
        let schema = json!({"properties": {"video_url": {"x-media": {"class": "video", "max_seconds": 30,
            "when": [{"member": "turned", "value": "image", "max_seconds": 10}]}}}});
        let most = |body: Value| find_media_slots(&schema, &body)[0].rules.max_seconds;
        assert_eq!(most(json!({"video_url": "http://a/b"})), Some(30));
        assert_eq!(most(json!({"video_url": "http://a/b", "turned": "video"})), Some(30));
        assert_eq!(most(json!({"video_url": "http://a/b", "turned": "image"})), Some(10));
    }
}
