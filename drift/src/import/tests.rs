//! Small documents, written here, and what becomes of them.

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use mockreel_contracts::contract::check::schema::documented;
use mockreel_contracts::contract::model::edition::{Edition, load};
use mockreel_contracts::contract::views::openapi::{View, export};
use mockreel_contracts::vendor::{in_force, overlaid, vendors};
use mockreel_contracts::{Contract, Operation, Vendor};

/// Words that stand wherever a document can hold some.
const WORDS: &str = "THEIR WORDS";

/// The newest editions.
fn newest() -> impl Iterator<Item = &'static Vendor> {
    vendors().unwrap().iter().filter(|vendor| vendor.newest)
}

/// One whose submits name their model in the body.
fn known() -> &'static Contract {
    let named = |vendor: &&Vendor| {
        vendor.contract.operations[&Operation::Submit].model_at.as_deref() == Some("/model")
    };
    &newest().filter(named).max_by_key(|vendor| vendor.contract.models.len()).unwrap().contract
}

fn wanted(known: Option<&Contract>) -> ImportOptions<'_> {
    ImportOptions {
        id: known.map_or("new", |contract| &contract.id),
        known,
        edition: Some("2027-01-05"),
        title: None,
    }
}

fn file(name: &str, document: &Value) -> (String, Vec<u8>) {
    (name.to_owned(), document.to_string().into_bytes())
}

fn media(schema: &Value) -> Value {
    json!({"application/json": {"schema": schema, "example": {"note": WORDS}}})
}

/// A document about one model on a path.
fn document(path: &str, request: &Value, status: &str) -> Value {
    let reply = json!({"type": "object", "required": ["task_id", "status"], "title": WORDS, "properties": {
        "task_id": {"type": "string", "description": WORDS},
        "status": {"type": "string", "enum": ["pending", "processing", "done", "failed", "weird"]},
        "video": {"type": "object", "nullable": true, "properties": {"url": {"type": "string", "format": "uri"}}},
    }});
    json!({
        "openapi": "3.0.0", "info": {"title": WORDS, "version": "1", "description": WORDS},
        "servers": [{"url": "https://api.new.example/base", "description": WORDS}],
        "paths": {
            path: {"post": {
                "summary": WORDS, "description": WORDS,
                "requestBody": {"required": true, "description": WORDS, "content": media(request)},
                "responses": {status: {"description": WORDS, "content": media(&reply)}},
            }},
            "/tasks/{task_id}": {"get": {
                "summary": WORDS,
                "parameters": [{"name": "task_id", "in": "path", "required": true, "schema": {"type": "string"}}],
                "responses": {"200": {"description": WORDS, "content": media(&reply)}},
            }},
        },
    })
}

fn request(model: &str) -> Value {
    json!({"type": "object", "required": ["model", "prompt"], "description": WORDS, "properties": {
        "model": {"type": "string", "enum": [model]},
        "prompt": {"type": "string", "maxLength": 77, "description": WORDS, "example": WORDS},
        "input_image": {"type": "string", "format": "uri", "title": WORDS},
        "size": {"type": "integer", "enum": [5, 10], "default": "5"},
        "parts": {"type": "array", "minItems": 1, "nullable": true, "items": {
            "type": "object", "required": ["x"], "properties": {"x": {"type": "number", "maximum": 1.5}}}},
    }})
}

fn tables(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.starts_with('[') && !line.starts_with("[sources.")).collect()
}

/// The document with the defaults that our export sets aside because they break their own schema.
fn with_defaults(document: Value) -> Value {
    match document {
        Value::Object(members) => {
            let told = members.into_iter().map(|(key, value)| {
                let key = if key == "x-default" { "default".to_owned() } else { key };
                (key, with_defaults(value))
            });
            told.collect()
        }
        Value::Array(items) => items.into_iter().map(with_defaults).collect(),
        other => other,
    }
}

#[test]
fn what_a_contract_documents_itself_changes_nothing() {
    for vendor in newest() {
        let contract = &vendor.contract;
        let own = with_defaults(export(contract, View::Documented));
        let text = import(&[file("own.json", &own)], &wanted(Some(contract))).unwrap();
        assert_eq!(tables(&text), [""; 0], "{}:\n{text}", contract.full_id());
        let again = overlaid("own.toml", &text).unwrap();
        assert_eq!(again.contract.edition, "2027-01-05");
        for (id, model) in &again.contract.models {
            assert_eq!(model.request, contract.models[id].request, "{id}");
        }
    }
}

#[test]
fn a_new_model_of_a_known_vendor_is_a_patch_that_loads() {
    let contract = known();
    let path = &contract.operations[&Operation::Submit].routes[0].path;
    let text =
        import(&[file("new.json", &document(path, &request("new/one"), "202"))], &wanted(Some(contract)))
            .unwrap();
    assert!(!text.contains(WORDS), "{text}");
    let made = overlaid("new.toml", &text).unwrap().contract;
    assert_eq!(made.operations[&Operation::Submit].status.documented, Some(202));
    assert_eq!(made.models.len(), contract.models.len() + 1);
    let model = &made.models["new/one"];
    let member = |name: &str| &model.request["properties"][name];
    assert_eq!(member("prompt")["maxLength"], 77);
    assert_eq!(member("prompt")["x-role"], "prompt", "what the contract knows of such a member is kept");
    assert_eq!(member("input_image")["x-url"], true);
    assert_eq!(member("parts")["type"], json!(["array", "null"]));
    assert_eq!(member("parts")["items"]["properties"]["x"]["maximum"], 1.5);
    assert_eq!(model.request["x-source"], "file-new");
    assert!(made.request_checker(model).accepts(&json!({"model": "new/one", "prompt": "a"})));
    assert!(!made.request_checker(model).accepts(&json!({"model": "new/one", "prompt": "a", "size": 7})));
    assert_eq!(made.sources["file-new"].title, "new.json");
    assert!(
        text.contains("the default is of another type than the value (submit.request/size): new.json"),
        "{text}"
    );
}

#[test]
fn a_model_that_changed_is_told_with_what_changed() {
    let contract = known();
    let own = export(contract, View::Documented);
    let (id, pointer) = own["paths"]
        .as_object()
        .unwrap()
        .keys()
        .find_map(|path| {
            let place = format!(
                "/paths/{}/post/requestBody/content",
                mockreel_contracts::contract::check::schema::escape(path)
            );
            own.pointer(&place)?;
            Some((contract.models.keys().next().unwrap().clone(), path.clone()))
        })
        .unwrap();
    let mut changed = documented(&contract.models[&id].request);
    changed["properties"]["prompt"]["maxLength"] = json!(9);
    changed["properties"]["added"] = json!({"type": "boolean"});
    changed["required"].as_array_mut().unwrap().push(json!("added"));
    changed["properties"].as_object_mut().unwrap().shift_remove("negative_prompt");
    let text =
        import(&[file("a.json", &document(&pointer, &changed, "200"))], &wanted(Some(contract))).unwrap();
    assert!(text.contains("# Not as before: "), "{text}");
    for told in ["`prompt` is another", "`added` is new", "`negative_prompt` is gone"] {
        assert!(text.contains(told), "{told}: {text}");
    }
    let made = overlaid("a.toml", &text).unwrap().contract;
    let model = &made.models[&id];
    assert!(model.request["properties"].get("negative_prompt").is_none());
    assert_eq!(model.request["properties"]["prompt"]["maxLength"], 9);
    let before = &contract.models[&id].request["properties"]["duration"];
    assert_eq!(
        model.request["properties"]["duration"]["enum"], before["enum"],
        "what is enforced beside it is kept"
    );
    assert_eq!(model.title, contract.models[&id].title);
}

#[test]
fn a_path_that_is_new_comes_first_and_the_others_stay() {
    let contract = known();
    let id = contract.models.keys().next().unwrap();
    let schema = documented(&contract.models[id].request);
    let text =
        import(&[file("a.json", &document("/v9/make", &schema, "200"))], &wanted(Some(contract))).unwrap();
    let made = overlaid("a.toml", &text).unwrap().contract;
    let paths: Vec<&str> =
        made.operations[&Operation::Submit].routes.iter().map(|route| route.path.as_str()).collect();
    assert_eq!(paths[0], "/base/v9/make");
    let before = contract.operations[&Operation::Submit].routes.iter().map(|route| route.path.as_str());
    assert_eq!(paths[1..], before.collect::<Vec<_>>());
}

#[test]
fn what_was_written_before_the_newest_edition_is_laid_over_the_one_in_force_then() {
    let newest = known();
    let submit = |contract: &Contract| -> Vec<String> {
        contract.operations[&Operation::Submit].routes.iter().map(|route| route.path.clone()).collect()
    };
    let all = vendors().unwrap().iter().filter(|vendor| vendor.id() == newest.id);
    let older =
        all.filter(|vendor| submit(newest).iter().any(|path| !submit(&vendor.contract).contains(path)));
    let mut compared = 0;
    for older in older.map(|vendor| &**vendor.contract) {
        let held = in_force(&newest.id, &older.edition).unwrap().unwrap();
        assert_eq!(held.contract.edition, older.edition);
        let path = &submit(older)[0];
        let name = format!("{}-x.json", older.edition);
        let mut told = document(path, &request("old/one"), "200");
        told["servers"][0]["url"] = json!("https://api.new.example");
        told["paths"].as_object_mut().unwrap().shift_remove("/tasks/{task_id}");
        let files = [file(&name, &told)];
        let text = import(&files, &ImportOptions { edition: None, ..wanted(Some(older)) }).unwrap();
        assert!(text.contains(&format!("\nx-base = \"{}\"\n", older.edition)), "{text}");
        let made = overlaid("old.toml", &text).unwrap().contract;
        assert_eq!((&made.edition, submit(&made)), (&older.edition, submit(older)));
        let models = |contract: &Contract| contract.models.keys().cloned().collect::<Vec<_>>();
        assert_eq!(models(&made).len(), models(older).len() + 1);
        let loose = text.replace(&format!("x-base = \"{}\"\n", older.edition), "");
        let loose = overlaid("loose.toml", &loose).unwrap().contract;
        assert_eq!(submit(&loose), submit(newest), "without a base it is laid over the newest");
        compared += 1;
    }
    assert!(compared > 0);
}

#[test]
fn days_before_the_first_edition_are_compared_with_it_and_a_base_has_to_be_one() {
    let newest = known();
    let first = vendors().unwrap().iter().rfind(|vendor| vendor.id() == newest.id).unwrap();
    let held = in_force(&newest.id, "1999-01-01").unwrap().unwrap();
    assert_eq!(held.contract.edition, first.contract.edition);
    assert_eq!(in_force(&newest.id, "2999-01-01").unwrap().unwrap().contract.edition, newest.edition);
    assert!(in_force("nobody", "2999-01-01").unwrap().is_none());
    for base in ["\"1999-01-01\"", "7"] {
        let patch = format!("id = \"{}\"\nx-base = {base}", newest.id);
        let told = overlaid("p.toml", &patch).unwrap_err().to_string();
        assert!(told.contains(&format!("`x-base` is {base}: expected an edition, one of ")), "{told}");
        assert!(told.contains(&newest.edition) && told.contains("p.toml"), "{told}");
    }
}

#[test]
fn a_vendor_that_nobody_knows_becomes_a_skeleton_that_can_be_read() {
    let files = [
        file("2027-02-03-one.json", &document("/make", &request("new/one"), "201")),
        file("two.yaml", &document("/make", &request("new/two"), "201")),
    ];
    let text = import(&files, &ImportOptions { edition: None, title: Some("New"), ..wanted(None) }).unwrap();
    assert!(!text.contains(WORDS), "{text}");
    assert!(text.matches("# DECIDE: ").count() >= 12, "{text}");
    assert!(text.contains("a new one is served once its folder is in\n# contracts/src"), "{text}");
    let held: &'static str = Box::leak(text.clone().into_boxed_str());
    let made =
        load(Edition { file: "new.toml", text: held }, &[]).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let made = &made[0];
    assert_eq!((made.full_id().as_str(), made.title.as_str()), ("new@2027-02-03", "New"));
    assert_eq!(made.hosts, ["api.new.example"]);
    assert_eq!(made.models.keys().collect::<Vec<_>>(), ["new/one", "new/two"]);
    let words = |phase: &str| made.phases[phase].words.clone();
    assert_eq!(words("queued"), [json!("pending")]);
    assert_eq!(words("running"), [json!("processing")]);
    assert_eq!(words("succeeded"), [json!("done")]);
    assert_eq!(words("failed"), [json!("failed")]);
    assert!(text.contains("# DECIDE: what these words mean: \"weird\"."), "{text}");
    assert!(text.contains("DECIDE: whether `input_image` is a picture"), "{text}");
    let (submit, poll) = (&made.operations[&Operation::Submit], &made.operations[&Operation::Poll]);
    assert_eq!((submit.status.documented, submit.read.id.as_deref()), (Some(201), Some("/task_id")));
    assert_eq!(submit.routes[0].path, "/base/make");
    assert_eq!(poll.read.video_url, ["/video/url"]);
    assert!(made.sources["file-2027-02-03-one"].grade.is_documentation());
}

#[test]
fn what_cannot_be_used_is_told_and_the_rest_is() {
    let contract = known();
    let components = json!({"openapi": "3.1.0", "info": {"title": "x", "version": "1"},
        "components": {"schemas": {"Thing": {"type": "object"}}}});
    let text = import(&[file("parts.json", &components)], &wanted(Some(contract))).unwrap();
    assert!(text.contains("there are no paths, only schemas (Thing)"), "{text}");
    overlaid("parts.toml", &text).unwrap();
    assert_eq!(import(&[file("parts.json", &components)], &wanted(None)), Err(ImportError::NoOperation));
    assert_eq!(import(&[], &wanted(None)), Err(ImportError::Nothing));
    let broken = import(&[("b.json".to_owned(), b"{".to_vec())], &wanted(None)).unwrap_err().to_string();
    assert!(broken.starts_with("b.json: ") && broken.lines().count() == 1, "{broken}");
    let undated = ImportOptions { edition: None, ..wanted(None) };
    let plain = [file("a.json", &document("/make", &request("a"), "200"))];
    assert_eq!(import(&plain, &undated), Err(ImportError::NoDay));
    for bad in [
        "2027",
        "2027-1-05",
        "2027-01-05xx",
        "yesterday!",
        "2027-13-01",
        "2027-00-01",
        "2027-01-32",
        "2027-01-00",
    ] {
        let told = import(&plain, &ImportOptions { edition: Some(bad), ..wanted(None) });
        assert_eq!(told, Err(ImportError::BadDay(bad.to_owned())));
    }
    for bad in ["", "New", "a b", "../up", "a\nb", "é"] {
        let told = import(&plain, &ImportOptions { id: bad, ..wanted(None) }).unwrap_err();
        assert_eq!(told, ImportError::BadId(bad.to_owned()));
        assert_eq!(told.to_string().lines().count(), 1, "{told}");
    }
}

#[test]
fn what_is_said_of_members_without_a_name_is_kept() {
    let mut told = request("new/one");
    told["additionalProperties"] = json!(false);
    told["properties"]["labels"] = json!({"type": "object", "additionalProperties": {"type": "string", "maxLength": 4,
        "description": WORDS}});
    told["properties"]["box"] = json!({"type": "object", "additionalProperties": false, "required": ["x"],
        "properties": {"x": {"type": "number"}}});
    let contract = known();
    let path = &contract.operations[&Operation::Submit].routes[0].path;
    for known in [Some(contract), None] {
        let mut document = document(path, &told, "200");
        let answer =
            format!("/paths/{}/post/responses/200/content/application~1json/schema", path.replace('/', "~1"));
        let answer = document.pointer_mut(&answer).unwrap();
        answer["additionalProperties"] = json!(false);
        answer["properties"]["more"] = json!({"type": "object", "additionalProperties": {"type": "integer"}});
        let text = import(&[file("new.json", &document)], &wanted(known)).unwrap();
        assert!(!text.contains(WORDS) && !text.contains("\"*\""), "{text}");
        let made = if known.is_some() {
            overlaid("new.toml", &text).unwrap().contract.clone()
        } else {
            let held: &'static str = Box::leak(text.clone().into_boxed_str());
            Arc::new(load(Edition { file: "new.toml", text: held }, &[]).unwrap().remove(0))
        };
        let model = &made.models["new/one"];
        assert_eq!(model.request["additionalProperties"], false, "{text}");
        let labels = &model.request["properties"]["labels"]["additionalProperties"];
        assert_eq!((&labels["type"], &labels["maxLength"]), (&json!("string"), &json!(4)), "{text}");
        assert_eq!(model.request["properties"]["box"]["additionalProperties"], false, "{text}");
        let reply = &made.operations[&Operation::Submit].reply;
        assert_eq!(reply["additionalProperties"], false, "{text}");
        assert_eq!(reply["properties"]["more"]["additionalProperties"], json!({"type": "integer"}), "{text}");
        let accepts = |body: &Value| made.request_checker(model).accepts(body);
        assert!(accepts(&json!({"model": "new/one", "prompt": "a", "labels": {"any": "four"}})));
        assert!(!accepts(&json!({"model": "new/one", "prompt": "a", "labels": {"any": "fives"}})));
        assert!(!accepts(&json!({"model": "new/one", "prompt": "a", "other": 1})));
    }
}

#[test]
fn a_request_that_is_closed_is_not_the_one_that_was_open() {
    let contract = known();
    let id = contract.models.keys().next().unwrap();
    let path = &contract.operations[&Operation::Submit].routes[0].path;
    let mut told = documented(&contract.models[id].request);
    told["additionalProperties"] = json!(false);
    let text = import(&[file("a.json", &document(path, &told, "200"))], &wanted(Some(contract))).unwrap();
    assert!(text.contains("members that are not described are refused"), "{text}");
    let made = overlaid("a.toml", &text).unwrap().contract;
    assert_eq!(made.models[id].request["additionalProperties"], false);
}

#[test]
fn a_description_of_other_values_is_not_taken_over() {
    let contract = known();
    let path = &contract.operations[&Operation::Submit].routes[0].path;
    let listed = |schema: &&Value| schema.get("enum").is_some() && schema.get("description").is_some();
    let mut members =
        contract.models.values().filter_map(|model| model.request["properties"].as_object()).flatten();
    let (name, _) = members.find(|(name, schema)| *name != "model" && listed(schema)).unwrap();
    let mut told = request("new/one");
    told["properties"][name.as_str()] = json!({"type": "string", "enum": ["nobody-has", "this"]});
    let text = import(&[file("a.json", &document(path, &told, "200"))], &wanted(Some(contract))).unwrap();
    let made = overlaid("a.toml", &text).unwrap().contract;
    let member = &made.models["new/one"].request["properties"][name.as_str()];
    assert_eq!(member["enum"], json!(["nobody-has", "this"]));
    assert!(member.get("description").is_none(), "{member}");
    let prompt = &made.models["new/one"].request["properties"]["prompt"];
    assert!(prompt.get("description").is_some(), "without values there is nothing to contradict: {prompt}");
}

#[test]
fn a_hostile_file_makes_no_line_of_its_own() {
    let name = "x\n[models.evil]\nid = \"evil\".json";
    let mut hostile = request("a\"]\n[evil]\n");
    hostile["properties"]["a\nb = 1\n[evil]"] =
        json!({"type": "string", "enum": ["\n[evil]\n"], "pattern": "\"\"\""});
    for known in [Some(known()), None] {
        let text =
            import(&[file(name, &document("/make\n[evil]", &hostile, "200"))], &wanted(known)).unwrap();
        let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert!(!table.contains_key("evil"), "{text}");
        assert!(table.get("models").is_none_or(|models| models.get("evil").is_none()), "{text}");
    }
}
