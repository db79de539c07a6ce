//! The rules of severity, by the way in which a value travels, and the list of what is compared at all: stated once, as data. The
//! page and the table in `docs/drift.md` are made of it, and a test holds the comparison to each example.

use super::kind::Severity;
use super::kind::Severity::{Breaking, Compatible, Risky};

/// A change of a schema, and how bad it is.
pub(crate) struct Rule {
    /// What changes.
    pub(crate) change: &'static str,
    /// The schema before, in JSON.
    pub(crate) old: &'static str,
    /// The schema after.
    pub(crate) new: &'static str,
    /// How bad it is in a request.
    pub(crate) request: Option<Severity>,
    /// How bad it is in an answer; nothing where it is told as words.
    pub(crate) answer: Option<Severity>,
}

macro_rules! rules {
    ($($change:literal: $old:literal => $new:literal, $request:expr, $answer:expr;)*) => {
        &[$(Rule { change: $change, old: $old, new: $new, request: $request, answer: $answer }),*]
    };
}

/// Every rule, in the order of documents.
pub(crate) const RULES: &[Rule] = rules![
    "a member comes": r#"{"type":"object","properties":{}}"# => r#"{"type":"object","properties":{"a":{"type":"string"}}}"#, Some(Compatible), Some(Compatible);
    "a member comes that must be there": r#"{"type":"object","properties":{}}"# => r#"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}"#, Some(Breaking), Some(Compatible);
    "a member goes": r#"{"type":"object","properties":{"a":{"type":"string"}}}"# => r#"{"type":"object","properties":{}}"#, Some(Risky), Some(Risky);
    "a member goes that had to be there": r#"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}"# => r#"{"type":"object","properties":{}}"#, Some(Risky), Some(Breaking);
    "a member has another name": r#"{"type":"object","properties":{"tokens_used":{"type":"number"}}}"# => r#"{"type":"object","properties":{"credits_used":{"type":"number"}}}"#, Some(Risky), Some(Risky);
    "it must be there now": r#"{"type":"object","properties":{"a":{"type":"string"}}}"# => r#"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}"#, Some(Breaking), Some(Compatible);
    "it need not be there any longer": r#"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}"# => r#"{"type":"object","properties":{"a":{"type":"string"}}}"#, Some(Compatible), Some(Breaking);
    "members without a description are refused": r#"{"type":"object","properties":{}}"# => r#"{"type":"object","properties":{},"additionalProperties":false}"#, Some(Breaking), Some(Compatible);
    "another type": r#"{"type":"string"}"# => r#"{"type":"integer"}"#, Some(Breaking), Some(Breaking);
    "fewer types": r#"{"type":"number"}"# => r#"{"type":"integer"}"#, Some(Breaking), Some(Compatible);
    "more types": r#"{"type":"integer"}"# => r#"{"type":"number"}"#, Some(Compatible), Some(Breaking);
    "it may be null now": r#"{"type":"string"}"# => r#"{"type":["string","null"]}"#, Some(Compatible), Some(Breaking);
    "it may no longer be null": r#"{"type":["string","null"]}"# => r#"{"type":"string"}"#, Some(Breaking), Some(Compatible);
    "a value goes": r#"{"enum":["a","b"]}"# => r#"{"enum":["a"]}"#, Some(Breaking), Some(Compatible);
    "a value comes": r#"{"enum":["a"]}"# => r#"{"enum":["a","b"]}"#, Some(Compatible), Some(Risky);
    "a tighter bound": r#"{"type":"string","maxLength":2500}"# => r#"{"type":"string","maxLength":500}"#, Some(Breaking), Some(Compatible);
    "a looser bound": r#"{"type":"string","maxLength":500}"# => r#"{"type":"string","maxLength":2500}"#, Some(Compatible), Some(Risky);
    "another pattern": r#"{"type":"string","pattern":"^a"}"# => r#"{"type":"string","pattern":"^b"}"#, Some(Breaking), Some(Risky);
    "a format comes": r#"{"type":"string"}"# => r#"{"type":"string","format":"uri"}"#, Some(Risky), Some(Compatible);
    "a format goes": r#"{"type":"string","format":"uri"}"# => r#"{"type":"string"}"#, Some(Compatible), Some(Risky);
    "a default is stated for the first time": r#"{"type":"integer"}"# => r#"{"type":"integer","default":5}"#, Some(Compatible), None;
    "a default differs": r#"{"type":"integer","default":5}"# => r#"{"type":"integer","default":10}"#, Some(Risky), None;
    "a default is no longer stated": r#"{"type":"integer","default":5}"# => r#"{"type":"integer"}"#, Some(Risky), None;
    "it is marked as deprecated": r#"{"type":"string"}"# => r#"{"type":"string","deprecated":true}"#, Some(Compatible), Some(Compatible);
];

/// What stands in a description, and how it is compared.
pub(crate) const COMPARED: &[(&str, &str)] = &[
    ("methods and paths", "yes; a slash at the end makes another path, names of places do not"),
    (
        "servers, of single paths and operations too",
        "yes; variables have their defaults, an address that comes breaks nobody",
    ),
    (
        "models, where a body names them in `model`",
        "yes, each by itself; one that goes is breaking, one that likely has another name is compared",
    ),
    (
        "parameters of the query, the path, headers and cookies",
        "yes, and how lists and objects are written (`style`, `explode`)",
    ),
    ("bodies of requests and answers", "yes, under each content type"),
    ("headers of answers", "yes, but for `Content-Type`"),
    (
        "statuses",
        "yes; a range (`4XX`) stands for the statuses that the other side names, `default` for those that nothing names",
    ),
    ("webhooks and callbacks", "yes, the other way round: the vendor asks"),
    ("credentials and their scopes", "yes"),
    ("schemas", "by the values that they let pass, however they are written"),
    (
        "`anyOf`, `oneOf`",
        "yes: what the forms have in common, and each form by itself; `oneOf` is taken for `anyOf`",
    ),
    ("`not`, `if`", "whether they differ"),
    (
        "`then`, `else`, `contains`, `prefixItems`, `patternProperties`, `propertyNames`, `dependentSchemas`, `unevaluated...`",
        "yes, each under its own name",
    ),
    ("discriminators", "the member, and the words that it knows"),
    ("marks of deprecation", "yes, by name"),
    ("references to files beside the description", "followed within its folder, never to an address"),
    ("descriptions, titles, defaults of answers", "counted as words"),
    ("schemas that no operation uses", "counted"),
    ("examples, tags, `externalDocs`, `x-...`", "no: nothing on the wire shows them"),
    (
        "links of answers, `xml`, `$dynamicRef`, unknown keywords, references that cannot be followed",
        "no; each is counted and named in the report, and `--strict` ends with 5",
    ),
];

/// The rules as a table.
pub(crate) fn rules_table() -> String {
    let word = |severity: Option<Severity>| severity.map_or("told as words", Severity::name);
    let mut table =
        String::from("| what changes | example | in a request | in an answer |\n|---|---|---|---|\n");
    for rule in RULES {
        table.push_str(&format!(
            "| {} | `{}` becomes `{}` | {} | {} |\n",
            rule.change,
            rule.old,
            rule.new,
            word(rule.request),
            word(rule.answer)
        ));
    }
    table
}

/// What is compared, as a table: a part of `docs/drift.md`.
pub fn compared_table() -> String {
    let mut table = String::from("| in a description | compared |\n|---|---|\n");
    for (what, how) in COMPARED {
        table.push_str(&format!("| {what} | {how} |\n"));
    }
    table
}
