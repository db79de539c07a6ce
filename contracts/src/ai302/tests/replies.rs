//! Answers to submits and fetches.

use serde_json::{Value, json};

use super::{assert_alphabetical, form, json_of, served};
use crate::contract::check::normalise::normalised;
use crate::operation::Operation;
use crate::phase::Phase;

const IMAGE_HQ: &str = "m2v_img2video_hq";

#[test]
fn every_answer_in_every_phase_under_every_option_keeps_the_contract_and_the_alphabet() {
    let default = served(&[]);
    let mut chosen: Vec<Vec<(&str, &str)>> = vec![Vec::new()];
    for (name, fact) in &default.contract.options {
        chosen.extend(fact.values.iter().map(|value| vec![(name.as_str(), value.as_str())]));
    }
    let echo = form();
    for options in chosen {
        let vendor = served(&options);
        let (submit, poll) = (vendor.reply_checker(Operation::Submit), vendor.reply_checker(Operation::Poll));
        for model in vendor.contract.models.keys() {
            for phase in Phase::ALL {
                let job = vendor.job(model, phase, &echo);
                let body = vendor.fetched(&job);
                assert_eq!(poll.violations(&body), [], "{options:?} {model} {phase:?}");
                assert_alphabetical(&body, "");
            }
            let body = vendor.submitted(&vendor.job(model, Phase::Queued, &echo));
            assert_eq!(submit.violations(&body), [], "{options:?} {model}");
            assert_alphabetical(&body, "");
        }
    }
}

#[test]
fn the_status_is_the_same_number_wherever_it_stands_and_a_url_comes_with_99_only() {
    let vendor = served(&[]);
    let echo = form();
    let (mut numbers, mut words) = (Vec::new(), Vec::new());
    for phase in Phase::ALL {
        let body = vendor.fetched(&vendor.job(IMAGE_HQ, phase, &echo));
        let status = &body["data"]["status"];
        assert_eq!(status, &body["data"]["task"]["status"]);
        let works = body["data"]["works"].as_array().expect("works is a list in every phase");
        assert!(works.iter().all(|work| &work["status"] == status));
        assert_eq!(works.len(), usize::from(status == 99));
        assert_eq!(body.to_string().contains(".mp4"), status == 99, "{phase:?}");
        numbers.push(status.clone());
        words.push(body["message"].clone());
    }
    assert_eq!(numbers, [5, 10, 99, 50, 50]);
    assert_eq!(words, ["成功", "成功", "成功", "失败", "失败"]);
}

#[test]
fn a_submit_is_answered_with_the_whole_envelope() {
    let vendor = served(&[]);
    let echo = form();
    let body = vendor.submitted(&vendor.job(IMAGE_HQ, Phase::Queued, &echo));
    let info = r#"{"arguments":[{"name":"prompt","value":"a boat"},{"name":"negative_prompt","value":""},{"name":"cfg","value":"0.5"},{"name":"aspect_ratio","value":"16:9"},{"name":"camera_type","value":"zoom"},{"name":"camera_value","value":"-5"}],"extraArgs":{},"inputs":[{"blobStorage":null,"fromWorkId":null,"inputType":"URL","name":"input","token":null,"url":"https://pictures.example/first.png"},{"blobStorage":null,"fromWorkId":null,"inputType":"URL","name":"tail_image","token":null,"url":""}],"type":"m2v_img2video_hq"}"#;
    let task = format!(
        r#"{{"createTime":1735812345678,"deleted":false,"favored":false,"id":"kling_0102030405ff","status":5,"taskInfo":{info},"type":"m2v_img2video_hq","updateTime":1735812345678,"viewTime":0,"viewed":false}}"#
    );
    let wanted = format!(
        r#"{{"data":{{"limitation":{{"limit":0,"remaining":0,"type":"m2v_img2video_hq"}},"message":"","status":5,"task":{task},"userTickets":{{"ticket":[]}},"works":[]}},"message":"成功","result":1,"status":200,"timestamp":[2025,1,2,18,6,45,678000000]}}"#
    );
    assert_eq!(body.to_string(), wanted);
}

#[test]
fn a_finished_fetch_holds_video_and_cover_and_its_length_in_milliseconds() {
    let vendor = served(&[]);
    let echo = form();
    let body = vendor.fetched(&vendor.job("m2v_15_img2video", Phase::Succeeded, &echo));
    let data: Vec<&String> = body["data"].as_object().unwrap().keys().collect();
    assert_eq!(
        data,
        [
            "currentTimestamp",
            "etaTime",
            "limitation",
            "message",
            "modelErrCode",
            "status",
            "task",
            "userTickets",
            "works"
        ]
    );
    assert_eq!(body["data"]["currentTimestamp"], 1_735_812_405_678_u64);
    assert_eq!(body["data"]["task"]["updateTime"], 1_735_812_395_678_u64);
    let work = &body["data"]["works"][0];
    let resource = json!({"duration": 5041, "height": 720, "resource": "http://127.0.0.1:4747/__media/v.mp4", "width": 1280});
    assert_eq!(work["resource"], resource);
    let cover = json!({"duration": 0, "height": 720, "resource": "http://127.0.0.1:4747/__media/v.jpg", "width": 1280});
    assert_eq!(work["cover"], cover);
    assert_eq!(work["type"], "m2v_img2video");
    assert_eq!(work["taskInfo"], body["data"]["task"]["taskInfo"]);
}

#[test]
fn a_client_finds_by_the_contracts_pointers_what_it_needs() {
    let vendor = served(&[]);
    let echo = form();
    let read = &vendor.contract.operations[&Operation::Poll].read;
    let done = vendor.fetched(&vendor.job(IMAGE_HQ, Phase::Succeeded, &echo));
    let at = |body: &Value, pointer: &str| body.pointer(pointer).cloned().unwrap_or_default();
    assert_eq!(at(&done, read.id.as_deref().unwrap()), "kling_0102030405ff");
    assert_eq!(at(&done, read.status.as_deref().unwrap()), 99);
    assert_eq!(at(&done, &read.video_url[0]), "http://127.0.0.1:4747/__media/v.mp4");
    assert_eq!(at(&done, read.cover_url.as_deref().unwrap()), "http://127.0.0.1:4747/__media/v.jpg");
    let failed = vendor.fetched(&vendor.job(IMAGE_HQ, Phase::Failed, &echo));
    assert_eq!(at(&failed, &read.failure[0]), "视频提示词违规");
}

#[test]
fn a_failed_task_is_a_good_answer_that_says_failed() {
    let vendor = served(&[]);
    let echo = form();
    let job = vendor.job(IMAGE_HQ, Phase::Failed, &echo);
    let reply = vendor.dialect.job(&vendor.exchange(), &job);
    assert_eq!(reply.status, 200);
    let body = json_of(reply);
    assert_eq!(
        (&body["message"], &body["result"], &body["status"]),
        (&json!("失败"), &json!(1), &json!(200))
    );
    assert_eq!(body["data"]["modelErrCode"], "");
    assert_eq!(body["data"]["works"], json!([]));
    assert!(body.get("error").is_none());

    let vendor = served(&[("failed_result", "0"), ("error_member", "null"), ("fetch_extras", "off")]);
    let body = vendor.fetched(&vendor.job(IMAGE_HQ, Phase::Failed, &echo));
    assert_eq!(body["result"], 0);
    assert_eq!(body.get("error"), Some(&Value::Null));
    assert!(body["data"].get("limitation").is_none() && body["data"].get("userTickets").is_none());
    let submitted = vendor.submitted(&vendor.job(IMAGE_HQ, Phase::Queued, &echo));
    assert!(submitted["data"].get("limitation").is_some() && submitted["data"].get("userTickets").is_some());
    let body = vendor.fetched(&vendor.job(IMAGE_HQ, Phase::Succeeded, &echo));
    assert_eq!(body["result"], 1);
}

#[test]
fn only_addresses_are_repeated_and_never_what_a_form_carried() {
    let echo = json!({"input_image": "data:image/png;base64,AAAA", "tail_image": "cid:7", "prompt": ""});
    let urls = |vendor: &super::Served| {
        let body = vendor.submitted(&vendor.job(IMAGE_HQ, Phase::Queued, &echo));
        let inputs = body["data"]["task"]["taskInfo"]["inputs"].clone();
        inputs.as_array().unwrap().iter().map(|input| input["url"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(urls(&served(&[])), ["", ""]);
    assert_eq!(urls(&served(&[("part_url", "null")])), [Value::Null, Value::Null]);
}

#[test]
fn what_was_normalised_is_repeated_as_text_again() {
    let vendor = served(&[]);
    let model = &vendor.contract.models[IMAGE_HQ];
    let echo = normalised(&model.request, form());
    let raw = form();
    let told = |echo: &Value| vendor.submitted(&vendor.job(IMAGE_HQ, Phase::Queued, echo));
    assert_eq!(told(&echo), told(&raw));
}

#[test]
fn an_answer_without_anything_kept_has_no_arguments() {
    let vendor = served(&[]);
    let body = vendor.fetched(&vendor.job(IMAGE_HQ, Phase::Running, &Value::Null));
    assert_eq!(body["data"]["task"]["taskInfo"]["arguments"], json!([]));
    assert_eq!(body["data"]["task"]["taskInfo"]["inputs"], json!([]));
}

#[test]
fn an_id_is_a_prefix_and_twelve_lower_case_hexadecimal_digits() {
    let vendor = served(&[]);
    let model = &vendor.contract.models[IMAGE_HQ];
    let mut entropy = [0xAB; 32];
    entropy[0] = 0x01;
    assert_eq!(vendor.dialect.job_id(model, entropy), "kling_01ababababab");
}

#[test]
fn the_timestamp_is_the_time_in_beijing_or_a_number() {
    let vendor = served(&[]);
    let mut exchange = vendor.exchange();
    // Half a second before midnight in Beijing on the last day of a year.
    exchange.now = crate::UnixMillis::parse("2025-12-31T15:59:59.500Z").unwrap();
    let echo = Value::Null;
    let job = vendor.job(IMAGE_HQ, Phase::Running, &echo);
    let body = json_of(vendor.dialect.job(&exchange, &job));
    assert_eq!(body["timestamp"], json!([2025, 12, 31, 23, 59, 59, 500_000_000]));
    exchange.now = crate::UnixMillis(u64::MAX);
    assert_eq!(json_of(vendor.dialect.job(&exchange, &job))["timestamp"][0], 9999);

    let vendor = served(&[("timestamp", "number")]);
    let body = vendor.fetched(&vendor.job(IMAGE_HQ, Phase::Running, &echo));
    assert_eq!(body["timestamp"], 1_735_812_405_678_u64);
}
