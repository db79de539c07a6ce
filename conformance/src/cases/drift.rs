//! Conclusions from all exchanges of a run, without any request of their own.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use url::Url;

use crate::case::{Case, Cost, Level, Stage};
use crate::exchange::{Content, Exchange};
use crate::profile::Profile;
use crate::session::{Session, Stop, Verdict};
use crate::shape::{self, undocumented};

/// The cases of this area.
pub(super) const CASES: &[Case] = &[
    Case::new(
        "DRIFT-01",
        "the vendor's file beside its last one",
        Level::Info,
        Cost::Free,
        Stage::Last,
        |_| Err(Stop::NotApplicable("compares two files of the vendor, and a run has none".to_owned())),
    )
    .unless(|_| Some("compares two files of the vendor, and a run has none".to_owned())),
    Case::new(
        "DRIFT-02",
        "every good answer keeps the schema of its operation",
        Level::Must,
        Cost::Free,
        Stage::Last,
        schemas,
    )
    .on(|profile| profile.reply_clause("poll")),
    Case::new(
        "DRIFT-03",
        "the answers beside those of the last run",
        Level::Info,
        Cost::Free,
        Stage::Last,
        |_| Err(Stop::NotApplicable("compares two recorded runs".to_owned())),
    )
    .unless(|_| Some("compares two recorded runs".to_owned())),
    Case::new(
        "DRIFT-04",
        "the answers beside the suite's references",
        Level::Info,
        Cost::Free,
        Stage::Last,
        references,
    ),
    Case::new("DRIFT-05", "which headers answers carry", Level::Info, Cost::Free, Stage::Last, headers),
];

/// The exchanges of vendor paths, requests that were wrong on purpose left out.
fn honest<'a>(session: &'a Session<'_>) -> impl Iterator<Item = &'a Exchange> {
    session.exchanges().iter().filter(|exchange| {
        let wrong = ["VAL-", "GEN-", "CHAOS-"].iter().any(|area| exchange.case.starts_with(area));
        !wrong && session.target.is_vendor_path(&exchange.request.url)
    })
}

/// The operation that a request means.
fn operation<'a>(profile: &'a Profile, base: &str, exchange: &Exchange) -> Option<&'a str> {
    let url = Url::parse(&exchange.request.url).ok()?;
    let start = Url::parse(base).ok()?;
    let path = url.path().strip_prefix(start.path().trim_end_matches('/'))?;
    let options = stuntdouble_contracts::Options::defaults(profile.contract());
    profile.contract().route(&options, &exchange.request.method, path).ok().map(|matched| matched.name)
}

fn schemas(session: &mut Session<'_>) -> Verdict {
    let profile = session.profile;
    let mut unlisted: BTreeMap<String, u32> = BTreeMap::new();
    let mut broken: BTreeSet<String> = BTreeSet::new();
    let mut numbers = Vec::new();
    let mut good = 0;
    for exchange in honest(session) {
        let Some(answer) = exchange.answer.as_ref().filter(|answer| (200..300).contains(&answer.status))
        else {
            continue;
        };
        let Some(name) = operation(profile, &session.target.base, exchange) else { continue };
        good += 1;
        let (Some(operation), Content::Json(body)) = (profile.operation(name), &answer.body) else {
            broken.insert(format!("{name}: the answer is no JSON"));
            continue;
        };
        if let Err(why) = shape::keeps(&operation.reply, body) {
            broken.insert(format!("{name}: {why}"));
            numbers.push(exchange.number);
        }
        for pointer in undocumented(&operation.reply, body) {
            *unlisted.entry(format!("{name}{pointer}")).or_default() += 1;
        }
    }
    session.rests_on(&numbers);
    if good == 0 {
        return Err(Stop::NotApplicable("there was no good answer in this run".to_owned()));
    }
    if !unlisted.is_empty() {
        session.note("undocumented", json!(unlisted));
    }
    if broken.is_empty() {
        return Ok(());
    }
    let listed: Vec<String> = broken.into_iter().take(5).collect();
    Err(Stop::Failed(listed.join("; ")))
}

fn references(session: &mut Session<'_>) -> Verdict {
    let found = session.compared();
    match found {
        Some(counts) => {
            let differing: usize = counts.values().sum();
            session.note("cases_that_differ", json!(counts));
            if differing == 0 { Ok(()) } else { Err(Stop::Failed(format!("{differing} places differ"))) }
        }
        None => Err(Stop::NotApplicable("the suite has no references for this edition".to_owned())),
    }
}

fn headers(session: &mut Session<'_>) -> Verdict {
    let mut names: BTreeMap<String, u32> = BTreeMap::new();
    for exchange in honest(session) {
        for (name, _) in exchange.answer.iter().flat_map(|answer| &answer.headers) {
            *names.entry(name.clone()).or_default() += 1;
        }
    }
    let listed: Vec<Value> = names.keys().map(|name| json!(name)).collect();
    session.note("headers", Value::Array(listed));
    Ok(())
}
