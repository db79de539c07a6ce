//! Forms put together, opened and brought to one spelling: pure functions on [`Node`].
//!
//! A form that leads back to itself is a link until it is opened, so that nothing here runs in a circle.

mod merge;
mod normal;
mod open;
mod shape;
mod steps;
mod within;

pub(crate) use self::merge::{Forms, MAX_ALTERNATIVES, both, either};
pub(crate) use self::normal::normal;
pub(crate) use self::open::open;
pub(crate) use self::shape::shape;
pub(crate) use self::within::is_within;

use std::sync::Arc;

use crate::surface::Node;

/// The forms of which a value keeps one: the alternatives, or else the form itself.
pub(crate) fn exact(node: &Arc<Node>) -> Vec<Arc<Node>> {
    if node.alternatives.is_empty() { vec![Arc::clone(node)] } else { node.alternatives.clone() }
}
