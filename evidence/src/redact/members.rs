//! Headers and members of JSON without what their names, or the secrets, say is secret.

use serde_json::{Map, Value};

use super::marks::Clue;
use super::names::{Secrecy, is_credential, split_credential};
use super::values::Secrets;

impl Secrets {
    /// What is shown of a header if its name speaks of a secret. The scheme of a credential is.
    pub fn hide_header(&self, name: &str, value: &str) -> Option<String> {
        if value.is_empty() || !Secrecy::of(name).hides(value) {
            return None;
        }
        if !is_credential(name) {
            return Some(self.mark_named(value.trim()));
        }
        Some(match split_credential(value) {
            // A scheme alone stays as it was sent, with its space or without.
            (_, "") => value.to_owned(),
            ("", credential) => self.mark_named(credential),
            (scheme, credential) => format!("{scheme} {}", self.mark_named(credential)),
        })
    }

    /// What is shown of a text if the name of its member or parameter makes it a secret.
    pub fn hide_named(&self, secrecy: Secrecy, text: &str) -> Option<String> {
        (!text.is_empty() && secrecy.hides(text)).then(|| self.mark_named(text))
    }

    /// What a secret by its name is replaced with; the secrets that are looked for can be told from others.
    fn mark_named(&self, value: &str) -> String {
        (self.marks.write)(value, if self.are_in(value) { Clue::Value } else { Clue::Name })
    }

    /// What a part of a secret is replaced with.
    fn mark_part(&self, text: &str) -> String {
        (self.marks.write)(text, Clue::Value)
    }

    /// JSON without secrets; `hide` is for the texts whose name says nothing, and for names.
    ///
    /// Whatever is inside a secret is secret, as much as the stricter one of the names around it says.
    pub fn hide_members(&self, value: &Value, secrecy: Secrecy, hide: &dyn Fn(&str) -> String) -> Value {
        match value {
            Value::Null | Value::Bool(_) => value.clone(),
            Value::Number(number) => {
                let digits = number.to_string();
                if self.are_in(&digits) { self.mark_named(&digits).into() } else { value.clone() }
            }
            Value::String(text) => self.hide_named(secrecy, text).unwrap_or_else(|| hide(text)).into(),
            Value::Array(items) => {
                let split = self.split_over(&items.iter().collect::<Vec<_>>());
                let kept = |(item, is_part): (&Value, bool)| match item {
                    Value::String(text) if is_part => self.mark_part(text).into(),
                    item => self.hide_members(item, secrecy, hide),
                };
                items.iter().zip(split).map(kept).collect()
            }
            Value::Object(members) => {
                let mut kept = Map::new();
                let split = self.split_over(&members.values().collect::<Vec<_>>());
                for ((name, value), is_part) in members.iter().zip(split) {
                    let mut label = hide(name);
                    while kept.contains_key(&label) {
                        label.push('+');
                    }
                    let value = match value {
                        Value::String(text) if is_part => self.mark_part(text).into(),
                        value => self.hide_members(value, secrecy.max(Secrecy::of(name)), hide),
                    };
                    kept.insert(label, value);
                }
                Value::Object(kept)
            }
        }
    }

    /// The text of JSON that is quoted in other JSON, if anything has to be taken out of it.
    pub fn hide_quoted(&self, text: &str, hide: &dyn Fn(&str) -> String) -> Option<String> {
        if !text.trim_ascii_start().starts_with(['{', '[']) {
            return None;
        }
        let value: Value = serde_json::from_str(text).ok()?;
        let kept = self.hide_members(&value, Secrecy::None, hide);
        (kept != value).then(|| kept.to_string())
    }
}
