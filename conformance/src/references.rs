//! The suite's reference answers: what each case was answered by the stand-in, with what varies replaced.
//!
//! They are kept as files of their own, one for an edition, written by the snapshot test of the
//! repository. A live or replayed run is compared with them; what differs is reported, not judged.

use std::collections::BTreeMap;

use include_dir::{Dir, include_dir};
use mockreel_contracts::contract::check::read::observe;
use mockreel_contracts::{Contract, Operation};
use serde_json::{Map, Value, json};

use crate::normalise::{Normaliser, differences};
use crate::outcome::Difference;
use crate::profile::Profile;
use mockreel_evidence::exchange::is_vendor_path;
use mockreel_evidence::exchange::{Content, Exchange, Intent, KeptAnswer};

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/references");

/// The most differences of a case that are told: an answer with a hundred thousand members would make a report
/// that nobody can open.
const MOST_DIFFERENCES: usize = 200;

/// Answers by case: normalised, in order, repetitions left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct References(BTreeMap<String, Vec<Value>>);

impl References {
    /// The references of an edition; `None` if there are none.
    pub fn embedded(contract: &Contract) -> Option<Self> {
        let file = FILES.get_file(format!("{}.snap", contract.full_id()))?;
        let text = file.contents_utf8()?;
        // What stands between the two lines of dashes is the snapshot's own head.
        let body = text.splitn(3, "---\n").nth(2)?;
        serde_json::from_str(body).ok().map(Self)
    }

    /// What the exchanges of a run answer that went to vendor paths below a base address.
    pub fn taken(profile: &Profile, base: &str, exchanges: &[Exchange]) -> Self {
        let mut cases: BTreeMap<&str, Vec<&Exchange>> = BTreeMap::new();
        for exchange in exchanges.iter().filter(|exchange| is_vendor_path(base, &exchange.request.url)) {
            if matches!(exchange.intent(), Intent::Honest | Intent::WrongOnPurpose) {
                cases.entry(&exchange.case).or_default().push(exchange);
            }
        }
        let accepted = |exchange: &&Exchange| accepted_id(profile, exchange);
        let shared = cases.get(crate::clause::SHARED).and_then(|held| held.iter().find_map(accepted));
        let mut taken: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for (case, held) in cases {
            // Each case counts for itself, so that one more value in one of them changes no other.
            let mut normaliser = Normaliser::new();
            for id in shared.iter().cloned().chain(held.iter().filter_map(accepted)) {
                normaliser.learn_id(&id);
            }
            let mut answers: Vec<Value> = Vec::new();
            for answer in held.iter().filter_map(|exchange| exchange.answer.as_ref()) {
                let value = normaliser.normalise(&as_value(answer));
                if answers.last() != Some(&value) {
                    answers.push(value);
                }
            }
            taken.insert(case.to_owned(), answers);
        }
        Self(taken)
    }

    /// Where the answers of a case differ from the references. A case that was not run differs nowhere.
    ///
    /// Answers are held against those of their kind (the same status, in HTTP and of the job), what is left
    /// in order. An answer too many is a difference as a whole; one too few is none, because looks may
    /// miss a phase.
    pub fn differences(&self, taken: &Self, id: &str) -> Vec<Difference> {
        let (Some(reference), Some(found)) = (self.0.get(id), taken.0.get(id)) else { return Vec::new() };
        let mut free: Vec<usize> = (0..reference.len()).collect();
        let mut pairs: Vec<(Option<usize>, &Value)> = Vec::new();
        for answer in found {
            let same = free.iter().position(|other| answer_kind(&reference[*other]) == answer_kind(answer));
            pairs.push((same.map(|place| free.remove(place)), answer));
        }
        let mut all = Vec::new();
        for (partner, answer) in pairs {
            match partner.or_else(|| (!free.is_empty()).then(|| free.remove(0))) {
                Some(partner) => {
                    for (pointer, reference, found) in differences(&reference[partner], answer) {
                        all.push(Difference { answer: partner, pointer, reference, found });
                    }
                }
                None => all.push(Difference {
                    answer: reference.len(),
                    pointer: String::new(),
                    reference: None,
                    found: Some(answer.clone()),
                }),
            }
        }
        all.truncate(MOST_DIFFERENCES);
        all
    }

    /// As JSON, for the snapshot.
    pub fn json(&self) -> Value {
        let cases = self.0.iter().map(|(id, answers)| (id.clone(), Value::Array(answers.clone())));
        Value::Object(cases.collect::<Map<String, Value>>())
    }
}

/// The id of the job that an exchange had accepted.
fn accepted_id(profile: &Profile, exchange: &Exchange) -> Option<String> {
    let answer = exchange.answer.as_ref().filter(|_| exchange.request.method == "POST")?;
    let Content::Json(body) = &answer.body else { return None };
    observe(profile.operation(Operation::Submit)?, profile.contract(), body).id
}

/// What tells answers of one case apart: the HTTP status, and every short text called a status.
fn answer_kind(answer: &Value) -> (Option<u64>, Vec<String>) {
    let mut words = Vec::new();
    collect_words(answer.get("body").unwrap_or(&Value::Null), &mut words);
    (answer.get("status").and_then(Value::as_u64), words)
}

fn collect_words(value: &Value, words: &mut Vec<String>) {
    if let Value::Object(members) = value {
        for (name, member) in members {
            if name == "status" && !member.is_object() {
                words.push(member.to_string());
            }
            collect_words(member, words);
        }
    }
}

fn as_value(answer: &KeptAnswer) -> Value {
    let kind =
        answer.headers.iter().find(|(name, _)| name == "content-type").map(|(_, value)| value.as_str());
    let body = match &answer.body {
        Content::Empty => Value::Null,
        Content::Json(body) => body.clone(),
        Content::Text(text) => json!(text),
        Content::Bytes { length, .. } => json!({"bytes": length}),
        Content::Form(_) => Value::Null,
    };
    json!({"status": answer.status, "content_type": kind, "body": body})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(list: &[Value]) -> References {
        References([("POLL-09".to_owned(), list.to_vec())].into())
    }

    fn places(reference: &[Value], found: &[Value]) -> Vec<(usize, String)> {
        let differences = answers(reference).differences(&answers(found), "POLL-09");
        differences.into_iter().map(|difference| (difference.answer, difference.pointer)).collect()
    }

    fn look(status: &str, id: &str) -> Value {
        json!({"status": 200, "body": {"status": status, "id": id}})
    }

    #[test]
    fn a_phase_that_was_not_seen_is_no_difference_and_one_too_many_is() {
        let all = [look("queued", "a"), look("running", "a"), look("done", "a")];
        assert!(places(&all, &all[1..]).is_empty());
        assert_eq!(places(&all[..2], &all), [(2, String::new())]);
        assert_eq!(places(&all, &[look("queued", "a"), look("done", "b")]), [(2, "/body/id".to_owned())]);
    }

    #[test]
    fn an_answer_of_another_kind_is_held_against_what_is_left() {
        let refused = json!({"status": 404, "body": {"error": "no"}});
        let broken = json!({"status": 500, "body": {"error": "no"}});
        assert_eq!(
            places(&[refused.clone(), refused.clone()], &[refused.clone(), broken.clone()]),
            [(1, "/status".to_owned())]
        );
        assert_eq!(places(std::slice::from_ref(&refused), &[broken, refused.clone()]), [(1, String::new())]);
    }
}
