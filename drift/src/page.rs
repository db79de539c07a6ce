//! The page about drift: what can be found, how bad it is, and how it is told.

use mockreel_evidence::issue::IssueLevel;
use std::fmt::Write as _;

use super::kind::{Kind, Severity};
use super::rules::rules_table;

/// The page `docs/reference/drift-kinds.md`.
pub fn page() -> String {
    let mut page = String::from(INTRODUCTION);
    page.push_str(
        "\n## How bad\n\n| severity | meaning | exit code of `drift` | SARIF level |\n|---|---|---|---|\n",
    );
    for severity in Severity::ALL {
        let exit = if severity.is_wire_relevant() { 5 } else { 0 };
        let _ = writeln!(
            page,
            "| {} | {} | {exit} | {} |",
            severity.name(),
            meaning(severity),
            level(severity).as_str()
        );
    }
    page.push_str(DIRECTIONS);
    page.push('\n');
    page.push_str(&rules_table());
    page.push_str(PATHS);
    page.push_str("\n## Kinds of differences\n\nThe list is closed: a report has no other kinds.\n\n");
    table(&mut page, |kind| !kind.is_defect());
    page.push_str("\n## Kinds of defects\n\nA defect is told of the newer document. One that the older document has as well is marked so and folded into one line.\n\n");
    table(&mut page, Kind::is_defect);
    page.push_str(READING);
    page
}

fn table(page: &mut String, wanted: impl Fn(Kind) -> bool) {
    page.push_str("| kind | what it is | example |\n|---|---|---|\n");
    for kind in Kind::ALL.iter().filter(|kind| wanted(**kind)) {
        let _ = writeln!(page, "| `{}` | {} | {} |", kind.name(), kind.summary(), kind.example());
    }
}

fn meaning(severity: Severity) -> &'static str {
    match severity {
        Severity::Breaking => "a client that follows the old text fails",
        Severity::Risky => "such a client still gets an answer, but perhaps not what it meant",
        Severity::Compatible => "such a client notices nothing",
        Severity::Defect => "the new document contradicts itself or its standard",
        Severity::Cosmetic => "words, marks and unused schemas; folded into one line each",
    }
}

/// The level in SARIF.
pub fn level(severity: Severity) -> IssueLevel {
    match severity {
        Severity::Breaking => IssueLevel::Error,
        Severity::Risky | Severity::Defect => IssueLevel::Warning,
        Severity::Compatible | Severity::Cosmetic => IssueLevel::Note,
    }
}

const INTRODUCTION: &str = "\
# Drift

What `mockreel drift OLD NEW` can find. This page is generated from the code; do not edit it.

Every side becomes the same thing before it is compared: a list of methods on paths, each with a form for what is
asked and for each answer. References are followed, alternatives are merged, OpenAPI 3.0 and 3.1 are spelled alike,
order does not count. What is compared is a model on a method of a path, so that a file that is split, joined or
sorted anew does not differ by that. Answers that were recorded become forms too: what was seen, how often.
";

const DIRECTIONS: &str = "
What breaks depends on the way a value travels. Of a request the vendor is the receiver, of an answer the client is.
";

const PATHS: &str = "
A path that moves or goes and a status of success that changes are breaking. A credential that is demanded where none
was is breaking; where one was declared and not demanded it is risky. A model that goes is breaking for
whoever uses it. Where unknown members are refused, a member that goes is breaking in a request. A parameter that is a
list now, each value by itself, takes the one value of before.
";

const READING: &str = "
## Verdicts

Where the vendor was looked at (`live`, or a recording of it), each finding says who is wrong. Documentation is what a
contract marks as documented, not what the emulator enforces.

| documentation and vendor | documentation and emulator | emulator and vendor | verdict |
|---|---|---|---|
| agree | agree | agree | `ok`, not told |
| agree | differ | differ | `emulator-wrong` |
| differ | differ | agree | `docs-wrong`: the emulator follows reality |
| differ | agree | differ | `docs-wrong-and-emulator-stale`; `vendor-drifted` if the vendor did otherwise before; `docs-wrong-or-drifted` if nobody looked before |
| differ | differ | differ | `unresolved` |
| the documentation is silent | | agree | `undocumented` |
| the documentation is silent | | differ | `undocumented-emulator-wrong` |
| nobody looked at the vendor | differ | | `unproven` |

What a stand-in of ours answers is the emulator's word wherever it was named; it is never taken for the vendor's.

## What is concluded, and what is not

- **Moves and renames.** A member that goes and one that comes in the same object are one that was renamed if their
  forms are alike and their names share at least half of their words, or if they are the only two and end alike;
  `start` and `end`, `min` and `max` and their like are not. A path moved if what is asked or told there is alike. A
  member of the same name and form elsewhere in the same body has moved. Both are `likely`, not `certain`.
- **A subtree is one finding.** What is below a member that comes or goes is not listed again.
- **Parts.** A contract describes its vendor, a folder the models of the operations it has, a file only itself.
  Nothing is concluded from what a part does not mention beside a whole; the report lists it as not compared.
- **Answers.** An answer that lacks a member proves nothing unless the member must be there. Each finding from
  answers says on how many it rests; under five it is `weak`.
- **Fingerprints** are made of vendor, operation, kind and places, never of words or values, so that a finding keeps
  its name from run to run.
- **Bounds.** References that multiply, levels without end and defects without number end in a `defect-size`;
  a text that is no OpenAPI 3 document is an error of one line (exit code 2).
- **Shared schemas.** A schema that several places refer to is compared once for each way in which it travels; what
  was found is told at each of up to 40 places.
- What is compared and what is not stands in [drift.md](../drift.md#what-is-compared).
";
