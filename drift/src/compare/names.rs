//! The words of members' names.

use std::collections::BTreeSet;

/// Words that mean two ends of one thing, so that a member with the other word is another member.
const OPPOSITES: [(&str, &str); 10] = [
    ("min", "max"),
    ("start", "end"),
    ("first", "last"),
    ("in", "out"),
    ("input", "output"),
    ("from", "to"),
    ("width", "height"),
    ("left", "right"),
    ("top", "bottom"),
    ("head", "tail"),
];

/// Whether two names differ by opposites.
pub(super) fn are_opposites(one: &BTreeSet<String>, other: &BTreeSet<String>) -> bool {
    OPPOSITES.iter().any(|(left, right)| {
        let has = |words: &BTreeSet<String>, word: &str| words.contains(word);
        (has(one, left) && has(other, right)) || (has(one, right) && has(other, left))
    })
}

/// The words of a name: `tailImage_url` has three.
pub(super) fn words(name: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let mut word = String::new();
    let mut lower_before = false;
    for letter in name.chars() {
        let starts = letter.is_uppercase() && lower_before;
        if !letter.is_alphanumeric() || starts {
            words.insert(std::mem::take(&mut word));
        }
        if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase());
        }
        lower_before = letter.is_lowercase();
    }
    words.insert(word);
    words.remove("");
    words
}
