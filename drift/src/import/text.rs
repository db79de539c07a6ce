//! TOML as a person would write it: one line for each member, comments above what they are about.

use serde_json::Value;

/// A table of the output with what is to be said about it.
#[derive(Default)]
pub(super) struct Text(String);

impl Text {
    /// A comment, a line for each of its lines.
    pub(super) fn comment(&mut self, text: &str) {
        for line in text.lines() {
            // What comes from a file is kept on its line and shows no control characters.
            let line: String = line.chars().map(|held| if held.is_control() { ' ' } else { held }).collect();
            self.0.push_str(format!("# {line}").trim_end());
            self.0.push('\n');
        }
    }

    /// Begins a table; its name is given in parts.
    pub(super) fn table(&mut self, parts: &[&str]) {
        let parts: Vec<String> = parts.iter().map(|part| key(part)).collect();
        self.0.push_str(&format!("[{}]\n", parts.join(".")));
    }

    /// Begins an entry of a list of tables.
    pub(super) fn entry(&mut self, parts: &[&str]) {
        let parts: Vec<String> = parts.iter().map(|part| key(part)).collect();
        self.0.push_str(&format!("[[{}]]\n", parts.join(".")));
    }

    /// A key and its value; a null is left out, because TOML has none.
    pub(super) fn line(&mut self, name: &str, value: &Value) {
        if let Some(value) = inline(value) {
            self.0.push_str(&format!("{} = {value}\n", key(name)));
        }
    }

    /// An empty line.
    pub(super) fn gap(&mut self) {
        self.0.push('\n');
    }

    /// All of it, with one line feed at the end.
    pub(super) fn finish(self) -> String {
        self.0.trim_end().to_owned() + "\n"
    }
}

/// A key, quoted where it must be.
fn key(name: &str) -> String {
    let bare = |held: char| held.is_ascii_alphanumeric() || held == '-' || held == '_';
    if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { quote_text(name) }
}

/// A text between quotation marks; what cannot be seen is escaped.
fn quote_text(text: &str) -> String {
    let mut out = String::from("\"");
    for held in text.chars() {
        match held {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            held if held.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(held))),
            held => out.push(held),
        }
    }
    out.push('"');
    out
}

/// A value on one line; nothing for null.
fn inline(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(held) => held.to_string(),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => whole.to_string(),
            // TOML wants a point in a number that is not whole, or too large to be.
            (None, Some(float)) => format!("{float:?}"),
            (None, None) => return None,
        },
        Value::String(text) => quote_text(text),
        Value::Array(items) => {
            format!("[{}]", items.iter().filter_map(inline).collect::<Vec<_>>().join(", "))
        }
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let told =
                members.iter().filter_map(|(name, held)| Some(format!("{} = {}", key(name), inline(held)?)));
            format!("{{ {} }}", told.collect::<Vec<_>>().join(", "))
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_read_as_it_was() {
        let value = json!({
            "a b": ["x\"y\\z\n", 1, -2.5, 1e300, true], "plain-key_1": {"": {}, "é": []},
            "large": 18_446_744_073_709_551_615_u64,
        });
        let mut text = Text::default();
        text.comment("one\ntwo\u{1b}[31m");
        text.table(&["t", "a/b"]);
        text.line("held", &value);
        text.line("none", &Value::Null);
        let text = text.finish();
        assert!(text.starts_with("# one\n# two [31m\n[t.\"a/b\"]\n"), "{text}");
        let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{error}: {text}"));
        let mut read = serde_json::to_value(&table["t"]["a/b"]["held"]).unwrap();
        assert_eq!(read["large"].take(), json!(18_446_744_073_709_551_615.0));
        let mut wanted = value;
        wanted["large"].take();
        assert_eq!(read, wanted);
    }
}
