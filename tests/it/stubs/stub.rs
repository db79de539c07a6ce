//! A stub of a request queue, written from the vendor's documentation alone: it shares no code with the emulator, and can
//! be wrong in one thing.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Map, Value, json};

use super::http::{Answer, Request};
use super::image::{ImageFault, judge_image};
use super::wrong::Wrong;

/// Where its paths begin.
const BASE: &str = "/api/v1/ie/requestqueue/apikey";

/// Keys that it knows: one for each account.
pub(super) const KEYS: [&str; 2] = ["stub-key-of-one-account", "stub-key-of-another-account"];

/// The models on offer.
const MODELS: [&str; 6] = [
    "Kling-Image2Video-V1.6-Standard",
    "Kling-Image2Video-V1.6-Pro",
    "Kling-Image2Video-V2-Master",
    "Kling-Image2Video-V2.1-Master",
    "Kling-Text2Video-V1.6-Standard",
    "Kling-Text2Video-V2.1-Master",
];

/// Whether a model makes a video of text alone.
fn is_of_text(model: &str) -> bool {
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
    address: String,
    wrong: Option<Wrong>,
    /// Videos of 5 and of 10 seconds.
    clips: [Vec<u8>; 2],
    jobs: Mutex<Vec<Job>>,
    uploads: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl Stub {
    pub(super) fn new(address: &str, wrong: Option<Wrong>, clips: [Vec<u8>; 2]) -> Self {
        Self { address: address.to_owned(), wrong, clips, jobs: Mutex::default(), uploads: Mutex::default() }
    }

    fn is(&self, wrong: Wrong) -> bool {
        self.wrong == Some(wrong)
    }

    /// Answers a request.
    pub(super) fn answer(&self, request: &Request) -> Answer {
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
        let account = match self.find_account(request) {
            Ok(account) => account,
            Err(answer) => return answer,
        };
        let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
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
        let known = KEYS.iter().position(|known| *known == key);
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
        let id = format!("5a7a5466-7948-47d8-8578-{number:012x}");
        let ten = payload.get("duration").is_some_and(|seconds| *seconds == "10" || *seconds == 10);
        let seconds = if ten { 10 } else { 5 };
        let times = if self.is(Wrong::TimesAsText) { json!("2026-09-21T14:13:20Z") } else { json!(NOW) };
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
            ImageFault::Side => Wrong::ImageSideUnchecked,
            ImageFault::Aspect => Wrong::ImageAspectUnchecked,
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
        let times = if self.is(Wrong::TimesAsText) { json!("2026-09-21T14:13:20Z") } else { json!(NOW) };
        let updated =
            if status == "queued" || self.is(Wrong::TimesAsText) { times.clone() } else { json!(NOW + 40) };
        json!({
            "request_id": job.id,
            "org_id": "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9",
            "user_id": "1f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9",
            "model": job.model,
            "status": status,
            "is_public": false,
            "payload": job.payload,
            "outcome": outcome,
            "created_at": times,
            "updated_at": updated,
            "queued_at": times,
        })
    }

    fn list(&self, account: usize, query: &str) -> Answer {
        let model = query.split('&').find_map(|pair| pair.strip_prefix("model_id="));
        let model = model.filter(|_| !self.is(Wrong::ListNotNarrowed));
        let jobs = self.jobs.lock().unwrap();
        let fits = |job: &&Job| job.account == account && model.is_none_or(|model| job.model == model);
        let fits = |job: &&Job| fits(job) && !self.is(Wrong::ListLacksJob);
        let records: Vec<Value> = jobs.iter().rev().filter(fits).map(|job| self.record(job)).collect();
        succeed(200, &json!({"total": records.len(), "requests": records}))
    }

    fn list_models(&self) -> Answer {
        let models = if self.is(Wrong::ModelsLackModel) { vec!["another-model"] } else { MODELS.to_vec() };
        succeed(200, &json!({"model_ids": models}))
    }

    fn describe_model(&self, model: &str) -> Answer {
        if !MODELS.contains(&model) {
            return fail(404, &format!("model {model} does not exist"));
        }
        let mut parameters = vec![
            json!({"name": "prompt", "type": "string", "required": false}),
            json!({"name": "negative_prompt", "type": "string", "required": false}),
            json!({"name": "duration", "type": "enum", "required": false, "options": ["5", "10"]}),
            json!({"name": "cfg_scale", "type": "float", "required": false, "min_value": 0.0, "max_value": 1.0}),
        ];
        if !is_of_text(model) {
            parameters.push(json!({"name": "image", "type": "string", "required": true}));
        }
        if self.is(Wrong::ModelLacksParameters) {
            parameters.clear();
        }
        succeed(200, &json!({"model": model, "parameters": parameters}))
    }

    fn offer_upload(&self, body: &[u8]) -> Answer {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let kind = body["file_type"].as_str().unwrap_or_default();
        if !["jpeg", "jpg", "png", "mp4", "mp3", "wav"].contains(&kind) {
            return fail(400, "file_type is not supported");
        }
        let mut uploads = self.uploads.lock().unwrap();
        let name = format!("{}.{kind}", uploads.len() + 1);
        uploads.insert(name.clone(), Vec::new());
        let url = format!("{}/files/{name}", self.address);
        succeed(200, &json!({"upload_url": url, "public_url": url}))
    }

    fn answer_file(&self, request: &Request, name: &str) -> Answer {
        let mut uploads = self.uploads.lock().unwrap();
        let Some(file) = uploads.get_mut(name) else { return fail(404, "Not Found") };
        if request.method == "PUT" {
            if !self.is(Wrong::UploadLost) {
                file.clone_from(&request.body);
            }
            return Answer { status: 200, content_type: "application/xml", body: Vec::new() };
        }
        Answer { status: 200, content_type: "application/octet-stream", body: file.clone() }
    }

    fn answer_clip(&self, name: &str) -> Answer {
        let body = match name {
            "5.mp4" => self.clips[0].clone(),
            "10.mp4" => self.clips[1].clone(),
            _ => return fail(404, "Not Found"),
        };
        if self.is(Wrong::ResultIsPage) {
            return Answer {
                status: 200,
                content_type: "text/html",
                body: b"<!doctype html><p>Sign in".to_vec(),
            };
        }
        Answer { status: 200, content_type: "video/mp4", body }
    }
}

fn succeed(status: u16, body: &Value) -> Answer {
    Answer { status, content_type: "application/json", body: body.to_string().into_bytes() }
}

fn fail(status: u16, error: &str) -> Answer {
    succeed(status, &json!({"error": error}))
}
