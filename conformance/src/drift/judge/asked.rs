//! The same cases asked of the emulator and of the vendor: with which status each was answered.

use std::collections::{BTreeMap, BTreeSet};

use super::Judge;
use super::found::{Told, beside};
use crate::case::Cost;
use crate::drift::shapes::{Observed, is_wrong_on_purpose};
use crate::drift::verdict::Words;
use crate::profile::Profile;

/// Which statuses a case was answered with.
type Statuses = BTreeSet<u16>;

impl Judge<'_> {
    /// Holds the statuses of each case against each other. What only a stand-in can be asked is left out.
    pub(super) fn cases(&mut self) {
        let of = |seen: Option<&Observed>| seen.map(answered).unwrap_or_default();
        let (live, emulator) = (of(self.sides.live), of(self.sides.emulator));
        let previous = of(self.sides.previous);
        for key @ (case, operation) in emulator.keys().filter(|key| live.contains_key(*key)) {
            let said = Words {
                docs: None,
                emulator: emulator.get(key).cloned(),
                live: live.get(key).cloned(),
                previous: previous.get(key).cloned(),
            };
            // Good answers with another good status are told once for the operation.
            let good = |statuses: &Statuses| statuses.iter().all(|status| (200..300).contains(status));
            if said.live.as_ref().is_some_and(good) && said.emulator.as_ref().is_some_and(good) {
                continue;
            }
            let refused = self.sides.profile.is_some_and(|profile| is_refused(profile, case));
            // Any refusal is as good as another where only that is documented.
            let stated = refused.then(|| Statuses::from([400]));
            let allows =
                |_: &Statuses, seen: &Statuses| seen.iter().all(|status| (400..500).contains(status));
            let judged = beside(stated, &said, allows);
            self.found.add(Told::case(operation, case, &judged));
        }
    }
}

/// The statuses of the cases that a vendor can be asked; what may pass by itself is no answer.
fn answered(seen: &Observed) -> BTreeMap<(String, String), Statuses> {
    let steered = |case: &str| crate::cases::case(case).is_none_or(|held| held.cost == Cost::Emulator);
    let lasting = |status: &u16| *status != 429 && *status < 500;
    let kept = seen.cases.iter().filter(|((case, _), _)| !steered(case));
    kept.map(|(key, statuses)| (key.clone(), statuses.iter().copied().filter(lasting).collect::<Statuses>()))
        .filter(|(_, statuses)| !statuses.is_empty())
        .collect()
}

/// Whether it is documented that the request of a case is refused.
fn is_refused(profile: &Profile, case: &str) -> bool {
    let documented = |held: &crate::case::Case| {
        let sources = (held.clause)(profile).map(|clause| clause.sources).unwrap_or_default();
        sources.iter().any(|source| source.grade.is_documentation())
    };
    is_wrong_on_purpose(case) && crate::cases::case(case).is_some_and(documented)
}
