//! Lookalikes of directives: texts in a prompt that were probably meant as one, and are spelt otherwise.

/// The start of a directive.
pub(super) const START: &str = "[mock:";

/// What opens a bracket, also in other scripts.
const OPENING: &str = "[［【〔〖({（｛<";

/// What ends a directive, also in other scripts.
const CLOSING: &str = "]］】〕〗)}）｝>\n";

/// What may stand between the word and the order.
const SEPARATORS: &str = ":：﹕;-–_=.|/";

/// The word behind the bracket.
const WORD: &str = "mock";

/// The longest lookalike that is quoted, in characters.
const LONGEST: usize = 60;

/// A text that looks like a directive and is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lookalike {
    /// As it stands there.
    pub(super) found: String,
    /// As it would be spelt.
    pub(super) expected: String,
}

/// Finds the lookalikes of directives of these names, at most so many.
pub(super) fn find_lookalikes<'t>(
    text: &'t str,
    names: &'t [&'t str],
    most: usize,
) -> impl Iterator<Item = Lookalike> + 't {
    // Only ASCII letters change, so the places are those of the text.
    let lower = text.to_ascii_lowercase();
    let places: Vec<usize> = lower.match_indices(WORD).map(|(at, _)| at).collect();
    places.into_iter().filter_map(move |at| read_lookalike(text, at, names)).take(most)
}

/// Reads the one whose word stands at a place.
fn read_lookalike(text: &str, at: usize, names: &[&str]) -> Option<Lookalike> {
    let (before, behind) = (&text[..at], &text[at + WORD.len()..]);
    if before.chars().next_back().is_some_and(char::is_alphanumeric) {
        return None;
    }
    let opening =
        before.trim_end().char_indices().next_back().filter(|(_, character)| OPENING.contains(*character));
    let rest = behind.strip_prefix("reel").unwrap_or(behind);
    let order = rest
        .trim_start_matches(|character: char| character.is_whitespace() || SEPARATORS.contains(character));
    let between = rest[..rest.len() - order.len()].trim();
    if order.len() == rest.len() {
        // `mockup` and the like.
        return None;
    }
    let word: String = order.chars().take_while(char::is_ascii_alphabetic).collect();
    let is_named = names.contains(&word.to_ascii_lowercase().as_str());
    let is_marked = between.contains([':', '：', '﹕', '=']);
    let is_meant = match opening {
        Some((_, '[' | '［' | '【')) => is_named || !between.is_empty(),
        Some(_) => is_named,
        None => is_named && is_marked,
    };
    let start = opening.map_or(at, |(start, _)| start);
    if !is_meant || text[start..].starts_with(START) {
        return None;
    }
    let ends = |character: char| CLOSING.contains(character);
    let end = order.find(ends).or_else(|| order.find(char::is_whitespace)).unwrap_or(order.len());
    let end_at = text.len() - order.len() + end;
    let closing = order[end..].chars().next().filter(|character| *character != '\n' && ends(*character));
    let order = order[..end].trim();
    let (name, value) = match order.split_once(['=', '＝', ':', '：']) {
        Some((name, value)) => (name.trim(), format!("={}", value.trim())),
        None => (order, String::new()),
    };
    let cut = |text: String| text.chars().take(LONGEST).collect::<String>();
    Some(Lookalike {
        found: cut(text[start..end_at].chars().chain(closing).collect()),
        expected: cut(format!("{}{}{value}]", START, name.to_lowercase())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find_all(text: &str) -> Vec<Lookalike> {
        find_lookalikes(text, &["fail", "stuck", "slow"], 10).collect()
    }

    #[test]
    fn another_spelling_is_found_with_the_right_one() {
        for (text, expected) in [
            ("a cat [Mock:fail=moderation] runs", "[mock:fail=moderation]"),
            ("[MOCK:STUCK]", "[mock:stuck]"),
            ("[ mock:stuck]", "[mock:stuck]"),
            ("[mock :stuck]", "[mock:stuck]"),
            ("[mock-stuck]", "[mock:stuck]"),
            ("[mock_slow=3]", "[mock:slow=3]"),
            ("[mock=stuck]", "[mock:stuck]"),
            ("[mock stuck]", "[mock:stuck]"),
            ("[mock：stuck]", "[mock:stuck]"),
            ("［mock:fail=moderation］", "[mock:fail=moderation]"),
            ("【mock：slow=3】", "[mock:slow=3]"),
            ("(mock:stuck)", "[mock:stuck]"),
            ("{mock:stuck}", "[mock:stuck]"),
            ("<mock:stuck>", "[mock:stuck]"),
            ("[mockreel:stuck]", "[mock:stuck]"),
            ("mock:fail=moderation please", "[mock:fail=moderation]"),
            ("[Mock:explode]", "[mock:explode]"),
            ("[mock:fail:moderation] [Mock:fail:moderation]", "[mock:fail=moderation]"),
        ] {
            let found = find_all(text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert_eq!(found[0].expected, expected, "{text}");
            assert!(text.contains(&found[0].found), "{text}: {found:?}");
        }
    }

    #[test]
    fn an_ordinary_prompt_has_none() {
        for text in [
            "a mock turtle",
            "[mockup of a house]",
            "(mock fight) at dawn",
            "a hammock: slow and stuck",
            "[mock:fail=moderation]",
            "mock",
            "to mock-slow somebody",
            "[a mock trial]",
            "é[mock",
        ] {
            assert_eq!(find_all(text), [], "{text}");
        }
    }
}
