//! The dialect of the proxied web application: one envelope for submit and fetch, its members in
//! alphabetical order at every level, and the gateway's own envelope for refusals.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::contract::check::image::{ImageRole, Transport, slots};
use crate::contract::check::schema::properties;
use crate::contract::{Model, Options};
use crate::dialect::{Dialect, Exchange, JobView, OnOff, Reply, ResultView};
use crate::ids;
use crate::operation::Operation;
use crate::phase::Phase;
use crate::problem::Problem;
use crate::time::UnixMillis;

/// The web application's word for a call that went well (its clients never test it; a guess from [`FAILED`]).
const WENT_WELL: &str = "成功";

/// Its word beside a failed task; the vendor's applications test for it.
const FAILED: &str = "失败";

/// Hours by which `timestamp` is ahead of UTC: the application runs on Beijing time.
const HOURS_EAST: i8 = 8;

/// The quirks chosen for it.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
struct ProxyOptions {
    failed_result: FailedResult,
    error_member: ErrorMember,
    fetch_extras: OnOff,
    part_url: PartUrl,
    timestamp: TimestampForm,
}

/// The envelope's `result` beside a failed task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
enum FailedResult {
    #[default]
    #[serde(rename = "1")]
    One,
    #[serde(rename = "0")]
    Zero,
}

/// The envelope's `error`.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ErrorMember {
    #[default]
    Absent,
    Null,
    Empty,
}

/// The address of an image that came as a part of a form.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PartUrl {
    #[default]
    Empty,
    Null,
}

/// The form of the envelope's `timestamp`.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TimestampForm {
    #[default]
    Parts,
    Number,
}

/// The dialect.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct WebAppProxy {
    options: ProxyOptions,
}

impl Dialect for WebAppProxy {
    fn for_options(&self, options: &Options) -> Result<Arc<dyn Dialect>, String> {
        Ok(Arc::new(Self { options: options.read()? }))
    }

    fn job_id(&self, _model: &Model, entropy: [u8; 32]) -> String {
        format!("kling_{}", ids::hex(&entropy[..6]))
    }

    fn submitted(&self, exchange: &Exchange<'_>, job: &JobView<'_>) -> Reply {
        let status = exchange.good_status(Operation::Submit);
        Reply::json(status, self.envelope(exchange, job, Call::Submit))
    }

    fn job(&self, exchange: &Exchange<'_>, job: &JobView<'_>) -> Reply {
        let status = exchange.good_status(Operation::Poll);
        Reply::json(status, self.envelope(exchange, job, Call::Fetch))
    }

    fn problem(&self, exchange: &Exchange<'_>, problem: &Problem) -> Reply {
        let worded = exchange.contract.worded(problem, &[]);
        // Only the option `refusal_form` gives a problem a `result`.
        if let Some(result) = worded.members.get("result") {
            let body = json!({
                "data": null,
                "message": worded.text,
                "result": result,
                "status": worded.members.get("status"),
                "timestamp": self.timestamp(exchange),
            });
            return Reply::json(worded.status, body);
        }
        let mut members: BTreeMap<String, Value> = worded.members.into_iter().collect();
        members.insert("message".into(), worded.text.into());
        let error: Map<String, Value> = members.into_iter().collect();
        Reply::json(worded.status, json!({ "error": error }))
    }
}

/// Which call is answered: a fetch says more about the progress than a submit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Call {
    Submit,
    Fetch,
}

impl WebAppProxy {
    fn envelope(&self, exchange: &Exchange<'_>, job: &JobView<'_>, call: Call) -> Value {
        let failed = match job.phase {
            Phase::Failed | Phase::Cancelled => true,
            Phase::Queued | Phase::Running | Phase::Succeeded => false,
        };
        let refused = failed && self.options.failed_result == FailedResult::Zero;
        let mut body = Map::new();
        body.insert("data".into(), self.data(exchange, job, call));
        match self.options.error_member {
            ErrorMember::Absent => None,
            ErrorMember::Null => body.insert("error".into(), Value::Null),
            ErrorMember::Empty => body.insert("error".into(), "".into()),
        };
        body.insert("message".into(), if failed { FAILED } else { WENT_WELL }.into());
        body.insert("result".into(), i32::from(!refused).into());
        body.insert("status".into(), 200.into());
        body.insert("timestamp".into(), self.timestamp(exchange));
        Value::Object(body)
    }

    fn data(&self, exchange: &Exchange<'_>, job: &JobView<'_>, call: Call) -> Value {
        let fetch = call == Call::Fetch;
        let extras = !fetch || self.options.fetch_extras.is_on();
        let failure = job.failure.as_ref();
        let message = failure.map_or("", |failure| failure.text(exchange.contract));
        let code = failure.map_or("", |failure| exchange.contract.failure(failure.reason).1);
        let works: Vec<Value> = job.result.iter().map(|result| self.work(exchange, job, result)).collect();
        let mut data = Map::new();
        if fetch {
            data.insert("currentTimestamp".into(), exchange.now.0.into());
            data.insert("etaTime".into(), 0.into());
        }
        if extras {
            data.insert(
                "limitation".into(),
                json!({"limit": 0, "remaining": 0, "type": task_type(job.model)}),
            );
        }
        data.insert("message".into(), message.into());
        if fetch {
            data.insert("modelErrCode".into(), code.into());
        }
        data.insert("status".into(), exchange.contract.word(job.phase));
        data.insert("task".into(), self.task(exchange, job));
        if extras {
            data.insert("userTickets".into(), json!({"ticket": []}));
        }
        // Clients read the first work of every answer, so the list is always there.
        data.insert("works".into(), works.into());
        Value::Object(data)
    }

    fn task(&self, exchange: &Exchange<'_>, job: &JobView<'_>) -> Value {
        json!({
            "createTime": job.submitted_at.0,
            "deleted": false,
            "favored": false,
            "id": job.id,
            "status": exchange.contract.word(job.phase),
            "taskInfo": self.task_info(job),
            "type": task_type(job.model),
            "updateTime": job.updated_at().0,
            "viewTime": 0,
            "viewed": false,
        })
    }

    fn work(&self, exchange: &Exchange<'_>, job: &JobView<'_>, result: &ResultView) -> Value {
        let resource = |url: &str, duration_ms: u64| json!({"duration": duration_ms, "height": result.height, "resource": url, "width": result.width});
        json!({
            "contentType": "video",
            "cover": resource(&result.cover_url, 0),
            "createTime": job.submitted_at.0,
            "deleted": false,
            "favored": false,
            "lipSyncStatus": 0,
            "publishStatus": "unpublished",
            "publishTime": 0,
            "reportNum": 0,
            "resource": resource(&result.video_url, result.duration_ms),
            "selfAttitude": "unknown",
            "selfComment": {"content": "", "prompts": [], "tags": []},
            "starNum": 0,
            "starred": false,
            "status": exchange.contract.word(job.phase),
            "submitTime": job.submitted_at.0,
            "taskInfo": self.task_info(job),
            "type": task_type(job.model),
            "userProfile": {
                "enableConsole": false,
                "enableInvoiceTitleCollection": false,
                "features": [],
                "introduction": "",
                "kol": false,
                "userAvatar": [],
                "userId": 0,
                "userName": "",
            },
        })
    }

    fn task_info(&self, job: &JobView<'_>) -> Value {
        json!({
            "arguments": arguments(job),
            "extraArgs": {},
            "inputs": self.inputs(job),
            "type": task_type(job.model),
        })
    }

    /// The images that the caller named. Only addresses are repeated, never what a form carried.
    fn inputs(&self, job: &JobView<'_>) -> Vec<Value> {
        let unnamed = match self.options.part_url {
            PartUrl::Empty => "".into(),
            PartUrl::Null => Value::Null,
        };
        let named = slots(&job.model.request, job.echo).into_iter().map(|slot| {
        let name = match slot.rules.role {
            ImageRole::First => "input",
            ImageRole::Tail => "tail_image",
            ImageRole::Mask => "mask",
            ImageRole::Reference => "reference",
        };
        let url = match slot.transport {
            Transport::Url => slot.text.into(),
            Transport::Part | Transport::DataUri | Transport::Base64 => unnamed.clone(),
        };
        json!({"blobStorage": null, "fromWorkId": null, "inputType": "URL", "name": name, "token": null, "url": url})
    });
        named.collect()
    }

    fn timestamp(&self, exchange: &Exchange<'_>) -> Value {
        match self.options.timestamp {
            TimestampForm::Parts => local_time(exchange.now),
            TimestampForm::Number => exchange.now.0.into(),
        }
    }
}

/// What the caller sent beside images, as texts, in order of declaration.
fn arguments(job: &JobView<'_>) -> Vec<Value> {
    let declared = properties(&job.model.request).into_iter();
    let sent = declared.filter_map(|(pointer, schema)| {
        // A call-back is the gateway's own business; the web application never hears of it.
        if pointer == "/callback" || schema.get("x-image").is_some() {
            return None;
        }
        let text = match job.echo.pointer(&pointer)? {
            Value::String(text) => text.clone(),
            value @ (Value::Number(_) | Value::Bool(_)) => value.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
        };
        let absent = text.is_empty() && schema.get("x-empty").is_some();
        (!absent).then(|| json!({"name": pointer.trim_start_matches('/'), "value": text}))
    });
    sent.collect()
}

/// The web application's name of the kind of task.
fn task_type(model: &Model) -> &str {
    model.about.get("task_type").and_then(Value::as_str).unwrap_or(&model.id)
}

/// Year, month, day, hour, minute, second and nanoseconds, as Java's local time is written.
fn local_time(moment: UnixMillis) -> Value {
    let millis = i64::try_from(moment.0).unwrap_or(i64::MAX);
    let stamp = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX);
    let local = jiff::tz::offset(HOURS_EAST).to_datetime(stamp);
    json!([
        local.year(),
        local.month(),
        local.day(),
        local.hour(),
        local.minute(),
        local.second(),
        local.subsec_nanosecond(),
    ])
}
