//! Flags of `drift`: each has an environment variable and a key in the table `[drift]` of the configuration file. A flag
//! wins over the variable, that over the file.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::check::flags::number_as_text;
use crate::console::{ColorChoice, Console};

/// `drift`: two inputs, or one of its own commands.
#[derive(Clone, Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct DriftCommand {
    #[command(subcommand)]
    pub(crate) action: Option<DriftAction>,
    #[command(flatten)]
    pub(crate) compare: CompareFlags,
}

/// Two inputs and how they are compared.
#[derive(Clone, Debug, Args)]
pub(crate) struct CompareFlags {
    /// The older input: a file, a folder, `VENDOR[@EDITION]`, a cassette, emulator, live, or an address.
    #[arg(value_name = "OLD", required = true)]
    pub(crate) old: Option<String>,
    /// The newer input.
    #[arg(value_name = "NEW", required = true)]
    pub(crate) new: Option<String>,
    #[command(flatten)]
    pub(crate) flags: DriftFlags,
}

/// The sub-commands of `drift`.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum DriftAction {
    /// Print a timeline: of a history that `drift watch --against` keeps, of a folder of dated OpenAPI files, or of a git
    /// repository on this machine.
    History {
        /// A history, a folder whose files begin with a day, or a repository (`git:PATH`: a part of one).
        #[arg(value_name = "FILE|FOLDER|REPOSITORY")]
        path: PathBuf,
    },
    /// Look at files, folders or git repositories, and end with 5 only if something is new since the last look.
    Watch(Box<WatchFlags>),
}

/// Flags of `drift watch`.
#[derive(Clone, Debug, Args)]
pub(crate) struct WatchFlags {
    /// What to look at: OpenAPI files, folders of them, or git repositories on this machine (`git:PATH`: a part of one).
    #[arg(value_name = "SOURCE", required = true)]
    pub(crate) sources: Vec<String>,
    #[command(flatten)]
    pub(crate) flags: DriftFlags,
    /// What every source was at the last look; made if there is none [default: mockreel-watch.json].
    #[arg(long, value_name = "FILE", env = "MOCKREEL_DRIFT_STATE")]
    pub(crate) state: Option<PathBuf>,
    /// Look at one input beside this one, such as a contract, instead of beside its last look.
    #[arg(long, value_name = "INPUT", env = "MOCKREEL_DRIFT_AGAINST")]
    pub(crate) against: Option<String>,
    /// With --against: the history; made if there is none [default: VENDOR.drift.jsonl].
    #[arg(long, value_name = "FILE", env = "MOCKREEL_DRIFT_HISTORY")]
    pub(crate) history: Option<PathBuf>,
    /// A file of a folder that is gone for good, as the report names it; repeatable.
    #[arg(long, value_name = "FILE")]
    pub(crate) forget: Vec<String>,
    /// The day of this look [default: today, UTC].
    #[arg(long, value_name = "YYYY-MM-DD", env = "MOCKREEL_DRIFT_DATE")]
    pub(crate) date: Option<String>,
}

/// Flags of `drift`, and the table `[drift]` of the configuration file.
#[derive(Clone, Debug, Default, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "DriftTable", description = "The table `[drift]` of the configuration file.")]
pub(crate) struct DriftFlags {
    /// The older input, as it was typed.
    #[arg(skip)]
    #[serde(skip)]
    pub(crate) old: Option<String>,
    /// The newer input, as it was typed.
    #[arg(skip)]
    #[serde(skip)]
    pub(crate) new: Option<String>,
    /// Answers of the emulator, for the verdict: a cassette, emulator or an address.
    #[arg(long, value_name = "INPUT", env = "MOCKREEL_DRIFT_EMULATOR")]
    pub(crate) emulator: Option<String>,
    /// Earlier answers of the vendor, for the verdict: a cassette.
    #[arg(long, value_name = "INPUT", env = "MOCKREEL_DRIFT_PREVIOUS")]
    pub(crate) previous: Option<String>,
    /// Of contracts, compare what they enforce, not what they call documented.
    #[arg(long, env = "MOCKREEL_DRIFT_ENFORCED", default_missing_value = "true", num_args = 0..=1)]
    pub(crate) enforced: Option<bool>,
    /// Ask NEW, a stand-in on this machine, for everything that some edition takes: hundreds of submits a model.
    #[arg(long, env = "MOCKREEL_DRIFT_PROBE", default_missing_value = "true", num_args = 0..=1)]
    pub(crate) probe: Option<bool>,
    /// The vendor to ask, where no other input says it.
    #[arg(long, value_name = "ID[@EDITION]", env = "MOCKREEL_DRIFT_VENDOR")]
    pub(crate) vendor: Option<String>,
    /// End with 5 also if something was not compared.
    #[arg(long, env = "MOCKREEL_DRIFT_STRICT", default_missing_value = "true", num_args = 0..=1)]
    pub(crate) strict: Option<bool>,
    /// Reports to write: json=F, md=F, html=F, sarif=F, junit=F; repeatable.
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
    #[arg(long, value_name = "N", env = "MOCKREEL_DRIFT_MAX_SPEND", allow_negative_numbers = true)]
    #[serde(deserialize_with = "number_as_text")]
    #[schemars(with = "Option<f64>")]
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
    #[serde(rename = "picture")]
    pub(crate) image: Option<String>,
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
    /// The history of `drift watch --against`.
    #[arg(skip)]
    pub(crate) history: Option<PathBuf>,
    /// The state file of `drift watch`.
    #[arg(skip)]
    pub(crate) state: Option<PathBuf>,
}

impl DriftFlags {
    /// What the run prints.
    pub(crate) fn console(&self) -> Console {
        Console::new(self.color, self.quiet, self.no_progress)
    }

    /// Takes what was not typed from the configuration file.
    pub(crate) fn or(mut self, file: Self) -> Self {
        fill!(self, file, Self {
            emulator, previous, enforced, probe, vendor, strict, report, github, key_env, second_key_env, max_spend,
            allow_unknown_price, ledger, cassette, image, history, state, color, quiet, no_progress;
            old, new, config
        });
        self
    }
}
