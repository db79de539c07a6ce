//! Places that were null in every answer of one recording and hold something in another: null shows no members.

use crate::surface::{Node, Surface};
use mockreel_contracts::contract::check::schema::escape;

/// A place of which one of two recordings shows nothing but null.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NullPlace {
    /// The canonical place.
    pub place: String,
    /// Whether it was null in the older recording, and not in the newer one.
    pub in_older: bool,
}

impl NullPlace {
    /// What was not compared because of it.
    pub fn describe(&self, old: &str, new: &str) -> String {
        let (blind, rest) = if self.in_older {
            (old, "what is below it is held against the documentation alone")
        } else {
            (new, "nothing is known of what is below it")
        };
        format!("{}: null in every answer of {blind}; {rest}", self.place)
    }
}

/// The places that are null in every answer of one side, and have members or items in the other. Sorted.
pub fn null_places(old: &Surface, new: &Surface) -> Vec<NullPlace> {
    let mut found = Vec::new();
    for before in &old.endpoints {
        let same = new.endpoints.iter().filter(|after| after.name() == before.name());
        for after in same {
            for (status, body) in &before.replies {
                let other = after.replies.get(status).and_then(|body| body.node.as_ref());
                if let (Some(old), Some(new)) = (&body.node, other) {
                    collect(&format!("{}.reply/{status}", before.name()), old, new, &mut found);
                }
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

fn collect(place: &str, old: &Node, new: &Node, found: &mut Vec<NullPlace>) {
    let only_null = |node: &Node| node.seen.is_some() && node.types.is_empty() && node.nullable;
    let holds_more = |node: &Node| !node.members.is_empty() || node.items.is_some();
    for (one, other, in_older) in [(old, new, true), (new, old, false)] {
        if only_null(one) && holds_more(other) {
            found.push(NullPlace { place: place.to_owned(), in_older });
        }
    }
    for (name, before) in &old.members {
        if let Some(after) = new.members.get(name) {
            collect(&format!("{place}/{}", escape(name)), &before.node, &after.node, found);
        }
    }
    if let (Some(before), Some(after)) = (&old.items, &new.items) {
        collect(&format!("{place}/*"), before, after, found);
    }
}
