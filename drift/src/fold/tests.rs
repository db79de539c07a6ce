//! Tests of folding: one change is one finding, nothing is lost, and order does not count.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{RouteNames, fold_report};
use crate::finding::{Finding, FindingPart, Report};
use crate::{Kind, Severity, compare, read};

/// A document of these operations; each answers 200 with the schema of that name, or another if it says so.
fn document(paths: &[(&str, &str)], schemas: &Value) -> Value {
    let mut all = serde_json::Map::new();
    for (path, schema) in paths {
        let answer = json!({"$ref": format!("#/components/schemas/{schema}")});
        all.insert(
            (*path).to_owned(),
            json!({"get": {"responses": {"200": {
                "description": "ok", "content": {"application/json": {"schema": answer}}}}}}),
        );
    }
    json!({"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": all,
        "components": {"schemas": schemas}})
}

fn report(old: &Value, new: &Value) -> Report {
    let surface = |document: &Value| read::openapi("x.json", document.to_string().as_bytes()).unwrap();
    let (old, new) = (surface(old), surface(new));
    let mut report = compare(&old, &new);
    fold_report(&mut report, &RouteNames::of(&old, &new));
    report
}

fn told(report: &Report) -> Vec<&str> {
    report.findings.iter().map(|finding| finding.message.as_str()).collect()
}

#[test]
fn a_change_of_a_shared_schema_is_one_finding_with_its_places() {
    let paths: Vec<String> = (0..40).map(|number| format!("/things{number}/list")).collect();
    let paths: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), "Thing")).collect();
    let schemas = |codes: &[&str]| {
        json!({
            "Thing": {"type": "object", "properties": {"error": {"$ref": "#/components/schemas/Error"}}},
            "Error": {"type": "object", "properties": {"code": {"type": "string", "enum": codes}}},
        })
    };
    let report = report(&document(&paths, &schemas(&["A"])), &document(&paths, &schemas(&["A", "B"])));
    assert_eq!(report.findings.len(), 1, "{:?}", told(&report));
    let finding = &report.findings[0];
    assert_eq!((finding.places().len(), finding.parts.len()), (40, 40));
    assert_eq!(finding.schema.as_deref(), Some("Error"));
    assert_eq!(finding.message, "values of `GET /things0/list.reply/200/error/code` came: B");
    let names: BTreeSet<&String> = finding.parts.iter().map(|part| &part.fingerprint).collect();
    assert_eq!(names.len(), 40, "each place keeps its name");
}

#[test]
fn the_type_the_values_and_the_bounds_of_one_member_are_one_finding() {
    let fact = |kind: Kind, severity: Severity, from: Value, to: Value| {
        let mut finding = Finding::new("", kind, severity, "submit", "submit.request/n");
        (finding.from, finding.to) = (Some(from), Some(to));
        finding.message = crate::wording::sentence(&finding);
        finding
    };
    let values = fact(Kind::EnumChanged, Severity::Breaking, json!(["10", "5"]), json!([5, 10]));
    let bounds = fact(Kind::LimitChanged, Severity::Risky, json!({"maxLength": 2}), json!({"maximum": 10}));
    let default = fact(Kind::DefaultChanged, Severity::Risky, json!("5"), json!(5));
    let mut retyped = Report {
        findings: vec![
            default.clone(),
            bounds.clone(),
            values.clone(),
            fact(Kind::TypeChanged, Severity::Breaking, json!("string"), json!("integer")),
        ],
        ..Report::default()
    };
    fold_report(&mut retyped, &RouteNames::default());
    assert_eq!(retyped.findings.len(), 1, "{:?}", told(&retyped));
    let finding = &retyped.findings[0];
    assert_eq!((finding.kind, finding.severity), (Kind::TypeChanged, Severity::Breaking));
    let kinds: Vec<Kind> = finding.parts.iter().map(|part| part.kind).collect();
    let all = [Kind::TypeChanged, Kind::EnumChanged, Kind::LimitChanged, Kind::DefaultChanged];
    assert_eq!(kinds, all, "the worst first");
    assert_eq!(
        finding.message,
        "`submit.request/n` was string, one of \"10\", \"5\", maxLength 2, default \"5\" and is integer, one of 5, \
         10, maximum 10, default 5"
    );
    // A default of its own is a change of its own.
    let mut kept = Report { findings: vec![default, bounds, values], ..Report::default() };
    fold_report(&mut kept, &RouteNames::default());
    assert_eq!(kept.findings.len(), 2, "{:?}", told(&kept));
}

#[test]
fn equal_changes_of_members_of_one_name_are_one_finding_and_others_are_not() {
    let paths = [("/a/list", "A"), ("/b/list", "B"), ("/c/list", "C")];
    let thing = |limit: u32| json!({"type": "object", "properties": {"note": {"type": "string", "maxLength": limit}}});
    let of = |a: u32, b: u32, c: u32| document(&paths, &json!({"A": thing(a), "B": thing(b), "C": thing(c)}));
    let report = report(&of(1, 1, 1), &of(2, 2, 3));
    assert_eq!(report.findings.len(), 2, "{:?}", told(&report));
    let counts: Vec<usize> = report.findings.iter().map(|finding| finding.places().len()).collect();
    assert_eq!(counts, [2, 1]);
}

#[test]
fn paths_that_all_begin_otherwise_are_one_change_of_the_server() {
    let schemas = json!({
        "A": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}},
        "B": {"type": "object", "properties": {"c": {"type": "string"}, "d": {"type": "integer"}}},
        "C": {"type": "object", "properties": {"e": {"type": "string"}, "f": {"type": "boolean"}}},
    });
    let of = |version: &str| {
        let paths: Vec<String> =
            ["x", "y", "z"].iter().map(|name| format!("/{version}/{name}/list")).collect();
        let paths: Vec<(&str, &str)> = paths.iter().map(String::as_str).zip(["A", "B", "C"]).collect();
        document(&paths, &schemas)
    };
    let report = report(&of("v70"), &of("v71"));
    assert_eq!(told(&report), ["3 paths begin with `/v71` now instead of `/v70`"]);
    assert_eq!(report.findings[0].kind, Kind::ServerChanged);
    assert_eq!(report.findings[0].severity, Severity::Breaking);
}

#[test]
fn operations_are_called_by_method_and_path_where_no_contract_names_them() {
    let of = |name: &str| {
        json!({"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {"/v1/jobs": {"post": {
            "requestBody": {"content": {"application/json": {"schema": {
                "type": "object", "required": [name], "properties": {name: {"type": "string"}}}}}},
            "responses": {"200": {"description": "ok"}}}}}})
    };
    let report = report(&of("prompt"), &of("text_prompt"));
    let finding = &report.findings[0];
    assert_eq!(finding.operation, "POST /v1/jobs");
    assert_eq!(finding.place, "POST /v1/jobs.request/prompt");
    assert_eq!(finding.message, "`POST /v1/jobs.request/prompt` is `POST /v1/jobs.request/text_prompt` now");
    assert_eq!(
        report.headline,
        "breaking for clients that call POST /v1/jobs: `prompt` is `text_prompt` now; 1 place"
    );
    let text = serde_json::to_string(&report).unwrap();
    assert!(!text.contains("submit") && !text.contains("poll"), "{text}");
    assert_ne!(finding.fingerprint, "", "the name that runs are followed by stays");
}

/// Findings as a comparison makes them, of few places and facts, so that many are alike.
fn findings() -> impl Strategy<Value = Vec<Finding>> {
    let one = (0_usize..5, 0_usize..3, 0_u8..3, 0_usize..2, any::<bool>()).prop_map(
        |(kind, operation, fact, member, shared)| {
            let kinds = [
                Kind::TypeChanged,
                Kind::EnumChanged,
                Kind::LimitChanged,
                Kind::MemberAdded,
                Kind::RequiredChanged,
            ];
            let operation = ["submit", "poll", "GET /x"][operation];
            let member = ["a", "b"][member];
            let place = format!("{operation}.reply/200/{member}");
            let severity = if fact == 0 { Severity::Risky } else { Severity::Breaking };
            let mut finding = Finding::new("v", kinds[kind], severity, operation, &place);
            let said = match kinds[kind] {
                Kind::TypeChanged => json!(["string", "integer", "object"][usize::from(fact)]),
                Kind::EnumChanged => json!(["x", fact]),
                Kind::RequiredChanged => json!(fact == 1),
                _ => json!({"maxLength": fact}),
            };
            finding.to = Some(said);
            let pointer = if shared { "/components/schemas/S" } else { "/paths/x" };
            finding.to_pointer = Some(format!("{pointer}/{member}"));
            finding.message = crate::wording::sentence(&finding);
            finding
        },
    );
    proptest::collection::vec(one, 0..14).prop_map(|found| {
        let mut names = BTreeSet::new();
        found.into_iter().filter(|finding| names.insert(finding.fingerprint.clone())).collect()
    })
}

/// Every place and kind that a report tells, however it is folded.
fn parts(report: &Report) -> BTreeSet<FindingPart> {
    let of = |finding: &Finding| {
        if finding.parts.is_empty() { vec![finding.as_part()] } else { finding.parts.clone() }
    };
    report.findings.iter().flat_map(of).collect()
}

proptest! {
    #[test]
    fn folding_loses_nothing_needs_no_order_and_is_done_once(found in findings(), seed in any::<u64>()) {
        let folded = |findings: Vec<Finding>| {
            let mut report = Report { findings, ..Report::default() };
            report.sort();
            fold_report(&mut report, &RouteNames::default());
            report
        };
        let plain = Report { findings: found.clone(), ..Report::default() };
        let mut shuffled = found.clone();
        let length = shuffled.len().max(1);
        shuffled.rotate_left(usize::try_from(seed % 97).unwrap() % length);
        let report = folded(found);
        prop_assert_eq!(parts(&report), parts(&plain));
        let worst = |report: &Report| report.findings.iter().map(|finding| finding.severity).min();
        prop_assert_eq!(worst(&report), worst(&plain));
        prop_assert_eq!(&folded(shuffled), &report);
        let mut again = report.clone();
        fold_report(&mut again, &RouteNames::default());
        prop_assert_eq!(again, report);
    }
}
