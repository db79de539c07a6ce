//! Forms of which a value keeps one, what tells them apart, and keywords that are compared under their own name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mockreel_contracts::Role;
use serde_json::{Value, json};

use super::members::{Leftovers, is_below};
use super::severity::{Direction, RangeChange, lacks, of_change};
use super::{Comparison, FindingSubject, NodePair, facts};
use crate::finding::Finding;
use crate::form::{exact, is_within, normal, shape};
use crate::kind::{Kind, Severity};
use crate::surface::{Discriminator, Node, Type};

/// Two alternatives that are less alike are not taken for one that changed.
const LIKELY: i32 = 30;

impl Comparison<'_> {
    /// Keywords that hold forms and are compared under their own name.
    pub(super) fn parts(
        &mut self,
        about: &FindingSubject,
        place: &str,
        pair: NodePair<'_>,
        leftovers: &mut Leftovers,
    ) {
        let keywords: BTreeSet<&String> = pair.old.parts.keys().chain(pair.new.parts.keys()).collect();
        for keyword in keywords {
            let below = format!("{place}/({keyword})");
            let change = match (pair.old.parts.get(keyword), pair.new.parts.get(keyword)) {
                (Some(before), Some(after)) => {
                    if keyword != "not" && keyword != "if" {
                        let inner = NodePair { old: before, new: after, direction: pair.direction };
                        self.nodes(about, &below, inner, leftovers);
                        continue;
                    }
                    let (old, new) = (self.settle(before), self.settle(after));
                    if shape(&old) == shape(&new) || (is_within(&old, &new) && is_within(&new, &old)) {
                        continue;
                    }
                    RangeChange::OTHER
                }
                (Some(_), None) => RangeChange::WIDER,
                (None, Some(_)) => RangeChange::NARROWER,
                (None, None) => continue,
            };
            let severity = match pair.direction {
                Direction::Request => of_change(pair.direction, change),
                Direction::Reply if change.wider => Severity::Risky,
                Direction::Reply => Severity::Compatible,
            };
            let fact = |node: &Node| node.parts.get(keyword).map(|part| facts::of_part(keyword, part));
            let (from, to) = (fact(pair.old), fact(pair.new));
            let finding = self.differs(about, Kind::LimitChanged, severity, &below, pair);
            (finding.from, finding.to) = (from, to);
        }
    }

    /// The member that says which form an object has, and its words.
    pub(super) fn discriminators(&mut self, about: &FindingSubject, place: &str, pair: NodePair<'_>) {
        let (was, is) = (&pair.old.discriminator, &pair.new.discriminator);
        let words = |told: &Discriminator| -> BTreeSet<String> { told.words.keys().cloned().collect() };
        let severity = match (was, is) {
            (Some(before), Some(after)) => {
                let (held, now) = (words(before), words(after));
                if before.property == after.property && held == now {
                    return;
                }
                let (gone, came) = (!held.is_subset(&now), !now.is_subset(&held));
                let other = before.property != after.property;
                match pair.direction {
                    Direction::Request if gone || other => Severity::Breaking,
                    Direction::Reply if came || other => Severity::Risky,
                    _ => Severity::Compatible,
                }
            }
            (None, None) => return,
            (before, _) => match (pair.direction, before.is_some()) {
                (Direction::Request, false) | (Direction::Reply, true) => Severity::Risky,
                _ => Severity::Compatible,
            },
        };
        let fact = |told: &Option<Discriminator>| {
            let told = told.as_ref()?;
            Some(json!({"member": told.property, "words": words(told)}))
        };
        let (from, to) = (fact(was), fact(is));
        let finding = self.differs(about, Kind::DiscriminatorChanged, severity, place, pair);
        (finding.from, finding.to) = (from, to);
    }

    /// Forms of which a value keeps one, as far as what they have in common does not show how they differ.
    ///
    /// `found` is how much was found before this place was looked at.
    pub(super) fn alternatives(
        &mut self,
        about: &FindingSubject,
        place: &str,
        pair: NodePair<'_>,
        found: usize,
        leftovers: &mut Leftovers,
    ) {
        if pair.old.alternatives.is_empty() && pair.new.alternatives.is_empty() {
            return;
        }
        let settle = |all: Vec<Arc<Node>>, comparison: &mut Self| -> Vec<Arc<Node>> {
            all.iter().map(|part| comparison.settle(part)).collect()
        };
        let (old, new) = (settle(exact(pair.old), self), settle(exact(pair.new), self));
        // A form of several types is a choice among them.
        let (mut old, mut new) = (by_type(old), by_type(new));
        let is_new = !self.found.iter().skip(found).any(|held| held.place == place);
        if is_new && self.one_or_several(about, place, pair, &old, &new) {
            return;
        }
        let mut pairs = same_forms(&mut old, &mut new);
        let told = pair.old.discriminator.as_ref().or(pair.new.discriminator.as_ref());
        pairs.extend(likely_pairs(&mut old, &mut new, told));
        for (before, after) in pairs {
            let mark = self.found.len();
            let mut inner = Leftovers::default();
            let both = NodePair { old: &before, new: &after, direction: pair.direction };
            self.nodes(about, place, both, &mut inner);
            self.members_that_came_or_went(about, pair.direction, inner);
            let shadow = self.found.split_off(mark);
            for finding in shadow {
                self.take_shadow(finding, found, leftovers);
            }
        }
        let is_told = self.found.iter().skip(found).any(|held| is_below(&held.place, place))
            || leftovers.has_below(place);
        if !is_told {
            self.lone_alternatives(about, place, pair, &old, &new);
        }
    }

    /// Takes what was found of one alternative, unless what all have in common shows it already; then the worse counts.
    fn take_shadow(&mut self, finding: Finding, found: usize, leftovers: &mut Leftovers) {
        if leftovers.has(&finding.place)
            || finding.to_place.as_ref().is_some_and(|place| leftovers.has(place))
        {
            if finding.severity == Severity::Breaking {
                leftovers.demand(&finding.place);
            }
            return;
        }
        let known = self
            .found
            .iter_mut()
            .skip(found)
            .find(|held| (held.kind, &held.place) == (finding.kind, &finding.place));
        match known {
            Some(held) if finding.severity < held.severity => *held = finding,
            Some(_) => {}
            None => self.found.push(finding),
        }
    }

    /// Whether one form became several that all keep it, or the other way round; then that is told.
    fn one_or_several(
        &mut self,
        about: &FindingSubject,
        place: &str,
        pair: NodePair<'_>,
        old: &[Arc<Node>],
        new: &[Arc<Node>],
    ) -> bool {
        let all_within = |several: &[Arc<Node>], one: &Arc<Node>| {
            several.len() > 1
                && !has_links(one, 0)
                && several.iter().all(|part| !has_links(part, 0) && is_within(part, one))
        };
        let change = match (old, new) {
            ([one], several) if all_within(several, one) => RangeChange::NARROWER,
            (several, [one]) if all_within(several, one) => RangeChange::WIDER,
            _ => return false,
        };
        let severity = match pair.direction {
            Direction::Request => of_change(pair.direction, change),
            Direction::Reply if change.wider => Severity::Risky,
            Direction::Reply => Severity::Compatible,
        };
        let fact = |parts: &[Arc<Node>]| -> Value {
            let told: Vec<Value> = parts.iter().map(|part| facts::of_node(part, false)).collect();
            json!(told)
        };
        let (from, to) = (fact(old), fact(new));
        let finding = self.differs(about, Kind::AlternativeChanged, severity, place, pair);
        (finding.from, finding.to) = (Some(from), Some(to));
        true
    }

    /// Forms that a value may no longer have, or may have besides.
    fn lone_alternatives(
        &mut self,
        about: &FindingSubject,
        place: &str,
        pair: NodePair<'_>,
        old: &[Arc<Node>],
        new: &[Arc<Node>],
    ) {
        let covered = |one: &Arc<Node>, by: &[Arc<Node>]| {
            !has_links(one, 0) && by.iter().any(|other| !has_links(other, 0) && is_within(one, other))
        };
        let (others, olds) = (exact(pair.new), exact(pair.old));
        let others: Vec<Arc<Node>> = others.iter().map(|part| self.settle(part)).collect();
        let olds: Vec<Arc<Node>> = olds.iter().map(|part| self.settle(part)).collect();
        let gone: Vec<&Arc<Node>> = old.iter().filter(|part| !covered(part, &others)).collect();
        let came: Vec<&Arc<Node>> = new.iter().filter(|part| !covered(part, &olds)).collect();
        if gone.is_empty() && came.is_empty() {
            return;
        }
        let severity = match pair.direction {
            Direction::Request if !gone.is_empty() => Severity::Breaking,
            // A client meets a form that it does not know.
            Direction::Reply if !came.is_empty() => Severity::Risky,
            _ => Severity::Compatible,
        };
        let fact = |parts: &[&Arc<Node>]| -> Option<Value> {
            let told: Vec<Value> = parts.iter().map(|part| facts::of_node(part, false)).collect();
            Some(json!(told)).filter(|_| !parts.is_empty())
        };
        let (from, to) = (fact(&gone), fact(&came));
        let finding = self.differs(about, Kind::AlternativeChanged, severity, place, pair);
        (finding.from, finding.to) = (from, to);
    }
}

/// Each form of several types as one form for each of them.
fn by_type(forms: Vec<Arc<Node>>) -> Vec<Arc<Node>> {
    let several = |node: &Node| node.types.len() > 1 && node.values.is_none() && node.links.is_empty();
    let split = |node: Arc<Node>| -> Vec<Arc<Node>> {
        if !several(&node) || !node.alternatives.is_empty() {
            return vec![node];
        }
        let of =
            |held: &Type| normal(&Arc::new(Node { types: BTreeSet::from([*held]), ..Node::clone(&node) }));
        node.types.iter().map(of).collect()
    };
    forms.into_iter().flat_map(split).collect()
}

/// Takes out the forms that both sides have.
fn same_forms(old: &mut Vec<Arc<Node>>, new: &mut Vec<Arc<Node>>) -> Vec<(Arc<Node>, Arc<Node>)> {
    let mut shapes: BTreeMap<String, Vec<Arc<Node>>> = BTreeMap::new();
    for node in new.iter().rev() {
        shapes.entry(shape(node)).or_default().push(Arc::clone(node));
    }
    let mut pairs = Vec::new();
    old.retain(|node| match shapes.get_mut(&shape(node)).and_then(Vec::pop) {
        Some(other) => {
            pairs.push((Arc::clone(node), other));
            false
        }
        None => true,
    });
    new.retain(|node| !pairs.iter().any(|(_, other)| Arc::ptr_eq(node, other)));
    pairs
}

/// Takes out the forms that are likely one that changed, the likeliest first.
fn likely_pairs(
    old: &mut Vec<Arc<Node>>,
    new: &mut Vec<Arc<Node>>,
    told: Option<&Discriminator>,
) -> Vec<(Arc<Node>, Arc<Node>)> {
    let mut weighed = Vec::new();
    for (left, one) in old.iter().enumerate() {
        for (right, other) in new.iter().enumerate() {
            if let Some(weight) = likeness(one, other, told).filter(|weight| *weight >= LIKELY) {
                weighed.push((std::cmp::Reverse(weight), left.abs_diff(right), left, right));
            }
        }
    }
    weighed.sort_unstable();
    let (mut lefts, mut rights, mut pairs) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for (_, _, left, right) in weighed {
        if !lefts.contains(&left) && !rights.contains(&right) {
            lefts.insert(left);
            rights.insert(right);
            pairs.push((Arc::clone(&old[left]), Arc::clone(&new[right])));
        }
    }
    let keep = |list: &mut Vec<Arc<Node>>, taken: &BTreeSet<usize>| {
        let mut index = 0;
        list.retain(|_| {
            index += 1;
            !taken.contains(&(index - 1))
        });
    };
    keep(old, &lefts);
    keep(new, &rights);
    pairs
}

/// How likely two alternatives are one; `None` if they are not.
fn likeness(one: &Node, other: &Node, told: Option<&Discriminator>) -> Option<i32> {
    let meets = |one: &Node, other: &Node| {
        one.types.iter().any(|held| !lacks(&BTreeSet::from([*held]), &other.types))
    };
    let any = one.types.is_empty() || other.types.is_empty();
    if !any && !meets(one, other) && !meets(other, one) {
        return None;
    }
    let last = |node: &Node| node.pointer.rsplit('/').next().unwrap_or_default().to_owned();
    let named = one.pointer.contains("/schemas/") && last(one) == last(other);
    let mut weight = 40 + if named { 40 } else { 0 };
    if one.format == other.format && one.values.is_some() == other.values.is_some() {
        weight += 10;
    }
    if one.members.is_empty() && other.members.is_empty() {
        return Some(weight);
    }
    let mut shared = 0;
    for (name, member) in &one.members {
        let Some(held) = other.members.get(name) else { continue };
        shared += 1;
        let (Some(was), Some(is)) = (&member.node.values, &held.node.values) else { continue };
        let alike = was.iter().any(|value| is.contains(value));
        let tells = told.is_some_and(|told| told.property == *name)
            || ["type", "kind", "object", "role", Role::Model.as_str(), "mode", "event"]
                .contains(&name.as_str());
        if was.len() == 1 && is.len() == 1 && (tells || alike) {
            weight += if alike { 60 } else { -60 };
        }
    }
    let all = one.members.len() + other.members.len() - shared;
    let part = i32::try_from(shared * 100 / all.max(1)).unwrap_or(0);
    Some(weight - 50 + part)
}

/// Whether a form leads somewhere that only its own description knows.
fn has_links(node: &Node, depth: usize) -> bool {
    depth > 6
        || !node.links.is_empty()
        || node.members.values().any(|member| has_links(&member.node, depth + 1))
        || node.items.as_ref().is_some_and(|items| has_links(items, depth + 1))
        || node.parts.values().any(|part| has_links(part, depth + 1))
        || node.alternatives.iter().any(|part| has_links(part, depth + 1))
}
