//! Tests of each format, on a run by hand and on any run.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::samples::{any_report, count, fine, sample};
use crate::clause::Level;
use crate::outcome::{Difference, Outcome, Report};
use crate::report::{Format, github, json as json_format, markdown, parse_requests, render, terminal};
use mockreel_contracts::Amount;

fn violations(document: &Value) -> Vec<String> {
    let schema: Value = serde_json::from_str(json_format::SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn the_summary_names_what_is_worth_reading_and_counts_the_rest() {
    let text = terminal::summary(&sample(), false);
    for part in [
        "fail             POLL-03 MUST the phase never goes back",
        "expected `succeeded` to be final, found `running` on the third look after it",
        "clause poll.reply/200/status: queued, generating, completed, error: final is final",
        "from acme/api-docs: video-v1.json (2025-12-19, spec)",
        "the baseline expects a fail (was null until spring); take its entry out",
        "expected: the vendor knows, ticket 4711",
        "not as the reference: 1 place in 1 case\n  POLL-03 /video/url",
        "0.2 of at most 1.2 credits spent (0.3 put aside before sending)",
        "exit code 6: the suite itself broke",
    ] {
        assert!(text.contains(part), "`{part}` is missing in:\n{text}");
    }
    assert!(!text.contains("recorded poll"), "only the best source is named:\n{text}");
    assert!(text.contains("NET-01, NET-05, AUTH-01, AUTH-02"), "few passes are named:\n{text}");
    assert!(!text.contains("LST-03"), "what is not applicable is only counted:\n{text}");
    assert_eq!(text.lines().last().unwrap().matches("1 ").count(), 8, "{text}");
}

#[test]
fn many_passes_are_only_counted() {
    let mut report = fine();
    let one = report.results[0].clone();
    report.results = vec![one; 9];
    let text = terminal::summary(&report, false);
    assert!(!text.contains("NET-01"), "{text}");
    assert!(text.ends_with("9 pass; exit code 0: fine\n"), "{text}");
}

#[test]
fn colour_is_only_added() {
    let report = sample();
    assert!(terminal::summary(&report, true).contains("\u{1b}[1;31m"));
    assert!(!terminal::summary(&report, false).contains('\u{1b}'));
}

#[test]
fn junit_maps_every_outcome() {
    let text = render(Format::Junit, &[sample()]);
    let read = quick_junit::Report::deserialize_from_str(&text).unwrap();
    let suite = &read.test_suites[0];
    assert_eq!(suite.name.as_str(), "acme@2026-01-15 on emulator");
    assert_eq!((suite.tests, suite.failures, suite.errors, suite.disabled), (12, 3, 2, 3), "{text}");
    assert!(suite.timestamp.is_some());
    for part in [
        r#"<testcase name="POLL-03@acme" classname="POLL" time="0.012">"#,
        r#"<failure message="expected `succeeded` to be final"#,
        r#"type="flaky""#,
        r#"type="unexpected-pass""#,
        r#"type="not-applicable""#,
        r#"type="not-run-budget""#,
        r#"type="expected-fail""#,
        r#"type="unreachable""#,
        r#"type="engine-error""#,
        r#"<property name="clause" value="poll.reply/200/status"/>"#,
        r#"<property name="spend_settled" value="0.2 credits"/>"#,
        "&gt; authorization: [redacted]",
        "no answer came: the connection was reset",
    ] {
        assert!(text.contains(part), "`{part}` is missing in:\n{text}");
    }
}

#[test]
fn json_satisfies_its_schema_and_ends_with_a_line_feed() {
    let text = render(Format::Json, &[sample()]);
    assert!(text.ends_with("}\n"));
    assert_eq!(violations(&serde_json::from_str(&text).unwrap()), Vec::<String>::new());
    let several: Value = serde_json::from_str(&render(Format::Json, &[sample(), fine()])).unwrap();
    assert_eq!(several.as_array().unwrap().len(), 2);
}

#[test]
fn a_broken_report_does_not_satisfy_the_schema() {
    let breaks: [fn(&mut Value); 10] = [
        |report| report["schema_version"] = json!(2),
        |report| report["surprise"] = json!(true),
        |report| report["seed"] = json!(-1),
        |report| report["summary"]["skipped"] = json!(1),
        |report| report["results"][0]["outcome"] = json!("passed"),
        |report| report["results"][0]["level"] = json!("must"),
        |report| report["results"][0]["spend"] = json!({"reserved": "0.3", "settled": 0}),
        |report| drop(report["results"][0].as_object_mut().unwrap().remove("message")),
        |report| report["exchanges"][0]["request"]["headers"] = json!({"a": "b"}),
        |report| report["exchanges"][0]["request"]["body"] = json!({"text": "a", "json": 1}),
    ];
    for (number, break_it) in breaks.iter().enumerate() {
        let mut report = serde_json::to_value(sample()).unwrap();
        break_it(&mut report);
        assert!(!violations(&report).is_empty(), "break {number} is not noticed");
    }
}

#[test]
fn every_object_of_the_schema_is_closed_and_described() {
    fn walk(schema: &Value, at: &str, wrong: &mut Vec<String>) {
        if schema["type"] == "object" && schema.get("additionalProperties").is_none() {
            wrong.push(format!("{at} takes members nobody knows"));
        }
        for (name, member) in schema["properties"].as_object().into_iter().flatten() {
            let is_described = member.get("description").is_some() || member.get("$ref").is_some();
            if !is_described && !at.contains("oneOf") && name != "kind" {
                wrong.push(format!("{at}/{name} is not described"));
            }
        }
        let members = schema.as_object().into_iter().flatten().map(|(name, held)| (name.clone(), held));
        let items = schema.as_array().into_iter().flatten().enumerate();
        for (name, held) in members.chain(items.map(|(place, held)| (place.to_string(), held))) {
            walk(held, &format!("{at}/{name}"), wrong);
        }
    }
    let mut wrong = Vec::new();
    walk(&serde_json::from_str(json_format::SCHEMA).unwrap(), "", &mut wrong);
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn sarif_has_a_rule_for_each_case_and_results_for_what_is_wrong() {
    let log: Value = serde_json::from_str(&render(Format::Sarif, &[sample()])).unwrap();
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"].as_array().unwrap().len(), 12);
    assert_eq!(run["automationDetails"]["id"], "mockreel/acme@2026-01-15/emulator/");
    let results = run["results"].as_array().unwrap();
    let told: Vec<(&str, &str)> = results
        .iter()
        .map(|result| (result["ruleId"].as_str().unwrap(), result["level"].as_str().unwrap()))
        .collect();
    let expected = [("SUB-04", "note"), ("VAL-09", "warning"), ("POLL-03", "error"), ("POLL-03", "note")];
    assert_eq!(told, expected);
    let rule = results[2]["ruleIndex"].as_u64().unwrap() as usize;
    assert_eq!(run["tool"]["driver"]["rules"][rule]["id"], "POLL-03");
    let location = &results[2]["locations"][0];
    assert_eq!(location["physicalLocation"]["artifactLocation"]["uri"], "docs/catalogue.md");
    assert_eq!(location["logicalLocations"][0]["fullyQualifiedName"], "poll.reply/200/status");
    assert_eq!(run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap().len(), 3);
}

/// The fingerprints of a report's results.
fn fingerprints(report: &Report) -> Vec<Value> {
    let log: Value = serde_json::from_str(&render(Format::Sarif, std::slice::from_ref(report))).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    results.iter().map(|result| result["partialFingerprints"]["mockreel/v1"].clone()).collect()
}

#[test]
fn a_fingerprint_outlives_other_words() {
    let before = sample();
    let mut after = sample();
    after.edition = "2026-02-01".to_owned();
    for result in &mut after.results {
        result.title.push_str(", in other words");
        result.message = "said otherwise".to_owned();
        for difference in &mut result.differences {
            difference.found = Some(json!("another value"));
        }
    }
    assert_eq!(fingerprints(&before), fingerprints(&after));
    after.vendor = "other".to_owned();
    assert!(fingerprints(&before).iter().zip(fingerprints(&after)).all(|(one, other)| *one != other));
}

#[test]
fn a_comment_has_verdict_counts_fails_and_spend() {
    let text = markdown::markdown(&[sample(), fine()]);
    assert!(text.starts_with("❌ **Mockreel: the suite itself broke** (exit code 6)\n"), "{text}");
    for part in [
        "| vendor | target | pass | fail | flaky |",
        "- **fail** POLL-03 MUST on `acme@2026-01-15`: the phase never goes back\n  - ``expected `succeeded`",
        "  - clause `poll.reply/200/status`: `queued, generating",
        "- **not-run-budget** on `acme@2026-01-15`: SUB-12\n",
        "`0.2 of at most 1.2 credits spent (0.3 put aside before sending)` |",
    ] {
        assert!(text.contains(part), "`{part}` is missing in:\n{text}");
    }
    assert!(markdown::markdown(&[fine()]).starts_with("✅ **Mockreel: fine** (exit code 0)\n"));
    assert!(markdown::markdown(&[]).contains("nothing was checked"));
}

#[test]
fn a_comment_is_bounded_and_says_what_it_leaves_out() {
    let mut report = sample();
    let fail = report.with(Outcome::Fail).next().unwrap().clone();
    report.results = vec![fail; 2_000];
    for (number, result) in report.results.iter_mut().enumerate() {
        result.message = number.to_string() + &"`🎬\u{202e}".repeat(10_000);
    }
    let reports: Vec<Report> = vec![report; 3];
    let text = markdown::markdown(&reports);
    assert!(text.len() <= mockreel_evidence::issue::markdown::MOST_BYTES, "{} bytes", text.len());
    assert!(text.ends_with("entries were left out here; the other reports have all.\n"));
}

#[test]
fn annotations_are_bounded_and_say_what_they_leave_out() {
    let mut report = sample();
    let fail = report.with(Outcome::Fail).next().unwrap().clone();
    report.results = vec![fail; 25];
    report.results[24].level = Level::Should;
    let text = github::annotations(&report);
    let of = |kind: &str| text.lines().filter(|line| line.starts_with(kind)).count();
    assert_eq!((of("::error "), of("::warning "), of("::notice ")), (10, 1, 10), "{text}");
    let last = text.lines().last().unwrap();
    assert_eq!(
        last,
        "::notice title=acme@2026-01-15::14 errors and 16 notices left out; the summary has all"
    );
    assert_eq!(github::annotations(&fine()), "");
}

#[test]
fn an_annotation_is_escaped_as_the_runner_reads_it() {
    let mut report = sample();
    report.results.retain(|result| result.outcome == Outcome::Fail);
    report.results[0].title = "50% of a, b: c".to_owned();
    report.results[0].message = "50% of\na: b".to_owned();
    report.results[0].differences.clear();
    report.results[0].clause = None;
    assert_eq!(
        github::annotations(&report),
        "::error title=POLL-03@acme MUST 50%25 of a%2C b%3A c::fail: 50%25 of a: b\n"
    );
}

#[test]
fn the_requested_reports_are_read_or_refused_in_one_line() {
    let read = parse_requests("junit=out/a.xml, json=a.json,md=a=b.md").unwrap();
    let told: Vec<(Format, &str)> =
        read.iter().map(|(format, path)| (*format, path.to_str().unwrap())).collect();
    let expected = [(Format::Junit, "out/a.xml"), (Format::Json, "a.json"), (Format::Markdown, "a=b.md")];
    assert_eq!(told, expected);
    for (text, error) in [
        ("pdf=a", "`pdf` is no report format; expected one of junit, json, html, sarif, md"),
        ("", "`` names no report; expected FORMAT=FILE, for example json=report.json"),
        ("json=a,", "`` names no report; expected FORMAT=FILE, for example json=report.json"),
        ("html", "`html` names no report; expected FORMAT=FILE, for example json=report.json"),
        ("html= ", "`html=` names no file; expected html=FILE"),
        ("md=./a,json=a", "the md and the json report would both be written to `a`; name two files"),
        ("\u{1b}\n=a", "`\\u{1b}` is no report format; expected one of junit, json, html, sarif, md"),
    ] {
        assert_eq!(parse_requests(text).unwrap_err(), error);
    }
}

#[test]
fn nothing_to_spend_is_said_and_no_cap_is_invented() {
    let mut report = fine();
    report.spend.cap = None;
    report.spend.reserved = Amount::ZERO;
    assert!(terminal::summary(&report, false).contains("\nnothing costs here\n"));
}

#[test]
fn a_long_list_of_differences_is_summarised() {
    let mut report = fine();
    let difference =
        |at: usize| Difference { answer: 0, pointer: format!("/{at}"), reference: None, found: None };
    report.results[0].differences = (0..9).map(difference).collect();
    count(&mut report);
    let text = terminal::summary(&report, false);
    assert!(text.contains("not as the reference: 9 places in 1 case\n  NET-01 /0, /1, /2, and 6 more\n"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_report_can_be_written_in_any_format(report in any_report()) {
        let reports = [report.clone()];
        let json: Value = serde_json::from_str(&render(Format::Json, &reports)).unwrap();
        prop_assert_eq!(violations(&json), Vec::<String>::new());
        prop_assert_eq!(serde_json::from_value::<Report>(json).unwrap(), report);
        let junit = render(Format::Junit, &reports);
        prop_assert!(quick_junit::Report::deserialize_from_str(&junit).is_ok(), "{}", junit);
        prop_assert!(serde_json::from_str::<Value>(&render(Format::Sarif, &reports)).is_ok());
        prop_assert!(render(Format::Markdown, &reports).len() <= mockreel_evidence::issue::markdown::MOST_BYTES);
        prop_assert!(render(Format::Html, &reports).ends_with("</html>\n"));
        prop_assert!(github::annotations(&reports[0]).lines().all(|line| line.starts_with("::")));
        let has_escape = terminal::summary(&reports[0], false).contains('\u{1b}');
        prop_assert!(!has_escape);
    }
}
