//! The form of the values that were seen in one place, with the evidence for it.
//!
//! Shapes only ever grow, and growing does not depend on order: counts are added, sets united, times widened. So
//! several recordings together give what they would give as one.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::surface::{MemberForm, Node, Seen, Type, sort_values};
use indexmap::IndexMap;
use mockreel_contracts::contract::check::schema::escape;
use serde_json::Value;

use super::words;

/// So many values make a closed set out of the few that were seen.
pub const ENOUGH_SAMPLES: u32 = 20;
/// The most values of a closed set that nobody documented.
const FEW_VALUES: usize = 8;
/// The most words remembered of one place.
const MOST_WORDS: usize = 64;
/// The most names of members of one object; one with more is a table whose keys are data.
const MOST_NAMES: usize = 256;

/// The form of the values that were seen in one place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shape {
    /// How many values there were, null among them.
    pub present: u32,
    /// How many of them were null.
    pub nulls: u32,
    /// How many had each type.
    pub types: BTreeMap<Type, u32>,
    /// Words, by their text, and whether the contract lists them.
    pub words: BTreeMap<String, (Value, bool)>,
    /// Whether there was a value that is no word.
    pub open: bool,
    /// Whether there were more words than are remembered; then only those are that the contract lists.
    pub many: bool,
    /// Whether the contract lists the values of this place.
    pub listed: bool,
    /// When the first was seen, in milliseconds since 1970.
    pub first_ms: i64,
    /// When the last was seen.
    pub last_ms: i64,
    /// Members, of those values that were objects.
    pub members: BTreeMap<String, Shape>,
    /// Items, of those values that were arrays.
    pub items: Option<Box<Shape>>,
}

/// What is known about a place before a value is looked at.
#[derive(Clone, Copy)]
pub(super) struct Where<'a> {
    /// The values that the contract lists, by pointer (`*` for items).
    pub(super) lists: &'a BTreeMap<String, Vec<Value>>,
    /// When the answer came, in milliseconds since 1970.
    pub(super) at_ms: i64,
}

impl Shape {
    /// Adds a value that was seen at a pointer.
    pub(super) fn add(&mut self, value: &Value, pointer: &str, place: Where<'_>) {
        (self.first_ms, self.last_ms) = if self.present == 0 {
            (place.at_ms, place.at_ms)
        } else {
            (self.first_ms.min(place.at_ms), self.last_ms.max(place.at_ms))
        };
        self.present += 1;
        let listed = place.lists.get(pointer);
        self.listed |= listed.is_some();
        match Type::of(value) {
            Some(kind) => *self.types.entry(kind).or_default() += 1,
            None => self.nulls += 1,
        }
        match value {
            Value::Null => {}
            Value::Bool(_) => self.open = true,
            Value::Number(_) | Value::String(_) => self.add_word(value, pointer, listed.map(Vec::as_slice)),
            Value::Array(items) => {
                self.open = true;
                let inner = format!("{pointer}/*");
                let shape = self.items.get_or_insert_default();
                items.iter().for_each(|item| shape.add(item, &inner, place));
            }
            Value::Object(members) => {
                self.open = true;
                for (name, member) in members.iter().filter(|(name, _)| words::is_a_name(name)) {
                    let inner = format!("{pointer}/{}", escape(name));
                    self.members.entry(name.clone()).or_default().add(member, &inner, place);
                }
            }
        }
    }

    fn add_word(&mut self, value: &Value, pointer: &str, listed: Option<&[Value]>) {
        let name = pointer.rsplit('/').next().unwrap_or_default();
        let is_listed = listed.is_some_and(|listed| listed.contains(value));
        let may_be = !words::names_an_id(name) && words::is_of_a_set(value, listed.unwrap_or_default());
        if is_listed || may_be {
            self.words.insert(value.to_string(), (value.clone(), is_listed));
            self.bound();
        } else {
            self.open = true;
        }
    }

    /// More words than a closed set has are no set; what the contract lists stays.
    fn bound(&mut self) {
        self.many |= self.words.values().filter(|(_, listed)| !listed).count() > MOST_WORDS;
        if self.many {
            self.words.retain(|_, (_, listed)| *listed);
        }
    }

    /// Adds what was seen elsewhere in the same place.
    pub fn merge(&mut self, other: &Self) {
        if other.present == 0 {
            return;
        }
        (self.first_ms, self.last_ms) = if self.present == 0 {
            (other.first_ms, other.last_ms)
        } else {
            (self.first_ms.min(other.first_ms), self.last_ms.max(other.last_ms))
        };
        self.present += other.present;
        self.nulls += other.nulls;
        self.listed |= other.listed;
        self.open |= other.open;
        self.many |= other.many;
        for (kind, count) in &other.types {
            *self.types.entry(*kind).or_default() += count;
        }
        for (text, (value, listed)) in &other.words {
            let held = self.words.entry(text.clone()).or_insert_with(|| (value.clone(), *listed));
            held.1 |= listed;
        }
        self.bound();
        for (name, member) in &other.members {
            self.members.entry(name.clone()).or_default().merge(member);
        }
        if let Some(items) = &other.items {
            self.items.get_or_insert_default().merge(items);
        }
    }

    /// How many of the values were objects: the answers in which a member could have been.
    pub fn objects(&self) -> u32 {
        self.types.get(&Type::Object).copied().unwrap_or_default()
    }

    /// Forgets words that were sent before they came back: they are the caller's, not the vendor's.
    pub(super) fn forget(&mut self, sent: &dyn Fn(&str) -> bool) {
        let before = self.words.len();
        self.words.retain(|_, (value, listed)| *listed || !value.as_str().is_some_and(sent));
        self.open |= self.words.len() < before;
        self.members.values_mut().for_each(|member| member.forget(sent));
        if let Some(items) = &mut self.items {
            items.forget(sent);
        }
    }

    /// The values as a closed set, if they are one: the contract lists them, or there were enough and few differ.
    pub fn closed_set(&self) -> Option<Vec<Value>> {
        let enough = self.present >= ENOUGH_SAMPLES && self.words.len() <= FEW_VALUES;
        let closed = !self.open && !self.many && !self.words.is_empty() && (self.listed || enough);
        closed.then(|| {
            let mut values = self.words.values().map(|(value, _)| value.clone()).collect();
            sort_values(&mut values);
            values
        })
    }

    /// Whether its members are data rather than names.
    pub fn is_table(&self) -> bool {
        self.members.len() > MOST_NAMES
    }

    /// The form as descriptions are compared in. `samples` is in how many answers it could have been.
    pub fn node(&self, pointer: &str, samples: u32) -> Node {
        let members: IndexMap<String, MemberForm> = self
            .members
            .iter()
            .filter(|_| !self.is_table())
            .map(|(name, shape)| {
                let node = shape.node(&format!("{pointer}/{}", escape(name)), self.objects());
                (name.clone(), MemberForm { required: shape.present >= self.objects(), node: Arc::new(node) })
            })
            .collect();
        let items = self.items.as_ref().filter(|items| items.present > 0);
        Node {
            pointer: pointer.to_owned(),
            types: self.types.keys().copied().collect(),
            nullable: self.nulls > 0,
            values: self.closed_set(),
            members,
            items: items.map(|items| Arc::new(items.node(&format!("{pointer}/*"), items.present))),
            seen: Some(Seen {
                samples,
                present: self.present,
                objects: self.objects(),
                first: moment(self.first_ms),
                last: moment(self.last_ms),
            }),
            ..Node::default()
        }
    }
}

/// A moment as RFC 3339 in UTC, to the second.
pub fn moment(unix_ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(unix_ms).unwrap_or_default();
    format!("{at:.0}")
}
