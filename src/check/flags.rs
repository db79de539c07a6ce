//! Flags of `check` and `plan`: each has an environment variable and a key in the table `[check]` of the configuration
//! file. A flag wins over the variable, that over the file.

use std::path::PathBuf;

use crate::console::{ColorChoice, Console};
use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

/// Flags of `check` and `plan`, and the table `[check]` of the configuration file.
#[derive(Clone, Debug, Default, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "CheckTable", description = "The table `[check]` of the configuration file.")]
pub(crate) struct CheckFlags {
    /// ID or ID@EDITION; several are run one after the other, into the same reports.
    #[arg(value_name = "VENDOR[@EDITION]", required_unless_present = "list")]
    #[serde(skip)]
    pub(crate) vendors: Vec<String>,
    /// Test this model only, or with `all` each that is offered in turn; repeatable [default: the first that is offered].
    #[arg(long, value_name = "ID|all", env = "MOCKREEL_MODEL", value_delimiter = ',')]
    #[serde(deserialize_with = "one_or_several")]
    #[schemars(with = "Models")]
    pub(crate) model: Vec<String>,
    /// The target: emulator, live, or an address [default: emulator].
    #[arg(long, value_name = "emulator|live|URL", env = "MOCKREEL_TARGET")]
    pub(crate) target: Option<String>,
    /// Environment variable that holds the key; needed beyond this machine.
    #[arg(long, value_name = "VAR", env = "MOCKREEL_KEY_ENV")]
    pub(crate) key_env: Option<String>,
    /// Environment variable that holds a key of another account.
    #[arg(long, value_name = "VAR", env = "MOCKREEL_SECOND_KEY_ENV")]
    pub(crate) second_key_env: Option<String>,
    /// The most that the ledger may ever come to, in the vendor's unit; needed beyond this machine.
    #[arg(long, value_name = "N", env = "MOCKREEL_MAX_SPEND", allow_negative_numbers = true)]
    #[serde(deserialize_with = "number_as_text")]
    #[schemars(with = "Option<f64>")]
    pub(crate) max_spend: Option<String>,
    /// Submit also where no price is known; it counts as nothing.
    #[arg(long, env = "MOCKREEL_ALLOW_UNKNOWN_PRICE", default_missing_value = "true", num_args = 0..=1)]
    pub(crate) allow_unknown_price: Option<bool>,
    /// Run also the cases that want a job of their own.
    #[arg(long, env = "MOCKREEL_PAID", default_missing_value = "true", num_args = 0..=1)]
    pub(crate) paid: Option<bool>,
    /// How many generated bad requests may go to a target where they may cost; where nothing costs, how many
    /// requests each generated case tries at least [default: 0].
    #[arg(long, value_name = "N", env = "MOCKREEL_GENERATED", allow_negative_numbers = true, value_parser = read_count)]
    pub(crate) generated: Option<u32>,
    /// The longest wait for one job, such as 90s or 10m [default: 5s on this machine; of a real vendor three times as
    /// long as its slowest model was seen to take]. A stand-in whose clock can be moved takes no time, and is not bound.
    #[arg(long, value_name = "DURATION", env = "MOCKREEL_WAIT", allow_hyphen_values = true)]
    pub(crate) wait: Option<String>,
    /// The time between two polls of a job [default: 200ms on this machine, else 10s and after a minute 15s].
    #[arg(long, value_name = "DURATION", env = "MOCKREEL_INTERVAL", allow_hyphen_values = true)]
    pub(crate) interval: Option<String>,
    /// The longest that the run may take, such as 5m: what is left then is not run [default: 10m on this machine, else 2h].
    #[arg(long, value_name = "DURATION", env = "MOCKREEL_MAX_TIME", allow_hyphen_values = true)]
    pub(crate) max_time: Option<String>,
    /// Run only these cases (VAL-09) or areas (VAL), and what they need; repeatable.
    #[arg(long, value_name = "CASE", env = "MOCKREEL_ONLY", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Leave out these cases or areas; repeatable.
    #[arg(long, value_name = "CASE", env = "MOCKREEL_SKIP", value_delimiter = ',')]
    pub(crate) skip: Vec<String>,
    /// List the cases, send nothing.
    #[arg(long)]
    #[serde(skip)]
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
    #[arg(long, value_name = "N", env = "MOCKREEL_CHECK_SEED", allow_negative_numbers = true, value_parser = crate::cli::read_seed)]
    pub(crate) seed: Option<u64>,
    /// Address of a good image that the target can read, where it takes images by address.
    #[arg(long = "picture", value_name = "URL", env = "MOCKREEL_PICTURE")]
    #[serde(rename = "picture")]
    pub(crate) image: Option<String>,
    /// An earlier recording: DRIFT-03 writes down what is answered otherwise now.
    #[arg(long, value_name = "DIR", env = "MOCKREEL_CHECK_PREVIOUS")]
    pub(crate) previous: Option<String>,
    /// Two files of the vendor, the older first, or a folder of dated ones: DRIFT-01 writes down how they differ.
    #[arg(long, value_name = "FILE|FOLDER", env = "MOCKREEL_CHECK_SPEC", value_delimiter = ',')]
    pub(crate) spec: Vec<String>,
    /// When output is coloured: auto looks at the terminal, NO_COLOR, TERM and CLICOLOR_FORCE [default: auto].
    #[arg(
        long,
        value_name = "auto|always|never",
        env = "MOCKREEL_COLOR",
        value_enum,
        hide_possible_values = true
    )]
    pub(crate) color: Option<ColorChoice>,
    /// Print nothing while it runs, and at its end only if the exit code is not 0.
    #[arg(short, long, env = "MOCKREEL_QUIET", default_missing_value = "true", num_args = 0..=1)]
    pub(crate) quiet: Option<bool>,
    /// Print nothing on standard error while it runs.
    #[arg(long, env = "MOCKREEL_NO_PROGRESS", default_missing_value = "true", num_args = 0..=1)]
    pub(crate) no_progress: Option<bool>,
    /// Configuration file [default: mockreel.toml, if there is one].
    #[arg(long, value_name = "FILE", env = "MOCKREEL_CONFIG")]
    #[serde(skip)]
    pub(crate) config: Option<PathBuf>,
}

impl CheckFlags {
    /// What the run prints.
    pub(crate) fn console(&self) -> Console {
        Console::new(self.color, self.quiet, self.no_progress)
    }

    /// Takes what was not typed from the configuration file.
    pub(crate) fn or(mut self, mut file: Self) -> Self {
        // A target that was typed leaves the file's replay aside, and the other way round.
        if self.target.is_some() || self.replay.is_some() {
            (file.target, file.replay) = (None, None);
        }
        fill!(self, file, Self {
            model, target, key_env, second_key_env, max_spend, allow_unknown_price, paid, generated, wait, interval, max_time,
            only, skip, ledger, baseline, cassette, replay, report, github, seed, image, previous, spec, color, quiet, no_progress;
            vendors, list, config
        });
        self
    }
}

/// Reads a number of requests.
fn read_count(text: &str) -> Result<u32, String> {
    let most = mockreel_conformance::check::MOST_GENERATED;
    text.parse().map_err(|_| format!("expected a whole number from 0 to {most}, as in 20"))
}

/// The key `model`: one, or a list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Models {
    One(String),
    Several(Vec<String>),
}

fn one_or_several<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<String>, D::Error> {
    Ok(match Models::deserialize(value)? {
        Models::One(model) => vec![model],
        Models::Several(models) => models,
    })
}

/// Reads an amount as it would be typed: the exact sum is made of the text, never of the number.
pub(crate) fn number_as_text<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<f64>::deserialize(value)?.map(|number| number.to_string()))
}
