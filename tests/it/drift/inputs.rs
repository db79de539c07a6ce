//! The sides of `drift`: what can be named, what is asked, and what is refused in one line.

use crate::drift::tapes::{EDITION, Tape, spec};
use crate::suite::{Ended, Folder, SURFACES, Stand};

/// A folder with something of everything.
fn folder(name: &str) -> Folder {
    let folder = Folder::new(name);
    let write = |name: &str, text: &str| {
        let path = folder.file(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("old.json", &spec(&["prompt", "provider"]));
    write("new.json", &spec(&["prompt"]));
    write("several/a.json", &spec(&["prompt"]));
    write(
        "several/b.yaml",
        "openapi: 3.0.0\ninfo: {title: t, version: v1}\npaths:\n  /v2/other:\n    get:\n      responses:\n        '200': {description: ok}\n",
    );
    for (day, members) in [
        ("2025-02-12", vec!["prompt"]),
        ("2025-03-26", vec!["prompt", "ratio"]),
        ("2025-04-25", vec!["prompt"]),
    ] {
        write(&format!("dated/{day}-x.json"), &spec(&members));
    }
    write("empty/readme.md", "nothing");
    write("no.json", "{\"hello\": 1}");
    write("broken.json", "{\"openapi\": ");
    Tape::of_vendor("2026-03-01T00:00:00.000Z").life(|_| {}).write(&folder.file("tapes"));
    folder
}

#[test]
fn everything_that_can_be_named_can_be_compared() {
    let folder = folder("drift-sides");
    let tape = format!("tapes/{EDITION}.jsonl");
    let cases: [(&[&str], i32, &str); 11] = [
        (&["old.json", "new.json"], 5, "POST /v2/things.request/provider"),
        (&["new.json", "new.json"], 0, "nothing differs"),
        (&["several", "several"], 0, "nothing differs"),
        (&["dated@2025-03", "dated"], 5, "POST /v2/things.request/ratio"),
        (&["dated@2025-02-12", "dated"], 0, "nothing differs"),
        (&["dated@2025-12", "new.json"], 0, "nothing differs"),
        (&["aimlapi@2025-07", "aimlapi"], 5, "breaking"),
        (&["aimlapi", "aimlapi"], 0, "nothing differs"),
        (&["gmicloud", "tapes"], 0, "nothing differs"),
        (&["gmicloud", &tape], 0, "nothing differs"),
        (&["tapes", "tapes"], 0, "nothing differs"),
    ];
    for (sides, code, part) in cases {
        let mut arguments = vec!["drift"];
        arguments.extend(sides);
        let ended = folder.run(&arguments);
        assert_eq!(ended.code, code, "{sides:?}: {ended:?}");
        assert!(ended.out.contains(part) && ended.err.is_empty(), "{sides:?}: {ended:?}");
    }
}

#[test]
fn nonsense_is_answered_in_one_line_that_says_what_was_expected() {
    let folder = folder("drift-nonsense");
    let big = std::fs::File::create(folder.file("big.json")).unwrap();
    big.set_len(65 * 1024 * 1024).unwrap();
    std::fs::write(folder.file("bad.jsonl"), "{}").unwrap();
    std::fs::create_dir_all(folder.file("damaged")).unwrap();
    std::fs::write(folder.file(&format!("damaged/{EDITION}.jsonl")), "{}\n").unwrap();
    let cases: [(&[&str], &str); 31] = [
        (&[], "required arguments"),
        (&["old.json"], "<NEW>"),
        (&["nobody", "old.json"], "`nobody` is no input: expected a file, a folder"),
        (&["old.json", "nowhere/x.json"], "`nowhere/x.json` is no input"),
        (&["aimlapi@2020-01", "aimlapi"], "is before the first edition"),
        (&["aimlapi@yesterday", "aimlapi"], "yesterday"),
        (&["no.json", "new.json"], "no.json"),
        (&["broken.json", "new.json"], "broken.json"),
        (&["big.json", "new.json"], "expected at most 64 MiB"),
        (&["bad.jsonl", "new.json"], "bad.jsonl"),
        (&["damaged", "gmicloud"], "line 1 of"),
        (&["empty", "new.json"], "found none"),
        (&["dated@2024", "new.json"], "is before the first file, which is of 2025-02-12"),
        (&["several@2025", "new.json"], "expected a folder whose files all begin with a day"),
        (&["old.json", "live"], "nobody says which vendor to ask"),
        (&["aimlapi", "live"], "wants a key"),
        (&["aimlapi", "http://user:pw@127.0.0.1:1"], "it holds a user"),
        (&["aimlapi", "tapes"], "expected a cassette of aimlapi, found gmicloud"),
        (&["old.json", "new.json", "--vendor", "nobody"], "--vendor: there is no vendor `nobody`"),
        (&["old.json", "new.json", "--emulator", "tapes"], "--emulator is held beside answers"),
        (&["gmicloud", "tapes", "--previous", "old.json"], "--previous old.json: expected answers"),
        (&["watch", "new.json", "--history", "h.jsonl"], "expected --against INPUT beside it"),
        (&["watch", "new.json", "old.json", "--against", "old.json"], "expected one input to look at"),
        (&["watch", "new.json", "--against", "old.json", "--state", "s.json"], "expected --history FILE"),
        (&["watch", "gmicloud"], "expected a file, a folder or a git repository"),
        (&["watch", "https://vendor.example/openapi.json"], "fetch an address into a file first"),
        (&["watch", "new.json", "new.json"], "expected each source once"),
        (&["watch", "new.json", "--forget", "x.json"], "expected a file of the last look"),
        (&["old.json", "new.json", "--report", "r.json"], "names no report"),
        (&["history", "nowhere"], "expected a history"),
        (&["history", "several"], "all begin with a day"),
    ];
    for (arguments, part) in cases {
        let mut all = vec!["drift"];
        all.extend(arguments);
        let ended = folder.run(&all);
        let line = ended.line(2);
        assert!(line.contains(part), "{arguments:?}: {line}");
    }
}

#[test]
fn a_stand_in_is_asked_at_its_address_by_its_name_or_started_for_it() {
    let folder = folder("drift-asked");
    let stand = Stand::start("gmicloud");
    let origin = stand.emulator.admin_base();
    let base = stand.emulator.url("gmicloud");
    for side in [origin.as_str(), base.as_str(), "emulator"] {
        let ended = folder.run(&["drift", "gmicloud", side, "--no-progress"]);
        assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{side}: {ended:?}");
    }
    let ended = folder.run(&["drift", "tapes", &base, "--cassette", "kept"]);
    assert!([0, 5].contains(&ended.code), "{ended:?}");
    assert!(folder.file(&format!("kept/{EDITION}.jsonl")).exists());
    let ended = folder.run(&["drift", "old.json", "emulator", "--vendor", "gmicloud"]);
    assert!([0, 5].contains(&ended.code), "{ended:?}");
}

#[test]
fn nobody_at_an_address_is_exit_code_3_and_no_money_is_spent_without_a_limit() {
    let folder = folder("drift-nobody");
    let refused = Ended::of(folder.command(&["drift", "gmicloud", "http://127.0.0.1:9"]).output().unwrap());
    assert!(refused.line(3).contains("cannot reach"), "{refused:?}");
    let mut command = folder.command(&["drift", "gmicloud", "live", "--key-env", "KEY"]);
    let refused = Ended::of(command.env("KEY", "k-1234567890").output().unwrap());
    assert!(refused.line(2).contains("--max-spend"), "{refused:?}");
}

#[test]
fn every_surface_keeps_its_own_documentation() {
    let folder = folder("drift-surfaces");
    for surface in SURFACES {
        let ended = folder.run(&["drift", surface, "emulator"]);
        assert_eq!(ended.code, 0, "{surface}: {ended:?}");
    }
}

#[test]
fn flags_have_variables_and_keys_of_the_file() {
    let folder = folder("drift-flags");
    let mut command = folder.command(&["drift", "old.json", "new.json"]);
    command.env("MOCKREEL_DRIFT_REPORT", "json=v.json").env("MOCKREEL_DRIFT_GITHUB", "true");
    let ended = Ended::of(command.output().unwrap());
    assert!(ended.out.contains("::warning file=old.json,line="), "{ended:?}");
    assert!(folder.file("v.json").exists());
    let text = "[drift]\nreport = [\"md=f.md\"]\ngithub = true\nhistory = \"h.jsonl\"\n";
    std::fs::write(folder.file("mockreel.toml"), text).unwrap();
    let ended = folder.run(&["drift", "old.json", "new.json", "--github", "false"]);
    assert!(!ended.out.contains("::warning"), "a flag wins over the file: {ended:?}");
    assert!(folder.file("f.md").exists());
    let ended = folder.run(&["drift", "watch", "new.json", "--against", "old.json", "--date", "2026-01-01"]);
    assert_eq!(ended.code, 5, "{ended:?}");
    assert!(folder.file("h.jsonl").exists());
    std::fs::write(folder.file("mockreel.toml"), "[drift]\nhistoric = 1\n").unwrap();
    let ended = folder.run(&["drift", "old.json", "new.json"]);
    assert!(ended.line(2).starts_with("mockreel.toml:2:"), "{ended:?}");
}
