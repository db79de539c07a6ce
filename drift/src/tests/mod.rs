//! Shapes and judgements: properties over drawn answers, then what they say of plain ones.

mod judged;
mod mutations;
mod samples;

use crate::surface::{Node, Type};
use proptest::prelude::*;
use serde_json::{Value, json};

use self::samples::{answer, answers, contract, recorded, tape};
use crate::observed::{Observed, is_wrong_on_purpose};
use mockreel_contracts::Operation;
use mockreel_evidence::exchange::Exchange;

/// Whether a form takes a value.
fn accepts(node: &Node, value: &Value) -> Result<(), String> {
    let at = &node.pointer;
    let Some(kind) = Type::of(value) else {
        return if node.nullable { Ok(()) } else { Err(format!("{at} may not be null")) };
    };
    if !node.types.contains(&kind) {
        return Err(format!("{at} may not be {}", kind.name()));
    }
    if node.values.as_ref().is_some_and(|values| !values.contains(value)) {
        return Err(format!("{at} may not be {value}"));
    }
    if let Value::Object(members) = value {
        for (name, member) in &node.members {
            match members.get(name) {
                Some(held) => accepts(&member.node, held)?,
                None if member.required => return Err(format!("{at} lacks {name}")),
                None => {}
            }
        }
    }
    if let (Value::Array(items), Some(node)) = (value, &node.items) {
        items.iter().try_for_each(|item| accepts(node, item))?;
    }
    Ok(())
}

/// Members, words and other values as vendors send them.
fn body() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0_u32..2000).prop_map(Value::from),
        Just(json!(0.5)),
        "(queued|running|done|a cat|https://x.example/1)".prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let name = "(id|status|video|url|[a-z]{1,3})";
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(name, inner, 0..4)
                .prop_map(|held| Value::Object(held.into_iter().collect())),
        ]
    })
}

fn bodies() -> impl Strategy<Value = Vec<Value>> {
    proptest::collection::vec(body(), 1..12)
}

/// Polls that were answered like this, one a second.
fn polls(bodies: &[Value]) -> Vec<Exchange> {
    let number = |at: usize| u32::try_from(at).unwrap() + 1;
    bodies.iter().enumerate().map(|(at, body)| answer("POLL-09", number(at), 200, body)).collect()
}

fn seen(exchanges: &[Exchange]) -> Observed {
    Observed::of(&[tape(exchanges)])
}

fn node(seen: &Observed, operation: Operation, status: &str) -> Option<Node> {
    let surface = seen.surface("tapes");
    let endpoint =
        surface.endpoints.into_iter().find(|held| held.operation.as_deref() == Some(operation.as_str()))?;
    endpoint.replies.get(status)?.node.clone()
}

proptest! {
    #[test]
    fn what_was_inferred_from_answers_takes_those_answers(bodies in bodies()) {
        let form = node(&seen(&polls(&bodies)), Operation::Poll, "200").unwrap();
        for body in &bodies {
            prop_assert_eq!(accepts(&form, body), Ok(()));
        }
        let total = u32::try_from(bodies.len()).unwrap();
        prop_assert_eq!(form.seen.unwrap().present, total);
    }

    #[test]
    fn the_order_of_exchanges_does_not_matter(bodies in bodies(), turn in 0_usize..12) {
        let exchanges = polls(&bodies);
        let mut other = exchanges.clone();
        other.rotate_left(turn % exchanges.len());
        other.reverse();
        prop_assert_eq!(seen(&exchanges), seen(&other));
    }

    #[test]
    fn two_recordings_merged_are_what_both_give_as_one(bodies in bodies(), cut in 0_usize..12) {
        let exchanges = polls(&bodies);
        let (one, other) = exchanges.split_at(cut.min(exchanges.len()));
        let mut merged = seen(one);
        merged.merge(&seen(other));
        prop_assert_eq!(&merged, &seen(&exchanges));
        prop_assert_eq!(&merged, &Observed::of(&[tape(other), tape(one)]));
        let mut turned = seen(other);
        turned.merge(&seen(one));
        prop_assert_eq!(merged, turned);
    }

    #[test]
    fn no_text_number_id_or_address_is_kept(
        text in "[A-Za-z0-9]{6,20} [a-z]{3,9}", number in 1000_u64..10_000_000_000, id in "[a-z]{8,20}",
    ) {
        let body = json!({
            "id": id, "task_id": id, "prompt": text, "seed": number, "url": format!("https://x.example/{id}"),
            "key": "[key]", "nested": [{"text": text, "n": number}],
        });
        let found = seen(&polls(&vec![body; 30]));
        let told = format!("{:?}", found.surface("tapes"));
        prop_assert!(!told.contains(&id) && !told.contains(&text) && !told.contains(&number.to_string()), "{told}");
    }
}

#[test]
fn presence_types_and_times_are_counted() {
    let mut exchanges = polls(&[
        json!({"id": "a", "video": null}),
        json!({"id": "b", "video": {"url": "https://x.example/1", "length": 5}}),
        json!({"id": "c", "video": {"url": "https://x.example/2", "length": 5.5}, "meta": [1, "x"]}),
    ]);
    exchanges.reverse();
    let form = node(&seen(&exchanges), Operation::Poll, "200").unwrap();
    let of = |pointer: &str| {
        let mut at = &form;
        for name in pointer.split('/').skip(1) {
            at = if name == "*" { at.items.as_deref().unwrap() } else { &at.members.get(name).unwrap().node };
        }
        let seen = at.seen.clone().unwrap();
        let types: Vec<&str> = at.types.iter().map(|kind| kind.name()).collect();
        (types.join(","), at.nullable, seen.present, seen.samples)
    };
    assert_eq!(of("/id"), ("string".to_owned(), false, 3, 3));
    assert_eq!(of("/video"), ("object".to_owned(), true, 3, 3));
    assert_eq!(of("/video/length"), ("number,integer".to_owned(), false, 2, 2));
    assert_eq!(of("/meta"), ("array".to_owned(), false, 1, 3));
    assert_eq!(of("/meta/*"), ("string,integer".to_owned(), false, 2, 2));
    let times = form.seen.clone().unwrap();
    assert_eq!((times.first.as_str(), times.last.as_str()), ("2026-01-01T00:00:01Z", "2026-01-01T00:00:03Z"));
    assert!(form.members.get("id").unwrap().required && !form.members.get("meta").unwrap().required);
}

#[test]
fn a_closed_set_needs_twenty_samples_or_a_list_in_the_contract() {
    let state = |word: &str| json!({"kind": word, "status": "queued"});
    let of = |count: usize| {
        let bodies: Vec<Value> =
            (0..count).map(|at| state(if at % 2 == 0 { "fast" } else { "slow" })).collect();
        node(&seen(&polls(&bodies)), Operation::Poll, "200").unwrap()
    };
    let values = |form: &Node, name: &str| form.members.get(name).unwrap().node.values.clone();
    assert_eq!(values(&of(19), "kind"), None);
    assert_eq!(values(&of(20), "kind"), Some(vec![json!("fast"), json!("slow")]));
    assert_eq!(values(&of(1), "status"), Some(vec![json!("queued")]), "the contract lists it");
}

#[test]
fn a_word_that_nobody_listed_is_kept_where_the_contract_lists_words() {
    let form = node(&seen(&polls(&[json!({"status": "paused"})])), Operation::Poll, "200").unwrap();
    assert_eq!(form.members.get("status").unwrap().node.values, Some(vec![json!("paused")]));
}

#[test]
fn what_was_sent_and_comes_back_is_the_callers_and_not_kept() {
    let mut exchanges = polls(&vec![json!({"echo": "cat", "kind": "fast"}); 25]);
    let form = node(&seen(&exchanges), Operation::Poll, "200").unwrap();
    assert!(form.members.get("echo").unwrap().node.values.is_some(), "nobody sent it");
    exchanges.push(recorded("SUB-01", "POST", samples::SUBMIT, 26, 500, &json!({"e": 1})));
    exchanges.last_mut().unwrap().request.body =
        mockreel_evidence::exchange::Content::Json(json!({"prompt": ["cat"]}));
    let form = node(&seen(&exchanges), Operation::Poll, "200").unwrap();
    assert_eq!(form.members.get("echo").unwrap().node.values, None);
    assert!(form.members.get("kind").unwrap().node.values.is_some());
}

#[test]
fn requests_that_were_wrong_on_purpose_spoil_no_good_shape() {
    let good = answers(&[json!({"id": "a"})]);
    let mut all = good.clone();
    for case in ["VAL-04", "GEN-01", "CHAOS-02", "VAL-05"] {
        all.push(recorded(case, "POST", samples::SUBMIT, 50, 201, &json!({"id": 7, "odd": true})));
        assert!(is_wrong_on_purpose(samples::CASES, all.last().unwrap()), "{case}");
        all.push(recorded(case, "POST", samples::SUBMIT, 51, 400, &json!({"error": case})));
    }
    for (case, refused) in [("SUB-01", false), ("POLL-06", false), (samples::REFUSED, true)] {
        let sent = recorded(case, "POST", samples::SUBMIT, 52, 201, &json!({}));
        assert_eq!(is_wrong_on_purpose(samples::CASES, &sent), refused, "{case}");
    }
    let (plain, spoilt) = (seen(&good), seen(&all));
    assert_eq!(
        node(&plain, Operation::Submit, "201").map(|form| format!("{form:?}")),
        node(&spoilt, Operation::Submit, "201").map(|form| format!("{form:?}"))
    );
    let refused = node(&spoilt, Operation::Submit, "400").unwrap();
    assert_eq!(refused.seen.unwrap().present, 4);
    assert!(node(&plain, Operation::Submit, "400").is_none());
}

#[test]
fn states_of_a_job_have_shapes_of_their_own() {
    let found = seen(&polls(&[
        json!({"status": "queued", "video": null}),
        json!({"status": "completed", "video": {"url": "u"}}),
        json!({"status": "never heard of"}),
    ]));
    let states: Vec<&str> = found.shapes.keys().map(|kind| kind.state.as_str()).collect();
    assert_eq!(states, ["", "queued", "succeeded"]);
}

#[test]
fn exchanges_of_other_places_and_of_the_control_api_say_nothing() {
    let mut exchanges = polls(&[json!({"id": "a"})]);
    for (number, url) in
        ["https://elsewhere.example/v2/x", "https://api.example/__admin/jobs", "nonsense"].iter().enumerate()
    {
        let mut other = exchanges[0].clone();
        other.number = 10 + u32::try_from(number).unwrap();
        other.request.url = (*url).to_owned();
        exchanges.push(other);
    }
    assert_eq!(node(&seen(&exchanges), Operation::Poll, "200").unwrap().seen.unwrap().present, 1);
    assert_eq!(contract().id, seen(&exchanges).vendor);
}

#[test]
fn a_table_of_a_thousand_names_is_no_object_of_a_thousand_members() {
    let table: serde_json::Map<String, Value> =
        (0..1000).map(|at| (format!("k{}", samples::letters(at)), json!(1))).collect();
    let form = node(&seen(&polls(&[json!({"table": table})])), Operation::Poll, "200").unwrap();
    assert!(form.members.get("table").unwrap().node.members.is_empty());
}
