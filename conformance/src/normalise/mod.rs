//! Answers with what varies from run to run replaced, after its form was checked.
//!
//! A placeholder says which form was found: `[uuid 1]`, `[time]`, `[unix seconds]`. What has no such form
//! stays as it is, so that a change of form shows as a difference. Within one [`Normaliser`] the same original
//! always becomes the same placeholder and another original another one: whether two places are equal is kept.

mod differences;
mod form;
mod ids;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

pub use differences::differences;
use form::Form;
pub(crate) use form::has_format;
use ids::Ids;

/// Replaces what varies, and remembers what it has replaced. One for all answers that are compared together.
///
/// | value | becomes |
/// |---|---|
/// | an id that was told, also within a longer text or a key, also percent-encoded | `[id 1]` |
/// | such an id as an integer of 8 digits or more | `[number id 1]` |
/// | a UUID | `[uuid 1]` |
/// | 21 characters of the nanoid alphabet with letters of both cases | `[nanoid 1]` |
/// | an absolute http or https URL, whatever is in it | `[url 1]` |
/// | a time as in RFC 3339 | `[time]` |
/// | an integer that reads as Unix seconds, 2001-09-09 to 2100 | `[unix seconds]` |
/// | an integer that reads as Unix milliseconds, 2001-09-09 to 2100 | `[unix milliseconds]` |
/// | 6 or 7 integers that read as a local date and time, down to seconds or nanoseconds | `[date parts]` |
#[derive(Debug, Default)]
pub struct Normaliser {
    ids: Ids,
    /// The originals of each form and their numbers.
    numbers: BTreeMap<Form, BTreeMap<String, usize>>,
}

impl Normaliser {
    /// One that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells of an id before the answers that hold it are normalised. Ids are numbered in the order in which they
    /// are told, from 1; one that is known already is not numbered again, and an empty one is none.
    pub fn learn_id(&mut self, id: &str) {
        self.ids.learn(id);
    }

    /// A copy of the value in which what varies is replaced. Members are numbered in the order of their names,
    /// so that their order in the answer does not matter. Doing it twice is the same as doing it once.
    pub fn normalise(&mut self, value: &Value) -> Value {
        match value {
            Value::Null | Value::Bool(_) => value.clone(),
            Value::Number(number) => {
                if let Some(id) = self.ids.number(&number.to_string()) {
                    return Value::String(format!("[number id {id}]"));
                }
                match Form::of_number(number) {
                    Some(form) => Value::String(self.placeholder(form, number.to_string())),
                    None => value.clone(),
                }
            }
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(items) if form::are_date_parts(items) => Value::String("[date parts]".to_owned()),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.normalise(item)).collect()),
            Value::Object(members) => Value::Object(self.members(members)),
        }
    }

    fn text(&mut self, text: &str) -> String {
        if let Some(id) = self.ids.whole(text) {
            return format!("[id {id}]");
        }
        match Form::of_text(text) {
            Some(form) => self.placeholder(form, text.to_owned()),
            None => self.ids.replaced(text),
        }
    }

    fn members(&mut self, members: &Map<String, Value>) -> Map<String, Value> {
        let names = self.names(members);
        let mut sorted: Vec<(&String, &Value)> = names.iter().zip(members.values()).collect();
        sorted.sort_by_key(|(name, _)| *name);
        let mut done: BTreeMap<&String, Value> =
            sorted.into_iter().map(|(name, value)| (name, self.normalise(value))).collect();
        names.iter().filter_map(|name| Some((name.clone(), done.remove(name)?))).collect()
    }

    /// The members' names with ids replaced, but for those that would then be the same: they stay as they are,
    /// so that no member is lost.
    fn names(&self, members: &Map<String, Value>) -> Vec<String> {
        let replaced: Vec<String> = members.keys().map(|name| self.ids.replaced(name)).collect();
        let (mut once, mut twice) = (BTreeSet::new(), BTreeSet::new());
        for name in &replaced {
            if !once.insert(name) {
                twice.insert(name);
            }
        }
        let chosen = replaced.iter().zip(members.keys());
        chosen.map(|(new, old)| if twice.contains(new) { old.clone() } else { new.clone() }).collect()
    }

    fn placeholder(&mut self, form: Form, original: String) -> String {
        // Which times are equal depends on when a job was looked at, not on the vendor.
        if matches!(form, Form::Time | Form::UnixSeconds | Form::UnixMilliseconds) {
            return format!("[{}]", form.word());
        }
        let originals = self.numbers.entry(form).or_default();
        let next = originals.len() + 1;
        let number = *originals.entry(original).or_insert(next);
        format!("[{} {number}]", form.word())
    }
}
