//! The conformance suite, run as its users run it: against a stand-in, a recorded run, and servers that misbehave.

mod artefacts;
mod attack;
mod catalogue;
mod command;
mod echo;
mod generated;
mod money;
mod references;
mod replay;
pub(crate) mod servers;
mod strangers;
mod trouble;

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex, OnceLock};

use mockreel_conformance::check::{CheckOptions, TargetChoice};
use mockreel_conformance::events::NullReporter;
use mockreel_conformance::exit::SuiteError;
use mockreel_conformance::outcome::Report;
use mockreel_conformance::run::Choice;
use mockreel_conformance::session::{ComparisonInputs, StopFlag};
use mockreel_contracts::Contract;
use mockreel_emulator::clock::MANUAL_START;
use mockreel_emulator::{Emulator, EmulatorBuilder, Latency};

/// The five surfaces that the project stands in for.
pub(crate) const SURFACES: [&str; 5] = ["apilaplas", "aimlapi@2025-07", "aimlapi", "gmicloud", "302ai"];

/// A stand-in for code that is not asynchronous.
pub(crate) struct Stand {
    pub(crate) emulator: Emulator,
    runtime: tokio::runtime::Runtime,
}

impl Stand {
    pub(crate) fn start(vendor: &str) -> Self {
        let vendor = mockreel_contracts::vendor(vendor).unwrap();
        Self::of(Emulator::builder().vendor(vendor))
    }

    fn of(builder: EmulatorBuilder) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let builder = builder.manual_clock(MANUAL_START).seed(1).latency(Latency::REAL);
        let emulator = runtime.block_on(builder.start()).unwrap();
        Self { emulator, runtime }
    }

    fn place(&self, contract: &Contract) -> TargetChoice {
        TargetChoice::Emulator { base: self.emulator.url(&contract.id), control: self.emulator.admin_base() }
    }

    /// How many jobs all accounts have.
    fn jobs(&self) -> usize {
        let url = format!("{}/__admin/jobs?account=*", self.emulator.admin_base());
        let answer = self.runtime.block_on(crate::support::Caller::without_key().get(&url));
        usize::try_from(answer.json()["total"].as_u64().unwrap()).unwrap()
    }
}

pub(crate) fn contract(selector: &str) -> Arc<Contract> {
    Arc::clone(&mockreel_contracts::vendor(selector).unwrap().contract)
}

fn wanted(contract: Arc<Contract>, place: TargetChoice) -> CheckOptions {
    CheckOptions {
        contract,
        model: None,
        place,
        keys: (None, None),
        max_spend: None,
        allow_unknown_price: false,
        paid: false,
        generated: 0,
        wait: None,
        interval: None,
        max_time: None,
        stop: StopFlag::default(),
        choice: Choice::default(),
        ledger: PathBuf::from("unused"),
        baseline: None,
        cassette: None,
        seed: 1,
        image: None,
        inputs: ComparisonInputs::default(),
    }
}

fn only(cases: &[&str]) -> Choice {
    Choice { only: cases.iter().map(|case| (*case).to_owned()).collect(), skip: Vec::new() }
}

fn check(wanted: &CheckOptions) -> Result<Report, SuiteError> {
    mockreel_conformance::check::check(wanted, &mut NullReporter)
}

/// A whole run of a surface against a stand-in that is gone by now, recorded.
pub(crate) struct Recorded {
    report: Report,
    base: String,
    pub(crate) tapes: Folder,
}

/// The recorded run of a surface. Every test that only looks at it shares it.
pub(crate) fn recorded(surface: &'static str) -> Arc<Recorded> {
    type Run = Arc<OnceLock<Arc<Recorded>>>;
    static RUNS: Mutex<Vec<(&str, Run)>> = Mutex::new(Vec::new());
    let held = {
        let mut runs = RUNS.lock().unwrap();
        if !runs.iter().any(|(held, _)| *held == surface) {
            runs.push((surface, Arc::default()));
        }
        runs.iter().find(|(held, _)| *held == surface).map(|(_, run)| Arc::clone(run)).unwrap()
    };
    Arc::clone(held.get_or_init(|| {
        let tapes = Folder::new(&format!("recorded-{surface}"));
        let contract = contract(surface);
        let stand = Stand::start(surface);
        let mut wanted = wanted(contract.clone(), stand.place(&contract));
        wanted.cassette = Some(tapes.0.clone());
        let report = check(&wanted).unwrap_or_else(|trouble| panic!("{surface}: {trouble}"));
        Arc::new(Recorded { report, base: stand.emulator.url(&contract.id), tapes })
    }))
}

/// A folder of its own for a test, removed afterwards.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("suite-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The command in this folder, without whatever the environment of the tests says.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mockreel"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MOCKREEL_")) {
            command.env_remove(name);
        }
        command.env("MOCKREEL_CLIPS_AHEAD", "0");
        command.args(arguments).current_dir(&self.0).stdin(Stdio::null());
        command
    }

    /// Runs the command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.command(arguments).output().unwrap())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The one line in which it refused.
    pub(crate) fn line(&self, code: i32) -> &str {
        assert_eq!(self.code, code, "{self:?}");
        assert_eq!(self.err.lines().count(), 1, "{self:?}");
        self.err.trim_end().strip_prefix("mockreel: ").unwrap_or_else(|| panic!("{self:?}"))
    }
}
