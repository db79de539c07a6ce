//! The emulator and the contracts against what somebody saw the real vendors answer.
//!
//! `fixtures/recordings/README.md` says how a recording is read. Recordings are evidence: a test that
//! disagrees with one is never settled by editing it.

mod compare;
mod situations;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use mockreel_contracts::contract::check::rules::Checker;
use mockreel_contracts::{Operation, Vendor, vendor};
use serde_json::{Map, Value};

/// What can make a vendor answer so, and whether the answer is a refusal.
const SITUATIONS: [(&str, bool); 20] = [
    ("accepted", false),
    ("poll_pending", false),
    ("completed", false),
    ("failed", false),
    ("no_key", true),
    ("bad_key", true),
    ("unknown_model", true),
    ("unknown_job", true),
    ("missing_field", true),
    ("out_of_range", true),
    ("body_validation", true),
    ("query_validation", true),
    ("rate_limited", true),
    ("insufficient_credits", true),
    ("not_entitled", true),
    ("upstream_error", true),
    ("overloaded", true),
    ("model_list", false),
    ("model_detail", false),
    ("upload", false),
];

/// Recordings in scope that a request alone cannot bring about.
const NOT_BROUGHT_ABOUT: [(&str, &str); 5] = [
    ("302ai/submit-no-channel", "a lack of capacity comes by scenario"),
    ("aimlapi/submit-free-tier-hour-used-up", "there is no rate limit until an account is given one"),
    ("apilaplas/submit-free-tier-hour-used-up", "there is no rate limit until an account is given one"),
    (
        "gmicloud/submit-backend-error-401",
        "only the maker's 400 follows from a request, the others come by scenario",
    ),
    ("gmicloud/submit-not-entitled", "every account may use every model unless a scenario says otherwise"),
];

/// Recordings of the same vendor in a shape of another family, which no contract describes.
const OF_ANOTHER_FAMILY: [&str; 3] = [
    "302ai/fetch-omni-image",
    "302ai/image-official-format-submitted",
    "302ai/text2video-official-format-submitted",
];

/// Recordings whose `edition` was written before the edition of 2026-01-05 was told apart from the one before it.
const WITH_AN_OLDER_EDITION: [&str; 9] = [
    "aimlapi/poll-v1-standard-generating",
    "aimlapi/poll-v1-standard-queued",
    "aimlapi/poll-v1.6-pro-completed",
    "aimlapi/poll-v1.6-pro-generating",
    "aimlapi/poll-v1.6-pro-queued",
    "aimlapi/poll-v1.6-standard-completed",
    "aimlapi/poll-v1.6-standard-generating",
    "aimlapi/poll-v1.6-standard-queued",
    "aimlapi/submit-v2.6-motion-control",
];

/// One exchange.
struct Recording {
    /// Vendor and file, without the ending.
    name: String,
    value: Value,
}

impl Recording {
    fn text(&self, pointer: &str) -> Option<&str> {
        self.value.pointer(pointer)?.as_str()
    }

    fn vendor(&self) -> &str {
        self.text("/vendor").expect("a vendor")
    }

    fn situation(&self) -> &str {
        self.text("/situation/name").expect("a situation")
    }

    fn operation(&self) -> &str {
        self.text("/operation").expect("an operation")
    }

    fn status(&self) -> Option<u64> {
        self.value["answer"]["status"].as_u64().filter(|_| !self.leaves_out("/status"))
    }

    fn body(&self) -> &Value {
        &self.value["answer"]["body"]
    }

    fn left_out(&self) -> impl Iterator<Item = &str> {
        self.value["left_out"].as_array().into_iter().flatten().filter_map(Value::as_str)
    }

    /// Whether exactly this place of the answer, or with the prefix of the request, is left out.
    fn leaves_out(&self, pointer: &str) -> bool {
        self.left_out().any(|held| held == pointer)
    }

    /// Whether this place or one above it is left out.
    fn covers(&self, pointer: &str) -> bool {
        let below = |held: &str| {
            pointer.strip_prefix(held).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.left_out().any(below)
    }

    /// Whether names and order were read off a wire or a page, and not off the types of a client, which
    /// hold what the client reads in an order of its own.
    fn is_whole(&self) -> bool {
        matches!(self.text("/grade"), Some("obs" | "doc"))
    }

    fn is_refusal(&self) -> bool {
        let named = SITUATIONS.iter().find(|(name, _)| *name == self.situation());
        self.status().map_or_else(|| named.expect("a known situation").1, |status| status >= 400)
    }

    /// The words that were certainly seen.
    fn words(&self) -> Vec<&str> {
        self.value["situation"]["text"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    fn declared(&self) -> Vendor {
        let edition = self.text("/edition").expect("an edition");
        vendor(&format!("{}@{edition}", self.vendor()))
            .unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    /// The edition in force on the day of the exchange; the declared one where the day is not known to the month.
    fn of_the_day(&self) -> Vendor {
        let editions =
            mockreel_contracts::vendors().unwrap().iter().filter(|held| held.id() == self.vendor());
        match self.text("/date") {
            Some(date) if date.len() > 4 && editions.count() > 1 => {
                vendor(&format!("{}@{date}", self.vendor())).unwrap()
            }
            Some(_) | None => self.declared(),
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/recordings")
}

/// Every recording, by name.
fn recordings() -> Vec<Recording> {
    let mut found = Vec::new();
    for folder in std::fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path()) {
        if !folder.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            let part = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
            // A stem would end at the dot of a version.
            let folder = folder.file_name().unwrap().to_str().unwrap();
            let name = format!("{folder}/{}", part(&file));
            assert_eq!(file.extension().and_then(|held| held.to_str()), Some("json"), "{name}");
            let value = serde_json::from_slice(&std::fs::read(&file).unwrap());
            found.push(Recording { value: value.unwrap_or_else(|error| panic!("{name}: {error}")), name });
        }
    }
    assert!(found.len() > 50, "only {} recordings were found", found.len());
    found.sort_by(|left, right| left.name.cmp(&right.name));
    found
}

/// Every text inside a value.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

#[track_caller]
fn assert_names(recording: &Recording, members: &Map<String, Value>, needed: &[&str], allowed: &[&str]) {
    let held: BTreeSet<&str> = members.keys().map(String::as_str).collect();
    for name in needed {
        assert!(held.contains(name), "{} has no `{name}`", recording.name);
    }
    let unknown: Vec<&&str> =
        held.iter().filter(|name| !needed.contains(name) && !allowed.contains(name)).collect();
    assert!(unknown.is_empty(), "{} has {unknown:?}, which the README does not know", recording.name);
}

#[test]
fn every_recording_has_the_members_of_the_readme() {
    let needed = [
        "vendor",
        "edition",
        "source",
        "grade",
        "date",
        "scope",
        "situation",
        "operation",
        "request",
        "answer",
        "left_out",
        "note",
    ];
    let object = |value: &Value| value.as_object().cloned().unwrap_or_default();
    for recording in recordings() {
        let Recording { name, value } = &recording;
        assert_names(&recording, &object(value), &needed, &[]);
        assert!(name.starts_with(&format!("{}/", recording.vendor())), "{name} lies in another folder");
        for place in ["/source", "/note", "/edition"] {
            assert!(recording.text(place).is_some_and(|text| !text.is_empty()), "{name}{place}");
        }
        assert!(
            ["obs", "doc", "302-client", "client"].contains(&recording.text("/grade").unwrap()),
            "{name}"
        );
        assert!(["emulated", "shape-only"].contains(&recording.text("/scope").unwrap()), "{name}");
        let known = ["submit", "poll", "list", "cancel", "models", "model", "upload", "balance"];
        assert!(known.contains(&recording.operation()), "{name}");
        let situation = object(&value["situation"]);
        let allowed = ["text", "field", "upstream_status", "switch", "values"];
        assert_names(&recording, &situation, &["name", "model"], &allowed);
        assert!(SITUATIONS.iter().any(|(known, _)| *known == recording.situation()), "{name}");
        assert!(situation.get("values").is_none_or(|values| values == "not-observed"), "{name}");
        assert_names(&recording, &object(&value["request"]), &["method", "path"], &["body"]);
        assert_names(&recording, &object(&value["answer"]), &["status", "headers", "body"], &[]);
        let status = &value["answer"]["status"];
        assert!(status.is_null() || status.as_u64().is_some_and(|held| (100..600).contains(&held)), "{name}");
        let date = value["date"].as_str().unwrap_or("2026-01-01");
        let shaped = |shape: &str| {
            date.len() == shape.len()
                && date.bytes().zip(shape.bytes()).all(|(held, form)| match form {
                    b'-' => held == b'-',
                    _ => held.is_ascii_digit(),
                })
        };
        assert!(["0000", "0000-00", "0000-00-00"].into_iter().any(shaped), "{name}: {date}");
        for pointer in recording.left_out() {
            let place = pointer.strip_prefix("request:").unwrap_or(pointer);
            assert!(place.starts_with('/'), "{name}: {pointer} is no JSON Pointer");
        }
    }
}

#[test]
fn an_edition_is_the_newest_of_its_day() {
    let older: Vec<String> = recordings()
        .into_iter()
        .filter(|recording| recording.of_the_day().contract.edition != recording.declared().contract.edition)
        .map(|recording| recording.name)
        .collect();
    let mut listed = WITH_AN_OLDER_EDITION.to_vec();
    listed.sort_unstable();
    assert_eq!(older, listed, "the README wants the newest edition that is not later than the date");
}

#[test]
fn words_that_were_seen_are_in_the_answer_unless_their_place_is_left_out() {
    for recording in recordings() {
        let body = texts(recording.body());
        for word in recording.words() {
            let whole = body.iter().any(|text| text.contains(word));
            let assumed = body.is_empty() && recording.left_out().any(|held| held.starts_with("/body"));
            assert!(whole || assumed, "{}: {word}", recording.name);
        }
    }
}

#[test]
fn the_index_of_the_readme_lists_every_recording_as_it_is() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    for (situation, _) in SITUATIONS {
        assert!(readme.contains(&format!("\n| `{situation}` | ")), "the README does not know {situation}");
    }
    let rows: BTreeMap<String, String> = readme
        .lines()
        .filter_map(|line| {
            let (name, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
            name.contains('/').then(|| (name.to_owned(), rest.to_owned()))
        })
        .collect();
    let told: BTreeMap<String, String> = recordings()
        .into_iter()
        .map(|recording| {
            let text = |place| recording.text(place).unwrap().to_owned();
            let status = recording.value["answer"]["status"].as_u64();
            let cells = [
                text("/situation/name"),
                text("/operation"),
                status.map_or("-".to_owned(), |status| status.to_string()),
                text("/scope"),
                text("/grade"),
                text("/edition"),
            ];
            (recording.name.clone(), format!("{} |", cells.join(" | ")))
        })
        .collect();
    assert_eq!(rows, told);
}

#[test]
fn the_contract_of_its_edition_accepts_every_answer() {
    for recording in recordings() {
        let contract = recording.declared().contract;
        let schema = if recording.is_refusal() {
            contract.problem_schema.clone()
        } else {
            let named = recording.operation().parse::<Operation>().ok();
            let operation = named.and_then(|operation| contract.operations.get(&operation));
            operation.unwrap_or_else(|| panic!("{}: no such operation", recording.name)).reply.clone()
        };
        let found = Checker::new(schema).unwrap().violations(recording.body());
        // What the quotation abbreviates or leaves out cannot break a rule.
        let broken: Vec<String> = found
            .into_iter()
            .filter(|violation| !recording.covers(&format!("/body{}", violation.pointer)))
            .map(|violation| format!("{}: {:?}", violation.pointer, violation.rule))
            .collect();
        let foreign = OF_ANOTHER_FAMILY.contains(&recording.name.as_str());
        assert_eq!(!broken.is_empty(), foreign, "{}: {broken:?}", recording.name);
    }
}

#[tokio::test]
async fn in_the_same_situation_the_emulator_answers_the_same() {
    let all = recordings();
    let emulated: Vec<&Recording> =
        all.iter().filter(|recording| recording.text("/scope") == Some("emulated")).collect();
    for (name, reason) in NOT_BROUGHT_ABOUT {
        assert!(
            emulated.iter().any(|held| held.name == name),
            "{name} is listed ({reason}), but not in scope"
        );
    }
    let mut wrong = Vec::new();
    for recording in emulated {
        let listed = NOT_BROUGHT_ABOUT.iter().any(|(name, _)| *name == recording.name);
        let scenes = situations::bring_about(recording).await;
        if scenes.is_empty() != listed {
            wrong.push(format!("{}: listed as not brought about: {listed}", recording.name));
        }
        for scene in scenes {
            let found = compare::differences(recording, &scene);
            wrong.extend(found.into_iter().map(|text| format!("{}: {text}", recording.name)));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
