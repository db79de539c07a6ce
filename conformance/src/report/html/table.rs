//! The order of the page: which results stand in one row, and under which anchors they are found.

use std::collections::HashMap;

use super::super::phrases;
use crate::clause::Clause;
use crate::outcome::{CaseResult, Report};

/// The results by case and report, and the clauses they rest on.
pub(super) struct Table<'a> {
    /// The reports, in the order given.
    pub(super) reports: &'a [Report],
    /// A row for each case, areas together.
    pub(super) rows: Vec<TableRow<'a>>,
    /// Every clause once for a vendor's edition.
    pub(super) clauses: Vec<TableEntry<'a>>,
    by_clause: HashMap<ClauseKey<'a>, usize>,
}

/// A case in all reports.
pub(super) struct TableRow<'a> {
    /// The case.
    pub(super) id: &'a str,
    /// What it claims, as the first report has it.
    pub(super) title: &'a str,
    /// The anchor of the case: its id where that is fit for one, so that links last.
    pub(super) anchor: String,
    /// Its result in each report.
    pub(super) cells: Vec<Option<&'a CaseResult>>,
}

/// A clause, and who rests on it.
pub(super) struct TableEntry<'a> {
    pub(super) report: &'a Report,
    pub(super) clause: &'a Clause,
    /// Ids and anchors.
    pub(super) cases: Vec<(&'a str, String)>,
}

type ClauseKey<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str);

impl TableRow<'_> {
    /// The anchor of the case's result in one of the reports.
    pub(super) fn anchor_in(&self, report: usize) -> String {
        format!("{}-r{}", self.anchor, report + 1)
    }
}

impl<'a> Table<'a> {
    pub(super) fn new(reports: &'a [Report]) -> Self {
        let mut table = Self { reports, rows: rows(reports), clauses: Vec::new(), by_clause: HashMap::new() };
        table.gather_clauses();
        table
    }

    /// The rows of each area.
    pub(super) fn areas(&self) -> Vec<(&'a str, Vec<&TableRow<'a>>)> {
        let mut areas: Vec<(&str, Vec<&TableRow<'a>>)> = Vec::new();
        for row in &self.rows {
            let area = phrases::area(row.id);
            match areas.last_mut() {
                Some((last, rows)) if *last == area => rows.push(row),
                _ => areas.push((area, vec![row])),
            }
        }
        areas
    }

    /// The anchor of a result's clause.
    pub(super) fn clause_anchor(&self, report: usize, clause: &Clause) -> Option<String> {
        self.by_clause.get(&key(&self.reports[report], clause)).map(|at| entry_anchor(*at))
    }

    fn gather_clauses(&mut self) {
        for row in &self.rows {
            for (at, result) in row.cells.iter().enumerate() {
                let Some((result, clause)) = result.and_then(|held| Some((held, held.clause.as_ref()?)))
                else {
                    continue;
                };
                let report = &self.reports[at];
                let next = self.clauses.len();
                let place = *self.by_clause.entry(key(report, clause)).or_insert(next);
                if place == next {
                    self.clauses.push(TableEntry { report, clause, cases: Vec::new() });
                }
                self.clauses[place].cases.push((&result.id, row.anchor_in(at)));
            }
        }
    }
}

/// The anchor of a clause by its place on the page.
pub(super) fn entry_anchor(place: usize) -> String {
    format!("clause-{}", place + 1)
}

fn key<'a>(report: &'a Report, clause: &'a Clause) -> ClauseKey<'a> {
    (&report.vendor, &report.edition, &clause.place, &clause.quote, &clause.sha256)
}

fn rows(reports: &[Report]) -> Vec<TableRow<'_>> {
    let mut rows: Vec<TableRow<'_>> = Vec::new();
    // A report that has a case twice gets two rows, lest one of them be lost.
    let mut places: HashMap<(&str, usize), usize> = HashMap::new();
    for (at, report) in reports.iter().enumerate() {
        let mut times: HashMap<&str, usize> = HashMap::new();
        for result in &report.results {
            let time = times.entry(&result.id).or_default();
            let place = *places.entry((&result.id, *time)).or_insert_with(|| {
                let anchor = anchor(&result.id, *time, rows.len());
                let cells = vec![None; reports.len()];
                rows.push(TableRow { id: &result.id, title: &result.title, anchor, cells });
                rows.len() - 1
            });
            rows[place].cells[at] = Some(result);
            *time += 1;
        }
    }
    // A case that only a later report has joins the others of its area.
    let mut areas: HashMap<&str, usize> = HashMap::new();
    for row in &rows {
        let next = areas.len();
        areas.entry(phrases::area(row.id)).or_insert(next);
    }
    rows.sort_by_key(|row| areas[phrases::area(row.id)]);
    rows
}

fn anchor(id: &str, time: usize, place: usize) -> String {
    let is_fit = id.starts_with(|first: char| first.is_ascii_uppercase())
        && id.len() <= 24
        && id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-');
    if is_fit && time == 0 { id.to_owned() } else { format!("case-{}", place + 1) }
}
