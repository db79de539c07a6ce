//! Members that only one side has: renamed, moved, gone or new.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::facts::{FEW_SAMPLES, add_evidence, describe_member};
use super::names::{are_opposites, words};
use super::severity::{Direction, Necessity, Openness, lacks, of_added, of_removed, of_renamed};
use super::{Comparison, FindingSubject, NodePair};
use crate::finding::{Confidence, SampleCount};
use crate::form::{Forms, open, shape};
use crate::kind::{Kind, Severity};
use crate::surface::{MemberForm, Node};
use mockreel_contracts::contract::check::schema::escape;

/// So many combinations of members that went and came are weighed at most; beyond, none is taken for renamed.
const MOST_WEIGHED: usize = 40_000;

/// A member that the other side lacks.
#[derive(Clone)]
pub(super) struct Leftover {
    /// The canonical place of the object that has it, or should.
    pub(super) outer: String,
    name: String,
    member: MemberForm,
    /// That object on the old side.
    old: Arc<Node>,
    /// That object on the new side.
    new: Arc<Node>,
}

/// What is left over once everything with the same name was compared.
#[derive(Clone, Default)]
pub(super) struct Leftovers {
    pub(super) gone: Vec<Leftover>,
    pub(super) came: Vec<Leftover>,
}

impl Leftovers {
    /// Whether a place is one of them.
    pub(super) fn has(&self, place: &str) -> bool {
        self.gone.iter().chain(&self.came).any(|left| left.place() == place)
    }

    /// Says of one of them that it must be, or had to be there.
    pub(super) fn demand(&mut self, place: &str) {
        for left in self.gone.iter_mut().chain(&mut self.came).filter(|left| left.place() == place) {
            left.member.required = true;
        }
    }

    /// Whether one of them is below a place.
    pub(super) fn has_below(&self, place: &str) -> bool {
        let places = self.gone.iter().chain(&self.came);
        places.map(|left| &left.outer).any(|outer| is_below(outer, place))
    }
}

/// Whether a place is another, or below it.
pub(super) fn is_below(place: &str, outer: &str) -> bool {
    place.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Leftover {
    pub(super) fn new(
        outer: &str,
        name: &str,
        member: &MemberForm,
        old: &Arc<Node>,
        new: &Arc<Node>,
    ) -> Self {
        Self {
            outer: outer.to_owned(),
            name: name.to_owned(),
            member: member.clone(),
            old: Arc::clone(old),
            new: Arc::clone(new),
        }
    }

    /// The same in another place.
    pub(super) fn move_to(&self, outer: String) -> Self {
        Self { outer, ..self.clone() }
    }

    fn place(&self) -> String {
        format!("{}/{}", self.outer, escape(&self.name))
    }

    /// Itself and the members below it, each with its place.
    fn below(&self) -> Vec<(String, String, MemberForm)> {
        let mut found = vec![(self.place(), self.name.clone(), self.member.clone())];
        collect(&self.place(), &self.member.node, &mut found);
        found
    }
}

/// So many members below one are looked at to find one that moved.
const MOST_BELOW: usize = 200;

fn collect(place: &str, node: &Node, found: &mut Vec<(String, String, MemberForm)>) {
    for (name, member) in &node.members {
        if found.len() >= MOST_BELOW {
            return;
        }
        let below = format!("{place}/{}", escape(name));
        found.push((below.clone(), name.clone(), member.clone()));
        collect(&below, &member.node, found);
    }
    if let Some(items) = &node.items {
        collect(&format!("{place}/*"), items, found);
    }
}

impl Comparison<'_> {
    /// Says of each leftover what became of it, or where it came from.
    pub(super) fn members_that_came_or_went(
        &mut self,
        about: &FindingSubject,
        direction: Direction,
        leftovers: Leftovers,
    ) {
        let Leftovers { mut gone, mut came } = leftovers;
        for (was, is) in renames(&mut gone, &mut came) {
            self.add_renamed(about, direction, &was, &is);
        }
        let moved = self.moves(about, direction, &mut gone, &mut came);
        for left in gone.iter().filter(|left| !is_emptied(left, &moved)) {
            self.add_gone(about, direction, left);
        }
        for left in came.iter().filter(|left| !is_emptied(left, &moved)) {
            self.add_came(about, direction, left);
        }
    }

    fn add_renamed(&mut self, about: &FindingSubject, direction: Direction, was: &Leftover, is: &Leftover) {
        let pair = NodePair { old: &was.member.node, new: &is.member.node, direction };
        let severity = of_renamed(
            direction,
            Necessity::of(&was.member),
            Necessity::of(&is.member),
            Openness::of(&is.new),
        );
        let place = is.place();
        self.add_relocated(about, Kind::MemberRenamed, severity, &was.place(), &place, pair);
        if was.member.required != is.member.required {
            self.compare_required(about, &place, pair, &was.member, &is.member);
        }
        let mut inner = Leftovers::default();
        self.nodes(about, &place, pair, &mut inner);
        self.members_that_came_or_went(about, direction, inner);
    }

    /// Members of the same name and form that are elsewhere now. Answers with the places that are explained by it.
    fn moves(
        &mut self,
        about: &FindingSubject,
        direction: Direction,
        gone: &mut Vec<Leftover>,
        came: &mut Vec<Leftover>,
    ) -> BTreeSet<String> {
        let before: Vec<_> = gone.iter().flat_map(Leftover::below).collect();
        let after: Vec<_> = came.iter().flat_map(Leftover::below).collect();
        let mut explained: BTreeSet<String> = BTreeSet::new();
        for (was, name, member) in &before {
            if within(was, &explained) {
                continue;
            }
            // What refers to itself, or is very large, is not known again.
            let same = |(is, other, held): &&(String, String, MemberForm)| {
                other == name
                    && !within(is, &explained)
                    && is_telling(&member.node)
                    && shape(&held.node) == shape(&member.node)
            };
            let Some((is, _, held)) = after.iter().find(same) else { continue };
            let pair = NodePair { old: &member.node, new: &held.node, direction };
            let severity = of_renamed(direction, Necessity::of(member), Necessity::of(held), Openness::Open);
            self.add_relocated(about, Kind::MemberMoved, severity, was, is, pair);
            // What does not make a form another one may differ all the same: defaults, marks, words.
            self.nodes(about, is, pair, &mut Leftovers::default());
            explained.extend([was.clone(), is.clone()]);
        }
        gone.retain(|left| !explained.contains(&left.place()));
        came.retain(|left| !explained.contains(&left.place()));
        explained
    }

    fn add_relocated(
        &mut self,
        about: &FindingSubject,
        kind: Kind,
        severity: Severity,
        was: &str,
        is: &str,
        pair: NodePair<'_>,
    ) {
        let vendor = self.vendor.clone();
        let finding = self.differs(about, kind, severity, was, pair);
        finding.to_place = Some(is.to_owned());
        finding.confidence = finding.confidence.max(Confidence::Likely);
        finding.fingerprint = crate::finding::fingerprint(&vendor, &about.operation, kind, was, Some(is));
    }

    fn add_gone(&mut self, about: &FindingSubject, direction: Direction, left: &Leftover) {
        let member = &left.member;
        let mut evidence_of = None;
        let severity = match (&member.node.seen, &left.new.seen) {
            (None, None) => of_removed(direction, Necessity::of(member), Openness::of(&left.new)),
            // A document's member that no answer has: answers may leave out what need not be there.
            (None, Some(seen)) => {
                if !member.required || seen.objects == 0 {
                    return;
                }
                evidence_of = Some(SampleCount { samples: seen.objects, present: 0 });
                Severity::Breaking
            }
            (Some(_), None) if left.new.members.is_empty() => return,
            // Answers have it, and the document does not speak of it.
            (Some(_), None) => Severity::Risky,
            (Some(held), Some(seen)) => {
                if held.present < held.samples || seen.objects == 0 {
                    return;
                }
                evidence_of = Some(SampleCount { samples: seen.objects, present: 0 });
                Severity::Risky
            }
        };
        let finding = self.add(about, Kind::MemberRemoved, severity, &left.place());
        (finding.from, finding.pointer) = (Some(describe_member(member)), Some(member.node.pointer.clone()));
        finding.beside = Some(left.new.pointer.clone());
        add_evidence(finding, &member.node, &member.node);
        if let Some(counted) = evidence_of {
            finding.evidence = Some(counted);
            if counted.samples < FEW_SAMPLES {
                finding.confidence = Confidence::Weak;
            }
        }
    }

    fn add_came(&mut self, about: &FindingSubject, direction: Direction, left: &Leftover) {
        let member = &left.member;
        // Answers that lack what a document describes say nothing, unless it must be there.
        if member.node.seen.is_none() && left.old.seen.is_some() && !member.required {
            return;
        }
        // An object whose members a document does not describe may hold any.
        if member.node.seen.is_some() && left.old.seen.is_none() && left.old.members.is_empty() {
            return;
        }
        let severity = of_added(direction, Necessity::of(member));
        let finding = self.add(about, Kind::MemberAdded, severity, &left.place());
        (finding.to, finding.to_pointer) = (Some(describe_member(member)), Some(member.node.pointer.clone()));
        finding.beside = Some(left.old.pointer.clone());
        add_evidence(finding, &member.node, &member.node);
    }
}

/// Whether a place is one of these or below one of them.
fn within(place: &str, places: &BTreeSet<String>) -> bool {
    places.iter().any(|held| {
        place == held || place.strip_prefix(held.as_str()).is_some_and(|rest| rest.starts_with('/'))
    })
}

/// Whether everything that a member holds is explained by moves, so that nothing of its own came or went.
fn is_emptied(left: &Leftover, moved: &BTreeSet<String>) -> bool {
    let below = left.below();
    let leaves: Vec<&String> = below
        .iter()
        .skip(1)
        .filter(|(_, _, member)| member.node.members.is_empty())
        .map(|(place, ..)| place)
        .collect();
    below.len() < MOST_BELOW && !leaves.is_empty() && leaves.iter().all(|place| within(place, moved))
}

/// Whether a form is particular enough to be known again elsewhere.
fn is_telling(node: &Node) -> bool {
    !node.types.is_empty() || node.values.is_some()
}

/// Pairs members of one object that are likely the same under another name, the likest first, and takes them out.
fn renames(gone: &mut Vec<Leftover>, came: &mut Vec<Leftover>) -> Vec<(Leftover, Leftover)> {
    let mut candidates: Vec<(u32, usize, usize)> = Vec::new();
    if gone.len() * came.len() > MOST_WEIGHED {
        return Vec::new();
    }
    for (left, was) in gone.iter().enumerate() {
        for (right, is) in came.iter().enumerate() {
            if was.outer == is.outer
                && let Some(likeness) = likeness(was, is, gone, came)
            {
                candidates.push((likeness, left, right));
            }
        }
    }
    candidates
        .sort_by(|one, other| other.0.cmp(&one.0).then_with(|| (one.1, one.2).cmp(&(other.1, other.2))));
    let (mut lefts, mut rights, mut pairs) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for (_, left, right) in candidates {
        if !lefts.contains(&left) && !rights.contains(&right) {
            lefts.insert(left);
            rights.insert(right);
            pairs.push((gone[left].clone(), came[right].clone()));
        }
    }
    let keep = |list: &mut Vec<Leftover>, taken: &BTreeSet<usize>| {
        let mut index = 0;
        list.retain(|_| {
            index += 1;
            !taken.contains(&(index - 1))
        });
    };
    keep(gone, &lefts);
    keep(came, &rights);
    pairs
}

/// How likely it is that a member was renamed, in hundredths; `None` if it was not.
///
/// The names share at least half of their words, or the two are the only ones that changed in their object and
/// end alike. Their forms must be alike, too.
fn likeness(was: &Leftover, is: &Leftover, gone: &[Leftover], came: &[Leftover]) -> Option<u32> {
    let mut forms = Forms::default();
    if !is_alike(&open(&mut forms, &was.member.node), &open(&mut forms, &is.member.node)) {
        return None;
    }
    let (one, other) = (words(&was.name), words(&is.name));
    let shared = one.intersection(&other).count();
    let all = one.union(&other).count();
    let hundredths = u32::try_from(shared * 100 / all.max(1)).unwrap_or(0);
    let within = one.is_subset(&other) || other.is_subset(&one);
    if hundredths > 50 || (hundredths == 50 && (within || !are_opposites(&one, &other))) {
        return Some(hundredths);
    }
    if are_opposites(&one, &other) {
        return None;
    }
    let only = |list: &[Leftover]| list.iter().filter(|held| held.outer == was.outer).count() == 1;
    let last = |name: &str| name.rsplit(['_', '-']).next().map(str::to_ascii_lowercase);
    let ends_alike = last(&was.name) == last(&is.name) && was.name.contains(['_', '-']);
    (ends_alike && was.member.required == is.member.required && only(gone) && only(came))
        .then_some(hundredths)
}

/// Whether two forms could be one: the same types, values in common, members in common.
fn is_alike(one: &Node, other: &Node) -> bool {
    // Answers show whole numbers where a document says numbers.
    let observed = one.seen.is_some() || other.seen.is_some();
    let same = if observed {
        !lacks(&one.types, &other.types) || !lacks(&other.types, &one.types)
    } else {
        one.types == other.types
    };
    if !same || (one.types.is_empty() && one.values.is_none()) {
        return false;
    }
    if let (Some(held), Some(values)) = (&one.values, &other.values)
        && !held.iter().any(|value| values.contains(value))
    {
        return false;
    }
    if !observed && one.values.is_some() != other.values.is_some() {
        return false;
    }
    let names = |node: &Node| node.members.keys().cloned().collect::<BTreeSet<String>>();
    let (held, names) = (names(one), names(other));
    let shared = held.intersection(&names).count();
    if shared * 2 < held.len().max(names.len()) {
        return false;
    }
    match (&one.items, &other.items) {
        (Some(one), Some(other)) => one.types == other.types,
        (None, None) => true,
        _ => false,
    }
}
