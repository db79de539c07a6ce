//! A stub of a request queue, written from the vendor's documentation alone: it shares no code with the emulator, and can
//! be wrong in one thing.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Map, Value, json};

use super::http::{Answer, Request};
use super::image::{ImageFault, judge_image};
use super::right::Right;
use super::wrong::Wrong;

/// Where its paths begin.
const BASE: &str = "/api/v1/ie/requestqueue/apikey";

/// Keys that it knows: one for each account.
pub(super) const KEYS: [&str; 2] = ["stub-key-of-one-account", "stub-key-of-another-account"];

/// The models on offer.
pub(super) const MODELS: [&str; 6] = [
    "Kling-Image2Video-V1.6-Standard",
    "Kling-Image2Video-V1.6-Pro",
    "Kling-Image2Video-V2-Master",
    "Kling-Image2Video-V2.1-Master",
    "Kling-Text2Video-V1.6-Standard",
    "Kling-Text2Video-V2.1-Master",
];

/// Whether a model makes a video of text alone.
pub(super) fn is_of_text(model: &str) -> bool {
    model.starts_with("Kling-Text2Video")
}

/// Seconds since 1970 at which it was built; it does not need to know the time.
const NOW: u64 = 1_790_000_000;

/// How often a job that has ended is told of before a stub forgets it: more often than a burst of polls asks.
const POLLS_UNTIL_VANISHED: u32 = 22;

struct Job {
    id: String,
    account: usize,
    model: String,
    payload: Value,
    polls: u32,
    seconds: u32,
    /// How many polls have told that it ended.
    end_told: u32,
}

/// The stub's state.
pub(super) struct Stub {
    pub(super) address: String,
    wrong: Option<Wrong>,
    pub(super) right: Option<Right>,
    /// Videos of 5 and of 10 seconds.
    pub(super) clips: [Vec<u8>; 2],
    /// How many requests have read something.
    reads: AtomicUsize,
    jobs: Mutex<Vec<Job>>,
    pub(super) uploads: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl Stub {
    pub(super) fn new(
        address: &str,
        wrong: Option<Wrong>,
        right: Option<Right>,
        clips: [Vec<u8>; 2],
    ) -> Self {
        let (reads, jobs, uploads) = (AtomicUsize::new(0), Mutex::default(), Mutex::default());
        Self { address: address.to_owned(), wrong, right, clips, reads, jobs, uploads }
    }

    pub(super) fn is(&self, wrong: Wrong) -> bool {
        self.wrong == Some(wrong)
    }

    /// Answers a request.
    pub(super) fn answer(&self, request: &Request) -> Answer {
        if self.right == Some(Right::AsksForPatience) && request.method == "GET" {
            let number = self.reads.fetch_add(1, Ordering::Relaxed);
            if number % 10 == 9 {
                return fail(429, "Rate limit exceeded: 5 concurrent requests.");
            }
        }
        let mut answer = self.answer_well(request);
        if answer.status >= 400 && self.is(Wrong::RefusalsOfOtherForm) {
            answer.body = json!({"detail": "Bad request"}).to_string().into_bytes();
        }
        if answer.status == 400 && self.is(Wrong::RefusalsAsPages) {
            answer = Answer { content_type: "text/html", body: b"<h1>Bad Request</h1>".to_vec(), ..answer };
        }
        if answer.status == 400 && self.is(Wrong::RefusalsWithoutBody) {
            answer.body.clear();
        }
        answer
    }

    fn answer_well(&self, request: &Request) -> Answer {
        if let Some(name) = request.path.strip_prefix("/clips/") {
            return self.answer_clip(name);
        }
        if let Some(name) = request.path.strip_prefix("/files/") {
            return self.answer_file(request, name);
        }
        let Some(path) = request.path.strip_prefix(BASE) else { return fail(404, "Not Found") };
        let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let is_open = self.is(Wrong::SideDoorsOpen) && segments[0] != "requests";
        let account = match self.find_account(request) {
            Ok(account) => account,
            Err(_) if is_open => 2,
            Err(answer) => return answer,
        };
        match (request.method.as_str(), segments.as_slice()) {
            ("POST", ["requests"]) => self.submit(account, &request.body),
            ("GET", ["requests"]) => self.list(account, &request.query),
            ("GET", ["requests", id]) => self.poll(account, id),
            ("GET", ["models"]) => self.list_models(),
            ("GET", ["models", model]) => self.describe_model(model),
            ("POST", ["upload-url"]) => self.offer_upload(&request.body),
            (_, ["requests" | "models" | "upload-url", ..]) => fail(405, "Method Not Allowed"),
            _ => fail(404, "Not Found"),
        }
    }

    fn find_account(&self, request: &Request) -> Result<usize, Answer> {
        let credential = request.header("authorization").unwrap_or_default();
        let bare = credential.rsplit(' ').next().unwrap_or_default();
        let key = match credential.strip_prefix("Bearer ") {
            Some(key) => key,
            None if credential.is_empty() && self.is(Wrong::KeyMissingAccepted) => KEYS[0],
            None if self.is(Wrong::SchemeIgnored) => bare,
            None => return Err(fail(401, "missing API key")),
        };
        let known = [Right::key(self.right), KEYS[1]].iter().position(|known| *known == key);
        match known {
            Some(account) => Ok(account),
            None if self.is(Wrong::KeyUnknownAccepted) => Ok(2),
            None => Err(fail(401, "invalid API key")),
        }
    }

    fn submit(&self, account: usize, body: &[u8]) -> Answer {
        let Ok(Value::Object(body)) = serde_json::from_slice(body) else {
            return fail(400, "invalid request body");
        };
        let model = match body.get("model") {
            Some(Value::String(model)) => model.clone(),
            None if self.is(Wrong::ModelNotNeeded) => MODELS[0].to_owned(),
            Some(Value::Null) if self.is(Wrong::NullAccepted) => MODELS[0].to_owned(),
            _ => return fail(400, "model is required"),
        };
        if !MODELS.contains(&model.as_str()) && !self.is(Wrong::ModelUnknownAccepted) {
            return fail(404, &format!("model {model} does not exist"));
        }
        let Some(Value::Object(payload)) = body.get("payload") else {
            return fail(400, "payload is required");
        };
        let mut faults: Vec<String> = Vec::new();
        for name in ["prompt", "negative_prompt"] {
            faults.extend(self.judge_prompt(name, payload.get(name)));
        }
        if self.right == Some(Right::PromptNeeded)
            && is_of_text(&model)
            && payload.get("prompt").and_then(Value::as_str).is_none_or(str::is_empty)
        {
            faults.push("prompt (Required parameter is missing)".to_owned());
        }
        faults.extend(self.judge_duration(payload.get("duration")));
        faults.extend(self.judge_cfg(payload.get("cfg_scale")));
        if is_of_text(&model) {
            let ratio = payload.get("aspect_ratio");
            if ratio.is_some_and(|ratio| !["16:9", "9:16", "1:1"].map(Value::from).contains(ratio)) {
                faults.push("aspect_ratio (not one of the allowed options)".to_owned());
            }
        } else {
            faults.extend(self.judge_image("image", payload));
            if model.ends_with("-Pro") && payload.contains_key("image_tail") {
                faults.extend(self.judge_image("image_tail", payload));
            }
        }
        if !faults.is_empty() {
            return fail(400, &format!("invalid payload parameters: {}", faults.join(", ")));
        }
        let mut jobs = self.jobs.lock().unwrap();
        let number = if self.is(Wrong::IdsAlike) { 1 } else { jobs.len() + 1 };
        let id = match self.is(Wrong::IdsNoUuid) {
            true => format!("job-{number}"),
            false => format!("5a7a5466-7948-47d8-8578-{number:012x}"),
        };
        let ten = payload.get("duration").is_some_and(|seconds| *seconds == "10" || *seconds == 10);
        let seconds = if ten { 10 } else { 5 };
        let times = self.times(NOW);
        let name = if self.is(Wrong::SubmitIdRenamed) { "id" } else { "request_id" };
        let shown = if self.is(Wrong::SubmitIdEmpty) { "" } else { id.as_str() };
        let answer = json!({
            name: shown, "model": model, "status": "queued", "created_at": times, "updated_at": times, "queued_at": times,
        });
        jobs.push(Job {
            id,
            account,
            model,
            payload: Value::Object(payload.clone()),
            polls: 0,
            seconds,
            end_told: 0,
        });
        succeed(if self.is(Wrong::SubmitAnswers201) { 201 } else { 200 }, &answer)
    }

    fn judge_prompt(&self, name: &str, prompt: Option<&Value>) -> Option<String> {
        match prompt {
            None => None,
            Some(Value::String(text))
                if text.chars().count() > 2500 && !self.is(Wrong::PromptLengthUnchecked) =>
            {
                Some(format!("{name} (longer than 2500 characters)"))
            }
            Some(Value::String(_)) => None,
            Some(_) => Some(format!("{name} (not a string)")),
        }
    }

    fn judge_duration(&self, duration: Option<&Value>) -> Option<String> {
        let is_listed = |value: &Value| [json!("5"), json!("10"), json!(5), json!(10)].contains(value);
        match duration {
            None => None,
            Some(value) if is_listed(value) => None,
            Some(Value::String(_) | Value::Number(_)) if self.is(Wrong::DurationUnchecked) => None,
            Some(Value::String(_) | Value::Number(_)) => Some("duration (not an allowed option)".to_owned()),
            Some(_) if self.is(Wrong::DurationTypeUnchecked) => None,
            Some(_) => Some("duration (of another type)".to_owned()),
        }
    }

    fn judge_cfg(&self, cfg: Option<&Value>) -> Option<String> {
        let cfg = match cfg {
            None => return None,
            Some(Value::Number(number)) => number.as_f64().unwrap(),
            Some(Value::String(_)) if self.is(Wrong::CfgTypeUnchecked) => return None,
            Some(_) => return Some("cfg_scale (not a number)".to_owned()),
        };
        let is_low = cfg < 0.0 && !self.is(Wrong::CfgMinimumUnchecked);
        let is_high = cfg > 1.0 && !self.is(Wrong::CfgMaximumUnchecked);
        (is_low || is_high).then(|| "cfg_scale (not between 0 and 1)".to_owned())
    }

    fn judge_image(&self, name: &str, payload: &Map<String, Value>) -> Option<String> {
        let fault = match payload.get(name) {
            None if self.is(Wrong::ImageNotNeeded) => return None,
            None => return Some(format!("{name} (Required parameter is missing)")),
            Some(Value::String(text)) => {
                if text.starts_with("http") && self.is(Wrong::AddressRefused) {
                    return Some(format!("{name} (not base64)"));
                }
                judge_image(text)?
            }
            Some(_) => return Some(format!("{name} (not a string)")),
        };
        let unchecked = match fault {
            ImageFault::Width if self.is(Wrong::ImageWidthUnchecked) => return None,
            ImageFault::Height if self.is(Wrong::ImageHeightUnchecked) => return None,
            ImageFault::Width | ImageFault::Height | ImageFault::Sides => Wrong::ImageSideUnchecked,
            ImageFault::Wide if self.is(Wrong::ImageWideUnchecked) => return None,
            ImageFault::Wide | ImageFault::Tall => Wrong::ImageAspectUnchecked,
            ImageFault::Bytes => Wrong::ImageBytesUnchecked,
            ImageFault::Format => Wrong::ImageFormatUnchecked,
            ImageFault::Content => Wrong::ImageContentUnchecked,
        };
        (!self.is(unchecked)).then(|| format!("{name} ({fault:?})"))
    }

    fn poll(&self, account: usize, id: &str) -> Answer {
        let mut jobs = self.jobs.lock().unwrap();
        let may_see = |job: &&mut Job| job.account == account || self.is(Wrong::JobsOfOthersShown);
        let Some(job) = jobs.iter_mut().find(|job| job.id == id).filter(may_see) else {
            return match self.is(Wrong::JobUnknownAnswered) {
                true => succeed(200, &json!({})),
                false => fail(404, "Request not found"),
            };
        };
        job.polls += 1;
        if self.right == Some(Right::PollsStumble) && job.polls == 2 {
            let body = b"<html><h1>503 Service Temporarily Unavailable</h1>".to_vec();
            return Answer { status: 503, content_type: "text/html", location: None, body };
        }
        if self.is(Wrong::JobVanishes) && job.end_told > POLLS_UNTIL_VANISHED {
            return fail(404, "Request not found");
        }
        if self.is(Wrong::JobKnownLate) && job.polls == 1 {
            return fail(404, "Request not found");
        }
        let mut record = self.record(job);
        job.end_told += u32::from(record["status"] == "success");
        if self.is(Wrong::IdChanges) {
            record["request_id"] = json!(format!("5a7a5466-7948-47d8-8579-{:012x}", job.polls));
        }
        let answer = succeed(200, &record);
        if self.is(Wrong::AnswersCalledText) {
            return Answer { content_type: "text/plain", ..answer };
        }
        answer
    }

    /// A job as the list and a poll show it: two polls in the queue, two running.
    fn record(&self, job: &Job) -> Value {
        let mut status = match job.polls {
            0..=2 => "queued",
            3..=4 => "processing",
            _ if self.is(Wrong::JobNeverEnds) => "processing",
            _ => "success",
        };
        if self.is(Wrong::JobGoesInCircles) {
            status = if job.polls.is_multiple_of(2) { "processing" } else { "queued" };
        }
        if self.is(Wrong::JobGoesBack) && job.polls > 5 && job.polls.is_multiple_of(2) {
            status = "processing";
        }
        let ended = status == "success";
        if ended && self.is(Wrong::StatusWordUnknown) {
            status = "completed";
        }
        let shows_video = ended || (status == "processing" && self.is(Wrong::VideoBeforeEnd));
        let video = format!("{}/clips/{}.mp4", self.address, job.seconds);
        let outcome = match (shows_video, self.is(Wrong::ResultMissing)) {
            (true, false) => json!({
                "media_urls": [{"id": "0", "url": video}], "thumbnail_image_url": format!("{}/clips/first.jpg", self.address),
            }),
            (true, true) => json!({"thumbnail_image_url": format!("{}/clips/first.jpg", self.address)}),
            (false, _) => Value::Null,
        };
        let times = self.times(NOW);
        let updated = if status == "queued" { times.clone() } else { self.times(NOW + 40) };
        let created =
            if self.is(Wrong::CreatedMoves) { json!(NOW + u64::from(job.polls)) } else { times.clone() };
        let model = if self.is(Wrong::OtherModelShown) { MODELS[1] } else { job.model.as_str() };
        json!({
            "request_id": job.id,
            "org_id": "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9",
            "user_id": "1f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9",
            "model": model,
            "status": status,
            "is_public": false,
            "payload": if self.is(Wrong::PayloadDropped) { json!({}) } else { job.payload.clone() },
            "outcome": outcome,
            "created_at": created,
            "updated_at": updated,
            "queued_at": times,
        })
    }

    /// A time as the stub writes it.
    fn times(&self, seconds: u64) -> Value {
        match self.wrong {
            Some(Wrong::TimesAsText) => json!("2026-09-21T14:13:20Z"),
            Some(Wrong::TimesInMilliseconds) => json!(seconds * 1000),
            Some(_) | None => json!(seconds),
        }
    }

    fn list(&self, account: usize, query: &str) -> Answer {
        let model = query.split('&').find_map(|pair| pair.strip_prefix("model_id="));
        let model = model.filter(|_| !self.is(Wrong::ListNotNarrowed));
        let jobs = self.jobs.lock().unwrap();
        let is_shown = |job: &Job| job.account == account || self.is(Wrong::ListLeaks);
        let fits = |job: &&Job| is_shown(job) && model.is_none_or(|model| job.model == model);
        let fits = |job: &&Job| fits(job) && !self.is(Wrong::ListLacksJob);
        let mut records: Vec<Value> = jobs.iter().rev().filter(fits).map(|job| self.record(job)).collect();
        if self.is(Wrong::ListStale) {
            for record in &mut records {
                record["status"] = json!("queued");
                record["outcome"] = Value::Null;
            }
        }
        let total = if self.is(Wrong::ListMiscounts) { 0 } else { records.len() };
        succeed(200, &json!({"total": total, "requests": records}))
    }
}

pub(super) fn succeed(status: u16, body: &Value) -> Answer {
    Answer { status, content_type: "application/json", location: None, body: body.to_string().into_bytes() }
}

pub(super) fn fail(status: u16, error: &str) -> Answer {
    succeed(status, &json!({"error": error}))
}
