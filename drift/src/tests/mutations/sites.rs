//! The places of a description at which a schema can be changed, found without the reader that is being tested.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The way in which a value travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    Request,
    Answer,
}

/// A schema, and what is known of where it is used.
#[derive(Clone, Debug, Default)]
pub(super) struct Site {
    /// JSON Pointer to the schema, references followed.
    pub(super) pointer: String,
    pub(super) ways: BTreeSet<Way>,
    /// Whether it is one of several forms of a value, or below one.
    pub(super) in_choice: bool,
}

/// Every schema that an operation uses.
pub(super) fn sites(root: &Value) -> Vec<Site> {
    let mut walk = Walk { root, found: BTreeMap::new(), seen: BTreeSet::new() };
    for (holder, way) in [("paths", Way::Request), ("webhooks", Way::Answer)] {
        for (path, item) in root.get(holder).and_then(Value::as_object).into_iter().flatten() {
            let at = format!("/{holder}/{}", escape(path));
            walk.parameters(item, &at, way);
            for (method, operation) in item.as_object().into_iter().flatten() {
                if method != "parameters" {
                    walk.operation(operation, &format!("{at}/{method}"), way);
                }
            }
        }
    }
    walk.found.into_values().collect()
}

fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

struct Walk<'v> {
    root: &'v Value,
    found: BTreeMap<String, Site>,
    seen: BTreeSet<(String, Way, bool)>,
}

impl<'v> Walk<'v> {
    fn operation(&mut self, operation: &'v Value, at: &str, way: Way) {
        let back = if way == Way::Request { Way::Answer } else { Way::Request };
        self.parameters(operation, at, way);
        if let Some(body) = operation.get("requestBody") {
            self.content(body, &format!("{at}/requestBody"), way);
        }
        for (status, response) in operation.get("responses").and_then(Value::as_object).into_iter().flatten()
        {
            let (response, at) = self.follow(response, format!("{at}/responses/{status}"));
            self.content(response, &at, back);
            for (name, header) in response.get("headers").and_then(Value::as_object).into_iter().flatten() {
                if header.get("schema").is_some() {
                    self.schema(&format!("{at}/headers/{name}/schema"), back, false);
                }
            }
        }
    }

    fn parameters(&mut self, holder: &'v Value, at: &str, way: Way) {
        for (index, _) in holder.get("parameters").and_then(Value::as_array).into_iter().flatten().enumerate()
        {
            self.schema(&format!("{at}/parameters/{index}/schema"), way, false);
        }
    }

    fn content(&mut self, holder: &'v Value, at: &str, way: Way) {
        for (media, _) in holder.get("content").and_then(Value::as_object).into_iter().flatten() {
            self.schema(&format!("{at}/content/{}/schema", escape(media)), way, false);
        }
    }

    fn follow(&self, value: &'v Value, at: String) -> (&'v Value, String) {
        let (mut value, mut at) = (value, at);
        while let Some(target) = value.get("$ref").and_then(Value::as_str) {
            at = target.trim_start_matches('#').to_owned();
            value = self.root.pointer(&at).unwrap();
        }
        (value, at)
    }

    fn schema(&mut self, at: &str, way: Way, in_choice: bool) {
        let Some(schema) = self.root.pointer(at) else { return };
        let (schema, at) = self.follow(schema, at.to_owned());
        if !self.seen.insert((at.clone(), way, in_choice)) {
            return;
        }
        let site =
            self.found.entry(at.clone()).or_insert_with(|| Site { pointer: at.clone(), ..Site::default() });
        site.ways.insert(way);
        site.in_choice |= in_choice;
        for (name, _) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            self.schema(&format!("{at}/properties/{}", escape(name)), way, in_choice);
        }
        for key in ["items", "additionalProperties"] {
            if schema.get(key).is_some_and(Value::is_object) {
                self.schema(&format!("{at}/{key}"), way, in_choice);
            }
        }
        for key in ["allOf", "anyOf", "oneOf"] {
            let parts: Vec<&Value> =
                schema.get(key).and_then(Value::as_array).into_iter().flatten().collect();
            let several = parts.iter().filter(|part| part["type"] != "null").count() > 1 && key != "allOf";
            for index in 0..parts.len() {
                self.schema(&format!("{at}/{key}/{index}"), way, in_choice || several);
            }
        }
    }
}
