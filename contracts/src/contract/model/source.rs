//! Sources of facts, and the grade of trust in each.

use std::fmt;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// How good the evidence for a fact is, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// An answer that somebody observed and wrote down.
    Obs,
    /// The vendor's own OpenAPI file.
    Spec,
    /// One of the five documents this project started from.
    Seed,
    /// The vendor's own prose or software kit.
    Doc,
    /// Implied by how clients build requests and read answers.
    Client,
    /// Our inference: a proposal, not a fact.
    Guess,
}

impl Grade {
    /// The word used in contracts and on pages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Obs => "obs",
            Self::Spec => "spec",
            Self::Seed => "seed",
            Self::Doc => "doc",
            Self::Client => "client",
            Self::Guess => "guess",
        }
    }

    /// Whether it says what is documented (as opposed to what was seen or inferred).
    pub fn is_documentation(self) -> bool {
        match self {
            Self::Seed | Self::Doc | Self::Spec => true,
            Self::Obs | Self::Client | Self::Guess => false,
        }
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A place where facts were found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// What it is, so that a reader can find it.
    pub title: String,
    /// The day it speaks of or was seen: `YYYY-MM-DD`, `YYYY-MM`, `YYYY`, or `undated` if it does not say.
    pub date: String,
    /// How good it is.
    pub grade: Grade,
}

/// The sources of one fact: one name, or several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cited {
    /// The usual case.
    One(String),
    /// Several sources agree, or each carries a part.
    Several(Vec<String>),
}

impl Cited {
    /// The names, in the order given.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::One(name) => vec![name.as_str()],
            Self::Several(names) => names.iter().map(String::as_str).collect(),
        }
    }

    /// The best grade among the sources; `None` if none of them is in the table.
    pub fn best(&self, sources: &IndexMap<String, Source>) -> Option<Grade> {
        self.names().into_iter().filter_map(|name| sources.get(name)).map(|source| source.grade).min()
    }

    /// Whether any of the sources says what is documented.
    pub fn is_documented(&self, sources: &IndexMap<String, Source>) -> bool {
        let mut found = self.names().into_iter().filter_map(|name| sources.get(name));
        found.any(|source| source.grade.is_documentation())
    }
}
