//! Timelines: when what was found, from a history or from dated documents.

use std::collections::BTreeMap;

use crate::finding::{Finding, Report};

use super::{is_in_full, name, words};
use crate::history::{History, Look, Observation};
use mockreel_evidence::issue::plural;

/// A history, look by look, and then each finding with its days. No control character leaves it but line feeds.
pub fn timeline(history: &History) -> String {
    let (Some(first), Some(last)) = (history.looks.first(), history.looks.last()) else {
        return "no look yet\n".to_owned();
    };
    let vendor = if history.vendor.is_empty() { "a vendor" } else { &history.vendor };
    let looks = plural(history.looks.len(), "look", "looks");
    let mut out = format!("{}: {looks} from {} to {}\n", name(vendor), name(&first.date), name(&last.date));
    let mut before: Option<&Look> = None;
    for look in &history.looks {
        push_look(&mut out, history, before, look);
        before = Some(look);
    }
    out.push_str("\nfinding by finding, what stands first:\n");
    for story in history.stories() {
        let ended =
            if story.stands { "stands".to_owned() } else { format!("gone after {}", name(&story.last_seen)) };
        let flaps = match story.flaps {
            0 => String::new(),
            flaps => format!(", went and came back {}", plural(flaps as usize, "time", "times")),
        };
        out.push_str(&format!(
            "  {}: since {}, {ended}{flaps}\n",
            describe_finding(&story.facts),
            name(&story.first_seen)
        ));
    }
    for warning in &history.warnings {
        out.push_str(&format!("warning: {}\n", name(warning)));
    }
    out
}

fn push_look(out: &mut String, history: &History, before: Option<&Look>, look: &Look) {
    let had = |look: Option<&Look>, mark: &str| look.is_some_and(|look| look.fingerprints.contains(mark));
    let earlier = |mark: &str| {
        history.looks.iter().take_while(|held| held.number < look.number).any(|held| had(Some(held), mark))
    };
    let came: Vec<&String> = look.fingerprints.iter().filter(|mark| !had(before, mark)).collect();
    let gone: Vec<&String> = before
        .into_iter()
        .flat_map(|held| &held.fingerprints)
        .filter(|mark| !look.fingerprints.contains(*mark))
        .collect();
    let total = plural(look.fingerprints.len(), "finding", "findings");
    let change = if came.is_empty() && gone.is_empty() { ", unchanged" } else { "" };
    out.push_str(&format!(
        "\n{}  {} -> {}: {total}{change}\n",
        name(&look.date),
        name(&look.old),
        name(&look.new)
    ));
    let mut push = |mark: &str, sign: &str| {
        if let Some(facts) = history.facts.get(mark) {
            out.push_str(&format!("  {sign} {}\n", describe_finding(facts)));
        }
    };
    for mark in came {
        push(mark, if earlier(mark) { "came back" } else { "new" });
    }
    for mark in gone {
        push(mark, "gone");
    }
}

fn describe_finding(facts: &Observation) -> String {
    let to = facts.to_place.as_ref().map(|to| format!(" -> {to}")).unwrap_or_default();
    format!("{} {} {}", facts.severity.name(), facts.kind.name(), name(&format!("{}{to}", facts.place)))
}

/// Comparisons of each document with the one before it: a day, and what that day brought.
pub fn between(reports: &[(String, Report)]) -> String {
    let mut out = String::new();
    let mut days: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (day, report) in reports {
        out.push_str(&format!("{}  {}\n", name(day), words::count_findings(report)));
        for finding in report.findings.iter().filter(|finding| is_in_full(finding)) {
            out.push_str(&format!("  {}\n", finding_line(finding)));
            if finding.is_wire_relevant() {
                days.entry(&finding.place).or_default().push(day);
            }
        }
        if let Some(folded) = words::sum_up_folded(report) {
            out.push_str(&format!("  {folded}\n"));
        }
    }
    let mut often: Vec<(&str, Vec<&str>)> = days
        .into_iter()
        .map(|(place, mut days)| {
            days.dedup();
            (place, days)
        })
        .filter(|(_, days)| days.len() > 1)
        .collect();
    often.sort();
    if !often.is_empty() {
        out.push_str("\nplaces that changed more than once:\n");
        for (place, days) in often {
            out.push_str(&format!("  {}: {}\n", name(place), name(&days.join(", "))));
        }
    }
    out
}

fn finding_line(finding: &Finding) -> String {
    let text = format!("{} {}: {}", finding.severity.name(), finding.kind.name(), finding.message);
    mockreel_evidence::issue::escape::one_line(&text, mockreel_evidence::issue::MESSAGE_CHARS)
}
