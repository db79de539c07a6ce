//! Mutants that accept what they should refuse, most of them by one.

use mockreel_contracts::Problem;
use mockreel_contracts::problem::Place;
use mockreel_evidence::exchange::{Body, Outgoing};
use serde_json::{Value, json};

use super::super::mutant::Breaks::{Asks, Contract, Words};
use super::super::mutant::{Mutant, Said, body};
use super::{good_image, sent};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "takes-an-empty-body",
        what: "a submit without a body is accepted",
        surface: "302ai",
        breaks: Asks(|request| {
            if matches!(request.body, Body::None) {
                mend(request);
            }
        }),
        caught_by: &["VAL-01"],
    },
    Mutant {
        name: "mends-broken-bodies",
        what: "a form that breaks off is accepted",
        surface: "302ai",
        breaks: Asks(|request| {
            if claims(request, "multipart/") {
                mend(request);
            }
        }),
        caught_by: &["VAL-02"],
    },
    Mutant {
        name: "takes-plain-text",
        what: "a submit as plain text is accepted",
        surface: "302ai",
        breaks: Asks(|request| {
            if claims(request, "text/plain") {
                mend(request);
            }
        }),
        caught_by: &["VAL-03"],
    },
    Mutant {
        name: "has-a-default-model",
        what: "a submit that names no model is accepted",
        surface: "aimlapi",
        breaks: Asks(|request| {
            if let Some(body) = sent(request).filter(|body| body.get("model").is_none()) {
                body["model"] = json!("kling-video/v1/standard/image-to-video");
            }
        }),
        caught_by: &["VAL-04", "GEN-02"],
    },
    Mutant {
        name: "takes-any-model",
        what: "an unknown model is taken for a known one",
        surface: "aimlapi",
        breaks: Asks(|request| {
            if let Some(body) = sent(request).filter(|body| body["model"] == "kling-video/v0/none") {
                body["model"] = json!("kling-video/v1/standard/image-to-video");
            }
        }),
        caught_by: &["VAL-05"],
    },
    Mutant {
        name: "needs-no-picture",
        what: "a submit without a picture is accepted",
        surface: "aimlapi",
        breaks: Contract("[schemas.native_request]\nrequired = [\"model\"]"),
        caught_by: &["VAL-06", "GEN-02", "VAL-18"],
    },
    Mutant {
        name: "needs-no-prompt",
        what: "a submit without a prompt is accepted where one is needed",
        surface: "aimlapi",
        breaks: Contract("[schemas.mirror_request]\nrequired = [\"model\", \"image_url\"]"),
        caught_by: &["VAL-07", "GEN-02"],
    },
    Mutant {
        name: "needs-no-picture-in-a-form",
        what: "a form without a picture is accepted",
        surface: "302ai",
        breaks: Contract("[schemas.rapid]\nrequired = []"),
        caught_by: &["VAL-06", "GEN-02"],
    },
    Mutant {
        name: "needs-no-prompt-in-a-form",
        what: "a form without a prompt is accepted where one is needed",
        surface: "302ai",
        breaks: Contract("[schemas.text]\nrequired = []"),
        caught_by: &["VAL-07"],
    },
    Mutant {
        name: "sees-a-picture-in-any-text",
        what: "a text that is no address stands for a picture",
        surface: "aimlapi",
        breaks: Asks(|request| {
            if let Some(body) = sent(request).filter(|body| body["image_url"] == "not a url") {
                good_image(&mut body["image_url"]);
            }
        }),
        caught_by: &["VAL-08"],
    },
    Mutant {
        name: "takes-seven-seconds",
        what: "a length of seven seconds is accepted",
        surface: "aimlapi",
        breaks: Contract("[schemas.duration]\nenum = [5, 7, 10, \"5\", \"10\"]"),
        caught_by: &["VAL-09"],
    },
    Mutant {
        name: "takes-a-list-for-a-length",
        what: "a length that is a list is accepted",
        surface: "gmicloud",
        breaks: Asks(|request| {
            let length = sent(request).and_then(|body| body.pointer_mut("/payload/duration"));
            if let Some(length) = length.filter(|length| length.is_array()) {
                *length = json!("5");
            }
        }),
        caught_by: &["VAL-10"],
    },
    Mutant {
        name: "cfg-ends-at-1.01",
        what: "a cfg of 1.01 is accepted",
        surface: "302ai",
        breaks: Contract("[schemas.cfg]\nmaximum = 1.01"),
        caught_by: &["VAL-11"],
    },
    Mutant {
        name: "cfg-has-no-end",
        what: "a cfg of any height is accepted",
        surface: "apilaplas",
        breaks: Contract("[schemas.cfg_scale]\nx-remove = [\"maximum\"]"),
        caught_by: &["VAL-11", "GEN-02"],
    },
    Mutant {
        name: "cfg-begins-below-nothing",
        what: "a cfg of -0.01 is accepted",
        surface: "gmicloud",
        breaks: Contract("[schemas.cfg_scale]\nminimum = -0.01"),
        caught_by: &["VAL-12"],
    },
    Mutant {
        name: "takes-one-character-more",
        what: "a prompt of 2501 characters is accepted",
        surface: "gmicloud",
        breaks: Contract("[schemas.prompt]\nmaxLength = 2501"),
        caught_by: &["VAL-13", "GEN-02"],
    },
    Mutant {
        name: "limits-prompts",
        what: "a prompt of 2501 characters is refused where no limit is known",
        surface: "apilaplas",
        breaks: Contract("[schemas.prompt]\nmaxLength = 2500"),
        caught_by: &["VAL-13"],
    },
    Mutant {
        name: "null-is-the-default-model",
        what: "null for a model is accepted",
        surface: "gmicloud",
        breaks: Asks(|request| {
            if let Some(body) = sent(request).filter(|body| body.get("model") == Some(&Value::Null)) {
                body["model"] = json!("Kling-Image2Video-V1.6-Standard");
            }
        }),
        caught_by: &["VAL-14"],
    },
    Mutant {
        name: "spins-the-camera",
        what: "a movement of the camera that does not exist is accepted",
        surface: "302ai",
        breaks: Contract("[schemas.camera_type]\nx-remove = [\"enum\"]"),
        caught_by: &["VAL-15", "GEN-02"],
    },
    Mutant {
        name: "turns-the-camera-to-eleven",
        what: "the camera goes one step too far",
        surface: "302ai",
        breaks: Contract("[schemas.camera_value]\nmaximum = 11.0"),
        caught_by: &["VAL-16"],
    },
    Mutant {
        name: "refuses-in-two-forms",
        what: "bad members are refused in another form than everything else",
        surface: "aimlapi",
        breaks: Words(|_, said, reply| {
            if let Said::Problem(Problem::Invalid { place: Place::Body, .. }) = said {
                *body(reply) = json!({"detail": [{"msg": "bad request"}]});
            }
        }),
        caught_by: &["VAL-17", "ERR-05"],
    },
    Mutant {
        name: "begins-at-the-end",
        what: "a last frame without a first is accepted",
        surface: "302ai",
        breaks: Contract("[schemas.hq]\nrequired = []"),
        caught_by: &["GEN-02"],
    },
    Mutant {
        name: "reads-any-cfg",
        what: "a cfg that is no number is accepted",
        surface: "gmicloud",
        breaks: Asks(|request| {
            let cfg = sent(request).and_then(|body| body.pointer_mut("/payload/cfg_scale"));
            if let Some(cfg) = cfg.filter(|cfg| *cfg == "much") {
                *cfg = json!(0.5);
            }
        }),
        caught_by: &["VAL-19"],
    },
    Mutant {
        name: "keeps-the-code-back",
        what: "refusals have no `err_code`",
        surface: "302ai",
        breaks: Words(|_, said, reply| {
            if let Said::Problem(_) = said {
                body(reply)["error"].as_object_mut().unwrap().shift_remove("err_code");
            }
        }),
        caught_by: &["ERR-05"],
    },
];

/// Whether a body of raw bytes claims a type.
fn claims(request: &Outgoing, kind: &str) -> bool {
    match &request.body {
        Body::Raw { content_type, .. } => content_type.as_deref().is_some_and(|held| held.starts_with(kind)),
        Body::None | Body::Json(_) | Body::Form(_) => false,
    }
}

/// Makes a good submit of a request, if it is one at all.
fn mend(request: &mut Outgoing) {
    if request.method == "POST" {
        request.body = Body::Json(json!({"input_image": "https://example.com/picture.jpg"}));
    }
}
