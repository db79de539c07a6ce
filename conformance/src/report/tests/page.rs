//! The page: its contents, and links that lead somewhere.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::samples::{fine, sample};
use crate::outcome::Report;
use crate::report::html::html;
use mockreel_evidence::exchange::Content;

/// The values of an attribute on the page.
fn values<'a>(page: &'a str, attribute: &str) -> Vec<&'a str> {
    let opening = format!(" {attribute}=\"");
    page.split(opening.as_str()).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

/// Two vendors, of which the second has cases of its own and one case twice.
fn two() -> Vec<Report> {
    let mut other = fine();
    other.vendor = "other".to_owned();
    other.results[0].id = "NET-09".to_owned();
    let again = other.results[1].clone();
    other.results.push(again);
    vec![sample(), other]
}

#[test]
fn every_link_leads_to_an_anchor_and_every_anchor_is_unique() {
    let page = html(&two());
    let ids = values(&page, "id");
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len(), "an id is given twice");
    let links = values(&page, "href");
    assert!(links.len() > 40, "{} links", links.len());
    for link in links {
        let anchor = link.strip_prefix('#').unwrap_or_else(|| panic!("`{link}` leads outside"));
        assert!(unique.contains(anchor), "`{link}` leads nowhere");
    }
    assert!(page.contains("href=\"#POLL-03-r1\""), "links by id last from run to run");
}

#[test]
fn the_page_has_all_that_is_known_of_a_fail() {
    let page = html(&two());
    for part in [
        "expected `succeeded` to be final, found `running` on the third look after it",
        "<code>poll.reply/200/status</code></a>: <q class=\"wire\">queued, generating",
        "acme/api-docs: video-v1.json (2025-12-19, spec)",
        "recorded poll (2026-01-02, obs)",
        "1 difference to the reference",
        "1 note</summary>",
        "#2 GET https://api.acme.test/v2/video/generations?generation_id=kling_7Yq2 → 200",
        "authorization: [redacted]",
        "No answer: no answer came: the connection was reset",
        "<dt>Seed</dt><dd>7</dd>",
        "0.2 of at most 1.2 credits spent (0.3 put aside before sending)",
        "spent 0.2 of 0.3 credits put aside",
    ] {
        assert!(page.contains(part), "`{part}` is missing");
    }
    assert!(page.contains("{\n  &quot;id&quot;: &quot;kling_7Yq2&quot;"), "bodies are pretty-printed");
}

#[test]
fn the_policy_admits_the_style_sheet_of_the_page_and_nothing_else() {
    let page = html(&two());
    let css = page.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    let digest = STANDARD.encode(Sha256::digest(css.as_bytes()));
    let policy =
        format!("default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'");
    assert!(page.contains(&format!("content=\"{policy}\"")));
    for forbidden in ["http:", "url(", "@import"] {
        assert!(!css.contains(forbidden), "{forbidden}");
    }
    assert!(!page.contains(" src="));
}

#[test]
fn a_long_body_is_cut_and_says_so_and_the_page_stays_bounded() {
    let mut report = sample();
    report.exchanges[0].request.body = Content::Text("é".repeat(7_000));
    assert!(html(&[report.clone()]).contains("cut here: 1000 more characters; the JSON report has all."));
    let one = report.exchanges[0].clone();
    report.exchanges = (1..=3_000)
        .map(|number| {
            let mut exchange = one.clone();
            exchange.number = number;
            exchange
        })
        .collect();
    let page = html(&[report]);
    assert!(page.chars().count() < 8_000_000, "{} characters", page.chars().count());
}

#[test]
fn an_empty_run_is_a_page_too() {
    assert!(html(&[]).contains("Nothing: every case that ran passed."));
    let mut report = fine();
    report.results.clear();
    report.exchanges.clear();
    assert!(html(&[report]).contains("No case rests on a clause."));
}
