//! Names of operations where no contract gives any: method and path, instead of what their form was guessed to be.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::finding::{Finding, Report};
use crate::kind::Kind;
use crate::surface::Surface;

/// What operations are called in a report, by the word that was guessed for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteNames {
    names: BTreeMap<String, String>,
}

impl RouteNames {
    /// The names of two descriptions of a vendor: our words where one of them names a vendor that has a contract,
    /// else method and path of the newer one.
    pub fn of(old: &Surface, new: &Surface) -> Self {
        let known =
            |side: &Surface| !side.vendor.is_empty() && mockreel_contracts::vendor(&side.vendor).is_ok();
        let mut names = BTreeMap::new();
        if known(old) || known(new) {
            return Self { names };
        }
        for endpoint in new.endpoints.iter().chain(&old.endpoints) {
            if let Some(word) = &endpoint.operation {
                let route = format!("{} {}", endpoint.method, endpoint.path);
                names.entry(word.clone()).or_insert(route);
            }
        }
        Self { names }
    }

    /// Calls the operations of a report by these names. Fingerprints stay: a path that moves is not another one.
    pub fn apply(&self, report: &mut Report) {
        if self.names.is_empty() {
            return;
        }
        report.findings.iter_mut().for_each(|finding| self.rename(finding));
        for line in &mut report.not_compared {
            *line = self.rename_words(line);
        }
    }

    fn rename(&self, finding: &mut Finding) {
        let word = finding.operation.clone();
        // A path that came or went is called by itself.
        let own = match finding.kind {
            Kind::PathAdded => finding.to.as_ref(),
            Kind::PathRemoved => finding.from.as_ref(),
            _ => None,
        };
        if let Some(route) = own.and_then(Value::as_str).filter(|_| self.names.contains_key(&word)) {
            finding.place = route.to_owned();
            finding.operation = route.to_owned();
            return;
        }
        let places = [Some(finding.place.clone()), finding.to_place.clone()];
        self.rename_part(&mut finding.operation, &mut finding.place, &mut finding.to_place);
        for part in &mut finding.parts {
            self.rename_part(&mut part.operation, &mut part.place, &mut part.to_place);
        }
        let now = [Some(&finding.place), finding.to_place.as_ref()];
        for (was, is) in places.iter().zip(now) {
            if let (Some(was), Some(is)) = (was.as_ref().filter(|was| !was.is_empty()), is) {
                finding.message = finding.message.replace(&format!("`{was}"), &format!("`{is}"));
            }
        }
        // A sentence may name other places of the operation, as one that lists where only words differ.
        if let Some(route) = self.names.get(&word) {
            finding.message = finding.message.replace(&format!("`{word}."), &format!("`{route}."));
        }
        if finding.place == "words" {
            finding.message = self.rename_words(&finding.message);
        }
    }

    fn rename_part(&self, operation: &mut String, place: &mut String, to_place: &mut Option<String>) {
        let Some(route) = self.names.get(operation) else { return };
        for text in [Some(place), to_place.as_mut()].into_iter().flatten() {
            if let Some(rest) = text.strip_prefix(operation.as_str()).filter(|rest| rest.starts_with('.')) {
                *text = format!("{route}{rest}");
            }
        }
        operation.clone_from(route);
    }

    /// A line that names operations or places, with these names.
    fn rename_words(&self, line: &str) -> String {
        let rename = |word: &str| -> String {
            let bare = word.trim_end_matches([',', ':', ';']);
            let (name, rest) =
                bare.split_once('.').map_or((bare, ""), |(name, _)| (name, &bare[name.len()..]));
            match self.names.get(name) {
                Some(route) => format!("{route}{rest}{}", &word[bare.len()..]),
                None => word.to_owned(),
            }
        };
        line.split(' ').map(rename).collect::<Vec<String>>().join(" ")
    }
}
