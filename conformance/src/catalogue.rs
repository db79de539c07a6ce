//! The catalogue as people read it: a list for the terminal, and the generated page.

use std::fmt::Write as _;
use std::sync::Arc;

use mockreel_contracts::Contract;

use crate::case::Case;
use crate::cases::catalogue;
use crate::clause::Cost;
use crate::profile::Profile;

/// The cases with what each promises to these vendors; without any, to no vendor in particular.
pub fn list(contracts: &[Arc<Contract>]) -> String {
    let mut text = String::new();
    for contract in contracts {
        let profile = Profile::new(Arc::clone(contract));
        if contracts.len() > 1 {
            let _ = writeln!(text, "{}", contract.full_id());
        }
        for case in catalogue() {
            write_case(&mut text, case, Some(&profile));
        }
    }
    if contracts.is_empty() {
        for case in catalogue() {
            write_case(&mut text, case, None);
        }
    }
    text
}

/// One case of the list. Writing to a String cannot fail.
fn write_case(text: &mut String, case: &Case, profile: Option<&Profile>) {
    let level = profile.map_or(case.level, |profile| case.level_for(profile));
    let _ = write!(text, "{:<9} {:<6} {:<10} {}", case.id, level.word(), case.cost.word(), case.title);
    if !case.needs.is_empty() {
        let _ = write!(text, " (needs {})", case.needs.join(", "));
    }
    text.push('\n');
    let Some(profile) = profile else { return };
    if let Some(why) = (case.excluded)(profile) {
        let _ = writeln!(text, "{:27}not applicable: {why}", "");
    } else if let Some(clause) = (case.clause)(profile) {
        let source = clause.sources.first();
        let source = source.map(|source| format!("{}, {}, {}", source.title, source.date, source.grade));
        let _ =
            writeln!(text, "{:27}{}: {} [{}]", "", clause.place, clause.quote, source.unwrap_or_default());
    }
}

/// The generated page: every case, its cost and needs, and for each profile its level and clause.
pub fn page(profiles: &[Profile]) -> String {
    let mut text = String::from(
        "# The suite's catalogue\n\nGenerated from the cases and the contracts; do not edit. \
         The level is the highest that a case can have; a vendor's clause may lower it: documentation makes a MUST (a SHOULD if a part \
         of the fact is a guess), two observations a SHOULD, one a MAY, a guess or nothing leaves INFO, which never fails a run.\n\n\
         Cost: `free` sends nothing that could be charged; `rejectable` ought to be refused and counts as one job until it was; \
         `shared` looks at the run's one job; `own` wants a job of its own (`--paid`; the shared job of SUB-01 always); \
         `emulator` needs the stand-in's control API.\n\n| case | claim | level | cost | needs |",
    );
    for profile in profiles {
        let _ = write!(text, " {} |", escape_markdown(&profile.contract().id));
    }
    text.push_str("\n|---|---|---|---|---|");
    text.push_str(&"---|".repeat(profiles.len()));
    text.push('\n');
    for case in catalogue() {
        let cost = if case.cost == Cost::Own && case.id == "SUB-01" {
            "own (the shared job)"
        } else {
            case.cost.word()
        };
        let _ = write!(
            text,
            "| [{0}](#{1}) | {2} | {3} | {cost} | {4} |",
            case.id,
            case.id.to_ascii_lowercase(),
            escape_markdown(case.title),
            case.level.word(),
            case.needs.join(", ")
        );
        for profile in profiles {
            let cell =
                if (case.excluded)(profile).is_some() { "–" } else { case.level_for(profile).word() };
            let _ = write!(text, " {cell} |");
        }
        text.push('\n');
    }
    text.push_str("\n## What each case rests on\n");
    for case in catalogue() {
        let _ = write!(text, "\n### {}\n\n{}.\n\n", case.id, escape_markdown(case.title));
        for profile in profiles {
            let _ = writeln!(
                text,
                "- **{}**: {}",
                escape_markdown(&profile.contract().full_id()),
                write_clause(case, profile)
            );
        }
    }
    text
}

fn write_clause(case: &Case, profile: &Profile) -> String {
    if let Some(why) = (case.excluded)(profile) {
        return format!("not applicable: {}", escape_markdown(&why));
    }
    let Some(clause) = (case.clause)(profile) else {
        return "nothing is promised: written down only".to_owned();
    };
    let sources: Vec<String> = clause
        .sources
        .iter()
        .map(|source| format!("{} ({}, {})", escape_markdown(&source.title), source.date, source.grade))
        .collect();
    format!("`{}`: `{}`. {}", escape_code(&clause.place), escape_code(&clause.quote), sources.join("; "))
}

/// Text in which Markdown sees no markup.
fn escape_markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if "\\`*_{}[]<>#|".contains(letter) {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

/// Text for the inside of a code span.
fn escape_code(text: &str) -> String {
    text.replace('`', "'").replace('|', "\\|").replace('\n', " ")
}
