//! Mutants of descriptions of different makers' style: each is changed in one known way, and the report must name
//! exactly that change, with the severity that the table in `kinds` gives it.

mod emit;
mod keeping;
mod kinds;
mod operations;
mod sites;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use self::kinds::{MUTATIONS, Mutation};
use self::operations::OPERATIONS;
use self::sites::{Site, Way, sites};
use crate::read::openapi;
use crate::{Finding, Report, Severity, Surface, compare};

/// How a description is written for the reader.
#[derive(Clone, Copy)]
pub(super) enum Notation {
    Json,
    Yaml,
}

/// The descriptions, each in the style of a maker.
pub(super) const SOURCES: [(&str, Notation, &str); 6] = [
    ("by hand, 3.0, YAML", Notation::Yaml, include_str!("sources/hand.yaml")),
    ("a queue, 3.0, JSON", Notation::Json, include_str!("sources/queue.yaml")),
    ("predictions, 3.1, YAML", Notation::Yaml, include_str!("sources/predictions.yaml")),
    ("zod, 3.1, JSON", Notation::Json, include_str!("sources/zod.yaml")),
    ("pydantic, 3.1, JSON", Notation::Json, include_str!("sources/fast.yaml")),
    ("linked objects, 3.0, JSON", Notation::Json, include_str!("sources/linked.yaml")),
];

/// So many mutants are made of one description in one way: the test ends within a minute in a debug build.
const MOST_MUTANTS: usize = 14;

/// At least so many mutants of a thousand are named rightly.
const LEAST_NAMED: usize = 980;

pub(super) fn value_of(source: &str) -> Value {
    serde_saphyr::from_str(source).unwrap()
}

pub(super) fn read(root: &Value, notation: Notation) -> Surface {
    match notation {
        Notation::Json => openapi("a.json", root.to_string().as_bytes()).unwrap(),
        Notation::Yaml => openapi("a.yaml", emit::yaml(root).as_bytes()).unwrap(),
    }
}

/// What a report says that shows on the wire.
pub(super) fn wire(report: &Report) -> Vec<&Finding> {
    report.findings.iter().filter(|held| held.is_wire_relevant()).collect()
}

/// The way of what a finding is about.
fn way_of(finding: &Finding) -> Way {
    let answered =
        finding.place.strip_prefix(&finding.operation).is_some_and(|rest| rest.starts_with(".reply"));
    let turned = finding.operation.starts_with("webhook") || finding.operation.starts_with("callback");
    if answered == turned { Way::Request } else { Way::Answer }
}

/// What is wrong with a report of a mutant; nothing if it names the change and no other.
fn judge(report: &Report, expected: &BTreeMap<Way, (&str, Severity)>, name: Option<&str>) -> Option<String> {
    let mut named: BTreeSet<Way> = BTreeSet::new();
    for finding in wire(report) {
        let way = way_of(finding);
        let Some((kind, severity)) = expected.get(&way) else {
            return Some(format!("invented: {}", line(finding)));
        };
        let fits = name.is_none_or(|name| finding.place.ends_with(&format!("/{name}")));
        if finding.kind.name() != *kind || finding.severity != *severity || !fits {
            return Some(format!("expected {kind} {}, found {}", severity.name(), line(finding)));
        }
        named.insert(way);
    }
    let silent: Vec<&Way> = expected.keys().filter(|way| !named.contains(*way)).collect();
    (!silent.is_empty()).then(|| format!("silent: {silent:?} of {expected:?}"))
}

fn line(finding: &Finding) -> String {
    format!("{} {} {}", finding.severity.name(), finding.kind.name(), finding.place)
}

/// Sites spread over the whole list.
fn spread<T>(all: Vec<T>) -> Vec<T> {
    let step = all.len().div_ceil(MOST_MUTANTS).max(1);
    all.into_iter().step_by(step).collect()
}

fn mutants(mutation: &Mutation, root: &Value, all: &[Site]) -> Vec<(Site, Value)> {
    let made = all.iter().filter_map(|site| {
        let mut root = root.clone();
        (mutation.change)(&mut root, site).then(|| (site.clone(), root))
    });
    spread(made.collect())
}

#[test]
#[expect(clippy::print_stdout, reason = "the score, with `--nocapture`")]
fn the_report_of_a_mutant_names_its_change_and_no_other() {
    let mut wrong: Vec<String> = Vec::new();
    let (mut total, mut invented) = (0, 0);
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (style, notation, source) in SOURCES {
        let root = value_of(source);
        let old = read(&root, notation);
        let all = sites(&root);
        for mutation in MUTATIONS {
            for (site, mutant) in mutants(mutation, &root, &all) {
                let report = compare(&old, &read(&mutant, notation));
                let expected = mutation.expected(&site);
                total += 1;
                *seen.entry(mutation.name).or_default() += 1;
                if let Some(why) = judge(&report, &expected, mutation.named(&root, &site).as_deref()) {
                    invented += usize::from(why.starts_with("invented"));
                    wrong.push(format!("{style}: {} at {}: {why}", mutation.name, site.pointer));
                }
            }
        }
        for (name, change, kind, severity) in OPERATIONS {
            for mutant in spread(change(&root)) {
                let report = compare(&old, &read(&mutant, notation));
                total += 1;
                *seen.entry(name).or_default() += 1;
                let found = wire(&report);
                let right = |held: &&&Finding| held.kind.name() == *kind && held.severity == *severity;
                if found.is_empty() || !found.iter().all(|held| right(&held)) {
                    let lines: Vec<String> = found.iter().map(|held| line(held)).collect();
                    wrong.push(format!(
                        "{style}: {name}: expected {kind} {}, found {lines:?}",
                        severity.name()
                    ));
                }
            }
        }
    }
    let right = total - wrong.len();
    println!(
        "mutation score: {right} of {total} mutants named with the right severity, {invented} with more than that"
    );
    wrong.iter().for_each(|line| println!("  {line}"));
    let unseen: Vec<&str> = MUTATIONS
        .iter()
        .map(|mutation| mutation.name)
        .chain(OPERATIONS.iter().map(|(name, ..)| *name))
        .filter(|name| !seen.contains_key(name))
        .collect();
    assert_eq!(unseen, Vec::<&str>::new(), "no source has a place for these");
    assert!(total > 1_000, "{total} mutants");
    assert!(
        right * 1_000 >= total * LEAST_NAMED && invented == 0,
        "{right} of {total}:\n{}",
        wrong.join("\n")
    );
}
