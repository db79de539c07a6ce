//! Ledgers whose process is killed, or that another process wants.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use proptest::prelude::*;

use super::*;

/// Names the ledger to the process that [`the_other_process`] is run in.
const OTHERS_LEDGER: &str = "MOCKREEL_TEST_LEDGER";

/// Not a test by itself: the other process of the test below, which holds a ledger until it is killed.
#[test]
fn the_other_process() {
    let Some(path) = std::env::var_os(OTHERS_LEDGER) else {
        return;
    };
    let mut budget = opened(Path::new(&path), amount("10"));
    let _permit = budget.reserve("SUB-01", Some(amount("7")), AT).unwrap();
    writeln!(std::io::stdout(), "reserved").unwrap();
    let _ = std::io::stdin().read_line(&mut String::new());
}

fn other_process(path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "budget::tests::crash::the_other_process"])
        .env(OTHERS_LEDGER, path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn two_processes_cannot_hold_a_ledger_and_a_killed_one_is_charged_in_full() {
    let scratch = Scratch::new();
    let path = scratch.ledger();
    let mut other = other_process(&path);
    let told = BufReader::new(other.stdout.take().unwrap()).lines().any(|line| line.unwrap() == "reserved");
    assert!(told, "the other process did not reserve");
    let message = Ledger::open(&path, "run-2").unwrap_err().to_string();
    assert!(message.contains("in use by another run; wait until that has ended"), "{message}");
    other.kill().unwrap();
    other.wait().unwrap();
    let mut budget = opened(&path, amount("10"));
    assert_eq!(budget.spent(), amount("7"));
    assert!(budget.reserve("SUB-01", Some(amount("3.000001")), AT).is_err());
    assert!(Ledger::open(&path, "run-2").is_err(), "nor can one process hold it twice");
}

/// What may happen to a run.
#[derive(Clone, Debug)]
enum Step {
    /// It reserves so many tenths.
    Reserve(u32),
    /// It settles one of its permits, at a part of what was reserved.
    Settle(prop::sample::Index, u32, Settled),
    /// It is killed and started again.
    Kill,
    /// It is killed while it reserves, before the sync returns: the line is written up to some byte.
    KillReserving(u32, prop::sample::Index),
    /// It is killed while it settles.
    KillSettling(prop::sample::Index, u32, Settled, prop::sample::Index),
}

fn result() -> impl Strategy<Value = Settled> {
    prop_oneof![Just(Settled::Refused), Just(Settled::Accepted), Just(Settled::Unknown)]
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        5 => (0_u32..40).prop_map(Step::Reserve),
        4 => (index(), 0_u32..=100, result()).prop_map(|(which, part, result)| Step::Settle(which, part, result)),
        1 => Just(Step::Kill),
        1 => (0_u32..40, index()).prop_map(|(tenths, cut)| Step::KillReserving(tenths, cut)),
        1 => (index(), 0_u32..=100, result(), index())
            .prop_map(|(which, part, result, cut)| Step::KillSettling(which, part, result, cut)),
    ]
}

/// Cuts the file's last line at any byte, its end included: everything from nothing to the whole line stays.
fn cut_last_line(path: &Path, cut: prop::sample::Index) {
    let whole = std::fs::read(path).unwrap();
    let kept = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    let length = kept + cut.index(whole.len() - kept + 1);
    std::fs::write(path, &whole[..length]).unwrap();
}

/// What the vendor may charge for a permit that ended in this way.
fn charge(permit: &Permit, part: u32, result: Settled) -> Amount {
    let actual =
        Amount::rounded_up(permit.amount().to_string().parse::<f64>().unwrap() * f64::from(part) / 100.0);
    match result {
        Settled::Refused => Amount::ZERO,
        Settled::Accepted => actual,
        Settled::Unknown => permit.amount(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_a_vendor_can_charge_never_exceeds_the_cap(
        tenths in 0_u32..100,
        steps in prop::collection::vec(step(), 1..40),
    ) {
        let scratch = Scratch::new();
        let cap = Amount::rounded_up(f64::from(tenths) / 10.0);
        let mut budget = opened(&scratch.ledger(), cap);
        let mut held: Vec<Permit> = Vec::new();
        let mut charged = Amount::ZERO;
        for step in steps {
            let mut cut = None;
            match step {
                Step::Reserve(tenths) => {
                    let worst = Amount::rounded_up(f64::from(tenths) / 10.0);
                    held.extend(budget.reserve("SUB-01", Some(worst), AT).ok());
                }
                Step::KillReserving(tenths, at) => {
                    let worst = Amount::rounded_up(f64::from(tenths) / 10.0);
                    if budget.reserve("SUB-01", Some(worst), AT).is_ok() {
                        cut = Some(at);
                    }
                }
                Step::Settle(which, part, result) if !held.is_empty() => {
                    let permit = held.swap_remove(which.index(held.len()));
                    let actual = charge(&permit, part, result);
                    charged += actual;
                    budget.settle(permit, actual, result).unwrap();
                }
                Step::KillSettling(which, part, result, at) if !held.is_empty() => {
                    let permit = held.swap_remove(which.index(held.len()));
                    let actual = charge(&permit, part, result);
                    charged += actual;
                    budget.settle(permit, actual, result).unwrap();
                    cut = Some(at);
                }
                Step::Kill | Step::Settle(..) | Step::KillSettling(..) => {}
            }
            if cut.is_some() || matches!(step, Step::Kill) {
                // Whatever a killed run held may have been sent and is never settled.
                charged += held.drain(..).map(|permit| permit.amount()).sum::<Amount>();
                drop(budget);
                if let Some(at) = cut {
                    cut_last_line(&scratch.ledger(), at);
                }
                budget = opened(&scratch.ledger(), cap);
            }
            let exposed = charged + held.iter().map(Permit::amount).sum();
            prop_assert!(exposed <= budget.spent(), "{} is exposed, {} is counted", exposed, budget.spent());
            prop_assert!(budget.spent() <= cap, "{} of {}", budget.spent(), cap);
        }
    }
}
