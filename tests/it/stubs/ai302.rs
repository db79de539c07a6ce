//! A stub of another vendor's tasks, written from its page: refusals with a status of success, no channel, late refusals, and
//! a status in two places.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use serde_json::{Value, json};

use super::http::{Answer, Request, serve};
use super::stub::succeed;
use crate::suite::{Ended, Folder};

const KEY: &str = "stub-key-of-one-account";

/// What is special about the stub.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Trait {
    None,
    /// Refuses as the web application behind it does: 200, and a `result` other than 1.
    RefusesKindly,
    /// Has no channel for any task now.
    NoChannel,
    /// Takes whatever comes and fails the task.
    RefusesLate,
    /// Takes whatever comes and makes a video of it.
    TakesAll,
    /// `data.task.status` stays where it was.
    StatusesDiffer,
}

#[derive(Default)]
struct Tasks {
    /// For each task how often it was polled, and whether it is to fail.
    known: BTreeMap<String, (u32, bool)>,
    /// The tasks that GEN-02 may have waited for: polled more than once.
    followed: BTreeSet<String>,
}

fn answer(what: Trait, tasks: &Mutex<Tasks>, request: &Request) -> Answer {
    if request.header("authorization") != Some(&format!("Bearer {KEY}")) {
        return refuse(401, -10001, "Missing 302 Apikey");
    }
    let path = request.path.trim_start_matches("/klingai/");
    if let (Some(id), "GET") =
        (path.strip_prefix("task/").and_then(|rest| rest.strip_suffix("/fetch")), request.method.as_str())
    {
        return fetch(what, &mut tasks.lock().unwrap(), id);
    }
    let known = ["m2v_15_img2video", "m2v_15_img2video_10s", "m2v_img2video_hq", "m2v_img2video_hq_10s"];
    if request.method != "POST" || !known.contains(&path) {
        return refuse(404, -10009, "Current API function not supported");
    }
    if what == Trait::NoChannel {
        return refuse(503, -10008, "No available models currently");
    }
    let body = String::from_utf8_lossy(&request.body);
    let is_good = ["name=\"input_image\"", "\"input_image\":"].iter().any(|part| body.contains(part))
        && !body.contains("4:3")
        && !body.contains("not a url");
    match what {
        Trait::RefusesKindly if !is_good => return refuse_kindly(),
        Trait::RefusesLate | Trait::TakesAll => {}
        _ if !is_good => return refuse(400, -10011, "Invalid request"),
        _ => {}
    }
    let mut tasks = tasks.lock().unwrap();
    let id = format!("kling_{:012x}", tasks.known.len());
    tasks.known.insert(id.clone(), (0, what == Trait::RefusesLate));
    succeed(200, &envelope(&id, 5, 5))
}

fn fetch(what: Trait, tasks: &mut Tasks, id: &str) -> Answer {
    let Some((polls, fails)) = tasks.known.get_mut(id) else {
        return match what {
            // The form of all answers, without a task.
            Trait::RefusesKindly => succeed(
                200,
                &json!({"data": {"message": "task not found"}, "message": "成功", "result": 1, "status": 200}),
            ),
            _ => refuse(404, -10010, "Resource not found"),
        };
    };
    *polls += 1;
    if *polls == 2 {
        tasks.followed.insert(id.to_owned());
    }
    let status = match (*polls, *fails) {
        (0..=2, _) => 10,
        (_, true) => 50,
        (_, false) => 99,
    };
    succeed(200, &envelope(id, status, if what == Trait::StatusesDiffer { 10 } else { status }))
}

fn envelope(id: &str, status: u32, of_task: u32) -> Value {
    let works = if status == 99 {
        json!([{"resource": {"resource": "http://127.0.0.1:1/v.mp4", "duration": 5041}, "status": 99}])
    } else {
        json!([])
    };
    let message = if status == 50 { "图片无法识别" } else { "" };
    json!({
        "data": {
            "message": message,
            "status": status,
            "task": {"createTime": 1_735_812_345_678_u64, "id": id, "status": of_task, "type": "m2v_15_img2video"},
            "works": works,
        },
        "message": if status == 50 { "失败" } else { "成功" },
        "result": 1,
        "status": 200,
    })
}

fn refuse(status: u16, code: i32, message: &str) -> Answer {
    let error = json!({"err_code": code, "message": message, "message_cn": "", "message_jp": "", "type": "api_error"});
    succeed(status, &json!({"error": error}))
}

fn refuse_kindly() -> Answer {
    succeed(200, &json!({"data": null, "message": "参数错误", "result": -1, "status": 500}))
}

/// How a run of some cases against the stub ended: the outcome and the message of each, and how many tasks were followed.
fn check(what: Trait, cases: &str) -> (Ended, BTreeMap<String, (String, String)>, usize) {
    let tasks = std::sync::Arc::new(Mutex::new(Tasks::default()));
    let served = std::sync::Arc::clone(&tasks);
    let server = serve(|_| move |request: &Request| answer(what, &served, request));
    let folder = Folder::new(&format!("stub-302-{what:?}"));
    let mut command = folder.command(&["check", "302ai", "--target", &server.address, "--interval", "5ms"]);
    command.args(["--key-env", "ONE", "--report", "json=r.json", "--only", cases]).env("ONE", KEY);
    let ended = Ended::of(command.output().unwrap());
    let report = std::fs::read(folder.file("r.json")).unwrap_or_default();
    let report: Value = serde_json::from_slice(&report).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let results = report["results"].as_array().cloned().unwrap_or_default().into_iter();
    let results = results.map(|one| (text(&one["id"]), (text(&one["outcome"]), text(&one["message"]))));
    let followed = tasks.lock().unwrap().followed.len();
    (ended, results.collect(), followed)
}

#[test]
fn a_refusal_with_a_status_of_success_and_another_result_is_one() {
    let (ended, results, _) =
        check(Trait::RefusesKindly, "SUB-01,SUB-03,VAL-06,VAL-08,POLL-06,POLL-09,DRIFT-02");
    for (case, (outcome, message)) in &results {
        assert_eq!(outcome, "pass", "{case}: {message}");
    }
    assert!(results.len() >= 7 && ended.code == 0, "{ended:?}");
}

#[test]
fn no_channel_now_accuses_nobody_and_is_no_pass() {
    let (ended, results, _) = check(Trait::NoChannel, "SUB-01,SUB-03,VAL-06,POLL-06,POLL-09");
    assert!(results.values().all(|(outcome, _)| outcome != "fail"), "{results:#?}");
    let (outcome, message) = &results["SUB-01"];
    assert!(outcome == "unreachable" && message.contains("no room for the request now"), "{message}");
    assert_eq!(results["SUB-03"].0, "blocked", "{results:#?}");
    assert_eq!(results["POLL-06"].0, "pass", "{results:#?}");
    assert_eq!(ended.code, 3, "{ended:?}");
}

#[test]
fn of_bodies_that_are_refused_late_one_job_is_followed() {
    let (ended, results, followed) = check(Trait::RefusesLate, "GEN-02");
    assert_eq!(results["GEN-02"].0, "pass", "{ended:?}");
    assert!(followed <= 2, "{followed} tasks were followed");
    let (_, results, followed) = check(Trait::TakesAll, "GEN-02");
    assert_eq!(results["GEN-02"].0, "fail");
    assert!(followed <= 2, "{followed} tasks were followed");
}

#[test]
fn a_status_that_differs_from_its_mirror_is_named() {
    let (_, results, _) = check(Trait::StatusesDiffer, "POLL-13");
    let (outcome, message) = &results["POLL-13"];
    assert!(outcome == "fail" && message.contains("/data/task/status"), "{message}");
    assert_eq!(check(Trait::None, "POLL-13").1["POLL-13"].0, "pass");
}
