//! One change in several places: of a schema that they share, or an equal one of members of one name.

use std::collections::BTreeSet;

use super::{group_by, hash_facts, unite_as_worst};
use crate::finding::Finding;
use crate::kind::{Kind, Severity};
use crate::wording::{is_derived, member_of, way_of};
use mockreel_contracts::contract::check::schema::unescape;

/// Makes one finding of those that tell the same change in several places.
pub(super) fn unite_places(findings: Vec<Finding>) -> Vec<Finding> {
    let groups = group_by(findings, |finding| {
        // References were followed, so one pointer is one place of the document, however many lead there.
        let shared = schema_of(finding)?;
        Some((change_of(finding)?, finding.pointer.clone(), finding.to_pointer.clone(), shared))
    });
    let findings = groups.into_iter().filter_map(|group| {
        let several = group.len() > 1;
        let mut whole = unite_as_worst(group)?;
        if several {
            whole.schema = schema_of(&whole);
        }
        Some(whole)
    });
    let groups = group_by(findings.collect(), |finding| {
        let tail = match finding.kind {
            Kind::StatusChanged | Kind::SecurityChanged | Kind::MediaTypeChanged => tail_of(finding),
            // The root of a body has no name that could be equal.
            _ if tail_of(finding).matches('/').count() < depth_of_bodies(finding) => return None,
            _ => member_of(&finding.place),
        };
        Some((change_of(finding)?, tail, finding.severity, format!("{:?}", way_of(finding))))
    });
    groups.into_iter().filter_map(unite_as_worst).collect()
}

/// How many segments a member's place has below its operation at least: `request/a`, `reply/200/a`.
fn depth_of_bodies(finding: &Finding) -> usize {
    if tail_of(finding).starts_with(".reply/") { 2 } else { 1 }
}

/// What a place says below its operation.
fn tail_of(finding: &Finding) -> String {
    finding.place.strip_prefix(&finding.operation).unwrap_or(&finding.place).to_owned()
}

/// What tells one change from another, wherever it shows; `None` of what is told once anyway.
fn change_of(finding: &Finding) -> Option<String> {
    let defect = finding.severity == Severity::Defect;
    if finding.kind.is_about_paths() || finding.kind == Kind::ServerChanged {
        return None;
    }
    if !defect && !is_derived(finding) {
        return None;
    }
    let kinds: BTreeSet<Kind> =
        finding.parts.iter().map(|part| part.kind).chain(std::iter::once(finding.kind)).collect();
    let to_member = finding.to_place.as_deref().map(member_of);
    let facts = hash_facts(&(&finding.from, &finding.to, to_member, &finding.last_look));
    let said = if defect { said_of_defect(finding) } else { String::new() };
    let baseline = format!("{:?} {:?}", finding.baseline, finding.confidence);
    Some(format!("{:?} {kinds:?} {} {facts} {said} {baseline}", finding.kind, member_of(&finding.place)))
}

/// What a defect's message says beside its place.
fn said_of_defect(finding: &Finding) -> String {
    let place = format!("`{}`: ", finding.place);
    finding.message.strip_prefix(&place).unwrap_or(&finding.message).to_owned()
}

/// The shared schema in which a change is, by its name: of the newer document, or of the older if it is gone there.
fn schema_of(finding: &Finding) -> Option<String> {
    let name = |pointer: &Option<String>| -> Option<String> {
        let pointer = pointer.as_deref()?;
        // A file beside the description holds nothing but what is shared.
        if let Some((file, fragment)) = pointer.split_once('#').filter(|_| !pointer.starts_with('/')) {
            let first = fragment.trim_start_matches('/').split('/').next().unwrap_or_default();
            return Some(format!("{file}#/{first}"));
        }
        let (_, rest) = pointer.split_once("/components/")?;
        let mut parts = rest.split('/');
        let (_, name) = (parts.next()?, parts.next()?);
        Some(unescape(name))
    };
    name(&finding.to_pointer).or_else(|| name(&finding.pointer))
}
