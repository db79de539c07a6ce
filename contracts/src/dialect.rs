//! Dialects of vendors: our words in, the vendor's bytes out.
//!
//! A dialect is thin and pure. It has no clock, no store and no HTTP library; texts, codes and
//! limits are in the contract, and only what needs a branch (nesting, key order, the minting of
//! ids) is here.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::contract::{Contract, Model, Options};
use crate::operation::Operation;
use crate::phase::Phase;
use crate::problem::{FailureReason, KeyFault, Problem};
use crate::time::UnixMillis;

/// The request that is being answered, and everything else an answer may depend on.
pub struct Exchange<'a> {
    /// The edition that is being served.
    pub contract: &'a Contract,
    /// The quirks chosen for it.
    pub options: &'a Options,
    /// As received, upper case.
    pub method: &'a str,
    /// Path and query as received, without the emulator's own prefix.
    pub target: &'a str,
    /// Request headers, names in lower case.
    pub headers: &'a [(String, String)],
    /// The account's time.
    pub now: UnixMillis,
    /// Random bytes of this exchange's own, the same in every run with the same seed.
    pub entropy: [u8; 32],
}

impl Exchange<'_> {
    /// The value of a request header, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(held, _)| held == name).map(|(_, value)| value.as_str())
    }

    /// The status of an operation's good answer.
    pub(crate) fn good_status(&self, operation: Operation) -> u16 {
        self.contract.operations.get(&operation).map_or(200, |facts| facts.status.enforced)
    }

    /// The path without its query.
    pub fn path(&self) -> &str {
        self.target.split_once('?').map_or(self.target, |(path, _)| path)
    }
}

impl fmt::Debug for Exchange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers hold the key, so they are left out.
        f.debug_struct("Exchange")
            .field("method", &self.method)
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

/// Who is asking.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// The secret that names the account.
    pub key: String,
    /// A further division inside the account (an organisation) whose jobs are apart from the others'.
    pub tenant: Option<String>,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("tenant", &self.tenant).finish_non_exhaustive()
    }
}

/// A job as a dialect sees it.
#[derive(Clone, Debug)]
pub struct JobView<'a> {
    /// The vendor's id for it.
    pub id: &'a str,
    /// The model it runs on.
    pub model: &'a Model,
    /// Where it stands now.
    pub phase: Phase,
    /// When it was accepted.
    pub submitted_at: UnixMillis,
    /// When it left the queue, if it has.
    pub started_at: Option<UnixMillis>,
    /// When it reached its terminal phase, if it has.
    pub ended_at: Option<UnixMillis>,
    /// What the caller sent, as far as the vendor echoes it; `null` where nothing is kept.
    pub echo: &'a Value,
    /// The result, in phase `Succeeded` only.
    pub result: Option<ResultView>,
    /// Why it failed, in phase `Failed` only.
    pub failure: Option<FailureView<'a>>,
    /// What it costs, in the unit of the model's price; `None` if the price is not known.
    pub price: Option<f64>,
    /// Sixteen bytes that name the account, the same for all its jobs (for organisation and user ids).
    pub account: [u8; 16],
    /// The tenant it was submitted under.
    pub tenant: Option<&'a str>,
    /// Random bytes of the job's own.
    pub entropy: [u8; 32],
}

impl JobView<'_> {
    /// When anything about the job last changed.
    pub fn updated_at(&self) -> UnixMillis {
        self.ended_at.or(self.started_at).unwrap_or(self.submitted_at)
    }
}

/// The finished video.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultView {
    /// Absolute address of the MP4.
    pub video_url: String,
    /// Absolute address of the JPEG thumbnail.
    pub cover_url: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Length in milliseconds.
    pub duration_ms: u64,
}

/// Why a job failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailureView<'a> {
    /// The reason, whose text is in the contract.
    pub reason: FailureReason,
    /// What exactly was wrong, where we know more than the contract's text says.
    pub detail: Option<&'a str>,
}

impl<'a> FailureView<'a> {
    /// What the caller is told: the detail if there is one, else the contract's text.
    pub fn text(&self, contract: &'a Contract) -> &'a str {
        self.detail.unwrap_or_else(|| contract.failure(self.reason).0)
    }
}

/// Where a caller may put a file, and where it can be read afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadView {
    /// Absolute address for the PUT.
    pub upload_url: String,
    /// Absolute address of the file once it is there.
    pub public_url: String,
}

/// What an account has left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BalanceView {
    /// In the unit of the models' prices; what an account without a limit is said to have, if it has none.
    pub left: f64,
}

/// An option that is off or on; off where the contract has no such option.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OnOff {
    /// It is not so.
    #[default]
    Off,
    /// It is so.
    On,
}

impl OnOff {
    /// Whether it is on.
    pub(crate) fn is_on(self) -> bool {
        self == Self::On
    }
}

/// What an answer carries.
#[derive(Clone, Debug, PartialEq)]
pub enum ReplyBody {
    /// JSON, its members in the order they are to be sent.
    Json(Value),
    /// Nothing.
    Empty,
}

/// An answer, without any HTTP library: the edge turns it into one.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// HTTP status code.
    pub status: u16,
    /// Headers beyond content type and CORS, which the contract states.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: ReplyBody,
}

impl Reply {
    /// A JSON answer without further headers.
    pub fn json(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: ReplyBody::Json(body) }
    }

    /// The same answer with more headers.
    #[must_use]
    pub fn with_headers(mut self, headers: Vec<(&'static str, String)>) -> Self {
        self.headers.extend(headers.into_iter().map(|(name, value)| (name.to_owned(), value)));
        self
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// A good answer whose JSON is written already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenReply {
    /// HTTP status code.
    pub status: u16,
    /// Headers beyond content type and CORS, which the contract states; names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body, as it is sent.
    pub text: String,
}

impl WrittenReply {
    /// An answer with a body, and no further headers. Nothing, if the body cannot be written.
    pub(crate) fn json(status: u16, body: &impl Serialize) -> Option<Self> {
        Some(Self { status, headers: Vec::new(), text: serde_json::to_string(body).ok()? })
    }
}

/// An answer with a body that can still be changed.
pub(crate) fn reply_with(status: u16, body: &impl Serialize) -> Reply {
    Reply::json(status, serde_json::to_value(body).unwrap_or_default())
}

/// A vendor's way of speaking.
pub trait Dialect: Send + Sync {
    /// The same way of speaking under other options.
    ///
    /// # Errors
    ///
    /// If an option has a value that the dialect does not know.
    fn for_options(&self, options: &Options) -> Result<Arc<dyn Dialect>, String>;

    /// Names the account that is asking, and its tenant. Nothing is trusted yet; the second step is
    /// [`Auth::authenticate`](crate::contract::model::auth::Auth::authenticate).
    ///
    /// # Errors
    ///
    /// Says what is wrong with the credential; whether the key itself is known is not decided here.
    fn identify(&self, exchange: &Exchange<'_>) -> Result<Credential, KeyFault> {
        exchange.contract.auth.scheme.identify(exchange.header("authorization"))
    }

    /// Whether a submit answers with the finished job, as some models do.
    fn finishes_at_submit(&self) -> bool {
        false
    }

    /// Mints the id of a new job from its entropy.
    fn job_id(&self, model: &Model, entropy: [u8; 32]) -> String;

    /// Answers an accepted submit.
    fn submitted(&self, exchange: &Exchange<'_>, job: &JobView<'_>) -> Reply;

    /// Answers a poll.
    fn job(&self, exchange: &Exchange<'_>, job: &JobView<'_>) -> Reply;

    /// Answers an accepted submit as [`Dialect::submitted`] does, without a tree of values in between. Nothing, if the
    /// dialect has no such way.
    fn write_submitted(&self, _exchange: &Exchange<'_>, _job: &JobView<'_>) -> Option<WrittenReply> {
        None
    }

    /// Answers a poll as [`Dialect::job`] does, without a tree of values in between: most requests are polls. Nothing, if
    /// the dialect has no such way.
    fn write_job(&self, _exchange: &Exchange<'_>, _job: &JobView<'_>) -> Option<WrittenReply> {
        None
    }

    /// Answers a listing as [`Dialect::list`] does, without a tree of values in between: what callers sent can be long.
    /// Nothing, if the dialect has no such way.
    fn write_list(&self, _exchange: &Exchange<'_>, _jobs: &[JobView<'_>]) -> Option<WrittenReply> {
        None
    }

    /// Writes what is sent to the address that a submit named, when the job changes; its status and headers are not
    /// sent. There is no request: `exchange` has an empty target and no headers.
    fn callback(&self, exchange: &Exchange<'_>, job: &JobView<'_>) -> Reply {
        self.job(exchange, job)
    }

    /// Words a refusal.
    fn problem(&self, exchange: &Exchange<'_>, problem: &Problem) -> Reply;

    /// Answers a listing of the account's jobs, newest first. Only called where the contract has the operation.
    fn list(&self, exchange: &Exchange<'_>, _jobs: &[JobView<'_>]) -> Reply {
        self.problem(exchange, &Problem::UnknownRoute { allowed: Vec::new() })
    }

    /// Answers with the list of models. Only called where the contract has the operation.
    fn models(&self, exchange: &Exchange<'_>) -> Reply {
        self.problem(exchange, &Problem::UnknownRoute { allowed: Vec::new() })
    }

    /// Answers with the feed of models that go. Only called where the contract has the operation.
    fn deprecations(&self, exchange: &Exchange<'_>) -> Reply {
        self.problem(exchange, &Problem::UnknownRoute { allowed: Vec::new() })
    }

    /// Answers with one model. Only called where the contract has the operation.
    fn model(&self, exchange: &Exchange<'_>, _model: &Model) -> Reply {
        self.problem(exchange, &Problem::UnknownRoute { allowed: Vec::new() })
    }

    /// Answers with what an account has left. Only called where the contract has the operation.
    fn balance(&self, exchange: &Exchange<'_>, _balance: &BalanceView) -> Reply {
        self.problem(exchange, &Problem::UnknownRoute { allowed: Vec::new() })
    }

    /// Answers an order to cancel a job, which is shown as it stands afterwards: cancelled, if it still waited.
    /// Only called where the contract has the operation.
    fn cancelled(&self, exchange: &Exchange<'_>, _job: &JobView<'_>) -> Reply {
        self.problem(exchange, &Problem::UnknownRoute { allowed: Vec::new() })
    }

    /// Answers a request for an upload address. Only called where the contract has the operation.
    fn upload(&self, exchange: &Exchange<'_>, _upload: &UploadView) -> Reply {
        self.problem(exchange, &Problem::UnknownRoute { allowed: Vec::new() })
    }
}
