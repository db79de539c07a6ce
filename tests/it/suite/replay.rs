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
fn a_cut_cassette_never_replays_as_zero() {
    let folder = recording("cut");
    let tape = folder.file("tapes").join("gmicloud@2026-10-06.jsonl");
    let text = std::fs::read_to_string(&tape).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let check = |more: &[&str]| folder.run(&[&["check", "gmicloud", "--replay", "tapes"][..], more].concat());
    for kept in [1, 5, 8, lines.len() - 3, lines.len() - 1] {
        std::fs::write(&tape, format!("{}\n", lines[..kept].join("\n"))).unwrap();
        let ended = check(&[]);
        let said = format!("the recording is incomplete: it ends after line {kept}");
        assert_eq!(ended.code, 3, "{kept} lines: {ended:?}");
        assert!(ended.out.contains(&said) || ended.err.contains(&said), "{kept} lines: {ended:?}");
    }
    // Not even where all that was asked for is there: what it has is judged, and the reports say what it lacks.
    let files = ["--report", "json=r.json", "--report", "md=r.md", "--report", "html=r.html"];
    let ended = check(&[&["--only", "VAL-01"][..], &files].concat());
    assert_eq!(ended.code, 3, "{ended:?}");
    for file in ["r.json", "r.md", "r.html"] {
        let report = std::fs::read_to_string(folder.file(file)).unwrap();
        assert!(report.contains("the recording is incomplete: it ends after line"), "{file}");
    }
    // In the middle of a line, and a line out of the middle.
    std::fs::write(&tape, &text[..text.len() - 20]).unwrap();
    assert_eq!(check(&[]).code, 3);
    std::fs::write(&tape, format!("{}\n{}\n", lines[..3].join("\n"), lines[4..].join("\n"))).unwrap();
    assert!(check(&[]).line(2).contains("exchanges before the end"));
    // A comparison says it too, and takes nothing that is missing for gone.
    std::fs::write(&tape, format!("{}\n", lines[..lines.len() - 1].join("\n"))).unwrap();
    let ended = folder.run(&["drift", "gmicloud", "tapes"]);
    assert_eq!(ended.code, 3, "{ended:?}");
    assert!(ended.out.contains("the recording is incomplete: it ends after line"), "{ended:?}");
    let ended = check(&["--previous", "tapes"]);
    assert!(ended.line(2).contains("--previous") && ended.err.contains("incomplete"), "{ended:?}");
}

#[test]
fn no_signature_of_a_picture_is_kept_and_the_run_plays_back() {
    for vendor in ["apilaplas", "aimlapi", "gmicloud", "302ai"] {
        let folder = Folder::new(&format!("signed-{vendor}"));
        let contract = contract(vendor);
        let stand = Stand::start(vendor);
        let mut recorded = wanted(contract.clone(), stand.place(&contract));
        recorded.cassette = Some(folder.file("tapes"));
        recorded.choice = super::only(&["SUB-01", "SUB-15", "VAL-06"]);
        recorded.image =
            Some("http://127.0.0.1:1/a.png?X-Amz-Signature=SECRETSIG&token=SECRETTOKEN".to_owned());
        let first = check(&recorded).unwrap();
        let tape = folder.file("tapes").join(format!("{}.jsonl", contract.full_id()));
        let text = std::fs::read_to_string(tape).unwrap() + &serde_json::to_string(&first).unwrap();
        assert!(!text.contains("SECRETSIG") && !text.contains("SECRETTOKEN"), "{vendor}");
        let files = ["json=r.json", "md=r.md", "html=r.html", "junit=r.xml", "sarif=r.sarif"].join(",");
        let ended = folder.run(&[
            "check",
            vendor,
            "--replay",
            "tapes",
            "--only",
            "SUB-01,SUB-15,VAL-06",
            "--report",
            &files,
        ]);
        assert_eq!(i32::from(first.exit_code), ended.code, "{vendor}: {ended:?}");
    }
}

#[test]
fn a_baseline_of_a_run_fits_the_replay_of_the_same_run() {
    let folder = Folder::new("baseline-replay");
    let server = super::servers::that_knows_nothing("{\"error\":\"no\"}");
    let live = ["check", "gmicloud", "--target", &server.address, "--only", "SUB-01,NET-01,AUTH-01"];
    let check = |base: &[&str], more: &[&str]| folder.run(&[base, more].concat());
    let first = check(&live, &["--cassette", "tapes", "--report", "json=r.json"]);
    assert_eq!(first.code, 1, "{first:?}");
    let with = ["--reason", "a stub", "--expires", "2999-12-31"];
    let update = [&["baseline", "update", "b.toml", "--report", "r.json"][..], &with].concat();
    assert_eq!(folder.run(&update).code, 0);
    let replay = ["check", "gmicloud", "--replay", "tapes", "--only", "SUB-01,NET-01,AUTH-01"];
    let second = check(&replay, &["--baseline", "b.toml"]);
    assert_eq!(second.code, 0, "{second:?}");
    assert!(second.out.contains("expected-fail") && !second.out.contains("note: baseline"), "{second:?}");
    // What has no effect is named: an entry of another target, an expired one, one of a case without a verdict.
    let text = std::fs::read_to_string(folder.file("b.toml")).unwrap();
    let elsewhere = text.replace(&server.address, "live");
    std::fs::write(folder.file("elsewhere.toml"), elsewhere).unwrap();
    let ended = check(&replay, &["--baseline", "elsewhere.toml"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.out.contains("note: baseline: 1 entry is about another target (live)"), "{ended:?}");
    std::fs::write(folder.file("expired.toml"), text.replace("2999-12-31", "2020-12-31")).unwrap();
    let ended = check(&replay, &["--baseline", "expired.toml", "--report", "md=r.md,json=r.json"]);
    assert!(ended.out.contains("the entry of SUB-01 has expired: its last day was 2020-12-31"), "{ended:?}");
    for file in ["r.md", "r.json"] {
        assert!(std::fs::read_to_string(folder.file(file)).unwrap().contains("has expired"), "{file}");
    }
    std::fs::write(folder.file("idle.toml"), text.replace("SUB-01", "NET-01")).unwrap();
    let ended = check(&replay, &["--baseline", "idle.toml"]);
    assert!(
        ended.out.contains("the entry of NET-01 matched nothing: the case is not-applicable"),
        "{ended:?}"
    );
}
