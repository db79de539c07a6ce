//! Comparison of routes: methods, paths, parameters and all that is no body.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::replies::are_apart;
use super::servers::Prefixes;
use super::severity::{Asker, Direction, Necessity};
use super::units::{Unit, pair_renamed, pairs};
use super::{Comparison, FindingSubject};
use crate::finding::Confidence;
use crate::kind::{Kind, Severity};
use crate::surface::{BodyForm, Extent, Node};

impl Comparison<'_> {
    pub(super) fn endpoints(&mut self) {
        let (old, new) = (self.old, self.new);
        let by_model = !self.is_observed();
        let prefixes = Prefixes::choose(old, new);
        self.all_endpoints(
            &Unit::all(&old.endpoints, by_model),
            &Unit::all(&new.endpoints, by_model),
            &prefixes,
            Asker::Client,
        );
        let (before, after) = (Unit::all(&old.incoming, false), Unit::all(&new.incoming, false));
        self.all_endpoints(&before, &after, &Prefixes::default(), Asker::Vendor);
    }

    fn all_endpoints(&mut self, before: &[Unit<'_>], after: &[Unit<'_>], prefixes: &Prefixes, asker: Asker) {
        self.asker = asker;
        self.prefixes = prefixes.clone();
        let pairs = pairs(before, after, prefixes);
        for (left, right) in &pairs.same {
            self.unit(before[*left], after[*right], false);
        }
        for (left, right) in &pairs.moved {
            let (unit, other) = (before[*left], after[*right]);
            // Refusals alone do not tell where an operation was asked.
            let known = !unit.endpoint.path.is_empty() && !other.endpoint.path.is_empty();
            self.unit(unit, other, known);
        }
        let both = pairs.same.iter().chain(&pairs.moved);
        let routes: BTreeSet<(String, String)> = both.map(|(_, right)| after[*right].route(None)).collect();
        self.compared += u32::try_from(routes.len()).unwrap_or(u32::MAX);
        if pairs.too_many {
            self.not_compared.insert("which paths moved: too many came and went to tell".to_owned());
        }
        let mut gone: Vec<Unit<'_>> = pairs.gone.iter().map(|at| before[*at]).collect();
        let mut came: Vec<Unit<'_>> = pairs.came.iter().map(|at| after[*at]).collect();
        self.nameless(&gone, after, true);
        self.nameless(&came, before, false);
        self.models(&gone, &came, before, after);
        self.renamed_models(&mut gone, &mut came);
        self.paths(&gone, &came, before, after);
    }

    /// Models of one method on a path of which one went and one came: likely the same under another name.
    fn renamed_models(&mut self, gone: &mut Vec<Unit<'_>>, came: &mut Vec<Unit<'_>>) {
        let (old_prefix, new_prefix) = (self.prefixes.old.clone(), self.prefixes.new.clone());
        for (was, is) in pair_renamed(gone, came, old_prefix.as_deref(), new_prefix.as_deref()) {
            let (old, new) = (gone[was], came[is]);
            let mark = self.found.len();
            self.unit(old, new, false);
            for finding in self.found.iter_mut().skip(mark) {
                finding.confidence = finding.confidence.max(Confidence::Likely);
            }
            self.compared += 1;
        }
    }

    /// Whether two units, one of each side, are one method on one path.
    fn meets(&self, unit: Unit<'_>, other: Unit<'_>, is_old: bool) -> bool {
        let (old, new) = if is_old { (unit, other) } else { (other, unit) };
        old.route(self.prefixes.old.as_deref()) == new.route(self.prefixes.new.as_deref())
    }

    /// Models that only one side lists, where the other side describes one body for whatever model is named.
    fn nameless(&mut self, named: &[Unit<'_>], others: &[Unit<'_>], gone: bool) {
        for unit in named.iter().filter(|unit| !unit.model.is_empty()) {
            let same = |other: &&Unit<'_>| other.model.is_empty() && self.meets(*unit, **other, gone);
            let Some(other) = others.iter().find(same) else { continue };
            let (old, new) = if gone { (*unit, *other) } else { (*other, *unit) };
            self.unit(old, new, false);
            self.compared += 1;
            let describes = |unit: &Unit<'_>| unit.request().is_some_and(|body| body.node.is_some());
            if !describes(unit) || !describes(other) {
                continue;
            }
            let operation = unit.endpoint.name();
            let about = FindingSubject { operation: operation.clone(), ..FindingSubject::default() };
            let severity = if gone { Severity::Compatible } else { Severity::Breaking };
            let place = format!("{operation}.request/model");
            let finding = self.add(&about, Kind::EnumChanged, severity, &place);
            finding.message =
                if gone { "models are no longer listed by name" } else { "models are listed by name now" }
                    .to_owned();
            (finding.pointer, finding.to_pointer) =
                (Some(old.endpoint.pointer.clone()), Some(new.endpoint.pointer.clone()));
        }
    }

    /// Two descriptions of one model on one method.
    fn unit(&mut self, old: Unit<'_>, new: Unit<'_>, moved: bool) {
        let operation = new.endpoint.operation.clone().or_else(|| old.endpoint.operation.clone());
        let operation = operation.unwrap_or_else(|| new.endpoint.name());
        let model = Some(new.model.to_owned()).filter(|model| !model.is_empty());
        let about = FindingSubject {
            operation: operation.clone(),
            model,
            files: new.files(),
            old_files: old.files(),
        };
        if moved {
            let place = format!("{operation}.path");
            let finding = self.add(&about, Kind::PathMoved, Severity::Breaking, &place);
            finding.from = Some(json!(format!("{} {}", old.endpoint.method, old.endpoint.path)));
            finding.to = Some(json!(format!("{} {}", new.endpoint.method, new.endpoint.path)));
            finding.pointer = Some(old.endpoint.pointer.clone());
            finding.to_pointer = Some(new.endpoint.pointer.clone());
        }
        self.security(&about, old.endpoint, new.endpoint);
        self.own_servers(&about, old.endpoint, new.endpoint);
        if old.endpoint.deprecated != new.endpoint.deprecated {
            let place = format!("{operation}.path");
            let finding = self.add(&about, Kind::DeprecationChanged, Severity::Compatible, &place);
            (finding.from, finding.to) =
                (Some(json!(old.endpoint.deprecated)), Some(json!(new.endpoint.deprecated)));
            finding.pointer = Some(old.endpoint.pointer.clone());
            finding.to_pointer = Some(new.endpoint.pointer.clone());
        }
        // Answers do not show what was asked.
        if !old.endpoint.is_observed() && !new.endpoint.is_observed() {
            let (was, is) = (old.endpoint, new.endpoint);
            for (word, before, after) in [
                ("query", &was.query, &is.query),
                ("header", &was.headers, &is.headers),
                ("path", &was.segments, &is.segments),
            ] {
                self.bodies(
                    &about,
                    self.asker.request_direction(),
                    &format!("{operation}.{word}"),
                    before,
                    after,
                );
            }
            self.request(&about, old, new);
        }
        self.replies(&about, old.endpoint, new.endpoint);
    }

    fn request(&mut self, about: &FindingSubject, old: Unit<'_>, new: Unit<'_>) {
        let place = format!("{}.request", about.operation);
        let nothing = BodyForm::default();
        let (before, after) = (old.request().unwrap_or(&nothing), new.request().unwrap_or(&nothing));
        let pointers = |body: &BodyForm, node: Option<&Node>| {
            let known = node.map_or_else(|| body.pointer.clone(), |node| node.pointer.clone());
            Some(known).filter(|pointer| !pointer.is_empty())
        };
        let direction = self.asker.request_direction();
        if old.request().is_some() && new.request().is_some() && before.required != after.required {
            let hurts = (direction == Direction::Request) == after.required;
            let severity = if hurts { Severity::Breaking } else { Severity::Compatible };
            let finding = self.add(about, Kind::RequiredChanged, severity, &place);
            (finding.from, finding.to) = (Some(json!(before.required)), Some(json!(after.required)));
            (finding.pointer, finding.to_pointer) = (pointers(before, None), pointers(after, None));
        }
        self.media_types(about, &place, before, after);
        self.other_forms(about, direction, &place, before, after);
        // A body under another content type is another body.
        let apart = are_apart(before, after);
        match (&before.node, &after.node) {
            (Some(held), Some(now)) => self.bodies(about, direction, &place, held, now),
            (Some(held), None) if !apart => {
                let finding = self.add(about, Kind::MemberRemoved, Severity::Risky, &place);
                finding.from = Some(super::facts::of_node(held, before.required));
                (finding.pointer, finding.to_pointer) = (pointers(before, Some(held)), pointers(after, None));
            }
            (None, Some(now)) if !apart => {
                let severity = super::severity::of_added(
                    direction,
                    if after.required { Necessity::Required } else { Necessity::Optional },
                );
                let finding = self.add(about, Kind::MemberAdded, severity, &place);
                finding.to = Some(super::facts::of_node(now, after.required));
                (finding.pointer, finding.to_pointer) = (pointers(before, None), pointers(after, Some(now)));
            }
            _ => {}
        }
    }

    /// The forms under content types after the first that is JSON.
    pub(super) fn other_forms(
        &mut self,
        about: &FindingSubject,
        direction: Direction,
        place: &str,
        old: &BodyForm,
        new: &BodyForm,
    ) {
        let names: BTreeSet<&String> = old.others.keys().chain(new.others.keys()).collect();
        for name in names {
            // One that says nothing of its own has the form of the first.
            let of = |body: &BodyForm| -> Option<Node> {
                let listed = body.media_types.contains(name).then(|| body.node.clone()).flatten();
                body.others.get(name).cloned().or(listed)
            };
            // A content type that comes or goes is told as that.
            if let (Some(before), Some(after)) = (of(old), of(new)) {
                self.bodies(about, direction, &format!("{place} ({name})"), &before, &after);
            }
        }
    }

    pub(super) fn media_types(
        &mut self,
        about: &FindingSubject,
        place: &str,
        old: &BodyForm,
        new: &BodyForm,
    ) {
        if old.media_types.is_empty() || new.media_types.is_empty() || old.media_types == new.media_types {
            return;
        }
        let gone = old.media_types.iter().any(|held| !new.media_types.contains(held));
        // The client says what it sends, and which answers it takes: one more breaks nobody, in either direction.
        let severity = if gone { Severity::Breaking } else { Severity::Compatible };
        let finding = self.add(about, Kind::MediaTypeChanged, severity, place);
        finding.from = Some(json!(old.media_types.join(", ")));
        finding.to = Some(json!(new.media_types.join(", ")));
        (finding.pointer, finding.to_pointer) = (Some(old.pointer.clone()), Some(new.pointer.clone()));
    }

    /// Models that an operation no longer has, or has besides: one finding for each operation.
    fn models(&mut self, gone: &[Unit<'_>], came: &[Unit<'_>], before: &[Unit<'_>], after: &[Unit<'_>]) {
        let named = |units: &[Unit<'_>]| -> BTreeMap<String, BTreeSet<String>> {
            let mut by_operation: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for unit in units.iter().filter(|unit| !unit.model.is_empty()) {
                by_operation.entry(unit.operation()).or_default().insert(unit.model.to_owned());
            }
            by_operation
        };
        let (held, now) = (named(before), named(after));
        for (operation, held) in &held {
            let Some(now) = now.get(operation) else { continue };
            let lost: Vec<&String> = held.difference(now).collect();
            let won: Vec<&String> = now.difference(held).collect();
            if lost.is_empty() && won.is_empty() {
                continue;
            }
            // A whole description beside a part: what the part does not mention was not looked at.
            if !lost.is_empty() && self.old.extent > Extent::Part && self.new.extent == Extent::Part {
                self.not_compared.insert(format!(
                    "{} models of {operation} that {} does not mention",
                    lost.len(),
                    self.new.name
                ));
            }
            if !won.is_empty() && self.new.extent > Extent::Part && self.old.extent == Extent::Part {
                self.not_compared.insert(format!(
                    "{} models of {operation} that {} does not mention",
                    won.len(),
                    self.old.name
                ));
            }
            let lost: Vec<&String> = lost
                .into_iter()
                .filter(|_| self.old.extent == Extent::Part || self.new.extent > Extent::Part)
                .collect();
            let won: Vec<&String> = won
                .into_iter()
                .filter(|_| self.new.extent == Extent::Part || self.old.extent > Extent::Part)
                .collect();
            // Whoever uses a model that goes is broken.
            let severity = if lost.is_empty() { Severity::Compatible } else { Severity::Breaking };
            if lost.is_empty() && won.is_empty() {
                continue;
            }
            let place = format!("{operation}.request/model");
            let about = FindingSubject { operation: operation.clone(), ..FindingSubject::default() };
            let pointer = |units: &[Unit<'_>]| {
                units.iter().find(|unit| unit.operation() == *operation).map(|unit| unit.model_pointer())
            };
            let (from, to) =
                (pointer(gone).or_else(|| pointer(before)), pointer(came).or_else(|| pointer(after)));
            let finding = self.add(&about, Kind::EnumChanged, severity, &place);
            finding.message = models_sentence(&lost, &won);
            finding.from = Some(json!(lost)).filter(|_| !lost.is_empty());
            finding.to = Some(json!(won)).filter(|_| !won.is_empty());
            (finding.pointer, finding.to_pointer) = (from, to);
        }
    }

    /// Paths that come or go, once for each, whatever models they had.
    fn paths(&mut self, gone: &[Unit<'_>], came: &[Unit<'_>], before: &[Unit<'_>], after: &[Unit<'_>]) {
        let (old_prefix, new_prefix) = (self.prefixes.old.clone(), self.prefixes.new.clone());
        let (old_prefix, new_prefix) = (old_prefix.as_deref(), new_prefix.as_deref());
        let routes = |units: &[Unit<'_>], prefix: Option<&str>| -> BTreeSet<(String, String)> {
            units.iter().map(|unit| unit.route(prefix)).collect()
        };
        let (held, now) = (routes(before, old_prefix), routes(after, new_prefix));
        let sides = [(gone, &now, Kind::PathRemoved, old_prefix), (came, &held, Kind::PathAdded, new_prefix)];
        for (units, other, kind, prefix) in sides {
            let mut seen = BTreeSet::new();
            for unit in units {
                let route = unit.route(prefix);
                if other.contains(&route) || !seen.insert(route) {
                    continue;
                }
                self.path(*unit, kind);
            }
        }
    }

    fn path(&mut self, unit: Unit<'_>, kind: Kind) {
        let told = format!("{} {}", unit.endpoint.method, unit.endpoint.path);
        let removed = kind == Kind::PathRemoved;
        let (mine, other) = if removed { (self.old, self.new) } else { (self.new, self.old) };
        if mine.extent > other.extent {
            self.not_compared.insert(format!("{told}, which {} does not mention", other.name));
            return;
        }
        let already = self.found.iter().any(|held| {
            held.kind == Kind::PathMoved
                && [&held.from, &held.to].iter().any(|side| **side == Some(json!(told)))
        });
        if already {
            return;
        }
        let name = unit.endpoint.name();
        let about = FindingSubject { operation: name.clone(), ..FindingSubject::default() };
        let severity = if removed { Severity::Breaking } else { Severity::Compatible };
        let place = format!("{name}.path{}", unit.endpoint.path);
        let finding = self.add(&about, kind, severity, &place);
        let pointer = Some(unit.endpoint.pointer.clone());
        if removed {
            (finding.from, finding.pointer) = (Some(json!(told)), pointer);
        } else {
            (finding.to, finding.to_pointer) = (Some(json!(told)), pointer);
        }
    }
}

fn models_sentence(lost: &[&String], won: &[&String]) -> String {
    let list = |names: &[&String]| {
        let shown: Vec<&str> = names.iter().take(6).map(|name| name.as_str()).collect();
        let more = names.len().saturating_sub(6);
        format!("{}{}", shown.join(", "), if more == 0 { String::new() } else { format!(" and {more} more") })
    };
    match (lost.is_empty(), won.is_empty()) {
        (false, false) if lost.len() == 1 && won.len() == 1 => {
            format!("the model `{}` is likely `{}` now", lost[0], won[0])
        }
        (true, _) => format!("models came: {}", list(won)),
        (_, true) => format!("models are no longer listed: {}", list(lost)),
        _ => format!("models are no longer listed: {}; models came: {}", list(lost), list(won)),
    }
}
