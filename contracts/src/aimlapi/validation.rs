//! Broken rules in the words of the validation library behind this vendor.

use serde_json::{Value, json};

use crate::contract::Contract;
use crate::contract::check::rules::{Rule, Violation, fill, kind_of};

/// What is wrong with one member, in the library's words.
pub(super) fn text(contract: &Contract, violation: &Violation) -> String {
    let (name, options) = reworded(violation);
    let wording = contract.wording.get(name).or_else(|| contract.wording.get("form"));
    let wording = wording.map_or("Invalid input", |found| found.text.as_str());
    let detail = match &violation.rule {
        Rule::Upstream { text, .. } => text.as_str(),
        _ => "",
    };
    fill(
        wording,
        &[
            ("expected", &expected(violation)),
            ("kind", kind(violation)),
            ("options", &joined(options)),
            ("limit", &violation.rule.limit_text()),
            ("detail", detail),
            ("received", &violation.received_text()),
        ],
    )
}

/// The finding as an entry of the library's own list.
pub(super) fn issue(contract: &Contract, violation: &Violation) -> Value {
    let code = match reworded(violation).0 {
        "required" | "type" => "invalid_type",
        "enum" => "invalid_enum_value",
        "minimum" | "min_length" | "min_items" => "too_small",
        "maximum" | "max_length" | "max_items" => "too_big",
        "url" => "invalid_string",
        "form" if matches!(violation.rule, Rule::Type { .. }) => "invalid_union",
        _ => "custom",
    };
    let path: Vec<Value> = violation
        .pointer
        .split('/')
        .skip(1)
        .map(|token| token.parse::<u64>().map_or_else(|_| Value::from(token), Value::from))
        .collect();
    json!({"code": code, "path": path, "message": text(contract, violation)})
}

/// Values as the library lists them: texts in single quotes, numbers bare, a bar between.
pub(super) fn joined(options: &[Value]) -> String {
    let quoted = options.iter().map(|option| match option {
        Value::String(text) => format!("'{text}'"),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            option.to_string()
        }
    });
    quoted.collect::<Vec<_>>().join(" | ")
}

/// The name of the wording and the listed values. A value that is not even of a listed value's type is
/// to the library a wrong type, not a wrong value.
fn reworded(violation: &Violation) -> (&'static str, &[Value]) {
    match &violation.rule {
        // Where one of several types may come, the library tries each, and says no more than this.
        Rule::Type { expected, .. } if types(expected).count() > 1 => ("form", &[]),
        Rule::Enum { options } if listed_types_lack(options, &violation.received) => ("type", options),
        Rule::Enum { options } | Rule::Type { options, .. } => (violation.rule.name(), options),
        rule => (rule.name(), &[]),
    }
}

/// Whether a value can be none of the listed ones by its type. Where numbers are listed, texts are
/// taken as well.
fn listed_types_lack(options: &[Value], received: &Value) -> bool {
    let numbers = options.iter().any(Value::is_number);
    match received {
        Value::String(_) => false,
        Value::Number(_) => !numbers,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => true,
    }
}

/// What the library says it expected: the listed values if there are any, else the type's name.
fn expected(violation: &Violation) -> String {
    match &violation.rule {
        Rule::Enum { options } => joined(options),
        Rule::Type { expected, options } if options.is_empty() => {
            let words = types(expected).map(|word| match word {
                // The library looks for a number first, and then whether it is whole.
                "integer" if !violation.received.is_number() => "number",
                other => other,
            });
            words.collect::<Vec<_>>().join(" | ")
        }
        Rule::Type { options, .. } => joined(options),
        _ => String::new(),
    }
}

/// The types that may come; that null may come as well is not said.
fn types(expected: &[String]) -> impl Iterator<Item = &str> {
    expected.iter().map(String::as_str).filter(|word| *word != "null")
}

/// The library's word for the type of what came.
fn kind(violation: &Violation) -> &'static str {
    match &violation.rule {
        Rule::Type { expected, .. }
            if expected.iter().any(|word| word == "integer") && violation.received.is_number() =>
        {
            "float"
        }
        _ => kind_of(&violation.received),
    }
}
