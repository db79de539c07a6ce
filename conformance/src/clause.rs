//! The plain data of cases: how binding a promise is, what it may cost to find out, when, and the clause it rests on.

use mockreel_contracts::contract::model::source::Grade;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The case that submits the job that all cases share which only read.
pub const SHARED: &str = "SUB-01";

/// How binding a promise is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// Written down, never fails a run.
    Info,
    /// Seen once.
    May,
    /// Implied by prose, or seen more than once.
    Should,
    /// Documented.
    Must,
}

impl Level {
    /// As it is printed.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "INFO",
            Self::May => "MAY",
            Self::Should => "SHOULD",
            Self::Must => "MUST",
        }
    }
}

/// What a case may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cost {
    /// Nothing, by design.
    Free,
    /// Nothing if the vendor refuses it, as it should; else one job.
    Rejectable,
    /// Nothing of its own: it looks at the run's shared job.
    Shared,
    /// A job of its own, which a paid target only gets with `--paid` (`SUB-01`: the shared one, always).
    Own,
    /// It needs the stand-in's control API.
    Emulator,
}

impl Cost {
    /// As it is printed.
    pub fn word(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Rejectable => "rejectable",
            Self::Shared => "shared",
            Self::Own => "own",
            Self::Emulator => "emulator",
        }
    }
}

/// When a case runs. The report has the order of the catalogue, the run this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Before anything can cost: the cheapest evidence first.
    Free,
    /// Requests that ought to be refused.
    Refused,
    /// The shared job was just accepted.
    Accepted,
    /// The shared job is followed to its end.
    Followed,
    /// It has ended.
    Ended,
    /// Jobs of their own.
    Own,
    /// Long after: results may have expired.
    Aged,
    /// After everything else: conclusions from all exchanges.
    Last,
}

/// What a case rests on: a fact of the contract and where that is from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clause {
    /// The fact's place, for example `submit.request/duration`.
    pub place: String,
    /// The fact, as the contract states it.
    pub quote: String,
    /// Where it is from, best first.
    pub sources: Vec<ClauseSource>,
    /// SHA-256 of all of that, so that a report shows when a clause was changed.
    pub sha256: String,
}

/// Where a clause is from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClauseSource {
    /// The source's title.
    pub title: String,
    /// Its date, or `undated`.
    pub date: String,
    /// Its grade.
    pub grade: Grade,
}

impl Clause {
    /// A clause with its digest.
    pub fn new(place: &str, quote: &str, sources: Vec<ClauseSource>) -> Self {
        let mut digest = Sha256::new();
        for text in [place, quote] {
            digest.update(text.as_bytes());
            digest.update([0]);
        }
        for source in &sources {
            digest.update(source.title.as_bytes());
            digest.update(source.date.as_bytes());
            digest.update([0]);
        }
        let sha256 = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Self { place: place.to_owned(), quote: quote.to_owned(), sources, sha256 }
    }
}

/// Lowers a level to what its clause can bear: documentation binds in full (unless a part of the fact is a
/// guess: then it is a SHOULD), two observations make a SHOULD, one a MAY, and a guess or nothing at all
/// leaves it INFO.
pub fn binding_level(level: Level, clause: Option<&Clause>) -> Level {
    let Some(clause) = clause else { return Level::Info };
    let of = |is: fn(Grade) -> bool| clause.sources.iter().filter(|source| is(source.grade)).count();
    let observed = |grade| matches!(grade, Grade::Obs | Grade::Client);
    let most = match (of(Grade::is_documentation), of(observed), of(|grade| grade == Grade::Guess)) {
        (0, 0, _) => Level::Info,
        (0, 1, _) => Level::May,
        (0, _, _) => Level::Should,
        (_, _, 0) => Level::Must,
        (_, _, _) => Level::Should,
    };
    level.min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(grades: &[Grade]) -> Level {
        let source = |grade: &Grade| ClauseSource {
            title: format!("a source of grade {grade}"),
            date: "2026".to_owned(),
            grade: *grade,
        };
        binding_level(Level::Must, Some(&Clause::new("place", "quote", grades.iter().map(source).collect())))
    }

    #[test]
    fn how_binding_a_case_is_follows_from_the_grades_of_its_clause() {
        assert_eq!(level(&[Grade::Seed]), Level::Must);
        assert_eq!(level(&[Grade::Spec, Grade::Obs]), Level::Must);
        assert_eq!(level(&[Grade::Doc, Grade::Guess]), Level::Should);
        assert_eq!(level(&[Grade::Obs, Grade::Client]), Level::Should);
        assert_eq!(level(&[Grade::Obs, Grade::Guess]), Level::May);
        assert_eq!(level(&[Grade::Guess]), Level::Info);
        assert_eq!(binding_level(Level::Must, None), Level::Info);
        let clause = Clause::new("place", "quote", Vec::new());
        assert_eq!(binding_level(Level::May, Some(&clause)), Level::Info);
    }
}
