//! Scenario and configuration files: read, refused with line and column, and published as schemas.

use std::path::PathBuf;
use std::process::{Command, Output};

use mockreel_contracts::contract::check::rules::Checker;
use mockreel_emulator::scenario::{examples, sets};
use serde_json::{Value, json};

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mockreel"));
    command.args(arguments).output().expect("the command can be started")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A file of this test's own, below the folder that cargo gives tests.
fn file(name: &str, content: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("scenarios");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

#[test]
fn a_mistake_in_a_file_is_told_by_line_and_column_and_ends_with_2() {
    for (name, content, said) in [
        ("unknown.toml", "[[scenario]]\nname = \"a\"\nthen = { jobb = {} }\n", ":3:10: unknown field `jobb`"),
        (
            "problem.toml",
            "[[scenario]]\nname = \"a\"\n[scenario.then.answer]\nproblem = \"explode\"\n",
            ":4:11: there is no problem `explode`; there are unauthorized",
        ),
        (
            "regex.toml",
            "[[scenario]]\nmatch = { prompt = \"(\" }\nthen = {}\n",
            ":2:20: `(` is no regular expression",
        ),
        (
            "vendor.toml",
            "[[scenario]]\nmatch = { vendor = \"nobody\" }\nthen = {}\n",
            ":2:20: there is no vendor `nobody`",
        ),
        (
            "status.toml",
            "[[scenario]]\nthen = { wire = { fault = \"reset\", status = 502 } }\n",
            ":2:17: `status` goes with",
        ),
        ("syntax.toml", "[[scenario]\n", ":1:"),
        (
            "twice.toml",
            "[[scenario]]\nname = \"a\"\nthen = {}\n[[scenario]]\nname = \"a\"\nthen = {}\n",
            ":2:9: scenario `a` stands there twice",
        ),
        ("none.toml", "[[scenario]]\nname = \"none\"\nthen = {}\n", ":2:9: `none` is no name for a scenario"),
        ("syntax.json", "{\"scenario\": [\n  {\"then\": {}},\n]}", ":3:1: trailing comma"),
        ("field.json", "[\n  {\"then\": {}, \"wenn\": 1}\n]", ":2:21: unknown field `wenn`"),
        (
            "option.toml",
            "[[scenario]]\nname = \"shape\"\nmatch = { vendor = \"gmicloud\" }\nthen = { answer = { options = { shape = \"x\" } } }\n",
            ":2:9: scenario `shape`: gmicloud has no option `shape`; it has ",
        ),
    ] {
        let path = file(name, content);
        let shown = path.display().to_string();
        let done = run(&["scenario", "check", &shown]);
        let told = text(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{name}: {told}");
        assert!(told.contains(&format!("{shown}{said}")), "{name}: {told}");
        let served = run(&["serve", "--listen", "127.0.0.1:0", "--scenario", &shown]);
        assert_eq!(text(&served.stderr), told, "serve says the same");
    }
}

#[test]
fn files_in_order_are_counted_in_every_form() {
    let toml =
        file("good.toml", "[[scenario]]\nthen = { job = { queued = 3 } }\n[[scenario]]\nthen = [{}, {}]\n");
    let one = file("one.json", "{\"then\": {}}");
    let list = file("list.json", "[{\"then\": {}}, {\"then\": {}}, {\"then\": {}}]");
    let whole = file("whole.json", "{\"scenario\": []}");
    let paths: Vec<String> = [toml, one, list, whole].iter().map(|path| path.display().to_string()).collect();
    let mut arguments = vec!["scenario", "check"];
    arguments.extend(paths.iter().map(String::as_str));
    let done = run(&arguments);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    assert!(text(&done.stderr).contains("warning: the file holds no scenario"), "{}", text(&done.stderr));
    let counts: Vec<String> =
        text(&done.stdout).lines().map(|line| line.rsplit_once(": ").unwrap().1.to_owned()).collect();
    assert_eq!(
        counts,
        ["2 scenarios, in order", "1 scenario, in order", "3 scenarios, in order", "0 scenarios, in order"]
    );
}

#[test]
fn the_configuration_file_takes_names_files_and_scenarios_and_tells_mistakes() {
    let path =
        file("mockreel.toml", "scenario = [\"rehearsal\", { then = { wire = { fault = \"explode\" } } }]\n");
    let done = run(&["serve", "--config", &path.display().to_string()]);
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done.stderr).contains("mockreel.toml:1:"), "{}", text(&done.stderr));
    assert!(text(&done.stderr).contains("unknown variant `explode`"), "{}", text(&done.stderr));
    let path = file("names.toml", "scenario = [\"no-such-set\"]\n");
    let done = run(&["serve", "--config", &path.display().to_string()]);
    assert!(
        text(&done.stderr).contains("no scenario `no-such-set`; ready-made are rehearsal"),
        "{}",
        text(&done.stderr)
    );
}

#[test]
fn sets_are_listed_and_shown_as_files_that_can_be_read_again() {
    let listed = text(&run(&["scenario", "list"]).stdout);
    for set in sets::sets() {
        assert!(listed.contains(&set.name), "{listed}");
        let shown = run(&["scenario", "show", &set.name]);
        let path = file("shown.json", &text(&shown.stdout));
        let done = run(&["scenario", "check", &path.display().to_string()]);
        assert_eq!(done.status.code(), Some(0), "{}: {}", set.name, text(&done.stderr));
    }
}

#[test]
fn the_published_schema_admits_every_example_and_refuses_mistakes() {
    let schema: Value = serde_json::from_slice(&run(&["scenario", "schema"]).stdout).unwrap();
    let checker = Checker::new(schema).unwrap();
    for order in examples::effect_examples() {
        let one = json!({"scenario": [{"name": "x", "match": {"calls": {"first": 1}, "probability": 0.5}, "then": order.then}]});
        let broken = checker.violations(&one);
        assert!(broken.is_empty(), "{}: {broken:?}", order.name);
    }
    for set in sets::sets() {
        let told: Vec<Value> =
            set.scenarios.iter().map(|scenario| serde_json::to_value(&**scenario).unwrap()).collect();
        let broken = checker.violations(&json!({ "scenario": told }));
        assert!(broken.is_empty(), "{}: {broken:?}", set.name);
    }
    for wrong in [
        json!({"scenario": [{"name": "no then"}]}),
        json!({"scenario": [{"then": {"wier": {}}}]}),
        json!({"scenario": [{"then": {"answer": {"problem": "explode"}}}]}),
        json!({"scenario": [{"then": {"job": {"queued": -1}}}]}),
        json!({"scenario": [{"then": {"wire": {"fault": "reset", "delay": "1"}}}]}),
        json!({"scenario": [{"then": [], "match": {}}]}),
        json!({"scenario": [{"then": {}, "match": {"operation": "explode"}}]}),
        json!({"scenario": [{"then": {}, "match": {"probability": 2}}]}),
        json!({"scenarios": []}),
    ] {
        assert!(!checker.accepts(&wrong), "{wrong}");
    }
    let config: Value = serde_json::from_slice(&run(&["scenario", "schema", "--config"]).stdout).unwrap();
    let checker = Checker::new(config).unwrap();
    assert!(
        checker.accepts(&json!({"seed": 7, "scenario": ["rehearsal", {"then": {}}], "vendor": ["gmicloud"]}))
    );
    assert!(!checker.accepts(&json!({"sead": 7})));
    assert!(!checker.accepts(&json!({"scenario": [{"than": {}}]})));
}
