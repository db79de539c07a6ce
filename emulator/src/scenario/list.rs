//! Lists of scenarios: adding, replacing and dropping by name.

use std::sync::Arc;

use super::{Scenario, Scenarios};

/// A list with scenarios added at its end; those of the same names make room. Also the names that were touched.
pub fn with_added(list: &Scenarios, added: &[Arc<Scenario>]) -> (Scenarios, Vec<Arc<str>>) {
    let mut kept: Vec<Arc<Scenario>> =
        list.iter().filter(|present| !added.iter().any(|new| new.name == present.name)).cloned().collect();
    let mut names = Vec::new();
    for new in added {
        let named = if new.name.is_empty() {
            let free = (1_u64..).map(|number| format!("scenario-{number}"));
            let taken = |name: &String| kept.iter().any(|present| present.name == *name);
            // There are more numbers than scenarios, so one is free.
            let name = free.into_iter().find(|name| !taken(name)).unwrap_or_default();
            Arc::new(Scenario { name, ..Scenario::clone(new) })
        } else {
            Arc::clone(new)
        };
        names.push(Arc::from(named.name.as_str()));
        kept.push(named);
    }
    (kept.into(), names)
}

/// A list without the scenario of a name, or without those of a set of that name; empty without a name.
///
/// Also the names of those that went.
pub fn with_dropped(list: &Scenarios, name: Option<&str>) -> (Scenarios, Vec<Arc<str>>) {
    let goes = |scenario: &Scenario| name.is_none_or(|name| scenario.is_called(name));
    let (gone, kept): (Vec<_>, Vec<_>) = list.iter().cloned().partition(|scenario| goes(scenario));
    (kept.into(), gone.iter().map(|scenario| Arc::from(scenario.name.as_str())).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn named(name: &str) -> Arc<Scenario> {
        Arc::new(serde_json::from_value(json!({"name": name, "then": {}})).unwrap())
    }

    fn names(list: &Scenarios) -> Vec<&str> {
        list.iter().map(|scenario| scenario.name.as_str()).collect()
    }

    #[test]
    fn a_scenario_takes_the_place_of_one_of_its_name_and_a_nameless_one_gets_a_number() {
        let (list, _) =
            with_added(&Scenarios::default(), &[named("a"), named(""), named("set#1"), named("set#2")]);
        assert_eq!(names(&list), ["a", "scenario-1", "set#1", "set#2"]);
        let (list, touched) = with_added(&list, &[named("a"), named("")]);
        assert_eq!(names(&list), ["scenario-1", "set#1", "set#2", "a", "scenario-2"]);
        assert_eq!(touched.iter().map(|name| &**name).collect::<Vec<_>>(), ["a", "scenario-2"]);
        let (without_set, gone) = with_dropped(&list, Some("set"));
        assert_eq!(names(&without_set), ["scenario-1", "a", "scenario-2"]);
        assert_eq!(gone.len(), 2);
        assert!(with_dropped(&list, Some("se")).1.is_empty());
        assert!(with_dropped(&list, None).0.is_empty());
    }
}
