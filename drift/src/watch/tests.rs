//! Tests of watches: nothing is news twice, nothing unreachable is a change, and nothing is lost when a run is killed.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::state::{LockedState, SourceState};
use super::{Looked, WatchError, WatchedSource, judge_document, look_at};
use crate::finding::BaselineState;

/// A folder of a test's own, emptied first and removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("mockreel-watch-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.file(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn git(&self, arguments: &[&str]) {
        let mut command = std::process::Command::new("git");
        command.arg("-C").arg(&self.0).args(["-c", "user.name=t", "-c", "user.email=t@t.test"]);
        command.args(["-c", "commit.gpgsign=false", "-c", "core.hooksPath=/nowhere"]);
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_AUTHOR_DATE", "2026-11-20T00:00:00Z");
        command.env("GIT_COMMITTER_DATE", "2026-11-20T00:00:00Z");
        let output = command.args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "fetched"]);
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A description with one operation whose prompt may be so long.
fn spec(path: &str, limit: u32) -> String {
    json!({"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {path: {"post": {
        "requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {
            "prompt": {"type": "string", "maxLength": limit}}}}}},
        "responses": {"200": {"description": "ok"}}}}}})
    .to_string()
}

/// Looks, and remembers.
fn look(path: &Path, last: &mut Option<SourceState>, day: &str) -> Looked {
    let looked = look_at(&WatchedSource::new(&path.display().to_string()), last.as_ref(), day).unwrap();
    *last = Some(looked.state.clone());
    looked
}

fn messages(looked: &Looked) -> Vec<&str> {
    looked.report.findings.iter().map(|finding| finding.message.as_str()).collect()
}

#[test]
fn a_change_is_news_once_with_the_value_of_the_last_look() {
    let folder = Folder::new("once");
    let file = folder.file("v.json");
    let mut last = None;
    folder.write("v.json", &spec("/jobs", 2500));
    assert_eq!(look(&file, &mut last, "2026-11-01").first_look, Some(1));
    assert_eq!(messages(&look(&file, &mut last, "2026-11-02")), Vec::<&str>::new());
    folder.write("v.json", &spec("/jobs", 500));
    let looked = look(&file, &mut last, "2026-11-03");
    assert_eq!(
        messages(&looked),
        ["the bounds of `POST /jobs.request/prompt`: maxLength was 2500 and is 500"]
    );
    let finding = &looked.report.findings[0];
    assert_eq!(finding.baseline, Some(BaselineState::New));
    assert!(finding.line.is_some() && finding.to_line.is_some());
    assert_eq!(messages(&look(&file, &mut last, "2026-11-04")), Vec::<&str>::new());
}

#[test]
fn what_is_missing_empty_or_a_web_page_is_unreachable_and_what_was_there_still_counts() {
    let folder = Folder::new("blind");
    let file = folder.file("v.json");
    let mut last = None;
    folder.write("v.json", &spec("/jobs", 2500));
    look(&file, &mut last, "2026-11-01");
    let page = "\n<!DOCTYPE html>\n<html><title>maintenance</title></html>";
    for (day, text, part) in [
        ("2026-11-02", "", "an empty file"),
        ("2026-11-03", "  \n", "an empty file"),
        ("2026-11-04", page, "a web page"),
        ("2026-11-05", "<?xml version='1.0'?><Error/>", "XML"),
        ("2026-11-06", "{\"error\": \"rate limited\"}", "expected"),
        ("2026-11-07", "{\"openapi\": \"3.0.0\", \"paths\": {}}", "found none in it"),
        ("2026-11-08", "{\"openapi\": \"3.0", "expected"),
        ("2026-11-09", "\u{0}\u{1}", "expected"),
    ] {
        folder.write("v.json", text);
        let looked = look(&file, &mut last, day);
        assert_eq!(messages(&looked), Vec::<&str>::new(), "{text}");
        let found = &looked.report.unreachable[0];
        assert!(found.why.contains(part), "{text}: {}", found.why);
        assert_eq!(found.since, "2026-11-02");
    }
    std::fs::remove_file(&file).unwrap();
    let looked = look(&file, &mut last, "2026-11-10");
    assert!(looked.report.unreachable[0].why.contains("found nothing there"));
    folder.write("v.json", &spec("/jobs", 500));
    let looked = look(&file, &mut last, "2026-11-11");
    assert_eq!(looked.report.findings.len(), 1, "beside the last good look");
    assert_eq!(last.unwrap().unreachable.len(), 0);
}

#[test]
fn one_file_of_a_folder_that_is_lost_is_unreachable_and_nothing_of_it_is_removed() {
    let folder = Folder::new("folder");
    let mut last = None;
    folder.write("api/a.json", &spec("/a", 1));
    folder.write("api/b.json", &spec("/b", 1));
    folder.write("api/package.json", "{\"name\": \"x\"}");
    let api = folder.file("api");
    assert_eq!(look(&api, &mut last, "2026-11-01").first_look, Some(2));
    folder.write("api/b.json", "<html></html>");
    folder.write("api/a.json", &spec("/a", 2));
    let looked = look(&api, &mut last, "2026-11-02");
    assert_eq!(messages(&looked).len(), 1, "{:?}", messages(&looked));
    assert!(looked.report.unreachable[0].source.ends_with("(b.json)"));
    std::fs::remove_file(folder.file("api/b.json")).unwrap();
    let looked = look(&api, &mut last, "2026-11-03");
    assert!(
        looked.report.findings.is_empty() && looked.report.unreachable[0].why.contains("--forget b.json")
    );
    std::fs::remove_dir_all(&api).unwrap();
    let looked = look(&api, &mut last, "2026-11-04");
    assert!(looked.report.findings.is_empty() && looked.report.unreachable.len() == 1);
    folder.write("api/readme.md", "x");
    assert!(look(&api, &mut last, "2026-11-05").report.unreachable[0].why.contains("found none"));
}

#[test]
fn of_files_that_a_schedule_fetched_the_newest_counts() {
    let folder = Folder::new("dated");
    let mut last = None;
    folder.write("d/2026-11-01.json", &spec("/a", 3));
    look(&folder.file("d"), &mut last, "2026-11-01");
    folder.write("d/2026-11-02.json", &spec("/a", 2));
    assert_eq!(messages(&look(&folder.file("d"), &mut last, "2026-11-02")).len(), 1);
    folder.write("d/2026-11-03.json", "<html></html>");
    let looked = look(&folder.file("d"), &mut last, "2026-11-03");
    assert!(looked.report.findings.is_empty());
    assert!(looked.report.unreachable[0].why.starts_with("2026-11-03.json: "), "{looked:?}");
}

#[test]
fn a_repository_is_walked_from_the_commit_of_the_last_look() {
    let folder = Folder::new("git");
    folder.git(&["init", "-q"]);
    let mut last = None;
    let root = folder.0.clone();
    let empty = look(&root, &mut last, "2026-11-01");
    assert!(empty.report.unreachable[0].why.contains("with a commit"), "{empty:?}");
    folder.write("openapi/v.json", &spec("/jobs", 2500));
    folder.commit();
    assert_eq!(look(&root, &mut last, "2026-11-02").first_look, Some(1));
    // A commit of a web page says nothing, and neither does what was never committed.
    folder.write("openapi/v.json", "<html></html>");
    folder.commit();
    let looked = look(&root, &mut last, "2026-11-03");
    assert!(looked.report.findings.is_empty() && looked.report.unreachable.len() == 1, "{looked:?}");
    folder.write("openapi/v.json", &spec("/jobs", 700));
    folder.commit();
    folder.write("readme.md", "words");
    folder.commit();
    folder.write("openapi/v.json", &spec("/jobs", 600));
    folder.commit();
    folder.write("openapi/v.json", &spec("/jobs", 1));
    let looked = look(&root, &mut last, "2026-11-04");
    assert_eq!(looked.report.findings.len(), 2, "commit by commit: {looked:?}");
    assert!(
        messages(&looked).iter().any(|said| said.ends_with("maxLength was 700 and is 600")),
        "{looked:?}"
    );
    let since = looked.report.findings[0].since.clone().unwrap();
    assert!(since.starts_with("commit ") && since.ends_with(" of 2026-11-20"), "{since}");
    // History that was rewritten is said, and what differs is still told.
    folder.commit();
    folder.git(&["checkout", "-q", "--orphan", "other"]);
    folder.write("openapi/v.json", &spec("/jobs", 9));
    folder.commit();
    let looked = look(&root, &mut last, "2026-11-05");
    assert_eq!(looked.report.findings.len(), 1);
    assert!(looked.report.not_compared[0].contains("rewritten"), "{looked:?}");
    let part = format!("git:{}", folder.file("openapi").display());
    let looked = look_at(&WatchedSource::new(&part), None, "2026-11-05").unwrap();
    assert_eq!(looked.first_look, Some(1));
    // A file that a commit takes away was taken away on purpose; a commit that leaves nothing says nothing.
    folder.write("openapi/w.json", &spec("/others", 9));
    folder.commit();
    look(&root, &mut last, "2026-11-06");
    std::fs::remove_file(folder.file("openapi/w.json")).unwrap();
    folder.commit();
    let looked = look(&root, &mut last, "2026-11-07");
    assert_eq!(messages(&looked), ["POST /others is gone"]);
    std::fs::remove_file(folder.file("openapi/v.json")).unwrap();
    folder.commit();
    let looked = look(&root, &mut last, "2026-11-08");
    assert!(looked.report.findings.is_empty() && looked.report.unreachable.len() == 1);
}

#[test]
fn a_file_that_a_description_refers_to_is_watched_with_it() {
    let folder = Folder::new("beside");
    let limit = |limit: u32| format!("Prompt: {{type: string, maxLength: {limit}}}\n");
    let main = spec("/jobs", 7)
        .replace("{\"type\":\"string\",\"maxLength\":7}", "{\"$ref\":\"./common.yaml#/Prompt\"}");
    assert!(main.contains("common.yaml"), "{main}");
    folder.write("api/v.json", &main);
    folder.write("api/common.yaml", &limit(2500));
    folder.git(&["init", "-q"]);
    folder.commit();
    let sources = [folder.file("api/v.json"), folder.file("api"), folder.0.clone()];
    let mut last = [None, None, None];
    for (source, last) in sources.iter().zip(&mut last) {
        assert_eq!(look(source, last, "2026-11-01").first_look, Some(1), "{}", source.display());
    }
    folder.write("api/common.yaml", &limit(500));
    folder.commit();
    for (source, last) in sources.iter().zip(&mut last) {
        let looked = look(source, last, "2026-11-02");
        let told = messages(&looked);
        assert_eq!(told.len(), 1, "{}: {told:?}", source.display());
        assert!(told[0].ends_with("maxLength was 2500 and is 500"), "{told:?}");
        let line = looked.report.findings[0].to_line.clone().unwrap();
        assert!(line.file.contains("common.yaml") && line.line == 1, "{line:?}");
    }
    folder.write("api/common.yaml", "<html></html>");
    for (source, last) in sources.iter().zip(&mut last).take(2) {
        let looked = look(source, last, "2026-11-03");
        assert!(looked.report.findings.is_empty(), "{:?}", messages(&looked));
        assert_eq!(looked.report.unreachable.len(), 1, "{}", source.display());
    }
}

#[test]
fn a_look_before_the_last_one_is_refused() {
    let folder = Folder::new("before");
    folder.write("v.json", &spec("/jobs", 2));
    let mut last = None;
    look(&folder.file("v.json"), &mut last, "2026-11-02");
    let source = WatchedSource::new(&folder.file("v.json").display().to_string());
    let refused = look_at(&source, last.as_ref(), "2026-11-01").unwrap_err();
    assert!(matches!(refused, WatchError::Before { .. }), "{refused}");
}

#[test]
fn a_state_file_is_of_one_run_at_a_time_and_is_whole_or_as_it_was() {
    let folder = Folder::new("state");
    let path = folder.file("watch.json");
    let mut first = LockedState::open(&path).unwrap();
    assert!(matches!(LockedState::open(&path), Err(WatchError::InUse { .. })));
    first.state.sources.insert("a".to_owned(), SourceState::default());
    // A run that ends before it writes leaves no state.
    drop(first);
    assert!(!path.exists());
    let mut second = LockedState::open(&path).unwrap();
    second.state.sources.insert("a".to_owned(), SourceState::default());
    second.write().unwrap();
    // What a killed run left beside it is no state.
    folder.write("watch.json.new", "{\"half\":");
    let third = LockedState::open(&path).unwrap();
    assert_eq!(third.state.sources.len(), 1);
    third.write().unwrap();
    assert_eq!(LockedState::open(&path).unwrap().state.sources.len(), 1);
}

#[test]
fn a_damaged_state_is_named_and_never_overwritten() {
    let folder = Folder::new("damaged");
    let path = folder.file("watch.json");
    for (text, part) in [
        ("", "found an empty file"),
        ("{\"schema_version\":1,\"watch\":\"mock", "found no JSON"),
        ("[]", "found other JSON"),
        ("{\"schema_version\":1}", "found other JSON"),
        ("{\"schema_version\":1,\"watch\":\"mockreel\",\"sources\":[]}", "found another form"),
        (
            "{\"schema_version\":2,\"watch\":\"mockreel\",\"sources\":{}}",
            "expected schema_version 1 or older",
        ),
    ] {
        folder.write("watch.json", text);
        let why = LockedState::open(&path).unwrap_err().to_string();
        assert!(why.contains(part) && !why.contains('\n'), "{text}: {why}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn a_description_is_one_and_what_is_none_is_said() {
    assert!(judge_document("a", spec("/a", 1).as_bytes()).is_ok());
    assert!(judge_document("a", format!("\u{feff}{}", spec("/a", 1)).as_bytes()).is_ok());
    assert!(
        judge_document("a", b"openapi: 3.0.0\ninfo: {title: t, version: v}\npaths: {/a: {get: {}}}\n")
            .is_ok()
    );
    for bytes in [&b"\xff\xfe\x00"[..], b"null", b"[]", b"3", b"hello"] {
        let why = judge_document("a", bytes).unwrap_err();
        assert!(why.contains("expected") && !why.contains('\n'), "{why}");
    }
}
