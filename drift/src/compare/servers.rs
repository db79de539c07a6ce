//! The addresses before all paths, and before single ones.

use std::collections::BTreeSet;

use serde_json::Value;

use super::units::Unit;
use super::{Comparison, FindingSubject};
use crate::finding::Finding;
use crate::kind::{Kind, Severity};
use crate::surface::{Endpoint, Surface};

/// What each side puts before its paths, so that its operations are known again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Prefixes {
    pub(super) old: Option<String>,
    pub(super) new: Option<String>,
}

impl Prefixes {
    /// How the paths of two sides are read so that most of them meet.
    ///
    /// Servers are alternatives, so that one that both have counts; where all differ, what they put before the paths
    /// counts only if the paths meet with it.
    pub(super) fn choose(old: &Surface, new: &Surface) -> Self {
        let whole = Self::default();
        let shared = old.prefixes.iter().find(|prefix| new.prefixes.contains(prefix));
        let differs = old.prefixes.first() != new.prefixes.first();
        if !differs {
            return whole;
        }
        if let Some(shared) = shared {
            return Self { old: Some(shared.clone()), new: Some(shared.clone()) };
        }
        let bare = Self { old: Some(String::new()), new: Some(String::new()) };
        if whole.meeting(old, new) >= bare.meeting(old, new) { whole } else { bare }
    }

    /// How many methods on paths meet.
    fn meeting(&self, old: &Surface, new: &Surface) -> usize {
        let routes = |endpoints: &[Endpoint], prefix: &Option<String>| -> BTreeSet<(String, String)> {
            endpoints.iter().map(|endpoint| Unit { endpoint, model: "" }.route(prefix.as_deref())).collect()
        };
        routes(&old.endpoints, &self.old).intersection(&routes(&new.endpoints, &self.new)).count()
    }

    /// Whether the paths meet only without what the servers put before them.
    pub(super) fn is_bare(&self) -> bool {
        self.old.as_deref() == Some("") && self.new.as_deref() == Some("")
    }
}

impl Comparison<'_> {
    pub(super) fn servers(&mut self) {
        let (old, new) = (self.old, self.new);
        if old.servers == new.servers || self.is_observed() {
            return;
        }
        // Of a whole description a part may name fewer addresses.
        let within = |part: &[String], whole: &[String]| part.iter().all(|held| whole.contains(held));
        let (was, is) = (old.extent, new.extent);
        if (was > is && within(&new.servers, &old.servers))
            || (is > was && within(&old.servers, &new.servers))
        {
            return;
        }
        // What moved from the address into the paths, or back, is the same address.
        let prefixes = Prefixes::choose(old, new);
        let origins =
            |servers: &[String]| -> BTreeSet<String> { servers.iter().map(|held| origin(held)).collect() };
        let same_paths = !prefixes.is_bare() && prefixes.old.is_none();
        if same_paths && origins(&old.servers) == origins(&new.servers) {
            return;
        }
        let severity = severity(&old.servers, &new.servers, prefixes.is_bare());
        let finding = self.add(&FindingSubject::default(), Kind::ServerChanged, severity, "servers");
        say(finding, &old.servers, &new.servers);
        finding.pointer = Some("/servers".to_owned());
        finding.to_pointer = Some("/servers".to_owned());
    }

    /// The addresses that an operation names for itself.
    pub(super) fn own_servers(&mut self, about: &FindingSubject, old: &Endpoint, new: &Endpoint) {
        if old.servers == new.servers || old.is_observed() || new.is_observed() {
            return;
        }
        let (outer_old, outer_new) = (self.old.servers.clone(), self.new.servers.clone());
        let was = old.servers.clone().unwrap_or(outer_old);
        let is = new.servers.clone().unwrap_or(outer_new);
        if was == is {
            return;
        }
        let place = format!("{}.servers", about.operation);
        let paths = |servers: &[String]| -> BTreeSet<String> {
            servers.iter().map(|held| held.replacen(&origin(held), "", 1)).collect()
        };
        let severity = severity(&was, &is, paths(&was) != paths(&is));
        let finding = self.add(about, Kind::ServerChanged, severity, &place);
        say(finding, &was, &is);
        (finding.pointer, finding.to_pointer) = (Some(old.pointer.clone()), Some(new.pointer.clone()));
    }
}

/// The part of an address before its path.
fn origin(address: &str) -> String {
    url::Url::parse(address)
        .ok()
        .filter(url::Url::has_host)
        .map_or_else(String::new, |url| url.origin().ascii_serialization())
}

/// Servers are alternatives: one that comes breaks nobody. One that goes may still answer, unless its path changed.
fn severity(old: &[String], new: &[String], paths_differ: bool) -> Severity {
    if old.iter().all(|held| new.contains(held)) {
        Severity::Compatible
    } else if paths_differ && !old.iter().any(|held| new.contains(held)) {
        Severity::Breaking
    } else {
        Severity::Risky
    }
}

fn say(finding: &mut Finding, old: &[String], new: &[String]) {
    let fact = |servers: &[String]| Some(servers).filter(|held| !held.is_empty()).map(Value::from);
    (finding.from, finding.to) = (fact(old), fact(new));
}
