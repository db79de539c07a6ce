//! Findings folded for a reader: one change is one finding, however many facts, places or paths show it.
//!
//! 1. Type, values, bounds and format of one member, and the default that went with its type, are one (`facts`).
//! 2. The same change of a schema that several places share is one, with its places; and so are equal changes of
//!    members of one name, of statuses, of credentials (`places`).
//! 3. Paths that all begin otherwise now are one change of the server (`servers`).
//!
//! Histories and other programs follow the findings of before: each is among [`Finding::parts`] with its fingerprint.

mod facts;
mod places;
mod routes;
mod servers;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher as _};

pub use self::routes::RouteNames;
use crate::finding::{BaselineState, Finding, FindingPart, Report};
use crate::kind::Severity;
use crate::wording::{advise_client, is_derived};

/// Folds the findings of a report, says what to do about each, and writes its headline.
///
/// Two calls with the same report give the same; folding twice gives what folding once does.
pub fn fold_report(report: &mut Report, names: &RouteNames) {
    names.apply(report);
    let mut findings = std::mem::take(&mut report.findings);
    findings.sort_by_cached_key(|finding| {
        let facts = (&finding.pointer, &finding.to_pointer, &finding.from, &finding.to, &finding.models);
        let name = (finding.place.clone(), finding.kind, finding.fingerprint.clone());
        (finding.severity, finding.operation.clone(), name, hash_facts(&facts))
    });
    let (whole, rest): (Vec<Finding>, Vec<Finding>) = findings.into_iter().partition(can_be_folded);
    let folded = servers::unite_servers(places::unite_places(facts::unite_facts(whole)));
    report.findings = folded.into_iter().chain(rest).collect();
    for finding in &mut report.findings {
        // A verdict says who is wrong; whether a client has to do anything is another question.
        finding.advice = if finding.verdict.is_none() { advise_client(finding) } else { None };
    }
    report.sort();
    report.headline = crate::report::write_headline(report);
}

/// Facts as a number, so that long lists are not kept once for each of many places.
fn hash_facts(facts: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    facts.hash(&mut hasher);
    hasher.finish()
}

/// Whether a finding stands for a difference of documents: what rests on answers is counted by answers instead.
fn can_be_folded(finding: &Finding) -> bool {
    let plain = finding.verdict.is_none() && finding.evidence.is_none() && finding.parts.is_empty();
    plain && finding.severity != Severity::Cosmetic && finding.baseline != Some(BaselineState::Absent)
}

/// Groups of findings by what tells them apart, in the order in which their keys were met.
fn group_by<K: Ord>(findings: Vec<Finding>, key: impl Fn(&Finding) -> Option<K>) -> Vec<Vec<Finding>> {
    let mut groups: Vec<Vec<Finding>> = Vec::new();
    let mut at: BTreeMap<K, usize> = BTreeMap::new();
    for finding in findings {
        let Some(key) = key(&finding) else {
            groups.push(vec![finding]);
            continue;
        };
        match at.get(&key) {
            Some(index) => groups[*index].push(finding),
            None => {
                at.insert(key, groups.len());
                groups.push(vec![finding]);
            }
        }
    }
    groups
}

/// The parts of several findings together, the worst first.
fn parts_of(findings: &[Finding]) -> Vec<FindingPart> {
    let mut parts: Vec<FindingPart> = findings
        .iter()
        .flat_map(
            |finding| {
                if finding.parts.is_empty() { vec![finding.as_part()] } else { finding.parts.clone() }
            },
        )
        .collect();
    parts.sort_by(|one, other| {
        let key = |part: &FindingPart| {
            (part.severity, part.operation.clone(), part.place.clone(), part.kind, part.fingerprint.clone())
        };
        key(one).cmp(&key(other))
    });
    parts.dedup();
    parts
}

/// What of two findings that became one is said of both: files and models.
fn take_names(target: &mut Finding, other: &Finding) {
    for (held, more) in [(&mut target.files, &other.files), (&mut target.models, &other.models)] {
        held.extend(more.iter().cloned());
        held.sort();
        held.dedup();
    }
}

/// Several findings as the worst of them, with all as its parts; its sentence is written anew.
fn unite_as_worst(mut findings: Vec<Finding>) -> Option<Finding> {
    findings.sort_by(|one, other| {
        let key = |finding: &Finding| (finding.severity, finding.operation.clone(), finding.place.clone());
        key(one).cmp(&key(other)).then_with(|| one.fingerprint.cmp(&other.fingerprint))
    });
    let parts = parts_of(&findings);
    let mut all = findings.into_iter();
    let mut worst = all.next()?;
    let derived = is_derived(&worst);
    let mut several = false;
    for other in all {
        take_names(&mut worst, &other);
        worst.confidence = worst.confidence.max(other.confidence);
        several = true;
    }
    if several {
        worst.parts = parts;
        if derived {
            worst.message = crate::wording::sentence(&worst);
        }
    }
    Some(worst)
}
