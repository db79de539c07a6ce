//! Differences between the editions of a contract.

use super::markdown::{code, prose, table};
use crate::contract::Contract;

/// The most differences that are listed for one edition; the number of the others is given.
const LISTED: usize = 24;

/// Keys whose change says nothing of what the vendor does: names of editions and of sources.
const SILENT: [&str; 5] = ["edition", "sources", "source", "x-source", "checks_source"];

/// What differs between two editions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Difference {
    Added,
    Removed,
    Changed,
}

/// The section on editions: each with what it changed of the one before it.
pub(super) fn section(contract: &Contract, older: &[&Contract]) -> String {
    let all: Vec<&Contract> = std::iter::once(contract).chain(older.iter().copied()).collect();
    let rows = all.iter().enumerate().map(|(index, edition)| {
        let told = all.get(index + 1).map_or_else(
            || "The first edition that is known.".to_owned(),
            |before| listed(&differences(&before.table, &edition.table)),
        );
        vec![code(&format!("{}@{}", edition.id, edition.edition)), known_from(edition), told]
    });
    format!("## Editions\n\n{}", table(&["Edition", "Known from", "Against the edition before"], rows))
}

/// The titles of the sources that speak of the day on which an edition took effect.
fn known_from(edition: &Contract) -> String {
    let day = edition.edition.trim_end_matches(|letter: char| letter.is_ascii_lowercase());
    let titles =
        edition.sources.values().filter(|source| source.date == day).map(|source| prose(&source.title));
    titles.collect::<Vec<_>>().join("; ")
}

/// The places that a patch touches, for options.
pub(super) fn places(patch: &toml::Table) -> Vec<String> {
    let mut found = Vec::new();
    touched(patch, "", &mut found);
    found
}

fn touched(patch: &toml::Table, place: &str, found: &mut Vec<String>) {
    for (key, value) in patch {
        let here = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
        match value {
            toml::Value::Table(inner) => touched(inner, &here, found),
            toml::Value::Array(names) if key == "x-remove" => {
                found.extend(names.iter().filter_map(|name| Some(format!("{place}.{}", name.as_str()?))));
            }
            toml::Value::String(_)
            | toml::Value::Integer(_)
            | toml::Value::Float(_)
            | toml::Value::Boolean(_)
            | toml::Value::Datetime(_)
            | toml::Value::Array(_) => found.push(here),
        }
    }
}

fn listed(differences: &[(Difference, String)]) -> String {
    if differences.is_empty() {
        return "No difference but in sources.".to_owned();
    }
    let mut told = Vec::new();
    for (kind, word) in
        [(Difference::Added, "New"), (Difference::Removed, "Gone"), (Difference::Changed, "Changed")]
    {
        let places: Vec<String> = differences
            .iter()
            .take(LISTED)
            .filter(|(found, _)| *found == kind)
            .map(|(_, place)| code(place))
            .collect();
        if !places.is_empty() {
            told.push(format!("{word}: {}", places.join(", ")));
        }
    }
    let more = differences.len().saturating_sub(LISTED);
    if more > 0 {
        told.push(format!("and {more} more"));
    }
    told.join("; ")
}

/// The places where two tables differ, in the order of the newer one, what is gone last.
fn differences(older: &toml::Table, newer: &toml::Table) -> Vec<(Difference, String)> {
    let mut found = Vec::new();
    compare(older, newer, "", &mut found);
    found
}

fn compare(older: &toml::Table, newer: &toml::Table, place: &str, found: &mut Vec<(Difference, String)>) {
    let at = |key: &str| if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") };
    for (key, value) in newer.iter().filter(|(key, _)| !SILENT.contains(&key.as_str())) {
        match (older.get(key), value) {
            (None, _) => found.push((Difference::Added, at(key))),
            (Some(toml::Value::Table(held)), toml::Value::Table(inner)) => {
                compare(held, inner, &at(key), found)
            }
            (Some(held), _) if held != value => found.push((Difference::Changed, at(key))),
            (Some(_), _) => {}
        }
    }
    let gone = older.keys().filter(|key| !SILENT.contains(&key.as_str()) && !newer.contains_key(*key));
    found.extend(gone.map(|key| (Difference::Removed, at(key))));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(older: &str, newer: &str) -> String {
        listed(&differences(&older.parse().unwrap(), &newer.parse().unwrap()))
    }

    #[test]
    fn what_is_new_gone_and_changed_is_named_and_sources_are_not() {
        let older = "edition = '1'\n[models.a]\nx = 1\ny = 2\nsource = 'p'\n[models.b]\nx = 1";
        let newer = "edition = '2'\n[models.a]\nx = 1\ny = 3\nz = 4\nsource = 'q'\n[models.c]\nx = 1";
        assert_eq!(
            told(older, newer),
            "New: `models.a.z`, `models.c`; Gone: `models.b`; Changed: `models.a.y`"
        );
        assert_eq!(told(older, older), "No difference but in sources.");
    }

    #[test]
    fn a_patch_touches_what_it_sets_and_what_it_removes() {
        let patch =
            "[schemas.a]\ntype = 'string'\nx-remove = ['maximum']\n[schemas.b]\nenum = [1]".parse().unwrap();
        assert_eq!(places(&patch), ["schemas.a.type", "schemas.a.maximum", "schemas.b.enum"]);
    }

    #[test]
    fn a_long_list_is_cut_and_says_so() {
        let newer: String = (0..30).map(|n| format!("k{n} = 1\n")).collect();
        let told = told("", &newer);
        assert!(told.ends_with("`k23`; and 6 more"), "{told}");
    }
}
