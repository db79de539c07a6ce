//! The faults of transport, and of downloads of a result.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::scenario::Sound;

/// The longest that the wire can be made to wait, in seconds of the machine's clock.
const LONGEST_DELAY: f64 = 600.0;

/// What happens on the wire. It concerns the one connection and nobody else's.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "WireOrder")]
pub struct TransportFault {
    /// What goes wrong.
    pub fault: TransportFaultKind,
    /// With `reset`: after so many bytes of the answer, its head included; 0 (before the first) unless said otherwise.
    ///
    /// With `truncate`: so many bytes of the body are left, half of them unless said otherwise. With `wrong_length`: so
    /// many bytes of the body come, all of them unless said otherwise. More than there are means all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub after_bytes: Option<u64>,
    /// The answer starts so many seconds late, with `slow_first_byte` 5 unless said otherwise; with `slow_body` the head
    /// comes at once and the body takes that long, 5 unless said otherwise.
    ///
    /// By the machine's clock, whatever the account's says, since a client's patience follows that.
    #[serde(default, deserialize_with = "delay")]
    #[schemars(range(min = 0.0, max = 600.0))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<f64>,
    /// With `html`: the HTTP status, 502 unless said otherwise; one that goes with a body.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(range(min = 200, max = 599))]
    pub status: Option<u16>,
}

/// What can go wrong on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", rename = "WireFault")]
pub enum TransportFaultKind {
    /// The connection is reset (TCP RST).
    Reset,
    /// The connection is closed in good order (TCP FIN) without a byte.
    Empty,
    /// The body stops half-way and the announced length fits: it is read well, but its JSON cannot be.
    Truncate,
    /// The body is malformed JSON, under the same status and content type.
    Garbage,
    /// A gateway's page comes instead of the answer.
    Html,
    /// The answer starts late.
    SlowFirstByte,
    /// The body comes in drops.
    SlowBody,
    /// The announced length is that of the whole body, but at least one byte more than comes; then the connection is closed.
    WrongLength,
    /// The content type is `text/plain`, whatever the body is.
    WrongType,
    /// The answer is whole, and the connection is closed after it without a word about it.
    Close,
}

impl TransportFaultKind {
    /// Whether a client cannot read the answer.
    pub(crate) fn hides_answer(self) -> bool {
        match self {
            Self::Reset | Self::Empty | Self::Truncate | Self::Garbage | Self::Html | Self::WrongLength => {
                true
            }
            Self::SlowFirstByte | Self::SlowBody | Self::WrongType | Self::Close => false,
        }
    }
}

impl Sound for TransportFault {
    fn contradiction(&self) -> Option<&'static str> {
        let cuts = match self.fault {
            TransportFaultKind::Reset | TransportFaultKind::Truncate | TransportFaultKind::WrongLength => {
                true
            }
            TransportFaultKind::Empty
            | TransportFaultKind::Garbage
            | TransportFaultKind::Html
            | TransportFaultKind::SlowFirstByte
            | TransportFaultKind::SlowBody
            | TransportFaultKind::WrongType
            | TransportFaultKind::Close => false,
        };
        if self.after_bytes.is_some() && !cuts {
            return Some("`after_bytes` goes with the wire faults `reset`, `truncate` and `wrong_length`");
        }
        match self.status {
            Some(_) if self.fault != TransportFaultKind::Html => {
                Some("`status` goes with the wire fault `html`")
            }
            Some(204 | 205 | 304) => Some("`status` is one that goes with a body: not 204, 205 or 304"),
            Some(status) if !(200..=599).contains(&status) => Some("`status` is a number from 200 to 599"),
            Some(_) | None => None,
        }
    }
}

/// What happens to downloads of a result, be it the video or its cover.
///
/// `missing`, `expired` and `html` answer every download, whatever range is asked for; a HEAD is answered with their
/// status and headers. `truncate` and `slow` count by what the one answer would bring: of a range, the part. So a
/// client that goes on where a download broke off gets on. To a HEAD they do nothing, since no byte of the file comes.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "ResultOrder")]
pub struct DownloadFault {
    /// What goes wrong.
    pub fault: DownloadFaultKind,
    /// With `slow`: so many seconds for each download, by the machine's clock; 5 unless said otherwise.
    #[serde(default, deserialize_with = "delay")]
    #[schemars(range(min = 0.0, max = 600.0))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<f64>,
    /// With `truncate`: how many bytes come, at most one less than announced; half of them unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub after_bytes: Option<u64>,
}

/// What can go wrong with a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", rename = "ResultFault")]
pub enum DownloadFaultKind {
    /// There is no such file: 404.
    Missing,
    /// The address has expired: the same answer as when it really has.
    Expired,
    /// A page comes instead of the file, with the status 200.
    Html,
    /// The length is announced in full, and the connection is closed before all of it has come.
    Truncate,
    /// The download takes long.
    Slow,
    /// The index of the video (its `moov` box) comes last, so that a player cannot begin before it has all.
    MoovLast,
}

impl Sound for DownloadFault {
    fn contradiction(&self) -> Option<&'static str> {
        if self.after_bytes.is_some() && self.fault != DownloadFaultKind::Truncate {
            return Some("`after_bytes` goes with the result fault `truncate`");
        }
        (self.delay.is_some() && self.fault != DownloadFaultKind::Slow)
            .then_some("`delay` goes with the result fault `slow`")
    }
}

fn delay<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let seconds = f64::deserialize(deserializer)?;
    if (0.0..=LONGEST_DELAY).contains(&seconds) {
        Ok(Some(seconds))
    } else {
        let message =
            format!("{seconds} is no delay: expected a number of seconds from 0 to {LONGEST_DELAY}");
        Err(serde::de::Error::custom(message))
    }
}
