//! Every order there is, with an example: the docs are generated from this, and each has a test.

use std::fmt::Write as _;

use mockreel_contracts::FailureReason;
use mockreel_contracts::problem::PROBLEM_NAMES;
use serde_json::Value;

use super::sets;

/// One thing that can be ordered.
#[derive(Clone, Debug)]
pub struct EffectExample {
    /// Its name, as `answer.word`.
    pub name: String,
    /// What happens.
    pub what: String,
    /// The operation that it is about.
    pub operation: &'static str,
    /// The example, as what stands in `then`.
    pub then: Value,
    /// The directive that orders the same in a prompt, where there is one of its own.
    pub directive: Option<String>,
}

/// What can be ordered beside problems and reasons, which have closed lists: name, what, operation, `then`, directive.
const FIXED: &[(&str, &str, &str, &str, Option<&str>)] = &[
    ("job.queued", "It waits so many seconds in the queue", "submit", r#"{"job":{"queued":30}}"#, None),
    ("job.running", "It is worked on so many seconds", "submit", r#"{"job":{"running":60}}"#, None),
    (
        "job.distribution",
        "A time is drawn: `between` two bounds, `exponential` with a mean, `log_normal` with a median",
        "submit",
        r#"{"job":{"queued":{"between":[10,20]},"running":{"log_normal":{"median":60,"sigma":0.5}}}}"#,
        None,
    ),
    (
        "job.slower",
        "It is worked on so many seconds longer",
        "submit",
        r#"{"job":{"slower":30}}"#,
        Some("slow=30"),
    ),
    (
        "job.hold.queued",
        "It stays queued until it is told otherwise",
        "submit",
        r#"{"job":{"hold":"queued"}}"#,
        Some("stuck"),
    ),
    (
        "job.hold.running",
        "It stays running until it is told otherwise",
        "submit",
        r#"{"job":{"hold":"running"}}"#,
        Some("stuck=running"),
    ),
    (
        "job.progress",
        "It is moved by looks, by orders, or not at all",
        "submit",
        r#"{"job":{"progress":"polls=1"}}"#,
        None,
    ),
    (
        "job.end.succeeded",
        "It ends well, also where a rule was broken",
        "submit",
        r#"{"job":{"end":"succeeded"}}"#,
        None,
    ),
    ("job.end.cancelled", "It ends by somebody's command", "submit", r#"{"job":{"end":"cancelled"}}"#, None),
    (
        "job.detail",
        "It fails with a text of your own",
        "submit",
        r#"{"job":{"end":"failed","detail":"no luck today"}}"#,
        None,
    ),
    (
        "job.late_failure",
        "It is accepted, and has failed a second later",
        "submit",
        r#"{"job":{"queued":0,"running":1,"reason":"upstream_error"}}"#,
        None,
    ),
    (
        "answer.rate",
        "A rate limit with your own figures",
        "submit",
        r#"{"answer":{"problem":"rate_limited","limit":2,"window_seconds":60,"retry_after":29.97}}"#,
        None,
    ),
    (
        "answer.upstream_status",
        "An error of the vendor behind, with the status that it is said to have answered",
        "submit",
        r#"{"answer":{"problem":"upstream_error","upstream_status":401}}"#,
        None,
    ),
    (
        "answer.headers",
        "Headers beside the answer",
        "submit",
        r#"{"answer":{"problem":"rate_limited","headers":{"retry-after":"7"}}}"#,
        None,
    ),
    ("answer.status", "Another status, the rest as ever", "submit", r#"{"answer":{"status":202}}"#, None),
    (
        "answer.literal",
        "Something literal: a text is sent as it is, anything else as JSON",
        "poll",
        r#"{"answer":{"status":418,"headers":{"content-type":"text/plain"},"body":"short and stout"}}"#,
        None,
    ),
    (
        "answer.held",
        "The answer to a submit comes when the job has ended",
        "submit",
        r#"{"answer":{"held":true}}"#,
        None,
    ),
    (
        "answer.options",
        "The vendor's options for this request, by its own names: older and newer shapes",
        "poll",
        r#"{"answer":{"options":{"result_shape":"video_url"}}}"#,
        None,
    ),
    ("answer.word", "Another word for the phase", "poll", r#"{"answer":{"word":"rendering"}}"#, None),
    (
        "answer.add",
        "Members that nobody knows",
        "poll",
        r#"{"answer":{"add":{"surprise":{"is":["a","list"]}}}}"#,
        None,
    ),
    (
        "answer.remove",
        "Members are missing",
        "poll",
        r#"{"answer":{"remove":["/id","/request_id","/data"]}}"#,
        None,
    ),
    (
        "wire.reset",
        "The connection is reset before the answer",
        "poll",
        r#"{"wire":{"fault":"reset"}}"#,
        None,
    ),
    (
        "wire.reset.middle",
        "The connection is reset in the middle of the answer",
        "poll",
        r#"{"wire":{"fault":"reset","after_bytes":100}}"#,
        None,
    ),
    (
        "wire.empty",
        "The connection is closed without an answer",
        "poll",
        r#"{"wire":{"fault":"empty"}}"#,
        None,
    ),
    ("wire.truncate", "The JSON stops half-way", "poll", r#"{"wire":{"fault":"truncate"}}"#, None),
    ("wire.garbage", "The JSON is malformed", "poll", r#"{"wire":{"fault":"garbage"}}"#, None),
    ("wire.html", "A page comes instead, with status 502", "poll", r#"{"wire":{"fault":"html"}}"#, None),
    (
        "wire.html.200",
        "A page comes instead, with status 200",
        "poll",
        r#"{"wire":{"fault":"html","status":200}}"#,
        None,
    ),
    (
        "wire.slow_first_byte",
        "The answer starts late, by the machine's clock",
        "poll",
        r#"{"wire":{"fault":"slow_first_byte","delay":0.05}}"#,
        None,
    ),
    (
        "wire.slow_body",
        "The body comes in drops, by the machine's clock",
        "poll",
        r#"{"wire":{"fault":"slow_body","delay":0.05}}"#,
        None,
    ),
    (
        "wire.wrong_length",
        "More is announced than comes",
        "poll",
        r#"{"wire":{"fault":"wrong_length"}}"#,
        None,
    ),
    (
        "wire.wrong_type",
        "JSON that calls itself plain text",
        "poll",
        r#"{"wire":{"fault":"wrong_type"}}"#,
        None,
    ),
    (
        "wire.close",
        "The connection is closed after the answer, without a word about it",
        "poll",
        r#"{"wire":{"fault":"close"}}"#,
        None,
    ),
    ("result.missing", "The video is not there", "submit", r#"{"result":{"fault":"missing"}}"#, None),
    (
        "result.expired",
        "The address of the video has expired",
        "submit",
        r#"{"result":{"fault":"expired"}}"#,
        None,
    ),
    ("result.html", "A page comes instead of the video", "submit", r#"{"result":{"fault":"html"}}"#, None),
    ("result.truncate", "The download breaks off", "submit", r#"{"result":{"fault":"truncate"}}"#, None),
    (
        "result.slow",
        "The download takes long, by the machine's clock",
        "submit",
        r#"{"result":{"fault":"slow","delay":0.05}}"#,
        None,
    ),
    (
        "callback.send",
        "Callbacks are sent, or not, whatever the vendor's option says",
        "submit",
        r#"{"callback":{"send":true}}"#,
        None,
    ),
    ("callback.delay", "They come late", "submit", r#"{"callback":{"send":true,"delay":30}}"#, None),
    (
        "callback.copies",
        "Each comes several times",
        "submit",
        r#"{"callback":{"send":true,"copies":2}}"#,
        None,
    ),
    (
        "callback.reversed",
        "They come in the opposite order",
        "submit",
        r#"{"callback":{"send":true,"reversed":true}}"#,
        None,
    ),
    (
        "callback.retries",
        "One that the receiver fails to take is tried again, each time after twice as long",
        "submit",
        r#"{"callback":{"send":true,"retries":2,"backoff":5}}"#,
        None,
    ),
];

/// Every order, in the order of the documentation.
pub fn orders() -> Vec<EffectExample> {
    let fixed = FIXED.iter().map(|(name, what, operation, then, directive)| EffectExample {
        name: (*name).to_owned(),
        what: (*what).to_owned(),
        operation,
        // The examples are read by a test.
        then: serde_json::from_str(then).unwrap_or_default(),
        directive: directive.map(str::to_owned),
    });
    let reasons = FailureReason::ALL.into_iter().map(|reason| EffectExample {
        name: format!("job.reason.{}", reason.name()),
        what: format!("It fails as the vendor's jobs fail: {}", reason.name().replace('_', " ")),
        operation: "submit",
        then: serde_json::json!({"job": {"reason": reason.name()}}),
        directive: Some(format!("fail={}", reason.name())),
    });
    let problems = PROBLEM_NAMES.into_iter().map(|problem| EffectExample {
        name: format!("answer.problem.{problem}"),
        what: format!("A refusal in the vendor's own words: {}", problem.replace('_', " ")),
        operation: if problem == "unknown_job" { "poll" } else { "submit" },
        then: serde_json::json!({"answer": {"problem": problem}}),
        directive: (problem != "unknown_job").then(|| format!("problem={problem}")),
    });
    let mut all: Vec<EffectExample> = fixed.chain(reasons).chain(problems).collect();
    let rank = |order: &EffectExample| {
        let point = order.name.split('.').next().unwrap_or_default();
        ["job", "answer", "wire", "result", "callback"].iter().position(|known| *known == point)
    };
    all.sort_by_key(rank);
    all
}

/// The page about orders, in Markdown.
pub fn page() -> String {
    let mut text = String::from(HEAD);
    // Writing to a String cannot fail.
    for order in orders() {
        let directive = order.directive.map_or_else(|| "–".to_owned(), |text| format!("`[mock:{text}]`"));
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | `{}` | {directive} |",
            order.name, order.what, order.operation, order.then
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
(job, answer, wire, result, callback) the first that has something to say wins. Of a list in `then` one entry is drawn.

`match` says whom a scenario meets; every part must fit: `vendor` (`ID` or `ID@EDITION`), `operation` (also `result`, the download of a result), `model` (with `*`), `account` (a key), `prompt` (a regular expression), `members` (JSON Pointers into the body of the request, and
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
        let all = orders();
        for order in &all {
            let text = json!({"name": "x", "then": order.then}).to_string();
            let scenario =
                Scenario::from_json(&text).unwrap_or_else(|error| panic!("{}: {error}", order.name));
            let again = serde_json::to_value(&scenario).unwrap();
            let read = Scenario::from_json(&again.to_string()).unwrap();
            assert_eq!(serde_json::to_value(&read).unwrap(), again, "{}", order.name);
        }
        let mut names: Vec<&str> = all.iter().map(|order| order.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all.len(), "every order has a name of its own");
    }

    #[test]
    fn a_directive_orders_what_its_example_says() {
        for order in orders() {
            let Some(directive) = &order.directive else { continue };
            let read = Directives::read(&format!("a cat [mock:{directive}]"));
            assert!(read.warnings.is_empty(), "{}: {:?}", order.name, read.warnings);
            let by_prompt = serde_json::to_value(read.then()).unwrap();
            let written = Scenario::from_json(&json!({"then": order.then}).to_string()).unwrap();
            assert_eq!(by_prompt, serde_json::to_value(&written.then[0]).unwrap(), "{}", order.name);
        }
    }
}
