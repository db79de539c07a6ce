//! Histories: what they remember is what a naive model says, whatever was killed, and damage is told.

use std::path::PathBuf;

use crate::{Finding, Kind, Report, Severity};
use proptest::prelude::*;

use super::*;

/// A folder of its own, removed afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("drift-history-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("acme.drift.jsonl")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A report with the findings of these numbers.
fn report(found: &[usize]) -> Report {
    let of = |number: &usize| {
        let place = format!("submit.request/m{number}");
        let mut finding = Finding::new("acme", Kind::MemberRemoved, Severity::Breaking, "submit", &place);
        finding.from = Some(serde_json::json!("a value that is not to be kept"));
        finding
    };
    let findings = found.iter().map(of).collect();
    Report {
        schema_version: 1,
        old: "old".into(),
        new: "new".into(),
        findings,
        not_compared: vec![],
        unused: vec![],
        compared: None,
        ..Report::default()
    }
}

fn fingerprint(number: usize) -> String {
    report(&[number]).findings[0].fingerprint.clone()
}

fn day(number: usize) -> String {
    format!("2026-01-{:02}", number + 1)
}

/// How often a finding went and came back, told in the plainest way.
fn naive_flaps(seen: &[bool]) -> u32 {
    let text: String = seen.iter().map(|had| if *had { 'x' } else { ' ' }).collect();
    u32::try_from(text.split_whitespace().count()).unwrap().saturating_sub(1)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_read_after_looks_is_what_a_naive_model_says(
        looks in proptest::collection::vec(proptest::collection::vec(any::<bool>(), 3), 1..8),
    ) {
        let scratch = Scratch::new();
        for (number, look) in looks.iter().enumerate() {
            let found: Vec<usize> = (0..3).filter(|at| look[*at]).collect();
            append(&scratch.file(), "acme", &day(number), &report(&found)).unwrap();
        }
        let history = History::read(&scratch.file()).unwrap();
        prop_assert_eq!(history.looks.len(), looks.len());
        prop_assert_eq!(&history.vendor, "acme");
        for at in 0..3 {
            let seen: Vec<bool> = looks.iter().map(|look| look[at]).collect();
            let story = history.story(&fingerprint(at));
            prop_assert_eq!(story.is_some(), seen.contains(&true));
            let Some(story) = story else { continue };
            prop_assert_eq!(story.first_seen, day(seen.iter().position(|had| *had).unwrap()));
            prop_assert_eq!(story.last_seen, day(seen.iter().rposition(|had| *had).unwrap()));
            prop_assert_eq!(story.flaps, naive_flaps(&seen));
            prop_assert_eq!(story.stands, *seen.last().unwrap());
        }
    }

    #[test]
    fn a_killed_run_costs_its_own_look_at_most(cut in 1_usize..600) {
        let scratch = Scratch::new();
        append(&scratch.file(), "acme", &day(0), &report(&[0])).unwrap();
        let whole = std::fs::read(scratch.file()).unwrap();
        append(&scratch.file(), "acme", &day(1), &report(&[0, 1])).unwrap();
        let both = std::fs::read(scratch.file()).unwrap();
        let end = (whole.len() + cut).min(both.len());
        std::fs::write(scratch.file(), &both[..end]).unwrap();
        let history = History::read(&scratch.file()).unwrap();
        prop_assert!((1..=2).contains(&history.looks.len()));
        prop_assert_eq!(history.looks.len() == 2, end >= both.len() - 1);
        prop_assert_eq!(history.story(&fingerprint(1)).is_some(), history.looks.len() == 2);
        // The next look stands after it, and what was torn is passed over.
        let after = append(&scratch.file(), "acme", &day(2), &report(&[2])).unwrap();
        prop_assert_eq!(after.looks.len(), history.looks.len() + 1);
        prop_assert_eq!(after.story(&fingerprint(2)).unwrap().first_seen, day(2));
        prop_assert_eq!(after.story(&fingerprint(0)).unwrap().first_seen, day(0));
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), after in any::<bool>()) {
        let scratch = Scratch::new();
        if after {
            append(&scratch.file(), "acme", &day(0), &report(&[0])).unwrap();
        }
        let mut held = std::fs::read(scratch.file()).unwrap_or_default();
        held.extend(&bytes);
        std::fs::write(scratch.file(), &held).unwrap();
        let _ = History::read(&scratch.file());
        let _ = append(&scratch.file(), "acme", &day(1), &report(&[1]));
    }
}

#[test]
fn a_file_that_is_killed_at_its_birth_is_begun_again() {
    let scratch = Scratch::new();
    std::fs::write(scratch.file(), "{\"schema_ver").unwrap();
    let history = append(&scratch.file(), "acme", &day(0), &report(&[0])).unwrap();
    assert_eq!(history.looks.len(), 1);
    assert_eq!(history.warnings.len(), 1, "{:?}", history.warnings);
    assert!(
        history.warnings[0].ends_with(":1: passed over what a killed run left"),
        "{:?}",
        history.warnings
    );
}

#[test]
fn what_is_new_unchanged_or_gone_is_told_beside_the_look_before() {
    let scratch = Scratch::new();
    let tell = |number: usize, found: &[usize]| {
        let mut report = report(found);
        let history = append(&scratch.file(), "acme", &day(number), &report).unwrap();
        history.tell(&mut report);
        let mut told: Vec<(String, BaselineState, u32)> = report
            .findings
            .iter()
            .map(|held| (held.place.clone(), held.baseline.unwrap(), held.flaps.unwrap()))
            .collect();
        told.sort_by(|one, other| one.0.cmp(&other.0));
        told
    };
    let place = |number: usize| format!("submit.request/m{number}");
    assert_eq!(tell(0, &[0]), [(place(0), BaselineState::New, 0)]);
    assert_eq!(
        tell(1, &[0, 1]),
        [(place(0), BaselineState::Unchanged, 0), (place(1), BaselineState::New, 0)]
    );
    assert_eq!(
        tell(2, &[1]),
        [(place(0), BaselineState::Absent, 0), (place(1), BaselineState::Unchanged, 0)]
    );
    assert_eq!(
        tell(3, &[0, 1]),
        [(place(0), BaselineState::New, 1), (place(1), BaselineState::Unchanged, 0)]
    );
    assert!(tell(4, &[]).iter().all(|(_, baseline, _)| *baseline == BaselineState::Absent));
    assert!(tell(5, &[]).is_empty());
}

#[test]
fn a_history_holds_facts_and_no_values() {
    let scratch = Scratch::new();
    append(&scratch.file(), "acme", &day(0), &report(&[0])).unwrap();
    let text = std::fs::read_to_string(scratch.file()).unwrap();
    assert!(!text.contains("a value that is not to be kept"), "{text}");
    assert_eq!(text.lines().count(), 3, "{text}");
}

#[test]
fn what_cannot_be_used_is_refused_in_one_line_and_left_as_it_is() {
    let scratch = Scratch::new();
    append(&scratch.file(), "acme", &day(5), &report(&[0])).unwrap();
    let good = std::fs::read_to_string(scratch.file()).unwrap();
    let refused = |text: &str, vendor: &str, date: &str, part: &str| {
        std::fs::write(scratch.file(), text).unwrap();
        let why = append(&scratch.file(), vendor, date, &report(&[1])).unwrap_err().to_string();
        assert!(why.contains(part) && !why.contains('\n'), "{why}");
        assert_eq!(std::fs::read_to_string(scratch.file()).unwrap(), text);
    };
    refused(&good, "acme", &day(4), "expected a day not before it, found 2026-01-05");
    refused(&good, "other", &day(6), "expected that of `other`, found that of `acme`");
    refused("hello\n", "acme", &day(6), "is no history");
    refused("{\"other\":1}\n", "acme", &day(6), "is no history");
    refused(&format!("{good}[1]\n"), "acme", &day(6), ":4: expected a look");
    let newer = good.replacen("\"schema_version\":1,\"look\"", "\"schema_version\":2,\"look\"", 1);
    refused(&newer, "acme", &day(6), ":3: expected schema_version 1 or older, found 2");
}

#[test]
fn two_watches_at_once_do_not_mix() {
    let scratch = Scratch::new();
    append(&scratch.file(), "acme", &day(0), &report(&[0])).unwrap();
    let held = std::fs::File::open(scratch.file()).unwrap();
    held.lock().unwrap();
    let why = append(&scratch.file(), "acme", &day(1), &report(&[0])).unwrap_err();
    assert!(matches!(why, HistoryError::InUse { .. }), "{why}");
}
