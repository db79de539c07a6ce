//! The places in which two values are not the same.

use std::collections::BTreeSet;

use mockreel_contracts::contract::check::schema::escape;
use serde_json::Value;

/// Most differences that are listed; more tell a reader nothing new.
const LIMIT: usize = 50;

/// The places in which two values differ: JSON Pointer, what the reference has there, what was found there
/// (`None` if nothing). Objects are compared by name, whatever their order, and arrays by index. Members come in
/// the order of their names, items in theirs; after 50 places the list ends.
pub fn differences(reference: &Value, found: &Value) -> Vec<(String, Option<Value>, Option<Value>)> {
    let mut list = List { pointer: String::new(), places: Vec::new() };
    list.compare(Some(reference), Some(found));
    list.places
}

struct List {
    pointer: String,
    places: Vec<(String, Option<Value>, Option<Value>)>,
}

impl List {
    fn compare(&mut self, reference: Option<&Value>, found: Option<&Value>) {
        if reference == found || self.places.len() == LIMIT {
            return;
        }
        match (reference, found) {
            (Some(Value::Object(reference)), Some(Value::Object(found))) => {
                let names: BTreeSet<&String> = reference.keys().chain(found.keys()).collect();
                for name in names {
                    self.descend(name, reference.get(name), found.get(name));
                }
            }
            (Some(Value::Array(reference)), Some(Value::Array(found))) => {
                for index in 0..reference.len().max(found.len()) {
                    self.descend(&index.to_string(), reference.get(index), found.get(index));
                }
            }
            _ => self.places.push((self.pointer.clone(), reference.cloned(), found.cloned())),
        }
    }

    fn descend(&mut self, step: &str, reference: Option<&Value>, found: Option<&Value>) {
        let length = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(&escape(step));
        self.compare(reference, found);
        self.pointer.truncate(length);
    }
}
