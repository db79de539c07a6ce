//! The suite's reference answers: what each case was answered by the stand-in, with what varies replaced.
//!
//! They are kept as files of their own, one for an edition, written by the snapshot test of the
//! repository. A live or replayed run is compared with them; what differs is reported, not judged.

use std::collections::BTreeMap;

use include_dir::{Dir, include_dir};
use serde_json::{Map, Value, json};
use stuntdouble_contracts::Contract;
use stuntdouble_contracts::contract::read::observe;

use crate::exchange::{Content, Exchange, KeptAnswer};
use crate::normalise::{Normaliser, differences};
use crate::outcome::Difference;
use crate::profile::Profile;
use crate::target::is_vendor_path;

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
            if !["GEN-", "CHAOS-", "PROBE"].iter().any(|area| exchange.case.starts_with(area)) {
                cases.entry(&exchange.case).or_default().push(exchange);
            }
        }
        let accepted = |exchange: &&Exchange| accepted(profile, exchange);
        let shared = cases.get(crate::session::SHARED).and_then(|held| held.iter().find_map(accepted));
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
    pub fn differences(&self, taken: &Self, id: &str) -> Vec<Difference> {
        let (Some(reference), Some(found)) = (self.0.get(id), taken.0.get(id)) else { return Vec::new() };
        let mut all = Vec::new();
        let mut used = Vec::new();
        for (place, answer) in found.iter().enumerate() {
            // Looks may see a phase more or less than those of the reference: the status tells them apart.
            let same = |other: &usize| reference.get(*other).is_some_and(|held| kind(held) == kind(answer));
            let free = (0..reference.len()).filter(|other| !used.contains(other)).find(same);
            let partner = free.or_else(|| (reference.len() == found.len()).then_some(place));
            let Some(partner) = partner else { continue };
            used.push(partner);
            let Some(held) = reference.get(partner) else { continue };
            for (pointer, reference, found) in differences(held, answer) {
                all.push(Difference { answer: partner, pointer, reference, found });
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
fn accepted(profile: &Profile, exchange: &Exchange) -> Option<String> {
    let answer = exchange.answer.as_ref().filter(|_| exchange.request.method == "POST")?;
    let Content::Json(body) = &answer.body else { return None };
    observe(profile.operation("submit")?, profile.contract(), body).id
}

/// What tells answers of one case apart: the HTTP status, and every short text called a status.
fn kind(answer: &Value) -> (Option<u64>, Vec<String>) {
    let mut words = Vec::new();
    collect(answer.get("body").unwrap_or(&Value::Null), &mut words);
    (answer.get("status").and_then(Value::as_u64), words)
}

fn collect(value: &Value, words: &mut Vec<String>) {
    if let Value::Object(members) = value {
        for (name, member) in members {
            if name == "status" && !member.is_object() {
                words.push(member.to_string());
            }
            collect(member, words);
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
