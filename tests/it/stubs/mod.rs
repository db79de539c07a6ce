//! Wrong stubs: `check` names each by a case of its own, and accuses a good one of nothing.
//!
//! All runs are made once and shared by the tests. `UPDATE=1 cargo test --test it stubs` writes the page anew.

mod ai302;
mod http;
mod image;
mod page;
mod right;
mod side;
mod stub;
mod wrong;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

use mockreel_emulator::Latency;
use serde_json::{Value, json};

use self::http::{Answer, serve};
use self::right::Right;
use self::stub::{KEYS, Stub};
use self::wrong::{UNIFORM, UniformServer, WRONG, Wrong};
use crate::suite::servers::Server;
use crate::suite::{Ended, Folder};
use crate::support::{Caller, KEY, quiet};

/// Runs that go on at the same time.
const THREADS: usize = 3;

/// What `check` said of a stub.
struct Verdict {
    ended: Ended,
    /// The message of each case that failed.
    failed: BTreeMap<String, String>,
    /// How many cases passed.
    passed: usize,
}

/// All runs: of the good stub, of those that do what they may, of the wrong ones in their order, and of those that are no such API.
struct Verdicts {
    good: Verdict,
    right: Vec<Verdict>,
    wrong: Vec<Verdict>,
    uniform: Vec<Verdict>,
}

fn verdicts() -> &'static Verdicts {
    static VERDICTS: OnceLock<Verdicts> = OnceLock::new();
    VERDICTS.get_or_init(|| {
        let clips = make_clips();
        let next = AtomicUsize::new(0);
        let done: Mutex<BTreeMap<usize, Verdict>> = Mutex::default();
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    loop {
                        let place = next.fetch_add(1, Ordering::Relaxed);
                        let verdict = match place.checked_sub(1 + Right::ALL.len()) {
                            None => check_stub(&clips, None, place.checked_sub(1).map(|at| Right::ALL[at])),
                            Some(index) if index < WRONG.len() => {
                                check_stub(&clips, Some(WRONG[index].wrong), None)
                            }
                            Some(index) if index < WRONG.len() + UNIFORM.len() => {
                                check_uniform(&UNIFORM[index - WRONG.len()])
                            }
                            Some(_) => break,
                        };
                        done.lock().unwrap().insert(place, verdict);
                    }
                });
            }
        });
        let mut done = done.into_inner().unwrap().into_values();
        let good = done.next().unwrap();
        let right = done.by_ref().take(Right::ALL.len()).collect();
        let wrong = done.by_ref().take(WRONG.len()).collect();
        Verdicts { good, right, wrong, uniform: done.collect() }
    })
}

/// Videos of five and of ten seconds.
fn make_clips() -> [Vec<u8>; 2] {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let emulator = quiet().latency(Latency::INSTANT).start().await.unwrap();
        let caller = Caller::with_key(KEY);
        let url = format!("{}/api/v1/ie/requestqueue/apikey/requests", emulator.url("gmicloud"));
        let mut clips = Vec::new();
        for seconds in ["5", "10"] {
            let payload = json!({"prompt": "a boat", "duration": seconds});
            let body = json!({"model": "Kling-Text2Video-V1.6-Standard", "payload": payload});
            let job = caller.post(&url, &body).await.json();
            let job = caller.get(&format!("{url}/{}", job["request_id"].as_str().unwrap())).await.json();
            let video = job["outcome"]["media_urls"][0]["url"].as_str().unwrap().to_owned();
            clips.push(Caller::without_key().get(&video).await.bytes);
        }
        clips.try_into().unwrap()
    })
}

fn check_stub(clips: &[Vec<u8>; 2], wrong: Option<Wrong>, right: Option<Right>) -> Verdict {
    let server = serve(|address| {
        let stub = Stub::new(address, wrong, right, clips.clone());
        move |request| stub.answer(request)
    });
    check(&format!("{wrong:?}-{right:?}"), &server, Right::key(right))
}

fn check_uniform(uniform: &UniformServer) -> Verdict {
    let (status, content_type, body) = (uniform.status, uniform.content_type, uniform.body);
    let server = serve(|_| {
        move |_: &http::Request| Answer {
            status,
            content_type,
            location: None,
            body: body.as_bytes().to_vec(),
        }
    });
    check(uniform.what, &server, KEYS[0])
}

/// Runs `check` against a server, as its author would.
fn check(name: &str, server: &Server, key: &str) -> Verdict {
    let folder = Folder::new(&format!("stub-{}", name.replace(|each: char| !each.is_alphanumeric(), "-")));
    let mut command = folder.command(&[
        "check",
        "gmicloud",
        "--target",
        &server.address,
        "--interval",
        "20ms",
        "--key-env",
        "ONE",
        "--second-key-env",
        "OTHER",
        "--report",
        "json=report.json",
    ]);
    let ended = Ended::of(command.env("ONE", key).env("OTHER", KEYS[1]).output().unwrap());
    let report = std::fs::read(folder.file("report.json")).unwrap_or_default();
    let report: Value = serde_json::from_slice(&report).unwrap_or_default();
    let results = report["results"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let failed = results.iter().filter(|result| result["outcome"] == "fail");
    let failed = failed.map(|result| (text(&result["id"]), text(&result["message"]))).collect();
    let passed = results.iter().filter(|result| result["outcome"] == "pass").count();
    Verdict { ended, failed, passed }
}

#[test]
fn a_good_stub_is_accused_of_nothing() {
    let Verdict { ended, failed, passed } = &verdicts().good;
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(*passed > 50, "{passed} cases passed: {ended:?}");
}

#[test]
fn a_stub_that_does_what_vendors_do_is_accused_of_nothing() {
    let mut wrongly = Vec::new();
    for (right, verdict) in Right::ALL.iter().zip(&verdicts().right) {
        let Verdict { ended, failed, passed } = verdict;
        if !failed.is_empty() || ended.code != 0 || *passed <= 50 {
            wrongly.push(format!("{right:?}: {passed} passed, exit code {}, {failed:?}", ended.code));
        }
    }
    assert!(wrongly.is_empty(), "{wrongly:#?}");
}

#[test]
fn every_wrong_stub_is_named_by_a_case_of_its_own() {
    for (stub, verdict) in WRONG.iter().zip(&verdicts().wrong) {
        let Verdict { ended, failed, .. } = verdict;
        assert!(failed.contains_key(stub.case), "{:?}: {failed:#?} {ended:?}", stub.wrong);
        assert_eq!(ended.code, 1, "{:?}: {ended:?}", stub.wrong);
    }
    let named: BTreeSet<&str> = WRONG.iter().map(|stub| stub.case).collect();
    assert!(named.len() >= 20, "{named:?}");
}

#[test]
fn no_wrong_stub_is_accused_of_what_it_does_right() {
    let mut wrongly = Vec::new();
    for (stub, verdict) in WRONG.iter().zip(&verdicts().wrong) {
        let known: BTreeSet<&str> = stub.also.iter().copied().chain([stub.case]).collect();
        for (case, message) in verdict.failed.iter().filter(|(case, _)| !known.contains(case.as_str())) {
            wrongly.push(format!("{:?}: {case} {message}", stub.wrong));
        }
    }
    assert!(wrongly.is_empty(), "{wrongly:#?}");
}

#[test]
fn what_is_no_such_api_is_said_to_be_none_and_no_case_passes() {
    for (uniform, verdict) in UNIFORM.iter().zip(&verdicts().uniform) {
        let Verdict { ended, failed, passed } = verdict;
        assert_eq!(ended.code, uniform.code, "{}: {ended:?}", uniform.what);
        let printed = format!("{}{}", ended.err, ended.out);
        assert!(printed.contains(uniform.said), "{}: {ended:?}", uniform.what);
        assert_eq!((failed.len(), *passed), (0, 0), "{}: {ended:?}", uniform.what);
    }
}

#[test]
fn the_page_of_stubs_says_which_case_names_which() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/stubs.md");
    let text = page::page(verdicts());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == text,
        "docs/stubs.md is stale: write it anew with `UPDATE=1 cargo test --test it stubs`"
    );
}
