//! Redaction of what cases say and write down.

use serde_json::Value;

use super::Session;

impl Session<'_> {
    /// A text without what must not be kept.
    pub(crate) fn redact(&self, text: &str) -> String {
        self.redactor.text(text)
    }

    /// A value without what must not be kept, in its texts and in the names of its members.
    pub(crate) fn redact_value(&self, value: &Value) -> Value {
        self.redactor.value(value)
    }
}
