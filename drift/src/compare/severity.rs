//! The severity of a difference, by the direction in which a value travels.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::kind::Severity;
use crate::surface::{MemberForm, Node, Type};

/// The way a body travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Direction {
    /// From the client to the vendor.
    Request,
    /// From the vendor to the client.
    Reply,
}

impl Direction {
    /// The other way.
    pub(super) fn turn(self) -> Self {
        match self {
            Self::Request => Self::Reply,
            Self::Reply => Self::Request,
        }
    }
}

/// Who asks: in webhooks and callbacks the vendor does, so that what is asked travels to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asker {
    Client,
    Vendor,
}

impl Asker {
    /// The way of what is asked.
    pub(super) fn request_direction(self) -> Direction {
        match self {
            Self::Client => Direction::Request,
            Self::Vendor => Direction::Reply,
        }
    }

    /// The way of what is answered.
    pub(super) fn answer_direction(self) -> Direction {
        self.request_direction().turn()
    }
}

/// Whether a member must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Necessity {
    Required,
    Optional,
}

impl Necessity {
    pub(super) fn of(member: &MemberForm) -> Self {
        if member.required { Self::Required } else { Self::Optional }
    }
}

/// Whether members without a description are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Openness {
    Open,
    Closed,
}

impl Openness {
    pub(super) fn of(node: &Node) -> Self {
        if node.closed { Self::Closed } else { Self::Open }
    }
}

/// How a set of possible values changes; both ways, if it is another set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RangeChange {
    pub(crate) narrower: bool,
    pub(crate) wider: bool,
}

impl RangeChange {
    pub(super) const NONE: Self = Self { narrower: false, wider: false };
    pub(super) const NARROWER: Self = Self { narrower: true, wider: false };
    pub(super) const WIDER: Self = Self { narrower: false, wider: true };
    pub(super) const OTHER: Self = Self { narrower: true, wider: true };
}

/// What a receiver of values has to bear when the set of possible values changes.
///
/// Of a request the vendor is the receiver: fewer values break a client. Of an answer the client is: more values do.
pub(super) fn of_change(direction: Direction, change: RangeChange) -> Severity {
    let hurts = match direction {
        Direction::Request => change.narrower,
        Direction::Reply => change.wider,
    };
    if hurts { Severity::Breaking } else { Severity::Compatible }
}

/// Whether some types of the one are not in the other; a whole number is a number, and no type means any.
pub(crate) fn lacks(one: &BTreeSet<Type>, other: &BTreeSet<Type>) -> bool {
    if one.is_empty() {
        return !other.is_empty();
    }
    if other.is_empty() {
        return false;
    }
    one.iter().any(|held| !(other.contains(held) || *held == Type::Integer && other.contains(&Type::Number)))
}

/// Keywords that bound a number on one side, the number itself in or out.
pub(crate) const EDGES: [(&str, &str); 2] =
    [("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")];

/// Whether the bound of numbers on one side lets fewer pass, or more.
pub(crate) fn edge_moved(
    inclusive: &str,
    (old, new): (&BTreeMap<String, Value>, &BTreeMap<String, Value>),
    exclusive: &str,
) -> RangeChange {
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
        (None, None) => RangeChange::NONE,
        (None, Some(_)) => RangeChange::NARROWER,
        (Some(_), None) => RangeChange::WIDER,
        (Some(before), Some(after)) => match after.0.total_cmp(&before.0).then(after.1.cmp(&before.1)) {
            std::cmp::Ordering::Greater => RangeChange::NARROWER,
            std::cmp::Ordering::Less => RangeChange::WIDER,
            std::cmp::Ordering::Equal => RangeChange::NONE,
        },
    }
}

/// Whether a bound lets fewer values pass than the one before.
pub(crate) fn bound_moved(keyword: &str, old: Option<&Value>, new: Option<&Value>) -> RangeChange {
    let upper = keyword.to_ascii_lowercase().contains("max");
    match (old, new) {
        (None, Some(_)) => RangeChange::NARROWER,
        (Some(_), None) => RangeChange::WIDER,
        (Some(old), Some(new)) => match (old.as_f64(), new.as_f64()) {
            (Some(before), Some(after)) if keyword == "multipleOf" && before > 0.0 && after > 0.0 => {
                // Whatever is a multiple of 4 is one of 2.
                let divides = |one: f64, other: f64| (other / one).fract() == 0.0;
                RangeChange { narrower: !divides(after, before), wider: !divides(before, after) }
            }
            (Some(before), Some(after)) => {
                let narrower = if upper { after < before } else { after > before };
                if narrower { RangeChange::NARROWER } else { RangeChange::WIDER }
            }
            // Of two patterns nobody knows which lets more pass.
            _ => RangeChange::OTHER,
        },
        (None, None) => RangeChange::NONE,
    }
}

/// Of a member that comes.
pub(super) fn of_added(direction: Direction, is: Necessity) -> Severity {
    match direction {
        Direction::Request if is == Necessity::Required => Severity::Breaking,
        Direction::Request | Direction::Reply => Severity::Compatible,
    }
}

/// Of a member that goes, from what is open or closed now.
pub(super) fn of_removed(direction: Direction, was: Necessity, now: Openness) -> Severity {
    match direction {
        // A vendor that ignores what it does not know takes the request, and does not do what was meant.
        Direction::Request if now == Openness::Closed => Severity::Breaking,
        Direction::Request => Severity::Risky,
        Direction::Reply if was == Necessity::Required => Severity::Breaking,
        Direction::Reply => Severity::Risky,
    }
}

/// Of a member that has another name or place.
pub(super) fn of_renamed(direction: Direction, was: Necessity, is: Necessity, now: Openness) -> Severity {
    match direction {
        Direction::Request if is == Necessity::Required || now == Openness::Closed => Severity::Breaking,
        Direction::Request => Severity::Risky,
        Direction::Reply if was == Necessity::Required => Severity::Breaking,
        Direction::Reply => Severity::Risky,
    }
}
