//! Links followed: a form as far as its own level goes.

use std::sync::Arc;

use super::merge::{Forms, both, either};
use crate::surface::{Link, Node};

/// So many links are followed to get to one level; a form that only leads to itself says nothing.
const MAX_LINKS: usize = 64;

/// A form whose own level is complete. What is below it may hold links again.
pub(crate) fn open(forms: &mut Forms, node: &Arc<Node>) -> Arc<Node> {
    open_within(forms, node, 0)
}

fn open_within(forms: &mut Forms, node: &Arc<Node>, depth: usize) -> Arc<Node> {
    if depth > MAX_LINKS {
        return Arc::new(Node { pointer: node.pointer.clone(), unknown: true, ..Node::default() });
    }
    // A link and nothing else is the form that it leads to.
    if let Some(only) = only_link(node) {
        return match only.follow() {
            Some(target) if !Arc::ptr_eq(&target, node) => open_within(forms, &target, depth + 1),
            _ => Arc::new(Node { links: Vec::new(), unknown: true, ..Node::clone(node) }),
        };
    }
    let mut opened = Arc::clone(node);
    let mut followed: Vec<String> = Vec::new();
    while !opened.links.is_empty() && followed.len() < MAX_LINKS {
        let mut own = Node::clone(&opened);
        let links = std::mem::take(&mut own.links);
        let mut own = Arc::new(own);
        for link in links {
            if followed.contains(&link.pointer) {
                continue;
            }
            followed.push(link.pointer.clone());
            if let Some(target) = link.follow() {
                own = both(forms, &own, &target);
            }
        }
        opened = own;
    }
    if opened.alternatives.iter().any(|part| needs_opening(part)) {
        let parts = opened.alternatives.iter().map(|part| open_within(forms, part, depth + 1)).collect();
        let Some(merged) = either(forms, parts) else { return opened };
        let words = &opened;
        let mut merged = Node::clone(&merged);
        merged.pointer.clone_from(&words.pointer);
        merged.text.clone_from(&words.text);
        merged.default.clone_from(&words.default);
        merged.discriminator.clone_from(&words.discriminator);
        merged.deprecated = words.deprecated;
        (merged.read_only, merged.write_only) = (words.read_only, words.write_only);
        opened = Arc::new(merged);
    }
    opened
}

fn needs_opening(node: &Node) -> bool {
    !node.links.is_empty() || node.alternatives.iter().any(|part| needs_opening(part))
}

/// The link of a form that says nothing else.
fn only_link(node: &Node) -> Option<&Link> {
    let [only] = node.links.as_slice() else { return None };
    let bare = Node { links: Vec::new(), ..node.clone() };
    let says_nothing = bare.is_silent()
        && bare.default.is_none()
        && bare.format.is_none()
        && bare.text.is_empty()
        && !(bare.deprecated || bare.read_only || bare.write_only);
    says_nothing.then_some(only)
}
