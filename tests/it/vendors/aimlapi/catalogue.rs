//! The catalogue with its sections and filters, and the feed of models that go: tags, 304, filters and paths.

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

const ONE: &str = "klingai/v2.1-master-image-to-video";

async fn listed(visit: &Visit, query: &str) -> Vec<Value> {
    let answer = get(visit, &format!("/v1/models{query}"), None).await;
    assert_eq!(answer.status, 200, "{query}");
    answer.json()["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn an_item_of_the_catalogue_is_its_identity_as_the_page_shows_it() {
    let visit = Visit::to("aimlapi").await;
    for item in listed(&visit, "").await {
        assert_eq!(names(&item), ["id", "info", "type", "aliases", "tags"], "{item}");
        assert_eq!(
            names(&item["info"]),
            ["releasedAt", "name", "developer", "description", "url", "docsUrl", "docsJson"]
        );
        assert_eq!(item["type"], "internal/video-generations/submit");
        assert_eq!((&item["aliases"], &item["tags"]), (&json!([]), &json!(["playground:video"])));
    }
    let one = &listed(&visit, &format!("?id={ONE}")).await[0];
    let file = "https://api.aimlapi.com/docs-json?model=klingai%2Fv2.1-master-image-to-video&endpoint=internal%2Fvideo-generations%2Fsubmit";
    assert_eq!(one["info"]["docsJson"], file);
}

#[tokio::test]
async fn sections_are_attached_where_they_are_asked_for_and_unknown_ones_are_passed_over() {
    let visit = Visit::to("aimlapi").await;
    let model = "kling-video/v1/standard/image-to-video";
    let sections = |item: &Value| names(item)[5..].join(",");
    for (query, expected) in [
        ("", ""),
        ("&include=pricing", "pricing"),
        ("&include=capabilities,pricing", "pricing,capabilities"),
        ("&include=capabilities&include=Modalities", "modalities,capabilities"),
        ("&include=all", "pricing,modalities,capabilities"),
        ("&details=true", "pricing,modalities,capabilities"),
        ("&details=false", ""),
        ("&include=prices,capabilities", "capabilities"),
    ] {
        let items = listed(&visit, &format!("?id={model}{query}")).await;
        assert_eq!((items.len(), sections(&items[0]).as_str()), (1, expected), "{query}");
        let one = get(&visit, &format!("/model/{model}?{query}"), None).await.json();
        assert_eq!(one, json!({"object": "model", "data": items[0]}), "{query}");
    }
    let all = &listed(&visit, &format!("?id={model}&include=all")).await[0];
    let units = json!([{"name": "second", "measure": "output", "price": 0.0315, "per": 1}]);
    assert_eq!(all["pricing"], json!({"kind": "fixed", "currency": "USD", "units": units}));
    assert_eq!(all["modalities"], json!({"input": ["text", "image"], "output": ["video"]}));
    assert_eq!(all["capabilities"], json!(["image_to_video"]));
}

#[tokio::test]
async fn the_catalogue_is_filtered_by_any_of_a_parameters_values_and_by_all_parameters() {
    let visit = Visit::to("aimlapi").await;
    let all = listed(&visit, "").await.len();
    let (pictured, worded) = (
        listed(&visit, "?capabilities=image_to_video").await,
        listed(&visit, "?capabilities=text_to_video").await,
    );
    assert!(!pictured.is_empty() && !worded.is_empty() && pictured.len() + worded.len() < all);
    assert!(pictured.iter().all(|item| item["id"].as_str().unwrap().ends_with("image-to-video")));
    let both = pictured.len() + worded.len();
    for (query, count) in [
        ("?capabilities=text_to_video,image_to_video", both),
        ("?capabilities=text_to_video&capabilities=IMAGE_TO_VIDEO", both),
        ("?capabilities=text_to_video&input_modalities=image", 0),
        ("?id=klingai/V2.1-master-image-to-video", 1),
        ("?id=klingai/v2.1-master-image-to-video,kling-video/v1/pro/text-to-video", 2),
        ("?id=nobody/nothing", 0),
        ("?type=internal/video-generations/submit", all),
        ("?type=chat-completion", 0),
        ("?tags=playground:video", all),
        ("?tags=playground:tts", 0),
        ("?output_modalities=video", all),
        ("?output_modalities=audio", 0),
        ("?modalities=video", all),
        ("?id=", all),
        ("?other=1", all),
    ] {
        assert_eq!(listed(&visit, query).await.len(), count, "{query}");
    }
}

#[tokio::test]
async fn one_model_has_a_page_whatever_its_case_and_an_unknown_one_is_not_found() {
    let visit = Visit::to("aimlapi").await;
    for path in [ONE, &ONE.to_uppercase(), &ONE.replace('/', "%2F")] {
        let answer = get(&visit, &format!("/model/{path}"), None).await;
        assert_eq!((answer.status, &answer.json()["data"]["id"]), (200, &json!(ONE)), "{path}");
    }
    for path in ["/model/nobody/nothing", "/model/openai/gpt-5.3-chat", "/model/", "/v1/model/x", "/models/x"]
    {
        assert_eq!(get(&visit, path, None).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn an_order_of_a_withdrawn_model_is_not_found() {
    let visit = Visit::to("aimlapi").await;
    let order = |model: &str| {
        let body = json!({"model": model, "prompt": "a boat", "image_url": "https://a.example/b.png"});
        let caller = Caller::with_key("aimlapi-withdrawn");
        let request = caller.request(Method::POST, &visit.url("/v2/video/generations")).json(&body);
        async move { caller.send(request).await.status }
    };
    for (model, status) in [("openai/gpt-5.3-chat", 404), ("gpt-5.3-chat", 404), ("nobody/nothing", 400)] {
        assert_eq!(order(model).await, status, "{model}");
    }
}

#[tokio::test]
async fn a_body_that_is_no_object_is_named_by_its_type() {
    for vendor in ["aimlapi", "apilaplas"] {
        let visit = Visit::to(vendor).await;
        let path =
            if vendor == "aimlapi" { "/v2/video/generations" } else { "/v2/generate/video/kling/generation" };
        for (body, kind) in
            [("[1]", "array"), ("\"x\"", "string"), ("null", "null"), ("1.5", "number"), ("true", "boolean")]
        {
            let caller = Caller::with_key("a-key-of-a-test");
            let request = caller.request(Method::POST, &visit.url(path));
            let answer = caller.send(request.header("content-type", "application/json").body(body)).await;
            let message = answer.json()["message"].as_str().unwrap_or_default().to_owned();
            assert_eq!(
                message,
                format!("Body validation error\nExpected object, received {kind}"),
                "{vendor}"
            );
        }
    }
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
