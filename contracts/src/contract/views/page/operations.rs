//! The section on operations.

use std::fmt::Write as _;

use super::markdown::{bold, code, prose, table};
use super::members::members;
use super::sourced;
use crate::contract::Contract;
use crate::contract::model::operation::{IdPlace, OperationFacts, Read};
use crate::operation::Operation;

/// The section on operations.
pub(super) fn section(contract: &Contract) -> String {
    let mut told = "## Operations\n\n".to_owned();
    for (name, operation) in &contract.operations {
        told.push_str(&one(contract, *name, operation));
    }
    told
}

fn one(contract: &Contract, name: Operation, operation: &OperationFacts) -> String {
    let mut told = format!(
        "### {}: {}\n\nSources: {}.\n\n",
        code(name.as_str()),
        prose(&operation.summary),
        sourced(contract, &operation.source)
    );
    let routes = operation.routes.iter().map(|route| {
        vec![
            code(&format!("{} {}", operation.method, route.path)),
            route.model.as_deref().map(code).unwrap_or_default(),
            route.option.as_deref().map(code).unwrap_or_default(),
            sourced(contract, &route.source),
        ]
    });
    told.push_str(&table(&["Path", "Model", "Switched by option", "Sources"], routes));
    told.push('\n');
    let _ = writeln!(told, "- {}: {}", bold("Status"), status(contract, operation));
    let checks: Vec<&str> = operation.checks.iter().map(|check| check.word()).collect();
    let source = sourced(contract, &operation.checks_source);
    let _ = writeln!(told, "- {}: {} ({source})", bold("Checked in this order"), checks.join(", "));
    if !operation.media_types.is_empty() {
        let types: Vec<String> = operation.media_types.iter().map(|kind| code(kind)).collect();
        let _ = writeln!(told, "- {}: {}", bold("Body"), types.join(", "));
    }
    if let Some(pointer) = &operation.model_at {
        let _ = writeln!(told, "- {}: at {} in the body", bold("Model"), code(pointer));
    }
    if let Some(pointer) = &operation.echo {
        let part = if pointer.is_empty() { "the whole body".to_owned() } else { code(pointer) };
        let _ = writeln!(told, "- {}: {part}", bold("Repeated in answers"));
    }
    match &operation.job_id {
        Some(IdPlace::Path(name)) => {
            let _ =
                writeln!(told, "- {}: segment {} of the path", bold("Job id"), code(&format!("{{{name}}}")));
        }
        Some(IdPlace::Query(name)) => {
            let _ = writeln!(told, "- {}: parameter {} of the query", bold("Job id"), code(name));
        }
        None => {}
    }
    let places = places(&operation.read);
    if !places.is_empty() {
        let _ = writeln!(told, "- {}: {places}", bold("Where a client looks"));
    }
    told.push('\n');
    let shapes = [
        ("Query", operation.query.as_ref()),
        ("Body", operation.request.as_ref()),
        ("Good answer", Some(&operation.reply)),
    ];
    for (what, schema) in shapes {
        let rows = schema.map(|schema| members(contract, schema)).unwrap_or_default();
        if !rows.is_empty() {
            let _ = writeln!(told, "{what}:\n\n{rows}");
        }
    }
    told
}

/// What is served, and what is documented where that differs.
fn status(contract: &Contract, operation: &OperationFacts) -> String {
    let fact = &operation.status;
    let documented = match fact.documented {
        Some(documented) if documented != fact.enforced => {
            format!("; {}", bold(&format!("documented as {documented}")))
        }
        Some(_) => ", as documented".to_owned(),
        None => ", not documented".to_owned(),
    };
    let other = |also: &&u16| **also != fact.enforced && Some(**also) != fact.documented;
    let also: Vec<String> = fact.also.iter().filter(other).map(u16::to_string).collect();
    let also =
        if also.is_empty() { String::new() } else { format!("; {} may come as well", also.join(" or ")) };
    format!("{}{documented}{also} ({})", fact.enforced, sourced(contract, &fact.source))
}

fn places(read: &Read) -> String {
    let several = |places: &[String]| places.iter().map(|place| code(place)).collect::<Vec<_>>().join(" or ");
    let single = |place: &Option<String>| place.as_deref().map(code).unwrap_or_default();
    let named = [
        ("jobs", single(&read.jobs)),
        ("id", single(&read.id)),
        ("status", single(&read.status)),
        ("video", several(&read.video_url)),
        ("thumbnail", single(&read.cover_url)),
        ("reason of failure", several(&read.failure)),
        ("models", single(&read.models)),
        ("upload address", single(&read.upload_url)),
        ("public address", single(&read.public_url)),
    ];
    let told = named.into_iter().filter(|(_, place)| !place.is_empty());
    told.map(|(what, place)| format!("{what} {place}")).collect::<Vec<_>>().join(", ")
}
