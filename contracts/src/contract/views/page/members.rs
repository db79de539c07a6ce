//! The members of a body as a table: what each may be, where that is from, and where the documents differ.

use serde::Deserialize;
use serde_json::Value;

use super::markdown::{code, json, jsons, prose, table};
use super::sourced;
use crate::contract::Contract;
use crate::contract::check::image::{ImageRules, Transport};
use crate::contract::check::media::MediaRules;
use crate::contract::check::rules::{UTF16_KEYWORD, kind_of};
use crate::contract::check::schema::documented;
use crate::contract::model::source::Cited;

/// A table of every member of a schema, in order of declaration; empty if it declares none.
pub(super) fn members(contract: &Contract, schema: &Value) -> String {
    let mut rows = Vec::new();
    collect(contract, schema, "", source_of(schema).as_ref(), &mut rows);
    let headers =
        ["Member", "Required", "Type", "Limits", "Default", "What it is", "Documented instead", "Sources"];
    table(&headers, rows)
}

fn source_of(schema: &Value) -> Option<Cited> {
    schema.get("x-source").and_then(|held| Cited::deserialize(held).ok())
}

fn collect(
    contract: &Contract,
    schema: &Value,
    path: &str,
    above: Option<&Cited>,
    rows: &mut Vec<Vec<String>>,
) {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|held| held == name));
    for (name, member) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let own = source_of(member);
        let cited = own.as_ref().or(above);
        let described = Described::new(member);
        let meaning = member.get("description").and_then(Value::as_str).unwrap_or_default();
        rows.push(vec![
            code(&path),
            if is_required(name) { "yes" } else { "" }.to_owned(),
            described.kind.clone(),
            described.limits.join("; "),
            described.default.clone(),
            prose(meaning),
            Described::new(&documented(member)).where_it_differs(&described),
            cited.map_or_else(String::new, |cited| sourced(contract, cited)),
        ]);
        collect(contract, member, &path, cited, rows);
    }
    if let Some(items) = schema.get("items") {
        let own = source_of(items);
        collect(contract, items, &format!("{path}[]"), own.as_ref().or(above), rows);
    }
}

/// What a schema says of one member, in words.
#[derive(PartialEq)]
struct Described {
    kind: String,
    limits: Vec<String>,
    default: String,
}

impl Described {
    fn new(schema: &Value) -> Self {
        Self {
            kind: kind(schema),
            limits: limits(schema),
            default: schema.get("default").map(json).unwrap_or_default(),
        }
    }

    /// What it says otherwise than another description.
    fn where_it_differs(&self, other: &Self) -> String {
        let mut told = Vec::new();
        if self.kind != other.kind {
            told.push(self.kind.clone());
        }
        if self.limits != other.limits {
            let limits = if self.limits.is_empty() { "no limits".to_owned() } else { self.limits.join("; ") };
            told.push(limits);
        }
        if self.default != other.default {
            let default = if self.default.is_empty() {
                "no default".to_owned()
            } else {
                format!("default {}", self.default)
            };
            told.push(default);
        }
        told.join("; ")
    }
}

fn kind(schema: &Value) -> String {
    let items = || schema.get("items").map(kind).filter(|kind| !kind.is_empty());
    let words = |word: &str| match (word, items()) {
        ("array", Some(items)) => format!("array of {items}"),
        _ => word.to_owned(),
    };
    match schema.get("type") {
        Some(Value::String(word)) => words(word),
        Some(Value::Array(several)) => {
            several.iter().filter_map(Value::as_str).map(words).collect::<Vec<_>>().join(" or ")
        }
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => {
            kinds_listed(schema).join(" or ")
        }
    }
}

/// The types of the listed values, for a schema that states none.
fn kinds_listed(schema: &Value) -> Vec<&'static str> {
    let mut kinds = Vec::new();
    for value in schema.get("enum").and_then(Value::as_array).into_iter().flatten().chain(schema.get("const"))
    {
        let kind = if value.is_i64() { "integer" } else { kind_of(value) };
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

fn limits(schema: &Value) -> Vec<String> {
    let mut told = Vec::new();
    let stated = |key: &str| schema.get(key).filter(|value| !value.is_null());
    if let Some(only) = stated("const") {
        told.push(json(only));
    }
    if let Some(list) = stated("enum").and_then(Value::as_array) {
        told.push(format!("one of {}", jsons(list)));
    }
    told.extend(range(stated("minimum"), stated("maximum"), ""));
    told.extend(stated("exclusiveMinimum").map(|limit| format!("above {limit}")));
    told.extend(stated("exclusiveMaximum").map(|limit| format!("below {limit}")));
    let unit = if schema.get(UTF16_KEYWORD).is_some() { "UTF-16 unit" } else { "character" };
    told.extend(range(stated("minLength"), stated("maxLength"), unit));
    told.extend(range(stated("minItems"), stated("maxItems"), "item"));
    told.extend(
        stated("pattern").and_then(Value::as_str).map(|pattern| format!("matches {}", code(pattern))),
    );
    told.extend(stated("format").and_then(Value::as_str).map(|format| format!("format {}", code(format))));
    if schema.get("x-url") == Some(&Value::Bool(true)) {
        told.push("a URL".to_owned());
    }
    told.extend(
        stated("x-text").and_then(Value::as_str).map(|kind| format!("a form's text is read as {kind}")),
    );
    if stated("x-empty").is_some_and(|value| value == "absent") {
        told.push("empty text counts as absent".to_owned());
    }
    if let Some(rules) = stated("x-image").and_then(|rules| ImageRules::deserialize(rules).ok()) {
        told.push(image(&rules));
    }
    if let Some(rules) = stated("x-media").and_then(|rules| MediaRules::deserialize(rules).ok()) {
        told.push(media(&rules));
    }
    for (key, word) in [("anyOf", "any of"), ("oneOf", "one of"), ("allOf", "all of")] {
        if let Some(parts) = stated(key).and_then(Value::as_array) {
            told.push(format!("{word} {} forms", parts.len()));
        }
    }
    told
}

/// Bounds in words; `unit` is that of a count, in the singular, or empty.
fn range(least: Option<&Value>, most: Option<&Value>, unit: &str) -> Option<String> {
    let plural = if [least, most].into_iter().flatten().all(|limit| *limit == 1) { "" } else { "s" };
    let unit = if unit.is_empty() { String::new() } else { format!(" {unit}{plural}") };
    match (least, most) {
        (Some(least), Some(most)) if least == most => Some(format!("exactly {least}{unit}")),
        (Some(least), Some(most)) => Some(format!("{least} to {most}{unit}")),
        (Some(least), None) => Some(format!("at least {least}{unit}")),
        (None, Some(most)) => Some(format!("at most {most}{unit}")),
        (None, None) => None,
    }
}

/// The rules for an image. All bounds are inclusive.
fn image(rules: &ImageRules) -> String {
    let mut told = vec![format!("picture ({})", rules.formats.join(", "))];
    told.extend(rules.max_bytes.map(|bytes| format!("at most {}", size(bytes))));
    told.extend(rules.min_side.map(|side| format!("sides of at least {side} pixels")));
    told.extend(rules.max_aspect.map(|(long, short)| format!("between {short}:{long} and {long}:{short}")));
    let ways: Vec<&str> = rules.transports.iter().map(|transport| way(*transport)).collect();
    told.push(format!("comes as {}", ways.join(", ")));
    told.join("; ")
}

fn media(rules: &MediaRules) -> String {
    let kinds: Vec<&str> = rules.kinds.iter().map(|kind| kind.word()).collect();
    let kinds = if kinds.is_empty() { "any kind".to_owned() } else { kinds.join(", ") };
    let mut told = vec![format!("{} ({kinds})", rules.class.word())];
    told.extend(rules.max_bytes.map(|bytes| format!("at most {}", size(bytes))));
    let bound = |limit: Option<u32>| limit.map(Value::from);
    told.extend(range(bound(rules.min_seconds).as_ref(), bound(rules.max_seconds).as_ref(), "second"));
    told.extend(rules.min_side.map(|side| format!("sides of at least {side} pixels")));
    told.extend(rules.max_side.map(|side| format!("sides of at most {side} pixels")));
    for when in &rules.when {
        told.push(format!(
            "at most {} seconds where `{}` is `{}`",
            when.max_seconds, when.member, when.value
        ));
    }
    told.join("; ")
}

/// Bytes, in mebibytes too where they are whole.
fn size(bytes: u64) -> String {
    const MEBIBYTE: u64 = 1024 * 1024;
    if bytes >= MEBIBYTE && bytes.is_multiple_of(MEBIBYTE) {
        format!("{} MiB ({bytes} bytes)", bytes / MEBIBYTE)
    } else {
        format!("{bytes} bytes")
    }
}

fn way(transport: Transport) -> &'static str {
    match transport {
        Transport::Url => "an address",
        Transport::DataUri => "a data URI",
        Transport::Base64 => "bare base64",
        Transport::Part => "a file part",
    }
}
