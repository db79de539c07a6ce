//! The tree that is measured: this repository, or another that `MOCKREEL_TIDY_ROOT` names.

use std::fs;
use std::path::{Path, PathBuf};

/// Paths from the root with `/`, and texts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    pub(crate) files: Vec<(String, String)>,
}

/// The root of the tree that is measured.
pub(crate) fn root() -> PathBuf {
    let named = std::env::var_os("MOCKREEL_TIDY_ROOT").filter(|root| !root.is_empty());
    named.map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from)
}

/// Every `.rs` and `.toml` file of the crates.
pub(crate) fn read_tree() -> Tree {
    let root = root();
    let mut files = Vec::new();
    let mut waiting = vec![root.clone()];
    while let Some(path) = waiting.pop() {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if path == root || !(name.starts_with('.') || name == "target" || name == "fixtures") {
                waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            }
        } else if name.ends_with(".rs") || name.ends_with(".toml") {
            files.push((relative(&root, &path), fs::read_to_string(&path).unwrap()));
        }
    }
    files.sort();
    assert!(files.iter().any(|(path, _)| path.ends_with(".rs")), "no Rust file below {}", root.display());
    Tree { files }
}

fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/")
}

impl Tree {
    /// A tree in memory, for tests of the rules.
    pub(crate) fn made_up(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        Self { files }
    }

    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|(name, _)| name == path).map(|(_, text)| text.as_str())
    }

    /// Every Rust file of the command, the libraries and their tests.
    pub(crate) fn sources(&self) -> impl Iterator<Item = (&str, &str)> {
        let files = self.files.iter().filter(|(path, _)| path.ends_with(".rs"));
        files.map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Every Rust file in the `src` folders, with unit tests.
    pub(crate) fn product(&self) -> impl Iterator<Item = (&str, &str)> {
        self.sources().filter(|(path, _)| is_product(path))
    }

    /// The name in code and the root file of each crate: the libraries and the command.
    pub(crate) fn crates(&self) -> Vec<(String, String)> {
        let manifests = self.files.iter().filter(|(path, _)| path.ends_with("Cargo.toml"));
        let found = manifests.filter_map(|(path, text)| {
            let (_, package) = text.split_once("[package]")?;
            let line = package.lines().find_map(|line| line.strip_prefix("name = \""))?;
            let name = line.trim_end_matches('"').replace('-', "_");
            let folder = path.trim_end_matches("Cargo.toml");
            let roots = [format!("{folder}src/lib.rs"), format!("{folder}src/main.rs")];
            Some((name, roots.into_iter().find(|root| self.text(root).is_some())?))
        });
        found.collect()
    }
}

fn is_product(path: &str) -> bool {
    path.starts_with("src/") || path.split('/').nth(1) == Some("src")
}

pub(crate) fn is_test_file(path: &str) -> bool {
    path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("/tests.rs")
}

/// The lines of files that hold one of the words, as `file:line: text`.
pub(crate) fn lines_with<'a>(files: impl Iterator<Item = (&'a str, &'a str)>, words: &[&str]) -> Vec<String> {
    let mut lines = Vec::new();
    for (path, text) in files {
        for (number, line) in text.lines().enumerate() {
            if words.iter().any(|word| line.contains(word)) {
                lines.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    lines
}
