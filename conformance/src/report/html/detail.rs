//! The detail behind a cell: the claim, what was found, the clause, notes, differences and exchanges.

use maud::{Markup, html};

use super::table::{Table, TableRow, entry_anchor};
use super::{badge, exchanges, line, message};
use crate::outcome::{CaseResult, Difference, Report};
use crate::report::curl::curl;
use crate::report::{escape, phrases};

/// The most notes of a result.
const NOTES: usize = 50;
/// The most differences of a result.
const DIFFERENCES: usize = 50;
/// The most exchanges that a result links to.
const LINKS: usize = 30;
/// The most characters of a note's value.
const VALUE_CHARS: usize = 2_000;

/// The cases of an area.
pub(super) fn area(table: &Table<'_>, area: &str, rows: &[&TableRow<'_>]) -> Markup {
    html! {
        h3 class="area" { (line(area)) }
        @for row in rows {
            section class="case" id=(row.anchor) {
                h4 { code { (line(row.id)) } " " span class="wire" { (line(row.title)) } }
                @for (at, cell) in row.cells.iter().enumerate() {
                    @if let Some(result) = cell { (detail(table, row, at, result)) }
                }
            }
        }
    }
}

fn detail(table: &Table<'_>, row: &TableRow<'_>, at: usize, result: &CaseResult) -> Markup {
    let report = &table.reports[at];
    html! {
        article id=(row.anchor_in(at)) {
            h5 {
                (badge(result.outcome, None)) " " span class="level" { (result.level.word()) }
                " " span class="wire" { (phrases::vendor(report)) }
            }
            @let message = message(result);
            @if !message.is_empty() { p class="wire message" { (message) } }
            @if let Some(clause) = &result.clause {
                p class="clause" {
                    "Clause "
                    @if let Some(anchor) = table.clause_anchor(at, clause) {
                        a href=(format!("#{anchor}")) { code { (line(&clause.place)) } }
                    }
                    ": " q class="wire" { (escape::one_line(&clause.quote, phrases::QUOTE_CHARS)) }
                    @if let Some(best) = clause.sources.first() {
                        " " span class="quiet wire" { (phrases::source(best)) }
                    }
                }
            }
            (differences(result))
            (notes(result))
            (repeat(report, result))
            (links(report, at, result))
            p class="quiet facts" { (facts(report, result)) }
        }
    }
}

/// What it cost, how long it took, and where the answers came from.
fn facts(report: &Report, result: &CaseResult) -> String {
    let evidence = match result.evidence {
        crate::outcome::Evidence::Live => "live",
        crate::outcome::Evidence::Cassette => "cassette",
        crate::outcome::Evidence::Emulator => "emulator",
    };
    let mut parts = vec![format!("cost {}", result.cost.word()), format!("evidence {evidence}")];
    if let Some(age) = result.evidence_age_s {
        parts.push(format!("{age} s old"));
    }
    parts.push(format!("took {} ms", result.took_ms));
    if result.flaky_runs > 0 {
        parts.push(phrases::plural(
            result.flaky_runs as usize,
            "run with another outcome",
            "runs with another outcome",
        ));
    }
    if result.spend.reserved != mockreel_contracts::Amount::ZERO {
        let unit = escape::one_line(&report.spend.unit, 40);
        parts.push(format!("spent {} of {} {unit} put aside", result.spend.settled, result.spend.reserved));
    }
    parts.join(" · ")
}

fn differences(result: &CaseResult) -> Markup {
    let count = result.differences.len();
    html! {
        @if count > 0 {
            details open[count <= 3] {
                summary { (phrases::plural(count, "difference to the reference", "differences to the reference")) }
                @for difference in result.differences.iter().take(DIFFERENCES) { (one_difference(difference)) }
                @if count > DIFFERENCES { p { "… and " (count - DIFFERENCES) " more." } }
            }
        }
    }
}

fn one_difference(difference: &Difference) -> Markup {
    let told = |value: &Option<serde_json::Value>| match value {
        Some(value) => escape::one_line(&value.to_string(), phrases::QUOTE_CHARS),
        None => "nothing".to_owned(),
    };
    html! {
        dl class="difference" {
            dt { "at" } dd { code class="wire" { (phrases::pointer(&difference.pointer)) } }
            dt { "reference" } dd { code class="wire" { (told(&difference.reference)) } }
            dt { "found" } dd { code class="wire" { (told(&difference.found)) } }
        }
    }
}

fn notes(result: &CaseResult) -> Markup {
    let count = result.notes.len();
    html! {
        @if count > 0 {
            details {
                summary { (phrases::plural(count, "note", "notes")) }
                dl class="notes" {
                    @for note in result.notes.iter().take(NOTES) {
                        dt class="wire" { (line(&note.name)) }
                        dd { code class="wire" { (escape::one_line(&note.value.to_string(), VALUE_CHARS)) } }
                    }
                }
                @if count > NOTES { p { "… and " (count - NOTES) " more." } }
            }
        }
    }
}

/// The last request as a command, where the claim did not hold.
fn repeat(report: &Report, result: &CaseResult) -> Markup {
    let line = curl(report, result).filter(|_| phrases::did_not_hold(result.outcome));
    html! {
        @if let Some(line) = line {
            p { "Repeat: " code class="wire" { (line) } }
        }
    }
}

/// Links to the exchanges; what is not kept is left out.
fn links(report: &Report, at: usize, result: &CaseResult) -> Markup {
    let held: Vec<u32> =
        result.exchanges.iter().copied().filter(|number| report.exchange(*number).is_some()).collect();
    html! {
        @if !held.is_empty() {
            details open[phrases::did_not_hold(result.outcome)] {
                summary { (phrases::plural(held.len(), "exchange", "exchanges")) }
                ul class="links" {
                    @for exchange in held.iter().take(LINKS).filter_map(|number| report.exchange(*number)) {
                        li {
                            a class="wire" href=(format!("#{}", exchanges::anchor(at, exchange.number))) {
                                (exchanges::outline(exchange))
                            }
                        }
                    }
                }
                @if held.len() > LINKS { p { "… and " (held.len() - LINKS) " more." } }
            }
        }
    }
}

/// Every clause with all of its sources, and the cases that rest on it.
pub(super) fn clauses(table: &Table<'_>) -> Markup {
    html! {
        section id="clauses" {
            h2 { "Clauses" }
            @if table.clauses.is_empty() { p { "No case rests on a clause." } }
            @for (place, entry) in table.clauses.iter().enumerate() {
                article id=(entry_anchor(place)) {
                    h5 {
                        code class="wire" { (line(&entry.clause.place)) } " "
                        span class="quiet wire" { (phrases::vendor(entry.report)) }
                    }
                    p { q class="wire" { (escape::one_line(&entry.clause.quote, VALUE_CHARS)) } }
                    ul {
                        @for source in &entry.clause.sources { li class="wire" { (phrases::source(source)) } }
                    }
                    p { "Rests on it: "
                        @for (number, (id, anchor)) in entry.cases.iter().enumerate() {
                            @if number > 0 { ", " }
                            a href=(format!("#{anchor}")) { (line(id)) }
                        }
                    }
                    p class="quiet facts wire" { "sha256 " (line(&entry.clause.sha256)) }
                }
            }
        }
    }
}
