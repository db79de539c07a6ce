//! Mutants that miscount, mislist or mislay.

use mockreel_contracts::{Phase, Problem};
use mockreel_evidence::exchange::Body;
use serde_json::json;

use super::super::mutant::Breaks::{Answers, Asks, Contract, Sight, Words};
use super::super::mutant::{Mutant, Said, body};
use super::{as_first, credential, is_download};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "counts-no-jobs",
        what: "the listing says that there are no jobs, beside those that it has",
        surface: "gmicloud",
        breaks: Words(|_, said, reply| {
            if let Said::List = said {
                body(reply)["total"] = json!(0);
            }
        }),
        caught_by: &["LST-08"],
    },
    Mutant {
        name: "limits-looks",
        what: "three polls in a burst are told to come later",
        surface: "apilaplas",
        breaks: Answers(|count, request, answer| {
            if request.method == "GET" && answer.status == 200 && !is_download(request) {
                *count += 1;
                if (10..13).contains(count) {
                    answer.status = 429;
                    answer.body = b"{\"message\": \"Too Many Requests\"}".to_vec();
                    answer.headers.push(("retry-after".to_owned(), "1".to_owned()));
                }
            }
        }),
        caught_by: &["LIM-01"],
    },
    Mutant {
        name: "gives-credit",
        what: "an account without means may submit",
        surface: "aimlapi",
        breaks: Asks(|request| {
            if credential(request).is_some_and(|text| text.contains("mock-broke-")) {
                as_first(request);
            }
        }),
        caught_by: &["LIM-02"],
    },
    Mutant {
        name: "takes-poverty-for-haste",
        what: "an account without means is told to come later",
        surface: "gmicloud",
        breaks: Contract("[problems.insufficient_credits]\nstatus = 429"),
        caught_by: &["LIM-02"],
    },
    Mutant {
        name: "lists-nothing",
        what: "the listing is empty",
        surface: "gmicloud",
        breaks: Words(|_, said, reply| {
            if let Said::List = said {
                *body(reply) = json!({"requests": [], "total": 0});
            }
        }),
        caught_by: &["LST-01", "LST-05", "DRIFT-04"],
    },
    Mutant {
        name: "lists-another-status",
        what: "the listing says that every job has succeeded",
        surface: "gmicloud",
        breaks: Words(|_, said, reply| {
            if let Said::List = said {
                for record in body(reply)["requests"].as_array_mut().unwrap() {
                    record["status"] = json!("success");
                }
            }
        }),
        caught_by: &["LST-01"],
    },
    Mutant {
        name: "hides-a-parameter",
        what: "a model's page leaves a parameter out",
        surface: "gmicloud",
        breaks: Words(|_, said, reply| {
            if let Said::Model = said {
                let parameters = body(reply)["parameters"].as_array_mut().unwrap();
                parameters.retain(|parameter| parameter["name"] != "cfg_scale");
            }
        }),
        caught_by: &["LST-02"],
    },
    Mutant {
        name: "revives-the-cancelled",
        what: "a cancelled job runs on",
        surface: "gmicloud",
        breaks: Sight(|_, job| {
            if job.phase == Phase::Cancelled {
                job.phase = Phase::Running;
            }
        }),
        caught_by: &["LST-03", "GEN-04"],
    },
    Mutant {
        name: "hides-a-model",
        what: "the list of models leaves the first out",
        surface: "gmicloud",
        breaks: Words(|_, said, reply| {
            if let Said::Models = said {
                body(reply)["model_ids"].as_array_mut().unwrap().remove(0);
            }
        }),
        caught_by: &["LST-04"],
    },
    Mutant {
        name: "lists-no-models",
        what: "the list of models is empty",
        surface: "aimlapi",
        breaks: Words(|_, said, reply| {
            if let Said::Models = said {
                body(reply)["data"] = json!([]);
            }
        }),
        caught_by: &["LST-04", "DRIFT-04"],
    },
    Mutant {
        name: "lists-all-models-jobs",
        what: "a listing narrowed to a model has the jobs of all",
        surface: "gmicloud",
        breaks: Asks(|request| {
            if let Some((path, _)) = request.url.split_once("?model_id=") {
                request.url = path.to_owned();
            }
        }),
        caught_by: &["LST-05"],
    },
    Mutant {
        name: "lists-without-a-total",
        what: "the listing does not say how many there are",
        surface: "gmicloud",
        breaks: Words(|_, said, reply| {
            if let Said::List = said {
                body(reply).as_object_mut().unwrap().shift_remove("total");
            }
        }),
        caught_by: &["LST-05", "DRIFT-02"],
    },
    Mutant {
        name: "has-a-page-for-every-model",
        what: "a model that does not exist has a page",
        surface: "gmicloud",
        breaks: Words(|exchange, said, reply| {
            if let Said::Problem(Problem::UnknownModel { received, .. }) = said
                && exchange.method == "GET"
            {
                reply.status = 200;
                *body(reply) = json!({"model": received, "parameters": []});
            }
        }),
        caught_by: &["LST-06"],
    },
    Mutant {
        name: "has-no-balance",
        what: "the balance is not found",
        surface: "aimlapi",
        breaks: Answers(|_, request, answer| {
            if request.url.ends_with("/v2/billing") {
                answer.status = 404;
            }
        }),
        caught_by: &["LST-07"],
    },
    Mutant {
        name: "breaks-on-the-balance",
        what: "the balance is answered with 500",
        surface: "aimlapi",
        breaks: Answers(|_, request, answer| {
            if request.url.ends_with("/v2/billing") {
                answer.status = 500;
            }
        }),
        caught_by: &["LST-07"],
    },
    Mutant {
        name: "cuts-uploads",
        what: "an uploaded file loses its last byte",
        surface: "gmicloud",
        breaks: Asks(|request| {
            if let ("PUT", Body::Raw { bytes, .. }) = (request.method.as_str(), &mut request.body) {
                bytes.pop();
            }
        }),
        caught_by: &["UPL-01"],
    },
    Mutant {
        name: "takes-programs",
        what: "a place is given for a file of a type that is not taken",
        surface: "gmicloud",
        breaks: Contract("[operations.upload.request.properties.file_type]\nx-remove = [\"enum\"]"),
        caught_by: &["UPL-02"],
    },
];
