//! Two surfaces side by side.
//!
//! What is compared is a model on a method of a path: files that are split or joined differently, or list their
//! models in another order, do not differ by that. The same finding about many models is one entry.

mod body;
mod choice;
mod credentials;
mod endpoints;
mod facts;
mod members;
mod names;
mod replies;
mod servers;
pub(crate) mod severity;
mod units;
mod values;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use self::body::{ComparedPair, is_loss};
use self::servers::Prefixes;
use self::severity::{Asker, Direction};
use super::finding::{BaselineState, Confidence, Finding, Report, SCHEMA_VERSION, UnusedPart};
use super::form::Forms;
use super::kind::{Kind, Severity};
use super::surface::{Node, Surface};
use super::wording::sentence;

/// What differs between an older and a newer description.
///
/// Two calls with the same arguments give the same report. Where a side is no whole description of its vendor,
/// nothing is concluded from what it does not mention beside a whole one; [`Report::not_compared`] lists it.
pub fn compare(old: &Surface, new: &Surface) -> Report {
    compare_counted(old, new).0
}

/// The same, with how many pairs of forms were looked at.
fn compare_counted(old: &Surface, new: &Surface) -> (Report, usize) {
    let vendor = if new.vendor.is_empty() { &old.vendor } else { &new.vendor };
    let mut comparison = Comparison {
        vendor: vendor.clone(),
        old,
        new,
        found: Vec::new(),
        words: BTreeSet::new(),
        not_compared: BTreeSet::new(),
        left_out: BTreeMap::new(),
        compared: 0,
        compared_pairs: HashMap::new(),
        repeats: HashMap::new(),
        settled: HashMap::new(),
        forms: Forms::default(),
        asker: Asker::Client,
        prefixes: Prefixes::default(),
        later: VecDeque::new(),
        depth: 0,
        pairs: 0,
    };
    if old.digest.is_some() && old.digest == new.digest && old.extent == new.extent {
        // The same bytes say the same.
        comparison.compared = count_operations(new);
    } else {
        comparison.everything();
    }
    let mut findings = incidents(std::mem::take(&mut comparison.found));
    findings.extend(defects(old, new));
    for finding in &mut findings {
        if finding.message.is_empty() {
            finding.message = sentence(finding);
        } else if finding.kind.is_defect() {
            finding.message = format!("`{}`: {}", finding.place, finding.message);
        }
    }
    let mut report = Report {
        schema_version: SCHEMA_VERSION,
        old: old.name.clone(),
        new: new.name.clone(),
        findings,
        unused: unused(old, new, &comparison.left_out),
        not_compared: comparison.not_compared.into_iter().collect(),
        compared: Some(comparison.compared),
        ..Report::default()
    };
    report.sort();
    (report, comparison.pairs)
}

/// The operations of a description, or its schemas.
fn count_operations(surface: &Surface) -> u32 {
    let all = surface.endpoints.len() + surface.incoming.len() + surface.schemas.len();
    u32::try_from(all).unwrap_or(u32::MAX)
}

/// So many places are named of what one description says and nothing used.
const FIRST_PLACES: usize = 3;

/// A change in what several places share: where it stands in both documents, its kind, and its member.
type SharedChange = (Option<String>, Option<String>, Kind, String);

/// Two schemas that are compared after the rest: about what, where, which two, and which way their values travel.
type DeferredPair = (FindingSubject, String, Arc<Node>, Arc<Node>, Direction);

/// A comparison under way.
struct Comparison<'a> {
    vendor: String,
    old: &'a Surface,
    new: &'a Surface,
    found: Vec<Finding>,
    /// Places where only words or marks differ.
    words: BTreeSet<String>,
    not_compared: BTreeSet<String>,
    /// Places that were not compared, by what they are.
    left_out: BTreeMap<String, Vec<String>>,
    /// Operations that both sides have, or schemas.
    compared: u32,
    /// Pairs of forms that were compared, by their addresses and the direction.
    compared_pairs: HashMap<(usize, usize, Direction), ComparedPair>,
    /// How often each change was told again at another place.
    repeats: HashMap<SharedChange, usize>,
    /// Forms in their one spelling, by their address, with what has that address.
    settled: HashMap<usize, (Arc<Node>, Arc<Node>)>,
    /// Forms that were put together.
    forms: Forms,
    /// Who asks in the operations that are being compared.
    asker: Asker,
    /// What each side puts before its paths.
    prefixes: Prefixes,
    /// Forms nested so deep that they are compared after what is above them.
    later: VecDeque<DeferredPair>,
    /// How deep the form is that is being compared.
    depth: usize,
    /// How many pairs of forms were looked at.
    pairs: usize,
}

/// Two forms at one place.
#[derive(Clone, Copy)]
struct NodePair<'a> {
    old: &'a Arc<Node>,
    new: &'a Arc<Node>,
    direction: Direction,
}

impl NodePair<'_> {
    /// Whether one of the forms was inferred from answers, so that it does not say what may be, only what was.
    fn is_observed(&self) -> bool {
        self.old.seen.is_some() || self.new.seen.is_some()
    }
}

/// What a finding is about: an operation, and perhaps a model and the files that describe it.
#[derive(Clone, Debug, Default)]
struct FindingSubject {
    operation: String,
    model: Option<String>,
    files: Vec<String>,
    /// The files of the older side, for what only they describe.
    old_files: Vec<String>,
}

impl Comparison<'_> {
    fn everything(&mut self) {
        self.servers();
        self.endpoints();
        self.loose_schemas();
        self.unreachable();
        self.fold_words();
        for side in [self.old, self.new] {
            if side.defects.iter().any(|defect| defect.kind == Kind::DefectSize) {
                self.not_compared
                    .insert(format!("what {} has beyond the bounds of `defect-size`", side.name));
            }
        }
    }

    /// Counts a place that is not compared.
    fn leave_out(&mut self, what: &str, place: &str) {
        self.left_out.entry(what.to_owned()).or_default().push(place.to_owned());
    }

    /// Adds a finding.
    fn add(&mut self, about: &FindingSubject, kind: Kind, severity: Severity, place: &str) -> &mut Finding {
        let mut finding = Finding::new(&self.vendor, kind, severity, &about.operation, place);
        finding.models = about.model.clone().into_iter().collect();
        finding.files.clone_from(if is_loss(kind) { &about.old_files } else { &about.files });
        self.found.push(finding);
        let last = self.found.len() - 1;
        &mut self.found[last]
    }

    /// Whether one of the sides was inferred from answers.
    fn is_observed(&self) -> bool {
        self.old.is_observed() || self.new.is_observed()
    }

    /// Schemas of documents without paths, each as the body of an answer, unless its name says that it is asked.
    fn loose_schemas(&mut self) {
        let (old, new) = (self.old, self.new);
        let names: BTreeSet<&String> = old.schemas.keys().chain(new.schemas.keys()).collect();
        for name in names {
            let about = FindingSubject { operation: name.clone(), ..FindingSubject::default() };
            let place = format!("schema.{name}");
            match (old.schemas.get(name), new.schemas.get(name)) {
                (Some(before), Some(after)) => {
                    self.compared += 1;
                    let lower = name.to_ascii_lowercase();
                    let asked = ["request", "payload", "input"].iter().any(|word| lower.contains(word));
                    let direction = if asked { Direction::Request } else { Direction::Reply };
                    self.bodies(&about, direction, &place, before, after);
                }
                (Some(before), None) => {
                    self.add(&about, Kind::MemberRemoved, Severity::Breaking, &place).pointer =
                        Some(before.pointer.clone());
                }
                (None, Some(after)) => {
                    self.add(&about, Kind::MemberAdded, Severity::Compatible, &place).to_pointer =
                        Some(after.pointer.clone());
                }
                (None, None) => {}
            }
        }
    }

    /// Schemas that nothing uses: one line for all.
    fn unreachable(&mut self) {
        let (old, new) = (&self.old.unreachable, &self.new.unreachable);
        if self.old.extent != self.new.extent {
            return;
        }
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let differing = names.into_iter().filter(|name| old.get(*name) != new.get(*name)).count();
        if differing == 0 {
            return;
        }
        let (held, now) = (!old.is_empty(), !new.is_empty());
        let finding =
            self.add(&FindingSubject::default(), Kind::UnreachableChanged, Severity::Cosmetic, "components");
        let pointer = |there: bool| there.then(|| "/components/schemas".to_owned());
        (finding.pointer, finding.to_pointer) = (pointer(held), pointer(now));
        let schemas = if differing == 1 { "schema differs" } else { "schemas differ" };
        finding.message = format!("{differing} {schemas} that no operation uses");
    }

    /// One line for everything that only people read.
    fn fold_words(&mut self) {
        let words = std::mem::take(&mut self.words);
        if words.is_empty() {
            return;
        }
        let listed: Vec<&str> = words.iter().map(String::as_str).collect();
        let shown = listed.iter().take(12).copied().collect::<Vec<&str>>().join(", ");
        let more = listed.len().saturating_sub(12);
        let tail = if more == 0 { String::new() } else { format!(" and {more} more") };
        let count = match listed.len() {
            1 => "1 place differs".to_owned(),
            several => format!("{several} places differ"),
        };
        let message = format!("{count} only in words or marks: {shown}{tail}");
        self.add(&FindingSubject::default(), Kind::TextChanged, Severity::Cosmetic, "words").message =
            message;
    }
}

/// Findings that say the same of many models or files become one.
fn incidents(found: Vec<Finding>) -> Vec<Finding> {
    let mut grouped: BTreeMap<(String, Severity, String), Finding> = BTreeMap::new();
    for finding in found {
        let facts = format!("{:?} {:?} {:?}", finding.from, finding.to, finding.evidence);
        let key = (finding.fingerprint.clone(), finding.severity, facts);
        match grouped.get_mut(&key) {
            None => {
                grouped.insert(key, finding);
            }
            Some(held) => {
                for (target, more) in [(&mut held.files, finding.files), (&mut held.models, finding.models)] {
                    target.extend(more);
                    target.sort();
                    target.dedup();
                }
            }
        }
    }
    grouped.into_values().collect()
}

/// What neither the reader nor the comparison used, of both sides together.
fn unused(old: &Surface, new: &Surface, left_out: &BTreeMap<String, Vec<String>>) -> Vec<UnusedPart> {
    let mut parts: BTreeMap<String, UnusedPart> = BTreeMap::new();
    for (side, part) in
        [old, new].into_iter().flat_map(|side| side.unused.iter().map(move |part| (side, part)))
    {
        let empty = UnusedPart { what: part.what.clone(), count: 0, places: Vec::new() };
        let sum = parts.entry(part.what.clone()).or_insert(empty);
        sum.count = sum.count.saturating_add(part.count);
        let places = part.places.iter().map(|place| format!("{} {place}", side.name));
        sum.places.extend(places.take(FIRST_PLACES));
    }
    for (what, places) in left_out {
        let empty = UnusedPart { what: what.clone(), count: 0, places: Vec::new() };
        let sum = parts.entry(what.clone()).or_insert(empty);
        sum.count = sum.count.saturating_add(u32::try_from(places.len()).unwrap_or(u32::MAX));
        sum.places.extend(places.iter().take(FIRST_PLACES).cloned());
    }
    parts.into_values().collect()
}

/// What is wrong with the newer side; what was wrong with the older one too is marked as no news.
fn defects(old: &Surface, new: &Surface) -> Vec<Finding> {
    let before: BTreeSet<(&str, &[String])> =
        old.defects.iter().map(|held| (held.fingerprint.as_str(), held.models.as_slice())).collect();
    let mut grouped: BTreeMap<(String, String), Finding> = BTreeMap::new();
    for defect in &new.defects {
        let mut defect = defect.clone();
        let known = before.contains(&(defect.fingerprint.as_str(), defect.models.as_slice()));
        defect.baseline = Some(if known { BaselineState::Unchanged } else { BaselineState::New });
        defect.confidence = Confidence::Certain;
        let key = (defect.fingerprint.clone(), format!("{} {:?}", defect.message, defect.baseline));
        match grouped.get_mut(&key) {
            None => {
                grouped.insert(key, defect);
            }
            Some(held) => {
                held.files.extend(defect.files);
                held.files.sort();
                held.files.dedup();
            }
        }
    }
    grouped.into_values().collect()
}
