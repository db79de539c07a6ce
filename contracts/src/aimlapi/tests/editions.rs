//! Changes of each edition, and facts that all of them keep.

use serde_json::{Value, json};

use super::{header, json as body, served};
use crate::contract::check::schema::{documented, properties};
use crate::dialect::FailureView;
use crate::operation::Operation;
use crate::phase::Phase;
use crate::problem::{FailureReason, KeyFault, Problem};
use crate::vendors;

const STANDARD: &str = "kling-video/v1/standard/image-to-video";
const PRO: &str = "kling-video/v1.6/pro/image-to-video";
const MIRRORED: &str = "kling-video/v1.6/standard/image-to-video";
const UNIVERSAL: &str = "/v2/video/generations";
const LEGACY: &str = "/v2/generate/video/kling/generation";

/// Every edition, oldest first, with what it says of:
/// the status of a submit, the documented path of a submit and of a poll (`U`niversal or `L`egacy),
/// the form of ids, of request ids, of errors, and of `meta.usage`.
const TABLE: [(&str, u16, &str, &str, &str, &str, &str); 16] = [
    ("2025-01-28", 201, "LL", "uuid_model", "uuid", "detail", "tokens_used"),
    ("2025-02-12", 201, "LL", "uuid_model", "uuid", "detail", "tokens_used"),
    ("2025-02-18", 201, "LL", "uuid_model", "uuid", "detail", "tokens_used"),
    ("2025-03-17", 201, "LL", "uuid_model", "uuid", "detail", "tokens_used"),
    ("2025-03-26", 201, "LL", "uuid_model", "uuid", "detail", "tokens_used"),
    ("2025-04-25", 201, "LL", "uuid_model", "uuid", "detail", "tokens_used"),
    ("2025-05-08", 201, "LL", "uuid_model", "uuid", "detail", "tokens_used"),
    ("2025-07-24", 201, "LL", "uuid_model", "uuid", "detail", "tokens_used"),
    ("2025-08-19", 201, "LL", "uuid_model", "uuid", "detail", "tokens_used"),
    ("2025-11-07", 201, "LL", "uuid_model", "uuid", "detail", "tokens_used"),
    ("2025-11-12", 200, "LL", "uuid_model", "nanoid", "detail", "tokens_used"),
    ("2025-12-10", 200, "LL", "uuid_model", "nanoid", "detail", "credits_used"),
    ("2025-12-19", 200, "UL", "uuid_model", "nanoid", "named", "credits_used"),
    ("2026-01-05", 200, "UU", "nanoid", "nanoid", "named", "credits_used"),
    ("2026-06-12", 200, "UU", "nanoid", "nanoid", "named", "credits_used+usd_spent"),
    ("2026-08-19", 200, "UU", "nanoid", "nanoid", "named", "credits_used+usd_spent"),
];

/// Request members of three models, by edition, in the order of their files: `*` marks the required ones.
const MEMBERS: [(&str, &str, &str, &str); 16] = [
    ("2025-01-28", EARLIEST, EARLIEST, EARLIEST),
    ("2025-02-12", EARLY, EARLY, EARLY),
    ("2025-02-18", EARLY, EARLY, EARLY),
    ("2025-03-17", DEPRECATED, DEPRECATED, DEPRECATED),
    ("2025-03-26", BRUSHED, TAILED, PLAIN),
    ("2025-04-25", BRUSHED, TAILED, PLAIN),
    ("2025-05-08", BRUSHED, TAILED, TAILED),
    ("2025-07-24", BRUSHED, TAILED, TAILED),
    ("2025-08-19", NATIVE_AUGUST, NATIVE_AUGUST, NATIVE_AUGUST),
    ("2025-11-07", NATIVE_AUGUST, NATIVE_AUGUST, PLAIN),
    ("2025-11-12", NATIVE_NOVEMBER, NATIVE_NOVEMBER, PLAIN),
    ("2025-12-10", NATIVE_NOVEMBER, NATIVE_NOVEMBER, PLAIN),
    ("2025-12-19", NATIVE, NATIVE, MIRROR),
    ("2026-01-05", NATIVE, NATIVE, MIRROR),
    ("2026-06-12", NATIVE, NATIVE, MIRROR_PROVIDER),
    ("2026-08-19", NATIVE, NATIVE, MIRROR_PROVIDER),
];

const EARLIEST: &str = "provider prompt* duration ratio model* image_url*";
const EARLY: &str = "prompt* duration ratio model* image_url*";
const DEPRECATED: &str = "model* image_url* ratio aspect_ratio prompt* duration";
const PLAIN: &str = "model* image_url* ratio aspect_ratio prompt* duration negative_prompt cfg_scale";
const TAILED: &str =
    "model* tail_image_url image_url* ratio aspect_ratio prompt* duration negative_prompt cfg_scale";
const BRUSHED: &str = "model* tail_image_url static_mask_url dynamic_masks image_url* ratio aspect_ratio prompt* \
    duration negative_prompt cfg_scale";
const NATIVE_AUGUST: &str = "model* type image_url* tail_image_url static_mask dynamic_masks camera_control \
    negative_prompt duration cfg_scale external_task_id prompt";
const NATIVE_NOVEMBER: &str = "model* image_url* prompt type tail_image_url static_mask dynamic_masks \
    camera_control negative_prompt duration cfg_scale external_task_id";
const NATIVE: &str = "model* image_url* prompt tail_image_url duration negative_prompt cfg_scale static_mask \
    dynamic_masks camera_control";
const MIRROR: &str = "model* image_url* prompt* duration negative_prompt cfg_scale";
const MIRROR_PROVIDER: &str = "model* image_url* prompt* duration negative_prompt cfg_scale provider";

fn days() -> impl Iterator<Item = String> {
    TABLE.iter().map(|row| format!("aimlapi@{}", row.0))
}

/// The members of a model's request, as one text.
fn members(request: &Value) -> String {
    let required = request["required"].as_array().unwrap();
    let names = request["properties"].as_object().unwrap().keys();
    let marked =
        names.map(|name| if required.contains(&json!(name)) { format!("{name}*") } else { name.clone() });
    marked.collect::<Vec<_>>().join(" ")
}

fn with(model: &str, members: &Value) -> Value {
    let mut sent = json!({"model": model, "image_url": "https://a/b.png", "prompt": "a lighthouse"});
    for (name, value) in members.as_object().unwrap() {
        sent[name] = value.clone();
    }
    sent
}

#[test]
fn the_table_names_every_edition() {
    let mut known: Vec<&str> = vendors()
        .unwrap()
        .iter()
        .filter(|vendor| vendor.id() == "aimlapi")
        .map(|vendor| vendor.contract.edition.as_str())
        .collect();
    known.reverse();
    assert_eq!(known, TABLE.map(|row| row.0));
    assert_eq!(known, MEMBERS.map(|row| row.0));
}

#[test]
fn each_edition_has_the_statuses_paths_and_forms_of_its_day() {
    for (day, status, paths, ids, requests, errors, usage) in TABLE {
        let served = served(&format!("aimlapi@{day}"), &[]);
        let contract = served.contract();
        let submit = &contract.operations[&Operation::Submit];
        assert_eq!((submit.status.documented, submit.status.enforced), (Some(status), status), "{day}");
        let first =
            |name: Operation| if contract.operations[&name].routes[0].path == UNIVERSAL { "U" } else { "L" };
        assert_eq!(format!("{}{}", first(Operation::Submit), first(Operation::Poll)), paths, "{day}");
        let chosen = |name: &str| contract.options[name].default.clone();
        assert_eq!(chosen("id_form"), ids, "{day}");
        assert_eq!(chosen("request_id_form"), requests, "{day}");
        assert_eq!(chosen("error_shape"), errors, "{day}");
        assert_eq!(chosen("usage_members"), usage, "{day}");
    }
}

#[test]
fn each_edition_has_the_members_of_its_files() {
    for (day, standard, pro, mirrored) in MEMBERS {
        let served = served(&format!("aimlapi@{day}"), &[]);
        for (model, wanted) in [(STANDARD, standard), (PRO, pro), (MIRRORED, mirrored)] {
            assert_eq!(members(&served.model(model).request), wanted, "{day} {model}");
        }
    }
}

#[test]
fn the_older_path_always_answers_and_the_universal_one_since_it_was_documented() {
    for day in days() {
        for chosen in ["off", "on"] {
            let known = served(&day, &[]).contract().options.contains_key("universal_route");
            let options = if known { vec![("universal_route", chosen)] } else { Vec::new() };
            let served = served(&day, &options);
            let options = served.exchange("POST", LEGACY).options;
            for method in ["POST", "GET"] {
                assert!(served.contract().route(options, method, LEGACY).is_ok(), "{day}");
                let universal = served.contract().route(options, method, UNIVERSAL).is_ok();
                assert_eq!(universal, !known || chosen == "on", "{day} {chosen}");
            }
            assert_eq!(known, *day < *"aimlapi@2025-12-19", "{day}");
        }
    }
}

#[test]
fn a_duration_was_text_until_it_became_a_number_and_both_pass_all_the_time() {
    for day in days() {
        let served = served(&day, &[]);
        let text = *day < *"aimlapi@2025-04-25";
        for model in [STANDARD, PRO, MIRRORED] {
            let stated = documented(&served.model(model).request)["properties"]["duration"].clone();
            let wanted = if text { json!(["5", "10"]) } else { json!([5, 10]) };
            assert_eq!(stated["enum"], wanted, "{day}");
            assert_eq!(stated["type"], if text { "string" } else { "integer" }, "{day}");
            for duration in [json!("5"), json!("10"), json!(5), json!(10)] {
                assert!(
                    served.takes(model, &with(model, &json!({"duration": duration}))),
                    "{day} {duration}"
                );
            }
            let listed = if text { "'5' | '10'" } else { "5 | 10" };
            let message = served.message(model, &with(model, &json!({"duration": "8"})));
            let wanted =
                format!("Body validation error\nInvalid enum value. Expected {listed}, received '8'");
            assert_eq!(message, wanted, "{day}");
        }
    }
}

#[test]
fn a_documented_type_can_be_insisted_on_in_every_edition() {
    for day in days() {
        let served = served(&day, &[("strict_duration", "on")]);
        let text = *day < *"aimlapi@2025-04-25";
        assert_eq!(served.takes(PRO, &with(PRO, &json!({"duration": "5"}))), text, "{day}");
        assert_eq!(served.takes(PRO, &with(PRO, &json!({"duration": 5}))), !text, "{day}");
    }
}

#[test]
fn a_prompt_could_be_left_out_from_the_day_of_the_native_shape() {
    for day in days() {
        let served = served(&day, &[]);
        let sent = |model: &str| json!({"model": model, "image_url": "https://a/b.png"});
        let native = *day >= *"aimlapi@2025-08-19";
        assert_eq!(served.takes(STANDARD, &sent(STANDARD)), native, "{day}");
        assert_eq!(served.takes(PRO, &sent(PRO)), native, "{day}");
        assert_eq!(served.takes(MIRRORED, &sent(MIRRORED)), *day == *"aimlapi@2025-08-19", "{day}");
    }
}

#[test]
fn what_was_documented_of_the_prompt_in_november_2025_was_not_what_was_enforced() {
    let served = served("aimlapi@2025-11-07", &[]);
    let request = &served.model(MIRRORED).request;
    assert_eq!(documented(request)["required"], json!(["model", "image_url"]));
    assert_eq!(request["required"], json!(["model", "image_url", "prompt"]));
}

#[test]
fn bare_base64_passed_only_while_links_were_plain_text() {
    for day in days() {
        let served = served(&day, &[]);
        let plain = *day >= *"aimlapi@2025-08-19" && *day < *"aimlapi@2025-12-19";
        let sent = |model: &str| with(model, &json!({"image_url": "iVBORw0KGgo="}));
        assert_eq!(served.takes(STANDARD, &sent(STANDARD)), plain, "{day}");
        assert_eq!(served.takes(MIRRORED, &sent(MIRRORED)), *day == *"aimlapi@2025-08-19", "{day}");
        for (pointer, schema) in properties(&served.model(STANDARD).request) {
            if let Some(rules) = schema.get("x-image") {
                let bare = rules["transports"].as_array().unwrap().contains(&json!("base64"));
                assert_eq!(bare, plain, "{day} {pointer}");
            }
        }
    }
}

#[test]
fn masks_were_renamed_and_bounded_with_the_native_shape() {
    let one_point = json!([{"x": 1, "y": 1}]);
    let july = served("aimlapi@2025-07-24", &[]);
    let masks = json!({"dynamic_masks": [{"mask_url": "https://a/m.png", "trajectories": one_point}]});
    assert!(july.takes(STANDARD, &with(STANDARD, &masks)));
    let without = json!({"dynamic_masks": [{"mask": "https://a/m.png"}]});
    assert_eq!(july.message(STANDARD, &with(STANDARD, &without)), "Body validation error\nRequired");
    let august = served("aimlapi@2025-08-19", &[]);
    let message = august.message(STANDARD, &with(STANDARD, &masks));
    assert_eq!(message, "Body validation error\nRequired\nArray must contain at least 2 element(s)");
    let seven = json!({"dynamic_masks": vec![json!({"mask": "m", "trajectories": [{"x": 1, "y": 1}, {"x": 2, "y": 2}]}); 7]});
    let message = august.message(STANDARD, &with(STANDARD, &seven));
    assert_eq!(message, "Body validation error\nArray must contain at most 6 element(s)");
}

#[test]
fn a_provider_came_went_and_came_back_as_free_text() {
    let sent = with(MIRRORED, &json!({"provider": "kling"}));
    let message = served("aimlapi@2025-01-28", &[]).message(MIRRORED, &sent);
    assert_eq!(message, "Body validation error\nInvalid enum value. Expected 'fal-ai', received 'kling'");
    for (day, checked) in [("2025-02-12", false), ("2026-01-05", false), ("2026-06-12", true)] {
        let served = served(&format!("aimlapi@{day}"), &[]);
        assert!(served.takes(MIRRORED, &sent), "{day}");
        assert_eq!(served.takes(MIRRORED, &with(MIRRORED, &json!({"provider": 5}))), !checked, "{day}");
    }
}

#[test]
fn a_ratio_was_deprecated_on_the_day_its_new_name_came() {
    let deprecated = |day: &str, name: &str| {
        let served = served(day, &[]);
        served.model(PRO).request["properties"]
            .get(name)
            .map(|schema| schema.get("deprecated") == Some(&json!(true)))
    };
    assert_eq!(deprecated("aimlapi@2025-02-18", "ratio"), Some(false));
    assert_eq!(deprecated("aimlapi@2025-02-18", "aspect_ratio"), None);
    assert_eq!(deprecated("aimlapi@2025-03-17", "ratio"), Some(true));
    assert_eq!(deprecated("aimlapi@2025-03-17", "aspect_ratio"), Some(true));
    assert_eq!(deprecated("aimlapi@2025-08-19", "ratio"), None);
}

#[test]
fn every_answer_of_every_edition_keeps_its_contract() {
    for day in days() {
        for meta in ["off", "on"] {
            let served = served(&day, &[("completed_meta", meta)]);
            let echo = json!("https://a/b.png");
            for phase in Phase::ALL {
                let mut job = served.job(STANDARD, phase, &echo);
                job.failure = (phase == Phase::Failed)
                    .then_some(FailureView { reason: FailureReason::Moderation, detail: None });
                let exchange = served.exchange("GET", LEGACY);
                served.assert_promised(Operation::Poll, &served.dialect().job(&exchange, &job));
                let reply = served.dialect().submitted(&exchange, &job);
                served.assert_promised(Operation::Submit, &reply);
                assert_eq!(reply.status, served.contract().operations[&Operation::Submit].status.enforced);
                assert_eq!(
                    header(&reply, "x-inference-id").is_some(),
                    *day == *"aimlapi@2026-08-19",
                    "{day}"
                );
            }
        }
    }
}

#[test]
fn the_cost_was_told_at_submit_in_the_autumn_of_2025_only() {
    for day in days() {
        let served = served(&day, &[]);
        let job = served.job(STANDARD, Phase::Queued, &Value::Null);
        let reply = served.dialect().submitted(&served.exchange("POST", LEGACY), &job);
        let autumn = *day >= *"aimlapi@2025-08-19" && *day < *"aimlapi@2025-12-10";
        let told = json!({"usage": {"tokens_used": 315_000}});
        assert_eq!(body(&reply).get("meta"), autumn.then_some(&told), "{day}");
    }
}

#[test]
fn texts_of_march_2025_gave_way_to_todays() {
    for day in days() {
        let served = served(&day, &[]);
        let text = |problem: &Problem| body(&served.refused(problem))["message"].as_str().unwrap().to_owned();
        let march = *day < *"aimlapi@2025-04-25";
        assert_eq!(text(&Problem::InsufficientCredits).starts_with("You have exhausted"), march, "{day}");
        let query = &served.contract().problems["invalid"].variants["query"];
        let marked = query.text.as_deref() == Some("Query validation error!");
        assert_eq!(marked, *day < *"aimlapi@2025-12-10", "{day}");
        assert!(text(&Problem::Unauthorized(KeyFault::Missing)).ends_with("https://aimlapi.com/app/keys"));
    }
}

#[test]
fn tracing_headers_are_exposed_to_browsers_only_where_there_are_any() {
    for day in days() {
        let served = served(&day, &[]);
        let exposed = &served.contract().cors.as_ref().unwrap().expose_headers;
        assert_eq!(exposed.len(), if *day == *"aimlapi@2026-08-19" { 4 } else { 0 }, "{day}");
    }
}

/// The first edition that has each family of models, by the days on which their files were first published.
const SINCE: [(&str, &str); 14] = [
    ("klingai/v2-master-image-to-video", "2025-04-25"),
    ("klingai/kling-video-v1.6-pro-effects", "2025-04-25"),
    ("klingai/v2.1-master-text-to-video", "2025-07-24"),
    ("kling-video/v1.5/pro/image-to-video", "2025-11-07"),
    ("kling-video/v2.1/standard/image-to-video", "2025-11-07"),
    ("kling-video/v1.6/standard/multi-image-to-video", "2025-11-07"),
    ("klingai/v2.5-turbo/pro/text-to-video", "2025-11-07"),
    ("klingai/avatar-pro", "2025-11-07"),
    ("klingai/video-v2-6-pro-image-to-video", "2025-12-10"),
    ("klingai/video-o1-video-to-video-edit", "2025-12-10"),
    ("klingai/video-v2-6-motion-control", "2026-06-12"),
    ("klingai/video-v3-pro-image-to-video", "2026-06-12"),
    ("klingai/video-v3-omni-1080p-text-to-video", "2026-08-19"),
    ("klingai/video-v3-turbo-pro-image-to-video", "2026-08-19"),
];

#[test]
fn a_model_is_there_from_the_first_edition_after_its_files() {
    for (id, since) in SINCE {
        for (day, ..) in TABLE {
            let held = served(&format!("aimlapi@{day}"), &[]).contract().models.contains_key(id);
            assert_eq!(held, day >= since, "{id} in {day}");
        }
    }
}

#[test]
fn the_choice_of_an_upstream_and_the_last_frame_of_the_masters_have_their_days() {
    for (day, ..) in TABLE {
        let served = served(&format!("aimlapi@{day}"), &[]);
        for model in served.contract().models.values() {
            let members = model.request["properties"].as_object().unwrap();
            let offered = model.id.contains("v2") && members.contains_key("provider");
            assert!(!offered || day >= "2026-06-12", "{} in {day}", model.id);
        }
        if let Some(master) = served.contract().models.get("klingai/v2-master-image-to-video") {
            let tail = master.request["properties"].get("tail_image_url").is_some();
            assert_eq!(tail, day <= "2025-08-19", "{day}");
        }
    }
}
