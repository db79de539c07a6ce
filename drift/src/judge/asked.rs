//! The same cases asked of the emulator and of the vendor: with which status each was answered.

use std::collections::{BTreeMap, BTreeSet};

use super::Judge;
use super::found::{JudgedPlace, beside};
use crate::observed::{CaseKnowledge, Observed};
use crate::verdict::Statements;

/// Which statuses a case was answered with.
type Statuses = BTreeSet<u16>;

impl Judge<'_> {
    /// Holds the statuses of each case against each other. What only a stand-in can be asked is left out.
    pub(super) fn cases(&mut self) {
        let of = |seen: Option<&Observed>| {
            seen.map(|seen| index_answers(self.sides.cases, seen)).unwrap_or_default()
        };
        let (live, emulator) = (of(self.sides.live), of(self.sides.emulator));
        let previous = of(self.sides.previous);
        for key @ (case, operation) in emulator.keys().filter(|key| live.contains_key(*key)) {
            let said = Statements {
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
            let refused = self.sides.cases.documents_refusal(case);
            // Any refusal is as good as another where only that is documented.
            let stated = refused.then(|| Statuses::from([400]));
            let allows =
                |_: &Statuses, seen: &Statuses| seen.iter().all(|status| (400..500).contains(status));
            let judged = beside(stated, &said, allows);
            self.found.add(JudgedPlace::case(operation, case, &judged));
        }
    }
}

/// The statuses of the cases that a vendor can be asked; what may pass by itself is no answer.
fn index_answers(cases: &dyn CaseKnowledge, seen: &Observed) -> BTreeMap<(String, String), Statuses> {
    let lasting = |status: &u16| *status != 429 && *status < 500;
    let kept = seen.cases.iter().filter(|((case, _), _)| cases.reaches_vendors(case));
    kept.map(|(key, statuses)| (key.clone(), statuses.iter().copied().filter(lasting).collect::<Statuses>()))
        .filter(|(_, statuses)| !statuses.is_empty())
        .collect()
}
