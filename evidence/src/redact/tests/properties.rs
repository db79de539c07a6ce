//! Properties of the redaction: what is kept never holds a secret, and otherwise everything.

use base64::engine::general_purpose::URL_SAFE;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use serde_json::json;

use super::*;

/// The characters of base64 that a secret alone decides, at each of the three places it may begin.
fn stretches(secret: &str) -> Vec<String> {
    (0..3_usize)
        .map(|offset| {
            let bytes: Vec<u8> = vec![b'x'; offset].into_iter().chain(secret.bytes()).collect();
            let encoded = STANDARD.encode(&bytes);
            encoded[(offset * 8).div_ceil(6)..bytes.len() * 8 / 6].to_owned()
        })
        .collect()
}

/// As JSON escapes it.
fn escaped(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap();
    quoted[1..quoted.len() - 1].to_owned()
}

#[track_caller]
fn holds_no(secret: &str, kept: &impl serde::Serialize) {
    let text = serde_json::to_string(kept).unwrap();
    let mut forms = stretches(secret);
    forms.extend(stretches(secret).iter().map(|form| form.replace('+', "-").replace('/', "_")));
    forms.push(secret.to_owned());
    forms.push(escaped(secret));
    forms.push(utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string());
    for form in forms {
        assert!(!text.contains(&form), "`{form}` is left in {text}");
    }
}

/// A way to write a secret somewhere.
#[derive(Clone, Debug)]
enum Writing {
    Plain,
    Percent,
    PercentLower,
    PercentTwice,
    Json,
    JsonTwice,
    Unicode,
    Base64 { before: usize, after: usize, url_safe: bool, percent: bool },
}

impl Writing {
    fn write(&self, secret: &str) -> String {
        let percent = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        match self {
            Self::Plain => secret.to_owned(),
            Self::Percent => percent(secret),
            Self::PercentLower => secret.bytes().map(|byte| format!("%{byte:02x}")).collect(),
            Self::PercentTwice => percent(&percent(secret)),
            Self::Json => escaped(secret),
            Self::JsonTwice => escaped(&escaped(secret)),
            Self::Unicode => secret.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect(),
            Self::Base64 { before, after, url_safe, percent: encoded } => {
                let text = format!("{}{secret}{}", "u".repeat(*before), "v".repeat(*after));
                let text = if *url_safe { URL_SAFE.encode(text) } else { STANDARD.encode(text) };
                if *encoded { percent(&text) } else { text }
            }
        }
    }
}

fn writing() -> impl Strategy<Value = Writing> {
    prop_oneof![
        Just(Writing::Plain),
        Just(Writing::Percent),
        Just(Writing::PercentLower),
        Just(Writing::PercentTwice),
        Just(Writing::Json),
        Just(Writing::JsonTwice),
        Just(Writing::Unicode),
        (0_usize..7, 0_usize..7, any::<bool>(), any::<bool>()).prop_map(
            |(before, after, url_safe, percent)| { Writing::Base64 { before, after, url_safe, percent } }
        ),
    ]
}

/// A secret as vendors give them out: any visible characters but brackets, some of them letters.
fn secret() -> impl Strategy<Value = String> {
    ("[a-zA-Z]{3}", "[!-Z\\\\^-~]{6,40}").prop_map(|(start, rest)| format!("{start}{rest}"))
}

/// Ordinary text, in which a marked place is to be filled in.
fn around() -> impl Strategy<Value = (String, String)> {
    ("[ -~é\n]{0,30}", "[ -~é\n]{0,30}")
}

/// JSON whose names tell of no secret and whose texts hold none.
fn harmless() -> impl Strategy<Value = Value> {
    let name = "[a-z_]{1,10}".prop_filter("a telling name", |name| Secrecy::of(name) == Secrecy::None);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9).prop_map(Value::from),
        "[ !-.0-~é\"\\\\\n]{0,40}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// The same value with each text replaced, and some names too.
fn planted(value: &Value, plant: &str, turn: &mut u32) -> Value {
    *turn += 1;
    match value {
        Value::String(text) => format!("{text}{plant}{text}").into(),
        Value::Array(items) => items.iter().map(|item| planted(item, plant, turn)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| {
                let value = planted(value, plant, turn);
                (if turn.is_multiple_of(3) { format!("{name} {plant}") } else { name.clone() }, value)
            })
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// Types and lengths only.
fn shape(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(shape).collect::<Vec<_>>().join(",")),
        Value::Object(members) => {
            format!("{{{}}}", members.values().map(shape).collect::<Vec<_>>().join(","))
        }
        Value::String(_) => "s".to_owned(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_is_kept_holds_a_secret(
        secret in secret(),
        writings in prop::collection::vec(writing(), 6),
        (before, after) in around(),
        value in harmless(),
        place in 0_usize..4,
    ) {
        // A secret of words that the format has is refused, and needs no redaction.
        let Ok(redactor) = Redactor::new(&[&secret]) else { return Ok(()) };
        let plant = |which: usize| format!("{before}{}{after}", writings[which].write(&secret));
        let bare: Vec<String> = writings.iter().map(|writing| writing.write(&secret)).collect();
        let tree = planted(&value, &bare[2], &mut 0);
        let body = match place {
            0 => Body::Json(tree.clone()),
            1 => Body::Form(vec![Part { name: bare[3].clone(), content: PartContent::Text(plant(4)) }]),
            2 => Body::Raw { content_type: None, bytes: plant(4).into_bytes() },
            _ => Body::Raw { content_type: None, bytes: [&[0xFF], plant(4).as_bytes()].concat() },
        };
        let url = format!("https://acme.example/{}?a={}&api_key={}", bare[0], bare[1], bare[5]);
        let request = outgoing(&url, &[("authorization", &format!("Bearer {secret}")), ("x-a", &plant(3))], body);
        let bytes = match place {
            0 => plant(5).into_bytes(),
            1 => [b"\xFF\0", plant(5).as_bytes(), b"\xFE"].concat(),
            2 => serde_json::to_vec(&tree).unwrap(),
            _ => serde_json::to_vec_pretty(&json!([tree.to_string()])).unwrap(),
        };
        let mut got = answer(["text/html", "video/mp4", "application/json", ""][place], &bytes);
        got.headers.push(("x-b".to_owned(), plant(1)));
        holds_no(&secret, &redactor.keep(1, "", 0, 0, &request, &Ok(got)));
        for error in [WireError::Lost { why: plant(0) }, WireError::Unreachable { why: plant(1) }] {
            holds_no(&secret, &redactor.keep(1, "", 0, 0, &request, &Err(error)));
        }
        holds_no(&secret, &redactor.text(&plant(2)));
    }

    #[test]
    fn a_secret_in_pieces_is_found_and_none_of_its_halves_stays(
        secret in "[a-z]{2}-([a-z][0-9][A-Z]){6,14}",
        piece in 1_usize..12,
        gap in prop::sample::select(vec![" ", "\n", ", ", "\r\n", "\\n", " | "]),
        offset in 0_usize..3,
        cut in any::<prop::sample::Index>(),
    ) {
        let redactor = Redactor::new(&[&secret]).unwrap();
        let in_pieces = |text: &str| {
            let pieces: Vec<&str> =
                text.as_bytes().chunks(piece).map(|piece| str::from_utf8(piece).unwrap()).collect();
            pieces.join(gap)
        };
        let encoded = STANDARD.encode(format!("{}{secret}", "u".repeat(offset)));
        for text in [in_pieces(&secret), in_pieces(&encoded)] {
            let kept = redactor.text(&format!("<{text}>"));
            prop_assert!(kept.contains("[key]") && kept.len() < gap.len() * 8 + 20, "{} became {}", text, kept);
        }
        let backwards: String = secret.chars().rev().collect();
        prop_assert_eq!(redactor.text(&backwards), "[key]");
        let at = 1 + cut.index(secret.len() - 1);
        let (head, tail) = secret.split_at(at);
        for body in [json!({"first": head, "number": 1, "last": tail}), json!([tail, head]), json!({"both": [head, tail]})] {
            let kept = redactor.json(&body, Way::Received).to_string();
            prop_assert!(!kept.contains(&format!("\"{head}\"")) && !kept.contains(&format!("\"{tail}\"")), "{}", kept);
        }
    }

    #[test]
    fn words_that_a_key_is_made_of_stay_where_it_is_not(
        words in prop::collection::vec("[a-z]{2,9}", 3..8),
        number in 0..10_000_u32,
        text in "[a-zA-Z0-9 .,:;-]{0,200}",
    ) {
        let key = format!("{}-{number}", words.join("-"));
        let Ok(redactor) = Redactor::new(&[&key]) else { return Ok(()) };
        let sentence = format!("{} {text}", words.join(" "));
        prop_assert_eq!(redactor.text(&sentence), sentence);
        let start = &key[..key.len() / 2 + 1];
        prop_assert_eq!(redactor.text(start), start);
    }

    #[test]
    fn no_secret_is_left_beside_another(one in secret(), other in secret(), cut in 1_usize..9) {
        let Ok(redactor) = Redactor::new(&[&one, &other]) else { return Ok(()) };
        let overlap = format!("{one}{}", &other[cut.min(other.len())..]);
        for text in [format!("{one}{other}{one}"), overlap, format!("{}{one}", &other[..cut])] {
            let kept = redactor.text(&text);
            holds_no(&one, &kept);
            holds_no(&other, &kept);
        }
    }

    #[test]
    fn what_holds_no_secret_is_kept_unchanged(
        value in harmless(),
        text in "[ !-.0-9;-~é\n]{1,200}".prop_filter("JSON is kept as such", |text| !text.trim_start().starts_with(['{', '['])),
        head in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let headers = [("content-type", "text/plain"), ("x-trace", text.as_str())];
        let request = outgoing("https://acme.example/v2/jobs?id=5&x=a%20b#c", &headers, Body::Json(value.clone()));
        let kept_json = kept(&request, answer("application/json", &serde_json::to_vec(&value).unwrap()));
        prop_assert_eq!(&kept_json.request.url, &request.url);
        prop_assert_eq!(&kept_json.request.headers, &request.headers);
        prop_assert_eq!(&kept_json.request.body, &Content::Json(value.clone()));
        prop_assert_eq!(kept_json.answer.unwrap().body, Content::Json(value));
        prop_assert_eq!(received("text/plain", text.as_bytes()), Content::Text(text));
        let bytes = [b"\xFF\0".as_slice(), &head].concat();
        let expected = Content::Bytes { length: bytes.len() as u64, head: STANDARD.encode(&bytes) };
        prop_assert_eq!(received("video/mp4", &bytes), expected);
    }

    #[test]
    fn json_keeps_its_structure_whatever_is_taken_out(value in harmless(), writing in writing()) {
        let tree = planted(&value, &writing.write(SECRET), &mut 0);
        let Content::Json(kept) = received("application/json", &serde_json::to_vec(&tree).unwrap()) else {
            return Err(TestCaseError::fail("JSON is kept as JSON"));
        };
        prop_assert_eq!(shape(&kept), shape(&tree));
    }

    #[test]
    fn any_bytes_at_all_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..300), text in "\\PC{0,100}") {
        for content_type in ["application/json", "text/html", "image/png", ""] {
            let _ = received(content_type, &bytes);
            let _ = received(content_type, text.as_bytes());
        }
        let _ = REDACTOR.text(&format!("http://{text}?{text}"));
    }
}
