//! Requests drawn at random: bodies, pictures, and sequences of commands.

use crate::case::Case;

/// The cases of this area.
pub(crate) const CASES: &[Case] = &[];
