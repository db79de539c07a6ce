//! Plays a cassette back: at once, and without a network.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Cassette, CassetteHeader};
use crate::exchange::{Answer, Content, Exchange, KeptAnswer, Outgoing, Wire, WireError};

/// What may stand in a recorded path for something else.
const MARKS: [&str; 3] = ["[key]", "[redacted]", "[signed]"];

/// A wire that leads to a cassette.
#[derive(Clone, Debug)]
pub struct ReplayWire {
    header: CassetteHeader,
    /// What an incomplete recording is to be called.
    gap: Option<String>,
    cases: HashMap<String, Track>,
    now_ms: u64,
}

/// What was recorded for one case.
#[derive(Clone, Debug, Default)]
struct Track {
    exchanges: Vec<Exchange>,
    /// How many requests the case has made of this wire.
    asked: usize,
}

impl ReplayWire {
    /// A wire that plays this cassette from its beginning.
    pub fn new(cassette: &Cassette) -> Self {
        let mut cases: HashMap<String, Track> = HashMap::new();
        for exchange in cassette.exchanges() {
            cases.entry(exchange.case.clone()).or_default().exchanges.push(exchange.clone());
        }
        Self { header: cassette.header().clone(), gap: cassette.gap(), cases, now_ms: 0 }
    }

    /// What the recorded run was.
    pub fn header(&self) -> &CassetteHeader {
        &self.header
    }

    /// The next exchange of the case, if it is about this request.
    fn next(&mut self, case: &str, request: &Outgoing) -> Result<&Exchange, String> {
        let gap = self.gap.as_ref().map(|gap| format!("; {gap}")).unwrap_or_default();
        let asked = format!("{} {}", request.method, path(&request.url));
        let track = self.cases.entry(case.to_owned()).or_default();
        track.asked += 1;
        let number = track.asked;
        let Some(exchange) = track.exchanges.get(number - 1) else {
            let held = track.exchanges.len();
            return Err(format!(
                "has no answer for request {number} of {case}, {asked}: the recorded run sent {held} for this \
                 case{gap}; record it again with this version and this seed"
            ));
        };
        let recorded = &exchange.request;
        if recorded.method != request.method || !fits(path(&recorded.url), path(&request.url)) {
            return Err(format!(
                "was recorded with another request: for request {number} of {case} it has {} {}, asked was {asked}; \
                 record it again with this version and this seed",
                recorded.method,
                path(&recorded.url),
            ));
        }
        Ok(exchange)
    }
}

impl Wire for ReplayWire {
    fn send(&mut self, case: &str, request: &Outgoing) -> Result<Answer, WireError> {
        let exchange = self.next(case, request).map_err(|why| WireError::Cassette { why })?;
        let (at_ms, took_ms) = (exchange.at_ms, exchange.took_ms);
        let result = match (&exchange.answer, &exchange.error) {
            (Some(answer), _) => Ok(rebuild_answer(answer)),
            (None, Some(error)) => Err(error.clone()),
            (None, None) => {
                Err(WireError::Cassette { why: format!("has no answer for a request of {case}") })
            }
        };
        // Whoever waited longer than the recorded run did finds the answer to have taken as long as it did.
        self.now_ms = self.now_ms.max(at_ms).saturating_add(took_ms);
        result
    }

    fn now_ms(&self) -> u64 {
        self.now_ms
    }

    fn wait_ms(&mut self, millis: u64) {
        self.now_ms = self.now_ms.saturating_add(millis);
    }
}

fn rebuild_answer(kept: &KeptAnswer) -> Answer {
    let body = match &kept.body {
        // No answer is a form; the reader refuses such a line.
        Content::Empty | Content::Form(_) => Vec::new(),
        Content::Json(value) => serde_json::to_vec(value).expect("a JSON value has only text for keys"),
        Content::Text(text) => text.clone().into_bytes(),
        Content::Bytes { head, .. } => STANDARD.decode(head).expect("the reader refuses what is no base64"),
    };
    Answer { status: kept.status, headers: kept.headers.clone(), body }
}

/// The path of an address as it was written: `..` in it may be what a case is about.
fn path(url: &str) -> &str {
    let rest = url.find("://").map_or(url, |at| &url[at + 3..]);
    let rest = &rest[..rest.find(['?', '#']).unwrap_or(rest.len())];
    rest.find('/').map_or("/", |at| &rest[at..])
}

/// Whether a path is the recorded one, where anything may stand for what was taken out of that.
fn fits(recorded: &str, asked: &str) -> bool {
    // No path that was recorded holds the character that stands between its pieces here.
    let cut = MARKS.iter().fold(recorded.to_owned(), |path, mark| path.replace(mark, "\0"));
    let mut pieces: Vec<&str> = cut.split('\0').collect();
    let (Some(last), false) = (pieces.pop(), pieces.is_empty()) else { return recorded == asked };
    let rest = pieces.remove(0);
    let Some(rest) = asked.strip_prefix(rest).and_then(|rest| rest.strip_suffix(last)) else { return false };
    let found =
        pieces.into_iter().try_fold(rest, |rest, piece| rest.split_once(piece).map(|(_, after)| after));
    found.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_what_stands_between_host_and_query() {
        for (url, expected) in [
            ("https://acme.example/v2/../x?a=/b#/c", "/v2/../x"),
            ("http://127.0.0.1:4747?a=1", "/"),
            ("http://127.0.0.1:4747", "/"),
            ("/a?b", "/a"),
        ] {
            assert_eq!(path(url), expected, "{url}");
        }
    }

    #[test]
    fn what_was_taken_out_of_a_path_may_be_anything() {
        assert!(fits("/v2/[key]/jobs/[redacted]", "/v2/abc/jobs/d"));
        assert!(fits("/v2/[key]/jobs", "/v2/[key]/jobs"));
        assert!(!fits("/v2/[key]/jobs", "/v2/abc/job"));
        assert!(!fits("/v2/jobs", "/v2/jobs/1"));
        assert!(!fits("/ab[key]ba", "/aba"), "no character counts twice");
    }

    #[test]
    fn a_path_of_nothing_but_marks_takes_no_longer_than_another() {
        let recorded = format!("/{}!", "[key]a".repeat(200));
        assert!(!fits(&recorded, &format!("/{}", "a".repeat(2000))));
        assert!(fits(&recorded, &format!("/{}!", "a".repeat(2000))));
    }
}
