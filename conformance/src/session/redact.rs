//! Redaction of what cases say and write down.

use serde_json::Value;

use super::Session;

impl Session<'_> {
    /// A text without what must not be kept.
    pub(crate) fn redacted(&self, text: &str) -> String {
        self.redactor.text(text)
    }

    /// A value without what must not be kept, in its texts and in the names of its members.
    pub(crate) fn redacted_value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.redacted(text)),
            Value::Array(items) => items.iter().map(|item| self.redacted_value(item)).collect(),
            Value::Object(members) => members
                .iter()
                .map(|(name, member)| (self.redacted(name), self.redacted_value(member)))
                .collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }
}
