//! Servers that somebody else wrote, whole runs against them: a stub of GMI Cloud that is right but for one thing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use mockreel_conformance::check::TargetChoice;
use mockreel_conformance::exit::SuiteError;
use mockreel_conformance::outcome::{CaseResult, Outcome, Report};
use serde_json::{Value, json};

use super::servers::{Server, answer, with_headers};
use super::{Folder, check, contract, only, wanted};

const PATHS: &str = "/api/v1/ie/requestqueue/apikey/requests";

/// What is wrong with the stub.
#[derive(Clone, Copy, PartialEq)]
enum Flaw {
    Nothing,
    /// A job that succeeds says `completed`.
    OtherWord,
    /// A job that was seen twice stays as it is.
    NeverEnds,
    /// Errors are web pages.
    Pages,
    /// No job can be submitted: there is no such path.
    NoSubmit,
}

/// The stub: jobs are queued, then run, then have ended; the third look sees the end.
struct Stub {
    flaw: Flaw,
    jobs: Mutex<HashMap<String, (Value, usize)>>,
}

impl Stub {
    fn start(flaw: Flaw) -> Server {
        let stub = Arc::new(Self { flaw, jobs: Mutex::default() });
        Server::start(move |request, _| stub.reply(request))
    }

    fn reply(&self, request: &str) -> Vec<u8> {
        let (head, body) = request.split_once("\r\n\r\n").unwrap_or((request, ""));
        let mut words = head.split_whitespace();
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let path = target.split('?').next().unwrap_or_default();
        let key = head.to_ascii_lowercase();
        let Some(rest) = path.strip_prefix(PATHS) else {
            return self.refuse("404 Not Found", "no such path");
        };
        if !key.contains("authorization: bearer suite-key") {
            return self.refuse("401 Unauthorized", "who is it?");
        }
        match (method, rest.trim_start_matches('/')) {
            ("POST", "") if self.flaw != Flaw::NoSubmit => self.submit(body),
            ("GET", "") => {
                let jobs = self.jobs.lock().unwrap();
                let listed: Vec<Value> = jobs.iter().map(|(id, (body, _))| self.show(id, body, 0)).collect();
                ok("200 OK", &json!({"requests": listed, "total": listed.len()}))
            }
            ("GET", id) => {
                let mut jobs = self.jobs.lock().unwrap();
                let Some((body, seen)) = jobs.get_mut(id) else {
                    return self.refuse("404 Not Found", "Request not found");
                };
                *seen += 1;
                ok("200 OK", &self.show(id, body, *seen))
            }
            _ => self.refuse("404 Not Found", "no such path"),
        }
    }

    fn submit(&self, body: &str) -> Vec<u8> {
        let Ok(body) = serde_json::from_str::<Value>(body) else {
            return self.refuse("400 Bad Request", "the body is no JSON");
        };
        if !body["model"].is_string() || !body["payload"].is_object() {
            return self.refuse("400 Bad Request", "a model and a payload are needed");
        }
        let mut jobs = self.jobs.lock().unwrap();
        let id = format!("00000000-0000-4000-8000-{:012}", jobs.len());
        let shown = self.show(&id, &body, 0);
        jobs.insert(id, (body, 0));
        ok("200 OK", &shown)
    }

    fn show(&self, id: &str, body: &Value, seen: usize) -> Value {
        let status = match (seen, self.flaw) {
            (0 | 1, _) => "queued",
            (2, _) | (_, Flaw::NeverEnds) => "processing",
            (_, Flaw::OtherWord) => "completed",
            _ => "success",
        };
        let outcome =
            if status == "success" { json!({"video_url": "http://127.0.0.1:1/v.mp4"}) } else { json!({}) };
        json!({"request_id": id, "model": body["model"], "payload": body["payload"], "status": status,
            "outcome": outcome, "created_at": 1, "updated_at": 1, "queued_at": 1, "org_id": "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9", "is_public": false})
    }

    fn refuse(&self, status: &str, why: &str) -> Vec<u8> {
        match self.flaw {
            Flaw::Pages => answer(status, "text/html", &format!("<html><body>{why}</body></html>")),
            _ => answer(status, "application/json", &json!({"error": why}).to_string()),
        }
    }
}

fn ok(status: &str, body: &Value) -> Vec<u8> {
    answer(status, "application/json", &body.to_string())
}

/// A run against the server, with a wait of half a second for a job and hardly any between two polls.
fn run(server: &Server, cases: &[&str]) -> Result<Report, SuiteError> {
    let mut wanted = wanted(contract("gmicloud"), TargetChoice::Address(server.address.clone()));
    wanted.wait = Some(std::time::Duration::from_millis(500));
    wanted.interval = Some(std::time::Duration::from_millis(5));
    wanted.choice = only(cases);
    check(&wanted)
}

fn result<'a>(report: &'a Report, id: &str) -> &'a CaseResult {
    report.results.iter().find(|result| result.id == id).unwrap_or_else(|| panic!("{id} was not run"))
}

/// What a server that gives every request the same answer is told.
fn refusal_of(answer: Vec<u8>) -> String {
    let server = Server::start(move |_, _| answer.clone());
    match run(&server, &[]).unwrap_err() {
        SuiteError::Unreachable(line) => line,
        other => panic!("expected exit code 3, found {other:?}"),
    }
}

#[test]
fn a_status_that_no_phase_has_is_named_at_once_and_nobody_else_waits_for_it() {
    let server = Stub::start(Flaw::OtherWord);
    let report = run(&server, &[]).unwrap();
    let ended = result(&report, "POLL-09");
    assert_eq!(ended.outcome, Outcome::Fail);
    assert!(
        ended.message.contains("its status was \"completed\"") && ended.message.contains("success"),
        "{ended:?}"
    );
    assert_eq!(result(&report, "POLL-02").outcome, Outcome::Fail);
    for id in ["RES-01", "SUB-12", "PIC-06", "ERR-01"] {
        let blocked = result(&report, id);
        assert_eq!(
            (blocked.outcome, blocked.because_of.as_deref()),
            (Outcome::Blocked, Some("POLL-09")),
            "{id}"
        );
        assert!(id == "RES-01" || blocked.exchanges.len() <= 1, "{id} has polled");
    }
    assert_eq!(report.exit_code, 1);
}

#[test]
fn a_job_that_never_ends_is_waited_for_by_two_cases_at_most() {
    let server = Stub::start(Flaw::NeverEnds);
    let report = run(&server, &[]).unwrap();
    let ended = result(&report, "POLL-09");
    assert!(ended.message.contains("after 0.5 s it was still \"processing\"; --wait"), "{}", ended.message);
    let waited = report.results.iter().filter(|result| result.message.starts_with("expected the job to end"));
    let waited: Vec<&str> = waited.map(|result| result.id.as_str()).collect();
    assert!(waited.len() <= 2 && waited.contains(&"POLL-09"), "{waited:?}");
}

#[test]
fn a_job_that_a_refusal_should_have_been_does_not_decide_whether_jobs_end() {
    let server = Stub::start(Flaw::Nothing);
    let report = run(&server, &["VAL-08", "POLL-09", "RES-01"]).unwrap();
    assert_eq!(result(&report, "POLL-09").outcome, Outcome::Pass, "{:?}", result(&report, "POLL-09"));
}

#[test]
fn a_server_that_answers_everything_alike_has_no_path_of_the_vendor() {
    for status in
        ["404 Not Found", "405 Method Not Allowed", "500 Internal Server Error", "200 OK", "429 Slow Down"]
    {
        let line = refusal_of(answer(status, "application/json", "{\"error\":\"no\"}"));
        assert!(line.contains("no path of gmicloud answers here"), "{status}: {line}");
        let code = status.split(' ').next().unwrap();
        assert!(line.contains(PATHS) && line.contains(code), "{status}: {line}");
    }
    for status in ["401 Unauthorized", "403 Forbidden"] {
        let line = refusal_of(answer(status, "application/json", "{\"error\":\"no\"}"));
        assert!(line.contains("the key is refused: GET http://"), "{status}: {line}");
    }
    let line = refusal_of(with_headers("302 Found", &[("location", "https://example.com/")], ""));
    assert!(line.contains("is answered 302 and redirects to https://example.com/"), "{line}");
    let line = refusal_of(answer("200 OK", "text/html", "<!doctype html><title>Hello</title>"));
    assert!(line.contains("GET http://") && line.contains("is answered 200 with a web page"), "{line}");
}

#[test]
fn refusals_prove_nothing_where_the_good_request_is_refused_in_the_same_way() {
    let server = Stub::start(Flaw::NoSubmit);
    let report = run(&server, &[]).unwrap();
    assert_eq!(result(&report, "SUB-01").outcome, Outcome::Fail);
    for id in ["VAL-01", "VAL-04", "VAL-11", "PIC-01", "GEN-02", "POLL-06", "LST-06"] {
        let doubted = result(&report, id);
        let expected = (Outcome::Inconclusive, Some("SUB-01"));
        assert_eq!((doubted.outcome, doubted.because_of.as_deref()), expected, "{id}: {}", doubted.message);
    }
    // Without a key the stub says 401, which it does not say to the good request.
    assert_eq!(result(&report, "AUTH-01").outcome, Outcome::Pass);
    assert_eq!(report.exit_code, 1);
}

#[test]
fn errors_as_web_pages_fail_cases_and_do_not_end_the_run() {
    let server = Stub::start(Flaw::Pages);
    let report = run(&server, &["NET", "AUTH", "SUB-01", "POLL-06", "POLL-09"]).unwrap();
    assert_eq!(result(&report, "NET-01").outcome, Outcome::Fail);
    assert_eq!(result(&report, "POLL-06").outcome, Outcome::Fail);
    assert_eq!(result(&report, "POLL-09").outcome, Outcome::Pass);
}

#[test]
fn an_unreachable_picture_that_does_no_harm_is_no_failure() {
    let server = Stub::start(Flaw::Nothing);
    let report = run(&server, &["ERR-01"]).unwrap();
    let failed = result(&report, "ERR-01");
    assert_eq!(failed.outcome, Outcome::NotApplicable, "{}", failed.message);
    assert!(failed.message.contains("http://127.0.0.1:1/picture.jpg"), "{}", failed.message);
}

#[test]
fn plain_http_on_this_machine_says_nothing_about_tls() {
    let server = Stub::start(Flaw::Nothing);
    let report = run(&server, &["NET-01"]).unwrap();
    let tls = result(&report, "NET-01");
    assert_eq!(tls.outcome, Outcome::NotApplicable);
    assert!(tls.message.contains("plain http"), "{}", tls.message);
}

#[test]
fn a_log_hears_of_a_run_every_few_seconds_and_of_an_unknown_word_at_once() {
    let server = Stub::start(Flaw::OtherWord);
    let folder = Folder::new("strangers-log");
    let check = |more: &[&str]| {
        let base =
            ["check", "gmicloud", "--target", &server.address, "--only", "POLL-09", "--interval", "5ms"];
        folder.run(&[&base[..], &["--wait", "500ms"], more].concat())
    };
    let said = check(&[]);
    assert!(said.err.contains("POLL-09: the job's status is \"completed\", which is none"), "{said:?}");
    assert!(check(&["--no-progress"]).err.is_empty());
    let quiet = check(&["-q"]);
    assert!(
        quiet.err.is_empty() && quiet.out.contains("POLL-09"),
        "a failure is printed all the same: {quiet:?}"
    );
}

#[test]
fn settings_of_an_emulator_are_no_fault_of_the_suite_and_no_failure() {
    use mockreel_emulator::{Emulator, Progress};
    for (progress, cases) in [
        (Progress::Immediate, &["SUB-05", "ERR", "LST-03", "POLL-09", "GEN-04"][..]),
        (Progress::Polls(2), &["POLL", "GEN-03", "GEN-04"][..]),
        (Progress::Step, &["POLL", "RES", "PIC-01", "CHAOS", "GEN-03"][..]),
    ] {
        let vendor = mockreel_contracts::vendor("gmicloud").unwrap();
        let stand = super::Stand::of(Emulator::builder().vendor(vendor).progress(progress));
        let mut wanted = wanted(contract("gmicloud"), TargetChoice::Address(stand.emulator.url("gmicloud")));
        wanted.choice = only(cases);
        let report = check(&wanted).unwrap();
        let wrong: Vec<_> = report.results.iter().filter(|result| result.outcome.word() != "pass").collect();
        assert!(!wrong.is_empty() && report.exit_code == 0, "{progress}: {wrong:#?}");
        assert!(
            wrong.iter().all(|result| result.outcome == Outcome::NotApplicable),
            "{progress}: {wrong:#?}"
        );
        assert!(wrong.iter().any(|result| result.message.contains("the target's setting")), "{wrong:#?}");
        assert!(report.notices.iter().any(|notice| notice.contains(&progress.to_string())), "{progress}");
    }
}

#[test]
fn an_answer_to_submit_that_names_no_job_is_explained_and_its_failures_stand_together() {
    let server = Server::start(|request, _| {
        if !super::servers::is_keyed(request) {
            return answer("401 Unauthorized", "application/json", "{}");
        }
        match request.starts_with("POST") {
            true => answer("201 Created", "application/json", "{\"id\":\"7\",\"status\":\"pending\"}"),
            false => answer("404 Not Found", "application/json", "{\"error\":\"no\"}"),
        }
    });
    let folder = Folder::new("created");
    let files = ["md=r.md", "html=r.html"].join(",");
    let ended = folder.run(&[
        "check",
        "gmicloud",
        "--target",
        &server.address,
        "--only",
        "SUB,VAL",
        "--report",
        &files,
    ]);
    assert_eq!(ended.code, 1, "{ended:?}");
    let line = ended.out.lines().skip_while(|line| !line.contains("SUB-01")).nth(1).unwrap_or_default();
    let expected = "the answer to submit is 201 without `/request_id`: /status: expected 200, received 201; \
                    /request_id: missing; found 201";
    assert!(line.contains(expected), "{line}");
    assert!(ended.out.contains("the same in ") && ended.out.contains("cases because of SUB-01"), "{ended:?}");
    assert_eq!(ended.out.matches("without `/request_id`").count(), 1, "{}", ended.out);
    let markdown = std::fs::read_to_string(folder.file("r.md")).unwrap();
    let html = std::fs::read_to_string(folder.file("r.html")).unwrap();
    for text in [&ended.out, &markdown, &html] {
        assert!(text.contains("curl -X") && text.contains("$KEY_VARIABLE"), "{text}");
        assert!(!text.contains("suite-key"), "{text}");
    }
}

#[test]
fn colours_follow_the_flag_and_the_variables_that_terminals_agree_on() {
    let folder = Folder::new("colours");
    let run = |more: &[&str], variables: &[(&str, &str)]| {
        let mut command = folder.command(&[&["check", "gmicloud", "--only", "NET-02"][..], more].concat());
        for name in ["NO_COLOR", "CLICOLOR_FORCE"] {
            command.env_remove(name);
        }
        let ended = super::Ended::of(command.envs(variables.iter().copied()).output().unwrap());
        assert_eq!(ended.code, 0, "{ended:?}");
        ended.out.contains('\u{1b}')
    };
    assert!(!run(&[], &[]), "standard output is no terminal here");
    assert!(run(&["--color", "always"], &[("NO_COLOR", "1")]), "the flag wins");
    assert!(run(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!run(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!run(&[], &[("CLICOLOR_FORCE", "0")]));
    assert!(!run(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(
        folder.run(&["check", "gmicloud", "--only", "NET-02", "--color", "pink"]).line(2).contains("pink")
    );
    let quiet = folder.run(&["check", "gmicloud", "--only", "NET-02", "--quiet"]);
    assert!(quiet.code == 0 && quiet.out.is_empty() && quiet.err.is_empty(), "{quiet:?}");
}
