//! The patch for a vendor that is known: what its files say otherwise than one of its editions, or beside it.

use serde_json::{Map, Value, json};

use super::ImportOptions;
use super::form::{Known, covered, differences, reply, request, request_of};
use super::gather::{Gathered, GatheredOperation, GatheredRequest, StatedStatus};
use super::text::Text;
use crate::Surface;
use crate::of_contract;
use crate::surface::Node;
use mockreel_contracts::Operation;
use mockreel_contracts::contract::model::operation::OperationFacts;
use mockreel_contracts::contract::model::source::Cited;
use mockreel_contracts::contract::model::{Contract, Model};
use mockreel_contracts::contract::views::openapi::View;

/// The key under which guesses of an import are cited.
pub(super) const GUESSED: &str = "imported-guess";

/// So many files are named; more are only counted.
const FEW_FILES: usize = 3;

/// Writes the patch.
pub(super) fn write_edition(contract: &Contract, gathered: &Gathered, wanted: &ImportOptions<'_>) -> String {
    let surface = of_contract(contract, View::Documented);
    let known = Known::of(contract, &surface);
    let mut text = Text::default();
    text.comment(&format!(
        "Where {} otherwise than {}, or beside it. Read it, edit it, and lay it over that edition:",
        if gathered.files.len() == 1 {
            format!("{} speaks", files(gathered))
        } else {
            format!("{} speak", files(gathered))
        },
        contract.full_id()
    ));
    text.comment("mockreel serve --contract THIS-FILE");
    text.gap();
    text.line("id", &contract.id.as_str().into());
    text.line("edition", &gathered.edition.as_str().into());
    text.line("x-base", &contract.edition.as_str().into());
    if let Some(title) = wanted.title {
        text.line("title", &title.into());
    }
    text.gap();
    sources(&mut text, gathered);
    for (name, told) in &gathered.operations {
        if let Some(operation) = contract.operations.get(name) {
            self::operation(&mut text, gathered, &surface, *name, operation, told);
        } else {
            text.comment(&format!(
                "The contract has no operation `{name}`; {} describes it.",
                told.paths[0].0
            ));
            text.gap();
        }
    }
    let submits = gathered.operations.get(&Operation::Submit);
    for (id, requests) in submits.map(|told| &told.requests).into_iter().flatten() {
        if id.is_empty() {
            text.comment(
                "A request that names no model was left out: say by its path which model it is for.",
            );
            text.gap();
            continue;
        }
        self::model(&mut text, contract, gathered, &surface, &known, id, requests);
    }
    remarks(&mut text, gathered);
    text.finish()
}

/// The files in a few words.
pub(super) fn files(gathered: &Gathered) -> String {
    match gathered.files.as_slice() {
        [only] => only.name.clone(),
        several => format!("{} files", several.len()),
    }
}

/// The table of sources: each file, and what nobody says.
pub(super) fn sources(text: &mut Text, gathered: &Gathered) {
    for file in &gathered.files {
        text.table(&["sources", &file.key]);
        text.line("title", &file.name.as_str().into());
        text.line("date", &file.date.as_str().into());
        text.line("grade", &"spec".into());
        text.gap();
    }
    text.table(&["sources", GUESSED]);
    text.line("title", &"Filled in by the import, because no file says it".into());
    text.line("date", &gathered.edition.get(..10).unwrap_or_default().into());
    text.line("grade", &"guess".into());
    text.gap();
}

/// What is wrong in the files, or could not be used.
pub(super) fn remarks(text: &mut Text, gathered: &Gathered) {
    if gathered.remarks.is_empty() {
        return;
    }
    text.comment("What is wrong in the files, or could not be used:");
    for (remark, files) in &gathered.remarks {
        let told = match files.as_slice() {
            several if several.len() > FEW_FILES => format!("{} files", several.len()),
            few => few.join(", "),
        };
        text.comment(&format!("- {remark}: {told}"));
    }
}

/// Routes, status and answer of an operation, as far as they are not what the contract has.
fn operation(
    text: &mut Text,
    gathered: &Gathered,
    surface: &Surface,
    name: Operation,
    held: &OperationFacts,
    told: &GatheredOperation,
) {
    let mut lines: Vec<(&str, Value)> = Vec::new();
    let mut comments: Vec<String> = Vec::new();
    if let Some(StatedStatus { status, files, others }) = told.status() {
        if held.status.documented.unwrap_or(held.status.enforced) != status {
            let source = gathered.key(files[0]);
            let fact = json!({"documented": status, "enforced": status, "source": source});
            lines.push(("status", fact));
        }
        for (other, file) in others {
            comments.push(format!("{} says status {other}, most files {status}.", gathered.files[file].name));
        }
    }
    lines.extend(routes(gathered, held, told).map(|routes| ("routes", routes)));
    let kinds = &told.media_types;
    if name == Operation::Submit
        && !kinds.is_empty()
        && kinds.iter().any(|kind| !held.media_types.contains(kind))
    {
        lines.push(("media_types", kinds.iter().map(String::as_str).collect()));
    }
    let answer = told.reply().filter(|(node, _)| {
        !replies_of(surface, name.as_str()).iter().any(|documented| covered(node, documented))
    });
    if lines.is_empty() && answer.is_none() && comments.is_empty() {
        return;
    }
    for comment in &comments {
        text.comment(comment);
    }
    if !lines.is_empty() {
        text.table(&["operations", name.as_str()]);
        for (key, value) in &lines {
            text.line(key, value);
        }
    }
    if !lines.is_empty() || !comments.is_empty() {
        text.gap();
    }
    if let Some((node, file)) = answer {
        text.comment("The answer is not as the contract has it.");
        schema(
            text,
            &["operations", name.as_str(), "reply"],
            reply(Some(&held.reply), node, gathered.key(file)),
        );
    }
}

/// The good answers that the contract documents for an operation.
fn replies_of<'a>(surface: &'a Surface, name: &str) -> Vec<&'a Node> {
    let endpoints = surface.endpoints.iter().filter(|endpoint| endpoint.operation.as_deref() == Some(name));
    let good = endpoints.flat_map(|endpoint| &endpoint.replies).filter(|(status, _)| status.starts_with('2'));
    good.filter_map(|(_, body)| body.node.as_ref()).collect()
}

/// The paths with those that the files have first, if that is not how the contract has them.
fn routes(gathered: &Gathered, held: &OperationFacts, told: &GatheredOperation) -> Option<Value> {
    if held.routes.iter().any(|route| route.model.is_some()) {
        // Where paths fix models, a person has to say which is for which.
        return None;
    }
    let before: Vec<&str> = held.routes.iter().map(|route| route.path.as_str()).collect();
    let mut entries: Vec<(String, Map<String, Value>)> = Vec::new();
    // Of paths that as many files have, the one that the contract has before comes first.
    let mut paths: Vec<&(String, Vec<usize>)> = told.paths.iter().collect();
    let position = |path: &str| before.iter().position(|held| *held == path).unwrap_or(usize::MAX);
    paths.sort_by_key(|(path, files)| (std::cmp::Reverse(files.len()), position(path)));
    for (path, files) in paths {
        let mut entry = Map::new();
        entry.insert("path".into(), path.as_str().into());
        let known = held.routes.iter().find(|route| route.path == *path);
        if let Some(option) = known.and_then(|route| route.option.as_deref()) {
            entry.insert("option".into(), option.into());
        }
        entry.insert("source".into(), gathered.key(files[0]).into());
        entries.push((path.clone(), entry));
    }
    // What an option switches on was never the first.
    entries.sort_by_key(|(_, entry)| entry.contains_key("option"));
    for route in held.routes.iter().filter(|route| !told.paths.iter().any(|(path, _)| *path == route.path)) {
        let mut entry = Map::new();
        entry.insert("path".into(), route.path.as_str().into());
        entry.extend(route.option.clone().map(|option| ("option".to_owned(), option.into())));
        entry.insert("source".into(), write_cited(&route.source));
        entries.push((route.path.clone(), entry));
    }
    let news = entries.iter().any(|(path, _)| !before.contains(&path.as_str()));
    let first = entries.first().map(|(path, _)| path.as_str()) != before.first().copied();
    (news || first).then(|| entries.into_iter().map(|(_, entry)| Value::Object(entry)).collect())
}

/// A citation as it is written.
fn write_cited(cited: &Cited) -> Value {
    match cited.names().as_slice() {
        [only] => (*only).into(),
        several => several.iter().copied().collect(),
    }
}

/// A model that is new, or whose request is not as the contract has it.
fn model(
    text: &mut Text,
    contract: &Contract,
    gathered: &Gathered,
    surface: &Surface,
    known: &Known<'_>,
    id: &str,
    requests: &[GatheredRequest],
) {
    let held = contract.models.get(id).zip(request_of(surface, id));
    let Some(chosen) = choose_model(contract, held, requests) else { return };
    for other in requests.iter().filter(|other| !super::form::same(&other.node, &chosen.node)) {
        text.comment(&format!(
            "{} describes {id} at {} in another way, which was left out.",
            gathered.files[other.file].name, other.path
        ));
    }
    let source = gathered.key(chosen.file);
    if let Some((model, documented)) = held {
        let found = differences(model, &chosen.node, documented);
        if found.is_empty() {
            return;
        }
        text.comment(&format!("Not as before: {}.", found.join(", ")));
    } else {
        new_model(text, contract, id, source);
    }
    let mut body = request(known, id, &chosen.node, source);
    if let Some(together) = held.and_then(|(model, _)| model.request.get("x-together")) {
        body.insert("x-together".into(), together.clone());
    }
    schema(text, &["models", id, "request"], body);
}

/// The description at the path that the contract has first, and there the one that says what the contract says;
/// else the first.
fn choose_model<'a>(
    contract: &Contract,
    held: Option<(&Model, &Node)>,
    requests: &'a [GatheredRequest],
) -> Option<&'a GatheredRequest> {
    let routes = contract
        .operations
        .get(&Operation::Submit)
        .map(|submit| submit.routes.as_slice())
        .unwrap_or_default();
    let rank = |request: &&GatheredRequest| {
        routes.iter().position(|route| route.path == request.path).unwrap_or(usize::MAX)
    };
    let differs = |request: &&GatheredRequest| {
        held.is_some_and(|(model, documented)| !differences(model, &request.node, documented).is_empty())
    };
    requests.iter().min_by_key(|request| (rank(request), differs(request)))
}

/// What a model needs beside its request; all of it is a guess.
fn new_model(text: &mut Text, contract: &Contract, id: &str, source: &str) {
    text.comment(&format!(
        "{id} is new. DECIDE: its title, what comes out of it, how long it takes; add its price if it is known."
    ));
    let like: Option<&Model> = contract.models.values().next();
    let output = like.map_or([1280, 720], |model| model.output.pixels);
    let (queued, running) =
        like.map_or(([5.0, 20.0], [120.0, 240.0]), |model| (model.observed.queued, model.observed.running));
    text.table(&["models", id]);
    text.line("title", &id.into());
    text.line("source", &source.into());
    text.line(
        "output",
        &json!({"pixels": output, "fps": 24, "seconds": 5, "extra_frames": 1, "source": GUESSED}),
    );
    text.line("observed", &json!({"queued": queued, "running": running, "source": GUESSED}));
    text.gap();
}

/// A schema that replaces whatever is there: its keywords, and below them a line for each member.
pub(super) fn schema(text: &mut Text, place: &[&str], mut body: Map<String, Value>) {
    let members = body.shift_remove("properties");
    text.table(place);
    text.line("x-replace", &true.into());
    for (key, value) in &body {
        text.line(key, value);
    }
    text.gap();
    if let Some(Value::Object(members)) = members.filter(|members| *members != json!({})) {
        let place: Vec<&str> = place.iter().copied().chain(["properties"]).collect();
        text.table(&place);
        for (name, member) in &members {
            text.line(name, member);
        }
        text.gap();
    }
}
