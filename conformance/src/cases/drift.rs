//! Conclusions from all exchanges of a run, without any request of their own.

use std::collections::{BTreeMap, BTreeSet};

use mockreel_drift::observed::{Observed, Tape};
use mockreel_drift::{Finding, Report, Severity};
use serde_json::{Value, json};
use url::Url;

use crate::case::Case;
use crate::clause::{Cost, Level, Stage};
use crate::drift::answers::compare_answers;
use crate::known::WITHOUT_PROFILE;
use crate::profile::Profile;
use crate::session::{CaseEnd, CaseError, Session};
use crate::shape::{self, find_undocumented};
use mockreel_contracts::Operation;
use mockreel_evidence::exchange::{Content, Exchange};

/// The most findings that are written down one by one.
const MOST_FINDINGS: usize = 100;

/// The cases of this area.
pub(super) const CASES: &[Case] = &[
    Case::new(
        "DRIFT-01",
        "the vendor's file beside its last one",
        Level::Info,
        Cost::Free,
        Stage::Last,
        check_specs,
    ),
    Case::new(
        "DRIFT-02",
        "every good answer keeps the schema of its operation",
        Level::Must,
        Cost::Free,
        Stage::Last,
        check_schemas,
    )
    .on(|profile| profile.reply_clause(Operation::Poll)),
    Case::new(
        "DRIFT-03",
        "the answers beside those of the last run",
        Level::Info,
        Cost::Free,
        Stage::Last,
        check_previous,
    ),
    Case::new(
        "DRIFT-04",
        "the answers beside the suite's references",
        Level::Info,
        Cost::Free,
        Stage::Last,
        check_references,
    ),
    Case::new("DRIFT-05", "which headers answers carry", Level::Info, Cost::Free, Stage::Last, note_headers),
];

/// The exchanges of vendor paths, requests that were wrong on purpose left out.
fn honest_exchanges<'a>(session: &'a Session<'_>) -> impl Iterator<Item = &'a Exchange> {
    session.exchanges().iter().filter(|exchange| {
        !exchange.intent().may_be_wrong() && session.target.is_vendor_path(&exchange.request.url)
    })
}

/// The operation that a request means.
fn operation_of(profile: &Profile, base: &str, exchange: &Exchange) -> Option<Operation> {
    let url = Url::parse(&exchange.request.url).ok()?;
    let start = Url::parse(base).ok()?;
    let path = url.path().strip_prefix(start.path().trim_end_matches('/'))?;
    let options = mockreel_contracts::Options::defaults(profile.contract());
    profile.contract().route(&options, &exchange.request.method, path).ok().map(|matched| matched.name)
}

fn check_specs(session: &mut Session<'_>) -> CaseEnd {
    let report = session.inputs().specs.clone().ok_or_else(|| {
        CaseError::NotApplicable("compares two files of the vendor; name them with --spec".to_owned())
    })?;
    note_findings(session, &report)
}

fn check_previous(session: &mut Session<'_>) -> CaseEnd {
    let before = session.inputs().previous.clone().ok_or_else(|| {
        CaseError::NotApplicable("compares with an earlier recording; name it with --previous".to_owned())
    })?;
    let report = compare_answers((&before, "the last run"), (&observe_run(session), "this run"));
    note_findings(session, &report)
}

/// The answers of the run so far, as shapes.
fn observe_run(session: &Session<'_>) -> Observed {
    Observed::of(&[Tape {
        contract: session.profile.contract(),
        base: &session.target.base,
        recorded: session.started(),
        stand_in: session.target.control.is_some(),
        stub: None,
        exchanges: session.exchanges(),
        cases: WITHOUT_PROFILE,
    }])
}

/// Writes down what differs; the message counts it.
fn note_findings(session: &mut Session<'_>, report: &Report) -> CaseEnd {
    let wire: Vec<&Finding> = report.findings.iter().filter(|finding| finding.is_wire_relevant()).collect();
    let told: Vec<Value> = wire.iter().take(MOST_FINDINGS).map(|finding| summarise(finding)).collect();
    session.note("findings", Value::Array(told));
    let count = |severity: Severity| wire.iter().filter(|finding| finding.severity == severity).count();
    let counts: Vec<String> = Severity::ALL
        .iter()
        .map(|severity| (count(*severity), severity.name()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    if counts.is_empty() { Ok(()) } else { Err(CaseError::Failed(format!("differs: {}", counts.join(", ")))) }
}

/// A finding as a note: facts and places, no values.
fn summarise(finding: &Finding) -> Value {
    let mut told = json!({
        "kind": finding.kind.name(),
        "severity": finding.severity.name(),
        "where": finding.to_place.as_ref().unwrap_or(&finding.place),
    });
    let seen = [("first_seen", &finding.first_seen), ("last_seen", &finding.last_seen)];
    for (name, day) in seen {
        if let Some(day) = day {
            told[name] = json!(day);
        }
    }
    if let Some(evidence) = finding.evidence {
        told["in"] = json!(format!("{} of {}", evidence.present, evidence.samples));
    }
    told
}

fn check_schemas(session: &mut Session<'_>) -> CaseEnd {
    let profile = session.profile;
    let mut unlisted: BTreeMap<String, u32> = BTreeMap::new();
    let mut broken: BTreeSet<String> = BTreeSet::new();
    let mut numbers = Vec::new();
    let mut good = 0;
    for exchange in honest_exchanges(session) {
        let Some(answer) = exchange.answer.as_ref().filter(|answer| (200..300).contains(&answer.status))
        else {
            continue;
        };
        let Some(name) = operation_of(profile, &session.target.base, exchange) else { continue };
        good += 1;
        let (Some(operation), Content::Json(body)) = (profile.operation(name), &answer.body) else {
            broken.insert(format!("{name}: the answer is no JSON"));
            continue;
        };
        if let Err(why) = shape::keeps(&operation.reply, body) {
            broken.insert(format!("{name}: {why}"));
            numbers.push(exchange.number);
        }
        for pointer in find_undocumented(&operation.reply, body) {
            *unlisted.entry(format!("{name}{pointer}")).or_default() += 1;
        }
    }
    session.rests_on(&numbers);
    if good == 0 {
        return Err(CaseError::NotApplicable("there was no good answer in this run".to_owned()));
    }
    if !unlisted.is_empty() {
        session.note("undocumented", json!(unlisted));
    }
    if broken.is_empty() {
        return Ok(());
    }
    let listed: Vec<String> = broken.into_iter().take(5).collect();
    Err(CaseError::Failed(listed.join("; ")))
}

fn check_references(session: &mut Session<'_>) -> CaseEnd {
    let found = session.compare_inputs();
    match found {
        Some(counts) => {
            let differing: usize = counts.values().sum();
            session.note("cases_that_differ", json!(counts));
            if differing == 0 { Ok(()) } else { Err(CaseError::Failed(format!("{differing} places differ"))) }
        }
        None => Err(CaseError::NotApplicable("the suite has no references for this edition".to_owned())),
    }
}

fn note_headers(session: &mut Session<'_>) -> CaseEnd {
    let mut names: BTreeMap<String, u32> = BTreeMap::new();
    for exchange in honest_exchanges(session) {
        for (name, _) in exchange.answer.iter().flat_map(|answer| &answer.headers) {
            *names.entry(name.clone()).or_default() += 1;
        }
    }
    let listed: Vec<Value> = names.keys().map(|name| json!(name)).collect();
    session.note("headers", Value::Array(listed));
    Ok(())
}
