//! The answers of an operation: which statuses there are, and what each holds.

use std::collections::BTreeSet;

use serde_json::json;

use super::{Comparison, FindingSubject};
use crate::kind::{Kind, Severity};
use crate::surface::{BodyForm, Endpoint};

/// The status that stands for all that are not named.
const DEFAULT: &str = "DEFAULT";

impl Comparison<'_> {
    pub(super) fn replies(&mut self, about: &FindingSubject, old: &Endpoint, new: &Endpoint) {
        let observed = old.is_observed() || new.is_observed();
        let mut pairs: Vec<(String, String)> = Vec::new();
        let (mut gone, mut came): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
        for status in old.replies.keys() {
            match status {
                status if new.replies.contains_key(status) => pairs.push((status.clone(), status.clone())),
                status => gone.push(status),
            }
        }
        came.extend(
            new.replies.keys().filter(|status| !old.replies.contains_key(*status)).map(String::as_str),
        );
        // What one side names by itself and the other by its range, or not at all, is compared with that.
        let covered: Vec<(&str, &str)> =
            gone.iter().filter_map(|status| Some((*status, covers(new, status)?))).collect();
        let covering: Vec<(&str, &str)> =
            came.iter().filter_map(|status| Some((covers(old, status)?, *status))).collect();
        if !observed {
            let place = format!("{}.status", about.operation);
            for (was, is) in covered.iter().chain(&covering) {
                pairs.push(((*was).to_owned(), (*is).to_owned()));
                if !is_good(was) && !is_good(is) {
                    continue;
                }
                // A client that knew the one status may meet others now.
                let severity = if is_range(is) { Severity::Risky } else { Severity::Compatible };
                let named = if is_range(is) { was } else { is };
                let finding = self.add(about, Kind::StatusChanged, severity, &format!("{place}/{named}"));
                (finding.from, finding.to) =
                    (Some(json!(was.to_lowercase())), Some(json!(is.to_lowercase())));
                finding.pointer = old.replies.get(*was).map(|body| body.pointer.clone());
                finding.to_pointer = new.replies.get(*is).map(|body| body.pointer.clone());
            }
        }
        let met: BTreeSet<&str> = pairs.iter().flat_map(|(was, is)| [was.as_str(), is.as_str()]).collect();
        gone.retain(|status| !met.contains(status));
        came.retain(|status| !met.contains(status));
        let good = |list: &[&str]| -> Vec<String> {
            list.iter().filter(|status| is_good(status)).map(|status| (*status).to_owned()).collect()
        };
        let (good_gone, good_came) = (good(&gone), good(&came));
        if let ([was], [is]) = (good_gone.as_slice(), good_came.as_slice()) {
            let place = format!("{}.status", about.operation);
            let finding = self.add(about, Kind::StatusChanged, Severity::Breaking, &place);
            (finding.from, finding.to) = (Some(json!(was)), Some(json!(is)));
            finding.pointer = old.replies.get(was).map(|body| body.pointer.clone());
            finding.to_pointer = new.replies.get(is).map(|body| body.pointer.clone());
            pairs.push((was.clone(), is.clone()));
            gone.retain(|status| status != was);
            came.retain(|status| status != is);
        }
        self.lone_statuses(about, (old, &gone), (new, &came), observed);
        for (was, is) in pairs {
            let (Some(before), Some(after)) = (old.replies.get(&was), new.replies.get(&is)) else { continue };
            let named = if is_range(&is) && !is_range(&was) { &was } else { &is };
            self.reply(about, &word_status(named), before, after);
        }
    }

    /// Statuses that come or go, where none took the place of another.
    fn lone_statuses(
        &mut self,
        about: &FindingSubject,
        (old, gone): (&Endpoint, &[&str]),
        (new, came): (&Endpoint, &[&str]),
        observed: bool,
    ) {
        let place = format!("{}.status", about.operation);
        let names_refusals = |endpoint: &Endpoint| endpoint.replies.keys().any(|status| !is_good(status));
        // A part that names no refusals says nothing of them beside a description of another extent.
        let is_silent = self.old.extent != self.new.extent && !(names_refusals(old) && names_refusals(new));
        for status in gone.iter().filter(|_| !observed) {
            if !is_good(status) && is_silent {
                continue;
            }
            let severity = if is_good(status) { Severity::Risky } else { Severity::Compatible };
            let status = word_status(status);
            let finding = self.add(about, Kind::StatusChanged, severity, &format!("{place}/{status}"));
            finding.from = Some(json!(status));
            finding.pointer = find(old, &status).map(|body| body.pointer.clone());
        }
        for status in came {
            if !is_good(status) && (observed || is_silent) {
                continue;
            }
            let status = word_status(status);
            let finding = self.add(about, Kind::StatusChanged, Severity::Risky, &format!("{place}/{status}"));
            finding.to = Some(json!(status));
            finding.to_pointer = find(new, &status).map(|body| body.pointer.clone());
        }
    }

    fn reply(&mut self, about: &FindingSubject, status: &str, old: &BodyForm, new: &BodyForm) {
        let place = format!("{}.reply/{status}", about.operation);
        let direction = self.asker.answer_direction();
        let seen = |body: &BodyForm| body.node.as_ref().is_some_and(|node| node.seen.is_some());
        if !seen(old) && !seen(new) {
            self.media_types(about, &place, old, new);
            self.other_forms(about, direction, &place, old, new);
            let headers = format!("{}.reply-header/{status}", about.operation);
            self.bodies(about, direction, &headers, &old.headers, &new.headers);
        }
        // A body under another content type is another body.
        let apart = are_apart(old, new);
        match (&old.node, &new.node) {
            (Some(before), Some(after)) => self.bodies(about, direction, &place, before, after),
            (None, Some(after)) if after.seen.is_none() && !apart => {
                let fact = super::facts::of_node(after, true);
                let finding = self.add(about, Kind::MemberAdded, Severity::Compatible, &place);
                (finding.to, finding.to_pointer) = (Some(fact), Some(after.pointer.clone()));
            }
            // A part that gives no form says nothing beside a whole description.
            (Some(before), None) if before.seen.is_none() && !apart && self.old.extent <= self.new.extent => {
                let fact = super::facts::of_node(before, true);
                let finding = self.add(about, Kind::MemberRemoved, Severity::Risky, &place);
                (finding.from, finding.pointer) = (Some(fact), Some(before.pointer.clone()));
            }
            _ => {}
        }
    }
}

/// Whether two bodies have no content type in common, so that they are not the same body.
pub(super) fn are_apart(old: &BodyForm, new: &BodyForm) -> bool {
    let named = !old.media_types.is_empty() && !new.media_types.is_empty();
    named && !old.media_types.iter().any(|held| new.media_types.contains(held))
}

fn is_good(status: &str) -> bool {
    status.starts_with('2')
}

fn is_range(status: &str) -> bool {
    status.ends_with("XX") || status == DEFAULT
}

/// A status as documents write it.
fn word_status(status: &str) -> String {
    if status == DEFAULT { status.to_lowercase() } else { status.to_owned() }
}

fn find<'e>(endpoint: &'e Endpoint, status: &str) -> Option<&'e BodyForm> {
    endpoint.replies.get(status).or_else(|| endpoint.replies.get(&status.to_uppercase()))
}

/// The status of an operation that stands for one that it does not name.
///
/// Where no good status is named, `default` is the good answer as well; else it is a refusal.
fn covers<'e>(endpoint: &'e Endpoint, status: &str) -> Option<&'e str> {
    let key = |wanted: &str| endpoint.replies.keys().find(|held| *held == wanted).map(String::as_str);
    if status == DEFAULT {
        return None;
    }
    let range = status.get(..1).map(|first| format!("{first}XX")).filter(|range| range != status);
    if let Some(range) = range.and_then(|range| key(&range)) {
        return Some(range);
    }
    let names_good = endpoint.replies.keys().any(|held| is_good(held));
    if is_good(status) && names_good { None } else { key(DEFAULT) }
}
