//! Tests of the verdicts on documentation, emulator and vendor: none where they agree.

use crate::surface::{BodyForm, Endpoint, Surface};
use crate::{Finding, Kind, Report, Severity, Verdict, read};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::samples::CASES;
use super::samples::{answer, recorded, tape};
use super::{bodies, polls, seen};
use crate::judge::{Sides, judge};
use crate::observed::Observed;
use mockreel_contracts::Operation;
use mockreel_evidence::exchange::Exchange;

/// A document that describes the good answer to a poll.
fn docs(schema: &Value) -> Surface {
    let document = json!({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/x": {"get": {
        "x-operation": "poll",
        "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": schema}}}},
    }}}});
    read::openapi("docs", document.to_string().as_bytes()).unwrap()
}

fn looked(docs: &Surface, emulator: &[Value], live: &[Value], previous: &[Value]) -> Report {
    let of = |bodies: &[Value]| (!bodies.is_empty()).then(|| seen(&polls(bodies)));
    let (emulator, live, previous) = (of(emulator), of(live), of(previous));
    let sides = Sides {
        docs,
        cases: CASES,
        emulator: emulator.as_ref(),
        live: live.as_ref(),
        previous: previous.as_ref(),
    };
    judge(sides, "tapes")
}

fn told(report: &Report) -> Vec<(Kind, Verdict, &str)> {
    report.findings.iter().map(|held| (held.kind, held.verdict.unwrap(), held.place.as_str())).collect()
}

fn only(report: &Report) -> &Finding {
    assert_eq!(report.findings.len(), 1, "{report:#?}");
    &report.findings[0]
}

fn text() -> Value {
    json!({"type": "object", "required": ["id"], "properties": {
        "id": {"type": "string"},
        "status": {"type": "string", "enum": ["queued", "completed"]},
        "video": {"type": ["object", "null"], "properties": {"url": {"type": "string"}}},
    }})
}

proptest! {
    #[test]
    fn answers_that_are_the_same_everywhere_and_documented_give_nothing(bodies in bodies()) {
        let surface = seen(&polls(&bodies)).surface("docs");
        let report = looked(&surface, &bodies, &bodies, &bodies);
        prop_assert!(report.findings.is_empty(), "{report:#?}");
    }

    #[test]
    fn without_a_previous_look_nothing_is_said_to_have_drifted(docs in bodies(), emulator in bodies(), live in bodies()) {
        let surface = seen(&polls(&docs)).surface("docs");
        for finding in looked(&surface, &emulator, &live, &[]).findings {
            prop_assert_ne!(finding.verdict, Some(Verdict::VendorDrifted));
            prop_assert!(finding.previous_live.is_none());
        }
        for finding in looked(&surface, &emulator, &[], &[]).findings {
            prop_assert_eq!(finding.verdict, Some(Verdict::Unproven));
        }
    }

    #[test]
    fn every_finding_has_a_name_of_its_own_and_two_judgements_are_the_same(docs in bodies(), emulator in bodies(), live in bodies()) {
        let surface = seen(&polls(&docs)).surface("docs");
        let report = looked(&surface, &emulator, &live, &docs);
        let mut names: Vec<&str> = report.findings.iter().map(|held| held.fingerprint.as_str()).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        prop_assert_eq!(count, names.len());
        prop_assert_eq!(&report, &looked(&surface, &emulator, &live, &docs));
    }
}

#[test]
fn each_row_of_the_table_is_found_in_answers() {
    let docs = docs(&text());
    let (text, number) = (json!({"id": "a"}), json!({"id": 5}));
    let rows: [(&[&Value; 3], Option<Verdict>); 6] = [
        (&[&text, &text, &text], None),
        (&[&number, &text, &text], Some(Verdict::EmulatorWrong)),
        (&[&number, &number, &text], Some(Verdict::DocsWrong)),
        (&[&text, &number, &number], Some(Verdict::DocsWrongAndEmulatorStale)),
        (&[&text, &number, &text], Some(Verdict::VendorDrifted)),
        (&[&json!({"id": true}), &number, &text], Some(Verdict::Unresolved)),
    ];
    for ([emulator, live, before], verdict) in rows {
        let of = |body: &Value| vec![body.clone(); 4];
        let report = looked(&docs, &of(emulator), &of(live), &of(before));
        assert_eq!(report.findings.first().and_then(|held| held.verdict), verdict, "{report:#?}");
    }
    let report = looked(&docs, std::slice::from_ref(&text), std::slice::from_ref(&number), &[]);
    let finding = only(&report);
    assert_eq!(finding.verdict, Some(Verdict::DocsWrongOrDrifted));
    assert_eq!((finding.kind, finding.severity), (Kind::TypeChanged, Severity::Breaking));
    assert_eq!(finding.docs, Some(json!({"present": "always", "types": ["string"]})));
    assert_eq!(finding.live, Some(json!({"present": "always", "types": ["integer"]})));
    let report = looked(&docs, std::slice::from_ref(&number), &[], &[]);
    assert_eq!(only(&report).verdict, Some(Verdict::Unproven));
}

#[test]
fn an_undocumented_member_is_told_once_at_its_top_and_a_wrong_guess_is_told() {
    let docs = docs(&text());
    let live = json!({"id": "a", "meta": {"usage": {"tokens": 5}}});
    let report = looked(&docs, std::slice::from_ref(&live), std::slice::from_ref(&live), &[]);
    assert_eq!(told(&report), [(Kind::MemberAdded, Verdict::Undocumented, "poll.reply/200/meta")]);
    let guessed = json!({"id": "a", "meta": {"usage": {"tokens": "5"}}});
    let report = looked(&docs, &[guessed], &[live], &[]);
    assert_eq!(
        told(&report),
        [
            (Kind::TypeChanged, Verdict::UndocumentedEmulatorWrong, "poll.reply/200/meta/usage/tokens"),
            (Kind::MemberAdded, Verdict::Undocumented, "poll.reply/200/meta"),
        ]
    );
}

#[test]
fn a_place_that_differs_in_several_states_is_one_finding_that_says_what_each_state_has() {
    let docs = docs(&text());
    let of = |status: &str, video: Value| json!({"id": "a", "status": status, "video": video});
    let live = [of("queued", json!("soon")), of("completed", json!(["u"]))];
    let emulator = [of("queued", json!(null)), of("completed", json!({"url": "u"}))];
    let report = looked(&docs, &emulator, &live, &[]);
    let finding = only(&report);
    assert_eq!(finding.place, "poll.reply/200/video");
    let states = finding.live.as_ref().unwrap();
    assert_eq!(states["queued"]["types"], json!(["string"]));
    assert_eq!(states["succeeded"]["types"], json!(["array"]));
    assert!(finding.message.contains("while queued, succeeded"), "{}", finding.message);
}

#[test]
fn a_word_that_is_not_listed_is_a_finding_and_a_word_that_did_not_come_is_none() {
    let docs = docs(&text());
    let of = |status: &str| json!({"id": "a", "status": status});
    let report = looked(&docs, &[of("queued"), of("completed")], &[of("queued")], &[]);
    assert!(report.findings.is_empty(), "{report:#?}");
    let report = looked(&docs, &[of("queued")], &[of("queued"), of("paused")], &[of("queued")]);
    let finding = only(&report);
    assert_eq!((finding.kind, finding.verdict), (Kind::EnumChanged, Some(Verdict::VendorDrifted)));
    assert_eq!(finding.place, "poll.reply/200/status");
    assert_eq!(finding.live, Some(json!({"unlisted": ["paused"]})));
}

#[test]
fn few_answers_make_weak_findings_where_something_is_missing() {
    let docs = docs(&text());
    let without = |count: usize| looked(&docs, &[json!({"id": "a"})], &vec![json!({}); count], &[]);
    let confidence = |count: usize| only(&without(count)).confidence;
    use crate::finding::Confidence;
    assert_eq!([1, 3, 20].map(confidence), [Confidence::Weak, Confidence::Likely, Confidence::Certain]);
    let report = without(3);
    let finding = only(&report);
    assert_eq!((finding.kind, finding.severity), (Kind::MemberRemoved, Severity::Breaking));
    assert_eq!(finding.evidence.map(|held| (held.present, held.samples)), Some((0, 3)));
}

fn exchanges(exchanges: &[Exchange]) -> Observed {
    Observed::of(&[tape(exchanges)])
}

#[test]
fn the_status_of_good_answers_and_of_each_case_is_judged() {
    let body = json!({"id": "a"});
    let submit = |status| recorded("SUB-01", "POST", Operation::Submit, 1, status, &body);
    let unknown = |status| answer("POLL-06", 2, status, &json!({"message": "no"}));
    let mut endpoint = Endpoint { operation: Some(Operation::Submit.to_string()), ..Endpoint::default() };
    endpoint.replies.insert("201".to_owned(), BodyForm::default());
    let docs = Surface { name: "docs".to_owned(), endpoints: vec![endpoint], ..Surface::default() };
    let emulator = exchanges(&[submit(201), unknown(404)]);
    let live = exchanges(&[submit(200), unknown(400)]);
    let sides = Sides {
        docs: &docs,
        cases: CASES,
        emulator: Some(&emulator),
        live: Some(&live),
        previous: Some(&emulator),
    };
    let report = judge(sides, "live");
    let found: Vec<(&str, Verdict)> =
        report.findings.iter().map(|held| (held.place.as_str(), held.verdict.unwrap())).collect();
    assert_eq!(
        found,
        [
            ("submit.status", Verdict::VendorDrifted),
            ("poll.case/POLL-06", Verdict::UndocumentedEmulatorWrong),
        ]
    );
    assert_eq!(report.findings[0].severity, Severity::Breaking);
    assert_eq!(report.findings[1].live, Some(json!([400])));
}

#[test]
fn what_is_missing_is_told_with_the_last_time_it_was_seen() {
    let docs = docs(&text());
    let had = vec![json!({"id": "a"}); 2];
    let report = looked(&docs, &had, &vec![json!({}); 5], &had);
    let finding = only(&report);
    assert_eq!(finding.verdict, Some(Verdict::VendorDrifted));
    assert_eq!(finding.last_seen.as_deref(), Some("2026-01-01T00:00:02Z"));
}

#[test]
fn where_the_vendor_keeps_the_documentation_an_emulator_that_does_not_breaks_no_client_of_it() {
    let docs = docs(&text());
    let report = looked(&docs, &[json!({"id": 5})], &[json!({"id": "a"})], &[]);
    let finding = only(&report);
    assert_eq!((finding.verdict, finding.severity), (Some(Verdict::EmulatorWrong), Severity::Risky));
}
