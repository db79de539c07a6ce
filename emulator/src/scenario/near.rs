//! Suggestions: the known name that a mistyped one was probably meant to be.

/// How alike two names must be for one to be suggested for the other, from 0 to 1.
const MIN_LIKENESS: f64 = 0.85;

/// What likeness counts for where the known name stands in a group: one that stands alone is preferred.
const OTHER_GROUP: f64 = 0.99;

/// The longest name that is compared, in bytes: comparing takes as long as both together.
const LONGEST_BYTES: usize = 100;

/// The words ` (did you mean ...?)` behind a name that nobody knows; empty if nothing known is like it.
pub(crate) fn suggest_name<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    if name.len() > LONGEST_BYTES {
        return String::new();
    }
    let name = name.to_lowercase();
    let name = name.as_str();
    let likeness = |known: &str| {
        let known = known.to_lowercase();
        // What both have in front of a slash says nothing of how alike they are.
        match (name.split_once('/'), known.split_once('/')) {
            (Some((group, name)), Some((same, known))) if group == same => strsim::jaro_winkler(name, known),
            // A name without its group is that of the whole.
            (None, Some((_, own))) => {
                (OTHER_GROUP * strsim::jaro_winkler(name, own)).max(strsim::jaro_winkler(name, &known))
            }
            _ => strsim::jaro_winkler(name, &known),
        }
    };
    let alike = known.into_iter().map(|known| (likeness(known), known));
    let nearest = alike.max_by(|(one, _), (other, _)| one.total_cmp(other));
    match nearest {
        Some((likeness, known)) if likeness >= MIN_LIKENESS => format!(" (did you mean `{known}`?)"),
        Some(_) | None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_understood_and_another_word_is_not() {
        let known = ["rate_limited", "overloaded", "timeout"];
        assert_eq!(suggest_name("rate_limit", known), " (did you mean `rate_limited`?)");
        assert_eq!(suggest_name("timout", known), " (did you mean `timeout`?)");
        let sets = ["acme/stuck-queue", "acme/held-post", "rehearsal"];
        assert_eq!(suggest_name("acme/stuk-queue", sets), " (did you mean `acme/stuck-queue`?)");
        assert_eq!(suggest_name("acme/no-such", sets), "");
        let rehearsals = ["rehearsal", "acme/rehearsal"];
        assert_eq!(suggest_name("rehersal", rehearsals), " (did you mean `rehearsal`?)");
        for name in ["stuck-queue", "stuk-queue", "Stuck-Queue"] {
            assert_eq!(suggest_name(name, sets), " (did you mean `acme/stuck-queue`?)", "{name}");
        }
        assert_eq!(suggest_name("Timeout", known), " (did you mean `timeout`?)");
        for name in ["explode", "zz", "", &"rate_limited".repeat(1_000)] {
            assert_eq!(suggest_name(name, known), "");
        }
    }
}
