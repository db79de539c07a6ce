//! What goes wrong with an answer on its way out, as a scenario ordered it.
//!
//! Whoever answers puts the order into the extensions of the response ([`Fault`], and [`Spoilt`] for
//! downloads of a result). [`deliver`] takes it out again: it changes head and body, waits if the
//! answer is to be late, and agrees with the connection's wire after which byte it ends ([`line`]).
//! What never became a request (`wire.rs`) is answered without faults.

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

pub(super) use self::line::{Course, Line, Parting};
use self::pieces::{Pieces, Then};
use crate::scenario::{ResultFault, ResultOrder, WireFault, WireOrder};

/// How long something that is slow takes unless said otherwise, in seconds.
const SLOW: f64 = 5.0;

/// What `garbage` puts in place of a body: the start of an answer that whoever wrote it lost track of.
const GARBAGE: &[u8] = br#"{"id":"0","status":,"data":[{"url":"#;

/// What happens to an answer on the wire, put into its extensions.
#[derive(Clone, Debug)]
pub(super) struct Fault(pub(super) WireOrder);

/// How a download goes wrong on its way, put into the answer's extensions: `truncate` and `slow`.
#[derive(Clone, Debug)]
pub(super) struct Spoilt(pub(super) ResultOrder);

/// Carries out what was ordered for an answer to a request with this method.
///
/// The answer is changed, and comes as late as was ordered. An answer that nothing was ordered for
/// is handed back as it is.
pub(super) async fn deliver(mut answer: Response<Body>, method: &Method, line: &Line) -> Response<Body> {
    let fault = answer.extensions_mut().remove::<Fault>();
    let spoilt = answer.extensions_mut().remove::<Spoilt>();
    if fault.is_none() && spoilt.is_none() {
        return answer;
    }
    let mut delivery = Delivery::of(answer).await;
    if let Some(Spoilt(order)) = &spoilt {
        delivery.spoil(order);
    }
    if let Some(Fault(order)) = &fault {
        delivery.follow(order);
    }
    // By the machine's clock: what is exercised here is a client's own patience.
    if !delivery.late.is_zero() {
        tokio::time::sleep(delivery.late).await;
    }
    line.quiet().await;
    delivery.depart(method, line)
}

/// A small page such as gateways make, without a word of the vendor's.
pub(super) fn page(status: StatusCode) -> Response<Body> {
    let mut answer = Response::new(Body::from(page_text(status)));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    answer
}

fn page_text(status: StatusCode) -> String {
    let title = if status.is_client_error() || status.is_server_error() {
        format!("{} {}", status.as_str(), status.canonical_reason().unwrap_or("Error"))
    } else {
        "One moment, please".to_owned()
    };
    format!(
        "<html>\n<head><title>{title}</title></head>\n<body>\n<center><h1>{title}</h1></center>\n<hr>\n</body>\n</html>\n"
    )
}

/// An answer with everything that is to become of it.
struct Delivery {
    head: Parts,
    /// What comes of the body. Of a file that is only asked about (HEAD) there is nothing even at first.
    content: Bytes,
    /// The length that the head announces; `None` if an answer with this status has none.
    announced: Option<u64>,
    late: Duration,
    spread: Duration,
    course: Course,
}

impl Delivery {
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
    fn spoil(&mut self, order: &ResultOrder) {
        match order.fault {
            ResultFault::Slow => self.spread = seconds(order.delay.unwrap_or(SLOW)),
            ResultFault::Truncate => {
                let length = self.content.len() as u64;
                if length > 0 {
                    self.keep(order.after_bytes.unwrap_or(length / 2).min(length - 1));
                    self.course.parting = Some(Parting::Closed);
                }
            }
            // Those are other answers, not this one gone wrong.
            ResultFault::Missing | ResultFault::Expired | ResultFault::Html => {}
        }
    }

    /// What a fault on the wire does.
    fn follow(&mut self, order: &WireOrder) {
        let delay = order.delay.map(seconds);
        self.late = delay.unwrap_or_default();
        match order.fault {
            WireFault::Reset => {
                self.course = Course { room: order.after_bytes.unwrap_or(0), parting: Some(Parting::Reset) };
            }
            WireFault::Empty => self.course = Course { room: 0, parting: Some(Parting::Closed) },
            WireFault::Close => {
                self.head.headers.remove(CONNECTION);
                self.course.parting = Some(Parting::Closed);
            }
            WireFault::SlowFirstByte => self.late = delay.unwrap_or(seconds(SLOW)),
            WireFault::SlowBody => {
                self.late = Duration::ZERO;
                self.spread = delay.unwrap_or(seconds(SLOW));
            }
            WireFault::WrongType => {
                self.head.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
            }
            WireFault::Garbage => self.replace(Bytes::from_static(GARBAGE)),
            WireFault::Html => {
                let status = order.status.and_then(|status| StatusCode::from_u16(status).ok());
                let (head, _) = page(status.unwrap_or(StatusCode::BAD_GATEWAY)).into_parts();
                let text = page_text(head.status);
                self.head = head;
                self.announced = Some(0);
                self.replace(Bytes::from(text));
            }
            WireFault::Truncate => {
                if let Some(length) = self.announced {
                    let left = order.after_bytes.unwrap_or(length / 2).min(length);
                    self.announced = Some(left);
                    self.keep(left);
                }
            }
            WireFault::WrongLength => {
                if let Some(length) = self.announced {
                    let coming = order.after_bytes.unwrap_or(length).min(length);
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
    fn depart(mut self, method: &Method, line: &Line) -> Response<Body> {
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
        let then = if short { Then::Stays } else { Then::Ends };
        let body = Pieces::new(self.content, self.spread, then, line.clone());
        Response::from_parts(self.head, Body::new(body))
    }
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
