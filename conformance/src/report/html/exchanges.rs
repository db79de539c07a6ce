//! The exchanges of the reports: each once, folded, cut where it is long.

use maud::{Markup, html};

use crate::outcome::Report;
use crate::report::{escape, phrases, wire};
use mockreel_evidence::exchange::{Content, Exchange};

/// The most characters of a body.
const BODY_CHARS: usize = 6_000;
/// The most characters of all bodies on the page; later exchanges come without.
const PAGE_CHARS: usize = 4_000_000;

/// The anchor of an exchange.
pub(super) fn anchor(report: usize, number: u32) -> String {
    format!("x{}-{number}", report + 1)
}

/// `#4 GET https://... → 200`.
pub(super) fn outline(exchange: &Exchange) -> String {
    format!("#{} {}", exchange.number, wire::outline(exchange))
}

/// All exchanges, by report.
pub(super) fn section(reports: &[Report]) -> Markup {
    let mut left = PAGE_CHARS;
    html! {
        section id="exchanges" {
            h2 { "Exchanges" }
            p class="quiet" { "Keys and signatures were taken out before anything was kept." }
            @for (at, report) in reports.iter().enumerate() {
                h3 class="wire" { (phrases::vendor(report)) }
                @if report.exchanges.is_empty() { p { "None." } }
                @for exchange in &report.exchanges { (one(at, exchange, &mut left)) }
            }
        }
    }
}

fn one(report: usize, exchange: &Exchange, left: &mut usize) -> Markup {
    html! {
        article id=(anchor(report, exchange.number)) {
            h5 class="wire" { (outline(exchange)) }
            p class="quiet facts" {
                "for " (escape::one_line(&exchange.case, phrases::NAME_CHARS))
                " · " (exchange.at_ms) " ms after the start · took " (exchange.took_ms) " ms"
            }
            details {
                summary { "Request" }
                (message(&wire::request_line(&exchange.request), &exchange.request.headers, &exchange.request.body, left))
            }
            @if let Some(answer) = &exchange.answer {
                details {
                    summary { "Answer " (answer.status) }
                    (message(&answer.status.to_string(), &answer.headers, &answer.body, left))
                }
            } @else {
                p class="wire" { "No answer: " (wire::answer_line(exchange)) }
            }
        }
    }
}

fn message(first: &str, headers: &[(String, String)], body: &Content, left: &mut usize) -> Markup {
    let limit = BODY_CHARS.min(*left);
    let shown = wire::body(body, limit);
    *left -= shown.as_ref().map_or(0, |shown| shown.text.chars().count()).min(*left);
    html! {
        pre class="wire head" {
            (first) "\n"
            @for line in wire::headers(headers) { (line) "\n" }
        }
        @if let Some(shown) = shown {
            pre class="wire" { (shown.text) }
            @if let Some(note) = shown.note { p class="note" { "… " (note) "; the JSON report has all." } }
        } @else { p class="quiet" { "no body" } }
    }
}
