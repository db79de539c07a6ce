//! The form of a body, member by member.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mockreel_contracts::contract::check::schema::escape;
use mockreel_drift::surface::{MemberForm, Node, Type, sort_values};
use serde_json::{Value, json};

use super::values::{ADDRESS, foreign, good, items, long, of_type};
use super::{Send, image};
use crate::profile::{Ask, Profile};
use mockreel_evidence::exchange::WireError;

const TYPES: [Type; 6] =
    [Type::String, Type::Integer, Type::Number, Type::Boolean, Type::Array, Type::Object];

/// The bounds that are tried.
const TRIED: [&str; 6] = ["minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"];

/// Texts longer than this are not tried, in characters.
const MAX_LENGTH: u64 = 100_000;

/// One model on one path, being asked.
pub(super) struct Prober<'a, 's> {
    profile: &'a Profile,
    path: &'a str,
    model: &'a str,
    send: &'a mut Send<'s>,
}

impl<'a, 's> Prober<'a, 's> {
    pub(super) fn new(profile: &'a Profile, path: &'a str, model: &'a str, send: &'a mut Send<'s>) -> Self {
        Self { profile, path, model, send }
    }

    /// Submits a body: the status and the job's id if it was accepted.
    pub(super) fn accepts(&mut self, body: &Value) -> Result<Option<(u16, String)>, WireError> {
        let ask = if self.profile.takes_forms() {
            let model = self.profile.contract().models.get(self.model);
            let model = model.or_else(|| self.profile.contract().models.values().next());
            match model {
                Some(model) => {
                    Ask { path: self.path.to_owned(), ..self.profile.submit(model, body, &image()) }
                }
                None => return Ok(None),
            }
        } else {
            Ask::get(self.path).by("POST").with(mockreel_evidence::exchange::Body::Json(body.clone()))
        };
        let answer = (self.send)(&ask)?;
        Ok(self.profile.accepted(&answer).map(|id| (answer.status, id)))
    }

    fn takes(&mut self, base: &Value, pointer: &str, value: Option<Value>) -> Result<bool, WireError> {
        let mut body = base.clone();
        set(&mut body, pointer, value);
        Ok(self.accepts(&body)?.is_some())
    }

    /// The form of the body and a body that was accepted; `None` if nothing that any edition would take is.
    pub(super) fn body(&mut self, variants: &[&Node]) -> Result<Option<(Node, Value)>, WireError> {
        let mut base = None;
        for node in variants {
            for everything in [false, true] {
                let mut body = good(node, everything);
                if node.members.contains_key("model") && !self.model.is_empty() {
                    body["model"] = json!(self.model);
                }
                if self.accepts(&body)?.is_some() {
                    base = Some(body);
                    break;
                }
            }
            if base.is_some() {
                break;
            }
        }
        let Some(base) = base else { return Ok(None) };
        let base = self.least(base)?;
        let mut node = Node { types: BTreeSet::from([Type::Object]), ..Node::default() };
        self.members(&mut node, variants, "", &base)?;
        Ok(Some((node, base)))
    }

    /// The body without whatever can be left out.
    fn least(&mut self, body: Value) -> Result<Value, WireError> {
        let mut least = body;
        let names: Vec<String> =
            least.as_object().map(|held| held.keys().cloned().collect()).unwrap_or_default();
        for name in names {
            let pointer = format!("/{}", escape(&name));
            if self.takes(&least, &pointer, None)? {
                set(&mut least, &pointer, None);
            }
        }
        Ok(least)
    }

    /// Fills in the members of the object at a pointer of the base, which has one there.
    fn members(
        &mut self,
        node: &mut Node,
        variants: &[&Node],
        pointer: &str,
        base: &Value,
    ) -> Result<(), WireError> {
        let mut known: BTreeMap<&str, Vec<&Node>> = BTreeMap::new();
        for (name, member) in variants.iter().flat_map(|held| &held.members) {
            known.entry(name).or_default().push(&member.node);
        }
        for (name, variants) in known {
            let at = format!("{pointer}/{}", escape(name));
            // Another model would be asked if this were tried.
            let names_the_model = name == "model" && pointer.is_empty() && !self.model.is_empty();
            let inner = if names_the_model {
                Some(Node { types: BTreeSet::from([Type::String]), ..Node::default() })
            } else {
                self.node(&variants, &at, base)?
            };
            let Some(inner) = inner else { continue };
            let required = base.pointer(&at).is_some() && !self.takes(base, &at, None)?;
            node.members.insert(name.to_owned(), MemberForm { required, node: Arc::new(inner) });
        }
        Ok(())
    }

    /// The form of the value at a pointer; `None` if the target does not look at it.
    fn node(&mut self, variants: &[&Node], at: &str, base: &Value) -> Result<Option<Node>, WireError> {
        let mut node = Node::default();
        let mut refused = false;
        let mut taken: BTreeMap<Type, Vec<Value>> = BTreeMap::new();
        for held in TYPES {
            for value in of_type(held, variants) {
                if self.takes(base, at, Some(value.clone()))? {
                    taken.entry(held).or_default().push(value);
                } else {
                    refused = true;
                }
            }
        }
        if !refused {
            return Ok(None);
        }
        node.types = taken.keys().copied().collect();
        if node.types.contains(&Type::Number) {
            node.types.remove(&Type::Integer);
        }
        self.list(&mut node, variants, &taken);
        if node.values.is_none() {
            self.limits(&mut node, variants, at, base)?;
            let addresses = variants.iter().any(|held| held.format.as_deref() == Some("uri"));
            if addresses
                && node.types.contains(&Type::String)
                && !self.takes(base, at, Some(json!("no address")))?
            {
                node.format = Some("uri".to_owned());
            }
        }
        if let Some(example) = taken.get(&Type::Object).and_then(|held| held.first()) {
            let mut inside = base.clone();
            set(&mut inside, at, Some(example.clone()));
            // An example with every member shows which of them must be there.
            for everything in variants.iter().map(|held| good(held, true)).filter(Value::is_object) {
                if self.takes(base, at, Some(everything.clone()))? {
                    set(&mut inside, at, Some(everything));
                    break;
                }
            }
            self.members(&mut node, variants, at, &inside)?;
        }
        self.items(&mut node, variants, at, base)?;
        Ok(Some(node))
    }

    /// The items of a list.
    fn items(
        &mut self,
        node: &mut Node,
        variants: &[&Node],
        at: &str,
        base: &Value,
    ) -> Result<(), WireError> {
        let within: Vec<&Node> = variants.iter().filter_map(|held| held.items.as_deref()).collect();
        if !node.types.contains(&Type::Array) || within.is_empty() {
            return Ok(());
        }
        let lists: Vec<Value> = variants
            .iter()
            .filter(|held| held.items.is_some())
            .flat_map(|held| {
                [true, false].map(|everything| {
                    items(held, super::values::bound(held, "minItems").unwrap_or(1).max(1), everything)
                })
            })
            .collect();
        for list in lists {
            if self.takes(base, at, Some(list.clone()))? {
                let mut inside = base.clone();
                set(&mut inside, at, Some(list));
                node.items = self.node(&within, &format!("{at}/0"), &inside)?.map(Arc::new);
                break;
            }
        }
        Ok(())
    }

    /// Whether the values are a closed list, and which.
    #[expect(clippy::unused_self, reason = "it belongs to the steps of `node`")]
    fn list(&self, node: &mut Node, variants: &[&Node], taken: &BTreeMap<Type, Vec<Value>>) {
        let mut listed: Vec<Value> =
            variants.iter().flat_map(|held| held.values.iter().flatten().cloned()).collect();
        sort_values(&mut listed);
        let open = |held: &Type| {
            foreign(*held).iter().any(|value| !listed.contains(value) && taken[held].contains(value))
        };
        let plain = taken.keys().all(|held| !matches!(held, Type::Boolean | Type::Array | Type::Object));
        if listed.is_empty() || !plain || taken.is_empty() || taken.keys().any(open) {
            return;
        }
        let held = |value: &Value| taken.values().any(|values| values.contains(value));
        node.values = Some(listed.into_iter().filter(held).collect());
    }

    /// The bounds that some edition had and that hold here: what is past one is refused, the bound itself is not.
    fn limits(
        &mut self,
        node: &mut Node,
        variants: &[&Node],
        at: &str,
        base: &Value,
    ) -> Result<(), WireError> {
        for keyword in TRIED {
            let bounds: BTreeSet<String> =
                variants.iter().filter_map(|held| held.limits.get(keyword)).map(Value::to_string).collect();
            for bound in bounds.iter().filter_map(|text| serde_json::from_str::<Value>(text).ok()) {
                let Some(model) =
                    variants.iter().copied().find(|held| held.limits.get(keyword) == Some(&bound))
                else {
                    continue;
                };
                let Some((within, past)) = around(keyword, &bound, model, node) else { continue };
                // A text at its least length is seldom an image, so that it may break a rule of another kind.
                let nothing_else = keyword == "minLength" && bounds.len() == 1;
                if (nothing_else || self.takes(base, at, Some(within))?)
                    && !self.takes(base, at, Some(past))?
                {
                    node.limits.insert(keyword.to_owned(), bound);
                }
            }
        }
        Ok(())
    }
}

/// A value at a bound and one just past it.
fn around(keyword: &str, bound: &Value, model: &Node, node: &Node) -> Option<(Value, Value)> {
    let has = |held: Type| node.types.contains(&held);
    let number = bound.as_f64()?;
    let upper = keyword.starts_with("max");
    match keyword {
        "minimum" | "maximum" if has(Type::Integer) || has(Type::Number) => {
            let step = if has(Type::Number) { 0.01 } else { 1.0 };
            let past = if upper { number + step } else { number - step };
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the bounds of whole numbers are whole and small"
            )]
            let past = if has(Type::Number) { json!(past) } else { json!(past as i64) };
            Some((bound.clone(), past))
        }
        "minLength" | "maxLength" if has(Type::String) => {
            let count = bound.as_u64().filter(|count| *count <= MAX_LENGTH)?;
            let start = if model.format.as_deref() == Some("uri") { ADDRESS } else { "mockreel" };
            let past = if upper { count + 1 } else { count.checked_sub(1)? };
            Some((json!(long(start, count, model)), json!(long(start, past, model))))
        }
        "minItems" | "maxItems" if has(Type::Array) => {
            let count = bound.as_u64().filter(|count| *count <= 1000)?;
            let past = if upper { count + 1 } else { count.checked_sub(1)? };
            Some((items(model, count, false), items(model, past, false)))
        }
        _ => None,
    }
}

/// Puts a value at a pointer whose outer values exist, or takes it away.
fn set(body: &mut Value, pointer: &str, value: Option<Value>) {
    let Some((outer, token)) = pointer.rsplit_once('/') else { return };
    let name = mockreel_contracts::contract::check::schema::unescape(token);
    match (body.pointer_mut(outer), value) {
        (Some(Value::Object(members)), Some(value)) => {
            members.insert(name, value);
        }
        (Some(Value::Object(members)), None) => {
            members.shift_remove(&name);
        }
        (Some(Value::Array(items)), Some(value)) => {
            if let Some(held) = name.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                *held = value;
            }
        }
        _ => {}
    }
}

/// The part of a form that can be found out by asking.
pub(super) fn askable(node: &Node, root: bool) -> Node {
    let mut cut = Node { types: node.types.clone(), values: node.values.clone(), ..Node::default() };
    if cut.types.contains(&Type::Number) {
        cut.types.remove(&Type::Integer);
    }
    if cut.values.is_none() {
        let tried = node.limits.iter().filter(|(keyword, _)| TRIED.contains(&keyword.as_str()));
        cut.limits = tried.map(|(keyword, bound)| (keyword.clone(), bound.clone())).collect();
        cut.format = node.format.clone().filter(|format| format == "uri");
    }
    for (name, member) in &node.members {
        let names_the_model = root && name == "model" && member.node.values.is_none();
        let inner = if names_the_model {
            Node { types: BTreeSet::from([Type::String]), ..Node::default() }
        } else {
            askable(&member.node, false)
        };
        // Of a value that may be anything, nothing can be found out.
        if !inner.types.is_empty() || inner.values.is_some() {
            cut.members.insert(name.clone(), MemberForm { required: member.required, node: Arc::new(inner) });
        }
    }
    cut.items = node.items.as_ref().map(|items| Arc::new(askable(items, false)));
    cut
}
