//! A case: something that a vendor promises, how much it may cost to find out, and how to.

use mockreel_contracts::contract::model::source::Grade;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::profile::Profile;
use crate::session::{Session, Verdict};

/// How binding a promise is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// Written down, never fails a run.
    Info,
    /// Seen once.
    May,
    /// Implied by prose, or seen more than once.
    Should,
    /// Documented.
    Must,
}

impl Level {
    /// As it is printed.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "INFO",
            Self::May => "MAY",
            Self::Should => "SHOULD",
            Self::Must => "MUST",
        }
    }
}

/// What a case may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cost {
    /// Nothing, by design.
    Free,
    /// Nothing if the vendor refuses it, as it should; else one job.
    Rejectable,
    /// Nothing of its own: it looks at the run's shared job.
    Shared,
    /// A job of its own, which a paid target only gets with `--paid` (`SUB-01`: the shared one, always).
    Own,
    /// It needs the stand-in's control API.
    Emulator,
}

impl Cost {
    /// As it is printed.
    pub fn word(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Rejectable => "rejectable",
            Self::Shared => "shared",
            Self::Own => "own",
            Self::Emulator => "emulator",
        }
    }
}

/// When a case runs. The report has the order of the catalogue, the run this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Before anything can cost: the cheapest evidence first.
    Free,
    /// Requests that ought to be refused.
    Refused,
    /// The shared job was just accepted.
    Accepted,
    /// The shared job is followed to its end.
    Followed,
    /// It has ended.
    Ended,
    /// Jobs of their own.
    Own,
    /// Long after: results may have expired.
    Aged,
    /// After everything else: conclusions from all exchanges.
    Last,
}

/// What a case rests on: a fact of the contract and where that is from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clause {
    /// The fact's place, for example `submit.request/duration`.
    pub place: String,
    /// The fact, as the contract states it.
    pub quote: String,
    /// Where it is from, best first.
    pub sources: Vec<ClauseSource>,
    /// SHA-256 of all of that, so that a report shows when a clause was changed.
    pub sha256: String,
}

/// Where a clause is from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClauseSource {
    /// The source's title.
    pub title: String,
    /// Its date, or `undated`.
    pub date: String,
    /// Its grade.
    pub grade: Grade,
}

impl Clause {
    /// A clause with its digest.
    pub fn new(place: &str, quote: &str, sources: Vec<ClauseSource>) -> Self {
        let mut digest = Sha256::new();
        for text in [place, quote] {
            digest.update(text.as_bytes());
            digest.update([0]);
        }
        for source in &sources {
            digest.update(source.title.as_bytes());
            digest.update(source.date.as_bytes());
            digest.update([0]);
        }
        let sha256 = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Self { place: place.to_owned(), quote: quote.to_owned(), sources, sha256 }
    }
}

/// One case of the catalogue.
pub struct Case {
    /// Never changed, never used again.
    pub id: &'static str,
    /// What is claimed, as a short sentence without a full stop.
    pub title: &'static str,
    /// How binding it is at most; the clause may lower it.
    pub level: Level,
    /// What it may cost.
    pub cost: Cost,
    /// When it runs.
    pub stage: Stage,
    /// For a request that ought to be refused: what it is wrong in. After one unexpected acceptance the
    /// other cases of the class are not run where they could cost.
    pub class: &'static str,
    /// Cases that must have run before; they are run along.
    pub needs: &'static [&'static str],
    /// The fact it rests on; `None` if this vendor promises nothing of the kind.
    pub clause: fn(&Profile) -> Option<Clause>,
    /// Why it does not apply to this vendor, if it does not.
    pub excluded: fn(&Profile) -> Option<String>,
    /// How to find out.
    pub run: fn(&mut Session<'_>) -> Verdict,
}

impl Case {
    /// A case that applies everywhere, needs no other and rests on nothing: INFO until it has a clause.
    pub const fn new(
        id: &'static str,
        title: &'static str,
        level: Level,
        cost: Cost,
        stage: Stage,
        run: fn(&mut Session<'_>) -> Verdict,
    ) -> Self {
        Self {
            id,
            title,
            level,
            cost,
            stage,
            class: "",
            needs: &[],
            clause: |_| None,
            excluded: |_| None,
            run,
        }
    }

    /// The fact it rests on.
    #[must_use]
    pub const fn on(mut self, clause: fn(&Profile) -> Option<Clause>) -> Self {
        self.clause = clause;
        self
    }

    /// Where it does not apply, and why.
    #[must_use]
    pub const fn unless(mut self, excluded: fn(&Profile) -> Option<String>) -> Self {
        self.excluded = excluded;
        self
    }

    /// What it is wrong in.
    #[must_use]
    pub const fn of_class(mut self, class: &'static str) -> Self {
        self.class = class;
        self
    }

    /// What must have run before.
    #[must_use]
    pub const fn after(mut self, needs: &'static [&'static str]) -> Self {
        self.needs = needs;
        self
    }

    /// Its turn in a run: by stage, and in its stage the case first that submits the shared job.
    pub fn turn(&self) -> (Stage, bool) {
        (self.stage, self.id != crate::session::SHARED)
    }

    /// How binding it is for a vendor.
    pub fn level_for(&self, profile: &Profile) -> Level {
        crate::profile::lowered(self.level, (self.clause)(profile).as_ref())
    }
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Case").field(&self.id).finish()
    }
}
