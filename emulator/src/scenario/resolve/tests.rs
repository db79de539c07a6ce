//! Tests of who is heard where several speak.

use serde_json::json;

use super::*;

fn scenario(name: &str, then: &Value) -> Arc<Scenario> {
    Arc::new(serde_json::from_value(json!({"name": name, "then": then})).unwrap())
}

#[test]
fn a_submit_whose_job_is_ordered_is_not_refused_from_farther_away() {
    let named = |then: &Value, extra: &Value| -> Arc<Scenario> {
        Arc::new(serde_json::from_value(json!({"name": "x", "match": extra, "then": then})).unwrap())
    };
    let job = json!({"job": {"reason": "moderation"}});
    let body = json!({"a": 1});
    let request = RequestFacts {
        vendor: "a-vendor",
        edition: "2026-01-01",
        operation: RequestKind::Operation(Operation::Submit),
        model: None,
        account: "an-account",
        prompt: Some("a cat"),
        body: &body,
        subject: "",
    };
    let (request_own, account, everywhere) = (Channel::Prompt, Channel::Account, Channel::Everywhere);
    let refuses = |first: (Channel, &Arc<Scenario>), second: (Channel, &Arc<Scenario>)| {
        let effects = resolve_effects([first, second], &Counters::default(), &request, Seed(1)).0;
        assert!(effects.job.is_some() || effects.download.is_some());
        effects.response.is_some() || effects.transport.is_some()
    };
    let (all, certain) = (json!({}), json!({"probability": 1}));
    let luck = |then: &Value| named(then, &certain);
    for refusal in [
        json!({"answer": {"problem": "internal"}}),
        json!({"answer": {"body": {}}}),
        json!({"wire": {"fault": "html"}}),
        json!({"wire": {"fault": "reset"}}),
    ] {
        let plain = named(&job, &all);
        assert!(!refuses((request_own, &plain), (account, &named(&refusal, &all))), "{refusal}");
        assert!(!refuses((account, &plain), (everywhere, &luck(&refusal))), "{refusal}");
        let download = named(&json!({"result": {"fault": "html"}}), &all);
        assert!(!refuses((request_own, &download), (everywhere, &luck(&refusal))), "{refusal}");
        let about_it = named(&job, &json!({"prompt": "cat"}));
        assert!(!refuses((everywhere, &about_it), (everywhere, &luck(&refusal))), "{refusal}");
        assert!(!refuses((everywhere, &luck(&refusal)), (everywhere, &about_it)), "{refusal}");
        assert!(refuses((everywhere, &about_it), (everywhere, &named(&refusal, &all))), "{refusal}");
        assert!(refuses((everywhere, &plain), (everywhere, &luck(&refusal))), "{refusal}");
        assert!(refuses((request_own, &luck(&job)), (account, &named(&refusal, &all))), "{refusal}");
    }
    for harmless in [json!({"answer": {"status": 202}}), json!({"wire": {"fault": "slow_body"}})] {
        assert!(refuses((request_own, &named(&job, &all)), (account, &named(&harmless, &all))));
    }
}

#[test]
fn an_answer_that_was_ordered_from_closer_by_meets_no_fault_of_the_wire_from_farther_away() {
    let answer = scenario("answer", &json!({"answer": {"problem": "internal"}}));
    let wire = scenario("wire", &json!({"wire": {"fault": "reset", "after_bytes": 0}}));
    let request = RequestFacts {
        vendor: "a-vendor",
        edition: "2026-01-01",
        operation: RequestKind::Operation(Operation::Submit),
        model: None,
        account: "an-account",
        prompt: None,
        body: &Value::Null,
        subject: "",
    };
    let resolve = |first: (Channel, &Arc<Scenario>), second: (Channel, &Arc<Scenario>)| {
        let scenarios = [first, second];
        let effects = resolve_effects(scenarios, &Counters::default(), &request, Seed(1)).0;
        (effects.response.is_some(), effects.transport.is_some())
    };
    let (request_own, everywhere) = (Channel::Prompt, Channel::Everywhere);
    assert_eq!(resolve((request_own, &answer), (everywhere, &wire)), (true, false));
    assert_eq!(resolve((request_own, &wire), (everywhere, &answer)), (false, true));
    assert_eq!(resolve((request_own, &answer), (Channel::Header, &wire)), (true, false));
    assert_eq!(resolve((request_own, &wire), (Channel::Header, &answer)), (false, true));
    assert_eq!(resolve((everywhere, &answer), (everywhere, &wire)), (true, true), "as close as each other");
}

#[test]
fn an_order_for_a_result_or_callbacks_keeps_failures_from_farther_away_off_the_job() {
    let request = RequestFacts {
        vendor: "a-vendor",
        edition: "2026-01-01",
        operation: RequestKind::Operation(Operation::Submit),
        model: None,
        account: "an-account",
        prompt: None,
        body: &Value::Null,
        subject: "",
    };
    let resolve = |first: Channel, then: &Value, second: Channel, ending: &Value| {
        let (order, failure) = (scenario("order", then), scenario("failure", ending));
        let scenarios = [(first, &order), (second, &failure)];
        let effects = resolve_effects(scenarios, &Counters::default(), &request, Seed(1)).0;
        serde_json::to_value(effects.job).unwrap()
    };
    let (header, account, everywhere) = (Channel::Header, Channel::Account, Channel::Everywhere);
    let failure = json!({"job": {"reason": "upstream_error"}});
    for order in [json!({"result": {"fault": "missing"}}), json!({"callback": {"copies": 2}})] {
        for (first, second) in [(Channel::Prompt, header), (header, account), (account, everywhere)] {
            assert_eq!(resolve(first, &order, second, &failure), Value::Null, "{order}");
        }
        let timed = json!({"job": {"queued": 3, "end": "failed", "detail": "no luck"}});
        assert_eq!(resolve(header, &order, everywhere, &timed), json!({"queued": 3.0}), "{order}");
        let held = json!({"job": {"hold": "running"}});
        assert_eq!(resolve(header, &order, everywhere, &held), held["job"], "it can be told to go on");
        assert_eq!(resolve(account, &order, account, &failure), failure["job"], "as close as each other");
    }
    let slow = json!({"wire": {"fault": "slow_body"}});
    assert_eq!(resolve(header, &slow, everywhere, &failure), failure["job"], "it is about no result");
}
