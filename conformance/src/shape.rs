//! Answers beside their schemas: what breaks it, and what it does not speak of.

use mockreel_contracts::contract::check::rules::Checker;
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
    let Some(first) = broken.first() else { return Ok(()) };
    let more = if broken.len() > 1 { format!(" and {} more", broken.len() - 1) } else { String::new() };
    Err(format!(
        "{} breaks {} {} (found {}){more}",
        if first.pointer.is_empty() { "the body" } else { &first.pointer },
        first.rule.name(),
        first.rule.limit_text(),
        shorten_received(first.received_text()),
    ))
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
        assert!(keeps(&schema, &json!({})).unwrap_err().starts_with("/id breaks required"));
        assert_eq!(keeps(&schema, &json!({"id": "a"})), Ok(()));
    }
}
