//! Mutants whose videos are not what was asked for, or not there.

use mockreel_contracts::Phase;
use serde_json::json;

use super::super::mutant::Breaks::{Answers, Contract, Words};
use super::super::mutant::{Mutant, Said, body};
use super::{credential, is_download};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "finishes-without-a-video",
        what: "a finished job has no video",
        surface: "gmicloud",
        breaks: Words(|_, said, reply| {
            if succeeded(said) {
                body(reply)["outcome"] = json!({});
            }
        }),
        caught_by: &["RES-01", "CHAOS-01", "CHAOS-02"],
    },
    Mutant {
        name: "leaves-the-host-out",
        what: "the video's address is a path without a host",
        surface: "apilaplas",
        breaks: Words(|_, said, reply| {
            if succeeded(said) {
                body(reply)["video"]["url"] = json!("/files/output.mp4");
            }
        }),
        caught_by: &["RES-01", "POLL-01"],
    },
    Mutant {
        name: "serves-a-page",
        what: "the video's address leads to a web page",
        surface: "gmicloud",
        breaks: Answers(|_, request, answer| {
            if is_download(request) {
                answer.headers.retain(|(name, _)| name != "content-type");
                answer.headers.push(("content-type".to_owned(), "text/html".to_owned()));
                answer.body = b"<html>signed in as nobody</html>".to_vec();
            }
        }),
        caught_by: &["RES-02", "RES-05"],
    },
    Mutant {
        name: "empties-the-index",
        what: "the video is an MP4 with an empty index, which cannot be played",
        surface: "aimlapi",
        breaks: Answers(|_, request, answer| {
            let index = answer.body.windows(4).position(|window| window == b"moov");
            if let Some(index) = index.filter(|_| is_download(request)) {
                answer.body.iter_mut().skip(index + 4).for_each(|byte| *byte = 0);
            }
        }),
        caught_by: &["RES-05"],
    },
    Mutant {
        name: "cuts-the-start-off",
        what: "the video does not begin as an MP4",
        surface: "302ai",
        breaks: Answers(|_, request, answer| {
            if is_download(request) && answer.body.len() > 16 {
                answer.body.drain(..16);
            }
        }),
        caught_by: &["RES-02"],
    },
    Mutant {
        name: "wants-a-key-for-videos",
        what: "the video's address cannot be read without a key",
        surface: "aimlapi@2025-07",
        breaks: Answers(|_, request, answer| {
            if is_download(request) && credential(request).is_none() {
                answer.status = 401;
                answer.body.clear();
            }
        }),
        caught_by: &["RES-02", "RES-05"],
    },
    Mutant {
        name: "throws-videos-away",
        what: "videos can be read for less than an hour",
        surface: "aimlapi",
        breaks: Contract("[results]\nexpire_after_days = 0.03"),
        caught_by: &["RES-03"],
    },
    Mutant {
        name: "tells-the-cost-as-text",
        what: "the cost of a finished job is text in place of a number",
        surface: "aimlapi",
        breaks: Words(|_, said, reply| {
            if succeeded(said) {
                body(reply)["meta"] = json!({"usage": {"credits_used": "315000"}});
            }
        }),
        caught_by: &["RES-04", "POLL-01", "DRIFT-02"],
    },
    Mutant {
        name: "tells-two-costs",
        what: "the cost of a finished job is told in two currencies that exclude each other",
        surface: "aimlapi",
        breaks: Words(|_, said, reply| {
            if succeeded(said) {
                body(reply)["meta"] = json!({"usage": {"credits_used": 315_000, "tokens_used": 315_000}});
            }
        }),
        caught_by: &["RES-04"],
    },
    Mutant {
        name: "makes-three-seconds-of-five",
        what: "the video is shorter than was asked for",
        surface: "302ai",
        breaks: Contract("[models.m2v_15_img2video.output]\nseconds = 3"),
        caught_by: &["RES-05"],
    },
];

fn succeeded(said: Said<'_>) -> bool {
    matches!(said, Said::Job(job) if job.phase == Phase::Succeeded)
}
