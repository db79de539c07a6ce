//! Parameters of the query, of the path and among the headers.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::reader::Reader;
use crate::kind::Kind;
use crate::surface::{Endpoint, MemberForm, Node, Type};
use mockreel_contracts::contract::check::schema::escape;

/// Headers that OpenAPI does not let a parameter describe.
const NO_PARAMETERS: [&str; 3] = ["accept", "content-type", "authorization"];

impl<'a> Reader<'a> {
    /// The parameters of the query, of the path and among the headers, each as an object.
    pub(super) fn parameters(&mut self, item: &'a Value, operation: &'a Value, endpoint: &mut Endpoint) {
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
        let content = self.content(parameter, at);
        let schema = parameter.get("schema").map(|schema| (schema, format!("{at}/schema")));
        let by_content = schema.is_none() && content.main.is_some();
        let mut node = match schema.or(content.main) {
            Some((schema, at)) => self.node(schema, &at, &place),
            None => Node { pointer: at.to_owned(), ..Node::default() },
        };
        node.style = if by_content {
            Some(content.media_types.join(", "))
        } else {
            style_of(parameter, &within, &node)
        };
        if parameter.get("allowReserved") == Some(&Value::Bool(true)) {
            node.style =
                Some(format!("{} with reserved letters", node.style.unwrap_or_default()).trim().to_owned());
        }
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
        // A parameter of a path is always there, whatever the document says.
        let required = required || word == "path";
        holder.members.insert(key, MemberForm { required, node: Arc::new(node) });
    }
}

/// How a list or an object is written where a parameter stands; absent for values that are written in one way.
fn style_of(parameter: &Value, within: &str, node: &Node) -> Option<String> {
    let is_plain = !node.types.is_empty()
        && !node.types.contains(&Type::Array)
        && !node.types.contains(&Type::Object)
        && node.links.is_empty();
    let usual = match within {
        "query" | "cookie" => "form",
        _ => "simple",
    };
    let style = parameter.get("style").and_then(Value::as_str).unwrap_or(usual);
    if is_plain || (node.types.is_empty() && style == usual && parameter.get("explode").is_none()) {
        // Of one value only these styles write more than the value.
        return ["label", "matrix"].contains(&style).then(|| style.to_owned());
    }
    let explode = parameter.get("explode").and_then(Value::as_bool).unwrap_or(style == "form");
    // An object in this style is always taken apart.
    if style == "deepObject" {
        return Some(style.to_owned());
    }
    let lists_only = node.types.len() == 1 && node.types.contains(&Type::Array);
    // The simple style writes lists alike with and without.
    if style == "simple" && lists_only {
        return Some(style.to_owned());
    }
    Some(if explode { format!("{style}, each by itself") } else { style.to_owned() })
}
