//! Answers about a task: rows 1, 2, 15 to 18 and 21 to 23.

use mockreel_contracts::FailureReason;
use reqwest::Method;
use serde_json::{Value, json};

use super::{HQ, RAPID, TEXT, WITH_IMAGE, WITHOUT_IMAGE, body, body_with, fetch, stepwise, submitted};
use crate::support::{Caller, KEY};
use crate::vendors::{START, Visit, assert_whole, names};

// Rows 1 and 15: all six paths; ids are `kling_` and twelve hexadecimal digits.
#[tokio::test]
async fn all_six_paths_take_a_task() {
    let visit = Visit::to("302ai").await;
    for path in WITH_IMAGE.into_iter().chain(WITHOUT_IMAGE) {
        let answer = visit.post(path, &body(&visit)).await;
        let body = answer.json();
        assert_eq!((answer.status, &body["status"], &body["result"]), (200, &json!(200), &json!(1)));
        assert_eq!((&body["message"], body.get("error")), (&json!("成功"), None));
        assert_eq!((&body["data"]["status"], &body["data"]["task"]["status"]), (&json!(5), &json!(5)));
        assert_eq!(body["data"]["works"], json!([]));
        let id = body["data"]["task"]["id"].as_str().unwrap().to_owned();
        let digits = id.strip_prefix("kling_").expect("the prefix");
        assert!(digits.len() == 12 && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')));
    }
}

// Row 15 and section 3a: the whole envelope, to the byte.
#[tokio::test]
async fn a_submit_is_answered_with_the_proxied_envelope() {
    let visit = Visit::to("302ai").await;
    let image = visit.image("landscape.jpg");
    let answer = visit.post(HQ, &json!({"cfg": "0.5", "input_image": image, "prompt": "a cat"})).await;
    let id = answer.json()["data"]["task"]["id"].as_str().unwrap().to_owned();
    let now = START * 1000;
    let task = format!(
        r#"{{"createTime":{now},"deleted":false,"favored":false,"id":"{id}","status":5,"taskInfo":{{"arguments":[{{"name":"prompt","value":"a cat"}},{{"name":"cfg","value":"0.5"}}],"extraArgs":{{}},"inputs":[{{"blobStorage":null,"fromWorkId":null,"inputType":"URL","name":"input","token":null,"url":"{image}"}}],"type":"m2v_img2video_hq"}},"type":"m2v_img2video_hq","updateTime":{now},"viewTime":0,"viewed":false}}"#
    );
    assert_whole(
        &answer,
        200,
        &format!(
            r#"{{"data":{{"limitation":{{"limit":0,"remaining":0,"type":"m2v_img2video_hq"}},"message":"","status":5,"task":{task},"userTickets":{{"ticket":[]}},"works":[]}},"message":"成功","result":1,"status":200,"timestamp":[2026,1,1,8,0,0,0]}}"#
        ),
    );
}

// Rows 16 and 17: 5, 10, 99, the same in data and task; a URL at 99 and never before.
#[tokio::test]
async fn a_task_goes_from_5_through_10_to_99() {
    let visit = stepwise().await;
    let id = submitted(&visit, HQ, &body(&visit)).await;
    let look = async || {
        let answer = visit.get(&fetch(&id)).await;
        assert_eq!((answer.status, &answer.json()["data"]["task"]["id"]), (200, &json!(id)));
        let body = answer.json();
        assert_eq!(body["data"]["status"], body["data"]["task"]["status"]);
        assert!(body["data"]["etaTime"].as_f64().unwrap() >= 0.0);
        assert_eq!(
            (&body["message"], &body["result"], &body["status"]),
            (&json!("成功"), &json!(1), &json!(200))
        );
        (body["data"]["status"].as_u64().unwrap(), body["data"]["works"].as_array().unwrap().clone())
    };
    assert_eq!(look().await, (5, vec![]));
    visit.start(&id).await;
    assert_eq!(look().await, (10, vec![]));
    visit.emulator.jobs(KEY).succeed(&id).await.unwrap();
    let (status, works) = look().await;
    assert_eq!((status, works.len()), (99, 1));
    assert_eq!(works[0]["status"], 99);
    assert_eq!(look().await.0, 99);
}

// Row 17 and section 3b: the work's members, lengths in milliseconds, files that can be had.
#[tokio::test]
async fn a_finished_task_has_one_work_with_a_video_and_a_cover() {
    let visit = Visit::to("302ai").await;
    for (path, milliseconds) in [(RAPID, 5000..=5100), ("/klingai/m2v_img2video_hq_10s", 10_000..=10_100)] {
        let id = submitted(&visit, path, &body(&visit)).await;
        visit.finish(&id).await;
        let body = visit.get(&fetch(&id)).await.json();
        let work = &body["data"]["works"][0];
        assert_eq!(
            names(work),
            [
                "contentType",
                "cover",
                "createTime",
                "deleted",
                "favored",
                "lipSyncStatus",
                "publishStatus",
                "publishTime",
                "reportNum",
                "resource",
                "selfAttitude",
                "selfComment",
                "starNum",
                "starred",
                "status",
                "submitTime",
                "taskInfo",
                "type",
                "userProfile",
            ]
        );
        assert_eq!(work["taskInfo"], body["data"]["task"]["taskInfo"]);
        for file in [&work["resource"], &work["cover"]] {
            assert_eq!(names(file), ["duration", "height", "resource", "width"]);
        }
        assert!(milliseconds.contains(&work["resource"]["duration"].as_u64().unwrap()), "{path}");
        for (file, kind) in [("resource", "video/mp4"), ("cover", "image/jpeg")] {
            let url = work[file]["resource"].as_str().unwrap();
            assert!(url.starts_with(&visit.emulator.base()), "{url} leads outside");
            let answer = Caller::without_key().get(url).await;
            assert_eq!((answer.status, answer.header("content-type")), (200, Some(kind)));
        }
    }
}

// Row 18: 200, the word for failed, 50 twice, a reason and a code that are texts.
#[tokio::test]
async fn a_failed_task_says_so_in_a_good_answer() {
    let visit = Visit::to("302ai").await;
    let id = submitted(&visit, TEXT, &json!({"prompt": "[mock:fail=internal]"})).await;
    visit.finish(&id).await;
    let answer = visit.get(&fetch(&id)).await;
    let body = answer.json();
    assert_eq!((answer.status, &body["message"]), (200, &json!("失败")));
    assert_eq!((&body["data"]["status"], &body["data"]["task"]["status"]), (&json!(50), &json!(50)));
    assert_eq!(body["data"]["works"], json!([]));
    assert!(body["data"]["message"].as_str().is_some_and(|text| !text.is_empty()));
    assert!(body["data"]["modelErrCode"].is_string());
    // Proposal 7: the fetch itself went well.
    assert_eq!((&body["result"], &body["status"]), (&json!(1), &json!(200)));
    let visit = Visit::with("302ai", "failed_result", "0").await;
    let id = submitted(&visit, TEXT, &json!({"prompt": "[mock:fail=internal]"})).await;
    visit.finish(&id).await;
    let body = visit.get(&fetch(&id)).await.json();
    assert_eq!((&body["result"], &body["data"]["status"]), (&json!(0), &json!(50)));
}

// Proposal 15: whatever ends a task without a video is 50.
#[tokio::test]
async fn a_task_that_is_cancelled_or_times_out_has_failed() {
    let visit = stepwise().await;
    let [first, second] =
        [submitted(&visit, RAPID, &body(&visit)).await, submitted(&visit, RAPID, &body(&visit)).await];
    visit.emulator.jobs(KEY).cancel(&first).await.unwrap();
    visit.emulator.jobs(KEY).fail(&second, FailureReason::Timeout).await.unwrap();
    for id in [first, second] {
        let body = visit.get(&fetch(&id)).await.json();
        assert_eq!((&body["data"]["status"], &body["data"]["works"]), (&json!(50), &json!([])));
    }
}

// Row 2: any value is taken.
#[tokio::test]
async fn the_place_of_storage_may_be_named_or_not() {
    let visit = Visit::to("302ai").await;
    let id = submitted(&visit, RAPID, &body(&visit)).await;
    visit.finish(&id).await;
    for query in ["", "?geo=global", "?geo=cn", "?geo=moon", "?geo=", "?other=1"] {
        let answer = visit.get(&format!("{}{query}", fetch(&id))).await;
        assert_eq!((answer.status, &answer.json()["data"]["status"]), (200, &json!(99)), "{query}");
    }
}

// Section 5: two hosts, one store.
#[tokio::test]
async fn both_hosts_know_the_same_tasks() {
    let visit = Visit::to("302ai").await;
    let base = visit.emulator.base();
    let at = |method, host: &str, path: &str| {
        visit.caller.request(method, &format!("{base}{path}")).header("host", host)
    };
    let answer = visit.send(at(Method::POST, "api.302ai.cn", RAPID).json(&body(&visit))).await;
    assert_eq!(answer.status, 200);
    let id = answer.json()["data"]["task"]["id"].as_str().unwrap().to_owned();
    visit.finish(&id).await;
    let body = visit.send(at(Method::GET, "api.302.ai", &fetch(&id))).await.json();
    assert_eq!(body["data"]["status"], 99);
    let url = body["data"]["works"][0]["resource"]["resource"].as_str().unwrap().to_owned();
    assert!(url.starts_with(&base), "{url} leads outside");
}

// Row 21: charged at submit; looking is free.
#[tokio::test]
async fn tasks_have_the_prices_of_the_page() {
    let visit = Visit::to("302ai").await;
    let prices = [0.3, 0.6, 0.5, 1.0, 0.5, 1.0];
    for (path, price) in WITH_IMAGE.into_iter().chain(WITHOUT_IMAGE).zip(prices) {
        let id = submitted(&visit, path, &body(&visit)).await;
        visit.get(&fetch(&id)).await;
        let job = visit.order(&format!("jobs/{id}")).await;
        assert_eq!(job["price"], json!({"amount": price, "unit": "PTC"}), "{path}");
    }
}

// Row 22: browsers ask first, without a key.
#[tokio::test]
async fn browsers_are_let_in() {
    let visit = Visit::to("302ai").await;
    for (method, path) in [("POST", RAPID), ("GET", &fetch("kling_000000000000"))] {
        let asked = Caller::without_key()
            .request(Method::OPTIONS, &visit.url(path))
            .header("origin", "https://app.example")
            .header("access-control-request-method", method)
            .header("access-control-request-headers", "authorization,content-type,lang");
        let answer = visit.send(asked).await;
        assert!((200..300).contains(&answer.status), "{}", answer.status);
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        let allowed = answer.header("access-control-allow-headers").unwrap().to_lowercase();
        for name in ["authorization", "content-type", "lang"] {
            assert!(allowed.contains(name), "{allowed}");
        }
        assert!(answer.header("access-control-allow-methods").unwrap().contains(method));
    }
    for answer in [visit.post(RAPID, &body(&visit)).await, visit.post(RAPID, &json!({})).await] {
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    }
}

// Row 23.
#[tokio::test]
async fn members_are_in_alphabetical_order_at_every_level() {
    let visit = Visit::to("302ai").await;
    let first = visit.post(HQ, &body_with(&visit, &json!({"tail_image": visit.image("tail.jpg")}))).await;
    let id = first.json()["data"]["task"]["id"].as_str().unwrap().to_owned();
    let pending = visit.get(&fetch(&id)).await;
    visit.finish(&id).await;
    let done = visit.get(&fetch(&id)).await;
    assert_eq!(done.json()["data"]["status"], 99);
    for answer in [first, pending, done, visit.get("/klingai/nothing").await] {
        assert_alphabetical(&answer.json());
    }
}

fn assert_alphabetical(value: &Value) {
    if let Some(members) = value.as_object() {
        assert!(members.keys().is_sorted(), "{:?}", names(value));
        members.values().for_each(assert_alphabetical);
    }
    value.as_array().into_iter().flatten().for_each(assert_alphabetical);
}

// Section 3: shapes that only one of the vendor's clients knows.
#[tokio::test]
async fn what_clients_disagree_about_is_an_option() {
    let number = Visit::with("302ai", "timestamp", "number").await;
    assert_eq!(number.post(RAPID, &body(&number)).await.json()["timestamp"], START * 1000);
    for (value, expected) in [("null", Value::Null), ("empty", json!(""))] {
        let visit = Visit::with("302ai", "error_member", value).await;
        assert_eq!(visit.post(RAPID, &body(&visit)).await.json().get("error"), Some(&expected));
    }
    let plain = Visit::with("302ai", "fetch_extras", "off").await;
    let id = submitted(&plain, RAPID, &body(&plain)).await;
    let fetched = plain.get(&fetch(&id)).await.json();
    assert_eq!(
        names(&fetched["data"]),
        ["currentTimestamp", "etaTime", "message", "modelErrCode", "status", "task", "works"]
    );
}
