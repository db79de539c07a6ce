//! Documentation, emulator and vendor held against each other, as users do it: from recordings on disk.

use mockreel_conformance::drift::answers::compare_answers;
use mockreel_contracts::contract::views::openapi::View;
use mockreel_drift::judge::{Sides, judge};
use mockreel_drift::observed::{Observed, Tape as Run};
use mockreel_drift::{Verdict, of_contract};
use mockreel_evidence::cassette::Cassette;
use serde_json::{Value, json};

use crate::drift::tapes::{EDITION, Tape};
use crate::suite::{Folder, SURFACES, contract, recorded};

/// What the recorded run of a surface against the stand-in shows.
fn observed(surface: &'static str) -> Observed {
    let contract = contract(surface);
    let cassette = Cassette::open(&recorded(surface).tapes.0, &contract.id, &contract.edition).unwrap();
    Observed::of(&[Run::of(&cassette, &contract, mockreel_conformance::cases::WITHOUT_PROFILE)])
}

#[test]
fn every_stand_in_keeps_the_documentation_or_what_was_observed_and_agrees_with_itself() {
    for surface in SURFACES {
        let seen = observed(surface);
        let docs = of_contract(&contract(surface), View::Documented);
        let sides = Sides {
            docs: &docs,
            cases: mockreel_conformance::cases::WITHOUT_PROFILE,
            emulator: Some(&seen),
            live: Some(&seen),
            previous: Some(&seen),
        };
        for finding in judge(sides, "itself").findings {
            let fair = [Verdict::Undocumented, Verdict::DocsWrong].map(Some);
            assert!(fair.contains(&finding.verdict), "{surface}: {finding:#?}");
        }
        let report = compare_answers((&seen, "before"), (&seen, "now"));
        assert!(report.findings.is_empty(), "{surface}: {report:#?}");
        assert!(seen.stand_in, "{surface}");
    }
}

#[test]
fn every_surface_shows_its_states_and_no_good_answer_of_a_request_that_was_wrong_on_purpose() {
    for surface in SURFACES {
        let seen = observed(surface);
        let states: Vec<&str> = seen
            .shapes
            .keys()
            .filter(|kind| kind.operation == "poll" && kind.status == 200)
            .map(|kind| kind.state.as_str())
            .collect();
        for state in ["queued", "running", "succeeded", "failed"] {
            assert!(states.contains(&state), "{surface}: {states:?}");
        }
        let text = format!("{:?}", seen.surface("tapes"));
        for part in ["127.0.0.1", "http://", "landscape", "suite-0"] {
            assert!(!text.contains(part), "{surface}: a value is kept, {part}");
        }
    }
}

/// A vendor that answers otherwise than documented: another status, a member of another type, one that is gone.
fn changed(recorded: &str) -> Tape {
    let change = |body: &mut Value| {
        body["created_at"] = json!("2026-11-01T00:00:00Z");
        body.as_object_mut().unwrap().shift_remove("model");
    };
    Tape::of_vendor(recorded).submit(202).life(change).look("paused", change).unknown(404)
}

fn usual(tape: Tape) -> Tape {
    tape.submit(200).life(|_| {}).unknown(404)
}

fn compare_inputs(folder: &Folder, more: &[&str]) -> (i32, Value, String) {
    let mut arguments =
        vec!["drift", EDITION, "now", "--report", "json=r.json,md=r.md,sarif=r.sarif,junit=r.xml"];
    arguments.extend(more);
    let ended = folder.run(&arguments);
    assert!(ended.err.is_empty(), "{ended:?}");
    let report = serde_json::from_str(&std::fs::read_to_string(folder.file("r.json")).unwrap()).unwrap();
    (ended.code, report, std::fs::read_to_string(folder.file("r.md")).unwrap())
}

fn verdicts(report: &Value) -> Vec<String> {
    let told = report["findings"].as_array().unwrap().iter();
    told.map(|held| format!("{} {} {}", held["where"], held["kind"], held["verdict"]).replace('"', ""))
        .collect()
}

#[test]
fn who_is_wrong_is_told_by_what_was_seen_before() {
    let folder = Folder::new("drift-judged");
    changed("2026-11-01T00:00:00.000Z").write(&folder.file("now"));
    usual(Tape::of_stand_in("2026-11-02T00:00:00.000Z")).write(&folder.file("stand-in"));
    usual(Tape::of_vendor("2026-03-01T00:00:00.000Z")).write(&folder.file("before"));
    let drifted = |verdict: &str, code: i32, more: &[&str]| {
        let (ended, report, _) = compare_inputs(&folder, more);
        assert_eq!(ended, code);
        let found = verdicts(&report);
        for place in ["submit.status status-changed", "poll.reply/200/status enum-changed"] {
            assert!(found.contains(&format!("{place} {verdict}")), "{verdict}: {found:#?}");
        }
    };
    drifted("docs-wrong-or-drifted", 5, &[]);
    drifted("docs-wrong-or-drifted", 5, &["--emulator", "stand-in"]);
    drifted("vendor-drifted", 5, &["--emulator", "stand-in", "--previous", "before"]);
    drifted("docs-wrong-and-emulator-stale", 5, &["--emulator", "stand-in", "--previous", "now"]);
}

#[test]
fn a_page_of_verdicts_reads_like_this() {
    let folder = Folder::new("drift-page");
    changed("2026-11-01T00:00:00.000Z").write(&folder.file("now"));
    usual(Tape::of_stand_in("2026-11-02T00:00:00.000Z")).write(&folder.file("stand-in"));
    usual(Tape::of_vendor("2026-03-01T00:00:00.000Z")).write(&folder.file("before"));
    let sides = ["--emulator", "stand-in", "--previous", "before"];
    let (_, report, page) = compare_inputs(&folder, &sides);
    insta::assert_snapshot!(page, @r#"
    ❌ **Drift:** `breaking for clients that poll: the vendor does otherwise than it did before while queued, running, succeeded; documented: always integer; emulator: always integer; vendor: always string; vendor before: always integer; 1 place; 2 more breaking`

    3 breaking, 1 risky, 1 compatible: `gmicloud@2026-10-06` → `now`

    ### Breaking: `poll`

    - **type-changed** `poll.reply/200/created_at`
      - `the vendor does otherwise than it did before while queued, running, succeeded; documented: always integer; emulator: always integer; vendor: always string; vendor before: always integer`
      - verdict vendor-drifted
      - `in 5 of 5 answers, since 2026-11-01T00:00:02Z, last seen 2026-11-01T00:00:06Z`
    - **member-removed** `poll.reply/200/model`
      - `the vendor does otherwise than it did before while queued, running, succeeded; documented: always string; emulator: always string; vendor: never there; vendor before: always string`
      - verdict vendor-drifted
      - `in 0 of 5 answers, since 2026-03-01T00:00:02Z, last seen 2026-03-01T00:00:05Z, likely`

    ### Risky: `poll`

    - **enum-changed** `poll.reply/200/status`
      - `the vendor does otherwise than it did before; documented: only words that are listed; emulator: only words that are listed; vendor: also "paused"; vendor before: only words that are listed`
      - verdict vendor-drifted
      - `in 5 of 5 answers, since 2026-11-01T00:00:02Z, last seen 2026-11-01T00:00:06Z`

    ### Breaking: `submit`

    - **status-changed** `submit.status`
      - `the vendor does otherwise than it did before; documented: status 200; emulator: status 200; vendor: status 202; vendor before: status 200`
      - verdict vendor-drifted

    ### Compatible: `submit`

    - **member-added** `submit.reply/202/request_id`
      - `nobody documents it while queued; vendor: always string`
      - verdict undocumented
      - `in 1 of 1 answer, seen 2026-11-01T00:00:01Z`

    Not compared: `list: no good answer was seen`, `model: no good answer was seen`, `models: no good answer was seen`, `upload: no good answer was seen`.
    "#);
    let read = |name: &str| std::fs::read(folder.file(name)).unwrap();
    let names = ["r.json", "r.md", "r.sarif", "r.xml"];
    let first = names.map(read);
    let (_, again, _) = compare_inputs(&folder, &sides);
    assert_eq!(report, again);
    assert_eq!(first, names.map(read), "two runs write the same bytes");
}

#[test]
fn a_vendor_that_does_as_the_documentation_says_gives_exit_code_0_and_a_stand_in_proves_nothing() {
    let folder = Folder::new("drift-fine");
    Tape::of_vendor("2026-03-01T00:00:00.000Z").life(|_| {}).unknown(404).write(&folder.file("now"));
    let (code, report, page) = compare_inputs(&folder, &[]);
    assert_eq!((code, verdicts(&report)), (0, vec![]), "{page}");
    let folder = Folder::new("drift-unproven");
    let odd = |body: &mut Value| body["created_at"] = json!("soon");
    Tape::of_stand_in("2026-11-02T00:00:00.000Z").submit(200).life(odd).write(&folder.file("now"));
    let (code, report, _) = compare_inputs(&folder, &[]);
    assert_eq!(
        (code, verdicts(&report)),
        (5, vec!["poll.reply/200/created_at type-changed unproven".to_owned()])
    );
}

#[test]
fn two_recordings_are_held_against_each_other_and_what_only_one_asked_is_no_difference() {
    let folder = Folder::new("drift-tapes");
    usual(Tape::of_vendor("2026-03-01T00:00:00.000Z")).write(&folder.file("before"));
    Tape::of_vendor("2026-11-01T00:00:00.000Z").life(|_| {}).write(&folder.file("now"));
    let ended = folder.run(&["drift", "before", "now"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.out.contains("not compared: submit: now has no answer of it"), "{ended:?}");
    changed("2026-11-02T00:00:00.000Z").write(&folder.file("later"));
    let ended = folder.run(&["drift", "before", "later"]);
    assert_eq!(ended.code, 5, "{ended:?}");
    for part in ["poll.reply/200/created_at", "submit.status", "poll.reply/200/model"] {
        assert!(ended.out.contains(part), "{part}: {}", ended.out);
    }
}

#[test]
fn the_suite_writes_down_what_is_answered_otherwise_than_in_an_earlier_recording_and_in_the_last_file() {
    let folder = Folder::new("drift-suite");
    changed("2026-03-01T00:00:00.000Z").write(&folder.file("before"));
    std::fs::write(folder.file("old.json"), crate::drift::tapes::spec(&["prompt", "provider"])).unwrap();
    std::fs::write(folder.file("new.json"), crate::drift::tapes::spec(&["prompt"])).unwrap();
    let run = recorded("gmicloud");
    let now = run.tapes.0.display().to_string();
    let replay = ["check", EDITION, "--replay", now.as_str(), "--report", "json=r.json"];
    let notes = |more: &[&str]| -> Value {
        let mut arguments = replay.to_vec();
        arguments.extend(more);
        let ended = folder.run(&arguments);
        assert!(ended.err.is_empty(), "{ended:?}");
        serde_json::from_str(&std::fs::read_to_string(folder.file("r.json")).unwrap()).unwrap()
    };
    let of = |report: &Value, id: &str| {
        report["results"].as_array().unwrap().iter().find(|held| held["id"] == id).unwrap().clone()
    };
    let report = notes(&[]);
    for id in ["DRIFT-01", "DRIFT-03"] {
        assert_eq!(of(&report, id)["outcome"], "not-applicable", "{id}");
    }
    let report = notes(&["--previous", "before", "--spec", "old.json", "--spec", "new.json"]);
    let specs = of(&report, "DRIFT-01");
    assert_eq!((specs["outcome"].as_str(), specs["level"].as_str()), (Some("pass"), Some("INFO")));
    assert_eq!(specs["notes"][0]["value"][0]["where"], "submit.request/provider");
    let before = of(&report, "DRIFT-03");
    assert_eq!(before["outcome"], "pass");
    let told = before["notes"][0]["value"].as_array().unwrap();
    let types = told.iter().find(|held| held["where"] == "poll.reply/200/created_at").unwrap();
    assert_eq!(
        (types["kind"].as_str(), types["severity"].as_str()),
        (Some("type-changed"), Some("breaking"))
    );
    assert!(types["first_seen"].is_string() && types["in"].is_string(), "{types}");
    let refused = folder.run(&["check", EDITION, "--replay", &now, "--spec", "old.json"]);
    assert!(refused.line(2).starts_with("--spec: expected two files"), "{refused:?}");
}

#[test]
fn a_server_on_this_machine_is_not_called_the_vendor() {
    let folder = Folder::new("drift-stub");
    let stub = Tape::of_stub("2026-10-10T00:00:00.000Z", "http://127.0.0.1:5000");
    let lacks = |body: &mut Value| {
        body.as_object_mut().unwrap().remove("is_public");
        body["org_id"] = json!(7);
    };
    stub.submit(200).life(lacks).write(&folder.file("tapes"));
    let tapes = recorded("gmicloud").tapes.0.display().to_string();
    let ended = folder.run(&["drift", EDITION, "tapes", "--emulator", &tapes, "--report", "json=r.json"]);
    assert!(
        ended.out.contains("the server at http://127.0.0.1:5000, which is not the vendor, does otherwise"),
        "{ended:?}"
    );
    assert!(
        ended.out.contains("holds answers of http://127.0.0.1:5000, a server on this machine"),
        "{ended:?}"
    );
    let report = std::fs::read_to_string(folder.file("r.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    for finding in report["findings"].as_array().unwrap() {
        assert!(finding["verdict"].is_null(), "{finding}");
        let message = finding["message"].as_str().unwrap();
        assert!(!message.contains("the vendor does") && !message.contains("the emulator"), "{message}");
    }
}

#[test]
fn a_member_that_a_few_answers_of_the_vendor_lacked_makes_no_emulator_wrong() {
    let folder = Folder::new("drift-lack");
    let lacks = |body: &mut Value| {
        for optional in ["is_public", "qworker_id", "user_id"] {
            body.as_object_mut().unwrap().remove(optional);
        }
    };
    Tape::of_vendor("2026-10-10T00:00:00.000Z").submit(200).life(lacks).write(&folder.file("tapes"));
    let tapes = recorded("gmicloud").tapes.0.display().to_string();
    let ended = folder.run(&["drift", EDITION, "tapes", "--emulator", &tapes]);
    assert!(!ended.out.contains("is_public") && !ended.out.contains("user_id"), "{ended:?}");
}
