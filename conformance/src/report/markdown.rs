//! A comment for a pull request: a verdict, counts, and the fails.
//!
//! Text that may come from the wire stands in code spans, in which GitHub makes no markup, link or mention; only
//! words of plain letters stand free.

use mockreel_evidence::issue::markdown::{MOST_BYTES, code, free};

use super::causes::{self, CauseGroup};
use super::curl::curl;
use super::{escape, phrases};
use crate::outcome::{CaseResult, Outcome, Report};

/// Outcomes whose cases are only named: what there is to say stands with another case, or with the budget.
const BY_NAME: [Outcome; 4] =
    [Outcome::ExpectedFail, Outcome::NotRunBudget, Outcome::Inconclusive, Outcome::Blocked];
/// The most characters of a command that repeats a request.
const CURL_CHARS: usize = 1_200;
/// Bytes kept free for the note on what was left out.
const NOTE_BYTES: usize = 200;
/// The most vendors in the table.
const ROWS: usize = 100;
/// The most ids in a list of ids.
const IDS: usize = 100;

/// The reports as Markdown, at most [`MOST_BYTES`] bytes; what was left out is said at the end.
pub fn markdown(reports: &[Report]) -> String {
    let mut out = verdict(reports);
    out.push_str(&table(reports));
    let mut left_out = 0_usize;
    for entry in entries(reports) {
        if left_out == 0 && out.len() + entry.len() <= MOST_BYTES - NOTE_BYTES {
            out.push_str(&entry);
        } else {
            left_out += 1;
        }
    }
    if left_out > 0 {
        let entries = phrases::plural(left_out, "entry was", "entries were");
        out.push_str(&format!("\n{entries} left out here; the other reports have all.\n"));
    }
    out
}

fn verdict(reports: &[Report]) -> String {
    // Of several exit codes the first of these is the run's, as the command has it.
    let worst =
        [6, 3, 2, 4, 1, 5].into_iter().find(|code| reports.iter().any(|report| report.exit_code == *code));
    let code = worst.or_else(|| reports.iter().map(|report| report.exit_code).max());
    match code {
        None => "**Mockreel: nothing was checked**\n".to_owned(),
        Some(code) => {
            let sign = if code == 0 { "✅" } else { "❌" };
            format!("{sign} **Mockreel: {}** (exit code {code})\n", phrases::exit_meaning(code))
        }
    }
}

/// A row for each report; of the outcomes only those that occur, but for passes and fails.
fn table(reports: &[Report]) -> String {
    if reports.is_empty() {
        return String::new();
    }
    let occurs = |outcome: &Outcome| {
        matches!(outcome, Outcome::Pass | Outcome::Fail)
            || reports.iter().any(|report| report.with(*outcome).next().is_some())
    };
    let columns: Vec<Outcome> = Outcome::ALL.into_iter().filter(occurs).collect();
    let heads: Vec<&str> = columns.iter().map(|outcome| outcome.word()).collect();
    let mut out = format!("\n| vendor | target | {} | spent |\n", heads.join(" | "));
    out.push_str(&format!("|---|---|{}---|\n", "---:|".repeat(columns.len())));
    for report in reports.iter().take(ROWS) {
        let counts: Vec<String> =
            columns.iter().map(|outcome| report.with(*outcome).count().to_string()).collect();
        out.push_str(&format!(
            "| {} | {} | {} | {} |\n",
            cell(&phrases::vendor(report)),
            cell(&escape::one_line(&report.target, phrases::NAME_CHARS)),
            counts.join(" | "),
            cell(&phrases::spend(report))
        ));
    }
    if reports.len() > ROWS {
        out.push_str(&format!("\n{} more reports are not in the table.\n", reports.len() - ROWS));
    }
    out
}

/// What is to be read, the gravest first; then one line of ids for what was expected or not run.
fn entries(reports: &[Report]) -> Vec<String> {
    let mut in_full: Vec<(&Report, CauseGroup<'_>)> = Vec::new();
    let mut by_name: Vec<String> = Vec::new();
    for report in reports {
        in_full.extend(
            causes::group(&report.results)
                .into_iter()
                .filter(|group| is_in_full(group.first))
                .map(|group| (report, group)),
        );
        by_name.extend(BY_NAME.iter().filter_map(|outcome| ids(report, *outcome)));
        by_name.extend(differences(report));
        by_name.extend(report.notices.iter().map(|notice| {
            format!(
                "- **note** on {}: {}\n",
                code(&phrases::vendor(report), phrases::NAME_CHARS),
                code(notice, phrases::MESSAGE_CHARS)
            )
        }));
    }
    in_full.sort_by_key(|(_, group)| {
        (phrases::gravity(group.first.outcome), std::cmp::Reverse(group.first.level))
    });
    let mut entries: Vec<String> = in_full.iter().map(|(report, group)| entry(report, group)).collect();
    entries.extend(by_name);
    if let Some(first) = entries.first_mut() {
        first.insert(0, '\n');
    }
    entries
}

fn is_in_full(result: &CaseResult) -> bool {
    phrases::is_worth_reading(result.outcome) && !BY_NAME.contains(&result.outcome)
}

fn entry(report: &Report, group: &CauseGroup<'_>) -> String {
    let result = group.first;
    let mut out = format!(
        "- **{}** {} {} on {}: {}\n",
        result.outcome.word(),
        free(&result.id, phrases::NAME_CHARS),
        result.level.word(),
        code(&phrases::vendor(report), phrases::NAME_CHARS),
        free(&result.title, phrases::NAME_CHARS)
    );
    let message = phrases::message(result);
    if !message.is_empty() {
        out.push_str(&format!("  - {}\n", code(&message, phrases::MESSAGE_CHARS)));
    }
    let others = group.ids();
    if !others.is_empty() {
        let ids: Vec<String> = others.iter().take(IDS).map(|id| free(id, phrases::NAME_CHARS)).collect();
        let cases = phrases::plural(others.len(), "case", "cases");
        out.push_str(&format!("  - the same in {cases} more: {}\n", ids.join(", ")));
    }
    if let Some(line) = curl(report, result).filter(|_| phrases::did_not_hold(result.outcome)) {
        out.push_str(&format!("  - repeat: {}\n", code(&line, CURL_CHARS)));
    }
    if let Some(clause) = result.clause.as_ref().filter(|_| phrases::did_not_hold(result.outcome)) {
        let place = code(&clause.place, phrases::NAME_CHARS);
        out.push_str(&format!("  - clause {place}: {}", code(&clause.quote, phrases::QUOTE_CHARS)));
        if let Some(best) = clause.sources.first() {
            out.push_str(&format!(" from {}", code(&phrases::source(best), phrases::QUOTE_CHARS)));
        }
        out.push('\n');
    }
    out
}

fn ids(report: &Report, outcome: Outcome) -> Option<String> {
    let mut ids: Vec<String> =
        report.with(outcome).map(|result| free(&result.id, phrases::NAME_CHARS)).collect();
    if ids.is_empty() {
        return None;
    }
    let count = ids.len();
    ids.truncate(IDS);
    let more = if count > IDS { format!(" and {} more", count - IDS) } else { String::new() };
    let vendor = code(&phrases::vendor(report), phrases::NAME_CHARS);
    Some(format!("- **{}** on {vendor}: {}{more}\n", outcome.word(), ids.join(", ")))
}

fn differences(report: &Report) -> Option<String> {
    let differing: Vec<&CaseResult> =
        report.results.iter().filter(|result| !result.differences.is_empty()).collect();
    if differing.is_empty() {
        return None;
    }
    let mut ids: Vec<String> = differing
        .iter()
        .take(IDS)
        .map(|result| format!("{} ({})", free(&result.id, phrases::NAME_CHARS), result.differences.len()))
        .collect();
    if differing.len() > IDS {
        ids.push(format!("and {} more cases", differing.len() - IDS));
    }
    let vendor = code(&phrases::vendor(report), phrases::NAME_CHARS);
    Some(format!("- **not as the reference** on {vendor}, places by case: {}\n", ids.join(", ")))
}

/// A code span in a table, where even there a bar would end the cell.
fn cell(text: &str) -> String {
    code(text, phrases::NAME_CHARS * 2).replace('|', "\\u{7c}")
}
