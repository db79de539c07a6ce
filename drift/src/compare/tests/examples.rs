//! Changes of the plain document, and all that must be found.

use serde_json::{Value, json};

use super::{REPLY, REQUEST, at, take};

pub(super) type Change = fn(&mut Value);

/// A change of the plain document, and all that must be found.
pub(super) const EXAMPLES: &[(Change, &[&str])] = &[
    (|_| {}, &[]),
    (
        |root| {
            let item = take(root, "/paths", "/v1/videos");
            root["paths"]["/v2/videos"] = item;
        },
        &["breaking path-moved submit.path"],
    ),
    (
        |root| root["paths"]["/v1/balance"] = json!({"get": {"responses": {"200": {"description": "ok"}}}}),
        &["compatible path-added balance.path/v1/balance"],
    ),
    (
        |root| {
            take(root, "/paths", "/v1/videos/{id}");
        },
        &["breaking path-removed poll.path/v1/videos/{id}"],
    ),
    (|root| root["servers"][0]["url"] = "https://other.example".into(), &["risky server-changed servers"]),
    (
        |root| {
            let reply = take(root, "/paths/~1v1~1videos/post/responses", "201");
            root["paths"]["/v1/videos"]["post"]["responses"]["200"] = reply;
        },
        &["breaking status-changed submit.status"],
    ),
    (
        |root| {
            let content = root.pointer_mut("/paths/~1v1~1videos/post/requestBody/content").unwrap();
            let media = content["application/json"].take();
            *content = json!({"multipart/form-data": media});
        },
        &["breaking media-type-changed submit.request"],
    ),
    (
        |root| at(root, REQUEST, "/properties")["seed"] = json!({"type": "integer"}),
        &["compatible member-added submit.request/seed"],
    ),
    (
        |root| {
            at(root, REQUEST, "/properties")["seed"] = json!({"type": "integer"});
            at(root, REQUEST, "/required").as_array_mut().unwrap().push("seed".into());
        },
        &["breaking member-added submit.request/seed"],
    ),
    (
        |root| {
            take(root, &format!("{REQUEST}/properties"), "image_url");
        },
        &["risky member-removed submit.request/image_url"],
    ),
    (
        |root| {
            take(root, &format!("{REPLY}/properties"), "usage");
        },
        &["risky member-removed poll.reply/200/usage"],
    ),
    (
        |root| {
            let member = take(root, &format!("{REQUEST}/properties"), "mask_url");
            at(root, REQUEST, "/properties")["mask"] = member;
        },
        &["risky member-renamed submit.request/mask_url"],
    ),
    (
        |root| {
            let member = take(root, &format!("{REPLY}/properties/usage/properties"), "tokens_used");
            at(root, REPLY, "/properties/usage/properties")["credits_used"] = member;
            at(root, REPLY, "/properties/usage")["required"] = json!(["credits_used"]);
        },
        &["breaking member-renamed poll.reply/200/usage/tokens_used"],
    ),
    (
        |root| {
            let member = take(root, &format!("{REPLY}/properties"), "length");
            at(root, REPLY, "/properties/video/properties")["length"] = member;
        },
        &["risky member-moved poll.reply/200/length"],
    ),
    (
        |root| {
            let members = at(root, REQUEST, "/properties").take();
            *at(root, REQUEST, "/properties") = json!({"model": members["model"], "payload": {"type": "object", "properties": {
            "prompt": members["prompt"], "duration": members["duration"], "image_url": members["image_url"], "mask_url": members["mask_url"]}}});
            *at(root, REQUEST, "/required") = json!(["model"]);
        },
        &[
            "risky member-moved submit.request/duration",
            "risky member-moved submit.request/image_url",
            "risky member-moved submit.request/mask_url",
            "risky member-moved submit.request/prompt",
        ],
    ),
    (
        |root| *at(root, REQUEST, "/properties/image_url/type") = json!("array"),
        &["breaking type-changed submit.request/image_url"],
    ),
    (
        |root| *at(root, REPLY, "/properties/length/type") = json!("integer"),
        &["compatible type-changed poll.reply/200/length"],
    ),
    (
        |root| *at(root, REQUEST, "/properties/duration/enum") = json!([5]),
        &["breaking enum-changed submit.request/duration"],
    ),
    (
        |root| *at(root, REPLY, "/properties/status/enum") = json!(["done", "queued", "failed"]),
        &["risky enum-changed poll.reply/200/status"],
    ),
    (
        |root| *at(root, REQUEST, "/properties/model/enum") = json!(["m2", "m3"]),
        &["breaking enum-changed submit.request/model"],
    ),
    (
        |root| *at(root, REQUEST, "/properties/prompt/maxLength") = json!(2500),
        &["compatible limit-changed submit.request/prompt"],
    ),
    (
        |root| *at(root, REQUEST, "/properties/prompt/maxLength") = json!(100),
        &["breaking limit-changed submit.request/prompt"],
    ),
    (
        |root| *at(root, REQUEST, "/properties/duration/default") = json!(10),
        &["risky default-changed submit.request/duration"],
    ),
    (
        |root| *at(root, REQUEST, "/required") = json!(["model"]),
        &["compatible required-changed submit.request/prompt"],
    ),
    (
        |root| *at(root, REPLY, "/required") = json!(["id"]),
        &["breaking required-changed poll.reply/200/status"],
    ),
    (
        |root| at(root, REPLY, "/properties/video")["nullable"] = json!(true),
        &["breaking nullable-changed poll.reply/200/video"],
    ),
    (
        |root| at(root, REQUEST, "/properties/image_url")["format"] = json!("uri"),
        &["risky format-changed submit.request/image_url"],
    ),
    (
        |root| at(root, REQUEST, "")["additionalProperties"] = json!(false),
        &["breaking limit-changed submit.request"],
    ),
    (
        |root| {
            take(root, "/paths/~1v1~1videos/post", "requestBody");
        },
        &["risky member-removed submit.request"],
    ),
    (
        |root| root["paths"]["/v1/videos"]["post"]["requestBody"]["required"] = json!(true),
        &["breaking required-changed submit.request"],
    ),
    (
        |root| {
            let header =
                json!([{"in": "header", "name": "X-Tenant", "required": true, "schema": {"type": "string"}}]);
            root["paths"]["/v1/videos"]["post"]["parameters"] = header;
        },
        &["breaking member-added submit.header/x-tenant"],
    ),
    (
        |root| {
            let parameter =
                root.pointer_mut("/paths/~1v1~1videos~1{id}/get/parameters/0/schema/type").unwrap();
            *parameter = json!("integer");
        },
        &["breaking type-changed poll.path/1"],
    ),
    (
        |root| root["security"] = json!([{"key": []}, {"other": []}]),
        &[
            "compatible security-changed poll.security",
            "compatible security-changed submit.security",
            "defect defect-security poll.security",
            "defect defect-security submit.security",
        ],
    ),
    (|root| at(root, REQUEST, "/properties")["seed"] = json!({"type": "integer", "readOnly": true}), &[]),
    (|root| *at(root, REQUEST, "/properties/duration/enum") = json!([10.0, 5.0]), &[]),
    (
        |root| {
            let member = take(root, &format!("{REQUEST}/properties"), "image_url");
            at(root, REQUEST, "/properties")["end_image_url"] = member;
            let first = take(root, &format!("{REQUEST}/properties"), "mask_url");
            at(root, REQUEST, "/properties")["start_image_url"] = first;
        },
        &[
            "risky member-renamed submit.request/image_url",
            "risky member-removed submit.request/mask_url",
            "compatible member-added submit.request/start_image_url",
        ],
    ),
    (
        |root| root["security"] = json!([]),
        &["compatible security-changed poll.security", "compatible security-changed submit.security"],
    ),
    (
        |root| at(root, REQUEST, "/properties/prompt")["description"] = json!("Words"),
        &["cosmetic text-changed words"],
    ),
    (
        |root| at(root, REQUEST, "/properties/prompt")["deprecated"] = json!(true),
        &["compatible deprecation-changed submit.request/prompt"],
    ),
    (
        |root| root["paths"]["/v1/videos"]["post"]["deprecated"] = json!(true),
        &["compatible deprecation-changed submit.path"],
    ),
    (
        |root| {
            let forms = json!([{"type": "string", "maxLength": 500}, {"type": "string", "format": "uri"}]);
            *at(root, REQUEST, "/properties/image_url") = json!({"anyOf": forms});
        },
        &["breaking alternative-changed submit.request/image_url"],
    ),
    (
        |root| {
            at(root, REPLY, "")["discriminator"] =
                json!({"propertyName": "status", "mapping": {"done": "Done"}});
        },
        &["compatible discriminator-changed poll.reply/200"],
    ),
    (
        |root| {
            let parameter = root.pointer_mut("/paths/~1v1~1videos~1{id}/get/parameters/0").unwrap();
            parameter["style"] = json!("label");
        },
        &["risky style-changed poll.path/1"],
    ),
    (
        |root| root["components"]["schemas"]["unused"] = json!({"type": "integer"}),
        &["cosmetic unreachable-changed components"],
    ),
];
