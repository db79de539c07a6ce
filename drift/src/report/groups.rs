//! The findings of a report by operation, as people read them: the operation with the worst finding first.

use crate::Severity;
use crate::finding::{Finding, Report};

use super::{is_in_full, is_known};

/// What is told of one operation.
pub(super) struct OperationGroup<'a> {
    /// Its name; empty for what concerns all.
    pub(super) operation: &'a str,
    /// What of it is told in full, the worst first.
    pub(super) findings: Vec<&'a Finding>,
}

impl OperationGroup<'_> {
    /// The name as a heading.
    pub(super) fn title(&self) -> &str {
        if self.operation.is_empty() { "all operations" } else { self.operation }
    }
}

/// The groups of what is told in full. What a watch knows already is counted, not told again.
pub(super) fn by_operation(report: &Report) -> Vec<OperationGroup<'_>> {
    let mut groups: Vec<OperationGroup<'_>> = Vec::new();
    let told = report.findings.iter().filter(|finding| is_in_full(finding) && !is_known(finding));
    // Findings are sorted by severity first, so the groups come in the order of their worst.
    for finding in told {
        match groups.iter_mut().find(|group| group.operation == finding.operation) {
            Some(group) => group.findings.push(finding),
            None => groups.push(OperationGroup { operation: &finding.operation, findings: vec![finding] }),
        }
    }
    // A defect of the document is no change, wherever it is.
    groups.sort_by_key(|group| group.findings.iter().all(|finding| finding.severity == Severity::Defect));
    groups
}
