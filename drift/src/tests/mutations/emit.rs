//! A value as YAML in its usual block form.

use serde_json::Value;

/// A document in YAML.
pub(super) fn yaml(root: &Value) -> String {
    let mut text = String::new();
    block(root, 0, &mut text);
    text
}

fn block(value: &Value, depth: usize, text: &mut String) {
    let margin = "  ".repeat(depth);
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (key, inner) in members {
                text.push_str(&format!("{margin}{}:", scalar(&Value::from(key.as_str()))));
                below(inner, depth, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                text.push_str(&format!("{margin}-"));
                below(item, depth, text);
            }
        }
        other => text.push_str(&format!("{margin}{other}\n")),
    }
}

fn below(value: &Value, depth: usize, text: &mut String) {
    let is_block = match value {
        Value::Object(members) => !members.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    };
    if is_block {
        text.push('\n');
        block(value, depth + 1, text);
    } else {
        text.push_str(&format!(" {}\n", scalar(value)));
    }
}

/// A text without quotes where it is surely a text.
fn scalar(value: &Value) -> String {
    let plain = |text: &str| {
        text.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-/".contains(letter))
            && !["true", "false", "null", "True", "False", "Null", "TRUE", "FALSE", "NULL"].contains(&text)
    };
    match value.as_str() {
        Some(text) if plain(text) => text.to_owned(),
        _ => value.to_string(),
    }
}
