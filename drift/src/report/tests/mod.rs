//! Tests of the formats of a comparison: no text of a document or an answer makes one say anything else.

mod reader;

use crate::finding::{
    BaselineState, Confidence, Finding, Report, SampleCount, SourceLine, UnreachableSource, UnusedPart,
};
use crate::{Kind, Severity, Verdict};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Document, Documents, between, github, is_news, json, render, summary, write_headline};
use mockreel_evidence::issue::{escape, format::Format};

const DOCUMENT: &str = "{\n  \"paths\": {\n    \"/a\": {\n      \"b\": 1\n    }\n  }\n}\n";

fn finding(kind: Kind, severity: Severity, place: &str) -> Finding {
    let mut finding = Finding::new("acme", kind, severity, "submit", place);
    finding.message = format!("something about {place}");
    finding
}

/// One of every severity, one in many files, one with a verdict, one that is gone.
fn sample() -> Report {
    let mut removed = finding(Kind::MemberRemoved, Severity::Breaking, "submit.request/provider");
    removed.pointer = Some("/paths/~1a/b".to_owned());
    removed.from = Some(json!({"type": "string"}));
    removed.files = (0..13).map(|number| format!("model-{number:02}.json")).collect();
    let mut judged = finding(Kind::TypeChanged, Severity::Risky, "poll.reply/200/video");
    judged.verdict = Some(Verdict::VendorDrifted);
    judged.docs = Some(json!({"present": "always", "types": ["object"]}));
    judged.live = Some(json!({"present": "always", "types": ["array"]}));
    judged.evidence = Some(SampleCount { samples: 12, present: 11 });
    judged.first_seen = Some("2025-03-26".to_owned());
    judged.last_seen = Some("2025-07-24".to_owned());
    judged.flaps = Some(2);
    judged.confidence = Confidence::Likely;
    let mut gone = finding(Kind::MemberAdded, Severity::Compatible, "poll.reply/200/note");
    gone.baseline = Some(BaselineState::Absent);
    let mut stood = finding(Kind::DefectResponse, Severity::Defect, "submit.reply/201");
    stood.baseline = Some(BaselineState::Unchanged);
    let mut report = Report {
        schema_version: 1,
        old: "old.json".to_owned(),
        new: "new.json".to_owned(),
        findings: vec![
            removed,
            judged,
            gone,
            finding(Kind::MemberAdded, Severity::Compatible, "poll.reply/200/meta"),
            stood,
            finding(Kind::DefectSample, Severity::Defect, "submit.request"),
            finding(Kind::TextChanged, Severity::Cosmetic, "submit.request/ratio"),
            finding(Kind::UnreachableChanged, Severity::Cosmetic, "components/schemas"),
        ],
        not_compared: vec!["models: no good answer was seen".to_owned()],
        unused: Vec::new(),
        compared: Some(2),
        ..Report::default()
    };
    report.sort();
    documents().locate(&mut report);
    report.headline = write_headline(&report);
    report
}

fn documents() -> Documents {
    let of = |path: &str| Document { name: String::new(), path: path.to_owned(), text: DOCUMENT.to_owned() };
    Documents { old: vec![of("specs/old.json")], new: vec![of("specs/new file.json")] }
}

fn rendered(report: &Report) -> Vec<(&'static str, String)> {
    let files = documents();
    let of = |format: Format| render(format, report, &files);
    vec![
        ("md", of(Format::Markdown)),
        ("html", of(Format::Html)),
        ("sarif", of(Format::Sarif)),
        ("junit", of(Format::Junit)),
        ("json", of(Format::Json)),
        ("terminal", summary(report, false)),
        ("github", github::annotations(report, &files)),
        ("timeline", between(&[("2025-01-01".to_owned(), report.clone())])),
    ]
}

#[test]
fn the_page_says_what_changed_how_bad_since_when_and_on_what_evidence_the_worst_first() {
    let page = render(Format::Markdown, &sample(), &documents());
    let order = ["### Breaking", "### Risky", "### Compatible", "### Defects", "No longer so", "Not listed"];
    assert!(page.starts_with("❌ **Drift:** "), "{page}");
    let places: Vec<Option<usize>> = order.iter().map(|part| page.find(part)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}\n{page}");
    for part in [
        "`submit.request/provider`",
        "in 11 of 12 answers, since 2025-03-26, last seen 2025-07-24, went and came back 2 times, likely",
        "verdict `vendor-drifted; docs ",
        "1 change of wording, 1 change of what nothing uses, 1 defect that stood before",
        "Not compared: `models: no good answer was seen`",
        "model-11.json, and 1 more",
    ] {
        assert!(page.contains(part), "`{part}` is missing in:\n{page}");
    }
    assert_eq!(page.matches("submit.request/provider").count(), 3, "many files are one entry:\n{page}");
    assert!(!page.contains("submit.reply/201"), "a defect that stood is folded:\n{page}");
}

#[test]
fn the_terminal_has_a_line_for_each_finding_and_one_for_all_that_shows_nowhere() {
    let text = summary(&sample(), false);
    assert!(
        text.starts_with(
            "new: breaking for clients that submit: something about submit.request/provider; 1 place\n\
             old.json -> new.json\n"
        ),
        "{text}"
    );
    assert!(text.contains("specs/old.json:4"), "{text}");
    assert!(text.ends_with("1 breaking, 1 risky, 1 compatible, 1 defect, 2 cosmetic\n"), "{text}");
    assert!(!text.contains("submit.request/ratio"), "{text}");
    assert!(text.contains("no longer   member-added poll.reply/200/note"), "{text}");
    assert!(summary(&sample(), true).contains("\u{1b}[1;31mbreaking"));
}

#[test]
fn code_scanning_gets_kinds_as_rules_levels_fingerprints_and_the_line_of_the_pointer() {
    let log: Value = serde_json::from_str(&render(Format::Sarif, &sample(), &documents())).unwrap();
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    let of = |kind: &str| results.iter().find(|result| result["ruleId"] == kind).unwrap();
    let removed = of("member-removed");
    assert_eq!(removed["level"], "error");
    let at = &removed["locations"][0]["physicalLocation"];
    assert_eq!(at["artifactLocation"]["uri"], "specs/old.json", "what is gone is shown where it was");
    assert_eq!(at["region"]["startLine"], 4);
    let fingerprint = sample().findings[0].fingerprint.clone();
    assert_eq!(removed["partialFingerprints"]["mockreel/v1"], fingerprint);
    assert_eq!(of("type-changed")["level"], "warning");
    assert_eq!(of("defect-sample")["level"], "warning");
    assert_eq!(of("defect-response")["baselineState"], "unchanged");
    let at = &of("type-changed")["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(at["uri"], "specs/new%20file.json");
    let added: Vec<&Value> = results.iter().filter(|result| result["ruleId"] == "member-added").collect();
    assert!(added.iter().all(|result| result["level"] == "note"));
    assert!(added.iter().any(|result| result["baselineState"] == "absent"));
    for (index, rule) in run["tool"]["driver"]["rules"].as_array().unwrap().iter().enumerate() {
        assert!(rule["help"]["text"].as_str().unwrap().starts_with("For example: "), "{rule}");
        let with = results.iter().filter(|result| result["ruleIndex"] == index);
        assert!(with.clone().count() > 0 && with.clone().all(|result| result["ruleId"] == rule["id"]));
    }
}

#[test]
fn a_test_view_fails_for_what_shows_on_the_wire_and_passes_for_the_rest() {
    let text = render(Format::Junit, &sample(), &documents());
    let read = quick_junit::Report::deserialize_from_str(&text).unwrap();
    let suite = &read.test_suites[0];
    assert_eq!((suite.tests, suite.failures, suite.disabled), (9, 3, 1), "{text}");
    let mut known = sample();
    known.findings.iter_mut().for_each(|finding| finding.baseline = Some(BaselineState::Unchanged));
    let text = render(Format::Junit, &known, &documents());
    let read = quick_junit::Report::deserialize_from_str(&text).unwrap();
    assert_eq!((read.test_suites[0].failures, read.test_suites[0].disabled), (0, 5), "{text}");
    let nothing = Report { findings: Vec::new(), ..sample() };
    assert!(render(Format::Junit, &nothing, &documents()).contains("nothing differs"));
}

#[test]
fn annotations_name_file_and_line_and_are_ten_of_a_kind_at_most() {
    let text = github::annotations(&sample(), &documents());
    assert!(
        text.contains("::error file=specs/old.json,line=4,title=member-removed submit.request/provider::")
    );
    assert!(!text.contains("submit.request/ratio"), "{text}");
    let mut many = sample();
    let added = many.findings.iter().find(|finding| finding.kind == Kind::MemberRemoved).unwrap().clone();
    many.findings.extend(vec![added; 30]);
    let text = github::annotations(&many, &documents());
    assert_eq!(text.matches("::error ").count(), 10);
    assert!(text.ends_with("::notice title=drift::21 findings left out; the summary has all\n"), "{text}");
}

#[test]
fn what_is_known_or_gone_or_shows_nowhere_is_no_news() {
    let news: Vec<String> =
        sample().findings.iter().filter(|finding| is_news(finding)).map(|held| held.place.clone()).collect();
    assert_eq!(news, ["submit.request/provider", "poll.reply/200/video", "poll.reply/200/meta"]);
}

fn violations(document: &Value) -> Vec<String> {
    let schema: Value = serde_json::from_str(json::SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn json_satisfies_its_schema_and_can_be_read_back() {
    let text = render(Format::Json, &sample(), &documents());
    assert!(text.ends_with("}\n"));
    assert_eq!(violations(&serde_json::from_str(&text).unwrap()), Vec::<String>::new());
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), sample());
}

#[test]
fn a_broken_report_does_not_satisfy_the_schema() {
    let breaks: [fn(&mut Value); 8] = [
        |report| report["schema_version"] = json!(2),
        |report| report["surprise"] = json!(true),
        |report| report["findings"][0]["kind"] = json!("member-lost"),
        |report| report["findings"][0]["severity"] = json!("Breaking"),
        |report| report["findings"][0]["verdict"] = json!("vendor_drifted"),
        |report| report["findings"][0]["pointer"] = json!("no pointer"),
        |report| report["findings"][0]["fingerprint"] = json!("x"),
        |report| drop(report["findings"][0].as_object_mut().unwrap().remove("message")),
    ];
    for (number, break_it) in breaks.iter().enumerate() {
        let mut report = serde_json::to_value(sample()).unwrap();
        break_it(&mut report);
        assert!(!violations(&report).is_empty(), "break {number} is not noticed");
    }
}

#[test]
fn the_schema_lists_every_word_of_the_types_and_no_other() {
    let schema: Value = serde_json::from_str(json::SCHEMA).unwrap();
    let words = |name: &str| -> Vec<String> {
        serde_json::from_value(schema["$defs"][name]["enum"].clone()).unwrap()
    };
    let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(words("kind"), kinds);
    let severities: Vec<&str> = Severity::ALL.iter().map(|severity| severity.name()).collect();
    assert_eq!(words("severity"), severities);
    for word in words("verdict") {
        let verdict: Verdict = serde_json::from_value(json!(word)).unwrap();
        assert_eq!(crate::verdict::name(verdict), word);
    }
    assert_eq!(words("verdict").len(), 10);
}

/// What a document or an answer might hold.
const ATTACKS: [&str; 14] = [
    "<script>alert(1)</script>",
    "]]><failure message=\"forged\"/><![CDATA[",
    "\u{1b}[2J\u{1b}[31mred\u{1b}[0m",
    "a\r\n::error title=forged::b",
    "::stop-commands::token",
    "##[add-mask]x ##vso[task.complete]",
    "%0A::warning::forged",
    "a\n| --- | --- |\n| b | c |",
    "@everyone #123 [click](javascript:alert(1)) ![x](https://evil.test/x.png)",
    "` ``` ```` code\n```\n# heading\n- item",
    "a\0b\u{85}c\u{2028}d",
    "\u{202e}gpj.exe\u{2066}\u{200b}\u{feff}",
    "{0} [forged](1) {1}",
    "../../etc/passwd\u{7}",
];

/// A report in which every text is that one.
fn attacked(text: &str) -> (Report, Documents) {
    let mut report = sample();
    let owned = || text.to_owned();
    (report.old, report.new, report.not_compared) = (owned(), owned(), vec![owned()]);
    report.unused = vec![UnusedPart { what: owned(), count: 1, places: vec![owned()] }];
    report.unreachable = vec![UnreachableSource { source: owned(), why: owned(), since: owned() }];
    report.headline = owned();
    for finding in &mut report.findings {
        (finding.operation, finding.place, finding.message) = (owned(), owned(), owned());
        (finding.to_place, finding.pointer, finding.to_pointer) =
            (Some(owned()), Some(owned()), Some(owned()));
        (finding.from, finding.to) = (Some(json!({text: [text]})), Some(json!(text)));
        (finding.docs, finding.live) = (Some(json!(text)), Some(json!({text: text})));
        (finding.first_seen, finding.last_seen) = (Some(owned()), Some(owned()));
        (finding.files, finding.models) = (vec![owned()], vec![owned()]);
        (finding.advice, finding.schema, finding.source) = (Some(owned()), Some(owned()), Some(owned()));
        (finding.since, finding.last_look) = (Some(owned()), Some(json!({text: text})));
        finding.line = Some(SourceLine { file: owned(), line: 3 });
        let mut part = finding.as_part();
        part.place.push('2');
        part.to_place = Some(owned());
        finding.parts = vec![finding.as_part(), part];
    }
    let document = Document { name: owned(), path: owned(), text: owned() };
    (report, Documents { old: vec![document.clone()], new: vec![document] })
}

#[test]
fn no_text_forges_a_line_a_tag_a_command_or_a_cell() {
    for attack in ATTACKS {
        let (report, files) = attacked(attack);
        let (plain, plain_files) = attacked("x^y");
        for format in super::FORMATS {
            let text = render(format, &report, &files);
            let same = render(format, &plain, &plain_files);
            assert_eq!(text.lines().count(), same.lines().count(), "{} and {attack:?}", format.word());
        }
        let junit = render(Format::Junit, &report, &files);
        let read = quick_junit::Report::deserialize_from_str(&junit).unwrap();
        assert_eq!(read.test_suites[0].failures, 3, "{attack:?}");
        let commands = github::annotations(&report, &files);
        for line in commands.lines() {
            assert!(
                line.starts_with("::error ")
                    || line.starts_with("::warning ")
                    || line.starts_with("::notice ")
            );
        }
        assert_eq!(commands.lines().count(), github::annotations(&plain, &plain_files).lines().count());
        // What stands outside of spans of code is ours.
        let page = render(Format::Markdown, &report, &files);
        let outside: Vec<&str> = page.lines().filter(|line| !line.contains('`')).collect();
        assert!(outside.iter().all(|line| !line.contains("evil") && !line.contains("<script")), "{page}");
        let shown = summary(&report, false);
        assert!(!shown.lines().any(|line| line.trim_start().starts_with("::")), "{shown}");
    }
}

proptest! {
    #[test]
    fn no_report_has_a_raw_control_character_and_two_runs_write_the_same(
        letters in proptest::collection::vec(any::<char>(), 0..30), control in 0_u8..32,
    ) {
        let text: String = letters.into_iter().chain([char::from(control), 'x']).collect();
        let (report, files) = attacked(&text);
        let all = |report: &Report| {
            let of = |format: Format| render(format, report, &files);
            let mut all: Vec<String> = super::FORMATS.into_iter().map(of).collect();
            all.extend([summary(report, false), github::annotations(report, &files)]);
            all.push(between(&[(text.clone(), report.clone())]));
            all
        };
        for text in all(&report) {
            prop_assert!(!text.replace('\n', "").contains(escape::is_unseen), "{text}");
        }
        let again = attacked(&text).0;
        prop_assert_eq!(all(&report), all(&again));
    }

    #[test]
    fn a_report_of_any_size_fits_a_comment(count in 1_usize..400, length in 1_usize..400) {
        let mut report = sample();
        let place = "p".repeat(length);
        let many = (0..count).map(|_| finding(Kind::MemberRemoved, Severity::Breaking, &place));
        report.findings.extend(many);
        report.sort();
        let page = render(Format::Markdown, &report, &documents());
        prop_assert!(page.len() <= 60_000, "{}", page.len());
    }
}

#[test]
fn the_names_of_all_formats_are_covered() {
    assert_eq!(rendered(&sample()).len(), 8);
}
