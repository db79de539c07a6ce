//! Tests of what a reader meets first: the verdict, the gaps, and the lines in both files.

use serde_json::Value;

use super::super::{Document, Documents, render, write_headline};
use super::{DOCUMENT, documents, finding, rendered, sample};
use crate::finding::{BaselineState, Finding, Report, UnreachableSource, UnusedPart};
use crate::{Kind, Severity};
use mockreel_evidence::issue::format::Format;

#[test]
fn the_headline_says_for_whom_it_breaks_by_what_and_in_how_many_places() {
    let renamed = |operation: &str| {
        let place = format!("{operation}.reply/200/generation_id");
        let mut finding = Finding::new("", Kind::MemberRenamed, Severity::Breaking, operation, &place);
        finding.to_place = Some(format!("{operation}.reply/200/id"));
        finding.message = crate::wording::sentence(&finding);
        finding
    };
    let of = |findings: Vec<Finding>| write_headline(&Report { findings, ..Report::default() });
    assert_eq!(
        of(vec![renamed("poll")]),
        "breaking for clients that poll: `generation_id` is `id` now; 1 place"
    );
    assert_eq!(
        of(vec![renamed("GET /v2/jobs/{id}"), renamed("poll")]),
        "breaking for clients that call GET /v2/jobs/{id}: `generation_id` is `id` now; 1 place; 1 more breaking"
    );
    let added = finding(Kind::MemberAdded, Severity::Compatible, "poll.reply/200/meta");
    assert_eq!(of(vec![added.clone()]), "compatible: 1 change that clients need not care about");
    let mut known = renamed("poll");
    (known.baseline, known.first_seen) = (Some(BaselineState::Unchanged), Some("2026-11-23".to_owned()));
    assert_eq!(of(vec![known.clone()]), "nothing new: 1 known, the last of them since 2026-11-23");
    let mut new = added;
    new.baseline = Some(BaselineState::New);
    assert_eq!(
        of(vec![new, known]),
        "new: compatible: 1 change that clients need not care about; 1 known, the last of them since 2026-11-23"
    );
    assert_eq!(of(Vec::new()), "nothing differs");
    let blind = UnreachableSource {
        source: "a.json".to_owned(),
        why: "found a web page".to_owned(),
        since: "2026-11-23".to_owned(),
    };
    let report = Report { unreachable: vec![blind], ..Report::default() };
    assert_eq!(write_headline(&report), "1 source is unreachable");
    let report = Report { compared: Some(3), ..report };
    assert_eq!(write_headline(&report), "nothing differs in what was compared; 1 source is unreachable");
    let unused = vec![UnusedPart { what: "webhook".to_owned(), count: 1, places: Vec::new() }];
    let report = Report { unused, ..Report::default() };
    assert_eq!(write_headline(&report), "nothing differs in what was compared");
    let report = Report { compared: Some(0), ..Report::default() };
    assert_eq!(write_headline(&report), "nothing was compared: the two have no operation in common");
}

#[test]
fn what_was_not_compared_is_in_every_report() {
    let mut report = sample();
    report.unused = vec![UnusedPart { what: "headers of answers".to_owned(), count: 3, places: Vec::new() }];
    for (name, text) in rendered(&report).into_iter().filter(|(name, _)| *name != "timeline") {
        let said = text.contains("3 headers of answers") || text.contains("\"what\": \"headers of answers\"");
        assert!(said && text.contains("no good answer was seen"), "{name}:\n{text}");
    }
}

#[test]
fn a_source_that_is_unreachable_is_in_every_report() {
    let mut report = sample();
    report.unreachable = vec![UnreachableSource {
        source: "vendor.json".to_owned(),
        why: "expected an OpenAPI file, found a web page".to_owned(),
        since: "2026-11-20".to_owned(),
    }];
    for (name, text) in rendered(&report).into_iter().filter(|(name, _)| *name != "timeline") {
        assert!(text.contains("vendor.json") && text.contains("a web page"), "{name}:\n{text}");
    }
}

#[test]
fn a_file_called_by_the_minute_is_a_relative_reference_in_code_scanning() {
    for (path, uri) in [
        ("2026-11-27T08:15:00Z.json", "./2026-11-27T08:15:00Z.json"),
        ("./c:d/a.json", "./c:d/a.json"),
        ("specs/a:b.json", "specs/a:b.json"),
        ("a.json", "a.json"),
    ] {
        let of = |path: &str| {
            vec![Document { name: String::new(), path: path.to_owned(), text: DOCUMENT.to_owned() }]
        };
        let files = Documents { old: of(path), new: of(path) };
        let mut report = sample();
        files.locate(&mut report);
        let log: Value = serde_json::from_str(&render(Format::Sarif, &report, &files)).unwrap();
        let found =
            &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        assert_eq!(found, uri);
    }
}

#[test]
fn the_page_loads_nothing_and_shows_both_sides_with_their_lines() {
    let text = render(Format::Html, &sample(), &documents());
    for word in ["http://", "https://", "<script", "@import", "url(", "src="] {
        assert!(!text.contains(word), "{word} in:\n{text}");
    }
    assert!(text.contains("specs/old.json:4"), "{text}");
    assert!(text.contains("Not compared"), "{text}");
}
