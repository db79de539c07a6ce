//! The verdict in one line: for whom it breaks, by what, and in how many places.

use crate::Severity;
use crate::finding::{Finding, Report};
use crate::wording::shorten_finding;
use mockreel_contracts::Operation;
use mockreel_evidence::issue::plural;

use super::{is_known, is_news};

/// The first line of every format.
pub fn write_headline(report: &Report) -> String {
    let news: Vec<&Finding> = report.findings.iter().filter(|finding| is_news(finding)).collect();
    let known = report.findings.iter().filter(|finding| is_known(finding)).count();
    let watched =
        report.findings.iter().any(|finding| finding.baseline.is_some() && finding.is_wire_relevant());
    let mut parts: Vec<String> = Vec::new();
    match news.first() {
        Some(worst) => parts.push(describe_worst(worst, &news, watched)),
        None if known > 0 => parts.push(format!("nothing new: {}", describe_known(report))),
        None if report.shares_nothing() && report.findings.is_empty() => {
            parts.push("nothing was compared: the two have no operation in common".to_owned());
        }
        // Nothing was looked at, so nothing is known.
        None if !report.unreachable.is_empty() && report.compared.is_none() => {}
        None if report.has_gaps() || !report.unreachable.is_empty() => {
            parts.push("nothing differs in what was compared".to_owned())
        }
        None => parts.push("nothing differs".to_owned()),
    }
    if !news.is_empty() && known > 0 {
        parts.push(describe_known(report));
    }
    if !report.unreachable.is_empty() {
        let sources = plural(report.unreachable.len(), "source is", "sources are");
        parts.push(format!("{sources} unreachable"));
    }
    parts.join("; ")
}

/// The worst of what is new, and how much more there is.
fn describe_worst(worst: &Finding, news: &[&Finding], watched: bool) -> String {
    let new = if watched { "new: " } else { "" };
    if worst.severity == Severity::Compatible {
        let changes = plural(news.len(), "change", "changes");
        return format!("{new}compatible: {changes} that clients need not care about");
    }
    let same = news.iter().filter(|finding| finding.severity == worst.severity).count() - 1;
    let more = match same {
        0 => String::new(),
        several => format!("; {several} more {}", worst.severity.name()),
    };
    let places = plural(worst.places().len(), "place", "places");
    format!(
        "{new}{} for {}: {}; {places}{more}",
        worst.severity.name(),
        clients_of(worst),
        shorten_finding(worst)
    )
}

/// The clients that a finding concerns, by what they call.
fn clients_of(finding: &Finding) -> String {
    let mut operations: Vec<&str> = vec![&finding.operation];
    operations.extend(finding.parts.iter().map(|part| part.operation.as_str()));
    operations.retain(|name| !name.is_empty());
    operations.sort_unstable();
    operations.dedup();
    // Our words are verbs; a route is called.
    let (routes, words): (Vec<&str>, Vec<&str>) = operations.iter().partition(|name| name.contains(' '));
    match (words.as_slice(), routes.as_slice()) {
        ([], []) => "every client".to_owned(),
        ([word], []) => format!("clients that {}", verb_of(word)),
        ([one, other], []) => format!("clients that {} or {}", verb_of(one), verb_of(other)),
        ([], [route]) => format!("clients that call {route}"),
        _ => format!("clients that call one of {} operations", operations.len()),
    }
}

/// What a client does that calls one of our operations.
fn verb_of(operation: &str) -> String {
    let is_verb = |verb: Operation| verb.as_str() == operation;
    if [Operation::Submit, Operation::Poll, Operation::Cancel].into_iter().any(is_verb) {
        operation.to_owned()
    } else {
        format!("call {operation}")
    }
}

/// How many findings are known, and since when there was none new.
fn describe_known(report: &Report) -> String {
    let known: Vec<&Finding> = report.findings.iter().filter(|finding| is_known(finding)).collect();
    let last = known.iter().filter_map(|finding| finding.first_seen.as_deref()).max();
    let since = last.map(|day| format!(", the last of them since {day}")).unwrap_or_default();
    format!("{} known{since}", known.len())
}
