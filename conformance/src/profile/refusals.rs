//! Refusals as cases recognise them: of the request, of the account, or of the moment.

use mockreel_contracts::Operation;
use mockreel_contracts::contract::check::read::observe;
use mockreel_contracts::contract::model::wording::ProblemFact;
use mockreel_evidence::exchange::Answer;
use serde_json::{Value, json};

use super::Profile;

/// Problems that speak of the moment: the same request may be accepted a minute later.
const OF_THE_MOMENT: [&str; 3] = ["overloaded", "concurrency_limited", "rate_limited"];

/// By this status a server asks for fewer requests, whatever its words (RFC 6585, 4).
const TOO_MANY: u16 = 429;

impl Profile {
    /// The id of the job that an answer to a submit accepts; `None` if it accepts none.
    ///
    /// Some vendors refuse with a status of success: then there is no id, or it is no answer of that form.
    pub fn accepted(&self, answer: &Answer) -> Option<String> {
        if !(200..300).contains(&answer.status) {
            return None;
        }
        self.observe(Operation::Submit, answer).id
    }

    /// Whether an answer refuses: a 4xx, or the success or the 5xx by which the contract says that bad
    /// requests are refused.
    ///
    /// A success that names no job is no refusal by itself: the vendor may have renamed the member.
    pub fn refuses(&self, answer: &Answer) -> bool {
        match answer.status {
            400..=499 => true,
            200..=299 => {
                let body = answer.json().filter(|_| self.accepted(answer).is_none());
                body.is_some_and(|body| self.refuses_kindly(answer.status, &body))
            }
            500..=599 => self.contract.problems.get("invalid").is_some_and(|fact| {
                let text = answer.text();
                fact.variants.values().any(|case| {
                    let said = case.text.as_deref().unwrap_or(&fact.text);
                    case.status == Some(answer.status) && text.contains(said)
                })
            }),
            _ => false,
        }
    }

    /// Whether an answer to a submit says something of the account or of the vendor's limits, and so nothing
    /// of what was asked: by a status that the contract keeps for that.
    pub fn speaks_of_the_account(&self, status: u16) -> bool {
        let uses = |names: &[&str]| {
            let facts = names.iter().filter_map(|name| self.contract.problems.get(*name));
            facts.into_iter().any(|fact| {
                let mut variants = fact.variants.values();
                fact.status == status || variants.any(|case| case.status == Some(status))
            })
        };
        uses(&["unauthorized", "insufficient_credits", "rate_limited", "concurrency_limited"])
            && !uses(&[
                "malformed",
                "invalid",
                "unknown_model",
                "retired_model",
                "unknown_route",
                "too_large",
            ])
    }

    /// Whether an answer with a status of success has the members by which the contract, or one of its
    /// options, refuses with that status.
    pub(crate) fn refuses_kindly(&self, status: u16, body: &Value) -> bool {
        let has = |members: &serde_json::Map<String, Value>| {
            !members.is_empty() && members.iter().all(|(name, value)| body.get(name) == Some(value))
        };
        let mut facts = self.contract.problems.values();
        if facts.any(|fact| fact.status == status && has(&fact.members)) || self.lacks_mark_of_success(body) {
            return true;
        }
        let patches = self.contract.options.values().flat_map(|option| option.patch.values());
        let problems = patches.filter_map(|patch| patch.get("problems")?.as_table());
        problems.flat_map(|table| table.values()).any(|fact| {
            let fact = serde_json::to_value(fact).unwrap_or_default();
            let members = fact.get("members").and_then(Value::as_object);
            fact.get("status") == Some(&json!(status)) && members.is_some_and(has)
        })
    }

    /// Whether an answer to a look at a job refuses it: as other requests are refused, or, of a vendor that answers all in
    /// one form, by that form without any job in it.
    pub(crate) fn refuses_look(&self, answer: &Answer) -> bool {
        let is_success = (200..300).contains(&answer.status);
        self.refuses(answer) || is_success && answer.json().is_some_and(|body| self.tells_of_no_job(&body))
    }

    /// Whether a body has the form of all good answers, and no job in it.
    pub(crate) fn tells_of_no_job(&self, body: &Value) -> bool {
        let Some(poll) = self.operation(Operation::Poll) else { return false };
        let seen = observe(poll, self.contract(), body);
        let has_form = self.list_marks().iter().any(|(name, _)| body.get(name.as_str()).is_some());
        has_form && seen.id.is_none() && seen.status.is_none() && seen.video_url.is_none()
    }

    /// The members that have the same value in every good answer to a submit (`const`).
    fn list_marks(&self) -> Vec<(&String, &Value)> {
        let submit = self.operation(Operation::Submit);
        let declared = submit.and_then(|submit| submit.reply.get("properties")).and_then(Value::as_object);
        declared
            .into_iter()
            .flatten()
            .filter_map(|(name, schema)| Some((name, schema.get("const")?)))
            .collect()
    }

    /// Whether an answer lacks a job and says by a member that it is none of the good ones: each of those has the same
    /// value there, and this one another of its kind.
    fn lacks_mark_of_success(&self, body: &Value) -> bool {
        let is_other = self.list_marks().into_iter().any(|(name, mark)| {
            let found = body.get(name);
            found.is_some_and(|found| {
                found != mark && found.is_number() == mark.is_number() && !found.is_null()
            })
        });
        let names_job = [Operation::Submit, Operation::Poll].into_iter().any(|operation| {
            let facts = self.operation(operation);
            facts.is_some_and(|facts| observe(facts, self.contract(), body).id.is_some())
        });
        is_other && !names_job
    }

    /// Whether an answer says, in the words that the contract keeps for it, that the vendor has no room or no channel
    /// for the request now. Nothing follows from it about what was asked.
    pub fn speaks_of_the_moment(&self, answer: &Answer) -> bool {
        let facts = OF_THE_MOMENT.iter().filter_map(|name| self.contract().problems.get(*name));
        let text = answer.text();
        let mut facts = facts.filter(|fact| fact.status == answer.status);
        answer.status == TOO_MANY || facts.any(|fact| says_so(fact, answer.json().as_ref(), &text))
    }
}

/// Whether an answer has a problem's code, or else its text.
fn says_so(fact: &ProblemFact, body: Option<&Value>, text: &str) -> bool {
    let codes: Vec<(&String, &Value)> = fact.members.iter().filter(|(_, value)| value.is_number()).collect();
    let has_codes = !codes.is_empty()
        && body.is_some_and(|body| codes.iter().all(|(name, code)| holds(body, name, code)));
    has_codes || (!fact.text.is_empty() && text.contains(&fact.text))
}

/// Whether a member of that name has that value, wherever it is.
fn holds(body: &Value, name: &str, value: &Value) -> bool {
    match body {
        Value::Object(members) => {
            members.get(name) == Some(value) || members.values().any(|inner| holds(inner, name, value))
        }
        Value::Array(items) => items.iter().any(|item| holds(item, name, value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
