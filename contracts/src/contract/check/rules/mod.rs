//! Checking what callers send, and what vendors answer, against the contract's schemas.
//!
//! The `jsonschema` crate does the checking; here its findings become typed [`Violation`]s, in the
//! order of declaration and one to a place. Only a dialect turns them into a vendor's words.

mod violation;

use std::sync::OnceLock;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::paths::Location;
use jsonschema::{Keyword, ValidationError, Validator};
use serde_json::{Map, Value};

pub use self::violation::{ImageRule, Rule, Violation, fill, kind_of};
use crate::contract::check::schema;

/// The keyword that counts `maxLength` in units of UTF-16 instead of characters. `minLength` stays one of
/// characters: no vendor has a lowest length above 1 for texts.
pub const UTF16_KEYWORD: &str = "x-utf16";

/// A schema that is ready to check values.
#[derive(Debug)]
pub struct Checker {
    validator: Validator,
    schema: Value,
}

impl Checker {
    /// Compiles a schema whose references have been resolved.
    ///
    /// # Errors
    ///
    /// Says where the schema is not valid JSON Schema 2020-12.
    pub fn new(schema: Value) -> Result<Self, String> {
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .with_keyword("x-url", url_keyword)
            .with_keyword(UTF16_KEYWORD, utf16_keyword)
            .build(&schema)
            .map_err(|error| format!("{error} (at {})", error.instance_path()))?;
        Ok(Self { validator, schema })
    }

    /// The schema.
    pub fn schema(&self) -> &Value {
        &self.schema
    }

    /// Whether a value keeps every rule.
    pub fn accepts(&self, value: &Value) -> bool {
        self.validator.is_valid(value)
    }

    /// Everything that is wrong with a value: in order of declaration, the first finding of each place only.
    pub fn violations(&self, value: &Value) -> Vec<Violation> {
        if self.validator.is_valid(value) {
            return Vec::new();
        }
        let mut found: Vec<Violation> =
            self.validator.iter_errors(value).map(|error| self.violation(&error)).collect();
        found.sort_by_cached_key(|violation| schema::rank(&self.schema, &violation.pointer));
        found.dedup_by(|later, earlier| later.pointer == earlier.pointer);
        found
    }

    fn violation(&self, error: &ValidationError<'_>) -> Violation {
        let mut pointer = error.instance_path().as_str().to_owned();
        let mut received = error.instance().as_ref();
        let absent = Value::Null;
        if let ValidationErrorKind::Required { property } = error.kind() {
            pointer = format!("{pointer}/{}", schema::escape(property.as_str().unwrap_or_default()));
            received = &absent;
        }
        let declared = schema::at(&self.schema, &pointer);
        let rule = rule_of(error.kind(), declared);
        let size =
            size_of(&rule, received, declared.is_some_and(|declared| declared.get(UTF16_KEYWORD).is_some()));
        Violation::new(pointer, rule, size.as_ref().unwrap_or(received))
    }
}

/// A schema that is not valid JSON Schema refuses nothing; a test compiles every embedded one.
pub(crate) fn compiled<'a>(held: &'a OnceLock<Checker>, schema: &Value) -> &'a Checker {
    held.get_or_init(|| {
        Checker::new(schema.clone())
            .or_else(|_| Checker::new(Value::Bool(true)))
            .expect("the schema `true` is valid")
    })
}

/// Our name for what `jsonschema` found. What the documentation declares is what a vendor says it expected.
fn rule_of(kind: &ValidationErrorKind, declared: Option<&Value>) -> Rule {
    let stated = |key: &str| {
        let documented = declared.and_then(|held| held.get("x-documented")).and_then(|view| view.get(key));
        documented.or_else(|| declared.and_then(|held| held.get(key))).cloned()
    };
    match kind {
        ValidationErrorKind::Required { .. } => Rule::Required { options: list(stated("enum")) },
        ValidationErrorKind::Type { kind } => {
            Rule::Type { expected: type_words(kind), options: list(stated("enum")) }
        }
        ValidationErrorKind::Enum { options } => {
            Rule::Enum { options: list(stated("enum").or_else(|| Some(options.as_ref().clone()))) }
        }
        ValidationErrorKind::Constant { expected_value } => {
            Rule::Enum { options: vec![expected_value.as_ref().clone()] }
        }
        ValidationErrorKind::Minimum { limit } | ValidationErrorKind::ExclusiveMinimum { limit } => {
            Rule::Minimum { limit: limit.clone() }
        }
        ValidationErrorKind::Maximum { limit } | ValidationErrorKind::ExclusiveMaximum { limit } => {
            Rule::Maximum { limit: limit.clone() }
        }
        ValidationErrorKind::MinLength { limit } => Rule::MinLength { limit: *limit },
        ValidationErrorKind::MaxLength { limit } => Rule::MaxLength { limit: *limit },
        ValidationErrorKind::MinItems { limit } => Rule::MinItems { limit: *limit },
        ValidationErrorKind::MaxItems { limit } => Rule::MaxItems { limit: *limit },
        ValidationErrorKind::Custom { keyword, .. } if keyword == "x-url" => Rule::Url,
        ValidationErrorKind::Custom { keyword, .. } if keyword == UTF16_KEYWORD => {
            Rule::MaxLength { limit: declared.and_then(most_of).unwrap_or_default() }
        }
        other => Rule::Form { keyword: other.keyword().to_owned() },
    }
}

/// For a rule about size, what counts is how many came: characters of a text, items of a list.
fn size_of(rule: &Rule, received: &Value, utf16: bool) -> Option<Value> {
    let length = |text: &str| if utf16 { text.encode_utf16().count() } else { text.chars().count() };
    match rule {
        Rule::MinLength { .. } | Rule::MaxLength { .. } => received.as_str().map(|text| length(text).into()),
        Rule::MinItems { .. } | Rule::MaxItems { .. } => received.as_array().map(|items| items.len().into()),
        Rule::Required { .. }
        | Rule::Type { .. }
        | Rule::Enum { .. }
        | Rule::Minimum { .. }
        | Rule::Maximum { .. }
        | Rule::Url
        | Rule::Form { .. }
        | Rule::Image(_)
        | Rule::Media(_)
        | Rule::Upstream { .. } => None,
    }
}

fn list(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(items)) => items,
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_))
        | None => Vec::new(),
    }
}

fn type_words(kind: &TypeKind) -> Vec<String> {
    match kind {
        TypeKind::Single(single) => vec![single.to_string()],
        TypeKind::Multiple(several) => several.into_iter().map(|one| one.to_string()).collect(),
    }
}

/// The keyword `x-url`: a text must be a URL as the WHATWG parser takes it.
struct UrlKeyword;

impl<'i> Keyword<'i> for UrlKeyword {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        if <Self as Keyword<'i>>::is_valid(self, instance) {
            Ok(())
        } else {
            Err(ValidationError::custom("is no URL"))
        }
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        let Value::String(text) = instance else { return true };
        // A data URI of megabytes is a URL by its first bytes; parsing it whole would copy it.
        if text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("data:")) {
            return true;
        }
        url::Url::parse(text).is_ok()
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the signature is the library's")]
fn url_keyword<'a>(
    _parent: &'a Map<String, Value>,
    _value: &'a Value,
    _path: Location,
) -> Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>> {
    Ok(Box::new(UrlKeyword))
}

/// The largest length that a schema allows.
fn most_of(schema: &Value) -> Option<u64> {
    schema.get("maxLength")?.as_u64()
}

/// The keyword [`UTF16_KEYWORD`].
struct Utf16Keyword {
    most: u64,
}

impl<'i> Keyword<'i> for Utf16Keyword {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        if <Self as Keyword<'i>>::is_valid(self, instance) {
            Ok(())
        } else {
            Err(ValidationError::custom("is too long"))
        }
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        let Value::String(text) = instance else { return true };
        text.encode_utf16().count() as u64 <= self.most
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the signature is the library's")]
fn utf16_keyword<'a>(
    parent: &'a Map<String, Value>,
    _value: &'a Value,
    _path: Location,
) -> Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>> {
    let most = parent.get("maxLength").and_then(Value::as_u64).unwrap_or(u64::MAX);
    Ok(Box::new(Utf16Keyword { most }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn checker() -> Checker {
        Checker::new(json!({
            "type": "object",
            "required": ["model", "image_url"],
            "properties": {
                "model": {"type": "string", "enum": ["a"]},
                "image_url": {"type": "string", "x-url": true},
                "duration": {"enum": [5, 10, "5", "10"], "x-documented": {"enum": [5, 10]}},
                "cfg_scale": {"type": "number", "minimum": 0, "maximum": 1},
            }
        }))
        .unwrap()
    }

    #[test]
    fn findings_come_in_order_of_declaration_and_once_a_place() {
        let found = checker().violations(&json!({"cfg_scale": 2, "image_url": "not-a-url", "duration": 7}));
        let places: Vec<&str> = found.iter().map(|violation| violation.pointer.as_str()).collect();
        assert_eq!(places, ["/model", "/image_url", "/duration", "/cfg_scale"]);
        assert_eq!(found[1].rule, Rule::Url);
    }

    #[test]
    fn a_vendor_says_it_expected_what_its_documentation_declares() {
        let found = checker().violations(&json!({"model": "a", "image_url": "https://a/b", "duration": 7}));
        assert_eq!(found[0].rule, Rule::Enum { options: vec![json!(5), json!(10)] });
    }

    #[test]
    fn a_length_in_units_of_utf16_counts_what_lies_beyond_the_basic_plane_twice() {
        let schema = |utf16: bool| {
            let mut text = json!({"type": "string", "maxLength": 4});
            if utf16 {
                text[UTF16_KEYWORD] = true.into();
            }
            Checker::new(json!({"properties": {"text": text}})).unwrap()
        };
        for (text, characters, units) in [
            ("aaaa", true, true),
            ("水水水水", true, true),
            ("😀😀", true, true),
            ("😀😀a", true, false),
            ("😀😀😀😀", true, false),
            ("aaaaa", false, false),
        ] {
            let body = json!({ "text": text });
            assert_eq!(schema(false).accepts(&body), characters, "{text}");
            assert_eq!(schema(true).accepts(&body), units, "{text}");
        }
        for (text, size) in [("😀😀a", 5), ("aaaaa", 5), ("😀😀😀😀😀", 10)] {
            let found = schema(true).violations(&json!({ "text": text }));
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!(
                (&found[0].rule, &found[0].received),
                (&Rule::MaxLength { limit: 4 }, &json!(size)),
                "{text}"
            );
        }
    }

    #[test]
    fn a_data_uri_is_a_url_and_so_is_any_scheme() {
        let checker = checker();
        for good in ["https://a/b.png", "data:image/png;base64,AAAA", "ftp://a/b"] {
            assert!(checker.accepts(&json!({"model": "a", "image_url": good})), "{good}");
        }
        for bad in ["not-a-url", "", "//a/b", "iVBORw0KGgo="] {
            assert!(!checker.accepts(&json!({"model": "a", "image_url": bad})), "{bad}");
        }
    }
}
