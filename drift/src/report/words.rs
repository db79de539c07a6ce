//! Turns of phrase that several formats share. Plain text: each format escapes it in its own way.

use crate::finding::{BaselineState, Confidence, Finding, Report, SourceLine, UnreachableSource};
use crate::{Kind, Severity};
use serde_json::Value;

use super::{is_folded, is_known};
use crate::verdict;
use mockreel_evidence::issue::plural;

/// The most files or models that are named of one finding.
const NAMED: usize = 12;

/// How many findings of each severity there are: `2 breaking, 1 risky`. What is gone, and defects that the older
/// document has as well, are left out.
pub(super) fn count_findings(report: &Report) -> String {
    let stood_before = |finding: &Finding| {
        finding.severity == Severity::Defect && finding.baseline == Some(BaselineState::Unchanged)
    };
    let standing =
        |finding: &&Finding| finding.baseline != Some(BaselineState::Absent) && !stood_before(finding);
    let count = |severity: Severity| {
        report.findings.iter().filter(standing).filter(|finding| finding.severity == severity).count()
    };
    let counts = Severity::ALL.iter().map(|severity| (count(*severity), severity.name()));
    let told: Vec<String> = counts
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| {
            let many = if name == Severity::Defect.name() && count > 1 { "s" } else { "" };
            format!("{count} {name}{many}")
        })
        .collect();
    let blind = !report.unreachable.is_empty();
    match told.is_empty() {
        false => told.join(", "),
        true if report.shares_nothing() || (blind && report.compared.is_none()) => {
            "nothing was compared".to_owned()
        }
        true if blind => "nothing differs in what was compared".to_owned(),
        true => "nothing differs".to_owned(),
    }
}

/// What a watch knows already, on one line.
pub(super) fn sum_up_known(report: &Report) -> Option<String> {
    let known: Vec<&Finding> = report.findings.iter().filter(|finding| is_known(finding)).collect();
    let count = |severity: Severity| known.iter().filter(|finding| finding.severity == severity).count();
    let counts: Vec<String> = Severity::ALL
        .iter()
        .map(|severity| (count(*severity), severity.name()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    (!counts.is_empty()).then(|| format!("known already: {}", counts.join(", ")))
}

/// What is only counted, on one line.
pub(super) fn sum_up_folded(report: &Report) -> Option<String> {
    let all = || report.findings.iter().filter(|finding| is_folded(finding));
    let gone = |finding: &&Finding| finding.baseline != Some(BaselineState::Absent);
    let unused = all().filter(gone).filter(|finding| finding.kind == Kind::UnreachableChanged).count();
    let stood = all().filter(gone).filter(|finding| finding.severity == Severity::Defect).count();
    let wording = all().filter(gone).count() - unused - stood;
    let mut parts = Vec::new();
    if wording > 0 {
        parts.push(plural(wording, "change of wording", "changes of wording"));
    }
    if unused > 0 {
        parts.push(plural(unused, "change of what nothing uses", "changes of what nothing uses"));
    }
    if stood > 0 {
        parts.push(plural(stood, "defect that stood before", "defects that stood before"));
    }
    (!parts.is_empty()).then(|| format!("not listed: {}", parts.join(", ")))
}

/// The most other places that are named of one finding.
const PLACES: usize = 3;

/// The other places of the same change, not all if there are many, and the kinds that it shows as.
pub(super) fn other_places(finding: &Finding) -> Option<String> {
    let places = finding.places();
    let others = places.get(1..).filter(|others| !others.is_empty())?;
    let severity =
        |place: &str| finding.parts.iter().find(|part| part.place == place).map(|part| part.severity);
    let mut named: Vec<String> = others
        .iter()
        .take(PLACES)
        .map(|place| match severity(place).filter(|severity| *severity != finding.severity) {
            Some(severity) => format!("{place} ({})", severity.name()),
            None => (*place).to_owned(),
        })
        .collect();
    let more = others.len().saturating_sub(PLACES);
    if more > 0 {
        named.push(format!("and {more} more {}", if more == 1 { "place" } else { "places" }));
    }
    Some(named.join(", "))
}

/// The lines in both files.
pub(super) fn lines_of(finding: &Finding) -> Option<String> {
    let line = |line: &SourceLine| format!("{}:{}", line.file, line.line);
    match (&finding.line, &finding.to_line) {
        (None, None) => None,
        (Some(was), None) => Some(line(was)),
        (None, Some(is)) => Some(line(is)),
        (Some(was), Some(is)) => Some(format!("{} -> {}", line(was), line(is))),
    }
}

/// What of a description a comparison did not use, and what else it says nothing of.
pub(super) fn list_gaps(report: &Report) -> Vec<String> {
    let mut gaps: Vec<String> = Vec::new();
    if !report.unused.is_empty() {
        let counted: Vec<String> =
            report.unused.iter().map(|part| format!("{} {}", part.count, part.what)).collect();
        gaps.push(counted.join(", "));
    }
    gaps.extend(report.not_compared.iter().cloned());
    gaps
}

/// What is known of a source that could not be looked at.
pub(super) fn describe_unreachable(source: &UnreachableSource) -> String {
    format!("{}: {}; since {}", source.source, source.why, source.since)
}

/// What the history adds to a finding: what was there at the last look, and which source and change brought it.
pub(super) fn origin_of(finding: &Finding) -> Option<String> {
    let last = finding.last_look.as_ref().map(|last| format!("at the last look it was {}", write_fact(last)));
    let since = match (&finding.source, &finding.since) {
        (Some(source), Some(since)) => Some(format!("of {source}, by {since}")),
        (Some(source), None) => Some(format!("of {source}")),
        (None, Some(since)) => Some(format!("by {since}")),
        (None, None) => None,
    };
    let parts: Vec<String> = [last, since].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// The place, and where it is now if it moved.
pub(super) fn place_of(finding: &Finding) -> String {
    let to = finding.to_place.as_ref().filter(|to| **to != finding.place);
    let from = if finding.place.is_empty() { &finding.operation } else { &finding.place };
    to.map_or_else(|| from.clone(), |to| format!("{from} -> {to}"))
}

/// What was there and what is there now, where the finding says so.
pub(super) fn change_of(finding: &Finding) -> Option<String> {
    match (&finding.from, &finding.to) {
        (None, None) => None,
        (Some(from), None) => Some(format!("was {}", write_fact(from))),
        (None, Some(to)) => Some(format!("now {}", write_fact(to))),
        (Some(from), Some(to)) => Some(format!("was {}, now {}", write_fact(from), write_fact(to))),
    }
}

fn write_fact(value: &Value) -> String {
    value.to_string()
}

/// Who is wrong, and what each says.
pub(super) fn verdict_of(finding: &Finding) -> Option<String> {
    let verdict = finding.verdict?;
    let mut parts = vec![verdict::name(verdict).to_owned()];
    // A message that begins with what the verdict means goes on with what each says.
    if finding.message.starts_with(verdict::meaning(verdict)) {
        return parts.pop();
    }
    let said = [
        ("docs", &finding.docs),
        ("emulator", &finding.emulator),
        ("live", &finding.live),
        ("previous live", &finding.previous_live),
    ];
    parts.extend(
        said.into_iter().filter_map(|(who, what)| Some(format!("{who} {}", write_fact(what.as_ref()?)))),
    );
    Some(parts.join("; "))
}

/// On what it rests and since when.
pub(super) fn evidence_of(finding: &Finding) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(evidence) = finding.evidence {
        parts.push(format!(
            "in {} of {}",
            evidence.present,
            plural(evidence.samples as usize, "answer", "answers")
        ));
    }
    match (&finding.first_seen, &finding.last_seen) {
        (Some(first), Some(last)) if first == last => parts.push(format!("seen {first}")),
        (Some(first), Some(last)) => parts.push(format!("since {first}, last seen {last}")),
        (Some(first), None) => parts.push(format!("since {first}")),
        (None, Some(last)) => parts.push(format!("last looked {last}")),
        (None, None) => {}
    }
    if let Some(flaps) = finding.flaps.filter(|flaps| *flaps > 0) {
        parts.push(format!("went and came back {}", plural(flaps as usize, "time", "times")));
    }
    match finding.confidence {
        Confidence::Certain => {}
        Confidence::Likely => parts.push("likely".to_owned()),
        Confidence::Weak => parts.push("on few answers".to_owned()),
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// The files or the models that it concerns, not all if there are many.
pub(super) fn list_names(what: &[String]) -> Option<String> {
    let more = what.len().saturating_sub(NAMED);
    let mut named: Vec<String> = what.iter().take(NAMED).cloned().collect();
    if more > 0 {
        named.push(format!("and {more} more"));
    }
    (!named.is_empty()).then(|| named.join(", "))
}

/// The word for a state beside the history.
pub(super) fn baseline_of(finding: &Finding) -> Option<&'static str> {
    finding.baseline.map(|baseline| match baseline {
        BaselineState::New => "new",
        BaselineState::Unchanged => "unchanged",
        BaselineState::Absent => "absent",
    })
}
