//! Views of a contract in OpenAPI: the documented one, and the enforced one.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::contract::check::image::{ImageRules, Transport};
use crate::contract::check::normalise::normalised;
use crate::contract::check::rules::{Checker, kind_of};
use crate::contract::check::schema::documented;
use crate::contract::model::operation::Route;
use crate::contract::model::source::Cited;
use crate::contract::model::{Contract, Model};
use crate::contract::views::examples::{complete_for, minimal_for, settled};
use crate::operation::Operation;

/// What of a contract is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// What the documentation states.
    Documented,
    /// What is served, as far as we know.
    Enforced,
}

impl View {
    /// The word in documents and messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Enforced => "enforced",
        }
    }
}

/// A contract in one view.
pub(super) struct ViewedContract<'a> {
    pub(super) contract: &'a Contract,
    pub(super) view: View,
}

impl ViewedContract<'_> {
    /// Whether a fact with these sources belongs to the view.
    pub(super) fn has(&self, cited: &Cited) -> bool {
        match self.view {
            View::Documented => cited.is_documented(&self.contract.sources),
            View::Enforced => true,
        }
    }

    /// Whether a path belongs to the view: what is served is what no option switches off by default.
    pub(super) fn has_route(&self, route: &Route) -> bool {
        let option = route.option.as_ref().and_then(|name| self.contract.options.get(name));
        match self.view {
            View::Documented => self.has(&route.source),
            View::Enforced => option.is_none_or(|fact| fact.default != "off"),
        }
    }

    /// A schema as the view states it.
    pub(super) fn schema(&self, schema: &Value) -> Value {
        let view = match self.view {
            View::Documented => documented(&self.stated(schema, true).unwrap_or_else(|| json!({}))),
            View::Enforced => schema.clone(),
        };
        published(&view)
    }

    /// The part of a schema that rests on documentation, if there is one; `above` says whether what is around it does.
    fn stated(&self, schema: &Value, above: bool) -> Option<Value> {
        let Value::Object(members) = schema else { return above.then(|| schema.clone()) };
        let own = members.get("x-source").and_then(|held| Cited::deserialize(held).ok());
        let rests = own.map_or(above, |cited| cited.is_documented(&self.contract.sources));
        let mut kept = Map::new();
        for (keyword, value) in members {
            match (keyword.as_str(), value) {
                ("properties", Value::Object(properties)) => {
                    let stated = properties
                        .iter()
                        .filter_map(|(name, property)| Some((name.clone(), self.stated(property, rests)?)));
                    kept.insert(keyword.clone(), stated.collect::<Map<_, _>>().into());
                }
                ("items", _) => {
                    kept.extend(self.stated(value, rests).map(|stated| (keyword.clone(), stated)));
                }
                _ => {
                    kept.insert(keyword.clone(), value.clone());
                }
            }
        }
        let inner = |key: &str| kept.get(key).and_then(Value::as_object).is_some_and(|held| !held.is_empty());
        if !rests && !inner("properties") && !inner("items") {
            return None;
        }
        if let (Some(Value::Object(declared)), Some(Value::Array(required))) =
            (members.get("properties"), members.get("required"))
        {
            let stated = kept.get("properties").and_then(Value::as_object);
            let still = |name: &&Value| {
                let name = name.as_str().unwrap_or_default();
                rests && (!declared.contains_key(name) || stated.is_some_and(|held| held.contains_key(name)))
            };
            kept.insert("required".to_owned(), required.iter().filter(still).cloned().collect());
        }
        Some(Value::Object(kept))
    }
}

/// A schema as other programs expect it: URLs have a format, arrays have `items`, listed values of several types
/// are listed by type, and a default that breaks its own schema is set aside.
pub(super) fn published(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let mut shown: Map<String, Value> = Map::new();
            for (key, value) in members {
                let value = match (key.as_str(), value) {
                    ("properties", Value::Object(properties)) => properties
                        .iter()
                        .map(|(name, property)| (name.clone(), published(property)))
                        .collect(),
                    ("items" | "additionalProperties" | "allOf" | "anyOf" | "oneOf" | "not", _) => {
                        published(value)
                    }
                    _ => value.clone(),
                };
                shown.insert(key.clone(), value);
            }
            if shown.get("x-url") == Some(&Value::Bool(true)) {
                shown.entry("format").or_insert_with(|| "uri".into());
            }
            if let Some(default) = shown.get("default") {
                let sound = Checker::new(schema.clone()).is_ok_and(|checker| checker.accepts(default));
                if let Some(default) = (!sound).then(|| shown.shift_remove("default")).flatten() {
                    shown.insert("x-default".to_owned(), default);
                }
            }
            if takes_type(&shown, "array") && !shown.contains_key("items") {
                shown.insert("items".to_owned(), json!({}));
            }
            split_enum(&mut shown);
            demand_text(&mut shown);
            Value::Object(shown)
        }
        Value::Array(items) => items.iter().map(published).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => schema.clone(),
    }
}

/// A model's schema for a form in which images may be files; `None` where no form is taken or none may be one.
///
/// It is another schema than that for JSON, with a title of its own: generators choose the encoding of a body by the
/// class that they make of its schema.
pub(super) fn form(viewed: &ViewedContract<'_>, model: &Model, schema: &Value) -> Option<Value> {
    let submit = viewed.contract.operations.get(&Operation::Submit)?;
    submit.media_types.iter().find(|media_type| media_type.starts_with("multipart/"))?;
    let mut form = schema.clone();
    let mut files = false;
    for (_, member) in form.get_mut("properties")?.as_object_mut()?.iter_mut() {
        let rules = member.get("x-image").and_then(|rules| ImageRules::deserialize(rules).ok());
        let Some(rules) = rules.filter(|rules| rules.transports.contains(&Transport::Part)) else { continue };
        let Value::Object(members) = member else { continue };
        let mut ways = vec![json!({"type": "string", "format": "binary", "description": "The file itself"})];
        if rules.transports.iter().any(|way| *way != Transport::Part) {
            ways.push(json!({"type": "string", "description": "The address of one"}));
        }
        members.shift_remove("type");
        members.insert("anyOf".to_owned(), ways.into());
        files = true;
    }
    form["title"] = format!("{}, as a form", model.title).into();
    files.then_some(form)
}

/// Whether a schema names a type, alone or among others.
fn takes_type(schema: &Map<String, Value>, name: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(only)) => only == name,
        Some(Value::Array(several)) => several.iter().any(|one| one == name),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => false,
    }
}

/// Says of every required text that counts as absent when it is empty that it must not be empty.
fn demand_text(shown: &mut Map<String, Value>) {
    let required = shown.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let Some(Value::Object(members)) = shown.get_mut("properties") else { return };
    for (_, member) in members.iter_mut().filter(|(name, _)| required.iter().any(|held| held == *name)) {
        let empty_is_absent = member.get("x-empty").and_then(Value::as_str) == Some("absent");
        if let Value::Object(member) = member
            && empty_is_absent
            && takes_type(member, "string")
        {
            member.entry("minLength").or_insert_with(|| 1.into());
        }
    }
}

/// Turns listed values of several types into one list for each type: generators make an enum of a language from a
/// list, and give up where one language type cannot have all of its values.
fn split_enum(shown: &mut Map<String, Value>) {
    let Some(Value::Array(listed)) = shown.get("enum") else { return };
    let whole = listed.iter().filter(|value| value.is_number()).all(|value| value.is_i64() || value.is_u64());
    let mut lists: Vec<(&str, Vec<Value>)> = Vec::new();
    for value in listed {
        let kind = match value {
            Value::Number(_) if whole => "integer",
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => kind_of(value),
        };
        match lists.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, values)) => values.push(value.clone()),
            None => lists.push((kind, vec![value.clone()])),
        }
    }
    if lists.len() < 2 {
        return;
    }
    // The plainest reading of a schema is its first branch, and the plainest value its default.
    let default = shown.get("default");
    lists.sort_by_key(|(_, values)| default.is_none_or(|default| !values.contains(default)));
    let branches: Vec<Value> =
        lists.into_iter().map(|(kind, values)| json!({"type": kind, "enum": values})).collect();
    shown.shift_remove("enum");
    shown.shift_remove("type");
    if shown.contains_key("anyOf") {
        let all = shown.entry("allOf").or_insert_with(|| json!([]));
        if let Value::Array(all) = all {
            all.push(json!({ "anyOf": branches }));
        }
    } else {
        shown.insert("anyOf".to_owned(), branches.into());
    }
}

/// The plainest bodies that keep a model's schema as one side states it: with little and with much in them.
pub(super) fn examples(model: &Model, schema: &Value) -> Map<String, Value> {
    let mut examples = Map::new();
    let (Ok(checker), Ok(enforced)) = (Checker::new(schema.clone()), Checker::new(model.request.clone()))
    else {
        return examples;
    };
    // What a documentation calls optional may be enforced all the same; an example is for sending.
    let serves =
        |body: &Value| checker.accepts(body) && enforced.accepts(&normalised(&model.request, body.clone()));
    let stated = minimal_for(schema, &[]);
    let few = if serves(&stated) { stated } else { minimal_for(&model.request, &[]) };
    let many = settled(model, complete_for(schema, &[]));
    let named = [("minimal", &few)].into_iter().chain((many != few).then_some(("full", &many)));
    for (name, body) in named {
        if serves(body) {
            let summary = format!("{}, {name}", model.title);
            let name = format!("{}.{name}", super::key(&model.id));
            examples.insert(name, json!({"summary": summary, "value": body}));
        }
    }
    examples
}
