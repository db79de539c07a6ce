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
use crate::profile::{Profile, value_text};
use crate::session::{CaseEnd, CaseError, Session};
use crate::shape::{self, find_undocumented};
use mockreel_contracts::Operation;
use mockreel_contracts::contract::check::read::observe;
use mockreel_contracts::contract::model::source::{Cited, Grade};
use mockreel_evidence::exchange::{Content, Exchange, Intent};

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
    session.list_received().iter().filter(|exchange| {
        !exchange.intent().may_be_wrong() && session.target.is_vendor_path(&exchange.request.url)
    })
}

/// The operation that a request means.
pub(super) fn operation_of(profile: &Profile, base: &str, exchange: &Exchange) -> Option<Operation> {
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
        exchanges: session.list_received(),
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
    let mut words: BTreeMap<String, u32> = BTreeMap::new();
    let mut broken: BTreeSet<String> = BTreeSet::new();
    let mut numbers = Vec::new();
    let mut good = 0;
    for exchange in honest_exchanges(session) {
        let Some(answer) = exchange.answer.as_ref().filter(|answer| (200..300).contains(&answer.status))
        else {
            continue;
        };
        let Some(name) = operation_of(profile, &session.target.base, exchange) else { continue };
        // Some vendors refuse with a status of success.
        let refuses = |body: &Value| {
            profile.refuses_kindly(answer.status, body)
                || (name == Operation::Poll && profile.tells_of_no_job(body))
        };
        if matches!(&answer.body, Content::Json(body) if refuses(body)) {
            continue;
        }
        good += 1;
        let (Some(operation), Content::Json(body)) = (profile.operation(name), &answer.body) else {
            broken.insert(format!("{name}: the answer is no JSON"));
            continue;
        };
        for word in profile.unlisted_words(name, body) {
            *words.entry(value_text(&word)).or_default() += 1;
        }
        if let Err(why) = shape::keeps(&profile.reply_schema(name), body) {
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
    if !words.is_empty() {
        session.note("words_that_only_clients_know", json!(words));
    }
    if broken.is_empty() {
        return Ok(());
    }
    let listed: Vec<String> = broken.into_iter().take(5).collect();
    Err(CaseError::Failed(listed.join("; ")))
}

/// The id that an exchange's answer gives a new job, if it does.
fn new_id(session: &Session<'_>, exchange: &Exchange) -> Option<String> {
    let profile = session.profile;
    let answer = exchange.answer.as_ref().filter(|answer| (200..300).contains(&answer.status))?;
    let Content::Json(body) = &answer.body else { return None };
    let submits = operation_of(profile, &session.target.base, exchange) == Some(Operation::Submit);
    let facts = profile.operation(Operation::Submit).filter(|_| submits)?;
    observe(facts, profile.contract(), body).id
}

/// SUB-16: no two accepted submits of the run were given the same id.
pub(super) fn check_unique_ids(session: &mut Session<'_>) -> CaseEnd {
    let mut jobs: BTreeMap<String, Vec<(u32, String)>> = BTreeMap::new();
    // Drawn commands reset a stand-in, which then gives the same ids again.
    for exchange in session.list_received().iter().filter(|exchange| exchange.intent() != Intent::Drawn) {
        if let Some(id) = new_id(session, exchange) {
            jobs.entry(id).or_default().push((exchange.number, exchange.case.clone()));
        }
    }
    let accepted: usize = jobs.values().map(Vec::len).sum();
    if accepted < 2 {
        return Err(CaseError::NotApplicable(format!("needs two accepted jobs; this run had {accepted}")));
    }
    session.note("jobs", accepted);
    let Some((id, same)) = jobs.iter().filter(|(_, jobs)| jobs.len() > 1).max_by_key(|(_, jobs)| jobs.len())
    else {
        return Ok(());
    };
    let numbers: Vec<u32> = same.iter().take(2).map(|(number, _)| *number).collect();
    session.rests_on(&numbers);
    let mut cases: Vec<&str> = same.iter().map(|(_, case)| case.as_str()).collect();
    cases.dedup();
    cases.truncate(5);
    Err(CaseError::Failed(format!(
        "expected an id of its own for each of {accepted} jobs; found {id} for {} of them ({})",
        same.len(),
        cases.join(", ")
    )))
}

/// Whether the contract knows a status of refusals by more than a guess.
fn is_known_refusal(profile: &Profile, status: u16) -> bool {
    let contract = profile.contract();
    let rests = |cited: &Cited| {
        let mut grades = cited.names().into_iter().filter_map(|name| contract.sources.get(name));
        grades.any(|source| source.grade != Grade::Guess)
    };
    contract.problems.values().any(|fact| {
        let mut variants = fact.variants.values();
        (fact.status == status && rests(&fact.source))
            || variants.any(|case| case.status == Some(status) && rests(&case.source))
    })
}

/// Statuses of refusals that a vendor writes itself; others may come from a gateway before it, in a form of its own.
const OWN_REFUSALS: [u16; 7] = [400, 401, 402, 403, 404, 409, 422];

/// ERR-05: every refusal of the run has the form that the contract states for all of them. One that is no JSON has
/// it not, unless a gateway may have written it.
pub(super) fn check_refusal_forms(session: &mut Session<'_>) -> CaseEnd {
    let profile = session.profile;
    let schema = &profile.contract().problem_schema;
    let mut broken: BTreeMap<(u16, String), (u32, u32)> = BTreeMap::new();
    let mut judged = 0;
    for exchange in session.list_received() {
        let Some(answer) = exchange.answer.as_ref().filter(|answer| (400..500).contains(&answer.status))
        else {
            continue;
        };
        let documented = operation_of(profile, &session.target.base, exchange).is_some();
        if !documented || !is_known_refusal(profile, answer.status) {
            continue;
        }
        let found = match &answer.body {
            Content::Json(body) => shape::keeps(schema, body),
            _ if !OWN_REFUSALS.contains(&answer.status) || exchange.request.method == "HEAD" => continue,
            Content::Empty => Err("no body".to_owned()),
            _ => Err("a body that is no JSON".to_owned()),
        };
        judged += 1;
        if let Err(why) = found {
            let first = broken.entry((answer.status, why)).or_insert((exchange.number, 0));
            first.1 += 1;
        }
    }
    if judged == 0 {
        return Err(CaseError::NotApplicable(
            "there was no refusal in this run whose form the contract knows".to_owned(),
        ));
    }
    session.note("refusals", judged);
    let numbers: Vec<u32> = broken.values().map(|(number, _)| *number).collect();
    session.rests_on(&numbers);
    if broken.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = broken
        .iter()
        .take(3)
        .map(|((status, why), (_, count))| format!("{status}: {why}, {count} times"))
        .collect();
    Err(CaseError::Failed(format!("expected refusals in the vendor's form; found {}", lines.join("; "))))
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
