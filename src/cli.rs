//! The command line: sub-commands and the flags of `serve`. Only the form is checked here; `settings.rs` reads the meaning.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use mockreel_emulator::KeyRule;
use mockreel_emulator::ListenAddress;
use mockreel_emulator::WalletSetting;
use mockreel_emulator::scenario::ScenarioEntry;
use schemars::JsonSchema;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::check::flags::CheckFlags;
use crate::drift::flags::{DriftCommand, DriftFlags};

/// Stands in for paid, asynchronous AI-video APIs.
#[derive(Debug, Parser)]
#[command(version, about, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: ServeFlags,
}

/// The sub-commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the vendors (also without any sub-command).
    Serve(Box<ServeFlags>),
    /// Make one video on a vendor's path, save it here, and print the requests as `curl` commands.
    Demo(DemoFlags),
    /// Show what the contracts say.
    #[command(subcommand)]
    Contract(ContractCommand),
    /// Run the conformance suite against the stand-in, a recorded run, or the real vendor.
    Check(Box<CheckFlags>),
    /// Say what `check` with the same flags would send and could cost; send nothing.
    #[command(mut_args = |arg| crate::check::adapt_to_plan(arg))]
    Plan(Box<CheckFlags>),
    /// Say what differs between contracts, OpenAPI files, recorded and fresh answers, and how bad it is.
    Drift(Box<DriftCommand>),
    /// Show scenarios: what can be made to go wrong.
    #[command(subcommand)]
    Scenario(ScenarioCommand),
    /// Keep the list of expected failures.
    #[command(subcommand)]
    Baseline(BaselineCommand),
}

/// Flags of `demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoFlags {
    /// ID or ID@EDITION [default: the first of `contract list`].
    #[arg(value_name = "VENDOR[@EDITION]")]
    pub(crate) vendor: Option<String>,
    /// Where to save the video; a file that is there already is not overwritten [default: VENDOR.mp4, or the next free
    /// name].
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// The sub-commands of `scenario`.
#[derive(Debug, Subcommand)]
pub(crate) enum ScenarioCommand {
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

/// The sub-commands of `baseline`.
#[derive(Debug, Subcommand)]
pub(crate) enum BaselineCommand {
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

/// The sub-commands of `contract`.
#[derive(Debug, Subcommand)]
pub(crate) enum ContractCommand {
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
    Import(ImportFlags),
}

/// Flags of `contract import`.
#[derive(Debug, Args)]
pub(crate) struct ImportFlags {
    /// OpenAPI files (JSON or YAML), or folders of them.
    #[arg(required = true, value_name = "FILE|FOLDER")]
    pub(crate) paths: Vec<PathBuf>,
    /// Whose they are: lower-case letters, digits, hyphens [default: the vendor whose hosts they name]. For a
    /// vendor that is not known a skeleton is written; it is served only once its folder is in contracts/src.
    #[arg(long, value_name = "ID")]
    pub(crate) vendor: Option<String>,
    /// The day of the edition, YYYY-MM-DD [default: the latest that a file's name begins with].
    #[arg(long, value_name = "DAY")]
    pub(crate) edition: Option<String>,
    /// The vendor's name for pages.
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// Where to write it; a file that is there already is not overwritten [default: standard output].
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// Flags of `serve`, which are also the keys of the configuration file. It has the keys' names with underscores.
#[derive(Debug, Default, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(
    title = "mockreel.toml",
    description = "The configuration file: the flags' names with underscores; lists where a flag may be repeated."
)]
pub(crate) struct ServeFlags {
    /// Address of all vendors: ADDR:PORT, NAME:PORT, or a port of both loopback addresses; repeatable [default:
    /// localhost:4747].
    #[arg(long, value_name = "ADDR", env = "MOCKREEL_LISTEN", value_delimiter = ',')]
    #[serde(deserialize_with = "read_addresses")]
    #[schemars(with = "OneOrMore")]
    pub(crate) listen: Vec<ListenAddress>,
    /// Address of one vendor; repeatable.
    #[arg(long, value_name = "VENDOR=ADDR", env = "MOCKREEL_VENDOR_PORT", value_delimiter = ',')]
    pub(crate) port: Vec<String>,
    /// Configuration file [default: mockreel.toml, if there is one].
    #[arg(long, value_name = "FILE", env = "MOCKREEL_CONFIG")]
    #[serde(skip)]
    pub(crate) config: Option<PathBuf>,
    /// Serve only this vendor; repeatable [default: all, in all editions].
    #[arg(long, value_name = "ID[@EDITION]", env = "MOCKREEL_VENDOR", value_delimiter = ',')]
    pub(crate) vendor: Vec<String>,
    /// Lay this file over a vendor's newest edition; repeatable.
    #[arg(long, value_name = "FILE", env = "MOCKREEL_CONTRACT", value_delimiter = ',')]
    pub(crate) contract: Vec<PathBuf>,
    /// Choose a quirk that the vendor's page lists; repeatable.
    #[arg(long, value_name = "VENDOR.NAME=VALUE", env = "MOCKREEL_OPTION", value_delimiter = ',')]
    pub(crate) option: Vec<String>,
    /// How long jobs take: instant, fast, real or a factor [default: fast, a sixtieth of what was observed].
    #[arg(long, value_name = "LATENCY", env = "MOCKREEL_LATENCY", allow_negative_numbers = true)]
    pub(crate) latency: Option<String>,
    /// What moves jobs: time, immediate, polls=N or step [default: time].
    #[arg(long, value_name = "PROGRESS", env = "MOCKREEL_PROGRESS")]
    pub(crate) progress: Option<String>,
    /// The clock of new accounts: system or manual [default: system].
    #[arg(long, value_name = "CLOCK", env = "MOCKREEL_CLOCK")]
    pub(crate) clock: Option<String>,
    /// The run's randomness; the same seed and requests give the same ids, timings and bytes [default: a fresh one].
    #[arg(long, value_name = "N", env = "MOCKREEL_SEED", allow_negative_numbers = true, value_parser = read_seed)]
    pub(crate) seed: Option<u64>,
    /// Whether images named by an address are fetched: offline or fetch [default: offline].
    #[arg(long, value_name = "IMAGES", env = "MOCKREEL_IMAGES")]
    pub(crate) images: Option<String>,
    /// When a bad image or an unsupported combination is noticed: vendor, submit or job [default: vendor].
    #[arg(long, value_name = "MOMENT", env = "MOCKREEL_IMAGE_BREACH")]
    pub(crate) image_breach: Option<String>,
    /// How much of a result is made: full, small (320 pixels on the longer side) or off (one clip of 64 x 36 pixels
    /// for all jobs of a length) [default: full].
    #[arg(long, value_name = "DETAIL", env = "MOCKREEL_CLIPS")]
    pub(crate) clips: Option<String>,
    /// How long the files of clips are: encoded, or real (filled up to about the vendor's 12 to 18 Mbit/s) [default:
    /// encoded].
    #[arg(long, value_name = "LENGTH", env = "MOCKREEL_CLIP_BYTES")]
    pub(crate) clip_bytes: Option<String>,
    /// How many clips are rendered as soon as their jobs are accepted, before anybody asks for one [default: 16].
    #[arg(long, value_name = "N", env = "MOCKREEL_CLIPS_AHEAD", allow_negative_numbers = true, value_parser = read_clips_ahead)]
    pub(crate) clips_ahead: Option<usize>,
    /// What happens to which requests: a ready-made set, or a file of scenarios; repeatable.
    #[arg(long, value_name = "FILE|NAME", env = "MOCKREEL_SCENARIO", value_delimiter = ',', value_parser = read_name)]
    pub(crate) scenario: Vec<ScenarioEntry>,
    /// Follow orders in prompts (`[mock:...]`) and in `x-mockreel-scenario` also while listening beyond loopback.
    #[arg(long, env = "MOCKREEL_ALLOW_DIRECTIVES", default_missing_value = "true", num_args = 0..=1)]
    pub(crate) allow_directives: Option<bool>,
    /// Refuse a request with 400 whose orders, in its prompt or in `x-mockreel-scenario`, cannot be followed.
    #[arg(long, env = "MOCKREEL_STRICT_DIRECTIVES", default_missing_value = "true", num_args = 0..=1)]
    pub(crate) strict_directives: Option<bool>,
    /// Send callbacks to any address, not to loopback alone; also while listening beyond loopback.
    #[arg(long, env = "MOCKREEL_ALLOW_CALLBACKS", default_missing_value = "true", num_args = 0..=1)]
    pub(crate) allow_callbacks: Option<bool>,
    /// Environment variable that holds the secret by which callbacks are signed (`whsec_...`).
    #[arg(long, value_name = "VAR", env = "MOCKREEL_CALLBACK_SECRET_ENV")]
    pub(crate) callback_secret_env: Option<String>,
    /// What every account has with a vendor at first.
    #[arg(skip)]
    pub(crate) account: BTreeMap<String, WalletSetting>,
    /// The keys that vendors know; without one for a vendor, it knows every key.
    #[arg(skip)]
    pub(crate) key: Vec<KeyRule>,
    /// The address under which clients reach the emulator, for the URLs in its answers [default: the address that was
    /// asked].
    #[arg(long, value_name = "URL", env = "MOCKREEL_PUBLIC_URL")]
    pub(crate) public_url: Option<String>,
    /// Address of the control API, if it is to be apart [default: that of the vendors].
    #[arg(long, value_name = "ADDR", env = "MOCKREEL_ADMIN_LISTEN")]
    #[schemars(with = "Option<String>")]
    pub(crate) admin_listen: Option<ListenAddress>,
    /// Environment variable that holds the token which the control API wants beyond loopback.
    #[arg(long, value_name = "VAR", env = "MOCKREEL_ADMIN_TOKEN_ENV")]
    pub(crate) admin_token_env: Option<String>,
    #[arg(skip)]
    pub(crate) check: CheckFlags,
    #[arg(skip)]
    pub(crate) drift: DriftFlags,
}

impl ServeFlags {
    /// Takes what was not typed from the configuration file.
    pub(crate) fn or(mut self, file: Self) -> Self {
        fill!(self, file, Self {
            listen, port, vendor, contract, option, latency, progress, clock, seed, images, image_breach, clips, clip_bytes, clips_ahead, scenario,
            allow_directives, strict_directives, allow_callbacks, callback_secret_env, account, key, public_url, admin_listen,
            admin_token_env;
            config, check, drift
        });
        self
    }
}

/// A scenario on the command line is a name or a file; the configuration file may hold the scenario itself.
fn read_name(text: &str) -> Result<ScenarioEntry, Infallible> {
    Ok(ScenarioEntry::Named(text.to_owned()))
}

/// Reads a seed.
pub(crate) fn read_seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("expected a whole number from 0 to {}, as in 42", u64::MAX))
}

/// Reads how many clips are rendered ahead.
fn read_clips_ahead(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "expected a whole number from 0 on, as in 16".to_owned())
}

/// The form of `listen` in the configuration file.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum OneOrMore {
    /// One address.
    One(String),
    /// Several.
    Several(Vec<String>),
}

/// Reads an address or a list of them. By hand, so that a mistake is named with its line and column.
fn read_addresses<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ListenAddress>, D::Error> {
    struct Addresses;
    impl<'de> Visitor<'de> for Addresses {
        type Value = Vec<ListenAddress>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an address, or a list of addresses")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
            text.parse().map(|address| vec![address]).map_err(E::custom)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut addresses = Vec::new();
            while let Some(address) = list.next_element()? {
                addresses.push(address);
            }
            Ok(addresses)
        }
    }
    deserializer.deserialize_any(Addresses)
}

/// The JSON Schema of the configuration file.
pub(crate) fn schema() -> serde_json::Value {
    schemars::schema_for!(ServeFlags).to_value()
}
