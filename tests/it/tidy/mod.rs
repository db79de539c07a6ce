//! Rules about the tree: what the design demands of every file, checked on every file.

mod files;
mod graph;
mod imports;
mod items;
mod layout;
mod literals;
mod names;
mod report;
mod signs;
mod tokens;
mod tree;

mod vendors;
mod words;

/// Fails with what to do instead, and the places where it is to be done.
fn assert_none(found: &[String], advice: &str) {
    assert!(found.is_empty(), "{advice}:\n  {}", found.join("\n  "));
}
