//! The effects that scenarios can have, each with an example: the docs are generated from these, and each has a test.

use std::fmt::Write as _;

use mockreel_contracts::problem::PROBLEM_NAMES;
use mockreel_contracts::{FailureReason, Operation};
use serde::Deserialize;
use serde_json::Value;

use super::sets;

/// An effect that a scenario can have, with an example.
#[derive(Clone, Debug)]
pub struct EffectExample {
    /// Its name, as `answer.word`.
    pub name: String,
    /// What happens.
    pub what: String,
    /// The operation that it is about.
    pub operation: Operation,
    /// The example, as what stands in `then`.
    pub then: Value,
    /// The directive that has the same effect in a prompt, where there is one of its own.
    pub directive: Option<String>,
}

/// The examples beside problems and reasons, which have closed lists.
const FIXED: &str = include_str!("examples.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExampleFile {
    example: Vec<FixedExample>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FixedExample {
    name: String,
    what: String,
    operation: Operation,
    /// As JSON.
    then: String,
    directive: Option<String>,
}

/// Lists every effect, in the order of the documentation.
///
/// # Panics
///
/// Never: what is embedded is read by a test.
pub fn effect_examples() -> Vec<EffectExample> {
    let file: ExampleFile = toml::from_str(FIXED).expect("the embedded examples are read by a test");
    let fixed = file.example.into_iter().map(|example| EffectExample {
        name: example.name,
        what: example.what,
        operation: example.operation,
        then: serde_json::from_str(&example.then).expect("the embedded examples are read by a test"),
        directive: example.directive,
    });
    let reasons = FailureReason::ALL.into_iter().map(|reason| EffectExample {
        name: format!("job.reason.{}", reason.name()),
        what: format!("It fails as the vendor's jobs fail: {}", reason.name().replace('_', " ")),
        operation: Operation::Submit,
        then: serde_json::json!({"job": {"reason": reason.name()}}),
        directive: Some(format!("fail={}", reason.name())),
    });
    let problems = PROBLEM_NAMES.into_iter().map(|problem| EffectExample {
        name: format!("answer.problem.{problem}"),
        what: format!("A refusal in the vendor's own words: {}", problem.replace('_', " ")),
        operation: if problem == "unknown_job" { Operation::Poll } else { Operation::Submit },
        then: serde_json::json!({"answer": {"problem": problem}}),
        directive: (problem != "unknown_job").then(|| format!("problem={problem}")),
    });
    let mut all: Vec<EffectExample> = fixed.chain(reasons).chain(problems).collect();
    let rank = |example: &EffectExample| {
        let point = example.name.split('.').next().unwrap_or_default();
        ["job", "answer", "wire", "result", "callback"].iter().position(|known| *known == point)
    };
    all.sort_by_key(rank);
    all
}

/// Writes the page about effects, in Markdown.
pub fn page() -> String {
    let mut text = String::from(HEAD);
    // Writing to a String cannot fail.
    for example in effect_examples() {
        let directive = example.directive.map_or_else(|| "–".to_owned(), |text| format!("`[mock:{text}]`"));
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | `{}` | {directive} |",
            example.name, example.what, example.operation, example.then
        );
    }
    text.push_str(SETS_HEAD);
    for set in sets::sets() {
        let sources = if set.sources.is_empty() { "–".to_owned() } else { set.sources.join(", ") };
        let _ = writeln!(text, "| `{}` | {} | {sources} |", set.name, set.summary);
    }
    text
}

const HEAD: &str = r#"<!-- Written from the code by `UPDATE=1 cargo test --test it docs`; do not edit. -->

# What can be made to go wrong

An order has one form and four channels. What stands in `then` below goes, as it is,

- into a file of scenarios or `mockreel.toml`: `[[scenario]]` with `match = {...}` and `then = {...}`, or the same as JSON; `mockreel scenario check FILE` reads it, `--scenario FILE` orders it for all accounts;
- to the control API: `POST /__admin/scenarios` with `{"name":"mine","match":{...},"then":{...}}`, for the account whose key is in `Authorization` or `?account=KEY`, or for all with `?account=*`;
- into a header, for one request: `x-mockreel-scenario: {"then":{...}}`, or the name of a scenario or ready-made set. `x-mockreel-scenario: none` spares a request everything but the directives in its own prompt;
- into a prompt: the directives in the last column, or `[mock:scenario=NAME]` for everything else about that submit, its job and its result.

Headers and directives are followed on loopback only, unless the emulator is started with `--allow-directives`. A prompt is heard first, then the header, then the account's own scenarios, then those of all, each list in its order; on each point
(job, answer, wire, result, callback) the first that has something to say wins. Whoever orders an answer or a fault of the wire from closer by meets neither from farther away on top: a header keeps the `rehearsal` off its answer, and a prompt the header. Of a list in `then` one entry is drawn. A download of a result hears what its submit ordered too: the closer of the two wins (prompt and header before the account's own, these before those of all), and of two as close the download's.

An order about a job (job, result or callback) lets its submit through: no refusal, literal answer or unreadable answer from farther away meets that submit, and where it is about the result or callbacks, nobody farther away makes the job fail. Of two as close, an order whose `match` names the `prompt` or `members` wins over a refusal or a failure with a `probability`. To have both, order both in one place.

What cannot be followed is loud: a directive or a header that is mistyped, contradictory or spelt otherwise (`[Mock:stuck]`), that names an unknown scenario, one of another vendor or one that never meets a submit (in a header: one that meets no request to this vendor at all), or that comes on a path which nobody has, changes nothing, and the answer says so in `x-mockreel-warning`, the journal in its notes, and the emulator on standard error. With `--strict-directives` such a request is refused with 400. A scenario that contradicts itself or can meet nothing is refused wherever it is read; one that is only suspicious, such as a `model` that no vendor has, is taken with a warning (`warnings` in the control API's answer, a line of `scenario check` and at the start). Of a prompt the first 10,000 characters and at most 100 directives in them are followed.

`match` says whom a scenario meets; every part must fit: `vendor` (`ID` or `ID@EDITION`), `operation` (also `result`, the download of a result), `model` (with `*`), `account` (a key), `prompt` (a regular expression of at most 256 KiB when compiled, for the first 10,000 characters), `members` (JSON Pointers into the body of the request, and
their values), `calls` (`{"nth":[1,3]}`, `{"first":2}`, `{"every":2}`, counted for each account), `probability` (drawn from the seed; polls and downloads of one job have luck of their own, whatever happens to other jobs), `in_a_row` (the most in a row that probability meets).

The forms are published as JSON Schema: [scenario.schema.json](scenario.schema.json) and [config.schema.json](config.schema.json).

| order | what happens | operation | `then` | in a prompt |
|---|---|---|---|---|
"#;

const SETS_HEAD: &str = r#"
## Ready-made sets

`mockreel scenario list` names them, `mockreel scenario show NAME` prints one. The sources are those on the vendor's page.

| name | what happens | sources |
|---|---|---|
"#;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::Directives;
    use crate::scenario::Scenario;

    #[test]
    fn every_example_is_read_and_told_again_as_it_was() {
        let all = effect_examples();
        for example in &all {
            let text = json!({"name": "x", "then": example.then}).to_string();
            let scenario =
                Scenario::from_json(&text).unwrap_or_else(|error| panic!("{}: {error}", example.name));
            let again = serde_json::to_value(&scenario).unwrap();
            let read = Scenario::from_json(&again.to_string()).unwrap();
            assert_eq!(serde_json::to_value(&read).unwrap(), again, "{}", example.name);
        }
        let mut names: Vec<&str> = all.iter().map(|example| example.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all.len(), "every order has a name of its own");
    }

    #[test]
    fn a_directive_orders_what_its_example_says() {
        for example in effect_examples() {
            let Some(directive) = &example.directive else { continue };
            let read = Directives::read(&format!("a cat [mock:{directive}]"), &str::to_owned);
            assert!(read.warnings.is_empty(), "{}: {:?}", example.name, read.warnings);
            let by_prompt = serde_json::to_value(read.then()).unwrap();
            let written = Scenario::from_json(&json!({"then": example.then}).to_string()).unwrap();
            assert_eq!(by_prompt, serde_json::to_value(&written.then[0]).unwrap(), "{}", example.name);
        }
    }
}
