//! What makes a merged table a contract: facts that fit together, each with a source.

use serde::Deserialize;
use serde_json::Value;

use super::ContractError;
use super::model::Contract;
use super::operation::Check;
use super::picture::PictureRules;
use super::rules::PictureRule;
use super::schema;
use super::source::Cited;

/// The rules for pictures must have their form.
pub(super) fn check_pictures(request: &Value) -> Result<(), String> {
    for (pointer, member) in schema::properties(request) {
        if let Some(rules) = member.get("x-image") {
            PictureRules::deserialize(rules).map_err(|error| format!("`x-image` of {pointer}: {error}"))?;
        }
    }
    Ok(())
}

/// What one table says must fit what another says.
pub(super) fn check_coherence(contract: &Contract) -> Result<(), String> {
    for (name, fact) in &contract.options {
        if !fact.values.contains(&fact.default) {
            return Err(format!("option {name}: its default `{}` is none of its values", fact.default));
        }
    }
    for (name, operation) in &contract.operations {
        let needed: &[Check] = if name == "submit" {
            &[Check::Body, Check::Model, Check::Members, Check::Pictures]
        } else {
            &[]
        };
        if let Some(missing) = needed.iter().find(|check| !operation.checks.contains(check)) {
            return Err(format!(
                "operation {name}: `checks` lacks {missing:?}, without which no job can be accepted"
            ));
        }
        for route in &operation.routes {
            if let Some(model) = route.model.as_ref().filter(|model| !contract.models.contains_key(*model)) {
                return Err(format!(
                    "operation {name}: path {} fixes the unknown model `{model}`",
                    route.path
                ));
            }
        }
    }
    if contract.answers.max_body_bytes.is_some() && contract.answers.max_body_source.is_none() {
        return Err("[answers] `max_body_bytes` needs a `max_body_source`".to_owned());
    }
    for name in contract.problems.keys() {
        if !crate::problem::PROBLEM_NAMES.contains(&name.as_str()) {
            return Err(format!("[problems.{name}]: there is no such problem"));
        }
    }
    for name in contract.failures.keys() {
        if crate::problem::FailureReason::named(name).is_none() {
            return Err(format!("[failures.{name}]: there is no such reason"));
        }
    }
    for name in &contract.pictures.refused_at_submit {
        if !PictureRule::NAMES.contains(&name.as_str()) {
            return Err(format!(
                "[pictures]: `{name}` is no picture rule; there are {}",
                PictureRule::NAMES.join(", ")
            ));
        }
    }
    for name in &contract.upstream.rules {
        if !crate::upstream::RULES.contains(&name.as_str()) {
            return Err(format!(
                "[upstream]: `{name}` is no rule; there are {}",
                crate::upstream::RULES.join(", ")
            ));
        }
    }
    Ok(())
}

/// Every `source` and `x-source` must name an entry of `[sources]`, and every property of a schema must have one,
/// its own or that of the schema around it.
pub(super) fn check_sources(root: &toml::Value, file: &str) -> Result<(), ContractError> {
    let known: Vec<&str> = root
        .get("sources")
        .and_then(toml::Value::as_table)
        .map(|table| table.keys().map(String::as_str).collect())
        .unwrap_or_default();
    walk_sources(root, "", &known, false).map_err(|(place, what)| ContractError::Source {
        file: file.to_owned(),
        place,
        what,
    })
}

fn walk_sources(
    value: &toml::Value,
    place: &str,
    known: &[&str],
    cited_above: bool,
) -> Result<(), (String, String)> {
    match value {
        toml::Value::Table(table) => {
            let mut cited = cited_above;
            for key in ["source", "x-source", "checks_source", "about_source", "max_body_source"] {
                if let Some(held) = table.get(key).filter(|_| place != "/sources") {
                    // A member of a schema may itself be called `source`; then it is a table.
                    if held.is_table() {
                        continue;
                    }
                    let names = Cited::deserialize(held.clone()).map_err(|_| {
                        (place.to_owned(), format!("has a `{key}` that is neither a name nor a list"))
                    })?;
                    for name in names.names() {
                        if !known.contains(&name) {
                            return Err((place.to_owned(), format!("names the unknown source `{name}`")));
                        }
                    }
                    cited = true;
                }
            }
            if !cited
                && table.get("properties").is_some_and(toml::Value::is_table)
                && !place.ends_with("/properties")
            {
                return Err((place.to_owned(), "is a schema without `x-source`".to_owned()));
            }
            for (key, inner) in table {
                walk_sources(inner, &format!("{place}/{key}"), known, cited)?;
            }
            Ok(())
        }
        toml::Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                walk_sources(inner, &format!("{place}/{index}"), known, cited_above)?;
            }
            Ok(())
        }
        toml::Value::String(_)
        | toml::Value::Integer(_)
        | toml::Value::Float(_)
        | toml::Value::Boolean(_)
        | toml::Value::Datetime(_) => Ok(()),
    }
}
