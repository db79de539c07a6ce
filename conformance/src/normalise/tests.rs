//! Normalised answers: what is replaced, what is not, and what stays equal.

use proptest::prelude::*;
use serde_json::json;

use super::*;

const UUID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";
const OTHER_UUID: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

fn normalised(value: &Value) -> Value {
    Normaliser::new().normalise(value)
}

#[test]
fn every_form_has_its_placeholder_and_keeps_what_is_equal() {
    let answer = json!({
        "a": UUID, "b": OTHER_UUID, "c": UUID, "d": UUID.to_uppercase(),
        "e": "V1StGXR8_Z5jdHi6B-myT",
        "f": "2026-01-31T12:00:00Z", "g": "2026-01-31T12:00:00.123456+02:00",
        "h": "https://cdn.acme.test/x.mp4?sig=1", "i": "http://127.0.0.1:4747/y", "j": "https://cdn.acme.test/x.mp4?sig=1",
        "k": 1_769_860_800, "l": 1_769_860_801, "m": 1_769_860_800, "n": 1_769_860_800_123_u64,
        "o": [2026, 1, 31, 12, 0, 0], "p": [2026, 1, 31, 23, 59, 59, 999_999_999],
    });
    let expected = json!({
        "a": "[uuid 1]", "b": "[uuid 2]", "c": "[uuid 1]", "d": "[uuid 3]",
        "e": "[nanoid 1]",
        "f": "[time]", "g": "[time]",
        "h": "[url 1]", "i": "[url 2]", "j": "[url 1]",
        "k": "[unix seconds]", "l": "[unix seconds]", "m": "[unix seconds]", "n": "[unix milliseconds]",
        "o": "[date parts]", "p": "[date parts]",
    });
    assert_eq!(normalised(&answer), expected);
}

#[test]
fn a_nanoid_that_happens_to_have_no_digit_is_one() {
    assert_eq!(normalised(&json!("VvStGXRr_ZzjdHiiB-myT")), json!("[nanoid 1]"));
}

#[test]
fn what_has_another_form_stays_and_shows() {
    let kept = [
        json!("0f8fad5bd9cb469fa16570867728950e"),
        json!("0f8fad5b-d9cb-469f-a165-70867728950g"),
        json!(format!("job {UUID}")),
        json!("V1StGXR8_Z5jdHi6B-my"),
        json!("v1stgxr8_z5jdhi6b-myt"),
        json!("V1STGXR8_Z5JDHI6B-MYT"),
        json!("V1StGXR8 Z5jdHi6B-myT"),
        json!("2026-01-31 12:00:00Z"),
        json!("2026-01-31T12:00:00"),
        json!("2026-01-31T12:00:00+0200"),
        json!("2026-01-31T12:00:00.Z"),
        json!("2026-02-30T12:00:00Z"),
        json!("2026-01-31t12:00:00z"),
        json!("/x.mp4"),
        json!("ftp://cdn.acme.test/x.mp4"),
        json!("https://"),
        json!("https://cdn.acme.test/a b"),
        json!(999_999_999),
        json!(4_102_444_800_u64),
        json!(999_999_999_999_u64),
        json!(4_102_444_800_000_u64),
        json!(1_769_860_800.5),
        json!(-1_769_860_800),
        json!("1769860800"),
        json!([2026, 1, 31, 12, 0]),
        json!([2026, 2, 30, 12, 0, 0]),
        json!([2026, 1, 31, 24, 0, 0]),
        json!([2026, 1, 31, 12, 60, 0]),
        json!([2026, 1, 31, 12, 0, 60]),
        json!([2026, 1, 31, 12, 0, 0, -1]),
        json!([2026, 1, 31, 12, 0, 0, 0, 0]),
        json!([1999, 1, 31, 12, 0, 0]),
        json!([2026, 1, 31, 12, 0, 0.5]),
        json!(["2026", 1, 31, 12, 0, 0]),
        json!([1, 2, 3, 4, 5, 6]),
        json!([]),
        json!(null),
        json!(true),
    ];
    for value in kept {
        assert_eq!(normalised(&value), value);
    }
    assert_eq!(
        normalised(&json!([1_000_000_000, 4_102_444_799_999_u64])),
        json!(["[unix seconds]", "[unix milliseconds]"])
    );
}

#[test]
fn ids_that_were_told_are_found_everywhere_but_in_whole_addresses() {
    let mut normaliser = Normaliser::new();
    for id in
        ["kling/Ab:12 34", "", UUID, "kling/Ab:12 34", "kling/Ab:12 34/tail", "7", "12345678", "a%25b678"]
    {
        normaliser.learn_id(id);
    }
    for (value, expected) in [
        (json!("kling/Ab:12 34"), json!("[id 1]")),
        (json!("/jobs/kling%2FAb%3A12%2034?x"), json!("/jobs/[id 1]?x")),
        (json!("/jobs/kling%2fAb:12%2034"), json!("/jobs/[id 1]")),
        (json!("%6Bling%2FAb%3A12%2034"), json!("[id 1]")),
        (json!("kling/ab:12 34"), json!("kling/ab:12 34")),
        (json!("kling%2FAb%3A12%20"), json!("kling%2FAb%3A12%20")),
        (json!("kling/Ab:12 34/tail"), json!("[id 3]")),
        (json!("no job x0f8fad5b-d9cb-469f-a165-70867728950ey"), json!("no job x[id 2]y")),
        (json!(UUID), json!("[id 2]")),
        (json!(format!("https://cdn.acme.test/{UUID}.mp4")), json!("[url 1]")),
        (
            json!(format!("see https://cdn.acme.test/{UUID}.mp4")),
            json!("see https://cdn.acme.test/[id 2].mp4"),
        ),
        (json!("7"), json!("[id 4]")),
        (
            json!("job 7, not 27, 70, 7%41, %417, ä7 or 7ä"),
            json!("job [id 4], not 27, 70, 7%41, %417, ä7 or 7ä"),
        ),
        (json!("/7/%2F7%2F"), json!("/[id 4]/%2F[id 4]%2F")),
        (json!(7), json!(7)),
        (json!(12_345_678), json!("[number id 5]")),
        (json!("x12345678y"), json!("x[id 5]y")),
        (json!("no kling/Ab:12 34/tail!"), json!("no [id 3]!")),
        (json!(format!("7{UUID}7")), json!("7[id 2]7")),
        (json!("/a%25b678"), json!("/[id 6]")),
        (json!({"12345678": 1}), json!({"[id 5]": 1})),
    ] {
        assert_eq!(normaliser.normalise(&value), expected, "{value}");
        assert_eq!(normaliser.normalise(&expected), expected, "{value} twice");
    }
}

#[test]
fn no_member_is_lost_when_two_names_hold_the_same_id() {
    let mut normaliser = Normaliser::new();
    normaliser.learn_id("Ab:12345");
    let value = json!({"Ab:12345": 1, "Ab%3A12345": 2, "x Ab:12345": 3});
    let once = normaliser.normalise(&value);
    assert_eq!(once, json!({"Ab:12345": 1, "Ab%3A12345": 2, "x [id 1]": 3}));
    assert_eq!(normaliser.normalise(&once), once);
}

#[test]
fn the_order_of_members_is_kept_and_gives_no_numbers() {
    let one = normalised(&json!({"b": UUID, "a": OTHER_UUID}));
    assert_eq!(one.to_string(), r#"{"b":"[uuid 2]","a":"[uuid 1]"}"#);
    assert_eq!(one, normalised(&json!({"a": OTHER_UUID, "b": UUID})));
}

#[test]
fn equality_is_kept_from_one_answer_to_the_next() {
    let mut normaliser = Normaliser::new();
    assert_eq!(normaliser.normalise(&json!([UUID])), json!(["[uuid 1]"]));
    assert_eq!(normaliser.normalise(&json!([OTHER_UUID, UUID])), json!(["[uuid 2]", "[uuid 1]"]));
}

#[test]
fn differences_are_named_by_pointer() {
    let reference = json!({"b": [1, {"x": null}, 3], "a/~": "1", "c": 1, "same": {"y": 1, "z": 2}});
    let found = json!({"same": {"z": 2, "y": 1}, "b": [1, {}], "a/~": 1, "d": false, "c": 1.0});
    let expected = [
        ("/a~1~0", Some(json!("1")), Some(json!(1))),
        ("/b/1/x", Some(json!(null)), None),
        ("/b/2", Some(json!(3)), None),
        ("/c", Some(json!(1)), Some(json!(1.0))),
        ("/d", None, Some(json!(false))),
    ]
    .map(|(pointer, reference, found)| (pointer.to_owned(), reference, found));
    assert_eq!(differences(&reference, &found), expected);
    assert_eq!(differences(&json!([]), &json!({})), [(String::new(), Some(json!([])), Some(json!({})))]);
    assert!(differences(&reference, &reference).is_empty());
    let (zeros, ones) = (json!(vec![0; 60]), json!(vec![1; 60]));
    let many = differences(&zeros, &ones);
    assert_eq!((many.len(), many[49].0.as_str()), (50, "/49"));
}

/// A text with marks where ids stand: `<0>` plain, `<%1>` percent-encoded.
fn marked_words() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z /:.%\\[\\]0-9]{0,6}",
        (0_usize..3).prop_map(|id| format!("<{id}>")),
        (0_usize..3).prop_map(|id| format!("<%{id}>")),
        prop::sample::select(vec!["[id 1]", "[uuid 2]", "[time]", "[id ", " 1]", "%2", "%"])
            .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

/// The same, or a whole text of another form; `<u2>` is a UUID.
fn marked_text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => marked_words(),
        2 => (0_usize..3).prop_map(|id| format!("<u{id}>")),
        1 => (0_usize..3).prop_map(|id| format!("https://acme.test/<{id}>")),
        1 => Just("2026-01-31T12:00:00Z".to_owned()),
    ]
}

/// A name with marks. Without percent-encoded ones: names that would become the same stay as they are.
fn marked_name() -> impl Strategy<Value = String> {
    let piece = prop_oneof!["[a-z/]{0,3}", (0_usize..3).prop_map(|id| format!("<{id}>"))];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

fn marked() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => marked_text().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => prop::sample::select(vec![1_769_860_800_u64, 1_769_860_801, 1_769_860_800_000, 7]).prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => Just(json!([2026, 1, 31, 12, 0, 0])),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((marked_name(), inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Three ids of one run that differ, and three UUIDs.
fn run() -> impl Strategy<Value = (Vec<String>, Vec<String>)> {
    let ids = prop::collection::btree_set("[A-Z]{4}[/_:-][0-9A-Z]{8}", 3).prop_map(Vec::from_iter);
    let uuid = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
    (ids.prop_shuffle(), prop::collection::btree_set(uuid, 3).prop_map(Vec::from_iter).prop_shuffle())
}

fn filled_text(text: &str, (ids, uuids): &(Vec<String>, Vec<String>)) -> String {
    let mut filled = text.to_owned();
    for number in 0..3 {
        let encoded: String = ids[number].bytes().map(|byte| format!("%{byte:02X}")).collect();
        filled = filled.replace(&format!("<{number}>"), &ids[number]);
        filled = filled.replace(&format!("<%{number}>"), &encoded);
        filled = filled.replace(&format!("<u{number}>"), &uuids[number]);
    }
    filled
}

fn filled(value: &Value, run: &(Vec<String>, Vec<String>)) -> Value {
    match value {
        Value::String(text) => Value::String(filled_text(text, run)),
        Value::Array(items) => items.iter().map(|item| filled(item, run)).collect(),
        Value::Object(members) => {
            let fill = |(name, value): (&String, &Value)| (filled_text(name, run), filled(value, run));
            Value::Object(members.iter().map(fill).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

fn told(ids: &[String]) -> Normaliser {
    let mut normaliser = Normaliser::new();
    ids.iter().for_each(|id| normaliser.learn_id(id));
    normaliser
}

/// For each place the first place that has the same.
fn equalities(places: &[usize]) -> Vec<Option<usize>> {
    places.iter().map(|id| places.iter().position(|other| other == id)).collect()
}

proptest! {
    #[test]
    fn normalising_twice_is_the_same_as_once(
        value in marked(),
        run in run(),
        short in prop::collection::vec("[a-z0-9]{1,2}", 0..3),
    ) {
        let ids: Vec<String> = run.0.iter().cloned().chain(short).collect();
        let value = filled(&value, &run);
        let mut normaliser = told(&ids);
        let once = normaliser.normalise(&value);
        prop_assert_eq!(&normaliser.normalise(&once), &once);
        prop_assert_eq!(&told(&ids).normalise(&once), &once);
        prop_assert_eq!(told(&ids).normalise(&value), once);
    }

    #[test]
    fn values_that_are_equal_but_for_the_names_of_ids_normalise_equal(
        value in marked(),
        one in run(),
        other in run(),
    ) {
        let reference = told(&one.0).normalise(&filled(&value, &one));
        let found = told(&other.0).normalise(&filled(&value, &other));
        prop_assert_eq!(differences(&reference, &found), Vec::new());
        prop_assert_eq!(reference.to_string(), found.to_string());
    }

    #[test]
    fn places_that_are_no_longer_equal_show_as_a_difference(
        (before, after) in (2_usize..6).prop_flat_map(|places| {
            let ids = || prop::collection::vec(0_usize..3, places);
            (ids(), ids())
        }),
        one in run(),
        other in run(),
    ) {
        let answer = |places: &[usize], run: &(Vec<String>, Vec<String>)| {
            let members = places.iter().enumerate();
            let members = members.map(|(place, id)| (format!("at {place}"), json!({"id": run.1[*id]})));
            Value::Object(members.collect())
        };
        let differing = differences(&normalised(&answer(&before, &one)), &normalised(&answer(&after, &other)));
        prop_assert_eq!(differing.is_empty(), equalities(&before) == equalities(&after), "{:?}", differing);
        let told_before = told(&one.0).normalise(&json!(before.iter().map(|id| &one.0[*id]).collect::<Vec<_>>()));
        let told_after = told(&other.0).normalise(&json!(after.iter().map(|id| &other.0[*id]).collect::<Vec<_>>()));
        prop_assert_eq!(differences(&told_before, &told_after).is_empty(), before == after);
    }
}
