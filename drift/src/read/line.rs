//! Lines of a text that JSON Pointers lead to, so that a report can point at the line.

use std::borrow::Cow;

use mockreel_contracts::contract::check::schema::unescape;

/// The line, from 1, of what a JSON Pointer names in a JSON or YAML text; of the nearest thing above it, if it
/// leads nowhere. `None` if the text has none of it.
///
/// The text is not parsed but read along its tokens, so it works for texts that are not quite right.
pub fn line_of(text: &str, pointer: &str) -> Option<usize> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let tokens: Vec<String> = pointer.split('/').skip(1).map(unescape).collect();
    let json = text.trim_start().starts_with('{');
    let offset = if json { in_json(text, &tokens) } else { in_yaml(text, &tokens) }?;
    Some(text[..offset].bytes().filter(|byte| *byte == b'\n').count() + 1)
}

/// What holds the value that is being read.
enum Container<'a> {
    Object { key: Cow<'a, str>, awaits_key: bool },
    Array { index: usize },
}

fn in_json(text: &str, tokens: &[String]) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut levels: Vec<Container<'_>> = Vec::new();
    let mut found = None;
    // How many tokens the levels above match, each in turn.
    let mut best = 0;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                let end = string_end(bytes, at);
                if let Some(Container::Object { key, awaits_key }) = levels.last_mut()
                    && *awaits_key
                {
                    *key = unquote_key(&text[at..end]);
                    *awaits_key = false;
                    note(&levels, tokens, at, &mut best, &mut found);
                }
                at = end;
                continue;
            }
            b'{' => levels.push(Container::Object { key: Cow::Borrowed(""), awaits_key: true }),
            b'[' => {
                levels.push(Container::Array { index: 0 });
                note(&levels, tokens, at + 1, &mut best, &mut found);
            }
            b'}' | b']' => {
                levels.pop();
                if best == tokens.len() && found.is_some() && levels.len() < tokens.len() {
                    break;
                }
            }
            b',' => match levels.last_mut() {
                Some(Container::Object { awaits_key, .. }) => *awaits_key = true,
                Some(Container::Array { index }) => {
                    *index += 1;
                    note(&levels, tokens, at + 1, &mut best, &mut found);
                }
                None => {}
            },
            _ => {}
        }
        at += 1;
    }
    found.or_else(|| text.find('{'))
}

/// Remembers a place if more of the tokens lead there than anywhere before.
fn note(levels: &[Container<'_>], tokens: &[String], at: usize, best: &mut usize, found: &mut Option<usize>) {
    if levels.len() > tokens.len() || levels.len() <= *best {
        return;
    }
    let matches = levels.iter().zip(tokens).all(|(level, token)| match level {
        Container::Object { key, .. } => key == token,
        Container::Array { index } => token.parse() == Ok(*index),
    });
    if matches {
        *best = levels.len();
        *found = Some(at);
    }
}

/// The offset behind the closing quote.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'"' => return at + 1,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

fn unquote_key(quoted: &str) -> Cow<'_, str> {
    let inner = quoted.trim_matches('"');
    if inner.contains('\\') {
        serde_json::from_str(quoted).map_or(Cow::Borrowed(inner), Cow::Owned)
    } else {
        Cow::Borrowed(inner)
    }
}

/// YAML in its usual block form: each key on a line of its own, deeper ones further in.
fn in_yaml(text: &str, tokens: &[String]) -> Option<usize> {
    let mut wanted = tokens.iter();
    let mut token = wanted.next();
    let mut found = 0;
    // How far in the key is that was found last, and what is directly below it.
    let mut outer: Option<usize> = None;
    let mut level: Option<usize> = None;
    let mut index = 0;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let content = line.trim();
        if content.is_empty() || content.starts_with('#') || content == "---" {
            continue;
        }
        let mut place = line.len() - line.trim_start_matches(' ').len();
        let mut content = content;
        let item = content == "-" || content.starts_with("- ");
        // Items may stand as far in as the key that holds them.
        if outer.is_some_and(|outer| place < outer || (place == outer && !item)) {
            break;
        }
        if *level.get_or_insert(place) != place {
            continue;
        }
        let Some(name) = token else { break };
        if item {
            let is_wanted = name.parse() == Ok(index);
            index += 1;
            if !is_wanted {
                continue;
            }
            (found, outer, token) = (start, Some(place), wanted.next());
            let inner = content[1..].trim_start();
            place += content.len() - inner.len();
            content = inner;
            (level, index) = (Some(place), 0);
        }
        let Some(name) = token else { break };
        let key = content.split(": ").next().unwrap_or_default().trim_end_matches(':').trim_end();
        if key.trim_matches(['"', '\'']) == name {
            (found, outer, token) = (start, Some(place), wanted.next());
            (level, index) = (None, 0);
        }
    }
    Some(found)
}
