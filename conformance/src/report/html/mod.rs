//! One page for the eye: a matrix of cases and vendors, and what is behind each cell.
//!
//! The page is self-contained and runs no script; its content security policy lets it load nothing. All text is
//! escaped by the template; the style sheet is the only thing put in as it is, and it holds no data.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use self::table::{Table, TableRow};
use super::{escape, phrases};
use crate::outcome::{CaseResult, Outcome, Report};

mod detail;
mod exchanges;
mod style;
mod table;

/// So many results are listed openly as failures, and the next ones folded.
const OPEN: usize = 12;
/// The most results in that list; the matrix has all.
const TO_READ: usize = 200;

/// The reports as one page.
pub fn html(reports: &[Report]) -> String {
    let table = Table::new(reports);
    let css = style::css();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(style::policy(&css));
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { "Conformance report" }
                style { (PreEscaped(&css)) }
            }
            body {
                a class="skip" href="#read" { "Skip to the failures" }
                header {
                    h1 { "Conformance report" }
                    nav aria-label="Parts of this page" {
                        a href="#read" { "Failures" }
                        a href="#matrix" { "Matrix" }
                        a href="#cases" { "Cases" }
                        a href="#clauses" { "Clauses" }
                        a href="#exchanges" { "Exchanges" }
                    }
                    div class="cards" { @for report in reports { (card(report)) } }
                }
                main {
                    (to_read(&table))
                    (matrix(&table))
                    section id="cases" {
                        h2 { "Cases" }
                        @for (area, rows) in table.areas() { (detail::area(&table, area, &rows)) }
                    }
                    (detail::clauses(&table))
                    (exchanges::section(reports))
                }
                footer { "Written by Mockreel " (env!("CARGO_PKG_VERSION")) "." }
            }
        }
    };
    page.into_string() + "\n"
}

/// Who was checked, when, and how it went.
fn card(report: &Report) -> Markup {
    let verdict = if report.exit_code == 0 { "card fine" } else { "card bad" };
    html! {
        section class=(verdict) {
            h2 { (phrases::vendor(report)) }
            p class="verdict" {
                b { (phrases::exit_meaning(report.exit_code)) } " (exit code " (report.exit_code) ")"
            }
            p class="counts" {
                @for (outcome, count) in phrases::counts(report) { (badge(outcome, Some(count))) " " }
            }
            dl {
                dt { "Target" } dd { (line(&report.target)) }
                dt { "Started" } dd { (line(&report.started)) }
                dt { "Seed" } dd { (report.seed) }
                dt { "Spend" } dd { (phrases::spend(report)) }
                @for notice in &report.notices {
                    dt { "Note" } dd class="wire" { (escape::one_line(notice, phrases::MESSAGE_CHARS)) }
                }
            }
        }
    }
}

/// The results that somebody has to do something about, the gravest first.
fn to_read(table: &Table<'_>) -> Markup {
    let mut found: Vec<(&TableRow<'_>, usize, &CaseResult)> = Vec::new();
    for row in &table.rows {
        let held = row.cells.iter().enumerate().filter_map(|(at, cell)| cell.map(|result| (row, at, result)));
        found.extend(held.filter(|(_, _, result)| phrases::is_worth_reading(result.outcome)));
    }
    found.sort_by_key(|(_, _, result)| (phrases::gravity(result.outcome), std::cmp::Reverse(result.level)));
    html! {
        section id="read" {
            h2 { "Failures" }
            @if found.is_empty() { p { "Nothing: every case that ran passed." } }
            @let (open, folded) = found.split_at(found.len().min(OPEN));
            ul class="read" { @for (row, at, result) in open { (item(table, row, *at, result)) } }
            @if !folded.is_empty() {
                details {
                    summary { (folded.len()) " more" }
                    ul class="read" {
                        @for (row, at, result) in folded.iter().take(TO_READ - OPEN) { (item(table, row, *at, result)) }
                    }
                }
            }
            @if found.len() > TO_READ {
                p { "… and " (found.len() - TO_READ) " more; the matrix has all." }
            }
        }
    }
}

fn item(table: &Table<'_>, row: &TableRow<'_>, at: usize, result: &CaseResult) -> Markup {
    html! {
        li {
            (badge(result.outcome, None)) " "
            a href=(format!("#{}", row.anchor_in(at))) { (line(&result.id)) }
            " " span class="quiet wire" { (result.level.word()) " " (phrases::vendor(&table.reports[at])) }
            " " span class="wire" { (line(&result.title)) }
            div class="wire quiet" { (message(result)) }
        }
    }
}

/// Cases down, vendors across.
fn matrix(table: &Table<'_>) -> Markup {
    html! {
        section id="matrix" {
            h2 { "Matrix" }
            p class="legend" {
                @for outcome in Outcome::ALL { (badge(outcome, None)) " " }
            }
            div class="scroll" role="region" aria-label="Cases by vendor" tabindex="0" {
                table {
                    thead {
                        tr {
                            th scope="col" { "Case" }
                            @for report in table.reports {
                                th scope="col" class="vendor" {
                                    (line(&report.vendor)) br;
                                    span class="quiet" {
                                        "@" (line(&report.edition)) br;
                                        @if let Some(model) = &report.model { (line(model)) br; }
                                        (line(&report.target))
                                    }
                                }
                            }
                        }
                    }
                    @for (area, rows) in table.areas() {
                        tbody {
                            tr class="area" {
                                th scope="rowgroup" { (line(area)) }
                                td colspan=(table.reports.len()) {}
                            }
                            @for row in rows { (matrix_row(table, row)) }
                        }
                    }
                }
            }
        }
    }
}

fn matrix_row(table: &Table<'_>, row: &TableRow<'_>) -> Markup {
    html! {
        tr {
            th scope="row" {
                a href=(format!("#{}", row.anchor)) { (line(row.id)) }
                span class="title quiet" { (line(row.title)) }
            }
            @for (at, cell) in row.cells.iter().enumerate() {
                td {
                    @if let Some(result) = cell {
                        a class=(format!("cell {}", result.outcome.word())) href=(format!("#{}", row.anchor_in(at)))
                            title=(format!("{}: {}", result.outcome.word(), phrases::vendor(&table.reports[at]))) {
                            span aria-hidden="true" { (style::letter(result.outcome)) }
                            span class="unseen" { (result.outcome.word()) }
                        }
                    } @else {
                        span class="unseen" { "not in this run" }
                    }
                }
            }
        }
    }
}

/// An outcome as letter and word, with a count if there is one.
fn badge(outcome: Outcome, count: Option<usize>) -> Markup {
    html! {
        span class=(format!("badge {}", outcome.word())) {
            b aria-hidden="true" { (style::letter(outcome)) } " "
            @if let Some(count) = count { (count) " " }
            (outcome.word())
        }
    }
}

/// A name, a title, a place: one line of it.
fn line(text: &str) -> String {
    escape::one_line(text, phrases::NAME_CHARS)
}

fn message(result: &CaseResult) -> String {
    escape::one_line(&phrases::message(result), phrases::MESSAGE_CHARS * 4)
}
