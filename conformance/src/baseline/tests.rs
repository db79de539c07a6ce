//! Baselines: the entries that are accepted, and the text of a rewritten one.

use proptest::prelude::*;

use super::*;
use crate::clause::{Cost, Level};
use crate::outcome::{CaseSpend, Evidence, SCHEMA_VERSION, Spend};
use mockreel_contracts::Amount;

const FILE: &str = r#"
[[expected]]
case = "VAL-11"
target = "live"
vendor = "acme"
reason = "reported"
expires = "2026-06-30"
message = "found 201"

[[expected]]
case = "VAL-11"
target = "live"
vendor = "acme"
edition = "2025-01-01"
reason = "old"
expires = "2026-06-30"
message = "found 500"
"#;

fn result(id: &str, outcome: Outcome, message: &str) -> CaseResult {
    CaseResult {
        id: id.to_owned(),
        title: "a value above the limit is refused".to_owned(),
        level: Level::Must,
        cost: Cost::Rejectable,
        target: "live".to_owned(),
        edition: "2026-01-31".to_owned(),
        outcome,
        expected: None,
        because_of: None,
        flaky_runs: 0,
        evidence: Evidence::Live,
        evidence_age_s: None,
        exchanges: Vec::new(),
        spend: CaseSpend::default(),
        message: message.to_owned(),
        clause: None,
        notes: Vec::new(),
        differences: Vec::new(),
        took_ms: 0,
    }
}

fn report(edition: &str, results: Vec<CaseResult>) -> Report {
    Report {
        schema_version: SCHEMA_VERSION,
        target: "live".to_owned(),
        vendor: "acme".to_owned(),
        edition: edition.to_owned(),
        model: None,
        seed: 1,
        started: "2026-02-01T00:00:00Z".to_owned(),
        exit_code: 1,
        interrupted: false,
        spend: Spend { unit: "credits".to_owned(), cap: None, reserved: Amount::ZERO, settled: Amount::ZERO },
        recording: None,
        notices: Vec::new(),
        summary: std::collections::BTreeMap::new(),
        results,
        exchanges: Vec::new(),
    }
}

fn parsed(text: &str) -> Baseline {
    Baseline::parse("known.toml", text).unwrap()
}

fn refused(text: &str) -> String {
    let message = Baseline::parse("known.toml", text).unwrap_err().to_string();
    assert!(!message.contains('\n'), "{message}");
    message
}

/// What becomes of one result of the edition of 2026 on a day.
fn applied(outcome: Outcome, message: &str, today: &str) -> CaseResult {
    let mut results = vec![result("VAL-11", outcome, message)];
    parsed(FILE).apply(&mut results, "acme", "2026-01-31", "live", today);
    let once = results.clone();
    parsed(FILE).apply(&mut results, "acme", "2026-01-31", "live", today);
    assert_eq!(results, once, "twice is once");
    results.remove(0)
}

/// The entries after rewriting, as `case edition reason expires message`.
fn rewritten(baseline: &Baseline, report: &Report) -> Vec<String> {
    let text = baseline.rewritten(report, "new", "2027-01-01");
    let read = parsed(&text);
    assert_eq!(read.rewritten(report, "newer", "2028-01-01"), text, "rewriting again changes nothing");
    let line = |entry: &Expected| {
        let Expected { case, edition, reason, expires, message, .. } = entry;
        format!("{case} {} {reason} {expires} {message}", edition.as_deref().unwrap_or("any"))
    };
    read.expected().iter().map(line).collect()
}

#[test]
fn a_failure_that_fits_is_expected_up_to_its_last_day() {
    let found = applied(Outcome::Fail, "expected 4xx, found 201", "2026-06-30");
    assert_eq!(found.outcome, Outcome::ExpectedFail);
    assert_eq!(found.expected.as_deref(), Some("reported"));
    assert_eq!(found.message, "expected 4xx, found 201");
    let late = applied(Outcome::Fail, "expected 4xx, found 201", "2026-07-01");
    assert_eq!(late.outcome, Outcome::Fail);
    assert!(
        late.message.starts_with("expected 4xx, found 201 [baseline: this was accepted until 2026-06-30")
    );
}

#[test]
fn another_failure_of_the_same_case_stays_one() {
    let found = applied(Outcome::Fail, "expected 4xx, found 502", "2026-02-01");
    assert_eq!(found.outcome, Outcome::Fail);
    assert!(
        found.message.starts_with("expected 4xx, found 502 [baseline: another failure was expected, with")
    );
    assert!(found.message.contains("`found 201`"));
}

#[test]
fn a_pass_is_unexpected_also_after_the_last_day() {
    for today in ["2026-02-01", "2026-07-01"] {
        let found = applied(Outcome::Pass, "", today);
        assert_eq!(found.outcome, Outcome::UnexpectedPass);
        assert_eq!(found.message, "[baseline: it was expected to fail; remove its entry]");
    }
}

#[test]
fn what_was_not_judged_stays_as_it_is() {
    for outcome in [Outcome::Flaky, Outcome::NotApplicable, Outcome::NotRunBudget, Outcome::Unreachable] {
        let found = applied(outcome, "found 201", "2026-02-01");
        assert_eq!((found.outcome, found.message.as_str()), (outcome, "found 201"));
    }
}

#[test]
fn an_entry_speaks_of_its_own_vendor_target_case_and_edition() {
    let outcome = |id: &str, vendor: &str, edition: &str, target: &str, message: &str| {
        let mut results = vec![result(id, Outcome::Fail, message)];
        parsed(FILE).apply(&mut results, vendor, edition, target, "2026-02-01");
        results.remove(0).outcome
    };
    assert_eq!(outcome("VAL-11", "acme", "2026-01-31", "live", "found 201"), Outcome::ExpectedFail);
    assert_eq!(outcome("VAL-12", "acme", "2026-01-31", "live", "found 201"), Outcome::Fail);
    assert_eq!(outcome("VAL-11", "bolt", "2026-01-31", "live", "found 201"), Outcome::Fail);
    assert_eq!(outcome("VAL-11", "acme", "2026-01-31", "emulator", "found 201"), Outcome::Fail);
    assert_eq!(outcome("VAL-11", "acme", "2025-01-01", "live", "found 201"), Outcome::Fail);
    assert_eq!(outcome("VAL-11", "acme", "2025-01-01", "live", "found 500"), Outcome::ExpectedFail);
}

#[test]
fn an_empty_message_does_not_accept_everything() {
    let baseline = parsed(&FILE.replace("found 201", ""));
    for (message, outcome) in
        [("found 201", Outcome::Fail), ("", Outcome::ExpectedFail), (" ", Outcome::ExpectedFail)]
    {
        let mut results = vec![result("VAL-11", Outcome::Fail, message)];
        baseline.apply(&mut results, "acme", "2026-01-31", "live", "2026-02-01");
        assert_eq!(results[0].outcome, outcome, "{message}");
    }
}

#[test]
fn a_wrong_file_is_refused_with_its_place_in_one_line() {
    assert_eq!(Baseline::parse("known.toml", ""), Ok(Baseline::default()));
    let unknown = refused(&FILE.replacen("reason", "reasons", 1));
    assert!(unknown.starts_with("known.toml:6:1: unknown field `reasons`"), "{unknown}");
    assert!(refused("[[expect]]\n").starts_with("known.toml:1:3: unknown field `expect`"));
    let lacking = refused(&FILE.replacen("reason = \"reported\"\n", "", 1));
    assert!(lacking.starts_with("known.toml:2:1: missing field `reason`"), "{lacking}");
    for (wrong, found) in
        [("2026-06-31", "`2026-06-31`"), ("20260630", "`20260630`"), ("soon\\n", "`soon\\n`")]
    {
        let message = refused(&FILE.replacen("2026-06-30", wrong, 1));
        let expected = format!("known.toml:7:11: expected a day such as \"2026-06-30\", found {found}");
        assert_eq!(message, expected);
    }
    let bare = refused(&FILE.replacen("\"2026-06-30\"", "2026-06-30", 1));
    assert!(bare.starts_with("known.toml:7:11: ") && bare.ends_with("expected a string"), "{bare}");
    assert!(
        refused(&FILE.replacen("\"reported\"", "\" \"", 1)).starts_with("known.toml:6:10: expected a reason")
    );
    let twice = refused(&FILE.replace("edition = \"2025-01-01\"\n", ""));
    assert!(twice.starts_with("known.toml:11:8: `VAL-11` has an entry"), "{twice}");
    assert!(refused("expected = [\n").starts_with("known.toml:"));
}

#[test]
fn entries_of_unknown_cases_are_named() {
    let baseline = parsed(FILE);
    assert_eq!(baseline.unknown_cases(&["VAL-10"]), ["VAL-11"]);
    assert!(baseline.unknown_cases(&["VAL-11"]).is_empty());
}

#[test]
fn rewriting_keeps_what_still_fails_and_drops_what_passes() {
    let baseline = parsed(FILE);
    let still = report("2026-01-31", vec![result("VAL-11", Outcome::Fail, "expected 4xx, found 201")]);
    let (any, old) =
        ("VAL-11 any reported 2026-06-30 found 201", "VAL-11 2025-01-01 old 2026-06-30 found 500");
    assert_eq!(rewritten(&baseline, &still), [any, old]);
    let passes = report("2026-01-31", vec![result("VAL-11", Outcome::UnexpectedPass, "")]);
    assert_eq!(rewritten(&baseline, &passes), [old], "the old edition was not looked at");
    let old_passes = report("2025-01-01", vec![result("VAL-11", Outcome::Pass, "")]);
    assert!(rewritten(&baseline, &old_passes).is_empty(), "`any` is wrong as well if one edition passes");
    let unseen = report("2026-01-31", vec![result("VAL-11", Outcome::NotRunBudget, "")]);
    assert_eq!(rewritten(&baseline, &unseen), [any, old]);
    let mut elsewhere = passes.clone();
    elsewhere.target = "emulator".to_owned();
    assert_eq!(rewritten(&baseline, &elsewhere), [any, old]);
    elsewhere = passes;
    elsewhere.vendor = "bolt".to_owned();
    assert_eq!(rewritten(&baseline, &elsewhere), [any, old]);
}

#[test]
fn rewriting_adds_new_failures_in_order() {
    let failures = report(
        "2026-01-31",
        vec![
            result("VAL-12", Outcome::Fail, "expected 4xx, found 201"),
            result(
                "VAL-11",
                Outcome::Fail,
                "expected 4xx, found 502 [baseline: another failure was expected]",
            ),
            result("AUTH-01", Outcome::Fail, ""),
        ],
    );
    assert_eq!(
        rewritten(&parsed(FILE), &failures),
        [
            "AUTH-01 2026-01-31 new 2027-01-01 ",
            "VAL-11 any reported 2026-06-30 found 201",
            "VAL-11 2025-01-01 old 2026-06-30 found 500",
            "VAL-11 2026-01-31 new 2027-01-01 expected 4xx, found 502",
            "VAL-12 2026-01-31 new 2027-01-01 expected 4xx, found 201",
        ]
    );
}

#[test]
fn rewriting_replaces_an_entry_that_fits_no_more() {
    let changed = report("2025-01-01", vec![result("VAL-11", Outcome::Fail, "expected 4xx, found 502")]);
    let any = "VAL-11 any reported 2026-06-30 found 201";
    let new = "VAL-11 2025-01-01 new 2027-01-01 expected 4xx, found 502";
    assert_eq!(rewritten(&parsed(FILE), &changed), [any, new]);
}

#[test]
fn the_stable_part_leaves_out_what_varies() {
    for (message, part) in [
        ("expected 4xx, found 200", "expected 4xx, found 200"),
        (
            "job 0f8fad5b-d9cb-469f-a165-70867728950e never ended within 20 polls",
            "never ended within 20 polls",
        ),
        (
            "at 2026-01-31T12:00:00Z the status `done` came after https://a.test/x",
            "the status `done` came after",
        ),
        ("see https://a.test/x", "see"),
        ("1234567890", "1234567890"),
        ("  ", ""),
    ] {
        assert_eq!(stable_part(message), part);
    }
    assert_eq!(stable_part(&"ä".repeat(300)), "ä".repeat(120));
}

proptest! {
    #[test]
    fn what_was_rewritten_expects_exactly_what_the_report_shows(
        found in prop::collection::btree_map("[A-Z]{2,4}-[0-9]{2}", (any::<bool>(), any::<String>()), 0..6),
        reason in ".*[a-z].*",
    ) {
        let result = |(id, (fails, message)): (&String, &(bool, String))| {
            result(id, if *fails { Outcome::Fail } else { Outcome::Pass }, message)
        };
        let report = report("2026-01-31", found.iter().map(result).collect());
        let text = Baseline::default().rewritten(&report, &reason, "2027-01-01");
        let baseline = parsed(&text);
        prop_assert_eq!(&baseline.rewritten(&report, "other", "2028-01-01"), &text);
        let mut results = report.results.clone();
        baseline.apply(&mut results, "acme", "2026-01-31", "live", "2027-01-01");
        for (after, before) in results.iter().zip(&report.results) {
            let expected = if before.outcome == Outcome::Fail { Outcome::ExpectedFail } else { Outcome::Pass };
            prop_assert_eq!(after.outcome, expected, "{}", &after.message);
            prop_assert_eq!(&after.message, &before.message);
            prop_assert_eq!(after.expected.is_some(), after.outcome == Outcome::ExpectedFail);
        }
        prop_assert!(baseline.expected().iter().all(|entry| entry.message.chars().count() <= 120));
    }
}
