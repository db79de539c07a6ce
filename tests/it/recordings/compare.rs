//! Comparing a recorded answer with ours: equal, once ids, times and addresses are normalised.
//!
//! Before a value is hidden, ours is looked at: it must have the form of the recorded one, and what was
//! the same in two places must be the same in two places of ours.

use std::collections::BTreeMap;

use mockreel_contracts::UnixMillis;
use serde_json::Value;

use super::situations::Scene;
use super::{Recording, texts};

/// Places of which the emulator knows that it does not say them, with the reason.
const NOT_SAID: [(&str, &str, &str); 1] = [(
    "aimlapi/poll-v1-standard-completed-with-file",
    "/body/video/file_size",
    "a clip is rendered when somebody asks for it, so its size is not known before",
)];

/// Where the two differ, in words.
pub(super) fn differences(recording: &Recording, scene: &Scene) -> Vec<String> {
    let answer = &scene.answer;
    let mut comparison =
        Comparison { recording, base: &scene.base, pairs: BTreeMap::new(), found: Vec::new() };
    if let Some((recorded, ours)) = &scene.ids {
        comparison.same("the path", "id", recorded, ours);
    }
    if recording.status().is_some_and(|status| status != u64::from(answer.status)) {
        comparison.found.push(format!("status {}, not {:?}", answer.status, recording.status()));
    }
    // Without a quoted status it is known at least whether it was a refusal.
    if recording.is_refusal() != (answer.status >= 400) {
        comparison.found.push(format!("status {}: {}", answer.status, answer.text()));
    }
    let body = answer.json();
    comparison.value("/body", recording.body(), &body);
    let said = texts(&body);
    for word in recording.words() {
        if !said.iter().any(|text| text.contains(word)) {
            comparison.found.push(format!("`{word}` is not in {body}"));
        }
    }
    comparison.found
}

struct Comparison<'a> {
    recording: &'a Recording,
    base: &'a str,
    /// What stands for what: recorded ids, times and addresses and ours, each with its kind.
    pairs: BTreeMap<String, String>,
    found: Vec<String>,
}

impl Comparison<'_> {
    fn value(&mut self, pointer: &str, recorded: &Value, ours: &Value) {
        if self.recording.leaves_out(pointer) {
            return;
        }
        match (recorded, ours) {
            (Value::Object(_), Value::Object(_)) => self.objects(pointer, recorded, ours),
            (Value::Array(recorded), Value::Array(ours)) => {
                if recorded.len() != ours.len() {
                    self.found.push(format!("{pointer}: {} items, not {}", ours.len(), recorded.len()));
                }
                for (place, (recorded, ours)) in recorded.iter().zip(ours).enumerate() {
                    self.value(&format!("{pointer}/{place}"), recorded, ours);
                }
            }
            _ => self.scalars(pointer, recorded, ours),
        }
    }

    fn objects(&mut self, pointer: &str, recorded: &Value, ours: &Value) {
        let (Value::Object(recorded), Value::Object(ours)) = (recorded, ours) else { return };
        let recording = self.recording;
        for (name, value) in recorded {
            let place = format!("{pointer}/{name}");
            let known = |(held, told, _): &(&str, &str, &str)| *held == recording.name && *told == place;
            if NOT_SAID.iter().any(known) {
                continue;
            }
            match ours.get(name) {
                Some(held) => self.value(&place, value, held),
                None if recording.leaves_out(&place) => {}
                None => self.found.push(format!("{place} is missing")),
            }
        }
        if !recording.is_whole() {
            return;
        }
        for name in ours.keys().filter(|name| !recorded.contains_key(*name)) {
            let place = format!("{pointer}/{name}");
            if !recording.leaves_out(&place) {
                self.found.push(format!("{place} was not in the answer: {}", ours[name]));
            }
        }
        let common = |held: &Value| held.as_object().map(|held| held.keys().cloned().collect::<Vec<_>>());
        let [mut theirs, mut mine] =
            [recorded, ours].map(|held| common(&Value::Object(held.clone())).unwrap_or_default());
        theirs.retain(|name| ours.contains_key(name));
        mine.retain(|name| recorded.contains_key(name));
        if theirs != mine {
            self.found.push(format!("{pointer}: the order is {mine:?}, not {theirs:?}"));
        }
    }

    fn scalars(&mut self, pointer: &str, recorded: &Value, ours: &Value) {
        if kind(recorded) != kind(ours) {
            self.found.push(format!("{pointer}: {ours} is no {}", kind(recorded)));
            return;
        }
        if self.recording.value["situation"]["values"] == "not-observed" {
            return;
        }
        let name = pointer.rsplit('/').next().unwrap_or_default();
        match (form(name, recorded), form(name, ours)) {
            (Some(theirs), Some(mine)) if theirs == mine => {
                let address_elsewhere = theirs == "address"
                    && !ours.as_str().is_some_and(|url| url.starts_with(&format!("{}/", self.base)));
                if address_elsewhere {
                    self.found.push(format!("{pointer}: {ours} leads outside"));
                }
                self.same(pointer, &theirs, &recorded.to_string(), &ours.to_string());
            }
            (Some(theirs), mine) => {
                self.found.push(format!("{pointer}: {ours} has the form {mine:?}, not {theirs}"));
            }
            (None, _) if recorded == ours => {}
            (None, _) => self.found.push(format!("{pointer}: {ours}, not {recorded}")),
        }
    }

    /// What was the same in two places must be the same in two places of ours.
    fn same(&mut self, pointer: &str, form: &str, recorded: &str, ours: &str) {
        let recorded = recorded.trim_matches('"');
        let ours = ours.trim_matches('"').to_owned();
        let held = self.pairs.entry(format!("{} {recorded}", form.split(':').next().unwrap_or_default()));
        let held = held.or_insert_with(|| ours.clone());
        if *held != ours {
            self.found.push(format!("{pointer}: {ours} stands where {held} stood before"));
        }
    }
}

fn kind(value: &Value) -> &'static str {
    mockreel_contracts::contract::check::rules::kind_of(value)
}

/// The form of a value that differs from job to job: `None` for one that does not.
fn form(name: &str, value: &Value) -> Option<String> {
    match value {
        Value::String(text) if name == "id" || name.ends_with("_id") || name.ends_with("Id") => {
            Some(id_form(text))
        }
        Value::String(text) if text.starts_with("https://") || text.starts_with("http://") => {
            url::Url::parse(text).ok().map(|_| "address".to_owned())
        }
        Value::String(text) if name == "timestamp" => {
            let parsed = UnixMillis::parse(text)?;
            Some(if parsed.rfc3339() == *text { "time in milliseconds" } else { "time" }.to_owned())
        }
        Value::Number(number) if name.ends_with("_at") || name.ends_with("Time") && name != "publishTime" => {
            Some(format!("time of {} digits", number.to_string().len()))
        }
        // Sizes follow the caller's image; a length is that of the clip, give or take a frame or two.
        Value::Number(number) if matches!(name, "width" | "height") => {
            Some(if number.as_u64()? > 0 { "size" } else { "no size" }.to_owned())
        }
        Value::Number(number) if name == "duration" => Some(format!("{} s", number.as_u64()? / 1000)),
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => None,
    }
}

/// The form of an id; a model in it belongs to the form.
fn id_form(text: &str) -> String {
    let letters = |text: &str, more: &[u8]| {
        text.bytes().all(|letter| letter.is_ascii_alphanumeric() || more.contains(&letter))
    };
    let uuid = |text: &str| {
        let parts: Vec<usize> = text.split('-').map(str::len).collect();
        parts == [8, 4, 4, 4, 12]
            && text.bytes().all(|letter| matches!(letter, b'0'..=b'9' | b'a'..=b'f' | b'-'))
    };
    let hex = |text: &str| {
        text.len() == 12 && text.bytes().all(|letter| matches!(letter, b'0'..=b'9' | b'a'..=b'f'))
    };
    match text.split_once(':') {
        Some((first, model)) if uuid(first) => format!("id: a UUID and {model}"),
        _ if uuid(text) => "id: a UUID".to_owned(),
        _ if text.len() == 21 && letters(text, b"-_") => "id: 21 characters".to_owned(),
        _ if text.strip_prefix("kling_").is_some_and(hex) => "id: kling_ and 12 digits".to_owned(),
        _ if text.len() == 18 && text.bytes().all(|letter| letter.is_ascii_digit()) => {
            "id: 18 digits".to_owned()
        }
        _ => format!("id: {text}"),
    }
}

#[test]
fn forms_tell_what_may_be_hidden() {
    use serde_json::json;
    let of = |name: &str, value: Value| form(name, &value);
    let uuid = "0ebebc75-7c09-404b-ac36-345ef346a0ac";
    assert_eq!(of("id", json!(uuid)).as_deref(), Some("id: a UUID"));
    assert_eq!(of("id", json!(format!("{uuid}:a/b"))).as_deref(), Some("id: a UUID and a/b"));
    assert_eq!(of("requestId", json!("hRNOI9BMsuLeZ76UNdGhS")).as_deref(), Some("id: 21 characters"));
    assert_eq!(of("id", json!("kling_1a2b3c4d5e6f")).as_deref(), Some("id: kling_ and 12 digits"));
    assert_eq!(of("id", json!("0")).as_deref(), Some("id: 0"));
    assert_eq!(of("timestamp", json!("2025-12-05T13:46:30.569Z")).as_deref(), Some("time in milliseconds"));
    assert_eq!(of("timestamp", json!("2025-12-05T13:46:30Z")).as_deref(), Some("time"));
    assert_eq!(of("created_at", json!(1_788_584_785)).as_deref(), Some("time of 10 digits"));
    assert_eq!(of("createTime", json!(1_744_858_514_515_u64)).as_deref(), Some("time of 13 digits"));
    assert_eq!(of("url", json!("https://cdn.example/a.mp4")).as_deref(), Some("address"));
    assert_eq!(of("message", json!("see https://example.com")), None);
    assert_eq!(of("status", json!("queued")), None);
}
