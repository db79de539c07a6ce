//! Pairs of routes: a method on a path of the one input, and the same of the other.

use std::collections::{BTreeMap, BTreeSet};

use mockreel_contracts::Role;

use super::servers::Prefixes;
use crate::surface::{BodyForm, Endpoint, Node};

/// So many combinations of what went and what came are weighed at most.
const MOST_WEIGHED: usize = 250_000;

/// Below this two operations are not taken for one that moved, of 100 for the path and 100 for what it holds.
const LIKELY: usize = 60;

/// A model on a method of a path; the model is empty where no body names one.
#[derive(Clone, Copy)]
pub(super) struct Unit<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) model: &'a str,
}

impl<'a> Unit<'a> {
    /// Every unit; answers do not tell models apart, so beside them a method on a path is one.
    pub(super) fn all(endpoints: &'a [Endpoint], by_model: bool) -> Vec<Self> {
        let units = endpoints.iter().flat_map(move |endpoint| {
            let models: Vec<&str> = endpoint.requests.keys().map(String::as_str).collect();
            let models = if models.is_empty() || !by_model { vec![""] } else { models };
            models.into_iter().map(move |model| Unit { endpoint, model })
        });
        units.collect()
    }

    /// Method and path, the names of places left out: they are no part of what is called.
    ///
    /// `prefix` is what counts as standing before the path, instead of what the first of its servers puts there.
    pub(super) fn route(&self, prefix: Option<&str>) -> (String, String) {
        let endpoint = self.endpoint;
        let path = match prefix {
            Some(prefix) if !endpoint.bare.is_empty() && endpoint.servers.is_none() => {
                template(&format!("{prefix}{}", endpoint.bare))
            }
            _ => template(&endpoint.path),
        };
        (endpoint.method.clone(), path)
    }

    /// The pointer to the member that names the model, or else to the operation.
    pub(super) fn model_pointer(&self) -> String {
        let node = self.request().and_then(|body| body.node.as_ref());
        let member = node.and_then(|node| node.members.get(Role::Model.as_str()));
        member.map_or_else(|| self.endpoint.pointer.clone(), |member| member.node.pointer.clone())
    }

    pub(super) fn operation(&self) -> String {
        self.endpoint.operation.clone().unwrap_or_else(|| self.endpoint.method.clone())
    }

    pub(super) fn request(&self) -> Option<&'a BodyForm> {
        self.endpoint.requests.get(self.model)
    }

    /// The files that describe it, sorted.
    pub(super) fn files(&self) -> Vec<String> {
        let mut files: Vec<String> = self.request().and_then(|body| body.file.clone()).into_iter().collect();
        if files.is_empty() {
            files.extend(self.endpoint.replies.values().filter_map(|body| body.file.clone()));
        }
        files.sort();
        files.dedup();
        files
    }
}

/// A path without the names of its places.
fn template(path: &str) -> String {
    let segments = path.split('/');
    segments.map(blank).collect::<Vec<String>>().join("/")
}

/// A segment with its places blank: `{name}.mp4` is `{}.mp4`.
fn blank(segment: &str) -> String {
    let mut told = String::new();
    let mut rest = segment;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((_, after)) = after.split_once('}') else { break };
        told.push_str(before);
        told.push_str("{}");
        rest = after;
    }
    told + rest
}

/// What became of the units of two sides, by their index.
#[derive(Default)]
pub(super) struct Pairs {
    pub(super) same: Vec<(usize, usize)>,
    pub(super) moved: Vec<(usize, usize)>,
    pub(super) gone: Vec<usize>,
    pub(super) came: Vec<usize>,
    /// Whether too much came and went to look for moves.
    pub(super) too_many: bool,
}

/// Pairs what is at the same place, and then what likely moved, the likeliest first.
pub(super) fn pairs(before: &[Unit<'_>], after: &[Unit<'_>], prefixes: &Prefixes) -> Pairs {
    let mut places: BTreeMap<((String, String), &str), Vec<usize>> = BTreeMap::new();
    for (index, unit) in after.iter().enumerate().rev() {
        places.entry((unit.route(prefixes.new.as_deref()), unit.model)).or_default().push(index);
    }
    let mut found = Pairs::default();
    let mut taken = vec![false; after.len()];
    // An operation that is served at several paths has not moved while one of them is left.
    let mut stays: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut left = Vec::new();
    for (index, unit) in before.iter().enumerate() {
        let Some(other) =
            places.get_mut(&(unit.route(prefixes.old.as_deref()), unit.model)).and_then(Vec::pop)
        else {
            left.push(index);
            continue;
        };
        taken[other] = true;
        found.same.push((index, other));
        if let Some(operation) = &unit.endpoint.operation {
            stays.insert((operation, unit.model));
        }
    }
    let free: Vec<usize> = (0..after.len()).filter(|index| !taken[*index]).collect();
    let moving = |unit: &Unit<'_>| {
        unit.endpoint.operation.as_deref().is_none_or(|operation| !stays.contains(&(operation, unit.model)))
    };
    let mut gone: BTreeSet<usize> = left.iter().copied().collect();
    let mut came: BTreeSet<usize> = free.iter().copied().collect();
    found.too_many = left.len() * free.len() > MOST_WEIGHED;
    if !found.too_many {
        let looks: Vec<WeighedUnit<'_>> = free.iter().map(|index| WeighedUnit::of(after[*index])).collect();
        let mut weighed = Vec::new();
        for index in left.iter().filter(|index| moving(&before[**index])) {
            let look = WeighedUnit::of(before[*index]);
            for (other, candidate) in free.iter().zip(&looks) {
                if let Some(weight) = look.likeness(candidate).filter(|weight| *weight >= LIKELY) {
                    weighed.push((weight, *index, *other));
                }
            }
        }
        weighed
            .sort_by(|one, other| other.0.cmp(&one.0).then_with(|| (one.1, one.2).cmp(&(other.1, other.2))));
        for (_, index, other) in weighed {
            if gone.contains(&index) && came.contains(&other) {
                gone.remove(&index);
                came.remove(&other);
                found.moved.push((index, other));
            }
        }
        found.moved.sort_unstable();
    }
    found.gone = gone.into_iter().collect();
    found.came = came.into_iter().collect();
    found
}

/// What of a unit is weighed.
struct WeighedUnit<'a> {
    unit: Unit<'a>,
    words: BTreeSet<&'a str>,
    asked: BTreeSet<&'a str>,
    told: BTreeSet<&'a str>,
}

impl<'a> WeighedUnit<'a> {
    fn of(unit: Unit<'a>) -> Self {
        let names = |node: Option<&'a Node>| -> BTreeSet<&'a str> {
            node.into_iter().flat_map(|node| node.members.keys().map(String::as_str)).collect()
        };
        let words = unit.endpoint.path.split('/').filter(|part| !part.is_empty() && !part.starts_with('{'));
        let good = unit.endpoint.replies.iter().find(|(status, _)| status.starts_with('2'));
        Self {
            unit,
            words: words.collect(),
            asked: names(unit.request().and_then(|body| body.node.as_ref())),
            told: names(good.and_then(|(_, body)| body.node.as_ref())),
        }
    }

    /// How likely two units are one that moved; `None` if they are not.
    fn likeness(&self, other: &Self) -> Option<usize> {
        let (one, two) = (self.unit, other.unit);
        let operations = (one.endpoint.operation.as_deref(), two.endpoint.operation.as_deref());
        let named_alike = operations.0.is_some() && operations.0 == operations.1;
        let at_odds = operations.0.is_some() && operations.1.is_some() && !named_alike;
        if one.model != two.model || at_odds || (one.endpoint.method != two.endpoint.method && !named_alike) {
            return None;
        }
        if one.endpoint.is_observed() || two.endpoint.is_observed() {
            return named_alike.then_some(200);
        }
        // A slash at the end makes another path of it, and nothing else.
        let trimmed = |unit: Unit<'_>| template(unit.endpoint.path.trim_end_matches('/'));
        if one.endpoint.method == two.endpoint.method && trimmed(one) == trimmed(two) {
            return Some(300);
        }
        let path = count_shared(&self.words, &other.words);
        let silent = |look: &Self| look.asked.is_empty() && look.told.is_empty();
        if silent(self) && silent(other) {
            return (path >= 50).then_some(path + 10);
        }
        // What is asked says more of an operation than what is told: many answer alike.
        let held = if self.asked.is_empty() && other.asked.is_empty() {
            count_shared(&self.told, &other.told)
        } else {
            count_shared(&self.asked, &other.asked)
        };
        // The same model of the same method is the same operation, whatever else was written anew.
        if !one.model.is_empty() && one.endpoint.method == two.endpoint.method {
            return Some(path + held + LIKELY);
        }
        // A model of its own name, or the same name for the operation, is a sign by itself.
        let sign = if !one.model.is_empty() {
            30
        } else if named_alike {
            10
        } else {
            0
        };
        (held >= 40).then_some(path + held + sign)
    }
}

/// Units of one route of which the model went and another came, by their index: likely the same, renamed.
pub(super) fn pair_renamed(
    gone: &[Unit<'_>],
    came: &[Unit<'_>],
    old_prefix: Option<&str>,
    new_prefix: Option<&str>,
) -> Vec<(usize, usize)> {
    let mut weighed = Vec::new();
    if gone.len() * came.len() > MOST_WEIGHED {
        return Vec::new();
    }
    let named = |unit: &Unit<'_>| !unit.model.is_empty();
    for (left, was) in gone.iter().enumerate().filter(|(_, unit)| named(unit)) {
        let route = was.route(old_prefix);
        let of_route = |units: &[Unit<'_>], prefix: Option<&str>| {
            units.iter().filter(|unit| named(unit) && unit.route(prefix) == route).count()
        };
        let alone = of_route(gone, old_prefix) == 1 && of_route(came, new_prefix) == 1;
        for (right, is) in came.iter().enumerate().filter(|(_, unit)| named(unit)) {
            if is.route(new_prefix) != route {
                continue;
            }
            let likeness = count_shared(&name_parts(was.model), &name_parts(is.model));
            if alone || likeness >= 30 {
                weighed.push((std::cmp::Reverse(likeness), left, right));
            }
        }
    }
    weighed.sort_unstable();
    let (mut lefts, mut rights, mut pairs) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for (_, left, right) in weighed {
        if !lefts.contains(&left) && !rights.contains(&right) {
            lefts.insert(left);
            rights.insert(right);
            pairs.push((left, right));
        }
    }
    pairs
}

/// The words and numbers of a model's name.
fn name_parts(model: &str) -> BTreeSet<&str> {
    model.split(|letter: char| !letter.is_alphanumeric()).filter(|part| !part.is_empty()).collect()
}

/// How much of two sets is in both, of 100.
fn count_shared(one: &BTreeSet<&str>, other: &BTreeSet<&str>) -> usize {
    let all = one.union(other).count();
    (one.intersection(other).count() * 100).checked_div(all).unwrap_or(0)
}
