//! Lines of a text that JSON Pointers lead to, so that a report can point at the line.

use std::borrow::Cow;
use std::collections::BTreeMap;

use mockreel_contracts::contract::check::schema::unescape;

/// The line, from 1, of what a JSON Pointer names in a JSON or YAML text; of the nearest thing above it, if it
/// leads nowhere. `None` if the text has none of it.
///
/// The text is not parsed but read along its tokens, so it works for texts that are not quite right.
pub fn line_of(text: &str, pointer: &str) -> Option<usize> {
    lines_of(text, &[pointer]).into_iter().next().flatten()
}

/// The lines of several pointers, as [`line_of`] has each, in one reading of the text.
pub fn lines_of(text: &str, pointers: &[&str]) -> Vec<Option<usize>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut wanted = Wanted::default();
    let ends: Vec<Vec<usize>> = pointers.iter().map(|pointer| wanted.add(pointer)).collect();
    if text.trim_start().starts_with('{') {
        wanted.nodes[0].offset = text.find('{');
        read_json(text, &mut wanted);
    } else {
        wanted.nodes[0].offset = (!text.is_empty()).then_some(0);
        read_yaml(text, &mut wanted);
    }
    let breaks: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
    let line = |offset: usize| breaks.partition_point(|at| *at < offset) + 1;
    ends.iter().map(|path| path.iter().rev().find_map(|node| wanted.nodes[*node].offset).map(line)).collect()
}

/// The pointers that are looked for, as a tree of their tokens.
struct Wanted {
    nodes: Vec<WantedNode>,
}

#[derive(Default)]
struct WantedNode {
    children: BTreeMap<String, usize>,
    /// Where it is in the text, in bytes.
    offset: Option<usize>,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { nodes: vec![WantedNode::default()] }
    }
}

impl Wanted {
    /// Adds a pointer, and answers the nodes from the root to its end.
    fn add(&mut self, pointer: &str) -> Vec<usize> {
        let mut path = vec![0];
        let mut at = 0;
        for token in pointer.split('/').skip(1).map(unescape) {
            let next = self.nodes.len();
            let known = *self.nodes[at].children.entry(token).or_insert(next);
            if known == next {
                self.nodes.push(WantedNode::default());
            }
            at = known;
            path.push(at);
        }
        path
    }

    /// The node below another, which the text has at an offset. The first place of two counts.
    fn enter(&mut self, parent: Option<usize>, token: &str, offset: usize) -> Option<usize> {
        let child = *self.nodes[parent?].children.get(token)?;
        self.nodes[child].offset.get_or_insert(offset);
        Some(child)
    }
}

/// What holds the value that is being read, and the nodes of it and of that value.
struct Container {
    /// The index of the item, of an array.
    index: Option<usize>,
    /// Whether a key is next, of an object.
    wants_key: bool,
    node: Option<usize>,
    inner: Option<usize>,
}

fn read_json(text: &str, wanted: &mut Wanted) {
    let bytes = text.as_bytes();
    let mut levels: Vec<Container> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                let end = string_end(bytes, at);
                if let Some(level) = levels.last_mut().filter(|level| level.wants_key) {
                    level.wants_key = false;
                    level.inner = level
                        .node
                        .and_then(|node| wanted.enter(Some(node), &unquote_key(&text[at..end]), at));
                }
                at = end;
                continue;
            }
            open @ (b'{' | b'[') => {
                let node = levels.last().map_or(Some(0), |level| level.inner);
                let is_list = open == b'[';
                let index = is_list.then_some(0);
                let inner = if is_list { wanted.enter(node, "0", next_value(bytes, at + 1)) } else { None };
                levels.push(Container { index, wants_key: !is_list, node, inner });
            }
            b'}' | b']' => drop(levels.pop()),
            b',' => {
                if let Some(level) = levels.last_mut() {
                    match &mut level.index {
                        Some(index) => {
                            *index += 1;
                            let token = index.to_string();
                            level.inner = wanted.enter(level.node, &token, next_value(bytes, at + 1));
                        }
                        None => level.wants_key = true,
                    }
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// The offset of what follows white space.
fn next_value(bytes: &[u8], start: usize) -> usize {
    let space = bytes[start..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    start + space
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

/// A block of YAML: the members of a mapping or the items of a list, which all stand as far in.
struct YamlBlock {
    indent: usize,
    /// The index of the item, of a list.
    index: Option<usize>,
    node: Option<usize>,
    inner: Option<usize>,
}

/// YAML in its usual block form: each key on a line of its own, deeper ones further in.
fn read_yaml(text: &str, wanted: &mut Wanted) {
    let mut blocks: Vec<YamlBlock> = Vec::new();
    // Lines further in than this are text, not keys.
    let mut in_text: Option<usize> = None;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let mut content = line.trim();
        if content.is_empty() || content.starts_with('#') || content == "---" {
            continue;
        }
        let mut indent = line.len() - line.trim_start_matches(' ').len();
        if in_text.is_some_and(|outer| indent > outer) {
            continue;
        }
        in_text = None;
        while content == "-" || content.starts_with("- ") {
            let block = block_at(&mut blocks, indent, true);
            let index = block.index.map_or(0, |index| index + 1);
            block.index = Some(index);
            block.inner = wanted.enter(block.node, &index.to_string(), start);
            let inner = content[1..].trim_start();
            indent += content.len() - inner.len();
            content = inner;
        }
        let Some((key, value)) = split_key(content) else { continue };
        let block = block_at(&mut blocks, indent, false);
        block.inner = wanted.enter(block.node, &key, start);
        if value.starts_with(['|', '>']) {
            in_text = Some(indent);
        }
    }
}

/// The block that a line so far in belongs to; a new one if it begins one.
fn block_at(blocks: &mut Vec<YamlBlock>, indent: usize, is_item: bool) -> &mut YamlBlock {
    // Items may stand as far in as the key that holds them.
    while blocks.last().is_some_and(|block| {
        block.indent > indent || (block.indent == indent && block.index.is_some() && !is_item)
    }) {
        blocks.pop();
    }
    let belongs =
        blocks.last().is_some_and(|block| block.indent == indent && block.index.is_some() == is_item);
    if !belongs {
        let node = blocks.last().map_or(Some(0), |block| block.inner);
        blocks.push(YamlBlock { indent, index: None, node, inner: None });
    }
    let last = blocks.len() - 1;
    &mut blocks[last]
}

/// A key and what stands behind it.
fn split_key(content: &str) -> Option<(Cow<'_, str>, &str)> {
    match content.as_bytes().first()? {
        b'"' => {
            let end = string_end(content.as_bytes(), 0);
            let value = content.get(end..)?.trim_start().strip_prefix(':')?;
            Some((unquote_key(&content[..end]), value.trim_start()))
        }
        b'\'' => {
            let end = content[1..].find('\'')? + 1;
            let value = content.get(end + 1..)?.trim_start().strip_prefix(':')?;
            Some((Cow::Borrowed(&content[1..end]), value.trim_start()))
        }
        _ => match content.split_once(": ") {
            Some((key, value)) => Some((Cow::Borrowed(key.trim_end()), value.trim_start())),
            None => content.strip_suffix(':').map(|key| (Cow::Borrowed(key.trim_end()), "")),
        },
    }
}
