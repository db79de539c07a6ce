//! The options of a run: whose promises, where to ask, with which keys, and for how much.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mockreel_contracts::Contract;

use crate::exit::SuiteError;
use crate::profile::Profile;
use crate::run::Choice;
use crate::session::{ComparisonInputs, StopFlag};
use mockreel_contracts::Amount;

/// The most generated requests that can be asked for: more would be drawn for hours.
pub const MOST_GENERATED: u32 = 10_000;

/// Where to ask.
#[derive(Clone, Debug)]
pub enum TargetChoice {
    /// A stand-in that was started for this run: the vendor's base address, and that of the control API.
    Emulator {
        /// Start of the vendor's addresses.
        base: String,
        /// Start of the control API's addresses.
        control: String,
    },
    /// An address that was given.
    Address(String),
    /// The vendor's own host.
    Live,
    /// A recorded run.
    Replay(PathBuf),
}

/// What was asked for.
#[derive(Clone)]
pub struct CheckOptions {
    /// Whose promises are checked.
    pub contract: Arc<Contract>,
    /// The one model that is looked at; `None` means whatever the vendor offers, beginning with the first.
    pub model: Option<String>,
    /// Where to ask.
    pub place: TargetChoice,
    /// The key, and one of another account.
    pub keys: (Option<String>, Option<String>),
    /// The most that may be spent; without one, only targets are asked where nothing costs.
    pub max_spend: Option<Amount>,
    /// Whether jobs may be submitted whose price nobody knows.
    pub allow_unknown_price: bool,
    /// Whether jobs of their own may be paid for.
    pub paid: bool,
    /// How many generated requests may go to a target where they may cost.
    pub generated: u32,
    /// The longest wait for one job; without one, what suits the target.
    pub wait: Option<Duration>,
    /// The time between two polls; without one, what suits the target.
    pub interval: Option<Duration>,
    /// The longest that the run may take; without one, what suits the target.
    pub max_time: Option<Duration>,
    /// Whether somebody wants the run to stop.
    pub stop: StopFlag,
    /// Which cases.
    pub choice: Choice,
    /// The ledger of what was spent.
    pub ledger: PathBuf,
    /// Expected failures: the file's name and its text.
    pub baseline: Option<(String, String)>,
    /// Where to record.
    pub cassette: Option<PathBuf>,
    /// What generated requests are drawn from.
    pub seed: u64,
    /// An image's address that the target can read.
    pub image: Option<String>,
    /// Earlier recordings and vendor files that the run is compared with.
    pub inputs: ComparisonInputs,
}

impl CheckOptions {
    /// What the vendor offers of what was asked for.
    pub(super) fn profile(&self) -> Result<Profile, SuiteError> {
        let contract = Arc::clone(&self.contract);
        let Some(id) = &self.model else { return Ok(Profile::new(contract)) };
        Profile::of_model(contract, id).map_err(SuiteError::Usage)
    }
}
