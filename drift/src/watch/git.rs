//! Git repositories on this machine, read by running `git`: it knows every form of a repository, and who may read it.
//!
//! Only commands that read objects are run. No hook, filter or pager runs, nothing is written, and no other machine is
//! asked: a part that was never fetched is missing.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::WatchError;
use super::source::{MOST_BYTES, SourceContent, is_named_so};

/// The most commits that are walked one by one.
const MOST_COMMITS: usize = 200;

/// The history of the OpenAPI files in a repository, or in a part of it.
#[derive(Debug)]
pub struct GitHistory {
    root: PathBuf,
    /// The part of the repository that is watched; empty for all.
    part: String,
    /// The commit that is the newest now.
    pub head: String,
}

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its name in full.
    pub id: String,
    /// The day when it was made, `YYYY-MM-DD`.
    pub day: String,
}

impl Commit {
    /// As a report names it: `1a2b3c4 of 2026-11-20`.
    pub fn describe(&self) -> String {
        format!("{} of {}", self.id.get(..7).unwrap_or(&self.id), self.day)
    }
}

/// Whether a path is the root of a git repository.
pub fn is_repository(path: &Path) -> bool {
    path.join(".git").exists() || (path.join("HEAD").is_file() && path.join("objects").is_dir())
}

impl GitHistory {
    /// Opens a repository at its root or below. The inner error says why nothing can be known of it.
    ///
    /// # Errors
    ///
    /// If git cannot be run.
    pub(super) fn open(path: &Path) -> Result<Result<Self, String>, WatchError> {
        let (folder, file) = if path.is_dir() {
            (path.to_owned(), String::new())
        } else {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            (folder.unwrap_or(Path::new(".")).to_owned(), name.unwrap_or_default())
        };
        if !folder.is_dir() {
            return Ok(Err("expected a git repository, found nothing there".to_owned()));
        }
        let prefix = run_git(&folder, &["rev-parse", "--show-prefix"])?;
        let prefix = match text_of(&prefix) {
            Ok(prefix) => prefix.trim_end_matches('\n').to_owned(),
            Err(why) => return Ok(Err(format!("expected a git repository: {why}"))),
        };
        let head = run_git(&folder, &["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])?;
        let Ok(head) = text_of(&head) else {
            return Ok(Err("expected a git repository with a commit, found none in it".to_owned()));
        };
        let part = format!("{prefix}{file}");
        Ok(Ok(Self { root: folder, part, head: head.trim().to_owned() }))
    }

    /// The commits after one that touched the files, the oldest first; `None` if that one is not in the history of the
    /// newest, as after a rewrite or in a shallow clone.
    ///
    /// # Errors
    ///
    /// If git cannot be run.
    pub fn commits_since(&self, last: Option<&str>) -> Result<Option<Vec<Commit>>, WatchError> {
        if let Some(last) = last {
            let known = run_git(&self.root, &["merge-base", "--is-ancestor", last, &self.head])?;
            if !known.status.success() {
                return Ok(None);
            }
        }
        let range = last.map_or_else(|| self.head.clone(), |last| format!("{last}..{}", self.head));
        let most = format!("--max-count={MOST_COMMITS}");
        let part = self.pathspec();
        let arguments = ["rev-list", "--first-parent", &most, "--format=%H %cs", &range, "--", &part];
        let output = run_git(&self.root, &arguments)?;
        let Ok(text) = text_of(&output) else { return Ok(None) };
        let mut commits: Vec<Commit> = text
            .lines()
            .filter(|line| !line.starts_with("commit "))
            .filter_map(|line| line.split_once(' '))
            .map(|(id, day)| Commit { id: id.to_owned(), day: day.to_owned() })
            .collect();
        commits.reverse();
        Ok(Some(commits))
    }

    /// The OpenAPI files of a commit.
    ///
    /// # Errors
    ///
    /// If git cannot be run; the inner error says why the files cannot be read.
    pub(super) fn read(
        &self,
        commit: &str,
        blobs: &mut Blobs,
    ) -> Result<Result<SourceContent, String>, WatchError> {
        let mut arguments = vec!["ls-tree", "-r", "-z", "-l", "--full-tree", commit, "--"];
        arguments.extend(Some(self.part.as_str()).filter(|part| !part.is_empty()));
        let listed = run_git(&self.root, &arguments)?;
        if !listed.status.success() {
            return Ok(Err(first_line(&listed)));
        }
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        let mut content = SourceContent { is_complete: true, ..SourceContent::default() };
        let mut left = MOST_BYTES;
        for entry in listed.split('\0').filter(|entry| !entry.is_empty()) {
            let Some((facts, path)) = entry.split_once('\t') else { continue };
            let facts: Vec<&str> = facts.split_ascii_whitespace().collect();
            let [mode, "blob", id, size] = facts.as_slice() else { continue };
            // A symbolic link is a blob as well.
            if *mode == "120000" || !is_named_so(path) {
                continue;
            }
            let size: u64 = size.parse().unwrap_or(u64::MAX);
            if size > left {
                let most = MOST_BYTES / (1024 * 1024);
                content.unfit.insert(path.to_owned(), format!("expected at most {most} MiB in a source"));
                continue;
            }
            left -= size;
            let shown = format!("{path}@{}", commit.get(..7).unwrap_or(commit));
            match blobs.get(&self.root, id)? {
                Ok(bytes) => content.add(path, &shown, bytes),
                Err(why) => drop(content.unfit.insert(path.to_owned(), why)),
            }
        }
        content.take_beside(None);
        Ok(Ok(content))
    }

    /// The watched part, taken as it is written.
    fn pathspec(&self) -> String {
        if self.part.is_empty() { ":(top)".to_owned() } else { format!(":(top,literal){}", self.part) }
    }
}

/// The texts that were read from a repository, so that what did not change is read once.
#[derive(Debug, Default)]
pub(super) struct Blobs {
    read: BTreeMap<String, Vec<u8>>,
}

impl Blobs {
    fn get(&mut self, root: &Path, id: &str) -> Result<Result<&[u8], String>, WatchError> {
        if !self.read.contains_key(id) {
            let output = run_git(root, &["cat-file", "blob", id])?;
            if !output.status.success() {
                return Ok(Err(first_line(&output)));
            }
            self.read.insert(id.to_owned(), output.stdout);
        }
        Ok(Ok(self.read.get(id).map(Vec::as_slice).unwrap_or_default()))
    }
}

/// Runs git in a folder.
fn run_git(folder: &Path, arguments: &[&str]) -> Result<Output, WatchError> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder);
    for setting in ["core.fsmonitor=false", "protocol.allow=never", "core.quotePath=false"] {
        command.arg("-c").arg(setting);
    }
    // Where this runs in a hook, these would lead to another repository.
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX"] {
        command.env_remove(variable);
    }
    command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_OPTIONAL_LOCKS", "0").env("GIT_NO_LAZY_FETCH", "1");
    command.env("LC_ALL", "C");
    let output = command.args(arguments).output();
    output.map_err(|why: io::Error| WatchError::NoGit { why })
}

/// What git printed, or what it says is wrong.
fn text_of(output: &Output) -> Result<String, String> {
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(first_line(output))
    }
}

fn first_line(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = text.lines().next().unwrap_or_default().trim_start_matches("fatal: ");
    if line.is_empty() { format!("git ended with {}", output.status) } else { line.to_owned() }
}
