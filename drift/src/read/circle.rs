//! References that lead back to where they stand: found before anything is read, so that the order of reading does
//! not matter.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use super::reader::{file_of, find};

/// Pointers to what refers to itself, perhaps by way of others, or stands between two such circles.
pub(super) fn find_circles(
    root: &Value,
    beside: &BTreeMap<String, Value>,
    target: impl Fn(&str, &str) -> Option<String>,
) -> HashSet<String> {
    let mut edges: HashMap<String, HashSet<String>> = HashMap::new();
    let mut open: Vec<String> = targets_of(root, "", &target).into_iter().collect();
    for (file, value) in beside {
        open.extend(targets_of(value, &format!("{file}#"), &target));
    }
    while let Some(pointer) = open.pop() {
        if edges.contains_key(&pointer) {
            continue;
        }
        let file = file_of(&pointer);
        let value = if file.is_empty() {
            find(root, &pointer)
        } else {
            beside.get(file).and_then(|value| find(value, pointer.get(file.len() + 1..)?))
        };
        let next = value.map(|value| targets_of(value, &pointer, &target)).unwrap_or_default();
        open.extend(next.iter().filter(|next| !edges.contains_key(*next)).cloned());
        edges.insert(pointer, next);
    }
    // What leads nowhere, and what nothing leads to, is in no circle; what is left is.
    let forward = peel(&edges);
    let mut backward: HashMap<String, HashSet<String>> = HashMap::new();
    for (from, next) in edges.iter().filter(|(from, _)| forward.contains(*from)) {
        backward.entry(from.clone()).or_default();
        for to in next.iter().filter(|to| forward.contains(*to)) {
            backward.entry(to.clone()).or_default().insert(from.clone());
        }
    }
    peel(&backward)
}

/// Takes away what leads nowhere, again and again.
fn peel(edges: &HashMap<String, HashSet<String>>) -> HashSet<String> {
    let mut incoming: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut left: HashMap<&str, usize> = HashMap::new();
    for (from, next) in edges {
        let known = next.iter().filter(|to| edges.contains_key(*to));
        left.insert(from, known.clone().count());
        known.for_each(|to| incoming.entry(to).or_default().push(from));
    }
    let mut done: Vec<&str> = left.iter().filter(|(_, count)| **count == 0).map(|(from, _)| *from).collect();
    while let Some(end) = done.pop() {
        left.remove(end);
        for from in incoming.get(end).into_iter().flatten() {
            if let Some(count) = left.get_mut(from) {
                *count -= 1;
                if *count == 0 {
                    done.push(from);
                }
            }
        }
    }
    left.into_keys().map(str::to_owned).collect()
}

/// Where the references below a value lead.
fn targets_of(value: &Value, from: &str, target: &impl Fn(&str, &str) -> Option<String>) -> HashSet<String> {
    let mut found = HashSet::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(members) => {
                let led = members.get("$ref").and_then(Value::as_str);
                found.extend(led.and_then(|text| target(text, from)));
                open.extend(members.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    found
}
