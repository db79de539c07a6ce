//! The shape of `contract.toml`. Unknown keys are errors; maps keep the file's order.

pub mod auth;
pub mod callbacks;
pub mod chain;
pub mod cors;
pub mod deprecation;
pub mod edition;
pub mod lengths;
pub mod money;
pub mod operation;
pub mod output;
pub mod source;
mod validate;
mod vocabulary;
pub mod wording;

use std::borrow::Cow;
use std::sync::OnceLock;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Map, Value};

pub use self::callbacks::Callbacks;
use crate::contract::check::cross_field::{BrokenCombination, CrossFieldRules};
use crate::contract::check::intent::RoleMember;
use crate::contract::check::rules::Checker;
use crate::contract::model::auth::AuthFact;
use crate::contract::model::cors::Cors;
use crate::contract::model::deprecation::Deprecation;
use crate::contract::model::lengths::Lengths;
use crate::contract::model::money::{Billing, RateLimits};
use crate::contract::model::operation::OperationFacts;
use crate::contract::model::output::Output;
use crate::contract::model::source::{Cited, Source};
use crate::contract::model::wording::{FailureFact, LateRefusals, ProblemFact, Wording};
use crate::operation::Operation;
use crate::phase::Phase;
use crate::upstream::MakerRule;

/// A map that keeps the order in which the file declares its entries.
pub type Ordered<T> = IndexMap<String, T>;

/// One edition of a vendor's contract.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// The vendor's id, as users write it.
    pub id: String,
    /// The vendor's name, for pages.
    pub title: String,
    /// The day this edition took effect, `YYYY-MM-DD`, with a letter if a day has two.
    pub edition: String,
    /// What a reader should know first. Plain text.
    pub summary: String,
    /// Hosts under which the vendor serves this surface.
    pub hosts: Vec<String>,
    /// Where the facts come from.
    pub sources: Ordered<Source>,
    /// How callers identify themselves.
    pub auth: AuthFact,
    /// What the vendor says to browsers; absent if nothing is known.
    pub cors: Option<Cors>,
    /// What all answers have in common.
    pub answers: Answers,
    /// The vendor's words for our phases, by [`Phase::name`].
    pub phases: Ordered<PhaseWords>,
    /// What can be asked, by our name of the operation.
    pub operations: IndexMap<Operation, OperationFacts>,
    /// Schemas that requests and replies refer to as `#/$defs/NAME`.
    #[serde(default)]
    pub schemas: Map<String, Value>,
    /// What jobs run on, by the vendor's id.
    pub models: Ordered<Model>,
    /// When jobs are charged, and which endings cost nothing.
    pub billing: Billing,
    /// How the vendor counts what an account does.
    pub limits: RateLimits,
    /// Refusals, by [`crate::problem::Problem::name`].
    pub problems: Ordered<ProblemFact>,
    /// The schema that refusals follow, with `x-source`.
    pub problem_schema: Value,
    /// How a broken rule is worded, by [`crate::contract::check::rules::Rule::name`].
    #[serde(default)]
    pub wording: Ordered<Wording>,
    /// Models that have gone or will go, as the vendor's own feed lists them.
    #[serde(default)]
    pub deprecations: Vec<Deprecation>,
    /// How the lengths of texts in requests are counted; in characters, if nothing is said.
    pub lengths: Option<Lengths>,
    /// Reasons of failed jobs, by [`crate::problem::FailureReason::name`].
    pub failures: Ordered<FailureFact>,
    /// When an image that breaks a rule is noticed.
    #[serde(rename = "pictures")]
    pub images: Images,
    /// Whether the vendor may notice a bad value only when the job runs; absent if nothing suggests that.
    pub late_refusals: Option<LateRefusals>,
    /// Which rules of the models' maker reach the caller.
    pub upstream: UpstreamRules,
    /// What becomes of results.
    pub results: Results,
    /// Where files may be put, if the vendor takes uploads.
    pub uploads: Option<Uploads>,
    /// Whom the vendor tells when a job changes, if it tells anybody.
    pub callbacks: Option<Callbacks>,
    /// Quirks with several right answers.
    #[serde(default)]
    pub options: Ordered<OptionFact>,
    /// What stays unknown, and what we propose instead: prose for the page.
    #[serde(default)]
    pub open_questions: Vec<OpenQuestion>,
    /// The merged table it was read from, so that options can patch it.
    #[serde(skip)]
    pub(crate) table: toml::Table,
}

/// What all answers have in common.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    /// Content type of JSON answers.
    pub content_type: String,
    /// The largest body that is read, in bytes; absent if nobody knows.
    pub max_body_bytes: Option<u64>,
    /// Where that limit is from.
    pub max_body_source: Option<Cited>,
    /// Where the content type is from.
    pub source: Cited,
}

/// The vendor's words for one phase.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhaseWords {
    /// The first is the one we say; the others may be chosen by options or seen on the wire. Strings or numbers.
    pub words: Vec<Value>,
    /// Where they are from.
    pub source: Cited,
}

/// One model.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The vendor's id; filled in from the key of the table.
    #[serde(default)]
    pub id: String,
    /// A name for people.
    pub title: String,
    /// JSON Schema of the body of a submit.
    pub request: Value,
    /// The pair of model and mode in the maker's table of capabilities.
    pub maker: Option<Maker>,
    /// What comes out.
    pub output: Output,
    /// What it costs; absent if no price is known.
    pub price: Option<Price>,
    /// How long the vendor was seen to take.
    pub observed: Observed,
    /// Whether it is still offered.
    #[serde(default)]
    pub lifecycle: Lifecycle,
    /// Members of the vendor's own description of the model, where it publishes one.
    #[serde(default)]
    pub about: Map<String, Value>,
    /// Where those are from.
    pub about_source: Option<Cited>,
    /// Where it is from.
    pub source: Cited,
    /// The compiled request schema.
    #[serde(skip)]
    pub(crate) checker: OnceLock<Checker>,
    /// The rules about several members of a request, compiled.
    #[serde(skip)]
    pub(crate) cross_field: OnceLock<CrossFieldRules>,
    #[serde(skip)]
    pub(crate) role_members: OnceLock<Vec<RoleMember>>,
}

/// Whether a model is still offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lifecycle {
    /// Offered.
    #[default]
    Active,
    /// Offered, but announced to end.
    Deprecated,
    /// No longer offered.
    Retired,
}

/// A row in the maker's table of capabilities.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Maker {
    /// The maker's `model_name`.
    pub model: String,
    /// The maker's `mode`.
    pub mode: String,
    /// Where the pairing is from.
    pub source: Cited,
}

/// What a job costs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// In `unit`s.
    pub amount: f64,
    /// The vendor's unit.
    pub unit: String,
    /// What the amount is for.
    pub per: Per,
    /// Where it is from.
    pub source: Cited,
}

/// What an amount is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// A job.
    Job,
    /// A second of video.
    Second,
}

/// How long the vendor was seen to take, in seconds: bounds of an even distribution.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observed {
    /// From submit to start.
    pub queued: [f64; 2],
    /// From start to end, for a clip of five seconds.
    pub running: [f64; 2],
    /// Where it is from.
    pub source: Cited,
}

/// When an image that breaks a rule is noticed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Images {
    /// The rules for images, videos and sound that refuse the submit, by [`crate::contract::check::rules::ImageRule::name`] and
    /// [`crate::contract::check::media::MediaRule::name`]; all others fail the job.
    pub refused_at_submit: Vec<String>,
    /// Where that is from.
    pub source: Cited,
}

/// Which rules of the models' maker reach the caller.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpstreamRules {
    /// Those of [`crate::upstream`] that do.
    pub rules: Vec<MakerRule>,
    /// Where that is from.
    pub source: Cited,
}

/// What becomes of results.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Results {
    /// Days until the address stops working; absent if it does not.
    pub expire_after_days: Option<f64>,
    /// `access-control-allow-origin` of results; absent if browsers may not read them.
    pub allow_origin: Option<String>,
    /// Where that is from.
    pub source: Cited,
}

/// Where files may be put.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Uploads {
    /// Minutes until the address stops taking a file.
    pub minutes: f64,
    /// File extensions taken, and the content type served for each.
    pub types: Ordered<String>,
    /// Pointer to the extension in the request.
    pub extension_at: String,
    /// Where that is from.
    pub source: Cited,
}

/// A quirk with several right answers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptionFact {
    /// One line for pages.
    pub summary: String,
    /// What it may be.
    pub values: Vec<String>,
    /// What it is unless chosen.
    pub default: String,
    /// What a value changes in the contract, as a patch like an edition's.
    #[serde(default)]
    pub patch: Ordered<toml::Table>,
    /// Why that is the default.
    pub source: Cited,
}

/// What stays unknown, and what we propose instead.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenQuestion {
    /// The question.
    pub question: String,
    /// What we do meanwhile.
    pub proposal: String,
    /// Why.
    pub reason: String,
}

impl Contract {
    /// The vendor's words for a phase; empty if it has none.
    pub fn words(&self, phase: Phase) -> &[Value] {
        self.phases.get(phase.name()).map_or(&[], |words| words.words.as_slice())
    }

    /// Whether the vendor's feed calls a model withdrawn, by its id or another one of it.
    pub fn has_withdrawn(&self, id: &str) -> bool {
        let named = |entry: &&Deprecation| entry.id == id || entry.aliases.iter().any(|alias| alias == id);
        self.deprecations.iter().find(named).is_some_and(Deprecation::is_withdrawn)
    }

    /// The unit of the models' prices, which is one for all of them; nothing, if no price is known.
    pub fn unit(&self) -> Option<&str> {
        self.models.values().find_map(|model| Some(model.price.as_ref()?.unit.as_str()))
    }

    /// The word that we say for a phase: the vendor's first, or our own name if the contract has none.
    pub fn word(&self, phase: Phase) -> Value {
        self.word_ref(phase).into_owned()
    }

    /// The same, not copied.
    pub(crate) fn word_ref(&self, phase: Phase) -> Cow<'_, Value> {
        self.words(phase).first().map_or_else(|| Cow::Owned(phase.name().into()), Cow::Borrowed)
    }

    /// `id@edition`.
    pub fn full_id(&self) -> String {
        format!("{}@{}", self.id, self.edition)
    }
}

impl Model {
    /// The members of a request that have a role.
    pub(crate) fn role_members(&self) -> &[RoleMember] {
        self.role_members.get_or_init(|| RoleMember::list(&self.request))
    }

    /// The first rule about several members that a body breaks.
    pub fn broken_combination(&self, body: &Value) -> Option<&BrokenCombination> {
        // A contract whose rules cannot be read does not load.
        self.cross_field
            .get_or_init(|| CrossFieldRules::of(&self.request).unwrap_or_default())
            .first_broken(body)
    }

    /// What a job of so many seconds costs; `None` if no price is known.
    pub fn price_of(&self, seconds: u32) -> Option<f64> {
        self.price.as_ref().map(|price| match price.per {
            Per::Job => price.amount,
            Per::Second => price.amount * f64::from(seconds),
        })
    }
}
