//! Mutants that tell the life of a job wrongly.

use mockreel_contracts::dialect::FailureView;
use mockreel_contracts::problem::Place;
use mockreel_contracts::{FailureReason, Phase, Problem};
use serde_json::json;

use super::super::mutant::Breaks::{Answers, Contract, Sight, Words};
use super::super::mutant::{Mutant, Said, body};
use super::{is_download, rewritten};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "drops-the-status",
        what: "a poll of a running job has no status",
        surface: "aimlapi",
        breaks: Words(|_, said, reply| {
            if says(said, Phase::Running) {
                body(reply).as_object_mut().unwrap().shift_remove("status");
            }
        }),
        caught_by: &["POLL-01", "POLL-02", "DRIFT-02"],
    },
    Mutant {
        name: "says-rendering",
        what: "a running job has a status that no document knows",
        surface: "apilaplas",
        breaks: Contract("[phases.running]\nwords = [\"rendering\"]"),
        caught_by: &["POLL-01", "POLL-02", "DRIFT-02"],
    },
    Mutant {
        name: "writes-numbers-as-text",
        what: "the status of a poll is text in place of a number",
        surface: "302ai",
        breaks: Words(|_, said, reply| {
            if let Said::Job(_) = said {
                let status = &mut body(reply)["data"]["status"];
                *status = json!(status.to_string());
            }
        }),
        caught_by: &["POLL-01", "POLL-02", "DRIFT-02"],
    },
    Mutant {
        name: "goes-back-to-the-queue",
        what: "a job that has run for a minute is queued again",
        surface: "gmicloud",
        breaks: Sight(|exchange, job| {
            let since = job.started_at.map_or(0, |at| exchange.now.0.saturating_sub(at.0));
            if job.phase == Phase::Running && since > 60_000 {
                job.phase = Phase::Queued;
                job.started_at = None;
            }
        }),
        caught_by: &["POLL-03"],
    },
    Mutant {
        name: "does-not-stay-finished",
        what: "a finished job runs again in every other second",
        surface: "aimlapi@2025-07",
        breaks: Sight(|exchange, job| {
            if job.phase == Phase::Succeeded && exchange.now.0 / 1000 % 2 == 1 {
                job.phase = Phase::Running;
                job.result = None;
            }
        }),
        caught_by: &["POLL-03", "GEN-04"],
    },
    Mutant {
        name: "shouts-ids",
        what: "polls repeat the job's id in capitals",
        surface: "gmicloud",
        breaks: Words(|_, said, reply| {
            if let Said::Job(job) = said {
                body(reply)["request_id"] = json!(job.id.to_uppercase());
            }
        }),
        caught_by: &["POLL-04"],
    },
    Mutant {
        name: "names-another-task",
        what: "polls name another task",
        surface: "302ai",
        breaks: Words(|_, said, reply| {
            if let Said::Job(_) = said {
                body(reply)["data"]["task"]["id"] = json!("kling_another-task");
            }
        }),
        caught_by: &["POLL-04"],
    },
    Mutant {
        name: "forgets-the-id",
        what: "polls do not name the job",
        surface: "aimlapi",
        breaks: Words(|_, said, reply| {
            if let Said::Job(_) = said {
                body(reply).as_object_mut().unwrap().shift_remove("id");
            }
        }),
        caught_by: &["POLL-04", "POLL-01", "DRIFT-04"],
    },
    Mutant {
        name: "shows-another-model",
        what: "polls say that the job is of another model",
        surface: "gmicloud",
        breaks: Words(|_, said, reply| {
            if let Said::Job(_) = said {
                body(reply)["model"] = json!("Kling-Text2Video-V1.6-Standard");
            }
        }),
        caught_by: &["POLL-12"],
    },
    Mutant {
        name: "is-born-again",
        what: "polls say that the job was created a moment ago",
        surface: "302ai",
        breaks: Words(|exchange, said, reply| {
            if let Said::Job(_) = said {
                body(reply)["data"]["task"]["createTime"] = json!(exchange.now.0);
            }
        }),
        caught_by: &["POLL-12"],
    },
    Mutant {
        name: "says-two-things",
        what: "the task's own status stays that of a running one",
        surface: "302ai",
        breaks: Words(|_, said, reply| {
            if let Said::Job(_) = said {
                body(reply)["data"]["task"]["status"] = json!(10);
            }
        }),
        caught_by: &["POLL-13"],
    },
    Mutant {
        name: "counts-its-answers",
        what: "every answer has a number of its own",
        surface: "gmicloud",
        breaks: Answers(|count, request, answer| {
            if !is_download(request) {
                *count += 1;
                let count = *count;
                rewritten(answer, |body| body["answer"] = json!(count));
            }
        }),
        caught_by: &["POLL-05"],
    },
    Mutant {
        name: "every-id-is-queued",
        what: "an id that no job has is told to be queued",
        surface: "aimlapi",
        breaks: Words(|_, said, reply| {
            if let Said::Problem(Problem::UnknownJob { id }) = said {
                reply.status = 200;
                *body(reply) = json!({"id": id, "status": "queued"});
            }
        }),
        caught_by: &["POLL-06", "AUTH-06"],
    },
    Mutant {
        name: "looks-need-no-id",
        what: "a poll without an id is answered with 200",
        surface: "apilaplas",
        breaks: Words(|_, said, reply| {
            if let Said::Problem(Problem::Invalid { place: Place::Query, .. }) = said {
                reply.status = 200;
            }
        }),
        caught_by: &["POLL-07", "DRIFT-02"],
    },
    Mutant {
        name: "stumbles-over-long-ids",
        what: "a poll with a long id is answered with an error of the server",
        surface: "gmicloud",
        breaks: Words(|_, said, reply| {
            if let Said::Problem(Problem::UnknownJob { id }) = said
                && id.len() > 200
            {
                reply.status = 500;
            }
        }),
        caught_by: &["POLL-08"],
    },
    Mutant {
        name: "never-ends",
        what: "jobs run for ever",
        surface: "aimlapi",
        breaks: Sight(|_, job| {
            if job.phase == Phase::Succeeded {
                job.phase = Phase::Running;
                job.result = None;
            }
        }),
        caught_by: &["POLL-09", "CHAOS-01", "CHAOS-02", "GEN-04"],
    },
    Mutant {
        name: "fails-the-plainest-job",
        what: "good jobs fail",
        surface: "302ai",
        breaks: Sight(|_, job| {
            if job.phase == Phase::Succeeded {
                job.phase = Phase::Failed;
                job.result = None;
                job.failure = Some(FailureView { reason: FailureReason::Internal, detail: None });
            }
        }),
        caught_by: &["POLL-09", "CHAOS-01", "CHAOS-02"],
    },
    Mutant {
        name: "shows-the-video-early",
        what: "a running job has a video",
        surface: "aimlapi",
        breaks: Words(|_, said, reply| {
            if says(said, Phase::Running) {
                body(reply)["video"] = json!({"url": "https://example.com/soon.mp4"});
            }
        }),
        caught_by: &["POLL-10"],
    },
    Mutant {
        name: "complains-while-it-runs",
        what: "a running job has an error",
        surface: "gmicloud",
        breaks: Words(|_, said, reply| {
            if says(said, Phase::Running) {
                body(reply)["outcome"] = json!({"error": "not yet"});
            }
        }),
        caught_by: &["POLL-10"],
    },
    Mutant {
        name: "charges-for-looks",
        what: "the balance is lower after each poll",
        surface: "aimlapi",
        breaks: Answers(|looks, request, answer| {
            if request.url.contains("generation_id=") {
                *looks += 1;
            } else if request.url.ends_with("/v2/billing") {
                let spent = f64::from(*looks) / 1000.0;
                rewritten(answer, |body| {
                    let balance = body["current_balance"].as_f64().unwrap_or_default();
                    body["current_balance"] = json!(balance - spent);
                });
            }
        }),
        caught_by: &["POLL-11"],
    },
];

/// Whether an answer is that to a look at a job in a phase.
fn says(said: Said<'_>, phase: Phase) -> bool {
    matches!(said, Said::Job(job) if job.phase == phase)
}
