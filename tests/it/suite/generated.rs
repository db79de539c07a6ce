//! Generated cases: they hold against the stand-in, notice one that is wrong by one step, say the smallest
//! example the same way twice, and are sparing where they could cost.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mockreel_conformance::check::{CheckOptions, TargetChoice, plan};
use mockreel_conformance::outcome::{CaseResult, Outcome, Report};
use mockreel_conformance::plan::Worst;
use mockreel_contracts::vendor::overlaid;
use mockreel_emulator::Emulator;
use serde_json::Value;

use super::servers::{Server, answer, is_keyed, that_loses_submits};
use super::{Folder, SURFACES, Stand, check, contract, only, wanted};

const CASES: [&str; 4] = ["GEN-01", "GEN-02", "GEN-03", "GEN-04"];

fn of<'a>(report: &'a Report, id: &str) -> &'a CaseResult {
    report.results.iter().find(|result| result.id == id).unwrap()
}

/// What a case finds at a stand-in that serves another contract than the vendor's: the patch says in what.
fn found_by(case: &str, patch: &str) -> String {
    let vendor = overlaid("wrong.toml", patch).unwrap();
    let stand = Stand::of(Emulator::builder().vendor(vendor.clone()));
    let truth = contract(vendor.id());
    let mut wanted = wanted(truth.clone(), stand.place(&truth));
    wanted.choice = only(&[case]);
    // Enough that no fault is missed by chance; each is found long before.
    wanted.generated = 200;
    let report = check(&wanted).unwrap();
    let result = of(&report, case);
    assert_eq!(result.outcome, Outcome::Fail, "{case} {patch}");
    result.message.clone()
}

#[test]
fn the_generated_cases_hold_for_every_surface() {
    for surface in SURFACES {
        let stand = Stand::start(surface);
        let contract = contract(surface);
        let mut wanted = wanted(contract.clone(), stand.place(&contract));
        wanted.choice = only(&["GEN"]);
        let report = check(&wanted).unwrap();
        for case in CASES {
            let result = of(&report, case);
            assert_eq!(result.outcome, Outcome::Pass, "{surface} {case}: {}", result.message);
        }
    }
}

#[test]
fn a_limit_one_step_too_tight_is_found_by_good_bodies_and_told_by_the_smallest_one() {
    let patch = "id = \"302ai\"\n[schemas.cfg]\nmaximum = 0.99\n";
    let message = found_by("GEN-01", patch);
    assert!(
        message
            .contains("with the body {\"input_image\":\"https://pictures.example/first.jpeg\",\"cfg\":1.0}"),
        "{message}"
    );
    assert_eq!(message, found_by("GEN-01", patch), "the same seed says the same");
}

#[test]
fn a_limit_one_step_too_wide_is_found_by_bad_bodies_and_told_by_the_smallest_one() {
    let patch = "id = \"302ai\"\n[schemas.cfg]\nmaximum = 2.0\n";
    let message = found_by("GEN-02", patch);
    assert!(message.contains("/cfg breaks maximum"), "{message}");
    assert!(
        message
            .contains("with the body {\"input_image\":\"https://pictures.example/first.jpeg\",\"cfg\":1.01}"),
        "{message}"
    );
    assert_eq!(message, found_by("GEN-02", patch), "the same seed says the same");
}

#[test]
fn a_pixel_too_few_or_too_many_is_found_by_images_around_the_limit() {
    for (side, told) in [(299, "301 x 299"), (301, "301 x 300")] {
        let patch = format!("id = \"gmicloud\"\n[schemas.image.x-image]\nmin_side = {side}\n");
        let message = found_by("GEN-03", &patch);
        assert!(message.contains("expected"), "{message}");
        assert!(message.contains(told), "{message}");
        assert_eq!(message, found_by("GEN-03", &patch), "the same seed says the same");
    }
}

/// Hands a request on to the stand-in and its answer back, what is said of phases changed.
fn handed_on(host: &str, request: &str, change: impl Fn(&str) -> String) -> Vec<u8> {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let (first, rest) = head.split_once("\r\n").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "{first}\r\nconnection: close\r\n{rest}\r\n\r\n{body}").unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.lines().next().unwrap().split_once(' ').unwrap().1;
    answer(status, "application/json", &change(body))
}

/// What GEN-04 finds at a stand-in whose answers are changed on their way.
fn found_in_sequences(change: impl Fn(&str) -> String + Send + Sync + 'static) -> String {
    let stand = Stand::start("gmicloud");
    let contract = contract("gmicloud");
    let base = stand.emulator.base();
    let host = base.trim_start_matches("http://").to_owned();
    let path = stand.emulator.url("gmicloud").trim_start_matches(&base).to_owned();
    let server = Server::start(move |request, _| handed_on(&host, request, &change));
    let control = stand.emulator.admin_base();
    let place = TargetChoice::Emulator { base: format!("{}{path}", server.address), control };
    let mut wanted = wanted(contract, place);
    wanted.choice = only(&["GEN-04"]);
    wanted.generated = 50;
    let report = check(&wanted).unwrap();
    let result = of(&report, "GEN-04");
    assert_eq!(result.outcome, Outcome::Fail);
    result.message.clone()
}

#[test]
fn a_job_that_comes_back_is_found_and_told_by_the_shortest_sequence() {
    let back = |body: &str| body.replace("\"cancelled\"", "\"queued\"");
    let message = found_in_sequences(back);
    assert!(message.contains("expected job 0 to stay \"cancelled\"; found \"queued\""), "{message}");
    let last = ["poll job 0", "list"].map(|last| format!("after: submit job 0, cancel job 0, {last}"));
    assert!(last.iter().any(|sequence| message.contains(sequence)), "{message}");
    assert!(
        message.ends_with(
            "seed 1 replays it: mockreel check gmicloud@2026-10-06 --only GEN-04 --seed 1 --generated 50"
        ),
        "{message}"
    );
    assert_eq!(message.lines().count(), 1, "{message}");
    assert_eq!(message, found_in_sequences(back), "the same seed says the same");
}

/// A run of generated cases where they could cost.
fn paid(surface: &str, address: &str, ledger: &Path, generated: u32) -> CheckOptions {
    let mut wanted = wanted(contract(surface), TargetChoice::Address(address.to_owned()));
    wanted.max_spend = Some("1000".parse().unwrap());
    wanted.allow_unknown_price = true;
    wanted.paid = true;
    wanted.ledger = ledger.to_owned();
    wanted.generated = generated;
    wanted.choice = only(&["GEN"]);
    wanted
}

#[test]
fn where_it_costs_exactly_n_bad_bodies_go_out_each_reserved_in_full_and_no_good_one() {
    for generated in [0, 7] {
        let stand = Stand::start("302ai");
        let folder = Folder::new(&format!("generated-{generated}"));
        let wanted = paid("302ai", &stand.emulator.url("302ai"), &folder.file("ledger.jsonl"), generated);
        let planned = plan(&wanted).unwrap();
        let report = check(&wanted).unwrap();
        let sent = report.exchanges.iter().filter(|exchange| exchange.case.starts_with("GEN-"));
        let cases: Vec<&str> = sent.map(|exchange| exchange.case.as_str()).collect();
        assert_eq!(cases, vec!["GEN-02"; generated as usize]);
        for good in ["GEN-01", "GEN-03", "GEN-04"] {
            assert_eq!(of(&report, good).outcome, Outcome::NotApplicable, "{good}");
        }
        let bad = of(&report, "GEN-02");
        let line = planned.lines.iter().find(|line| line.id == "GEN-02").unwrap();
        if generated == 0 {
            assert_eq!(bad.outcome, Outcome::NotApplicable);
            assert!(bad.message.contains("--generated N"), "{}", bad.message);
            assert!(line.skipped.is_some(), "{line:?}");
        } else {
            assert_eq!(bad.outcome, Outcome::Pass, "{}", bad.message);
            assert_eq!(line.worst, Worst::Known(report.spend.reserved));
            // The page's prices are from 0.3 to 1.3 for a clip: no body was reserved for nothing.
            assert!(report.spend.reserved >= "2.1".parse().unwrap(), "{:?}", report.spend);
        }
        assert_eq!(report.spend.settled, "0".parse().unwrap());
        assert_eq!(stand.jobs(), 0);
    }
}

#[test]
fn where_it_costs_the_first_acceptance_is_the_last_body() {
    let submits = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&submits);
    let server = Server::start(move |request, _| {
        if !is_keyed(request) {
            return answer("401 Unauthorized", "application/json", "{\"error\":\"no\"}");
        }
        if !request.starts_with("POST") {
            return answer("404 Not Found", "application/json", "{\"error\":\"no\"}");
        }
        // The third body is taken, and so would be any smaller one.
        if counted.fetch_add(1, Ordering::SeqCst) < 2 {
            return answer("400 Bad Request", "application/json", "{\"error\":\"no\"}");
        }
        let accepted = r#"{"request_id":"5a7a5466-7948-47d8-8578-cff4b9581feb","model":"m","status":"queued","created_at":1,"updated_at":1,"queued_at":1}"#;
        answer("200 OK", "application/json", accepted)
    });
    let folder = Folder::new("generated-first");
    let report = check(&paid("gmicloud", &server.address, &folder.file("ledger.jsonl"), 9)).unwrap();
    let result = of(&report, "GEN-02");
    assert_eq!(result.outcome, Outcome::Fail);
    assert_eq!(submits.load(Ordering::SeqCst), 3);
    assert!(result.message.contains("found that it was accepted as job 5a7a5466"), "{}", result.message);
    assert!(result.message.ends_with("--only GEN-02 --seed 1 --generated 9"), "{}", result.message);
}

#[test]
fn an_answer_that_does_not_come_ends_the_case_and_nothing_smaller_is_tried() {
    let submits = Arc::new(AtomicUsize::new(0));
    let server = that_loses_submits(&submits);
    let mut wanted = wanted(contract("gmicloud"), TargetChoice::Address(server.address.clone()));
    wanted.choice = only(&["GEN"]);
    let report = check(&wanted).unwrap();
    let outcomes: Vec<Outcome> = CASES.map(|case| of(&report, case).outcome).to_vec();
    // Without the control API of a stand-in there is neither a clock to move nor a second account.
    use Outcome::{NotApplicable, Unreachable};
    assert_eq!(outcomes, [Unreachable, Unreachable, NotApplicable, NotApplicable]);
    assert_eq!(submits.load(Ordering::SeqCst), 2, "one of each case");
}

#[test]
fn the_same_seed_sends_the_same_requests_and_another_seed_others() {
    let sent = |seed: u64| -> Vec<Value> {
        let stand = Stand::start("gmicloud");
        let contract = contract("gmicloud");
        let mut wanted = wanted(contract.clone(), stand.place(&contract));
        wanted.seed = seed;
        wanted.choice = only(&["GEN"]);
        let report = check(&wanted).unwrap();
        let base = stand.emulator.base();
        let drawn = report.exchanges.iter().filter(|exchange| exchange.case.starts_with("GEN-"));
        let told = drawn.filter(|exchange| exchange.request.method == "POST").map(|exchange| {
            // The port is the only thing that differs between two stand-ins.
            let text = serde_json::to_string(&exchange.request.body).unwrap().replace(&base, "");
            serde_json::from_str(&text).unwrap()
        });
        told.collect()
    };
    let first = sent(1);
    assert!(first.len() > 50, "{}", first.len());
    assert_eq!(first, sent(1));
    assert_ne!(first, sent(2));
}
