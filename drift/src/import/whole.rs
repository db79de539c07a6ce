//! The skeleton of a contract for a vendor that is not known: what the files say, and a mark wherever somebody
//! has to decide.

use serde_json::{Map, Value, json};

use super::ImportOptions;
use super::form::{Known, reply, request};
use super::gather::{Gathered, GatheredOperation};
use super::overlay::{GUESSED, files, remarks, schema, sources};
use super::text::Text;
use crate::surface::Node;
use mockreel_contracts::contract::check::schema::escape;
use mockreel_contracts::phase::Phase;
use mockreel_contracts::{Operation, Role};

/// Writes the skeleton. It can be read as a contract before anything in it is decided.
pub(super) fn write_contract(gathered: &Gathered, wanted: &ImportOptions<'_>) -> String {
    let mut text = Text::default();
    text.comment(&format!("The skeleton of a contract, from {}.", files(gathered)));
    text.comment(
        "Below every DECIDE stands a guess that keeps the file readable. Replace it by what is known,",
    );
    text.comment(&format!("with its source, and take the source {GUESSED} out once nothing cites it."));
    text.comment(
        "`serve --contract` takes only vendors that the program knows: a new one is served once its folder is in",
    );
    text.comment(
        "contracts/src, with this as its contract.toml, a mod.rs for its dialect, and its line in vendor.rs.",
    );
    text.gap();
    text.line("id", &wanted.id.into());
    text.line("title", &wanted.title.unwrap_or(wanted.id).into());
    text.line("edition", &gathered.edition.as_str().into());
    text.comment("DECIDE: what a reader should know first.");
    text.line("summary", &"".into());
    text.comment("DECIDE: the hosts that clients call.");
    text.line("hosts", &gathered.hosts.iter().map(String::as_str).collect());
    text.gap();
    sources(&mut text, gathered);
    access(&mut text);
    phases(&mut text, gathered);
    for (name, told) in &gathered.operations {
        operation(&mut text, gathered, *name, told);
    }
    if let Some(told) = gathered.operations.get(&Operation::Submit) {
        models(&mut text, gathered, told);
    }
    rest(&mut text);
    remarks(&mut text, gathered);
    text.finish()
}

fn access(text: &mut Text) {
    text.comment("DECIDE: how callers identify themselves.");
    text.table(&["auth"]);
    text.line("scheme", &"Bearer".into());
    text.line("source", &GUESSED.into());
    text.gap();
    text.table(&["answers"]);
    text.line("content_type", &"application/json".into());
    text.line("source", &GUESSED.into());
    text.gap();
}

/// Words that vendors use for our phases.
const WORDS: [(Phase, &[&str]); 5] = [
    (Phase::Queued, &["queued", "pending", "waiting", "submitted", "created", "in_queue", "queueing"]),
    (
        Phase::Running,
        &["running", "processing", "generating", "in_progress", "started", "active", "dispatched"],
    ),
    (Phase::Succeeded, &["succeeded", "succeed", "success", "completed", "complete", "done", "finished"]),
    (Phase::Failed, &["failed", "fail", "failure", "error"]),
    (Phase::Cancelled, &["cancelled", "canceled", "cancel", "aborted"]),
];

fn phases(text: &mut Text, gathered: &Gathered) {
    let told: Vec<(&Value, &str)> = gathered
        .operations
        .values()
        .filter_map(|told| {
            let (node, file) = told.reply()?;
            let (_, status) = find(node, "", &|name, node| STATUS.contains(&name) && node.values.is_some())?;
            Some((status.values.as_ref()?, gathered.key(file)))
        })
        .flat_map(|(values, source)| values.iter().map(move |value| (value, source)))
        .collect();
    text.comment("DECIDE: which of the vendor's words mean which phase.");
    let mut used: Vec<&Value> = Vec::new();
    for (phase, words) in WORDS {
        let meant = |value: &Value| {
            value.as_str().is_some_and(|word| words.contains(&word.to_ascii_lowercase().as_str()))
        };
        let mut found: Vec<&Value> = Vec::new();
        for (value, _) in told.iter().filter(|(value, _)| meant(value)) {
            if !found.contains(value) {
                found.push(value);
            }
        }
        let source = told.iter().find(|(value, _)| meant(value)).map_or(GUESSED, |(_, source)| *source);
        used.extend(&found);
        text.table(&["phases", phase.name()]);
        let words = if found.is_empty() { json!([phase.name()]) } else { json!(found) };
        text.line("words", &words);
        text.line("source", &source.into());
        text.gap();
    }
    let mut left: Vec<String> = told
        .iter()
        .map(|(value, _)| *value)
        .filter(|value| !used.contains(value))
        .map(Value::to_string)
        .collect();
    left.sort();
    left.dedup();
    if !left.is_empty() {
        text.comment(&format!("DECIDE: what these words mean: {}.", left.join(", ")));
        text.gap();
    }
}

/// Names of members that hold a phase.
const STATUS: [&str; 4] = ["status", "state", "task_status", "phase"];
/// Names of members that hold a job's id.
const ID: [&str; 6] = ["id", "task_id", "request_id", "generation_id", "job_id", "taskId"];

fn operation(text: &mut Text, gathered: &Gathered, operation: Operation, told: &GatheredOperation) {
    let name = operation.as_str();
    let first = gathered.key(told.paths[0].1[0]);
    text.table(&["operations", name]);
    let submits = operation == Operation::Submit;
    text.line("summary", &(if submits { "Submits a job" } else { "Looks up one job" }).into());
    text.line("method", &told.method.as_str().into());
    let status = told.status().map_or_else(
        || json!({"enforced": 200, "source": GUESSED}),
        |told| json!({"documented": told.status, "enforced": told.status, "source": gathered.key(told.files[0])}),
    );
    text.line("status", &status);
    if submits {
        let kinds: Vec<&str> = told.media_types.iter().map(String::as_str).collect();
        text.line("media_types", &if kinds.is_empty() { json!(["application/json"]) } else { json!(kinds) });
    }
    let checks = if submits {
        json!(["credential", "body", "model", "members", "pictures"])
    } else {
        json!(["credential", "members"])
    };
    text.comment("DECIDE: the order of the checks.");
    text.line("checks", &checks);
    text.line("checks_source", &GUESSED.into());
    if submits && told.requests.keys().any(|model| !model.is_empty()) {
        text.line("model_at", &"/model".into());
    }
    if !submits {
        text.line("job_id", &job_id(told));
    }
    text.line("source", &first.into());
    text.line("read", &read(told, submits));
    text.gap();
    for (path, files) in &told.paths {
        text.entry(&["operations", name, "routes"]);
        text.line("path", &path.as_str().into());
        if submits && told.requests.keys().all(String::is_empty) {
            text.line("model", &model_of(path).into());
        }
        text.line("source", &gathered.key(files[0]).into());
        text.gap();
    }
    if !told.query.members.is_empty() {
        let query = request(&Known::default(), "", &told.query, first);
        text.comment("DECIDE: which of these an unknown caller must send.");
        schema(text, &["operations", name, "query"], query);
    }
    let answer = told.reply().map_or_else(
        || {
            [("type".to_owned(), json!("object")), ("x-source".to_owned(), json!(GUESSED))]
                .into_iter()
                .collect()
        },
        |(node, file)| reply(None, node, gathered.key(file)),
    );
    schema(text, &["operations", name, "reply"], answer);
}

/// Where a look at a job names it: in the path, else in the query.
fn job_id(told: &GatheredOperation) -> Value {
    let in_path = told.paths[0].0.split('/').find_map(|token| token.strip_prefix('{')?.strip_suffix('}'));
    match in_path {
        Some(name) => json!({"path": name}),
        None => json!({"query": told.query.members.keys().next().map_or("id", String::as_str)}),
    }
}

/// Where an answer seems to hold what clients need.
fn read(told: &GatheredOperation, submits: bool) -> Value {
    let Some((node, _)) = told.reply() else { return json!({"id": "/id", "status": "/status"}) };
    let mut places = Map::new();
    let place = |found: Option<(String, &Node)>| found.map(|(pointer, _)| Value::from(pointer));
    places.extend(place(find(node, "", &|name, _| ID.contains(&name))).map(|id| ("id".to_owned(), id)));
    places
        .extend(place(find(node, "", &|name, _| STATUS.contains(&name))).map(|at| ("status".to_owned(), at)));
    if !submits {
        let video = find(node, "", &|name, node| {
            node.format.as_deref() == Some("uri") || ["url", "video_url"].contains(&name)
        });
        places.extend(place(video).map(|at| ("video_url".to_owned(), json!([at]))));
    }
    places.into()
}

/// The first member that is looked for, outer ones before inner ones.
fn find<'a>(
    node: &'a Node,
    pointer: &str,
    wanted: &dyn Fn(&str, &Node) -> bool,
) -> Option<(String, &'a Node)> {
    let place = |name: &str| format!("{pointer}/{}", escape(name));
    let own = node.members.iter().find(|(name, member)| wanted(name, &member.node));
    if let Some((name, member)) = own {
        return Some((place(name), &member.node));
    }
    node.members.iter().find_map(|(name, member)| find(&member.node, &place(name), wanted))
}

/// The id of a model that a path stands for.
fn model_of(path: &str) -> String {
    let tokens: Vec<&str> =
        path.split('/').filter(|token| !token.is_empty() && !token.starts_with('{')).collect();
    tokens.last().map_or_else(|| "model".to_owned(), |token| (*token).to_owned())
}

fn models(text: &mut Text, gathered: &Gathered, told: &GatheredOperation) {
    for (id, requests) in &told.requests {
        for each in requests {
            let id = if id.is_empty() { model_of(&each.path) } else { id.clone() };
            let first = !id.is_empty() && std::ptr::eq(each, &requests[0]);
            let source = gathered.key(each.file);
            if !first && !told.requests.keys().all(String::is_empty) {
                continue;
            }
            text.comment(&format!("DECIDE: what comes out of {id}, how long it takes, and what it costs."));
            text.table(&["models", &id]);
            text.line("title", &id.as_str().into());
            text.line("source", &source.into());
            text.line("output", &json!({"pixels": [1280, 720], "fps": 24, "seconds": 5, "extra_frames": 1, "source": GUESSED}));
            text.line(
                "observed",
                &json!({"queued": [5.0, 20.0], "running": [120.0, 240.0], "source": GUESSED}),
            );
            text.gap();
            let mut body = request(&Known::default(), &id, &each.node, source);
            write_undecided(text, &mut body);
            schema(text, &["models", &id, "request"], body);
        }
    }
}

/// Gives members the roles that their names suggest, and asks about what looks like an image.
fn write_undecided(text: &mut Text, body: &mut Map<String, Value>) {
    let roles = [Role::Prompt, Role::NegativePrompt, Role::Duration, Role::AspectRatio, Role::CfgScale];
    let Some(Value::Object(members)) = body.get_mut("properties") else { return };
    for (name, member) in members {
        let Value::Object(member) = member else { continue };
        if roles.iter().any(|role| role.as_str() == name) {
            member.insert("x-role".into(), name.as_str().into());
        }
        if ["image", "picture", "photo", "frame", "mask"].iter().any(|word| name.contains(word)) {
            text.comment(&format!(
                "DECIDE: whether `{name}` is a picture; then it wants `x-image` with role, formats and limits."
            ));
        }
    }
    text.comment("DECIDE: which member is the prompt, the length, the aspect ratio (`x-role`), where a name does not say it.");
}

/// What no OpenAPI file says.
fn rest(text: &mut Text) {
    text.comment("DECIDE: when a job is charged, and which endings cost nothing.");
    text.table(&["billing"]);
    text.line("charged", &"completion".into());
    text.line("source", &GUESSED.into());
    text.line("failed", &json!({"billed": false, "source": GUESSED}));
    text.line("cancelled", &json!({"billed": false, "source": GUESSED}));
    text.gap();
    text.comment("DECIDE: what shares a limit, and how it counts.");
    text.table(&["limits"]);
    text.line("scope", &json!({"of": "account", "source": GUESSED}));
    text.line("window", &json!({"form": "sliding", "source": GUESSED}));
    text.gap();
    text.comment("DECIDE: the form of refusals, and for each its status and its text.");
    text.table(&["problem_schema"]);
    text.line("type", &"object".into());
    text.line("x-source", &GUESSED.into());
    text.gap();
    text.table(&["problems"]);
    for (name, status) in [
        ("unauthorized", 401),
        ("unknown_route", 404),
        ("malformed", 400),
        ("invalid", 400),
        ("unknown_model", 400),
        ("unknown_job", 404),
        ("rate_limited", 429),
        ("internal", 500),
    ] {
        text.line(name, &json!({"status": status, "text": "", "source": GUESSED}));
    }
    text.gap();
    text.comment("DECIDE: how a failed job says why.");
    text.table(&["failures"]);
    text.line("internal", &json!({"text": "", "code": "", "source": GUESSED}));
    text.gap();
    text.comment("DECIDE: which rules for pictures refuse the submit; all others fail the job.");
    text.table(&["pictures"]);
    text.line("refused_at_submit", &json!([]));
    text.line("source", &GUESSED.into());
    text.gap();
    text.comment("DECIDE: which rules of the models' maker reach the caller.");
    text.table(&["upstream"]);
    text.line("rules", &json!([]));
    text.line("source", &GUESSED.into());
    text.gap();
    text.comment("DECIDE: for how long a result can be had.");
    text.table(&["results"]);
    text.line("source", &GUESSED.into());
    text.gap();
}
