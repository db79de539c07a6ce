//! JUnit's XML: a test case for each finding.
//!
//! | finding | in JUnit |
//! |---|---|
//! | shows on the wire | `failure`, its type the kind |
//! | shows on the wire, and the history had it | `skipped`: nothing is new about it |
//! | a defect, words, or gone | a passed test |
//! | not compared, or a source that is unreachable | `skipped`, with the reason |

use crate::finding::{BaselineState, Finding, Report};
use quick_junit::{NonSuccessKind, Property, Report as Suites, TestCase, TestCaseStatus, TestSuite};

use super::{name, words};
use mockreel_evidence::issue::MESSAGE_CHARS;
use mockreel_evidence::issue::escape;

/// The report as one JUnit document.
pub(super) fn write_junit(report: &Report) -> String {
    let mut suite = TestSuite::new(format!("{} -> {}", name(&report.old), name(&report.new)));
    for finding in &report.findings {
        suite.add_test_case(test_case(finding));
    }
    let blind = report.unreachable.iter().map(|source| ("unreachable", words::describe_unreachable(source)));
    for (title, line) in blind.chain(words::list_gaps(report).into_iter().map(|line| ("not compared", line)))
    {
        let mut status = TestCaseStatus::skipped();
        status.set_message(escape::one_line(&line, MESSAGE_CHARS));
        suite.add_test_case(TestCase::new(title, status));
    }
    if report.findings.is_empty() {
        suite.add_test_case(TestCase::new("nothing differs", TestCaseStatus::success()));
    }
    if !report.headline.is_empty() {
        suite.add_property(Property::new("verdict", escape::one_line(&report.headline, MESSAGE_CHARS)));
    }
    let mut document = Suites::new("mockreel drift");
    document.add_test_suite(suite);
    document.to_string().expect("it is written to memory, and every text in it is UTF-8")
}

fn test_case(finding: &Finding) -> TestCase {
    let title = format!("{} {}", finding.kind.name(), words::place_of(finding));
    let mut case = TestCase::new(name(&title), status(finding));
    case.set_classname(name(&finding.operation));
    let properties = [
        ("severity", finding.severity.name().to_owned()),
        ("fingerprint", name(&finding.fingerprint)),
        ("evidence", words::evidence_of(finding).unwrap_or_default()),
        ("verdict", finding.verdict.map(crate::verdict::name).unwrap_or_default().to_owned()),
        ("baseline", words::baseline_of(finding).unwrap_or_default().to_owned()),
    ];
    for (key, value) in properties.into_iter().filter(|(_, value)| !value.is_empty()) {
        case.add_property(Property::new(key, name(&value)));
    }
    case
}

fn status(finding: &Finding) -> TestCaseStatus {
    let known = finding.baseline == Some(BaselineState::Unchanged);
    let mut status = match (finding.is_wire_relevant(), finding.baseline) {
        (false, _) | (_, Some(BaselineState::Absent)) => return TestCaseStatus::success(),
        (true, _) if known => TestCaseStatus::skipped(),
        (true, _) => TestCaseStatus::non_success(NonSuccessKind::Failure),
    };
    status.set_type(finding.kind.name());
    status.set_message(escape::one_line(&finding.message, MESSAGE_CHARS));
    let lines: Vec<String> = [
        finding.advice.as_ref().map(|advice| format!("do: {advice}")),
        words::change_of(finding),
        words::other_places(finding).map(|places| format!("also {places}")),
        words::lines_of(finding),
        words::origin_of(finding),
        words::list_names(&finding.files).map(|files| format!("in {files}")),
        words::verdict_of(finding),
    ]
    .into_iter()
    .flatten()
    .map(|line| escape::one_line(&line, MESSAGE_CHARS))
    .collect();
    if !known && !lines.is_empty() {
        status.set_description(lines.join("\n"));
    }
    status
}
