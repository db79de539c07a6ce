//! `drift watch SOURCE...`: looks on a schedule, each beside the last one.

use serde_json::Value;

use crate::drift::tapes::spec;
use crate::suite::{Ended, Folder};

struct Watch {
    folder: Folder,
}

impl Watch {
    fn new(name: &str) -> Self {
        Self { folder: Folder::new(name) }
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.file(name), text).unwrap();
    }

    fn look(&self, day: &str, more: &[&str]) -> Ended {
        let mut arguments = vec!["drift", "watch", "--date", day, "--report", "json=r.json,html=r.html"];
        arguments.extend(more);
        self.folder.run(&arguments)
    }

    fn report(&self) -> Value {
        serde_json::from_str(&std::fs::read_to_string(self.folder.file("r.json")).unwrap()).unwrap()
    }

    fn state(&self) -> Option<String> {
        std::fs::read_to_string(self.folder.file("mockreel-watch.json")).ok()
    }
}

#[test]
fn a_source_is_compared_with_its_last_look_and_ends_with_5_only_when_something_is_new() {
    let watch = Watch::new("sources-news");
    watch.write("a.json", &spec(&["prompt", "ratio"]));
    let ended = watch.look("2026-01-05", &["a.json"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(
        ended.out.starts_with("first look at a.json: 1 operation; the next look compares with it\n"),
        "{ended:?}"
    );
    assert_eq!(watch.look("2026-01-06", &["a.json"]).code, 0);
    watch.write("a.json", &spec(&["prompt"]));
    let ended = watch.look("2026-01-07", &["a.json"]);
    assert_eq!(ended.code, 5, "{ended:?}");
    insta::assert_snapshot!(ended.out, @r#"
    new: risky for clients that call POST /v2/things: `ratio` is gone; it was type string; 1 place
    the look of 2026-01-06 -> a.json on 2026-01-07

    POST /v2/things
    risky       member-removed      POST /v2/things.request/ratio (new)
                                    `POST /v2/things.request/ratio` is gone; it was type string
                                    do: stop sending `ratio`
                                    a.json:19 -> a.json:13

    1 risky
    "#);
    let finding = &watch.report()["findings"][0];
    assert_eq!(
        (finding["baseline"].as_str(), finding["line"]["file"].as_str()),
        (Some("new"), Some("a.json"))
    );
    let ended = watch.look("2026-01-08", &["a.json"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.out.starts_with("nothing differs\n"), "{ended:?}");
}

#[test]
fn what_cannot_be_reached_is_exit_code_3_and_hides_nothing_of_the_others() {
    let watch = Watch::new("sources-blind");
    watch.write("a.json", &spec(&["prompt"]));
    watch.write("b.json", &spec(&["prompt"]));
    assert_eq!(watch.look("2026-01-05", &["a.json", "b.json"]).code, 0);
    watch.write("a.json", "<!doctype html><html>down</html>");
    watch.write("b.json", &spec(&["prompt", "seed"]));
    let ended = watch.look("2026-01-06", &["a.json", "b.json"]);
    assert_eq!(ended.code, 3, "{ended:?}");
    let report = watch.report();
    assert_eq!(report["unreachable"][0]["source"], "a.json");
    assert_eq!(report["unreachable"][0]["since"], "2026-01-06");
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
    assert_eq!(report["findings"][0]["source"], "b.json");
    std::fs::remove_file(watch.folder.file("a.json")).unwrap();
    let ended = watch.look("2026-01-07", &["a.json", "b.json"]);
    assert_eq!(ended.code, 3, "{ended:?}");
    assert!(ended.out.contains("since 2026-01-06"), "{ended:?}");
    assert!(!ended.out.contains("removed") && !ended.out.contains("nothing differs\n"), "{ended:?}");
    watch.write("a.json", &spec(&["prompt"]));
    assert_eq!(watch.look("2026-01-08", &["a.json", "b.json"]).code, 0, "as it was before");
}

#[test]
fn news_is_told_again_until_its_report_is_written() {
    let watch = Watch::new("sources-report");
    watch.write("a.json", &spec(&["prompt", "ratio"]));
    assert_eq!(watch.look("2026-01-05", &["a.json"]).code, 0);
    watch.write("a.json", &spec(&["prompt"]));
    let before = watch.state();
    std::fs::create_dir_all(watch.folder.file("taken")).unwrap();
    let refused = watch.look("2026-01-06", &["a.json", "--report", "md=taken"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert_eq!(watch.state(), before, "what was not told is not remembered");
    assert_eq!(watch.look("2026-01-06", &["a.json"]).code, 5);
}

#[test]
fn a_damaged_state_ends_the_run_in_one_line_and_stays() {
    let watch = Watch::new("sources-damaged");
    watch.write("a.json", &spec(&["prompt"]));
    watch.write("mockreel-watch.json", "{\"schema_version\":1,\"watch\":\"mock");
    let ended = watch.look("2026-01-05", &["a.json"]);
    assert!(ended.line(2).contains("expected a state that `drift watch` wrote"), "{ended:?}");
    assert_eq!(watch.state().unwrap(), "{\"schema_version\":1,\"watch\":\"mock");
}

#[test]
fn what_was_not_compared_is_5_only_with_strict() {
    let watch = Watch::new("sources-strict");
    watch.write("old.json", &spec(&["prompt"]));
    let parts = ["gmicloud", "old.json"];
    let run = |more: &[&str]| {
        let mut arguments = vec!["drift"];
        arguments.extend(parts);
        arguments.extend(more);
        watch.folder.run(&arguments)
    };
    let plain = run(&["--report", "json=r.json"]);
    assert!(plain.out.contains("not compared: "), "{plain:?}");
    let same = watch.folder.run(&["drift", "old.json", "old.json", "--strict"]);
    assert_eq!(same.code, 0, "{same:?}");
    let gaps = watch.report()["not_compared"].as_array().map_or(0, Vec::len);
    assert!(gaps > 0, "{plain:?}");
    assert_eq!(run(&["--strict"]).code, 5);
}
