//! Forms of a vendor's file as schemas of a contract, with what the contract knows of such members already.

use serde_json::{Map, Value, json};

use crate::Surface;
use crate::surface::{MemberForm, Node};
use mockreel_contracts::Role;
use mockreel_contracts::contract::check::schema::{at, documented, properties, unescape};
use mockreel_contracts::contract::model::{Contract, Model};

/// What is ours about a member, whatever a file says of it.
const OURS: [&str; 4] = ["description", "x-role", "x-image", "x-null"];

/// The name under which a form that was read keeps members without a name of their own.
const ANY_MEMBER: &str = "*";

/// What a contract knows of the members of requests.
#[derive(Default)]
pub(super) struct Known<'a> {
    members: Vec<KnownMember<'a>>,
}

/// A member of a model's request.
struct KnownMember<'a> {
    model: &'a str,
    pointer: String,
    schema: &'a Value,
    /// As it is documented.
    node: Node,
}

impl<'a> Known<'a> {
    /// Everything that a contract says of requests; `surface` is its documented side.
    pub(super) fn of(contract: &'a Contract, surface: &Surface) -> Self {
        let mut members = Vec::new();
        for (id, model) in &contract.models {
            let Some(whole) = request_of(surface, id) else { continue };
            for (pointer, schema) in properties(&model.request) {
                let node = node_at(whole, &pointer).cloned().unwrap_or_default();
                members.push(KnownMember { model: id, pointer, schema, node });
            }
        }
        Self { members }
    }

    /// The member of that name: the model's own at this place before any other.
    fn like(
        &self,
        model: &str,
        pointer: &str,
        fits: impl Fn(&KnownMember<'a>) -> bool,
    ) -> Option<&KnownMember<'a>> {
        let name = |pointer: &str| pointer.trim_end_matches("/*").rsplit('/').next().map(str::to_owned);
        let mut found: Vec<&KnownMember<'a>> =
            self.members.iter().filter(|held| name(&held.pointer) == name(pointer) && fits(held)).collect();
        let items = |pointer: &str| pointer.ends_with("/*");
        found.retain(|held| items(&held.pointer) == items(pointer));
        found.sort_by_key(|held| (held.model != model, held.pointer != pointer));
        found.first().copied()
    }
}

/// The request of a model, as one side of a contract or a file describes it.
pub(super) fn request_of<'a>(surface: &'a Surface, model: &str) -> Option<&'a Node> {
    let submits = surface.endpoints.iter().filter(|endpoint| endpoint.method == "POST");
    submits.filter_map(|endpoint| endpoint.requests.get(model)?.node.as_ref()).next()
}

/// The form at a place: names of members, `*` for items.
fn node_at<'a>(node: &'a Node, pointer: &str) -> Option<&'a Node> {
    pointer.split('/').skip(1).try_fold(node, |inner, token| {
        if token == "*" {
            inner.items.as_deref()
        } else {
            inner.members.get(&unescape(token)).map(|held| held.node.as_ref())
        }
    })
}

/// Whether two forms say the same of what is on the wire: types, values, bounds, format, members, which of them
/// are required, whether there may be others, items, and whether it is deprecated. Defaults and words aside.
pub(super) fn same(left: &Node, right: &Node) -> bool {
    left.types == right.types
        && left.nullable == right.nullable
        && left.values == right.values
        && left.limits == right.limits
        && left.format == right.format
        && left.deprecated == right.deprecated
        && left.closed == right.closed
        && left.members.len() == right.members.len()
        && left.members.iter().all(|(name, member)| {
            right
                .members
                .get(name)
                .is_some_and(|other| member.required == other.required && same(&member.node, &other.node))
        })
        && match (&left.items, &right.items) {
            (None, None) => true,
            (Some(left), Some(right)) => same(left, right),
            (None, Some(_)) | (Some(_), None) => false,
        }
}

/// Whether everything that one form says of an answer is in another, which may say more.
pub(super) fn covered(told: &Node, by: &Node) -> bool {
    told.types == by.types
        && told.nullable == by.nullable
        && told.values == by.values
        && told.members.iter().all(|(name, member)| {
            by.members
                .get(name)
                .is_some_and(|other| member.required == other.required && covered(&member.node, &other.node))
        })
        && match (&told.items, &by.items) {
            (None, _) => true,
            (Some(told), Some(by)) => covered(told, by),
            (Some(_), None) => false,
        }
}

/// In which members a file's request is not as a contract has it; empty if it is.
pub(super) fn differences(model: &Model, told: &Node, held: &Node) -> Vec<String> {
    let mut found = Vec::new();
    let shown =
        |name: &str| if name == ANY_MEMBER { "any other member".to_owned() } else { format!("`{name}`") };
    for (key, member) in &told.members {
        let name = shown(key);
        match held.members.get(key) {
            None => found.push(format!("{name} is new")),
            Some(other) => {
                if !same(&member.node, &other.node) {
                    found.push(format!("{name} is another"));
                } else if member.required != other.required {
                    let word = if member.required { "required" } else { "optional" };
                    found.push(format!("{name} is {word}"));
                } else if member.node.default != default_of(model, key) {
                    found.push(format!("{name} has another default"));
                }
            }
        }
    }
    let gone = held.members.keys().filter(|name| !told.members.contains_key(*name));
    found.extend(gone.map(|name| format!("{} is gone", shown(name))));
    if told.closed != held.closed {
        let word = if told.closed { "refused" } else { "taken" };
        found.push(format!("members that are not described are {word}"));
    }
    found
}

/// The default that the contract documents, whether or not it fits the rest of its schema.
fn default_of(model: &Model, name: &str) -> Option<Value> {
    documented(model.request.get("properties")?.get(name)?).get("default").cloned()
}

/// The schema of a request as a file describes it.
pub(super) fn request(known: &Known<'_>, model: &str, node: &Node, source: &str) -> Map<String, Value> {
    let mut schema = Map::new();
    schema.insert("type".into(), "object".into());
    schema.insert("required".into(), required(node));
    schema.insert("x-source".into(), source.into());
    let members =
        named(node).map(|(name, member)| (name.clone(), member_of(known, model, name, &member.node, source)));
    schema.insert("properties".into(), Value::Object(members.collect()));
    schema.extend(others(node));
    schema
}

/// The values that a form lists, of itself or of its items.
fn values(node: &Node) -> Option<&Vec<Value>> {
    node.values.as_ref().or_else(|| node.items.as_ref()?.values.as_ref())
}

/// The members that have a name.
fn named(node: &Node) -> impl Iterator<Item = (&String, &MemberForm)> {
    node.members.iter().filter(|(name, _)| *name != ANY_MEMBER)
}

/// What a form says of members that it does not name, as a keyword; nothing if it says nothing.
fn others(node: &Node) -> Option<(String, Value)> {
    let said = match node.members.get(ANY_MEMBER) {
        // Nothing is known of a member without a name.
        Some(any) => Value::Object(schema_of(&Known::default(), "", "/*", &any.node)),
        None if node.closed => false.into(),
        None => return None,
    };
    Some(("additionalProperties".to_owned(), said))
}

/// A member as the contract has it already, or as the file describes it.
fn member_of(known: &Known<'_>, model: &str, name: &str, node: &Node, source: &str) -> Value {
    let pointer = format!("/{}", mockreel_contracts::contract::check::schema::escape(name));
    let mut schema = schema_of(known, model, &pointer, node);
    if name == "model" {
        schema.insert("x-role".into(), Role::Model.as_str().into());
        schema.entry("enum").or_insert_with(|| json!([model]));
    }
    if let Some(held) = schema.get("x-source").cloned() {
        let mut names: Vec<Value> = vec![source.into()];
        match held {
            Value::Array(more) => names.extend(more),
            one => names.push(one),
        }
        names.dedup();
        schema.insert("x-source".into(), names.into());
    }
    Value::Object(schema)
}

fn schema_of(known: &Known<'_>, model: &str, pointer: &str, node: &Node) -> Map<String, Value> {
    // A list of models is of one model here, whatever the file lists beside it.
    let is_model = pointer == "/model";
    let alike = |held: &KnownMember<'_>| {
        !is_model && same(&Node { deprecated: node.deprecated, ..held.node.clone() }, node)
    };
    let as_it_is = known.like(model, pointer, alike);
    if let Some(Value::Object(held)) = as_it_is.map(|held| held.schema) {
        let mut held = held.clone();
        held.shift_remove("default");
        held.shift_remove("deprecated");
        held.extend(node.deprecated.then(|| ("deprecated".to_owned(), true.into())));
        held.extend(node.default.clone().map(|default| ("default".to_owned(), default)));
        return held;
    }
    let mut schema = plain(node);
    if let Some(like) = known.like(model, pointer, |_| true) {
        // What is said of values is not true of others.
        let same_values = like.model == model || values(&like.node) == values(node);
        for key in OURS.into_iter().filter(|key| *key != "description" || same_values) {
            schema.extend(like.schema.get(key).map(|value| (key.to_owned(), value.clone())));
        }
    }
    if is_model {
        schema.insert("enum".into(), json!([model]));
    }
    if named(node).next().is_some() {
        let inner = named(node).map(|(name, member)| {
            let place = format!("{pointer}/{}", mockreel_contracts::contract::check::schema::escape(name));
            (name.clone(), Value::Object(schema_of(known, model, &place, &member.node)))
        });
        schema.insert("properties".into(), Value::Object(inner.collect()));
    }
    schema.extend(others(node));
    if let Some(items) = &node.items {
        let place = format!("{pointer}/*");
        schema.insert("items".into(), Value::Object(schema_of(known, model, &place, items)));
    }
    schema
}

/// The schema of an answer, with what the contract knows about the same places.
pub(super) fn reply(held: Option<&Value>, node: &Node, source: &str) -> Map<String, Value> {
    let mut schema = answer(held, "", node);
    schema.insert("x-source".into(), source.into());
    schema
}

fn answer(held: Option<&Value>, pointer: &str, node: &Node) -> Map<String, Value> {
    let mut schema = plain(node);
    if let Some(own) = held.and_then(|held| at(held, pointer)) {
        schema.extend(own.get("description").map(|value| ("description".to_owned(), value.clone())));
    }
    if named(node).next().is_some() {
        let inner = named(node).map(|(name, member)| {
            let place = format!("{pointer}/{}", mockreel_contracts::contract::check::schema::escape(name));
            (name.clone(), Value::Object(answer(held, &place, &member.node)))
        });
        schema.insert("properties".into(), Value::Object(inner.collect()));
    }
    schema.extend(others(node));
    if let Some(items) = &node.items {
        schema.insert("items".into(), Value::Object(answer(held, &format!("{pointer}/0"), items)));
    }
    schema
}

/// What a form says, its members and items aside.
fn plain(node: &Node) -> Map<String, Value> {
    let mut schema = Map::new();
    let mut words: Vec<Value> = node.types.iter().map(|held| held.name().into()).collect();
    if node.nullable && !words.is_empty() {
        words.push("null".into());
    }
    if words.len() == 1 {
        schema.extend(words.pop().map(|word| ("type".to_owned(), word)));
    } else if !words.is_empty() {
        schema.insert("type".into(), words.into());
    }
    if named(node).next().is_some() {
        schema.insert("required".into(), required(node));
    }
    if let Some(values) = &node.values {
        schema.insert("enum".into(), values.iter().filter(|value| !value.is_null()).cloned().collect());
    }
    for (keyword, limit) in &node.limits {
        schema.insert(keyword.clone(), limit.clone());
    }
    match node.format.as_deref() {
        Some("uri" | "url") => drop(schema.insert("x-url".into(), true.into())),
        Some(other) => drop(schema.insert("format".into(), other.into())),
        None => {}
    }
    schema.extend(node.default.clone().map(|default| ("default".to_owned(), default)));
    if node.deprecated {
        schema.insert("deprecated".into(), true.into());
    }
    schema
}

fn required(node: &Node) -> Value {
    named(node).filter(|(_, member)| member.required).map(|(name, _)| name.as_str()).collect()
}
