//! Bodies of submits made from a model's schema: good ones, and ones that are wrong in just one place.
//!
//! Nothing here is random. Every choice is asked of a [`Pick`], so that a property test, an
//! enumeration or a seeded generator can drive it, and the same choices give the same bodies.

mod broken;
mod combined;
mod values;

#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

pub use self::broken::{JustBad, breaks};
use self::combined::flattened;
use self::values::Member;
use crate::contract::check::cross_field::{self, CrossFieldRules};
use crate::contract::check::image::ImageRole;
use crate::contract::check::intent::JobIntent;
use crate::contract::check::schema::{escape, properties, unescape};
use crate::contract::model::Model;
use crate::role::Role;
use crate::upstream::{self, MakerRule};

/// A source of choices.
pub trait Pick {
    /// A number below `below`, which is at least 1. The smaller, the plainer: 0 leaves out what is optional.
    fn pick(&mut self, below: usize) -> usize;
}

impl<F: FnMut(usize) -> usize> Pick for F {
    fn pick(&mut self, below: usize) -> usize {
        self(below)
    }
}

/// How much of what is optional goes in, and how values are chosen.
enum Manner<'a> {
    /// As the source of choices says.
    Chosen(&'a mut dyn Pick),
    /// What is required, with the plainest values.
    Minimal,
    /// Everything, with the plainest values.
    Complete,
}

/// Draws values from schemas.
struct Draw<'a> {
    manner: Manner<'a>,
    /// Texts that name images: addresses, data URIs, base64 or handles of parts.
    images: &'a [&'a str],
    /// Counts the plain numbers drawn so far, so that two points are never the same one.
    numbers: i64,
    /// Whether only what is documented may be drawn.
    promised: bool,
}

/// A body that keeps every rule of the model's schema.
///
/// Optional members, values, lengths and unknown members are chosen by `pick`; bounds are often met
/// exactly. `pictures` are texts that name images (an address, a data URI, base64, the handle of a
/// part); each is used only where the model takes images that way, beside addresses of our own.
/// Members are given in their own types: what a form would carry as text is a number here. The
/// combinations that the models' maker refuses are not avoided; [`settled`] removes them.
pub fn good(model: &Model, pick: &mut dyn Pick, images: &[&str]) -> Value {
    Draw { manner: Manner::Chosen(pick), images, numbers: 0, promised: false }.value(&model.request, "")
}

/// The same with nothing in it but what the documentation promises to take: no unknown members, and of listed values
/// those that are documented, where that is known to be fewer.
pub fn draw_promised(model: &Model, pick: &mut dyn Pick, images: &[&str]) -> Value {
    Draw { manner: Manner::Chosen(pick), images, numbers: 0, promised: true }.value(&model.request, "")
}

/// For one good body, every body that breaks just one rule in just one place, by as little as possible.
///
/// See [`breaks`] for what is broken.
pub fn just_bad(model: &Model, pick: &mut dyn Pick, images: &[&str]) -> Vec<JustBad> {
    let body = good(model, pick, images);
    breaks(model, &body, images)
}

/// The plainest body with nothing but what is required.
pub fn minimal(model: &Model, images: &[&str]) -> Value {
    minimal_for(&model.request, images)
}

/// The plainest value of any schema of a contract with nothing but what is required, by the schema or by what
/// must be together.
pub fn minimal_for(schema: &Value, images: &[&str]) -> Value {
    let body = Draw { manner: Manner::Minimal, images, numbers: 0, promised: false }.value(schema, "");
    joined(schema, body, images)
}

/// The same body so that what must be together is, if one member more, or a switch turned, is enough for that.
pub fn joined(schema: &Value, body: Value, images: &[&str]) -> Value {
    let Ok(rules) = CrossFieldRules::of(schema) else { return body };
    if rules.first_broken(&body).is_none() {
        return body;
    }
    changes(schema, &body, images).into_iter().find(|held| rules.first_broken(held).is_none()).unwrap_or(body)
}

/// The bodies that have one optional member more, or one switch turned.
fn changes(schema: &Value, body: &Value, images: &[&str]) -> Vec<Value> {
    let mut found = Vec::new();
    let (Some(declared), Some(held)) =
        (schema.get("properties").and_then(Value::as_object), body.as_object())
    else {
        return found;
    };
    for (name, property) in declared.iter().filter(|(name, _)| cross_field::speaks_of(schema, name)) {
        let plain = minimal_for(property, images);
        let values = match (held.get(name), plain) {
            (Some(Value::Bool(on)), _) => vec![Value::Bool(!on)],
            (Some(_), _) => Vec::new(),
            (None, Value::Bool(on)) => vec![Value::Bool(on), Value::Bool(!on)],
            // A list that may be empty would say nothing.
            (None, _) => {
                let draw = Draw { manner: Manner::Complete, images, numbers: 0, promised: false };
                vec![{ draw }.value(property, name)]
            }
        };
        for value in values {
            let mut changed = held.clone();
            changed.insert(name.clone(), value);
            found.push(Value::Object(changed));
        }
    }
    found
}

/// The plainest body with every member that the schema declares, whether or not they go together.
pub fn complete(model: &Model, images: &[&str]) -> Value {
    complete_for(&model.request, images)
}

/// The plainest value of any schema of a contract with everything that it declares.
pub fn complete_for(schema: &Value, images: &[&str]) -> Value {
    Draw { manner: Manner::Complete, images, numbers: 0, promised: false }.value(schema, "")
}

/// The plainest body with every member that may go together under the rules of the models' maker.
pub fn full(model: &Model, images: &[&str]) -> Value {
    settled(model, complete(model, images))
}

/// The same body without the optional members that the models' maker would refuse.
///
/// Members declared later give way first, and no more of them go than must. Where a member is missing beside
/// which the others would be taken, it is added. A body that breaks a rule whatever is done is returned as it is.
pub fn settled(model: &Model, body: Value) -> Value {
    let added = || changes(&model.request, &body, &[]).into_iter().find_map(|body| reduced(model, &body));
    reduced(model, &body).or_else(added).unwrap_or(body)
}

/// The same body without the optional members that break a rule; `None` if it breaks one without any of them.
fn reduced(model: &Model, body: &Value) -> Option<Value> {
    let keeps =
        |body: &Value| upstream::judge(&MakerRule::ALL, model, &JobIntent::read(model, body)).is_none();
    let without = |gone: &[&String]| {
        gone.iter().fold(body.clone(), |body, pointer| without_optional(&model.request, body, pointer))
    };
    let optional: Vec<String> = properties(&model.request)
        .into_iter()
        .filter(|(pointer, schema)| {
            let name = unescape(pointer.trim_start_matches('/'));
            !pointer.contains('*') && (can_clash(schema) || cross_field::speaks_of(&model.request, &name))
        })
        .map(|(pointer, _)| pointer)
        .collect();
    let last = optional.len();
    let fewest =
        (0..=last).find(|count| keeps(&without(&optional.iter().skip(last - count).collect::<Vec<_>>())));
    let fewest = fewest?;
    let mut gone: Vec<&String> = optional.iter().skip(last - fewest).collect();
    for pointer in &optional[last - fewest..] {
        let fewer: Vec<&String> = gone.iter().copied().filter(|other| *other != pointer).collect();
        if keeps(&without(&fewer)) {
            gone = fewer;
        }
    }
    Some(without(&gone))
}

/// Whether the maker's rules speak of such a member: what goes with a first frame, and what it depends on.
fn can_clash(schema: &Value) -> bool {
    let clashes = matches!(
        Role::of(schema),
        Some(Role::Camera | Role::CameraType | Role::StaticMask | Role::Duration | Role::Prompt)
    );
    let image = schema.get("x-image").and_then(|rules| rules.get("role")).and_then(Value::as_str);
    let inner =
        schema.get("properties").and_then(Value::as_object).into_iter().flat_map(|held| held.values());
    clashes || image.is_some_and(|role| role != "first") || inner.chain(schema.get("items")).any(can_clash)
}

/// The body without the member at a pointer, unless it is required.
fn without_optional(schema: &Value, mut body: Value, pointer: &str) -> Value {
    let Some((outer, token)) = pointer.rsplit_once('/') else { return body };
    let name = unescape(token);
    let declared =
        if outer.is_empty() { Some(schema) } else { crate::contract::check::schema::at(schema, outer) };
    let members = body.pointer_mut(outer).and_then(Value::as_object_mut);
    if let Some(members) = members.filter(|_| declared.is_some_and(|held| !is_required(held, &name))) {
        members.shift_remove(&name);
    }
    body
}

/// Whether an object's schema requires a member.
fn is_required(schema: &Value, name: &str) -> bool {
    let required = schema.get("required").and_then(Value::as_array);
    required.is_some_and(|names| names.iter().any(|held| held == name))
}

impl Draw<'_> {
    /// One of `below` possibilities; the first where nothing is to be chosen.
    fn pick(&mut self, below: usize) -> usize {
        match &mut self.manner {
            Manner::Chosen(pick) => pick.pick(below.max(1)),
            Manner::Minimal | Manner::Complete => 0,
        }
    }

    /// Whether choices are being made, as opposed to the plainest value being taken.
    fn is_choosing(&self) -> bool {
        matches!(self.manner, Manner::Chosen(_))
    }

    /// A value that keeps a schema; `name` is that of the member it is for.
    fn value(&mut self, schema: &Value, name: &str) -> Value {
        let schema = flattened(schema, |below| self.pick(below));
        let member = Member::new(&schema, name);
        let listed = if self.promised { member.list_promised() } else { member.listed() };
        if let Some(listed) = listed {
            let plain = member.default().filter(|default| listed.contains(default));
            let chosen = self.pick(listed.len());
            return plain.filter(|_| !self.is_choosing()).unwrap_or(&listed[chosen]).clone();
        }
        let kinds = member.kinds();
        let kind = if kinds.is_empty() { "string" } else { kinds[self.pick(kinds.len())] };
        match kind {
            "object" => self.object(&schema),
            "array" => self.array(&schema, name),
            "boolean" => Value::Bool(self.pick(2) == 0),
            "null" => Value::Null,
            "integer" | "number" => self.number(&member, kind),
            _ => self.text(&member),
        }
    }

    fn object(&mut self, schema: &Value) -> Value {
        let mut members = Map::new();
        let declared = schema.get("properties").and_then(Value::as_object);
        for (name, property) in declared.into_iter().flatten() {
            let optional = match self.manner {
                Manner::Minimal => false,
                Manner::Complete => true,
                Manner::Chosen(_) => self.pick(2) == 1,
            };
            if optional || is_required(schema, name) {
                members.insert(name.clone(), self.value(property, name));
            }
        }
        let free = declared.is_some() && schema.get("additionalProperties").is_none();
        if free && self.is_choosing() && !self.promised && self.pick(4) == 3 {
            let unlisted = [Value::from("1"), Value::from(1), Value::Null, Value::Object(Map::new())];
            let chosen = self.pick(unlisted.len());
            members.insert("unlisted_member".to_owned(), unlisted[chosen].clone());
        }
        Value::Object(members)
    }

    fn array(&mut self, schema: &Value, name: &str) -> Value {
        let bound = |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        let least = bound("minItems").unwrap_or(0);
        let most = bound("maxItems").unwrap_or(least.max(1) + 2).max(least);
        let plain = least.max(1).min(most);
        let lengths = [plain, least, most];
        let length = lengths[self.pick(lengths.len())];
        let any = Value::Bool(true);
        let items = schema.get("items").unwrap_or(&any);
        (0..length).map(|_| self.value(items, name)).collect()
    }

    fn number(&mut self, member: &Member<'_>, kind: &str) -> Value {
        self.numbers += 1;
        let possible = member.numbers(kind, self.numbers);
        let chosen = self.pick(possible.len());
        possible[chosen].clone()
    }

    fn text(&mut self, member: &Member<'_>) -> Value {
        let possible = member.texts(self.images);
        let chosen = self.pick(possible.len());
        Value::String(possible[chosen].clone())
    }
}

/// The word that an image's role has in contracts, for addresses of examples.
fn role_word(role: ImageRole) -> &'static str {
    match role {
        ImageRole::First => "first",
        ImageRole::Tail => "tail",
        ImageRole::Mask => "mask",
        ImageRole::Reference => "reference",
    }
}

/// A pointer one step further in.
fn below(pointer: &str, token: &str) -> String {
    format!("{pointer}/{}", escape(token))
}
