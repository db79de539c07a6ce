//! `drift watch` and `drift history`: what a scheduled run finds from week to week.

use crate::drift::tapes::spec;
use crate::suite::{Ended, Folder};

/// A watch of a file, week by week.
struct Weeks {
    folder: Folder,
    week: u32,
}

impl Weeks {
    fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        std::fs::write(folder.file("old.json"), spec(&["prompt", "a", "b"])).unwrap();
        Self { folder, week: 0 }
    }

    /// The vendor's file has these members this week.
    fn look(&mut self, members: &[&str]) -> Ended {
        self.week += 1;
        std::fs::write(self.folder.file("new.json"), spec(members)).unwrap();
        let date = format!("2026-01-{:02}", self.week * 5);
        let reports = "json=r.json,md=r.md,sarif=r.sarif,junit=r.xml,html=r.html";
        self.folder.run(&[
            "drift",
            "watch",
            "new.json",
            "--against",
            "old.json",
            "--history",
            "acme.drift.jsonl",
            "--date",
            &date,
            "--report",
            reports,
        ])
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.file(name)).unwrap()
    }
}

#[test]
fn a_watch_ends_with_5_only_when_something_is_new() {
    let mut weeks = Weeks::new("watch-news");
    assert_eq!(weeks.look(&["prompt", "a", "b"]).code, 0, "nothing differs");
    assert_eq!(weeks.look(&["prompt", "b"]).code, 5, "a went");
    assert_eq!(weeks.look(&["prompt", "b"]).code, 0, "that is known");
    assert!(weeks.read("r.md").starts_with("✅"), "{}", weeks.read("r.md"));
    assert!(weeks.read("r.sarif").contains("\"baselineState\": \"unchanged\""));
    assert_eq!(weeks.look(&["prompt", "a", "b"]).code, 0, "a came back");
    assert!(
        weeks.read("r.md").contains("No longer so: member-removed `POST /v2/things.request/a`"),
        "{}",
        weeks.read("r.md")
    );
    assert_eq!(weeks.look(&["prompt", "b"]).code, 5, "a went again");
    let json: serde_json::Value = serde_json::from_str(&weeks.read("r.json")).unwrap();
    let finding = &json["findings"][0];
    assert_eq!((finding["flaps"].as_u64(), finding["baseline"].as_str()), (Some(1), Some("new")));
    assert_eq!(finding["first_seen"], "2026-01-10");
    let ended = weeks.folder.run(&["drift", "history", "acme.drift.jsonl"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    insta::assert_snapshot!(ended.out, @r#"
    a vendor: 5 looks from 2026-01-05 to 2026-01-25

    2026-01-05  old.json -> new.json: 0 findings, unchanged

    2026-01-10  old.json -> new.json: 1 finding
      new risky member-removed POST /v2/things.request/a

    2026-01-15  old.json -> new.json: 1 finding, unchanged

    2026-01-20  old.json -> new.json: 0 findings
      gone risky member-removed POST /v2/things.request/a

    2026-01-25  old.json -> new.json: 1 finding
      came back risky member-removed POST /v2/things.request/a

    finding by finding, what stands first:
      risky member-removed POST /v2/things.request/a: since 2026-01-10, stands, went and came back 1 time
    "#);
}

#[test]
fn a_look_that_could_not_be_taken_is_not_in_the_history() {
    let mut weeks = Weeks::new("watch-blind");
    assert_eq!(weeks.look(&["prompt", "a", "b"]).code, 0);
    let before = weeks.read("acme.drift.jsonl");
    std::fs::write(weeks.folder.file("new.json"), "<html>maintenance</html>").unwrap();
    let watch = ["drift", "watch", "new.json", "--against", "old.json", "--history", "acme.drift.jsonl"];
    let ended = weeks.folder.run(&watch);
    assert_eq!(ended.code, 3, "{ended:?}");
    assert!(
        ended.out.contains("unreachable: new.json: expected an OpenAPI file, found a web page"),
        "{ended:?}"
    );
    let ended = weeks.folder.run(&[
        "drift",
        "watch",
        "http://127.0.0.1:9",
        "--against",
        "gmicloud",
        "--history",
        "acme.drift.jsonl",
    ]);
    assert!(ended.line(3).contains("cannot reach"), "{ended:?}");
    assert_eq!(weeks.read("acme.drift.jsonl"), before);
    let refused = |more: &[&str], part: &str| {
        let mut arguments = watch.to_vec();
        arguments.extend(more);
        std::fs::write(weeks.folder.file("new.json"), spec(&["prompt"])).unwrap();
        let ended = weeks.folder.run(&arguments);
        assert!(ended.line(2).contains(part), "{more:?}: {ended:?}");
        assert_eq!(weeks.read("acme.drift.jsonl"), before);
    };
    refused(&["--date", "tomorrow"], "expected a day such as 2027-01-31");
    refused(&["--date", "2026-01-01"], "expected a day not before it, found 2026-01-01");
}

#[test]
fn a_killed_watch_is_said_and_costs_nothing_else() {
    let mut weeks = Weeks::new("watch-killed");
    assert_eq!(weeks.look(&["prompt", "b"]).code, 5);
    let mut text = weeks.read("acme.drift.jsonl");
    text.push_str("{\"schema_version\":1,\"finding\":{\"loo");
    std::fs::write(weeks.folder.file("acme.drift.jsonl"), text).unwrap();
    let ended = weeks.look(&["prompt", "b"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(
        ended.out.contains("warning: acme.drift.jsonl:4: passed over what a killed run left"),
        "{ended:?}"
    );
}

#[test]
fn a_known_finding_that_gets_worse_is_new_and_shows_the_value_of_the_last_look() {
    let folder = Folder::new("watch-worse");
    let write = |name: &str, maximum: f64| {
        let text = spec(&["prompt"])
            .replace("\"type\": \"string\"", &format!("\"type\": \"number\", \"maximum\": {maximum}"));
        std::fs::write(folder.file(name), text).unwrap();
    };
    write("old.json", 1.0);
    let look = |day: &str| {
        folder.run(&[
            "drift",
            "watch",
            "new.json",
            "--against",
            "old.json",
            "--history",
            "h.jsonl",
            "--date",
            day,
        ])
    };
    write("new.json", 0.8);
    assert_eq!(look("2026-01-05").code, 5);
    let ended = look("2026-01-12");
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.out.starts_with("nothing new: 1 known, the last of them since 2026-01-05\n"), "{ended:?}");
    assert!(!ended.out.contains("limit-changed"), "what is known is counted: {ended:?}");
    write("new.json", 0.7);
    let ended = look("2026-01-19");
    assert_eq!(ended.code, 5, "{ended:?}");
    assert!(ended.out.starts_with("new: breaking for clients that call POST /v2/things: "), "{ended:?}");
    assert!(ended.out.contains("maximum was 1 and is 0.7"), "{ended:?}");
    assert!(ended.out.contains("at the last look it was {\"maximum\":0.8}"), "{ended:?}");
}

#[test]
fn a_folder_of_dated_files_has_a_timeline_of_its_own() {
    let folder = Folder::new("watch-dated");
    for (day, members) in [
        ("2025-02-12", vec!["prompt"]),
        ("2025-03-26", vec!["prompt", "ratio"]),
        ("2025-04-25", vec!["prompt"]),
    ] {
        std::fs::write(folder.file(&format!("{day}-x.json")), spec(&members)).unwrap();
    }
    let ended = folder.run(&["drift", "history", "."]);
    assert_eq!(ended.code, 0, "{ended:?}");
    insta::assert_snapshot!(ended.out, @r#"
    2025-03-26  1 compatible
      compatible member-added: `POST /v2/things.request/ratio` is new: type string
    2025-04-25  1 risky
      risky member-removed: `POST /v2/things.request/ratio` is gone; it was type string

    places that changed more than once:
      POST /v2/things.request/ratio: 2025-03-26, 2025-04-25
    "#);
}
