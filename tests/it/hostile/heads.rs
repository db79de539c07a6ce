//! Methods, paths, queries and headers that no client should send.

use reqwest::Method;
use reqwest::header::HeaderValue;
use serde_json::json;

use super::{poll_url, targets};
use crate::support::{Caller, KEY, quiet};

#[tokio::test]
async fn unknown_paths_and_methods_are_refused_in_the_vendors_own_words() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    for target in targets(&emulator).await {
        let base = &target.base;
        let mut urls: Vec<String> = target.routes().into_iter().map(|(_, _, url)| url).collect();
        for path in
            ["", "/", "//", "/nothing", "/%ff%fe", "/%00", "/%zz", "/a%2fb", "/\u{e9}", "/{}", "/a?%ff=%fe"]
        {
            urls.push(format!("{base}{path}"));
        }
        urls.push(format!("{base}/{}", "a/".repeat(10_000)));
        for url in urls {
            for method in ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get", "GET", "POST", "HEAD"]
            {
                let request = caller.request(Method::from_bytes(method.as_bytes()).unwrap(), &url);
                let answer = caller.send(request).await;
                let what: String = format!("{method} {url}").chars().take(120).collect();
                if method == "HEAD" {
                    assert!(answer.bytes.is_empty() && answer.status < 500, "{what}: {}", answer.status);
                    let kind = Some(target.contract.answers.content_type.as_str());
                    assert_eq!(answer.header("content-type"), kind, "{what}");
                } else {
                    target.assert_own(&what, &answer);
                    let served = ["GET", "POST"].contains(&method);
                    assert!(served || answer.status >= 400, "{what} was served: {}", answer.status);
                }
            }
        }
        target.assert_unharmed().await;
    }
}

#[tokio::test]
async fn ids_and_queries_are_never_too_long_or_too_strange() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    for target in targets(&emulator).await {
        let long = "x".repeat(60_000);
        let ids = [
            "%ff%fe",
            "%00",
            "%",
            "%zz",
            "%f0%9f%8e%ac",
            "null",
            "-0",
            "1e400",
            "..",
            "*",
            "%20",
            "a%2Fb",
            &long,
        ];
        for id in ids {
            let url = poll_url(&target.base, &target.contract, id);
            let answer = caller.get(&url).await;
            let what: String = format!("an id of {id}").chars().take(60).collect();
            target.assert_own(&what, &answer);
            assert!((400..500).contains(&answer.status), "{what}: {}", answer.status);
        }
        for (name, operation, url) in
            target.routes().into_iter().filter(|(_, operation, _)| operation.method == "GET")
        {
            for query in [
                "",
                "&&&",
                "=",
                "a",
                "%ff=%fe",
                "generation_id=%ff",
                "generation_id=",
                "model_id=%00&model_id=x",
                "geo=moon",
            ] {
                let answer = caller.get(&format!("{url}?{query}")).await;
                target.assert_own(&format!("{name} ({}) with the query {query}", operation.method), &answer);
            }
        }
        target.assert_unharmed().await;
    }
}

#[tokio::test]
async fn headers_that_are_missing_garbage_or_long_are_no_reason_to_fall_silent() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::without_key();
    let long = "k".repeat(200_000);
    for target in targets(&emulator).await {
        for (name, operation, url) in target.routes() {
            let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
            let keys: [&[u8]; 14] = [
                b"",
                b" ",
                b"Bearer",
                b"Bearer ",
                b"Bearer  ",
                b"bearer",
                b"Basic dTpw",
                b"Token x",
                b"Bearer not-a-key",
                b"Bearer mock-bad-1",
                b"Bearer mock-revoked-1",
                b"\xff\xfe",
                b"Bearer \xe9",
                b"Bearer\tx",
            ];
            for key in keys {
                let request = caller.request(method.clone(), &url);
                let request = request.header("authorization", HeaderValue::from_bytes(key).unwrap());
                let answer = caller.send(request.json(&json!({}))).await;
                let what = format!("{name} with the credential {}", String::from_utf8_lossy(key));
                target.assert_own(&what, &answer);
                let checked = operation.checks.first().is_some_and(|check| check.word() == "credential");
                let open = key == b"Bearer\tx";
                assert!(!checked || open || answer.status == 401, "{what}: {}", answer.status);
            }
            let nothing = caller.send(caller.request(method.clone(), &url)).await;
            target.assert_own(&format!("{name} without any header"), &nothing);
            for (header, value) in [
                ("authorization", format!("Bearer {long}")),
                ("x-garbage", long.clone()),
                ("x-client-request-id", long.clone()),
                ("x-organization-id", "\u{e9}".to_owned()),
                ("accept", "text/plain; q=nonsense".to_owned()),
                ("content-encoding", "gzip".to_owned()),
                ("range", "bytes=0-0".to_owned()),
                ("if-none-match", "*".to_owned()),
                ("expect", "the-unexpected".to_owned()),
                ("x-http-method-override", "DELETE".to_owned()),
                ("x-forwarded-host", "evil.example".to_owned()),
            ] {
                let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
                let request = Caller::with_key(KEY).request(method.clone(), &url).header(header, value);
                let answer = caller.send(request).await;
                target.assert_own(&format!("{name} with a strange {header}"), &answer);
                assert!(!answer.text().contains("evil.example"), "{name} {header}");
            }
        }
        target.assert_unharmed().await;
    }
}
