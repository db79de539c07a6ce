//! Mutants that let in whom they should not, or answer in the wrong place.

use serde_json::json;

use super::super::mutant::Breaks::{Answers, Asks, Contract, Option};
use super::super::mutant::Mutant;
use super::{FIRST_KEY, SECOND_KEY, as_first, credential, is_download, rewritten};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "calls-json-text",
        what: "answers are called text/plain",
        surface: "aimlapi",
        breaks: Answers(|_, request, answer| {
            if !is_download(request) {
                answer.headers.retain(|(name, _)| name != "content-type");
                answer.headers.push(("content-type".to_owned(), "text/plain".to_owned()));
            }
        }),
        caught_by: &["NET-01"],
    },
    Mutant {
        name: "forbids-without-a-key",
        what: "a missing key is answered with 403",
        surface: "aimlapi",
        breaks: Answers(|_, request, answer| {
            if answer.status == 401 && credential(request).is_none() {
                answer.status = 403;
            }
        }),
        caught_by: &["AUTH-07"],
    },
    Mutant {
        name: "forbids-without-a-key-too",
        what: "a missing key is answered with 403",
        surface: "302ai",
        breaks: Answers(|_, request, answer| {
            if answer.status == 401 && credential(request).is_none() {
                answer.status = 403;
            }
        }),
        caught_by: &["AUTH-07"],
    },
    Mutant {
        name: "unknown-path-answers",
        what: "a path that does not exist is answered with 200",
        surface: "gmicloud",
        breaks: Answers(|_, request, answer| {
            if request.url.ends_with("/v2/does-not-exist") {
                answer.status = 200;
                answer.body = b"{}".to_vec();
            }
        }),
        caught_by: &["NET-02", "NET-04"],
    },
    Mutant {
        name: "put-is-taken",
        what: "a PUT where jobs are submitted is answered with 200",
        surface: "302ai",
        breaks: Answers(|_, request, answer| {
            if request.method == "PUT" {
                answer.status = 200;
                answer.body = b"{}".to_vec();
            }
        }),
        caught_by: &["NET-03"],
    },
    Mutant {
        name: "old-path-is-gone",
        what: "jobs can be polled under the newer path only",
        surface: "aimlapi",
        breaks: Contract(
            r#"
            [[operations.poll.routes]]
            path = "/v2/video/generations"
            source = "fetch-2026"
            "#,
        ),
        caught_by: &["NET-04", "DRIFT-04"],
    },
    Mutant {
        name: "names-every-request",
        what: "every answer carries a request's id that no document knows",
        surface: "aimlapi",
        breaks: Answers(|_, _, answer| {
            answer.headers.push(("x-request-id".to_owned(), "one-of-many".to_owned()));
        }),
        caught_by: &["NET-05", "DRIFT-05"],
    },
    Mutant {
        name: "traces-nothing",
        what: "answers lack the headers of request tracing",
        surface: "aimlapi",
        breaks: Option("tracing_headers", "off"),
        caught_by: &["DRIFT-05"],
    },
    Mutant {
        name: "needs-no-key",
        what: "requests without a key are let in",
        surface: "aimlapi@2025-07",
        breaks: Asks(|request| {
            if credential(request).is_none() && !is_download(request) {
                as_first(request);
            }
        }),
        caught_by: &["AUTH-01", "AUTH-04"],
    },
    Mutant {
        name: "opens-the-side-door",
        what: "the list of models needs no key",
        surface: "gmicloud",
        breaks: Asks(|request| {
            if credential(request).is_none() && request.url.ends_with("/models") {
                as_first(request);
            }
        }),
        caught_by: &["AUTH-08"],
    },
    Mutant {
        name: "hides-behind-not-found",
        what: "a poll without a key is told that there is no such job",
        surface: "302ai",
        breaks: Answers(|_, request, answer| {
            if request.method == "GET" && answer.status == 401 {
                answer.status = 404;
            }
        }),
        caught_by: &["AUTH-04"],
    },
    Mutant {
        name: "takes-any-key",
        what: "a made-up key is let in",
        surface: "gmicloud",
        breaks: Asks(|request| {
            if credential(request) == Some("Bearer not-a-key") {
                as_first(request);
            }
        }),
        caught_by: &["AUTH-02", "AUTH-05"],
    },
    Mutant {
        name: "repeats-the-key",
        what: "a refused key is repeated in the refusal",
        surface: "aimlapi",
        breaks: Answers(|_, request, answer| {
            let key = credential(request).unwrap_or_default().to_owned();
            if answer.status == 401 {
                rewritten(answer, |body| body["message"] = json!(format!("no such key: {key}")));
            }
        }),
        caught_by: &["AUTH-02", "DRIFT-04"],
    },
    Mutant {
        name: "refuses-keys-in-plain-text",
        what: "the refusal of a key is no JSON",
        surface: "302ai",
        breaks: Answers(|_, _, answer| {
            if answer.status == 401 {
                answer.body = b"Unauthorized".to_vec();
            }
        }),
        caught_by: &["AUTH-02", "NET-01", "LIM-02"],
    },
    Mutant {
        name: "takes-any-scheme",
        what: "a credential in another scheme is let in",
        surface: "apilaplas",
        breaks: Asks(|request| {
            if credential(request).is_some_and(|text| !text.starts_with("Bearer ")) {
                as_first(request);
            }
        }),
        caught_by: &["AUTH-03"],
    },
    Mutant {
        name: "looks-at-the-body-first",
        what: "a bad body is refused before a bad key",
        surface: "aimlapi",
        breaks: Contract(
            r#"
            [operations.submit]
            checks = ["body", "model", "members", "credential", "pictures"]
            "#,
        ),
        caught_by: &["AUTH-05"],
    },
    Mutant {
        name: "leaks-jobs-to-strangers",
        what: "another account's key sees the jobs of the first",
        surface: "gmicloud",
        breaks: Asks(|request| {
            if credential(request).is_some_and(|text| text.ends_with(SECOND_KEY)) {
                as_first(request);
            }
        }),
        caught_by: &["AUTH-06"],
    },
    Mutant {
        name: "breaks-down-for-strangers",
        what: "a poll of another account's job is answered with an error of the server",
        surface: "aimlapi@2025-07",
        breaks: Answers(|_, request, answer| {
            if !credential(request).is_some_and(|text| text.ends_with(FIRST_KEY)) && answer.status == 404 {
                answer.status = 500;
            }
        }),
        caught_by: &["AUTH-06"],
    },
];
