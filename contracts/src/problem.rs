//! Refusals and failures: closed lists, without status codes or vendors' words.
//!
//! A contract gives each of them its status and its text; a dialect gives it its shape.

use serde::{Deserialize, Serialize};

use crate::contract::check::rules::Violation;

/// What is wrong with the credential of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFault {
    /// There is none.
    Missing,
    /// There is one, but not in the scheme that the vendor takes.
    WrongScheme,
    /// The vendor does not know it.
    Unknown,
    /// It was known once and has been switched off.
    Disabled,
}

impl KeyFault {
    /// The name of the variant under `[problems.unauthorized.variants]`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::WrongScheme => "wrong_scheme",
            Self::Unknown => "unknown",
            Self::Disabled => "disabled",
        }
    }
}

/// Why a body could not even be read as what it claims to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Malformation {
    /// There is no body.
    Empty,
    /// The content type is none that the operation takes; holds what came.
    MediaType(Option<String>),
    /// Broken JSON; holds the parser's words.
    Json(String),
    /// Broken multipart; holds the parser's words.
    Multipart(String),
    /// JSON, but not an object; holds the name of its type.
    NotAnObject(&'static str),
    /// Bytes that are no UTF-8 where text was wanted.
    NotUtf8,
    /// A content encoding that the vendor does not take; holds its name.
    Encoding(String),
    /// No HTTP that can be carried out: a head that cannot be read, or a body that never comes.
    Http {
        /// The status that HTTP has for it, which is answered whatever the contract says.
        status: u16,
        /// What is wrong.
        detail: String,
    },
}

impl Malformation {
    /// The name of the variant under `[problems.malformed.variants]`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::MediaType(_) => "media_type",
            Self::Json(_) => "json",
            Self::Multipart(_) => "multipart",
            Self::NotAnObject(_) => "not_an_object",
            Self::NotUtf8 => "not_utf8",
            Self::Encoding(_) => "encoding",
            Self::Http { .. } => "http",
        }
    }
}

/// Which part of a request broke its rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The body.
    Body,
    /// The query string.
    Query,
}

/// A refusal: why a request got no service.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// No usable credential.
    Unauthorized(KeyFault),
    /// A good credential that may not do this.
    Forbidden,
    /// The account has no right to the model.
    NotEntitled {
        /// The model's id.
        model: String,
    },
    /// No operation has this path, or none with this method.
    UnknownRoute {
        /// Methods that the path does have; empty if there is no such path.
        allowed: Vec<String>,
    },
    /// The body cannot be read.
    Malformed(Malformation),
    /// Members break their rules; at least one, in order of declaration.
    Invalid {
        /// Where.
        place: Place,
        /// What.
        violations: Vec<Violation>,
    },
    /// The vendor has no such model.
    UnknownModel {
        /// What was asked for, as sent.
        received: String,
        /// Whether the path named it, and not a body.
        in_path: bool,
    },
    /// The vendor had the model once.
    RetiredModel {
        /// The model's id.
        model: String,
    },
    /// No such job in this account.
    UnknownJob {
        /// What was asked for, as sent.
        id: String,
    },
    /// The balance does not cover the price.
    InsufficientCredits,
    /// Too many requests in a window.
    RateLimited {
        /// Requests allowed in the window.
        limit: u64,
        /// Length of the window, in seconds.
        window_seconds: u64,
        /// Milliseconds until the next request would be let through.
        retry_after_ms: u64,
        /// The model concerned, if the limit is one of a model.
        model: Option<String>,
    },
    /// Too many jobs at once.
    ConcurrencyLimited {
        /// Jobs allowed at once.
        limit: u64,
    },
    /// The vendor behind the vendor refused or broke.
    UpstreamError {
        /// The status that the vendor behind is said to have answered.
        status: u16,
    },
    /// No capacity.
    Overloaded,
    /// The vendor gave up waiting.
    Timeout,
    /// The vendor broke.
    Internal,
    /// The body is larger than the vendor reads.
    TooLarge {
        /// What it does read, in bytes.
        limit_bytes: u64,
    },
}

/// The names of all problems, as scenarios, contracts and the journal write them.
pub const PROBLEM_NAMES: [&str; 17] = [
    "unauthorized",
    "forbidden",
    "not_entitled",
    "unknown_route",
    "malformed",
    "invalid",
    "unknown_model",
    "retired_model",
    "unknown_job",
    "insufficient_credits",
    "rate_limited",
    "concurrency_limited",
    "upstream_error",
    "overloaded",
    "timeout",
    "internal",
    "too_large",
];

impl Problem {
    /// The name under `[problems]` in a contract, in scenarios and in the journal.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unauthorized(_) => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotEntitled { .. } => "not_entitled",
            Self::UnknownRoute { .. } => "unknown_route",
            Self::Malformed(_) => "malformed",
            Self::Invalid { .. } => "invalid",
            Self::UnknownModel { .. } => "unknown_model",
            Self::RetiredModel { .. } => "retired_model",
            Self::UnknownJob { .. } => "unknown_job",
            Self::InsufficientCredits => "insufficient_credits",
            Self::RateLimited { .. } => "rate_limited",
            Self::ConcurrencyLimited { .. } => "concurrency_limited",
            Self::UpstreamError { .. } => "upstream_error",
            Self::Overloaded => "overloaded",
            Self::Timeout => "timeout",
            Self::Internal => "internal",
            Self::TooLarge { .. } => "too_large",
        }
    }

    /// The status that a refusal has whatever the contract says: that of HTTP itself.
    pub fn own_status(&self) -> Option<u16> {
        match self {
            Self::Malformed(Malformation::Http { status, .. }) => Some(*status),
            _ => None,
        }
    }

    /// What fills the blanks of a text about it: `<model>`, `<id>`, `<detail>`, `<limit>` and so on.
    pub fn blanks(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::NotEntitled { model } | Self::RetiredModel { model } => vec![("model", model.clone())],
            Self::UnknownModel { received, .. } => vec![("model", received.clone())],
            Self::UnknownJob { id } => vec![("id", id.clone())],
            Self::Malformed(
                Malformation::Json(detail)
                | Malformation::Multipart(detail)
                | Malformation::Encoding(detail)
                | Malformation::Http { detail, .. },
            ) => vec![("detail", detail.clone())],
            Self::Malformed(Malformation::NotAnObject(kind)) => vec![("kind", (*kind).to_owned())],
            Self::Malformed(Malformation::MediaType(received)) => {
                vec![("detail", received.clone().unwrap_or_default())]
            }
            Self::RateLimited { limit, window_seconds, retry_after_ms, model } => vec![
                ("limit", limit.to_string()),
                ("window_seconds", window_seconds.to_string()),
                ("retry_after_ms", retry_after_ms.to_string()),
                ("model", model.clone().unwrap_or_default()),
            ],
            Self::ConcurrencyLimited { limit } => vec![("limit", limit.to_string())],
            Self::UpstreamError { status } => vec![("status", status.to_string())],
            Self::TooLarge { limit_bytes } => vec![("limit", limit_bytes.to_string())],
            Self::Malformed(Malformation::Empty | Malformation::NotUtf8)
            | Self::Unauthorized(_)
            | Self::Forbidden
            | Self::UnknownRoute { .. }
            | Self::Invalid { .. }
            | Self::InsufficientCredits
            | Self::Overloaded
            | Self::Timeout
            | Self::Internal => Vec::new(),
        }
    }

    /// The name of the finer case, where a contract may word it apart (`[problems.NAME.variants.CASE]`).
    ///
    /// For `invalid` it is the place and, if the first violation concerns an image, that image's rule.
    pub fn variant(&self) -> Option<&'static str> {
        match self {
            Self::Unauthorized(fault) => Some(fault.name()),
            Self::Malformed(malformation) => Some(malformation.name()),
            Self::Invalid { place: Place::Query, .. } => Some("query"),
            Self::Invalid { place: Place::Body, violations } => {
                violations.first().and_then(|violation| violation.rule.image_name())
            }
            Self::UnknownRoute { allowed } => (!allowed.is_empty()).then_some("method"),
            Self::UnknownModel { in_path, .. } => in_path.then_some("path"),
            Self::Forbidden
            | Self::NotEntitled { .. }
            | Self::RetiredModel { .. }
            | Self::UnknownJob { .. }
            | Self::InsufficientCredits
            | Self::RateLimited { .. }
            | Self::ConcurrencyLimited { .. }
            | Self::UpstreamError { .. }
            | Self::Overloaded
            | Self::Timeout
            | Self::Internal
            | Self::TooLarge { .. } => None,
        }
    }
}

/// Why an accepted job failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureReason {
    /// The content was refused by a content policy.
    Moderation,
    /// An image is too small, too long or too wide for the model.
    BadPicture,
    /// An image could not be fetched.
    UnreachablePicture,
    /// An image could not be decoded, or is of a type the model does not take.
    UnreadablePicture,
    /// The model does not offer this combination of members.
    Unsupported,
    /// The vendor behind the vendor broke.
    UpstreamError,
    /// The vendor gave up waiting.
    Timeout,
    /// The vendor broke.
    Internal,
}

impl FailureReason {
    /// Every reason.
    pub const ALL: [Self; 8] = [
        Self::Moderation,
        Self::BadPicture,
        Self::UnreachablePicture,
        Self::UnreadablePicture,
        Self::Unsupported,
        Self::UpstreamError,
        Self::Timeout,
        Self::Internal,
    ];

    /// The name under `[failures]` in a contract, in directives and in the control API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Moderation => "moderation",
            Self::BadPicture => "bad_picture",
            Self::UnreachablePicture => "unreachable_picture",
            Self::UnreadablePicture => "unreadable_picture",
            Self::Unsupported => "unsupported",
            Self::UpstreamError => "upstream_error",
            Self::Timeout => "timeout",
            Self::Internal => "internal",
        }
    }

    /// The reason of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}
