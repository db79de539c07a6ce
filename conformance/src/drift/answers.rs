//! The comparison of two series of answers, by what both asked.

use std::collections::BTreeSet;

use mockreel_drift::observed::Observed;
use mockreel_drift::surface::Endpoint;
use mockreel_drift::{Report, compare};

/// Compares two series of answers. What only one of them asked is no difference.
pub fn compare_answers(before: (&Observed, &str), now: (&Observed, &str)) -> Report {
    let mut old = before.0.surface(before.1);
    let mut new = now.0.surface(now.1);
    let mut alone: BTreeSet<String> = BTreeSet::new();
    for (mine, other, name) in [(&old, &new, now.1), (&new, &old, before.1)] {
        let asked =
            |endpoint: &Endpoint| other.endpoints.iter().any(|held| held.operation == endpoint.operation);
        let lacking = mine.endpoints.iter().filter(|endpoint| !asked(endpoint));
        alone.extend(lacking.map(|endpoint| format!("{}: {name} has no answer of it", endpoint.name())));
    }
    new.endpoints.retain(|held| old.endpoints.iter().any(|other| other.operation == held.operation));
    old.endpoints.retain(|held| new.endpoints.iter().any(|other| other.operation == held.operation));
    // An operation with several paths has not moved while one of them answered both times.
    for endpoint in &mut new.endpoints {
        let name = endpoint.operation.clone().unwrap_or_default();
        let routes = |seen: &Observed| seen.routes.get(&name).cloned().unwrap_or_default();
        let earlier = routes(before.0);
        let common = routes(now.0).into_keys().find(|route| earlier.contains_key(route));
        let held = old.endpoints.iter_mut().find(|held| held.operation == endpoint.operation);
        if let (Some((method, path)), Some(held)) = (common, held) {
            (held.method, held.path) = (method.clone(), path.clone());
            (endpoint.method, endpoint.path) = (method, path);
        }
    }
    let mut report = compare(&old, &new);
    report.not_compared.extend(alone);
    report.not_compared.sort();
    report
}
