//! Files in a form that the path does not declare.

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::{HQ, RAPID, TEXT, WITH_IMAGE, WITHOUT_IMAGE, form, post_form};
use crate::support::{Answer, fixture_bytes};
use crate::vendors::Visit;

fn file(name: &str) -> Part {
    Part::bytes(fixture_bytes(name)).file_name("a.jpg").mime_str("image/jpeg").unwrap()
}

/// The last entry of the journal: its notes, and what it says was broken.
async fn last(visit: &Visit) -> (Value, Value) {
    let newest = visit.order("requests?limit=1").await["requests"][0].clone();
    (newest["notes"].clone(), newest["violations"].clone())
}

fn code(answer: &Answer) -> Value {
    answer.json()["error"]["err_code"].clone()
}

#[tokio::test]
async fn a_file_that_no_path_declares_is_ignored_and_noted() {
    let visit = Visit::to("302ai").await;
    let photo = || file("landscape.jpg");
    for path in WITH_IMAGE {
        for name in ["mask", "tail_image", "input_images[]", "图"] {
            let sent = form(&[("prompt", "x")]).percent_encode_noop().part(name, photo());
            let answer = post_form(&visit, path, sent).await;
            assert_eq!(answer.status, 200, "{path} {name}: {}", answer.text());
            let takes_tail = path.contains("_hq");
            let known = if takes_tail { "input_image, tail_image" } else { "input_image" };
            let note = json!([format!("unexpected file part \"{name}\"; the contract has {known}")]);
            let expected = if takes_tail && name == "tail_image" { json!([]) } else { note };
            assert_eq!(last(&visit).await.0, expected, "{path} {name}");
        }
    }
    for path in WITHOUT_IMAGE {
        let answer = post_form(&visit, path, form(&[("prompt", "x")])).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let note = "unexpected file part \"input_image\"; the contract has no file";
        assert_eq!(last(&visit).await.0, json!([note]));
    }
}

#[tokio::test]
async fn a_file_under_a_wrong_name_is_named_as_the_cause() {
    let visit = Visit::to("302ai").await;
    for path in WITH_IMAGE {
        let answer =
            post_form(&visit, path, Form::new().text("prompt", "x").part("image", file("landscape.jpg")))
                .await;
        assert_eq!((answer.status, code(&answer)), (400, json!(-10011)), "{path}");
        let (notes, broken) = last(&visit).await;
        let known = if path.contains("_hq") { "input_image, tail_image" } else { "input_image" };
        assert_eq!(notes, json!([format!("unexpected file part \"image\"; the contract has {known}")]));
        assert_eq!((&broken[0]["pointer"], &broken[0]["rule"]), (&json!("/input_image"), &json!("required")));
    }
}

// The option says that they are refused where the model does not take them; what no model has is ignored even then.
#[tokio::test]
async fn with_strict_fields_a_file_is_refused_where_the_model_does_not_take_it() {
    let visit = Visit::with("302ai", "strict_fields", "on").await;
    let tail = form(&[("prompt", "x")]).part("tail_image", file("landscape.jpg"));
    assert_eq!(post_form(&visit, RAPID, tail).await.status, 400);
    assert_eq!(last(&visit).await.1[0]["pointer"], "/tail_image");
    assert_eq!(post_form(&visit, TEXT, form(&[("prompt", "x")])).await.status, 400);
    assert_eq!(last(&visit).await.1[0]["pointer"], "/input_image");
    let other = form(&[("prompt", "x")]).part("mask", file("landscape.jpg"));
    assert_eq!(post_form(&visit, HQ, other).await.status, 200);
}

#[tokio::test]
async fn a_prompt_that_is_a_file_is_read_as_text_and_must_be_text() {
    let visit = Visit::to("302ai").await;
    let prompt =
        |bytes: &'static [u8]| Form::new().part("prompt", Part::bytes(bytes).file_name("prompt.txt"));
    assert_eq!(post_form(&visit, TEXT, prompt(b"a cat")).await.status, 200);
    assert_eq!(post_form(&visit, TEXT, prompt(b"\xff\xfe\x00")).await.status, 400);
    assert_eq!(last(&visit).await.1[0]["expected"], "UTF-8");
}

#[tokio::test]
async fn a_picture_in_a_way_that_is_not_taken_is_told_the_ways_that_are() {
    let visit = Visit::to("302ai").await;
    let answer = visit.post(RAPID, &json!({"input_image": "iVBORw0KGgo="})).await;
    assert_eq!(answer.status, 400);
    let broken = last(&visit).await.1;
    assert_eq!(broken[0]["rule"], "picture_transport");
    assert_eq!(broken[0]["expected"], "a picture as a file of the form or a URL");
}
