//! How the reseller speaks: only the members that apply, one envelope for all refusals.

use serde_json::{Map, Value, json};

use super::validation;
use crate::contract::{Model, Options};
use crate::dialect::{BalanceView, Dialect, Exchange, JobView, Reply};
use crate::ids;
use crate::operation::Operation;
use crate::phase::Phase;
use crate::problem::{FailureReason, Problem};

/// Credits for one US dollar (documented in three places of the vendor's pages).
const CREDITS_PER_USD: f64 = 2_000_000.0;

/// The longest request id of a caller's that is repeated, in characters (documented).
const CLIENT_ID_CHARACTERS: usize = 128;

/// The older address of the balance, which speaks of credits.
const LEGACY_BALANCE: &str = "/v1/billing/balance";

/// The dialect. Stateless; white labels of this vendor share it.
pub(crate) struct Generations;

impl Dialect for Generations {
    fn job_id(&self, options: &Options, model: &Model, entropy: [u8; 32]) -> String {
        match options.get("id_form") {
            "uuid_model" => format!("{}:{}", ids::uuid(ids::first_half(&entropy)), model.id),
            "decimal" => decimal(&entropy),
            _ => ids::nanoid(&entropy),
        }
    }

    fn submitted(&self, exchange: &Exchange<'_>, job: &JobView<'_>) -> Reply {
        let mut body = Map::new();
        body.insert("id".into(), job.id.into());
        body.insert("status".into(), exchange.contract.word(Phase::Queued));
        if exchange.options.is("submit_meta", "on") {
            insert_meta(&mut body, exchange, job);
        }
        let status = exchange.good_status(Operation::Submit);
        traced(exchange, Reply::json(status, Value::Object(body)), Some(job.id))
    }

    fn job(&self, exchange: &Exchange<'_>, job: &JobView<'_>) -> Reply {
        let mut body = Map::new();
        body.insert("id".into(), job.id.into());
        body.insert("status".into(), exchange.contract.word(job.phase));
        if let Some(result) = &job.result {
            let mut video = Map::new();
            video.insert("url".into(), result.video_url.as_str().into());
            if exchange.options.is("video_members", "file") {
                video.insert("content_type".into(), "video/mp4".into());
                video.insert("file_name".into(), "output.mp4".into());
            }
            body.insert("video".into(), Value::Object(video));
        }
        match job.phase {
            Phase::Failed | Phase::Cancelled => {
                body.insert("error".into(), failure(exchange, job));
            }
            Phase::Succeeded if exchange.options.is("completed_meta", "on") => {
                insert_meta(&mut body, exchange, job);
            }
            Phase::Queued | Phase::Running | Phase::Succeeded => {}
        }
        let status = exchange.good_status(Operation::Poll);
        let mut reply = traced(exchange, Reply::json(status, Value::Object(body)), Some(job.id));
        let told = exchange.options.is("tracing_headers", "on") && job.phase == Phase::Succeeded;
        if let Some(credits) = job.price.filter(|_| told) {
            reply = reply
                .with_header("x-aimlapi-credits-used", format!("{credits:.0}"))
                .with_header("x-aimlapi-usd-spent", format!("{:.9}", credits / CREDITS_PER_USD));
        }
        reply
    }

    fn models(&self, exchange: &Exchange<'_>) -> Reply {
        let routes = exchange.contract.operations.get(&Operation::Submit).into_iter();
        let endpoints: Vec<&str> = routes
            .flat_map(|submit| &submit.routes)
            .filter(|route| !route.option.as_ref().is_some_and(|option| exchange.options.is(option, "off")))
            .map(|route| route.path.as_str())
            .collect();
        let models = exchange.contract.models.values();
        let data: Vec<Value> = models
            .map(|model| {
                json!({"id": model.id, "type": "video", "info": {"name": model.title}, "endpoints": endpoints})
            })
            .collect();
        traced(exchange, Reply::json(200, json!({"object": "list", "data": data})), None)
    }

    fn balance(&self, exchange: &Exchange<'_>, balance: &BalanceView) -> Reply {
        let body = if exchange.path() == LEGACY_BALANCE {
            legacy_balance(exchange, balance)
        } else {
            json!({"current_balance": whole(balance.left / CREDITS_PER_USD), "currency": "USD"})
        };
        let status = exchange.good_status(Operation::Balance);
        traced(exchange, Reply::json(status, body), None)
    }

    fn problem(&self, exchange: &Exchange<'_>, problem: &Problem) -> Reply {
        let contract = exchange.contract;
        let violations = match problem {
            Problem::Invalid { violations, .. } => violations.as_slice(),
            _ => &[],
        };
        let texts: Vec<String> =
            violations.iter().map(|violation| validation::text(contract, violation)).collect();
        let models: Vec<Value> = contract.models.keys().map(|id| id.as_str().into()).collect();
        let blanks = [
            ("violations", texts.join("\n")),
            ("models", validation::joined(&models)),
            ("method", exchange.method.to_owned()),
            ("target", exchange.target.to_owned()),
        ];
        let blanks = blanks.each_ref().map(|(name, text)| (*name, text.as_str()));
        let worded = contract.worded(problem, &blanks);
        let id = match exchange.options.get("request_id_form") {
            "uuid" => ids::uuid(ids::first_half(&exchange.entropy)),
            _ => ids::nanoid(&exchange.entropy),
        };
        let mut body = Map::new();
        body.insert("requestId".into(), id.into());
        body.insert("statusCode".into(), worded.status.into());
        body.insert("timestamp".into(), exchange.now.rfc3339().into());
        body.insert("path".into(), exchange.target.into());
        body.insert("message".into(), worded.text.into());
        if exchange.options.is("validation_issues", "issues") && !violations.is_empty() {
            let issues = violations.iter().map(|violation| validation::issue(contract, violation));
            body.insert("issues".into(), issues.collect::<Vec<_>>().into());
        }
        traced(exchange, Reply::json(worded.status, Value::Object(body)), None)
    }
}

/// Eighteen decimal digits, the first of them 7 or 8 as in the maker's ids of 2025.
fn decimal(entropy: &[u8; 32]) -> String {
    let tail = entropy[1..8].iter().fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    format!("{}{:017}", 7 + entropy[0] % 2, tail % 100_000_000_000_000_000)
}

/// Why a job ended without a video. One that was cancelled by the operator looks broken to the caller.
fn failure(exchange: &Exchange<'_>, job: &JobView<'_>) -> Value {
    let contract = exchange.contract;
    let reason = job.failure.map_or(FailureReason::Internal, |failure| failure.reason);
    let (general, code) = contract.failure(reason);
    let text = job.failure.map_or(general, |failure| failure.text(contract));
    match exchange.options.get("error_shape") {
        "text" => text.into(),
        "detail" => {
            let mut finding = Map::new();
            finding.insert("loc".into(), json!(["body", "image_url"]));
            finding.insert("msg".into(), text.into());
            finding.insert("type".into(), code.into());
            if !job.echo.is_null() {
                finding.insert("input".into(), job.echo.clone());
            }
            json!({"detail": [finding]})
        }
        _ => json!({"name": code, "message": text}),
    }
}

/// The balance as the older address tells it; what does not follow from it is as in the contract's example.
fn legacy_balance(exchange: &Exchange<'_>, balance: &BalanceView) -> Value {
    let shape = exchange.contract.schemas.get("legacy_balance");
    let stated = |name: &str| {
        let member = shape.and_then(|shape| shape.get("properties")?.get(name)?.get("default"));
        member.cloned().unwrap_or_default()
    };
    let threshold = stated("lowBalanceThreshold");
    json!({
        "balance": whole(balance.left),
        "lowBalance": threshold.as_f64().is_some_and(|threshold| balance.left < threshold),
        "lowBalanceThreshold": threshold,
        "lastUpdated": exchange.now.rfc3339(),
        "autoDebitStatus": stated("autoDebitStatus"),
        "status": stated("status"),
        "statusExplanation": stated("statusExplanation"),
    })
}

/// Adds `meta`, where a price is known.
fn insert_meta(body: &mut Map<String, Value>, exchange: &Exchange<'_>, job: &JobView<'_>) {
    let Some(credits) = job.price else { return };
    let mut usage = Map::new();
    for name in exchange.options.get("usage_members").split('+') {
        let amount = if name == "usd_spent" { json!(credits / CREDITS_PER_USD) } else { whole(credits) };
        usage.insert(name.to_owned(), amount);
    }
    body.insert("meta".into(), json!({ "usage": usage }));
}

/// An amount as JavaScript writes it: without a point if it is whole.
fn whole(amount: f64) -> Value {
    // Credits are far below 2^53, so the text of a whole amount is an integer.
    format!("{amount}").parse::<u64>().map_or_else(|_| json!(amount), Value::from)
}

/// Adds the headers of request tracing, where the edition has them.
fn traced(exchange: &Exchange<'_>, mut reply: Reply, id: Option<&str>) -> Reply {
    if !exchange.options.is("tracing_headers", "on") {
        return reply;
    }
    if let Some(id) = id {
        reply = reply.with_header("x-inference-id", id);
    }
    match exchange.header("x-client-request-id").filter(|text| is_client_id(text)) {
        Some(text) => reply.with_header("x-client-request-id", text),
        None => reply,
    }
}

/// Whether a caller's request id has a form that is repeated.
fn is_client_id(text: &str) -> bool {
    (1..=CLIENT_ID_CHARACTERS).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte))
}
