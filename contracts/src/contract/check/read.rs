//! Reading answers: what a client learns from one, through the contract's pointers and words.
//!
//! No dialect is asked, so that whoever checks a vendor's answers does not inherit the mistakes of
//! whoever wrote them.

use serde_json::Value;

use crate::contract::model::Contract;
use crate::contract::model::operation::OperationFacts;
use crate::phase::Phase;

/// What a good answer says. Whatever is not there, is `null` or is empty text is `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observation {
    /// The job's id; a number is given as text.
    pub id: Option<String>,
    /// The phase that the vendor's word means; `None` also for a word that the contract does not know.
    pub phase: Option<Phase>,
    /// The vendor's word as sent, a text or a number.
    pub status: Option<Value>,
    /// The video's address, from the first place that has one.
    pub video_url: Option<String>,
    /// The thumbnail's address.
    pub cover_url: Option<String>,
    /// Why the job failed, from the first place that says so, whatever the phase. What is no text is given as JSON.
    pub failure: Option<String>,
    /// The jobs of a listing, in the order sent.
    pub jobs: Vec<Observation>,
    /// The ids of the models of a listing, in the order sent.
    pub models: Vec<String>,
    /// Where a file may be put.
    pub upload_url: Option<String>,
    /// Where that file can be read afterwards.
    pub public_url: Option<String>,
}

/// Reads the good answer of an operation.
///
/// Pointers are JSON Pointers in which `*` stands for every item of an array. In a listing the
/// pointers to what a job has are followed from each job.
pub fn observe(operation: &OperationFacts, contract: &Contract, body: &Value) -> Observation {
    let read = &operation.read;
    let mut seen = one(operation, contract, body);
    if let Some(place) = &read.jobs {
        let jobs = all(body, place).into_iter().flat_map(items);
        seen.jobs = jobs.map(|job| one(operation, contract, job)).collect();
    }
    if let Some(place) = &read.models {
        seen.models = all(body, place).into_iter().flat_map(items).filter_map(text).collect();
    }
    seen
}

/// The phase that a vendor's word means.
pub fn phase_of(contract: &Contract, word: &Value) -> Option<Phase> {
    Phase::ALL.into_iter().find(|phase| contract.words(*phase).iter().any(|known| same_word(known, word)))
}

fn one(operation: &OperationFacts, contract: &Contract, body: &Value) -> Observation {
    let read = &operation.read;
    let first = |place: &Option<String>| place.as_deref().and_then(|place| first_text(body, place));
    let status = read.status.as_deref().and_then(|place| {
        all(body, place).into_iter().find(|value| !value.is_null() && value.as_str() != Some("")).cloned()
    });
    Observation {
        id: first(&read.id),
        phase: status.as_ref().and_then(|word| phase_of(contract, word)),
        status,
        video_url: read.video_url.iter().find_map(|place| first_text(body, place)),
        cover_url: first(&read.cover_url),
        failure: read.failure.iter().find_map(|place| {
            let said = all(body, place).into_iter().find(|value| says_something(value));
            said.map(|value| text(value).unwrap_or_else(|| value.to_string()))
        }),
        jobs: Vec::new(),
        models: Vec::new(),
        upload_url: first(&read.upload_url),
        public_url: first(&read.public_url),
    }
}

/// Every value at a pointer, in order.
fn all<'a>(body: &'a Value, pointer: &str) -> Vec<&'a Value> {
    let Some((before, after)) = pointer.split_once("/*") else {
        return body.pointer(pointer).into_iter().collect();
    };
    let held = body.pointer(before).and_then(Value::as_array);
    held.into_iter().flatten().flat_map(|item| all(item, after)).collect()
}

fn first_text(body: &Value, pointer: &str) -> Option<String> {
    all(body, pointer).into_iter().find_map(text)
}

/// The items of an array; of anything else, itself.
fn items(value: &Value) -> impl Iterator<Item = &Value> {
    let (held, alone) = match value {
        Value::Array(held) => (held.as_slice(), None),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            (&[][..], Some(value))
        }
    };
    held.iter().chain(alone)
}

/// A text that is not empty, or a number as text.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) => false,
        Value::Number(_) => true,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

/// Whether two words are the same: texts by their letters, numbers by their value.
fn same_word(known: &Value, word: &Value) -> bool {
    match (known.as_f64(), word.as_f64()) {
        (Some(known), Some(word)) => known == word,
        _ => known == word,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::model::PhaseWords;
    use crate::contract::model::operation::Read;
    use crate::contract::model::source::Cited;
    use crate::operation::Operation;

    /// Some contract and one of its operations, with pointers and words of the test's own.
    fn read(read: Value, body: &Value) -> Observation {
        let vendor = crate::vendors().unwrap().first().unwrap();
        let table = &vendor.contract.default_options();
        let mut contract = vendor.contract.with_options(table).unwrap();
        let words = |words: Vec<Value>| PhaseWords { words, source: Cited::One("test".to_owned()) };
        contract.phases.clear();
        contract.phases.insert("queued".to_owned(), words(vec![json!(5), json!("waiting")]));
        contract.phases.insert("succeeded".to_owned(), words(vec![json!(99), json!("done")]));
        let mut operation = contract.operations.shift_remove(&Operation::Poll).unwrap();
        operation.read = serde_json::from_value::<Read>(read).unwrap();
        observe(&operation, &contract, body)
    }

    #[test]
    fn words_may_be_numbers_or_texts_and_an_unknown_one_has_no_phase() {
        let status = |body: Value| {
            let seen = read(json!({"status": "/data/status"}), &body);
            (seen.phase, seen.status)
        };
        assert_eq!(status(json!({"data": {"status": 99}})), (Some(Phase::Succeeded), Some(json!(99))));
        assert_eq!(status(json!({"data": {"status": 99.0}})), (Some(Phase::Succeeded), Some(json!(99.0))));
        assert_eq!(
            status(json!({"data": {"status": "waiting"}})),
            (Some(Phase::Queued), Some(json!("waiting")))
        );
        assert_eq!(status(json!({"data": {"status": "99"}})), (None, Some(json!("99"))));
        assert_eq!(status(json!({"data": {"status": "Done"}})), (None, Some(json!("Done"))));
        assert_eq!(status(json!({"data": {"status": null}})), (None, None));
        assert_eq!(status(json!([])), (None, None));
    }

    #[test]
    fn the_first_place_that_has_something_is_read() {
        let places = json!({"id": "/id", "video_url": ["/a/0/url", "/b"], "failure": ["/why", "/error"], "cover_url": "/c"});
        let seen = read(
            places.clone(),
            &json!({"id": 7, "a": [], "b": "https://v/1", "why": "", "error": {"name": "x"}}),
        );
        assert_eq!(seen.id.as_deref(), Some("7"));
        assert_eq!(seen.video_url.as_deref(), Some("https://v/1"));
        assert_eq!(seen.failure.as_deref(), Some(r#"{"name":"x"}"#));
        assert_eq!(seen.cover_url, None);
        let seen = read(
            places,
            &json!({"id": "", "a": [{"url": "https://v/0"}], "b": "https://v/1", "why": "because"}),
        );
        assert_eq!(seen.id, None);
        assert_eq!(seen.video_url.as_deref(), Some("https://v/0"));
        assert_eq!(seen.failure.as_deref(), Some("because"));
    }

    #[test]
    fn the_jobs_of_a_listing_are_each_read_from_their_own_place() {
        let places = json!({"jobs": "/list", "id": "/id", "status": "/status"});
        let seen = read(
            places,
            &json!({"list": [{"id": "a", "status": 5}, {"id": "b", "status": "odd"}], "id": "outer"}),
        );
        let jobs: Vec<(Option<&str>, Option<Phase>)> =
            seen.jobs.iter().map(|job| (job.id.as_deref(), job.phase)).collect();
        assert_eq!(jobs, [(Some("a"), Some(Phase::Queued)), (Some("b"), None)]);
    }

    #[test]
    fn models_are_texts_of_an_array_or_lie_in_every_item() {
        let seen = read(json!({"models": "/ids"}), &json!({"ids": ["a", "b"]}));
        assert_eq!(seen.models, ["a", "b"]);
        let seen = read(
            json!({"models": "/data/*/id"}),
            &json!({"data": [{"id": "a"}, {"name": "x"}, {"id": "b"}]}),
        );
        assert_eq!(seen.models, ["a", "b"]);
    }

    #[test]
    fn every_word_of_every_contract_means_its_phase_unless_cancelled_jobs_are_told_as_failed() {
        for vendor in crate::vendors().unwrap() {
            for phase in Phase::ALL {
                for word in vendor.contract.words(phase) {
                    let read = phase_of(&vendor.contract, word);
                    let told_as_failed = phase == Phase::Cancelled && read == Some(Phase::Failed);
                    assert!(read == Some(phase) || told_as_failed, "{vendor:?}: {word} is read as {read:?}");
                }
            }
        }
    }
}
