//! Contradictions in the effects on transport and downloads.

use serde_json::{Value, json};

use super::*;
use crate::scenario::Sound;

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
