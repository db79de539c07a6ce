//! The three-way comparison: for every place in an answer and for every case, what documentation, emulator and vendor
//! say, and who is wrong.
//!
//! A document speaks of what may be, an answer of what was. So documentation and answers agree where the document
//! leaves room for what was seen, while two series of answers agree where the same was seen. Answers are compared
//! status by status and state by state of the job, for a member that is null while a job waits and an address in the
//! end is no difference.

mod asked;
mod fact;
mod found;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use crate::surface::{BodyForm, Endpoint, Node, Surface};
use crate::{Report, finding};
use mockreel_contracts::contract::check::schema::escape;

use self::fact::Fact;
use self::found::JudgedPlaces;
use crate::observed::shape::Shape;
use crate::observed::{CaseKnowledge, Observed, ResponseKey};
use crate::verdict::Statements;

/// What is held against each other.
#[derive(Clone, Copy, Debug)]
pub struct Sides<'a> {
    /// What is documented.
    pub docs: &'a Surface,
    /// The cases that were asked.
    pub cases: &'a dyn CaseKnowledge,
    /// What the emulator answered.
    pub emulator: Option<&'a Observed>,
    /// What the vendor answered.
    pub live: Option<&'a Observed>,
    /// What it answered before.
    pub previous: Option<&'a Observed>,
}

/// What differs between documentation, emulator and vendor. `new` is how the answers are named.
pub fn judge(sides: Sides<'_>, new: &str) -> Report {
    let mut work = Judge::new(sides);
    for operation in work.operations() {
        work.operation(&operation);
    }
    work.cases();
    let mut report = Report {
        schema_version: finding::SCHEMA_VERSION,
        old: sides.docs.name.clone(),
        new: new.to_owned(),
        findings: work.found.findings(&work.vendor),
        not_compared: work.not_compared.into_iter().collect(),
        unused: Vec::new(),
        compared: None,
        ..Report::default()
    };
    report.sort();
    report
}

/// The forms of answers by kind, without what was sent.
type KeptShapes = Option<BTreeMap<ResponseKey, Shape>>;

struct Judge<'a> {
    sides: Sides<'a>,
    vendor: String,
    emulator: KeptShapes,
    live: KeptShapes,
    previous: KeptShapes,
    found: JudgedPlaces,
    not_compared: BTreeSet<String>,
}

/// One thing of each of the emulator, the vendor, and the vendor before.
#[derive(Clone, Copy, Debug, Default)]
struct Triple<T> {
    emulator: T,
    live: T,
    previous: T,
}

impl<T> Triple<T> {
    fn map<U>(self, mut change: impl FnMut(T) -> U) -> Triple<U> {
        Triple { emulator: change(self.emulator), live: change(self.live), previous: change(self.previous) }
    }
}

/// What a document says of a place.
#[derive(Clone, Copy, Debug)]
enum Statement<'a> {
    /// Nothing.
    Nothing,
    /// It may hold this.
    This(&'a Node),
}

/// Where in an answer.
#[derive(Clone, Copy)]
struct AnswerPlace<'a> {
    kind: &'a ResponseKey,
    pointer: &'a str,
    /// Whether what is around it is undocumented and was said to be so already.
    told: bool,
}

impl<'a> Judge<'a> {
    fn new(sides: Sides<'a>) -> Self {
        let known = [sides.live, sides.emulator, sides.previous];
        let vendor = known.into_iter().flatten().map(|seen| seen.vendor.clone()).find(|id| !id.is_empty());
        Self {
            vendor: vendor.unwrap_or_else(|| sides.docs.vendor.clone()),
            emulator: sides.emulator.map(Observed::kept),
            live: sides.live.map(Observed::kept),
            previous: sides.previous.map(Observed::kept),
            found: JudgedPlaces::default(),
            not_compared: BTreeSet::new(),
            sides,
        }
    }

    /// Every operation that somebody answered.
    fn operations(&mut self) -> Vec<String> {
        let seen = [self.sides.live, self.sides.emulator].into_iter().flatten();
        let all: BTreeSet<String> = seen.flat_map(|seen| seen.routes.keys().cloned()).collect();
        for endpoint in &self.sides.docs.endpoints {
            if let Some(name) = endpoint.operation.as_ref().filter(|name| !all.contains(*name)) {
                self.not_compared.insert(format!("{name}: no good answer was seen"));
            }
        }
        all.into_iter().collect()
    }

    /// What is documented of an operation.
    fn documented(&self, operation: &str) -> Option<&'a Endpoint> {
        let named =
            self.sides.docs.endpoints.iter().find(|held| held.operation.as_deref() == Some(operation));
        named.or_else(|| {
            let seen = [self.sides.live, self.sides.emulator].into_iter().flatten();
            let routes: Vec<&(String, String)> =
                seen.filter_map(|seen| seen.routes.get(operation)).flat_map(BTreeMap::keys).collect();
            self.sides.docs.endpoints.iter().find(|held| {
                held.operation.is_none()
                    && routes.iter().any(|(method, path)| *method == held.method && *path == held.path)
            })
        })
    }

    fn operation(&mut self, operation: &str) {
        let docs = self.documented(operation);
        if docs.is_none() {
            self.not_compared.insert(format!("{operation}: {} does not describe it", self.sides.docs.name));
        }
        self.status(operation, docs);
        let kinds: BTreeSet<ResponseKey> = [&self.live, &self.emulator]
            .into_iter()
            .flatten()
            .flat_map(|held| held.keys().filter(|kind| kind.operation == operation).cloned())
            .collect();
        let mut statuses: BTreeSet<u16> = BTreeSet::new();
        for kind in &kinds {
            let docs = docs.and_then(|endpoint| reply(endpoint, kind.status));
            let docs = docs.and_then(|body| body.node.as_ref()).map_or(Statement::Nothing, Statement::This);
            let shapes = self.shapes(kind);
            let spot = AnswerPlace { kind, pointer: "", told: matches!(docs, Statement::Nothing) };
            self.members(spot, docs, shapes.as_three());
            if statuses.insert(kind.status) {
                self.words(operation, kind.status, docs);
            }
        }
    }

    fn shapes(&self, kind: &ResponseKey) -> OwnedTriple {
        let of = |kept: &KeptShapes| kept.as_ref().and_then(|held| held.get(kind)).cloned();
        OwnedTriple(Triple {
            emulator: of(&self.emulator),
            live: of(&self.live),
            previous: of(&self.previous),
        })
    }

    /// The members of what is at a place, by all who speak of it.
    fn members(&mut self, spot: AnswerPlace<'_>, docs: Statement<'_>, seen: Triple<Option<&Shape>>) {
        let here = [seen.live, seen.emulator];
        if here.into_iter().flatten().any(Shape::is_table) {
            return;
        }
        let declared = match docs {
            Statement::This(node) => Some(node).filter(|node| !node.members.is_empty()),
            Statement::Nothing => None,
        };
        let mut names: BTreeSet<&str> = BTreeSet::new();
        names.extend(declared.into_iter().flat_map(|node| node.members.keys().map(String::as_str)));
        names.extend(here.into_iter().flatten().flat_map(|shape| shape.members.keys().map(String::as_str)));
        for name in names {
            let pointer = format!("{}/{}", spot.pointer, escape(name));
            let member = declared.and_then(|node| node.members.get(name));
            let stated = match (member, declared) {
                (Some(member), _) => Some(Fact::documented(&member.node, member.required)),
                (None, Some(node)) if node.closed => Some(Fact::never()),
                (None, _) => None,
            };
            let inner = seen.map(|shape| shape.and_then(|shape| shape.members.get(name)));
            let samples = seen.map(|shape| shape.map_or(0, Shape::objects));
            let said = Statements {
                docs: stated,
                emulator: Fact::seen(inner.emulator, samples.emulator),
                live: Fact::seen(inner.live, samples.live),
                previous: Fact::seen(inner.previous, samples.previous),
            };
            // A document that lists no members at all leaves them open, and nobody need be told of each.
            let silent = said.docs.is_none();
            let open = declared.is_none();
            let place =
                AnswerPlace { kind: spot.kind, pointer: &pointer, told: spot.told || (silent && open) };
            self.found.member(place, &said, inner, seen);
            let both = said.emulator.as_ref().zip(said.live.as_ref());
            let goes_on = both.is_none_or(|(emulator, live)| emulator.presence == live.presence);
            if goes_on && (!silent || both.is_some()) {
                let node = member.map_or(Statement::Nothing, |member| Statement::This(&member.node));
                self.below(AnswerPlace { told: place.told || silent, ..place }, node, inner);
            }
        }
    }

    /// What is inside a member: its own members, and those of its items.
    fn below(&mut self, spot: AnswerPlace<'_>, docs: Statement<'_>, seen: Triple<Option<&Shape>>) {
        self.members(spot, docs, seen);
        let items = seen.map(|shape| shape.and_then(|shape| shape.items.as_deref()));
        if items.live.is_some() || items.emulator.is_some() {
            let pointer = format!("{}/*", spot.pointer);
            let node = match docs {
                Statement::This(node) => node.items.as_deref().map_or(Statement::Nothing, Statement::This),
                Statement::Nothing => Statement::Nothing,
            };
            let told = spot.told || matches!(node, Statement::Nothing);
            self.below(AnswerPlace { pointer: &pointer, told, ..spot }, node, items);
        }
    }
}

/// Shapes that are looked at together.
struct OwnedTriple(Triple<Option<Shape>>);

impl OwnedTriple {
    fn as_three(&self) -> Triple<Option<&Shape>> {
        Triple {
            emulator: self.0.emulator.as_ref(),
            live: self.0.live.as_ref(),
            previous: self.0.previous.as_ref(),
        }
    }
}

/// What is documented of the answers with a status; for a good one whose status is another, the only good answer.
fn reply(endpoint: &Endpoint, status: u16) -> Option<&BodyForm> {
    let text = status.to_string();
    let class = format!("{}XX", status / 100);
    let held = endpoint.replies.get(&text).or_else(|| {
        endpoint.replies.iter().find(|(held, _)| held.eq_ignore_ascii_case(&class)).map(|(_, body)| body)
    });
    held.or_else(|| {
        let mut good = endpoint.replies.iter().filter(|(held, _)| held.starts_with('2'));
        let only = good.next().filter(|_| (200..300).contains(&status));
        only.filter(|_| good.next().is_none()).map(|(_, body)| body)
    })
}
