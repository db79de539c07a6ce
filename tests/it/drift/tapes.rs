//! Small recordings written by hand, with days of their own, for the tests of `drift`.

use std::path::Path;

use serde_json::{Value, json};

/// The edition that the recordings are of.
pub(crate) const EDITION: &str = "gmicloud@2026-10-06";

const BASE: &str = "https://console.gmicloud.ai";
const REQUESTS: &str = "/api/v1/ie/requestqueue/apikey/requests";

/// A recording: when it was made, and whether by a stand-in; then what came to each request.
pub(crate) struct Tape {
    lines: Vec<Value>,
}

impl Tape {
    /// A recording that began then, of the vendor itself.
    pub(crate) fn of_vendor(recorded: &str) -> Self {
        Self::begun(recorded, None)
    }

    /// One of a stand-in.
    pub(crate) fn of_stand_in(recorded: &str) -> Self {
        Self::begun(recorded, Some("http://127.0.0.1:4747"))
    }

    /// One of a server on this machine that is no stand-in of ours.
    pub(crate) fn of_stub(recorded: &str, base: &str) -> Self {
        let mut tape = Self::begun(recorded, None);
        let header = tape.lines.first_mut().unwrap();
        (header["base"], header["beyond_loopback"]) = (json!(base), json!(false));
        tape
    }

    fn begun(recorded: &str, control: Option<&str>) -> Self {
        let (vendor, edition) = EDITION.split_once('@').unwrap();
        let header = json!({
            "schema_version": 1, "vendor": vendor, "edition": edition, "target": "live", "base": BASE,
            "beyond_loopback": true, "seed": 1, "recorded": recorded, "suite": "0.1.0", "key_given": true,
            "second_key_given": false, "control": control,
        });
        Self { lines: vec![header] }
    }

    /// Adds an exchange, a second after the last.
    fn with(mut self, case: &str, method: &str, path: &str, status: u16, body: &Value) -> Self {
        let number = self.lines.len();
        self.lines.push(json!({
            "number": number, "case": case, "at_ms": number * 1000, "took_ms": 0,
            "request": {"method": method, "url": format!("{}{path}", self.lines[0]["base"].as_str().unwrap()), "headers": [], "body": "empty"},
            "answer": {"status": status, "headers": [], "body": {"json": body}},
        }));
        self
    }

    /// A submit that was accepted with that status.
    pub(crate) fn submit(self, status: u16) -> Self {
        let body = json!({"request_id": "8f14e45f-ceea-467f-a1d2-2b5b2b4c0001", "model": "m", "status": "queued",
            "created_at": 1, "updated_at": 1, "queued_at": 1});
        self.with("SUB-01", "POST", REQUESTS, status, &body)
    }

    /// A look at a job; the change is made to what the vendor usually says.
    pub(crate) fn look(self, status: &str, change: impl FnOnce(&mut Value)) -> Self {
        let outcome = (status == "success").then(|| json!({"video_url": "https://x.example/v.mp4"}));
        let mut body = json!({"request_id": "8f14e45f-ceea-467f-a1d2-2b5b2b4c0001", "model": "m", "status": status,
            "org_id": "8f14e45f-ceea-467f-a1d2-2b5b2b4c0002", "is_public": false, "payload": {"image": "i"},
            "outcome": outcome, "created_at": 1, "updated_at": 1, "queued_at": 1});
        change(&mut body);
        self.with("POLL-09", "GET", &format!("{REQUESTS}/some-id"), 200, &body)
    }

    /// Looks through a whole life of a job.
    pub(crate) fn life(self, change: impl Fn(&mut Value)) -> Self {
        ["queued", "processing", "processing", "success"]
            .into_iter()
            .fold(self, |tape, status| tape.look(status, &change))
    }

    /// A look at a job that nobody has.
    pub(crate) fn unknown(self, status: u16) -> Self {
        let body = json!({"error": "Request not found"});
        self.with("POLL-06", "GET", &format!("{REQUESTS}/nobody"), status, &body)
    }

    /// Writes it into a folder, which is made.
    pub(crate) fn write(mut self, folder: &Path) {
        std::fs::create_dir_all(folder).unwrap();
        let exchanges = self.lines.len() - 1;
        self.lines.push(json!({"end": {"exchanges": exchanges}}));
        let text: String = self.lines.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(folder.join(format!("{EDITION}.jsonl")), text).unwrap();
    }
}

/// A small OpenAPI file that describes a submit with these members.
pub(crate) fn spec(members: &[&str]) -> String {
    let members: serde_json::Map<String, Value> =
        members.iter().map(|name| ((*name).to_owned(), json!({"type": "string"}))).collect();
    let document = json!({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/v2/things": {"post": {
        "requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": members}}}},
        "responses": {"200": {"description": "ok"}},
    }}}});
    format!("{document:#}\n")
}
