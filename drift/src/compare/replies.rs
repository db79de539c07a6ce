//! The answers of an operation: which statuses there are, and what each holds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::severity::Direction;
use super::{Comparison, FindingSubject};
use crate::kind::{Kind, Severity};
use crate::surface::{BodyForm, Endpoint};

impl Comparison<'_> {
    pub(super) fn replies(&mut self, about: &FindingSubject, old: &Endpoint, new: &Endpoint) {
        let good = |endpoint: &Endpoint| -> BTreeSet<String> {
            endpoint.replies.keys().filter(|status| status.starts_with('2')).cloned().collect()
        };
        let observed = old.is_observed() || new.is_observed();
        let (before, after) = (good(old), good(new));
        let mut pairs: Vec<(String, String)> = old
            .replies
            .keys()
            .filter(|status| new.replies.contains_key(*status))
            .map(|status| (status.clone(), status.clone()))
            .collect();
        let gone: Vec<&String> = before.difference(&after).collect();
        let came: Vec<&String> = after.difference(&before).collect();
        let place = format!("{}.status", about.operation);
        if let ([was], [is]) = (gone.as_slice(), came.as_slice()) {
            let finding = self.add(about, Kind::StatusChanged, Severity::Breaking, &place);
            (finding.from, finding.to) = (Some(json!(was)), Some(json!(is)));
            finding.pointer = old.replies.get(*was).map(|body| body.pointer.clone());
            finding.to_pointer = new.replies.get(*is).map(|body| body.pointer.clone());
            pairs.push(((*was).clone(), (*is).clone()));
        } else {
            self.other_statuses(about, old, new, observed);
        }
        if gone.len() == 1 && came.len() == 1 {
            self.refusals(about, old, new, observed);
        }
        for (was, is) in pairs {
            let (Some(before), Some(after)) = (old.replies.get(&was), new.replies.get(&is)) else { continue };
            self.reply(about, &is, before, after);
        }
    }

    /// Statuses that come or go, where no good one took the place of another.
    fn other_statuses(&mut self, about: &FindingSubject, old: &Endpoint, new: &Endpoint, observed: bool) {
        let place = format!("{}.status", about.operation);
        for (status, body) in &old.replies {
            if status.starts_with('2') && !new.replies.contains_key(status) && !observed {
                let finding =
                    self.add(about, Kind::StatusChanged, Severity::Risky, &format!("{place}/{status}"));
                finding.from = Some(json!(status));
                finding.pointer = Some(body.pointer.clone());
            }
        }
        for (status, body) in &new.replies {
            if status.starts_with('2') && !old.replies.contains_key(status) {
                let finding =
                    self.add(about, Kind::StatusChanged, Severity::Risky, &format!("{place}/{status}"));
                finding.to = Some(json!(status));
                finding.to_pointer = Some(body.pointer.clone());
            }
        }
        self.refusals(about, old, new, observed);
    }

    /// Refusals that are described now, or no longer. A description that has none says nothing of them.
    fn refusals(&mut self, about: &FindingSubject, old: &Endpoint, new: &Endpoint, observed: bool) {
        let refusals = |endpoint: &Endpoint| -> BTreeMap<String, String> {
            let bad = endpoint.replies.iter().filter(|(status, _)| !status.starts_with('2'));
            bad.map(|(status, body)| (status.clone(), body.pointer.clone())).collect()
        };
        let (before, after) = (refusals(old), refusals(new));
        if observed || before.is_empty() || after.is_empty() {
            return;
        }
        let place = format!("{}.status", about.operation);
        for (status, pointer) in &before {
            if !after.contains_key(status) {
                let at = format!("{place}/{status}");
                let finding = self.add(about, Kind::StatusChanged, Severity::Compatible, &at);
                (finding.from, finding.pointer) = (Some(json!(status)), Some(pointer.clone()));
            }
        }
        for (status, pointer) in &after {
            if !before.contains_key(status) {
                let at = format!("{place}/{status}");
                let finding = self.add(about, Kind::StatusChanged, Severity::Risky, &at);
                (finding.to, finding.to_pointer) = (Some(json!(status)), Some(pointer.clone()));
            }
        }
    }

    fn reply(&mut self, about: &FindingSubject, status: &str, old: &BodyForm, new: &BodyForm) {
        let place = format!("{}.reply/{status}", about.operation);
        match (&old.node, &new.node) {
            (Some(before), Some(after)) => {
                self.media_types(about, Direction::Reply, &place, old, new);
                self.bodies(about, Direction::Reply, &place, before, after);
            }
            (None, Some(after)) if after.seen.is_none() => {
                let fact = super::facts::of_node(after, true);
                let finding = self.add(about, Kind::MemberAdded, Severity::Compatible, &place);
                (finding.to, finding.to_pointer) = (Some(fact), Some(after.pointer.clone()));
            }
            // A part that gives no form says nothing beside a whole description.
            (Some(before), None) if before.seen.is_none() && self.old.extent <= self.new.extent => {
                let fact = super::facts::of_node(before, true);
                let finding = self.add(about, Kind::MemberRemoved, Severity::Risky, &place);
                (finding.from, finding.pointer) = (Some(fact), Some(before.pointer.clone()));
            }
            _ => {}
        }
    }
}
