//! The credentials that an operation demands.

use std::collections::BTreeSet;

use serde_json::json;

use super::{Comparison, FindingSubject};
use crate::kind::{Kind, Severity};
use crate::surface::{Endpoint, Security};

impl Comparison<'_> {
    pub(super) fn security(&mut self, about: &FindingSubject, old: &Endpoint, new: &Endpoint) {
        // Answers show no credentials.
        if old.is_observed() || new.is_observed() {
            return;
        }
        let severity = match (&old.security, &new.security) {
            (Security::Demanded(held), Security::Demanded(now)) if held == now => return,
            // Whoever has one of the credentials of before still has one of those that serve.
            (Security::Demanded(held), Security::Demanded(now))
                if held.iter().all(|one| now.iter().any(|other| serves(one, other))) =>
            {
                Severity::Compatible
            }
            (Security::None, Security::Demanded(_)) | (Security::Demanded(_), Security::Demanded(_)) => {
                Severity::Breaking
            }
            // Whoever read of the credential may have sent it already.
            (Security::Declared(_), Security::Demanded(_)) => Severity::Risky,
            (Security::Demanded(_), Security::None) => Severity::Compatible,
            // That a credential is declared and demanded nowhere is a defect of the document.
            (_, Security::None | Security::Declared(_)) => return,
        };
        let fact = |security: &Security| {
            let schemes = security.schemes().into_iter().collect::<Vec<String>>().join(" or ");
            match security {
                Security::None => json!("none"),
                Security::Declared(_) => json!(format!("{schemes}, declared and not demanded")),
                Security::Demanded(_) => json!(schemes),
            }
        };
        let (from, to) = (fact(&old.security), fact(&new.security));
        let place = format!("{}.security", about.operation);
        let finding = self.add(about, Kind::SecurityChanged, severity, &place);
        (finding.from, finding.to) = (Some(from), Some(to));
        (finding.pointer, finding.to_pointer) = (Some(old.pointer.clone()), Some(new.pointer.clone()));
    }
}

/// Whether whoever has one credential has what the other asks for: the same schemes, and no scope besides.
fn serves(one: &str, other: &str) -> bool {
    let parts = |text: &str| -> BTreeSet<(String, BTreeSet<String>)> {
        text.split(" and ")
            .map(|part| {
                let (scheme, scopes) = part.split_once(" (").unwrap_or((part, ""));
                let scopes = scopes.trim_end_matches(')').split(", ").filter(|scope| !scope.is_empty());
                (scheme.to_owned(), scopes.map(str::to_owned).collect())
            })
            .collect()
    };
    let held = parts(one);
    parts(other)
        .iter()
        .all(|(scheme, scopes)| held.iter().any(|(had, may)| had == scheme && scopes.is_subset(may)))
}
