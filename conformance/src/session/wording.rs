//! Wording of messages: answers in one line, and texts cut between two words.

use mockreel_evidence::exchange::Answer;

/// The characters of a good answer that a message shows.
const GOOD_CHARACTERS: usize = 160;

/// The characters of a refusal that a message shows: its reason may stand behind ids, times and paths.
const REFUSAL_CHARACTERS: usize = 480;

/// An answer in one line, for messages: its status and the start of its body.
pub(crate) fn describe(answer: &Answer) -> String {
    let text = answer.text();
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let most = if answer.status < 400 { GOOD_CHARACTERS } else { REFUSAL_CHARACTERS };
    format!("{} {}", answer.status, shorten(&line, most)).trim_end().to_owned()
}

/// The start of a text of more than so many characters, cut between two words.
///
/// Messages are freed of secrets when they are whole: half a key at the end would not be found in them.
pub(crate) fn shorten(text: &str, limit: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(limit) else { return text.to_owned() };
    let (short, rest) = text.split_at(end);
    let parts = |letter: char| letter.is_whitespace() || "\"'<>(){}[],;&".contains(letter);
    let whole = if rest.starts_with(parts) { end } else { short.rfind(parts).unwrap_or(0) };
    format!("{}...", short.get(..whole).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_two_words_and_a_word_without_an_end_is_left_out() {
        assert_eq!(shorten("whole", 5), "whole");
        assert_eq!(shorten("one two", 5), "one...");
        assert_eq!(shorten("one two", 3), "one...");
        assert_eq!(shorten("endless", 3), "...");
        assert_eq!(shorten("größe größe", 7), "größe...");
    }
}
