//! Outcomes and results of cases, and the report of a run.
//!
//! The JSON of [`Report`] is public; its schema is `docs/report.schema.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::clause::{Clause, Cost, Level};
use mockreel_contracts::Amount;
use mockreel_evidence::exchange::Exchange;

/// The version of the report's form.
pub const SCHEMA_VERSION: u32 = 1;

/// What became of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It held; for INFO: it was written down.
    Pass,
    /// It did not hold.
    Fail,
    /// It held and did not hold.
    Flaky,
    /// It held, though the baseline expects it not to.
    UnexpectedPass,
    /// It did not hold, as the baseline expects.
    ExpectedFail,
    /// It has no meaning here. Never counted.
    NotApplicable,
    /// The budget did not allow it. Always counted.
    NotRunBudget,
    /// The end of another case left nothing to find out, or too dear a way to find it out. Counted unless the
    /// baseline expects that other case to fail.
    Blocked,
    /// It was refused as it ought to be, but so was what ought to be accepted: nothing follows from it. Counted
    /// as [`Outcome::Blocked`] is.
    Inconclusive,
    /// No answer came.
    Unreachable,
    /// The suite itself broke.
    EngineError,
}

impl Outcome {
    /// Every outcome, in the order of reports.
    pub const ALL: [Self; 11] = [
        Self::Pass,
        Self::Fail,
        Self::Flaky,
        Self::UnexpectedPass,
        Self::ExpectedFail,
        Self::NotApplicable,
        Self::NotRunBudget,
        Self::Blocked,
        Self::Inconclusive,
        Self::Unreachable,
        Self::EngineError,
    ];

    /// As it is printed, and as it stands in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Flaky => "flaky",
            Self::UnexpectedPass => "unexpected-pass",
            Self::ExpectedFail => "expected-fail",
            Self::NotApplicable => "not-applicable",
            Self::NotRunBudget => "not-run-budget",
            Self::Blocked => "blocked",
            Self::Inconclusive => "inconclusive",
            Self::Unreachable => "unreachable",
            Self::EngineError => "engine-error",
        }
    }

    /// Whether requests were sent and judged.
    pub fn was_executed(self) -> bool {
        match self {
            Self::Pass
            | Self::Fail
            | Self::Flaky
            | Self::UnexpectedPass
            | Self::ExpectedFail
            | Self::Inconclusive => true,
            Self::NotApplicable
            | Self::NotRunBudget
            | Self::Blocked
            | Self::Unreachable
            | Self::EngineError => false,
        }
    }
}

/// Where the answers came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// A real service.
    Live,
    /// A recorded run.
    Cassette,
    /// The stand-in.
    Emulator,
}

/// What a case has spent, in the report's unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseSpend {
    /// Put aside before sending.
    pub reserved: Amount,
    /// What it came to.
    pub settled: Amount,
}

/// Something written down by a case, whether or not it could fail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// What it is about.
    pub name: String,
    /// What was seen. May hold text from the wire.
    pub value: Value,
}

/// A place in which an answer is not as the suite's reference has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Which of the case's reference answers, from 0.
    pub answer: usize,
    /// JSON Pointer into the normalised answer.
    pub pointer: String,
    /// What the reference has; absent if nothing.
    #[serde(default, deserialize_with = "null_is_a_value", skip_serializing_if = "Option::is_none")]
    pub reference: Option<Value>,
    /// What came; absent if nothing.
    #[serde(default, deserialize_with = "null_is_a_value", skip_serializing_if = "Option::is_none")]
    pub found: Option<Value>,
}

/// A member that is there is a value, even if that is `null`.
fn null_is_a_value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// What became of one case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseResult {
    /// The case.
    pub id: String,
    /// What it claims.
    pub title: String,
    /// How binding that is for this vendor and edition.
    pub level: Level,
    /// What it may cost.
    pub cost: Cost,
    /// The target's name.
    pub target: String,
    /// The edition whose promises were checked.
    pub edition: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The baseline's reason, where it has an entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// For [`Outcome::Blocked`] and [`Outcome::Inconclusive`]: the case whose end is the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because_of: Option<String>,
    /// How often it was run with another outcome.
    pub flaky_runs: u32,
    /// Where the answers came from.
    pub evidence: Evidence,
    /// How old they are, in seconds, if they were recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence_age_s: Option<u64>,
    /// Numbers of the exchanges behind it.
    pub exchanges: Vec<u32>,
    /// What it has spent.
    pub spend: CaseSpend,
    /// One line on what was expected and what was found. May hold text from the wire.
    pub message: String,
    /// The fact it rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<Clause>,
    /// What it wrote down.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Where its answers are not as the reference has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// Milliseconds it took.
    pub took_ms: u64,
}

/// What a run has spent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spend {
    /// The vendor's unit; empty if it has no prices.
    pub unit: String,
    /// The most that may be spent; absent if nothing costs here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Amount>,
    /// Put aside by this run.
    pub reserved: Amount,
    /// What that came to.
    pub settled: Amount,
}

/// The run that a replay plays back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedRun {
    /// What it asked: `emulator`, `live` or an address.
    pub target: String,
    /// When it started, RFC 3339.
    pub started: String,
    /// How much of it the recording has, if that is not all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<String>,
}

/// The report of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The version of this form.
    pub schema_version: u32,
    /// `emulator`, `live`, `replay`, or an address.
    pub target: String,
    /// The run that was played back, if the target is a recording.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<RecordedRun>,
    /// The vendor's id.
    pub vendor: String,
    /// The edition whose promises were checked.
    pub edition: String,
    /// The only model that was looked at; absent if the run chose among all that are offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What generated requests were drawn from.
    pub seed: u64,
    /// When it started, RFC 3339.
    pub started: String,
    /// The exit code of `check`.
    pub exit_code: u8,
    /// Whether somebody stopped the run: the cases after that have no result.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub interrupted: bool,
    /// What it has spent.
    pub spend: Spend,
    /// How many results have each outcome; outcomes that do not occur are left out.
    pub summary: BTreeMap<String, usize>,
    /// What there is to know about the run as a whole, each in one line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
    /// The results, in the order of the catalogue.
    pub results: Vec<CaseResult>,
    /// The exchanges, redacted.
    pub exchanges: Vec<Exchange>,
}

impl Report {
    /// What the results are about: the vendor's id, and the model if the run was of one alone.
    pub fn subject(&self) -> String {
        self.model.as_ref().map_or_else(|| self.vendor.clone(), |model| format!("{} {model}", self.vendor))
    }

    /// Whom the answers are from: the recorded run's target if it was played back.
    pub fn target_of_answers(&self) -> &str {
        self.recording.as_ref().map_or(&self.target, |recording| &recording.target)
    }

    /// The results with an outcome.
    pub fn with(&self, outcome: Outcome) -> impl Iterator<Item = &CaseResult> {
        self.results.iter().filter(move |result| result.outcome == outcome)
    }

    /// An exchange by its number.
    pub fn exchange(&self, number: u32) -> Option<&Exchange> {
        self.exchanges.iter().find(|exchange| exchange.number == number)
    }
}
