//! Undoing what a form does to values: everything in it is text, and empty text means nothing.
//!
//! The keyword `x-text` says what a text is to be read as (`number` or `boolean`), and
//! `x-empty = "absent"` that an empty text counts as if it were not there.

use serde_json::{Number, Value};

/// The same body with the texts of its top members read as their schemas say.
///
/// A text that cannot be read is left as it is, so that the schema refuses it.
pub fn normalised(schema: &Value, mut body: Value) -> Value {
    let (Some(Value::Object(properties)), Value::Object(members)) = (schema.get("properties"), &mut body)
    else {
        return body;
    };
    for (name, property) in properties {
        let empty_is_absent = property.get("x-empty").and_then(Value::as_str) == Some("absent");
        if empty_is_absent && members.get(name).and_then(Value::as_str) == Some("") {
            members.shift_remove(name);
        }
        let kind = property.get("x-text").and_then(Value::as_str);
        let read =
            members.get(name).and_then(Value::as_str).zip(kind).and_then(|(text, kind)| read(text, kind));
        if let Some(value) = read {
            members.insert(name.clone(), value);
        }
    }
    body
}

fn read(text: &str, kind: &str) -> Option<Value> {
    match kind {
        "number" => {
            let text = text.trim();
            let whole = text.parse::<i64>().ok().map(Value::from);
            whole.or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number))
        }
        "boolean" => text.trim().parse::<bool>().ok().map(Value::Bool),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_of_a_form_become_what_the_schema_says() {
        let schema = json!({"properties": {
            "cfg": {"x-text": "number", "x-empty": "absent"},
            "enable_audio": {"x-text": "boolean", "x-empty": "absent"},
            "negative_prompt": {"type": "string"},
        }});
        let body = json!({"cfg": "0.5", "enable_audio": "", "negative_prompt": "", "other": "1"});
        assert_eq!(normalised(&schema, body), json!({"cfg": 0.5, "negative_prompt": "", "other": "1"}));
        let body = json!({"cfg": "much", "enable_audio": "true"});
        assert_eq!(normalised(&schema, body), json!({"cfg": "much", "enable_audio": true}));
    }
}
