//! Two forms of one body, from the root to the leaves.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::members::{Leftover, Leftovers};
use super::severity::{EDGES, bound_moved, edge_moved, lacks, of_change};
use super::{About, Comparison, facts};
use crate::finding::{Confidence, Evidence, Finding};
use crate::kind::{Kind, Severity};
use crate::surface::{Member, Node};
use mockreel_contracts::contract::check::schema::escape;

/// Which way a body travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// From the client to the vendor.
    Request,
    /// From the vendor to the client.
    Reply,
}

/// Fewer answers than this are weak evidence.
pub(super) const FEW: u32 = 5;

/// Two forms at one place.
#[derive(Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) old: &'a Node,
    pub(super) new: &'a Node,
    pub(super) direction: Direction,
}

impl Pair<'_> {
    /// Whether one of the forms was inferred from answers, so that it does not say what may be, only what was.
    pub(super) fn is_observed(&self) -> bool {
        self.old.seen.is_some() || self.new.seen.is_some()
    }
}

impl Comparison<'_> {
    /// Compares two bodies whose roots are at `place`.
    pub(super) fn bodies(
        &mut self,
        about: &About,
        direction: Direction,
        place: &str,
        old: &Node,
        new: &Node,
    ) {
        let mut leftovers = Leftovers::default();
        let pair = Pair { old, new, direction };
        self.nodes(about, place, pair, &mut leftovers);
        self.members_that_came_or_went(about, direction, leftovers);
    }

    /// Compares two forms and what is below them. Members that only one has are left over.
    pub(super) fn nodes<'a>(
        &mut self,
        about: &About,
        place: &str,
        pair: Pair<'a>,
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
        let hidden = |member: &Member| match pair.direction {
            Direction::Request => member.node.read_only,
            Direction::Reply => member.node.write_only,
        };
        for (name, before) in pair.old.members.iter().filter(|(_, member)| !hidden(member)) {
            let below = format!("{place}/{}", escape(name));
            match pair.new.members.get(name).filter(|member| !hidden(member)) {
                Some(after) => {
                    self.required(about, &below, pair, before, after);
                    let inner = Pair { old: &before.node, new: &after.node, direction: pair.direction };
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
                let inner = Pair { old: before, new: after, direction: pair.direction };
                self.nodes(about, &format!("{place}/*"), inner, leftovers);
            }
            (None, None) => {}
            // Items that are described no longer may be anything; if the list itself is no longer one, that is told.
            (before, after) if pair.old.types == pair.new.types && !pair.is_observed() => {
                let anything = Node { pointer: pair.new.pointer.clone(), ..Node::default() };
                let old = before.as_deref().unwrap_or(&anything);
                let new = after.as_deref().unwrap_or(&anything);
                let inner = Pair { old, new, direction: pair.direction };
                self.types(about, &format!("{place}/*"), inner);
            }
            _ => {}
        }
    }

    /// A finding about both forms, with their pointers and the evidence.
    pub(super) fn differs(
        &mut self,
        about: &About,
        kind: Kind,
        severity: Severity,
        place: &str,
        pair: Pair<'_>,
    ) -> &mut Finding {
        let finding = self.add(about, kind, severity, place);
        finding.pointer = Some(pair.old.pointer.clone());
        finding.to_pointer = Some(pair.new.pointer.clone());
        evidence(finding, pair.old, pair.new);
        finding
    }

    fn types(&mut self, about: &About, place: &str, pair: Pair<'_>) {
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
        let severity = of_change(pair.direction, narrower, wider);
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

    fn nullable(&mut self, about: &About, place: &str, pair: Pair<'_>) {
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
        let severity = of_change(pair.direction, old, new);
        let finding = self.differs(about, Kind::NullableChanged, severity, place, pair);
        (finding.from, finding.to) = (Some(json!(old)), Some(json!(new)));
    }

    fn values(&mut self, about: &About, place: &str, pair: Pair<'_>) {
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
    fn values_appear(&mut self, about: &About, place: &str, pair: Pair<'_>) {
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

    fn limits(&mut self, about: &About, place: &str, pair: Pair<'_>) {
        let (old, new) = (bounds(pair.old), bounds(pair.new));
        if old == new {
            return;
        }
        let keywords: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let (mut narrower, mut wider) = (false, false);
        for (inclusive, exclusive) in EDGES {
            let (less, more) = edge_moved(inclusive, (&old, &new), exclusive);
            narrower |= less;
            wider |= more;
        }
        let edges = |keyword: &str| EDGES.iter().any(|(one, other)| keyword == *one || keyword == *other);
        for keyword in keywords.into_iter().filter(|keyword| !edges(keyword)) {
            let (was, is) = (old.get(keyword), new.get(keyword));
            if was != is {
                let (less, more) = bound_moved(keyword, was, is);
                narrower |= less;
                wider |= more;
            }
        }
        let severity = match pair.direction {
            Direction::Request => of_change(pair.direction, narrower, wider),
            // A client seldom relies on how long an answer's text is.
            Direction::Reply if wider => Severity::Risky,
            Direction::Reply => Severity::Compatible,
        };
        let (from, to) = (json!(old), json!(new));
        let finding = self.differs(about, Kind::LimitChanged, severity, place, pair);
        (finding.from, finding.to) = (Some(from), Some(to));
    }

    fn formats(&mut self, about: &About, place: &str, pair: Pair<'_>) {
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

    fn defaults(&mut self, about: &About, place: &str, pair: Pair<'_>) {
        let (was, is) = (&pair.old.default, &pair.new.default);
        if was == is || pair.direction == Direction::Reply {
            return;
        }
        let finding = self.differs(about, Kind::DefaultChanged, Severity::Risky, place, pair);
        (finding.from, finding.to) = (was.clone(), is.clone());
    }

    pub(super) fn required(
        &mut self,
        about: &About,
        place: &str,
        pair: Pair<'_>,
        old: &Member,
        new: &Member,
    ) {
        if old.required == new.required {
            return;
        }
        let inner = Pair { old: &old.node, new: &new.node, direction: pair.direction };
        let (old_seen, new_seen) = (&old.node.seen, &new.node.seen);
        let sometimes = |seen: &Option<crate::surface::Seen>| {
            seen.as_ref().is_some_and(|seen| seen.present < seen.samples)
        };
        let contradicts = match (old_seen.is_some(), new_seen.is_some()) {
            (false, false) => true,
            // A document that demands it is contradicted by one answer without it, and not by any with it.
            (false, true) => old.required && sometimes(new_seen),
            (true, false) => new.required && sometimes(old_seen),
            (true, true) => new_seen.as_ref().is_some_and(|seen| seen.samples >= FEW) && sometimes(new_seen),
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

/// Says on how many answers a finding rests.
pub(super) fn evidence(finding: &mut Finding, old: &Node, new: &Node) {
    let Some(seen) = new.seen.as_ref().or(old.seen.as_ref()) else { return };
    finding.evidence = Some(Evidence { samples: seen.samples, present: seen.present });
    if seen.samples < FEW {
        finding.confidence = Confidence::Weak;
    }
    let time = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    (finding.first_seen, finding.last_seen) = (time(&seen.first), time(&seen.last));
}

/// What a form is, for a finding about a member that came or went.
pub(super) fn fact(member: &Member) -> Value {
    facts::of_node(&member.node, member.required)
}
