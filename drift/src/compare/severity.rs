//! How bad a difference is, by the direction in which a value travels.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::body::Direction;
use crate::kind::Severity;
use crate::surface::Type;

/// What a receiver of values has to bear when the set of possible values changes.
///
/// Of a request the vendor is the receiver: fewer values break a client. Of an answer the client is: more values do.
pub(super) fn of_change(direction: Direction, narrower: bool, wider: bool) -> Severity {
    let hurts = match direction {
        Direction::Request => narrower,
        Direction::Reply => wider,
    };
    if hurts { Severity::Breaking } else { Severity::Compatible }
}

/// Whether some types of the one are not in the other; a whole number is a number, and no type means any.
pub(super) fn lacks(one: &BTreeSet<Type>, other: &BTreeSet<Type>) -> bool {
    if one.is_empty() {
        return !other.is_empty();
    }
    if other.is_empty() {
        return false;
    }
    one.iter().any(|held| !(other.contains(held) || *held == Type::Integer && other.contains(&Type::Number)))
}

/// Keywords that bound a number on one side, the number itself in or out.
pub(super) const EDGES: [(&str, &str); 2] =
    [("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")];

/// Whether the bound of numbers on one side lets fewer pass, or more: `(narrower, wider)`.
pub(super) fn edge_moved(
    inclusive: &str,
    (old, new): (&BTreeMap<String, Value>, &BTreeMap<String, Value>),
    exclusive: &str,
) -> (bool, bool) {
    let upper = inclusive == "maximum";
    // The tighter of both keywords, as a number that grows as it gets tighter, and whether the number itself is out.
    let edge = |bounds: &BTreeMap<String, Value>| -> Option<(f64, bool)> {
        let of = |keyword: &str, out: bool| {
            let bound = bounds.get(keyword)?.as_f64()?;
            Some((if upper { -bound } else { bound }, out))
        };
        let both = [of(inclusive, false), of(exclusive, true)];
        both.into_iter().flatten().max_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)))
    };
    match (edge(old), edge(new)) {
        (None, None) => (false, false),
        (None, Some(_)) => (true, false),
        (Some(_), None) => (false, true),
        (Some(before), Some(after)) => match after.0.total_cmp(&before.0).then(after.1.cmp(&before.1)) {
            std::cmp::Ordering::Greater => (true, false),
            std::cmp::Ordering::Less => (false, true),
            std::cmp::Ordering::Equal => (false, false),
        },
    }
}

/// Whether a bound lets fewer values pass than the one before: `(narrower, wider)`.
pub(super) fn bound_moved(keyword: &str, old: Option<&Value>, new: Option<&Value>) -> (bool, bool) {
    let upper = keyword.to_ascii_lowercase().contains("max");
    match (old, new) {
        (None, Some(_)) => (true, false),
        (Some(_), None) => (false, true),
        (Some(old), Some(new)) => match (old.as_f64(), new.as_f64()) {
            (Some(before), Some(after)) if keyword == "multipleOf" && before > 0.0 && after > 0.0 => {
                // Whatever is a multiple of 4 is one of 2.
                let divides = |one: f64, other: f64| (other / one).fract() == 0.0;
                (!divides(after, before), !divides(before, after))
            }
            (Some(before), Some(after)) => {
                let narrower = if upper { after < before } else { after > before };
                (narrower, !narrower)
            }
            // Of two patterns nobody knows which lets more pass.
            _ => (true, true),
        },
        (None, None) => (false, false),
    }
}

/// Of a member that comes.
pub(super) fn of_added(direction: Direction, required: bool) -> Severity {
    match direction {
        Direction::Request if required => Severity::Breaking,
        Direction::Request | Direction::Reply => Severity::Compatible,
    }
}

/// Of a member that goes. `closed` is whether members without a description are refused now.
pub(super) fn of_removed(direction: Direction, required: bool, closed: bool) -> Severity {
    match direction {
        // A vendor that ignores what it does not know takes the request, and does not do what was meant.
        Direction::Request if closed => Severity::Breaking,
        Direction::Request => Severity::Risky,
        Direction::Reply if required => Severity::Breaking,
        Direction::Reply => Severity::Risky,
    }
}

/// Of a member that has another name or place.
pub(super) fn of_renamed(
    direction: Direction,
    was_required: bool,
    is_required: bool,
    closed: bool,
) -> Severity {
    match direction {
        Direction::Request if is_required || closed => Severity::Breaking,
        Direction::Request => Severity::Risky,
        Direction::Reply if was_required => Severity::Breaking,
        Direction::Reply => Severity::Risky,
    }
}
