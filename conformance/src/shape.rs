//! Answers beside their schemas: what breaks it, and what it does not speak of.

use crate::normalise::has_format;
use crate::profile::value_text;
use mockreel_contracts::contract::check::rules::{Checker, Rule};
use mockreel_contracts::contract::check::schema::escape;
use serde_json::Value;

/// Whether a body keeps a schema; if not, the first thing that is wrong, in one line.
///
/// # Errors
///
/// Says what is wrong, or that the schema itself is.
pub(crate) fn keeps(schema: &Value, body: &Value) -> Result<(), String> {
    let checker = Checker::new(schema.clone())?;
    let broken = checker.violations(body);
    let Some(first) = broken.first() else { return keeps_formats(schema, body, "") };
    let more = if broken.len() > 1 { format!(" and {} more", broken.len() - 1) } else { String::new() };
    let place = if first.pointer.is_empty() { "the body" } else { &first.pointer };
    let value = body.pointer(&first.pointer);
    if let (Rule::Required { .. }, None) = (&first.rule, value) {
        return Err(format!("{place} breaks required (it is missing){more}"));
    }
    let limit = match &first.rule {
        Rule::Enum { options } => value_text(&Value::Array(options.clone())),
        Rule::Form { keyword } => keyword.clone(),
        Rule::Required { .. }
        | Rule::Type { .. }
        | Rule::Minimum { .. }
        | Rule::Maximum { .. }
        | Rule::MinLength { .. }
        | Rule::MaxLength { .. }
        | Rule::MinItems { .. }
        | Rule::MaxItems { .. }
        | Rule::Url
        | Rule::Image(_)
        | Rule::Media(_)
        | Rule::Upstream { .. } => first.rule.limit_text(),
    };
    let broken = [first.rule.name(), &limit].join(" ");
    Err(format!(
        "{place} breaks {} (found {}){more}",
        broken.trim_end(),
        describe_value(&first.received, value)
    ))
}

/// Whether the texts of a body have the formats that its schema names (`uuid`, `date-time`); the checker of schemas takes
/// them for remarks.
fn keeps_formats(schema: &Value, body: &Value, pointer: &str) -> Result<(), String> {
    let format = schema.get("format").and_then(Value::as_str);
    if let (Some(format), Value::String(text)) = (format, body)
        && !has_format(text, format)
    {
        let found = describe_value(body, Some(body));
        return Err(format!("{pointer} breaks format {format} (found {found})"));
    }
    match body {
        Value::Object(members) => {
            let declared = schema.get("properties").and_then(Value::as_object);
            declared.into_iter().flatten().try_for_each(|(name, schema)| {
                let member = members.get(name);
                member.map_or(Ok(()), |member| {
                    keeps_formats(schema, member, &format!("{pointer}/{}", escape(name)))
                })
            })
        }
        Value::Array(items) => schema.get("items").map_or(Ok(()), |schema| {
            let mut numbered = items.iter().enumerate();
            numbered
                .try_for_each(|(number, item)| keeps_formats(schema, item, &format!("{pointer}/{number}")))
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

/// The most names of members that a message lists.
const MOST_NAMES: usize = 8;

/// What was received, in a few words: texts in quotation marks, of objects the names, of arrays the length. A text
/// that is cut is cut between two words: a message must not hold half a secret.
fn describe_value(received: &Value, value: Option<&Value>) -> String {
    match (received, value) {
        (Value::String(text), _) => Value::String(shorten_received(text.clone())).to_string(),
        (Value::Object(_), Some(Value::Object(members))) if !members.is_empty() => {
            let names: Vec<&str> = members.keys().take(MOST_NAMES).map(String::as_str).collect();
            let more = if members.len() > MOST_NAMES { " ..." } else { "" };
            format!("an object with {}{more}", names.join(", "))
        }
        (Value::Array(_), Some(Value::Array(items))) => format!("a list of {}", items.len()),
        (Value::Object(_), _) => "an empty object".to_owned(),
        (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_), _) => received.to_string(),
    }
}

/// What was received, which may have been cut within a word; a message must not hold half a secret.
fn shorten_received(text: String) -> String {
    let whole = text.strip_suffix("...").unwrap_or(&text);
    let length = whole.chars().count();
    if whole.len() == text.len() {
        text
    } else {
        crate::session::wording::shorten(&format!("{whole}x"), length)
    }
}

/// Pointers to members of a body that its schema does not declare, though it declares others beside them.
pub(crate) fn find_undocumented(schema: &Value, body: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect_undocumented(schema, body, "", &mut found);
    found.sort();
    found.dedup();
    found
}

fn collect_undocumented(schema: &Value, body: &Value, pointer: &str, found: &mut Vec<String>) {
    if let (Some(Value::Object(declared)), Value::Object(members)) = (schema.get("properties"), body) {
        for (name, value) in members {
            let inner = format!("{pointer}/{}", escape(name));
            match declared.get(name) {
                Some(member) => collect_undocumented(member, value, &inner, found),
                None => found.push(inner),
            }
        }
    }
    if let (Some(items), Value::Array(values)) = (schema.get("items"), body) {
        for value in values {
            collect_undocumented(items, value, &format!("{pointer}/*"), found);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_declared_is_listed_once_and_what_is_wrong_is_said() {
        let schema = json!({"type": "object", "required": ["id"], "properties": {
            "id": {"type": "string"},
            "works": {"type": "array", "items": {"type": "object", "properties": {"url": {"type": "string"}}}},
            "free": {"type": "object"},
        }});
        let body =
            json!({"id": 5, "works": [{"url": "a", "new": 1}, {"new": 2}], "free": {"x": 1}, "other": 0});
        assert_eq!(find_undocumented(&schema, &body), ["/other", "/works/*/new"]);
        assert_eq!(keeps(&schema, &body).unwrap_err(), "/id breaks type string (found 5)");
        assert_eq!(keeps(&schema, &json!({})).unwrap_err(), "/id breaks required (it is missing)");
        assert_eq!(keeps(&schema, &json!({"id": null})).unwrap_err(), "/id breaks type string (found null)");
        assert_eq!(keeps(&schema, &json!({"id": "a"})), Ok(()));
    }

    #[test]
    fn texts_keep_the_formats_that_are_named() {
        let schema = json!({"properties": {
            "id": {"type": "string", "format": "uuid"},
            "at": {"type": ["string", "null"], "format": "date-time"},
            "jobs": {"items": {"properties": {"id": {"format": "uuid"}}}},
        }});
        let uuid = "5a7a5466-7948-47d8-8578-000000000001";
        for good in
            [json!({"id": uuid.to_uppercase(), "at": null}), json!({"at": "2026-11-27T20:30:00+01:00"})]
        {
            assert_eq!(keeps(&schema, &good), Ok(()), "{good}");
        }
        for (bad, place) in [
            (json!({"id": "17"}), "/id breaks format uuid (found \"17\")"),
            (json!({"at": "yesterday"}), "/at breaks format date-time (found \"yesterday\")"),
            (json!({"at": "2026-13-41T20:30:00Z"}), "/at breaks format date-time"),
            (json!({"jobs": [{"id": uuid}, {"id": "x"}]}), "/jobs/1/id breaks format uuid"),
        ] {
            let line = keeps(&schema, &bad).unwrap_err();
            assert!(line.starts_with(place), "{line}");
        }
    }

    #[test]
    fn a_message_tells_a_text_from_a_number_and_names_what_an_object_holds() {
        let number = json!({"properties": {"id": {"type": "integer"}}});
        assert_eq!(keeps(&number, &json!({"id": "5"})).unwrap_err(), "/id breaks type integer (found \"5\")");
        let lists = json!({"properties": {"length": {"enum": ["5", "10", 5, 10]}}});
        let line = keeps(&lists, &json!({"length": 7})).unwrap_err();
        assert_eq!(line, "/length breaks enum \"5\", \"10\", 5, 10 (found 7)");
        let either = json!({"anyOf": [{"required": ["balance"]}, {"required": ["credits"]}]});
        let line = keeps(&either, &json!({"coins": 1, "of": {}})).unwrap_err();
        assert_eq!(line, "the body breaks form anyOf (found an object with coins, of)");
        assert_eq!(
            keeps(&either, &json!({})).unwrap_err(),
            "the body breaks form anyOf (found an empty object)"
        );
    }
}
