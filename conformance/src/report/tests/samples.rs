//! Reports for the tests of the formats: one by hand, and any that can be drawn.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::clause::{Clause, ClauseSource, Cost, Level};
use crate::outcome::{
    CaseResult, CaseSpend, Difference, Evidence, Note, Outcome, Report, SCHEMA_VERSION, Spend,
};
use mockreel_contracts::Amount;
use mockreel_contracts::contract::model::source::Grade;
use mockreel_evidence::exchange::{Content, Exchange, KeptAnswer, KeptRequest, WireError};

/// A result that passed, with nothing to it.
pub(in crate::report) fn passed(id: &str, title: &str, level: Level) -> CaseResult {
    CaseResult {
        id: id.to_owned(),
        title: title.to_owned(),
        level,
        cost: Cost::Free,
        target: "emulator".to_owned(),
        edition: "2026-01-15".to_owned(),
        outcome: Outcome::Pass,
        expected: None,
        because_of: None,
        flaky_runs: 0,
        evidence: Evidence::Emulator,
        evidence_age_s: None,
        exchanges: Vec::new(),
        spend: CaseSpend::default(),
        message: String::new(),
        clause: None,
        notes: Vec::new(),
        differences: Vec::new(),
        took_ms: 12,
    }
}

fn with(mut result: CaseResult, outcome: Outcome, message: &str) -> CaseResult {
    result.outcome = outcome;
    result.message = message.to_owned();
    result
}

fn clause(place: &str, quote: &str) -> Clause {
    let source = |title: &str, date: &str, grade: Grade| ClauseSource {
        title: title.to_owned(),
        date: date.to_owned(),
        grade,
    };
    let sources = vec![
        source("acme/api-docs: video-v1.json", "2025-12-19", Grade::Spec),
        source("recorded poll", "2026-01-02", Grade::Obs),
    ];
    Clause::new(place, quote, sources)
}

/// An exchange that was answered.
pub(in crate::report) fn exchange(number: u32, case: &str, method: &str, status: u16) -> Exchange {
    Exchange {
        number,
        case: case.to_owned(),
        at_ms: u64::from(number) * 1_000,
        took_ms: 31,
        request: KeptRequest {
            method: method.to_owned(),
            url: "https://api.acme.test/v2/video/generations?generation_id=kling_7Yq2".to_owned(),
            headers: vec![("authorization".to_owned(), "[redacted]".to_owned())],
            body: Content::Json(json!({"model": "video/v1", "duration": 5, "prompt": "a slow river"})),
        },
        answer: Some(KeptAnswer {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: Content::Json(json!({"id": "kling_7Yq2", "status": "queued", "video": null})),
        }),
        error: None,
    }
}

/// The results of [`sample`]: every outcome once, and a few more passes.
fn results() -> Vec<CaseResult> {
    let mut late = with(
        passed("POLL-03", "the phase never goes back", Level::Must),
        Outcome::Fail,
        "expected `succeeded` to be final, found `running` on the third look after it",
    );
    late.clause =
        Some(clause("poll.reply/200/status", "queued, generating, completed, error: final is final"));
    late.exchanges = vec![1, 2];
    late.spend = CaseSpend { reserved: Amount::rounded_up(0.3), settled: Amount::rounded_up(0.2) };
    late.notes = vec![Note { name: "polls".to_owned(), value: json!([200, 200, 200]) }];
    late.differences = vec![Difference {
        answer: 0,
        pointer: "/video/url".to_owned(),
        reference: Some(json!("https://cdn.acme.test/a.mp4")),
        found: None,
    }];
    let mut refused = with(
        passed("VAL-09", "a duration that is not offered is refused", Level::Should),
        Outcome::Flaky,
        "expected 400, found 200 once in 3 runs",
    );
    refused.clause = Some(clause("submit.request/duration", "one of 5, 10"));
    refused.flaky_runs = 1;
    let mut known = with(
        passed("RES-02", "the result can be fetched", Level::Must),
        Outcome::ExpectedFail,
        "expected video/mp4, found text/html",
    );
    known.expected = Some("the vendor knows, ticket 4711".to_owned());
    let mut healed =
        with(passed("SUB-04", "a new job has no result", Level::May), Outcome::UnexpectedPass, "");
    healed.expected = Some("was null until spring".to_owned());
    let mut written = passed("NET-05", "the headers are written down", Level::Info);
    written.notes = vec![Note { name: "x-request-id".to_owned(), value: json!("8f2c") }];
    written.exchanges = vec![3];
    vec![
        passed("NET-01", "it speaks https and JSON", Level::Should),
        written,
        with(
            passed("NET-03", "a wrong method is refused", Level::Info),
            Outcome::Unreachable,
            "cannot reach it",
        ),
        passed("AUTH-01", "a request without a key is refused", Level::Must),
        passed("AUTH-02", "a wrong key is refused", Level::Must),
        healed,
        with(
            passed("SUB-12", "ten seconds are accepted", Level::May),
            Outcome::NotRunBudget,
            "0.3 left, 0.6 wanted",
        ),
        refused,
        late,
        known,
        with(
            passed("LST-03", "a job can be cancelled", Level::Info),
            Outcome::NotApplicable,
            "the vendor has no cancel",
        ),
        with(
            passed("DRIFT-05", "headers stay", Level::Info),
            Outcome::EngineError,
            "the suite lost its place",
        ),
    ]
}

/// A report in which every outcome occurs.
pub(in crate::report) fn sample() -> Report {
    let mut unanswered = exchange(3, "NET-05", "GET", 200);
    unanswered.answer = None;
    unanswered.error = Some(WireError::Lost { why: "the connection was reset".to_owned() });
    let mut report = Report {
        schema_version: SCHEMA_VERSION,
        target: "emulator".to_owned(),
        vendor: "acme".to_owned(),
        edition: "2026-01-15".to_owned(),
        model: None,
        seed: 7,
        started: "2026-01-20T09:30:00Z".to_owned(),
        exit_code: 6,
        interrupted: false,
        spend: Spend {
            unit: "credits".to_owned(),
            cap: Some(Amount::rounded_up(1.2)),
            reserved: Amount::rounded_up(0.3),
            settled: Amount::rounded_up(0.2),
        },
        recording: None,
        notices: Vec::new(),
        summary: BTreeMap::new(),
        results: results(),
        exchanges: vec![exchange(1, "SUB-01", "POST", 201), exchange(2, "POLL-03", "GET", 200), unanswered],
    };
    count(&mut report);
    report
}

/// A report in which everything is fine.
pub(in crate::report) fn fine() -> Report {
    let mut report = sample();
    report.results.retain(|result| result.outcome == Outcome::Pass);
    report.exit_code = 0;
    count(&mut report);
    report
}

/// Writes the summary anew.
pub(in crate::report) fn count(report: &mut Report) {
    report.summary.clear();
    for result in &report.results {
        *report.summary.entry(result.outcome.word().to_owned()).or_default() += 1;
    }
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    prop::sample::select(Outcome::ALL.to_vec())
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            vec((".{0,6}", inner), 0..3).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn any_content() -> impl Strategy<Value = Content> {
    let leaf = prop_oneof![
        Just(Content::Empty),
        any_value().prop_map(Content::Json),
        any::<String>().prop_map(Content::Text),
        (any::<u32>(), "[A-Za-z0-9+/]{0,120}")
            .prop_map(|(length, head)| Content::Bytes { length: u64::from(length), head }),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| vec((any::<String>(), inner), 0..3).prop_map(Content::Form))
}

fn any_exchange() -> impl Strategy<Value = Exchange> {
    let headers = || vec((any::<String>(), any::<String>()), 0..3);
    let answer = option::of((100_u16..600, headers(), any_content()));
    let error = option::of(any::<String>());
    (1_u32..5, any::<String>(), any::<String>(), headers(), any_content(), answer, error).prop_map(
        |(number, method, url, headers, body, answer, error)| Exchange {
            number,
            case: "POLL-03".to_owned(),
            at_ms: 5,
            took_ms: 6,
            request: KeptRequest { method, url, headers, body },
            answer: answer.map(|(status, headers, body)| KeptAnswer { status, headers, body }),
            error: error.map(|why| WireError::Lost { why }),
        },
    )
}

fn any_clause() -> impl Strategy<Value = Clause> {
    (any::<String>(), any::<String>(), vec((any::<String>(), any::<String>()), 0..3)).prop_map(
        |(place, quote, sources)| {
            let sources = sources
                .into_iter()
                .map(|(title, date)| ClauseSource { title, date, grade: Grade::Doc })
                .collect();
            Clause::new(&place, &quote, sources)
        },
    )
}

fn any_result() -> impl Strategy<Value = CaseResult> {
    let level = prop::sample::select(vec![Level::Info, Level::May, Level::Should, Level::Must]);
    let texts = (any::<String>(), any::<String>(), any::<String>(), option::of(any::<String>()));
    let notes = vec((any::<String>(), any_value()), 0..3);
    // What is there and null is read back as not there, so it is not drawn.
    let held = || option::of(any_value().prop_filter("null", |value| !value.is_null()));
    let differences = vec((any::<String>(), held(), held()), 0..3);
    (texts, level, any_outcome(), vec(1_u32..5, 0..3), option::of(any_clause()), notes, differences).prop_map(
        |((id, title, message, expected), level, outcome, exchanges, clause, notes, differences)| {
            let mut result = passed(&format!("X{id}"), &title, level);
            result.outcome = outcome;
            result.message = message;
            result.expected = expected;
            result.exchanges = exchanges;
            result.clause = clause;
            result.notes = notes.into_iter().map(|(name, value)| Note { name, value }).collect();
            result.differences = differences
                .into_iter()
                .map(|(pointer, reference, found)| Difference { answer: 0, pointer, reference, found })
                .collect();
            result
        },
    )
}

/// Any report: every text may be any text.
pub(in crate::report) fn any_report() -> impl Strategy<Value = Report> {
    (vec(any_result(), 0..4), vec(any_exchange(), 0..3), any::<String>(), 0_u8..8, any::<u64>()).prop_map(
        |(results, exchanges, target, exit_code, seed)| {
            let mut report = sample();
            report.results = results;
            report.exchanges = exchanges;
            report.target = target;
            report.exit_code = exit_code;
            report.seed = seed;
            count(&mut report);
            report
        },
    )
}
