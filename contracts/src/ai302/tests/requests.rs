//! Members of a submit.

use serde_json::{Value, json};

use super::{Served, form, served};
use crate::contract::check::image::{Finding, judge, slots};
use crate::contract::check::intent::JobIntent;
use crate::contract::check::normalise::normalised;
use crate::contract::check::rules::ImageRule;
use crate::image::{ImageFacts, ImageFormat};
use crate::operation::Operation;
use crate::upstream;

const RAPID: &str = "m2v_15_img2video";
const HQ: &str = "m2v_img2video_hq_10s";
const TEXT: &str = "m2v_txt2video_hq_5s";

/// A form with one member replaced.
fn with(name: &str, value: &str) -> Value {
    let mut body = form();
    body[name] = value.into();
    body
}

/// Where a body breaks its rules, once it is normalised.
fn broken(vendor: &Served, model: &str, body: Value) -> Vec<String> {
    let model = &vendor.contract.models[model];
    let body = normalised(&model.request, body);
    let violations = vendor.contract.request_checker(model).violations(&body);
    violations.into_iter().map(|violation| violation.pointer).collect()
}

/// The maker's rule that a body breaks.
fn unsupported(vendor: &Served, model: &str, body: Value) -> Option<String> {
    let model = &vendor.contract.models[model];
    let body = normalised(&model.request, body);
    let violation = upstream::judge(&vendor.contract.upstream.rules, model, &JobIntent::read(model, &body))?;
    Some(violation.pointer)
}

/// The image rule that a text in `input_image` breaks.
fn image_rule(vendor: &Served, text: &str, finding: &Finding) -> Option<String> {
    let model = &vendor.contract.models[RAPID];
    let body = json!({"input_image": text});
    let slots = slots(&model.request, &body);
    assert_eq!(slots.len(), 1);
    judge(&slots[0], finding).map(|violation| violation.rule.name().to_owned())
}

#[test]
fn a_form_becomes_typed_values_and_empty_texts_mean_nothing() {
    let vendor = served(&[]);
    let model = &vendor.contract.models[HQ];
    let wanted = json!({
        "input_image": "https://pictures.example/first.png",
        "tail_image": "cid:1",
        "prompt": "a boat",
        "negative_prompt": "",
        "cfg": 0.5,
        "aspect_ratio": "16:9",
        "camera_type": "zoom",
        "camera_value": -5,
        "callback": "https://caller.example/hook",
        "x_probe": "1",
    });
    assert_eq!(normalised(&model.request, form()), wanted);
    for name in
        ["cfg", "aspect_ratio", "camera_type", "camera_value", "enable_audio", "tail_image", "callback"]
    {
        assert!(normalised(&model.request, with(name, "")).get(name).is_none(), "{name}");
        assert_eq!(broken(&vendor, HQ, with(name, "")), Vec::<String>::new(), "{name}");
    }
    assert_eq!(broken(&vendor, HQ, with("prompt", "")), Vec::<String>::new());
}

#[test]
fn json_may_hold_numbers_as_numbers_or_as_texts() {
    let vendor = served(&[]);
    for body in [
        json!({"input_image": "https://a.example/b.png", "cfg": 0.5, "camera_value": -5, "enable_audio": true}),
        json!({"input_image": "https://a.example/b.png", "cfg": "0.5", "camera_value": "-5", "enable_audio": "true"}),
        json!({"input_image": "https://a.example/b.png", "cfg": 1, "camera_value": "2.5", "enable_audio": "false"}),
    ] {
        assert_eq!(broken(&vendor, RAPID, body), Vec::<String>::new());
    }
}

#[test]
fn bounds_are_inclusive_and_one_beyond_is_refused() {
    let vendor = served(&[]);
    for (name, good, bad) in [
        ("cfg", ["0", "1"], ["-0.01", "1.01"]),
        ("camera_value", ["-10", "10"], ["-10.5", "11"]),
        ("aspect_ratio", ["1:1", "9:16"], ["4:3", "16:10"]),
        ("camera_type", ["empty", "left_turn_forward"], ["simple", "spin"]),
        ("enable_audio", ["true", "false"], ["yes", "1"]),
    ] {
        for value in good {
            assert_eq!(broken(&vendor, RAPID, with(name, value)), Vec::<String>::new(), "{name} {value}");
        }
        for value in bad {
            assert_eq!(broken(&vendor, RAPID, with(name, value)), [format!("/{name}")], "{name} {value}");
        }
    }
    assert_eq!(broken(&vendor, RAPID, with("cfg", "much")), ["/cfg"]);
}

#[test]
fn images_are_required_for_image_models_and_the_prompt_for_text_models() {
    let vendor = served(&[]);
    assert_eq!(broken(&vendor, RAPID, json!({})), ["/input_image"]);
    assert_eq!(broken(&vendor, HQ, json!({"tail_image": "cid:0"})), ["/input_image"]);
    assert_eq!(broken(&vendor, HQ, json!({"input_image": ""})), ["/input_image"]);
    assert_eq!(broken(&vendor, RAPID, json!({"input_image": "cid:0"})), Vec::<String>::new());
    assert_eq!(broken(&vendor, TEXT, json!({})), ["/prompt"]);
    assert_eq!(broken(&vendor, TEXT, json!({"prompt": ""})), ["/prompt"]);
    assert_eq!(broken(&vendor, TEXT, json!({"prompt": "a boat"})), Vec::<String>::new());
}

#[test]
fn a_last_frame_is_taken_by_hq_ignored_elsewhere_and_refused_there_if_strict() {
    let strict = served(&[("strict_fields", "on")]);
    let usual = served(&[]);
    let roles = |vendor: &Served, model: &str| {
        let model = &vendor.contract.models[model];
        JobIntent::read(model, &normalised(&model.request, form())).tail
    };
    assert!(roles(&usual, HQ) && roles(&strict, HQ));
    assert!(!roles(&usual, RAPID) && !roles(&usual, TEXT));
    assert_eq!(broken(&usual, RAPID, form()), Vec::<String>::new());
    assert_eq!(broken(&usual, TEXT, form()), Vec::<String>::new());
    assert_eq!(broken(&strict, HQ, form()), Vec::<String>::new());
    assert_eq!(broken(&strict, RAPID, form()), ["/tail_image"]);
    assert_eq!(broken(&strict, TEXT, form()), ["/input_image", "/tail_image"]);
    assert_eq!(broken(&strict, RAPID, with("tail_image", "")), Vec::<String>::new());
}

#[test]
fn an_image_is_a_file_or_an_address_and_every_rule_refuses_the_submit() {
    let seen = |format, width, height, bytes| {
        Finding::Seen(ImageFacts { format, bytes, pixels: Some((width, height)), decodes: true })
    };
    let good = seen(ImageFormat::Jpeg, 300, 300, 10_485_760);
    let vendor = served(&[]);
    let rule = |text: &str, finding: &Finding| image_rule(&vendor, text, finding);
    assert_eq!(rule("cid:0", &good), None);
    assert_eq!(rule("https://a.example/b", &good), None);
    assert_eq!(rule("iVBORw0KGgo=", &good).as_deref(), Some("picture_transport"));
    assert_eq!(rule("data:image/png;base64,AAAA", &good).as_deref(), Some("picture_transport"));
    let wide = seen(ImageFormat::Png, 3000, 300, 1);
    assert_eq!(rule("cid:0", &wide), None, "no rule for the aspect is documented");
    let small = seen(ImageFormat::Png, 299, 300, 1);
    assert_eq!(rule("cid:0", &small).as_deref(), Some("picture_side"));
    let heavy = seen(ImageFormat::Png, 300, 300, 10_485_761);
    assert_eq!(rule("cid:0", &heavy).as_deref(), Some("picture_bytes"));
    let webp = seen(ImageFormat::Webp, 300, 300, 1);
    assert_eq!(rule("cid:0", &webp).as_deref(), Some("picture_format"));
    let lenient = served(&[("base64_images", "accept")]);
    assert_eq!(image_rule(&lenient, "iVBORw0KGgo=", &good), None);
    let mut refused = vendor.contract.images.refused_at_submit.clone();
    refused.sort_unstable();
    let mut known = ImageRule::NAMES.to_vec();
    known.sort_unstable();
    assert_eq!(refused, known);
}

#[test]
fn a_camera_moves_on_every_model_but_not_beside_a_last_frame() {
    let vendor = served(&[]);
    let moving = with("tail_image", "");
    assert_eq!(unsupported(&vendor, RAPID, moving.clone()), None);
    assert_eq!(unsupported(&vendor, HQ, moving), None);
    assert_eq!(unsupported(&vendor, TEXT, form()), None);
    assert_eq!(unsupported(&vendor, RAPID, form()), None, "Rapid ignores the last frame");
    assert_eq!(unsupported(&vendor, HQ, form()).as_deref(), Some("/image_tail"));
    assert_eq!(unsupported(&vendor, HQ, with("camera_value", "0")), None, "zero stands still");
    assert_eq!(unsupported(&vendor, HQ, with("camera_type", "empty")), None);
    let mut combined = with("camera_type", "down_back");
    combined["camera_value"] = "0".into();
    assert_eq!(unsupported(&vendor, HQ, combined).as_deref(), Some("/image_tail"));
    assert_eq!(unsupported(&vendor, TEXT, with("prompt", &"x".repeat(2501))).as_deref(), Some("/prompt"));
}

#[test]
fn six_paths_fix_model_and_length_and_the_regular_names_lead_nowhere() {
    let vendor = served(&[]);
    let route = |method: &str, path: &str| vendor.contract.route(&vendor.options, method, path);
    for (name, seconds, price) in [
        ("m2v_15_img2video", 5, 0.3),
        ("m2v_15_img2video_10s", 10, 0.6),
        ("m2v_img2video_hq", 5, 0.5),
        ("m2v_img2video_hq_10s", 10, 1.0),
        ("m2v_txt2video_hq_5s", 5, 0.5),
        ("m2v_txt2video_hq_10s", 10, 1.0),
    ] {
        let found = route("POST", &format!("/klingai/{name}")).unwrap();
        assert_eq!((found.name, found.route.model.as_deref()), (Operation::Submit, Some(name)));
        let model = &vendor.contract.models[name];
        assert_eq!(JobIntent::read(model, &form()).seconds, seconds);
        assert_eq!(model.price_of(seconds), Some(price));
    }
    for name in ["m2v_15_img2video_5s", "m2v_15_img2video_hq_5s", "m2v_img2video_hq_5s"] {
        assert!(route("POST", &format!("/klingai/{name}")).unwrap_err().allowed.is_empty(), "{name}");
    }
    let found = route("GET", "/klingai/task/kling_1/fetch").unwrap();
    assert_eq!((found.name, found.segment("id")), (Operation::Poll, Some("kling_1")));
    assert!(route("GET", "/klingai/task/kling_1").is_err());
    assert_eq!(route("GET", "/klingai/m2v_15_img2video").unwrap_err().allowed, ["POST"]);
}
