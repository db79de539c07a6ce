//! Schemas of good answers as cases check them: with every word for a job's state that the contract knows.

use mockreel_contracts::contract::check::schema::unescape;
use mockreel_contracts::{Operation, Phase};
use serde_json::Value;

use super::Profile;

impl Profile {
    /// The schema of an operation's good answer in which a job's state may be any of the contract's words, also those
    /// that only clients know: to say one of them is drift, and no fault. `true` if the vendor lacks the operation.
    pub fn reply_schema(&self, operation: Operation) -> Value {
        let Some(known) = self.operation(operation) else { return Value::Bool(true) };
        let words: Vec<Value> =
            Phase::ALL.into_iter().flat_map(|phase| self.contract().words(phase)).cloned().collect();
        let mut schema = known.reply.clone();
        let read = &known.read;
        for place in read.status.iter().chain(&read.status_mirrors) {
            // In a listing the place is that in each job.
            let whole = read.jobs.as_ref().map_or_else(|| place.clone(), |jobs| format!("{jobs}/*{place}"));
            widen(&mut schema, &whole, &words);
        }
        schema
    }

    /// The words for a job's state in an answer that its schema does not list, though the contract knows them.
    pub fn unlisted_words(&self, operation: Operation, body: &Value) -> Vec<Value> {
        let Some(known) = self.operation(operation) else { return Vec::new() };
        let Some(place) = &known.read.status else { return Vec::new() };
        let listed = mockreel_contracts::contract::check::schema::at(&known.reply, place)
            .and_then(|schema| schema.get("enum"))
            .and_then(Value::as_array);
        let word = body.pointer(place).filter(|word| listed.is_some_and(|listed| !listed.contains(word)));
        let is_known =
            |word: &&Value| Phase::ALL.into_iter().any(|phase| self.contract().words(phase).contains(word));
        word.filter(is_known).into_iter().cloned().collect()
    }
}

/// Adds words to the list of values at a pointer, where there is one; `*` stands for every item.
fn widen(schema: &mut Value, pointer: &str, words: &[Value]) {
    let mut inner = schema;
    for token in pointer.split('/').skip(1) {
        let name = unescape(token);
        let is_item = token == "*" || token.parse::<usize>().is_ok();
        let next = if is_item {
            inner.get_mut("items")
        } else {
            inner.get_mut("properties").and_then(|members| members.get_mut(&name))
        };
        let Some(next) = next else { return };
        inner = next;
    }
    if let Some(Value::Array(listed)) = inner.get_mut("enum") {
        let missing: Vec<Value> = words.iter().filter(|word| !listed.contains(word)).cloned().collect();
        listed.extend(missing);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_are_added_where_there_is_a_list_and_nowhere_else() {
        let mut schema = json!({"properties": {
            "status": {"enum": ["queued"]},
            "works": {"items": {"properties": {"status": {"enum": [5]}}}},
            "id": {"type": "string"},
        }});
        for place in ["/status", "/works/*/status", "/id", "/none"] {
            widen(&mut schema, place, &[json!("queued"), json!("waiting")]);
        }
        assert_eq!(schema["properties"]["status"]["enum"], json!(["queued", "waiting"]));
        let work = &schema["properties"]["works"]["items"]["properties"]["status"]["enum"];
        assert_eq!(*work, json!([5, "queued", "waiting"]));
        assert_eq!(schema["properties"]["id"], json!({"type": "string"}));
    }

    #[test]
    fn every_word_of_the_contract_keeps_the_schema_of_a_poll() {
        for vendor in mockreel_contracts::vendor::vendors().unwrap().iter().filter(|vendor| vendor.newest) {
            let profile = Profile::new(vendor.contract.clone());
            let schema = profile.reply_schema(Operation::Poll);
            let place = profile.operation(Operation::Poll).and_then(|poll| poll.read.status.clone()).unwrap();
            let status = mockreel_contracts::contract::check::schema::at(&schema, &place).unwrap();
            let Some(listed) = status.get("enum").and_then(Value::as_array) else { continue };
            for word in Phase::ALL.into_iter().flat_map(|phase| vendor.contract.words(phase)) {
                assert!(listed.contains(word), "{}: {word}", vendor.id());
            }
        }
    }
}
