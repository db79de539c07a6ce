//! Orders that are contradictory, spelt otherwise, or can meet nothing: none of them passes in silence.

use mockreel_contracts::Operation;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Surface, with_stamps};
use crate::support::{Answer, KEY, newest, quiet};

/// What an answer says about orders that cannot be followed.
fn warning(answer: &Answer) -> &str {
    answer.header("x-mockreel-warning").unwrap_or_default()
}

/// The notes of the latest request.
async fn latest_notes(surface: &Surface<'_>) -> String {
    let latest = surface.admin(Method::GET, "requests?limit=1", &Value::Null).await.json();
    latest["requests"][0]["notes"].to_string()
}

const PROMPTS: [(&str, &str); 19] = [
    ("[mock:fail=moderation][mock:fail=timeout]", "contradicts the earlier"),
    ("[mock:stuck][mock:fail=timeout]", "contradict each other"),
    ("[mock:stuck][mock:slow=5]", "contradict each other"),
    ("[mock:problem=overloaded][mock:fail=timeout]", "contradict each other"),
    ("[mock:slow=99999999999]", "from 0 to 3155760000"),
    ("[Mock:stuck]", "expected `[mock:stuck]`"),
    ("[ mock:stuck]", "expected `[mock:stuck]`"),
    ("[mock :stuck]", "expected `[mock:stuck]`"),
    ("[mock-stuck]", "expected `[mock:stuck]`"),
    ("[mock=fail=timeout]", "expected `[mock:fail=timeout]`"),
    ("\u{ff3b}mock:stuck\u{ff3d}", "expected `[mock:stuck]`"),
    ("\u{3010}mock\u{ff1a}stuck\u{3011}", "expected `[mock:stuck]`"),
    ("{mock:stuck}", "expected `[mock:stuck]`"),
    ("[mock:FAIL=timeout]", "did you mean `fail`?"),
    ("[mock:scenario=polls]", "is about the operation `poll`"),
    ("[mock:scenario=dogs]", "the `prompt` of its `match` does not fit"),
    ("[mock:scenario=other]", "the `model` of its `match` does not fit"),
    ("[mock:slow=2][mock:scenario=gmicloud/stuck-queue]", "`job` is ordered twice"),
    ("[mock:slow=2][mock:scenario=gmicloud/exhausted]", "refuses the submit about whose job"),
];

async fn with_scenarios(surface: &Surface<'_>) {
    let list = json!([
        {"name": "polls", "match": {"operation": "poll", "calls": {"first": 1}}, "then": {"answer": {"status": 299}}},
        {"name": "dogs", "match": {"prompt": "only dogs"}, "then": {"job": {"slower": 1}}},
        {"name": "other", "match": {"model": "*image-to-image-of-nobody*"}, "then": {"job": {"slower": 1}}},
    ]);
    surface.scenario(&list).await;
}

#[tokio::test]
async fn an_order_in_a_prompt_that_is_wrong_or_useless_is_loud() {
    let emulator = quiet().start().await.unwrap();
    let surface = Surface::named(&emulator, "gmicloud", KEY);
    with_scenarios(&surface).await;
    for (prompt, expected) in PROMPTS {
        let answer = surface.submit_saying(prompt).await;
        assert!(warning(&answer).contains(expected), "{prompt}: {:?}", answer.headers);
        let notes = latest_notes(&surface).await;
        assert!(notes.contains(&expected.replace('"', "\\\"")), "{prompt}: {notes}");
        assert!(!notes.contains("fails later") || !prompt.contains("stuck"), "{prompt}: {notes}");
    }
    let answer = surface.submit_saying("a mock trial, (mock fight), [mockup]").await;
    assert_eq!((answer.status, warning(&answer)), (200, ""));
}

#[tokio::test]
async fn strict_directives_refuse_what_is_wrong_or_useless() {
    let emulator = quiet().strict_directives().start().await.unwrap();
    let surface = Surface::named(&emulator, "gmicloud", KEY);
    with_scenarios(&surface).await;
    for (prompt, expected) in PROMPTS {
        let answer = surface.submit_saying(prompt).await;
        assert!(answer.status == 400 && answer.text().contains(expected), "{prompt}: {}", answer.text());
    }
    let order =
        |url: String| surface.caller.request(Method::GET, &url).header("x-mockreel-scenario", "rehearsal");
    for url in
        [format!("{}/no/such/path", emulator.url("gmicloud")), format!("{}/no-vendor", emulator.base())]
    {
        let answer = surface.caller.send(order(url.clone())).await;
        assert_eq!(answer.status, 400, "{url}: {}", answer.text());
    }
    assert!(emulator.jobs(KEY).list().await.is_empty(), "nothing was accepted");
}

#[tokio::test]
async fn a_directive_outside_the_prompt_is_loud() {
    let emulator = quiet().start().await.unwrap();
    let surface = Surface::named(&emulator, "gmicloud", KEY);
    let mut elsewhere = surface.body("a cat");
    elsewhere["payload"]["negative_prompt"] = "[mock:stuck]".into();
    let answer = surface.caller.post(&surface.submit_url(), &elsewhere).await;
    assert!(warning(&answer).contains("outside the prompt"), "{:?}", answer.headers);
    let mut unknown = surface.body("a cat [mock:stuck]");
    unknown["model"] = "no-such-model".into();
    let answer = surface.caller.post(&surface.submit_url(), &unknown).await;
    assert!(warning(&answer).contains("no prompt can be read"), "{:?}", answer.headers);
    let request = surface.caller.request(Method::POST, &surface.submit_url());
    let broken = request.header("content-type", "application/json").body("{\"prompt\": \"[mock:stuck]\"");
    let answer = surface.caller.send(broken).await;
    assert!(warning(&answer).contains("no prompt can be read"), "{:?}", answer.headers);
}

#[tokio::test]
async fn a_header_on_a_path_that_nobody_has_is_loud() {
    let emulator = quiet().start().await.unwrap();
    let surface = Surface::named(&emulator, "gmicloud", KEY);
    for url in
        [format!("{}/no/such/path", emulator.url("gmicloud")), format!("{}/no-vendor", emulator.base())]
    {
        let ask = async |order: &str| {
            let request = surface.caller.request(Method::GET, &url).header("x-mockreel-scenario", order);
            surface.caller.send(request).await
        };
        let answer = ask("rehearsal").await;
        assert_eq!(answer.status, 404, "{url}");
        assert!(warning(&answer).contains("`x-mockreel-scenario` is not followed"), "{:?}", answer.headers);
        let notes = latest_notes(&surface).await;
        assert!(notes.contains("`x-mockreel-scenario` is not followed"), "{url}: {notes}");
        assert_eq!(warning(&ask("none").await), "", "{url}");
    }
}

#[tokio::test]
async fn a_header_that_can_meet_nothing_is_loud() {
    let emulator = quiet().start().await.unwrap();
    let surface = Surface::named(&emulator, "gmicloud", KEY);
    for (header, expected) in [
        (r#"{"then":{}}"#, "`then` says nothing"),
        (r#"{"then":{"job":{"hold":"queued","end":"failed"}}}"#, "`hold` does not go with"),
        (r#"{"match":{"operation":"poll"},"then":{"job":{"slower":1}}}"#, "`job` is never met"),
        (r#"{"match":{"calls":{"nth":[0]}},"then":{"job":{"slower":1}}}"#, "counts from 1"),
        (r#"{"match":{"model":"no-such-*"},"then":{"job":{"slower":1}}}"#, "`model` is `no-such-*`"),
        (r#"{"then":{"job":{"slower":99999999999}}}"#, "from 0 to 3155760000"),
    ] {
        let answer = surface.submit_with(header).await;
        assert!(warning(&answer).contains(expected), "{header}: {:?}", answer.headers);
    }
    let polls = r#"{"match":{"operation":"poll"},"then":{"answer":{"status":201}}}"#;
    assert_eq!(warning(&surface.submit_with(polls).await), "", "one header may go with all requests");
    let notes = latest_notes(&surface).await;
    assert!(notes.contains("does not meet this request"), "{notes}");
    let request = surface.caller.request(Method::GET, &surface.poll_url("no-such-job"));
    let answer =
        surface.caller.send(request.header("x-mockreel-scenario", r#"{"then":{"job":{"slower":1}}}"#)).await;
    assert_eq!(warning(&answer), "");
    let notes = latest_notes(&surface).await;
    assert!(notes.contains("orders nothing that the operation `poll` meets: it is about job"), "{notes}");
}

#[tokio::test]
async fn a_header_that_can_meet_no_request_to_its_vendor_is_refused_by_strict_directives() {
    let emulator = quiet().strict_directives().start().await.unwrap();
    for (vendor, header, expected) in [
        (
            "gmicloud",
            r#"{"match":{"account":"key-of-somebody"},"then":{"job":{"slower":1}}}"#,
            "is another one than",
        ),
        (
            "gmicloud",
            r#"{"match":{"operation":"balance"},"then":{"answer":{"status":500}}}"#,
            "no operation `balance`",
        ),
        ("gmicloud", r#"{"then":{"callback":{"send":true}}}"#, "gmicloud sends none"),
        ("302ai", r#"{"then":{"callback":{"copies":2}}}"#, "names no receiver in `"),
        ("gmicloud", "stuck-queue", "did you mean `gmicloud/stuck-queue`?"),
        ("gmicloud", "out-of-credits", "did you mean `gmicloud/out-of-credits`?"),
        ("gmicloud", "None", "did you mean `none`?"),
    ] {
        let surface = Surface::named(&emulator, vendor, KEY);
        let answer = surface.submit_with(header).await;
        assert!(
            answer.status == 400 && answer.text().contains(expected),
            "{vendor} {header}: {}",
            answer.text()
        );
    }
    // One header may go with all requests of a client.
    let surface = Surface::named(&emulator, "aimlapi", KEY);
    for header in
        ["aimlapi/bad-gateway", r#"{"match":{"operation":"poll"},"then":{"answer":{"status":201}}}"#]
    {
        let answer = surface.submit_with(header).await;
        assert!(surface.seen(Operation::Submit, &answer).id.is_some(), "{header}: {}", answer.text());
    }
    for name in ["x-mockreel-scenarios", "x-mockreel-scenaro", "mockreel-scenario", "x-mock-scenario"] {
        let request = surface.caller.request(Method::POST, &surface.submit_url());
        let answer =
            surface.caller.send(request.header(name, "rehearsal").json(&surface.body("a cat"))).await;
        assert!(
            answer.status == 400 && answer.text().contains("is no header of Mockreel"),
            "{name}: {}",
            answer.text()
        );
    }
}

#[tokio::test]
async fn the_control_api_refuses_what_is_wrong_and_warns_of_what_is_suspicious() {
    let emulator = quiet().start().await.unwrap();
    let surface = Surface::named(&emulator, "gmicloud", KEY);
    let model = surface.model().id.clone();
    for (scenario, expected) in [
        (json!({"then": {"job": {"hold": "queued", "end": "failed"}}}), "`hold` does not go with"),
        (
            json!({"match": {"operation": "poll"}, "then": {"callback": {"copies": 2}}}),
            "`callback` is never met",
        ),
        (json!({"match": {"calls": {"nth": [0]}}, "then": {"job": {"slower": 1}}}), "counts from 1"),
    ] {
        let answer = surface.admin(Method::POST, "scenarios", &scenario).await;
        assert!(answer.status == 400 && answer.text().contains(expected), "{}", answer.text());
    }
    for (scenario, expected) in [
        (json!({"name": "a", "then": {}}), "scenario `a`: `then` says nothing"),
        (
            json!({"match": {"model": format!("{model}x")}, "then": {"job": {"slower": 1}}}),
            &format!("did you mean `{model}`?"),
        ),
        (json!({"match": {"account": "another"}, "then": {"job": {"slower": 1}}}), "`account` names another"),
    ] {
        let answer = surface.admin(Method::POST, "scenarios", &scenario).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(answer.json()["warnings"][0].as_str().unwrap().contains(expected), "{}", answer.text());
    }
    surface.admin(Method::DELETE, "scenarios", &Value::Null).await;
    let sound = json!({"match": {"model": model}, "then": {"job": {"slower": 1}}});
    let answer = surface.admin(Method::POST, "scenarios", &sound).await.json();
    assert!(answer.get("warnings").is_none(), "{answer}");
}

#[tokio::test]
async fn a_submit_whose_job_is_ordered_gets_through_the_rehearsal() {
    let emulator = quiet().scenario_set("rehearsal").unwrap().start().await.unwrap();
    for number in 0..20 {
        let surface = Surface::named(&emulator, "gmicloud", &format!("{KEY}-{number}"));
        for answer in [
            surface.submit_saying("a cat [mock:fail=moderation]").await,
            surface.submit_saying("a cat [mock:slow=3]").await,
            surface.submit_with(r#"{"then":{"job":{"end":"succeeded"}}}"#).await,
            surface.submit_with(r#"{"then":{"result":{"fault":"html"}}}"#).await,
        ] {
            assert_eq!(answer.status, 200, "{number}: {}", answer.text());
            assert!(surface.seen(Operation::Submit, &answer).id.is_some(), "{}", answer.text());
        }
        let about = json!({"match": {"operation": "submit", "prompt": "cat"}, "then": {"job": {"reason": "timeout"}}});
        surface.scenario(&about).await;
        assert_eq!(surface.submit().await.status, 200, "{number}");
        let refused =
            surface.submit_saying("a cat [mock:fail=moderation][mock:scenario=gmicloud/exhausted]").await;
        assert_ne!(refused.status, 200, "it is ordered otherwise");
    }
}

#[tokio::test]
async fn a_result_that_is_ordered_in_a_header_for_a_job_that_fails_by_its_prompt_is_loud() {
    let emulator = quiet().strict_directives().start().await.unwrap();
    let surface = Surface::named(&emulator, "gmicloud", KEY);
    for (prompt, expected) in [
        ("[mock:fail=timeout]", "orders a `result` that is never met"),
        ("[mock:problem=timeout]", "refuses the submit about whose job"),
    ] {
        let request = surface.caller.request(Method::POST, &surface.submit_url());
        let request = request.header("x-mockreel-scenario", r#"{"then":{"result":{"fault":"missing"}}}"#);
        let answer = surface.caller.send(request.json(&surface.body(prompt))).await;
        assert!(answer.status == 400 && answer.text().contains(expected), "{prompt}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_result_that_is_ordered_is_there_to_be_met_under_the_rehearsal() {
    let settings = quiet().seed(7).latency("instant".parse().unwrap());
    let emulator = settings.scenario_set("rehearsal").unwrap().start().await.unwrap();
    for vendor in newest() {
        for number in 0..40 {
            let surface = Surface::new(&emulator, &with_stamps(&vendor), &format!("r{number}"));
            let answer = surface.submit_with(r#"{"then":{"result":{"fault":"missing"}}}"#).await;
            let id = surface.seen(Operation::Submit, &answer).id.unwrap();
            surface.wait(10.0).await;
            let told = surface.told(&id).await;
            assert_eq!(told["phase"], "succeeded", "{} r{number}: {told}", vendor.id());
        }
    }
}
