//! The ways in which operations and the whole of a description are changed, and what the report must say of each.

use serde_json::{Value, json};

use crate::Severity;
use crate::Severity::{Breaking, Compatible, Risky};

/// A way of changing an operation, or the whole: every mutant of a description.
type OperationChange = fn(&Value) -> Vec<Value>;

/// A mutant for each operation at which the change has a place.
fn each(root: &Value, change: impl Fn(&mut Value, &str) -> Option<()>) -> Vec<Value> {
    let mut mutants = Vec::new();
    for (path, item) in root["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys().filter(|key| *key != "parameters") {
            let mut mutant = root.clone();
            let pointer = format!("/paths/{}/{method}", path.replace('~', "~0").replace('/', "~1"));
            if change(&mut mutant, &pointer).is_some() {
                mutants.push(mutant);
            }
        }
    }
    mutants
}

fn at<'v>(root: &'v mut Value, pointer: &str) -> Option<&'v mut Value> {
    root.pointer_mut(pointer)
}

fn add_parameter(operation: &mut Value, is_required: bool) -> Option<()> {
    let parameter =
        json!({"in": "query", "name": "added_one", "required": is_required, "schema": {"type": "string"}});
    match operation.get_mut("parameters").and_then(Value::as_array_mut) {
        Some(list) => list.push(parameter),
        None => operation["parameters"] = json!([parameter]),
    }
    Some(())
}

fn queries(operation: &mut Value) -> Option<&mut Vec<Value>> {
    let list = operation.get_mut("parameters")?.as_array_mut()?;
    list.iter().any(|held| held["in"] == "query" && held["required"] != true).then_some(list)
}

fn names_all(operation: &Value) -> bool {
    operation["responses"].as_object().unwrap().keys().all(|status| status != "default")
}

/// What changes about operations and the whole.
pub(super) const OPERATIONS: &[(&str, OperationChange, &str, Severity)] = &[
    (
        "an operation goes",
        |root| {
            each(root, |root, at| {
                let (path, method) = at.rsplit_once('/')?;
                root.pointer_mut(path)?.as_object_mut()?.shift_remove(method).map(|_| ())
            })
        },
        "path-removed",
        Breaking,
    ),
    (
        "an operation comes",
        |root| {
            let mut mutant = root.clone();
            mutant["paths"]["/something/else"] =
                json!({"head": {"responses": {"200": {"description": "ok"}}}});
            vec![mutant]
        },
        "path-added",
        Compatible,
    ),
    (
        "an operation is deprecated",
        |root| {
            each(root, |root, pointer| {
                at(root, pointer)?["deprecated"] = json!(true);
                Some(())
            })
        },
        "deprecation-changed",
        Compatible,
    ),
    (
        "a parameter comes",
        |root| each(root, |root, pointer| add_parameter(at(root, pointer)?, false)),
        "member-added",
        Compatible,
    ),
    (
        "a parameter comes that must be there",
        |root| each(root, |root, pointer| add_parameter(at(root, pointer)?, true)),
        "member-added",
        Breaking,
    ),
    (
        "a parameter goes",
        |root| {
            each(root, |root, pointer| {
                let list = queries(at(root, pointer)?)?;
                let index = list.iter().position(|held| held["in"] == "query" && held["required"] != true)?;
                list.remove(index);
                Some(())
            })
        },
        "member-removed",
        Risky,
    ),
    (
        "a parameter must be there",
        |root| {
            each(root, |root, pointer| {
                let list = queries(at(root, pointer)?)?;
                list.iter_mut().find(|held| held["in"] == "query" && held["required"] != true)?["required"] =
                    json!(true);
                Some(())
            })
        },
        "required-changed",
        Breaking,
    ),
    (
        "a refusal comes",
        |root| {
            each(root, |root, pointer| {
                let operation = at(root, pointer)?;
                names_all(operation).then(|| operation["responses"]["418"] = json!({"description": "no"}))
            })
        },
        "status-changed",
        Risky,
    ),
    (
        "a refusal goes",
        |root| {
            each(root, |root, pointer| {
                let replies = at(root, pointer)?["responses"].as_object_mut()?;
                let status = replies.keys().find(|status| status.starts_with('4'))?.clone();
                replies.shift_remove(&status).map(|_| ())
            })
        },
        "status-changed",
        Compatible,
    ),
    (
        "the good status differs",
        |root| {
            each(root, |root, pointer| {
                let replies = at(root, pointer)?["responses"].as_object_mut()?;
                let status = replies.keys().find(|status| status.starts_with('2'))?.clone();
                let reply = replies.shift_remove(&status)?;
                replies.insert("203".to_owned(), reply);
                Some(())
            })
        },
        "status-changed",
        Breaking,
    ),
    (
        "a body must be there",
        |root| {
            each(root, |root, pointer| {
                let body = at(root, pointer)?.get_mut("requestBody")?;
                (body.get("required") != Some(&json!(true))).then(|| body["required"] = json!(true))
            })
        },
        "required-changed",
        Breaking,
    ),
    (
        "a body need not be there",
        |root| {
            each(root, |root, pointer| {
                let body = at(root, pointer)?.get_mut("requestBody")?;
                (body.get("required") == Some(&json!(true))).then(|| body["required"] = json!(false))
            })
        },
        "required-changed",
        Compatible,
    ),
    (
        "a body has another content type",
        |root| {
            each(root, |root, pointer| {
                let body = at(root, pointer)?.get_mut("requestBody")?;
                let held = body["content"].as_object()?.values().next()?.clone();
                body["content"] = json!({"multipart/form-data": held});
                Some(())
            })
        },
        "media-type-changed",
        Breaking,
    ),
    (
        "a body has a second content type",
        |root| {
            each(root, |root, pointer| {
                let body = at(root, pointer)?.get_mut("requestBody")?;
                let held = body["content"].as_object()?.values().next()?.clone();
                body["content"]["multipart/form-data"] = held;
                Some(())
            })
        },
        "media-type-changed",
        Compatible,
    ),
    (
        "an answer has another content type",
        |root| {
            each(root, |root, pointer| {
                let replies = at(root, pointer)?["responses"].as_object_mut()?;
                let reply = replies.values_mut().find(|reply| reply.get("content").is_some())?;
                let held = reply["content"].as_object()?.values().next()?.clone();
                reply["content"] = json!({"application/xml": held});
                Some(())
            })
        },
        "media-type-changed",
        Breaking,
    ),
    (
        "a header of an answer comes",
        |root| {
            each(root, |root, pointer| {
                let replies = at(root, pointer)?["responses"].as_object_mut()?;
                let reply = replies.values_mut().find(|reply| reply.get("$ref").is_none())?;
                reply["headers"]["X-Added-One"] = json!({"schema": {"type": "integer"}});
                Some(())
            })
        },
        "member-added",
        Compatible,
    ),
    (
        "a header of an answer is text",
        |root| {
            each(root, |root, pointer| {
                let replies = at(root, pointer)?["responses"].as_object_mut()?;
                let header = replies
                    .values_mut()
                    .find_map(|reply| reply.get_mut("headers"))?
                    .as_object_mut()?
                    .values_mut()
                    .next()?;
                header["schema"] = json!({"type": "array", "items": {"type": "string"}});
                Some(())
            })
        },
        "type-changed",
        Breaking,
    ),
    (
        "another key is asked for",
        |root| {
            each(root, |root, pointer| {
                root["components"]["securitySchemes"]["other"] =
                    json!({"type": "apiKey", "in": "query", "name": "k"});
                at(root, pointer)?["security"] = json!([{"other": []}]);
                Some(())
            })
        },
        "security-changed",
        Breaking,
    ),
    (
        "no key is asked for",
        |root| {
            each(root, |root, pointer| {
                let asked =
                    root.get("security").is_some() || root.pointer(pointer)?.get("security").is_some();
                asked.then_some(())?;
                at(root, pointer)?["security"] = json!([]);
                Some(())
            })
        },
        "security-changed",
        Compatible,
    ),
    (
        "the server has another name",
        |root| {
            let mut mutant = root.clone();
            let Some(url) = mutant.pointer_mut("/servers/0/url") else { return Vec::new() };
            *url = json!(url.as_str().unwrap().replace(".example", ".elsewhere.example"));
            vec![mutant]
        },
        "server-changed",
        Risky,
    ),
    (
        "the server has another path",
        |root| {
            let mut mutant = root.clone();
            let Some(url) = mutant.pointer_mut("/servers/0/url") else { return Vec::new() };
            *url = json!(format!("{}/next", url.as_str().unwrap().trim_end_matches('/')));
            vec![mutant]
        },
        "server-changed",
        Breaking,
    ),
    (
        "an operation names another server",
        |root| {
            each(root, |root, pointer| {
                root.get("servers")?;
                let url = root.pointer("/servers/0/url")?.as_str()?.replace(".example", ".far.example");
                at(root, pointer)?["servers"] = json!([{"url": url}]);
                Some(())
            })
        },
        "server-changed",
        Risky,
    ),
    (
        "a list travels otherwise",
        |root| {
            each(root, |root, pointer| {
                let list = at(root, pointer)?.get_mut("parameters")?.as_array_mut()?;
                let held = list
                    .iter_mut()
                    .find(|held| held["in"] == "query" && held["schema"]["type"] == "array")?;
                held["style"] = json!("pipeDelimited");
                held["explode"] = json!(false);
                Some(())
            })
        },
        "style-changed",
        Breaking,
    ),
];
