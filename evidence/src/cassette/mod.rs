//! Recorded runs: written as a run goes, and played back without a network.
//!
//! A **cassette** is one run against one vendor. It is a file in a directory of cassettes, named
//! `<vendor>@<edition>.jsonl`: UTF-8, one JSON value on each line, each line ended by a line feed.
//!
//! 1. The first line is the [`CassetteHeader`]: `{"schema_version":1,"vendor","edition","target","base",
//!    "beyond_loopback","seed","recorded","suite","key_given","second_key_given","control","image",
//!    "free","paid","generated","wait_ms","interval_ms"}`: what a replay needs to decide as the run did.
//! 2. Each line after it is an [`Exchange`](crate::exchange::Exchange), in the order of sending:
//!    `{"number","case","at_ms","took_ms","request","answer" or "error"}`.
//! 3. The last line is `{"end":{"exchanges":N,"sha256":"..."}}`: how many exchanges there are, and the digest of all
//!    lines before it with their line feeds. Without it the recording is incomplete: the run was killed, the disk was
//!    full, or the file was cut. What it has is good, but nothing follows from what it lacks. Whoever edits a
//!    recording on purpose takes `sha256` out.
//!
//! Everything in it went through the [`Redactor`]: `[key]` stands for a key of the run, `[redacted]` for
//! another secret, `[signed]` for a part of a signature, `[base64, N bytes, sha256 D]` for an image that was sent and
//! `[cut: N bytes more]` for the rest of a text of more than 64 KiB. JSON is kept as its value, so white space
//! is not; a length in a header is that of the original. The texts of the header line went through it too.
//!
//! A reader takes members that it does not know for additions and passes over them; what would be
//! misunderstood gets another `schema_version`.
//!
//! Replaying takes the requests of each **case** by themselves: the n-th request of a case gets what its n-th
//! recorded request got, whatever other cases do, if method and path are the same. Hosts and queries are not
//! compared, for they hold addresses of the day and parts that were taken out. The time is the recorded one.

mod reader;
mod recorder;
mod replay;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::redact::Redactor;
pub use reader::Cassette;
pub use recorder::Recorder;
pub use replay::ReplayWire;

/// The version of the format that is written; older ones can be read.
pub const SCHEMA_VERSION: u32 = 1;

/// The first line of a cassette: what the run was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CassetteHeader {
    /// The version of the format, [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The vendor's id.
    pub vendor: String,
    /// The edition of the contract that the run was held against.
    pub edition: String,
    /// What was asked, as it was given: `emulator`, `live` or an address.
    pub target: String,
    /// The address that all paths followed, without password or query.
    pub base: String,
    /// Whether the target was another machine.
    pub beyond_loopback: bool,
    /// The seed of the run; the same seed sends the same requests.
    pub seed: u64,
    /// When the run started, RFC 3339.
    pub recorded: String,
    /// The version of the suite.
    pub suite: String,
    /// Whether the run had a key.
    pub key_given: bool,
    /// Whether it had a second one, of another account.
    pub second_key_given: bool,
    /// The start of the control API's addresses, if the target was a stand-in that was steered.
    #[serde(default)]
    pub control: Option<String>,
    /// The address of an image that the target could read.
    #[serde(default, rename = "picture")]
    pub image: Option<String>,
    /// Whether nothing cost at the target.
    #[serde(default)]
    pub free: bool,
    /// Whether jobs of their own were allowed.
    #[serde(default)]
    pub paid: bool,
    /// How many generated requests were allowed.
    #[serde(default)]
    pub generated: u32,
    /// The longest wait for one job, in milliseconds; absent in recordings from before it could be chosen.
    #[serde(default)]
    pub wait_ms: Option<u64>,
    /// Milliseconds between two polls; absent for the rhythm of the vendor's samples.
    #[serde(default)]
    pub interval_ms: Option<u64>,
}

impl CassetteHeader {
    /// The same without what must not be kept.
    fn redact_texts(&self, redactor: &Redactor) -> Self {
        let text = |text: &String| redactor.text(text);
        Self {
            target: text(&self.target),
            base: text(&self.base),
            control: self.control.as_ref().map(text),
            image: self.image.as_ref().map(text),
            ..self.clone()
        }
    }
}

/// The last line of a cassette.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct CassetteEnd {
    end: Count,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Count {
    exchanges: u64,
    /// Absent in recordings from before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

/// Why a cassette cannot be written or read. Each message is one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CassetteError {
    /// There is one already.
    #[error("expected no recording yet, found {}; move it away, choose another directory or allow overwriting", .file.display())]
    Exists {
        /// The file.
        file: PathBuf,
    },
    /// There is no such directory.
    #[error("expected a directory of cassettes, found none at {}; check the path, or record a run first", .dir.display())]
    NoDirectory {
        /// Where it should be.
        dir: PathBuf,
    },
    /// The directory has none of this vendor.
    #[error("expected a cassette of {vendor} in {}, found {}; check the vendor, or record a run of it", .dir.display(), list(.found))]
    NoVendor {
        /// The directory.
        dir: PathBuf,
        /// The vendor's id.
        vendor: String,
        /// Those there are, as `vendor@edition`.
        found: Vec<String>,
    },
    /// The directory has this vendor in other editions only.
    #[error("expected a cassette of {vendor}@{edition} in {}, found {}; name an edition that was recorded, or record this one", .dir.display(), list(.found))]
    OtherEdition {
        /// The directory.
        dir: PathBuf,
        /// The vendor's id.
        vendor: String,
        /// The edition that was wanted.
        edition: String,
        /// Those there are, as `vendor@edition`.
        found: Vec<String>,
    },
    /// It was written by a later version of the suite.
    #[error("expected schema_version {SCHEMA_VERSION} or older in {}, found {found}; replay it with the version that wrote it or a later one", .file.display())]
    Newer {
        /// The file.
        file: PathBuf,
        /// Its version.
        found: u64,
    },
    /// A line is not what it should be.
    #[error("line {line} of {} is damaged: {why}; restore the file, or record the run again", .file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What was expected and found.
        why: String,
    },
    /// The system would not let us.
    #[error("cannot {what} {}: {why}; check that it exists, its permissions and the space left", .file.display())]
    System {
        /// `read` or `write`.
        what: &'static str,
        /// The file.
        file: PathBuf,
        /// What the system said.
        why: String,
    },
}

fn list(found: &[String]) -> String {
    if found.is_empty() { "none at all".to_owned() } else { found.join(", ") }
}

/// What the end of a cassette's name is.
const EXTENSION: &str = "jsonl";

fn file_name(vendor: &str, edition: &str) -> String {
    format!("{vendor}@{edition}.{EXTENSION}")
}

/// A digest as it stands in the last line.
fn hex(digest: impl IntoIterator<Item = u8>) -> String {
    digest.into_iter().map(|byte| format!("{byte:02x}")).collect()
}
