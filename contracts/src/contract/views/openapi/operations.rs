//! Operations and their paths, parameters and bodies.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::view::{View, ViewedContract};
use super::{CREDENTIAL, Components, Submitted, responses, source_value};
use crate::contract::check::image::{ImageRules, Transport};
use crate::contract::check::rules::Checker;
use crate::contract::check::schema::properties;
use crate::contract::model::operation::{Check, IdPlace, OperationFacts, Route};
use crate::contract::views::examples::minimal_for;
use crate::operation::Operation;

/// The path items, by path, in the order of the contract.
pub(super) fn paths(viewed: &ViewedContract<'_>, components: &mut Components) -> Map<String, Value> {
    let mut paths = Map::new();
    for (name, operation) in &viewed.contract.operations {
        if !viewed.has(&operation.source) {
            continue;
        }
        let reply = components.add(&format!("{name}.reply"), viewed.schema(&operation.reply));
        let request = operation
            .request
            .as_ref()
            .map(|schema| components.add(&format!("{name}.request"), viewed.schema(schema)));
        let routes = operation.routes.iter().filter(|route| viewed.has_route(route));
        for (index, route) in routes.enumerate() {
            let id = if index == 0 { name.to_string() } else { format!("{name}_{}", index + 1) };
            let shape =
                Shape { viewed, components, operation, route, reply: &reply, request: request.as_deref() };
            let told = shape.operation(&id, *name);
            let item = paths.entry(route.path.clone()).or_insert_with(|| json!({}));
            if let Value::Object(item) = item {
                // Where two operations share method and path, the first is the one that is served.
                item.entry(operation.method.to_ascii_lowercase()).or_insert(told);
            }
        }
    }
    paths
}

/// One operation on one path.
struct Shape<'a> {
    viewed: &'a ViewedContract<'a>,
    components: &'a Components,
    operation: &'a OperationFacts,
    route: &'a Route,
    /// Addresses of schemas in the document.
    reply: &'a str,
    request: Option<&'a str>,
}

impl Shape<'_> {
    fn operation(&self, id: &str, name: Operation) -> Value {
        let operation = self.operation;
        let mut told = Map::new();
        told.insert("operationId".to_owned(), id.into());
        told.insert("summary".to_owned(), operation.summary.as_str().into());
        told.insert("x-operation".to_owned(), name.as_str().into());
        told.insert("x-source".to_owned(), source_value(&self.route.source));
        if let Some(option) = &self.route.option {
            told.insert("x-option".to_owned(), option.as_str().into());
        }
        if let Some(model) = &self.route.model {
            told.insert("x-model".to_owned(), model.as_str().into());
        }
        let checks: Vec<&str> = operation.checks.iter().map(|check| check.word()).collect();
        told.insert("x-checks".to_owned(), checks.into());
        let guarded = operation.checks.contains(&Check::Credential);
        let security = if guarded { json!([{ CREDENTIAL: [] }]) } else { json!([]) };
        told.insert("security".to_owned(), security);
        let parameters = self.parameters();
        if !parameters.is_empty() {
            told.insert("parameters".to_owned(), parameters.into());
        }
        if !operation.media_types.is_empty() {
            told.insert("requestBody".to_owned(), self.body());
        }
        told.insert("responses".to_owned(), responses::all(self.viewed, name, operation, self.reply));
        if let Some(callbacks) = self.callbacks(name) {
            told.insert("callbacks".to_owned(), callbacks);
        }
        Value::Object(told)
    }

    /// What a submit makes the vendor send: a poll's answer, to the address in the body.
    fn callbacks(&self, name: Operation) -> Option<Value> {
        let contract = self.viewed.contract;
        let submits = name == Operation::Submit;
        let facts = contract.callbacks.as_ref().filter(|facts| submits && self.viewed.has(&facts.source))?;
        contract.operations.get(&Operation::Poll).filter(|poll| self.viewed.has(&poll.source))?;
        let phases: Vec<&str> = facts.phases.iter().map(|phase| phase.name()).collect();
        let mut sent = json!({
            "summary": "Sent when the job changes",
            "x-phases": phases,
            "x-retries": facts.retries,
            "x-source": source_value(&facts.source),
            // The receiver is the caller's own; it needs no credential of the vendor's.
            "security": [],
            "requestBody": {
                "required": true,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/poll.reply"}}},
            },
            "responses": {"2XX": {"description": "The receiver has it."}},
        });
        if let Some(option) = &facts.option {
            sent["x-option"] = option.as_str().into();
        }
        let expression = format!("{{$request.body#{}}}", facts.at);
        Some(json!({"jobChanged": { expression: { "post": sent } }}))
    }

    fn parameters(&self) -> Vec<Value> {
        let mut parameters: Vec<Value> = Vec::new();
        let job_id = self.operation.job_id.as_ref();
        let about = |place: &IdPlace| if job_id == Some(place) { "Id of the job" } else { "" };
        let segments = self.route.path.split('/');
        for name in segments.filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')) {
            let description = about(&IdPlace::Path(name.to_owned()));
            parameters.push(parameter("path", name, true, description, json!({"type": "string"})));
        }
        let query = self.operation.query.as_ref().map(|query| self.viewed.schema(query)).unwrap_or_default();
        let required = query.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut named: Vec<&str> = Vec::new();
        let declared = query.get("properties").and_then(Value::as_object);
        for (name, schema) in declared.into_iter().flatten() {
            let stated = schema.get("description").and_then(Value::as_str);
            let description = stated.unwrap_or_else(|| about(&IdPlace::Query(name.clone())));
            let must = required.iter().any(|held| held == name);
            parameters.push(parameter("query", name, must, description, schema.clone()));
            named.push(name);
        }
        let enforced = self.viewed.view == View::Enforced;
        if let Some(IdPlace::Query(name)) = job_id
            && enforced
            && !named.contains(&name.as_str())
        {
            parameters.push(parameter("query", name, true, "Id of the job", json!({"type": "string"})));
        }
        parameters
    }

    fn body(&self) -> Value {
        let models: Vec<&Submitted> = match &self.route.model {
            Some(fixed) => self.components.models.iter().filter(|model| model.id == *fixed).collect(),
            None => self.components.models.iter().collect(),
        };
        let examples = match self.request {
            Some(reference) => self.own_example(reference),
            None => models.iter().flat_map(|model| model.examples.clone()).collect(),
        };
        let mut content = Map::new();
        for media_type in &self.operation.media_types {
            let form = media_type.starts_with("multipart/");
            let schema = match (self.request, models.as_slice()) {
                (Some(reference), _) => json!({ "$ref": reference }),
                (None, [only]) => json!({ "$ref": only.reference(form) }),
                (None, several) => self.one_of(several, form),
            };
            let mut told = Map::from_iter([("schema".to_owned(), schema)]);
            if !examples.is_empty() {
                told.insert("examples".to_owned(), examples.clone().into());
            }
            let encoding = if form { self.encoding(&models) } else { Map::new() };
            if !encoding.is_empty() {
                told.insert("encoding".to_owned(), encoding.into());
            }
            content.insert(media_type.clone(), told.into());
        }
        json!({"required": true, "content": content})
    }

    fn own_example(&self, reference: &str) -> Map<String, Value> {
        let name = reference.rsplit('/').next().unwrap_or_default();
        let enforced = self.operation.request.as_ref();
        let sound = |body: &Value| {
            enforced
                .is_some_and(|schema| Checker::new(schema.clone()).is_ok_and(|checker| checker.accepts(body)))
        };
        // What a documentation says of a body may be too little to make one that is taken.
        let stated = self.components.schemas.get(name).map(|schema| minimal_for(schema, &[]));
        let body = stated.filter(sound).or_else(|| enforced.map(|schema| minimal_for(schema, &[])));
        let example = body.map(|body| ("minimal".to_owned(), json!({ "value": body })));
        example.into_iter().collect()
    }

    /// One schema of several, told apart by the member that names the model.
    fn one_of(&self, models: &[&Submitted], form: bool) -> Value {
        if models.is_empty() {
            return json!({"type": "object"});
        }
        let schemas: Vec<Value> =
            models.iter().map(|model| json!({ "$ref": model.reference(form) })).collect();
        let member = self.operation.model_at.as_deref().and_then(|pointer| pointer.strip_prefix('/'));
        match member.filter(|name| !name.contains('/')) {
            Some(name) => {
                let mapping: Map<String, Value> =
                    models.iter().map(|model| (model.id.clone(), model.reference(form).into())).collect();
                json!({"oneOf": schemas, "discriminator": {"propertyName": name, "mapping": mapping}})
            }
            None => json!({ "oneOf": schemas }),
        }
    }

    /// The content types of the parts of a form that are images. Where an address is taken too it stands first, as
    /// text: it is what the examples name, and what a program sends that has no file at hand.
    fn encoding(&self, models: &[&Submitted]) -> Map<String, Value> {
        let mut encoding = Map::new();
        for model in models.iter().filter_map(|model| self.viewed.contract.models.get(&model.id)) {
            for (pointer, member) in properties(&model.request) {
                let name = pointer.trim_start_matches('/');
                let Some(rules) = member.get("x-image").and_then(|rules| ImageRules::deserialize(rules).ok())
                else {
                    continue;
                };
                let text = rules.transports.iter().any(|way| *way != Transport::Part);
                let text = text.then(|| "text/plain".to_owned());
                let files = rules.formats.iter().map(|format| format!("image/{format}"));
                let types: Vec<String> = text.into_iter().chain(files).collect();
                if !name.contains('/') && !types.is_empty() {
                    encoding.insert(name.to_owned(), json!({ "contentType": types.join(", ") }));
                }
            }
        }
        encoding
    }
}

fn parameter(place: &str, name: &str, required: bool, description: &str, schema: Value) -> Value {
    let mut told = json!({"name": name, "in": place, "required": required});
    if !description.is_empty() {
        told["description"] = description.into();
    }
    told["schema"] = schema;
    told
}
