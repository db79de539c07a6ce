//! The smaller sections: words, refusals, failures, images, results, options and what stays open.

use std::fmt::Write as _;

use serde_json::Map;

use super::markdown::{bold, code, json, jsons, prose, table};
use super::sourced;
use crate::contract::Contract;
use crate::contract::check::media::MediaRule;
use crate::contract::check::rules::ImageRule;
use crate::upstream::MakerRule;

/// The vendor's words for our phases.
pub(super) fn phases(contract: &Contract) -> String {
    let rows = contract
        .phases
        .iter()
        .map(|(name, words)| vec![code(name), jsons(&words.words), sourced(contract, &words.source)]);
    let rows = table(&["Phase", "The vendor's words, the usual one first", "Sources"], rows);
    section("Phases", &rows)
}

/// Refusals, each with its finer cases.
pub(super) fn refusals(contract: &Contract) -> String {
    let members = |held: &Map<String, serde_json::Value>| {
        let told = held.iter().map(|(name, value)| format!("{} {}", code(name), json(value)));
        told.collect::<Vec<_>>().join(", ")
    };
    let mut rows = Vec::new();
    for (name, fact) in &contract.problems {
        rows.push(vec![
            code(name),
            fact.status.to_string(),
            code(&fact.text),
            members(&fact.members),
            sourced(contract, &fact.source),
        ]);
        for (case, variant) in &fact.variants {
            rows.push(vec![
                code(&format!("{name}.{case}")),
                variant.status.unwrap_or(fact.status).to_string(),
                code(variant.text.as_deref().unwrap_or(&fact.text)),
                members(&variant.members),
                sourced(contract, &variant.source),
            ]);
        }
    }
    let mut told =
        section("Refusals", &table(&["Problem", "Status", "Text", "Further members", "Sources"], rows));
    let shape = super::members::members(contract, &contract.problem_schema);
    if !shape.is_empty() {
        let _ = write!(told, "\nTheir shape:\n\n{shape}");
    }
    told
}

/// How broken rules are worded.
pub(super) fn wording(contract: &Contract) -> String {
    let rows = contract
        .wording
        .iter()
        .map(|(rule, wording)| vec![code(rule), code(&wording.text), sourced(contract, &wording.source)]);
    section("Wording of broken rules", &table(&["Rule", "Text", "Sources"], rows))
}

/// How failed jobs explain themselves.
pub(super) fn failures(contract: &Contract) -> String {
    let rows = contract.failures.iter().map(|(reason, fact)| {
        let beside = if fact.code.is_empty() { String::new() } else { code(&fact.code) };
        vec![code(reason), code(&fact.text), beside, sourced(contract, &fact.source)]
    });
    section("Failed jobs", &table(&["Reason", "Text", "Code", "Sources"], rows))
}

/// When an image that breaks a rule is noticed.
pub(super) fn images(contract: &Contract) -> String {
    let refused = &contract.images.refused_at_submit;
    let at_submit = refused.iter().map(String::as_str);
    // A vendor whose members have rules for videos and sound says how it words them.
    let media = MediaRule::NAMES.into_iter().filter(|rule| contract.wording.contains_key(*rule));
    let rules = ImageRule::NAMES.into_iter().chain(media);
    let later = rules.filter(|rule| !refused.iter().any(|held| held == rule));
    let told = format!(
        "- {}: {}\n- {}: {}\n- {}: {}\n",
        bold("Refused at submit"),
        names(at_submit),
        bold("Fails the job"),
        names(later),
        bold("Sources"),
        sourced(contract, &contract.images.source)
    );
    let late = contract.late_refusals.as_ref().map(|late| {
        format!(
            "- {}: {} ({})\n",
            bold("Other members"),
            prose(&late.summary),
            sourced(contract, &late.source)
        )
    });
    let told = told + &late.unwrap_or_default();
    section("Pictures that break a rule", &told)
}

/// Which rules of the models' maker reach the caller.
pub(super) fn upstream(contract: &Contract) -> String {
    let rules = &contract.upstream.rules;
    let rows = MakerRule::ALL.into_iter().map(|rule| {
        let reaches = if rules.contains(&rule) { "yes" } else { "no" };
        vec![code(rule.as_str()), reaches.to_owned(), meaning(rule).to_owned()]
    });
    let rows = table(&["Rule", "Reaches the caller", "What it says"], rows);
    let source = sourced(contract, &contract.upstream.source);
    section("Rules of the models' maker", &format!("{rows}\nSources: {source}.\n"))
}

fn meaning(rule: MakerRule) -> &'static str {
    match rule {
        MakerRule::Together => "what a model says of members that need or exclude each other",
        MakerRule::Exclusion => "a last frame, masks and a camera movement exclude each other",
        MakerRule::Tail => "a last frame goes only with some models, modes and lengths",
        MakerRule::Masks => "masks go only with some models, modes and lengths",
        MakerRule::Camera => "a camera movement goes only with some models, modes and lengths",
        MakerRule::CameraValues => {
            "a simple camera movement has exactly one value that is not zero, any other has none"
        }
        MakerRule::PromptLength => "a prompt has a longest length",
        MakerRule::MaskSize => "",
    }
}

/// What becomes of results, and where files may be put.
pub(super) fn results(contract: &Contract) -> String {
    let expiry = contract.results.expire_after_days.map_or_else(
        || "their addresses do not expire".to_owned(),
        |days| format!("their addresses expire after {days} days"),
    );
    let mut told =
        format!("- {}: {expiry} ({})\n", bold("Results"), sourced(contract, &contract.results.source));
    if let Some(uploads) = &contract.uploads {
        let types =
            uploads.types.iter().map(|(extension, kind)| format!("{} as {}", code(extension), code(kind)));
        let _ = writeln!(
            told,
            "- {}: an address takes a file for {} minutes; the extension is at {} in the request: {} ({})",
            bold("Uploads"),
            uploads.minutes,
            code(&uploads.extension_at),
            types.collect::<Vec<_>>().join(", "),
            sourced(contract, &uploads.source)
        );
    }
    section("Results and files", &told)
}

/// Whom the vendor tells when a job changes.
pub(super) fn callbacks(contract: &Contract) -> String {
    let Some(facts) = &contract.callbacks else { return String::new() };
    let retries = match facts.retries {
        0 => "none".to_owned(),
        times => format!(
            "{times}, the first after {} s and each further one after twice as long",
            facts.backoff_seconds
        ),
    };
    let patience =
        facts.patience_seconds.map_or_else(|| "not known".to_owned(), |seconds| format!("{seconds} s"));
    let mut told = String::new();
    for (what, said) in [
        ("Address", format!("at {} in the body of a submit", code(&facts.at))),
        ("Announced", names(facts.phases.iter().map(|phase| phase.name()))),
        ("Sent", "a POST of what a poll answers at that moment".to_owned()),
        ("Retries", retries),
        ("Patience", patience),
    ] {
        let _ = writeln!(told, "- {}: {said}", bold(what));
    }
    if let Some(option) = &facts.option {
        let option = code(&format!("{}.{option}", contract.id));
        let _ = writeln!(told, "- {}: only where the option {option} is not {}", bold("Where"), code("off"));
    }
    let _ = writeln!(told, "- {}: {}", bold("Sources"), sourced(contract, &facts.source));
    section("Callbacks", &told)
}

/// Quirks with several right answers.
pub(super) fn options(contract: &Contract) -> String {
    let rows = contract.options.iter().map(|(name, fact)| {
        let others = fact.values.iter().filter(|value| **value != fact.default).map(String::as_str);
        vec![
            code(&format!("{}.{name}", contract.id)),
            code(&fact.default),
            names(others),
            prose(&fact.summary),
            fact.patch.iter().map(|(value, patch)| effect(value, patch)).collect::<Vec<_>>().join("; "),
            sourced(contract, &fact.source),
        ]
    });
    let headers = ["Option", "Default", "Other values", "What it decides", "What it changes here", "Sources"];
    section("Options", &table(&headers, rows))
}

/// What a value of an option changes in the contract.
fn effect(value: &str, patch: &toml::Table) -> String {
    let places = super::changes::places(patch);
    format!("{}: {}", code(value), names(places.iter().map(String::as_str)))
}

/// What stays unknown.
pub(super) fn open_questions(contract: &Contract) -> String {
    let mut told = String::new();
    for open in &contract.open_questions {
        let _ = writeln!(
            told,
            "- {}\n  - Proposal: {}\n  - Reason: {}",
            bold(&prose(&open.question)),
            prose(&open.proposal),
            prose(&open.reason)
        );
    }
    section("Open questions", &told)
}

/// A section with something in it, or nothing.
fn section(title: &str, content: &str) -> String {
    if content.is_empty() { String::new() } else { format!("## {title}\n\n{content}") }
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let told: Vec<String> = names.map(code).collect();
    if told.is_empty() { "none".to_owned() } else { told.join(", ") }
}
