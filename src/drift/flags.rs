//! What can be typed after `drift`. Each flag has an environment variable and a key in the table `[drift]` of the
//! configuration file; a flag wins over the variable, that over the file.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::Deserialize;

/// `drift`: two sides, or one of its own commands.
#[derive(Clone, Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Drift {
    #[command(subcommand)]
    pub(crate) action: Option<Action>,
    #[command(flatten)]
    pub(crate) compare: Compare,
}

/// What else can be asked of `drift`.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Action {
    /// Print a timeline: of a history that `drift watch` keeps, or of a folder of dated OpenAPI files.
    History {
        /// A history, or a folder whose files begin with a day.
        #[arg(value_name = "FILE|FOLDER")]
        path: PathBuf,
    },
    /// Compare, add what was found to a history, and end with 5 only if something is new.
    Watch(Box<Watch>),
}

/// Flags of `drift watch`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Watch {
    #[command(flatten)]
    pub(crate) compare: Compare,
    /// The history; made if there is none [default: VENDOR.drift.jsonl].
    #[arg(long, value_name = "FILE", env = "MOCKREEL_DRIFT_HISTORY")]
    pub(crate) history: Option<PathBuf>,
    /// The day of this look [default: today, UTC].
    #[arg(long, value_name = "YYYY-MM-DD", env = "MOCKREEL_DRIFT_DATE")]
    pub(crate) date: Option<String>,
}

/// Two sides and what is done with their difference.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Compare {
    /// The older side: a file, a folder, `VENDOR[@EDITION]`, a cassette, emulator, live, or an address.
    #[arg(value_name = "OLD", required = true)]
    pub(crate) old: Option<String>,
    /// The newer side.
    #[arg(value_name = "NEW", required = true)]
    pub(crate) new: Option<String>,
    /// Answers of the emulator, for the verdict: a cassette, emulator or an address.
    #[arg(long, value_name = "SIDE", env = "MOCKREEL_DRIFT_EMULATOR")]
    pub(crate) emulator: Option<String>,
    /// Earlier answers of the vendor, for the verdict: a cassette.
    #[arg(long, value_name = "SIDE", env = "MOCKREEL_DRIFT_PREVIOUS")]
    pub(crate) previous: Option<String>,
    /// Of contracts, compare what they enforce, not what they call documented.
    #[arg(long, env = "MOCKREEL_DRIFT_ENFORCED", default_missing_value = "true", num_args = 0..=1)]
    pub(crate) enforced: Option<bool>,
    /// Ask NEW, a stand-in on this machine, for everything that some edition takes: hundreds of submits a model.
    #[arg(long, env = "MOCKREEL_DRIFT_PROBE", default_missing_value = "true", num_args = 0..=1)]
    pub(crate) probe: Option<bool>,
    /// The vendor to ask, where no other side says it.
    #[arg(long, value_name = "ID[@EDITION]", env = "MOCKREEL_DRIFT_VENDOR")]
    pub(crate) vendor: Option<String>,
    /// Reports to write: json=F, md=F, sarif=F, junit=F; repeatable.
    #[arg(long, value_name = "FORMAT=FILE", env = "MOCKREEL_DRIFT_REPORT")]
    pub(crate) report: Vec<String>,
    /// Print annotations for GitHub's workflows.
    #[arg(long, env = "MOCKREEL_DRIFT_GITHUB", default_missing_value = "true", num_args = 0..=1)]
    pub(crate) github: Option<bool>,
    /// Environment variable that holds the key, where somebody is asked.
    #[arg(long, value_name = "VAR", env = "MOCKREEL_DRIFT_KEY_ENV")]
    pub(crate) key_env: Option<String>,
    /// Environment variable that holds a key of another account.
    #[arg(long, value_name = "VAR", env = "MOCKREEL_DRIFT_SECOND_KEY_ENV")]
    pub(crate) second_key_env: Option<String>,
    /// The most that the ledger may ever come to, in the vendor's unit.
    #[arg(long, value_name = "N", env = "MOCKREEL_DRIFT_MAX_SPEND")]
    pub(crate) max_spend: Option<String>,
    /// Submit also where no price is known; it counts as nothing.
    #[arg(long, env = "MOCKREEL_DRIFT_ALLOW_UNKNOWN_PRICE", default_missing_value = "true", num_args = 0..=1)]
    pub(crate) allow_unknown_price: Option<bool>,
    /// The ledger of what was spent [default: mockreel-ledger.jsonl].
    #[arg(long, value_name = "FILE", env = "MOCKREEL_DRIFT_LEDGER")]
    pub(crate) ledger: Option<PathBuf>,
    /// Record what NEW answers into this folder, for the next comparison.
    #[arg(long, value_name = "DIR", env = "MOCKREEL_DRIFT_CASSETTE")]
    pub(crate) cassette: Option<PathBuf>,
    /// Address of a good image that the target can read, where it takes images by address.
    #[arg(long = "picture", value_name = "URL", env = "MOCKREEL_DRIFT_PICTURE")]
    pub(crate) image: Option<String>,
    /// Configuration file [default: mockreel.toml, if there is one].
    #[arg(long, value_name = "FILE", env = "MOCKREEL_CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

/// The table `[drift]` of the configuration file.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DriftTable {
    emulator: Option<String>,
    previous: Option<String>,
    enforced: Option<bool>,
    probe: Option<bool>,
    vendor: Option<String>,
    report: Vec<String>,
    github: Option<bool>,
    key_env: Option<String>,
    second_key_env: Option<String>,
    max_spend: Option<f64>,
    allow_unknown_price: Option<bool>,
    ledger: Option<PathBuf>,
    cassette: Option<PathBuf>,
    #[serde(rename = "picture")]
    image: Option<String>,
    /// The history of `drift watch`.
    pub(crate) history: Option<PathBuf>,
}

impl Compare {
    /// Whatever was not typed is taken from the file.
    pub(crate) fn over(mut self, file: DriftTable) -> Self {
        self.emulator = self.emulator.or(file.emulator);
        self.previous = self.previous.or(file.previous);
        self.enforced = self.enforced.or(file.enforced);
        self.probe = self.probe.or(file.probe);
        self.vendor = self.vendor.or(file.vendor);
        if self.report.is_empty() {
            self.report = file.report;
        }
        self.github = self.github.or(file.github);
        self.key_env = self.key_env.or(file.key_env);
        self.second_key_env = self.second_key_env.or(file.second_key_env);
        self.max_spend = self.max_spend.or(file.max_spend.map(|number| number.to_string()));
        self.allow_unknown_price = self.allow_unknown_price.or(file.allow_unknown_price);
        self.ledger = self.ledger.or(file.ledger);
        self.cassette = self.cassette.or(file.cassette);
        self.image = self.image.or(file.image);
        self
    }
}
