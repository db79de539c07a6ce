//! A contract as a page in Markdown, for people: what a vendor promises, and how we know.
//!
//! Every statement names its sources with their grades, and what rests on nothing better than our own
//! inference is marked.

mod changes;
mod facts;
mod markdown;
mod media;
mod members;
mod models;
mod money;
mod operations;

#[cfg(test)]
mod tests;

pub use self::media::render_media;

use std::fmt::Write as _;

use self::markdown::{bold, code, prose, table};
use crate::contract::Contract;
use crate::contract::model::source::{Cited, Grade};

/// The mark of a statement that is a proposal of ours.
const GUESS: &str = "(guess)";

/// What each grade means, for the reader.
const GRADES: [(Grade, &str); 6] = [
    (Grade::Obs, "an answer that somebody observed and wrote down"),
    (Grade::Spec, "the vendor's own OpenAPI file"),
    (Grade::Seed, "one of the five documents this project started from"),
    (Grade::Doc, "the vendor's own prose or software kit"),
    (Grade::Client, "implied by how clients build requests and read answers"),
    (Grade::Guess, "our inference: a proposal, not a fact"),
];

/// The page of a vendor: its newest edition, and how the older ones (newest first) differ.
///
/// The text ends with a line break, and is the same for the same contracts.
pub fn render(contract: &Contract, older: &[&Contract]) -> String {
    let sections = [
        heading(contract),
        sources(contract),
        operations::section(contract),
        facts::phases(contract),
        models::section(contract),
        money::section(contract),
        facts::refusals(contract),
        facts::wording(contract),
        facts::failures(contract),
        facts::images(contract),
        facts::upstream(contract),
        facts::results(contract),
        facts::callbacks(contract),
        facts::options(contract),
        changes::section(contract, older),
        facts::open_questions(contract),
    ];
    let written: Vec<&str> =
        sections.iter().map(|section| section.trim_end()).filter(|text| !text.is_empty()).collect();
    written.join("\n\n") + "\n"
}

fn heading(contract: &Contract) -> String {
    let mut page = format!(
        "# {} ({}), edition {}\n\n{}\n\n",
        prose(&contract.title),
        code(&contract.id),
        prose(&contract.edition),
        prose(&contract.summary)
    );
    page.push_str(
        "This page is generated from the vendor's contract: change the contract, not the page.\n\n",
    );
    let hosts: Vec<String> = contract.hosts.iter().map(|host| code(&format!("https://{host}"))).collect();
    let mut about = |what: &str, told: String, cited: Option<&Cited>| {
        let from = cited.map_or_else(String::new, |cited| format!(" ({})", sourced(contract, cited)));
        let _ = writeln!(page, "- {}: {told}{from}", bold(what));
    };
    about("Hosts", hosts.join(", "), None);
    let credential = code(&contract.auth.scheme.shown());
    about("Credential", credential, Some(&contract.auth.source));
    about("Answers", code(&contract.answers.content_type), Some(&contract.answers.source));
    if let Some(limit) = contract.answers.max_body_bytes {
        about("Largest body", format!("{limit} bytes"), contract.answers.max_body_source.as_ref());
    }
    if let Some(cors) = &contract.cors {
        let told = format!(
            "pages of {} may call with {}, sending {} and reading {}; a preflight is answered with {}",
            code(&cors.allow_origin),
            codes(&cors.allow_methods),
            codes(&cors.allow_headers),
            codes(&cors.expose_headers),
            cors.preflight_status
        );
        about("Browsers", told, Some(&cors.source));
    }
    page
}

fn codes(names: &[String]) -> String {
    if names.is_empty() {
        return "nothing more".to_owned();
    }
    names.iter().map(|name| code(name)).collect::<Vec<_>>().join(", ")
}

fn sources(contract: &Contract) -> String {
    let rows = contract.sources.iter().map(|(name, source)| {
        vec![code(name), source.grade.to_string(), prose(&source.date), prose(&source.title)]
    });
    let grades: Vec<String> =
        GRADES.iter().map(|(grade, meaning)| format!("{} {meaning}", bold(grade.word()))).collect();
    format!(
        "## Sources\n\n{}\nGrades: {}. Where the best source of a statement is a guess, it is marked {}.\n",
        table(&["Name", "Grade", "Date", "What it is"], rows),
        grades.join("; "),
        bold(GUESS)
    )
}

/// The sources of a fact with their grades; marked if the best of them is a guess.
fn sourced(contract: &Contract, cited: &Cited) -> String {
    let is_guess = cited.best(&contract.sources) == Some(Grade::Guess);
    let told = cited.names().into_iter().map(|name| {
        let grade = contract.sources.get(name).map_or("unknown", |source| source.grade.word());
        // The grade is left out where the name or the mark says it already.
        if is_guess || grade == name { prose(name) } else { format!("{} [{grade}]", prose(name)) }
    });
    let told = told.collect::<Vec<_>>().join(", ");
    if is_guess { format!("{} {told}", bold(GUESS)) } else { told }
}
