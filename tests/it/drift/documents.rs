//! Documents side by side: the vendor's own files where they are at hand, and ones of a vendor's size.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use mockreel_contracts::contract::views::openapi::View;
use mockreel_drift::{Kind, Report, Surface, compare, of_contract, read};
use serde_json::{Value, json};

/// The folder of the vendor's own files, which are read where they lie.
fn specs(below: &str) -> PathBuf {
    let folder = std::env::var_os("MOCKREEL_VENDOR_SPECS");
    let folder =
        folder.expect("MOCKREEL_VENDOR_SPECS names the folder that holds openapi/ and openapi-history/");
    let path = Path::new(&folder).join(below);
    assert!(path.is_dir(), "expected a folder at {}", path.display());
    path
}

/// The documents of a folder by name, in the order of their names.
fn documents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().extension().is_some_and(|ending| ending == "json"))
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect();
    found.sort();
    assert!(!found.is_empty(), "no documents in {}", folder.display());
    found
}

fn surface(document: &(String, Vec<u8>)) -> Surface {
    read::openapi(&document.0, &document.1).unwrap()
}

/// A report as it is read by hand: a line for each finding, with its places in both documents.
fn page(report: &Report) -> String {
    let mut page = format!("{} -> {}\n", report.old, report.new);
    if report.findings.is_empty() {
        page.push_str("  nothing\n");
    }
    for finding in &report.findings {
        let before = if finding.baseline == Some(mockreel_drift::finding::Baseline::Unchanged) {
            ", as before"
        } else {
            ""
        };
        page.push_str(&format!(
            "  {} {}: {}{before}\n",
            finding.severity.name(),
            finding.kind.name(),
            finding.message
        ));
        for (word, pointer) in [("old", &finding.pointer), ("new", &finding.to_pointer)] {
            if let Some(pointer) = pointer.as_deref().filter(|_| finding.is_wire_relevant()) {
                page.push_str(&format!("      {word} {pointer}\n"));
            }
        }
    }
    page
}

/// Pointers of a report lead into the documents that they are said to lead into.
fn pointers_lead_somewhere(report: &Report, old: &[u8], new: &[u8]) {
    let (old, new): (Value, Value) =
        (serde_json::from_slice(old).unwrap(), serde_json::from_slice(new).unwrap());
    for finding in &report.findings {
        for (root, pointer) in [(&old, &finding.pointer), (&new, &finding.to_pointer)] {
            let lost = pointer.as_ref().filter(|pointer| root.pointer(pointer).is_none());
            // A document that lacks a list of parameters has no place for one either.
            let lost = lost.filter(|pointer| !pointer.ends_with("/parameters") && *pointer != "/servers");
            assert_eq!(lost, None, "{} {}", finding.kind.name(), finding.place);
        }
    }
}

#[test]
#[ignore = "needs the vendor's own files in MOCKREEL_VENDOR_SPECS"]
fn the_vendors_history_is_told_as_it_was_read_by_hand() {
    for folder in [
        "v1-standard-image-to-video",
        "v1.6-pro-image-to-video",
        "v1.6-standard-image-to-video",
        "poll-response",
    ] {
        let files = documents(&specs("openapi-history").join(folder));
        let mut pages = String::new();
        for pair in files.windows(2) {
            let report = compare(&surface(&pair[0]), &surface(&pair[1]));
            pointers_lead_somewhere(&report, &pair[0].1, &pair[1].1);
            assert_eq!(report, compare(&surface(&pair[0]), &surface(&pair[1])));
            pages.push_str(&page(&report));
        }
        insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(format!("history-{folder}"), pages);
        });
    }
}

#[test]
#[ignore = "needs the vendor's own files in MOCKREEL_VENDOR_SPECS"]
fn what_our_editions_call_documented_is_what_the_files_of_their_day_say() {
    // Differences that are meant, by file and place, with the reason.
    let meant: [(&str, &str, &str); 5] = [
        ("2025-02-12", "servers", "the file names the vendor's own server for trials, which no client used"),
        ("2025-0", "submit.request/duration", "until April the two values stand in prose alone"),
        (
            "2025-05-08",
            "submit.request/dynamic_masks",
            "one file for four models leaves out what one of them has",
        ),
        (
            "2025-05-08",
            "submit.request/static_mask_url",
            "one file for four models leaves out what one of them has",
        ),
        ("2026-06-12", "submit.reply/200/meta/usage/usd_spent", "the files of newer models have it"),
    ];
    let is_meant =
        |file: &str, place: &str| meant.iter().any(|(day, held, _)| file.starts_with(day) && *held == place);
    let mut unmeant = Vec::new();
    for folder in ["v1-standard-image-to-video", "v1.6-pro-image-to-video", "v1.6-standard-image-to-video"] {
        for file in documents(&specs("openapi-history").join(folder)) {
            let day = read::day_of(&file.0).unwrap();
            let edition = mockreel_contracts::vendor(&format!("aimlapi@{day}")).unwrap();
            let report = compare(&of_contract(&edition.contract, View::Documented), &surface(&file));
            let found = report.findings.iter().filter(|finding| finding.is_wire_relevant());
            let found = found.filter(|finding| !is_meant(&file.0, &finding.place));
            unmeant.extend(found.map(|finding| format!("{folder}/{}: {}", file.0, finding.message)));
        }
    }
    assert_eq!(unmeant, Vec::<String>::new());
}

/// A document of two megabytes, most of it about other products: one operation in use and 250 schemas that are not.
fn large(limit: u32) -> Vec<u8> {
    let words = "Words about a member that only people read. ".repeat(8);
    let member = json!({"type": "string", "description": words});
    let mut schemas = serde_json::Map::new();
    for index in 0..250 {
        let members: serde_json::Map<String, Value> =
            (0..20).map(|n| (format!("member_{n}"), member.clone())).collect();
        schemas.insert(format!("Other.Product{index}"), json!({"type": "object", "properties": members}));
    }
    schemas.insert(
        "Submit".to_owned(),
        json!({"type": "object", "required": ["prompt"], "properties": {
        "prompt": {"type": "string", "maxLength": limit}}}),
    );
    let schema = json!({"$ref": "#/components/schemas/Submit"});
    json!({
        "openapi": "3.0.0", "info": {"title": "Large", "version": "1"},
        "paths": {"/v1/videos": {"post": {
            "requestBody": {"content": {"application/json": {"schema": schema}}},
            "responses": {"200": {"description": "ok"}},
        }}},
        "components": {"schemas": schemas},
    })
    .to_string()
    .into_bytes()
}

#[test]
fn a_document_of_two_megabytes_is_compared_by_what_its_operations_use() {
    let (old, new) = (large(500), large(2500));
    assert!(old.len() > 2_000_000, "{} bytes", old.len());
    let report = compare(&read::openapi("old", &old).unwrap(), &read::openapi("new", &new).unwrap());
    let kinds: BTreeSet<Kind> = report.findings.iter().map(|finding| finding.kind).collect();
    assert_eq!(kinds, BTreeSet::from([Kind::LimitChanged]));
}
