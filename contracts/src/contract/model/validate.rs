//! Validation of a merged table: facts that fit together, each with a source.

use serde::Deserialize;
use serde_json::Value;

use crate::contract::ContractError;
use crate::contract::check::image::ImageRules;
use crate::contract::check::media::{MediaRule, MediaRules};
use crate::contract::check::rules::ImageRule;
use crate::contract::check::schema;
use crate::contract::model::operation::Check;
use crate::contract::model::source::Cited;
use crate::contract::model::{Contract, Model};
use crate::operation::Operation;
use crate::role::Role;

/// The rules for images, videos and sound must have their form.
pub(super) fn check_images(request: &Value) -> Result<(), String> {
    for (pointer, member) in schema::properties(request) {
        if let Some(rules) = member.get("x-image") {
            ImageRules::deserialize(rules).map_err(|error| format!("`x-image` of {pointer}: {error}"))?;
        }
        if let Some(rules) = member.get("x-media") {
            MediaRules::deserialize(rules).map_err(|error| format!("`x-media` of {pointer}: {error}"))?;
        }
    }
    Ok(())
}

/// The roles of a request's members must be known.
pub(super) fn check_roles(request: &Value) -> Result<(), String> {
    for (pointer, member) in schema::properties(request) {
        if let Some(role) = member.get("x-role") {
            let named = role.as_str().unwrap_or_default();
            named.parse::<Role>().map_err(|error| format!("`x-role` of {pointer}: {error}"))?;
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
        let needed: &[Check] = match name {
            Operation::Submit => &[Check::Body, Check::Model, Check::Members, Check::Images],
            Operation::Poll
            | Operation::List
            | Operation::Cancel
            | Operation::Models
            | Operation::Model
            | Operation::Upload
            | Operation::Balance
            | Operation::Deprecations => &[],
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
    check_operations_fit(contract)?;
    check_money(contract)?;
    check_headers(contract)?;
    if contract.answers.max_body_bytes.is_some() && contract.answers.max_body_source.is_none() {
        return Err("[answers] `max_body_bytes` needs a `max_body_source`".to_owned());
    }
    for name in contract.problems.keys() {
        if !crate::problem::PROBLEM_NAMES.contains(&name.as_str()) {
            return Err(format!("[problems.{name}]: there is no such problem"));
        }
    }
    for (name, fact) in &contract.problems {
        if !(200..=599).contains(&fact.status) {
            return Err(format!(
                "[problems.{name}]: `status` = {}: expected an HTTP status from 200 to 599",
                fact.status
            ));
        }
    }
    for name in contract.failures.keys() {
        if crate::problem::FailureReason::named(name).is_none() {
            return Err(format!("[failures.{name}]: there is no such reason"));
        }
    }
    for name in &contract.images.refused_at_submit {
        if !ImageRule::NAMES.contains(&name.as_str()) && !MediaRule::NAMES.contains(&name.as_str()) {
            return Err(format!(
                "[pictures]: `{name}` is no picture rule; there are {}",
                ImageRule::NAMES.join(", ")
            ));
        }
    }
    check_callbacks(contract).map_err(|what| format!("[callbacks]: {what}"))
}

/// What is sent as a header must be able to stand in one.
fn check_headers(contract: &Contract) -> Result<(), String> {
    let mut texts = vec![("[answers] `content_type`", &contract.answers.content_type)];
    if let Some(cors) = &contract.cors {
        texts.push(("[cors] `allow_origin`", &cors.allow_origin));
        texts.extend(cors.allow_methods.iter().map(|method| ("[cors] `allow_methods`", method)));
        texts.extend(cors.allow_headers.iter().map(|header| ("[cors] `allow_headers`", header)));
        texts.extend(cors.expose_headers.iter().map(|header| ("[cors] `expose_headers`", header)));
    }
    texts.extend(contract.results.allow_origin.iter().map(|origin| ("[results] `allow_origin`", origin)));
    let methods =
        contract.operations.values().map(|operation| ("an operation's `method`", &operation.method));
    let wrong = texts.into_iter().chain(methods).find(|(_, text)| text.chars().any(char::is_control));
    match wrong {
        None => Ok(()),
        Some((place, text)) => Err(format!(
            "{place} is `{}`: expected one line without control characters, since it is sent as a header",
            text.escape_debug()
        )),
    }
}

/// The most retries that can be stated, and the longest times, in seconds.
const MOST_RETRIES: u32 = 10;
const LONGEST_BACKOFF: f64 = 86_400.0;
const LONGEST_PATIENCE: f64 = 600.0;

fn check_callbacks(contract: &Contract) -> Result<(), String> {
    let Some(facts) = &contract.callbacks else { return Ok(()) };
    let declared = |model: &Model| schema::properties(&model.request).iter().any(|(at, _)| *at == facts.at);
    if !contract.models.values().any(declared) {
        return Err(format!("`at` is `{}`, which no model declares as a member of its request", facts.at));
    }
    if facts.phases.is_empty() {
        return Err("`phases` is empty: name the phases that are announced".to_owned());
    }
    if facts.retries > MOST_RETRIES {
        return Err(format!("`retries` is {}: expected 0 to {MOST_RETRIES}", facts.retries));
    }
    if !(0.0..=LONGEST_BACKOFF).contains(&facts.backoff_seconds) {
        let found = facts.backoff_seconds;
        return Err(format!("`backoff_seconds` is {found}: expected 0 to {LONGEST_BACKOFF}"));
    }
    if let Some(found) = facts.patience_seconds.filter(|found| !(0.1..=LONGEST_PATIENCE).contains(found)) {
        return Err(format!("`patience_seconds` is {found}: expected 0.1 to {LONGEST_PATIENCE}"));
    }
    match facts.option.as_ref().map(|name| (name, contract.options.get(name))) {
        None => Ok(()),
        Some((_, Some(fact))) if fact.values.iter().any(|value| value == "off") => Ok(()),
        Some((name, _)) => Err(format!("`option` is `{name}`, which is no option with the value `off`")),
    }
}

/// Checks that operations on a job say where its id is, and that paths depend on options that there are.
fn check_operations_fit(contract: &Contract) -> Result<(), String> {
    for (name, operation) in &contract.operations {
        if matches!(name, Operation::Poll | Operation::Cancel) && operation.job_id.is_none() {
            return Err(format!("operation {name}: `job_id` is missing, without which no job is found"));
        }
        for route in &operation.routes {
            if let Some(option) =
                route.option.as_ref().filter(|option| !contract.options.contains_key(*option))
            {
                return Err(format!(
                    "operation {name}: path {} depends on the unknown option `{option}`",
                    route.path
                ));
            }
        }
    }
    Ok(())
}

/// Amounts are amounts, and those of one vendor are of one unit, because an account has one balance.
fn check_money(contract: &Contract) -> Result<(), String> {
    let sound = |amount: f64| amount.is_finite() && amount >= 0.0;
    let unit = contract.unit();
    for (id, model) in &contract.models {
        let Some(price) = &model.price else { continue };
        if !sound(price.amount) {
            return Err(format!("model {id}: its price {} is no amount", price.amount));
        }
        if Some(price.unit.as_str()) != unit {
            let expected = unit.unwrap_or_default();
            return Err(format!("model {id}: its price is in `{}`, others are in `{expected}`", price.unit));
        }
    }
    let unlimited = contract.billing.unlimited.as_ref();
    if unlimited.is_some_and(|fact| !sound(fact.amount)) {
        return Err("[billing.unlimited]: `amount` is no amount".to_owned());
    }
    if contract.operations.contains_key(&Operation::Balance) && unlimited.is_none() {
        return Err(
            "operation balance needs [billing.unlimited]: what is told where nothing is limited".to_owned()
        );
    }
    Ok(())
}

/// Every `source` and `x-source` must name an entry of `[sources]`, and every property of a schema must have one,
/// its own or that of the schema around it.
pub(super) fn check_sources(root: &toml::Table, file: &str) -> Result<(), ContractError> {
    let known: Vec<&str> = root
        .get("sources")
        .and_then(toml::Value::as_table)
        .map(|table| table.keys().map(String::as_str).collect())
        .unwrap_or_default();
    walk_table(root, "", &known, false).map_err(|(place, what)| ContractError::Source {
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
        toml::Value::Table(table) => walk_table(table, place, known, cited_above),
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

fn walk_table(
    table: &toml::Table,
    place: &str,
    known: &[&str],
    cited_above: bool,
) -> Result<(), (String, String)> {
    let mut cited = cited_above;
    let single = table.get("x-source-of").and_then(toml::Value::as_table).into_iter().flatten();
    for (keyword, held) in single {
        let names = Cited::deserialize(held.clone()).map_err(|_| {
            (place.to_owned(), format!("has no name and no list as the source of `{keyword}`"))
        })?;
        if let Some(name) = names.names().into_iter().find(|name| !known.contains(name)) {
            return Err((place.to_owned(), format!("names the unknown source `{name}`")));
        }
    }
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
    if !cited && table.get("properties").is_some_and(toml::Value::is_table) && !place.ends_with("/properties")
    {
        return Err((place.to_owned(), "is a schema without `x-source`".to_owned()));
    }
    for (key, inner) in table {
        walk_sources(inner, &format!("{place}/{key}"), known, cited)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::contract::model::edition::Edition;
    use crate::contract::model::edition::overlay;

    const SAMPLE: Edition =
        Edition { file: "sample.toml", text: include_str!("../views/openapi/sample.toml") };

    #[test]
    fn callbacks_that_do_not_fit_the_rest_are_no_contract() {
        for (patch, said) in [
            ("at = '/nowhere'", "`at` is `/nowhere`, which no model declares"),
            ("phases = []", "`phases` is empty"),
            ("retries = 11", "`retries` is 11: expected 0 to 10"),
            ("backoff_seconds = -1.0", "`backoff_seconds` is -1"),
            ("patience_seconds = 0.0", "`patience_seconds` is 0"),
            ("option = 'nothing'", "`option` is `nothing`, which is no option"),
            ("phases = ['asleep']", "unknown variant `asleep`"),
            ("source = 'nobody'", "unknown source `nobody`"),
        ] {
            let error =
                overlay(SAMPLE, &[], "patch.toml", &format!("[callbacks]\n{patch}")).unwrap_err().to_string();
            assert!(error.contains(said), "{patch}: {error}");
        }
    }

    #[test]
    fn an_address_is_a_text_that_is_not_empty() {
        let contract = overlay(SAMPLE, &[], "sample.toml", "").unwrap();
        let facts = contract.callbacks.as_ref().unwrap();
        for (body, address) in [
            (serde_json::json!({"hook": "http://a.example"}), Some("http://a.example")),
            (serde_json::json!({"hook": ""}), None),
            (serde_json::json!({"hook": 5}), None),
            (serde_json::json!({}), None),
        ] {
            assert_eq!(facts.address(&body), address);
        }
        let mut options = contract.default_options();
        assert!(facts.are_sent(&options));
        options.set(&contract, "calls", "off").unwrap();
        assert!(!facts.are_sent(&options));
    }

    #[test]
    fn what_does_not_fit_together_is_told_with_its_place() {
        let base = Edition { file: "sample.toml", text: include_str!("../views/openapi/sample.toml") };
        for (patch, said) in [
            (
                "[models.\"a/long\"]\nprice = { amount = 1.0, unit = \"pearl\", per = \"job\", source = \"page\" }",
                "others are in `coin`",
            ),
            ("[models.\"a/short\".price]\namount = -1.0", "its price -1 is no amount"),
            ("[billing]\nunlimited = { amount = nan, source = \"page\" }", "[billing.unlimited]"),
            ("[billing]\ncharged = \"later\"", "later"),
            ("[answers]\ncontent_type = \"a/b\\r\\nx: y\"", "[answers] `content_type` is `a/b\\r\\nx: y`"),
            ("[operations.poll]\nmethod = \"GET\\n\"", "an operation's `method` is `GET\\n`"),
            ("[billing]\nx-remove = [\"source\"]", "missing field `source`"),
            ("[limits.scope]\nsource = \"hearsay\"", "names the unknown source `hearsay`"),
            ("[operations.poll]\nx-remove = [\"job_id\"]", "operation poll: `job_id` is missing"),
            (
                "[operations.poll]\nroutes = [{ path = \"/x/{id}\", option = \"nothing\", source = \"page\" }]",
                "depends on the unknown option `nothing`",
            ),
            (
                "[operations.dance]\nsummary = \"\"\nmethod = \"GET\"\nroutes = []\nstatus = { enforced = 200, source = \"page\" }\n\
                 checks = []\nchecks_source = \"page\"\nreply = {}\nsource = \"page\"",
                "operation dance: there is no such operation; there are submit",
            ),
            (
                "[models.\"a/short\".request]\ntype = \"object\"\nx-source = \"page\"\nproperties = { mood = { x-role = \"mood\" } }",
                "`x-role` of /mood: there is no role `mood`; there are model, prompt",
            ),
            (
                "[operations.balance]\nsummary = \"\"\nmethod = \"GET\"\nroutes = []\nstatus = { enforced = 200, source = \"page\" }\n\
                 checks = []\nchecks_source = \"page\"\nreply = {}\nsource = \"page\"",
                "operation balance needs [billing.unlimited]",
            ),
        ] {
            let why = overlay(base, &[], "patch.toml", patch).unwrap_err().to_string();
            assert!(why.contains(said), "{patch}: {why}");
        }
    }
}
