//! Two forms of one body, from the root to the leaves.
//!
//! Forms that are shared by reference are compared once for each direction; what was found is told again at each
//! place that has them, within a bound.

use std::sync::Arc;

use super::members::{Leftover, Leftovers};
use super::severity::Direction;
use super::{Comparison, FindingSubject, NodePair, facts};
use crate::finding::{Finding, fingerprint};
use crate::form::{normal, open};
use crate::kind::{Kind, Severity};
use crate::surface::{MemberForm, Node};
use mockreel_contracts::contract::check::schema::escape;

/// Forms are compared so deep at once; what is nested deeper is compared after what is above it.
const MAX_DEPTH: usize = 24;

/// So many pairs of forms are looked at.
const MOST_PAIRS: usize = 1_000_000;

/// What was found below one pair of forms is told again at so many places.
const MOST_PLACES: usize = 40;

/// So much of what was found below one pair of forms is told again at another place.
const MOST_TOLD_AGAIN: usize = 200;

/// A pair of forms that was compared.
pub(super) struct ComparedPair {
    /// Both forms, so that their addresses stay theirs.
    _forms: (Arc<Node>, Arc<Node>),
    place: String,
    operation: String,
    findings: Vec<Finding>,
    leftovers: Leftovers,
    told: usize,
}

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
        let (old, new) = (Arc::new(old.clone()), Arc::new(new.clone()));
        self.nodes(about, place, NodePair { old: &old, new: &new, direction }, &mut leftovers);
        self.members_that_came_or_went(about, direction, leftovers);
        // The nearest first, so that a shared form is told where it is met soonest.
        while let Some((about, place, old, new, direction)) = self.later.pop_front() {
            let mut leftovers = Leftovers::default();
            self.nodes(&about, &place, NodePair { old: &old, new: &new, direction }, &mut leftovers);
            self.members_that_came_or_went(&about, direction, leftovers);
        }
    }

    /// Compares two forms and what is below them. Members that only one has are left over.
    pub(super) fn nodes(
        &mut self,
        about: &FindingSubject,
        place: &str,
        pair: NodePair<'_>,
        leftovers: &mut Leftovers,
    ) {
        if Arc::ptr_eq(pair.old, pair.new) {
            return;
        }
        if self.pairs > MOST_PAIRS {
            self.leave_out("form beyond the bounds of a comparison", place);
            return;
        }
        let key = (Arc::as_ptr(pair.old) as usize, Arc::as_ptr(pair.new) as usize, pair.direction);
        if self.compared_pairs.contains_key(&key) {
            self.tell_again(about, place, key, leftovers);
            return;
        }
        if self.depth > MAX_DEPTH {
            let (old, new) = (Arc::clone(pair.old), Arc::clone(pair.new));
            self.later.push_back((about.clone(), place.to_owned(), old, new, pair.direction));
            return;
        }
        let _forms = (Arc::clone(pair.old), Arc::clone(pair.new));
        let entry = ComparedPair {
            _forms,
            place: place.to_owned(),
            operation: about.operation.clone(),
            findings: Vec::new(),
            leftovers: Leftovers::default(),
            told: 1,
        };
        // A form that leads back to itself meets itself here, and is compared already.
        self.compared_pairs.insert(key, entry);
        let (found, gone, came) = (self.found.len(), leftovers.gone.len(), leftovers.came.len());
        self.depth += 1;
        let (old, new) = (self.settle(pair.old), self.settle(pair.new));
        self.level(about, place, NodePair { old: &old, new: &new, direction: pair.direction }, leftovers);
        self.depth -= 1;
        if let Some(entry) = self.compared_pairs.get_mut(&key) {
            entry.findings = self.found.iter().skip(found).take(MOST_TOLD_AGAIN).cloned().collect();
            entry.leftovers = Leftovers {
                gone: leftovers.gone.iter().skip(gone).take(MOST_TOLD_AGAIN).cloned().collect(),
                came: leftovers.came.iter().skip(came).take(MOST_TOLD_AGAIN).cloned().collect(),
            };
        }
    }

    /// Tells at another place what was found where the same two forms were compared first.
    fn tell_again(
        &mut self,
        about: &FindingSubject,
        place: &str,
        key: (usize, usize, Direction),
        leftovers: &mut Leftovers,
    ) {
        let Some(entry) = self.compared_pairs.get_mut(&key) else { return };
        let is_empty =
            entry.findings.is_empty() && entry.leftovers.gone.is_empty() && entry.leftovers.came.is_empty();
        // Another model of the same operation is told with the first one, however many there are.
        let elsewhere = place != entry.place || about.operation != entry.operation;
        if is_empty || (elsewhere && entry.told >= MOST_PLACES) {
            return;
        }
        entry.told += usize::from(elsewhere);
        let base = entry.place.clone();
        let at = |old: &str| old.strip_prefix(&base).map(|rest| format!("{place}{rest}"));
        let mut again = Vec::new();
        for finding in &entry.findings {
            let Some(moved) = at(&finding.place) else { continue };
            if elsewhere {
                let member = finding.place.rsplit('/').next().unwrap_or_default().to_owned();
                let change = (finding.pointer.clone(), finding.to_pointer.clone(), finding.kind, member);
                let count = self.repeats.entry(change).or_default();
                if *count >= MOST_PLACES {
                    continue;
                }
                *count += 1;
            }
            let mut finding = finding.clone();
            finding.to_place = finding.to_place.as_deref().and_then(at);
            finding.place = moved;
            finding.operation.clone_from(&about.operation);
            finding.models = about.model.clone().into_iter().collect();
            let files = if is_loss(finding.kind) { &about.old_files } else { &about.files };
            finding.files.clone_from(files);
            finding.fingerprint = fingerprint(
                &self.vendor,
                &finding.operation,
                finding.kind,
                &finding.place,
                finding.to_place.as_deref(),
            );
            again.push(finding);
        }
        let moved = |list: &[Leftover]| -> Vec<Leftover> {
            let at = |left: &Leftover| Some(left.move_to(at(&left.outer)?));
            list.iter().filter_map(at).collect()
        };
        let (gone, came) = (moved(&entry.leftovers.gone), moved(&entry.leftovers.came));
        self.found.extend(again);
        leftovers.gone.extend(gone);
        leftovers.came.extend(came);
    }

    /// A form with its links followed, in its one spelling.
    pub(super) fn settle(&mut self, node: &Arc<Node>) -> Arc<Node> {
        let key = Arc::as_ptr(node) as usize;
        if let Some((_, settled)) = self.settled.get(&key) {
            return Arc::clone(settled);
        }
        let settled = normal(&open(&mut self.forms, node));
        self.settled.insert(key, (Arc::clone(node), Arc::clone(&settled)));
        settled
    }

    /// Two forms at one place, settled, and what is below them.
    fn level(&mut self, about: &FindingSubject, place: &str, pair: NodePair<'_>, leftovers: &mut Leftovers) {
        self.pairs += 1;
        // Behind a broken reference could be anything; that it is broken is told as a defect, and counted.
        if pair.old.unknown || pair.new.unknown {
            return;
        }
        let found = self.found.len();
        let mut changed_type = self.types(about, place, pair);
        if pair.old.never || pair.new.never {
            return;
        }
        changed_type |= self.nullable(about, place, pair, changed_type);
        self.values(about, place, pair, changed_type);
        if !pair.is_observed() {
            self.limits(about, place, pair);
            self.formats(about, place, pair);
            self.defaults(about, place, pair);
            self.styles(about, place, pair, changed_type);
            self.marks(about, place, pair);
        }
        self.members(about, place, pair, leftovers);
        self.items(about, place, pair, leftovers);
        if !pair.is_observed() {
            self.parts(about, place, pair, leftovers);
            self.discriminators(about, place, pair);
            self.alternatives(about, place, pair, found, leftovers);
        }
    }

    fn members(
        &mut self,
        about: &FindingSubject,
        place: &str,
        pair: NodePair<'_>,
        leftovers: &mut Leftovers,
    ) {
        let hidden = |member: &MemberForm| match pair.direction {
            Direction::Request => member.node.read_only,
            Direction::Reply => member.node.write_only,
        };
        let skip = self.any_members(about, place, pair, leftovers);
        let skip = |name: &str| skip && name == "*";
        for (name, before) in pair.old.members.iter().filter(|(name, member)| !hidden(member) && !skip(name))
        {
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
        for (name, after) in pair.new.members.iter().filter(|(name, member)| !hidden(member) && !skip(name)) {
            // Members of what had none, and another type, came with the type.
            let with_the_type = pair.old.members.is_empty() && pair.old.types != pair.new.types;
            let known = pair.old.members.get(name).is_some_and(|member| !hidden(member));
            if !known && !with_the_type {
                leftovers.came.push(Leftover::new(place, name, after, pair.old, pair.new));
            }
        }
    }

    /// Members without a description, where one side gives them a form. Answers whether they were compared.
    fn any_members(
        &mut self,
        about: &FindingSubject,
        place: &str,
        pair: NodePair<'_>,
        leftovers: &mut Leftovers,
    ) -> bool {
        if pair.is_observed() || pair.old.types != pair.new.types {
            return false;
        }
        let form = |node: &Node| -> Arc<Node> {
            let closed = Node { pointer: node.pointer.clone(), never: node.closed, ..Node::default() };
            node.members.get("*").map_or_else(|| Arc::new(closed), |member| Arc::clone(&member.node))
        };
        if !pair.old.members.contains_key("*") && !pair.new.members.contains_key("*") {
            return false;
        }
        let (old, new) = (form(pair.old), form(pair.new));
        let inner = NodePair { old: &old, new: &new, direction: pair.direction };
        self.nodes(about, &format!("{place}/*"), inner, leftovers);
        true
    }

    fn items(&mut self, about: &FindingSubject, place: &str, pair: NodePair<'_>, leftovers: &mut Leftovers) {
        let below = format!("{place}/*");
        match (&pair.old.items, &pair.new.items) {
            (Some(before), Some(after)) => {
                let inner = NodePair { old: before, new: after, direction: pair.direction };
                self.nodes(about, &below, inner, leftovers);
            }
            (None, None) => {}
            // Items that are described no longer may be anything; if the list itself is no longer one, that is told.
            (before, after) if pair.old.types == pair.new.types && !pair.is_observed() => {
                let empty = |node: &Node| node.limits.get("maxItems") == Some(&0.into());
                if empty(pair.old) || empty(pair.new) {
                    return;
                }
                let anything = Arc::new(Node { pointer: pair.new.pointer.clone(), ..Node::default() });
                let old = before.as_ref().unwrap_or(&anything);
                let new = after.as_ref().unwrap_or(&anything);
                let inner = NodePair { old, new, direction: pair.direction };
                self.nodes(about, &below, inner, &mut Leftovers::default());
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
}

/// Whether a kind is about something that only the older side has.
pub(super) fn is_loss(kind: Kind) -> bool {
    matches!(kind, Kind::MemberRemoved | Kind::PathRemoved)
}
