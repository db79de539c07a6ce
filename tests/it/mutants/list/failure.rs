//! Mutants that fail badly.

use mockreel_contracts::{Phase, Problem};
use serde_json::json;

use super::super::mutant::Breaks::{Asks, Words};
use super::super::mutant::{Mutant, Said, body};
use super::{good_image, sent};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "fails-without-a-reason",
        what: "a failed job does not say why",
        surface: "aimlapi",
        breaks: Words(|_, said, reply| {
            if failed(said) {
                body(reply).as_object_mut().unwrap().shift_remove("error");
            }
        }),
        caught_by: &["ERR-01"],
    },
    Mutant {
        name: "buries-failed-jobs",
        what: "a failed job is answered with an error of the server",
        surface: "gmicloud",
        breaks: Words(|_, said, reply| {
            if failed(said) {
                reply.status = 500;
            }
        }),
        caught_by: &["ERR-01"],
    },
    Mutant {
        name: "fails-with-a-video",
        what: "a failed job has a video",
        surface: "aimlapi@2025-07",
        breaks: Words(|_, said, reply| {
            if failed(said) {
                body(reply)["video"] = json!({"url": "https://example.com/half.mp4"});
            }
        }),
        caught_by: &["ERR-01"],
    },
    Mutant {
        name: "bills-failed-jobs",
        what: "a failed job tells a cost",
        surface: "aimlapi",
        breaks: Words(|_, said, reply| {
            if failed(said) {
                body(reply)["meta"] = json!({"usage": {"credits_used": 315_000}});
            }
        }),
        caught_by: &["ERR-02"],
    },
    Mutant {
        name: "sees-what-is-not-there",
        what: "a picture that cannot be reached becomes a video all the same",
        surface: "apilaplas",
        breaks: Asks(|request| {
            let unreachable = "http://127.0.0.1:1/picture.jpg";
            if let Some(body) = sent(request).filter(|body| body["image_url"] == unreachable) {
                good_image(&mut body["image_url"]);
            }
        }),
        caught_by: &["ERR-04"],
    },
    Mutant {
        name: "breaks-in-other-words",
        what: "an error of the server has another form than refusals",
        surface: "gmicloud",
        breaks: Words(|_, said, reply| {
            if broke(said) {
                *body(reply) = json!({"message": "Internal server error"});
            }
        }),
        caught_by: &["ERR-03"],
    },
    Mutant {
        name: "breaks-in-silence",
        what: "an error of the server is answered with status 200",
        surface: "aimlapi",
        breaks: Words(|_, said, reply| {
            if broke(said) {
                reply.status = 200;
            }
        }),
        caught_by: &["ERR-03"],
    },
];

fn broke(said: Said<'_>) -> bool {
    matches!(said, Said::Problem(Problem::Internal))
}

fn failed(said: Said<'_>) -> bool {
    matches!(said, Said::Job(job) if job.phase == Phase::Failed)
}
