//! Requests and answers, as they are sent and as they are kept.
//!
//! [`Outgoing`] and [`Answer`] are the real ones and never leave the process. An [`Exchange`] is their
//! redacted copy: it is what cassettes, reports and pages hold, and nothing else may be kept.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A request that is about to be sent.
#[derive(Clone, PartialEq)]
pub struct Outgoing {
    /// HTTP method, upper case.
    pub method: String,
    /// The whole address, with its query.
    pub url: String,
    /// Headers by lower-case name, `authorization` among them; the body's type is not.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
}

/// The body of a request.
#[derive(Clone, PartialEq)]
pub enum Body {
    /// None at all, and no content type.
    None,
    /// JSON, sent as `application/json`.
    Json(Value),
    /// A form, sent as `multipart/form-data`.
    Form(Vec<Part>),
    /// Bytes as they are.
    Raw {
        /// The content type to claim; none is sent if absent.
        content_type: Option<String>,
        /// The bytes.
        bytes: Vec<u8>,
    },
}

/// A part of a form.
#[derive(Clone, PartialEq)]
pub struct Part {
    /// The member's name.
    pub name: String,
    /// What it holds.
    pub content: PartContent,
}

/// What a part of a form holds.
#[derive(Clone, PartialEq)]
pub enum PartContent {
    /// Text.
    Text(String),
    /// A file.
    File {
        /// The name given with it.
        file_name: String,
        /// The content type given with it.
        content_type: String,
        /// Its bytes.
        bytes: Vec<u8>,
    },
}

/// An answer, read whole (a download: as far as it was asked for).
#[derive(Clone, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers by lower-case name, in the order received.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of that lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(held, _)| held == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `None` if it is none.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The body as text, whatever is no UTF-8 replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// One request and what came of it, redacted and fit to be kept.
///
/// In JSON: `{"number","case","at_ms","took_ms","request":{"method","url","headers","body"},"answer":{"status","headers","body"}}`,
/// with `error` in place of `answer` if none came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// Its place in the run, from 1.
    pub number: u32,
    /// The case on whose behalf it was sent.
    pub case: String,
    /// Milliseconds from the start of the run to the sending.
    pub at_ms: u64,
    /// Milliseconds from the sending to the end of the answer.
    pub took_ms: u64,
    /// What was sent.
    pub request: KeptRequest,
    /// What came; absent if nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<KeptAnswer>,
    /// Why nothing came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<WireError>,
}

/// What a request was for, as far as the comparison of answers needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// It asked for something good.
    Honest,
    /// It broke a rule on purpose.
    WrongOnPurpose,
    /// It was drawn at random, and may be anything.
    Drawn,
    /// It found out whether the target is there.
    Probe,
}

/// The case on whose behalf a target is probed before a run.
pub const PROBE: &str = "PROBE";

impl Intent {
    /// Reads the intent from the area of a case's id, which every cassette has.
    pub fn of_case(id: &str) -> Self {
        match id.split('-').next().unwrap_or_default() {
            "VAL" => Self::WrongOnPurpose,
            "GEN" | "CHAOS" => Self::Drawn,
            PROBE => Self::Probe,
            _ => Self::Honest,
        }
    }

    /// Whether the request was wrong on purpose, or may have been.
    pub fn may_be_wrong(self) -> bool {
        match self {
            Self::WrongOnPurpose | Self::Drawn => true,
            Self::Honest | Self::Probe => false,
        }
    }
}

impl Exchange {
    /// Reads the intent of the request.
    pub fn intent(&self) -> Intent {
        Intent::of_case(&self.case)
    }
}

/// A request as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptRequest {
    /// HTTP method.
    pub method: String,
    /// The address, secret parameters replaced.
    pub url: String,
    /// Headers, secret values replaced.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Content,
}

/// An answer as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptAnswer {
    /// HTTP status.
    pub status: u16,
    /// Headers, secret values replaced.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Content,
}

/// A body as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Nothing.
    Empty,
    /// JSON.
    Json(Value),
    /// Text that is no JSON.
    Text(String),
    /// Bytes that are no text: an image, or the start of a video.
    Bytes {
        /// How many there were.
        length: u64,
        /// The first of them, at most 64 KiB, in base64; empty for what was sent.
        head: String,
    },
    /// The parts of a form, by name.
    Form(Vec<(String, Content)>),
}

/// Why no answer came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum WireError {
    /// The address could not be reached; nothing was sent.
    #[error("cannot reach the target: {why}")]
    Unreachable {
        /// What the system said.
        why: String,
    },
    /// It was reached, but no whole answer came; what became of the request is unknown.
    #[error("no answer came: {why}")]
    Lost {
        /// What the system said.
        why: String,
    },
    /// The cassette has no answer for this request.
    #[error("the cassette {why}")]
    Cassette {
        /// What it lacks.
        why: String,
    },
}

/// Where requests go: the network, or a cassette.
pub trait Wire {
    /// Sends one request and waits for its answer. Never tries again, never follows a redirect.
    ///
    /// # Errors
    ///
    /// If no answer came.
    fn send(&mut self, case: &str, request: &Outgoing) -> Result<Answer, WireError>;

    /// Milliseconds since the run started. In a cassette: since the recorded run started.
    fn now_ms(&self) -> u64;

    /// Waits. In a cassette this takes no time.
    fn wait_ms(&mut self, millis: u64);
}

/// Whether an address is a vendor path below a base address.
pub fn is_vendor_path(base: &str, url: &str) -> bool {
    let own = url.strip_prefix(base).is_some_and(|rest| rest.starts_with(['/', '?']));
    own && !url.contains("/__")
}
