//! Orders that cannot be followed are loud, and every effect leaves its note in the journal.

use mockreel_contracts::Operation;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Surface, with_stamps};
use crate::support::{Answer, KEY, quiet};

/// The header in which the answer says what could not be followed.
const WARNING: &str = "x-mockreel-warning";

/// The notes of the latest request.
async fn latest_notes(surface: &Surface<'_>) -> Vec<String> {
    let told = surface.admin(Method::GET, "requests?limit=1", &Value::Null).await.json();
    let notes = told["requests"][0]["notes"].as_array().cloned().unwrap_or_default();
    notes.iter().map(|note| note.as_str().unwrap().to_owned()).collect()
}

fn warning(answer: &Answer) -> &str {
    answer.header(WARNING).unwrap_or_default()
}

#[tokio::test]
async fn what_nobody_understands_is_said_in_the_answer_and_in_the_journal() {
    let emulator = quiet().start().await.unwrap();
    let surface = Surface::named(&emulator, "gmicloud", KEY);
    for (header, said) in [
        ("no-such", "there is no scenario `no-such`"),
        ("gmicloud/stuk-queue", "did you mean `gmicloud/stuck-queue`?"),
        ("{broken", "1:2: key must be a string"),
        (r#"{"then":{"answer":{"problem":"rate_limit"}}}"#, "did you mean `rate_limited`?"),
        ("aimlapi/rehearsal", "is of aimlapi, and this request went to gmicloud"),
        (r#"{"then":{"answer":{"options":{"no_such":"x"}}}}"#, "no_such"),
        (r#"{"match":{"vendor":"302ai"},"then":{}}"#, "is of 302ai, and this request went to gmicloud"),
    ] {
        let answer = surface.submit_with(header).await;
        assert_eq!(answer.status, 200, "{header}");
        assert!(warning(&answer).contains(said), "{header}: {:?}", answer.headers);
        let notes = latest_notes(&surface).await;
        assert!(notes.iter().any(|note| note.contains(said)), "{header}: {notes:?}");
    }
    for (prompt, said) in [
        ("[mock:problem=rate_limit]", "did you mean `rate_limited`?"),
        ("[mock:fail=moderaton]", "did you mean `moderation`?"),
        ("[mock:stuk]", "did you mean `stuck`?"),
        ("[mock:scenario=rehersal]", "did you mean `rehearsal`?"),
        ("[mock:scenario=aimlapi/rehearsal]", "is of aimlapi, and this request went to gmicloud"),
        ("[mock:stuck", "has no closing bracket"),
    ] {
        let answer = surface.submit_saying(prompt).await;
        assert_eq!(answer.status, 200, "{prompt}");
        assert!(warning(&answer).contains(said), "{prompt}: {:?}", answer.headers);
        let notes = latest_notes(&surface).await;
        assert!(notes.iter().any(|note| note.contains(said)), "{prompt}: {notes:?}");
    }
}

#[tokio::test]
async fn what_is_understood_makes_no_noise() {
    let emulator = quiet().start().await.unwrap();
    let surface = Surface::named(&emulator, "gmicloud", KEY);
    for answer in [
        surface.submit().await,
        surface.submit_with("none").await,
        surface.submit_with("rehearsal").await,
        surface.submit_with(r#"{"match":{"operation":"poll"},"then":{"answer":{"status":201}}}"#).await,
        surface.submit_saying("a cat [mock:slow=2] [mock:scenario=gmicloud/reply-2025]").await,
        surface.submit_saying("a cat [mock:scenario=rehearsal] [mock:slow=2]").await,
    ] {
        assert_eq!(answer.header(WARNING), None, "{answer:?}");
    }
}

#[tokio::test]
async fn a_warning_is_one_short_line_of_plain_letters() {
    let emulator = quiet().start().await.unwrap();
    let surface = Surface::named(&emulator, "gmicloud", KEY);
    let prompt = format!("[mock:\r\nx-injected: 1\u{e9}]{}", "[mock:what]".repeat(500));
    let answer = surface.submit_saying(&prompt).await;
    assert_eq!(answer.header("x-injected"), None);
    let said = warning(&answer);
    assert!(!said.is_empty() && said.len() <= 1_000, "{} bytes: {said}", said.len());
    assert!(said.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{said}");
}

#[tokio::test]
async fn a_download_warns_as_a_submit_does() {
    let vendor = with_stamps(&mockreel_contracts::vendor("gmicloud").unwrap());
    let emulator = quiet().vendor(vendor.clone()).start().await.unwrap();
    let surface = Surface::new(&emulator, &vendor, KEY);
    let url = finished_video(&surface).await;
    let request = surface.caller.request(Method::GET, &url).header("x-mockreel-scenario", "rehersal");
    let answer = surface.caller.send(request).await;
    assert!(warning(&answer).contains("did you mean `rehearsal`?"), "{:?}", answer.headers);
    let notes = latest_notes(&surface).await;
    assert!(notes.iter().any(|note| note.contains("did you mean `rehearsal`?")), "{notes:?}");
}

/// The address of a job's video.
async fn finished_video(surface: &Surface<'_>) -> String {
    let id = surface.accepted().await;
    surface.emulator.clock(&surface.key).advance_until_job(&id).await.unwrap();
    surface.look(&id).await.video_url.expect("a finished job has a video")
}

#[tokio::test]
async fn every_effect_is_noted_where_it_was_met() {
    let vendor = with_stamps(&mockreel_contracts::vendor("gmicloud").unwrap());
    let emulator = quiet().vendor(vendor.clone()).start().await.unwrap();
    let surface = Surface::new(&emulator, &vendor, KEY);
    for (then, said) in [
        (json!({"job": {"hold": "queued"}}), r#"on the job: {"hold":"queued"}"#),
        (json!({"answer": {"status": 299}}), r#"on the answer: {"status":299}"#),
        (json!({"result": {"fault": "html"}}), r#"on downloads of the result: {"fault":"html"}"#),
        (json!({"callback": {"copies": 2}}), r#"on callbacks: {"copies":2"#),
        (
            json!({"wire": {"fault": "slow_first_byte", "delay": 0.01}}),
            r#"on the wire: {"fault":"slow_first_byte""#,
        ),
    ] {
        surface.order(Operation::Submit, &then).await;
        surface.submit().await;
        let notes = latest_notes(&surface).await;
        assert!(notes.iter().any(|note| note.contains(said)), "{then}: {notes:?}");
    }
    surface.admin(Method::DELETE, "scenarios", &Value::Null).await;
    let url = finished_video(&surface).await;
    for fault in ["html", "truncate", "expired", "missing"] {
        let order = json!({"then": {"result": {"fault": fault}}}).to_string();
        let request = surface.caller.request(Method::GET, &url).header("x-mockreel-scenario", order);
        // A download that is cut off is an error to the client, and no matter here.
        let _ = request.send().await.unwrap().bytes().await;
        let notes = latest_notes(&surface).await;
        let said = format!(r#"on this download: {{"fault":"{fault}""#);
        assert!(notes.iter().any(|note| note.contains(&said)), "{fault}: {notes:?}");
    }
    let order = json!({"then": {"wire": {"fault": "reset", "after_bytes": 10}}}).to_string();
    let request = surface.caller.request(Method::GET, &url).header("x-mockreel-scenario", order);
    let _ = request.send().await.map(|_| ());
    let notes = latest_notes(&surface).await;
    assert!(notes.iter().any(|note| note.contains(r#"on the wire: {"fault":"reset""#)), "{notes:?}");
}

#[tokio::test]
async fn a_submit_lists_each_note_once() {
    let emulator = quiet().start().await.unwrap();
    let surface = Surface::named(&emulator, "gmicloud", KEY);
    surface.submit_saying("[mock:what] [mock:scenario=no-such]").await;
    let notes = latest_notes(&surface).await;
    let mut distinct = notes.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), notes.len(), "{notes:?}");
    assert!(notes.len() >= 2, "{notes:?}");
}

#[tokio::test]
async fn a_fault_that_a_submit_orders_for_its_result_wins_over_the_rehearsal() {
    let vendor = with_stamps(&mockreel_contracts::vendor("gmicloud").unwrap());
    let builder = quiet().vendor(vendor.clone()).scenario_set("rehearsal").unwrap();
    let emulator = builder.start().await.unwrap();
    let (mut jobs, mut number) = (0, 0);
    while jobs < 8 {
        number += 1;
        assert!(number < 100, "the rehearsal lets some through");
        let surface = Surface::new(&emulator, &vendor, &format!("{KEY}-{number}"));
        let header = r#"{"then":{"job":{"end":"succeeded"},"result":{"fault":"html"}}}"#;
        let request = surface.caller.request(Method::POST, &surface.submit_url());
        let request = request.header("x-mockreel-scenario", header).json(&surface.body("a cat"));
        let Ok(answer) = request.send().await else { continue };
        let Ok(accepted) = answer.json::<Value>().await else { continue };
        let Some(id) = accepted["request_id"].as_str() else { continue };
        jobs += 1;
        surface.emulator.clock(&surface.key).advance_until_job(id).await.unwrap();
        let request = surface.caller.request(Method::GET, &surface.poll_url(id));
        let answer = surface.caller.send(request.header("x-mockreel-scenario", "none")).await;
        let url = surface.seen(Operation::Poll, &answer).video_url.expect("a finished job has a video");
        // The rehearsal may still reset the connection: that is another point.
        let Ok(answer) = surface.caller.request(Method::GET, &url).send().await else { continue };
        let kind = answer.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
        assert!(
            answer.status() == 200 && kind.is_some_and(|kind| kind.starts_with("text/html")),
            "job {jobs}"
        );
    }
}

#[tokio::test]
async fn strict_directives_refuse_what_cannot_be_followed_and_say_what_was_expected() {
    let vendor = with_stamps(&mockreel_contracts::vendor("gmicloud").unwrap());
    let emulator = quiet().vendor(vendor.clone()).strict_directives().start().await.unwrap();
    let surface = Surface::new(&emulator, &vendor, KEY);
    let url = finished_video(&surface).await;
    let before = emulator.jobs(KEY).list().await.len();
    let download = surface.caller.request(Method::GET, &url).header("x-mockreel-scenario", "rehersal");
    for number in 0..3 {
        let (answer, said) = match number {
            0 => (surface.submit_with("rehersal").await, "did you mean `rehearsal`?"),
            1 => (surface.submit_saying("[mock:problem=rate_limit]").await, "did you mean `rate_limited`?"),
            _ => (surface.caller.send(download.try_clone().unwrap()).await, "did you mean `rehearsal`?"),
        };
        assert_eq!((answer.status, answer.header("content-type")), (400, Some("application/problem+json")));
        assert_eq!(answer.members(), ["type", "title", "status", "detail"]);
        assert!(answer.text().contains(said) && warning(&answer).contains(said), "{}", answer.text());
        let notes = latest_notes(&surface).await;
        assert!(notes.iter().any(|note| note.contains(said)), "{notes:?}");
    }
    assert_eq!(emulator.jobs(KEY).list().await.len(), before, "nothing was accepted");
    assert_eq!(surface.submit_with(r#"{"then":{"answer":{"status":299}}}"#).await.status, 299);
    assert_eq!(surface.submit_saying("[mock:slow=1]").await.status, 200);
}

#[tokio::test]
async fn a_request_that_is_spared_still_follows_its_own_prompt() {
    let emulator = quiet().start().await.unwrap();
    let surface = Surface::named(&emulator, "gmicloud", KEY);
    surface.order(Operation::Submit, &json!({"answer": {"status": 299}})).await;
    let spared = async |prompt: &str| {
        let request = surface.caller.request(Method::POST, &surface.submit_url());
        let request = request.header("x-mockreel-scenario", "none").json(&surface.body(prompt));
        surface.caller.send(request).await.status
    };
    assert_eq!(spared("a cat").await, 200);
    assert_eq!(spared("[mock:problem=overloaded]").await, 503);
}
