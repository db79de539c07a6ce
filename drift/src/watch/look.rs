//! A look at a source: what it is now beside its last good look, and what is to be remembered.

use std::collections::BTreeMap;

use super::WatchError;
use super::git::{Blobs, GitHistory};
use super::source::{ONLY, SourceContent, WatchedSource, describe_nothing};
use super::state::{SourceState, WatchedDocument};
use crate::finding::{BaselineState, Finding, Report, UnreachableSource};
use crate::fold::{RouteNames, fold_report};
use crate::report::{Document, Documents};
use crate::surface::Surface;
use crate::{Severity, compare, read};

/// What a look found.
#[derive(Debug)]
pub struct Looked {
    /// What differs from the last good look; nothing where there was none before, or nothing could be looked at.
    pub report: Report,
    /// The files of both looks.
    pub documents: Documents,
    /// What is to be remembered.
    pub state: SourceState,
    /// How many operations there are, where this is the first good look.
    pub first_look: Option<usize>,
}

/// Looks at a source on a day, beside what was remembered of it.
///
/// # Errors
///
/// If the day is before the last look, or git cannot be run.
pub fn look_at(source: &WatchedSource, last: Option<&SourceState>, day: &str) -> Result<Looked, WatchError> {
    let last = last.cloned().unwrap_or_default();
    if last.looked.as_str() > day {
        let (name, found) = (source.name.clone(), day.to_owned());
        return Err(WatchError::Before { name, last: last.looked, found });
    }
    let mut blobs = Blobs::default();
    let history = source.history()?;
    let content = match &history {
        None => source.read_files(),
        Some(Ok(history)) => history.read(&history.head, &mut blobs)?.and_then(|content| {
            if content.documents.is_empty() { Err(describe_nothing(&content)) } else { Ok(content) }
        }),
        Some(Err(why)) => Err(why.clone()),
    };
    let mut look = match content {
        Err(why) => return Ok(end_blind(source, last, day, &why)),
        Ok(content) => Look::new(source, &last, day, content),
    };
    let history = history.and_then(Result::ok);
    look.state.commit = history.as_ref().map(|history| history.head.clone());
    if last.documents.is_empty() {
        let now = read_surface(&source.name, &look.state.documents);
        look.first_look = Some(now.endpoints.len().max(now.schemas.len()));
    } else {
        look.compare(&last);
        if let (Some(history), Some(commit)) = (&history, &last.commit) {
            look.walk(history, commit, &last, &mut blobs)?;
        }
    }
    Ok(look.end())
}

/// A look that saw nothing: what was there still counts.
fn end_blind(source: &WatchedSource, mut state: SourceState, day: &str, why: &str) -> Looked {
    let since = state.unreachable.entry(ONLY.to_owned()).or_insert_with(|| day.to_owned()).clone();
    day.clone_into(&mut state.looked);
    let unreachable = UnreachableSource { source: source.name.clone(), why: why.to_owned(), since };
    let report = Report {
        schema_version: crate::finding::SCHEMA_VERSION,
        unreachable: vec![unreachable],
        ..Report::default()
    };
    Looked { report, documents: Documents::default(), state, first_look: None }
}

/// A look under way.
struct Look<'a> {
    source: &'a WatchedSource,
    state: SourceState,
    unreachable: Vec<UnreachableSource>,
    report: Report,
    documents: Documents,
    first_look: Option<usize>,
}

impl<'a> Look<'a> {
    /// A look at good documents. One that was good and is no longer counts as it was.
    fn new(source: &'a WatchedSource, last: &SourceState, day: &str, content: SourceContent) -> Self {
        let mut state = SourceState {
            looked: day.to_owned(),
            good: day.to_owned(),
            commit: None,
            documents: content.documents,
            unreachable: BTreeMap::new(),
        };
        let mut unreachable = Vec::new();
        for (name, before) in &last.documents {
            if state.documents.contains_key(name) {
                continue;
            }
            let why = match content.unfit.get(name) {
                Some(why) => why.clone(),
                None if content.is_complete => continue,
                None => {
                    format!(
                        "expected the file that was there, found none; if it is gone for good: --forget {name}"
                    )
                }
            };
            let since = last.unreachable.get(name).cloned().unwrap_or_else(|| day.to_owned());
            state.unreachable.insert(name.clone(), since.clone());
            state.documents.insert(name.clone(), before.clone());
            let shown = format!("{} ({name})", source.name);
            unreachable.push(UnreachableSource { source: shown, why, since });
        }
        let report = Report { schema_version: crate::finding::SCHEMA_VERSION, ..Report::default() };
        Self { source, state, unreachable, report, documents: Documents::default(), first_look: None }
    }

    /// What differs from the last good look.
    fn compare(&mut self, last: &SourceState) {
        let now = self.state.documents.clone();
        if are_equal(&last.documents, &now) {
            let surface = read_surface(&self.source.name, &now);
            let count = surface.endpoints.len().max(surface.schemas.len());
            self.report.compared = Some(u32::try_from(count).unwrap_or(u32::MAX));
            return;
        }
        self.report = self.compare_documents(&last.documents, &now);
        self.documents = Documents { old: list_documents(&last.documents), new: list_documents(&now) };
    }

    /// What differs between two states of the source, with its lines; all of it is new.
    fn compare_documents(
        &self,
        before: &BTreeMap<String, WatchedDocument>,
        after: &BTreeMap<String, WatchedDocument>,
    ) -> Report {
        let (old, new) = (read_surface(&self.source.name, before), read_surface(&self.source.name, after));
        let mut report = compare(&old, &new);
        for finding in report.findings.iter_mut().filter(|finding| finding.is_wire_relevant()) {
            finding.baseline = Some(BaselineState::New);
        }
        fold_report(&mut report, &RouteNames::of(&old, &new));
        Documents { old: list_documents(before), new: list_documents(after) }.locate(&mut report);
        report
    }

    /// Tells the commits since the last look one by one, each with what it brought, where the history has them.
    ///
    /// A path that moves in one commit and a member that goes in the next are known for what they are only so.
    fn walk(
        &mut self,
        history: &GitHistory,
        commit: &str,
        last: &SourceState,
        blobs: &mut Blobs,
    ) -> Result<(), WatchError> {
        if history.head == commit {
            return Ok(());
        }
        let Some(commits) = history.commits_since(Some(commit))? else {
            self.report.not_compared.push(
                "the commits one by one: that of the last look is not in the history, which was rewritten or is shallow"
                    .to_owned(),
            );
            return Ok(());
        };
        let mut findings: Vec<Finding> = Vec::new();
        let mut before = last.documents.clone();
        for commit in commits {
            let Ok(content) = history.read(&commit.id, blobs)? else { continue };
            let after = take_step(&before, content);
            if !are_equal(&before, &after) {
                let step = self.compare_documents(&before, &after);
                let news = step.findings.into_iter().filter(|finding| {
                    finding.severity != Severity::Defect || finding.baseline == Some(BaselineState::New)
                });
                findings.extend(news.map(|mut finding| {
                    finding.since = Some(format!("commit {}", commit.describe()));
                    finding
                }));
            }
            before = after;
        }
        // Commits that could not be read, or merges, may leave a rest that no step showed.
        if are_equal(&before, &self.state.documents) {
            self.report.findings = findings;
            self.report.sort();
        }
        Ok(())
    }

    fn end(self) -> Looked {
        let mut report = self.report;
        report.unreachable = self.unreachable;
        Looked { report, documents: self.documents, state: self.state, first_look: self.first_look }
    }
}

/// The documents after a step of a history: what is no document there counts as it was.
pub(super) fn take_step(
    before: &BTreeMap<String, WatchedDocument>,
    content: SourceContent,
) -> BTreeMap<String, WatchedDocument> {
    let mut after = content.documents;
    // A commit that leaves nothing is no statement about the vendor.
    if after.is_empty() {
        return before.clone();
    }
    for name in content.unfit.keys() {
        if let Some(document) = before.get(name) {
            after.insert(name.clone(), document.clone());
        }
    }
    after
}

/// Whether two states of a source say the same, wherever they lie.
fn are_equal(one: &BTreeMap<String, WatchedDocument>, other: &BTreeMap<String, WatchedDocument>) -> bool {
    let text = |documents: &'_ BTreeMap<String, WatchedDocument>, name: &String| {
        documents.get(name).map(|document| document.text.clone())
    };
    one.len() == other.len() && one.keys().all(|name| text(one, name) == text(other, name))
}

/// What documents describe together.
pub(super) fn read_surface(name: &str, documents: &BTreeMap<String, WatchedDocument>) -> Surface {
    let beside = |below: &str| {
        let known = documents.get(below).map(|document| document.text.clone().into_bytes());
        known.ok_or_else(|| "there was no such file beside it".to_owned())
    };
    // Each was judged when it was taken; one that a later version cannot read says nothing.
    if let Some(only) = documents.get(ONLY) {
        return read::openapi_beside(name, only.text.as_bytes(), &beside).unwrap_or_default();
    }
    let files: Vec<(String, Vec<u8>)> =
        documents.iter().map(|(name, document)| (name.clone(), document.text.clone().into_bytes())).collect();
    read::folder_beside(name, &files, &beside).unwrap_or_default()
}

fn list_documents(documents: &BTreeMap<String, WatchedDocument>) -> Vec<Document> {
    let of = |(name, document): (&String, &WatchedDocument)| Document {
        name: name.clone(),
        path: document.path.clone(),
        text: document.text.clone(),
    };
    documents.iter().map(of).collect()
}

/// The steps of a repository's history: a commit, and what it brought.
///
/// # Errors
///
/// If git cannot be run.
pub fn walk_history(name: &str, history: &GitHistory) -> Result<Vec<(String, Report)>, WatchError> {
    let mut blobs = Blobs::default();
    let mut steps = Vec::new();
    let mut before: BTreeMap<String, WatchedDocument> = BTreeMap::new();
    for commit in history.commits_since(None)?.unwrap_or_default() {
        let Ok(content) = history.read(&commit.id, &mut blobs)? else { continue };
        let after = take_step(&before, content);
        if !before.is_empty() && after != before {
            let (old, new) = (read_surface(name, &before), read_surface(name, &after));
            let mut report = compare(&old, &new);
            fold_report(&mut report, &RouteNames::of(&old, &new));
            steps.push((format!("{} {}", commit.day, commit.id.get(..7).unwrap_or(&commit.id)), report));
        }
        before = after;
    }
    Ok(steps)
}
