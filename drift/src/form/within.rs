//! The decision whether one form lies within another: a careful one, so that a doubt means no.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::compare::severity::{EDGES, bound_moved, edge_moved, lacks};
use crate::surface::{MemberForm, Node};

/// Forms are looked into so deep; what is nested deeper counts as different.
const MAX_DEPTH: usize = 12;

/// So many forms are looked at for one answer.
const MAX_STEPS: usize = 4_000;

/// Whether every value that keeps `one` surely keeps `other`. Both are of one description.
pub(crate) fn is_within(one: &Arc<Node>, other: &Arc<Node>) -> bool {
    Containment { steps: 0 }.holds(one, other, 0)
}

struct Containment {
    steps: usize,
}

impl Containment {
    fn holds(&mut self, one: &Arc<Node>, other: &Arc<Node>, depth: usize) -> bool {
        if Arc::ptr_eq(one, other) || one.never {
            return true;
        }
        self.steps += 1;
        if depth > MAX_DEPTH || self.steps > MAX_STEPS || one.unknown || other.unknown || other.never {
            return false;
        }
        if !one.alternatives.is_empty() {
            return one.alternatives.iter().all(|part| self.holds(part, other, depth + 1));
        }
        if !other.alternatives.is_empty() {
            return other.alternatives.iter().any(|part| self.holds(one, part, depth + 1));
        }
        let led = |link: &crate::surface::Link| one.links.iter().any(|held| held.pointer == link.pointer);
        if !other.links.iter().all(led) {
            return false;
        }
        // What links lead to only makes `one` narrower, but what its own level says is then not all.
        self.own_level(one, other) && self.below(one, other, depth)
    }

    fn own_level(&mut self, one: &Node, other: &Node) -> bool {
        if (one.takes_null() && !other.takes_null())
            || (other.format.is_some() && one.format != other.format)
            || one.seen.is_some()
            || other.seen.is_some()
            || (one.read_only, one.write_only) != (other.read_only, other.write_only)
            || (other.discriminator.is_some() && one.discriminator != other.discriminator)
        {
            return false;
        }
        if let Some(values) = &one.values {
            let fits = |value: &Value| match &other.values {
                Some(listed) => listed.contains(value),
                None => {
                    let kind = crate::surface::Type::of(value).into_iter().collect();
                    other.limits.is_empty() && !lacks(&kind, &other.types)
                }
            };
            return values.iter().all(fits);
        }
        if other.values.is_some() || lacks(&one.types, &other.types) {
            return false;
        }
        keeps_limits(&one.limits, &other.limits)
    }

    fn below(&mut self, one: &Node, other: &Node, depth: usize) -> bool {
        if other.closed && !(one.closed && one.members.keys().all(|name| other.members.contains_key(name))) {
            return false;
        }
        for (name, wanted) in &other.members {
            let fits = match one.members.get(name) {
                Some(MemberForm { required, node }) => {
                    (*required || !wanted.required) && self.holds(node, &wanted.node, depth + 1)
                }
                None => !wanted.required && (one.closed || wanted.node.is_silent()),
            };
            if !fits {
                return false;
            }
        }
        let items = match (&one.items, &other.items) {
            (_, None) => true,
            (None, Some(wanted)) => wanted.is_silent(),
            (Some(held), Some(wanted)) => self.holds(held, wanted, depth + 1),
        };
        items
            && other.parts.iter().all(|(keyword, wanted)| {
                one.parts.get(keyword).is_some_and(|held| {
                    self.holds(held, wanted, depth + 1) && self.holds(wanted, held, depth + 1)
                })
            })
    }
}

/// Whether bounds are at least as tight as others.
fn keeps_limits(one: &BTreeMap<String, Value>, other: &BTreeMap<String, Value>) -> bool {
    let edges =
        EDGES.iter().all(|(inclusive, exclusive)| !edge_moved(inclusive, (other, one), exclusive).wider);
    let is_edge = |keyword: &str| EDGES.iter().any(|(one, two)| *one == keyword || *two == keyword);
    edges
        && other.iter().filter(|(keyword, _)| !is_edge(keyword)).all(|(keyword, bound)| {
            one.get(keyword) == Some(bound) || !bound_moved(keyword, Some(bound), one.get(keyword)).wider
        })
}
