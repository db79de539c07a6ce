//! A form as text, to know it again.

use std::fmt::Write as _;

use serde_json::Value;

use crate::surface::Node;

/// Longer texts are cut, in bytes: so much says which form it is.
const MAX_TEXT: usize = 32 * 1024;

/// What of a form shows on the wire, as text: two forms are the same if these are.
pub(crate) fn shape(node: &Node) -> String {
    let mut text = String::new();
    write(node, &mut text, 0);
    text
}

fn write(node: &Node, text: &mut String, depth: usize) {
    if text.len() > MAX_TEXT || depth > 64 {
        text.push('~');
        return;
    }
    let types: Vec<&str> = node.types.iter().map(|held| held.name()).collect();
    let _ = write!(text, "{}{}", types.join("|"), if node.nullable { "?" } else { "" });
    if node.never {
        text.push('-');
    }
    if let Some(values) = &node.values {
        let _ = write!(text, "={}", Value::from(values.clone()));
    }
    if node.closed {
        text.push('!');
    }
    for (keyword, limit) in &node.limits {
        let _ = write!(text, ",{keyword}:{limit}");
    }
    for word in node.format.iter().chain(&node.style) {
        let _ = write!(text, ",{word}");
    }
    for link in &node.links {
        let _ = write!(text, "@{}", link.pointer);
    }
    let mut members: Vec<_> = node.members.iter().collect();
    members.sort_by(|left, right| left.0.cmp(right.0));
    for (name, member) in members {
        let _ = write!(text, ";{name}{}(", if member.required { "!" } else { "" });
        write(&member.node, text, depth + 1);
        text.push(')');
    }
    if let Some(items) = &node.items {
        text.push('[');
        write(items, text, depth + 1);
        text.push(']');
    }
    for (keyword, part) in &node.parts {
        let _ = write!(text, "{{{keyword} ");
        write(part, text, depth + 1);
        text.push('}');
    }
    for part in &node.alternatives {
        text.push('<');
        write(part, text, depth + 1);
        text.push('>');
    }
}
