//! The plan of a run: the requests and their price, by the same code that runs it, without sending anything.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::budget::Budget;
use crate::case::Case;
use crate::clause::{Cost, Level};
use crate::events::NullReporter;
use crate::exit::{EXHAUSTED, FINE, USAGE};
use crate::profile::Profile;
use crate::session::{CaseError, ComparisonInputs, RunLimits, Session, SessionSetup};
use mockreel_contracts::Amount;
use mockreel_evidence::exchange::{Answer, Outgoing, Wire, WireError};
use mockreel_evidence::redact::Redactor;

/// What a case could cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Worst {
    /// Nothing, by design.
    Nothing,
    /// Nothing of its own: the shared job is paid for by the case that submits it.
    Shared,
    /// At most this much.
    Known(Amount),
    /// Nobody knows.
    Unknown,
}

/// One case of a plan.
#[derive(Clone, Debug)]
pub struct PlanLine {
    /// Its id.
    pub id: &'static str,
    /// What it claims.
    pub title: &'static str,
    /// How binding that is here.
    pub level: Level,
    /// What it may cost.
    pub cost: Cost,
    /// The class of wrong requests that it belongs to; empty if it belongs to none.
    pub class: &'static str,
    /// What that comes to.
    pub worst: Worst,
    /// Why it would not be run, if it would not.
    pub skipped: Option<String>,
}

/// What a run would send and could cost.
#[derive(Clone, Debug)]
pub struct Plan {
    /// `VENDOR@EDITION`, and the model if the plan is of one alone.
    pub vendor: String,
    /// The target's name.
    pub target: String,
    /// The vendor's unit.
    pub unit: String,
    /// Whether nothing costs there.
    pub free: bool,
    /// Whether an unknown price is allowed.
    pub allows_unknown: bool,
    /// The most that may be spent, if that was said.
    pub cap: Option<Amount>,
    /// What the unit is worth, in one line, if it is no currency.
    pub worth: Option<String>,
    /// The cases in the order of the run.
    pub lines: Vec<PlanLine>,
}

/// A wire that leads nowhere.
pub(crate) struct NoWire;

impl Wire for NoWire {
    fn send(&mut self, _case: &str, _request: &Outgoing) -> Result<Answer, WireError> {
        Err(WireError::Unreachable { why: "a plan sends nothing".to_owned() })
    }

    fn now_ms(&self) -> u64 {
        0
    }

    fn wait_ms(&mut self, _millis: u64) {}
}

impl Plan {
    /// The plan of a run that would be made of these parts.
    pub fn of(parts: &SessionSetup<'_>, cases: &[&'static Case]) -> Self {
        let mut silence = NullReporter;
        let free = parts.is_free();
        let redactor = Redactor::default();
        let dry = SessionSetup {
            profile: parts.profile,
            target: parts.target,
            wire: Box::new(NoWire),
            redactor,
            recorder: None,
            budget: Budget::free(parts.profile.unit()),
            reporter: &mut silence,
            started: parts.started.clone(),
            seed: parts.seed,
            paid: parts.paid || free,
            generated: parts.generated,
            patience: parts.patience,
            limits: RunLimits::default(),
            free: Some(free),
            inputs: ComparisonInputs::default(),
        };
        let profile: &Profile = parts.profile;
        let mut session = Session::planning(dry);
        let mut order: Vec<&'static Case> = cases.to_vec();
        order.sort_by_key(|case| case.turn());
        let lines = order.into_iter().map(|case| plan_case(&mut session, case)).collect();
        let plan = Self {
            vendor: plan_subject(profile),
            target: parts.target.name.clone(),
            unit: profile.unit().to_owned(),
            free,
            allows_unknown: false,
            cap: None,
            worth: None,
            lines,
        };
        Self { worth: describe_worth(profile, plan.most()), ..plan }
    }

    /// The sum of the column of prices.
    pub fn sum(&self) -> Amount {
        self.runnable().filter_map(|line| known_amount(&line.worst)).sum()
    }

    /// What can be spent at most, because a class of requests stops at its first unexpected acceptance.
    pub fn most(&self) -> Amount {
        let mut classes: BTreeMap<&str, Amount> = BTreeMap::new();
        let mut own = Amount::ZERO;
        for line in self.runnable() {
            let Some(amount) = known_amount(&line.worst) else { continue };
            if line.cost == Cost::Rejectable {
                let most = classes.entry(line.class).or_default();
                *most = (*most).max(amount);
            } else {
                own += amount;
            }
        }
        own + classes.into_values().sum()
    }

    /// The cases whose price nobody knows.
    pub fn unknown(&self) -> Vec<&'static str> {
        self.runnable().filter(|line| line.worst == Worst::Unknown).map(|line| line.id).collect()
    }

    fn runnable(&self) -> impl Iterator<Item = &PlanLine> {
        self.lines.iter().filter(|line| line.skipped.is_none())
    }

    /// The exit code of `plan`: an unknown price, or a limit below what can be spent.
    pub fn exit_code(&self) -> u8 {
        if !self.free && !self.allows_unknown && !self.unknown().is_empty() {
            USAGE
        } else if self.cap.is_some_and(|cap| cap < self.most()) {
            EXHAUSTED
        } else {
            FINE
        }
    }

    /// What a case may cost, as it is printed.
    pub(crate) fn worst_text(&self, worst: &Worst) -> String {
        match worst {
            Worst::Nothing => "-".to_owned(),
            Worst::Shared => "shared job".to_owned(),
            Worst::Known(amount) => format!("{amount} {}", self.unit),
            Worst::Unknown => "unknown".to_owned(),
        }
    }

    /// What follows from the prices, a sentence to a line; the last says the exit code if that is not 0.
    pub(crate) fn conclusions(&self) -> Vec<String> {
        let (unit, most) = (&self.unit, self.most());
        let mut lines = vec![
            format!("sum of the column: {} {unit}", self.sum()),
            format!(
                "at most {most} {unit} can be spent: a class of refusals stops at its first unexpected acceptance"
            ),
        ];
        lines.extend(self.worth.clone());
        if self.free {
            lines.push("on this target nothing costs: the prices are the vendor's".to_owned());
        }
        let unknown = self.unknown();
        if !unknown.is_empty() {
            lines.push(format!(
                "no price is known for {}: `check` refuses them on a paid target unless --allow-unknown-price is \
                 given; then they count as 0",
                unknown.join(", ")
            ));
        }
        match (self.exit_code(), self.cap) {
            (USAGE, _) => lines.push(format!(
                "exit code {USAGE}: prices are unknown; give --allow-unknown-price, or leave those cases out with --skip"
            )),
            (EXHAUSTED, Some(cap)) => lines.push(format!(
                "exit code {EXHAUSTED}: --max-spend {cap} is less than the {most} {unit} that can be spent; give \
                 --max-spend {most}, or leave cases out with --only or --skip"
            )),
            _ => {}
        }
        lines
    }

    /// As it is printed.
    pub fn text(&self) -> String {
        let mut text = format!("plan of {} against {}; nothing is sent\n\n", self.vendor, self.target);
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{:<9} {:<7} {:<11} {:>14}  claim", "case", "level", "cost", "at most");
        for line in self.runnable() {
            let _ = writeln!(
                text,
                "{:<9} {:<7} {:<11} {:>14}  {}",
                line.id,
                line.level.word(),
                line.cost.word(),
                self.worst_text(&line.worst),
                line.title
            );
        }
        let skipped: Vec<&PlanLine> = self.lines.iter().filter(|line| line.skipped.is_some()).collect();
        if !skipped.is_empty() {
            let _ = writeln!(text, "\nnot run:");
            for line in skipped {
                let _ = writeln!(text, "{:<9} {}", line.id, line.skipped.as_deref().unwrap_or_default());
            }
        }
        text.push('\n');
        for line in self.conclusions() {
            let _ = writeln!(text, "{line}");
        }
        text
    }
}

/// What the unit of a contract's prices is worth, if it is no currency.
fn describe_worth(profile: &Profile, most: Amount) -> Option<String> {
    let unit = profile.unit();
    match &profile.contract().billing.worth {
        Some(worth) => {
            let dollars = most.units() / worth.per_usd;
            Some(format!("{} {unit} are one US dollar, so that is {dollars:.2} usd", worth.per_usd))
        }
        None if unit.is_empty() || unit.eq_ignore_ascii_case("usd") => None,
        None => Some(format!("what {unit} are worth in money is in no source that the contract has")),
    }
}

/// `VENDOR@EDITION`, and the model if it is one alone.
fn plan_subject(profile: &Profile) -> String {
    let vendor = profile.contract().full_id();
    profile.only().map_or_else(|| vendor.clone(), |model| format!("{vendor} {model}"))
}

fn known_amount(worst: &Worst) -> Option<Amount> {
    match worst {
        Worst::Known(amount) => Some(*amount),
        Worst::Nothing | Worst::Shared | Worst::Unknown => None,
    }
}

fn plan_case(session: &mut Session<'_>, case: &'static Case) -> PlanLine {
    let profile = session.profile;
    session.begin(case.id, case.class);
    let verdict = match (case.excluded)(profile) {
        Some(why) => Err(CaseError::NotApplicable(why)),
        // Cases that read the shared job would only say that there is none.
        None if case.cost == Cost::Shared => Err(CaseError::Internal(String::new())),
        None => (case.run)(session),
    };
    let asked = session.take_prices();
    session.end();
    let worst = match (&asked[..], case.cost) {
        ([], Cost::Shared) => Worst::Shared,
        ([], _) => Worst::Nothing,
        (prices, _) => prices
            .iter()
            .copied()
            .collect::<Option<Vec<Amount>>>()
            .map_or(Worst::Unknown, |prices| Worst::Known(prices.into_iter().sum())),
    };
    let skipped = match verdict {
        Err(CaseError::NotApplicable(why)) => Some(why),
        Ok(()) | Err(_) => None,
    };
    PlanLine {
        id: case.id,
        title: case.title,
        level: case.level_for(profile),
        cost: case.cost,
        class: case.class,
        worst,
        skipped,
    }
}
