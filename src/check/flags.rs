//! What can be typed after `check`, `plan` and `baseline`. Each flag has an environment variable and a
//! key in the table `[check]` of the configuration file; a flag wins over the variable, that over the file.

use std::path::PathBuf;

use clap::Args;
use schemars::JsonSchema;
use serde::Deserialize;

/// Flags of `check` and `plan`.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Check {
    /// ID or ID@EDITION; several are run one after the other, into the same reports.
    #[arg(value_name = "VENDOR[@EDITION]", required_unless_present = "list")]
    pub(crate) vendors: Vec<String>,
    /// Look at this model only, or at each that is offered in turn with `all`; repeatable.
    #[arg(long = "model", value_name = "ID|all", env = "MOCKREEL_MODEL", value_delimiter = ',')]
    pub(crate) models: Vec<String>,
    /// Whom to ask: emulator, live, or an address [default: emulator].
    #[arg(long, value_name = "emulator|live|URL", env = "MOCKREEL_TARGET")]
    pub(crate) target: Option<String>,
    /// Environment variable that holds the key.
    #[arg(long, value_name = "VAR", env = "MOCKREEL_KEY_ENV")]
    pub(crate) key_env: Option<String>,
    /// Environment variable that holds a key of another account.
    #[arg(long, value_name = "VAR", env = "MOCKREEL_SECOND_KEY_ENV")]
    pub(crate) second_key_env: Option<String>,
    /// The most that the ledger may ever come to, in the vendor's unit.
    #[arg(long, value_name = "N", env = "MOCKREEL_MAX_SPEND")]
    pub(crate) max_spend: Option<String>,
    /// Submit also where no price is known; it counts as nothing.
    #[arg(long, env = "MOCKREEL_ALLOW_UNKNOWN_PRICE", default_missing_value = "true", num_args = 0..=1)]
    pub(crate) allow_unknown_price: Option<bool>,
    /// Run also the cases that want a job of their own.
    #[arg(long, env = "MOCKREEL_PAID", default_missing_value = "true", num_args = 0..=1)]
    pub(crate) paid: Option<bool>,
    /// How many generated bad requests may go to a target where they may cost; where nothing costs, how many
    /// requests each generated case tries at least [default: 0].
    #[arg(long, value_name = "N", env = "MOCKREEL_GENERATED")]
    pub(crate) generated: Option<u32>,
    /// Run only these cases (VAL-09) or areas (VAL), and what they need; repeatable.
    #[arg(long, value_name = "CASE", env = "MOCKREEL_ONLY", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Leave out these cases or areas; repeatable.
    #[arg(long, value_name = "CASE", env = "MOCKREEL_SKIP", value_delimiter = ',')]
    pub(crate) skip: Vec<String>,
    /// List the cases, send nothing.
    #[arg(long)]
    pub(crate) list: bool,
    /// The ledger of what was spent [default: mockreel-ledger.jsonl].
    #[arg(long, value_name = "FILE", env = "MOCKREEL_LEDGER")]
    pub(crate) ledger: Option<PathBuf>,
    /// Failures that are expected.
    #[arg(long, value_name = "FILE", env = "MOCKREEL_BASELINE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Record the run into this folder.
    #[arg(long, value_name = "DIR", env = "MOCKREEL_CASSETTE")]
    pub(crate) cassette: Option<PathBuf>,
    /// Play a recorded run back instead of asking anybody.
    #[arg(long, value_name = "DIR", env = "MOCKREEL_REPLAY", conflicts_with = "target")]
    pub(crate) replay: Option<PathBuf>,
    /// Reports to write: junit=F, json=F, html=F, sarif=F, md=F; repeatable.
    #[arg(long, value_name = "FORMAT=FILE", env = "MOCKREEL_REPORT")]
    pub(crate) report: Vec<String>,
    /// Print annotations for GitHub's workflows.
    #[arg(long, env = "MOCKREEL_GITHUB", default_missing_value = "true", num_args = 0..=1)]
    pub(crate) github: Option<bool>,
    /// What generated requests are drawn from [default: 1].
    #[arg(long, value_name = "N", env = "MOCKREEL_CHECK_SEED")]
    pub(crate) seed: Option<u64>,
    /// Address of a good image that the target can read, where it takes images by address.
    #[arg(long = "picture", value_name = "URL", env = "MOCKREEL_PICTURE")]
    pub(crate) image: Option<String>,
    /// An earlier recording: DRIFT-03 writes down what is answered otherwise now.
    #[arg(long, value_name = "DIR", env = "MOCKREEL_CHECK_PREVIOUS")]
    pub(crate) previous: Option<String>,
    /// Two files of the vendor, the older first, or a folder of dated ones: DRIFT-01 writes down how they differ.
    #[arg(long, value_name = "FILE|FOLDER", env = "MOCKREEL_CHECK_SPEC", value_delimiter = ',')]
    pub(crate) spec: Vec<String>,
    /// Configuration file [default: mockreel.toml, if there is one].
    #[arg(long, value_name = "FILE", env = "MOCKREEL_CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

/// The table `[check]` of the configuration file.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CheckTable {
    model: Models,
    target: Option<String>,
    key_env: Option<String>,
    second_key_env: Option<String>,
    max_spend: Option<f64>,
    allow_unknown_price: Option<bool>,
    paid: Option<bool>,
    generated: Option<u32>,
    only: Vec<String>,
    skip: Vec<String>,
    ledger: Option<PathBuf>,
    baseline: Option<PathBuf>,
    cassette: Option<PathBuf>,
    replay: Option<PathBuf>,
    report: Vec<String>,
    github: Option<bool>,
    seed: Option<u64>,
    #[serde(rename = "picture")]
    image: Option<String>,
    previous: Option<String>,
    spec: Vec<String>,
}

/// The key `model`: one, or a list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Models {
    One(String),
    Several(Vec<String>),
}

impl Default for Models {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

impl Models {
    fn list(self) -> Vec<String> {
        match self {
            Self::One(model) => vec![model],
            Self::Several(models) => models,
        }
    }
}

impl Check {
    /// Whatever was not typed is taken from the file.
    pub(crate) fn over(mut self, file: CheckTable) -> Self {
        let list = |typed: Vec<String>, held: Vec<String>| if typed.is_empty() { held } else { typed };
        // A target that was typed leaves the file's replay aside, and the other way round.
        let place_typed = self.target.is_some() || self.replay.is_some();
        if !place_typed {
            self.target = file.target;
            self.replay = file.replay;
        }
        self.models = list(self.models, file.model.list());
        self.key_env = self.key_env.or(file.key_env);
        self.second_key_env = self.second_key_env.or(file.second_key_env);
        self.max_spend = self.max_spend.or(file.max_spend.map(|number| number.to_string()));
        self.allow_unknown_price = self.allow_unknown_price.or(file.allow_unknown_price);
        self.paid = self.paid.or(file.paid);
        self.generated = self.generated.or(file.generated);
        self.only = list(self.only, file.only);
        self.skip = list(self.skip, file.skip);
        self.ledger = self.ledger.or(file.ledger);
        self.baseline = self.baseline.or(file.baseline);
        self.cassette = self.cassette.or(file.cassette);
        self.report = list(self.report, file.report);
        self.github = self.github.or(file.github);
        self.seed = self.seed.or(file.seed);
        self.image = self.image.or(file.image);
        self.previous = self.previous.or(file.previous);
        self.spec = list(self.spec, file.spec);
        self
    }
}
