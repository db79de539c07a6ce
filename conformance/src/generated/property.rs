//! Trying a property with drawn values, and looking for the smallest one that breaks it.

use proptest::strategy::{Strategy, ValueTree};

use super::random;
use crate::session::{CaseEnd, CaseError, Session};

/// How hard a property is tried.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effort {
    /// How many values are drawn.
    pub(super) tries: u32,
    /// How many smaller ones are tried once a value has broken it.
    pub(super) shrinks: u32,
}

/// Tries a property with values drawn from the run's seed, the case and a label, until one breaks it; says the smallest that does.
///
/// Only a [`CaseError::Failed`] breaks a property. Anything else ends the case as it is: an answer that did
/// not come says nothing about the value. In a plan every value is tried, so that each is priced.
///
/// # Errors
///
/// [`CaseError::Failed`] with the smallest value's message and how to replay it, or what ended a try.
pub(super) fn holds<S: Strategy>(
    session: &mut Session<'_>,
    case: &str,
    label: &str,
    effort: Effort,
    strategy: &S,
    mut property: impl FnMut(&mut Session<'_>, &S::Value) -> CaseEnd,
) -> CaseEnd {
    let mut runner = random::runner(&session.draw(label));
    let mut planned = Ok(());
    for _ in 0..effort.tries {
        let tree = strategy.new_tree(&mut runner);
        let mut tree =
            tree.map_err(|why| CaseError::Internal(format!("{case} cannot draw a value: {why}")))?;
        match property(session, &tree.current()) {
            Ok(()) => {}
            Err(CaseError::Unreachable(why)) if session.is_planning() => {
                planned = Err(CaseError::Unreachable(why))
            }
            Err(CaseError::Failed(why)) => {
                let why = smallest(session, &mut tree, why, effort.shrinks, &mut property)?;
                return Err(CaseError::Failed(format!("{why}; {}", replay(session, case))));
            }
            Err(other) => return Err(other),
        }
    }
    planned
}

/// The message of the smallest value that still breaks the property.
fn smallest<T: ValueTree>(
    session: &mut Session<'_>,
    tree: &mut T,
    mut why: String,
    shrinks: u32,
    property: &mut impl FnMut(&mut Session<'_>, &T::Value) -> CaseEnd,
) -> Result<String, CaseError> {
    let mut left = shrinks;
    let mut goes_on = tree.simplify();
    while goes_on && left > 0 {
        left -= 1;
        goes_on = match property(session, &tree.current()) {
            Ok(()) => tree.complicate(),
            Err(CaseError::Failed(smaller)) => {
                why = smaller;
                tree.simplify()
            }
            Err(other) => return Err(other),
        };
    }
    Ok(why)
}

/// How to see a failure again.
pub(super) fn replay(session: &Session<'_>, case: &str) -> String {
    let (seed, vendor) = (session.seed(), session.profile.contract().full_id());
    let more = match session.generated() {
        0 => String::new(),
        generated => format!(" --generated {generated}"),
    };
    // Our own emulator is asked without being named, and a recording is not asked at all.
    let target = match session.target.name.as_str() {
        "emulator" | "replay" => String::new(),
        named => format!(" --target {named}"),
    };
    format!("seed {seed} replays it: mockreel check {vendor}{target} --only {case} --seed {seed}{more}")
}
