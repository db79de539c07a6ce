//! A broken rule, as typed data.

use serde_json::Value;

use crate::contract::check::media::MediaRule;
use crate::contract::check::schema::unescape;

/// A member that breaks its rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    /// JSON Pointer into the request.
    pub pointer: String,
    /// Which rule.
    pub rule: Rule,
    /// What came, cut short if it is long; `null` also where nothing came. For a rule about size, the size.
    pub received: Value,
}

/// A rule that a member can break. Limits are inclusive.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// It must be there.
    Required {
        /// The values it may have, where those are listed.
        options: Vec<Value>,
    },
    /// It must be of a type.
    Type {
        /// JSON Schema's words for the types it may have.
        expected: Vec<String>,
        /// The values it may have, where those are listed.
        options: Vec<Value>,
    },
    /// It must be one of a list.
    Enum {
        /// The list, as the vendor declares it.
        options: Vec<Value>,
    },
    /// It must not be less.
    Minimum {
        /// The least.
        limit: Value,
    },
    /// It must not be more.
    Maximum {
        /// The most.
        limit: Value,
    },
    /// It must not be shorter.
    MinLength {
        /// Characters.
        limit: u64,
    },
    /// It must not be longer.
    MaxLength {
        /// Characters.
        limit: u64,
    },
    /// It must not hold fewer.
    MinItems {
        /// Items.
        limit: u64,
    },
    /// It must not hold more.
    MaxItems {
        /// Items.
        limit: u64,
    },
    /// It must be a URL.
    Url,
    /// It breaks another keyword of its schema.
    Form {
        /// JSON Schema's name of the keyword.
        keyword: String,
    },
    /// It names an image that breaks a rule for images.
    Image(ImageRule),
    /// It names a video or a sound that breaks a rule for them.
    Media(MediaRule),
    /// It does not go with the model, its mode or other members; a rule of the maker's.
    Upstream {
        /// The rule's name in [`crate::upstream`].
        name: String,
        /// What is wrong, in the maker's words where they are known.
        text: String,
    },
}

/// A rule for images. Bounds are inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageRule {
    /// It must come in a way that the vendor takes (a URL, a data URI, bare base64, a file).
    Transport,
    /// Its base64 or data URI must be sound.
    Encoding,
    /// Its address must lead to it.
    Unreachable,
    /// It must be an image that can be decoded.
    Unreadable,
    /// It must be of a listed type.
    Format,
    /// It must not have more bytes.
    Bytes {
        /// Bytes.
        limit: u64,
    },
    /// Each side must have so many pixels.
    Side {
        /// Pixels.
        limit: u32,
    },
    /// Its longer side may be at most so many times its shorter one: numerator and denominator.
    Aspect {
        /// For example `(5, 2)`.
        limit: (u32, u32),
    },
}

impl Rule {
    /// The name under `[wording]` in a contract.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Required { .. } => "required",
            Self::Type { .. } => "type",
            Self::Enum { .. } => "enum",
            Self::Minimum { .. } => "minimum",
            Self::Maximum { .. } => "maximum",
            Self::MinLength { .. } => "min_length",
            Self::MaxLength { .. } => "max_length",
            Self::MinItems { .. } => "min_items",
            Self::MaxItems { .. } => "max_items",
            Self::Url => "url",
            Self::Form { .. } => "form",
            Self::Image(rule) => rule.name(),
            Self::Media(rule) => rule.name(),
            Self::Upstream { .. } => "upstream",
        }
    }

    /// The image rule's name, if it is one.
    pub(crate) fn image_name(&self) -> Option<&'static str> {
        match self {
            Self::Image(rule) => Some(rule.name()),
            Self::Required { .. }
            | Self::Type { .. }
            | Self::Enum { .. }
            | Self::Minimum { .. }
            | Self::Maximum { .. }
            | Self::MinLength { .. }
            | Self::MaxLength { .. }
            | Self::MinItems { .. }
            | Self::MaxItems { .. }
            | Self::Url
            | Self::Form { .. }
            | Self::Media(_)
            | Self::Upstream { .. } => None,
        }
    }

    /// The limit or list as text, for the blank `<limit>` or `<options>` of a wording.
    pub fn limit_text(&self) -> String {
        match self {
            Self::Required { .. } | Self::Url | Self::Form { .. } | Self::Upstream { .. } => String::new(),
            Self::Type { expected, .. } => expected.join(" or "),
            Self::Enum { options } => options.iter().map(plain).collect::<Vec<_>>().join(", "),
            Self::Minimum { limit } | Self::Maximum { limit } => plain(limit),
            Self::MinLength { limit }
            | Self::MaxLength { limit }
            | Self::MinItems { limit }
            | Self::MaxItems { limit } => limit.to_string(),
            Self::Image(rule) => rule.limit_text(),
            Self::Media(rule) => rule.limit_text(),
        }
    }
}

impl ImageRule {
    /// Every image rule's name.
    pub const NAMES: [&'static str; 8] = [
        "picture_transport",
        "picture_encoding",
        "picture_unreachable",
        "picture_unreadable",
        "picture_format",
        "picture_bytes",
        "picture_side",
        "picture_aspect",
    ];

    /// The name in contracts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Transport => "picture_transport",
            Self::Encoding => "picture_encoding",
            Self::Unreachable => "picture_unreachable",
            Self::Unreadable => "picture_unreadable",
            Self::Format => "picture_format",
            Self::Bytes { .. } => "picture_bytes",
            Self::Side { .. } => "picture_side",
            Self::Aspect { .. } => "picture_aspect",
        }
    }

    fn limit_text(self) -> String {
        match self {
            Self::Transport | Self::Encoding | Self::Unreachable | Self::Unreadable | Self::Format => {
                String::new()
            }
            Self::Bytes { limit } => limit.to_string(),
            Self::Side { limit } => limit.to_string(),
            Self::Aspect { limit: (long, short) } => format!("{long}:{short}"),
        }
    }
}

impl Violation {
    /// A violation; a long value is cut, so that megabytes of base64 never end in a message.
    pub fn new(pointer: String, rule: Rule, received: &Value) -> Self {
        Self { pointer, rule, received: shortened(received) }
    }

    /// The last name in the pointer.
    pub fn member(&self) -> String {
        let token = self.pointer.rsplit('/').next().unwrap_or_default();
        unescape(token)
    }

    /// Fills the blanks of a wording: `<received>`, `<limit>`, `<kind>`, `<detail>`.
    pub fn fill(&self, wording: &str) -> String {
        let detail = match &self.rule {
            Rule::Upstream { text, .. } => text.as_str(),
            Rule::Required { .. }
            | Rule::Type { .. }
            | Rule::Enum { .. }
            | Rule::Minimum { .. }
            | Rule::Maximum { .. }
            | Rule::MinLength { .. }
            | Rule::MaxLength { .. }
            | Rule::MinItems { .. }
            | Rule::MaxItems { .. }
            | Rule::Url
            | Rule::Form { .. }
            | Rule::Image(_)
            | Rule::Media(_) => "",
        };
        fill(
            wording,
            &[
                ("limit", &self.rule.limit_text()),
                ("kind", kind_of(&self.received)),
                ("detail", detail),
                ("received", &self.received_text()),
            ],
        )
    }

    /// What came, as plain text.
    pub fn received_text(&self) -> String {
        plain(&self.received)
    }
}

/// The longest text of a caller's that is repeated in a message, in characters.
const REPEATED_CHARACTERS: usize = 200;

fn shortened(value: &Value) -> Value {
    match value {
        Value::String(text) if text.chars().count() > REPEATED_CHARACTERS => {
            Value::String(text.chars().take(REPEATED_CHARACTERS).collect::<String>() + "...")
        }
        Value::Array(items) if !items.is_empty() => Value::Array(Vec::new()),
        Value::Object(members) if !members.is_empty() => Value::Object(serde_json::Map::new()),
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => value.clone(),
    }
}

/// A value as text: strings bare, whole numbers without a point, everything else as JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => {
            number.as_f64().map_or_else(String::new, |float| float.to_string())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}

/// Fills the blanks of a text in one pass, so that what a caller sent is never taken for a blank.
pub fn fill(text: &str, blanks: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        filled.push_str(before);
        let blank = after.split_once('>').and_then(|(name, tail)| {
            blanks.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value, tail))
        });
        if let Some((value, tail)) = blank {
            filled.push_str(value);
            rest = tail;
        } else {
            filled.push('<');
            rest = after;
        }
    }
    filled + rest
}

/// The word for a value's type in JavaScript-like messages: `string`, `number`, `boolean`, `null`, `array`, `object`.
pub fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
