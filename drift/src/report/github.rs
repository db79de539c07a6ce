//! Annotations for GitHub's workflows: one command a line on standard output.

use crate::finding::{Finding, Report};

use super::{Documents, is_in_full, level, name, words};
use mockreel_evidence::issue::escape;
use mockreel_evidence::issue::github::{MOST_OF_A_KIND, data, property};
use mockreel_evidence::issue::{MESSAGE_CHARS, plural};

/// The commands, and the levels that they stand for.
const COMMANDS: [(&str, &str); 3] = [("error", "error"), ("warning", "warning"), ("notice", "note")];

/// The report as workflow commands: an error for what is breaking, a warning for what is risky and for defects, a
/// notice for the rest; at most ten of each, as GitHub shows no more, the last notice saying what was left out.
pub fn annotations(report: &Report, documents: &Documents) -> String {
    let mut out = String::new();
    let mut left_out = 0;
    for (command, level_of) in COMMANDS {
        let found: Vec<&Finding> =
            report.findings.iter().filter(|held| is_in_full(held) && level(held) == level_of).collect();
        let most = if command == "notice" { MOST_OF_A_KIND - 1 } else { MOST_OF_A_KIND };
        found.iter().take(most).for_each(|finding| out.push_str(&line(command, finding, documents)));
        left_out += found.len().saturating_sub(most);
    }
    if left_out > 0 {
        let findings = plural(left_out, "finding", "findings");
        out.push_str(&format!("::notice title=drift::{findings} left out; the summary has all\n"));
    }
    out
}

fn line(command: &str, finding: &Finding, documents: &Documents) -> String {
    let title = property(&name(&format!("{} {}", finding.kind.name(), words::place(finding))));
    let at = documents.place(finding).map_or_else(String::new, |(path, line)| {
        format!("file={},line={line},", property(&escape::terminal(path)))
    });
    let text = [Some(finding.message.clone()), words::change(finding), words::evidence(finding)];
    let text: Vec<String> = text.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    format!("::{command} {at}title={title}::{}\n", data(&escape::one_line(&text.join("; "), MESSAGE_CHARS)))
}
