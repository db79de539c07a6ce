//! Refusals, byte for byte.

use serde_json::{Value, json};

use super::{Served, assert_alphabetical, json_of, served};
use crate::contract::check::rules::{Checker, ImageRule, Rule, Violation};
use crate::problem::{KeyFault, Malformation, PROBLEM_NAMES, Place, Problem};

fn answered(vendor: &Served, problem: &Problem) -> (u16, String) {
    let reply = vendor.dialect.problem(&vendor.exchange(), problem);
    let status = reply.status;
    (status, json_of(reply).to_string())
}

fn gateway(code: i32, english: &str, chinese: &str, japanese: &str) -> String {
    format!(
        r#"{{"error":{{"err_code":{code},"message":"{english}","message_cn":"{chinese}","message_jp":"{japanese}","type":"api_error"}}}}"#
    )
}

fn invalid(rule: Rule) -> Problem {
    let violation = Violation::new("/input_image".to_owned(), rule, &Value::Null);
    Problem::Invalid { place: Place::Body, violations: vec![violation] }
}

fn missing_image() -> Problem {
    invalid(Rule::Required { options: Vec::new() })
}

fn rate_limited() -> Problem {
    Problem::RateLimited { limit: 1, window_seconds: 60, retry_after_ms: 1, model: None }
}

/// One of each problem and, of those with finer cases, of each case.
fn all() -> Vec<Problem> {
    vec![
        Problem::Unauthorized(KeyFault::Missing),
        Problem::Unauthorized(KeyFault::WrongScheme),
        Problem::Unauthorized(KeyFault::Unknown),
        Problem::Unauthorized(KeyFault::Disabled),
        Problem::Forbidden,
        Problem::NotEntitled { model: "m".to_owned() },
        Problem::UnknownRoute { allowed: Vec::new() },
        Problem::UnknownRoute { allowed: vec!["POST".to_owned()] },
        Problem::Malformed(Malformation::MediaType(Some("text/plain".to_owned()))),
        Problem::Malformed(Malformation::Multipart("no boundary".to_owned())),
        missing_image(),
        invalid(Rule::Image(ImageRule::Unreachable)),
        invalid(Rule::Image(ImageRule::Bytes { limit: 10_485_760 })),
        Problem::UnknownModel { received: "m".to_owned(), in_path: false },
        Problem::RetiredModel { model: "m".to_owned() },
        Problem::UnknownJob { id: "kling_x".to_owned() },
        Problem::InsufficientCredits,
        rate_limited(),
        Problem::ConcurrencyLimited { limit: 1 },
        Problem::UpstreamError { status: 500 },
        Problem::Overloaded,
        Problem::Timeout,
        Problem::Internal,
        Problem::TooLarge { limit_bytes: 1 },
    ]
}

/// The gateway's codes and texts: English, Chinese, Japanese.
const TEXTS: &[(i32, &str, &str, &str)] = &[
    (-10001, "Missing 302 Apikey", "缺少 302 API 密钥", "302 APIキーがありません"),
    (-10002, "Invalid API Key", "无效的 API 密钥", "無効なAPIキーです"),
    (
        -10003,
        "Network error, please try again later",
        "网络错误，请稍后重试",
        "ネットワークエラー、後でもう一度お試しください。  ",
    ),
    (-10004, "Insufficient account balance", "账户余额不足", "アカウント残高が不足しています。"),
    (-10008, "No available models currently", "当前无可用通道", "現在利用可能なチャネルはありません。"),
    (
        -10009,
        "Current API function not supported",
        "不支持当前API功能",
        "現在のAPI機能はサポートされていません。",
    ),
    (-10010, "Resource not found", "不支持当前API功能", "リソースが見つかりませんでした。"),
    (-10011, "Invalid request", "无效的请求", "無効なリクエスト"),
    (
        -10013,
        "Permission denied, this model has been disabled",
        "权限不足，该模型已被禁用",
        "権限が不足しています。このモデルは無効になっています。",
    ),
    (
        -10014,
        "Access denied, the IP address has been disabled",
        "无法访问，IP地址已被禁用",
        "アクセスできません。IPアドレスが無効になっています。",
    ),
    (-10016, "Failed to get the file.", "获取文件失败", "ファイルの取得に失敗しました。"),
    (
        -10017,
        "The file is too large. The maximum allowed size is 50MB.",
        "文件过大。最大允许50MB",
        "ファイルが大きすぎます。最大許容量は50MBです。",
    ),
    (
        -1024,
        "AI interface connection timeout",
        "AI接口连接超时",
        "AIインターフェース接続がタイムアウトしました。",
    ),
];

/// The status and the code of each of [`all`].
const CODES: &[(u16, i32)] = &[
    (401, -10001),
    (401, -10001),
    (401, -10002),
    (401, 0),
    (403, -10014),
    (403, -10013),
    (404, -10009),
    (404, -10009),
    (400, -10011),
    (400, -10011),
    (400, -10011),
    (400, -10016),
    (400, -10011),
    (404, -10009),
    (503, -10008),
    (404, -10010),
    (401, -10004),
    (429, -10008),
    (503, -10008),
    (500, -10003),
    (503, -10008),
    (504, -1024),
    (500, -10003),
    (400, -10017),
];

#[test]
fn each_refusal_is_worded_in_three_languages_with_its_code_and_status() {
    let vendor = served(&[]);
    // A disabled key has the code of an unknown one and a text of its own.
    let disabled = gateway(
        -10002,
        "This tool has been disabled/deleted",
        "该工具已禁用/删除",
        "このツールは無効化/削除されています。",
    );
    for (problem, (status, code)) in all().iter().zip(CODES) {
        let texts = TEXTS.iter().find(|texts| texts.0 == *code);
        let wanted = texts.map_or_else(
            || disabled.clone(),
            |(code, english, chinese, japanese)| gateway(*code, english, chinese, japanese),
        );
        assert_eq!(answered(&vendor, problem), (*status, wanted), "{problem:?}");
    }
    assert_eq!(all().len(), CODES.len());
}

#[test]
fn every_problem_is_in_the_contract_and_keeps_its_schema_under_every_option() {
    let default = served(&[]);
    let mut named: Vec<&str> = default.contract.problems.keys().map(String::as_str).collect();
    named.sort_unstable();
    let mut known = PROBLEM_NAMES.to_vec();
    known.sort_unstable();
    assert_eq!(named, known);
    for (name, fact) in &default.contract.options {
        for value in &fact.values {
            let vendor = served(&[(name, value)]);
            let checker = Checker::new(vendor.contract.problem_schema.clone()).unwrap();
            for problem in all() {
                let body = json_of(vendor.dialect.problem(&vendor.exchange(), &problem));
                assert_eq!(checker.violations(&body), [], "{name}={value} {problem:?}");
                assert_alphabetical(&body, "");
            }
        }
    }
}

#[test]
fn options_reach_the_codes_that_no_problem_has_of_its_own() {
    let code = |option: (&str, &str), problem: &Problem| {
        let vendor = served(&[option]);
        let reply = vendor.dialect.problem(&vendor.exchange(), problem);
        (reply.status, json_of(reply)["error"]["err_code"].clone())
    };
    let disabled = Problem::Unauthorized(KeyFault::Disabled);
    assert_eq!(code(("disabled_key", "expired"), &disabled), (401, json!(-10005)));
    assert_eq!(code(("exhausted", "total_quota"), &Problem::InsufficientCredits), (401, json!(-10006)));
    assert_eq!(code(("exhausted", "daily_quota"), &Problem::InsufficientCredits), (401, json!(-10007)));
    assert_eq!(code(("exhausted", "monthly_quota"), &Problem::InsufficientCredits), (401, json!(-10018)));
    assert_eq!(code(("rate_limit", "hour_quota"), &rate_limited()), (429, json!(-10012)));
    assert_eq!(code(("timeout", "generation"), &Problem::Timeout), (504, json!(-10504)));
}

#[test]
fn a_refusal_can_come_in_the_proxied_envelope_instead() {
    let vendor = served(&[("refusal_form", "envelope")]);
    let time = "[2025,1,2,18,6,45,678000000]";
    let wanted =
        format!(r#"{{"data":null,"message":"Invalid request","result":0,"status":400,"timestamp":{time}}}"#);
    assert_eq!(answered(&vendor, &missing_image()), (200, wanted));
    let unknown = Problem::UnknownJob { id: "kling_x".to_owned() };
    let wanted = format!(
        r#"{{"data":null,"message":"Resource not found","result":0,"status":404,"timestamp":{time}}}"#
    );
    assert_eq!(answered(&vendor, &unknown), (200, wanted));
    let (status, body) = answered(&vendor, &Problem::Unauthorized(KeyFault::Missing));
    assert!(status == 401 && body.contains("-10001"), "the gateway itself still answers: {body}");
}

#[test]
fn a_key_comes_as_a_bearer_and_in_no_other_way() {
    let vendor = served(&[]);
    let asked = |header: Option<&str>| {
        let headers: Vec<(String, String)> =
            header.iter().map(|text| ("authorization".to_owned(), (*text).to_owned())).collect();
        let exchange = crate::Exchange { headers: &headers, ..vendor.exchange() };
        vendor.dialect.identify(&exchange).map(|credential| credential.key)
    };
    assert_eq!(asked(Some("Bearer sk-x")), Ok("sk-x".to_owned()));
    assert_eq!(asked(None), Err(KeyFault::Missing));
    assert_eq!(asked(Some("Bearer ")), Err(KeyFault::Missing));
    assert_eq!(asked(Some("Basic c2steA==")), Err(KeyFault::WrongScheme));
    assert_eq!(asked(Some("sk-x")), Err(KeyFault::WrongScheme));
}
