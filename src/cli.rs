//! What can be typed. Nothing is checked here beyond its form; `settings.rs` says what was meant.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::check::flags::Check;
use crate::drift::flags::Drift;

/// Stands in for paid, asynchronous AI-video APIs.
#[derive(Debug, Parser)]
#[command(version, about, args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: Serve,
}

/// The sub-commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the vendors (also without any sub-command).
    Serve(Box<Serve>),
    /// Show what the contracts say.
    #[command(subcommand)]
    Contract(Contract),
    /// Run the conformance suite against the stand-in, a recorded run, or the real vendor.
    Check(Box<Check>),
    /// Say what `check` would send and could cost; send nothing.
    Plan(Box<Check>),
    /// Say what differs between contracts, OpenAPI files, recorded and fresh answers, and how bad it is.
    Drift(Box<Drift>),
    /// Look at scenarios: what can be made to go wrong.
    #[command(subcommand)]
    Scenario(Scenario),
    /// Keep the list of expected failures.
    #[command(subcommand)]
    Baseline(Baseline),
}

/// What can be asked about scenarios.
#[derive(Debug, Subcommand)]
pub(crate) enum Scenario {
    /// List the ready-made sets.
    List,
    /// Print a ready-made set, as a file that `--scenario` takes.
    Show {
        /// VENDOR/NAME or NAME.
        name: String,
    },
    /// Say whether files of scenarios can be read; mistakes are told by line and column.
    Check {
        /// TOML with `[[scenario]]`, or JSON.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Print the JSON Schema of such a file.
    Schema {
        /// That of the configuration file instead.
        #[arg(long)]
        config: bool,
    },
}

/// What can be done with a baseline.
#[derive(Debug, Subcommand)]
pub(crate) enum Baseline {
    /// Rewrite it by a report of `check --report json=FILE`: what passes now goes, what fails now comes.
    Update {
        /// The baseline; made if there is none.
        file: PathBuf,
        /// The report.
        #[arg(long, value_name = "FILE")]
        report: PathBuf,
        /// Why the new failures are expected.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// The day after which they are no longer, YYYY-MM-DD.
        #[arg(long, value_name = "DATE")]
        expires: String,
    },
}

/// What can be asked of the contracts.
#[derive(Debug, Subcommand)]
pub(crate) enum Contract {
    /// List vendors and editions.
    List,
    /// Print a vendor's page: every rule with its source and grade.
    Show {
        /// ID or ID@EDITION.
        vendor: String,
    },
    /// Print a vendor's OpenAPI 3.1 document.
    Openapi {
        /// ID or ID@EDITION.
        vendor: String,
        /// What the documentation states, where the server is known to differ.
        #[arg(long)]
        documented: bool,
    },
    /// Turn a vendor's OpenAPI files into an edition in TOML, for a person to edit.
    Import {
        /// OpenAPI files (JSON or YAML), or folders of them.
        #[arg(required = true, value_name = "FILE|FOLDER")]
        paths: Vec<PathBuf>,
        /// Whose they are: lower-case letters, digits, hyphens [default: the vendor whose hosts they name]. For a
        /// vendor that is not known a skeleton is written; it is served only once its folder is in contracts/src.
        #[arg(long, value_name = "ID")]
        vendor: Option<String>,
        /// The day of the edition, YYYY-MM-DD [default: the latest that a file's name begins with].
        #[arg(long, value_name = "DAY")]
        edition: Option<String>,
        /// The vendor's name for pages.
        #[arg(long, value_name = "TEXT")]
        title: Option<String>,
        /// Where to write it; a file that is there already is not overwritten [default: standard output].
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// Flags of `serve`. Each has an environment variable and a key in the configuration file.
#[derive(Debug, Default, Args)]
pub(crate) struct Serve {
    /// Address of all vendors [default: 127.0.0.1:4747].
    #[arg(long, value_name = "ADDR", env = "MOCKREEL_LISTEN")]
    pub(crate) listen: Option<SocketAddr>,
    /// Address of one vendor; repeatable.
    #[arg(long = "port", value_name = "VENDOR=ADDR", env = "MOCKREEL_VENDOR_PORT", value_delimiter = ',')]
    pub(crate) ports: Vec<String>,
    /// Configuration file [default: mockreel.toml, if there is one].
    #[arg(long, value_name = "FILE", env = "MOCKREEL_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Serve only this vendor; repeatable.
    #[arg(long = "vendor", value_name = "ID[@EDITION]", env = "MOCKREEL_VENDOR", value_delimiter = ',')]
    pub(crate) vendors: Vec<String>,
    /// Lay this file over a vendor's newest edition; repeatable.
    #[arg(long = "contract", value_name = "FILE", env = "MOCKREEL_CONTRACT", value_delimiter = ',')]
    pub(crate) contracts: Vec<PathBuf>,
    /// Choose a quirk; repeatable.
    #[arg(long = "option", value_name = "VENDOR.NAME=VALUE", env = "MOCKREEL_OPTION", value_delimiter = ',')]
    pub(crate) options: Vec<String>,
    /// How long jobs take: instant, fast, real or a factor [default: fast, a sixtieth of what was observed].
    #[arg(long, value_name = "LATENCY", env = "MOCKREEL_LATENCY")]
    pub(crate) latency: Option<String>,
    /// What moves jobs: time, immediate, polls=N or step [default: time].
    #[arg(long, value_name = "PROGRESS", env = "MOCKREEL_PROGRESS")]
    pub(crate) progress: Option<String>,
    /// The clock of new accounts: system or manual [default: system].
    #[arg(long, value_name = "CLOCK", env = "MOCKREEL_CLOCK")]
    pub(crate) clock: Option<String>,
    /// The run's randomness; the same seed and requests give the same ids, timings and bytes [default: a fresh one].
    #[arg(long, value_name = "N", env = "MOCKREEL_SEED")]
    pub(crate) seed: Option<u64>,
    /// Whether images named by an address are fetched: offline or fetch [default: offline].
    #[arg(long, value_name = "IMAGES", env = "MOCKREEL_IMAGES")]
    pub(crate) images: Option<String>,
    /// When a bad image or an unsupported combination is noticed: vendor, submit or job [default: vendor].
    #[arg(long, value_name = "MOMENT", env = "MOCKREEL_IMAGE_BREACH")]
    pub(crate) image_breach: Option<String>,
    /// What happens to which requests: a ready-made set, or a file of scenarios; repeatable.
    #[arg(long = "scenario", value_name = "FILE|NAME", env = "MOCKREEL_SCENARIO", value_delimiter = ',')]
    pub(crate) scenarios: Vec<String>,
    /// Follow orders in prompts (`[mock:...]`) and in `x-mockreel-scenario` also while listening beyond loopback.
    #[arg(long, env = "MOCKREEL_ALLOW_DIRECTIVES", default_missing_value = "true", num_args = 0..=1)]
    pub(crate) allow_directives: Option<bool>,
    /// Send callbacks to any address, not to loopback alone; also while listening beyond loopback.
    #[arg(long, env = "MOCKREEL_ALLOW_CALLBACKS", default_missing_value = "true", num_args = 0..=1)]
    pub(crate) allow_callbacks: Option<bool>,
    /// Environment variable that holds the secret by which callbacks are signed (`whsec_...`).
    #[arg(long, value_name = "VAR", env = "MOCKREEL_CALLBACK_SECRET_ENV")]
    pub(crate) callback_secret_env: Option<String>,
    /// The address under which clients reach the emulator, for the URLs in its answers.
    #[arg(long, value_name = "URL", env = "MOCKREEL_PUBLIC_URL")]
    pub(crate) public_url: Option<String>,
    /// Address of the control API, if it is to be apart.
    #[arg(long, value_name = "ADDR", env = "MOCKREEL_ADMIN_LISTEN")]
    pub(crate) admin_listen: Option<SocketAddr>,
    /// Environment variable that holds the token which the control API wants beyond loopback.
    #[arg(long, value_name = "VAR", env = "MOCKREEL_ADMIN_TOKEN_ENV")]
    pub(crate) admin_token_env: Option<String>,
}
