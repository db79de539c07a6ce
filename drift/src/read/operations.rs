//! Paths, methods, parameters, bodies and answers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::merge::either;
use super::reader::Reader;
use crate::kind::Kind;
use crate::surface::{BodyForm, Endpoint, MemberForm, Node, Security, Type};
use mockreel_contracts::Operation;
use mockreel_contracts::contract::check::schema::escape;

/// The methods that an item of `paths` may have.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "patch", "head", "options", "trace"];

/// So many alternatives of a body are told apart; more are taken as one.
const MAX_ALTERNATIVES: usize = 500;

/// Headers that OpenAPI does not let a parameter describe.
const NO_PARAMETERS: [&str; 3] = ["accept", "content-type", "authorization"];

impl<'a> Reader<'a> {
    /// Every method on every path. `prefix` is the path of the server.
    pub(super) fn endpoints(&mut self, prefix: &str) -> Vec<Endpoint> {
        let root = self.root;
        let Some(paths) = root.get("paths") else { return Vec::new() };
        let mut found: Vec<(&'a Value, &'a Value, Endpoint)> = Vec::new();
        for (path, item, at) in self.entries(paths, "/paths") {
            let (item, at) = self.follow_reference(item, &at, "document/paths");
            for (key, operation, pointer) in self.entries(item, &at) {
                if !METHODS.contains(&key.as_str()) || !operation.is_object() {
                    continue;
                }
                let endpoint = Endpoint {
                    operation: operation.get("x-operation").and_then(Value::as_str).map(str::to_owned),
                    method: key.to_ascii_uppercase(),
                    path: format!("{prefix}{path}"),
                    pointer,
                    ..Endpoint::default()
                };
                found.push((item, operation, endpoint));
            }
        }
        name(&mut found, root);
        found
            .into_iter()
            .map(|(item, operation, endpoint)| self.endpoint(item, operation, endpoint, prefix))
            .collect()
    }

    fn endpoint(
        &mut self,
        item: &'a Value,
        operation: &'a Value,
        endpoint: Endpoint,
        prefix: &str,
    ) -> Endpoint {
        let mut endpoint = endpoint;
        let name = endpoint.name();
        self.operation.clone_from(&name);
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
        let bare = endpoint.path.strip_prefix(prefix).unwrap_or(&endpoint.path).to_owned();
        self.check_samples(operation, &endpoint.pointer, &bare, &models);
        self.operation.clear();
        endpoint
    }

    fn security(&mut self, operation: &'a Value, pointer: &str) -> Security {
        let declared = self.root.pointer("/components/securitySchemes").and_then(Value::as_object);
        for (name, scheme) in declared.into_iter().flatten() {
            let known = ["apiKey", "http", "oauth2", "openIdConnect", "mutualTLS"];
            if !scheme.get("type").and_then(Value::as_str).is_some_and(|word| known.contains(&word)) {
                let pointer = format!("/components/securitySchemes/{}", escape(name));
                self.defect(
                    Kind::DefectSecurity,
                    "security/schemes",
                    &pointer,
                    "a credential is declared without a known `type`",
                );
            }
        }
        let all: BTreeSet<String> =
            declared.into_iter().flatten().map(|(name, scheme)| scheme_name(name, scheme)).collect();
        let demanded =
            operation.get("security").or_else(|| self.root.get("security")).and_then(Value::as_array);
        let Some(demanded) = demanded else {
            return if all.is_empty() { Security::None } else { Security::Declared(all) };
        };
        let mut named = BTreeSet::new();
        for alternative in demanded.iter().filter_map(Value::as_object) {
            // An alternative without any scheme makes the others voluntary.
            if alternative.is_empty() {
                return Security::None;
            }
            let mut together = BTreeSet::new();
            for scheme in alternative.keys() {
                match declared.and_then(|declared| declared.get(scheme)) {
                    Some(fact) => {
                        together.insert(scheme_name(scheme, fact));
                    }
                    None => {
                        let place = format!("{}.security", self.operation);
                        let why = "a credential is demanded that is not declared";
                        self.defect(Kind::DefectSecurity, &place, pointer, why);
                        together.insert(scheme.clone());
                    }
                }
            }
            named.insert(together.into_iter().collect::<Vec<String>>().join(" and "));
        }
        if named.is_empty() { Security::None } else { Security::Demanded(named) }
    }

    /// The parameters of the query, of the path and among the headers, each as an object.
    fn parameters(&mut self, item: &'a Value, operation: &'a Value, endpoint: &mut Endpoint) {
        let empty = Node {
            pointer: format!("{}/parameters", endpoint.pointer),
            types: BTreeSet::from([Type::Object]),
            ..Node::default()
        };
        (endpoint.query, endpoint.headers, endpoint.segments) = (empty.clone(), empty.clone(), empty);
        let outer = endpoint.pointer.rsplit_once('/').map_or("", |(outer, _)| outer).to_owned();
        for (holder, at) in [(item, outer), (operation, endpoint.pointer.clone())] {
            let Some(Value::Array(listed)) = holder.get("parameters") else { continue };
            for (index, parameter) in listed.iter().enumerate() {
                let place = format!("{}.query", self.operation);
                let (parameter, at) =
                    self.follow_reference(parameter, &format!("{at}/parameters/{index}"), &place);
                self.parameter(parameter, &at, endpoint);
            }
        }
    }

    fn parameter(&mut self, parameter: &'a Value, at: &str, endpoint: &mut Endpoint) {
        let text = |key: &str| parameter.get(key).and_then(Value::as_str).unwrap_or_default();
        let (name, within) = (text("name").to_owned(), text("in").to_owned());
        // What a place in a path is called is no part of what is asked; where it stands is.
        let position = endpoint
            .path
            .split('/')
            .filter(|part| part.contains('{'))
            .position(|part| part.contains(&format!("{{{name}}}")));
        if within == "path" && position.is_none() {
            let place = format!("{}.path/{}", self.operation, escape(&name));
            self.defect(Kind::DefectParameter, &place, at, "the path has no place for this parameter");
        }
        let lower = name.to_ascii_lowercase();
        let (word, key) = match (within.as_str(), position) {
            ("query", _) => ("query", name.clone()),
            ("path", Some(position)) => ("path", (position + 1).to_string()),
            ("header", _) if !NO_PARAMETERS.contains(&lower.as_str()) => ("header", lower),
            ("cookie", _) => ("header", format!("cookie {name}")),
            _ => return,
        };
        if name.is_empty() {
            return;
        }
        let place = format!("{}.{word}/{}", self.operation, escape(&key));
        let required = parameter.get("required") == Some(&Value::Bool(true));
        let (_, content) = self.content(parameter, at);
        let schema = parameter.get("schema").map(|schema| (schema, format!("{at}/schema")));
        let mut node = match schema.or(content) {
            Some((schema, at)) => self.node(schema, &at, &place),
            None => Node { pointer: at.to_owned(), ..Node::default() },
        };
        let serialised = parameter.get("style").is_some() || parameter.get("content").is_some();
        if within == "query" && node.types.contains(&Type::Object) && !serialised {
            self.defect(Kind::DefectParameter, &place, at, "an object cannot be a parameter of the query");
        }
        node.deprecated |= parameter.get("deprecated") == Some(&Value::Bool(true));
        if let Some(words) = parameter.get("description").and_then(Value::as_str) {
            node.text = words.to_owned();
        }
        let holder = match word {
            "query" => &mut endpoint.query,
            "path" => &mut endpoint.segments,
            _ => &mut endpoint.headers,
        };
        holder.members.insert(key, MemberForm { required, node });
    }

    /// A body, for each model that it names. `fixed` is the model that the path stands for.
    fn requests(
        &mut self,
        body: &'a Value,
        pointer: &str,
        place: &str,
        fixed: Option<&str>,
    ) -> BTreeMap<String, BodyForm> {
        let (body, at) = self.follow_reference(body, pointer, place);
        let (media_types, schema) = self.content(body, &at);
        let must = body.get("required") == Some(&Value::Bool(true));
        let whole = |node: Option<Node>, media_types: Vec<String>| BodyForm {
            media_types,
            node,
            required: must,
            pointer: at.clone(),
            file: None,
        };
        let Some((schema, at)) = schema else {
            return BTreeMap::from([(fixed.unwrap_or_default().to_owned(), whole(None, media_types))]);
        };
        let mut alternatives = Vec::new();
        self.alternatives(schema, at, place, &mut alternatives, 0);
        let mut by_model: BTreeMap<String, Vec<Node>> = BTreeMap::new();
        for (part, at) in alternatives {
            let node = self.node(part, &at, place);
            let mut listed: Vec<String> =
                match node.members.get("model").and_then(|member| member.node.values.clone()) {
                    Some(values) => values.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
                    None => Vec::new(),
                };
            if listed.is_empty() {
                listed.push(fixed.unwrap_or_default().to_owned());
            }
            for model in listed {
                let mut node = node.clone();
                if !model.is_empty()
                    && let Some(member) = node.members.get_mut("model")
                {
                    // Which models there are is compared by itself.
                    member.node.values = None;
                }
                by_model.entry(model).or_default().push(node);
            }
        }
        let merged =
            by_model.into_iter().map(|(model, nodes)| (model, whole(either(nodes), media_types.clone())));
        merged.collect()
    }

    /// The alternatives of a body, each with its pointer: the whole, unless it is nothing but a choice.
    fn alternatives(
        &mut self,
        schema: &'a Value,
        pointer: String,
        place: &str,
        found: &mut Vec<(&'a Value, String)>,
        depth: usize,
    ) {
        let (target, at) = self.follow_reference(schema, &pointer, place);
        let choice = ["oneOf", "anyOf"].into_iter().find_map(|key| Some((key, target.get(key)?.as_array()?)));
        match choice {
            Some((key, parts))
                if target.get("properties").is_none() && depth < 8 && found.len() < MAX_ALTERNATIVES =>
            {
                for (index, part) in parts.iter().take(MAX_ALTERNATIVES).enumerate() {
                    if found.len() >= MAX_ALTERNATIVES {
                        self.defect(
                            Kind::DefectSize,
                            place,
                            &at,
                            "more alternatives than are told apart; the rest is left out",
                        );
                        break;
                    }
                    self.alternatives(part, format!("{at}/{key}/{index}"), place, found, depth + 1);
                }
            }
            _ => found.push((schema, pointer)),
        }
    }

    /// The content types, and the schema of JSON, or of the first where there is no JSON.
    fn content(&mut self, holder: &'a Value, pointer: &str) -> (Vec<String>, Option<(&'a Value, String)>) {
        let Some(content) = holder.get("content") else { return (Vec::new(), None) };
        if !content.is_object() {
            let place = format!("{}.content", self.operation);
            self.defect(Kind::DefectDocument, &place, pointer, "`content` is no object");
        }
        let entries = self.entries(content, &format!("{pointer}/content"));
        let mut types: Vec<String> = entries
            .iter()
            .map(|(name, ..)| name.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
            .collect();
        types.sort();
        let chosen = entries.iter().find(|(name, ..)| name.contains("json")).or_else(|| entries.first());
        let schema = chosen.and_then(|(_, media, at)| Some((media.get("schema")?, format!("{at}/schema"))));
        (types, schema)
    }

    fn replies(&mut self, operation: &'a Value, pointer: &str, name: &str) -> BTreeMap<String, BodyForm> {
        let Some(Value::Object(responses)) = operation.get("responses") else {
            let place = format!("{name}.reply");
            self.defect(Kind::DefectDocument, &place, pointer, "there is no `responses`");
            return BTreeMap::new();
        };
        let mut replies = BTreeMap::new();
        for (status, response) in responses.iter().filter(|(status, _)| !status.starts_with("x-")) {
            let place = format!("{name}.reply/{status}");
            let at = format!("{pointer}/responses/{status}");
            let (response, at) = self.follow_reference(response, &at, &place);
            if response.get("description").and_then(Value::as_str).is_none() {
                self.defect(Kind::DefectResponse, &place, &at, "the response has no `description`");
            }
            let (media_types, schema) = self.content(response, &at);
            let node = schema.map(|(schema, at)| self.node(schema, &at, &place));
            let node = node.filter(|node| !node.is_silent());
            replies.insert(
                status.to_ascii_uppercase(),
                BodyForm { media_types, node, required: true, pointer: at, file: None },
            );
        }
        replies
    }
}

/// A scheme by what it asks for, so that another name for the same is no change.
fn scheme_name(name: &str, scheme: &Value) -> String {
    let text = |key: &str| scheme.get(key).and_then(Value::as_str).unwrap_or_default();
    match text("type") {
        "http" => format!("http {}", text("scheme").to_ascii_lowercase()),
        "apiKey" => format!("{} {}", text("in"), text("name")),
        "" => name.to_owned(),
        other => other.to_owned(),
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
