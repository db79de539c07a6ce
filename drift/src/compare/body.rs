//! Two forms of one body, from the root to the leaves.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::members::{Leftover, Leftovers};
use super::severity::{Direction, EDGES, RangeChange, bound_moved, edge_moved, lacks, of_change};
use super::{Comparison, FindingSubject, NodePair, facts};
use crate::finding::Finding;
use crate::kind::{Kind, Severity};
use crate::surface::{MemberForm, Node};
use mockreel_contracts::contract::check::schema::escape;

impl Comparison<'_> {
    /// Compares two bodies whose roots are at `place`.
    pub(super) fn bodies(
        &mut self,
        about: &FindingSubject,
        direction: Direction,
        place: &str,
        old: &Node,
        new: &Node,
    ) {
        let mut leftovers = Leftovers::default();
        let pair = NodePair { old, new, direction };
        self.nodes(about, place, pair, &mut leftovers);
        self.members_that_came_or_went(about, direction, leftovers);
    }

    /// Compares two forms and what is below them. Members that only one has are left over.
    pub(super) fn nodes<'a>(
        &mut self,
        about: &FindingSubject,
        place: &str,
        pair: NodePair<'a>,
        leftovers: &mut Leftovers<'a>,
    ) {
        // Behind a broken reference could be anything; that it is broken is told as a defect.
        if pair.old.unknown || pair.new.unknown {
            return;
        }
        self.types(about, place, pair);
        self.nullable(about, place, pair);
        self.values(about, place, pair);
        if !pair.is_observed() {
            self.limits(about, place, pair);
            self.formats(about, place, pair);
            self.defaults(about, place, pair);
            if pair.old.text != pair.new.text || pair.old.deprecated != pair.new.deprecated {
                self.words.insert(place.to_owned());
            }
        }
        let hidden = |member: &MemberForm| match pair.direction {
            Direction::Request => member.node.read_only,
            Direction::Reply => member.node.write_only,
        };
        for (name, before) in pair.old.members.iter().filter(|(_, member)| !hidden(member)) {
            let below = format!("{place}/{}", escape(name));
            match pair.new.members.get(name).filter(|member| !hidden(member)) {
                Some(after) => {
                    self.compare_required(about, &below, pair, before, after);
                    let inner = NodePair { old: &before.node, new: &after.node, direction: pair.direction };
                    self.nodes(about, &below, inner, leftovers);
                }
                None if pair.new.members.is_empty() && pair.old.types != pair.new.types => {}
                None => leftovers.gone.push(Leftover::new(place, name, before, pair.old, pair.new)),
            }
        }
        for (name, after) in pair.new.members.iter().filter(|(_, member)| !hidden(member)) {
            // Members of what had none, and another type, came with the type.
            let with_the_type = pair.old.members.is_empty() && pair.old.types != pair.new.types;
            let known = pair.old.members.get(name).is_some_and(|member| !hidden(member));
            if !known && !with_the_type {
                leftovers.came.push(Leftover::new(place, name, after, pair.old, pair.new));
            }
        }
        match (&pair.old.items, &pair.new.items) {
            (Some(before), Some(after)) => {
                let inner = NodePair { old: before, new: after, direction: pair.direction };
                self.nodes(about, &format!("{place}/*"), inner, leftovers);
            }
            (None, None) => {}
            // Items that are described no longer may be anything; if the list itself is no longer one, that is told.
            (before, after) if pair.old.types == pair.new.types && !pair.is_observed() => {
                let anything = Node { pointer: pair.new.pointer.clone(), ..Node::default() };
                let old = before.as_deref().unwrap_or(&anything);
                let new = after.as_deref().unwrap_or(&anything);
                let inner = NodePair { old, new, direction: pair.direction };
                self.types(about, &format!("{place}/*"), inner);
            }
            _ => {}
        }
    }

    /// A finding about both forms, with their pointers and the evidence.
    pub(super) fn differs(
        &mut self,
        about: &FindingSubject,
        kind: Kind,
        severity: Severity,
        place: &str,
        pair: NodePair<'_>,
    ) -> &mut Finding {
        let finding = self.add(about, kind, severity, place);
        finding.pointer = Some(pair.old.pointer.clone());
        finding.to_pointer = Some(pair.new.pointer.clone());
        facts::add_evidence(finding, pair.old, pair.new);
        finding
    }

    fn types(&mut self, about: &FindingSubject, place: &str, pair: NodePair<'_>) {
        let (old, new) = (&pair.old.types, &pair.new.types);
        if old == new {
            return;
        }
        // What was only ever null, or never there, has no type that could differ.
        let silent = |node: &Node| node.seen.is_some() && node.types.is_empty();
        if silent(pair.old) || silent(pair.new) {
            return;
        }
        let (narrower, wider) = (lacks(old, new), lacks(new, old));
        let contradicts = match (pair.old.seen.is_some(), pair.new.seen.is_some()) {
            // Answers show some of what a document allows; only what it does not allow contradicts it.
            (true, false) => narrower,
            (false, true) => wider,
            _ => narrower || wider,
        };
        if !contradicts {
            return;
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
    }

    fn nullable(&mut self, about: &FindingSubject, place: &str, pair: NodePair<'_>) {
        let (old, new) = (pair.old.nullable, pair.new.nullable);
        // A form without a type may be anything, null included.
        let anything = |node: &Node| node.seen.is_none() && node.types.is_empty() && node.values.is_none();
        let (old, new) = (old || anything(pair.old), new || anything(pair.new));
        if old == new {
            return;
        }
        let contradicts = match (pair.old.seen.is_some(), pair.new.seen.is_some()) {
            (true, false) => old,
            (false, true) => new,
            (true, true) => new,
            (false, false) => true,
        };
        if !contradicts {
            return;
        }
        let severity = of_change(pair.direction, RangeChange { narrower: old, wider: new });
        let finding = self.differs(about, Kind::NullableChanged, severity, place, pair);
        (finding.from, finding.to) = (Some(json!(old)), Some(json!(new)));
    }

    fn values(&mut self, about: &FindingSubject, place: &str, pair: NodePair<'_>) {
        let (Some(was), Some(is)) = (pair.old.values.as_ref(), pair.new.values.as_ref()) else {
            return self.values_appear(about, place, pair);
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

    fn limits(&mut self, about: &FindingSubject, place: &str, pair: NodePair<'_>) {
        let (old, new) = (bounds(pair.old), bounds(pair.new));
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

    fn formats(&mut self, about: &FindingSubject, place: &str, pair: NodePair<'_>) {
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

    fn defaults(&mut self, about: &FindingSubject, place: &str, pair: NodePair<'_>) {
        let (was, is) = (&pair.old.default, &pair.new.default);
        if was == is || pair.direction == Direction::Reply {
            return;
        }
        let finding = self.differs(about, Kind::DefaultChanged, Severity::Risky, place, pair);
        (finding.from, finding.to) = (was.clone(), is.clone());
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
    if node.closed {
        bounds.insert("additionalProperties".to_owned(), json!(false));
    }
    bounds
}
