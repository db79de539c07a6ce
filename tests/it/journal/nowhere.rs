//! Requests that no vendor serves, and paths that a vendor does not have: the journal names the nearest path.

use mockreel_emulator::Limits;
use reqwest::Method;
use serde_json::{Value, json};

use super::{QUEUE, latest, listed, queued};
use crate::support::{Answer, Caller, KEY, quiet};

async fn send(emulator: &mockreel_emulator::Emulator, method: &str, path: &str) -> Answer {
    let caller = Caller::with_key(KEY);
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    caller.send(caller.request(method, &format!("{}{path}", emulator.base()))).await
}

#[tokio::test]
async fn a_request_that_no_vendor_serves_is_in_the_journal_with_the_nearest_path() {
    let emulator = quiet().start().await.unwrap();
    for (method, path, nearest) in [
        ("POST", "/v2/video/generations", Some("POST /aimlapi/v2/video/generations")),
        ("POST", "/aiml/v2/video/generations", Some("POST /aimlapi/v2/video/generations")),
        ("POST", "/AIMLAPI/v2/video/generations", Some("POST /aimlapi/v2/video/generations")),
        ("POST", "//aimlapi/v2/video/generations", Some("POST /aimlapi/v2/video/generations")),
        ("POST", "/v1/aimlapi/v2/video/generations", Some("POST /aimlapi/v2/video/generations")),
        (
            "POST",
            "/gmi/api/v1/ie/requestqueue/apikey/requests",
            Some("POST /gmicloud/api/v1/ie/requestqueue/apikey/requests"),
        ),
        ("GET", "/", None),
        ("GET", "/favicon.ico", None),
        ("POST", "/kling/v1/videos/image2video", None),
        ("POST", "/chat/completions?token=SECRETTOKEN", None),
    ] {
        let answer = send(&emulator, method, path).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
        let entry = latest(&emulator).await;
        assert_eq!(
            (&entry["vendor"], &entry["edition"], &entry["operation"]),
            (&Value::Null, &Value::Null, &Value::Null)
        );
        assert_eq!((&entry["status"], &entry["problem"]), (&json!(404), &json!("unknown_route")), "{path}");
        assert_eq!(entry["method"], method, "{entry}");
        assert!(entry["path"].as_str().unwrap().starts_with(path.split('?').next().unwrap()), "{entry}");
        let notes = entry["notes"].to_string();
        match nearest {
            Some(nearest) => {
                let hint = format!("did you mean {nearest}?");
                assert!(notes.contains(&hint), "{path}: {notes}");
                assert!(answer.text().contains(&hint), "{path}: {}", answer.text());
            }
            None => assert!(!notes.contains("did you mean"), "{path}: {notes}"),
        }
        assert!(notes.contains("no vendor is served here"), "{path}: {notes}");
        assert!(!entry.to_string().contains("SECRETTOKEN") && !entry.to_string().contains(KEY), "{entry}");
    }
    let caller = Caller::with_key(KEY);
    let request = caller.request(Method::GET, &format!("{}/v2/video/generations", emulator.base()));
    let answer = caller.send(request.header("host", "api.aimlapi.example")).await;
    assert_eq!(answer.status, 404);
    let notes = latest(&emulator).await["notes"].to_string();
    assert!(notes.contains("did you mean GET /aimlapi/v2/video/generations?"), "{notes}");
    let by_problem = listed(&emulator, "?problem=unknown_route&status=404").await;
    assert_eq!(by_problem["total"], 11, "{by_problem}");
    let own = listed(&emulator, &format!("?account={KEY}")).await;
    assert_eq!(own["total"], 11, "whoever sent a key finds what went astray by it: {own}");
}

#[tokio::test]
async fn a_path_that_a_vendor_does_not_have_keeps_the_vendors_answer_and_the_journal_names_the_nearest() {
    let emulator = quiet().start().await.unwrap();
    let submit = "did you mean POST /aimlapi/v2/video/generations?";
    for (method, path, hint) in [
        ("POST", "/aimlapi/v2/v2/video/generations", submit),
        ("POST", "/aimlapi/v1/video/generations", submit),
        ("POST", "/aimlapi//v2/video/generations", submit),
        ("POST", "/aimlapi/v2/video/generations/", submit),
        ("POST", "/aimlapi/V2/Video/generations", submit),
        ("POST", "/aimlapi/v2/video/generation", submit),
        ("PUT", "/aimlapi/v2/video/generations", "did you mean "),
        ("DELETE", "/gmicloud/api/v1/ie/requestqueue/apikey/requests", "did you mean "),
        (
            "POST",
            "/302ai/klingai/m2v_txt2video_hq_5",
            "did you mean POST /302ai/klingai/m2v_txt2video_hq_5s?",
        ),
    ] {
        let answer = send(&emulator, method, path).await;
        assert!(matches!(answer.status, 404 | 405), "{path}: {}", answer.text());
        assert_ne!(answer.header("content-type"), Some("application/problem+json"), "{path}");
        assert!(!answer.text().contains("did you mean"), "{path}: {}", answer.text());
        let entry = latest(&emulator).await;
        assert_eq!(entry["problem"], "unknown_route", "{entry}");
        assert!(entry["notes"].to_string().contains(hint), "{method} {path}: {}", entry["notes"]);
    }
}

#[tokio::test]
async fn an_edition_that_is_not_served_is_refused_with_those_that_are() {
    let emulator = quiet().start().await.unwrap();
    for (path, edition) in [
        ("/aimlapi@2024-01/v2/video/generations", "aimlapi@2024-01"),
        ("/aimlapi%402024-01/v2/video/generations", "aimlapi@2024-01"),
        ("/gmicloud@2020-07/api", "gmicloud@2020-07"),
        ("/aimlapi@yesterday/v2", "aimlapi@yesterday"),
    ] {
        let answer = send(&emulator, "GET", path).await;
        assert_eq!(answer.status, 404, "{path}");
        let text = answer.text();
        let newest = mockreel_contracts::vendor(edition.split('@').next().unwrap()).unwrap();
        assert!(text.contains(&format!("`{edition}`")), "{path}: {text}");
        assert!(text.contains(&newest.contract.edition), "{path}: {text}");
        assert!(!text.contains("no vendor is served here"), "{path}: {text}");
        let notes = latest(&emulator).await["notes"].to_string();
        assert!(notes.contains(&newest.contract.edition), "{notes}");
    }
}

#[tokio::test]
async fn an_account_that_was_never_seen_is_said_to_be_unknown() {
    let emulator = quiet().start().await.unwrap();
    queued(&emulator, KEY, "a cat").await;
    assert_eq!(listed(&emulator, &format!("?account={KEY}")).await["known"], true);
    assert_eq!(listed(&emulator, "?account=NEVERSEEN").await["known"], false);
    assert_eq!(listed(&emulator, "").await.get("known"), None);
    assert_eq!(listed(&emulator, "?account=*").await.get("known"), None);
    send(&emulator, "GET", "/acme").await;
    let other = Caller::with_key("other");
    other.get(&format!("{}/acme", emulator.base())).await;
    assert_eq!(listed(&emulator, "?account=other").await["known"], true, "it went astray, but was seen");
}

#[tokio::test]
async fn a_request_without_a_key_is_found_by_its_status() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::without_key();
    caller.get(&format!("{}{QUEUE}", emulator.url("gmicloud"))).await;
    let refused = listed(&emulator, "?status=401").await;
    assert_eq!(refused["total"], 1, "{refused}");
    assert_eq!(refused["requests"][0]["account"], "anonymous");
}

#[tokio::test]
async fn what_goes_astray_never_crowds_out_what_others_did() {
    let limits = Limits { journal_entries: 20, ..Limits::default() };
    let emulator = quiet().limits(limits).start().await.unwrap();
    queued(&emulator, "quiet one", "a cat").await;
    let stray = Caller::without_key();
    for number in 0..60 {
        stray.get(&format!("{}/acme/{number}", emulator.base())).await;
    }
    assert_eq!(listed(&emulator, "?account=quiet one").await["total"], 1);
    assert_eq!(listed(&emulator, "").await["total"], 20);
    let long = "x".repeat(60_000);
    let answer = stray.get(&format!("{}/acme/{long}", emulator.base())).await;
    assert_eq!(answer.status, 404);
    assert!(answer.bytes.len() < 2_000, "{} bytes", answer.bytes.len());
}
