//! Vocabulary of schemas: the keywords that a contract file may use, and the kind of value of each.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Contract;
use crate::contract::check::rules::UTF16_KEYWORD;

/// What stands behind a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeywordValue {
    Text,
    TextOrList,
    Truth,
    Number,
    Count,
    /// A list with at least one item.
    List,
    Object,
    /// A schema.
    Schema,
    /// Schemas by name.
    Schemas,
    /// A list of schemas.
    SchemaList,
    /// Anything.
    Any,
}

/// Every keyword: those of JSON Schema 2020-12 that something here reads, and our own.
const KEYWORDS: [(&str, KeywordValue); 44] = [
    ("$ref", KeywordValue::Text),
    ("additionalProperties", KeywordValue::Schema),
    ("allOf", KeywordValue::SchemaList),
    ("anyOf", KeywordValue::SchemaList),
    ("const", KeywordValue::Any),
    ("contains", KeywordValue::Schema),
    ("default", KeywordValue::Any),
    ("deprecated", KeywordValue::Truth),
    ("description", KeywordValue::Text),
    ("else", KeywordValue::Schema),
    ("enum", KeywordValue::List),
    ("examples", KeywordValue::List),
    ("exclusiveMaximum", KeywordValue::Number),
    ("exclusiveMinimum", KeywordValue::Number),
    ("format", KeywordValue::Text),
    ("if", KeywordValue::Schema),
    ("items", KeywordValue::Schema),
    ("maxItems", KeywordValue::Count),
    ("maxLength", KeywordValue::Count),
    ("maximum", KeywordValue::Number),
    ("minItems", KeywordValue::Count),
    ("minLength", KeywordValue::Count),
    ("minimum", KeywordValue::Number),
    ("multipleOf", KeywordValue::Number),
    ("not", KeywordValue::Schema),
    ("oneOf", KeywordValue::SchemaList),
    ("pattern", KeywordValue::Text),
    ("prefixItems", KeywordValue::SchemaList),
    ("properties", KeywordValue::Schemas),
    ("required", KeywordValue::Any),
    ("then", KeywordValue::Schema),
    ("title", KeywordValue::Text),
    ("type", KeywordValue::TextOrList),
    ("uniqueItems", KeywordValue::Truth),
    ("x-documented", KeywordValue::Object),
    ("x-empty", KeywordValue::Text),
    ("x-image", KeywordValue::Object),
    ("x-media", KeywordValue::Object),
    ("x-role", KeywordValue::Text),
    ("x-source", KeywordValue::TextOrList),
    ("x-source-of", KeywordValue::Object),
    ("x-text", KeywordValue::Text),
    ("x-together", KeywordValue::List),
    ("x-url", KeywordValue::Truth),
];

/// How many letters a mistyped keyword is away from the right one.
const TYPO: usize = 2;

/// What tells how a patch is laid over what is there.
const PATCH_MARKS: [&str; 2] = ["x-replace", "x-remove"];

impl KeywordValue {
    fn phrase(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::TextOrList => "a text, or a list of them",
            Self::Truth => "true or false",
            Self::Number => "a number",
            Self::Count => "a whole number from 0 on",
            Self::List => "a list with at least one item",
            Self::Object => "a table",
            Self::Schema => "a schema",
            Self::Schemas => "a table of schemas",
            Self::SchemaList => "a list of schemas",
            Self::Any => "any value",
        }
    }

    fn admits(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::TextOrList => value.is_string() || value.is_array(),
            Self::Truth => value.is_boolean(),
            Self::Number => value.is_number(),
            Self::Count => value.is_u64(),
            Self::List => value.as_array().is_some_and(|items| !items.is_empty()),
            Self::Object | Self::Schemas => value.is_object(),
            Self::Schema => value.is_object() || value.is_boolean(),
            Self::SchemaList => value.is_array(),
            Self::Any => true,
        }
    }
}

/// Checks the schemas of a contract that somebody wrote by hand: keywords and their values, and that those which
/// `named` says they wrote are used.
///
/// # Errors
///
/// Names the first mistake, its place, and what was expected.
pub(super) fn check_vocabulary(contract: &Contract, named: &[String]) -> Result<(), String> {
    for (name, schema) in &contract.schemas {
        check_schema(schema, &format!("[schemas.{name}]"))?;
    }
    for (id, model) in &contract.models {
        check_schema(&model.request, &format!("[models.\"{id}\".request]"))?;
    }
    let table = serde_json::to_value(&contract.table).unwrap_or_default();
    let mut used = BTreeSet::new();
    collect_references(&table, &mut used);
    let unused = named.iter().find(|name| !used.contains(name.as_str()));
    match unused {
        None => Ok(()),
        Some(name) => {
            let others = contract.schemas.keys().filter(|other| used.contains(other.as_str()));
            let near = others
                .min_by_key(|other| strsim::damerau_levenshtein(other, name))
                .cloned()
                .unwrap_or_default();
            Err(format!("[schemas.{name}] is used by no member; did you mean [schemas.{near}]?"))
        }
    }
}

/// The named schemas that are referred to.
fn collect_references<'v>(value: &'v Value, used: &mut BTreeSet<&'v str>) {
    match value {
        Value::Object(members) => {
            let name =
                members.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix("#/$defs/"));
            used.extend(name);
            members.values().for_each(|member| collect_references(member, used));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_references(item, used)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn check_schema(schema: &Value, place: &str) -> Result<(), String> {
    let Value::Object(members) = schema else { return Ok(()) };
    for (name, value) in members {
        if name == UTF16_KEYWORD || PATCH_MARKS.contains(&name.as_str()) {
            continue;
        }
        let Some((_, kind)) = KEYWORDS.iter().find(|(known, _)| known == name) else {
            // What is far from all of them is an annotation, as descriptions of vendors have many.
            let near = KEYWORDS.iter().find(|(known, _)| strsim::damerau_levenshtein(known, name) <= TYPO);
            match near {
                Some((known, _)) => {
                    return Err(format!(
                        "{place}: `{name}` is no keyword of a schema; did you mean `{known}`?"
                    ));
                }
                None => continue,
            }
        };
        if !kind.admits(value) {
            return Err(format!("{place}: `{name}` = {value}: expected {}", kind.phrase()));
        }
        let inner = format!("{place}.{name}");
        match (kind, value) {
            (KeywordValue::Schema, inside) => check_schema(inside, &inner)?,
            (KeywordValue::Schemas, Value::Object(schemas)) => check_all(schemas, &inner)?,
            (KeywordValue::SchemaList, Value::Array(schemas)) => {
                schemas.iter().try_for_each(|inside| check_schema(inside, &inner))?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn check_all(schemas: &Map<String, Value>, place: &str) -> Result<(), String> {
    schemas.iter().try_for_each(|(name, schema)| check_schema(schema, &format!("{place}.{name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_that_is_built_in_keeps_to_the_vocabulary() {
        for vendor in crate::vendors().unwrap() {
            assert_eq!(check_vocabulary(&vendor.contract, &[]), Ok(()), "{}", vendor.contract.full_id());
        }
    }
}
