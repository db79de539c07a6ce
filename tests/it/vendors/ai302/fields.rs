//! Fields of a submit, as a form and as JSON: rows 3, 4 and 6 to 13.

use mockreel_emulator::Progress;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::{HQ, RAPID, TEXT, WITH_IMAGE, body, body_with, fetch, form, post_form, submitted};
use crate::support::{Answer, KEY, fixture_bytes, quiet};
use crate::vendors::Visit;

/// Sends members once as JSON and once as the texts of a form; both must fare alike.
async fn both(visit: &Visit, path: &str, members: &Value) -> u16 {
    let json = visit.post(path, &body_with(visit, members)).await;
    let mut texts = vec![("prompt", "a cat".to_owned())];
    for (name, value) in members.as_object().unwrap() {
        let name: &'static str = KNOWN.iter().find(|known| *known == name).expect("a known field");
        texts.push((name, value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
    }
    let texts: Vec<(&'static str, &str)> = texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let multipart = post_form(visit, path, form(&texts)).await;
    assert_eq!(json.status, multipart.status, "{members}: {} {}", json.text(), multipart.text());
    json.status
}

const KNOWN: [&str; 8] = [
    "negative_prompt",
    "cfg",
    "aspect_ratio",
    "camera_type",
    "camera_value",
    "enable_audio",
    "callback",
    "tail_image",
];

fn arguments(answer: &Answer) -> Value {
    answer.json()["data"]["task"]["taskInfo"]["arguments"].clone()
}

fn address(answer: &Answer) -> Value {
    answer.json()["data"]["task"]["taskInfo"]["inputs"][0]["url"].clone()
}

// Rows 3 and 4: a file with a name, a file without one, a text with an address, and JSON.
#[tokio::test]
async fn an_image_may_come_in_four_ways() {
    let visit = Visit::at("302ai", quiet().progress(Progress::Immediate)).await;
    let url = visit.image("landscape.jpg");
    let named = form(&[("prompt", "a cat")]);
    let nameless = Form::new().part("input_image", Part::bytes(fixture_bytes("landscape.jpg")));
    let typed = Part::bytes(fixture_bytes("landscape.jpg")).mime_str("application/octet-stream").unwrap();
    let untyped = Form::new().text("prompt", "a cat").part("input_image", typed);
    let text = Form::new().text("input_image", url.clone());
    let mut covers = Vec::new();
    for (form, shown) in [(named, ""), (nameless, ""), (untyped, ""), (text, url.as_str())] {
        let answer = post_form(&visit, RAPID, form).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(address(&answer), shown);
        covers.push(cover(&visit, &answer).await);
    }
    let answer = visit.post(RAPID, &json!({"input_image": url})).await;
    assert_eq!(address(&answer), url.as_str());
    covers.push(cover(&visit, &answer).await);
    // It was the same image every time, so the first frames are the same.
    assert!(covers.windows(2).all(|pair| pair[0] == pair[1]));
}

async fn cover(visit: &Visit, answer: &Answer) -> Vec<u8> {
    let id = answer.json()["data"]["task"]["id"].as_str().unwrap().to_owned();
    let done = visit.get(&fetch(&id)).await.json();
    let url = done["data"]["works"][0]["cover"]["resource"].as_str().unwrap().to_owned();
    visit.caller.get(&url).await.bytes
}

// Row 4: the bytes count, not what the part says it is.
#[tokio::test]
async fn a_part_is_what_its_bytes_are() {
    let visit = Visit::to("302ai").await;
    let part =
        |name: &str, kind: &str| Part::bytes(fixture_bytes(name)).file_name("a.jpg").mime_str(kind).unwrap();
    for (file, kind, status) in [
        ("portrait.png", "image/jpeg", 200),
        ("landscape.jpg", "text/plain", 200),
        ("picture.webp", "image/png", 400),
        ("not-a-picture.txt", "image/png", 400),
        ("side-299-wide.png", "image/png", 400),
    ] {
        let form = Form::new().part("input_image", part(file, kind));
        assert_eq!(post_form(&visit, RAPID, form).await.status, status, "{file}");
    }
}

// Row 4: an address outside is not fetched and stands for a good image.
#[tokio::test]
async fn an_address_outside_is_taken_as_it_is() {
    let visit = Visit::to("302ai").await;
    let answer = visit.post(HQ, &json!({"input_image": "https://example.com/a.png"})).await;
    assert_eq!((answer.status, address(&answer)), (200, json!("https://example.com/a.png")));
}

// Row 4: what stands for the address of a file is open, hence an option.
#[tokio::test]
async fn a_file_has_an_empty_address_or_none() {
    let visit = Visit::with("302ai", "part_url", "null").await;
    let answer = post_form(&visit, RAPID, form(&[])).await;
    assert_eq!((answer.status, address(&answer)), (200, Value::Null));
}

// Rows 6 to 10 and 13: what may be left out may be empty, in a form and in JSON.
#[tokio::test]
async fn an_empty_text_is_no_text() {
    let visit = Visit::to("302ai").await;
    let empty = json!({
        "negative_prompt": "", "cfg": "", "aspect_ratio": "", "camera_type": "", "camera_value": "",
        "enable_audio": "", "callback": "", "tail_image": "",
    });
    for path in WITH_IMAGE {
        assert_eq!(both(&visit, path, &empty).await, 200);
    }
    let answer = visit.post(HQ, &body_with(&visit, &empty)).await;
    let told = arguments(&answer);
    let told: Vec<&str> =
        told.as_array().unwrap().iter().map(|held| held["name"].as_str().unwrap()).collect();
    assert!(!told.contains(&"cfg") && !told.contains(&"camera_type"), "{told:?}");
}

// Row 7.
#[tokio::test]
async fn cfg_is_a_number_between_nothing_and_one() {
    let visit = Visit::to("302ai").await;
    for good in [json!(0), json!(1), json!(0.5), json!("0.5"), json!("0"), json!("1.0")] {
        assert_eq!(both(&visit, RAPID, &json!({"cfg": good})).await, 200, "{good}");
    }
    for bad in [json!(2), json!(-0.1), json!("1.01"), json!("much"), json!("NaN"), json!(true)] {
        assert_eq!(both(&visit, RAPID, &json!({"cfg": bad})).await, 400, "{bad}");
    }
    let answer = post_form(&visit, RAPID, form(&[("cfg", "0.5")])).await;
    assert_eq!(arguments(&answer), json!([{"name": "cfg", "value": "0.5"}]));
}

// Row 8.
#[tokio::test]
async fn there_are_three_ratios() {
    let visit = Visit::to("302ai").await;
    for good in ["1:1", "16:9", "9:16"] {
        assert_eq!(both(&visit, HQ, &json!({"aspect_ratio": good})).await, 200, "{good}");
    }
    for bad in ["4:3", "16:9 ", "square", "1"] {
        assert_eq!(both(&visit, HQ, &json!({"aspect_ratio": bad})).await, 400, "{bad}");
    }
}

// Row 9: eleven movements, and values from -10 to 10 as text.
#[tokio::test]
async fn the_camera_has_eleven_movements_and_values_up_to_ten() {
    let visit = Visit::to("302ai").await;
    let movements = [
        "empty",
        "horizontal",
        "vertical",
        "zoom",
        "tilt",
        "pan",
        "roll",
        "down_back",
        "forward_up",
        "right_turn_forward",
        "left_turn_forward",
    ];
    for movement in movements {
        let told = json!({"camera_type": movement, "camera_value": "-5"});
        assert_eq!(both(&visit, HQ, &told).await, 200, "{movement}");
    }
    assert_eq!(both(&visit, HQ, &json!({"camera_type": "simple"})).await, 400);
    for value in ["-10", "10", "0", "2.5", ""] {
        assert_eq!(both(&visit, RAPID, &json!({"camera_type": "zoom", "camera_value": value})).await, 200);
        // Without a movement it is nothing to anybody.
        assert_eq!(both(&visit, RAPID, &json!({"camera_value": value})).await, 200);
    }
    for value in ["-10.5", "11", "far", "1e9"] {
        assert_eq!(both(&visit, RAPID, &json!({"camera_type": "zoom", "camera_value": value})).await, 400);
    }
}

// Row 10.
#[tokio::test]
async fn audio_is_true_or_false() {
    let visit = Visit::to("302ai").await;
    for good in [json!(true), json!(false), json!("true"), json!("false")] {
        assert_eq!(both(&visit, RAPID, &json!({"enable_audio": good})).await, 200, "{good}");
    }
    for bad in [json!("yes"), json!("1"), json!("True ")] {
        assert_eq!(both(&visit, RAPID, &json!({"enable_audio": bad})).await, 400, "{bad}");
    }
}

// Row 11: only the HQ image paths know a last frame.
#[tokio::test]
async fn a_last_frame_is_ignored_where_the_page_has_none() {
    let visit = Visit::to("302ai").await;
    let strict = Visit::with("302ai", "strict_fields", "on").await;
    for path in [RAPID, TEXT] {
        for tail in [visit.image("side-299-wide.png"), visit.image("tail.jpg")] {
            let id = submitted(&visit, path, &body_with(&visit, &json!({"tail_image": tail}))).await;
            visit.finish(&id).await;
            assert_eq!(visit.get(&fetch(&id)).await.json()["data"]["status"], 99, "{path}");
            let answer = strict.post(path, &json!({"prompt": "a cat", "tail_image": tail})).await;
            assert_eq!(answer.status, 400, "{path}");
        }
    }
    let both = json!({"tail_image": visit.image("tail.jpg")});
    let answer = visit.post(HQ, &body_with(&visit, &both)).await;
    let inputs = answer.json()["data"]["task"]["taskInfo"]["inputs"].clone();
    assert_eq!((answer.status, inputs.as_array().unwrap().len()), (200, 2));
}

// Rows 12 and 13.
#[tokio::test]
async fn a_callback_is_taken_and_unknown_fields_are_ignored() {
    let visit = Visit::to("302ai").await;
    let extra =
        json!({"callback": "https://example.com/hook", "duration": 5, "image_list": ["x"], "model": 1});
    let answer = visit.post(RAPID, &body_with(&visit, &extra)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(arguments(&answer), json!([{"name": "prompt", "value": "a cat"}]));
    let texts = form(&[("duration", "5"), ("model", "x"), ("callback", "https://example.com/hook")]);
    assert_eq!(post_form(&visit, RAPID, texts).await.status, 200);
}

// "Headers": the vendor's own applications send a language; it changes nothing.
#[tokio::test]
async fn the_language_header_changes_nothing() {
    let visit = Visit::to("302ai").await;
    for language in ["cn", "en", "jp", "x"] {
        let asked = visit.request(reqwest::Method::POST, RAPID).header("lang", language).json(&body(&visit));
        let answer = visit.send(asked).await;
        assert_eq!((answer.status, &answer.json()["message"]), (200, &json!("成功")));
    }
    assert_eq!(visit.emulator.jobs(KEY).list().await.len(), 4);
}
