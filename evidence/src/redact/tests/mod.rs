//! Tests of the redaction of single headers, members and bodies.

mod properties;

use std::sync::LazyLock;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::*;

const SECRET: &str = "sk-Zq9/x+\"w\\5=7%tK~e";

static REDACTOR: LazyLock<Redactor> = LazyLock::new(|| Redactor::new(&[SECRET]).unwrap());

fn outgoing(url: &str, headers: &[(&str, &str)], body: Body) -> Outgoing {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Outgoing { method: "POST".to_owned(), url: url.to_owned(), headers, body }
}

fn answer(content_type: &str, body: &[u8]) -> Answer {
    let headers = vec![("content-type".to_owned(), content_type.to_owned())];
    Answer { status: 200, headers, body: body.to_vec() }
}

fn kept(request: &Outgoing, answer: Answer) -> Exchange {
    REDACTOR.keep(1, "SUB-01", 0, 5, request, &Ok(answer))
}

fn received(content_type: &str, body: &[u8]) -> Content {
    let empty = outgoing("https://acme.example/", &[], Body::None);
    kept(&empty, answer(content_type, body)).answer.unwrap().body
}

fn sent(body: Body) -> Content {
    kept(&outgoing("https://acme.example/", &[], body), answer("", b"")).request.body
}

#[test]
fn a_key_that_cannot_be_told_from_text_is_refused_and_not_repeated() {
    assert_eq!(Redactor::new(&["abc"]).unwrap_err(), RedactionError::TooShort { found: 3 });
    assert_eq!(Redactor::new(&["good-key-1", ""]).unwrap_err(), RedactionError::TooShort { found: 0 });
    for ordinary in ["json", "signed", "status", "ab[cd", "key]"] {
        let error = Redactor::new(&[ordinary]).unwrap_err();
        assert_eq!(error, RedactionError::Ordinary, "{ordinary}");
    }
    assert!(Redactor::new(&["abcd", "not-a-key", "mock-bad-1"]).is_ok());
    assert_eq!(format!("{:?}", *REDACTOR), "Redactor { .. }");
}

#[test]
fn headers_of_secrets_are_replaced_and_the_scheme_of_a_credential_is_kept() {
    let basic = format!("Basic {}", STANDARD.encode(format!("me:{SECRET}")));
    for (name, value, expected) in [
        ("authorization", &format!("Bearer {SECRET}")[..], "Bearer [key]"),
        ("authorization", &basic, "Basic [key]"),
        ("authorization", "Bearer not-a-key", "Bearer [redacted]"),
        ("authorization", SECRET, "[key]"),
        ("authorization", "open sesame", "[redacted]"),
        ("authorization", "Bearer", "Bearer"),
        ("authorization", "Bearer ", "Bearer "),
        ("Proxy-Authorization", "Basic bWU6b3Blbg==", "Basic [redacted]"),
        ("cookie", "a=1", "[redacted]"),
        ("set-cookie", "a=1; Path=/", "[redacted]"),
        ("x-api-key", SECRET, "[key]"),
        ("x-amz-security-token", "IQoJb3", "[redacted]"),
        ("x-ratelimit-remaining-tokens", "1999", "1999"),
        ("x-trace", &format!("<{SECRET}>"), "<[key]>"),
        ("location", "https://b.example/v?sig=ab&w=1", "https://b.example/v?sig=[signed]&w=1"),
    ] {
        let request = outgoing("https://acme.example/", &[(name, value)], Body::None);
        assert_eq!(kept(&request, answer("", b"")).request.headers[0].1, expected, "{name}: {value}");
    }
}

#[test]
fn members_of_secrets_are_replaced_and_counts_are_not() {
    let body = json!({
        "id": "job-1",
        "access_token": "abc",
        "session": {"id": "s1", "seconds": 5, "items": ["x", null]},
        "usage": {"tokens_used": 120, "max_tokens": "500", "password": 7},
        "api_key": SECRET,
        SECRET: {"note": format!("your key {SECRET} is wrong")},
        "count": 12,
        "raw": "{\"client_secret\": \"abc\", \"n\": 1}",
        "video": {"url": "https://b.example/v.mp4?Expires=17&Signature=ab", "design": "modern"},
        "empty_token": "",
    });
    let expected = json!({
        "id": "job-1",
        "access_token": "[redacted]",
        "session": {"id": "[redacted]", "seconds": 5, "items": ["[redacted]", null]},
        "usage": {"tokens_used": 120, "max_tokens": "500", "password": 7},
        "api_key": "[key]",
        "[key]": {"note": "your key [key] is wrong"},
        "count": 12,
        "raw": "{\"client_secret\":\"[redacted]\",\"n\":1}",
        "video": {"url": "https://b.example/v.mp4?Expires=[signed]&Signature=[signed]", "design": "modern"},
        "empty_token": "",
    });
    let Content::Json(found) = received("application/json", body.to_string().as_bytes()) else {
        panic!("no JSON")
    };
    assert_eq!(serde_json::to_string(&found).unwrap(), serde_json::to_string(&expected).unwrap());
}

#[test]
fn two_names_that_become_the_same_stay_two() {
    let body = json!({SECRET: 1, utf8_percent_encode(SECRET, NON_ALPHANUMERIC).to_string(): 2});
    let text = body.to_string();
    assert_eq!(received("", text.as_bytes()), Content::Json(json!({"[key]": 1, "[key]+": 2})));
}

#[test]
fn a_key_of_digits_is_taken_out_of_numbers_too() {
    let redactor = Redactor::new(&["40817263"]).unwrap();
    let request = outgoing("https://acme.example/", &[], Body::Json(json!({"n": 408_172_635, "m": 5})));
    let kept = redactor.keep(1, "", 0, 0, &request, &Ok(answer("", b"")));
    assert_eq!(kept.request.body, Content::Json(json!({"n": "[key]", "m": 5})));
}

#[test]
fn images_that_were_sent_are_told_by_their_size() {
    let image: Vec<u8> = (0..300_u32).map(|number| (number * 7 % 251) as u8).collect();
    let bare = STANDARD.encode(&image);
    let uri = format!("data:image/png;base64,{bare}");
    let filler = "a".repeat(2501);
    let told = sent(Body::Json(json!({"a": bare, "b": uri, "c": "aGk=", "d": filler, "e": [bare]})));
    let size = format!("[base64, 300 bytes, sha256 {}]", short_digest(bare.as_bytes()));
    let uri_told = format!("data:image/png;base64,{size}");
    assert_eq!(told, Content::Json(json!({"a": size, "b": uri_told, "c": "aGk=", "d": filler, "e": [size]})));
    let file = PartContent::File {
        file_name: "a.png".to_owned(),
        content_type: "image/png".to_owned(),
        bytes: image,
    };
    let parts = vec![
        Part { name: "image".to_owned(), content: file },
        Part { name: "tail".to_owned(), content: PartContent::Text(bare.clone()) },
        Part { name: "token".to_owned(), content: PartContent::Text("abc".to_owned()) },
    ];
    let expected = Content::Form(vec![
        ("image".to_owned(), Content::Bytes { length: 300, head: String::new() }),
        ("tail".to_owned(), Content::Text(size)),
        ("token".to_owned(), Content::Text("[redacted]".to_owned())),
    ]);
    assert_eq!(sent(Body::Form(parts)), expected);
    assert_eq!(
        received("", json!({"echo": bare}).to_string().as_bytes()),
        Content::Json(json!({"echo": bare}))
    );
}

#[test]
fn long_bodies_are_cut_after_secrets_were_taken_out() {
    let text = format!("{}{SECRET}{}", "x".repeat(TEXT_LIMIT_BYTES - 6), "y".repeat(1000));
    let Content::Text(kept) = received("text/html", text.as_bytes()) else { panic!("no text") };
    assert!(kept.ends_with("xx[key]y[cut: 999 bytes more]"), "{}", &kept[kept.len() - 60..]);
    let video = [vec![0xFF; HEAD_LIMIT_BYTES], vec![1; 10]].concat();
    let expected = STANDARD.encode(&video[..HEAD_LIMIT_BYTES]);
    assert_eq!(
        received("video/mp4", &video),
        Content::Bytes { length: HEAD_LIMIT_BYTES as u64 + 10, head: expected }
    );
}

#[test]
fn the_kind_of_a_body_is_what_it_is_not_what_it_is_called() {
    assert_eq!(received("application/json", b""), Content::Empty);
    assert_eq!(received("text/html", b" {\"a\": 1}\n"), Content::Json(json!({"a": 1})));
    assert_eq!(received("application/json; charset=utf-8", b"404"), Content::Json(json!(404)));
    assert_eq!(received("text/plain", b"404"), Content::Text("404".to_owned()));
    assert_eq!(received("application/json", b"<html>"), Content::Text("<html>".to_owned()));
    assert_eq!(received("video/mp4", b"ftyp"), Content::Bytes { length: 4, head: "ZnR5cA==".to_owned() });
    let raw = Body::Raw { content_type: Some("application/json".to_owned()), bytes: b"{\"model\":".to_vec() };
    assert_eq!(sent(raw), Content::Text("{\"model\":".to_owned()));
    assert_eq!(sent(Body::None), Content::Empty);
}

#[test]
fn a_long_secret_and_a_text_full_of_its_beginnings_are_hidden_without_comparing_each_with_each() {
    let secret = "k".repeat(200_000);
    let redactor = Redactor::new(&[secret.as_str()]).unwrap();
    let text = format!("before {} after", "k".repeat(400_000));
    let answer = Answer { status: 200, headers: Vec::new(), body: text.into_bytes() };
    let request =
        Outgoing { method: "GET".to_owned(), url: "/".to_owned(), headers: Vec::new(), body: Body::None };
    let kept = redactor.keep(1, "", 0, 0, &request, &Ok(answer));
    assert_eq!(kept.answer.unwrap().body, Content::Text("before [key]".to_owned()));
}

/// What a server makes of a key that it shows: each takes it out of sight of a search for the key as it is.
fn spellings(key: &str) -> Vec<String> {
    let each = |write: &dyn Fn(char) -> String| key.chars().map(write).collect::<String>();
    let percent = each(&|letter| format!("%{:02X}", u32::from(letter)));
    let twice: String = percent.chars().map(|letter| format!("%{:02x}", u32::from(letter))).collect();
    let letters: Vec<String> = key.chars().map(String::from).collect();
    vec![
        each(&|letter| format!("&#{};", u32::from(letter))),
        each(&|letter| format!("&#x{:x};", u32::from(letter))),
        each(&|letter| format!("&amp;#{};", u32::from(letter))),
        each(&|letter| format!("\\x{:02x}", u32::from(letter))),
        percent.replace('%', "%25"),
        percent.replace('%', "%2525"),
        twice,
        letters.join(" "),
        letters.join("\", \""),
        letters.join("<br>").replace("br", ""),
        letters.join("&nbsp;"),
        letters.iter().rev().cloned().collect::<Vec<_>>().join("-"),
    ]
}

#[test]
fn a_key_is_hidden_however_often_it_is_escaped_and_letter_by_letter() {
    for key in ["sk-live-of-the-first-account", "4f9Kq2Zr7Lm1Xc8", "customer-key-beta"] {
        let redactor = Redactor::new(&[key]).unwrap();
        for spelt in spellings(key) {
            let text = format!("your key ({spelt}) is bad");
            let hidden = redactor.text(&text);
            assert!(hidden.starts_with("your key (") && hidden.ends_with(") is bad"), "{text}: {hidden}");
            let left = hidden.trim_start_matches("your key (").trim_end_matches(") is bad");
            assert_eq!(left, "[key]", "{text}");
            assert_eq!(redactor.text(&hidden), hidden, "hiding twice changes nothing");
        }
    }
}

#[test]
fn a_token_is_hidden_letter_by_letter_and_over_the_items_of_a_list() {
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl";
    let letters: Vec<String> = token.chars().map(String::from).collect();
    for spelt in
        [letters.join(" "), letters.join(", "), token.replace('.', "&#46;"), token.replace('.', "%252E")]
    {
        let hidden = REDACTOR.text(&format!("token was {spelt}"));
        assert!(!hidden.contains("J") && hidden.starts_with("token was ["), "{hidden}");
    }
    let kept = received("", json!({"token parts": letters, "said": letters}).to_string().as_bytes());
    let Content::Json(kept) = kept else { panic!("no JSON") };
    assert!(!kept["said"].to_string().contains("\"J\""), "{kept}");
    let prose = "I am a boat: A B C D E F G H I J K, 1 2 3 4 5 6 7 8 9, and so on";
    assert_eq!(REDACTOR.text(prose), prose);
}
