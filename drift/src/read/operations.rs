//! Paths and methods, and what the vendor asks of its clients: callbacks and webhooks.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::access::Servers;
use super::reader::Reader;
use crate::surface::Endpoint;
use mockreel_contracts::Operation;

/// The methods that an item of `paths` may have.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "patch", "head", "options", "trace"];

/// What else an item of `paths` may have that is used, or that only people read.
const ITEM_WORDS: [&str; 5] = ["summary", "description", "parameters", "servers", "$ref"];

/// What an operation may have that is used, or that only people and tools for documents read.
const OPERATION_WORDS: [&str; 12] = [
    "tags",
    "summary",
    "description",
    "externalDocs",
    "operationId",
    "parameters",
    "requestBody",
    "responses",
    "callbacks",
    "deprecated",
    "security",
    "servers",
];

impl<'a> Reader<'a> {
    /// Every method on every path.
    pub(super) fn endpoints(&mut self, servers: &Servers) -> Vec<Endpoint> {
        let Some(paths) = self.root.get("paths") else { return Vec::new() };
        let mut found: Vec<(&'a Value, &'a Value, Endpoint)> = Vec::new();
        for (path, item, at) in self.entries(paths, "/paths") {
            self.methods(path, item, &at, servers, &mut found);
        }
        name(&mut found, self.root);
        found
            .into_iter()
            .map(|(item, operation, endpoint)| self.endpoint(item, operation, endpoint))
            .collect()
    }

    /// What the vendor asks of its clients: webhooks, and the callbacks of operations.
    pub(super) fn incoming(&mut self) -> Vec<Endpoint> {
        let root = self.root;
        let mut found: Vec<(String, &'a Value, &'a Value, Endpoint)> = Vec::new();
        let nowhere = Servers::default();
        if let Some(webhooks) = root.get("webhooks") {
            for (word, item, at) in self.entries(webhooks, "/webhooks") {
                let mut methods = Vec::new();
                self.methods(word, item, &at, &nowhere, &mut methods);
                let named =
                    |(item, operation, endpoint)| (format!("webhook {word}"), item, operation, endpoint);
                found.extend(methods.into_iter().map(named));
            }
        }
        let paths = root.get("paths").map(|paths| self.entries(paths, "/paths")).unwrap_or_default();
        for (path, item, at) in paths {
            let (item, at) = self.follow_reference(item, &at, "document/paths");
            for (method, operation, pointer) in self.entries(item, &at) {
                let callbacks = operation.get("callbacks").filter(|_| METHODS.contains(&method.as_str()));
                let Some(callbacks) = callbacks else { continue };
                for (word, callback, at) in self.entries(callbacks, &format!("{pointer}/callbacks")) {
                    let (callback, at) = self.follow_reference(callback, &at, "document/callbacks");
                    for (expression, item, at) in self.entries(callback, &at) {
                        if expression.starts_with("x-") {
                            continue;
                        }
                        let mut methods = Vec::new();
                        self.methods(expression, item, &at, &nowhere, &mut methods);
                        let name = format!("callback {word} of {} {path}", method.to_ascii_uppercase());
                        let named = |(item, operation, endpoint)| (name.clone(), item, operation, endpoint);
                        found.extend(methods.into_iter().map(named));
                    }
                }
            }
        }
        let mut read = Vec::new();
        // What the vendor sends is one body, whatever models it names.
        self.tells_models_apart = false;
        for (name, item, operation, mut endpoint) in found {
            // Of one that may come by several methods each has a name of its own.
            endpoint.operation = Some(name.clone());
            endpoint.path.clone_from(&endpoint.bare);
            read.push(self.endpoint(item, operation, endpoint));
        }
        self.tells_models_apart = true;
        read
    }

    /// The methods of an item of `paths`.
    fn methods(
        &mut self,
        path: &str,
        item: &'a Value,
        at: &str,
        servers: &Servers,
        found: &mut Vec<(&'a Value, &'a Value, Endpoint)>,
    ) {
        let (item, at) = self.follow_reference(item, at, "document/paths");
        let near = self.own_servers(item);
        for (key, operation, pointer) in self.entries(item, &at) {
            let is_method = METHODS.contains(&key.as_str());
            if !is_method || !operation.is_object() {
                if !is_method && !ITEM_WORDS.contains(&key.as_str()) && !key.starts_with("x-") {
                    self.leave_out(&format!("`{key}` of a path"), &pointer);
                }
                continue;
            }
            let own = self.own_servers(operation).or_else(|| near.clone());
            let prefix = own.as_ref().unwrap_or(servers).prefix();
            found.push((
                item,
                operation,
                Endpoint {
                    operation: operation.get("x-operation").and_then(Value::as_str).map(str::to_owned),
                    method: key.to_ascii_uppercase(),
                    path: format!("{prefix}{path}"),
                    bare: path.to_owned(),
                    servers: own.map(|own| own.addresses),
                    deprecated: operation.get("deprecated") == Some(&Value::Bool(true)),
                    pointer,
                    ..Endpoint::default()
                },
            ));
        }
    }

    fn endpoint(&mut self, item: &'a Value, operation: &'a Value, endpoint: Endpoint) -> Endpoint {
        let mut endpoint = endpoint;
        let name = endpoint.name();
        self.operation.clone_from(&name);
        for (key, _, at) in self.entries(operation, &endpoint.pointer) {
            if !OPERATION_WORDS.contains(&key.as_str()) && !key.starts_with("x-") {
                self.leave_out(&format!("`{key}` of an operation"), &at);
            }
        }
        endpoint.security = self.security(operation, &endpoint.pointer);
        self.parameters(item, operation, &mut endpoint);
        if let Some(body) = operation.get("requestBody") {
            let at = format!("{}/requestBody", endpoint.pointer);
            let fixed = operation.get("x-model").and_then(Value::as_str);
            endpoint.requests = self.requests(body, &at, &format!("{name}.request"), fixed);
        }
        endpoint.replies = self.replies(operation, &endpoint.pointer, &name);
        let models: Vec<String> =
            endpoint.requests.keys().filter(|model| !model.is_empty()).cloned().collect();
        self.check_samples(operation, &endpoint.pointer, &endpoint.bare, &models);
        self.operation.clear();
        endpoint
    }
}

/// Gives the operations our names, as far as their form says what they are.
///
/// A name that several operations with different bodies could have is given to none of them.
fn name(found: &mut [(&Value, &Value, Endpoint)], root: &Value) {
    let guesses: Vec<Option<Operation>> =
        found.iter().map(|(item, operation, endpoint)| guess(item, operation, endpoint, root)).collect();
    // Other paths to the same thing end alike; what ends otherwise is about something else.
    let last =
        |path: &str| path.split('/').rfind(|part| !part.starts_with('{')).unwrap_or_default().to_owned();
    let key = |(_, operation, endpoint): &(&Value, &Value, Endpoint)| {
        last(&endpoint.path) + " " + &describe_operation(operation)
    };
    let keys: Vec<String> = found.iter().map(key).collect();
    let mut by_word: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (word, key) in guesses.iter().zip(&keys) {
        if let Some(word) = word {
            by_word.entry(word.as_str()).or_default().insert(key);
        }
    }
    for (word, (_, _, endpoint)) in guesses.iter().zip(found.iter_mut()) {
        let Some(word) = word.filter(|_| endpoint.operation.is_none()) else { continue };
        if by_word.get(word.as_str()).is_some_and(|keys| keys.len() == 1) {
            endpoint.operation = Some(word.to_string());
        }
    }
}

/// What an operation is, by its form: a POST with a body submits, a GET by an id polls.
fn guess(item: &Value, operation: &Value, endpoint: &Endpoint, root: &Value) -> Option<Operation> {
    let last = endpoint.path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let parameters =
        [item, operation].into_iter().filter_map(|holder| holder.get("parameters")?.as_array()).flatten();
    let by_id = endpoint.path.contains("id}")
        || parameters
            .filter_map(|held| {
                let held = held
                    .get("$ref")
                    .and_then(Value::as_str)
                    .and_then(|at| root.pointer(at.strip_prefix('#')?))
                    .unwrap_or(held);
                held.get("name")?.as_str()
            })
            .any(|name| name.to_ascii_lowercase().ends_with("id"));
    match endpoint.method.as_str() {
        "POST" if operation.get("requestBody").is_some() => Some(Operation::Submit),
        "GET" if last == "models" => Some(Operation::Models),
        "GET" if last == "deprecations" || last == "deprecated" => Some(Operation::Deprecations),
        "GET" if last.starts_with("balance") || last.starts_with("billing") => Some(Operation::Balance),
        "GET" if by_id && !endpoint.path.contains("model") => Some(Operation::Poll),
        "DELETE" if by_id => Some(Operation::Cancel),
        _ => None,
    }
}

/// What tells one operation from another that does something else: its models, or else its body and answers.
fn describe_operation(operation: &Value) -> String {
    let body = operation.get("requestBody");
    let content = body.and_then(|body| body.get("content")).and_then(Value::as_object);
    let schema = content.and_then(|content| content.values().next()).and_then(|media| media.get("schema"));
    let model =
        schema.and_then(|schema| schema.pointer("/properties/model/enum").or_else(|| schema.get("$ref")));
    match (model, body) {
        (Some(model), _) => model.to_string(),
        (None, Some(body)) => body.to_string(),
        (None, None) => operation.get("responses").map(Value::to_string).unwrap_or_default(),
    }
}
