//! Servers and files made to mislead the suite: about money, about what holds, and about keys.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mockreel_conformance::check::TargetChoice;
use mockreel_conformance::outcome::{CaseResult, Outcome, Report};
use serde_json::json;

use super::servers::{Server, answer, that_knows_nothing, with_headers};
use super::{Folder, check, contract, only, wanted};

/// A server that lets nobody in but us, knows no job, and answers every submit of ours like this.
fn submits(status: &'static str, body: &'static str) -> (Server, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let server = Server::start(move |request, _| {
        if !request.to_ascii_lowercase().contains("authorization: bearer suite-key") {
            return answer("401 Unauthorized", "application/json", "{}");
        }
        if request.starts_with("POST") {
            counted.fetch_add(1, Ordering::SeqCst);
            return answer(status, "application/json", body);
        }
        answer("404 Not Found", "application/json", "{}")
    });
    (server, count)
}

/// A run of some cases of 302ai, at prices between 0.3 and 0.5, that may spend so much.
fn spending(name: &str, server: &Server, most: &str, cases: &[&str]) -> Report {
    let folder = Folder::new(name);
    let mut wanted = wanted(contract("302ai"), TargetChoice::Address(server.address.clone()));
    wanted.max_spend = Some(most.parse().unwrap());
    wanted.ledger = folder.file("ledger.jsonl");
    wanted.choice = only(cases);
    check(&wanted).unwrap()
}

fn result<'a>(report: &'a Report, id: &str) -> &'a CaseResult {
    report.results.iter().find(|result| result.id == id).unwrap()
}

#[test]
fn a_success_that_names_its_job_elsewhere_is_no_refusal_and_counts_in_full() {
    let (server, count) = submits("202 Accepted", r#"{"jobId":"job-1"}"#);
    let report = spending("elsewhere", &server, "1", &["VAL", "SUB-01"]);
    let refusals = ["VAL-01", "VAL-07", "VAL-11"].map(|id| result(&report, id).outcome);
    assert!(!refusals.contains(&Outcome::Pass), "{refusals:?}");
    let sent = count.load(Ordering::SeqCst);
    assert!(sent <= 3, "{sent} submits of 0.3 at least for a cap of 1");
    assert_eq!(report.spend.reserved, report.spend.settled);
}

#[test]
fn a_refusal_that_names_a_job_counts_in_full() {
    let body = r#"{"error":{"err_code":-10001,"message":"no"},"data":{"task":{"id":"kling_1"}}}"#;
    let (server, _) = submits("400 Bad Request", body);
    let report = spending("named", &server, "9", &["VAL-11", "VAL-12"]);
    assert_eq!(report.spend.reserved, report.spend.settled);
    assert_eq!(result(&report, "VAL-11").outcome, Outcome::Fail);
    assert_eq!(result(&report, "VAL-12").outcome, Outcome::Blocked);
}

#[test]
fn no_answer_makes_a_run_spend_more_than_its_plan_says_at_most() {
    for (name, status) in [("plan500", "500 Internal Server Error"), ("plan307", "307 Temporary Redirect")] {
        let (server, _) = submits(status, r#"{"error":"boom"}"#);
        let folder = Folder::new(name);
        let mut wanted = wanted(contract("302ai"), TargetChoice::Address(server.address.clone()));
        wanted.max_spend = Some("100".parse().unwrap());
        wanted.ledger = folder.file("ledger.jsonl");
        wanted.choice = only(&["VAL", "SUB-01"]);
        let most = mockreel_conformance::check::plan(&wanted).unwrap().most();
        let report = check(&wanted).unwrap();
        assert!(report.spend.settled <= most, "{status}: {} of {most}", report.spend.settled);
    }
}

#[test]
fn an_envelope_that_refuses_with_a_success_is_a_refusal_where_the_contract_says_so() {
    let body = r#"{"data":null,"message":"no","result":0,"status":400}"#;
    let (server, _) = submits("200 OK", body);
    let report = spending("envelope", &server, "9", &["VAL-11", "VAL-12"]);
    assert!(report.results.iter().all(|result| result.outcome == Outcome::Pass), "{:?}", report.results);
    assert_eq!(report.spend.settled.to_string(), "0");
}

#[test]
fn a_limit_says_nothing_about_a_bad_request() {
    let (server, _) = submits("429 Too Many Requests", r#"{"error":{"err_code":-1,"message":"slow down"}}"#);
    let report = spending("limited", &server, "9", &["VAL-11"]);
    let limited = result(&report, "VAL-11");
    assert_eq!((limited.outcome, report.exit_code), (Outcome::Unreachable, 3), "{}", limited.message);
    assert!(limited.message.contains("nothing can be concluded"), "{}", limited.message);
}

#[test]
fn images_that_a_job_refuses_do_not_stop_one_another() {
    let count = AtomicUsize::new(0);
    let server = Server::start(move |request, _| {
        let keyed = request.to_ascii_lowercase().contains("authorization: bearer suite-key");
        let task = |status: u32, id: usize| {
            let body = json!({"data": {"status": status, "task": {"id": format!("kling_{id}"), "status": status},
                "works": [], "message": "bad picture"}, "message": "", "result": 1, "status": 200});
            answer("200 OK", "application/json", &body.to_string())
        };
        match (keyed, request.starts_with("POST"), request.contains("kling_")) {
            (false, _, _) => answer("401 Unauthorized", "application/json", "{}"),
            (true, true, _) => task(5, count.fetch_add(1, Ordering::SeqCst)),
            (true, false, true) if request.contains("/kling_probe") => {
                answer("404 Not Found", "application/json", "{}")
            }
            (true, false, _) => {
                let id = request.split("kling_").nth(1).and_then(|rest| rest.split('/').next());
                let id = id.and_then(|id| id.parse().ok());
                id.map_or_else(|| answer("404 Not Found", "application/json", "{}"), |id| task(50, id))
            }
        }
    });
    let folder = Folder::new("pictures");
    let mut wanted = wanted(contract("302ai"), TargetChoice::Address(server.address.clone()));
    wanted.max_spend = Some("9".parse().unwrap());
    wanted.paid = true;
    wanted.ledger = folder.file("ledger.jsonl");
    wanted.choice = only(&["PIC-01", "PIC-03"]);
    let report = check(&wanted).unwrap();
    let outcomes: Vec<_> = report.results.iter().map(|result| (result.outcome, &result.message)).collect();
    assert!(outcomes.iter().all(|(outcome, _)| *outcome != Outcome::NotRunBudget), "{outcomes:?}");
}

#[test]
fn without_any_good_answer_nothing_is_said_of_good_answers() {
    let server = that_knows_nothing("{}");
    let folder = Folder::new("vacuous");
    let ended = folder.run(&["check", "gmicloud", "--target", &server.address, "--only", "DRIFT-02"]);
    assert_eq!(ended.code, 2, "{ended:?}");
}

#[test]
fn a_key_is_in_no_artefact_in_other_letters_nor_in_half() {
    let key = "Sk-AbCdEf0123456789xyzQRS";
    let upper = key.to_ascii_uppercase();
    let name = format!("x-echo-{}", key.to_ascii_lowercase());
    let server = Server::start(move |request, _| {
        // The first 160 characters of the body end in the middle of the key.
        let body = json!({"error": format!("{} {key}", "x ".repeat(66))}).to_string();
        let headers =
            [("content-type", "application/json"), (name.as_str(), "1"), ("x-request-id", upper.as_str())];
        let status = match request.starts_with("POST") {
            true => "200 OK",
            false if request.contains(key) => "404 Not Found",
            false => "401 Unauthorized",
        };
        with_headers(status, &headers, &body)
    });
    let folder = Folder::new("letters");
    let mut command = folder.command(&["check", "gmicloud", "--target", &server.address, "--key-env", "KEY"]);
    command.args(["--only", "NET,SUB-01,VAL-01", "--cassette", "tapes"]);
    command.args(["--report", "json=r.json,html=r.html,junit=r.xml,md=r.md,sarif=r.sarif"]);
    let ended = super::Ended::of(command.env("KEY", key).output().unwrap());
    assert_eq!(ended.code, 1, "{ended:?}");
    let mut all = ended.out + &ended.err;
    for file in ["r.json", "r.html", "r.xml", "r.md", "r.sarif"] {
        all.push_str(&std::fs::read_to_string(folder.file(file)).unwrap());
    }
    for tape in std::fs::read_dir(folder.file("tapes")).unwrap() {
        all.push_str(&std::fs::read_to_string(tape.unwrap().path()).unwrap());
    }
    let all = all.to_ascii_lowercase();
    assert!(!all.contains("sk-abcd"), "{}", &all[all.find("sk-abcd").unwrap() - 200..][..260]);
}

#[test]
fn looks_that_are_limited_break_no_promise_about_jobs() {
    let looks = AtomicUsize::new(0);
    let server = Server::start(move |request, _| {
        let job = |status: &str| {
            let ended = status == "success";
            let url = "https://example.com/video.mp4";
            let body = json!({"request_id": "r-1", "status": status, "model": "m", "queued_at": 1,
                "created_at": 1, "updated_at": 1, "org_id": "o", "is_public": false, "qworker_id": "",
                "payload": {}, "outcome": if ended { json!({"video_url": url,
                    "media_urls": [{"id": "0", "url": url}]}) } else { json!({}) }});
            answer("200 OK", "application/json", &body.to_string())
        };
        if !request.to_ascii_lowercase().contains("authorization: bearer suite-key") {
            return answer("401 Unauthorized", "application/json", "{}");
        }
        if request.starts_with("POST") {
            return job("dispatched");
        }
        if !request.contains("r-1") {
            return answer("404 Not Found", "application/json", "{}");
        }
        match looks.fetch_add(1, Ordering::SeqCst) {
            0 => job("processing"),
            1..15 => answer("429 Too Many Requests", "application/json", "{}"),
            _ => job("success"),
        }
    });
    let mut wanted = wanted(contract("gmicloud"), TargetChoice::Address(server.address.clone()));
    wanted.choice = only(&["LIM-01", "POLL-02", "POLL-03", "POLL-04"]);
    let report = check(&wanted).unwrap();
    for id in ["LIM-01", "POLL-02", "POLL-03", "POLL-04"] {
        let found = result(&report, id);
        assert_eq!(found.outcome, Outcome::Pass, "{id}: {}", found.message);
    }
}

#[test]
fn a_baseline_with_a_strange_case_is_refused_before_anything_is_sent() {
    let server = Server::start(|_, _| answer("404 Not Found", "application/json", "{}"));
    let folder = Folder::new("strange");
    let entry = "[[expected]]\ncase = \"VAL-99\"\ntarget = \"t\"\nvendor = \"gmicloud\"\nreason = \"r\"\nexpires = \"2999-01-01\"\nmessage = \"m\"\n";
    std::fs::write(folder.file("b.toml"), entry).unwrap();
    let ended = folder.run(&["check", "gmicloud", "--target", &server.address, "--baseline", "b.toml"]);
    assert!(ended.line(2).contains("VAL-99"), "{ended:?}");
    assert_eq!(server.asked(), 0);
}

#[test]
fn a_baseline_is_updated_by_the_report_of_several_vendors() {
    let server = Server::start(|request, _| {
        let keyed = request.to_ascii_lowercase().contains("authorization: bearer suite-key");
        let status = if keyed { "404 Not Found" } else { "401 Unauthorized" };
        answer(status, "application/json", "{\"error\":\"no\"}")
    });
    let folder = Folder::new("several");
    let target = server.address.as_str();
    let more = ["--target", target, "--only", "SUB-01", "--report", "json=r.json"];
    let ended = folder.run(&[&["check", "gmicloud", "302ai"][..], &more].concat());
    assert_eq!(ended.code, 1, "{ended:?}");
    let with = ["--report", "r.json", "--reason", "a stub", "--expires", "2999-12-31"];
    let ended = folder.run(&[&["baseline", "update", "b.toml"][..], &with].concat());
    assert_eq!(ended.code, 0, "{ended:?}");
    let text = std::fs::read_to_string(folder.file("b.toml")).unwrap();
    assert!(text.contains("\"gmicloud\"") && text.contains("\"302ai\""), "{text}");
}

#[test]
fn an_answer_of_thousands_of_members_differs_in_a_few_hundred_places_at_most() {
    let members: serde_json::Map<String, serde_json::Value> =
        (0..5000).map(|number| (format!("m{number}"), json!(number))).collect();
    let body = serde_json::Value::Object(members).to_string();
    let server = that_knows_nothing(&body);
    let mut wanted = wanted(contract("gmicloud"), TargetChoice::Address(server.address.clone()));
    wanted.choice = only(&["POLL-06"]);
    let report = check(&wanted).unwrap();
    let places = result(&report, "POLL-06").differences.len();
    assert!((1..=200).contains(&places), "{places} places");
}
