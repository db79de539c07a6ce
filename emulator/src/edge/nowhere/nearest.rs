//! The nearest path: what somebody probably meant who asked for a path that nobody serves.

use axum::http::Method;
use mockreel_contracts::Contract;
use mockreel_contracts::contract::Options;
use mockreel_contracts::contract::check::route::percent_decoded;

use crate::served::ServedVendor;

/// The most segments that a path may have to be compared.
const MOST_SEGMENTS: usize = 12;

/// The most characters of a segment that are compared.
const MOST_CHARACTERS: usize = 64;

/// What a segment costs that is missing or too much.
const STRAY: f64 = 0.6;

/// What another method costs: less than any other path.
const OTHER_METHOD: f64 = 0.1;

/// What a segment costs that may be anything: a little more than one that is right.
const PLACEHOLDER: f64 = 0.05;

/// How many of the segments of a path may be wrong, as a share.
const MOST_WRONG: f64 = 0.34;

/// The nearest path, as `did you mean POST /vendor/path?`; nothing if none is near.
///
/// `path` is compared with the routes of each vendor, below the prefix that the vendor has here.
pub(in crate::edge) fn suggest_path<'a>(
    vendors: impl IntoIterator<Item = (String, &'a ServedVendor)>,
    method: &Method,
    path: &str,
) -> Option<String> {
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    let path = path.split('?').next().unwrap_or_default();
    let given: Vec<String> = split_path(path).take(MOST_SEGMENTS + 1).map(fold_segment).collect();
    if given.is_empty() || given.len() > MOST_SEGMENTS {
        return None;
    }
    let mut nearest: Option<(f64, String)> = None;
    for (prefix, served) in vendors {
        for (known, template) in list_routes(&served.vendor.contract, &served.options) {
            let template = format!("{prefix}{template}");
            let segments: Vec<&str> = split_path(&template).collect();
            let distance = path_distance(&given, &segments);
            let near = distance <= MOST_WRONG * segments.len().max(given.len()) as f64;
            let distance = distance + if known == method { 0.0 } else { OTHER_METHOD };
            if near && nearest.as_ref().is_none_or(|(least, _)| distance < *least) {
                nearest = Some((distance, format!("did you mean {known} {template}?")));
            }
        }
    }
    nearest.map(|(_, text)| text)
}

/// The methods and paths of a vendor.
fn list_routes<'a>(contract: &'a Contract, options: &'a Options) -> impl Iterator<Item = (&'a str, &'a str)> {
    contract.operations.values().flat_map(move |operation| {
        let is_off = |name: &String| options.is(name, "off");
        let routes = operation.routes.iter().filter(move |route| !route.option.as_ref().is_some_and(is_off));
        routes.map(|route| (operation.method.as_str(), route.path.as_str()))
    })
}

fn split_path(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

fn fold_segment(segment: &str) -> String {
    let cut: String = segment.chars().take(MOST_CHARACTERS).collect();
    percent_decoded(&cut).to_lowercase()
}

/// How many segments have to be changed, added or dropped to get from one path to the other; parts of one, where two
/// segments resemble each other.
fn path_distance(given: &[String], template: &[&str]) -> f64 {
    let mut row: Vec<f64> = (0..=template.len()).map(|count| count as f64 * STRAY).collect();
    for segment in given {
        let mut diagonal = row[0];
        row[0] += STRAY;
        for (column, wanted) in template.iter().enumerate() {
            let replaced = diagonal + segment_distance(segment, wanted);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + STRAY).min(row[column] + STRAY);
        }
    }
    row.last().copied().unwrap_or_default()
}

/// From 0 for the same to 1 for another.
fn segment_distance(given: &str, template: &str) -> f64 {
    if template.starts_with('{') {
        return PLACEHOLDER;
    }
    let likeness = strsim::normalized_damerau_levenshtein(given, &template.to_lowercase());
    if likeness < 0.5 { 1.0 } else { 1.0 - likeness }
}
