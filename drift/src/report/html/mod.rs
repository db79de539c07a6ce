//! One page for the eye: the verdict, what to do, and each change with both sides of it.
//!
//! The page is self-contained and runs no script; its content security policy lets it load nothing. All text is
//! escaped by the template; the style sheet is the only thing put in as it is, and it holds no data.

mod style;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;

use super::groups::{OperationGroup, by_operation};
use super::words;
use crate::Severity;
use crate::finding::{BaselineState, Finding, Report, SourceLine};
use crate::wording::shorten_finding;
use mockreel_evidence::issue::{MESSAGE_CHARS, NAME_CHARS, escape};

/// So many findings stand in the page at most; the JSON report has all.
const MOST_FINDINGS: usize = 500;
/// So many places of one finding are listed at most.
const MOST_PLACES: usize = 200;

/// The report as one page.
pub(super) fn write_html(report: &Report) -> String {
    let css = style::write_css();
    let title = fit_name(if report.headline.is_empty() { "Drift" } else { &report.headline });
    let mut left = MOST_FINDINGS;
    let groups: Vec<Markup> =
        by_operation(report).iter().map(|group| write_section(group, &mut left)).collect();
    let told: usize = by_operation(report).iter().map(|group| group.findings.len()).sum();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(style::write_policy(&css));
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { "Drift: " (title) }
                style { (PreEscaped(&css)) }
            }
            body {
                header {
                    p class="quiet wire" { (fit_name(&report.old)) " → " (fit_name(&report.new)) }
                    h1 { (write_prose(&report.headline)) }
                    p class="counts" { (words::count_findings(report)) }
                }
                main {
                    (write_unreachable(report))
                    (write_orders(report))
                    @for group in groups { (group) }
                    @if told > MOST_FINDINGS {
                        p { "… and " (told - MOST_FINDINGS) " more findings; the JSON report has all." }
                    }
                    (write_rest(report))
                }
                footer { "Written by Mockreel " (env!("CARGO_PKG_VERSION")) "." }
            }
        }
    };
    page.into_string() + "\n"
}

fn write_unreachable(report: &Report) -> Markup {
    html! {
        @if !report.unreachable.is_empty() {
            section {
                h2 { "Unreachable" }
                p { "Nothing is known of these; what was there at the last look still counts." }
                ul {
                    @for source in &report.unreachable { li { (fit_message(&words::describe_unreachable(source))) } }
                }
            }
        }
    }
}

/// What to do about what breaks, each once.
fn write_orders(report: &Report) -> Markup {
    let mut orders: Vec<&str> = report
        .findings
        .iter()
        .filter(|finding| super::is_news(finding) && finding.severity == Severity::Breaking)
        .filter_map(|finding| finding.advice.as_deref())
        .collect();
    let mut seen = std::collections::BTreeSet::new();
    orders.retain(|order| seen.insert(*order));
    html! {
        @if orders.len() > 1 {
            section {
                h2 { "What to do" }
                ul { @for order in orders.iter().take(MOST_PLACES) { li { (write_prose(order)) } } }
            }
        }
    }
}

fn write_section(group: &OperationGroup<'_>, left: &mut usize) -> Markup {
    let count = group.findings.len().min(*left);
    *left -= count;
    html! {
        @if count > 0 {
            section {
                h2 { (fit_name(group.title())) }
                @for finding in group.findings.iter().take(count) { (write_article(finding)) }
            }
        }
    }
}

fn write_article(finding: &Finding) -> Markup {
    let facts = [
        finding.schema.as_ref().map(|schema| format!("shared schema {schema}")),
        words::origin_of(finding),
        words::list_names(&finding.files).map(|files| format!("in {files}")),
        words::list_names(&finding.models).map(|models| format!("of {models}")),
        words::evidence_of(finding),
        words::verdict_of(finding),
    ];
    let places = finding.places();
    html! {
        article class=(format!("finding {}", finding.severity.name())) id=(name_anchor(finding)) {
            h3 {
                span class=(format!("badge {}", finding.severity.name())) { (finding.severity.name()) } " "
                (write_prose(&shorten_finding(finding)))
                @if let Some(word) = words::baseline_of(finding) { span class="quiet" { " (" (word) ")" } }
            }
            @if let Some(advice) = &finding.advice { p class="do" { "Do: " (write_prose(advice)) } }
            p class="quiet facts" { (finding.kind.name()) " · " code { (fit_name(&words::place_of(finding))) } }
            @if finding.from.is_some() || finding.to.is_some() || finding.line.is_some() || finding.to_line.is_some() {
                div class="sides" {
                    (write_side("Before", finding.from.as_ref(), finding.line.as_ref()))
                    (write_side("Now", finding.to.as_ref(), finding.to_line.as_ref()))
                }
            }
            @if places.len() > 1 {
                details {
                    summary { (places.len()) " places" }
                    ul {
                        @for part in finding.parts.iter().take(MOST_PLACES) {
                            li { (part.severity.name()) " " (part.kind.name()) " " code { (fit_name(&part.place)) } }
                        }
                        @if finding.parts.len() > MOST_PLACES {
                            li { "… and " (finding.parts.len() - MOST_PLACES) " more" }
                        }
                    }
                }
            }
            @for fact in facts.into_iter().flatten() { p class="facts wire" { (fit_message(&fact)) } }
        }
    }
}

/// One side of a change: what was said there, and where.
fn write_side(title: &str, fact: Option<&Value>, at: Option<&SourceLine>) -> Markup {
    html! {
        div class="side" {
            p class="quiet facts" {
                (title)
                @if let Some(at) = at { " · " span class="wire" { (fit_name(&at.file)) ":" (at.line) } }
            }
            p { @match fact {
                Some(fact) => code { (fit_message(&fact.to_string())) },
                None => span class="quiet" { "nothing" },
            } }
        }
    }
}

/// What is gone, known, folded, or was not compared.
fn write_rest(report: &Report) -> Markup {
    let gone: Vec<&Finding> =
        report.findings.iter().filter(|finding| finding.baseline == Some(BaselineState::Absent)).collect();
    let gaps = words::list_gaps(report);
    html! {
        @if !gone.is_empty() {
            section {
                h2 { "No longer so" }
                ul {
                    @for finding in gone.iter().take(MOST_PLACES) {
                        li { (finding.kind.name()) " " code { (fit_name(&words::place_of(finding))) } }
                    }
                    @if gone.len() > MOST_PLACES { li { "… and " (gone.len() - MOST_PLACES) " more" } }
                }
            }
        }
        @if !gaps.is_empty() {
            section {
                h2 { "Not compared" }
                ul { @for gap in gaps.iter().take(MOST_PLACES) { li { (fit_message(gap)) } } }
            }
        }
        @for folded in [words::sum_up_known(report), words::sum_up_folded(report)].into_iter().flatten() {
            p class="quiet" { (folded) }
        }
    }
}

/// A sentence, with what stands in backticks as code.
fn write_prose(text: &str) -> Markup {
    let text = fit_message(text);
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// A name that a link can lead to.
fn name_anchor(finding: &Finding) -> String {
    let letters = finding.fingerprint.chars().filter(char::is_ascii_alphanumeric).take(16);
    format!("f-{}", letters.collect::<String>())
}

/// A name, a place: one line of it.
fn fit_name(text: &str) -> String {
    escape::one_line(text, NAME_CHARS)
}

/// A sentence: one line of it.
fn fit_message(text: &str) -> String {
    escape::one_line(text, MESSAGE_CHARS)
}
