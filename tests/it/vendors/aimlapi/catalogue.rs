//! The catalogue and the feed of models that go: tags, 304, filters and paths.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Caller, quiet};
use crate::vendors::{Visit, names};

const FEED: &str = "/v1/models/deprecations";

async fn get(visit: &Visit, path: &str, tag: Option<&str>) -> Answer {
    let caller = Caller::without_key();
    let request = caller.request(Method::GET, &visit.url(path));
    let request = tag.into_iter().fold(request, |request, tag| request.header("if-none-match", tag));
    caller.send(request).await
}

async fn ids(visit: &Visit, query: &str) -> Vec<String> {
    let answer = get(visit, &format!("{FEED}{query}"), None).await;
    assert_eq!(answer.status, 200, "{query}");
    let body = answer.json();
    body["data"].as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_feed_is_as_the_page_quotes_it() {
    let visit = Visit::to("aimlapi").await;
    for path in ["/v1/models", "/models", "/api/v1/models"] {
        for word in ["deprecations", "deprecated"] {
            let answer = get(&visit, &format!("{path}/{word}"), None).await;
            assert_eq!(answer.status, 200, "{path}/{word}");
            assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
            let body = answer.json();
            assert_eq!(names(&body), ["object", "generated_at", "data"]);
            assert_eq!(
                (&body["object"], &body["generated_at"]),
                (&json!("list"), &json!("2026-01-01T00:00:00.000Z"))
            );
            let quoted = json!([
                {"id":"openai/gpt-5.3-chat","aliases":["gpt-5.3-chat"],"status":"withdrawn","deprecated_at":"2026-08-10","shutdown_at":"2026-08-10","replaced_by":"openai/gpt-5.3-codex","reason":"provider_delisted"},
                {"id":"aura-2-zeus-en","aliases":["deepgram/aura-2-zeus-en","#g1_aura-2-zeus-en"],"status":"superseded","deprecated_at":"2026-06-26","shutdown_at":null,"replaced_by":"deepgram/aura-2","reason":"consolidated"},
            ]);
            assert_eq!(body["data"].to_string(), quoted.to_string(), "newest first");
        }
    }
}

#[tokio::test]
async fn the_feed_is_filtered_and_what_a_filter_does_not_understand_is_passed_over() {
    let visit = Visit::to("aimlapi").await;
    let (gone, replaced) = ("openai/gpt-5.3-chat", "aura-2-zeus-en");
    for (query, found) in [
        ("", vec![gone, replaced]),
        ("?status=withdrawn", vec![gone]),
        ("?status=SUPERSEDED", vec![replaced]),
        ("?status=withdrawn,superseded", vec![gone, replaced]),
        ("?status=superseded&status=withdrawn", vec![gone, replaced]),
        ("?status=nonsense", vec![gone, replaced]),
        ("?status=nonsense,withdrawn", vec![gone]),
        ("?since=2026-07-01", vec![gone]),
        ("?since=2026-06-26", vec![gone, replaced]),
        ("?since=2026-08-11", vec![]),
        ("?since=yesterday", vec![gone, replaced]),
        ("?since=2026-02-31", vec![gone, replaced]),
        ("?status=superseded&since=2026-07-01", vec![]),
        ("?other=1", vec![gone, replaced]),
    ] {
        assert_eq!(ids(&visit, query).await, found, "{query}");
    }
}

#[tokio::test]
async fn whoever_has_the_newest_answer_is_told_so_without_a_body() {
    let visit = Visit::to("aimlapi").await;
    for path in ["/v1/models", FEED] {
        let first = get(&visit, path, None).await;
        let tag = first.header("etag").unwrap().to_owned();
        assert!(tag.starts_with("W/\"") && tag.ends_with('"'), "{tag}");
        // Another moment, the same models: `generated_at` is no part of the tag.
        visit.wait(3600).await;
        for given in [tag.as_str(), "*", &format!("\"other\", {tag}"), tag.trim_start_matches("W/")] {
            let again = get(&visit, path, Some(given)).await;
            assert_eq!((again.status, again.text().as_str()), (304, ""), "{path} {given}");
            assert_eq!(again.header("etag"), Some(tag.as_str()));
            assert_eq!(again.header("content-type"), None);
        }
        let other = get(&visit, path, Some("W/\"other\"")).await;
        assert_eq!((other.status, other.header("etag")), (200, Some(tag.as_str())));
    }
    let [all, some] =
        [get(&visit, FEED, None).await, get(&visit, &format!("{FEED}?status=withdrawn"), None).await];
    assert_ne!(all.header("etag"), some.header("etag"));
}

#[tokio::test]
async fn before_august_2026_there_was_neither_feed_nor_tag() {
    for edition in ["aimlapi@2026-06-12", "aimlapi@2025-07"] {
        let visit = Visit::at(edition, quiet()).await;
        assert_eq!(get(&visit, FEED, None).await.status, 404, "{edition}");
        assert_eq!(get(&visit, "/api/v1/models", None).await.status, 404, "{edition}");
        let listed = get(&visit, "/v1/models", Some("*")).await;
        assert_eq!((listed.status, listed.header("etag")), (200, None), "{edition}");
        assert!(listed.json()["data"].as_array().is_some_and(|models: &Vec<Value>| !models.is_empty()));
    }
}
