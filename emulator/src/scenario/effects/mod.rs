//! The effects of a scenario, by what they touch: the job, the response, the transport, the download, the webhook.

mod job;
mod problem_name;
mod response;
mod span;
#[cfg(test)]
mod tests;
mod transport;
mod webhook;

pub use self::job::{End, Holding, JobEffect};
pub use self::problem_name::ProblemName;
pub use self::response::{ResponseEffect, ResponseForm};
pub(crate) use self::span::LONGEST_SECONDS;
pub use self::span::Span;
pub use self::transport::{DownloadFault, DownloadFaultKind, TransportFault, TransportFaultKind};
pub use self::webhook::WebhookEffect;
