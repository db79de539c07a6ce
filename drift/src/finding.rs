//! A difference or a defect, told so that machines can follow it from run to run.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::kind::{Kind, Severity};

/// The version of the report's form.
pub const SCHEMA_VERSION: u32 = 1;

/// A report of `drift`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The version of the form, [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The older side, as it was named.
    pub old: String,
    /// The newer side, as it was named.
    pub new: String,
    /// What was found, sorted by severity, operation, place and kind.
    pub findings: Vec<Finding>,
    /// What the sides do not both speak of, so that nothing was concluded from it. Sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_compared: Vec<String>,
    /// What the descriptions say and the comparison did not use, by what it is. Sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unused: Vec<UnusedPart>,
    /// How many operations both sides have, or schemas where a document has no paths; absent where answers were
    /// judged. With `0` nothing was compared, so that a report without findings is no proof that nothing differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compared: Option<u32>,
    /// Sources of a watch that could not be looked at, so that nothing is known of them. Sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreachable: Vec<UnreachableSource>,
    /// The verdict in one line: for whom it breaks, by what, and in how many places.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub headline: String,
}

/// Something that a description says and that a comparison did not use.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UnusedPart {
    /// What it is, in the plural if there are several: `headers of answers`, `webhook`.
    pub what: String,
    /// How often it is there, in both descriptions together.
    pub count: u32,
    /// The first places, each with the name of its description: `old.json /paths/~1jobs/post`.
    pub places: Vec<String>,
}

/// One difference, or one defect of the newer side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Names the finding in every run: made of vendor, operation, kind and places, never of words or values.
    pub fingerprint: String,
    /// What it is.
    pub kind: Kind,
    /// How bad it is.
    pub severity: Severity,
    /// Which of documentation, emulator and vendor is wrong; only where the vendor was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Our name of the operation, or method and path; empty if the finding is about all of them.
    pub operation: String,
    /// The canonical place: `submit.request/duration`, `poll.reply/200/video/url`, `submit.status`.
    #[serde(rename = "where")]
    pub place: String,
    /// The canonical place where it is now, if that differs.
    #[serde(rename = "to_where", default, skip_serializing_if = "Option::is_none")]
    pub to_place: Option<String>,
    /// JSON Pointer into the old document, references followed; absent if there was nothing.
    pub pointer: Option<String>,
    /// JSON Pointer into the new document, references followed; absent if there is nothing any longer.
    pub to_pointer: Option<String>,
    /// What was there: a fact about the form, never a sample.
    pub from: Option<Value>,
    /// What is there now.
    pub to: Option<Value>,
    /// What the documentation says, where a verdict is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docs: Option<Value>,
    /// What the emulator does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emulator: Option<Value>,
    /// What the vendor was seen to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<Value>,
    /// What the vendor was seen to do before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_live: Option<Value>,
    /// When it was first seen, RFC 3339 or a day; from the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<String>,
    /// When it was last seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<String>,
    /// How often it went and came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flaps: Option<u32>,
    /// Whether the history, or for a defect the old document, has it already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<BaselineState>,
    /// The documents in which it is, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// The models that it concerns, sorted; empty if it concerns none in particular.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
    /// On how many answers it rests; absent where documents were compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<SampleCount>,
    /// How sure it is.
    pub confidence: Confidence,
    /// One sentence for people.
    pub message: String,
    /// What whoever uses the vendor does about it; absent where there is nothing to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// The schema that several places share, by its name, if the change is one of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Everything that this one change shows as, itself first; empty if that is nothing else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<FindingPart>,
    /// Where it is in the older document, or where it would be if that lacks it; absent if there is no file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<SourceLine>,
    /// Where it is in the newer document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_line: Option<SourceLine>,
    /// JSON Pointer to the object that lacks what came or went, in the document without it. For lines, not kept.
    #[serde(skip)]
    pub beside: Option<String>,
    /// What was there at the last look of a watch that compares with something else, if it was something else then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_look: Option<Value>,
    /// The source of a watch that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The change of that source that brought it: a commit, or a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

/// One kind in one place, of a change that shows as several.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FindingPart {
    /// Names it in every run, as if it were a finding of its own.
    pub fingerprint: String,
    /// What it is.
    pub kind: Kind,
    /// How bad it is there.
    pub severity: Severity,
    /// Our name of the operation, or method and path.
    pub operation: String,
    /// The canonical place.
    #[serde(rename = "where")]
    pub place: String,
    /// The canonical place where it is now, if that differs.
    #[serde(rename = "to_where", default, skip_serializing_if = "Option::is_none")]
    pub to_place: Option<String>,
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourceLine {
    /// The path of the file, as it was given.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

/// A source of a watch that could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UnreachableSource {
    /// The source, as it was named.
    pub source: String,
    /// What was expected and found.
    pub why: String,
    /// The day of the first look that could not reach it, `YYYY-MM-DD`.
    pub since: String,
}

/// How many answers spoke of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleCount {
    /// Answers in which it could have been.
    pub samples: u32,
    /// Answers in which it was.
    pub present: u32,
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Both texts say so.
    Certain,
    /// The best reading of what both texts say, as with a member that was renamed.
    Likely,
    /// It rests on few answers.
    Weak,
}

/// Whether a finding is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BaselineState {
    /// It was not there the last time.
    New,
    /// It was.
    Unchanged,
    /// It was, and is gone.
    Absent,
}

/// Which of documentation, emulator and vendor is wrong (rule 5 of the suite).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// All three agree.
    Ok,
    /// The documentation and the vendor agree, the emulator does not.
    EmulatorWrong,
    /// The emulator and the vendor agree, the documentation does not.
    DocsWrong,
    /// The vendor does as it did before; documentation and emulator say otherwise.
    DocsWrongAndEmulatorStale,
    /// The vendor does otherwise than it did before.
    VendorDrifted,
    /// The vendor does otherwise than documentation and emulator, and nobody looked before.
    DocsWrongOrDrifted,
    /// The documentation is silent; the emulator does as the vendor.
    Undocumented,
    /// The documentation is silent; the emulator guessed, and guessed wrong.
    UndocumentedEmulatorWrong,
    /// All three differ.
    Unresolved,
    /// The emulator departs from the documentation, and nobody looked at the vendor.
    Unproven,
}

impl UnusedPart {
    /// The same, its places named with the file that has them.
    pub(crate) fn within(mut self, file: &str) -> Self {
        self.places.iter_mut().for_each(|place| *place = format!("{file} {place}"));
        self
    }
}

impl Finding {
    /// A finding about documents, complete but for what only some findings have.
    pub fn new(vendor: &str, kind: Kind, severity: Severity, operation: &str, place: &str) -> Self {
        Self {
            fingerprint: fingerprint(vendor, operation, kind, place, None),
            kind,
            severity,
            verdict: None,
            operation: operation.to_owned(),
            place: place.to_owned(),
            to_place: None,
            pointer: None,
            to_pointer: None,
            from: None,
            to: None,
            docs: None,
            emulator: None,
            live: None,
            previous_live: None,
            first_seen: None,
            last_seen: None,
            flaps: None,
            baseline: None,
            files: Vec::new(),
            models: Vec::new(),
            evidence: None,
            confidence: Confidence::Certain,
            message: String::new(),
            advice: None,
            schema: None,
            parts: Vec::new(),
            line: None,
            to_line: None,
            beside: None,
            last_look: None,
            source: None,
            since: None,
        }
    }

    /// The distinct places in which it shows, itself first.
    pub fn places(&self) -> Vec<&str> {
        let mut known = HashSet::new();
        let all = std::iter::once(&self.place).chain(self.parts.iter().map(|part| &part.place));
        all.map(String::as_str).filter(|place| known.insert(*place)).collect()
    }

    /// It as a part of a change.
    pub fn as_part(&self) -> FindingPart {
        FindingPart {
            fingerprint: self.fingerprint.clone(),
            kind: self.kind,
            severity: self.severity,
            operation: self.operation.clone(),
            place: self.place.clone(),
            to_place: self.to_place.clone(),
        }
    }

    /// Whether it shows on the wire.
    pub fn is_wire_relevant(&self) -> bool {
        self.severity.is_wire_relevant()
    }
}

impl Report {
    /// Whether anything in it shows on the wire.
    pub fn has_drift(&self) -> bool {
        self.findings.iter().any(Finding::is_wire_relevant)
    }

    /// Whether the sides have nothing in common, so that there was nothing to compare.
    pub fn shares_nothing(&self) -> bool {
        self.compared == Some(0)
    }

    /// Whether something was left out of the comparison.
    pub fn has_gaps(&self) -> bool {
        !self.unused.is_empty() || !self.not_compared.is_empty()
    }

    /// Puts the findings in their order.
    pub fn sort(&mut self) {
        self.findings.sort_by(|left, right| {
            let key = |finding: &Finding| {
                (finding.severity, finding.operation.clone(), finding.place.clone(), finding.kind)
            };
            key(left).cmp(&key(right)).then_with(|| left.fingerprint.cmp(&right.fingerprint))
        });
    }
}

/// The name of a finding in every run: sixteen hexadecimal digits of a SHA-256.
///
/// Nothing in it depends on words or values, so a reworded message keeps its name.
pub fn fingerprint(vendor: &str, operation: &str, kind: Kind, place: &str, to_place: Option<&str>) -> String {
    let parts = [vendor, operation, kind.name(), place, to_place.unwrap_or_default()];
    let digest = Sha256::digest(parts.join("\u{1f}").as_bytes());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
