//! The faults of a response on its way out, as a scenario says.
//!
//! A handler puts the fault into the extensions of the response ([`TransportFault`], and [`DownloadFault`] for
//! downloads of a result). [`deliver`] takes it out again: it changes head and body, waits if the
//! answer is to be late, and agrees with the connection's wire after which byte it ends ([`line`]).
//! Bytes that never became a request (`wire.rs`) are answered without faults.

mod line;
mod pieces;
#[cfg(test)]
mod tests;

use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use axum::http::response::Parts;
use axum::http::{HeaderValue, Method, Response, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt, Collected};

pub(super) use self::line::{Course, Parting, ResponseLine};
use self::pieces::{AfterBody, Pieces};
use crate::scenario::{DownloadFault, DownloadFaultKind, TransportFault, TransportFaultKind};
use crate::timeouts::SLOW_SECONDS;

/// What `garbage` puts in place of a body: the start of an answer that breaks off.
const GARBAGE: &[u8] = br#"{"id":"0","status":,"data":[{"url":"#;

/// Applies the faults of a response to a request with this method.
///
/// The response is changed, and comes as late as its fault says. One without faults is handed back as it is.
pub(super) async fn deliver(
    mut answer: Response<Body>,
    method: &Method,
    line: &ResponseLine,
) -> Response<Body> {
    let fault = answer.extensions_mut().remove::<TransportFault>();
    let download_fault = answer.extensions_mut().remove::<DownloadFault>();
    if fault.is_none() && download_fault.is_none() {
        return answer;
    }
    let mut response = FaultyResponse::of(answer).await;
    if let Some(fault) = &download_fault {
        response.spoil(fault);
    }
    if let Some(fault) = &fault {
        response.apply(fault);
    }
    // By the machine's clock: what is exercised here is a client's own timeout.
    if !response.late.is_zero() {
        tokio::time::sleep(response.late).await;
    }
    line.quiet().await;
    response.depart(method, line)
}

/// A small page such as gateways make, without a word of the vendor's.
pub(super) fn gateway_page(status: StatusCode) -> Response<Body> {
    let mut answer = Response::new(Body::from(gateway_text(status)));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    answer
}

fn gateway_text(status: StatusCode) -> String {
    let title = if status.is_client_error() || status.is_server_error() {
        format!("{} {}", status.as_str(), status.canonical_reason().unwrap_or("Error"))
    } else {
        "One moment, please".to_owned()
    };
    format!(
        "<html>\n<head><title>{title}</title></head>\n<body>\n<center><h1>{title}</h1></center>\n<hr>\n</body>\n</html>\n"
    )
}

/// A response with everything that is to become of it.
struct FaultyResponse {
    head: Parts,
    /// What comes of the body. Of a file that is only asked about (HEAD) there is nothing even at first.
    content: Bytes,
    /// The length that the head announces; `None` if an answer with this status has none.
    announced: Option<u64>,
    late: Duration,
    spread: Duration,
    course: Course,
}

impl FaultyResponse {
    async fn of(answer: Response<Body>) -> Self {
        let (mut head, body) = answer.into_parts();
        // Bodies on these paths are in memory, so nothing is waited for and nothing can break.
        let content = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
        let said = head.headers.remove(CONTENT_LENGTH);
        head.headers.remove(TRANSFER_ENCODING);
        let said = said.and_then(|length| length.to_str().ok()?.parse().ok());
        let bodiless = matches!(head.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        let announced = (!bodiless).then(|| said.unwrap_or(content.len() as u64));
        let course = Course { room: u64::MAX, parting: None };
        Self { head, content, announced, late: Duration::ZERO, spread: Duration::ZERO, course }
    }

    /// What a fault of the result does to a download.
    fn spoil(&mut self, fault: &DownloadFault) {
        match fault.fault {
            DownloadFaultKind::Slow => self.spread = seconds(fault.delay.unwrap_or(SLOW_SECONDS)),
            DownloadFaultKind::Truncate => {
                let length = self.content.len() as u64;
                if length > 0 {
                    self.keep(fault.after_bytes.unwrap_or(length / 2).min(length - 1));
                    self.course.parting = Some(Parting::Closed);
                }
            }
            // Those are other answers, not this one gone wrong.
            DownloadFaultKind::Missing
            | DownloadFaultKind::Expired
            | DownloadFaultKind::Html
            | DownloadFaultKind::MoovLast => {}
        }
    }

    /// What a fault on the wire does.
    fn apply(&mut self, fault: &TransportFault) {
        let delay = fault.delay.map(seconds);
        self.late = delay.unwrap_or_default();
        match fault.fault {
            TransportFaultKind::Reset => {
                self.course = Course { room: fault.after_bytes.unwrap_or(0), parting: Some(Parting::Reset) };
            }
            TransportFaultKind::Empty => self.course = Course { room: 0, parting: Some(Parting::Closed) },
            TransportFaultKind::Close => {
                self.head.headers.remove(CONNECTION);
                self.course.parting = Some(Parting::Closed);
            }
            TransportFaultKind::SlowFirstByte => self.late = delay.unwrap_or(seconds(SLOW_SECONDS)),
            TransportFaultKind::SlowBody => {
                self.late = Duration::ZERO;
                self.spread = delay.unwrap_or(seconds(SLOW_SECONDS));
            }
            TransportFaultKind::WrongType => {
                self.head.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
            }
            TransportFaultKind::Garbage => self.replace(Bytes::from_static(GARBAGE)),
            TransportFaultKind::Html => {
                let status = fault.status.and_then(|status| StatusCode::from_u16(status).ok());
                let (head, _) = gateway_page(status.unwrap_or(StatusCode::BAD_GATEWAY)).into_parts();
                let text = gateway_text(head.status);
                self.head = head;
                self.announced = Some(0);
                self.replace(Bytes::from(text));
            }
            TransportFaultKind::Truncate => {
                if let Some(length) = self.announced {
                    let left = fault.after_bytes.unwrap_or(length / 2).min(length);
                    self.announced = Some(left);
                    self.keep(left);
                }
            }
            TransportFaultKind::WrongLength => {
                if let Some(length) = self.announced {
                    let coming = fault.after_bytes.unwrap_or(length).min(length);
                    self.announced = Some(length.max(coming + 1));
                    self.keep(coming);
                }
                self.course.parting = Some(Parting::Closed);
            }
        }
    }

    /// Cuts off what is beyond so many bytes.
    fn keep(&mut self, bytes: u64) {
        self.content.truncate(usize::try_from(bytes).unwrap_or(usize::MAX));
    }

    /// Puts another body in the place of this one, if the answer has one.
    fn replace(&mut self, content: Bytes) {
        if self.announced.is_some() {
            self.announced = Some(content.len() as u64);
            self.content = content;
        }
    }

    /// Lets the answer go.
    fn depart(mut self, method: &Method, line: &ResponseLine) -> Response<Body> {
        if let Some(length) = self.announced {
            self.head.headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        if self.announced.is_none() {
            self.content = Bytes::new();
        }
        // To a HEAD the library writes none of the body.
        let short = *method != Method::HEAD
            && self.announced.is_some_and(|length| length > self.content.len() as u64);
        // A body that never ends must end the connection, or the caller waits for ever.
        if short && self.course.parting.is_none() {
            self.course.parting = Some(Parting::Closed);
        }
        line.take(self.course);
        let then = if short { AfterBody::Stays } else { AfterBody::Ends };
        let body = Pieces::new(self.content, self.spread, then, line.clone());
        Response::from_parts(self.head, Body::new(body))
    }
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
