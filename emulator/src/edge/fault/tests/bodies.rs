//! Other heads and bodies on connections that stay, or that end as they should after a head alone.

use super::*;

#[tokio::test]
async fn a_truncated_body_is_read_well_and_is_no_json() {
    for (order, left) in [
        (json!({"fault": "truncate"}), CONTENT.len() / 2),
        (json!({"fault": "truncate", "after_bytes": 7}), 7),
        (json!({"fault": "truncate", "after_bytes": 0}), 0),
    ] {
        let mut stream = ask(stand_with(order).await, "GET", &["/"]).await;
        hear(&mut stream, &on_the_wire(&CONTENT.as_bytes()[..left])).await;
        assert!(serde_json::from_slice::<Value>(&CONTENT.as_bytes()[..left]).is_err());
        assert_open(&mut stream).await;
    }
}

#[tokio::test]
async fn garbage_has_the_head_of_an_answer_and_no_json_in_it() {
    let mut stream = ask(stand_with(json!({"fault": "garbage"})).await, "GET", &["/"]).await;
    hear(&mut stream, &on_the_wire(GARBAGE)).await;
    assert!(GARBAGE.starts_with(b"{\"") && serde_json::from_slice::<Value>(GARBAGE).is_err());
    assert_open(&mut stream).await;
}

#[tokio::test]
async fn a_page_has_nothing_of_the_answer() {
    for (order, line, words) in [
        (json!({"fault": "html"}), "HTTP/1.1 502 Bad Gateway\r\n", "502 Bad Gateway"),
        (json!({"fault": "html", "status": 504}), "HTTP/1.1 504 Gateway Timeout\r\n", "504 Gateway Timeout"),
        (json!({"fault": "html", "status": 200}), "HTTP/1.1 200 OK\r\n", "One moment, please"),
    ] {
        let mut stream = ask(stand_with(order).await, "GET", &["/"]).await;
        let (head, body) = hear_one(&mut stream, "GET").await;
        assert!(head.starts_with(line) && head.contains("\r\ncontent-type: text/html\r\n"), "{head}");
        assert!(!head.contains("application/json") && !head.contains("01 Jan 2026"), "{head}");
        let text = String::from_utf8(body).unwrap();
        assert!(text.starts_with("<html>") && text.contains(words) && text.ends_with("</html>\n"), "{text}");
        assert_open(&mut stream).await;
    }
}

#[tokio::test]
async fn a_wrong_type_has_the_right_body() {
    let mut stream = ask(stand_with(json!({"fault": "wrong_type"})).await, "GET", &["/"]).await;
    let expected = String::from_utf8(on_the_wire(CONTENT.as_bytes())).unwrap();
    hear(&mut stream, expected.replace("application/json", "text/plain").as_bytes()).await;
    assert_open(&mut stream).await;
}

#[tokio::test]
async fn asked_for_a_head_a_fault_leaves_the_connection_sound() {
    let whole = on_the_wire(CONTENT.as_bytes());
    let head = String::from_utf8(whole[..whole.len() - CONTENT.len()].to_vec()).unwrap();
    let length = |length: usize| {
        head.replace(&format!("content-length: {}", CONTENT.len()), &format!("content-length: {length}"))
    };
    for (order, expected) in [
        (json!({"fault": "truncate"}), length(CONTENT.len() / 2)),
        (json!({"fault": "garbage"}), length(GARBAGE.len())),
        (json!({"fault": "slow_first_byte", "delay": 0}), head.clone()),
        (json!({"fault": "slow_body", "delay": 600}), head.clone()),
        (json!({"fault": "wrong_type"}), head.replace("application/json", "text/plain")),
    ] {
        let mut stream = ask(stand_with(order).await, "HEAD", &["/", "/"]).await;
        hear(&mut stream, expected.as_bytes()).await;
        hear(&mut stream, expected.as_bytes()).await;
        assert_open(&mut stream).await;
    }
    let mut page = ask(stand_with(json!({"fault": "html"})).await, "HEAD", &["/"]).await;
    assert!(hear_one(&mut page, "HEAD").await.0.starts_with("HTTP/1.1 502 "));
    assert_open(&mut page).await;
    for (order, expected, end) in [
        (json!({"fault": "close"}), head.clone(), End::Closed),
        (json!({"fault": "wrong_length"}), length(CONTENT.len() + 1), End::Closed),
        (json!({"fault": "empty"}), String::new(), End::Closed),
        (json!({"fault": "reset", "after_bytes": 10_000}), head.clone(), End::Reset),
    ] {
        let heard = hear_out(&mut ask(stand_with(order).await, "HEAD", &["/"]).await).await;
        assert_eq!(heard, (expected.into_bytes(), end));
    }
}

#[tokio::test]
async fn an_answer_without_a_body_stays_without_one() {
    for fault in ["truncate", "garbage", "slow_body", "wrong_type", "wrong_length", "close"] {
        let address = stand(move |request| {
            if request.uri().path() == "/plain" {
                return told(CONTENT);
            }
            let mut answer = Response::new(Body::empty());
            *answer.status_mut() = StatusCode::NO_CONTENT;
            faulty(answer, &json!({"fault": fault}))
        })
        .await;
        let mut stream = ask(address, "GET", &["/"]).await;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        assert!(head.starts_with(b"HTTP/1.1 204 No Content\r\n"));
        assert!(!String::from_utf8(head).unwrap().contains("content-length"), "{fault}");
        match fault {
            "wrong_length" | "close" => assert_eq!(hear_out(&mut stream).await, (Vec::new(), End::Closed)),
            _ => assert_open(&mut stream).await,
        }
    }
}
