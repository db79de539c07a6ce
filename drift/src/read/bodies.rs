//! Bodies: what is sent for each model, and what is answered with each status.

use std::collections::BTreeMap;
use std::sync::Arc;

use mockreel_contracts::Role;
use mockreel_contracts::contract::check::schema::escape;
use serde_json::Value;

use super::keywords::read_discriminator;
use super::reader::Reader;
use crate::form::either;
use crate::kind::Kind;
use crate::surface::{BodyForm, Discriminator, MemberForm, Node, Type};

/// So many alternatives of a body are told apart; more are taken as one.
const MAX_ALTERNATIVES: usize = 500;

/// The content types of a body.
#[derive(Default)]
pub(super) struct Content<'a> {
    /// All of them, sorted.
    pub(super) media_types: Vec<String>,
    /// The schema of the one that is compared first, with its pointer.
    pub(super) main: Option<(&'a Value, String)>,
    /// That content type.
    chosen: String,
    /// How its parts are written, by the name of the member.
    encoding: Option<&'a Value>,
    /// The schemas of the others.
    others: Vec<(String, &'a Value, String)>,
}

impl Content<'_> {
    /// Whether the form only says that the body is a file, as its content type does.
    fn is_file(&self, node: &Node) -> bool {
        let is_json = self.chosen.contains("json") || self.chosen.contains("form");
        let text = node.types.len() == 1 && node.types.contains(&Type::String);
        !is_json && text && node.format.as_deref() == Some("binary") && node.limits.is_empty()
    }
}

impl<'a> Reader<'a> {
    /// A body, for each model that it names. `fixed` is the model that the path stands for.
    pub(super) fn requests(
        &mut self,
        body: &'a Value,
        pointer: &str,
        place: &str,
        fixed: Option<&str>,
    ) -> BTreeMap<String, BodyForm> {
        let (body, at) = self.follow_reference(body, pointer, place);
        let content = self.content(body, &at);
        let must = body.get("required") == Some(&Value::Bool(true));
        let others = self.other_forms(&content, place);
        let whole = |node: Option<Node>| BodyForm {
            media_types: content.media_types.clone(),
            node,
            others: others.clone(),
            required: must,
            pointer: at.clone(),
            ..BodyForm::default()
        };
        let Some((schema, at)) = content.main.clone() else {
            return BTreeMap::from([(fixed.unwrap_or_default().to_owned(), whole(None))]);
        };
        let mut alternatives = Vec::new();
        self.alternatives(schema, at.clone(), place, &mut alternatives, 0);
        let mut by_model: BTreeMap<String, Vec<Arc<Node>>> = BTreeMap::new();
        for (part, at) in alternatives {
            let mut node = self.node(part, &at, place);
            encode(&mut node, content.encoding);
            let mut listed: Vec<String> =
                match node.members.get(Role::Model.as_str()).and_then(|member| member.node.values.clone()) {
                    Some(values) if self.tells_models_apart => {
                        values.iter().filter_map(Value::as_str).map(str::to_owned).collect()
                    }
                    _ => Vec::new(),
                };
            if listed.is_empty() {
                listed.push(fixed.unwrap_or_default().to_owned());
            }
            for model in listed {
                let mut node = node.clone();
                if !model.is_empty()
                    && let Some(member) = node.members.get_mut(Role::Model.as_str())
                {
                    // Which models there are is compared by itself.
                    Arc::make_mut(&mut member.node).values = None;
                }
                by_model.entry(model).or_default().push(Arc::new(node));
            }
        }
        let told = read_discriminator(self.follow_reference(schema, &at, place).0);
        // Which models there are is compared by itself; then their names tell nothing else.
        let names_models = |told: &Discriminator| told.property == Role::Model.as_str();
        let discriminator = told.filter(|told| !(self.tells_models_apart && names_models(told)));
        let mut merged = BTreeMap::new();
        for (model, nodes) in by_model {
            let node = either(&mut self.forms, nodes).map(|node| Node::clone(&node));
            let mut node = node.filter(|node| !content.is_file(node));
            if let Some(node) = node.as_mut().filter(|node| node.discriminator.is_none()) {
                node.discriminator.clone_from(&discriminator);
            }
            merged.insert(model, whole(node));
        }
        merged
    }

    /// The forms under content types after the first that is JSON, where they differ from its form.
    fn other_forms(&mut self, content: &Content<'a>, place: &str) -> BTreeMap<String, Node> {
        let mut forms = BTreeMap::new();
        for (media, schema, at) in &content.others {
            if content.main.as_ref().is_some_and(|(main, _)| main == schema) {
                continue;
            }
            let node = self.node(schema, at, &format!("{place} ({media})"));
            if !node.is_silent() {
                forms.insert(media.clone(), node);
            }
        }
        forms
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
    pub(super) fn content(&mut self, holder: &'a Value, pointer: &str) -> Content<'a> {
        let mut found = Content::default();
        let Some(content) = holder.get("content") else { return found };
        if !content.is_object() {
            let place = format!("{}.content", self.operation);
            self.defect(Kind::DefectDocument, &place, pointer, "`content` is no object");
        }
        let mut entries: Vec<(String, &'a Value, String)> = self
            .entries(content, &format!("{pointer}/content"))
            .into_iter()
            .map(|(name, media, at)| {
                (name.split(';').next().unwrap_or_default().trim().to_ascii_lowercase(), media, at)
            })
            .collect();
        // The order in which a document lists them says nothing.
        entries.sort_by(|one, other| one.0.cmp(&other.0));
        found.media_types = entries.iter().map(|(name, ..)| name.clone()).collect();
        found.media_types.dedup();
        let first = entries.iter().position(|(name, ..)| name.contains("json")).unwrap_or(0);
        for (index, (name, media, at)) in entries.into_iter().enumerate() {
            for (key, _, at) in self.entries(media, &at) {
                let is_known = ["schema", "example", "examples", "encoding"].contains(&key.as_str());
                if !is_known && !key.starts_with("x-") {
                    self.leave_out(&format!("`{key}` of a content type"), &at);
                }
            }
            let schema = media.get("schema").map(|schema| (schema, format!("{at}/schema")));
            if index == first {
                (found.main, found.chosen) = (schema, name);
                found.encoding = media.get("encoding");
            } else if let Some((schema, at)) = schema {
                if media.get("encoding").is_some() {
                    self.leave_out("`encoding` of another content type", &at);
                }
                found.others.push((name, schema, at));
            }
        }
        found
    }

    pub(super) fn replies(
        &mut self,
        operation: &'a Value,
        pointer: &str,
        name: &str,
    ) -> BTreeMap<String, BodyForm> {
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
            let content = self.content(response, &at);
            let node = content.main.clone().map(|(schema, at)| self.node(schema, &at, &place));
            let node = node.filter(|node| !node.is_silent() && !content.is_file(node));
            let others = self.other_forms(&content, &place);
            if let Some(links) = response.get("links") {
                for (_, _, at) in self.entries(links, &format!("{at}/links")) {
                    self.leave_out("link of an answer", &at);
                }
            }
            let headers = self.reply_headers(response, &at, &format!("{name}.reply-header/{status}"));
            replies.insert(
                status.to_ascii_uppercase(),
                BodyForm {
                    media_types: content.media_types,
                    node,
                    others,
                    headers,
                    required: true,
                    pointer: at,
                    ..BodyForm::default()
                },
            );
        }
        replies
    }

    /// The headers of an answer, as the members of an object.
    fn reply_headers(&mut self, response: &'a Value, pointer: &str, place: &str) -> Node {
        let at = format!("{pointer}/headers");
        let mut headers = Node { pointer: at.clone(), ..Node::default() };
        headers.types.insert(Type::Object);
        let Some(listed) = response.get("headers") else { return headers };
        for (name, header, at) in self.entries(listed, &at) {
            let (header, at) = self.follow_reference(header, &at, place);
            // By the standard the content type stands elsewhere.
            let lower = name.to_ascii_lowercase();
            if lower == "content-type" {
                continue;
            }
            let content = self.content(header, &at);
            let schema = header.get("schema").map(|schema| (schema, format!("{at}/schema")));
            let mut node = match schema.or(content.main) {
                Some((schema, at)) => self.node(schema, &at, &format!("{place}/{}", escape(&lower))),
                None => Node { pointer: at, ..Node::default() },
            };
            let is_true = |key: &str| header.get(key) == Some(&Value::Bool(true));
            node.deprecated |= is_true("deprecated");
            if let Some(words) = header.get("description").and_then(Value::as_str) {
                node.text = words.to_owned();
            }
            headers.members.insert(lower, MemberForm { required: is_true("required"), node: Arc::new(node) });
        }
        headers
    }
}

/// Notes how the parts of a body are written.
fn encode(node: &mut Node, encoding: Option<&Value>) {
    for (name, told) in encoding.and_then(Value::as_object).into_iter().flatten() {
        if let Some(member) = node.members.get_mut(name) {
            let text = told.get("contentType").and_then(Value::as_str).map(str::to_ascii_lowercase);
            let mut parts: Vec<String> = text.into_iter().collect();
            for key in ["style", "explode", "allowReserved", "headers"] {
                parts.extend(told.get(key).map(|value| format!("{key} {value}")));
            }
            if !parts.is_empty() {
                Arc::make_mut(&mut member.node).style = Some(parts.join(", "));
            }
        }
    }
}
