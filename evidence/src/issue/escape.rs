//! Makes visible what cannot be seen, so that text from the wire cannot move a cursor, hide or forge a line.

/// Whether a character is written as `\u{...}` instead of being printed.
///
/// That is every control (C0, DEL, C1), what changes the direction of text, what has no width, what some
/// programs take for the end of a line, tags, and what XML forbids.
pub fn is_unseen(character: char) -> bool {
    let code = u32::from(character);
    character.is_control()
        || matches!(
            code,
            0x00AD              // soft hyphen
            | 0x034F            // grapheme joiner
            | 0x061C            // Arabic letter mark
            | 0x115F..=0x1160   // Hangul fillers
            | 0x17B4..=0x17B5   // Khmer inherent vowels
            | 0x180B..=0x180F   // Mongolian separators
            | 0x200B..=0x200F   // zero width, marks of direction
            | 0x2028..=0x202E   // line and paragraph separator, embeddings and overrides
            | 0x2060..=0x206F   // word joiner, invisible operators, isolates
            | 0x3164            // Hangul filler
            | 0xFDD0..=0xFDEF   // no characters
            | 0xFEFF            // byte order mark
            | 0xFFA0            // halfwidth Hangul filler
            | 0xFFF0..=0xFFFB   // annotations
            | 0xE0000..=0xE0FFF // tags and variations
        )
        || code & 0xFFFE == 0xFFFE
}

/// Text on which nothing depends but what is seen: no control character is left, not even a line feed.
///
/// `\n`, `\r` and `\t` are written so, all others as `\u{1b}`. CI systems read commands in what they log, `##[...]`
/// anywhere and `::...` at the start of a line, however far it is indented: the second `#` or `:` of those is
/// written as a code as well.
pub fn terminal(text: &str) -> String {
    visible(text, false)
}

/// As [`terminal`], but line feeds are kept: for blocks of several lines, each of which is safe.
pub fn block(text: &str) -> String {
    visible(text, true)
}

/// One line of at most so many characters of the text, with runs of spaces and line ends made one space.
///
/// What was cut off is said. The length is counted before anything is made visible.
pub fn one_line(text: &str, limit: usize) -> String {
    // Only as much is looked at as can be printed; a megabyte of message costs no more than a line.
    let far = text.char_indices().nth(limit.saturating_mul(4)).map_or(text.len(), |(at, _)| at);
    let (near, rest) = text.split_at(far);
    let mut line = String::with_capacity(near.len());
    for word in near.split([' ', '\n', '\r', '\t']).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    let (kept, beyond) = cut(&line, limit);
    let left_out = beyond + rest.chars().count();
    let mut line = terminal(kept);
    if left_out > 0 {
        line.push_str(&format!("… ({left_out} more characters)"));
    }
    line
}

/// The first so many characters of a text, and how many are left out.
pub fn cut(text: &str, limit: usize) -> (&str, usize) {
    match text.char_indices().nth(limit) {
        None => (text, 0),
        Some((at, _)) => (&text[..at], text[at..].chars().count()),
    }
}

fn visible(text: &str, keep_lines: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = '\0';
    // Whether there was nothing on this line but space and at most one colon.
    let mut at_start = true;
    for character in text.chars() {
        match character {
            '\n' if keep_lines => out.push('\n'),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '#' if before == '#' => push_code(&mut out, '#'),
            ':' if before == ':' && at_start => push_code(&mut out, ':'),
            unseen if is_unseen(unseen) => push_code(&mut out, unseen),
            seen => out.push(seen),
        }
        at_start = match character {
            '\n' if keep_lines => true,
            ':' => at_start && before != ':',
            other => at_start && other.is_whitespace(),
        };
        before = character;
    }
    out
}

fn push_code(out: &mut String, character: char) {
    out.push_str(&format!("\\u{{{:x}}}", u32::from(character)));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_cannot_be_seen_is_spelt_out() {
        assert_eq!(terminal("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(terminal("a\r\nb\tc\0"), "a\\r\\nb\\tc\\u{0}");
        assert_eq!(terminal("\u{9b}2J \u{202e}evil\u{200b}"), "\\u{9b}2J \\u{202e}evil\\u{200b}");
        assert_eq!(terminal("##[add-mask]x ###"), "#\\u{23}[add-mask]x #\\u{23}\\u{23}");
        assert_eq!(terminal(" ::error::x a::b"), " :\\u{3a}error::x a::b");
        assert_eq!(block("a\n ::b\n:c"), "a\n :\\u{3a}b\n:c");
        assert_eq!(terminal("Zoë 日本 🎬 ok"), "Zoë 日本 🎬 ok");
        assert_eq!(block("a\n\u{7}b"), "a\n\\u{7}b");
    }

    #[test]
    fn a_line_is_cut_by_characters_and_says_so() {
        assert_eq!(one_line("  two\r\n  words ", 20), "two words");
        assert_eq!(one_line("ééééé", 3), "ééé… (2 more characters)");
        assert_eq!(one_line(&"x".repeat(1000), 5), "xxxxx… (995 more characters)");
        assert_eq!(cut("日本語", 2), ("日本", 1));
    }

    proptest! {
        #[test]
        fn nothing_unseen_is_left(text in any::<String>()) {
            prop_assert!(!terminal(&text).contains(is_unseen));
            prop_assert!(!one_line(&text, 50).contains(is_unseen));
            prop_assert!(!block(&text).replace('\n', "").contains(is_unseen));
            prop_assert!(!terminal(&text).contains("##"));
            prop_assert!(!block(&text).lines().any(|line| line.trim_start().starts_with("::")));
        }

        #[test]
        fn a_line_has_no_more_than_it_may(text in "[a-zé \\n]{0,200}", limit in 1_usize..50) {
            let line = one_line(&text, limit);
            let kept = line.split('…').next().unwrap();
            prop_assert!(kept.chars().count() <= limit);
        }
    }
}
