//! The values that a member may have, the plainest first: texts by what they mean, numbers with their bounds.

use serde::Deserialize;
use serde_json::{Number, Value};

use super::role_word;
use crate::contract::check::image::{ImageRules, transport_of};
use crate::contract::check::rules::Checker;
use crate::role::Role;

/// A member of a body, as its plain schema declares it.
pub(super) struct Member<'a> {
    schema: &'a Value,
    name: &'a str,
}

/// What a fractional number is changed by where it is to be changed as little as possible.
const SMALLEST_STEP: f64 = 0.01;

/// The longest text drawn where the schema sets no limit, in characters.
const UNLIMITED_CHARACTERS: usize = 300;

impl<'a> Member<'a> {
    pub(super) fn new(schema: &'a Value, name: &'a str) -> Self {
        Self { schema, name }
    }

    /// The values it may have, where those are listed.
    pub(super) fn listed(&self) -> Option<Vec<Value>> {
        if let Some(only) = self.schema.get("const") {
            return Some(vec![only.clone()]);
        }
        self.schema.get("enum").and_then(Value::as_array).filter(|list| !list.is_empty()).cloned()
    }

    /// Those of the listed values that the documentation lists too, where it lists any.
    pub(super) fn list_promised(&self) -> Option<Vec<Value>> {
        let listed = self.listed()?;
        let stated =
            self.schema.get("x-documented").and_then(|view| view.get("enum")).and_then(Value::as_array);
        let promised: Vec<Value> = listed
            .iter()
            .filter(|value| stated.is_none_or(|stated| stated.contains(value)))
            .cloned()
            .collect();
        Some(if promised.is_empty() { listed } else { promised })
    }

    /// The value it has if it is left out.
    pub(super) fn default(&self) -> Option<&'a Value> {
        self.schema.get("default")
    }

    /// JSON Schema's words for the types it may have; empty if it may have any.
    pub(super) fn kinds(&self) -> Vec<&'a str> {
        match self.schema.get("type") {
            Some(Value::String(kind)) => vec![kind.as_str()],
            Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => Vec::new(),
        }
    }

    /// The word of an annotation or keyword whose value is a text; empty if it has none.
    pub(super) fn word(&self, key: &str) -> &'a str {
        self.schema.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether an annotation or keyword is there and is not `false`.
    pub(super) fn has(&self, key: &str) -> bool {
        self.schema.get(key).is_some_and(|value| *value != Value::Bool(false))
    }

    /// A keyword that counts characters or items.
    pub(super) fn size(&self, key: &str) -> Option<usize> {
        self.schema.get(key).and_then(Value::as_u64).and_then(|size| usize::try_from(size).ok())
    }

    /// The least a number may be, and the most.
    pub(super) fn bounds(&self, kind: &str) -> (Option<f64>, Option<f64>) {
        let number = |key: &str| self.schema.get(key).and_then(Value::as_f64);
        let step = self.step(kind);
        (
            number("minimum").or_else(|| number("exclusiveMinimum").map(|limit| limit + step)),
            number("maximum").or_else(|| number("exclusiveMaximum").map(|limit| limit - step)),
        )
    }

    /// The smallest change that makes another number of a kind.
    pub(super) fn step(&self, kind: &str) -> f64 {
        let whole = if kind == "integer" { 1.0 } else { SMALLEST_STEP };
        self.schema.get("multipleOf").and_then(Value::as_f64).unwrap_or(whole)
    }

    /// Numbers that it may be. Where it has no bounds they depend on `serial`, so that they differ.
    pub(super) fn numbers(&self, kind: &str, serial: i64) -> Vec<Value> {
        let bounds = self.bounds(kind);
        #[expect(clippy::cast_precision_loss, reason = "a body has no more numbers than a float can count")]
        let serial = 10.0 * serial as f64;
        let (least, most) = match bounds {
            (Some(least), Some(most)) => (least, most),
            (Some(least), None) => (least, least + serial),
            (None, Some(most)) => (most - serial, most),
            (None, None) => (serial, serial + 1000.0),
        };
        let free = bounds == (None, None);
        let plain = if free { least } else { least.midpoint(most) };
        let quarter = least.midpoint(least.midpoint(most));
        let mut possible: Vec<Value> =
            self.default().filter(|value| value.is_number()).cloned().into_iter().collect();
        for number in [plain, least, most, quarter] {
            let snapped = if number == least || number == most { number } else { self.snapped(number, kind) };
            if (least..=most).contains(&snapped) {
                possible.push(number_value(snapped, kind));
            }
        }
        possible
    }

    /// The nearest number that is a whole count of steps.
    fn snapped(&self, number: f64, kind: &str) -> f64 {
        let step = self.step(kind);
        (number / step).round() * step
    }

    /// Texts that it may be.
    pub(super) fn texts(&self, images: &[&str]) -> Vec<String> {
        let mut possible = self.meaningful(images);
        let addresses = self.has("x-url") || self.has("x-image");
        if !addresses {
            possible.extend(self.default().and_then(Value::as_str).map(str::to_owned));
            possible.push("Übergröße, 水, \"quoted\" \\ and\na second line".to_owned());
            possible.push(String::new());
        }
        let least = self.size("minLength").unwrap_or(0);
        let most = self.size("maxLength").unwrap_or(UNLIMITED_CHARACTERS.max(least));
        if !addresses {
            possible = possible.iter().map(|text| fitted(text, least, most)).collect();
            // A letter of two bytes shows whether characters are counted, or bytes.
            possible.push("é".repeat(most));
            possible.push("e".repeat(least));
        } else if self.has("x-url") && self.size("maxLength").is_some() {
            possible.extend(possible.first().map(|address| fitted(address, most, most)));
        }
        possible.retain(|text| {
            let length = text.chars().count();
            // An empty text may count as absent, and then it is no value.
            let kept = length >= least && (addresses && self.size("maxLength").is_none() || length <= most);
            kept && !(text.is_empty() && self.has("x-empty"))
        });
        let unforeseen = ["pattern", "not", "format"].iter().any(|key| self.schema.get(*key).is_some());
        if let Some(checker) = Checker::new(self.schema.clone()).ok().filter(|_| unforeseen) {
            possible.extend(["0", "5", "10", "a"].map(str::to_owned));
            possible.retain(|text| checker.accepts(&Value::from(text.as_str())));
        }
        if possible.is_empty() {
            possible.push(fitted("text", least, most));
        }
        possible
    }

    /// Texts that mean what the member is for, the plainest first.
    fn meaningful(&self, images: &[&str]) -> Vec<String> {
        let samples = self.schema.get("examples").and_then(Value::as_array);
        let mut texts: Vec<String> =
            samples.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        if let Some(rules) = self.schema.get("x-image").and_then(|rules| ImageRules::deserialize(rules).ok())
        {
            let format = rules.formats.first().map_or("png", String::as_str);
            let address = format!("https://pictures.example/{}.{format}", role_word(rules.role));
            let given = images.iter().map(|text| (*text).to_owned());
            texts.extend(std::iter::once(address.clone()).chain(given).filter(|text| {
                rules.transports.contains(&transport_of(text)) && (!self.has("x-url") || is_url(text))
            }));
            if texts.is_empty() {
                // Only the rules for images would refuse an address here; the schema does not.
                texts.push(address);
            }
            return texts;
        }
        let plain = match Role::of(self.schema) {
            Some(Role::Prompt) => "A paper boat drifts across a pond at dawn",
            Some(Role::NegativePrompt) => "blur, captions",
            Some(Role::Callback) => "https://client.example/hook",
            _ if self.has("x-url") => "https://files.example/file",
            _ => self.name,
        };
        texts.push(if plain.is_empty() { "text".to_owned() } else { plain.to_owned() });
        texts
    }
}

/// A number as JSON: whole where the type says so.
pub(super) fn number_value(number: f64, kind: &str) -> Value {
    // Hundredths, so that 1.0 + 0.01 is 1.01 and not a float next to it.
    let rounded = (number * 100.0).round() / 100.0;
    #[expect(clippy::cast_possible_truncation, reason = "whole and far inside the range")]
    if kind == "integer" && rounded.fract() == 0.0 && rounded.abs() < 1e15 {
        return Value::from(rounded as i64);
    }
    Number::from_f64(rounded).map_or(Value::Null, Value::Number)
}

/// A text cut or filled up to lie within bounds, in characters.
pub(super) fn fitted(text: &str, least: usize, most: usize) -> String {
    let mut fitted: String = text.chars().take(most).collect();
    let length = fitted.chars().count();
    fitted.extend(std::iter::repeat_n('a', least.saturating_sub(length)));
    fitted
}

/// Whether a text is a URL as the WHATWG parser takes it.
pub(super) fn is_url(text: &str) -> bool {
    url::Url::parse(text).is_ok()
}
