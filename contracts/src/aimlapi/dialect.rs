//! The dialect of the reseller: only the members that apply, one envelope for all refusals.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::body::{JobBody, MetaBody, UsageBody, VideoBody, whole};
use super::{catalogue, deprecations, validation};
use crate::contract::{Model, Options};
use crate::dialect::{BalanceView, Dialect, Exchange, JobView, OnOff, Reply, WrittenReply, reply_with};
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

/// The header by which a caller names a request of its own.
const CLIENT_ID: &str = "x-client-request-id";

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
        reply_with(exchange.good_status(Operation::Submit), &self.describe_accepted(exchange, job))
            .with_headers(self.tracing_headers(exchange, Some(job.id)))
    }

    fn job(&self, exchange: &Exchange<'_>, job: &JobView<'_>) -> Reply {
        reply_with(exchange.good_status(Operation::Poll), &self.state(exchange, job))
            .with_headers(self.job_headers(exchange, job))
    }

    fn write_submitted(&self, exchange: &Exchange<'_>, job: &JobView<'_>) -> Option<WrittenReply> {
        let written = WrittenReply::json(
            exchange.good_status(Operation::Submit),
            &self.describe_accepted(exchange, job),
        )?;
        Some(WrittenReply { headers: self.tracing_headers(exchange, Some(job.id)), ..written })
    }

    fn write_job(&self, exchange: &Exchange<'_>, job: &JobView<'_>) -> Option<WrittenReply> {
        let written = WrittenReply::json(exchange.good_status(Operation::Poll), &self.state(exchange, job))?;
        Some(WrittenReply { headers: self.job_headers(exchange, job), ..written })
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

    /// A job as it was accepted.
    fn describe_accepted<'a>(&self, exchange: &Exchange<'a>, job: &JobView<'a>) -> JobBody<'a> {
        JobBody {
            id: job.id,
            status: exchange.contract.word_ref(Phase::Queued),
            video: None,
            error: None,
            meta: self.meta(job).filter(|_| self.options.submit_meta.is_on()),
        }
    }

    /// A job as it stands.
    fn state<'a>(&self, exchange: &Exchange<'a>, job: &'a JobView<'a>) -> JobBody<'a> {
        let is_file = self.options.video_members == VideoMembers::File;
        let has_failed = matches!(job.phase, Phase::Failed | Phase::Cancelled);
        let has_meta = job.phase == Phase::Succeeded && self.options.completed_meta.is_on();
        JobBody {
            id: job.id,
            status: exchange.contract.word_ref(job.phase),
            video: job.result.as_ref().map(|result| VideoBody {
                url: &result.video_url,
                content_type: is_file.then_some("video/mp4"),
                file_name: is_file.then_some("output.mp4"),
            }),
            error: has_failed.then(|| self.failure(exchange, job)),
            meta: self.meta(job).filter(|_| has_meta),
        }
    }

    /// What the job used, where a price is known.
    fn meta(&self, job: &JobView<'_>) -> Option<MetaBody> {
        let credits = job.price?;
        let used = Some(whole(credits));
        let none = UsageBody { credits_used: None, usd_spent: None, tokens_used: None };
        let usage = match self.options.usage_members {
            UsageMembers::CreditsAndUsd => {
                UsageBody { credits_used: used, usd_spent: Some(credits / CREDITS_PER_USD), ..none }
            }
            UsageMembers::CreditsUsed => UsageBody { credits_used: used, ..none },
            UsageMembers::TokensUsed => UsageBody { tokens_used: used, ..none },
        };
        Some(MetaBody { usage })
    }

    /// The headers of the answer to a poll.
    fn job_headers(&self, exchange: &Exchange<'_>, job: &JobView<'_>) -> Vec<(&'static str, String)> {
        let mut headers = self.tracing_headers(exchange, Some(job.id));
        let is_told = self.options.tracing_headers.is_on() && job.phase == Phase::Succeeded;
        if let Some(credits) = job.price.filter(|_| is_told) {
            headers.push(("x-aimlapi-credits-used", format!("{credits:.0}")));
            headers.push(("x-aimlapi-usd-spent", format!("{:.9}", credits / CREDITS_PER_USD)));
        }
        headers
    }

    /// The headers of request tracing, where the edition has them.
    fn tracing_headers(&self, exchange: &Exchange<'_>, id: Option<&str>) -> Vec<(&'static str, String)> {
        let mut headers = Vec::new();
        if self.options.tracing_headers.is_on() {
            headers.extend(id.map(|id| ("x-inference-id", id.to_owned())));
            let repeated = exchange.header(CLIENT_ID).filter(|text| is_client_id(text));
            headers.extend(repeated.map(|text| (CLIENT_ID, text.to_owned())));
        }
        headers
    }

    /// An answer with the headers of request tracing.
    fn traced(&self, exchange: &Exchange<'_>, reply: Reply, id: Option<&str>) -> Reply {
        reply.with_headers(self.tracing_headers(exchange, id))
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

/// Whether a caller's request id has a form that is repeated.
fn is_client_id(text: &str) -> bool {
    (1..=CLIENT_ID_CHARACTERS).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte))
}
