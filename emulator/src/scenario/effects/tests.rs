//! Contradictions in the effects on transport and downloads.

use serde_json::{Value, json};

use super::*;
use crate::scenario::{Scenario, Sound};

fn wire(order: Value) -> TransportFault {
    serde_json::from_value(order).unwrap()
}

fn result(order: Value) -> DownloadFault {
    serde_json::from_value(order).unwrap()
}

#[test]
fn an_order_for_the_wire_has_only_what_its_fault_heeds() {
    let faults = [
        "reset",
        "empty",
        "truncate",
        "garbage",
        "html",
        "slow_first_byte",
        "slow_body",
        "wrong_length",
        "wrong_type",
        "close",
    ];
    for fault in faults {
        assert_eq!(wire(json!({"fault": fault, "delay": 2})).contradiction(), None, "{fault}");
        let cuts = ["reset", "truncate", "wrong_length"].contains(&fault);
        let refused = wire(json!({"fault": fault, "after_bytes": 100, "delay": 2})).contradiction();
        assert_eq!(refused.is_none(), cuts, "{fault}");
        let refused = wire(json!({"fault": fault, "status": 503})).contradiction();
        assert_eq!(refused.is_none(), fault == "html", "{fault}");
    }
    for (status, is_fine) in [(200, true), (404, true), (599, true), (204, false), (304, false), (99, false)]
    {
        let refused = wire(json!({"fault": "html", "status": status})).contradiction();
        assert_eq!(refused.is_none(), is_fine, "{status}: {refused:?}");
    }
}

#[test]
fn an_order_for_a_result_has_only_what_its_fault_heeds() {
    for fault in ["missing", "expired", "html", "truncate", "slow"] {
        assert_eq!(result(json!({"fault": fault})).contradiction(), None, "{fault}");
        let refused = result(json!({"fault": fault, "after_bytes": 1})).contradiction();
        assert_eq!(refused.is_none(), fault == "truncate", "{fault}");
        let refused = result(json!({"fault": fault, "delay": 1})).contradiction();
        assert_eq!(refused.is_none(), fault == "slow", "{fault}");
    }
}

#[test]
fn nobody_waits_longer_than_ten_minutes() {
    for delay in [json!(-1), json!(600.1), json!(1e300)] {
        assert!(
            serde_json::from_value::<TransportFault>(json!({"fault": "slow_body", "delay": delay})).is_err()
        );
        assert!(serde_json::from_value::<DownloadFault>(json!({"fault": "slow", "delay": delay})).is_err());
    }
}

#[test]
fn a_header_that_could_not_be_sent_is_refused_where_it_stands() {
    for (headers, wrong) in [
        (r#"{"x-a": "b\r\nset-cookie: c"}"#, r"`b\r\nset-cookie: c` is no value of a header"),
        (r#"{"x-a": "b\n"}"#, "is no value of a header"),
        (r#"{"x-a": "b\u0000"}"#, "is no value of a header"),
        (r#"{"x-a": "b\u007f"}"#, "is no value of a header"),
        (r#"{"content-type": "text/plain\r\n"}"#, "is no value of a header"),
        (r#"{"x-a\r\nx-b": "c"}"#, r"`x-a\r\nx-b` is no name of a header"),
        (r#"{"x a": "b"}"#, "is no name of a header"),
        (r#"{"x-a:": "b"}"#, "is no name of a header"),
        (r#"{"": "b"}"#, "is no name of a header"),
        (r#"{"x-\u00e9": "b"}"#, "is no name of a header"),
        (r#"{"Content-Length": "1"}"#, "wrong_length"),
        (r#"{"transfer-encoding": "chunked"}"#, "wrong_length"),
        (r#"{"x-a": 1}"#, "invalid type"),
    ] {
        let text = format!("{{\n \"then\": {{\"answer\": {{\n  \"headers\": {headers}}}}}}}");
        let error = Scenario::from_json(&text).expect_err(&text);
        assert_eq!(error.line, 3, "{error}");
        assert!(error.column > 13 && error.column < 70, "{error}");
        assert!(error.message.contains(wrong), "{error}");
        assert_eq!(Scenario::from_file(&text).expect_err(&text), error);
    }
    let toml =
        "[[scenario]]\nname = \"a\"\n[scenario.then.answer.headers]\nx-b = \"c\"\nx-a = \"b\\r\\nc\"\n";
    let error = Scenario::from_file(toml).expect_err(toml);
    assert!(error.message.contains("is no value of a header"), "{error}");
    let sound = r#"{"then": {"answer": {"headers": {"X-A": "b c\td", "retry-after": "5", "x-empty": "", "x-e": "é"}}}}"#;
    let read = Scenario::from_json(sound).unwrap();
    assert_eq!(read.then[0].answer.as_ref().unwrap().headers.len(), 4);
}
