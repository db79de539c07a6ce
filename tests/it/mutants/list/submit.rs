//! Mutants that refuse what they should accept, or answer a submit wrongly.

use serde_json::json;

use super::super::mutant::Breaks::{Asks, Contract, Option, Words};
use super::super::mutant::{Mutant, Said, body};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "submit-answers-202",
        what: "a submit is answered with 202 in place of 201",
        surface: "aimlapi@2025-07",
        breaks: Words(|_, said, reply| {
            if matches!(said, Said::Submitted) {
                reply.status = 202;
            }
        }),
        caught_by: &["SUB-01"],
    },
    Mutant {
        name: "wants-a-seed",
        what: "a member is required that no document names",
        surface: "apilaplas",
        breaks: Contract(
            r#"
            [models."kling-video/v1.6/standard/image-to-video".request]
            required = ["model", "image_url", "prompt", "seed"]
            "#,
        ),
        caught_by: &["SUB-01", "SUB-06", "SUB-07", "SUB-15", "GEN-01"],
    },
    Mutant {
        name: "done-at-once",
        what: "a submit answers with the finished job",
        surface: "gmicloud",
        breaks: Option("first_status", "success"),
        caught_by: &["SUB-02", "SUB-04"],
    },
    Mutant {
        name: "says-completed-at-once",
        what: "a submit says that the job has succeeded, which it has not",
        surface: "aimlapi@2025-07",
        breaks: Words(|_, said, reply| {
            if matches!(said, Said::Submitted) {
                body(reply)["status"] = json!("completed");
            }
        }),
        caught_by: &["SUB-02"],
    },
    Mutant {
        name: "forgets-when",
        what: "the answer to a submit lacks `created_at`",
        surface: "gmicloud",
        breaks: Words(|_, said, reply| {
            if matches!(said, Said::Submitted) {
                body(reply).as_object_mut().unwrap().shift_remove("created_at");
            }
        }),
        caught_by: &["SUB-03", "DRIFT-02"],
    },
    Mutant {
        name: "result-is-a-text",
        what: "`result` of a submit is text in place of a number",
        surface: "302ai",
        breaks: Words(|_, said, reply| {
            if matches!(said, Said::Submitted) {
                body(reply)["result"] = json!("1");
            }
        }),
        caught_by: &["SUB-03", "DRIFT-02"],
    },
    Mutant {
        name: "brings-a-video-at-once",
        what: "the answer to a submit has a video already",
        surface: "aimlapi",
        breaks: Words(|_, said, reply| {
            if matches!(said, Said::Submitted) {
                body(reply)["video"] = json!({"url": "https://example.com/soon.mp4"});
            }
        }),
        caught_by: &["SUB-04", "DRIFT-04"],
    },
    Mutant {
        name: "finds-new-jobs-late",
        what: "a job is not found in the moment of its submit",
        surface: "aimlapi",
        breaks: Words(|exchange, said, reply| {
            if let Said::Job(job) = said
                && job.submitted_at == exchange.now
            {
                reply.status = 404;
                *body(reply) = json!({"message": "Not Found"});
            }
        }),
        caught_by: &["SUB-05", "POLL-01"],
    },
    Mutant {
        name: "promises-another-id",
        what: "a submit names an id under which the job is not found",
        surface: "302ai",
        breaks: Words(|_, said, reply| {
            if matches!(said, Said::Submitted) {
                body(reply)["data"]["task"]["id"] = json!("kling_000000000000");
            }
        }),
        caught_by: &["SUB-05", "POLL-09", "SUB-16"],
    },
    Mutant {
        name: "cfg-ends-at-0.4",
        what: "a cfg of 0.5 is refused",
        surface: "apilaplas",
        breaks: Contract("[schemas.cfg_scale]\nmaximum = 0.4"),
        caught_by: &["SUB-06", "GEN-01"],
    },
    Mutant {
        name: "refuses-data-uris",
        what: "a picture as a data URI is refused",
        surface: "gmicloud",
        breaks: Option("data_uris", "refuse"),
        caught_by: &["SUB-07", "PIC-06"],
    },
    Mutant {
        name: "refuses-last-frames",
        what: "a last frame is refused",
        surface: "aimlapi",
        breaks: Contract("[schemas.tail_image_url]\nmaxLength = 3"),
        caught_by: &["SUB-08", "GEN-01"],
    },
    Mutant {
        name: "insists-on-text",
        what: "a length as a number is refused",
        surface: "gmicloud",
        breaks: Option("strict_duration", "on"),
        caught_by: &["SUB-09"],
    },
    Mutant {
        name: "knows-every-member",
        what: "a member that no document names is refused",
        surface: "apilaplas",
        breaks: Contract(
            r#"
            [models."kling-video/v1.6/standard/image-to-video".request]
            additionalProperties = false
            "#,
        ),
        caught_by: &["SUB-10"],
    },
    Mutant {
        name: "refuses-ratios",
        what: "the deprecated member for the ratio takes another value only",
        surface: "apilaplas",
        breaks: Contract("[schemas.ratio]\nenum = [\"4:3\"]"),
        caught_by: &["SUB-11", "GEN-01"],
    },
    Mutant {
        name: "ten-seconds-make-five",
        what: "the path for ten seconds makes five",
        surface: "302ai",
        breaks: Asks(|request| request.url = request.url.replace("_10s", "")),
        caught_by: &["SUB-12"],
    },
    Mutant {
        name: "camera-stands-still",
        what: "every movement of the camera is refused",
        surface: "302ai",
        breaks: Contract("[schemas.camera_type]\nenum = [\"empty\"]"),
        caught_by: &["SUB-13"],
    },
    Mutant {
        name: "takes-no-files",
        what: "a picture as a file of the form is refused",
        surface: "302ai",
        breaks: Contract("[schemas.input_image.x-image]\ntransports = [\"url\"]"),
        caught_by: &["SUB-14", "SUB-01", "PIC-06"],
    },
    Mutant {
        name: "takes-no-addresses",
        what: "a picture by its address is refused",
        surface: "gmicloud",
        breaks: Contract("[schemas.image.x-image]\ntransports = [\"data_uri\", \"base64\"]"),
        caught_by: &["SUB-15", "SUB-01"],
    },
];
