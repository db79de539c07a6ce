//! Running the catalogue against true stand-ins and mutants, and telling what differs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

use mockreel_conformance::budget::Budget;
use mockreel_conformance::clause::Level;
use mockreel_conformance::clock::RunClock;
use mockreel_conformance::events::NullReporter;
use mockreel_conformance::normalise::Normaliser;
use mockreel_conformance::outcome::{CaseResult, Evidence, Outcome, Report};
use mockreel_conformance::profile::Profile;
use mockreel_conformance::references::References;
use mockreel_conformance::run::{self, Choice};
use mockreel_conformance::session::patience::Patience;
use mockreel_conformance::session::{ComparisonInputs, RunLimits, SessionSetup};
use mockreel_conformance::target::Target;
use mockreel_conformance::wire::{HttpSettings, HttpWire};
use mockreel_contracts::Operation;
use mockreel_contracts::contract::check::read::observe;
use mockreel_emulator::{Emulator, Latency};
use mockreel_evidence::exchange::{Answer, Content, Outgoing, Wire, WireError};
use mockreel_evidence::redact::Redactor;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::list::{FIRST_KEY, HEAVY, SECOND_KEY, SURFACES, mutants};
use super::mutant::{Breaks, Mutant, served};
use crate::support::quiet;

/// Runs that go on at the same time.
const THREADS: usize = 3;

/// What became of a case, and what of it would be written down, with what varies taken out.
pub(super) struct Told {
    pub(super) level: Level,
    pub(super) outcome: Outcome,
    pub(super) message: String,
    written: Value,
}

/// What became of each case.
pub(super) type Results = BTreeMap<String, Told>;

/// All runs.
pub(super) struct Table {
    /// Of each surface's true stand-in.
    pub(super) truth: BTreeMap<&'static str, Results>,
    /// For each mutant, in the order of their list, the cases that noticed.
    pub(super) noticed: Vec<BTreeSet<String>>,
    /// For each mutant, what became of the cases.
    pub(super) mutated: Vec<Results>,
}

/// The runs of all mutants and surfaces, made once for all tests.
pub(super) fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let all = mutants();
        let next = AtomicUsize::new(0);
        let done: Mutex<BTreeMap<usize, Results>> = Mutex::new(BTreeMap::new());
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    let runtime = Runtime::new().unwrap();
                    let mut wire = HttpWire::new(&HttpSettings::usual(), RunClock::start()).unwrap();
                    loop {
                        let place = next.fetch_add(1, Ordering::Relaxed);
                        // The true stand-ins run every case, so they take longest and come first.
                        let results = match (SURFACES.get(place), place.checked_sub(SURFACES.len())) {
                            (Some(surface), _) => run(&runtime, &mut wire, surface, None),
                            (None, Some(index)) if index < all.len() => {
                                run(&runtime, &mut wire, all[index].surface, Some(all[index]))
                            }
                            (None, _) => break,
                        };
                        done.lock().unwrap().insert(place, results);
                    }
                });
            }
        });
        let mut done = done.into_inner().unwrap().into_values();
        let truth: BTreeMap<&str, Results> =
            SURFACES.iter().map(|surface| (*surface, done.next().unwrap())).collect();
        let mutated: Vec<Results> = done.collect();
        let noticed = all
            .iter()
            .zip(&mutated)
            .map(|(mutant, results)| noticed(&truth[mutant.surface], results))
            .collect();
        Table { truth, noticed, mutated }
    })
}

/// The cases that fail on a mutant, or, being INFO, write something else down.
fn noticed(truth: &Results, mutated: &Results) -> BTreeSet<String> {
    let notices = |(id, told): &(&String, &Told)| {
        let Some(true_one) = truth.get(*id) else { return false };
        // One that does not apply to the true stand-in may still find something wrong with another.
        if !true_one.outcome.was_executed() && !told.outcome.was_executed() {
            return false;
        }
        match told.level {
            Level::Info => told.outcome.was_executed() && told.written != true_one.written,
            Level::May | Level::Should | Level::Must => told.outcome == Outcome::Fail,
        }
    };
    mutated.iter().filter(notices).map(|(id, _)| id.clone()).collect()
}

/// Runs the catalogue against a surface's stand-in, true or mutated. A mutant is spared the cases that take
/// long, unless they ought to notice it; so is a true one that has no such mutant.
fn run(runtime: &Runtime, wire: &mut HttpWire, surface: &'static str, mutant: Option<&Mutant>) -> Results {
    let vendor = mockreel_contracts::vendor(surface).unwrap();
    let profile = Profile::new(std::sync::Arc::clone(&vendor.contract));
    let breaks = mutant.map(|mutant| &mutant.breaks);
    let (vendor, option) = breaks.map_or((vendor.clone(), None), |breaks| served(&vendor, breaks));
    let id = vendor.id().to_owned();
    let mut builder = quiet().vendor(vendor).latency(Latency::REAL);
    if let Some((name, value)) = option {
        builder = builder.option(&id, name, value);
    }
    let emulator = runtime.block_on(builder.start()).unwrap();
    let target = target(&emulator, &id);
    let all = mutants();
    let expected: Vec<&str> = match mutant {
        Some(mutant) => mutant.caught_by.to_vec(),
        None => {
            let own = all.iter().filter(|mutant| mutant.surface == surface);
            own.flat_map(|mutant| mutant.caught_by).copied().collect()
        }
    };
    let skip = HEAVY.iter().filter(|case| !expected.contains(case)).map(|case| (*case).to_owned()).collect();
    let cases = Choice { only: Vec::new(), skip }.cases().unwrap();
    let parts = SessionSetup {
        profile: &profile,
        target: &target,
        wire: Box::new(SpoiltWire { inner: wire, breaks, memory: 0 }),
        redactor: Redactor::new(&[FIRST_KEY, SECOND_KEY]).unwrap(),
        recorder: None,
        budget: Budget::free(profile.unit()),
        reporter: &mut NullReporter,
        started: String::new(),
        seed: 1,
        paid: false,
        generated: 0,
        patience: Patience::of(profile.contract(), &target, None, None),
        limits: RunLimits::default(),
        free: None,
        inputs: ComparisonInputs::default(),
    };
    let name = mutant.map_or("the true one", |mutant| mutant.name);
    let report = run::run(parts, &cases).unwrap_or_else(|trouble| panic!("{surface}, {name}: {trouble}"));
    results(&profile, &target, &emulator, &report)
}

fn target(emulator: &Emulator, id: &str) -> Target {
    Target {
        name: "emulator".to_owned(),
        base: emulator.url(id),
        control: Some(emulator.admin_base()),
        loopback: true,
        evidence: Evidence::Emulator,
        evidence_age_s: None,
        key: FIRST_KEY.to_owned(),
        second_key: Some(SECOND_KEY.to_owned()),
        // The smallest there is: each of some thousand submits has it looked at.
        image_url: Some(format!("{}/__fixtures/side-300.png", emulator.base())),
    }
}

/// What became of each case, with the emulator's port, ids and whatever else varies taken out.
fn results(profile: &Profile, target: &Target, emulator: &Emulator, report: &Report) -> Results {
    let host = emulator.address().to_string();
    let ids: Vec<String> = report
        .exchanges
        .iter()
        .filter(|exchange| exchange.request.method == "POST")
        .filter_map(|exchange| match exchange.answer.as_ref().map(|answer| &answer.body) {
            Some(Content::Json(body)) => {
                observe(profile.operation(Operation::Submit)?, profile.contract(), body).id
            }
            _ => None,
        })
        .collect();
    let answers = References::taken(profile, &target.base, &report.exchanges).json();
    let written = |result: &CaseResult| {
        let told = json!({
            "outcome": result.outcome,
            "notes": result.notes,
            "message": result.message,
            "answers": answers.get(&result.id),
        });
        let told = Normaliser::new().normalise(&told);
        let plain = ids.iter().fold(told.to_string(), |text, id| text.replace(id, "ID"));
        serde_json::from_str(&plain.replace(&host, "HOST")).unwrap()
    };
    let told = |result: &CaseResult| Told {
        level: result.level,
        outcome: result.outcome,
        message: result.message.clone(),
        written: written(result),
    };
    report.results.iter().map(|result| (result.id.clone(), told(result))).collect()
}

/// The way between the suite and the stand-in, where some mutants are broken. Orders pass as they are.
struct SpoiltWire<'a> {
    inner: &'a mut HttpWire,
    breaks: Option<&'a Breaks>,
    memory: u32,
}

impl Wire for SpoiltWire<'_> {
    fn send(&mut self, case: &str, request: &Outgoing) -> Result<Answer, WireError> {
        match self.breaks.filter(|_| !request.url.contains("/__admin")) {
            Some(Breaks::Asks(change)) => {
                let mut changed = request.clone();
                change(&mut changed);
                self.inner.send(case, &changed)
            }
            Some(Breaks::Answers(change)) => {
                let mut answer = self.inner.send(case, request)?;
                change(&mut self.memory, request, &mut answer);
                Ok(answer)
            }
            Some(Breaks::Contract(_) | Breaks::Option(..) | Breaks::Sight(_) | Breaks::Words(_)) | None => {
                self.inner.send(case, request)
            }
        }
    }

    fn now_ms(&self) -> u64 {
        self.inner.now_ms()
    }

    fn wait_ms(&mut self, millis: u64) {
        self.inner.wait_ms(millis);
    }
}
