//! Recorded runs: they come to the same verdicts, without anybody to ask.

use mockreel_conformance::check::TargetChoice;
use mockreel_conformance::outcome::{Evidence, Report};

use super::{Folder, SURFACES, Stand, check, contract, recorded, wanted};

/// What a run found out: everything but times and the name of the target.
fn verdicts(report: &Report) -> Vec<(String, String, String, String)> {
    let told = |result: &mockreel_conformance::outcome::CaseResult| {
        let notes =
            result.notes.iter().map(|note| format!("{}={}", note.name, note.value)).collect::<Vec<_>>();
        (result.id.clone(), result.outcome.word().to_owned(), result.message.clone(), notes.join(" "))
    };
    report.results.iter().map(told).collect()
}

#[test]
fn every_surface_replays_to_the_same_verdicts_with_the_stand_in_gone() {
    for surface in SURFACES {
        let first = recorded(surface);
        let replayed =
            check(&wanted(contract(surface), TargetChoice::Replay(first.tapes.0.clone()))).unwrap();
        assert_eq!(verdicts(&first.report), verdicts(&replayed), "{surface}");
        assert_eq!((first.report.exit_code, replayed.exit_code), (0, 0), "{surface}");
        let evidence = &replayed.results[0];
        assert_eq!(evidence.evidence, Evidence::Cassette);
        assert!(evidence.evidence_age_s.is_some_and(|age| age < 600), "{:?}", evidence.evidence_age_s);
    }
}

/// A recording of a few cases, as a folder.
fn recording(name: &str) -> Folder {
    let folder = Folder::new(name);
    let contract = contract("gmicloud");
    let stand = Stand::start("gmicloud");
    let mut recorded = wanted(contract.clone(), stand.place(&contract));
    recorded.cassette = Some(folder.file("tapes"));
    recorded.choice = super::only(&["VAL", "SUB-01"]);
    assert_eq!(check(&recorded).unwrap().exit_code, 0);
    folder
}

#[test]
fn a_recording_can_be_played_in_part_and_what_it_lacks_is_not_applicable() {
    let folder = recording("part");
    let ended = folder.run(&["check", "gmicloud", "--replay", "tapes", "--only", "VAL-09"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let ended = folder.run(&["check", "gmicloud", "--replay", "tapes", "--report", "json=r.json"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let report: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.file("r.json")).unwrap()).unwrap();
    let results = report["results"].as_array().unwrap();
    let of = |id: &str| results.iter().find(|result| result["id"] == id).unwrap().clone();
    assert_eq!(of("VAL-09")["outcome"], "pass");
    assert_eq!(of("AUTH-01")["outcome"], "not-applicable");
    assert_eq!(of("AUTH-01")["message"], "this case is not in the recording");
}

#[test]
fn recordings_of_another_edition_and_damaged_ones_are_refused_in_one_line() {
    let folder = recording("damaged");
    let refused = |arguments: &[&str], part: &str| {
        let ended = folder.run(arguments);
        let line = ended.line(2);
        assert!(line.contains(part), "{arguments:?}: {line}");
    };
    refused(&["check", "aimlapi", "--replay", "tapes"], "gmicloud@2026-10-06");
    let tape = folder.file("tapes").join("gmicloud@2026-10-06.jsonl");
    let text = std::fs::read_to_string(&tape).unwrap();
    std::fs::write(&tape, text.replacen("\"number\"", "\"nomber\"", 1)).unwrap();
    refused(&["check", "gmicloud", "--replay", "tapes"], "line 2");
    std::fs::write(&tape, text.replacen("\"schema_version\":1", "\"schema_version\":99", 1)).unwrap();
    refused(&["check", "gmicloud", "--replay", "tapes"], "99");
    std::fs::write(&tape, "").unwrap();
    refused(&["check", "gmicloud", "--replay", "tapes"], "line 1");
    let old = folder.file("tapes").join("aimlapi@2025-07-24.jsonl");
    let of_old = text.replace("gmicloud", "aimlapi").replace("2026-10-06", "2025-07-24");
    std::fs::write(&old, of_old).unwrap();
    refused(&["check", "aimlapi", "--replay", "tapes"], "aimlapi@2025-07-24");
    // Recording over a recording would lose what may have been paid for.
    std::fs::write(&tape, &text).unwrap();
    refused(&["check", "gmicloud", "--only", "NET-02", "--cassette", "tapes"], "expected no recording yet");
    assert_eq!(std::fs::read_to_string(&tape).unwrap(), text);
    refused(&["check", "gmicloud", "--replay", "tapes", "--cassette", "more"], "--cassette and --replay");
}

#[test]
fn a_recording_that_was_cut_off_is_good_for_what_it_has() {
    let folder = recording("cut");
    let tape = folder.file("tapes").join("gmicloud@2026-10-06.jsonl");
    let text = std::fs::read_to_string(&tape).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    std::fs::write(&tape, format!("{}\n", lines[..lines.len() - 3].join("\n"))).unwrap();
    let ended = folder.run(&["check", "gmicloud", "--replay", "tapes", "--only", "VAL-01"]);
    assert_eq!(ended.code, 0, "{ended:?}");
}
