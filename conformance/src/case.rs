//! A case: something that a vendor promises, how much it may cost to find out, and how to.

use crate::clause::{Clause, Cost, Level, SHARED, Stage, binding_level};
use crate::profile::Profile;
use crate::session::{CaseEnd, Session};

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
    /// Whether the claim is that something is refused, so that a target that refuses everything would keep it.
    pub by_refusal: bool,
    /// Cases that must have run before; they are run along.
    pub needs: &'static [&'static str],
    /// The fact it rests on; `None` if this vendor promises nothing of the kind.
    pub clause: fn(&Profile) -> Option<Clause>,
    /// Why it does not apply to this vendor, if it does not.
    pub excluded: fn(&Profile) -> Option<String>,
    /// How to find out.
    pub run: fn(&mut Session<'_>) -> CaseEnd,
}

impl Case {
    /// A case that applies everywhere, needs no other and rests on nothing: INFO until it has a clause.
    pub const fn new(
        id: &'static str,
        title: &'static str,
        level: Level,
        cost: Cost,
        stage: Stage,
        run: fn(&mut Session<'_>) -> CaseEnd,
    ) -> Self {
        Self {
            id,
            title,
            level,
            cost,
            stage,
            class: "",
            by_refusal: matches!(cost, Cost::Rejectable),
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

    /// The claim is that something is refused.
    #[must_use]
    pub const fn by_refusal(mut self) -> Self {
        self.by_refusal = true;
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
        (self.stage, self.id != SHARED)
    }

    /// How binding it is for a vendor.
    pub fn level_for(&self, profile: &Profile) -> Level {
        binding_level(self.level, (self.clause)(profile).as_ref())
    }
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Case").field(&self.id).finish()
    }
}
