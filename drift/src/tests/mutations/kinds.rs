//! The ways in which a description is changed, and what the report must say of each: written down by what a client
//! feels, without looking at the comparison.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::sites::{Site, Way};
use crate::Severity;
use crate::Severity::{Breaking, Compatible, Risky};

/// The last member that need not be there.
const ITS_OPTIONAL: &str = "?";

/// The last member that must be there.
const ITS_REQUIRED: &str = "!";

/// A way to change one schema.
pub(super) struct Mutation {
    pub(super) name: &'static str,
    /// Changes the schema of a site; `false` if it has no place for that.
    pub(super) change: fn(&mut Value, &Site) -> bool,
    kind: &'static str,
    /// How bad it is in a request, and in an answer; nothing where it is not told.
    request: Option<Severity>,
    answer: Option<Severity>,
    /// The last part of the place at which it is told, if the change makes it.
    member: Option<&'static str>,
}

impl Mutation {
    pub(super) fn expected(&self, site: &Site) -> BTreeMap<Way, (&'static str, Severity)> {
        let told = |way: &Way| match way {
            Way::Request => self.request,
            Way::Answer => self.answer,
        };
        site.ways.iter().filter_map(|way| Some((*way, (self.kind, told(way)?)))).collect()
    }

    /// The last part of the place at which it is told, if that is known.
    pub(super) fn named(&self, root: &Value, site: &Site) -> Option<String> {
        match self.member {
            Some(ITS_OPTIONAL) => last_member(root.pointer(&site.pointer)?, false),
            Some(ITS_REQUIRED) => last_member(root.pointer(&site.pointer)?, true),
            Some(name) => Some(name.to_owned()),
            // A schema of its own is told at each place that uses it.
            None => {
                let (_, name) = site.pointer.rsplit_once("/properties/")?;
                (!name.contains('/')).then(|| name.to_owned())
            }
        }
    }
}

macro_rules! mutations {
    ($($name:literal $kind:literal $request:expr, $answer:expr, $member:expr; $change:expr;)*) => {
        &[$(Mutation { name: $name, kind: $kind, request: $request, answer: $answer, member: $member, change: $change }),*]
    };
}

fn with(root: &mut Value, site: &Site, change: impl Fn(&mut Value) -> Option<()>) -> bool {
    let Some(schema) = root.pointer_mut(&site.pointer).filter(|schema| schema.is_object()) else {
        return false;
    };
    change(schema).is_some()
}

/// The one type of a schema without a list of values.
fn of_type(schema: &Value, wanted: &[&str]) -> Option<()> {
    let listed = schema.get("enum").is_some() || schema.get("const").is_some();
    let word = match schema.get("type")? {
        Value::String(word) => word.as_str(),
        Value::Array(words) => words.first()?.as_str()?,
        _ => return None,
    };
    (!listed && wanted.contains(&word)).then_some(())
}

fn scale(schema: &mut Value, keyword: &str, add: i64) -> Option<()> {
    let bound = schema.get(keyword)?.as_f64()?;
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let moved = bound + add as f64;
    (moved >= 0.0 || keyword.contains("imum")).then(|| schema[keyword] = json!(moved))
}

fn values(schema: &mut Value) -> Option<&mut Vec<Value>> {
    schema.get_mut("enum")?.as_array_mut().filter(|values| values.len() > 1)
}

fn set(schema: &mut Value, keyword: &str, value: Value) -> Option<()> {
    schema.get(keyword).is_none().then(|| schema[keyword] = value)
}

fn take(schema: &mut Value, keyword: &str) -> Option<Value> {
    schema.as_object_mut()?.shift_remove(keyword)
}

/// An object with members, that need not tell itself from others.
fn object(schema: &Value) -> Option<()> {
    schema.get("properties")?.as_object().filter(|members| !members.is_empty()).map(|_| ())
}

fn last_member(schema: &Value, is_required: bool) -> Option<String> {
    let required =
        |name: &str| schema["required"].as_array().is_some_and(|list| list.iter().any(|held| held == name));
    let members = schema.get("properties")?.as_object()?;
    let typed =
        |value: &Value| value.get("type").is_some_and(Value::is_string) || value.get("$ref").is_some();
    let fits = |name: &&String| required(name) == is_required && !["type", "model"].contains(&name.as_str());
    members.iter().filter(|(_, value)| typed(value)).map(|(name, _)| name).rfind(fits).cloned()
}

fn closed(schema: &Value) -> bool {
    schema.get("additionalProperties") == Some(&Value::Bool(false))
}

fn drop_member(schema: &mut Value, is_required: bool) -> Option<()> {
    let name = last_member(schema, is_required)?;
    schema["properties"].as_object_mut()?.shift_remove(&name);
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|held| held != name.as_str());
    }
    Some(())
}

fn rename_member(schema: &mut Value, is_required: bool) -> Option<()> {
    let name = last_member(schema, is_required)?;
    let held = schema["properties"].as_object_mut()?.shift_remove(&name)?;
    schema["properties"][format!("{name}_again")] = held;
    for entry in schema.get_mut("required").and_then(Value::as_array_mut).into_iter().flatten() {
        if entry == name.as_str() {
            *entry = json!(format!("{name}_again"));
        }
    }
    Some(())
}

fn require(schema: &mut Value, name: &str) {
    match schema.get_mut("required").and_then(Value::as_array_mut) {
        Some(required) => required.push(json!(name)),
        None => schema["required"] = json!([name]),
    }
}

const NUMBERS: [&str; 2] = ["number", "integer"];

/// The ways of changing a schema.
pub(super) const MUTATIONS: &[Mutation] = mutations![
    "a length falls" "limit-changed" Some(Breaking), Some(Compatible), None;
        |root, site| with(root, site, |schema| { of_type(schema, &["string"])?; scale(schema, "maxLength", -7) });
    "a length rises" "limit-changed" Some(Compatible), Some(Risky), None;
        |root, site| with(root, site, |schema| { of_type(schema, &["string"])?; scale(schema, "maxLength", 7) });
    "a length comes" "limit-changed" Some(Breaking), Some(Compatible), None;
        |root, site| with(root, site, |schema| { of_type(schema, &["string"])?; set(schema, "maxLength", json!(90)) });
    "a length goes" "limit-changed" Some(Compatible), Some(Risky), None;
        |root, site| with(root, site, |schema| { of_type(schema, &["string"])?; take(schema, "maxLength").map(|_| ()) });
    "a least length comes" "limit-changed" Some(Breaking), Some(Compatible), None;
        |root, site| with(root, site, |schema| { of_type(schema, &["string"])?; set(schema, "minLength", json!(2)) });
    "a greatest number falls" "limit-changed" Some(Breaking), Some(Compatible), None;
        |root, site| with(root, site, |schema| { of_type(schema, &NUMBERS)?; scale(schema, "maximum", -1) });
    "a greatest number rises" "limit-changed" Some(Compatible), Some(Risky), None;
        |root, site| with(root, site, |schema| { of_type(schema, &NUMBERS)?; scale(schema, "maximum", 1) });
    "a greatest number comes" "limit-changed" Some(Breaking), Some(Compatible), None;
        |root, site| with(root, site, |schema| { of_type(schema, &NUMBERS)?; set(schema, "maximum", json!(77)) });
    "a least number rises" "limit-changed" Some(Breaking), Some(Compatible), None;
        |root, site| with(root, site, |schema| { of_type(schema, &NUMBERS)?; scale(schema, "minimum", 1) });
    "a least number falls" "limit-changed" Some(Compatible), Some(Risky), None;
        |root, site| with(root, site, |schema| { of_type(schema, &NUMBERS)?; scale(schema, "minimum", -1) });
    "a least number goes" "limit-changed" Some(Compatible), Some(Risky), None;
        |root, site| with(root, site, |schema| { of_type(schema, &NUMBERS)?; take(schema, "exclusiveMinimum"); take(schema, "minimum").map(|_| ()) });
    "a step comes" "limit-changed" Some(Breaking), Some(Compatible), None;
        |root, site| with(root, site, |schema| { of_type(schema, &["integer"])?; set(schema, "multipleOf", json!(3)) });
    "a count falls" "limit-changed" Some(Breaking), Some(Compatible), None;
        |root, site| with(root, site, |schema| { of_type(schema, &["array"])?; scale(schema, "maxItems", -1) });
    "a count comes" "limit-changed" Some(Breaking), Some(Compatible), None;
        |root, site| with(root, site, |schema| { of_type(schema, &["array"])?; set(schema, "maxItems", json!(4)) });
    "items must differ" "limit-changed" Some(Breaking), Some(Compatible), None;
        |root, site| with(root, site, |schema| { of_type(schema, &["array"])?; set(schema, "uniqueItems", json!(true)) });
    "a pattern comes" "limit-changed" Some(Breaking), Some(Compatible), None;
        |root, site| with(root, site, |schema| { of_type(schema, &["string"])?; set(schema, "pattern", json!("^[a-z]+$")) });
    "a pattern differs" "limit-changed" Some(Breaking), Some(Risky), None;
        |root, site| with(root, site, |schema| { of_type(schema, &["string"])?; take(schema, "pattern")?; set(schema, "pattern", json!("^b")) });
    "a value goes" "enum-changed" Some(Breaking), Some(Compatible), None;
        |root, site| with(root, site, |schema| { values(schema)?.pop().map(|_| ()) });
    "a value comes" "enum-changed" Some(Compatible), Some(Risky), None;
        |root, site| with(root, site, |schema| {
            let values = values(schema)?;
            let value = if values[0].is_number() { json!(1234) } else { json!("something_else") };
            values.push(value);
            Some(())
        });
    "values are listed no longer" "enum-changed" Some(Compatible), Some(Risky), None;
        |root, site| with(root, site, |schema| { values(schema)?; schema.get("type")?; take(schema, "enum").map(|_| ()) });
    "values are listed now" "enum-changed" Some(Breaking), Some(Compatible), None;
        |root, site| with(root, site, |schema| { of_type(schema, &["string"])?; set(schema, "enum", json!(["this", "that"])) });
    "a text is true or false" "type-changed" Some(Breaking), Some(Breaking), None;
        |root, site| with(root, site, |schema| { of_type(schema, &["string"])?; swap_type(schema, "boolean") });
    "a number is whole" "type-changed" Some(Breaking), Some(Compatible), None;
        |root, site| with(root, site, |schema| { of_type(schema, &["number"])?; schema.get("exclusiveMinimum").is_none().then_some(())?; swap_type(schema, "integer") });
    "a whole number need not be whole" "type-changed" Some(Compatible), Some(Breaking), None;
        |root, site| with(root, site, |schema| { of_type(schema, &["integer"])?; schema.get("exclusiveMinimum").is_none().then_some(())?; swap_type(schema, "number") });
    "null comes" "nullable-changed" Some(Compatible), Some(Breaking), None;
        |root, site| !site.pointer.contains("/anyOf/") && (is_3_0(root) && with(root, site, |schema| { of_type(schema, &["string", "object", "integer", "number"])?; set(schema, "nullable", json!(true)) })
            || !is_3_0(root) && with(root, site, |schema| { of_type(schema, &["string", "object", "integer"])?; let word = schema["type"].as_str()?.to_owned(); schema["type"] = json!([word, "null"]); Some(()) }));
    "null goes" "nullable-changed" Some(Breaking), Some(Compatible), None;
        |root, site| with(root, site, |schema| match schema.get("type")? {
            Value::Array(words) => { let word = words.first()?.clone(); schema["type"] = word; Some(()) }
            _ => take(schema, "nullable").map(|_| ()),
        });
    "a default differs" "default-changed" Some(Risky), None, None;
        |root, site| with(root, site, |schema| { of_type(schema, &NUMBERS)?; scale(schema, "default", 1) });
    "a default comes" "default-changed" Some(Compatible), None, None;
        |root, site| with(root, site, |schema| { of_type(schema, &["string"])?; set(schema, "default", json!("word")) });
    "a default goes" "default-changed" Some(Risky), None, None;
        |root, site| with(root, site, |schema| take(schema, "default").map(|_| ()));
    "a format comes" "format-changed" Some(Risky), Some(Compatible), None;
        |root, site| with(root, site, |schema| { of_type(schema, &["string"])?; set(schema, "format", json!("email")) });
    "a format goes" "format-changed" Some(Compatible), Some(Risky), None;
        |root, site| with(root, site, |schema| { of_type(schema, &["string"])?; take(schema, "format").map(|_| ()) });
    "a format differs" "format-changed" Some(Risky), Some(Risky), None;
        |root, site| with(root, site, |schema| { of_type(schema, &["string"])?; take(schema, "format")?; set(schema, "format", json!("hostname")) });
    "a mark of deprecation comes" "deprecation-changed" Some(Compatible), Some(Compatible), None;
        |root, site| with(root, site, |schema| { of_type(schema, &["string", "integer", "number", "boolean"])?; set(schema, "deprecated", json!(true)) });
    "a member comes" "member-added" Some(Compatible), Some(Compatible), Some("added_one");
        |root, site| with(root, site, |schema| { object(schema)?; schema["properties"]["added_one"] = json!({"type": "string"}); Some(()) });
    "a member comes that must be there" "member-added" Some(Breaking), Some(Compatible), Some("added_one");
        |root, site| with(root, site, |schema| {
            object(schema)?;
            schema["properties"]["added_one"] = json!({"type": "string"});
            require(schema, "added_one");
            Some(())
        });
    "a member goes that need not be there" "member-removed" Some(Risky), Some(Risky), Some(ITS_OPTIONAL);
        |root, site| with(root, site, |schema| { (!closed(schema)).then_some(())?; drop_member(schema, false) });
    "a member goes that must be there" "member-removed" Some(Risky), Some(Breaking), Some(ITS_REQUIRED);
        |root, site| with(root, site, |schema| { (!closed(schema)).then_some(())?; drop_member(schema, true) });
    "a member goes where others are refused" "member-removed" Some(Breaking), Some(Risky), Some(ITS_OPTIONAL);
        |root, site| with(root, site, |schema| { closed(schema).then_some(())?; drop_member(schema, false) });
    "a member that need not be there has another name" "member-renamed" Some(Risky), Some(Risky), Some(ITS_OPTIONAL);
        |root, site| with(root, site, |schema| { (!closed(schema)).then_some(())?; rename_member(schema, false) });
    "a member that must be there has another name" "member-renamed" Some(Breaking), Some(Breaking), Some(ITS_REQUIRED);
        |root, site| with(root, site, |schema| rename_member(schema, true));
    "a member must be there" "required-changed" Some(Breaking), Some(Compatible), Some(ITS_OPTIONAL);
        |root, site| with(root, site, |schema| { let name = last_member(schema, false)?; require(schema, &name); Some(()) });
    "a member need not be there" "required-changed" Some(Compatible), Some(Breaking), Some(ITS_REQUIRED);
        |root, site| with(root, site, |schema| {
            let name = last_member(schema, true)?;
            schema["required"].as_array_mut()?.retain(|held| held != name.as_str());
            Some(())
        });
    "other members are refused" "limit-changed" Some(Breaking), Some(Compatible), None;
        |root, site| with(root, site, |schema| { object(schema)?; set(schema, "additionalProperties", json!(false)) });
    "other members are no longer refused" "limit-changed" Some(Compatible), Some(Risky), None;
        |root, site| with(root, site, |schema| { closed(schema).then_some(())?; take(schema, "additionalProperties").map(|_| ()) });
];

fn is_3_0(root: &Value) -> bool {
    root["openapi"].as_str().is_some_and(|version| version.starts_with("3.0"))
}

fn swap_type(schema: &mut Value, word: &str) -> Option<()> {
    match schema.get_mut("type")? {
        Value::Array(words) => words[0] = json!(word),
        other => *other = json!(word),
    }
    Some(())
}
