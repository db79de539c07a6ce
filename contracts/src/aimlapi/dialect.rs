//! The dialect of the reseller: only the members that apply, one envelope for all refusals.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{catalogue, deprecations, validation};
use crate::contract::{Model, Options};
use crate::dialect::{BalanceView, Dialect, Exchange, JobView, OnOff, Reply};
use crate::ids;
use crate::operation::Operation;
use crate::phase::Phase;
use crate::problem::{FailureReason, Problem};

/// Credits for one US dollar (documented in three places of the vendor's pages).
pub(super) const CREDITS_PER_USD: f64 = 2_000_000.0;

/// The longest request id of a caller's that is repeated, in characters (documented).
const CLIENT_ID_CHARACTERS: usize = 128;

/// The content type of problem details, as it was seen.
const PROBLEM_DETAILS: &str = "application/problem+json; charset=utf-8";

/// The older address of the balance, which speaks of credits.
const LEGACY_BALANCE: &str = "/v1/billing/balance";

/// The quirks chosen for it. An edition that lacks one is as its default here.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
struct GenerationOptions {
    id_form: IdForm,
    request_id_form: RequestIdForm,
    error_shape: ErrorShape,
    completed_meta: OnOff,
    submit_meta: OnOff,
    usage_members: UsageMembers,
    video_members: VideoMembers,
    tracing_headers: OnOff,
    validation_issues: ValidationIssues,
    unauthorized_form: UnauthorizedForm,
    catalogue_items: CatalogueItems,
}

/// The form of a job's id.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum IdForm {
    #[default]
    Nanoid,
    UuidModel,
    Decimal,
}

/// The form of the id of a refused request.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RequestIdForm {
    #[default]
    Nanoid,
    Uuid,
}

/// The form of the reason why a job failed.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ErrorShape {
    #[default]
    Named,
    Detail,
    Text,
}

/// The members of `meta.usage`.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum UsageMembers {
    #[default]
    #[serde(rename = "credits_used+usd_spent")]
    CreditsAndUsd,
    CreditsUsed,
    TokensUsed,
}

/// The members of `video`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum VideoMembers {
    #[default]
    Url,
    File,
}

/// The form of the catalogue's items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CatalogueItems {
    #[default]
    Endpoints,
    Identity,
}

/// The form in which a key is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum UnauthorizedForm {
    #[default]
    Envelope,
    ProblemJson,
}

/// Whether a refusal lists each broken rule apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ValidationIssues {
    #[default]
    None,
    Issues,
}

/// The dialect; white labels of this vendor share it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Generations {
    options: GenerationOptions,
}

impl Dialect for Generations {
    fn for_options(&self, options: &Options) -> Result<Arc<dyn Dialect>, String> {
        Ok(Arc::new(Self { options: options.read()? }))
    }

    fn job_id(&self, model: &Model, entropy: [u8; 32]) -> String {
        match self.options.id_form {
            IdForm::UuidModel => format!("{}:{}", ids::uuid(ids::first_half(&entropy)), model.id),
            IdForm::Decimal => decimal(&entropy),
            IdForm::Nanoid => ids::nanoid(&entropy),
        }
    }

    fn submitted(&self, exchange: &Exchange<'_>, job: &JobView<'_>) -> Reply {
        let mut body = Map::new();
        body.insert("id".into(), job.id.into());
        body.insert("status".into(), exchange.contract.word(Phase::Queued));
        if self.options.submit_meta.is_on() {
            self.insert_meta(&mut body, job);
        }
        let status = exchange.good_status(Operation::Submit);
        self.traced(exchange, Reply::json(status, Value::Object(body)), Some(job.id))
    }

    fn job(&self, exchange: &Exchange<'_>, job: &JobView<'_>) -> Reply {
        let mut body = Map::new();
        body.insert("id".into(), job.id.into());
        body.insert("status".into(), exchange.contract.word(job.phase));
        if let Some(result) = &job.result {
            let mut video = Map::new();
            video.insert("url".into(), result.video_url.as_str().into());
            if self.options.video_members == VideoMembers::File {
                video.insert("content_type".into(), "video/mp4".into());
                video.insert("file_name".into(), "output.mp4".into());
            }
            body.insert("video".into(), Value::Object(video));
        }
        match job.phase {
            Phase::Failed | Phase::Cancelled => {
                body.insert("error".into(), self.failure(exchange, job));
            }
            Phase::Succeeded if self.options.completed_meta.is_on() => {
                self.insert_meta(&mut body, job);
            }
            Phase::Queued | Phase::Running | Phase::Succeeded => {}
        }
        let status = exchange.good_status(Operation::Poll);
        let mut reply = self.traced(exchange, Reply::json(status, Value::Object(body)), Some(job.id));
        let told = self.options.tracing_headers.is_on() && job.phase == Phase::Succeeded;
        if let Some(credits) = job.price.filter(|_| told) {
            reply = reply
                .with_header("x-aimlapi-credits-used", format!("{credits:.0}"))
                .with_header("x-aimlapi-usd-spent", format!("{:.9}", credits / CREDITS_PER_USD));
        }
        reply
    }

    fn models(&self, exchange: &Exchange<'_>) -> Reply {
        if self.options.catalogue_items == CatalogueItems::Identity {
            let body = json!({"object": "list", "data": catalogue::list_items(exchange)});
            return self.traced(exchange, Reply::json(exchange.good_status(Operation::Models), body), None);
        }
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
        self.traced(exchange, Reply::json(200, json!({"object": "list", "data": data})), None)
    }

    fn model(&self, exchange: &Exchange<'_>, model: &Model) -> Reply {
        let body =
            json!({"object": Operation::Model.as_str(), "data": catalogue::describe_one(exchange, model)});
        self.traced(exchange, Reply::json(exchange.good_status(Operation::Model), body), None)
    }

    fn deprecations(&self, exchange: &Exchange<'_>) -> Reply {
        let status = exchange.good_status(Operation::Deprecations);
        self.traced(exchange, Reply::json(status, deprecations::feed(exchange)), None)
    }

    fn balance(&self, exchange: &Exchange<'_>, balance: &BalanceView) -> Reply {
        let body = if exchange.path() == LEGACY_BALANCE {
            legacy_balance(exchange, balance)
        } else {
            json!({"current_balance": whole(balance.left / CREDITS_PER_USD), "currency": "USD"})
        };
        let status = exchange.good_status(Operation::Balance);
        self.traced(exchange, Reply::json(status, body), None)
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
        let id = match self.options.request_id_form {
            RequestIdForm::Uuid => ids::uuid(ids::first_half(&exchange.entropy)),
            RequestIdForm::Nanoid => ids::nanoid(&exchange.entropy),
        };
        let details = self.options.unauthorized_form == UnauthorizedForm::ProblemJson;
        if details && matches!(problem, Problem::Unauthorized(_)) {
            let body = json!({
                "title": "Unauthorized",
                "status": worded.status,
                "message": worded.text,
                "instance": exchange.target,
                "requestId": id,
                "timestamp": exchange.now.rfc3339(),
                "error": {"name": "UnauthorizedException", "message": worded.text},
            });
            let reply = Reply::json(worded.status, body).with_header("content-type", PROBLEM_DETAILS);
            return self.traced(exchange, reply, None);
        }
        let mut body = Map::new();
        body.insert("requestId".into(), id.into());
        body.insert("statusCode".into(), worded.status.into());
        body.insert("timestamp".into(), exchange.now.rfc3339().into());
        body.insert("path".into(), exchange.target.into());
        body.insert("message".into(), worded.text.into());
        if self.options.validation_issues == ValidationIssues::Issues && !violations.is_empty() {
            let issues = violations.iter().map(|violation| validation::issue(contract, violation));
            body.insert("issues".into(), issues.collect::<Vec<_>>().into());
        }
        self.traced(exchange, Reply::json(worded.status, Value::Object(body)), None)
    }
}

/// Eighteen decimal digits, the first of them 7 or 8 as in the maker's ids of 2025.
fn decimal(entropy: &[u8; 32]) -> String {
    let tail = entropy[1..8].iter().fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    format!("{}{:017}", 7 + entropy[0] % 2, tail % 100_000_000_000_000_000)
}

impl Generations {
    /// Why a job ended without a video. One that was cancelled by the operator looks broken to the caller.
    fn failure(&self, exchange: &Exchange<'_>, job: &JobView<'_>) -> Value {
        let contract = exchange.contract;
        let reason = job.failure.map_or(FailureReason::Internal, |failure| failure.reason);
        let (general, code) = contract.failure(reason);
        let text = job.failure.map_or(general, |failure| failure.text(contract));
        match self.options.error_shape {
            ErrorShape::Text => text.into(),
            ErrorShape::Detail => {
                let mut finding = Map::new();
                finding.insert("loc".into(), json!(["body", "image_url"]));
                finding.insert("msg".into(), text.into());
                finding.insert("type".into(), code.into());
                if !job.echo.is_null() {
                    finding.insert("input".into(), job.echo.clone());
                }
                json!({"detail": [finding]})
            }
            ErrorShape::Named => json!({"name": code, "message": text}),
        }
    }

    /// Adds `meta`, where a price is known.
    fn insert_meta(&self, body: &mut Map<String, Value>, job: &JobView<'_>) {
        let Some(credits) = job.price else { return };
        let (credits_used, usd) = (whole(credits), json!(credits / CREDITS_PER_USD));
        let usage = match self.options.usage_members {
            UsageMembers::CreditsAndUsd => json!({"credits_used": credits_used, "usd_spent": usd}),
            UsageMembers::CreditsUsed => json!({"credits_used": credits_used}),
            UsageMembers::TokensUsed => json!({"tokens_used": credits_used}),
        };
        body.insert("meta".into(), json!({ "usage": usage }));
    }

    /// Adds the headers of request tracing, where the edition has them.
    fn traced(&self, exchange: &Exchange<'_>, mut reply: Reply, id: Option<&str>) -> Reply {
        if !self.options.tracing_headers.is_on() {
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

/// An amount as JavaScript writes it: without a point if it is whole.
fn whole(amount: f64) -> Value {
    // Credits are far below 2^53, so the text of a whole amount is an integer.
    format!("{amount}").parse::<u64>().map_or_else(|_| json!(amount), Value::from)
}

/// Whether a caller's request id has a form that is repeated.
fn is_client_id(text: &str) -> bool {
    (1..=CLIENT_ID_CHARACTERS).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte))
}
