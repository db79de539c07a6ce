//! Two forms at one place: their types, values, bounds, formats, defaults and marks.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::severity::{Direction, EDGES, RangeChange, bound_moved, edge_moved, lacks, of_change};
use super::{Comparison, FindingSubject, NodePair, facts};
use crate::kind::{Kind, Severity};
use crate::surface::{LIMITS, MemberForm, Node, Type};

/// The bound that refuses members without a description.
pub(super) const CLOSED: &str = "additionalProperties";

impl Comparison<'_> {
    /// Answers whether the types differ.
    pub(super) fn types(&mut self, about: &FindingSubject, place: &str, pair: NodePair<'_>) -> bool {
        let (old, new) = (&pair.old.types, &pair.new.types);
        if old == new && pair.old.never == pair.new.never {
            return false;
        }
        // What was only ever null, or never there, has no type that could differ.
        let silent = |node: &Node| node.seen.is_some() && node.types.is_empty();
        if silent(pair.old) || silent(pair.new) {
            return false;
        }
        let (mut narrower, mut wider) = match (pair.old.never, pair.new.never) {
            (false, false) => (lacks(old, new), lacks(new, old)),
            (was, is) => (is, was),
        };
        let contradicts = match (pair.old.seen.is_some(), pair.new.seen.is_some()) {
            // Answers show some of what a document allows; only what it does not allow contradicts it.
            (true, false) => narrower,
            (false, true) => wider,
            _ => narrower || wider,
        };
        // Where values are listed, the lists say which types there are.
        let listed = match (&pair.old.values, &pair.new.values) {
            (Some(_), Some(_)) => true,
            (Some(_), None) => !lacks(old, new),
            (None, Some(_)) => !lacks(new, old),
            (None, None) => false,
        };
        let never = pair.old.never || pair.new.never;
        if !contradicts || (!pair.is_observed() && listed && !never) {
            return false;
        }
        if becomes_list(pair.old, pair.new) {
            // One value is written as a list of one is.
            (narrower, wider) = (false, true);
        }
        let severity = of_change(pair.direction, RangeChange { narrower, wider });
        let fact = |node: &Node| {
            let told = facts::types(node);
            let names: BTreeSet<&String> = node.members.keys().collect();
            if names.is_empty() || pair.old.members.is_empty() == pair.new.members.is_empty() {
                return told;
            }
            json!({"type": told, "members": names})
        };
        let (from, to) = (fact(pair.old), fact(pair.new));
        let finding = self.differs(about, Kind::TypeChanged, severity, place, pair);
        (finding.from, finding.to) = (Some(from), Some(to));
        true
    }

    /// Answers whether null came or went.
    pub(super) fn nullable(
        &mut self,
        about: &FindingSubject,
        place: &str,
        pair: NodePair<'_>,
        changed_type: bool,
    ) -> bool {
        let (old, new) = (pair.old.takes_null(), pair.new.takes_null());
        let anything = |node: &Node| node.types.is_empty() && node.values.is_none() && node.seen.is_none();
        // What may be anything may be null as well; that it is something now is told as the type.
        if old == new || (changed_type && (anything(pair.old) || anything(pair.new))) {
            return false;
        }
        let contradicts = match (pair.old.seen.is_some(), pair.new.seen.is_some()) {
            (true, false) => old,
            (false, true) => new,
            (true, true) => new,
            (false, false) => true,
        };
        if !contradicts {
            return false;
        }
        let severity = of_change(pair.direction, RangeChange { narrower: old, wider: new });
        let finding = self.differs(about, Kind::NullableChanged, severity, place, pair);
        (finding.from, finding.to) = (Some(json!(old)), Some(json!(new)));
        false
    }

    pub(super) fn values(
        &mut self,
        about: &FindingSubject,
        place: &str,
        pair: NodePair<'_>,
        changed_type: bool,
    ) {
        let (Some(was), Some(is)) = (pair.old.values.as_ref(), pair.new.values.as_ref()) else {
            if !changed_type {
                self.values_appear(about, place, pair);
            }
            return;
        };
        if was == is {
            return;
        }
        let gone = was.iter().any(|value| !is.contains(value));
        let came = is.iter().any(|value| !was.contains(value));
        let contradicts = match (pair.old.seen.is_some(), pair.new.seen.is_some()) {
            (true, false) => gone,
            (false, true) => came,
            (true, true) => came,
            (false, false) => true,
        };
        if !contradicts {
            return;
        }
        let severity = match pair.direction {
            Direction::Request if gone => Severity::Breaking,
            // A client that knows a list meets a value that is not on it.
            Direction::Reply if came => Severity::Risky,
            _ => Severity::Compatible,
        };
        let (from, to) = (json!(was), json!(is));
        let finding = self.differs(about, Kind::EnumChanged, severity, place, pair);
        (finding.from, finding.to) = (Some(from), Some(to));
    }

    /// Values are listed now, or no longer.
    fn values_appear(&mut self, about: &FindingSubject, place: &str, pair: NodePair<'_>) {
        let (was, is) = (pair.old.values.as_ref(), pair.new.values.as_ref());
        if was.is_none() && is.is_none() || pair.is_observed() {
            return;
        }
        let severity = match pair.direction {
            Direction::Request if is.is_some() => Severity::Breaking,
            Direction::Reply if was.is_some() => Severity::Risky,
            _ => Severity::Compatible,
        };
        let (from, to) = (was.map(|values| json!(values)), is.map(|values| json!(values)));
        let finding = self.differs(about, Kind::EnumChanged, severity, place, pair);
        (finding.from, finding.to) = (from, to);
    }

    pub(super) fn limits(&mut self, about: &FindingSubject, place: &str, pair: NodePair<'_>) {
        let (mut old, mut new) = (bounds(pair.old), bounds(pair.new));
        // Where a list of values came or went, that is what changed; and what has no type in common has no bound.
        if pair.old.values.is_some() != pair.new.values.is_some() {
            old.retain(|keyword, _| keyword == CLOSED);
            new.retain(|keyword, _| keyword == CLOSED);
        }
        // A form for members without a description says more than that they are refused.
        if pair.old.members.contains_key("*") || pair.new.members.contains_key("*") {
            old.remove(CLOSED);
            new.remove(CLOSED);
        }
        for (mine, other) in [(&mut old, pair.new), (&mut new, pair.old)] {
            let speaks = |types: &[Type]| {
                other.types.is_empty() || types.iter().any(|held| other.types.contains(held))
            };
            mine.retain(|keyword, _| {
                let numbers = [Type::Number, Type::Integer];
                LIMITS.iter().find(|(held, _)| held == keyword).is_none_or(|(_, types)| {
                    if types[0] == Type::Number { speaks(&numbers) } else { speaks(types) }
                })
            });
        }
        if old == new {
            return;
        }
        let keywords: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let mut changes = Vec::new();
        for (inclusive, exclusive) in EDGES {
            changes.push(edge_moved(inclusive, (&old, &new), exclusive));
        }
        let edges = |keyword: &str| EDGES.iter().any(|(one, other)| keyword == *one || keyword == *other);
        for keyword in keywords.into_iter().filter(|keyword| !edges(keyword)) {
            let (was, is) = (old.get(keyword), new.get(keyword));
            if was != is {
                changes.push(bound_moved(keyword, was, is));
            }
        }
        let change = RangeChange {
            narrower: changes.iter().any(|change| change.narrower),
            wider: changes.iter().any(|change| change.wider),
        };
        let severity = match pair.direction {
            Direction::Request => of_change(pair.direction, change),
            // A client seldom relies on how long an answer's text is.
            Direction::Reply if change.wider => Severity::Risky,
            Direction::Reply => Severity::Compatible,
        };
        let (from, to) = (json!(old), json!(new));
        let finding = self.differs(about, Kind::LimitChanged, severity, place, pair);
        (finding.from, finding.to) = (Some(from), Some(to));
    }

    pub(super) fn formats(&mut self, about: &FindingSubject, place: &str, pair: NodePair<'_>) {
        let (was, is) = (&pair.old.format, &pair.new.format);
        if was == is {
            return;
        }
        // JSON Schema lets a checker pass over formats, so that a new one refuses perhaps.
        let severity = match (pair.direction, was, is) {
            (Direction::Request, Some(_), None) | (Direction::Reply, None, Some(_)) => Severity::Compatible,
            _ => Severity::Risky,
        };
        let (from, to) = (was.as_ref().map(|word| json!(word)), is.as_ref().map(|word| json!(word)));
        let finding = self.differs(about, Kind::FormatChanged, severity, place, pair);
        (finding.from, finding.to) = (from, to);
    }

    pub(super) fn defaults(&mut self, about: &FindingSubject, place: &str, pair: NodePair<'_>) {
        let (was, is) = (&pair.old.default, &pair.new.default);
        if was == is {
            return;
        }
        if pair.direction == Direction::Reply {
            // Nobody leaves a member out of an answer for what is said of it here.
            self.words.insert(place.to_owned());
            return;
        }
        // What was never said could not be relied on.
        let severity = if was.is_none() { Severity::Compatible } else { Severity::Risky };
        let finding = self.differs(about, Kind::DefaultChanged, severity, place, pair);
        (finding.from, finding.to) = (was.clone(), is.clone());
    }

    /// How a parameter or a part of a form is written.
    pub(super) fn styles(
        &mut self,
        about: &FindingSubject,
        place: &str,
        pair: NodePair<'_>,
        changed_type: bool,
    ) {
        let (was, is) = (&pair.old.style, &pair.new.style);
        // What was a value and is a list is written otherwise for that.
        if was == is || (changed_type && (was.is_none() || is.is_none())) {
            return;
        }
        let severity = if was.is_some() && is.is_some() { Severity::Breaking } else { Severity::Risky };
        let fact = |style: &Option<String>| style.as_ref().map(|word| json!(word));
        let (from, to) = (fact(was), fact(is));
        let finding = self.differs(about, Kind::StyleChanged, severity, place, pair);
        (finding.from, finding.to) = (from, to);
    }

    /// What only people read, and marks of deprecation.
    pub(super) fn marks(&mut self, about: &FindingSubject, place: &str, pair: NodePair<'_>) {
        if pair.old.text != pair.new.text {
            self.words.insert(place.to_owned());
        }
        if pair.old.deprecated != pair.new.deprecated {
            let finding = self.differs(about, Kind::DeprecationChanged, Severity::Compatible, place, pair);
            (finding.from, finding.to) = (Some(json!(pair.old.deprecated)), Some(json!(pair.new.deprecated)));
        }
    }

    pub(super) fn compare_required(
        &mut self,
        about: &FindingSubject,
        place: &str,
        pair: NodePair<'_>,
        old: &MemberForm,
        new: &MemberForm,
    ) {
        if old.required == new.required {
            return;
        }
        let inner = NodePair { old: &old.node, new: &new.node, direction: pair.direction };
        let (old_seen, new_seen) = (&old.node.seen, &new.node.seen);
        let sometimes = |seen: &Option<crate::surface::Seen>| {
            seen.as_ref().is_some_and(|seen| seen.present < seen.samples)
        };
        let contradicts = match (old_seen.is_some(), new_seen.is_some()) {
            (false, false) => true,
            // A document that demands it is contradicted by one answer without it, and not by any with it.
            (false, true) => old.required && sometimes(new_seen),
            (true, false) => new.required && sometimes(old_seen),
            (true, true) => {
                new_seen.as_ref().is_some_and(|seen| seen.samples >= facts::FEW_SAMPLES)
                    && sometimes(new_seen)
            }
        };
        if !contradicts {
            return;
        }
        let severity = match (pair.direction, new.required) {
            (Direction::Request, true) | (Direction::Reply, false) => Severity::Breaking,
            _ => Severity::Compatible,
        };
        let finding = self.differs(about, Kind::RequiredChanged, severity, place, inner);
        (finding.from, finding.to) = (Some(json!(old.required)), Some(json!(new.required)));
    }
}

/// The bounds of a form, and whether it refuses members that it does not describe.
fn bounds(node: &Node) -> BTreeMap<String, Value> {
    let mut bounds = node.limits.clone();
    if node.closed && !node.members.contains_key("*") {
        bounds.insert(CLOSED.to_owned(), json!(false));
    }
    bounds
}

/// Whether a parameter of one value may be a list of such values now, each written by itself.
fn becomes_list(old: &Node, new: &Node) -> bool {
    let lists = new.types.len() == 1 && new.types.contains(&Type::Array);
    let by_itself = new.style.as_deref().is_some_and(|style| style.ends_with("each by itself"));
    let plain =
        old.style.is_none() && !old.types.contains(&Type::Array) && !old.types.contains(&Type::Object);
    let fits =
        new.items.as_ref().is_none_or(|items| !lacks(&old.types, &items.types) && items.values.is_none());
    lists && by_itself && plain && fits
}
